//! Gibbs and Boltzmann: how does an energy become a probability?
//!
//! | in the book | here |
//! |---|---|
//! | states $x$ of a finite space, energies $E(x)$ | [`Boltzmann::new`], `states`, one to a row |
//! | states on the line $\R$ | [`Boltzmann::on_line`] |
//! | inverse temperature $\beta = 1 / kT$ | `beta` |
//! | partition function $Z(\beta) = \sum_x e^{-\beta E(x)}$ | [`Boltzmann::log_partition`] |
//! | $-\beta E - \log Z$ | [`Boltzmann::log_probability`] |
//! | probability $p(x) = e^{-\beta E(x)} / Z$ | [`Boltzmann::probabilities`] |
//! | mean $\langle f \rangle = \sum_x p(x) f(x)$ | [`Boltzmann::mean`] |
//! | $\langle E \rangle$, $\operatorname{Var} E$, entropy $H$ | [`Boltzmann::mean_energy`], [`Boltzmann::energy_variance`], [`Boltzmann::entropy`] |
//! | the limit $\beta \to \infty$ | [`zero_temperature_limit`] |
//! | $\beta$ that fits data | [`calibrate`] |
//! | $Z = \operatorname{tr} T^n$ | [`Ring`] |
//! | closed forms of the Ising chain | [`chain`] |
//! | quanta passed round at random | [`exchange_quanta`], [`bath_probability`] |
//!
//! Sources: J. W. Gibbs, *Elementary Principles in Statistical Mechanics* (1902); E. T. Jaynes, Physical Review 106 (1957) 620;
//! E. Ising, Zeitschrift für Physik 31 (1925) 253. Chapter: `chapters/2-energy/gibbs-boltzmann.md`.

mod bath;
mod calibration;
pub mod chain;
mod line;
mod ring;

pub use bath::{bath_probability, exchange_quanta};
pub use calibration::calibrate;
pub use ring::Ring;

use ndarray::{Array1, Array2, ArrayRef1};
use rand::{Rng, RngExt};

use crate::{Error, check, energy::Energy, free_energy::log_sum_exp};

/// The Gibbs distribution $p(x) = e^{-\beta E(x)} / Z(\beta)$ over a list of states: exactly, by enumeration, when the space is finite, and to
/// quadrature's precision on the line, where each state of the list stands for the little interval around it.
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
    /// How much of the space a state stands for, as a logarithm: 0 in a finite space.
    log_widths: Array1<f64>,
    energies: Array1<f64>,
    beta: f64,
    lowest: f64,
    /// $\log \sum_x e^{-\beta (E(x) - E_{\min})}$: what the partition function is when energies are measured from the lowest.
    log_sum: f64,
}

impl Boltzmann {
    /// The distribution of `energy` at the inverse temperature `beta` over `states`, one to a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without states, [`Error::Parameter`] when `beta` is negative or not finite, or its product with the lowest energy
    /// leaves the range of numbers, [`Error::Domain`] when the energy of a state is NaN or $-\infty$, or that of every state $+\infty$: there is then no distribution.
    pub fn new(energy: &impl Energy, states: Array2<f64>, beta: f64) -> Result<Self, Error> {
        check::non_empty("states", &states)?;
        let energies: Array1<f64> = states.rows().into_iter().map(|x| energy.energy(&x)).collect();
        let log_widths = Array1::zeros(energies.len());
        Self::weighted(states, log_widths, energies, beta)
    }

    /// States that stand for unequal parts of the space.
    fn weighted(
        states: Array2<f64>,
        log_widths: Array1<f64>,
        energies: Array1<f64>,
        beta: f64,
    ) -> Result<Self, Error> {
        check_beta(beta)?;
        check::every("energy of states", &energies, "a number above -∞", |e| {
            e > f64::NEG_INFINITY
        })?;
        let must = "finite for one state at least";
        if energies.iter().all(|&e| e == f64::INFINITY) {
            return Err(Error::Domain {
                what: "energy of states",
                index: "0".into(),
                value: energies[0],
                must,
            });
        }
        // ANCHOR: log_partition
        // Measured from the lowest energy: a large constant in all takes no digits from the rest.
        let lowest = energies.fold(f64::INFINITY, |a, &e| a.min(e));
        let mut exponents = energies.map(|&e| exponent(beta, e - lowest));
        exponents += &log_widths;
        let log_sum = log_sum_exp(&exponents);
        // ANCHOR_END: log_partition
        let p = Self { states, log_widths, energies, beta, lowest, log_sum };
        let must = "small enough that its product with the lowest energy is a number";
        check::parameter("beta", beta, must, p.log_partition().is_finite())?;
        Ok(p)
    }

    /// The states, one to a row.
    pub fn states(&self) -> &Array2<f64> {
        &self.states
    }

    /// The energy of each state.
    pub fn energies(&self) -> &Array1<f64> {
        &self.energies
    }

    /// $\log Z(\beta) = \log \sum_x e^{-\beta E(x)}$.
    pub fn log_partition(&self) -> f64 {
        self.log_sum - self.beta * self.lowest
    }

    /// $\log p = -\beta E - \log Z$ of a state of the energy `energy`; on the line, the logarithm of a density.
    ///
    /// ```
    /// use downhill::{energy::DoubleWell, gibbs_boltzmann::Boltzmann};
    /// let p = Boltzmann::on_line(&DoubleWell::new(1.0, 0.0)?, 2.0)?;
    /// // One unit of energy lower is e² times as probable.
    /// assert!((p.log_probability(0.0) - p.log_probability(1.0) - 2.0).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: log_probability
    pub fn log_probability(&self, energy: f64) -> f64 {
        exponent(self.beta, energy - self.lowest) - self.log_sum
    }
    // ANCHOR_END: log_probability

