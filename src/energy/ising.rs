//! Magnets on a lattice.

use ndarray::ArrayRef1;

use super::Energy;
use crate::{Error, check};

/// The Ising model on a lattice of `rows × columns` spins ±1 whose edges are joined: $E(s) = -J \sum_{\langle ij \rangle} s_i s_j - B \sum_i s_i$, the first sum
/// over neighbours. One row is a ring. A state lists the spins row by row.
///
/// A side of length 1 has no bonds; one of length 2 has two between the same neighbours, one of them round the edge.
/// Source: E. Ising, Zeitschrift für Physik 31 (1925) 253.
///
/// ```
/// use downhill::energy::{Energy, Ising};
/// use ndarray::Array1;
/// let ring = Ising::new(1, 5, 1.0, 0.0)?;
/// assert_eq!(ring.energy(&Array1::ones(5)), -5.0);
/// let torus = Ising::new(4, 4, 1.0, 0.5)?;
/// assert_eq!(torus.energy(&Array1::ones(16)), -32.0 - 8.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ising {
    rows: usize,
    columns: usize,
    coupling: f64,
    field: f64,
}

impl Ising {
    /// The lattice of `rows × columns` spins, with `coupling` $J$ and external `field` $B$.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a side is 0, or the coupling or the field not finite.
    pub fn new(rows: usize, columns: usize, coupling: f64, field: f64) -> Result<Self, Error> {
        check::parameter("rows", rows as f64, "at least 1", rows >= 1)?;
        check::parameter("columns", columns as f64, "at least 1", columns >= 1)?;
        check::parameter("coupling", coupling, "finite", coupling.is_finite())?;
        check::parameter("field", field, "finite", field.is_finite())?;
        Ok(Self { rows, columns, coupling, field })
    }

    /// The number of spins.
    pub fn units(&self) -> usize {
        self.rows * self.columns
    }

    /// The local field on spin `i`, $h_i = J \sum_{j \sim i} s_j + B$: flipping the spin changes the energy by $2 s_i h_i$.
    ///
    /// ```
    /// use downhill::energy::{Energy, Ising};
    /// use ndarray::array;
    /// let ring = Ising::new(1, 4, 1.0, 0.0)?;
    /// let (s, flipped) = (array![1.0, 1.0, -1.0, 1.0], array![1.0, -1.0, -1.0, 1.0]);
    /// assert_eq!(ring.energy(&flipped) - ring.energy(&s), 2.0 * s[1] * ring.local_field(&s, 1));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is no spin `i`, or `state` has not an entry for each of its neighbours.
    pub fn local_field(&self, state: &ArrayRef1<f64>, i: usize) -> f64 {
        let (row, column) = (i / self.columns, i % self.columns);
        let at = |row: usize, column: usize| state[row * self.columns + column];
        let mut neighbours = 0.0;
        if self.columns > 1 {
            neighbours += at(row, (column + 1) % self.columns);
            neighbours += at(row, (column + self.columns - 1) % self.columns);
        }
        if self.rows > 1 {
            neighbours += at((row + 1) % self.rows, column);
            neighbours += at((row + self.rows - 1) % self.rows, column);
        }
        self.coupling * neighbours + self.field
    }
}

impl Energy for Ising {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        assert_eq!(
            state.len(),
            self.units(),
            "a state of {} spins on {}",
            state.len(),
            self.units()
        );
        // Every bond is seen from both its ends.
        state
            .iter()
            .enumerate()
            .fold(0.0, |sum, (i, &s)| sum - 0.5 * s * (self.local_field(state, i) + self.field))
    }
}
