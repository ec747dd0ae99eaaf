//! Backpropagation: how does a network of any depth find the slope of its cost?
//!
//! | in the book | here |
//! |---|---|
//! | sizes $M_0, \dots, M_L$ | [`Mlp::sizes`] |
//! | weights $w_{jk}^l$, to unit $j$ from unit $k$ | [`Mlp::weights`], `M_l × M_{l−1}` |
//! | biases $b_j^l$ | [`Mlp::biases`], `M_l` |
//! | all parameters $\Theta$ | [`Mlp::parameters`], one flat vector |
//! | $z_j^l$, $a_j^l$, $\delta_j^l$ of a batch | [`Pass::z`], [`Pass::a`], [`Pass::delta`], `n × M_l` |
//! | activation $\sigma$ | [`Activation`] |
//! | cost $\mathcal C$ | [`Loss`], and [`Penalty`] |
//! | $\nabla_\Theta \mathcal C$ | [`Mlp::backpropagate`], [`Pass::gradient`] |
//! | a step, an epoch, early stopping | [`Trainer::step`], [`Trainer::epoch`], [`Trainer::fit`] |
//! | reverse-mode automatic differentiation | [`Tape`], [`Var`] |
//!
//! Sources: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Nature 323 (1986) 533; A. Griewank and A. Walther,
//! *Evaluating Derivatives* (SIAM, 2008). Chapter: `chapters/1-descent/backprop.md`.

pub mod idx;

mod activation;
mod layer;
mod loss;
mod mlp;
mod save;
mod tape;
mod trainer;

pub use activation::{Activation, gelu, softmax, softplus};
pub use layer::{Dense, Layer};
pub use loss::{Loss, Penalty};
pub use mlp::{Initialisation, Mlp, Pass};
pub use tape::{Gradient, Tape, Var};
pub use trainer::{History, Stopping, Trainer};

use ndarray::{Array2, ArrayRef2};

/// Labels as rows of targets: 1 in the column of the label, 0 elsewhere; `n × classes`.
///
/// ```
/// assert_eq!(downhill::backprop::one_hot(&[1, 0], 3), ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
/// ```
///
/// # Panics
/// When a label is not below `classes`.
pub fn one_hot(labels: &[usize], classes: usize) -> Array2<f64> {
    let mut targets = Array2::zeros((labels.len(), classes));
    for (i, &label) in labels.iter().enumerate() {
        targets[[i, label]] = 1.0;
    }
    targets
}

/// The column of the largest entry of each row, the first of equals: what a classifier says.
///
/// ```
/// assert_eq!(downhill::backprop::classes(&ndarray::array![[0.1, 0.9], [3.0, -1.0]]), [1, 0]);
/// ```
///
/// # Panics
/// When `output` has rows but no columns.
pub fn classes(output: &ArrayRef2<f64>) -> Vec<usize> {
    let largest = |row: ndarray::ArrayView1<f64>| {
        (1..row.len()).fold(0, |best, j| if row[j] > row[best] { j } else { best })
    };
    output.rows().into_iter().map(largest).collect()
}

/// How often class `i` was called class `j`, in row `i` and column `j`.
///
/// ```
/// assert_eq!(downhill::backprop::confusion(&[0, 0, 1], &[0, 1, 1], 2), ndarray::array![[1, 1], [0, 1]]);
/// ```
///
/// # Panics
/// When the lengths differ or a class is not below `classes`.
pub fn confusion(truth: &[usize], called: &[usize], classes: usize) -> Array2<usize> {
    assert_eq!(truth.len(), called.len(), "one call for each truth");
    let mut counts = Array2::zeros((classes, classes));
    for (&i, &j) in truth.iter().zip(called) {
        counts[[i, j]] += 1;
    }
    counts
}
