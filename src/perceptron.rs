//! One neuron: what is the smallest machine that learns from its mistakes, and what can it not learn?
//!
//! | in the book | here |
//! |---|---|
//! | activation $\sigma$ and its derivative $\sigma'$ | [`Activation::value`], [`Activation::derivative`] |
//! | weight $w_1$, bias $b_1$ | [`Neuron::weight`], [`Neuron::bias`] |
//! | $z_1 = w_1 x + b_1$, $a_1 = \sigma(z_1)$ | [`Neuron::preactivation`], [`Neuron::output`] |
//! | cost $C = \frac12 (a_1 - y)^2$ | [`Neuron::cost`] |
//! | $\delta_1 = \partial C / \partial z_1$ | [`Neuron::delta`] |
//! | $(\partial C/\partial w_1, \partial C/\partial b_1)$ | [`Neuron::gradient`] |
//! | penalty of strength $\lambda$ | [`Penalty`] |
//! | Rosenblatt's perceptron, weights $\mathbf w$, $p$ of them, bias $b$ | [`Perceptron`] |
//! | sizes $M_0, \dots, M_L$ of the layers, activation of each | [`Architecture`] |
//! | all parameters $\Theta$ | `theta`, [`Architecture::parameters`] of them |
//!
//! Sources: F. Rosenblatt, Psychological Review 65 (1958) 386; A. B. J. Novikoff, Symposium on the Mathematical Theory of
//! Automata (1962) 615. Chapter: `chapters/1-descent/perceptron.md`.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, s};

use crate::{Error, check, introduction::logistic, universal_approximation::relu};

/// What a neuron does with what it hears: a function $\sigma$ of one number, and its derivative.
///
/// ```
/// use downhill::perceptron::Activation;
/// assert_eq!(Activation::Logistic.value(0.0), 0.5);
/// assert_eq!(Activation::Logistic.derivative(0.0), 0.25);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// $z$ itself: the neuron is a straight line.
    Identity,
    /// The [`logistic`] function.
    Logistic,
    /// The hyperbolic tangent.
    Tanh,
    /// The rectified linear unit, $\max(z, 0)$; its derivative at 0, where it has none, is taken as 0.
    Relu,
}

impl Activation {
    /// $\sigma(z)$.
    // ANCHOR: activation
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Identity => z,
            Self::Logistic => logistic(z),
            Self::Tanh => z.tanh(),
            Self::Relu => relu(z),
        }
    }

    /// $\sigma'(z)$.
    pub fn derivative(self, z: f64) -> f64 {
        match self {
            Self::Identity => 1.0,
            Self::Logistic => logistic(z) * logistic(-z),
            Self::Tanh => z.cosh().recip().powi(2),
            Self::Relu => f64::from(z > 0.0),
        }
    }
    // ANCHOR_END: activation
}

/// One neuron with one input.
///
/// ```
/// use downhill::perceptron::{Activation, Neuron};
/// use ndarray::array;
///
/// let mut neuron = Neuron { weight: 0.0, bias: 0.0, activation: Activation::Identity };
/// neuron.train(&array![-1.0, 0.0, 1.0, 4.0], &array![-1.0, 1.0, 3.0, 9.0], 0.1, 200, None)?;
/// assert!((neuron.weight - 2.0).abs() < 1e-8 && (neuron.bias - 1.0).abs() < 1e-8);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// $w_1$.
    pub weight: f64,
    /// $b_1$.
    pub bias: f64,
    /// $\sigma$.
    pub activation: Activation,
}

impl Neuron {
    /// $z_1 = w_1 x + b_1$, what the neuron hears.
    // ANCHOR: forward
    pub fn preactivation(&self, x: f64) -> f64 {
        self.weight * x + self.bias
    }

    /// $a_1 = \sigma(z_1)$, what it says.
    pub fn output(&self, x: f64) -> f64 {
        self.activation.value(self.preactivation(x))
    }
    // ANCHOR_END: forward

