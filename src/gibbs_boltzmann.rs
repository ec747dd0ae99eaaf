//! Gibbs and Boltzmann: how does an energy become a probability?
//!
//! | in the book | here |
//! |---|---|
//! | states $x$ of a finite space, energies $E(x)$ | [`Boltzmann::new`], `states`, one to a row |
//! | inverse temperature $\beta = 1 / kT$ | `beta` |
//! | partition function $Z(\beta) = \sum_x e^{-\beta E(x)}$ | [`Boltzmann::log_partition`] |
//! | probability $p(x) = e^{-\beta E(x)} / Z$ | [`Boltzmann::probabilities`] |
//! | mean $\langle f \rangle = \sum_x p(x) f(x)$ | [`Boltzmann::mean`] |
//!
//! Chapter: `chapters/2-energy/gibbs-boltzmann.md`.

use ndarray::{Array1, Array2, ArrayRef1};

use crate::{Error, check, energy::Energy, free_energy::log_sum_exp};

/// The Gibbs distribution $p(x) = e^{-\beta E(x)} / Z(\beta)$ over a finite list of states, exactly, by enumeration.
///
/// ```
/// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::Boltzmann};
/// let ring = Ising::new(1, 3, 1.0, 0.0)?;
/// let hot = Boltzmann::new(&ring, binary_states(3, -1.0, 1.0)?, 0.0)?;
/// assert!((hot.log_partition() - 8f64.ln()).abs() < 1e-15);
/// let cold = Boltzmann::new(&ring, binary_states(3, -1.0, 1.0)?, 50.0)?;
/// // Two ground states share what probability there is.
/// assert!((cold.probabilities()[0] - 0.5).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Boltzmann {
    states: Array2<f64>,
    energies: Array1<f64>,
    beta: f64,
    log_partition: f64,
}

impl Boltzmann {
    /// The distribution of `energy` at the inverse temperature `beta` over `states`, one to a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without states, [`Error::Parameter`] when `beta` is negative or not finite, [`Error::Domain`] when the
    /// energy of a state is NaN or $-\infty$, or that of every state $+\infty$: there is then no distribution.
    pub fn new(energy: &impl Energy, states: Array2<f64>, beta: f64) -> Result<Self, Error> {
        check::non_empty("states", &states)?;
        check::parameter("beta", beta, "finite and not negative", beta >= 0.0 && beta.is_finite())?;
        let energies: Array1<f64> = states.rows().into_iter().map(|x| energy.energy(&x)).collect();
        check::every("energy of states", &energies, "a number above -∞", |e| e > f64::NEG_INFINITY)?;
        // A state of infinite energy cannot be, however hot it is: 0 · ∞ would be NaN.
        let exponents = energies.map(|&e| if e == f64::INFINITY { f64::NEG_INFINITY } else { -beta * e });
        let log_partition = log_sum_exp(&exponents);
        let must = "finite for one state at least";
        if log_partition == f64::NEG_INFINITY {
            return Err(Error::Domain {
                what: "energy of states",
                index: "0".into(),
                value: energies[0],
                must,
            });
        }
        Ok(Self { states, energies, beta, log_partition })
    }

    /// The states, one to a row.
    pub fn states(&self) -> &Array2<f64> {
        &self.states
    }

    /// The energy of each state.
    pub fn energies(&self) -> &Array1<f64> {
        &self.energies
    }

    /// $\beta$.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// $\log Z(\beta) = \log \sum_x e^{-\beta E(x)}$.
    pub fn log_partition(&self) -> f64 {
        self.log_partition
    }

    /// $p(x)$ of each state; they sum to 1.
    pub fn probabilities(&self) -> Array1<f64> {
        self.energies
            .map(|&e| if e == f64::INFINITY { 0.0 } else { (-self.beta * e - self.log_partition).exp() })
    }

    /// $\langle f \rangle = \sum_x p(x) f(x)$ over the states that can be.
    ///
    /// ```
    /// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::Boltzmann};
    /// let ring = Ising::new(1, 4, 1.0, 0.0)?;
    /// let p = Boltzmann::new(&ring, binary_states(4, -1.0, 1.0)?, 0.7)?;
    /// // Without a field neither sign is preferred.
    /// assert!(p.mean(|s| s.sum()).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn mean(&self, f: impl Fn(&ArrayRef1<f64>) -> f64) -> f64 {
        let terms = self.states.rows().into_iter().zip(self.probabilities());
        terms.filter(|&(_, p)| p > 0.0).map(|(x, p)| p * f(&x)).sum()
    }
}
