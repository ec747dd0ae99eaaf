//! Objectives that compare a state with those one flip away, and need no partition function.

use ndarray::{Array1, ArrayRef1, ArrayRef2};

use super::share;
use crate::{backprop::softplus, energy::Learnable, introduction::logistic};

/// Three ways to weigh how much higher a sample lies than a state one flip away, $d_i = E(x) - E(x^{(i)})$. The loss of a
/// sample is $\sum_i \ell(d_i)$ over its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// $\ell(d) = \log(1 + e^d) = -\log p(x_i \mid x_{\setminus i})$ (J. Besag, The Statistician 24 (1975) 179).
    PseudoLikelihood,
    /// $\ell(d) = \sigma(d)^2$, the square of the probability of the other value (A. Hyvärinen, Computational Statistics & Data Analysis 51 (2007) 2499).
    RatioMatching,
    /// $\ell(d) = e^{d/2}$, the rate at which probability flows from the sample to its neighbour (J. Sohl-Dickstein, P. Battaglino, M. R. DeWeese, PRL 107
    /// (2011) 220601).
    ProbabilityFlow,
}

impl Neighbours {
    /// $\ell(d)$ and $\ell'(d)$.
    ///
    /// ```
    /// use downhill::training_ebms::Neighbours;
    /// assert_eq!(Neighbours::RatioMatching.at(0.0), (0.25, 0.25));
    /// assert_eq!(Neighbours::ProbabilityFlow.at(0.0), (1.0, 0.5));
    /// ```
    // ANCHOR: neighbour
    pub fn at(self, d: f64) -> (f64, f64) {
        match self {
            Self::PseudoLikelihood => (softplus(d), logistic(d)),
            Self::RatioMatching => (logistic(d).powi(2), 2.0 * logistic(d).powi(2) * logistic(-d)),
            Self::ProbabilityFlow => ((0.5 * d).exp(), 0.5 * (0.5 * d).exp()),
        }
    }
    // ANCHOR_END: neighbour

    /// Writes the gradient of the mean of $\sum_i \ell(d_i)$ over the rows of `data`, whose entries are `low` or `high`, and returns that mean.
    ///
    /// Costs $n + 1$ energies and as many gradients a sample of $n$ units.
    ///
    /// ```
    /// use downhill::training_ebms::{Neighbours, Pairwise};
    /// use ndarray::{Array1, array};
    /// let mut gradient = Array1::zeros(3);
    /// let loss = Neighbours::PseudoLikelihood.loss(&Pairwise::zeros(2)?, &array![[1.0, 1.0]], -1.0, 1.0, &mut gradient);
    /// assert_eq!(loss, 2.0 * 2f64.ln());
    /// assert_eq!(gradient, array![-1.0, -1.0, -2.0]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an entry is neither `low` nor `high`, samples, energy and gradient differ in length, or there are no data.
    pub fn loss(
        self,
        energy: &impl Learnable,
        data: &ArrayRef2<f64>,
        low: f64,
        high: f64,
        gradient: &mut ArrayRef1<f64>,
    ) -> f64 {
        let share = share(data);
        let mut neighbour = Array1::zeros(data.ncols());
        let mut loss = 0.0;
        gradient.fill(0.0);
        for x in data.rows() {
            let here = energy.energy(&x);
            neighbour.assign(&x);
            let mut slopes = 0.0;
            for i in 0..x.len() {
                assert!(
                    x[i] == low || x[i] == high,
                    "entry {i} is {}, neither {low} nor {high}",
                    x[i]
                );
                neighbour[i] = low + high - x[i];
                let (value, slope) = self.at(here - energy.energy(&neighbour));
                // A neighbour that cannot be has no slope to ask for.
                if slope != 0.0 {
                    energy.add_parameter_gradient(&neighbour, -share * slope, gradient);
                }
                neighbour[i] = x[i];
                loss += share * value;
                slopes += slope;
            }
            energy.add_parameter_gradient(&x, share * slopes, gradient);
        }
        loss
    }
}
