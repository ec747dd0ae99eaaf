//! Energies with the number of their states.

use ndarray::{Array1, ArrayRef1, Zip};

use super::log_sum_exp;
use crate::{Error, check};

/// The energy levels $E_k$ of a system, lowest first, each with the number $g_k$ of its states: all that its thermodynamics needs.
///
/// ```
/// use downhill::{energy::{Energy, Ising, binary_states}, free_energy::Levels};
/// use ndarray::{Array1, array};
/// let lattice = Ising::new(2, 2, 1.0, 0.0)?;
/// let states = binary_states(4, -1.0, 1.0)?;
/// let energies: Array1<f64> = states.rows().into_iter().map(|s| lattice.energy(&s)).collect();
/// let levels = Levels::new(&energies)?;
/// assert_eq!(levels.energies(), array![-8.0, 0.0, 8.0]);
/// assert_eq!(levels.counts(), array![2.0, 12.0, 2.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    energies: Array1<f64>,
    counts: Array1<f64>,
}

impl Levels {
    /// Sorts the `energies` of all states and counts those that are equal. States of energy $+\infty$ cannot be, and are left out.
    ///
    /// # Errors
    /// [`Error::Empty`] without states, [`Error::Domain`] when an energy is NaN or $-\infty$, or all are $+\infty$, [`Error::Parameter`] when the
    /// range of the finite ones is not finite.
    pub fn new(energies: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("energies", energies)?;
        check::every("energies", energies, "a number above -∞", |e| e > f64::NEG_INFINITY)?;
        let mut sorted: Vec<f64> = energies.iter().copied().filter(|e| e.is_finite()).collect();
        if sorted.is_empty() {
            let must = "finite for one state at least";
            return Err(Error::Domain {
                what: "energies",
                index: "0".into(),
                value: f64::INFINITY,
                must,
            });
        }
        sorted.sort_by(f64::total_cmp);
        let range = sorted[sorted.len() - 1] - sorted[0];
        check::parameter("the range of energies", range, "finite", range.is_finite())?;
        let runs = || sorted.chunk_by(|a, b| a == b);
        Ok(Self {
            energies: runs().map(|run| run[0]).collect(),
            counts: runs().map(|run| run.len() as f64).collect(),
        })
    }

    /// $E_k$, lowest first.
    pub fn energies(&self) -> &Array1<f64> {
        &self.energies
    }

    /// $g_k$.
    pub fn counts(&self) -> &Array1<f64> {
        &self.counts
    }

    /// $\log Z(\beta) = \log \sum_k g_k e^{-\beta E_k}$.
    ///
    /// # Panics
    /// When `beta` is negative or not finite; so in every method here.
    pub fn log_partition(&self, beta: f64) -> f64 {
        assert!(beta >= 0.0 && beta.is_finite(), "an inverse temperature of {beta}");
        // ANCHOR: levels
        log_sum_exp(&(self.counts.ln() - beta * &self.energies))
        // ANCHOR_END: levels
    }

    /// The free energy $F = -\frac1\beta \log Z$; $-\infty$ at $\beta = 0$, but with one state alone its energy at every $\beta$.
    ///
    /// ```
    /// use downhill::free_energy::Levels;
    /// use ndarray::array;
    /// assert_eq!(Levels::new(&array![5.0])?.free_energy(0.0), 5.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn free_energy(&self, beta: f64) -> f64 {
        if self.counts.sum() == 1.0 {
            return self.energies[0];
        }
        -self.log_partition(beta) / beta
    }

    /// The energies above the lowest one, and the logarithms of the levels' weights when they are measured so. It changes neither probabilities nor
    /// entropies, and a large lowest energy takes no digits from them.
    fn above_lowest(&self, beta: f64) -> (Array1<f64>, Array1<f64>) {
        assert!(beta >= 0.0 && beta.is_finite(), "an inverse temperature of {beta}");
        let above = &self.energies - self.energies[0];
        let log_weights = self.counts.ln() - beta * &above;
        (above, log_weights)
    }

    /// The probability $g_k e^{-\beta E_k} / Z$ of each level.
    pub fn probabilities(&self, beta: f64) -> Array1<f64> {
        let (_, log_weights) = self.above_lowest(beta);
        (&log_weights - log_sum_exp(&log_weights)).exp()
    }

    // ANCHOR: thermodynamics
    /// $\langle E \rangle$.
    ///
    /// ```
    /// use downhill::free_energy::Levels;
    /// use ndarray::array;
    /// let two = Levels::new(&array![0.0, 1.0])?;
    /// assert!((two.mean_energy(2.0) - 1.0 / (1.0 + 2f64.exp())).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn mean_energy(&self, beta: f64) -> f64 {
        self.probabilities(beta).dot(&self.energies)
    }

    /// The entropy $H = \log Z + \beta \langle E \rangle$ of the distribution over states, in nats.
    pub fn entropy(&self, beta: f64) -> f64 {
        // Measured from the lowest energy, which drops out.
        let (above, log_weights) = self.above_lowest(beta);
        log_sum_exp(&log_weights) + beta * self.probabilities(beta).dot(&above)
    }

    /// The heat capacity $C = d\langle E \rangle / dT = \beta^2 \Var E$, in units of Boltzmann's
    /// constant.
    ///
    /// ```
    /// use downhill::free_energy::Levels;
    /// use ndarray::array;
    /// let two = Levels::new(&array![0.0, 1.0])?;
    /// // It has a peak: neither the coldest nor the hottest system takes up heat.
    /// assert!(two.heat_capacity(2.4) > two.heat_capacity(20.0));
    /// assert!(two.heat_capacity(2.4) > two.heat_capacity(0.2));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn heat_capacity(&self, beta: f64) -> f64 {
        let (p, (above, _)) = (self.probabilities(beta), self.above_lowest(beta));
        let mean = p.dot(&above);
        // β goes into the square, and a level without probability counts for nothing: neither β²
        // nor a level far above need be small.
        Zip::from(&p).and(&above).fold(0.0, |sum, &p, e| {
            if p > 0.0 { sum + p * (beta * (e - mean)).powi(2) } else { sum }
        })
    }
    // ANCHOR_END: thermodynamics
}
