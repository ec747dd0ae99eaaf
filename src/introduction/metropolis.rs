//! Descent with noise.

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use crate::{Error, check, energy::Energy};

/// A walker on a landscape that prefers to go down and sometimes goes up.
///
/// Source: N. Metropolis et al., Journal of Chemical Physics 21 (1953) 1087.
///
/// ```
/// use downhill::introduction::{Metropolis, Wells};
/// use ndarray::array;
///
/// let mut wells = Wells::new(1, 1.0)?;
/// wells.store(&array![3.0])?;
/// let mut rng = downhill::rng(1);
/// let mut walker = Metropolis::new(&wells, &array![3.0], 0.3, 0.01)?;
/// for _ in 0..1000 { walker.step(&mut rng); }
/// // At a hundredth of the well's depth it does not climb out.
/// assert!((walker.state()[0] - 3.0).abs() < 1.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Metropolis<'a, E> {
    landscape: &'a E,
    state: Array1<f64>,
    energy: f64,
    reach: f64,
    temperature: f64,
    proposal: Array1<f64>,
}

impl<'a, E: Energy> Metropolis<'a, E> {
    /// A walker at `start` whose steps have the standard deviation `reach` in every direction.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a start that is no place, or whose energy is not finite;
    /// [`Error::Parameter`] when `reach` is not positive and finite, or `temperature` negative or not a number.
    ///
    /// # Panics
    /// When `start` has not as many entries as the landscape has dimensions.
    pub fn new(
        landscape: &'a E,
        start: &ArrayRef1<f64>,
        reach: f64,
        temperature: f64,
    ) -> Result<Self, Error> {
        check::non_empty("start", start)?;
        check::finite("start", start)?;
        check::parameter("reach", reach, "positive and finite", reach > 0.0 && reach.is_finite())?;
        check::parameter("temperature", temperature, "not negative", temperature >= 0.0)?;
        let energy = landscape.energy(start);
        check::parameter("energy of the start", energy, "finite", energy.is_finite())?;
        let state = start.to_owned();
        Ok(Self { landscape, proposal: state.clone(), state, energy, reach, temperature })
    }

    /// Proposes a step, and takes it if it leads down, or uphill by $\Delta E$ with the probability $e^{-\Delta E / T}$;
    /// whether it was taken.
    // ANCHOR: step
    pub fn step(&mut self, rng: &mut impl Rng) -> bool {
        self.proposal.zip_mut_with(&self.state, |to, from| {
            *to = from + self.reach * rng.sample::<f64, _>(StandardNormal);
        });
        let energy = self.landscape.energy(&self.proposal);
        let climb = energy - self.energy;
        let taken = climb <= 0.0 || rng.random::<f64>() < (-climb / self.temperature).exp();
        if taken {
            std::mem::swap(&mut self.state, &mut self.proposal);
            self.energy = energy;
        }
        taken
    }
    // ANCHOR_END: step

    /// Where the walker is.
    pub fn state(&self) -> &Array1<f64> {
        &self.state
    }

    /// The energy there.
    pub fn energy(&self) -> f64 {
        self.energy
    }
}
