//! Sampling: how does one draw from a distribution that is known only up to a factor?
//!
//! | in the book | here |
//! |---|---|
//! | Markov kernel $K(x \to x')$ | [`Kernel`] |
//! | Metropolis's rule | [`Metropolis`] |
//! | Gibbs sampling | [`Gibbs`] |
//! | Langevin dynamics, step $\eta$ | [`Langevin`] |
//!
//! Chapter: `chapters/2-energy/sampling.md`.

mod gibbs;
mod langevin;
mod metropolis;

pub use gibbs::Gibbs;
pub use langevin::Langevin;
pub use metropolis::Metropolis;

use ndarray::{Array2, ArrayRef1};
use rand::Rng;

/// A Markov kernel: a rule that moves a state at random, and that knows nothing of the states before.
///
/// A kernel owns what it needs, its target and its buffers, so that a chain is a kernel, a state and a generator.
pub trait Kernel {
    /// Moves `x` one step, in place; whether the move was taken. A kernel that refuses none always says `true`.
    ///
    /// Allocates nothing.
    ///
    /// # Panics
    /// When `x` has not as many entries as the target has units.
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool;

    /// The states that the chain visits from `x` on: one to a row, `steps × n`, the first of them after one step. `x` ends as the last.
    ///
    /// # Panics
    /// When `x` has not as many entries as the target has units.
    fn run(&mut self, x: &mut ArrayRef1<f64>, steps: usize, rng: &mut impl Rng) -> Array2<f64> {
        let mut path = Array2::zeros((steps, x.len()));
        for mut row in path.rows_mut() {
            self.step(x, rng);
            row.assign(x);
        }
        path
    }
}
