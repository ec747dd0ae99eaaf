//! Down here, up there.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, Slice};
use rand::Rng;

use super::{add_mean, check_samples, share};
use crate::{
    Error, backprop::softplus, check, energy::Learnable, introduction::logistic,
    optimizers::Optimizer, sampling::Kernel, universal_approximation::relu,
};

/// Writes the gradient of $\langle E \rangle_{\text{data}} - \langle E \rangle_{\text{negatives}}$, the positive phase minus the negative phase, and returns that difference.
///
/// With negatives drawn from the model it is an unbiased estimate of the gradient of the negative log-likelihood. Both arrays hold one
/// state to a row; they need not have as many. Allocates nothing.
///
/// ```
/// use downhill::training_ebms::{Table, contrast};
/// use ndarray::{Array1, array};
/// let table = Table::new(array![0.0, 1.0, 2.0])?;
/// let mut gradient = Array1::zeros(3);
/// assert_eq!(contrast(&table, &array![[0.0]], &array![[1.0], [2.0]], &mut gradient), -1.5);
/// assert_eq!(gradient, array![1.0, -0.5, -0.5]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Panics
/// When states, energy and gradient differ in length, or there are no data or no negatives.
// ANCHOR: contrast
pub fn contrast(
    energy: &impl Learnable,
    data: &ArrayRef2<f64>,
    negatives: &ArrayRef2<f64>,
    gradient: &mut ArrayRef1<f64>,
) -> f64 {
    gradient.fill(0.0);
    let positive = add_mean(energy, data, 1.0, gradient);
    let negative = add_mean(energy, negatives, -1.0, gradient);
    positive - negative
}
// ANCHOR_END: contrast

/// A loss $\ell(d)$ of how much higher a sample lies than its contrasted sample, $d = E(y) - E(\bar y)$.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PairLoss {
    /// $\ell = d$: contrastive divergence's.
    Difference,
    /// $\ell = \max(0, m + d)$: content once the sample lies lower by the `margin` $m$.
    Hinge {
        /// $m$.
        margin: f64,
    },
    /// $\ell = \log(1 + e^d)$: a hinge without a corner.
    Log,
}

impl PairLoss {
    /// $\ell(d)$ and $\ell'(d)$.
    ///
    /// ```
    /// use downhill::training_ebms::PairLoss;
    /// assert_eq!(PairLoss::Hinge { margin: 1.0 }.at(-0.25), (0.75, 1.0));
    /// assert_eq!(PairLoss::Hinge { margin: 1.0 }.at(-2.0), (0.0, 0.0));
    /// assert_eq!(PairLoss::Log.at(0.0), (2f64.ln(), 0.5));
    /// ```
    // ANCHOR: pair
    pub fn at(self, d: f64) -> (f64, f64) {
        match self {
            Self::Difference => (d, 1.0),
            Self::Hinge { margin } => (relu(margin + d), if margin + d > 0.0 { 1.0 } else { 0.0 }),
            Self::Log => (softplus(d), logistic(d)),
        }
    }
    // ANCHOR_END: pair

    /// Writes the gradient of the mean of $\ell(E(y_n) - E(\bar y_n))$ over the rows of `data` and `negatives`, and returns that mean. Allocates nothing.
    ///
    /// ```
    /// use downhill::training_ebms::{PairLoss, Table};
    /// use ndarray::array;
    /// let (table, mut gradient) = (Table::new(array![0.0, 1.0])?, array![0.0, 0.0]);
    /// let loss = PairLoss::Difference.loss(&table, &array![[0.0]], &array![[1.0]], &mut gradient);
    /// assert_eq!((loss, gradient), (-1.0, array![1.0, -1.0]));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `data` and `negatives` have not as many rows, or none, or states, energy and gradient differ in length.
    pub fn loss(
        self,
        energy: &impl Learnable,
        data: &ArrayRef2<f64>,
        negatives: &ArrayRef2<f64>,
        gradient: &mut ArrayRef1<f64>,
    ) -> f64 {
        assert_eq!(data.nrows(), negatives.nrows(), "each sample has one contrasted sample");
        let share = share(data);
        gradient.fill(0.0);
        let mut loss = 0.0;
        for (y, bar) in data.rows().into_iter().zip(negatives.rows()) {
            let (value, slope) = self.at(energy.energy(&y) - energy.energy(&bar));
            loss += share * value;
            if slope != 0.0 {
                energy.add_parameter_gradient(&y, share * slope, gradient);
                energy.add_parameter_gradient(&bar, -share * slope, gradient);
            }
        }
        loss
    }
}

/// Where the chains of the negative phase begin at each update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the data: contrastive divergence (G. E. Hinton, Neural Computation 14 (2002) 1771).
    Data,
    /// Where they stopped at the last update: persistent chains (L. Younes, Stochastics 65 (1999) 177; T. Tieleman, ICML 2008).
    Persistent,
}

