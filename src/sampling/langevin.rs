//! Gradient descent with noise.

use ndarray::{Array1, ArrayRef1, Zip};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::Kernel;
use crate::{Error, check, energy::Differentiable};

/// Langevin dynamics, $x \leftarrow x - \frac\eta2 \nabla E(x) + \sqrt{\eta T}\, \xi$ with $\xi$ standard normal: gradient descent with just so much noise
/// that, as $\eta \to 0$, it draws from the Gibbs distribution of the temperature $T$.
///
/// Without a Metropolis correction the distribution is off by an amount of order $\eta$.
/// Source: G. O. Roberts, R. L. Tweedie, Bernoulli 2 (1996) 341.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Kernel, Langevin}};
/// use ndarray::array;
///
/// let mut kernel = Langevin::new(DoubleWell::new(1.0, 0.0)?, 1, 0.01, 0.0)?;
/// let (mut x, mut rng) = (array![0.3], downhill::rng(1));
/// for _ in 0..1000 { kernel.step(&mut x, &mut rng); }
/// // Without heat it is gradient descent.
/// assert!((x[0] - 1.0).abs() < 1e-12);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Langevin<E> {
    target: E,
    step_size: f64,
    temperature: f64,
    slope: Array1<f64>,
}

impl<E: Differentiable> Langevin<E> {
    /// The dynamics on the energy `target` of `units` units, with the step size $\eta$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units, `step_size` is not positive and finite, or `temperature` is negative or not finite.
    pub fn new(target: E, units: usize, step_size: f64, temperature: f64) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        let positive = step_size > 0.0 && step_size.is_finite();
        check::parameter("step_size", step_size, "positive and finite", positive)?;
        let warm = temperature >= 0.0 && temperature.is_finite();
        check::parameter("temperature", temperature, "finite and not negative", warm)?;
        Ok(Self { target, step_size, temperature, slope: Array1::zeros(units) })
    }
}

impl<E: Differentiable> Kernel for Langevin<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        // ANCHOR: langevin
        self.target.gradient_into(x, &mut self.slope);
        let (half, noise) = (0.5 * self.step_size, (self.step_size * self.temperature).sqrt());
        Zip::from(x).and(&self.slope).for_each(|x, slope| {
            *x += noise * rng.sample::<f64, _>(StandardNormal) - half * slope;
        });
        // ANCHOR_END: langevin
        true
    }
}
