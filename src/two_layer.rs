//! One hidden layer: how does a neuron learn that nobody tells what to say?
//!
//! | in the book | here |
//! |---|---|
//! | one hidden neuron: $w_1, b_1$, $w_2, b_2$, $\sigma_1, \sigma_2$ | [`Pair`] |
//! | $z_1, a_1, z_2, a_2$ | [`Pair::forward`] |
//! | cost $C = \frac12 (a_2 - y)^2$ | [`Pair::cost`] |
//! | $\delta_1, \delta_2$ | [`Pair::deltas`] |
//! | $\partial C/\partial\Theta$, $\Theta = [w_1, w_2, b_1, b_2]$ | [`Pair::gradient`] |
//! | a chain of $L$ neurons, $w_l$, $b_l$ | [`Chain`] |
//! | $\partial C/\partial w_l = \delta_l a_{l-1}$, $\partial C/\partial b_l = \delta_l$ | [`Chain::gradient`] |
//! | a hidden layer of $m$ neurons, $p$ inputs, $k$ outputs | [`TwoLayer`] |
//! | inputs $\mathbf X$, targets $\mathbf Y$, a row a sample | `x`, `n × p`; `y`, `n × k` |
//! | $\mathbf A_1$, $\mathbf A_2$ | [`TwoLayer::forward`], `n × m` and `n × k` |
//! | $\nabla_{\mathbf W_1} C$ and its fellows | [`TwoLayer::gradient`], one flat vector |
//! | the surface to learn, $x_0^2 + 3x_0x_1 + x_1^2 + 5$ | [`saddle`] |
//! | a dual number $a + b\,\epsilon$ | [`Dual`] |
//!
//! Source: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Nature 323 (1986) 533. Chapter: `chapters/1-descent/two-layer.md`.

use std::ops::{Add, Mul};

use ndarray::{
    Array1, Array2, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2,
    linalg::general_mat_mul, s,
};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::{Error, check, introduction::logistic, perceptron::Activation};

/// A hidden neuron and an output neuron, one after the other, with one input.
///
/// ```
/// use downhill::{perceptron::Activation, two_layer::Pair};
///
/// let pair = Pair { w_1: 0.7, b_1: 0.3, w_2: -1.4, b_2: 0.25, hidden: Activation::Logistic, output: Activation::Tanh };
/// let [by_w_1, by_w_2, by_b_1, by_b_2] = pair.gradient(1.3, 0.4);
/// assert_eq!(by_w_1, 1.3 * by_b_1);
/// assert!(by_w_2 * by_b_2 > 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The weight from the input to the hidden neuron.
    pub w_1: f64,
    /// The bias of the hidden neuron.
    pub b_1: f64,
    /// The weight from the hidden neuron to the output neuron.
    pub w_2: f64,
    /// The bias of the output neuron.
    pub b_2: f64,
    /// The activation $\sigma_1$.
    pub hidden: Activation,
    /// The activation $\sigma_2$.
    pub output: Activation,
}

/// What passes through a [`Pair`] on the way forward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forward {
    /// What the hidden neuron hears.
    pub z_1: f64,
    /// What it says.
    pub a_1: f64,
    /// What the output neuron hears.
    pub z_2: f64,
    /// What it says.
    pub a_2: f64,
}

impl Pair {
    /// The two neurons' inputs and outputs.
    // ANCHOR: pair_forward
    pub fn forward(&self, x: f64) -> Forward {
        let z_1 = self.w_1 * x + self.b_1;
        let a_1 = self.hidden.value(z_1);
        let z_2 = self.w_2 * a_1 + self.b_2;
        let a_2 = self.output.value(z_2);
        Forward { z_1, a_1, z_2, a_2 }
    }
    // ANCHOR_END: pair_forward

    /// $C = \frac12 (a_2 - y)^2$.
    // ANCHOR: pair_cost
    pub fn cost(&self, x: f64, y: f64) -> f64 {
        0.5 * (self.forward(x).a_2 - y).powi(2)
    }
    // ANCHOR_END: pair_cost

    /// $(\delta_1, \delta_2)$, the derivatives of the cost by $z_1$ and $z_2$.
    // ANCHOR: pair_deltas
    pub fn deltas(&self, x: f64, y: f64) -> (f64, f64) {
        let Forward { z_1, z_2, a_2, .. } = self.forward(x);
        let delta_2 = (a_2 - y) * self.output.derivative(z_2);
        let delta_1 = delta_2 * self.w_2 * self.hidden.derivative(z_1);
        (delta_1, delta_2)
    }
    // ANCHOR_END: pair_deltas

