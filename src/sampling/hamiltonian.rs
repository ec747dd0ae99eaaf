//! A frictionless ride over the landscape.

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};
use rand_distr::{Exp1, StandardNormal};

use super::{Kernel, Place, Thermal, must_be_warm, must_have};
use crate::{Error, check, energy::Differentiable};

/// Hamiltonian Monte Carlo: a puck of unit mass gets a random push $v$, each entry normal of variance $T$, glides over the landscape $E$ for some
/// *leapfrog* steps, and stays where it arrives with the probability $\min(1, e^{-\Delta H / T})$, $H = E(x) + \frac12 \lVert v \rVert^2$.
///
/// Source: S. Duane et al., Physics Letters B 195 (1987) 216.
///
/// ```
/// use downhill::{energy::Gaussian, sampling::{Hamiltonian, Kernel}};
/// use ndarray::array;
///
/// let mut kernel = Hamiltonian::new(Gaussian::new(array![2.0], array![[1.0]])?, 1, 0.2, 8, 1.0)?;
/// let path = kernel.run(&mut array![0.0], 5_000, &mut downhill::rng(1));
/// assert!((path.mean().unwrap() - 2.0).abs() < 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hamiltonian<E> {
    target: E,
    step_size: f64,
    leaps: usize,
    temperature: f64,
    here: Place,
    there: Place,
    velocity: Array1<f64>,
}

impl<E: Differentiable> Hamiltonian<E> {
    /// The kernel for the energy `target` of `units` units: `leaps` leapfrog steps of length `step_size` a ride.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no units or no leaps, or `step_size` or `temperature` is not positive and finite.
    pub fn new(
        target: E,
        units: usize,
        step_size: f64,
        leaps: usize,
        temperature: f64,
    ) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        check::parameter("leaps", leaps as f64, "at least 1", leaps >= 1)?;
        let positive = step_size > 0.0 && step_size.is_finite();
        check::parameter("step_size", step_size, "positive and finite", positive)?;
        let warm = temperature > 0.0 && temperature.is_finite();
        check::parameter("temperature", temperature, "positive and finite", warm)?;
        let (here, there) = (Place::nowhere(units), Place::nowhere(units));
        Ok(Self {
            target,
            step_size,
            leaps,
            temperature,
            here,
            there,
            velocity: Array1::zeros(units),
        })
    }

    /// Moves `x` and `velocity` along the ride, `leaps` steps of the leapfrog, and returns by how much the total energy $H$ changed on the way: by nothing, if
    /// time were continuous. A ride that leaves the range of numbers has gained an infinite energy.
    ///
    /// ```
    /// use downhill::{energy::Gaussian, sampling::Hamiltonian};
    /// use ndarray::array;
    /// let mut ride = Hamiltonian::new(Gaussian::new(array![0.0], array![[1.0]])?, 1, 0.01, 314, 1.0)?;
    /// let (mut x, mut v) = (array![1.0], array![0.0]);
    /// // Half a swing of the pendulum.
    /// assert!(ride.glide(&mut x, &mut v).abs() < 1e-4);
    /// assert!((x[0] + 1.0).abs() < 1e-3);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `x` or `velocity` has not as many entries as the target has units, or at an energy that is NaN or $-\infty$.
    pub fn glide(&mut self, x: &mut ArrayRef1<f64>, velocity: &mut ArrayRef1<f64>) -> f64 {
        must_have(self.velocity.len(), velocity);
        self.velocity.assign(velocity);
        self.here.go(&self.target, x);
        let change = self.ride();
        x.assign(&self.there.x);
        velocity.assign(&self.velocity);
        change
    }

    /// From `here` with `velocity` to `there`; the change of $H$.
    fn ride(&mut self) -> f64 {
        let Self { target, here, there, velocity, step_size, .. } = self;
        let start = here.energy + 0.5 * velocity.dot(velocity);
        there.x.assign(&here.x);
        there.slope.assign(&here.slope);
        for _ in 0..self.leaps {
            // ANCHOR: leapfrog
            velocity.scaled_add(-0.5 * *step_size, &there.slope);
            there.x.scaled_add(*step_size, velocity);
            target.gradient_into(&there.x, &mut there.slope);
            velocity.scaled_add(-0.5 * *step_size, &there.slope);
            // ANCHOR_END: leapfrog
        }
        let kinetic = 0.5 * velocity.dot(velocity);
        if !(there.x.iter().all(|x| x.is_finite()) && kinetic.is_finite()) {
            return f64::INFINITY;
        }
        there.weigh(target);
        there.energy + kinetic - start
    }
}

impl<E: Differentiable> Kernel for Hamiltonian<E> {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        self.here.go(&self.target, x);
        // ANCHOR: hamiltonian
        let push = self.temperature.sqrt();
        self.velocity.map_inplace(|v| *v = push * rng.sample::<f64, _>(StandardNormal));
        let taken = self.ride() < self.temperature * rng.sample::<f64, _>(Exp1);
        if taken {
            x.assign(&self.there.x);
            std::mem::swap(&mut self.here, &mut self.there);
        }
        // ANCHOR_END: hamiltonian
        taken
    }
}

impl<E: Differentiable> Thermal for Hamiltonian<E> {
    fn set_temperature(&mut self, temperature: f64) {
        self.temperature = must_be_warm(temperature, temperature > 0.0 && temperature.is_finite());
    }
}
