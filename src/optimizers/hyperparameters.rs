//! The numbers that no gradient sets.

use ndarray::{Array2, ArrayRef1};

use crate::{Error, check};

/// What [`grid_search`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The pair with the lowest score.
    pub best: (f64, f64),
    /// Its score.
    pub score: f64,
    /// Every score, a row for each value of the first number, a column for each of the second.
    pub scores: Array2<f64>,
}

/// Tries every pair of values and keeps the one with the lowest `score`, the error on held-out data say. A score that
/// is not finite, as of a training that diverged, never wins.
///
/// ```
/// use downhill::optimizers::grid_search;
/// use ndarray::array;
/// let grid = grid_search(&array![1.0, 2.0, 3.0], &array![0.0, 0.5], |a, b| (a - 2.0_f64).powi(2) + b)?;
/// assert_eq!((grid.best, grid.score), ((2.0, 0.0), 0.0));
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] when there is nothing to try; [`Error::Domain`] when no score is finite.
// ANCHOR: grid_search
pub fn grid_search(
    first: &ArrayRef1<f64>,
    second: &ArrayRef1<f64>,
    mut score: impl FnMut(f64, f64) -> f64,
) -> Result<Grid, Error> {
    check::non_empty("first", first)?;
    check::non_empty("second", second)?;
    let scores =
        Array2::from_shape_fn((first.len(), second.len()), |(i, j)| score(first[i], second[j]));
    let finite = scores.indexed_iter().filter(|(_, score)| score.is_finite());
    match finite.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
        Some(((i, j), &score)) => Ok(Grid { best: (first[i], second[j]), score, scores }),
        None => Err(Error::Domain {
            what: "scores",
            index: "0, 0".to_owned(),
            value: scores[[0, 0]],
            must: "finite somewhere",
        }),
    }
}
// ANCHOR_END: grid_search
