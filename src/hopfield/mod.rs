//! Binary Hopfield networks: how can a machine find a whole memory from a part of it?
//!
//! Memories are the valleys of an energy, and to remember is to descend.
//!
//! | in the book | here |
//! |---|---|
//! | weights $W$, symmetric, zero diagonal | [`Hopfield::weights`], `n × n` |
//! | thresholds $\theta$ | [`Hopfield::thresholds`], `n` |
//! | state $s \in \{-1,+1\}^n$ | `state`, `n` |
//! | patterns $\xi^1,\dots,\xi^P$ | `patterns`, `P × n`, one to a row |
//! | field $h = W s - \theta$ | [`Hopfield::field`] |
//! | overlap $m = \frac1n \sum_i \xi_i s_i$ | [`overlap`] |
//! | load $\alpha = P/n$ | `load` |
//!
//! Sources: J. J. Hopfield, PNAS 79 (1982) 2554; the submodules name theirs.
//! Chapter: `chapters/3-early-models/hopfield.md`.

mod dense;
mod network;
mod unlearning;

pub mod capacity;
pub mod stdp;

pub use dense::DenseMemory;
pub use network::{Hopfield, Limit, Recall};
pub use unlearning::Unlearning;

use ndarray::{Array2, ArrayRef, ArrayRef1, ArrayRef2, Dimension};

use crate::{Error, check};

/// The overlap $m = \frac1n \sum_i a_i b_i$ of two states: 1 when they agree everywhere, 0 when they
/// agree by chance, −1 when one is the other's negative.
///
/// ```
/// use downhill::hopfield::overlap;
/// use ndarray::array;
/// assert_eq!(overlap(&array![1.0, 1.0, -1.0, 1.0], &array![1.0, 1.0, -1.0, -1.0]), 0.5);
/// ```
///
/// # Panics
/// When the lengths differ or are 0.
pub fn overlap(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len(), "overlap of states of {} and {} units", a.len(), b.len());
    assert!(!a.is_empty(), "the overlap of states without units");
    a.dot(b) / a.len() as f64
}

/// An orthonormal basis, one vector to a row, of the space that the rows of `patterns` span, by
/// Gram–Schmidt. A row that depends on those before it adds none.
fn orthonormal_basis(patterns: &ArrayRef2<f64>) -> Array2<f64> {
    let mut basis = Array2::zeros((0, patterns.ncols()));
    for pattern in patterns.rows() {
        let mut rest = pattern.to_owned();
        // The second pass removes what rounding left of the first.
        for _ in 0..2 {
            rest = &rest - &basis.t().dot(&basis.dot(&rest));
        }
        let norm = rest.dot(&rest).sqrt();
        if norm > 1e-10 * pattern.dot(&pattern).sqrt() {
            basis.push_row((rest / norm).view()).expect("a row as long as the patterns");
        }
    }
    basis
}

fn require_bipolar<D: Dimension>(
    what: &'static str,
    values: &ArrayRef<f64, D>,
) -> Result<(), Error> {
    check::every(what, values, "-1 or +1", |v| v == 1.0 || v == -1.0)
}

fn require_patterns(patterns: &ArrayRef2<f64>) -> Result<(), Error> {
    check::non_empty("patterns", patterns)?;
    require_bipolar("patterns", patterns)
}
