//! Descent that now and then climbs.

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::Kernel;
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
        Ok(Self { target, reach, temperature, last: nowhere.clone(), energy: f64::NAN, proposal: nowhere })
    }
}

impl<E: Energy> Kernel for Metropolis<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        if self.last != *x {
            self.last.assign(x);
            self.energy = self.target.energy(x);
        }
        // ANCHOR: step
        self.proposal.zip_mut_with(x, |to, from| {
            *to = from + self.reach * rng.sample::<f64, _>(StandardNormal);
        });
        let energy = self.target.energy(&self.proposal);
        let climb = energy - self.energy;
        let taken = climb <= 0.0 || rng.random::<f64>() < (-climb / self.temperature).exp();
        // ANCHOR_END: step
        if taken {
            x.assign(&self.proposal);
            self.last.assign(x);
            self.energy = energy;
        }
        taken
    }
}
