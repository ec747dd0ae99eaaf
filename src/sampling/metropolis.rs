//! Descent that now and then climbs.

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};
use rand_distr::{Exp1, StandardNormal};

use super::{Kernel, Thermal, must_be_above_minus_infinity, must_be_warm, must_have};
use crate::{Error, check, energy::Energy};

/// Metropolis's rule with Gaussian proposals: a step that leads down is taken, one that climbs $\Delta E$ with the probability
/// $e^{-\Delta E / T}$. It leaves the Gibbs distribution of the temperature $T$ as it is.
///
/// Source: N. Metropolis et al., Journal of Chemical Physics 21 (1953) 1087.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Kernel, Metropolis}};
/// use ndarray::array;
///
/// let mut kernel = Metropolis::new(DoubleWell::new(1.0, 0.0)?, 1, 0.3, 0.01)?;
/// let (mut x, mut rng) = (array![1.0], downhill::rng(1));
/// for _ in 0..1000 { kernel.step(&mut x, &mut rng); }
/// // At a hundredth of the barrier's height it stays in its valley.
/// assert!((x[0] - 1.0).abs() < 0.5);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Metropolis<E> {
    target: E,
    reach: f64,
    temperature: f64,
    /// Where the chain was last, and its energy there: it need not be computed anew at every step.
    last: Array1<f64>,
    energy: f64,
    proposal: Array1<f64>,
}

impl<E: Energy> Metropolis<E> {
    /// The rule for the energy `target` of `units` units, with proposals of standard deviation `reach` in every direction.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units, `reach` is not positive and finite, or `temperature` is negative or not a number.
    pub fn new(target: E, units: usize, reach: f64, temperature: f64) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        check::parameter("reach", reach, "positive and finite", reach > 0.0 && reach.is_finite())?;
        check::parameter("temperature", temperature, "not negative", temperature >= 0.0)?;
        let nowhere = Array1::from_elem(units, f64::NAN);
        Ok(Self {
            target,
            reach,
            temperature,
            last: nowhere.clone(),
            energy: f64::NAN,
            proposal: nowhere,
        })
    }
}

impl<E: Energy> Kernel for Metropolis<E> {
    #[inline]
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        let n = self.last.len();
        must_have(n, x);
        // Short loops by index: here an iterator would cost more than what it walks through.
        if (0..n).any(|i| self.last[i] != x[i]) {
            self.last.assign(x);
            self.energy = must_be_above_minus_infinity(self.target.energy(x));
        }
        // ANCHOR: step
        for i in 0..n {
            self.proposal[i] = x[i] + self.reach * rng.sample::<f64, _>(StandardNormal);
        }
        let energy = self.target.energy(&self.proposal);
        let climb = energy - self.energy;
        // An exponential draw exceeds c with the probability exp(-c).
        let taken = climb <= 0.0 || climb < self.temperature * rng.sample::<f64, _>(Exp1);
        // ANCHOR_END: step
        must_be_above_minus_infinity(energy);
        if taken {
            (0..n).for_each(|i| x[i] = self.proposal[i]);
            std::mem::swap(&mut self.last, &mut self.proposal);
            self.energy = energy;
        }
        taken
    }
}

impl<E: Energy> Thermal for Metropolis<E> {
    fn set_temperature(&mut self, temperature: f64) {
        self.temperature = must_be_warm(temperature, temperature >= 0.0);
    }
}

/// Where proposals come from: a distribution $q(x' \mid x)$ over the next state, which need not be symmetric.
///
/// ```
/// use downhill::sampling::Proposal;
/// use ndarray::ArrayRef1;
/// use rand::{Rng, RngExt};
///
/// /// Multiplies by e^u, u uniform between -1 and 1: it stays above zero.
/// struct Stretch;
/// impl Proposal for Stretch {
///     fn propose(&mut self, from: &ArrayRef1<f64>, to: &mut ArrayRef1<f64>, rng: &mut impl Rng) {
///         to[0] = from[0] * (2.0 * rng.random::<f64>() - 1.0).exp();
///     }
///     // log q(x' | x) = -log x' + a constant.
///     fn log_density(&mut self, _from: &ArrayRef1<f64>, to: &ArrayRef1<f64>) -> f64 { -to[0].ln() }
/// }
/// ```
pub trait Proposal {
    /// Writes a draw from $q(\cdot \mid \text{from})$ over `to`.
    fn propose(&mut self, from: &ArrayRef1<f64>, to: &mut ArrayRef1<f64>, rng: &mut impl Rng);

