//! The introduction: what does it mean to learn?
//!
//! | in the book | here |
//! |---|---|
//! | observations $\mathbf X$, a row each; labels $\mathbf y$ | `x`, `n × p`; `y`, `n`, or `labels` |
//! | $\sigma(z) = 1/(1 + e^{-z})$ | [`logistic`] |
//! | loss $C(\boldsymbol\alpha)$ of the logistic model, its gradient | [`log_loss`], [`log_loss_gradient`] |
//! | $p(y = 1 \mid \mathbf x)$, learned directly | [`Logistic`] |
//! | $p(\mathbf x \mid y)$, a normal law for each class | [`GaussianDiscriminant`] |
//! | centres $\mathbf m_k$, distortion $J$ | [`KMeans`] |
//! | a player's record, its regret | [`Tally`], [`play`] |
//! | wells of energy, one a memory | [`Wells`] |
//! | descent with noise | [`Metropolis`](crate::sampling::Metropolis) |
//!
//! Sources: A. Y. Ng, M. I. Jordan, *On discriminative vs. generative classifiers* (NIPS 14, 2002); S. P. Lloyd, IEEE
//! Transactions on Information Theory 28 (1982) 129; P. Auer, N. Cesa-Bianchi, P. Fischer, Machine Learning 47 (2002) 235.
//! Chapter: `chapters/1-descent/introduction.md`.

mod bandit;
mod clusters;
#[cfg(feature = "lapack")]
mod gaussian;
#[cfg(feature = "lapack")]
mod logistic;
mod wells;

pub use bandit::{Tally, epsilon_greedy, play, ucb1};
pub use clusters::KMeans;
#[cfg(feature = "lapack")]
pub use gaussian::{Covariance, GaussianDiscriminant};
#[cfg(feature = "lapack")]
pub use logistic::Logistic;
pub use wells::Wells;

use ndarray::{Array1, ArrayRef1, ArrayRef2, Zip};

/// The logistic function $\sigma(z) = 1 / (1 + e^{-z})$: log-odds to probability. It needs no care at the ends, where the
/// exponential is infinite or 0, and the quotient right.
///
/// ```
/// use downhill::introduction::logistic;
/// assert_eq!(logistic(0.0), 0.5);
/// assert_eq!((logistic(-1e4), logistic(1e4)), (0.0, 1.0));
/// ```
// ANCHOR: logistic
pub fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}
// ANCHOR_END: logistic

/// The mean surprise $-\frac1n \sum_i \ln p(y_i \mid \mathbf x_i)$ in nats, when $p(1 \mid \mathbf x) = \sigma(\mathbf x \cdot \alpha)$.
///
/// `x`, `n × p`; `y`, `n` labels 0 or 1; `alpha`, `p`.
///
/// ```
/// use ndarray::array;
/// let loss = downhill::introduction::log_loss(&array![[1.0], [-3.0]], &array![1.0, 0.0], &array![0.0]);
/// assert_eq!(loss, f64::ln(2.0));
/// ```
///
/// # Panics
/// When the shapes do not fit or `y` is empty.
// ANCHOR: log_loss
pub fn log_loss(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, alpha: &ArrayRef1<f64>) -> f64 {
    mean_surprise(&x.dot(alpha), y)
}

fn mean_surprise(log_odds: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> f64 {
    assert!(!y.is_empty(), "the mean of no surprises");
    // -ln σ(z) = ln(1 + e^(-z)), and the other label has the other sign.
    let surprise = |z: f64| (-z).max(0.0) + (-z.abs()).exp().ln_1p();
    let sum = Zip::from(log_odds).and(y).fold(0.0, |sum, z, y| sum + surprise((2.0 * y - 1.0) * z));
    sum / y.len() as f64
}
// ANCHOR_END: log_loss

/// The gradient of [`log_loss`], $\frac1n X^\top (\sigma(X\alpha) - y)$, `p` entries.
///
/// ```
/// use ndarray::array;
/// let slope = downhill::introduction::log_loss_gradient(&array![[1.0], [3.0]], &array![1.0, 0.0], &array![0.0]);
/// assert_eq!(slope, array![0.5]);
/// ```
///
/// # Panics
/// When the shapes do not fit or `y` is empty.
// ANCHOR: log_loss_gradient
pub fn log_loss_gradient(
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<f64>,
    alpha: &ArrayRef1<f64>,
) -> Array1<f64> {
    assert!(!y.is_empty(), "the mean of no surprises");
    assert_eq!(x.nrows(), y.len(), "y has not one entry for each row of x");
    let error = x.dot(alpha).mapv(logistic) - y;
    x.t().dot(&error) / y.len() as f64
}
// ANCHOR_END: log_loss_gradient

/// The place of the largest value, the first of equals.
fn argmax(values: impl IntoIterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (i, value) in values.into_iter().enumerate() {
        if value > best.1 {
            best = (i, value);
        }
    }
    best.0
}
