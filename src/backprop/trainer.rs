//! Training: batches, epochs, and when to stop.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use rand::{Rng, seq::SliceRandom};

use super::{Loss, Mlp, Pass, Penalty, mlp::first_rows};
use crate::{Error, check, optimizers::Optimizer};

/// Trains one network: it owns the optimiser and every buffer, so that a step allocates nothing (with BLAS, and more than seven samples or
/// units; smaller products, and those without BLAS, pack their factors in memory of their own).
///
/// ```
/// use downhill::{backprop::{Activation, Initialisation, Loss, Mlp, Trainer}, optimizers::Adam};
/// use ndarray::array;
///
/// let mut rng = downhill::rng(3);
/// let (x, y) = (array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], array![[0.0], [1.0], [1.0], [0.0]]);
/// let mut network = Mlp::new(&[2, 8, 1], Activation::Tanh, Activation::Identity, Initialisation::Glorot, &mut rng)?;
/// let mut trainer = Trainer::new(&network, Loss::LogisticCrossEntropy, Adam::new(0.05)?, 4);
/// for _ in 0..300 {
///     trainer.step(&mut network, &x, &y)?;
/// }
/// assert!(Loss::LogisticCrossEntropy.value(&network.predict(&x), &y) < 0.05);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer<O> {
    loss: Loss,
    penalty: Penalty,
    optimizer: O,
    pass: Pass,
    batch: (Array2<f64>, Array2<f64>),
    order: Vec<usize>,
    /// The parameters before the step, to go back to.
    before: Array1<f64>,
    steps: usize,
}

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopping {
    /// The largest number of epochs.
    pub epochs: usize,
    /// Training ends after this many epochs without a new lowest validation cost; 0 counts as 1.
    pub patience: usize,
}

/// The costs after each epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The mean over the samples of the cost before their batch's step, penalty included.
    pub training: Vec<f64>,
    /// The cost of the validation set after the epoch, without penalty.
    pub validation: Vec<f64>,
    /// The epoch, counted from 0, with the lowest validation cost; the network is left as it was after it.
    pub best: usize,
}

impl<O: Optimizer> Trainer<O> {
    /// A trainer for networks with the sizes of `network`, in batches of `batch` samples.
    ///
    /// # Panics
    /// When `batch` is 0.
    pub fn new(network: &Mlp, loss: Loss, optimizer: O, batch: usize) -> Self {
        assert!(batch > 0, "a batch has at least one sample");
        let sizes = network.sizes();
        let rows = |columns: usize| Array2::zeros((batch, columns));
        Self {
            loss,
            penalty: Penalty::default(),
            optimizer,
            pass: Pass::new(network, batch),
            batch: (rows(sizes[0]), rows(sizes[sizes.len() - 1])),
            order: Vec::new(),
            before: network.parameters().to_owned(),
            steps: 0,
        }
    }

    /// The same trainer with a penalty on the weights.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a penalty is negative or not finite.
    pub fn with_penalty(mut self, penalty: Penalty) -> Result<Self, Error> {
        for (what, value) in [("l1", penalty.l1), ("l2", penalty.l2)] {
            check::parameter(
                what,
                value,
                "a finite number, not negative",
                value.is_finite() && value >= 0.0,
            )?;
        }
        self.penalty = penalty;
        Ok(self)
    }

    /// One step downhill on the cost of the samples in the rows of `x`, whose targets are in the rows of `y`. Returns
    /// that cost, penalty included, as it was before the step.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the cost, a slope of it or a parameter after the step is not a finite number; the network is then left as it was.
    ///
    /// # Panics
    /// As [`Mlp::backpropagate`].
    // ANCHOR: step
    pub fn step(
        &mut self,
        network: &mut Mlp,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
    ) -> Result<f64, Error> {
        self.steps += 1;
        let cost = network.backpropagate(x, y, self.loss, &mut self.pass)
            + self.penalty.value_and_add_gradient(network, self.pass.gradient_mut());
        self.finite("training", cost, self.pass.gradient())?;
        self.before.assign(network.parameters());
        self.optimizer.step(network.parameters_mut(), self.pass.gradient());
        self.finite("training", cost, network.parameters())
            .inspect_err(|_| network.parameters_mut().assign(&self.before))
    }
    // ANCHOR_END: step

    /// The cost, when it and all `values` are finite.
    fn finite(&self, what: &'static str, cost: f64, values: &ArrayRef1<f64>) -> Result<f64, Error> {
        if cost.is_finite() && values.iter().all(|value| value.is_finite()) {
            Ok(cost)
        } else {
            Err(Error::Diverged { what, step: self.steps, loss: cost })
        }
    }

