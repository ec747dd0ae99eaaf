//! A network of any depth: forward, backward, and all its parameters in one vector.

use std::ops::Range;

use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2,
    Axis, s,
};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{Activation, Dense, Layer, Loss};
use crate::{Error, check};

/// How the weights of a new network are drawn; its biases are 0.
///
/// ```
/// use downhill::backprop::{Activation, Initialisation, Mlp};
/// let mut rng = downhill::rng(1);
/// let network = Mlp::new(&[100, 50], Activation::Relu, Activation::Relu, Initialisation::Glorot, &mut rng)?;
/// assert!(network.weights(1).iter().all(|w| w.abs() <= 0.2)); // √(6/150)
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initialisation {
    /// Uniform with the variance $2 / (M_{l-1} + M_l)$, for units that are nearly linear around 0 (X. Glorot and Y. Bengio, AISTATS 2010).
    Glorot,
    /// Normal with the variance $2 / M_{l-1}$, for rectifiers, which pass half of what they hear (K. He and others, ICCV 2015).
    He,
    /// Normal with this standard deviation in every layer.
    Normal(f64),
}

impl Initialisation {
    fn draw(&self, layer: Dense, weights: &mut ArrayViewMut1<f64>, rng: &mut impl Rng) {
        let (inputs, outputs) = (layer.inputs as f64, layer.outputs as f64);
        // ANCHOR: initialisation
        match *self {
            Self::Glorot => {
                let limit = (6.0 / (inputs + outputs)).sqrt();
                weights.mapv_inplace(|_| rng.random_range(-limit..limit));
            }
            Self::He => {
                let deviation = (2.0 / inputs).sqrt();
                weights.mapv_inplace(|_| deviation * rng.sample::<f64, _>(StandardNormal));
            }
            Self::Normal(deviation) => {
                weights.mapv_inplace(|_| deviation * rng.sample::<f64, _>(StandardNormal))
            }
        }
        // ANCHOR_END: initialisation
    }
}

/// A multilayer perceptron: layers $l = 1, \dots, L$, each a [`Dense`] map followed by an [`Activation`].
///
/// ```
/// use downhill::backprop::{Activation, Initialisation, Mlp};
/// use ndarray::array;
///
/// let mut rng = downhill::rng(7);
/// let network = Mlp::new(&[2, 5, 1], Activation::Tanh, Activation::Identity, Initialisation::Glorot, &mut rng)?;
/// assert_eq!(network.parameters().len(), (2 + 1) * 5 + (5 + 1) * 1);
/// assert_eq!(network.predict(&array![[0.1, 0.2], [0.3, 0.4]]).dim(), (2, 1));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    stages: Vec<Stage>,
    theta: Array1<f64>,
}

/// One layer of the book: its two maps, and where in the flat vector its parameters lie.
#[derive(Clone, Debug, PartialEq)]
struct Stage {
    dense: Dense,
    activation: Activation,
    range: Range<usize>,
}

impl Mlp {
    /// A network with `sizes` $[M_0, \dots, M_L]$, the activation `hidden` in the layers before the last and `output` in the last.
    ///
    /// # Errors
    /// As [`Mlp::from_parameters`], and [`Error::Parameter`] when the deviation of [`Initialisation::Normal`] is negative or not
    /// finite.
    pub fn new(
        sizes: &[usize],
        hidden: Activation,
        output: Activation,
        initialisation: Initialisation,
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        if let Initialisation::Normal(deviation) = initialisation {
            let allowed = deviation.is_finite() && deviation >= 0.0;
            check::parameter(
                "initialisation",
                deviation,
                "a finite number, not negative",
                allowed,
            )?;
        }
        let mut activations = vec![hidden; sizes.len().saturating_sub(1)];
        if let Some(last) = activations.last_mut() {
            *last = output;
        }
        let theta = Array1::zeros(check::parameters(sizes)?);
        let mut network = Self::from_parameters(sizes, &activations, theta)?;
        for Stage { dense, range, .. } in &network.stages {
            let weights = range.start..range.start + dense.inputs * dense.outputs;
            initialisation.draw(*dense, &mut network.theta.slice_mut(s![weights]), rng);
        }
        Ok(network)
    }

