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

use std::f64::consts::SQRT_2;

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
    let tanh = (2.0 / t).tanh();
    let slant = 2.0 * tanh * tanh - 1.0;
    // K is π/2 over a mean of 1 and the square root of 1 - κ², which is |slant|.
    let (mean, rest) = gauss_mean(slant.abs());
    if slant > 0.0 {
        -(1.0 + slant / mean) / tanh
    } else if slant == 0.0 {
        // The critical temperature: K is infinite, but its product with 0 tends to 0.
        -1.0 / tanh
    } else if tanh == 0.0 {
        // Infinitely hot.
        0.0
    } else {
        // The bracket, (mean - |slant|) / mean, is small when it is hot, and the mean is
        // 1 - tanh² - rest.
        -(tanh - rest / tanh) / mean
    }
}
// ANCHOR_END: energy

/// The arithmetic–geometric mean $M$ of 1 and `b`, by which Gauss computed the complete elliptic integral
/// $K(\kappa) = \int_0^{\pi/2} (1 - \kappa^2 \sin^2 \varphi)^{-1/2} d\varphi = \pi / 2 M$, $b = \sqrt{1 - \kappa^2}$; and what it is below the arithmetic mean,
/// $\frac12 (1 + b) - M$, to full precision though it be small.
fn gauss_mean(b: f64) -> (f64, f64) {
    let (mut a, mut b, mut half_gap, mut rest) = (0.5 * (1.0 + b), b.sqrt(), 0.5 * (1.0 - b), 0.0);
    // The number of right digits doubles in each round.
    for _ in 0..20 {
        let mean = 0.5 * (a + b);
        // (a - b) / 2 of the new a and b, from that of the last: a difference would lose its digits.
        half_gap *= half_gap / (4.0 * mean);
        rest += half_gap;
        (a, b) = (mean, f64::sqrt(a * b));
    }
    (a, rest)
}
