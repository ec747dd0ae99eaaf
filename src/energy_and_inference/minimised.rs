//! What was not seen takes the value that fits best.

use std::cell::RefCell;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, s};

use super::{Lowest, search};
use crate::{
    Error, check,
    energy::{Differentiable, Energy},
};

/// The energy $F_\infty(y) = \min_z E(y, z)$ that is left of $E$ when a latent variable $z$, out of a list, takes its best value.
/// The state of $E$ is $y$ followed by $z$.
///
/// ```
/// use downhill::{energy::Energy, energy_and_inference::{Ellipse, Minimised}};
/// use ndarray::{Array1, Axis, array};
/// let angles = Array1::linspace(0.0, 6.0, 601).insert_axis(Axis(1));
/// let off = Minimised::new(Ellipse::new(2.0, 1.0)?, 2, angles)?;
/// // (3, 0) is at the distance 1 from the ellipse, and the angle that says so is 0.
/// assert_eq!(off.energy(&array![3.0, 0.0]), 0.5);
/// assert_eq!(off.latent(&array![3.0, 0.0]), array![0.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Minimised<E> {
    energy: E,
    latents: Array2<f64>,
    /// The state (y, z), and the slope there.
    whole: RefCell<(Array1<f64>, Array1<f64>)>,
}

impl<E: Energy> Minimised<E> {
    /// The energy of `answer` units that is left of `energy` when the units after them take the best row of `latents`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `answer` is 0; [`Error::Empty`] or [`Error::Domain`] when there are no `latents` or one is not finite.
    pub fn new(energy: E, answer: usize, latents: Array2<f64>) -> Result<Self, Error> {
        check::parameter("answer", answer as f64, "at least 1", answer >= 1)?;
        check::non_empty("latents", &latents)?;
        check::finite("latents", &latents)?;
        let units = answer + latents.ncols();
        Ok(Self {
            energy,
            latents,
            whole: RefCell::new((Array1::zeros(units), Array1::zeros(units))),
        })
    }

    /// $\check z(y) = \argmin_z E(y, z)$.
    ///
    /// # Panics
    /// When `y` has not as many entries as there are units in an answer.
    pub fn latent(&self, y: &ArrayRef1<f64>) -> Array1<f64> {
        self.latents.row(self.best(y).index).to_owned()
    }

    /// The best latent; of an energy that is nowhere a number below $+\infty$, the first. NaN stays NaN.
    // ANCHOR: best
    fn best(&self, y: &ArrayRef1<f64>) -> Lowest {
        let (whole, _) = &mut *self.whole.borrow_mut();
        let split = whole.len() - self.latents.ncols();
        assert_eq!(y.len(), split, "an answer of {} entries for {split} units", y.len());
        whole.slice_mut(s![..split]).assign(y);
        let mut lowest = Lowest { index: 0, energy: f64::INFINITY };
        for (index, z) in self.latents.rows().into_iter().enumerate() {
            whole.slice_mut(s![split..]).assign(&z);
            let energy = self.energy.energy(whole);
            if energy < lowest.energy || energy.is_nan() {
                lowest = Lowest { index, energy };
            }
        }
        lowest
    }
    // ANCHOR_END: best

    /// $(\check y, \check z) = \argmin_{y, z} E(y, z)$ over the rows of `answers` and the latents: the row with its energy, and the latent.
    ///
    /// # Errors
    /// Those of [`search`].
    pub fn search(&self, answers: &ArrayRef2<f64>) -> Result<(Lowest, Array1<f64>), Error> {
        let lowest = search(self, answers)?;
        Ok((lowest, self.latent(&answers.row(lowest.index))))
    }
}

impl<E: Energy> Energy for Minimised<E> {
    fn energy(&self, y: &ArrayRef1<f64>) -> f64 {
        self.best(y).energy
    }
}

/// Where the best latent changes with $y$, its own change costs nothing to first order: the slope of $F_\infty$ is that of $E$ at
/// $\check z$ held.
// ANCHOR: envelope
impl<E: Differentiable> Differentiable for Minimised<E> {
    fn gradient_into(&self, y: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let best = self.best(y);
        assert_eq!(gradient.len(), y.len(), "a slope for each unit of the answer");
        let (whole, slope) = &mut *self.whole.borrow_mut();
        whole.slice_mut(s![y.len()..]).assign(&self.latents.row(best.index));
        self.energy.gradient_into(whole, slope);
        gradient.assign(&slope.slice(s![..y.len()]));
    }
}
// ANCHOR_END: envelope