    /// $C = \frac12 (a_1 - y)^2$, how wrong it is where `y` is wanted.
    // ANCHOR: cost
    pub fn cost(&self, x: f64, y: f64) -> f64 {
        0.5 * (self.output(x) - y).powi(2)
    }
    // ANCHOR_END: cost

    /// $\delta_1 = \partial C / \partial z_1 = (a_1 - y)\, \sigma'(z_1)$.
    // ANCHOR: delta
    pub fn delta(&self, x: f64, y: f64) -> f64 {
        (self.output(x) - y) * self.activation.derivative(self.preactivation(x))
    }
    // ANCHOR_END: delta

    /// $(\partial C / \partial w_1, \partial C / \partial b_1) = (\delta_1 x, \delta_1)$.
    // ANCHOR: gradient
    pub fn gradient(&self, x: f64, y: f64) -> (f64, f64) {
        let delta = self.delta(x, y);
        (delta * x, delta)
    }
    // ANCHOR_END: gradient

    /// `steps` steps downhill at the learning rate `rate`, on the sum of the costs of all samples and the penalty on weight and
    /// bias. Returns that sum before the first step and after each.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Shape`] when `x` and `y` differ in length, [`Error::Domain`] for a sample that is
    /// not finite, [`Error::Parameter`] when weight, bias or rate is not finite, the rate not above 0, or the penalty's strength negative or
    /// not finite, [`Error::Diverged`] at the first cost that is not finite.
    pub fn train(
        &mut self,
        x: &ArrayRef1<f64>,
        y: &ArrayRef1<f64>,
        rate: f64,
        steps: usize,
        penalty: Option<Penalty>,
    ) -> Result<Vec<f64>, Error> {
        check::non_empty("x", x)?;
        check::length("y", x.len(), y.len(), "entries, one for each of x")?;
        check::finite("x", x)?;
        check::finite("y", y)?;
        check::parameter("weight", self.weight, "finite", self.weight.is_finite())?;
        check::parameter("bias", self.bias, "finite", self.bias.is_finite())?;
        check::rate(rate)?;
        if let Some(Penalty::L1(lambda) | Penalty::L2(lambda)) = penalty {
            check::penalty("penalty", lambda)?;
        }

        let mut costs = Vec::with_capacity(steps + 1);
        for step in 0..=steps {
            let (mut cost, mut slope) = (0.0, (0.0, 0.0));
            for (&x, &y) in x.iter().zip(y) {
                let (by_weight, by_bias) = self.gradient(x, y);
                cost += self.cost(x, y);
                slope = (slope.0 + by_weight, slope.1 + by_bias);
            }
            if let Some(penalty) = penalty {
                cost += penalty.value(self.weight) + penalty.value(self.bias);
                slope = (
                    slope.0 + penalty.derivative(self.weight),
                    slope.1 + penalty.derivative(self.bias),
                );
            }
            if !cost.is_finite() {
                return Err(Error::Diverged { what: "a neuron", step, loss: cost });
            }
            costs.push(cost);
            if step < steps {
                self.weight -= rate * slope.0;
                self.bias -= rate * slope.1;
            }
        }
        Ok(costs)
    }
}

/// A price on the size of a parameter $\theta$, with its strength $\lambda \ge 0$.
///
/// ```
/// use downhill::perceptron::Penalty;
/// assert_eq!((Penalty::L1(0.5).value(-3.0), Penalty::L1(0.5).derivative(-3.0)), (1.5, -0.5));
/// assert_eq!((Penalty::L2(0.5).value(-3.0), Penalty::L2(0.5).derivative(-3.0)), (4.5, -3.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// $\lambda \lvert \theta \rvert$, as in the lasso.
    L1(f64),
    /// $\lambda \theta^2$, as in ridge regression.
    L2(f64),
}

impl Penalty {
    /// What `theta` costs.
    // ANCHOR: penalty
    pub fn value(self, theta: f64) -> f64 {
        match self {
            Self::L1(lambda) => lambda * theta.abs(),
            Self::L2(lambda) => lambda * theta.powi(2),
        }
    }

