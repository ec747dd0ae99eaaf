//! The normal distribution on the line, and the one of its kind that is nearest to another density.

use std::f64::consts::{E, TAU};

use ndarray::{ArrayRef1, array};

use super::Categorical;
use crate::{
    Error, check,
    energy::{Differentiable, Energy, unit},
    optimizers::{Bfgs, minimize},
};

/// The half-width of the rule that averages over a normal variable, in standard deviations, and the number of its points to
/// each. Beyond nine lies a mass of 2e-19; a trapezoidal sum of a smooth function that dies away at both ends errs less than that.
const REACH: i32 = 9;
const POINTS: i32 = 64;

/// $\mathcal N(m, s^2)$ on the line.
///
/// ```
/// use downhill::divergences::Normal;
/// let (narrow, wide) = (Normal::new(0.0, 1.0)?, Normal::new(0.0, 2.0)?);
/// assert!((narrow.kl(&wide) - 0.318).abs() < 1e-3);
/// assert!((wide.kl(&narrow) - 0.807).abs() < 1e-3);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    mean: f64,
    deviation: f64,
}

impl Normal {
    /// The normal distribution with this mean $m$ and standard deviation $s$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the mean is not finite or the deviation not positive and finite.
    pub fn new(mean: f64, deviation: f64) -> Result<Self, Error> {
        check::parameter("mean", mean, "finite", mean.is_finite())?;
        let allowed = deviation > 0.0 && deviation.is_finite();
        check::parameter("deviation", deviation, "positive and finite", allowed)?;
        Ok(Self { mean, deviation })
    }

    /// $m$.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// $s$.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }

