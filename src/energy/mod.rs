//! What every machine in this book has in common: a number that it tries to make small.
//!
//! | in the book | here |
//! |---|---|
//! | energy $E(x)$ of a state $x$ | [`Energy::energy`] |
//! | slope $\nabla_x E$ | [`Differentiable::gradient`], [`Differentiable::gradient_into`] |
//! | parameters $\theta$, and $\partial E / \partial \theta$ | [`Learnable::parameters`], [`Learnable::add_parameter_gradient`] |
//!
//! Minimisers, samplers and training rules are written against these three traits alone, so that what holds for one machine
//! holds for all of them. A new energy needs its own few lines and nothing else.
//!
//! The energies that many chapters use stand here too: [`Gaussian`], [`Mixture`], [`DoubleWell`] and [`Ising`].

mod double_well;
mod gaussian;
mod ising;
mod mixture;

pub use double_well::DoubleWell;
pub use gaussian::Gaussian;
pub use ising::Ising;
pub use mixture::Mixture;

use ndarray::{Array1, Array2, ArrayRef1};

use crate::{Error, check};

/// A scalar energy $E(x)$ of a state $x$.
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
    /// $E(x)$, in units where $k_B T = 1$. A state that cannot be has the energy $+\infty$.
    ///
    /// # Panics
    /// When `x` has not as many entries as the machine has units.
    fn energy(&self, x: &ArrayRef1<f64>) -> f64;
}

/// An energy with a slope.
///
/// ```
/// use downhill::energy::{Differentiable, Energy};
/// use ndarray::{ArrayRef1, array};
///
/// struct Spring { k: f64 }
/// impl Energy for Spring {
///     fn energy(&self, x: &ArrayRef1<f64>) -> f64 { 0.5 * self.k * x[0] * x[0] }
/// }
/// impl Differentiable for Spring {
///     fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) { gradient[0] = self.k * x[0]; }
/// }
/// assert_eq!(Spring { k: 3.0 }.gradient(&array![2.0]), array![6.0]);
/// ```
pub trait Differentiable: Energy {
    /// Writes $\nabla_x E(x)$ over `gradient`, which is as long as `x`. Allocates nothing, unless the energy says that it does.
    ///
    /// # Panics
    /// When `x` or `gradient` has not as many entries as the machine has units.
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>);

    /// $\nabla_x E(x)$, as long as `x`.
    ///
    /// # Panics
    /// When `x` has not as many entries as the machine has units.
    fn gradient(&self, x: &ArrayRef1<f64>) -> Array1<f64> {
        let mut gradient = Array1::zeros(x.len());
        self.gradient_into(x, &mut gradient);
        gradient
    }
}

/// An energy $E_\theta(x)$ that learns: it depends on parameters $\theta$, all of them in one flat vector.
///
/// ```
/// use downhill::energy::{Energy, Learnable};
/// use ndarray::{Array1, ArrayRef1, array};
///
/// /// A spring whose stiffness is to be found.
/// struct Spring { k: Array1<f64> }
/// impl Energy for Spring {
///     fn energy(&self, x: &ArrayRef1<f64>) -> f64 { 0.5 * self.k[0] * x[0] * x[0] }
/// }
/// impl Learnable for Spring {
///     fn parameters(&self) -> &ArrayRef1<f64> { &self.k }
///     fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> { &mut self.k }
///     fn add_parameter_gradient(&self, x: &ArrayRef1<f64>, weight: f64, gradient: &mut ArrayRef1<f64>) {
///         gradient[0] += weight * 0.5 * x[0] * x[0];
///     }
/// }
/// let mut slope = array![0.0];
/// Spring { k: array![3.0] }.add_parameter_gradient(&array![2.0], 1.0, &mut slope);
/// assert_eq!(slope, array![2.0]);
/// ```
pub trait Learnable: Energy {
    /// $\theta$.
    fn parameters(&self) -> &ArrayRef1<f64>;

    /// $\theta$, to be changed.
    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64>;

    /// Adds $w \, \partial E_\theta(x) / \partial \theta$, $w$ = `weight`, to `gradient`, which is as long as $\theta$: sums over samples and
    /// differences of sums are then one buffer. Allocates nothing, unless the energy says that it does.
    ///
    /// # Panics
    /// When `x` has not as many entries as the machine has units, or `gradient` as many as it has parameters.
    fn add_parameter_gradient(
        &self,
        x: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    );
}

impl<E: Energy + ?Sized> Energy for &E {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        (**self).energy(x)
    }
}

impl<E: Differentiable + ?Sized> Differentiable for &E {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        (**self).gradient_into(x, gradient);
    }
}

/// A power of two near the largest of the numbers, or 1 where that is 0 or no number: divided by it none is above 2 and no digit is lost.
pub(crate) fn unit(values: impl Iterator<Item = f64>) -> f64 {
    let largest = values.fold(0.0_f64, |most, v| most.max(v.abs()));
    // With the bits of its exponent alone a number is a power of two.
    let unit = f64::from_bits(largest.to_bits() & f64::INFINITY.to_bits());
    if unit > 0.0 && unit.is_finite() { unit } else { 1.0 }
}

/// $\sum_j a_j d_j$ of a row `a` of a matrix and a shift `d`, where partial sums may leave the range of numbers though the sum does not; an entry of 0
/// answers nothing to an infinite shift.
pub(crate) fn wide_dot(
    a: impl Iterator<Item = f64> + Clone,
    d: impl Iterator<Item = f64> + Clone,
) -> f64 {
    let (of_a, of_d) = (unit(a.clone()), unit(d.clone()));
    let terms = a.zip(d).filter(|&(a, d)| a != 0.0 || d.is_nan());
    let sum: f64 = terms.map(|(a, d)| (a / of_a) * (d / of_d)).sum();
    // Whichever order does not overflow on the way.
    if (sum * of_a).is_finite() { sum * of_a * of_d } else { sum * of_d * of_a }
}

/// $\frac12 \sum_{ij} d_i a_{ij} d_j - \sum_i b_i d_i$ with the entries `a(i, j)`, where parts of it leave the range of numbers.
#[cold]
pub(crate) fn wide_form(
    n: usize,
    a: impl Fn(usize, usize) -> f64,
    b: impl Fn(usize) -> f64,
    d: impl Fn(usize) -> f64,
) -> f64 {
    let entries = || (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
    let (of_a, of_d) = (unit(entries().map(|(i, j)| a(i, j))), unit((0..n).map(&d)));
    let square: f64 =
        entries().map(|(i, j)| (a(i, j) / of_a) * (d(i) / of_d) * (d(j) / of_d)).sum();
    let line: f64 = (0..n).map(|i| b(i) * (d(i) / of_d)).sum();
    of_d * (0.5 * square * of_a * of_d - line)
}

/// Every state of `units` units that are each `low` or `high`, one to a row, $2^n \times n$, counted in binary: the last unit changes fastest.
///
/// ```
/// use downhill::energy::binary_states;
/// use ndarray::array;
/// assert_eq!(binary_states(2, -1.0, 1.0)?, array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when `units` is 0 or above 20, a million states.
pub fn binary_states(units: usize, low: f64, high: f64) -> Result<Array2<f64>, Error> {
    check::parameter("units", units as f64, "between 1 and 20", (1..=20).contains(&units))?;
    Ok(Array2::from_shape_fn((1 << units, units), |(state, unit)| {
        if state >> (units - 1 - unit) & 1 == 1 { high } else { low }
    }))
}
