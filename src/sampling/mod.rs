//! Sampling: how does one draw from a distribution that is known only up to a factor?
//!
//! | in the book | here |
//! |---|---|
//! | $F^{-1}(u)$ for a finite list | [`Categorical`] |
//! | $(z_1, z_2)$ from $(u_1, u_2)$ | [`box_muller`] |
//! | rejection with the bound $M$ | [`rejection`] |
//! | weights $w_i = p(x_i) / q(x_i)$, effective number $n_{\text{eff}}$ | [`Importance`] |
//! | transition matrix $P$, stationary $\pi$, gap $\gamma$ | [`MarkovChain`] |
//! | Markov kernel $K(x \to x')$ | [`Kernel`] |
//! | Metropolis's rule; proposal $q(x' \mid x)$ | [`Metropolis`]; [`MetropolisHastings`], [`Proposal`] |
//! | Gibbs sampling | [`Gibbs`] |
//! | Langevin dynamics, step $\eta$; corrected | [`Langevin`]; [`Mala`] |
//! | Hamiltonian Monte Carlo | [`Hamiltonian`] |
//! | temperature $T$ that falls; ladder of temperatures | [`anneal`]; [`Tempering`] |
//! | autocorrelation $\rho_k$, its time $\tau$, $\hat R$ | [`autocorrelation`], [`autocorrelation_time`], [`effective_size`], [`split_r_hat`] |
//! | the same by ranks | [`bulk_effective_size`], [`rank_r_hat`] |
//! | Ising model on a big lattice; Onsager's solution | [`Lattice`]; [`onsager`] |
//!
//! Chapter: `chapters/2-energy/sampling.md`.

mod diagnostics;
mod direct;
mod gibbs;
mod hamiltonian;
mod langevin;
mod lattice;
mod markov;
mod metropolis;
pub mod onsager;
mod parallel;
mod temperature;

pub use diagnostics::{
    autocorrelation, autocorrelation_time, bulk_effective_size, effective_size, rank_r_hat,
    split_r_hat,
};
pub use direct::{Categorical, Importance, box_muller, rejection};
pub use gibbs::Gibbs;
pub use hamiltonian::Hamiltonian;
pub use langevin::{Langevin, Mala};
pub use lattice::Lattice;
pub use markov::{MarkovChain, total_variation};
pub use metropolis::{Metropolis, MetropolisHastings, Proposal};
pub use parallel::chains;
pub use temperature::{Annealed, Tempering, anneal};

use ndarray::{Array1, Array2, ArrayRef1};
use rand::Rng;

use crate::energy::Differentiable;

/// A Markov kernel: a rule that moves a state at random, and that knows nothing of the states before.
///
/// A kernel owns what it needs, its target and its buffers, so that a chain is a kernel, a state and a generator.
///
/// ```
/// use downhill::sampling::Kernel;
/// use ndarray::{ArrayRef1, array};
/// use rand::{Rng, RngExt};
/// struct Walk;
/// impl Kernel for Walk {
///     fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
///         x[0] += if rng.random::<bool>() { 1.0 } else { -1.0 };
///         true
///     }
/// }
/// let path = Walk.run(&mut array![0.0], 10, &mut downhill::rng(1));
/// assert_eq!(path[[9, 0]] % 2.0, 0.0, "an even number of steps");
/// ```
pub trait Kernel {
    /// Moves `x` one step, in place; whether the move was taken. A kernel that refuses none always says `true`.
    ///
    /// Allocates nothing.
    ///
    /// # Panics
    /// When `x` has not as many entries as the target has units, or the kernel meets an energy that is NaN or $-\infty$.
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool;

    /// The states that the chain visits from `x` on: one to a row, `steps × n`, the first of them after one step. `x` ends as the last.
    ///
    /// # Panics
    /// As [`Kernel::step`].
    fn run(&mut self, x: &mut ArrayRef1<f64>, steps: usize, rng: &mut impl Rng) -> Array2<f64> {
        let mut path = Array2::zeros((steps, x.len()));
        for mut row in path.rows_mut() {
            self.step(x, rng);
            row.assign(x);
        }
        path
    }
}

/// A kernel whose temperature can be changed.
///
/// ```
/// use downhill::{energy::DoubleWell, sampling::{Kernel, Metropolis, Thermal}};
/// use ndarray::array;
/// let mut kernel = Metropolis::new(DoubleWell::new(1.0, 0.0)?, 1, 0.5, 10.0)?;
/// kernel.set_temperature(0.0);
/// let mut x = array![1.0];
/// kernel.run(&mut x, 100, &mut downhill::rng(1));
/// // At zero temperature nothing climbs.
/// assert_eq!(x, array![1.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
pub trait Thermal: Kernel {
    /// Sets $T$.
    ///
    /// # Panics
    /// When `temperature` is one that the kernel's constructor refuses: negative or NaN, for some kernels 0 or infinite.
    fn set_temperature(&mut self, temperature: f64);
}

fn must_be_warm(temperature: f64, warm: bool) -> f64 {
    assert!(warm, "a temperature of {temperature}, at which the kernel cannot run");
    temperature
}

fn must_have(units: usize, x: &ArrayRef1<f64>) {
    assert_eq!(x.len(), units, "a state of {} entries for a kernel of {units} units", x.len());
}

/// A kernel cannot go on from an energy that is NaN, and from one of $-\infty$ it would never leave.
#[inline]
fn must_be_above_minus_infinity(energy: f64) -> f64 {
    assert!(energy > f64::NEG_INFINITY, "an energy of {energy}: it must be a number above -∞");
    energy
}

/// A state with the energy and the slope there.
#[derive(Clone, Debug)]
struct Place {
    x: Array1<f64>,
    energy: f64,
    slope: Array1<f64>,
}

impl Place {
    fn nowhere(units: usize) -> Self {
        let nan = Array1::from_elem(units, f64::NAN);
        Self { x: nan.clone(), energy: f64::NAN, slope: nan }
    }

    /// Goes to `x`; what is known of it already is not computed anew.
    fn go(&mut self, target: &impl Differentiable, x: &ArrayRef1<f64>) {
        must_have(self.x.len(), x);
        if self.x != *x {
            self.x.assign(x);
            self.look(target);
        }
    }

    /// Computes energy and slope.
    fn look(&mut self, target: &impl Differentiable) {
        target.gradient_into(&self.x, &mut self.slope);
        self.weigh(target);
    }

    /// Computes the energy.
    fn weigh(&mut self, target: &impl Differentiable) {
        self.energy = must_be_above_minus_infinity(target.energy(&self.x));
    }
}