    /// The derivatives of the cost by $\Theta = [w_1, w_2, b_1, b_2]$.
    // ANCHOR: pair_gradient
    pub fn gradient(&self, x: f64, y: f64) -> [f64; 4] {
        let (delta_1, delta_2) = self.deltas(x, y);
        [delta_1 * x, delta_2 * self.forward(x).a_1, delta_1, delta_2]
    }
    // ANCHOR_END: pair_gradient

    /// One step downhill at the learning rate `rate` on the cost of one sample.
    // ANCHOR: pair_step
    pub fn step(&mut self, x: f64, y: f64, rate: f64) {
        let [by_w_1, by_w_2, by_b_1, by_b_2] = self.gradient(x, y);
        self.w_1 -= rate * by_w_1;
        self.w_2 -= rate * by_w_2;
        self.b_1 -= rate * by_b_1;
        self.b_2 -= rate * by_b_2;
    }
    // ANCHOR_END: pair_step
}

/// A chain of $L$ neurons, each the only input of the next.
///
/// ```
/// use downhill::{perceptron::Activation, two_layer::Chain};
/// use ndarray::array;
///
/// let chain = Chain::new(array![2.0, 2.0, 2.0], array![0.0, 0.0, 0.0], Activation::Identity)?;
/// assert_eq!(chain.output(1.0), 8.0);
/// let (by_weights, by_biases) = chain.gradient(1.0, 7.0);
/// assert_eq!((by_weights, by_biases), (array![4.0, 4.0, 4.0], array![4.0, 2.0, 1.0]));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    weights: Array1<f64>,
    biases: Array1<f64>,
    activation: Activation,
}

impl Chain {
    /// A chain with a weight and a bias for each neuron, from the input on, all of the same activation.
    ///
    /// # Errors
    /// [`Error::Empty`] without neurons, [`Error::Shape`] when the lengths differ, [`Error::Domain`] for a number that is not finite.
    pub fn new(
        weights: Array1<f64>,
        biases: Array1<f64>,
        activation: Activation,
    ) -> Result<Self, Error> {
        check::non_empty("weights", &weights)?;
        check::length("biases", weights.len(), biases.len(), "entries, one a weight")?;
        check::finite("weights", &weights)?;
        check::finite("biases", &biases)?;
        Ok(Self { weights, biases, activation })
    }

    /// The number of neurons, $L$.
    pub fn depth(&self) -> usize {
        self.weights.len()
    }

    /// $a_L$, what the last neuron says.
    pub fn output(&self, x: f64) -> f64 {
        self.weights.iter().zip(&self.biases).fold(x, |a, (w, b)| self.activation.value(w * a + b))
    }

    /// $C = \frac12 (a_L - y)^2$.
    pub fn cost(&self, x: f64, y: f64) -> f64 {
        0.5 * (self.output(x) - y).powi(2)
    }

    /// The derivatives of the cost by the weights and by the biases, $L$ each.
    // ANCHOR: chain_gradient
    pub fn gradient(&self, x: f64, y: f64) -> (Array1<f64>, Array1<f64>) {
        // Index l here is l + 1 in the book: z[0] and w[0] belong to the first neuron, whose input
        // is heard[0] = x.
        let (mut heard, mut z) = (vec![x], Vec::new());
        for (l, (w, b)) in self.weights.iter().zip(&self.biases).enumerate() {
            z.push(w * heard[l] + b);
            heard.push(self.activation.value(z[l]));
        }
        let (mut by_weights, mut by_biases) =
            (Array1::zeros(self.depth()), Array1::zeros(self.depth()));
        let mut by_output = heard[self.depth()] - y;
        for l in (0..self.depth()).rev() {
            let delta = by_output * self.activation.derivative(z[l]);
            by_weights[l] = delta * heard[l];
            by_biases[l] = delta;
            by_output = delta * self.weights[l];
        }
        (by_weights, by_biases)
    }
    // ANCHOR_END: chain_gradient
}

