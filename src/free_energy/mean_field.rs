//! Spins that know of one another only their means.

use ndarray::{Array1, Zip};

use crate::{Error, check, energy::Energy};

/// The largest change of a mean in the last sweep of [`MeanField::settle`].
const TOLERANCE: f64 = 1e-10;

/// Independent spins ±1 with means $m_i$, in place of the Gibbs distribution of an energy that couples them: the distribution $q(s) = \prod_i \frac{1 + m_i s_i}2$,
/// whose variational free energy is then made as low as independent spins can.
///
/// The energy must be linear in each spin, as that of every magnet and network of pairs is, and must say so for values between −1 and 1: then $\E_q[E(s)] = E(m)$.
///
/// Source: P. Weiss, Journal de Physique 6 (1907) 661; as a bound: M. J. Wainwright, M. I. Jordan, Foundations and Trends in Machine Learning 1 (2008) 1.
///
/// ```
/// use downhill::{energy::Ising, free_energy::MeanField};
/// use ndarray::Array1;
/// let lattice = Ising::new(4, 4, 1.0, 0.0)?;
/// let mut cold = MeanField::new(lattice, Array1::from_elem(16, 0.1), 0.5)?;
/// cold.settle(1000)?;
/// let m = cold.means()[0];
/// // Each spin answers to the mean of its four neighbours.
/// assert!((m - (0.5 * 4.0 * m).tanh()).abs() < 1e-9 && m > 0.9);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MeanField<E> {
    energy: E,
    means: Array1<f64>,
    beta: f64,
}

impl<E: Energy> MeanField<E> {
    /// Spins with the `means` to start from, each between −1 and 1, under `energy` at the inverse temperature `beta`.
    ///
    /// # Errors
    /// [`Error::Empty`] without spins, [`Error::Domain`] for a mean outside its range or an energy that, along some spin, is not finite or not linear,
    /// [`Error::Parameter`] when `beta` is not positive and finite.
    pub fn new(energy: E, means: Array1<f64>, beta: f64) -> Result<Self, Error> {
        check::non_empty("means", &means)?;
        check::every("means", &means, "between -1 and 1", |m| m.abs() <= 1.0)?;
        check::parameter("beta", beta, "positive and finite", beta > 0.0 && beta.is_finite())?;
        let mut field = Self { energy, means, beta };
        for i in 0..field.means.len() {
            let [up, down, between] = [1.0, -1.0, 0.5].map(|m| field.energy_with(i, m));
            let (bend, scale) = (between - (0.75 * up + 0.25 * down), 1.0 + up.abs() + down.abs());
            let linear = scale.is_finite() && bend.abs() <= 1e-9 * scale;
            if !linear {
                let must = "0: the energy must be finite and linear in each spin";
                return Err(Error::Domain {
                    what: "bend of energy",
                    index: i.to_string(),
                    value: bend,
                    must,
                });
            }
        }
        Ok(field)
    }

    /// $m_i$.
    pub fn means(&self) -> &Array1<f64> {
        &self.means
    }

    /// $F\[q\] = E(m) - T \sum_i H(m_i)$: never below the free energy of the spins under their own energy.
    // ANCHOR: mean_field_free_energy
    pub fn free_energy(&self) -> f64 {
        let share = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        let entropy =
            self.means.fold(0.0, |sum, m| sum + share(0.5 * (1.0 + m)) + share(0.5 * (1.0 - m)));
        self.energy.energy(&self.means) - entropy / self.beta
    }
    // ANCHOR_END: mean_field_free_energy

    /// Gives every spin in turn the mean that makes $F\[q\]$ lowest when the others keep theirs; returns the largest change.
    pub fn sweep(&mut self) -> f64 {
        let before = self.means.clone();
        // ANCHOR: mean_field_sweep
        for i in 0..self.means.len() {
            let gap = self.energy_with(i, -1.0) - self.energy_with(i, 1.0);
            self.means[i] = (0.5 * self.beta * gap).tanh();
        }
        // ANCHOR_END: mean_field_sweep
        Zip::from(&before).and(&self.means).fold(0.0, |most: f64, a, b| most.max((a - b).abs()))
    }

    /// Sweeps until no mean changes by more than 1e-10; returns the number of sweeps.
    ///
    /// # Errors
    /// [`Error::NotConverged`] when `sweeps` are not enough: near the temperature where a magnetisation appears they are many.
    pub fn settle(&mut self, sweeps: usize) -> Result<usize, Error> {
        let mut value = f64::INFINITY;
        for sweep in 1..=sweeps {
            value = self.sweep();
            if value <= TOLERANCE {
                return Ok(sweep);
            }
        }
        Err(Error::NotConverged {
            what: "mean field",
            iterations: sweeps,
            measure: "largest change of a mean",
            value,
            tolerance: TOLERANCE,
            reached: Vec::new(),
        })
    }

    /// The energy with the mean of spin `i` at `m` and the others as they are.
    fn energy_with(&mut self, i: usize, m: f64) -> f64 {
        let kept = std::mem::replace(&mut self.means[i], m);
        let energy = self.energy.energy(&self.means);
        self.means[i] = kept;
        energy
    }
}