    /// How that changes with `theta`; at the kink of $\lvert\theta\rvert$ it is taken as 0.
    pub fn derivative(self, theta: f64) -> f64 {
        match self {
            Self::L1(_) if theta == 0.0 => 0.0,
            Self::L1(lambda) => lambda * theta.signum(),
            Self::L2(lambda) => 2.0 * lambda * theta,
        }
    }
    // ANCHOR_END: penalty
}

/// Rosenblatt's perceptron: a neuron with `p` inputs that says +1 when $\mathbf w^\top \mathbf x + b$ is above 0 and −1 when not.
///
/// ```
/// use downhill::perceptron::Perceptron;
/// use ndarray::array;
///
/// let (x, and) = (array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], array![-1.0, -1.0, -1.0, 1.0]);
/// let mut perceptron = Perceptron::new(2);
/// perceptron.train(&x, &and, 100)?;
/// assert_eq!(perceptron.classify(&array![1.0, 1.0]), 1.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron {
    weights: Array1<f64>,
    bias: f64,
}

impl Perceptron {
    /// A perceptron with `inputs` inputs that knows nothing: all weights and the bias are 0.
    pub fn new(inputs: usize) -> Self {
        Self { weights: Array1::zeros(inputs), bias: 0.0 }
    }

    /// $z = \mathbf w^\top \mathbf x + b$.
    ///
    /// # Panics
    /// When `x` has not one entry for each weight.
    pub fn preactivation(&self, x: &ArrayRef1<f64>) -> f64 {
        self.weights.dot(x) + self.bias
    }

    /// The class of `x`, +1 or −1.
    ///
    /// # Panics
    /// When `x` has not one entry for each weight.
    pub fn classify(&self, x: &ArrayRef1<f64>) -> f64 {
        if self.preactivation(x) > 0.0 { 1.0 } else { -1.0 }
    }

    /// Looks at `x`, of class `y`; after a mistake moves the weights by $y\,\mathbf x$ and the bias by $y$. Says whether it was one. On the
    /// boundary, $z = 0$, either class counts as mistaken.
    ///
    /// # Panics
    /// When `x` has not one entry for each weight.
    // ANCHOR: rosenblatt
    pub fn learn(&mut self, x: &ArrayRef1<f64>, y: f64) -> bool {
        let mistaken = y * self.preactivation(x) <= 0.0;
        if mistaken {
            self.weights.scaled_add(y, x);
            self.bias += y;
        }
        mistaken
    }
    // ANCHOR_END: rosenblatt

    /// Goes through the rows of `x`, `n × p`, with their classes `y`, until a sweep meets no mistake. Returns how many mistakes that took.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows or columns, [`Error::Shape`] when `y` has not one entry a row or `x` not one column an input,
    /// [`Error::Domain`] for an `x` that is not finite or a `y` other than ±1, [`Error::NotConverged`] when `sweeps` sweeps did not suffice:
    /// then the classes may not be separable at all, and the weights are those after the last sweep.
    pub fn train(
        &mut self,
        x: &ArrayRef2<f64>,
        y: &ArrayRef1<f64>,
        sweeps: usize,
    ) -> Result<usize, Error> {
        check::regression(x, y)?;
        check::length("x", self.weights.len(), x.ncols(), "columns, one an input")?;
        check::every("y", y, "-1 or +1", |y| y == 1.0 || y == -1.0)?;
        let (mut mistakes, mut last) = (0, 0);
        for _ in 0..sweeps {
            last = x.rows().into_iter().zip(y).filter(|&(row, &y)| self.learn(&row, y)).count();
            if last == 0 {
                return Ok(mistakes);
            }
            mistakes += last;
        }
        Err(Error::NotConverged {
            what: "a perceptron",
            iterations: sweeps,
            measure: "the number of mistakes in a sweep",
            value: last as f64,
            tolerance: 0.0,
            reached: Vec::new(),
        })
    }

    /// $\mathbf w$, `p` entries.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// $b$.
    pub fn bias(&self) -> f64 {
        self.bias
    }
}

