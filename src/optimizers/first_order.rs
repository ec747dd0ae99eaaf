//! Methods that see nothing but gradients, one a step.

use ndarray::{Array1, ArrayRef1, Zip};

use super::Optimizer;
use crate::{Error, check};

/// What is added to a root before it divides: far below the gradients that matter, far above zero.
const EPSILON: f64 = 1e-8;

/// A weight of the past, which must be less than 1 for the past to fade.
fn require_decay(what: &'static str, decay: f64) -> Result<(), Error> {
    check::parameter(what, decay, "at least 0 and below 1", (0.0..1.0).contains(&decay))
}

fn require_epsilon(epsilon: f64) -> Result<(), Error> {
    check::parameter(
        "epsilon",
        epsilon,
        "positive and finite",
        epsilon > 0.0 && epsilon.is_finite(),
    )
}

/// Lays `memory` out at the first step, and holds later steps to its length.
fn prepare(memory: &mut Array1<f64>, theta: &ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
    same_length(theta, gradient);
    if memory.is_empty() {
        *memory = Array1::zeros(theta.len());
    }
    assert_eq!(theta.len(), memory.len(), "theta has not the length that it had at the first step");
}

fn same_length(theta: &ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
    assert_eq!(theta.len(), gradient.len(), "theta and gradient differ in length");
}

/// Gradient descent: $\theta_{k+1} = \theta_k - \eta \nabla C(\theta_k)$.
///
/// ```
/// use downhill::optimizers::{GradientDescent, Optimizer};
/// use ndarray::array;
/// let mut theta = array![3.0];
/// GradientDescent::new(0.5)?.step(&mut theta, &array![4.0]);
/// assert_eq!(theta, array![1.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: A.-L. Cauchy, *C. R. Acad. Sci. Paris* 25 (1847) 536.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientDescent {
    rate: f64,
}

impl GradientDescent {
    /// Steps of `rate` times the gradient.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite.
    pub fn new(rate: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        Ok(Self { rate })
    }
}

impl Optimizer for GradientDescent {
    // ANCHOR: gradient_descent
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        same_length(theta, gradient);
        theta.scaled_add(-self.rate, gradient);
    }
    // ANCHOR_END: gradient_descent

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// The heavy ball: $v_{k+1} = \gamma v_k + \eta \nabla C(\theta_k)$, $\theta_{k+1} = \theta_k - v_{k+1}$.
///
/// ```
/// use downhill::optimizers::{Momentum, Optimizer};
/// use ndarray::array;
/// let (mut ball, mut theta) = (Momentum::new(0.1, 0.5)?, array![0.0]);
/// for _ in 0..2 {
///     ball.step(&mut theta, &array![-1.0]);
/// }
/// assert!((theta[0] - (0.1 + 0.15)).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: B. T. Polyak, *USSR Comput. Math. Math. Phys.* 4 (1964) 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Momentum {
    rate: f64,
    momentum: f64,
    velocity: Array1<f64>,
}

impl Momentum {
    /// Keeps the part `momentum` of each step in the next.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite, or `momentum` not in $[0, 1)$.
    pub fn new(rate: f64, momentum: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        require_decay("momentum", momentum)?;
        Ok(Self { rate, momentum, velocity: Array1::default(0) })
    }
}

impl Optimizer for Momentum {
    // ANCHOR: momentum
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        prepare(&mut self.velocity, theta, gradient);
        Zip::from(theta).and(gradient).and(&mut self.velocity).for_each(|theta, &g, v| {
            *v = self.momentum * *v + self.rate * g;
            *theta -= *v;
        });
    }
    // ANCHOR_END: momentum

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// Nesterov's momentum, the gradient taken where the ball is about to be.
///
/// Its points are $\varphi_k = \theta_k - \gamma v_k$, the places ahead at which the gradients are taken:
/// $v_{k+1} = \gamma v_k + \eta \nabla C(\varphi_k)$, $\varphi_{k+1} = \varphi_k - \gamma v_{k+1} - \eta \nabla C(\varphi_k)$.
///
/// ```
/// use downhill::optimizers::{Nesterov, Optimizer};
/// use ndarray::array;
/// let (mut nesterov, mut theta) = (Nesterov::new(0.1, 0.5)?, array![0.0]);
/// nesterov.step(&mut theta, &array![-1.0]);
/// assert!((theta[0] - 0.15).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: Yu. Nesterov, *Soviet Math. Dokl.* 27 (1983) 372.
#[derive(Clone, Debug, PartialEq)]
pub struct Nesterov {
    rate: f64,
    momentum: f64,
    velocity: Array1<f64>,
}

impl Nesterov {
    /// Keeps the part `momentum` of each step in the next.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite, or `momentum` not in $[0, 1)$.
    pub fn new(rate: f64, momentum: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        require_decay("momentum", momentum)?;
        Ok(Self { rate, momentum, velocity: Array1::default(0) })
    }
}

