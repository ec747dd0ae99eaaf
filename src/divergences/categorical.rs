//! Probabilities of finitely many outcomes.

use ndarray::{Array1, ArrayRef1, Zip};

use super::Divergence;
use crate::{Error, check, free_energy::log_sum_exp};

/// A distribution over $k$ outcomes, or a density on a grid of $k$ cells. It is kept as logarithms, so that it can be compared where its
/// probabilities are too small for a number.
///
/// ```
/// use downhill::divergences::Categorical;
/// use ndarray::array;
/// let p = Categorical::new(&array![0.9, 0.1])?;
/// let q = Categorical::new(&array![0.5, 0.5])?;
/// assert!((q.entropy() - 2f64.ln()).abs() < 1e-15);
/// assert!((p.kl(&q) - (p.cross_entropy(&q) - p.entropy())).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Categorical {
    log_probabilities: Array1<f64>,
}

impl Categorical {
    /// The distribution proportional to `weights`, `k`: probabilities, counts, or the values of a density on a grid.
    ///
    /// # Errors
    /// [`Error::Empty`] without weights, [`Error::Domain`] at a weight that is negative or not finite, or when all are zero.
    pub fn new(weights: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("weights", weights)?;
        check::every("weights", weights, "finite and not negative", |w| w >= 0.0 && w.is_finite())?;
        if weights.iter().all(|&w| w == 0.0) {
            let must = "positive for one outcome at least";
            return Err(Error::Domain { what: "weights", index: "0".into(), value: 0.0, must });
        }
        Self::from_log_weights(&weights.ln())
    }

    /// The distribution proportional to $e^{v_i}$, `v` = `log_weights`, `k`: with $v = -\beta E$, the Gibbs distribution. An entry of $-\infty$ is an
    /// outcome that cannot be.
    ///
    /// ```
    /// use downhill::divergences::Categorical;
    /// use ndarray::array;
    /// // e^-5000 is no number, yet the divergence is one.
    /// let p = Categorical::from_log_weights(&array![0.0, -5000.0])?;
    /// let q = Categorical::from_log_weights(&array![-5000.0, 0.0])?;
    /// assert_eq!(p.kl(&q), 5000.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Empty`] without weights, [`Error::Domain`] at an entry that is NaN or $+\infty$, or when all are $-\infty$.
    pub fn from_log_weights(log_weights: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("log_weights", log_weights)?;
        check::every("log_weights", log_weights, "a number below ∞", |v| v < f64::INFINITY)?;
        let log_sum = log_sum_exp(log_weights);
        if log_sum == f64::NEG_INFINITY {
            let must = "finite for one outcome at least";
            return Err(Error::Domain {
                what: "log_weights",
                index: "0".into(),
                value: log_sum,
                must,
            });
        }
        Ok(Self { log_probabilities: log_weights - log_sum })
    }

    /// $p$, `k` entries that sum to 1.
    pub fn probabilities(&self) -> Array1<f64> {
        self.log_probabilities.exp()
    }

    /// $\log p$, `k` entries.
    pub fn log_probabilities(&self) -> &Array1<f64> {
        &self.log_probabilities
    }

    /// The mixture of this distribution and `other` in equal parts, $\frac12(p + q)$.
    ///
    /// ```
    /// use downhill::divergences::Categorical;
    /// use ndarray::array;
    /// let p = Categorical::new(&array![1.0, 0.0])?;
    /// let q = Categorical::new(&array![0.0, 1.0])?;
    /// assert!((p.halfway(&q).probabilities() - 0.5).iter().all(|d| d.abs() < 1e-15));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the two have not equally many outcomes.
    pub fn halfway(&self, other: &Self) -> Self {
        self.same_outcomes(other);
        let mut log_probabilities = self.log_probabilities.clone();
        log_probabilities.zip_mut_with(&other.log_probabilities, |p, &q| {
            let (low, high) = (p.min(q), p.max(q));
            if high > f64::NEG_INFINITY {
                *p = high + (low - high).exp().ln_1p() - std::f64::consts::LN_2;
            }
        });
        Self { log_probabilities }
    }