/// The shape of a feed-forward network: how many neurons stand in each layer, and their activation. It says which parameters there are,
/// and nothing of their values.
///
/// `theta` holds for each layer in turn its weights, row by row, then its biases.
///
/// ```
/// use downhill::perceptron::{Activation::{Identity, Tanh}, Architecture};
/// use ndarray::{Array1, array};
///
/// let network = Architecture::new(&[3, 5, 2], &[Tanh, Identity])?;
/// assert_eq!(network.parameters(), (3 + 1) * 5 + (5 + 1) * 2);
/// let theta = Array1::from_elem(32, 0.1);
/// assert_eq!(network.output(&theta, &array![1.0, 2.0, 3.0]).len(), 2);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    sizes: Vec<usize>,
    activations: Vec<Activation>,
}

impl Architecture {
    /// Layers of `sizes` $M_0, \dots, M_L$, of which the first is the input, and an activation for each of the other $L$.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are fewer than two sizes or not one activation fewer than sizes, [`Error::Empty`] for a layer of size 0,
    /// [`Error::Parameter`] when there are more parameters than an array can hold.
    pub fn new(sizes: &[usize], activations: &[Activation]) -> Result<Self, Error> {
        if sizes.len() < 2 {
            let (expected, got) = ("two or more".into(), sizes.len().to_string());
            return Err(Error::Shape { what: "sizes", expected, got });
        }
        if sizes.contains(&0) {
            return Err(Error::Empty { what: "a layer" });
        }
        check::length("activations", sizes.len() - 1, activations.len(), "entries, one a layer")?;
        check::parameters(sizes)?;
        Ok(Self { sizes: sizes.to_vec(), activations: activations.to_vec() })
    }

    /// How many weights and biases there are, $\sum_l (M_{l-1} + 1) M_l$.
    // ANCHOR: parameters
    pub fn parameters(&self) -> usize {
        self.sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
    }
    // ANCHOR_END: parameters

    /// `theta` read as the weights $\mathbf W^l$, `M_l × M_{l−1}`, and biases $\mathbf b^l$, `M_l`, of each layer.
    ///
    /// # Panics
    /// When `theta` has not [`Architecture::parameters`] entries.
    pub fn layers(&self, theta: &ArrayRef1<f64>) -> Vec<(Array2<f64>, Array1<f64>)> {
        assert_eq!(
            theta.len(),
            self.parameters(),
            "the length of theta and the number of parameters"
        );
        let mut start = 0;
        let layer = |pair: &[usize]| {
            let (inputs, nodes) = (pair[0], pair[1]);
            let weights =
                Array2::from_shape_fn((nodes, inputs), |(j, k)| theta[start + j * inputs + k]);
            let biases =
                theta.slice(s![start + nodes * inputs..start + nodes * (inputs + 1)]).to_owned();
            start += nodes * (inputs + 1);
            (weights, biases)
        };
        self.sizes.windows(2).map(layer).collect()
    }

    /// The activations $\mathbf a^0 = \mathbf x, \mathbf a^1, \dots, \mathbf a^L$ of all layers.
    ///
    /// # Panics
    /// When `theta` or `x` has not the right length.
    // ANCHOR: network
    pub fn forward(&self, theta: &ArrayRef1<f64>, x: &ArrayRef1<f64>) -> Vec<Array1<f64>> {
        let mut a = vec![x.to_owned()];
        for ((weights, biases), activation) in self.layers(theta).iter().zip(&self.activations) {
            let z = weights.dot(&a[a.len() - 1]) + biases;
            a.push(z.mapv_into(|z| activation.value(z)));
        }
        a
    }
    // ANCHOR_END: network

    /// The output $\mathbf a^L = f(\mathbf x; \Theta)$, `M_L` entries.
    ///
    /// # Panics
    /// When `theta` or `x` has not the right length.
    pub fn output(&self, theta: &ArrayRef1<f64>, x: &ArrayRef1<f64>) -> Array1<f64> {
        // There is at least the input.
        self.forward(theta, x).pop().expect("a layer")
    }
}
