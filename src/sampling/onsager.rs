//! The Ising model on an infinite square lattice, $J = 1$ and no field: what Onsager found.
//!
//! ```
//! use downhill::sampling::onsager;
//! let tc = onsager::critical_temperature();
//! assert!((tc - 2.269185314213022).abs() < 1e-15);
//! assert_eq!(onsager::magnetisation(1.1 * tc), 0.0);
//! assert!(onsager::energy(0.1) + 2.0 < 1e-12);
//! ```
//!
//! Source: L. Onsager, Physical Review 65 (1944) 117; C. N. Yang, Physical Review 85 (1952) 808.

use std::f64::consts::{PI, SQRT_2};

/// $T_c = 2 / \ln(1 + \sqrt 2)$, below which the spins agree on a direction.
pub fn critical_temperature() -> f64 {
    2.0 / SQRT_2.ln_1p()
}

/// The size of the mean spin at the temperature `t`, not negative: $\bigl(1 - \sinh^{-4}(2/T)\bigr)^{1/8}$ below $T_c$, 0 above.
// ANCHOR: magnetisation
pub fn magnetisation(t: f64) -> f64 {
    if t >= critical_temperature() { 0.0 } else { (1.0 - (2.0 / t).sinh().powi(-4)).powf(0.125) }
}
// ANCHOR_END: magnetisation

/// The mean energy a spin at the temperature `t`, not negative,
/// $-\coth \frac2T \bigl[ 1 + \frac2\pi (2 \tanh^2 \frac2T - 1) K(\kappa) \bigr]$ with $\kappa = 2 \sinh \frac2T / \cosh^2 \frac2T$.
// ANCHOR: energy
pub fn energy(t: f64) -> f64 {
    let (tanh, cosh) = ((2.0 / t).tanh(), (2.0 / t).cosh());
    let slant = 2.0 * tanh * tanh - 1.0;
    // At the critical temperature slant is 0 and K infinite; the product tends to 0. 1 - κ² is
    // slant².
    let correction = if slant == 0.0 { 0.0 } else { slant * elliptic_k(slant.abs()) };
    if cosh.is_infinite() { -2.0 } else { -(1.0 + 2.0 / PI * correction) / tanh }
}
// ANCHOR_END: energy

/// The complete elliptic integral $K(\kappa) = \int_0^{\pi/2} (1 - \kappa^2 \sin^2 \varphi)^{-1/2} d\varphi$, from $\kappa' = \sqrt{1 - \kappa^2}$, as Gauss computed it:
/// $\pi / 2$ over the arithmetic–geometric mean of 1 and $\kappa'$.
fn elliptic_k(complement: f64) -> f64 {
    let (mut a, mut b) = (1.0, complement);
    // The number of right digits doubles in each round.
    for _ in 0..20 {
        (a, b) = (0.5 * (a + b), f64::sqrt(a * b));
    }
    0.5 * PI / a
}
