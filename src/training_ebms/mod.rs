//! Training energies: how does one dig valleys where the data are, and nowhere else?
//!
//! | in the book | here |
//! |---|---|
//! | energies of a table, of pairs of spins, a bowl, a network with one hidden layer | [`Table`], [`Pairwise`], [`Bowl`], [`NetworkEnergy`] |
//! | negative log-likelihood $\langle E \rangle_{\text{data}} + \log Z$, exactly | [`Likelihood`] |
//! | positive minus negative phase | [`contrast`] |
//! | contrastive divergence, persistent chains | [`Contrastive`], [`Start`] |
//! | a loss $\ell$ of the difference $E(y) - E(\bar y)$ of a pair | [`PairLoss`] |
//! | pseudo-likelihood, ratio matching, minimum probability flow | [`Neighbours`] |
//! | noise-contrastive estimation | [`noise_contrastive`] |
//! | score matching: explicit, sliced, denoising | [`Scored`], [`score_matching`], [`sliced_score_matching`], [`denoising_score_matching`] |
//! | contrastive embedding, InfoNCE | [`embedding_loss`], [`info_nce`] |
//! | code limited by a norm, $\min_z \lVert y - zD \rVert^2 + \lambda \lVert z \rVert^2$ | [`SoftCode`] |
//! | sparse coding, ISTA and FISTA, dictionary $D$ | [`SparseCoding`] |
//! | what an estimate cost | [`Counted`] |
//!
//! All objectives have one form: they take an energy and data, write the gradient with respect to $\theta$ and return
//! the loss. [`learn`] hands them to any [`Optimizer`].
//!
//! Sources: G. E. Hinton, *Neural Computation* 14 (2002) 1771; A. Hyvärinen, *JMLR* 6 (2005) 695; M. Gutmann, A. Hyvärinen,
//! *JMLR* 13 (2012) 307; Y. LeCun et al., *A tutorial on energy-based learning* (2006); A. Beck, M. Teboulle, *SIAM J. Imaging
//! Sciences* 2 (2009) 183. Chapter: `chapters/2-energy/training-ebms.md`.

mod contrastive;
mod counted;
mod embedding;
mod likelihood;
mod machines;
mod neighbours;
mod network;
mod noise;
mod score;
#[cfg(feature = "lapack")]
mod soft_code;
mod sparse_coding;

#[cfg(feature = "lapack")]
pub use soft_code::SoftCode;
pub use {
    contrastive::{Contrastive, PairLoss, Start, contrast},
    counted::Counted,
    embedding::{embedding_loss, info_nce},
    likelihood::Likelihood,
    machines::{Bowl, Pairwise, Table},
    neighbours::Neighbours,
    network::NetworkEnergy,
    noise::noise_contrastive,
    score::{Scored, denoising_score_matching, score_matching, sliced_score_matching},
    sparse_coding::SparseCoding,
};

use ndarray::{Array1, ArrayRef1, ArrayRef2};

use crate::{Error, check, energy::Learnable, optimizers::Optimizer};

/// Samples, one to a row: at least one, of at least one entry, all finite.
fn check_samples(what: &'static str, samples: &ArrayRef2<f64>) -> Result<(), Error> {
    check::non_empty(what, samples)?;
    check::finite(what, samples)
}

/// What each of the samples, one to a row, counts for in their mean.
fn share(samples: &ArrayRef2<f64>) -> f64 {
    assert!(samples.nrows() > 0, "the mean of no samples");
    1.0 / samples.nrows() as f64
}

/// Adds `weight` times the mean of $\partial E / \partial \theta$ over the rows of `samples` to `gradient`, and returns the mean energy.
///
/// # Panics
/// When there are no rows, they have not as many entries as the machine has units, or `gradient` not as many as it has parameters.
fn add_mean(
    energy: &impl Learnable,
    samples: &ArrayRef2<f64>,
    weight: f64,
    gradient: &mut ArrayRef1<f64>,
) -> f64 {
    let share = share(samples);
    samples.rows().into_iter().fold(0.0, |mean, x| {
        energy.add_parameter_gradient(&x, weight * share, gradient);
        mean + share * energy.energy(&x)
    })
}

/// Trains `energy` by `steps` steps of `optimizer` on an objective, and returns the last loss.
///
/// `loss(energy, gradient)` writes the gradient and returns the loss, as all objectives of this module do; `each(k, energy, loss)`
/// sees every point of the way, from the start, `k` = 0, to the end, `k` = `steps`.
///
/// ```
/// use downhill::{optimizers::Adam, training_ebms::{Likelihood, Table, learn}, energy::Energy};
/// use ndarray::array;
/// let mut table = Table::new(array![0.0, 0.0])?;
/// let data = array![[0.0], [0.0], [0.0], [1.0]];
/// let mut likelihood = Likelihood::new(array![[0.0], [1.0]])?;
/// learn(&mut Adam::new(0.05)?, |table, gradient| likelihood.loss(table, &data, gradient), &mut table, 1000, |_, _, _| {})?;
/// // Odds of three to one are an energy difference of ln 3.
/// let gap = table.energy(&array![1.0]) - table.energy(&array![0.0]);
/// assert!((gap - 3f64.ln()).abs() < 1e-6);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Diverged`] at the first step whose loss is not finite.
pub fn learn<E: Learnable>(
    optimizer: &mut impl Optimizer,
    mut loss: impl FnMut(&E, &mut ArrayRef1<f64>) -> f64,
    energy: &mut E,
    steps: usize,
    mut each: impl FnMut(usize, &E, f64),
) -> Result<f64, Error> {
    let mut gradient = Array1::zeros(energy.parameters().len());
    let mut value = f64::NAN;
    for k in 0..=steps {
        if k > 0 {
            optimizer.step(energy.parameters_mut(), &gradient);
        }
        value = loss(energy, &mut gradient);
        if !value.is_finite() {
            return Err(Error::Diverged { what: "training", step: k, loss: value });
        }
        each(k, energy, value);
    }
    Ok(value)
}