    /// $\log q(\text{to} \mid \text{from})$, up to a constant that is the same for every pair of states.
    fn log_density(&mut self, from: &ArrayRef1<f64>, to: &ArrayRef1<f64>) -> f64;
}

/// The Metropolis–Hastings rule: a proposal $x'$ from any $q(x' \mid x)$ is taken with the probability
/// $\min\bigl(1, \frac{p(x')\, q(x \mid x')}{p(x)\, q(x' \mid x)}\bigr)$, $p = e^{-E/T} / Z$.
///
/// Source: W. K. Hastings, Biometrika 57 (1970) 97.
///
/// ```
/// use downhill::{energy::Energy, sampling::{Kernel, MetropolisHastings, Proposal}};
/// use ndarray::{ArrayRef1, array};
/// use rand::{Rng, RngExt};
///
/// struct Line;
/// impl Energy for Line { fn energy(&self, x: &ArrayRef1<f64>) -> f64 { x[0] } }
/// struct Stretch;
/// impl Proposal for Stretch {
///     fn propose(&mut self, from: &ArrayRef1<f64>, to: &mut ArrayRef1<f64>, rng: &mut impl Rng) {
///         to[0] = from[0] * (2.0 * rng.random::<f64>() - 1.0).exp();
///     }
///     fn log_density(&mut self, _from: &ArrayRef1<f64>, to: &ArrayRef1<f64>) -> f64 { -to[0].ln() }
/// }
/// // E(x) = x on the half line is the exponential distribution, of mean 1.
/// let mut kernel = MetropolisHastings::new(Line, Stretch, 1, 1.0)?;
/// let path = kernel.run(&mut array![1.0], 20_000, &mut downhill::rng(1));
/// assert!((path.mean().unwrap() - 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MetropolisHastings<E, Q> {
    target: E,
    proposal: Q,
    temperature: f64,
    next: Array1<f64>,
}

impl<E: Energy, Q: Proposal> MetropolisHastings<E, Q> {
    /// The rule for the energy `target` of `units` units with proposals from `proposal`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units, or `temperature` is not positive.
    pub fn new(target: E, proposal: Q, units: usize, temperature: f64) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        check::parameter("temperature", temperature, "positive", temperature > 0.0)?;
        Ok(Self { target, proposal, temperature, next: Array1::zeros(units) })
    }

    /// The logarithm of the ratio whose smaller with 1 is the probability that the step `from` → `to` is taken once it is proposed.
    ///
    /// # Panics
    /// When a state has not as many entries as the target has units, or its energy is NaN or $-\infty$.
    // ANCHOR: ratio
    pub fn log_ratio(&mut self, from: &ArrayRef1<f64>, to: &ArrayRef1<f64>) -> f64 {
        let here = must_be_above_minus_infinity(self.target.energy(from));
        let there = must_be_above_minus_infinity(self.target.energy(to));
        let (forth, back) =
            (self.proposal.log_density(from, to), self.proposal.log_density(to, from));
        (here - there) / self.temperature + back - forth
    }
    // ANCHOR_END: ratio
}

impl<E: Energy, Q: Proposal> Kernel for MetropolisHastings<E, Q> {
    // ANCHOR: hastings
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        must_have(self.next.len(), x);
        let mut next = std::mem::take(&mut self.next);
        self.proposal.propose(x, &mut next, rng);
        let taken = rng.random::<f64>().ln() < self.log_ratio(x, &next);
        if taken {
            x.assign(&next);
        }
        self.next = next;
        taken
    }
    // ANCHOR_END: hastings
}
