//! The energy of what is seen.

use ndarray::{Array1, Array2, ArrayRef1, s};

use super::{free_energy, gibbs};
use crate::{
    Error, check,
    energy::{Differentiable, Energy, Learnable},
};

/// The free energy $F_\beta(x) = -\frac1\beta \log \sum_z e^{-\beta E(x, z)}$ of the seen part $x$ of a state $(x, z)$: again an energy, with the slopes of one.
///
/// `joint` takes the entries of $x$ first and those of $z$ after them. Every call allocates the joint state and its energies.
///
/// ```
/// use downhill::{energy::{Energy, Ising, binary_states}, free_energy::Marginal};
/// use ndarray::array;
/// // Three spins in a ring, of which we see two.
/// let ring = Ising::new(1, 3, 1.0, 0.0)?;
/// let seen = Marginal::new(ring, binary_states(1, -1.0, 1.0)?, 1.0)?;
/// assert!(seen.energy(&array![1.0, 1.0]) < seen.energy(&array![1.0, -1.0]));
/// // The third most probably follows the two.
/// assert!(seen.posterior(&array![1.0, 1.0])[1] > 0.98);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Marginal<E> {
    joint: E,
    latents: Array2<f64>,
    beta: f64,
}

impl<E: Energy> Marginal<E> {
    /// Sums the latent part of `joint` over `latents`, all its values, one to a row, at the inverse temperature `beta`, which may be infinite.
    ///
    /// # Errors
    /// [`Error::Empty`] without latent values, [`Error::Domain`] for one that is not finite, [`Error::Parameter`] when `beta` is not positive.
    pub fn new(joint: E, latents: Array2<f64>, beta: f64) -> Result<Self, Error> {
        check::non_empty("latents", &latents)?;
        check::finite("latents", &latents)?;
        check::parameter("beta", beta, "positive", beta > 0.0)?;
        Ok(Self { joint, latents, beta })
    }

    /// $p(z \mid x)$ of each latent value, in their order, when `seen` is $x$; at $\beta = \infty$ the lowest share evenly.
    ///
    /// # Panics
    /// When `seen` has not as many entries as the joint energy leaves for it, or no latent value gives it a finite energy.
    pub fn posterior(&self, seen: &ArrayRef1<f64>) -> Array1<f64> {
        gibbs(&self.energies(seen), self.beta)
    }

    /// The joint energy, at `seen`, of every latent value.
    fn energies(&self, seen: &ArrayRef1<f64>) -> Array1<f64> {
        let mut state = self.state(seen);
        self.latents
            .rows()
            .into_iter()
            .map(|z| {
                state.slice_mut(s![seen.len()..]).assign(&z);
                self.joint.energy(&state)
            })
            .collect()
    }

    /// A joint state, to be completed by a latent value.
    fn state(&self, seen: &ArrayRef1<f64>) -> Array1<f64> {
        let mut state = Array1::zeros(seen.len() + self.latents.ncols());
        state.slice_mut(s![..seen.len()]).assign(seen);
        state
    }

    /// Calls `visit` on every joint state that can be, with its posterior probability.
    fn for_each_completion(
        &self,
        seen: &ArrayRef1<f64>,
        mut visit: impl FnMut(&ArrayRef1<f64>, f64),
    ) {
        let mut state = self.state(seen);
        for (z, p) in self.latents.rows().into_iter().zip(self.posterior(seen)) {
            if p > 0.0 {
                state.slice_mut(s![seen.len()..]).assign(&z);
                visit(&state, p);
            }
        }
    }
}

// ANCHOR: marginal
impl<E: Energy> Energy for Marginal<E> {
    fn energy(&self, seen: &ArrayRef1<f64>) -> f64 {
        free_energy(&self.energies(seen), self.beta)
    }
}
// ANCHOR_END: marginal

impl<E: Differentiable> Differentiable for Marginal<E> {
    /// # Panics
    /// When no latent value gives `seen` a finite energy.
    // ANCHOR: marginal_gradient
    fn gradient_into(&self, seen: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(gradient.len(), seen.len(), "a slope for each unit that is seen");
        let mut slope = Array1::zeros(seen.len() + self.latents.ncols());
        gradient.fill(0.0);
        self.for_each_completion(seen, |state, p| {
            self.joint.gradient_into(state, &mut slope);
            gradient.scaled_add(p, &slope.slice(s![..seen.len()]));
        });
    }
    // ANCHOR_END: marginal_gradient
}

/// The derivatives panic when no latent value gives `seen` a finite energy.
impl<E: Learnable> Learnable for Marginal<E> {
    fn parameters(&self) -> &ArrayRef1<f64> {
        self.joint.parameters()
    }

    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        self.joint.parameters_mut()
    }

    fn add_parameter_gradient(
        &self,
        seen: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        self.for_each_completion(seen, |state, p| {
            self.joint.add_parameter_gradient(state, weight * p, gradient)
        });
    }
}
