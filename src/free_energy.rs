//! Free energy: what is the energy of a state that is only half seen?
//!
//! | in the book | here |
//! |---|---|
//! | $\log \sum_i e^{v_i}$ | [`log_sum_exp`] |
//!
//! Chapter: `chapters/2-energy/free-energy.md`.

use ndarray::ArrayRef1;

/// $\log \sum_i e^{v_i}$, without overflow: the largest entry is taken out first.
///
/// Of no entries, or of entries that are all $-\infty$, it is $-\infty$, the logarithm of nothing. NaN gives NaN.
///
/// ```
/// use downhill::free_energy::log_sum_exp;
/// use ndarray::array;
/// assert_eq!(log_sum_exp(&array![1000.0, 1000.0]), 1000.0 + 2f64.ln());
/// assert_eq!(log_sum_exp(&array![f64::NEG_INFINITY, 3.0]), 3.0);
/// ```
// ANCHOR: log_sum_exp
pub fn log_sum_exp(v: &ArrayRef1<f64>) -> f64 {
    let largest = v.fold(f64::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a });
    if largest.is_infinite() {
        return largest;
    }
    largest + v.fold(0.0, |sum, x| sum + (x - largest).exp()).ln()
}
// ANCHOR_END: log_sum_exp
