//! The likelihood of data, where the states can all be listed.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use super::{add_mean, check_samples};
use crate::{Error, energy::Learnable, free_energy::log_sum_exp};

/// The negative log-likelihood over a finite list of states, by enumeration: the true objective, which every other rule is measured against.
///
/// For a continuous state, the states may be the nodes of a grid; the loss is then that of the density times the volume of a cell.
///
/// ```
/// use downhill::{energy::binary_states, training_ebms::{Likelihood, Pairwise}};
/// use ndarray::{Array1, array};
/// let machine = Pairwise::zeros(3)?;
/// let mut likelihood = Likelihood::new(binary_states(3, -1.0, 1.0)?)?;
/// let mut gradient = Array1::zeros(6);
/// let loss = likelihood.loss(&machine, &array![[1.0, 1.0, -1.0]], &mut gradient);
/// assert!((loss - 8f64.ln()).abs() < 1e-15);
/// // The first bias should grow, the third fall; so should the weight between them.
/// assert!((&gradient - &array![-1.0, -1.0, 1.0, -1.0, 1.0, 1.0]).iter().all(|d| d.abs() < 1e-15));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Likelihood {
    states: Array2<f64>,
    /// $-E$ of each state.
    exponents: Array1<f64>,
}

impl Likelihood {
    /// The likelihood over `states`, one to a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without states, [`Error::Domain`] at an entry that is not finite.
    pub fn new(states: Array2<f64>) -> Result<Self, Error> {
        check_samples("states", &states)?;
        let exponents = Array1::zeros(states.nrows());
        Ok(Self { states, exponents })
    }

    /// Writes the gradient of $L(\theta) = \frac1N \sum_n E_\theta(x_n) + \log Z(\theta)$ and returns $L$. `data`, one sample to a row. Allocates nothing.
    ///
    /// # Panics
    /// When samples, energy and gradient differ in length, or there are no data.
    pub fn loss(
        &mut self,
        energy: &impl Learnable,
        data: &ArrayRef2<f64>,
        gradient: &mut ArrayRef1<f64>,
    ) -> f64 {
        // ANCHOR: likelihood
        gradient.fill(0.0);
        let positive = add_mean(energy, data, 1.0, gradient);
        for (x, exponent) in self.states.rows().into_iter().zip(&mut self.exponents) {
            *exponent = -energy.energy(&x);
        }
        let log_partition = log_sum_exp(&self.exponents);
        for (x, exponent) in self.states.rows().into_iter().zip(&self.exponents) {
            let p = (exponent - log_partition).exp();
            // A state that cannot be has no slope to ask for.
            if p != 0.0 {
                energy.add_parameter_gradient(&x, -p, gradient);
            }
        }
        positive + log_partition
        // ANCHOR_END: likelihood
    }
}
