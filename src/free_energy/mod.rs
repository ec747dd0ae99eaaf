//! Free energy: what is the energy of a state that is only half seen?
//!
//! | in the book | here |
//! |---|---|
//! | $\log \sum_i e^{v_i}$ | [`log_sum_exp`] |
//! | free energy $F_\beta = -\frac1\beta \log \sum_z e^{-\beta E(z)}$ | [`free_energy()`], [`Levels::free_energy`] |
//! | the energy $F_\beta(x)$ of what is seen, once the latent $z$ is summed away | [`Marginal`] |
//! | $p(z \mid x)$ | [`Marginal::posterior`] |
//! | entropy $H\[q\] = -\sum_x q(x) \log q(x)$ | [`entropy`], [`Levels::entropy`] |
//! | variational free energy $F\[q\] = \E_q\[E\] - T H\[q\]$ | [`variational_free_energy`] |
//! | energy levels $E_k$, each of $g_k$ states | [`Levels`] |
//! | mean energy $\langle E \rangle$, heat capacity $C$ | [`Levels::mean_energy`], [`Levels::heat_capacity`] |
//! | $\partial \log Z / \partial\theta$ | [`log_partition_gradient`] |
//! | mean field: independent spins with means $m$ | [`MeanField`] |
//!
//! Everywhere $T = 1/\beta$, and logarithms are natural.
//!
//! Chapter: `chapters/2-energy/free-energy.md`.

mod levels;
mod marginal;
mod mean_field;

pub use levels::Levels;
pub use marginal::Marginal;
pub use mean_field::MeanField;

use ndarray::{Array1, Array2, ArrayRef1, Zip};

use crate::{Error, check, energy::Learnable, gibbs_boltzmann::Boltzmann};

/// $\log \sum_i e^{v_i}$, without overflow: the largest entry is taken out first. What the others add to it keeps its digits, however little it is.
///
/// Of no entries, or of entries that are all $-\infty$, it is $-\infty$, the logarithm of nothing. NaN gives NaN.
///
/// ```
/// use downhill::free_energy::log_sum_exp;
/// use ndarray::array;
/// assert_eq!(log_sum_exp(&array![1000.0, 1000.0]), 1000.0 + 2f64.ln());
/// assert_eq!(log_sum_exp(&array![f64::NEG_INFINITY, 3.0]), 3.0);
/// ```
// ANCHOR: log_sum_exp
pub fn log_sum_exp(v: &ArrayRef1<f64>) -> f64 {
    let largest = v.fold(f64::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a });
    if largest.is_infinite() {
        return largest;
    }
    log_sum_exp_below(largest, v.iter().copied())
}

pub(crate) fn log_sum_exp_below(largest: f64, v: impl Iterator<Item = f64>) -> f64 {
    // The term of the largest is 1. The others are summed apart, or the 1 would swallow small ones.
    let mut found = false;
    let others = v.fold(0.0, |sum, x| {
        if x == largest && !found {
            found = true;
            sum
        } else {
            sum + (x - largest).exp()
        }
    });
    largest + others.ln_1p()
}
// ANCHOR_END: log_sum_exp

/// The free energy $F_\beta = -\frac1\beta \log \sum_z e^{-\beta E(z)}$ of states with the given `energies`, in their unit.
///
/// `beta` may be infinite: the free energy is then the lowest energy, its limit. A state of energy $+\infty$ counts for nothing; where
/// there is no other, or no state at all, the free energy is $+\infty$. NaN gives NaN.
///
/// ```
/// use downhill::free_energy::free_energy;
/// use ndarray::array;
/// // Two ways of doing it are worth a gain of T log 2.
/// assert_eq!(free_energy(&array![3.0, 3.0], 2.0), 3.0 - 0.5 * 2f64.ln());
/// assert_eq!(free_energy(&array![3.0, 5.0], f64::INFINITY), 3.0);
/// ```
///
/// # Panics
/// When `beta` is not positive.
pub fn free_energy(energies: &ArrayRef1<f64>, beta: f64) -> f64 {
    require_positive(beta);
    // ANCHOR: free_energy
    let lowest = energies.fold(f64::INFINITY, |a, &e| if e < a || e.is_nan() { e } else { a });
    if !lowest.is_finite() || beta == f64::INFINITY {
        return lowest;
    }
    lowest - log_sum_exp_below(0.0, energies.iter().map(|e| -beta * (e - lowest))) / beta
    // ANCHOR_END: free_energy
}

/// The entropy $H\[q\] = -\sum_x q(x) \log q(x)$, in nats: 0 when one state is certain, $\log n$ when all $n$ are equally probable.
///
/// ```
/// use downhill::free_energy::entropy;
/// use ndarray::array;
/// assert_eq!(entropy(&array![0.5, 0.5, 0.0])?, 2f64.ln());
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without states, [`Error::Domain`] for a probability that is negative or not finite, [`Error::Parameter`] when they do not
/// sum to 1 within 1e-9.
pub fn entropy(q: &ArrayRef1<f64>) -> Result<f64, Error> {
    require_distribution(q)?;
    Ok(q.fold(0.0, |sum, &q| if q > 0.0 { sum - q * q.ln() } else { sum }))
}