    /// A network with `sizes` $[M_0, \dots, M_L]$, an activation for each layer, and `theta`, which holds for each
    /// layer in turn the weights row by row and then the biases.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are fewer than two sizes, not one activation a layer, or not one entry of `theta` a parameter;
    /// [`Error::Empty`] for a layer without units; [`Error::Domain`] for a parameter that is not finite; [`Error::Parameter`]
    /// for a leaky rectifier whose slope is not finite, or more parameters than an array can hold.
    pub fn from_parameters(
        sizes: &[usize],
        activations: &[Activation],
        theta: Array1<f64>,
    ) -> Result<Self, Error> {
        if sizes.len() < 2 {
            let (expected, got) = ("two or more".into(), sizes.len().to_string());
            return Err(Error::Shape { what: "sizes", expected, got });
        }
        if sizes.contains(&0) {
            return Err(Error::Empty { what: "a layer" });
        }
        check::length("activations", sizes.len() - 1, activations.len(), "entries, one a layer")?;
        check::length("theta", check::parameters(sizes)?, theta.len(), "parameters")?;
        let mut stages = Vec::with_capacity(activations.len());
        let mut start = 0;
        for (pair, &activation) in sizes.windows(2).zip(activations) {
            if let Activation::LeakyRelu { slope } = activation {
                check::parameter("slope", slope, "finite", slope.is_finite())?;
            }
            let dense = Dense { inputs: pair[0], outputs: pair[1] };
            let range = start..start + dense.parameters();
            start = range.end;
            stages.push(Stage { dense, activation, range });
        }
        check::finite("theta", &theta)?;
        Ok(Self { stages, theta })
    }

    /// The number of layers with weights, $L$.
    pub fn depth(&self) -> usize {
        self.stages.len()
    }

    /// The numbers of units $[M_0, \dots, M_L]$, from the inputs to the outputs.
    pub fn sizes(&self) -> Vec<usize> {
        let inputs = self.stages[0].dense.inputs;
        std::iter::once(inputs).chain(self.stages.iter().map(|stage| stage.dense.outputs)).collect()
    }

    /// The activation of each layer, from $l = 1$ on.
    pub fn activations(&self) -> Vec<Activation> {
        self.stages.iter().map(|stage| stage.activation).collect()
    }

    /// All parameters $\Theta$, layer after layer, weights before biases.
    pub fn parameters(&self) -> &ArrayRef1<f64> {
        &self.theta
    }