    /// Steps through all samples once, in batches of random order; the last may be smaller. Returns the mean over the
    /// samples of the cost before their batch's step, penalty included.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Shape`] when `x` or `y` does not fit the network or each other, [`Error::Domain`] for an entry
    /// that is not finite or a target that the loss cannot ask for, and those of [`Trainer::step`].
    pub fn epoch(
        &mut self,
        network: &mut Mlp,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
        rng: &mut impl Rng,
    ) -> Result<f64, Error> {
        self.check_samples(network, x, y)?;
        self.run_epoch(network, x, y, rng)
    }

    fn run_epoch(
        &mut self,
        network: &mut Mlp,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
        rng: &mut impl Rng,
    ) -> Result<f64, Error> {
        // The order and the buffers of the batch are taken out for the time of the epoch, so that `step` may borrow the rest.
        let (mut order, mut batch) =
            (std::mem::take(&mut self.order), std::mem::take(&mut self.batch));
        order.clear();
        order.extend(0..x.nrows());
        order.shuffle(rng);
        let (mut total, mut outcome) = (0.0, Ok(0.0));
        for chosen in order.chunks(batch.0.nrows()) {
            for (row, &sample) in chosen.iter().enumerate() {
                batch.0.row_mut(row).assign(&x.row(sample));
                batch.1.row_mut(row).assign(&y.row(sample));
            }
            let (batch_x, batch_y) =
                (first_rows(&batch.0, chosen.len()), first_rows(&batch.1, chosen.len()));
            outcome = self.step(network, &batch_x, &batch_y);
            let Ok(cost) = outcome else { break };
            total += cost * chosen.len() as f64;
        }
        (self.order, self.batch) = (order, batch);
        outcome.map(|_| total / x.nrows() as f64)
    }

    /// Trains until the cost of the validation set has not fallen to a new low for `stopping.patience` epochs, or for
    /// `stopping.epochs`; leaves the network as it was at its best. `report` is called after each epoch with its number, the training
    /// cost and the validation cost.
    ///
    /// # Errors
    /// Those of [`Trainer::epoch`], for either set, [`Error::Parameter`] when `stopping` allows no epoch, and [`Error::Diverged`]
    /// when the validation cost is not a finite number. On divergence too the network is left as it was at its best, or as it came.
    pub fn fit(
        &mut self,
        network: &mut Mlp,
        (x, y): (&ArrayRef2<f64>, &ArrayRef2<f64>),
        validation: (&ArrayRef2<f64>, &ArrayRef2<f64>),
        stopping: Stopping,
        rng: &mut impl Rng,
        mut report: impl FnMut(usize, f64, f64),
    ) -> Result<History, Error> {
        check::parameter("epochs", stopping.epochs as f64, "at least 1", stopping.epochs > 0)?;
        self.check_samples(network, x, y)?;
        self.check_samples(network, validation.0, validation.1)?;
        let mut pass = Pass::new(network, validation.0.nrows());
        let mut history = History { training: Vec::new(), validation: Vec::new(), best: 0 };
        let mut best: Array1<f64> = network.parameters().to_owned();
        // ANCHOR: early_stopping
        let mut train = || {
            for epoch in 0..stopping.epochs {
                let training = self.run_epoch(network, x, y, rng)?;
                network.forward(validation.0, &mut pass);
                let cost = self.loss.value(&pass.output(), validation.1);
                self.finite("validation", cost, network.parameters())?;
                history.training.push(training);
                history.validation.push(cost);
                report(epoch, training, cost);
                if epoch == 0 || cost < history.validation[history.best] {
                    history.best = epoch;
                    best.assign(network.parameters());
                } else if epoch - history.best >= stopping.patience {
                    break;
                }
            }
            Ok(())
        };
        let outcome = train();
        network.parameters_mut().assign(&best);
        // ANCHOR_END: early_stopping
        outcome.map(|()| history)
    }

    fn check_samples(
        &self,
        network: &Mlp,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
    ) -> Result<(), Error> {
        check::non_empty("x", x)?;
        check::length("columns of x", self.batch.0.ncols(), x.ncols(), "inputs of the network")?;
        check::length("columns of y", self.batch.1.ncols(), y.ncols(), "outputs of the network")?;
        check::length("y", x.nrows(), y.nrows(), "rows, one a row of x")?;
        check::finite("x", x)?;
        self.loss.check_target(y)?;
        // A trainer made for another network would panic in the middle of an epoch.
        let (sizes, own) = (network.sizes(), self.pass.widths());
        if sizes[1..] != own[..] || sizes[0] != self.batch.0.ncols() {
            return Err(Error::Shape {
                what: "network",
                expected: format!("layers of {own:?} units"),
                got: format!("{sizes:?}"),
            });
        }
        Ok(())
    }
}
