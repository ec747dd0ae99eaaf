//! Independent draws, from uniform random numbers.

use std::f64::consts::TAU;

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};

use crate::{Error, check, free_energy::log_sum_exp};

/// Two independent standard normal numbers from two independent uniform ones, $u_1 \in (0, 1]$ and $u_2 \in [0, 1)$:
/// $z = \sqrt{-2 \ln u_1}\, (\cos 2\pi u_2, \sin 2\pi u_2)$.
///
/// Source: G. E. P. Box, M. E. Muller, Annals of Mathematical Statistics 29 (1958) 610.
///
/// ```
/// use downhill::sampling::box_muller;
/// let (z1, z2) = box_muller((-0.5_f64).exp(), 0.125);
/// // The radius is 1, the angle an eighth of a turn.
/// assert!((z1 - 0.5_f64.sqrt()).abs() < 1e-15 && (z2 - z1).abs() < 1e-15);
/// ```
// ANCHOR: box_muller
pub fn box_muller(u1: f64, u2: f64) -> (f64, f64) {
    let radius = (-2.0 * u1.ln()).sqrt();
    let (sin, cos) = (TAU * u2).sin_cos();
    (radius * cos, radius * sin)
}
// ANCHOR_END: box_muller

/// A distribution over $0, 1, \dots, n - 1$, drawn from by inverting its cumulative distribution.
///
/// ```
/// use downhill::sampling::Categorical;
/// use ndarray::array;
/// let die = Categorical::new(&array![1.0, 0.0, 3.0])?;
/// assert_eq!((die.quantile(0.2), die.quantile(0.3)), (0, 2));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Categorical {
    cumulative: Vec<f64>,
}

impl Categorical {
    /// The distribution with probabilities in proportion to `weights`.
    ///
    /// # Errors
    /// [`Error::Empty`] without weights, [`Error::Domain`] when one is negative or not finite, or all are zero.
    pub fn new(weights: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("weights", weights)?;
        check::every("weights", weights, "finite and not negative", |w| w >= 0.0 && w.is_finite())?;
        let largest = weights.fold(0.0_f64, |a, &b| a.max(b));
        let must = "positive for one outcome at least";
        if largest == 0.0 {
            return Err(Error::Domain { what: "weights", index: "0".into(), value: 0.0, must });
        }
        // Measured from the largest, so that no sum overflows.
        let mut sum = 0.0;
        let cumulative = weights.iter().map(|w| {
            sum += w / largest;
            sum
        });
        Ok(Self { cumulative: cumulative.collect() })
    }

    /// $F^{-1}(u)$: the first outcome whose cumulative probability exceeds `u`, which lies in $[0, 1)$.
    // ANCHOR: quantile
    pub fn quantile(&self, u: f64) -> usize {
        let level = u * self.cumulative[self.cumulative.len() - 1];
        // Rounding can lift the level to the very end of the list: then the last outcome that can
        // be is meant.
        let level = level.min(self.cumulative[self.cumulative.len() - 1].next_down());
        self.cumulative.partition_point(|&below| below <= level)
    }
    // ANCHOR_END: quantile

    /// A draw.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        self.quantile(rng.random())
    }
}

/// A draw from $p$ by rejection, and how many proposals it took: `propose` draws from $q$, and a proposal $x$ is kept with the probability `ratio(x)`
/// $= p(x) / (M q(x))$, which must lie between 0 and 1.
///
/// Where `ratio` is zero everywhere it never returns. Source: J. von Neumann, National Bureau of Standards Applied Mathematics Series 12 (1951) 36.
///
/// # Errors
/// [`Error::Domain`] at a ratio that is not between 0 and 1: the bound $M$ is too small, or $p$ is not a number.
///
/// ```
/// use downhill::sampling::rejection;
/// use rand::RngExt;
/// let mut rng = downhill::rng(1);
/// // Uniform in the quarter of a disc, from the square.
/// let ((x, y), _) = rejection(
///     |rng| (rng.random::<f64>(), rng.random::<f64>()),
///     |&(x, y)| if x * x + y * y < 1.0 { 1.0 } else { 0.0 },
///     &mut rng,
/// )?;
/// assert!(x.hypot(y) < 1.0);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn rejection<T, R: Rng>(
    mut propose: impl FnMut(&mut R) -> T,
    ratio: impl Fn(&T) -> f64,
    rng: &mut R,
) -> Result<(T, usize), Error> {
    for tries in 1.. {
        let x = propose(rng);
        let keep = ratio(&x);
        if !(0.0..=1.0).contains(&keep) {
            let (what, must) = ("ratio", "between 0 and 1: the bound M must hold");
            return Err(Error::Domain { what, index: tries.to_string(), value: keep, must });
        }
        if rng.random::<f64>() < keep {
            return Ok((x, tries));
        }
    }
    unreachable!("an endless loop")
}