    /// All parameters, to be changed by an optimiser.
    pub fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.theta
    }

    /// The weights $\mathbf W^l$, `M_l × M_{l−1}`, for $l$ from 1 to $L$.
    ///
    /// # Panics
    /// When there is no layer `l`.
    pub fn weights(&self, l: usize) -> ArrayView2<'_, f64> {
        self.layer(l).0
    }

    /// The biases $\mathbf b^l$, `M_l`, for $l$ from 1 to $L$.
    ///
    /// # Panics
    /// When there is no layer `l`.
    pub fn biases(&self, l: usize) -> ArrayView1<'_, f64> {
        self.layer(l).1
    }

    fn layer(&self, l: usize) -> (ArrayView2<'_, f64>, ArrayView1<'_, f64>) {
        let stage = &self.stages[index(l, self.depth())];
        stage.dense.split(self.theta.slice(s![stage.range.clone()]))
    }

    /// Where in the flat vector the weights of each layer lie.
    pub(super) fn weight_ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.stages.iter().map(|Stage { dense, range, .. }| range.start..range.end - dense.outputs)
    }

    /// The outputs $\mathbf a^L$ for the samples in the rows of `x`, `n × M_0`; `n × M_L`.
    ///
    /// # Panics
    /// When `x` has not $M_0$ columns.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut pass = Pass::new(self, x.nrows());
        self.forward(x, &mut pass);
        pass.output().to_owned()
    }

    /// Runs the samples in the rows of `x` through the network; `pass` keeps $\mathbf z^l$ and $\mathbf a^l$ of every layer.
    ///
    /// # Panics
    /// When `x` has not $M_0$ columns, or more rows than `pass` has, or `pass` was made for a network of other sizes.
    // ANCHOR: forward
    pub fn forward(&self, x: &ArrayRef2<f64>, pass: &mut Pass) {
        pass.start(self, x);
        for (l, stage) in self.stages.iter().enumerate() {
            let (earlier, later) = pass.layers.split_at_mut(l);
            let here = &mut later[0];
            let input =
                earlier.last().map_or(x.view(), |previous| first_rows(&previous.a, x.nrows()));
            let (mut z, mut a) =
                (first_rows_mut(&mut here.z, x.nrows()), first_rows_mut(&mut here.a, x.nrows()));
            stage.dense.forward(&self.theta.slice(s![stage.range.clone()]), &input, &mut z);
            stage.activation.forward(&self.theta.slice(s![..0]), &z, &mut a);
        }
    }
    // ANCHOR_END: forward

    /// The cost of the samples in the rows of `x`, whose targets are in the rows of `y`. Its derivatives by the
    /// parameters are left in [`Pass::gradient`], those by each $\mathbf z^l$ in [`Pass::delta`]; the network is as it was.
    ///
    /// ```
    /// use downhill::backprop::{Activation, Loss, Mlp, Pass};
    /// use ndarray::array;
    ///
    /// let network = Mlp::from_parameters(&[1, 1], &[Activation::Identity], array![3.0, 1.0])?;
    /// let mut pass = Pass::new(&network, 1);
    /// let cost = network.backpropagate(&array![[2.0]], &array![[5.0]], Loss::SquaredError, &mut pass);
    /// assert_eq!(cost, 2.0); // ½ (3·2 + 1 − 5)²
    /// assert_eq!(pass.gradient(), array![4.0, 2.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`Mlp::forward`], when `y` has not the shape of the output, and when there is no row.
    // ANCHOR: backpropagate
    pub fn backpropagate(
        &self,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
        loss: Loss,
        pass: &mut Pass,
    ) -> f64 {
        self.forward(x, pass);
        let Pass { layers, gradient, rows } = pass;
        let last = &mut layers[self.depth() - 1];
        let by_output = &mut first_rows_mut(&mut last.a_gradient, *rows);
        let cost = loss.value_and_gradient(&first_rows(&last.a, *rows), y, by_output);

        for (l, stage) in self.stages.iter().enumerate().rev() {
            let (earlier, later) = layers.split_at_mut(l);
            let Buffers { z, a, a_gradient, delta } = &mut later[0];
            let (z, a, by_a) =
                (first_rows(z, *rows), first_rows(a, *rows), first_rows(a_gradient, *rows));
            let mut delta = first_rows_mut(delta, *rows);
            let none = &mut gradient.slice_mut(s![..0]);
            stage.activation.backward(
                &self.theta.slice(s![..0]),
                &z,
                &a,
                &by_a,
                none,
                Some(&mut delta),
            );

            let theta = self.theta.slice(s![stage.range.clone()]);
            let mut gradient = gradient.slice_mut(s![stage.range.clone()]);
            match earlier.last_mut() {
                None => stage.dense.backward(&theta, x, &z, &delta, &mut gradient, None),
                Some(previous) => {
                    let input = first_rows(&previous.a, *rows);
                    let mut back = first_rows_mut(&mut previous.a_gradient, *rows);
                    stage.dense.backward(
                        &theta,
                        &input,
                        &z,
                        &delta,
                        &mut gradient,
                        Some(&mut back),
                    );
                }
            }
        }
        cost
    }
    // ANCHOR_END: backpropagate
}

/// What a network computes on its way forward and back, kept from one batch to the next so that training allocates nothing.
///
/// For an example see [`Mlp::backpropagate`].
#[derive(Clone, Debug)]
pub struct Pass {
    layers: Vec<Buffers>,
    gradient: Array1<f64>,
    rows: usize,
}

