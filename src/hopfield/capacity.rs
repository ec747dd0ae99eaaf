//! How many random patterns `n` units hold. There are several answers, since there are several questions.
//!
//! Sources: R. J. McEliece, E. C. Posner, E. R. Rodemich, S. S. Venkatesh, IEEE Trans. Inf. Theory 33 (1987)
//! 461, for the first three; D. J. Amit, H. Gutfreund, H. Sompolinsky, Phys. Rev. Lett. 55 (1985) 1530, for [`retrieval_limit`].

use std::f64::consts::PI;

/// The probability that one bit of a stored pattern is unstable at `load` $= P/n$:
/// $Q(1/\sqrt{\alpha})$, where $Q$ is the upper tail of the standard normal.
///
/// ```
/// use downhill::hopfield::capacity::wrong_bit;
/// assert!((wrong_bit(1.0) - 0.158_655).abs() < 1e-6); // one standard deviation
/// ```
// ANCHOR: wrong_bit
pub fn wrong_bit(load: f64) -> f64 {
    0.5 * libm::erfc((0.5 / load).sqrt())
}
// ANCHOR_END: wrong_bit

/// Up to about this many patterns a given one is exactly stable: $n / (2 \ln n)$, for `units` $n > 1$.
///
/// ```
/// use downhill::hopfield::capacity::most_exact;
/// assert_eq!(most_exact(1000.0).round(), 72.0);
/// ```
pub fn most_exact(units: f64) -> f64 {
    units / (2.0 * units.ln())
}

/// Up to about this many patterns all of them are exactly stable at once: $n / (4 \ln n)$, for `units` $n > 1$.
///
/// ```
/// use downhill::hopfield::capacity::all_exact;
/// assert_eq!(all_exact(1000.0).round(), 36.0);
/// ```
pub fn all_exact(units: f64) -> f64 {
    units / (4.0 * units.ln())
}

/// The load $\alpha(y) = \frac12\bigl(\operatorname{erf}(y)/y - \frac{2}{\sqrt\pi} e^{-y^2}\bigr)^2$ at which
/// a valley with signal-to-noise ratio `y` > 0 (and overlap $\operatorname{erf} y$) exists.
///
/// ```
/// use downhill::hopfield::capacity::load;
/// assert!(load(1.5) > load(1.2) && load(1.5) > load(1.9)); // it has a maximum between
/// ```
// ANCHOR: load
pub fn load(y: f64) -> f64 {
    if y.abs() > 1.0 {
        return 0.5 * (libm::erf(y) / y - 2.0 / PI.sqrt() * (-y * y).exp()).powi(2);
    }
    // The error function's own series, erf y = 2/√π e^(-y²) (y + 2y³/3 + 4y⁵/15 + …), without its
    // first term: near 0 the difference would lose its digits.
    let (mut term, mut sum) = (1.0, 0.0);
    for k in 1..30 {
        term *= 2.0 * y * y / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 * (2.0 / PI.sqrt() * (-y * y).exp() * sum).powi(2)
}
// ANCHOR_END: load

/// The largest load at which memories are still valleys, and the overlap of those valleys with the memories.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetrievalLimit {
    /// The signal-to-noise ratio $y_c$ of those valleys.
    pub ratio: f64,
    /// The load $\alpha_c = \max_y \alpha(y)$, patterns per unit.
    pub load: f64,
    /// The overlap $\operatorname{erf}(y_c)$ there.
    pub overlap: f64,
}

/// Maximises [`load`] over the signal-to-noise ratio, by golden-section search.
///
/// ```
/// use downhill::hopfield::capacity::retrieval_limit;
/// assert!((retrieval_limit().load - 0.138).abs() < 5e-4);
/// ```
pub fn retrieval_limit() -> RetrievalLimit {
    // Below the maximum α rises from 0, above it α falls as 1/2y²; the bracket holds the one maximum.
    let (mut low, mut high) = (0.5, 4.0);
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    // The maximum is flat: beyond a width of 1e-9 its values differ by rounding alone.
    while high - low > 1e-9 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if load(left) < load(right) { low = left } else { high = right }
    }
    let y = 0.5 * (low + high);
    RetrievalLimit { ratio: y, load: load(y), overlap: libm::erf(y) }
}