    /// $\log \mathcal N(x; m, s^2)$.
    ///
    /// ```
    /// use downhill::divergences::Normal;
    /// assert!((Normal::new(1.0, 1.0)?.log_density(1.0) + 0.918938533).abs() < 1e-9);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn log_density(&self, x: f64) -> f64 {
        -0.5 * ((x - self.mean) / self.deviation).powi(2) - 0.5 * TAU.ln() - self.deviation.ln()
    }

    /// The differential entropy $\log s + \frac12 \log 2\pi e$, in nats. It is negative for a narrow bell.
    ///
    /// ```
    /// use downhill::divergences::Normal;
    /// assert!(Normal::new(0.0, 0.01)?.entropy() < 0.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn entropy(&self) -> f64 {
        self.deviation.ln() + 0.5 * (TAU * E).ln()
    }

    /// $D_{\mathrm{KL}}(p \Vert q)$ of this normal $p$ from `q`, in closed form.
    // ANCHOR: normal_kl
    pub fn kl(&self, q: &Self) -> f64 {
        // s / s' − 1: of a ratio near 1 it keeps the digits that count.
        let excess = (self.deviation - q.deviation) / q.deviation;
        let above_log = if excess > -0.5 {
            above_its_log(excess)
        } else {
            excess - log_ratio(self.deviation, q.deviation)
        };
        let shift = (self.mean - q.mean) / q.deviation;
        0.5 * (excess * excess + shift * shift) + above_log
    }
    // ANCHOR_END: normal_kl

    /// The normal $q$ with the least $D_{\mathrm{KL}}(p \Vert q)$, for $p$ over `points`, `k`: the one with the mean and the variance of $p$. With equal
    /// probabilities, the normal that makes the points most likely.
    ///
    /// ```
    /// use downhill::divergences::{Categorical, Normal};
    /// use ndarray::array;
    /// let q = Normal::cover(&array![-2.0, 2.0], &Categorical::new(&array![1.0, 1.0])?)?;
    /// assert!(q.mean().abs() < 1e-15 && (q.deviation() - 2.0).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `p` has not as many outcomes as there are points, [`Error::Domain`] at a point that is not finite,
    /// [`Error::Parameter`] when all of $p$ is at one point, so that the best deviation is 0.
    pub fn cover(points: &ArrayRef1<f64>, p: &Categorical) -> Result<Self, Error> {
        check::length(
            "points",
            p.log_probabilities().len(),
            points.len(),
            "entries, one an outcome of p",
        )?;
        check::finite("points", points)?;
        // ANCHOR: cover
        let mean = p.mean(points);
        // In a unit of their own the squares are numbers.
        let unit = unit(points.iter().map(|x| x - mean));
        let variance = p.mean(&points.mapv(|x| ((x - mean) / unit).powi(2)));
        Self::new(mean, unit * variance.sqrt())
        // ANCHOR_END: cover
    }

    /// The free energy $\E_q[E] - H(q)$ of this normal $q$ in the landscape `energy` of one unit, in nats: what $D_{\mathrm{KL}}(q \Vert p)$ is
    /// above $-\log Z$, when $p = e^{-E}/Z$. The mean is a trapezoidal sum with 64 points to a standard deviation, for an energy that is smooth at
    /// that scale.
    ///
    /// ```
    /// use downhill::{divergences::Normal, energy};
    /// use ndarray::array;
    /// let bowl = energy::Gaussian::new(array![1.0], array![[4.0]])?;
    /// let q = Normal::new(1.0, 0.5)?;
    /// // q is the Gibbs distribution of the bowl: the divergence is 0.
    /// assert!((q.free_energy(&bowl) + bowl.log_partition(1.0)).abs() < 1e-13);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: free_energy
    pub fn free_energy(&self, energy: &impl Energy) -> f64 {
        let mean_energy = standard_mean(|z| energy.energy(&array![self.mean + self.deviation * z]));
        mean_energy - self.entropy()
    }
    // ANCHOR_END: free_energy

    /// The slopes $(\partial / \partial m, \partial / \partial s)$ of [`Normal::free_energy`], and of $D_{\mathrm{KL}}(q \Vert p)$:
    /// $\E[E'(m + sz)]$ and $\E[z\, E'(m + sz)] - 1/s$, with $z$ standard normal.
    ///
    /// ```
    /// use downhill::{divergences::Normal, energy};
    /// use ndarray::array;
    /// let bowl = energy::Gaussian::new(array![0.0], array![[1.0]])?;
    /// let (by_mean, by_deviation) = Normal::new(3.0, 2.0)?.free_energy_slopes(&bowl);
    /// assert!((by_mean - 3.0).abs() < 1e-12 && (by_deviation - 1.5).abs() < 1e-12);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: slopes
    pub fn free_energy_slopes(&self, energy: &impl Differentiable) -> (f64, f64) {
        let slope = |z: f64| energy.gradient(&array![self.mean + self.deviation * z])[0];
        (standard_mean(slope), standard_mean(|z| z * slope(z)) - self.deviation.recip())
    }
    // ANCHOR_END: slopes

    /// The normal $q$ to which one descends from `start` in $D_{\mathrm{KL}}(q \Vert p)$, $p = e^{-E}/Z$ the Gibbs distribution of `energy`, of one
    /// unit: a local minimum of [`Normal::free_energy`]. Nobody needs to know $Z$.
    ///
    /// ```
    /// use downhill::{divergences::Normal, energy::Mixture};
    /// use ndarray::array;
    /// let bumps = Mixture::new(array![[-4.0], [4.0]], array![0.5, 0.5], 1.0)?;
    /// let q = Normal::seek(&bumps, Normal::new(3.0, 1.0)?)?;
    /// assert!((q.mean() - 4.0).abs() < 0.01 && (q.deviation() - 1.0).abs() < 0.01);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Diverged`] when the mean energy at `start` is not finite, or the free energy has no lower bound, as in a landscape that is
    /// flat; [`Error::NotConverged`] when the descent does not settle.
    pub fn seek(energy: &impl Differentiable, start: Self) -> Result<Self, Error> {
        // θ is the mean and the logarithm of the deviation, which keeps the deviation positive.
        let loss = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
            let q = Self { mean: theta[0], deviation: theta[1].exp() };
            let (by_mean, by_deviation) = q.free_energy_slopes(energy);
            gradient.assign(&array![by_mean, q.deviation * by_deviation]);
            q.free_energy(energy)
        };
        let theta = array![start.mean, start.deviation.ln()];
        // The free energy is known to some 1e-16 of itself, its bottom therefore to 1e-8: ask for no more than can be seen.
        let end = minimize(&mut Bfgs::new(2), loss, &theta, 1e-6, 1000, |_, _| {})?.place.theta;
        Self::new(end[0], end[1].exp())
    }
}

/// $x - \ln(1 + x)$ for $x > -\frac12$. Near 0, where the two are nearly equal, it is their series in $u = x / (2 + x)$: $\ln(1 + x) = 2u + \frac23 u^3 + \dots$.
fn above_its_log(x: f64) -> f64 {
    if x > 0.5 {
        return x - x.ln_1p();
    }
    let u = x / (2.0 + x);
    // u is at most 1/3: twenty terms are more than a double can tell.
    let series = (0..20).rev().fold(0.0, |sum, k| sum * u * u + f64::from(2 * k + 3).recip());
    x * u - 2.0 * u.powi(3) * series
}

/// $\ln(a / b)$, though the quotient be too small for a number.
fn log_ratio(a: f64, b: f64) -> f64 {
    if (a / b).is_normal() { (a / b).ln() } else { a.ln() - b.ln() }
}

/// $\E[f(z)]$ for a standard normal $z$.
fn standard_mean(f: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for i in -REACH * POINTS..=REACH * POINTS {
        let z = f64::from(i) / f64::from(POINTS);
        let weight = (-0.5 * z * z).exp();
        sum += weight * f(z);
        total += weight;
    }
    sum / total
}