/// One layer's share of a pass, a row a sample.
#[derive(Clone, Debug)]
struct Buffers {
    z: Array2<f64>,
    a: Array2<f64>,
    a_gradient: Array2<f64>,
    delta: Array2<f64>,
}

impl Pass {
    /// Room for batches of up to `rows` samples.
    pub fn new(network: &Mlp, rows: usize) -> Self {
        let buffers = |stage: &Stage| {
            let empty = Array2::zeros((rows, stage.dense.outputs));
            Buffers { z: empty.clone(), a: empty.clone(), a_gradient: empty.clone(), delta: empty }
        };
        let layers = network.stages.iter().map(buffers).collect();
        Self { layers, gradient: Array1::zeros(network.theta.len()), rows: 0 }
    }

    fn start(&mut self, network: &Mlp, x: &ArrayRef2<f64>) {
        assert_eq!(x.ncols(), network.stages[0].dense.inputs, "the columns of x");
        let widths = self.layers.iter().map(|buffers| buffers.z.ncols());
        let fits = widths.eq(network.stages.iter().map(|stage| stage.dense.outputs));
        assert!(
            fits && self.gradient.len() == network.theta.len(),
            "the pass was made for a network of other sizes"
        );
        let room = self.layers[0].z.nrows();
        assert!(x.nrows() <= room, "the pass has room for {room} rows, not {}", x.nrows());
        self.rows = x.nrows();
    }

    /// What the units of layer `l` heard, $\mathbf z^l$, a row a sample, for $l$ from 1 to $L$.
    ///
    /// # Panics
    /// When there is no layer `l`.
    pub fn z(&self, l: usize) -> ArrayView2<'_, f64> {
        first_rows(&self.layers[index(l, self.layers.len())].z, self.rows)
    }

    /// What the units of layer `l` said, $\mathbf a^l$, a row a sample, for $l$ from 1 to $L$.
    ///
    /// # Panics
    /// When there is no layer `l`.
    pub fn a(&self, l: usize) -> ArrayView2<'_, f64> {
        first_rows(&self.layers[index(l, self.layers.len())].a, self.rows)
    }

    /// The errors $\boldsymbol\delta^l = \partial C / \partial \mathbf z^l$, a row a sample, for $l$ from 1 to $L$. The cost is
    /// the mean over the batch, so each row holds its sample's errors divided by the number of samples.
    ///
    /// # Panics
    /// When there is no layer `l`.
    pub fn delta(&self, l: usize) -> ArrayView2<'_, f64> {
        first_rows(&self.layers[index(l, self.layers.len())].delta, self.rows)
    }

    /// The outputs $\mathbf a^L$ of the last pass forward, a row a sample.
    pub fn output(&self) -> ArrayView2<'_, f64> {
        self.a(self.layers.len())
    }

    /// The derivatives of the cost by the parameters, in their order, from the last pass back.
    pub fn gradient(&self) -> &ArrayRef1<f64> {
        &self.gradient
    }

    pub(super) fn widths(&self) -> Vec<usize> {
        self.layers.iter().map(|buffers| buffers.z.ncols()).collect()
    }

    pub(super) fn gradient_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.gradient
    }
}

/// Where layer `l` of the book, counted from 1, stands in a list.
fn index(l: usize, depth: usize) -> usize {
    assert!((1..=depth).contains(&l), "layers are numbered from 1 to {depth}, not {l}");
    l - 1
}

/// The first rows of a buffer. Slicing would give a single column the stride 0, which BLAS does not take.
pub(super) fn first_rows(buffer: &Array2<f64>, rows: usize) -> ArrayView2<'_, f64> {
    buffer.view().split_at(Axis(0), rows).0
}

fn first_rows_mut(buffer: &mut Array2<f64>, rows: usize) -> ArrayViewMut2<'_, f64> {
    buffer.view_mut().split_at(Axis(0), rows).0
}