/// A network with one hidden layer: `p` inputs, `m` hidden neurons with the logistic function, `k` outputs that are what they hear.
///
/// A sample is a row, so the weights stand on the right of it: $\mathbf W_1$ is `p × m`, $\mathbf W_2$ is `m × k`. The flat vector of parameters
/// holds $\mathbf W_1$ row by row, $\mathbf b_1$, $\mathbf W_2$ row by row, $\mathbf b_2$.
///
/// ```
/// use downhill::two_layer::TwoLayer;
/// use ndarray::array;
///
/// let (x, y) = (array![[0.0], [0.5], [1.0]], array![[1.0], [2.0], [3.0]]);
/// let mut network = TwoLayer::new(1, 3, 1, &mut downhill::rng(1))?;
/// let costs = network.train(&x, &y, 0.1, 2000)?;
/// assert!(costs[2000] < 1e-3 * costs[0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TwoLayer {
    sizes: Sizes,
    theta: Array1<f64>,
}

/// How many inputs, hidden neurons and outputs, and so where in the flat vector each parameter lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sizes {
    inputs: usize,
    hidden: usize,
    outputs: usize,
}

impl Sizes {
    /// Where $\mathbf b_1$, $\mathbf W_2$, $\mathbf b_2$ begin, and where all ends.
    fn marks(self) -> [usize; 4] {
        let b_1 = self.inputs * self.hidden;
        let w_2 = b_1 + self.hidden;
        let b_2 = w_2 + self.hidden * self.outputs;
        [b_1, w_2, b_2, b_2 + self.outputs]
    }
}

/// What a training step writes and the next one overwrites.
struct Buffers {
    a_1: Array2<f64>,
    a_2: Array2<f64>,
    d_1: Array2<f64>,
    gradient: Array1<f64>,
}

impl TwoLayer {
    /// A network with normal random weights, of variance one over the number of inputs that a neuron has, and biases 0.
    ///
    /// # Errors
    /// [`Error::Empty`] when a layer has no neurons, [`Error::Parameter`] when there are more parameters than an array can hold.
    pub fn new(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        let theta = Array1::zeros(check::parameters(&[inputs, hidden, outputs])?);
        let mut network = Self::from_parameters(inputs, hidden, outputs, theta)?;
        let [b_1, w_2, b_2, _] = network.sizes.marks();
        let mut draw = |weights: ArrayViewMut1<f64>, inputs: usize| {
            let deviation = (inputs as f64).sqrt().recip();
            weights.into_iter().for_each(|w| *w = deviation * rng.sample::<f64, _>(StandardNormal));
        };
        draw(network.theta.slice_mut(s![..b_1]), inputs);
        draw(network.theta.slice_mut(s![w_2..b_2]), hidden);
        Ok(network)
    }

    /// A network with these parameters.
    ///
    /// # Errors
    /// [`Error::Empty`] when a layer has no neurons, [`Error::Shape`] when `theta` has not $(p + 1) m + (m + 1) k$ entries, [`Error::Domain`]
    /// for one that is not finite, [`Error::Parameter`] when there are more than an array can hold.
    pub fn from_parameters(
        inputs: usize,
        hidden: usize,
        outputs: usize,
        theta: Array1<f64>,
    ) -> Result<Self, Error> {
        if [inputs, hidden, outputs].contains(&0) {
            return Err(Error::Empty { what: "a layer" });
        }
        check::length(
            "theta",
            check::parameters(&[inputs, hidden, outputs])?,
            theta.len(),
            "parameters",
        )?;
        let sizes = Sizes { inputs, hidden, outputs };
        check::finite("theta", &theta)?;
        Ok(Self { sizes, theta })
    }

    /// All parameters, $(p + 1) m + (m + 1) k$.
    pub fn parameters(&self) -> &Array1<f64> {
        &self.theta
    }

    /// The parameters as $\mathbf W_1$, `p × m`, $\mathbf b_1$, `m`, $\mathbf W_2$, `m × k`, and $\mathbf b_2$, `k`.
    pub fn layers(
        &self,
    ) -> (ArrayView2<'_, f64>, ArrayView1<'_, f64>, ArrayView2<'_, f64>, ArrayView1<'_, f64>) {
        let Sizes { inputs, hidden, outputs } = self.sizes;
        let [b_1, w_2, b_2, _] = self.sizes.marks();
        let matrix = |from: usize, to: usize, shape: (usize, usize)| {
            // The parameters lie in one stretch, so a part of them with the right length has the shape.
            self.theta
                .slice(s![from..to])
                .into_shape_with_order(shape)
                .expect("a contiguous part of theta")
        };
        let (biases_1, biases_2) = (self.theta.slice(s![b_1..w_2]), self.theta.slice(s![b_2..]));
        (matrix(0, b_1, (inputs, hidden)), biases_1, matrix(w_2, b_2, (hidden, outputs)), biases_2)
    }

