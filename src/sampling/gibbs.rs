//! One unit at a time, given all the others.

use ndarray::ArrayRef1;
use rand::{Rng, RngExt};

use super::{Kernel, Thermal, must_be_above_minus_infinity, must_be_warm};
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

    /// $p(x_i = \text{high} \mid x_{\setminus i})$. The entry `x[i]` is overwritten.
    ///
    /// # Panics
    /// When `x` has not as many entries as the target has units, or when the energies of the two states leave the distribution open: one is
    /// NaN or $-\infty$, or both are $+\infty$.
    ///
    /// ```
    /// use downhill::{energy::Ising, sampling::Gibbs};
    /// use ndarray::array;
    /// let kernel = Gibbs::new(Ising::new(1, 3, 1.0, 0.0)?, -1.0, 1.0, 2.0)?;
    /// let p = kernel.probability_high(&mut array![-1.0, 1.0, 1.0], 0);
    /// assert!((p - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: conditional
    pub fn probability_high(&self, x: &mut ArrayRef1<f64>, i: usize) -> f64 {
        x[i] = self.high;
        let high = must_be_above_minus_infinity(self.target.energy(x));
        x[i] = self.low;
        let low = must_be_above_minus_infinity(self.target.energy(x));
        assert!(
            high.min(low) < f64::INFINITY,
            "neither value of unit {i} can be: both have infinite energy"
        );
        logistic((low - high) / self.temperature)
    }
    // ANCHOR_END: conditional
}

impl<E: Energy> Kernel for Gibbs<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        // ANCHOR: gibbs
        for i in 0..x.len() {
            let high = self.probability_high(x, i);
            x[i] = if rng.random::<f64>() < high { self.high } else { self.low };
        }
        // ANCHOR_END: gibbs
        true
    }
}

impl<E: Energy> Thermal for Gibbs<E> {
    fn set_temperature(&mut self, temperature: f64) {
        self.temperature = must_be_warm(temperature, temperature > 0.0);
    }
}