    /// $p(x)$ of each state; they sum to 1.
    pub fn probabilities(&self) -> Array1<f64> {
        let mut p = self.energies.map(|&e| self.log_probability(e));
        p += &self.log_widths;
        p.mapv_into(f64::exp)
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

    /// $\sum_x p(x) f(E(x))$ over the states that can be.
    fn mean_of_energy(&self, f: impl Fn(f64) -> f64) -> f64 {
        let terms = self.energies.iter().zip(self.probabilities());
        terms.filter(|&(_, p)| p > 0.0).map(|(&e, p)| p * f(e)).sum()
    }

    /// $\langle E \rangle = -\partial \log Z / \partial \beta$.
    ///
    /// ```
    /// use downhill::{energy::Gaussian, gibbs_boltzmann::Boltzmann};
    /// use ndarray::array;
    /// // A spring at the temperature ½ holds ¼ on average, whatever its stiffness.
    /// let p = Boltzmann::on_line(&Gaussian::new(array![0.0], array![[3.0]])?, 2.0)?;
    /// assert!((p.mean_energy() - 0.25).abs() < 1e-10);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn mean_energy(&self) -> f64 {
        self.mean_of_energy(|e| e)
    }

    /// $\operatorname{Var} E = \partial^2 \log Z / \partial \beta^2$. Times $\beta^2$ it is the heat capacity $\partial \langle E \rangle / \partial T$.
    ///
    /// ```
    /// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::Boltzmann};
    /// // One spin in a field: its energy is ±1, at random when it is hot.
    /// let p = Boltzmann::new(&Ising::new(1, 1, 1.0, 1.0)?, binary_states(1, -1.0, 1.0)?, 0.0)?;
    /// assert_eq!(p.energy_variance(), 1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn energy_variance(&self) -> f64 {
        let mean = self.mean_of_energy(|e| e - self.lowest);
        self.mean_of_energy(|e| (e - self.lowest - mean).powi(2))
    }

    /// $H = -\sum_x p(x) \log p(x)$ in nats; on the line $-\int p \log p \, dx$, which can be negative.
    ///
    /// ```
    /// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::Boltzmann};
    /// let p = Boltzmann::new(&Ising::new(1, 3, 1.0, 0.0)?, binary_states(3, -1.0, 1.0)?, 0.0)?;
    /// assert!((p.entropy() - 3.0 * 2f64.ln()).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    // ANCHOR: entropy
    pub fn entropy(&self) -> f64 {
        -self.mean_of_energy(|e| self.log_probability(e))
    }
    // ANCHOR_END: entropy

    /// The index of a state drawn at random with its probability. It looks at all states for each draw.
    ///
    /// ```
    /// use downhill::{energy::{Ising, binary_states}, gibbs_boltzmann::Boltzmann};
    /// let cold = Boltzmann::new(&Ising::new(1, 3, 1.0, 9.0)?, binary_states(3, -1.0, 1.0)?, 9.0)?;
    /// assert_eq!(cold.draw(&mut downhill::rng(1)), 7);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        let mut left = rng.random::<f64>();
        let mut last = 0;
        for (i, p) in self.probabilities().into_iter().enumerate() {
            if p > 0.0 {
                last = i;
                left -= p;
                if left < 0.0 {
                    break;
                }
            }
        }
        // Rounding may leave a crumb; it goes to the last state that can be.
        last
    }
}

/// $-\beta E$, and $-\infty$ for a state that cannot be, however hot it is: $0 \cdot \infty$ would be NaN.
fn exponent(beta: f64, energy: f64) -> f64 {
    if energy == f64::INFINITY { f64::NEG_INFINITY } else { -beta * energy }
}

fn check_beta(beta: f64) -> Result<(), Error> {
    check::parameter("beta", beta, "finite and not negative", beta >= 0.0 && beta.is_finite())
}

/// The limit of the Gibbs distribution as $\beta \to \infty$ on a finite space: uniform on the states of the lowest energy, 0 elsewhere.
///
/// Energies that differ by less than $10^{-12}$ of the lowest one's size count as equal: sums in another order round to that.
///
/// ```
/// use downhill::gibbs_boltzmann::zero_temperature_limit;
/// use ndarray::array;
/// assert_eq!(zero_temperature_limit(&array![0.0, 2.0, 0.0, 1.0])?, array![0.5, 0.0, 0.5, 0.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without energies, [`Error::Domain`] when one is NaN or $-\infty$, or all are $+\infty$.
pub fn zero_temperature_limit(energies: &ArrayRef1<f64>) -> Result<Array1<f64>, Error> {
    check::non_empty("energies", energies)?;
    check::every("energies", energies, "a number above -∞", |e| e > f64::NEG_INFINITY)?;
    let lowest = energies.fold(f64::INFINITY, |a, &b| a.min(b));
    if lowest == f64::INFINITY {
        let must = "finite for one state at least";
        return Err(Error::Domain { what: "energies", index: "0".into(), value: lowest, must });
    }
    // ANCHOR: zero_temperature_limit
    let lowest_states =
        energies.map(|&e| if e - lowest <= 1e-12 * lowest.abs() { 1.0 } else { 0.0 });
    Ok(&lowest_states / lowest_states.sum())
    // ANCHOR_END: zero_temperature_limit
}