impl Optimizer for Nesterov {
    // ANCHOR: nesterov
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        prepare(&mut self.velocity, theta, gradient);
        Zip::from(theta).and(gradient).and(&mut self.velocity).for_each(|theta, &g, v| {
            *v = self.momentum * *v + self.rate * g;
            *theta -= self.momentum * *v + self.rate * g;
        });
    }
    // ANCHOR_END: nesterov

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// AdaGrad: each coordinate divides its step by the root of the sum of its squared gradients,
/// $r_{k+1} = r_k + g_k \odot g_k$, $\theta_{k+1} = \theta_k - \eta\, g_k / (\sqrt{r_{k+1}} + \varepsilon)$.
///
/// ```
/// use downhill::optimizers::{AdaGrad, Optimizer};
/// use ndarray::array;
/// let mut theta = array![0.0, 0.0];
/// AdaGrad::new(0.1)?.step(&mut theta, &array![1000.0, -0.001]);
/// assert!((theta[0] + 0.1).abs() < 1e-5 && (theta[1] - 0.1).abs() < 1e-5, "the size of a gradient does not matter");
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: J. Duchi, E. Hazan, Y. Singer, *JMLR* 12 (2011) 2121.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaGrad {
    rate: f64,
    epsilon: f64,
    sum: Array1<f64>,
}

impl AdaGrad {
    /// A first step of `rate` in each coordinate; $\varepsilon = 10^{-8}$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite.
    pub fn new(rate: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        Ok(Self { rate, epsilon: EPSILON, sum: Array1::default(0) })
    }

    /// Another $\varepsilon$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `epsilon` is not positive and finite.
    pub fn with_epsilon(self, epsilon: f64) -> Result<Self, Error> {
        require_epsilon(epsilon)?;
        Ok(Self { epsilon, ..self })
    }
}

impl Optimizer for AdaGrad {
    // ANCHOR: adagrad
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        prepare(&mut self.sum, theta, gradient);
        Zip::from(theta).and(gradient).and(&mut self.sum).for_each(|theta, &g, sum| {
            *sum += g * g;
            *theta -= self.rate * g / (sum.sqrt() + self.epsilon);
        });
    }
    // ANCHOR_END: adagrad

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// RMSProp: AdaGrad that forgets, $s_{k+1} = \beta s_k + (1-\beta)\, g_k \odot g_k$,
/// $\theta_{k+1} = \theta_k - \eta\, g_k / (\sqrt{s_{k+1}} + \varepsilon)$.
///
/// ```
/// use downhill::optimizers::{Optimizer, RmsProp};
/// use ndarray::array;
/// let mut theta = array![0.0];
/// RmsProp::new(0.1, 0.75)?.step(&mut theta, &array![5.0]);
/// assert!((theta[0] + 0.2).abs() < 1e-8);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: T. Tieleman, G. Hinton, *Neural Networks for Machine Learning*, lecture 6.5 (Coursera, 2012).
#[derive(Clone, Debug, PartialEq)]
pub struct RmsProp {
    rate: f64,
    decay: f64,
    epsilon: f64,
    mean_square: Array1<f64>,
}

impl RmsProp {
    /// A running mean of squares that keeps the part `decay`, $\beta$, a step; $\varepsilon = 10^{-8}$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite, or `decay` not in $[0, 1)$.
    pub fn new(rate: f64, decay: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        require_decay("decay", decay)?;
        Ok(Self { rate, decay, epsilon: EPSILON, mean_square: Array1::default(0) })
    }

    /// Another $\varepsilon$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `epsilon` is not positive and finite.
    pub fn with_epsilon(self, epsilon: f64) -> Result<Self, Error> {
        require_epsilon(epsilon)?;
        Ok(Self { epsilon, ..self })
    }

    /// The running mean of the squared gradients, $s_k$; empty before the first step.
    pub fn mean_square(&self) -> &Array1<f64> {
        &self.mean_square
    }
}

impl Optimizer for RmsProp {
    // ANCHOR: rmsprop
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        prepare(&mut self.mean_square, theta, gradient);
        Zip::from(theta).and(gradient).and(&mut self.mean_square).for_each(|theta, &g, s| {
            *s = self.decay * *s + (1.0 - self.decay) * g * g;
            *theta -= self.rate * g / (s.sqrt() + self.epsilon);
        });
    }
    // ANCHOR_END: rmsprop

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// Adam, adaptive moment estimation: momentum's mean of the gradients over RMSProp's root mean square, each
/// freed of the bias of its start at zero,
/// $\theta_t = \theta_{t-1} - \eta\, \hat m_t / (\sqrt{\hat v_t} + \varepsilon)$.
///
/// ```
/// use downhill::optimizers::{Adam, Optimizer};
/// use ndarray::array;
/// let mut theta = array![0.0, 0.0];
/// Adam::new(0.1)?.step(&mut theta, &array![1000.0, -0.001]);
/// assert!((theta[0] + 0.1).abs() < 1e-5 && (theta[1] - 0.1).abs() < 1e-5, "the first step is the sign of the gradient");
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization* (ICLR 2015), algorithm 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    rate: f64,
    decays: (f64, f64),
    epsilon: f64,
    steps: i32,
    mean: Array1<f64>,
    mean_square: Array1<f64>,
}