    /// The entropy $H(p) = -\sum_i p_i \log p_i$ in nats, with $0 \log 0 = 0$.
    ///
    /// ```
    /// use downhill::divergences::Categorical;
    /// use ndarray::array;
    /// assert_eq!(Categorical::new(&array![1.0, 0.0, 0.0])?.entropy(), 0.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn entropy(&self) -> f64 {
        self.cross_entropy(self)
    }

    /// The cross-entropy $H(p, q) = -\sum_i p_i \log q_i$ in nats: the mean surprise of one who believes $q$ where $p$ is true. It is $+\infty$
    /// when something happens that $q$ holds impossible.
    ///
    /// # Panics
    /// When the two have not equally many outcomes.
    // ANCHOR: cross_entropy
    pub fn cross_entropy(&self, q: &Self) -> f64 {
        self.same_outcomes(q);
        let terms = self.log_probabilities.iter().zip(&q.log_probabilities);
        // What never happens surprises nobody.
        let surprises =
            terms.filter(|(log_p, _)| **log_p > f64::NEG_INFINITY).map(|(log_p, log_q)| {
                if *log_q == f64::NEG_INFINITY { f64::INFINITY } else { log_p.exp() * -log_q }
            });
        // From +0, which an empty sum is not: a certain outcome has the entropy 0 and not −0.
        surprises.fold(0.0, |sum, term| sum + term)
    }
    // ANCHOR_END: cross_entropy

    /// Kullback and Leibler's divergence $D_{\mathrm{KL}}(p \Vert q) = \sum_i p_i \log (p_i / q_i)$ in nats, $+\infty$ where $q_i = 0 < p_i$.
    ///
    /// # Panics
    /// When the two have not equally many outcomes.
    pub fn kl(&self, q: &Self) -> f64 {
        self.divergence(q, Divergence::KullbackLeibler)
    }

    /// Jensen and Shannon's divergence $\frac12 D_{\mathrm{KL}}(p \Vert m) + \frac12 D_{\mathrm{KL}}(q \Vert m)$, $m = \frac12(p + q)$, in nats: from 0 to $\log 2$.
    ///
    /// ```
    /// use downhill::divergences::Categorical;
    /// use ndarray::array;
    /// let p = Categorical::new(&array![1.0, 0.0])?;
    /// let q = Categorical::new(&array![0.0, 1.0])?;
    /// assert_eq!(p.js(&q), 2f64.ln());
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the two have not equally many outcomes.
    pub fn js(&self, q: &Self) -> f64 {
        self.divergence(q, Divergence::JensenShannon)
    }

    /// $D_f(p \Vert q) = \sum_i q_i\, f(p_i / q_i)$, with the limits $p_i \lim f(t)/t$ where $q_i = 0$. No term is negative, and nothing cancels between
    /// terms. Where $p_i$ and $q_i$ agree to eight digits, so do their logarithms, and of the difference, hence of the term, about eight are left.
    ///
    /// # Panics
    /// When the two have not equally many outcomes.
    // ANCHOR: divergence
    pub fn divergence(&self, q: &Self, f: Divergence) -> f64 {
        self.same_outcomes(q);
        let reversed = f.reversed();
        Zip::from(&self.log_probabilities).and(&q.log_probabilities).fold(
            0.0,
            |sum, &log_p, &log_q| {
                // The larger of the two in front, so that the ratio never overflows.
                let (log_larger, f_of_ratio) = if log_p <= log_q {
                    (log_q, f.of_log_ratio(log_p - log_q))
                } else {
                    (log_p, reversed.of_log_ratio(log_q - log_p))
                };
                match log_larger {
                    f64::NEG_INFINITY => sum,
                    _ if f_of_ratio == f64::INFINITY => f64::INFINITY,
                    _ => sum + log_larger.exp() * f_of_ratio,
                }
            },
        )
    }
    // ANCHOR_END: divergence

    /// $\E_p\[g\] - \E_q[f^*(g)]$ for the `critic` $g$, `k` numbers: never above $D_f(p \Vert q)$, and equal to it at $g = f'(p/q)$.
    ///
    /// ```
    /// use downhill::divergences::{Categorical, Divergence::KullbackLeibler};
    /// use ndarray::array;
    /// let p = Categorical::new(&array![0.9, 0.1])?;
    /// let q = Categorical::new(&array![0.5, 0.5])?;
    /// let best = p.log_probabilities() - q.log_probabilities();
    /// assert!((p.variational_bound(&q, KullbackLeibler, &best) - p.kl(&q)).abs() < 1e-15);
    /// assert!(p.variational_bound(&q, KullbackLeibler, &array![0.3, -0.3]) < p.kl(&q));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the three have not the same length.
    // ANCHOR: variational_bound
    pub fn variational_bound(&self, q: &Self, f: Divergence, critic: &ArrayRef1<f64>) -> f64 {
        self.mean(critic) - q.mean(&critic.mapv(|g| f.conjugate(g)))
    }
    // ANCHOR_END: variational_bound

    /// $\E_p\[g\] = \sum_i p_i g_i$ over the outcomes that can be.
    ///
    /// ```
    /// use downhill::divergences::Categorical;
    /// use ndarray::array;
    /// let p = Categorical::new(&array![3.0, 1.0, 0.0])?;
    /// assert!((p.mean(&array![1.0, 5.0, f64::INFINITY]) - 2.0).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `g` has not an entry for each outcome.
    pub fn mean(&self, g: &ArrayRef1<f64>) -> f64 {
        let k = self.log_probabilities.len();
        assert_eq!(g.len(), k, "{} values of {k} outcomes", g.len());
        let terms = self.log_probabilities.iter().zip(g).map(|(log_p, g)| (log_p.exp(), g));
        terms.filter(|&(p, _)| p > 0.0).map(|(p, g)| p * g).sum()
    }

    fn same_outcomes(&self, other: &Self) {
        let (p, q) = (self.log_probabilities.len(), other.log_probabilities.len());
        assert_eq!(p, q, "a distribution over {p} outcomes, and one over {q}");
    }
}
