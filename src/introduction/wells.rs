//! Memories as wells in a plain.

use ndarray::{Array2, ArrayRef1, Axis, Zip};

use crate::{
    Error, check,
    energy::{Differentiable, Energy},
};

/// A plain of energy 0 with a round well of depth 1 pressed into it at each memory.
///
/// ```
/// use downhill::{energy::Energy, introduction::Wells};
/// use ndarray::array;
///
/// let mut wells = Wells::new(2, 0.5)?;
/// wells.store(&array![1.0, 0.0])?;
/// assert_eq!(wells.energy(&array![1.0, 0.0]), -1.0);
/// let path = wells.recall(&array![0.6, 0.4], 100)?;
/// assert!((path[[100, 0]] - 1.0).abs() < 1e-6);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Wells {
    memories: Array2<f64>,
    width: f64,
}

impl Wells {
    /// The flat plain of `units` dimensions; the wells to come have the `width` $s > 0$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no dimension, or the width is not positive or its square leaves the range of numbers.
    pub fn new(units: usize, width: f64) -> Result<Self, Error> {
        check::parameter("units", units as f64, "at least 1", units >= 1)?;
        check::width(width)?;
        Ok(Self { memories: Array2::zeros((0, units)), width })
    }

    /// Presses a well into the landscape at `memory`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Domain`] for a memory that is no place in the landscape.
    pub fn store(&mut self, memory: &ArrayRef1<f64>) -> Result<(), Error> {
        self.place("memory", memory)?;
        // The length was checked.
        self.memories.push_row(memory.view()).map_err(|e| Error::Shape {
            what: "memory",
            expected: self.memories.ncols().to_string(),
            got: e.to_string(),
        })
    }

    /// The memories, a row each.
    pub fn memories(&self) -> &Array2<f64> {
        &self.memories
    }

    /// Slides downhill from `cue`: `steps` steps of gradient descent, a state to a row, `(steps + 1) × units`.
    ///
    /// The rate $s^2 / M$, for $M$ memories, is the inverse of a bound on the curvature, so that no step goes uphill.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Domain`] for a cue that is no place in the landscape.
    // ANCHOR: recall
    pub fn recall(&self, cue: &ArrayRef1<f64>, steps: usize) -> Result<Array2<f64>, Error> {
        self.place("cue", cue)?;
        let rate = self.width.powi(2) / self.memories.nrows().max(1) as f64;
        let mut path = Array2::zeros((steps + 1, cue.len()));
        let mut x = cue.to_owned();
        for mut row in path.rows_mut() {
            row.assign(&x);
            let gradient = self.gradient(&x);
            x.scaled_add(-rate, &gradient);
        }
        Ok(path)
    }
    // ANCHOR_END: recall

    /// How far the well at `memory` pulls the energy down at `x`: 1 at its bottom.
    fn depth(&self, x: &ArrayRef1<f64>, memory: &ArrayRef1<f64>) -> f64 {
        let square = Zip::from(x).and(memory).fold(0.0, |sum, x, m| sum + (x - m).powi(2));
        (-0.5 * square / self.width.powi(2)).exp()
    }

    fn place(&self, what: &'static str, x: &ArrayRef1<f64>) -> Result<(), Error> {
        check::length(what, self.memories.ncols(), x.len(), "entries, one a dimension")?;
        check::finite(what, x)
    }
}

// ANCHOR: energy
impl Energy for Wells {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        -self.memories.axis_iter(Axis(0)).map(|memory| self.depth(x, &memory)).sum::<f64>()
    }
}
// ANCHOR_END: energy

/// $\nabla E(x) = \frac1{s^2} \sum_\mu (x - m^\mu)\, e^{-\lVert x - m^\mu \rVert^2 / 2 s^2}$.
impl Differentiable for Wells {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(0.0);
        for memory in self.memories.rows() {
            let depth = self.depth(x, &memory);
            Zip::from(&mut *gradient)
                .and(x)
                .and(memory)
                .for_each(|slope, x, m| *slope += (x - m) * depth / self.width.powi(2));
        }
    }
}
