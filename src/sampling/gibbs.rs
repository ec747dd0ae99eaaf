//! One unit at a time, given all the others.

use ndarray::ArrayRef1;
use rand::{Rng, RngExt};

use super::Kernel;
use crate::{Error, check, energy::Energy, introduction::logistic};

/// Gibbs sampling of units that are each `low` or `high`: a step is a sweep, which draws every unit in turn from its distribution given
/// all the others, $p(x_i = \text{high} \mid x_{\setminus i}) = 1 / (1 + e^{(E_{\text{high}} - E_{\text{low}}) / T})$.
///
/// Source: S. Geman, D. Geman, IEEE Transactions on Pattern Analysis and Machine Intelligence 6 (1984) 721.
///
/// ```
/// use downhill::{energy::Ising, sampling::{Gibbs, Kernel}};
/// use ndarray::array;
///
/// let mut kernel = Gibbs::new(Ising::new(1, 4, 1.0, 0.0)?, -1.0, 1.0, 0.01)?;
/// let (mut s, mut rng) = (array![1.0, 1.0, -1.0, 1.0], downhill::rng(1));
/// kernel.step(&mut s, &mut rng);
/// // When it is cold a spin does what its neighbours do.
/// assert_eq!(s, array![1.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gibbs<E> {
    target: E,
    low: f64,
    high: f64,
    temperature: f64,
}

impl<E: Energy> Gibbs<E> {
    /// The sampler for the energy `target`, whose units are `low` or `high`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `low` or `high` is not finite, or `temperature` is not positive.
    pub fn new(target: E, low: f64, high: f64, temperature: f64) -> Result<Self, Error> {
        check::parameter("low", low, "finite", low.is_finite())?;
        check::parameter("high", high, "finite", high.is_finite())?;
        check::parameter("temperature", temperature, "positive", temperature > 0.0)?;
        Ok(Self { target, low, high, temperature })
    }
}

impl<E: Energy> Kernel for Gibbs<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        // ANCHOR: gibbs
        for i in 0..x.len() {
            x[i] = self.high;
            let high = self.target.energy(x);
            x[i] = self.low;
            let low = self.target.energy(x);
            if rng.random::<f64>() < logistic((low - high) / self.temperature) {
                x[i] = self.high;
            }
        }
        // ANCHOR_END: gibbs
        true
    }
}
