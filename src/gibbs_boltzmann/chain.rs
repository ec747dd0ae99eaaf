//! The endless Ising chain, $E(s) = -J \sum_i s_i s_{i+1} - B \sum_i s_i$, in closed form.

use ndarray::array;

use crate::free_energy::log_sum_exp;

/// $\log \lambda_+$, the logarithm of the transfer matrix's larger eigenvalue
/// $\lambda_+ = e^{\beta J} \cosh \beta B + \sqrt{e^{2 \beta J} \sinh^2 \beta B + e^{-2 \beta J}}$: what each spin adds to $\log Z$.
///
/// ```
/// use downhill::gibbs_boltzmann::chain::log_partition_per_spin;
/// // No coupling: λ = 2 cosh βB. And no overflow at a thousandth of the temperature.
/// assert!((log_partition_per_spin(0.0, 0.5, 1.0) - (2.0 * 0.5f64.cosh()).ln()).abs() < 1e-15);
/// assert_eq!(log_partition_per_spin(1.0, 0.5, 1000.0), 1500.0);
/// ```
pub fn log_partition_per_spin(coupling: f64, field: f64, beta: f64) -> f64 {
    let (j, b) = (beta * coupling, (beta * field).abs());
    let even = (-2.0 * b).exp().ln_1p() - std::f64::consts::LN_2;
    let odd = (-(-2.0 * b).exp_m1()).ln() - std::f64::consts::LN_2;
    let root = 0.5 * log_sum_exp(&array![2.0 * (j + b + odd), -2.0 * j]);
    log_sum_exp(&array![j + b + even, root])
}

/// The mean of a spin, $m = \sinh \beta B / \sqrt{\sinh^2 \beta B + e^{-4 \beta J}}$.
///
/// ```
/// use downhill::gibbs_boltzmann::chain::magnetisation;
/// assert!((magnetisation(0.0, 0.5, 1.0) - 0.5f64.tanh()).abs() < 1e-15);
/// assert_eq!(magnetisation(1.0, 0.0, 1000.0), 0.0);
/// assert_eq!(magnetisation(1.0, -0.5, 1000.0), -1.0);
/// ```
// ANCHOR: magnetisation
pub fn magnetisation(coupling: f64, field: f64, beta: f64) -> f64 {
    let (j, b) = (beta * coupling, (beta * field).abs());
    // u / √(1 + u²) with u = e^(2βJ) sinh βB, whose two factors may overflow each its own way.
    let log_u = 2.0 * j + b + (-(-2.0 * b).exp_m1()).ln() - std::f64::consts::LN_2;
    log_u.exp().atan().sin().copysign(beta * field)
}
// ANCHOR_END: magnetisation

/// The correlation length $\xi = -1 / \log \tanh \beta |J|$ without a field, in sites: $|\langle s_0 s_r \rangle| = e^{-r / \xi}$.
///
/// ```
/// use downhill::gibbs_boltzmann::chain::correlation_length;
/// assert!(((-3.0 / correlation_length(1.0, 0.8)).exp() - 0.8f64.tanh().powi(3)).abs() < 1e-15);
/// // When it is cold it grows as e^(2βJ) / 2.
/// assert!((correlation_length(1.0, 100.0) / (0.5 * 200f64.exp()) - 1.0).abs() < 1e-12);
/// ```
// ANCHOR: correlation_length
pub fn correlation_length(coupling: f64, beta: f64) -> f64 {
    let x = -2.0 * (beta * coupling).abs();
    let q = x.exp();
    // tanh = (1 − q) / (1 + q), whose logarithm must not round to 0, nor 1 − q where q is nearly 1.
    1.0 / (q.ln_1p() - if q < 0.5 { (-q).ln_1p() } else { (-x.exp_m1()).ln() })
}
// ANCHOR_END: correlation_length
