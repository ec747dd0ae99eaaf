//! Energy and inference: how does a machine answer, if all that it has is a number for how badly things go together?
//!
//! | in the book | here |
//! |---|---|
//! | mismatch $F(x, y)$, $x$ held | [`Clamped`], an energy of $y$ |
//! | $\check y = \argmin_y F(x, y)$ over a list | [`search`] |
//! | the same by gradient descent, step $\eta$ | [`Descent::infer`] |
//! | $F_\infty(y) = \min_z E(y, z)$ | [`Minimised`], an energy of $y$ |
//! | $x_{t+1} = x_t - \eta \nabla E(x_t)$ | [`Descent::path`] |
//! | $\dot x = -\nabla E(x)$ | [`flow`] |
//! | attractors and their basins | [`Descent::basins`] |
//! | $p(x, h) = f(x, h) / Z$ | [`Joint`] |
//! | $\nabla_\theta \log p(\mathcal D)$ | [`log_likelihood_gradient`] |
//!
//! Sources: Y. LeCun, S. Chopra, R. Hadsell, M. Ranzato and F. J. Huang, *A tutorial on energy-based learning*, in *Predicting
//! Structured Data* (MIT Press, 2006). Chapter: `chapters/2-energy/energy-and-inference.md`.

mod bipartite;
mod clamped;
mod descent;
mod ellipse;
mod joint;
mod minimised;

pub use bipartite::Bipartite;
pub use clamped::Clamped;
pub use descent::{Basins, Descent, Rest, Trajectory, flow, objective};
pub use ellipse::Ellipse;
pub use joint::{Joint, log_likelihood_gradient};
pub use minimised::Minimised;

use ndarray::ArrayRef2;

use crate::{Error, check, energy::Energy};

/// The answer that [`search`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lowest {
    /// Its row in the list.
    pub index: usize,
    /// Its energy.
    pub energy: f64,
}

/// $\check y = \argmin_y E(y)$ over the rows of `answers`, by looking at each; the first of equals.
///
/// ```
/// use downhill::{energy::DoubleWell, energy_and_inference::search};
/// use ndarray::array;
/// let tilted = DoubleWell::new(1.0, 0.2)?;
/// assert_eq!(search(&tilted, &array![[0.0], [1.0], [-1.0]])?.index, 2);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without answers; [`Error::Domain`] when the energy of one is NaN or $-\infty$, or that of every one $+\infty$.
pub fn search(energy: &impl Energy, answers: &ArrayRef2<f64>) -> Result<Lowest, Error> {
    check::non_empty("answers", answers)?;
    let possible = |index: usize, value: f64, must, allowed: bool| {
        let error =
            || Error::Domain { what: "energy of answers", index: index.to_string(), value, must };
        if allowed { Ok(()) } else { Err(error()) }
    };
    // ANCHOR: search
    let mut lowest = Lowest { index: 0, energy: f64::INFINITY };
    for (index, answer) in answers.rows().into_iter().enumerate() {
        let energy = energy.energy(&answer);
        possible(index, energy, "a number above -∞", energy > f64::NEG_INFINITY)?;
        if energy < lowest.energy {
            lowest = Lowest { index, energy };
        }
    }
    // ANCHOR_END: search
    possible(0, lowest.energy, "finite for one answer at least", lowest.energy < f64::INFINITY)?;
    Ok(lowest)
}
