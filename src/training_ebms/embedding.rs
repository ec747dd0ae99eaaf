//! Contrast among points of a small space.

use ndarray::ArrayRef2;

use super::share;
use crate::{free_energy::log_sum_exp, universal_approximation::relu};

/// The loss of a pair of points at the `distance` $d \ge 0$ in the space of an embedding, and its derivative by $d$: $d^2$ for two of the `same` kind,
/// $\max(0, m - d)^2$, $m$ = `margin`, for two that differ.
///
/// Source: R. Hadsell, S. Chopra, Y. LeCun, *Dimensionality reduction by learning an invariant mapping* (CVPR 2006).
///
/// ```
/// use downhill::training_ebms::embedding_loss;
/// assert_eq!(embedding_loss(0.5, true, 1.0), (0.25, 1.0));
/// assert_eq!(embedding_loss(0.5, false, 1.0), (0.25, -1.0));
/// assert_eq!(embedding_loss(2.0, false, 1.0), (0.0, 0.0));
/// ```
// ANCHOR: embedding
pub fn embedding_loss(distance: f64, same: bool, margin: f64) -> (f64, f64) {
    let gap = if same { distance } else { relu(margin - distance) };
    (gap * gap, if same { 2.0 * gap } else { -2.0 * gap })
}
// ANCHOR_END: embedding

/// InfoNCE: `energies[i, j]` is $F(x_i, y_j)$, `n × n`, and $y_i$ is the partner of $x_i$. Writes the gradient by every energy and returns
/// $\frac1n \sum_i \big( F(x_i, y_i) + \log \sum_j e^{-F(x_i, y_j)} \big)$: the negative log-likelihood of the partner among the batch.
///
/// Source: A. van den Oord, Y. Li, O. Vinyals, *Representation learning with contrastive predictive coding* (2018).
///
/// ```
/// use downhill::training_ebms::info_nce;
/// use ndarray::{Array2, array};
/// let mut gradient = Array2::zeros((2, 2));
/// // All energies alike: a guess among two.
/// assert!((info_nce(&array![[1.0, 1.0], [1.0, 1.0]], &mut gradient) - 2f64.ln()).abs() < 1e-15);
/// assert!((&gradient - &array![[0.25, -0.25], [-0.25, 0.25]]).iter().all(|d| d.abs() < 1e-15));
/// ```
///
/// # Panics
/// When `energies` is empty or not square, or `gradient` not of its shape.
pub fn info_nce(energies: &ArrayRef2<f64>, gradient: &mut ArrayRef2<f64>) -> f64 {
    let n = energies.nrows();
    assert!(
        energies.ncols() == n && gradient.dim() == (n, n),
        "a square of energies, and one of slopes"
    );
    let share = share(energies);
    let mut loss = 0.0;
    // ANCHOR: info_nce
    for (i, (row, mut slopes)) in energies.rows().into_iter().zip(gradient.rows_mut()).enumerate() {
        let log_partition = log_sum_exp(&row.map(|f| -f));
        slopes.assign(&row.map(|f| -share * (-f - log_partition).exp()));
        slopes[i] += share;
        loss += share * (row[i] + log_partition);
    }
    // ANCHOR_END: info_nce
    loss
}
