//! Part of the state is given.

use std::cell::RefCell;

use ndarray::{Array1, ArrayRef1};

use crate::{
    Error, check,
    energy::{Differentiable, Energy},
};

/// An energy with some units held at what was observed: an energy of the others.
///
/// ```
/// use downhill::{energy::{Energy, Gaussian}, energy_and_inference::Clamped};
/// use ndarray::array;
/// let joint = Gaussian::new(array![0.0, 0.0], array![[1.0, -0.5], [-0.5, 1.0]])?;
/// // The first unit is 2, the second is asked for.
/// let answers = Clamped::new(&joint, array![2.0, 0.0], vec![1])?;
/// assert_eq!(answers.energy(&array![1.0]), joint.energy(&array![2.0, 1.0]));
/// assert_eq!(answers.complete(&array![1.0]), array![2.0, 1.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clamped<E> {
    energy: E,
    free: Vec<usize>,
    /// The whole state, of which `free` is overwritten at each call, and the whole slope.
    whole: RefCell<(Array1<f64>, Array1<f64>)>,
}

impl<E> Clamped<E> {
    /// Holds the units of `state` but those whose indices are in `free`; what `state` says of these does not matter.
    ///
    /// # Errors
    /// [`Error::Empty`] when no unit is free, [`Error::Parameter`] when an index in `free` is not below the length of `state`
    /// or not above the one before it, [`Error::Domain`] when a unit that is held is not finite.
    pub fn new(energy: E, mut state: Array1<f64>, free: Vec<usize>) -> Result<Self, Error> {
        if free.is_empty() {
            return Err(Error::Empty { what: "free" });
        }
        for (k, &i) in free.iter().enumerate() {
            let rising = i < state.len() && (k == 0 || free[k - 1] < i);
            check::parameter(
                "an index in free",
                i as f64,
                "that of a unit, and above the one before",
                rising,
            )?;
        }
        for &i in &free {
            state[i] = 0.0;
        }
        check::finite("state", &state)?;
        let slope = Array1::zeros(state.len());
        Ok(Self { energy, free, whole: RefCell::new((state, slope)) })
    }

    /// The whole state when the free units are `y`.
    ///
    /// # Panics
    /// When `y` has not an entry for each free unit.
    pub fn complete(&self, y: &ArrayRef1<f64>) -> Array1<f64> {
        self.fill(y);
        self.whole.borrow().0.clone()
    }

    fn fill(&self, y: &ArrayRef1<f64>) {
        assert_eq!(
            y.len(),
            self.free.len(),
            "{} entries for {} free units",
            y.len(),
            self.free.len()
        );
        let (state, _) = &mut *self.whole.borrow_mut();
        for (&i, &y) in self.free.iter().zip(y) {
            state[i] = y;
        }
    }
}

// ANCHOR: clamped
impl<E: Energy> Energy for Clamped<E> {
    fn energy(&self, y: &ArrayRef1<f64>) -> f64 {
        self.fill(y);
        self.energy.energy(&self.whole.borrow().0)
    }
}

impl<E: Differentiable> Differentiable for Clamped<E> {
    fn gradient_into(&self, y: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        self.fill(y);
        assert_eq!(gradient.len(), y.len(), "a slope for each free unit");
        let (state, slope) = &mut *self.whole.borrow_mut();
        self.energy.gradient_into(state, slope);
        for (g, &i) in gradient.iter_mut().zip(&self.free) {
            *g = slope[i];
        }
    }
}
// ANCHOR_END: clamped