impl Adam {
    /// The paper's decay rates and $\varepsilon$: $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\varepsilon = 10^{-8}$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `rate` is not positive and finite.
    pub fn new(rate: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        let empty = Array1::default(0);
        Ok(Self {
            rate,
            decays: (0.9, 0.999),
            epsilon: EPSILON,
            steps: 0,
            mean: empty.clone(),
            mean_square: empty,
        })
    }

    /// Other decay rates, $\beta_1$ of the mean and $\beta_2$ of the mean square.
    ///
    /// # Errors
    /// [`Error::Parameter`] when one is not in $[0, 1)$.
    pub fn with_decays(self, mean: f64, mean_square: f64) -> Result<Self, Error> {
        require_decay("mean", mean)?;
        require_decay("mean_square", mean_square)?;
        Ok(Self { decays: (mean, mean_square), ..self })
    }

    /// Another $\varepsilon$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `epsilon` is not positive and finite.
    pub fn with_epsilon(self, epsilon: f64) -> Result<Self, Error> {
        require_epsilon(epsilon)?;
        Ok(Self { epsilon, ..self })
    }

    /// The estimates $\hat m_t$ and $\hat v_t$ of the gradient's first and second moments; empty before the first step.
    pub fn moments(&self) -> (Array1<f64>, Array1<f64>) {
        let (of_mean, of_mean_square) = self.corrections();
        (&self.mean / of_mean, &self.mean_square / of_mean_square)
    }

    /// $1 - \beta_1^t$ and $1 - \beta_2^t$: the weight that each running mean has given to gradients so far.
    fn corrections(&self) -> (f64, f64) {
        (1.0 - self.decays.0.powi(self.steps), 1.0 - self.decays.1.powi(self.steps))
    }
}

impl Optimizer for Adam {
    // ANCHOR: adam
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        prepare(&mut self.mean, theta, gradient);
        prepare(&mut self.mean_square, theta, gradient);
        // Past i32::MAX both corrections have long been 1.
        self.steps = self.steps.saturating_add(1);
        let ((beta1, beta2), (of_mean, of_mean_square)) = (self.decays, self.corrections());
        // The corrections are taken out of the loop, where each division costs more than all the
        // rest.
        let root = of_mean_square.sqrt();
        let (rate, epsilon) = (self.rate * root / of_mean, self.epsilon * root);
        Zip::from(theta).and(gradient).and(&mut self.mean).and(&mut self.mean_square).for_each(
            |theta, &g, m, v| {
                *m = beta1 * *m + (1.0 - beta1) * g;
                *v = beta2 * *v + (1.0 - beta2) * g * g;
                *theta -= rate * *m / (v.sqrt() + epsilon);
            },
        );
    }
    // ANCHOR_END: adam

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

/// AdamW: Adam with the decay of the weights beside the gradient and not in it,
/// $\theta_t = (1 - \eta\lambda)\,\theta_{t-1} - \eta\, \hat m_t / (\sqrt{\hat v_t} + \varepsilon)$.
///
/// ```
/// use downhill::optimizers::{Adam, AdamW, Optimizer};
/// use ndarray::array;
/// let mut theta = array![2.0];
/// AdamW::new(Adam::new(0.1)?, 0.5)?.step(&mut theta, &array![0.0]);
/// assert_eq!(theta, array![2.0 * (1.0 - 0.05)]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: I. Loshchilov, F. Hutter, *Decoupled weight decay regularization* (ICLR 2019).
#[derive(Clone, Debug, PartialEq)]
pub struct AdamW {
    adam: Adam,
    decay: f64,
}

impl AdamW {
    /// Shrinks the parameters by `decay`, $\lambda$, times the learning rate at each step of `adam`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `decay` is negative or not finite.
    pub fn new(adam: Adam, decay: f64) -> Result<Self, Error> {
        check::parameter(
            "decay",
            decay,
            "at least 0 and finite",
            decay >= 0.0 && decay.is_finite(),
        )?;
        Ok(Self { adam, decay })
    }
}

impl Optimizer for AdamW {
    // ANCHOR: adamw
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        *theta *= 1.0 - self.adam.rate * self.decay;
        self.adam.step(theta, gradient);
    }
    // ANCHOR_END: adamw

    fn set_rate(&mut self, rate: f64) {
        self.adam.rate = rate;
    }
}