/// The variational free energy $F\[q\] = \E_q\[E\] - T\, H\[q\]$ of a distribution `q` over states with the given `energies`, at $T$ = 1/`beta`.
///
/// It is never below [`free_energy()`], and reaches it where `q` is the Gibbs distribution. `beta` may be infinite; the entropy then counts for nothing.
///
/// ```
/// use downhill::free_energy::{free_energy, variational_free_energy};
/// use ndarray::array;
/// let energies = array![0.0, 1.0];
/// let guess = variational_free_energy(&array![0.5, 0.5], &energies, 1.0)?;
/// assert!(guess > free_energy(&energies, 1.0));
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// Those of [`entropy`]; [`Error::Shape`] when there is not an energy to each probability, [`Error::Domain`] at an energy that is NaN or $-\infty$,
/// [`Error::Parameter`] when `beta` is not positive.
pub fn variational_free_energy(
    q: &ArrayRef1<f64>,
    energies: &ArrayRef1<f64>,
    beta: f64,
) -> Result<f64, Error> {
    check::length("energies", q.len(), energies.len(), "entries, one a probability")?;
    check::every("energies", energies, "a number above -∞", |e| e > f64::NEG_INFINITY)?;
    check::parameter("beta", beta, "positive", beta > 0.0)?;
    // ANCHOR: variational
    // A state that never occurs costs nothing, even where it would cost infinity.
    let mean =
        Zip::from(q).and(energies).fold(0.0, |sum, &q, &e| if q > 0.0 { sum + q * e } else { sum });
    Ok(mean - entropy(q)? / beta)
    // ANCHOR_END: variational
}

/// $\partial \log Z / \partial \theta = -\beta \, \langle \partial E_\theta / \partial \theta \rangle$, as long as $\theta$: the mean over the Gibbs distribution of `model`
/// at `beta` on `states`, one to a row, by enumeration.
///
/// ```
/// use downhill::{energy::{Energy, Learnable}, free_energy::log_partition_gradient};
/// use ndarray::{Array1, ArrayRef1, array};
///
/// /// A spin in a field.
/// struct Spin { field: Array1<f64> }
/// impl Energy for Spin {
///     fn energy(&self, s: &ArrayRef1<f64>) -> f64 { -self.field[0] * s[0] }
/// }
/// impl Learnable for Spin {
///     fn parameters(&self) -> &ArrayRef1<f64> { &self.field }
///     fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> { &mut self.field }
///     fn add_parameter_gradient(&self, s: &ArrayRef1<f64>, weight: f64, gradient: &mut ArrayRef1<f64>) {
///         gradient[0] -= weight * s[0];
///     }
/// }
/// // Z = 2 cosh B, so the slope of its logarithm is tanh B.
/// let slope = log_partition_gradient(&Spin { field: array![0.3] }, array![[-1.0], [1.0]], 1.0)?;
/// assert!((slope[0] - 0.3f64.tanh()).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// Those of [`Boltzmann::new`].
pub fn log_partition_gradient(
    model: &impl Learnable,
    states: Array2<f64>,
    beta: f64,
) -> Result<Array1<f64>, Error> {
    let p = Boltzmann::new(model, states, beta)?;
    let mut gradient = Array1::zeros(model.parameters().len());
    // ANCHOR: log_partition_gradient
    for (x, p) in p.states().rows().into_iter().zip(p.probabilities()) {
        // A state without probability has no logarithm to differentiate.
        if p > 0.0 {
            model.add_parameter_gradient(&x, -beta * p, &mut gradient);
        }
    }
    // ANCHOR_END: log_partition_gradient
    Ok(gradient)
}

/// The Gibbs probabilities $e^{-\beta (E - F)}$ of states with the given energies; at $\beta = \infty$ the states of lowest energy share evenly.
///
/// # Panics
/// When no energy is finite.
fn gibbs(energies: &ArrayRef1<f64>, beta: f64) -> Array1<f64> {
    let free = free_energy(energies, beta);
    assert!(
        free.is_finite(),
        "a free energy of {free}: no state has a finite energy, or one is NaN or -∞"
    );
    // From the lowest energy on: a constant in all energies takes no digits from the differences.
    let lowest = energies.fold(f64::INFINITY, |a, &e| a.min(e));
    let mut p = if beta == f64::INFINITY {
        energies.map(|&e| if e == lowest { 1.0 } else { 0.0 })
    } else {
        energies.map(|&e| (-beta * (e - lowest)).exp())
    };
    p /= p.sum();
    p
}

fn require_positive(beta: f64) {
    assert!(beta > 0.0, "an inverse temperature of {beta}, where it must be positive");
}

fn require_distribution(q: &ArrayRef1<f64>) -> Result<(), Error> {
    check::non_empty("q", q)?;
    check::every("q", q, "finite and not negative", |q| q >= 0.0 && q.is_finite())?;
    let sum = q.sum();
    check::parameter("sum of q", sum, "1", (sum - 1.0).abs() <= 1e-9)
}