    /// $\mathbf A_1$, `n × m`, and $\mathbf A_2$, `n × k`: what the hidden and the output neurons say to each row of `x`.
    ///
    /// # Panics
    /// When `x` has not `p` columns.
    pub fn forward(&self, x: &ArrayRef2<f64>) -> (Array2<f64>, Array2<f64>) {
        let mut a_1 = Array2::zeros((x.nrows(), self.sizes.hidden));
        let mut a_2 = Array2::zeros((x.nrows(), self.sizes.outputs));
        self.forward_into(x, &mut a_1, &mut a_2);
        (a_1, a_2)
    }

    // ANCHOR: batch_forward
    fn forward_into(&self, x: &ArrayRef2<f64>, a_1: &mut Array2<f64>, a_2: &mut Array2<f64>) {
        let (w_1, b_1, w_2, b_2) = self.layers();
        a_1.assign(&b_1);
        general_mat_mul(1.0, x, &w_1, 1.0, a_1);
        a_1.mapv_inplace(logistic);
        a_2.assign(&b_2);
        general_mat_mul(1.0, a_1, &w_2, 1.0, a_2);
    }
    // ANCHOR_END: batch_forward

    /// The cost $\frac12 \sum (\mathbf A_2 - \mathbf Y)^2$, summed over all samples and outputs.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn cost(&self, x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> f64 {
        assert_eq!(
            (x.nrows(), self.sizes.outputs),
            y.dim(),
            "rows of x and outputs, and the shape of y"
        );
        let residuals = self.forward(x).1 - y;
        0.5 * residuals.iter().map(|r| r * r).sum::<f64>()
    }

    /// The gradient of [`TwoLayer::cost`], in the order of [`TwoLayer::parameters`].
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn gradient(&self, x: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Array1<f64> {
        assert_eq!(
            (x.nrows(), self.sizes.outputs),
            y.dim(),
            "rows of x and outputs, and the shape of y"
        );
        let mut buffers = self.buffers(x.nrows());
        self.backpropagate(x, y, &mut buffers);
        buffers.gradient
    }

    fn buffers(&self, rows: usize) -> Buffers {
        Buffers {
            a_1: Array2::zeros((rows, self.sizes.hidden)),
            a_2: Array2::zeros((rows, self.sizes.outputs)),
            d_1: Array2::zeros((rows, self.sizes.hidden)),
            gradient: Array1::zeros(self.theta.len()),
        }
    }

    /// Writes the gradient to the buffers and returns the cost.
    // ANCHOR: batch_gradient
    fn backpropagate(&self, x: &ArrayRef2<f64>, y: &ArrayRef2<f64>, buffers: &mut Buffers) -> f64 {
        let Buffers { a_1, a_2, d_1, gradient } = buffers;
        self.forward_into(x, a_1, a_2);
        let (_, _, w_2, _) = self.layers();
        let (by_w_1, by_b_1, by_w_2, by_b_2) = self.sizes.split(gradient);

        let d_2 = a_2;
        d_2.zip_mut_with(y, |a, y| *a -= y);
        general_mat_mul(1.0, d_2, &w_2.t(), 0.0, d_1);
        d_1.zip_mut_with(a_1, |d, a| *d *= a * (1.0 - a));

        product_and_sums(a_1, d_2, by_w_2, by_b_2);
        product_and_sums(x, d_1, by_w_1, by_b_1);
        0.5 * d_2.iter().map(|d| d * d).sum::<f64>()
    }
    // ANCHOR_END: batch_gradient

    /// `steps` steps downhill at the learning rate `rate` on the cost of all samples. Returns that cost before the first step and after each.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Shape`] when `x` has not `p` columns or `y` not a row for each of `x` and `k` columns,
    /// [`Error::Domain`] for an entry that is not finite, [`Error::Parameter`] for a rate that is not a finite number above 0, [`Error::Diverged`] at the
    /// first step at which the cost, a slope of it or a parameter is not finite; the parameters are then left as they last were.
    pub fn train(
        &mut self,
        x: &ArrayRef2<f64>,
        y: &ArrayRef2<f64>,
        rate: f64,
        steps: usize,
    ) -> Result<Vec<f64>, Error> {
        check::non_empty("x", x)?;
        check::length("x", self.sizes.inputs, x.ncols(), "columns, one an input")?;
        check::length("y", x.nrows(), y.nrows(), "rows, one for each of x")?;
        check::length("y", self.sizes.outputs, y.ncols(), "columns, one an output")?;
        check::finite("x", x)?;
        check::finite("y", y)?;
        check::rate(rate)?;
        let mut buffers = self.buffers(x.nrows());
        let mut before = self.theta.clone();
        let mut costs = Vec::with_capacity(steps + 1);
        for step in 0..=steps {
            let cost = self.backpropagate(x, y, &mut buffers);
            let finite = |step: usize, values: &Array1<f64>| {
                let (what, loss) = ("a network with one hidden layer", cost);
                let finite = cost.is_finite() && values.iter().all(|value| value.is_finite());
                if finite { Ok(()) } else { Err(Error::Diverged { what, step, loss }) }
            };
            finite(step, &buffers.gradient)?;
            costs.push(cost);
            if step < steps {
                before.assign(&self.theta);
                self.theta.scaled_add(-rate, &buffers.gradient);
                finite(step + 1, &self.theta).inspect_err(|_| self.theta.assign(&before))?;
            }
        }
        Ok(costs)
    }
}