/// Training by two phases, with negatives from a Markov kernel: contrastive divergence or persistent chains, for any energy,
/// any kernel and any optimiser.
///
/// ```
/// use downhill::{energy::{Energy, Learnable}, optimizers::Adam, sampling::Gibbs};
/// use downhill::training_ebms::{Contrastive, Pairwise, Start};
/// use ndarray::{Array2, array};
/// // Two spins that agree four times out of five.
/// let data = Array2::from_shape_fn((50, 2), |(n, i)| if n % 5 == 0 && i == 0 { -1.0 } else { 1.0 });
/// let mut machine = Pairwise::zeros(2)?;
/// let mut rule = Contrastive::new(Adam::new(0.02)?, data.clone(), Start::Data, 1)?;
/// let mut rng = downhill::rng(1);
/// for _ in 0..1000 {
///     rule.step(&mut machine, &data, |energy| Gibbs::new(energy, -1.0, 1.0, 1.0), &mut rng)?;
/// }
/// assert!(machine.energy(&array![1.0, 1.0]) < machine.energy(&array![-1.0, 1.0]));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Contrastive<O> {
    optimizer: O,
    start: Start,
    moves: usize,
    chains: Array2<f64>,
    gradient: Array1<f64>,
    /// The parameters before the step, to go back to.
    before: Array1<f64>,
    steps: usize,
}

impl<O: Optimizer> Contrastive<O> {
    /// Chains that make `moves` steps $k$ of their kernel between two updates. `chains`, one to a row, is where persistent chains begin; with
    /// [`Start::Data`] only its shape matters: at least as many rows as a batch.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] when there are no chains or one is not finite, [`Error::Parameter`] when `moves` is 0.
    pub fn new(
        optimizer: O,
        chains: Array2<f64>,
        start: Start,
        moves: usize,
    ) -> Result<Self, Error> {
        check_samples("chains", &chains)?;
        check::parameter("moves", moves as f64, "at least 1", moves >= 1)?;
        let (gradient, before) = (Array1::zeros(0), Array1::zeros(0));
        Ok(Self { optimizer, start, moves, chains, gradient, before, steps: 0 })
    }

    /// The states at which the chains stopped, one to a row: the negatives of the last update. With [`Start::Data`] and a batch smaller than the
    /// one before, the rows beyond it are older.
    pub fn chains(&self) -> &Array2<f64> {
        &self.chains
    }

    /// The gradient of the last update; empty before the first.
    pub fn gradient(&self) -> &Array1<f64> {
        &self.gradient
    }

    /// One update of `energy` on `batch`, one sample to a row; the energy difference of the two phases. `kernel` makes the Markov
    /// kernel for a copy of the energy as it is now. Apart from that copy, nothing is allocated after the first step.
    ///
    /// # Errors
    /// [`Error::Shape`] when a batch does not fit the chains, what `kernel` returns, and [`Error::Diverged`] when an energy or its slope by a parameter is
    /// not finite, and then `energy` is as it was, or when a parameter is not after the step.
    ///
    /// # Panics
    /// As [`Kernel::step`].
    pub fn step<E: Learnable + Clone, K: Kernel>(
        &mut self,
        energy: &mut E,
        batch: &ArrayRef2<f64>,
        kernel: impl FnOnce(E) -> Result<K, Error>,
        rng: &mut impl Rng,
    ) -> Result<f64, Error> {
        check::length(
            "columns of batch",
            self.chains.ncols(),
            batch.ncols(),
            "columns, as the chains have",
        )?;
        check::non_empty("batch", batch)?;
        if self.start == Start::Data && batch.nrows() > self.chains.nrows() {
            let expected = format!("at most {} rows, a chain for each", self.chains.nrows());
            return Err(Error::Shape { what: "batch", expected, got: batch.nrows().to_string() });
        }
        if self.gradient.len() != energy.parameters().len() {
            self.gradient = Array1::zeros(energy.parameters().len());
            self.before = self.gradient.clone();
        }
        self.steps += 1;
        // ANCHOR: step
        let mut kernel = kernel(energy.clone())?;
        let active = if self.start == Start::Data { batch.nrows() } else { self.chains.nrows() };
        let mut chains = self.chains.slice_axis_mut(Axis(0), Slice::from(..active));
        if self.start == Start::Data {
            chains.assign(batch);
        }
        for mut x in chains.rows_mut() {
            for _ in 0..self.moves {
                kernel.step(&mut x, rng);
            }
        }
        let difference = contrast(energy, batch, &chains, &mut self.gradient);
        self.require_finite(difference, &self.gradient)?;
        self.before.assign(energy.parameters());
        self.optimizer.step(energy.parameters_mut(), &self.gradient);
        // ANCHOR_END: step
        self.require_finite(difference, energy.parameters())
            .inspect_err(|_| energy.parameters_mut().assign(&self.before))?;
        Ok(difference)
    }

    fn require_finite(&self, difference: f64, values: &ArrayRef1<f64>) -> Result<(), Error> {
        if difference.is_finite() && values.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(Error::Diverged { what: "contrastive training", step: self.steps, loss: difference })
    }
}
