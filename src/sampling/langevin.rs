//! Gradient descent with noise.

use ndarray::{Array1, ArrayRef1, Zip};
use rand::{Rng, RngExt};
use rand_distr::{Exp1, StandardNormal};

use super::{Kernel, Place, Thermal, must_be_warm, must_have};
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

impl<E: Differentiable> Thermal for Langevin<E> {
    fn set_temperature(&mut self, temperature: f64) {
        self.temperature = must_be_warm(temperature, temperature >= 0.0 && temperature.is_finite());
    }
}

impl<E: Differentiable> Kernel for Langevin<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        must_have(self.slope.len(), x);
        // ANCHOR: langevin
        self.target.gradient_into(x, &mut self.slope);
        let (half, noise) = (0.5 * self.step_size, (self.step_size * self.temperature).sqrt());
        x.iter_mut().zip(&self.slope).for_each(|(x, slope)| {
            assert!(!slope.is_nan(), "the slope is not a number: take a smaller step size");
            *x += noise * rng.sample::<f64, _>(StandardNormal) - half * slope;
            assert!(x.is_finite(), "a slope of {slope} leads to {x}: take a smaller step size");
        });
        // ANCHOR_END: langevin
        true
    }
}

/// Langevin dynamics as the proposal of a Metropolis–Hastings step (MALA): the step of [`Langevin`] is taken back with the probability that makes up for
/// its error, so that the Gibbs distribution is left exactly as it is, whatever the step size.
///
/// Source: J. Besag, Journal of the Royal Statistical Society B 56 (1994) 591; G. O. Roberts, R. L. Tweedie, Bernoulli 2 (1996) 341.
///
/// ```
/// use downhill::{energy::Gaussian, sampling::{Kernel, Mala}};
/// use ndarray::array;
///
/// let mut kernel = Mala::new(Gaussian::new(array![0.0], array![[1.0]])?, 1, 1.0, 1.0)?;
/// let path = kernel.run(&mut array![0.0], 20_000, &mut downhill::rng(1));
/// assert!((path.var(0.0) - 1.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mala<E> {
    target: E,
    step_size: f64,
    temperature: f64,
    here: Place,
    there: Place,
}

impl<E: Differentiable> Mala<E> {
    /// The kernel for the energy `target` of `units` units, with the step size $\eta$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units, or `step_size` or `temperature` is not positive and finite.
    pub fn new(target: E, units: usize, step_size: f64, temperature: f64) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        let positive = step_size > 0.0 && step_size.is_finite();
        check::parameter("step_size", step_size, "positive and finite", positive)?;
        let warm = temperature > 0.0 && temperature.is_finite();
        check::parameter("temperature", temperature, "positive and finite", warm)?;
        Ok(Self {
            target,
            step_size,
            temperature,
            here: Place::nowhere(units),
            there: Place::nowhere(units),
        })
    }

    /// $-\log q(x' \mid x) = \lVert x' - x + \frac\eta2 \nabla E(x) \rVert^2 / 2 \eta T$, but for a constant.
    // ANCHOR: mala
    fn surprise(&self, from: &Place, to: &Place) -> f64 {
        let square =
            Zip::from(&to.x).and(&from.x).and(&from.slope).fold(0.0, |sum, to, from, slope| {
                sum + (to - from + 0.5 * self.step_size * slope).powi(2)
            });
        square / (2.0 * self.step_size * self.temperature)
    }

    /// $\log \frac{p(x')\, q(x \mid x')}{p(x)\, q(x' \mid x)}$.
    fn log_ratio(&self) -> f64 {
        let descent = (self.here.energy - self.there.energy) / self.temperature;
        descent + self.surprise(&self.here, &self.there) - self.surprise(&self.there, &self.here)
    }
    // ANCHOR_END: mala
}

impl<E: Differentiable> Kernel for Mala<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        self.here.go(&self.target, x);
        let (half, noise) = (0.5 * self.step_size, (self.step_size * self.temperature).sqrt());
        Zip::from(&mut self.there.x).and(&self.here.x).and(&self.here.slope).for_each(
            |to, from, slope| {
                *to = from - half * slope + noise * rng.sample::<f64, _>(StandardNormal);
            },
        );
        self.there.look(&self.target);
        let taken = -self.log_ratio() < rng.sample::<f64, _>(Exp1);
        if taken {
            x.assign(&self.there.x);
            std::mem::swap(&mut self.here, &mut self.there);
        }
        taken
    }
}

impl<E: Differentiable> Thermal for Mala<E> {
    fn set_temperature(&mut self, temperature: f64) {
        self.temperature = must_be_warm(temperature, temperature > 0.0 && temperature.is_finite());
    }
}
