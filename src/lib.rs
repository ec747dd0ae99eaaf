//! The mathematics of machine learning, from least squares to attention, one module a chapter.
//!
//! This is the library behind the book *Downhill*. One idea holds it together: a model is an energy,
//! and inference, learning and sampling are three ways of going downhill on it.
//!
//! A row of a matrix is a sample. Arguments are `&ArrayRef1<f64>` and `&ArrayRef2<f64>`, to which arrays
//! and views both dereference. Randomness is an argument: pass a generator, for instance [`rng`].
//!
//! Constructors, `fit` and loaders check their input and return [`Error`]; methods that evaluate a model
//! panic on an argument of the wrong length, as ndarray does, and say so.

pub mod backprop;
pub mod combining_densities;
pub mod data;
pub mod directed_vs_energy;
pub mod divergences;
pub mod energy;
pub mod energy_and_inference;
pub mod free_energy;
pub mod gibbs_boltzmann;
pub mod hopfield;
pub mod introduction;
pub mod ols;
pub mod optimizers;
pub mod perceptron;
pub mod plot;
pub mod ridge_lasso;
pub mod sampling;
pub mod training_ebms;
pub mod two_layer;
pub mod universal_approximation;

mod check;
mod error;
mod moments;

pub use error::Error;

// Links BLAS into every program that uses this crate, even one that calls only ndarray's `dot`.
#[cfg(feature = "lapack")]
use ndarray_linalg as _;
use rand::{SeedableRng, rngs::ChaCha8Rng};

/// The book's generator of random numbers, ChaCha with 8 rounds: the same stream on every machine.
///
/// ```
/// use rand::RngExt;
/// let (mut a, mut b) = (downhill::rng(7), downhill::rng(7));
/// assert_eq!(a.random::<u64>(), b.random::<u64>());
/// ```
pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}
