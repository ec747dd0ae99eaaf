//! How wrong an output is, and how the answer changes with the output.

use ndarray::{Array2, ArrayRef1, ArrayRef2, Zip};

use super::{
    Mlp,
    activation::{below, largest},
};
use crate::{Error, check, free_energy::log_sum_exp_below, introduction::logistic};

/// The cost of a batch: the mean over its rows of the cost of one sample.
///
/// The two cross-entropies take the *logits*, the numbers before the sigmoid or the softmax, so that the logarithm and the exponential
/// can cancel on paper and not in floating point. A network that is trained with one of them ends in
/// [`Activation::Identity`](super::Activation::Identity).
///
/// A logit may be infinite, as that of a class which is masked is: what is certain and right costs 0, what is certain and wrong $+\infty$.
///
/// ```
/// use downhill::backprop::Loss;
/// use ndarray::array;
/// assert_eq!(Loss::SquaredError.value(&array![[1.0, 2.0]], &array![[1.0, 4.0]]), 2.0);
/// // Certain and wrong: the cost is the distance of the logits, not infinity.
/// assert_eq!(Loss::SoftmaxCrossEntropy.value(&array![[2e4, 0.0]], &array![[0.0, 1.0]]), 2e4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// $\frac12 \sum_j (a_j - y_j)^2$.
    SquaredError,
    /// $-\sum_j \bigl[y_j \ln \sigma(z_j) + (1 - y_j) \ln(1 - \sigma(z_j))\bigr]$ for labels $y_j \in [0, 1]$.
    LogisticCrossEntropy,
    /// $-\sum_j y_j \ln p_j$ with $\mathbf p$ the softmax of $\mathbf z$, for rows $\mathbf y$ of probabilities.
    SoftmaxCrossEntropy,
}

impl Loss {
    /// The cost of `output` where `target` is wanted.
    ///
    /// # Panics
    /// When the shapes differ or there is no row.
    pub fn value(&self, output: &ArrayRef2<f64>, target: &ArrayRef2<f64>) -> f64 {
        self.value_and_gradient(output, target, &mut Array2::zeros(output.dim()))
    }

    /// The cost, with its derivatives by the entries of `output` written to `gradient`.
    ///
    /// ```
    /// use downhill::backprop::Loss;
    /// use ndarray::{Array2, array};
    /// let mut gradient = Array2::zeros((1, 2));
    /// Loss::SoftmaxCrossEntropy.value_and_gradient(&array![[0.0, 0.0]], &array![[1.0, 0.0]], &mut gradient);
    /// assert_eq!(gradient, array![[-0.5, 0.5]]); // p − y
    /// ```
    ///
    /// # Panics
    /// When the shapes differ or there is no row.
    // ANCHOR: losses
    pub fn value_and_gradient(
        &self,
        output: &ArrayRef2<f64>,
        target: &ArrayRef2<f64>,
        gradient: &mut ArrayRef2<f64>,
    ) -> f64 {
        assert_eq!(output.dim(), target.dim(), "the shapes of output and target");
        assert_eq!(output.dim(), gradient.dim(), "the shapes of output and gradient");
        assert!(!output.is_empty(), "the mean of no costs");
        let share = 1.0 / output.nrows() as f64;
        let mut total = 0.0;
        match self {
            Self::SquaredError => {
                Zip::from(gradient).and(output).and(target).for_each(|g, a, y| {
                    total += 0.5 * (a - y).powi(2);
                    *g = share * (a - y);
                })
            }
            Self::LogisticCrossEntropy => {
                Zip::from(gradient).and(output).and(target).for_each(|g, &z, &y| {
                    // softplus(z) − yz = softplus(−|z|) + |z| times what y denies to the side
                    // that z takes, which costs nothing when it is 0, though z be infinite.
                    let denied = if z > 0.0 { 1.0 - y } else { y };
                    total += (-z.abs()).exp().ln_1p();
                    total += if denied == 0.0 { 0.0 } else { denied * z.abs() };
                    *g = share * (logistic(z) - y);
                })
            }
            Self::SoftmaxCrossEntropy => {
                for ((z, y), mut g) in
                    output.rows().into_iter().zip(target.rows()).zip(gradient.rows_mut())
                {
                    // The largest logit is taken off all of them: it cancels, since y sums to 1.
                    let largest = largest(&z);
                    let sum: f64 = z.iter().map(|&z| below(z, largest).exp()).sum();
                    total += log_sum_exp_below(0.0, z.iter().map(|&z| below(z, largest)));
                    // A class that is not wanted costs nothing, though its logit be −∞.
                    let wanted = z.iter().zip(y).filter(|&(_, &y)| y != 0.0);
                    total -= wanted.map(|(&z, y)| y * below(z, largest)).sum::<f64>();
                    Zip::from(&mut g)
                        .and(&z)
                        .and(&y)
                        .for_each(|g, &z, y| *g = share * (below(z, largest).exp() / sum - y));
                }
            }
        }
        share * total
    }
    // ANCHOR_END: losses

    /// Whether `target` is something that this loss can ask for.
    pub(super) fn check_target(&self, target: &ArrayRef2<f64>) -> Result<(), Error> {
        match self {
            Self::SquaredError => check::finite("y", target),
            Self::LogisticCrossEntropy => {
                check::every("y", target, "a probability, from 0 to 1", |y| {
                    (0.0..=1.0).contains(&y)
                })
            }
            Self::SoftmaxCrossEntropy => {
                check::every("y", target, "a probability, from 0 to 1", |y| {
                    (0.0..=1.0).contains(&y)
                })?;
                let total = target.sum_axis(ndarray::Axis(1));
                check::every("sum of a row of y", &total, "1", |sum| (sum - 1.0).abs() < 1e-9)
            }
        }
    }
}

/// What large weights cost besides: $\lambda_1 \sum |w| + \frac{\lambda_2}2 \sum w^2$ over the weights, not the biases.
///
/// ```
/// use downhill::backprop::Penalty;
/// let none = Penalty::default();
/// assert_eq!((none.l1, none.l2), (0.0, 0.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penalty {
    /// $\lambda_1$, not negative.
    pub l1: f64,
    /// $\lambda_2$, not negative.
    pub l2: f64,
}

impl Penalty {
    /// The penalty on the weights of `network`; its derivatives are added to `gradient`, one entry a parameter. A weight of 0 has
    /// the derivative 0.
    ///
    /// # Panics
    /// When `gradient` has not one entry for each parameter of `network`.
    pub fn value_and_add_gradient(&self, network: &Mlp, gradient: &mut ArrayRef1<f64>) -> f64 {
        assert_eq!(gradient.len(), network.parameters().len(), "one entry for each parameter");
        if *self == Self::default() {
            return 0.0;
        }
        let mut total = 0.0;
        for range in network.weight_ranges() {
            for i in range {
                let w = network.parameters()[i];
                total += self.l1 * w.abs() + 0.5 * self.l2 * w * w;
                gradient[i] += self.l2 * w + if w == 0.0 { 0.0 } else { self.l1 * w.signum() };
            }
        }
        total
    }
}
