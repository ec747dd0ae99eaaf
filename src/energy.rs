//! What every machine in this book has in common: a number that it tries to make small.

use ndarray::ArrayRef1;

/// A scalar energy $E(x)$ of a state $x$.
///
/// Samplers, minimisers and training rules are written against this trait alone, so that what
/// holds for one machine holds for all of them.
///
/// ```
/// use downhill::energy::Energy;
/// use ndarray::{ArrayRef1, array};
///
/// /// A spring of stiffness `k`, stretched by `x[0]`.
/// struct Spring { k: f64 }
/// impl Energy for Spring {
///     fn energy(&self, x: &ArrayRef1<f64>) -> f64 { 0.5 * self.k * x[0] * x[0] }
/// }
/// assert_eq!(Spring { k: 3.0 }.energy(&array![2.0]), 6.0);
/// ```
pub trait Energy {
    /// $E(x)$, in units where $k_B T = 1$.
    ///
    /// # Panics
    /// When `x` has not as many entries as the machine has units.
    fn energy(&self, x: &ArrayRef1<f64>) -> f64;
}