/// Draws from $q$ weighted so that means refer to $p$: $w_i \propto p(x_i) / q(x_i)$.
///
/// ```
/// use downhill::sampling::Importance;
/// use ndarray::array;
/// // Three draws of a fair coin that stand for a coin with heads (1) at 3/4, which is known up to a factor.
/// let sample = Importance::new(&array![3.0_f64.ln(), 0.0, 0.0], &array![0.5_f64.ln(), 0.5_f64.ln(), 0.5_f64.ln()])?;
/// assert!((sample.mean(&array![1.0, 0.0, 0.0]) - 0.6).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    weights: Array1<f64>,
    log_mean_weight: f64,
}

impl Importance {
    /// The weights of draws $x_i$ from $q$ with `log_target` $\log \tilde p(x_i)$, up to a constant, and `log_proposal` $\log q(x_i)$.
    ///
    /// # Errors
    /// [`Error::Empty`] without draws, [`Error::Shape`] when the two differ in length, [`Error::Domain`] when a target is NaN or $+\infty$, a
    /// proposal's density is not finite (a draw has a positive one), the ratio of the two is beyond every number, or every target is $-\infty$.
    pub fn new(log_target: &ArrayRef1<f64>, log_proposal: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("log_target", log_target)?;
        check::length("log_proposal", log_target.len(), log_proposal.len(), "entries, one a draw")?;
        check::every("log_target", log_target, "a number below +∞", |l| l < f64::INFINITY)?;
        check::finite("log_proposal", log_proposal)?;
        // ANCHOR: importance
        let log_weights = log_target - log_proposal;
        let log_sum = log_sum_exp(&log_weights);
        let weights = log_weights.map(|l| (l - log_sum).exp());
        // ANCHOR_END: importance
        let must = "so near log_proposal that the ratio is a number";
        if let Some(i) = log_weights.iter().position(|&l| l == f64::INFINITY) {
            let (what, value) = ("log_target", log_target[i]);
            return Err(Error::Domain { what, index: i.to_string(), value, must });
        }
        let must = "finite for one draw at least";
        if log_sum == f64::NEG_INFINITY {
            return Err(Error::Domain {
                what: "log_target",
                index: "0".into(),
                value: log_target[0],
                must,
            });
        }
        Ok(Self { weights, log_mean_weight: log_sum - (log_target.len() as f64).ln() })
    }

    /// The weights, which sum to 1.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// $\log \frac1n \sum_i \tilde p(x_i) / q(x_i)$, whose exponential has the mean $\int \tilde p$: an estimate of $\log Z$.
    pub fn log_mean_weight(&self) -> f64 {
        self.log_mean_weight
    }

    /// $\sum_i w_i f(x_i)$ over the draws that have a weight, from the values $f(x_i)$.
    ///
    /// # Panics
    /// When there are not as many values as draws.
    pub fn mean(&self, values: &ArrayRef1<f64>) -> f64 {
        assert_eq!(
            values.len(),
            self.weights.len(),
            "{} values of {} draws",
            values.len(),
            self.weights.len()
        );
        let terms = self.weights.iter().zip(values);
        terms.filter(|&(&w, _)| w > 0.0).map(|(w, f)| w * f).sum()
    }

    /// $n_{\text{eff}} = (\sum_i w_i)^2 / \sum_i w_i^2$, between 1 and the number of draws.
    // ANCHOR: effective
    pub fn effective_size(&self) -> f64 {
        1.0 / self.weights.dot(&self.weights)
    }
    // ANCHOR_END: effective

    /// `count` numbers of draws, each chosen with its weight: the draws of these numbers are approximately a sample of $p$.
    pub fn resample(&self, count: usize, rng: &mut impl Rng) -> Vec<usize> {
        let mut sum = 0.0;
        let cumulative = self.weights.iter().map(|w| {
            sum += w;
            sum
        });
        let choice = Categorical { cumulative: cumulative.collect() };
        (0..count).map(|_| choice.draw(rng)).collect()
    }
}
