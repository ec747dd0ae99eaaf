//! The generators of the f-divergences.

use std::f64::consts::LN_2;

/// A divergence $D_f(p \Vert q) = \sum_i q_i\, f(p_i / q_i)$, named by its generator $f$: convex, with $f(1) = 0$. A
/// multiple of $t - 1$ added to $f$ changes no divergence; here it is chosen so that 1 is the minimum of $f$.
///
/// ```
/// use downhill::divergences::{Categorical, Divergence};
/// use ndarray::array;
/// let p = Categorical::new(&array![0.9, 0.1])?;
/// let q = Categorical::new(&array![0.5, 0.5])?;
/// assert!((p.divergence(&q, Divergence::TotalVariation) - 0.4).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: I. Csiszár, *Studia Scientiarum Mathematicarum Hungarica* 2 (1967) 299.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// Kullback and Leibler's, $\sum_i p_i \log (p_i/q_i)$.
    KullbackLeibler,
    /// The same with the arguments exchanged.
    ReverseKullbackLeibler,
    /// Jensen and Shannon's: how far both are, on average, from their mean; at most $\log 2$.
    JensenShannon,
    /// Half the sum of $\lvert p_i - q_i \rvert$, at most 1.
    TotalVariation,
    /// The square of Hellinger's distance, $\frac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2$, at most 1.
    SquaredHellinger,
    /// Pearson's $\chi^2$, $\sum_i (p_i - q_i)^2 / q_i$.
    Pearson,
    /// Neyman's $\chi^2$, $\sum_i (p_i - q_i)^2 / p_i$.
    Neyman,
}

impl Divergence {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::KullbackLeibler,
        Self::ReverseKullbackLeibler,
        Self::JensenShannon,
        Self::TotalVariation,
        Self::SquaredHellinger,
        Self::Pearson,
        Self::Neyman,
    ];

    /// $f(t)$ for $t \ge 0$; NaN below.
    ///
    /// ```
    /// use downhill::divergences::Divergence;
    /// assert_eq!(Divergence::KullbackLeibler.generator(1.0), 0.0);
    /// assert_eq!(Divergence::KullbackLeibler.generator(0.0), 1.0);
    /// assert_eq!(Divergence::Pearson.generator(3.0), 4.0);
    /// ```
    pub fn generator(self, t: f64) -> f64 {
        if t > 1.0 { t * self.reversed().of_log_ratio(-t.ln()) } else { self.of_log_ratio(t.ln()) }
    }

    /// $f'(t)$ for $t \ge 0$, the best critic where $p / q = t$. At its corner the total variation has 0, the middle of its slopes.
    ///
    /// ```
    /// use downhill::divergences::Divergence;
    /// assert_eq!(Divergence::KullbackLeibler.slope(1.0), 0.0);
    /// ```
    pub fn slope(self, t: f64) -> f64 {
        match self {
            Self::KullbackLeibler => t.ln(),
            Self::ReverseKullbackLeibler => 1.0 - 1.0 / t,
            Self::JensenShannon => 0.5 * (LN_2 - (1.0 / t).ln_1p()),
            Self::TotalVariation => 0.5 * f64::from(t > 1.0) - 0.5 * f64::from(t < 1.0),
            Self::SquaredHellinger => 0.5 * (1.0 - t.sqrt().recip()),
            Self::Pearson => 2.0 * (t - 1.0),
            Self::Neyman => 1.0 - t.powi(-2),
        }
    }

    /// $f^*(u) = \sup_{t \ge 0} (ut - f(t))$, $+\infty$ where $f$ grows more slowly than $ut$.
    ///
    /// ```
    /// use downhill::divergences::Divergence;
    /// assert_eq!(Divergence::KullbackLeibler.conjugate(0.0), 0.0);
    /// assert_eq!(Divergence::TotalVariation.conjugate(0.6), f64::INFINITY);
    /// ```
    // ANCHOR: conjugate
    pub fn conjugate(self, u: f64) -> f64 {
        match self {
            Self::KullbackLeibler => u.exp_m1(),
            Self::ReverseKullbackLeibler if u < 1.0 => -(-u).ln_1p(),
            Self::JensenShannon if u < 0.5 * LN_2 => -0.5 * (-(2.0 * u).exp_m1()).ln_1p(),
            Self::TotalVariation if u <= 0.5 => u.max(-0.5),
            Self::SquaredHellinger if u < 0.5 => u / (1.0 - 2.0 * u),
            Self::Pearson if u < -2.0 => -1.0,
            Self::Pearson if u >= -2.0 => u + 0.25 * u * u,
            Self::Neyman if u <= 1.0 => 2.0 - 2.0 * (1.0 - u).sqrt(),
            _ if u.is_nan() => u,
            _ => f64::INFINITY,
        }
    }
    // ANCHOR_END: conjugate

    /// The divergence with its arguments exchanged; its generator is $t f(1/t)$.
    ///
    /// ```
    /// use downhill::divergences::Divergence;
    /// assert_eq!(Divergence::Pearson.reversed(), Divergence::Neyman);
    /// assert_eq!(Divergence::JensenShannon.reversed(), Divergence::JensenShannon);
    /// ```
    pub fn reversed(self) -> Self {
        match self {
            Self::KullbackLeibler => Self::ReverseKullbackLeibler,
            Self::ReverseKullbackLeibler => Self::KullbackLeibler,
            Self::Pearson => Self::Neyman,
            Self::Neyman => Self::Pearson,
            symmetric => symmetric,
        }
    }

    /// $f(e^r)$ for $r \le 0$, to the accuracy of $r$ although near $r = 0$ most of the family vanish as $r^2$.
    // ANCHOR: generator
    pub(super) fn of_log_ratio(self, r: f64) -> f64 {
        // 0 · log 0 is 0.
        let t_log_t = if r == f64::NEG_INFINITY { 0.0 } else { r.exp() * r };
        // t − 1, exactly even when t is nearly 1.
        let excess = r.exp_m1();
        let f = match self {
            // t times what 1/t - 1 is above its own logarithm.
            Self::KullbackLeibler if r > -0.5 => r.exp() * above_tangent(-r),
            Self::KullbackLeibler => t_log_t - excess,
            Self::ReverseKullbackLeibler => above_tangent(r),
            Self::JensenShannon if r > -0.5 => {
                // The same function, with e^(r/2) in front: then only halves of it cancel.
                let (sinh, cosh) = ((0.5 * r).sinh(), (0.5 * r).cosh());
                (0.5 * r).exp() * 0.5 * (r * sinh - cosh * (sinh * sinh).ln_1p())
            }
            Self::JensenShannon => 0.5 * (t_log_t - (2.0 + excess) * (0.5 * excess).ln_1p()),
            Self::TotalVariation => 0.5 * excess.abs(),
            Self::SquaredHellinger => 0.5 * (0.5 * r).exp_m1().powi(2),
            Self::Pearson => excess * excess,
            Self::Neyman => -excess * (-r).exp_m1(),
        };
        // Below zero only by rounding; `clamp` keeps NaN.
        f.clamp(0.0, f64::INFINITY)
    }
    // ANCHOR_END: generator
}

/// $e^x - 1 - x$, near 0 by its series: a difference would lose its digits.
fn above_tangent(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return x.exp_m1() - x;
    }
    // x²/2 (1 + x/3 (1 + x/4 (1 + …))).
    0.5 * x * x * (3..20).rev().fold(1.0, |sum, k| 1.0 + x / f64::from(k) * sum)
}
