//! Learning to tell data from noise.

use ndarray::{ArrayRef1, ArrayRef2, s};

use super::share;
use crate::{backprop::softplus, energy::Learnable, introduction::logistic};

/// The loss of noise-contrastive estimation, and its gradient by $\theta$ and, last, by `constant` $c$, which stands for $\log Z$: a machine of $p$
/// parameters has a `gradient` of $p + 1$.
///
/// A sample comes from the data or from the noise, of which there are $\nu$ times as many. The log-odds of data are
/// $G(x) = -E(x) - c - \log q(x) - \log \nu$, and the loss is the logistic one, $\frac1N \big( \sum_{\text{data}} \log(1 + e^{-G}) + \sum_{\text{noise}} \log(1 + e^G) \big)$.
/// `log_noise` is $\log q$. Allocates nothing.
///
/// Source: M. Gutmann, A. Hyvärinen, JMLR 13 (2012) 307.
///
/// ```
/// use downhill::training_ebms::{Table, noise_contrastive};
/// use ndarray::{Array1, array};
/// let table = Table::new(array![0.0, 0.0])?;
/// let mut gradient = Array1::zeros(3);
/// let coin = |_: &ndarray::ArrayRef1<f64>| 0.5f64.ln();
/// let samples = array![[0.0], [1.0]];
/// // A model that is the noise cannot tell them apart.
/// let loss = noise_contrastive(&table, 2f64.ln(), &samples, &samples, coin, &mut gradient);
/// assert!((loss - 2.0 * 2f64.ln()).abs() < 1e-15);
/// assert!(gradient.iter().all(|g| g.abs() < 1e-15));
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Panics
/// When `gradient` has not one entry more than the machine has parameters, states and energy differ in length, or there are no data or no noise.
pub fn noise_contrastive(
    energy: &impl Learnable,
    constant: f64,
    data: &ArrayRef2<f64>,
    noise: &ArrayRef2<f64>,
    log_noise: impl Fn(&ArrayRef1<f64>) -> f64,
    gradient: &mut ArrayRef1<f64>,
) -> f64 {
    let parameters = energy.parameters().len();
    assert_eq!(
        gradient.len(),
        parameters + 1,
        "an entry for each parameter, and one for the constant"
    );
    gradient.fill(0.0);
    let share = share(data);
    assert!(noise.nrows() > 0, "data without noise to be told from");
    let log_nu = (noise.nrows() as f64 * share).ln();
    let mut loss = 0.0;
    // ANCHOR: nce
    for (samples, sign) in [(data, -1.0), (noise, 1.0)] {
        for x in samples.rows() {
            let log_odds = -energy.energy(&x) - constant - log_noise(&x) - log_nu;
            loss += share * softplus(sign * log_odds);
            let slope = share * sign * logistic(sign * log_odds);
            // Noise where no data can be has no slope to ask for.
            if slope != 0.0 {
                let gradient = &mut gradient.slice_mut(s![..parameters]);
                energy.add_parameter_gradient(&x, -slope, gradient);
            }
            gradient[parameters] -= slope;
        }
    }
    // ANCHOR_END: nce
    loss
}
