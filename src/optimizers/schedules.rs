//! Learning rates that change on the way.

use std::f64::consts::PI;

use ndarray::ArrayRef1;

use super::Optimizer;

/// An optimizer whose learning rate follows a schedule: step `k`, counted from 0, has the rate `schedule(k)`.
///
/// ```
/// use downhill::optimizers::{GradientDescent, Optimizer, Scheduled, inverse_time};
/// use ndarray::array;
/// let mut descent = Scheduled::new(GradientDescent::new(1.0)?, |k| inverse_time(1.0, 1.0, k));
/// let mut theta = array![0.0];
/// for expected in [1.0, 1.5] {
///     descent.step(&mut theta, &array![-1.0]);
///     assert_eq!(theta[0], expected);
/// }
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scheduled<O, S> {
    optimizer: O,
    schedule: S,
    steps: usize,
}

impl<O: Optimizer, S: FnMut(usize) -> f64> Scheduled<O, S> {
    /// Hands `optimizer` the rate of `schedule` before each step; the rate that it was made with is not used.
    pub fn new(optimizer: O, schedule: S) -> Self {
        Self { optimizer, schedule, steps: 0 }
    }
}

impl<O: Optimizer, S: FnMut(usize) -> f64> Optimizer for Scheduled<O, S> {
    // ANCHOR: scheduled
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>) {
        self.optimizer.set_rate((self.schedule)(self.steps));
        self.optimizer.step(theta, gradient);
        self.steps += 1;
    }
    // ANCHOR_END: scheduled

    /// Holds for no step: the schedule sets the rate of each.
    fn set_rate(&mut self, rate: f64) {
        self.optimizer.set_rate(rate);
    }
}

/// Step decay: `rate`, multiplied by `factor` after every `every` steps.
///
/// ```
/// use downhill::optimizers::step_decay;
/// assert_eq!([0, 9, 10, 20].map(|k| step_decay(0.8, 0.5, 10, k)), [0.8, 0.8, 0.4, 0.2]);
/// ```
///
/// # Panics
/// When `every` is 0.
// ANCHOR: schedules
pub fn step_decay(rate: f64, factor: f64, every: usize, k: usize) -> f64 {
    rate * factor.powf((k / every) as f64)
}

/// Robbins and Monro's: `rate` / (1 + `k` / `delay`) for a positive `delay`, whose sum is infinite
/// and whose sum of squares is not.
///
/// ```
/// use downhill::optimizers::inverse_time;
/// assert_eq!([0, 10, 30].map(|k| inverse_time(0.8, 10.0, k)), [0.8, 0.4, 0.2]);
/// ```
pub fn inverse_time(rate: f64, delay: f64, k: usize) -> f64 {
    rate / (1.0 + k as f64 / delay)
}

/// Half a cosine from `rate` at step 0 to zero at step `steps`, and zero from there on.
///
/// ```
/// use downhill::optimizers::cosine;
/// assert_eq!(cosine(0.8, 100, 0), 0.8);
/// assert!((cosine(0.8, 100, 50) - 0.4).abs() < 1e-15);
/// assert_eq!(cosine(0.8, 100, 100), 0.0);
/// ```
pub fn cosine(rate: f64, steps: usize, k: usize) -> f64 {
    if k >= steps { 0.0 } else { 0.5 * rate * (1.0 + (PI * k as f64 / steps as f64).cos()) }
}

/// The factor of a warm-up: it rises in equal parts over the first `steps` steps and is 1 from
/// there on.
///
/// ```
/// use downhill::optimizers::warm_up;
/// assert_eq!([0, 1, 3, 4, 100].map(|k| warm_up(4, k)), [0.25, 0.5, 1.0, 1.0, 1.0]);
/// ```
pub fn warm_up(steps: usize, k: usize) -> f64 {
    if k >= steps { 1.0 } else { (k + 1) as f64 / steps as f64 }
}
// ANCHOR_END: schedules