type PartsMut<'a> = (
    ArrayViewMut2<'a, f64>,
    ArrayViewMut1<'a, f64>,
    ArrayViewMut2<'a, f64>,
    ArrayViewMut1<'a, f64>,
);

impl Sizes {
    /// A flat vector of parameters, or of derivatives by them, as its four parts.
    fn split(self, theta: &mut Array1<f64>) -> PartsMut<'_> {
        let [b_1, w_2, b_2, end] = self.marks();
        let parts = theta.multi_slice_mut((s![..b_1], s![b_1..w_2], s![w_2..b_2], s![b_2..end]));
        // As in `layers`: each part is contiguous.
        let w_1 =
            parts.0.into_shape_with_order((self.inputs, self.hidden)).expect("a contiguous part");
        let w_2 =
            parts.2.into_shape_with_order((self.hidden, self.outputs)).expect("a contiguous part");
        (w_1, parts.1, w_2, parts.3)
    }
}

/// $\mathbf A^\top \mathbf D$ and the sums of the columns of $\mathbf D$: the derivatives by a layer's weights and biases, where $\mathbf A$ is what it
/// hears and $\mathbf D$ its errors.
// ANCHOR: product_and_sums
fn product_and_sums(
    a: &ArrayRef2<f64>,
    d: &ArrayRef2<f64>,
    mut by_weights: ArrayViewMut2<f64>,
    mut by_biases: ArrayViewMut1<f64>,
) {
    general_mat_mul(1.0, &a.t(), d, 0.0, &mut by_weights);
    by_biases.fill(0.0);
    for row in d.rows() {
        by_biases += &row;
    }
}
// ANCHOR_END: product_and_sums

/// The saddle $x_0^2 + 3 x_0 x_1 + x_1^2 + 5$ over each row of `x`, `n × 2`, as a column.
///
/// ```
/// use downhill::two_layer::saddle;
/// use ndarray::array;
/// assert_eq!(saddle(&array![[0.0, 0.0], [1.0, 1.0], [1.0, -1.0]]), array![[5.0], [10.0], [4.0]]);
/// ```
///
/// # Panics
/// When `x` has rows of fewer than two entries.
// ANCHOR: saddle
pub fn saddle(x: &ArrayRef2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((x.nrows(), 1), |(i, _)| {
        let (x0, x1) = (x[[i, 0]], x[[i, 1]]);
        x0 * x0 + 3.0 * x0 * x1 + x1 * x1 + 5.0
    })
}
// ANCHOR_END: saddle

/// A dual number $a + b\,\epsilon$ with $\epsilon^2 = 0$: a value and its derivative, carried forward together.
///
/// ```
/// use downhill::two_layer::Dual;
/// let x = Dual(3.0, 1.0);
/// let y = x * x + Dual(2.0, 0.0) * x;
/// assert_eq!((y.0, y.1), (15.0, 8.0));
/// assert_eq!(Dual(0.0, 2.0).exp(), Dual(1.0, 2.0));
/// ```
// ANCHOR: dual
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual(pub f64, pub f64);

impl Add for Dual {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0, self.0 * other.1 + self.1 * other.0)
    }
}

impl Dual {
    /// $e^{a + b\epsilon}$.
    pub fn exp(self) -> Self {
        Self(self.0.exp(), self.1 * self.0.exp())
    }

    /// $1/(a + b\,\epsilon)$.
    pub fn recip(self) -> Self {
        Self(1.0 / self.0, -self.1 / (self.0 * self.0))
    }
}
// ANCHOR_END: dual
