//! Going downhill: how long should a step be, which way should it go, and how much must it know?
//!
//! | in the book | here |
//! |---|---|
//! | parameters $\boldsymbol\theta$, one flat vector | `theta`, `p` |
//! | loss $C(\boldsymbol\theta)$ and its gradient | `loss`: writes the gradient, `p`, returns $C$ |
//! | learning rate $\eta$ | `rate` |
//! | momentum $\gamma$, velocity $\mathbf v_k$ | `momentum`; inside [`Momentum`], [`Nesterov`] |
//! | decay rates $\beta$, $\beta_1$, $\beta_2$ | [`RmsProp::new`], [`Adam::with_decays`] |
//! | $\varepsilon$, what keeps a quotient finite | `with_epsilon` |
//! | mini-batch $B_k$ | [`Batches`] |
//! | schedule $\eta_k$ | [`Scheduled`] |
//! | step $\mathbf s_k$ and change $\mathbf y_k$ of the gradient | `s`, `y` of [`SearchDirection::learn`] |
//! | inverse $\mathbf H_k$ of the approximate Hessian $\mathbf B_k$ | [`Bfgs::inverse_hessian`] |
//!
//! A first-order method is an [`Optimizer`]: it sees gradients, one a step, and [`descend`] drives it. A method that
//! knows or learns the curvature is a [`SearchDirection`]; it needs the loss itself, and [`minimize`] drives it.
//!
//! Sources: B. T. Polyak, *USSR Comput. Math. Math. Phys.* 4 (1964) 1; Yu. Nesterov, *Soviet Math. Dokl.* 27 (1983) 372;
//! J. Duchi, E. Hazan, Y. Singer, *JMLR* 12 (2011) 2121; D. P. Kingma, J. Ba, *Adam* (ICLR 2015);
//! J. Nocedal, S. J. Wright, *Numerical Optimization* (Springer, 2006). Chapter: `chapters/1-descent/optimizers.md`.

mod batches;
mod first_order;
mod hyperparameters;
mod line_search;
mod schedules;
mod second_order;
pub mod surfaces;

#[cfg(feature = "lapack")]
pub use second_order::Newton;
pub use {
    batches::Batches,
    first_order::{AdaGrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, RmsProp},
    hyperparameters::{Grid, grid_search},
    line_search::{Place, StrongWolfe},
    schedules::{Scheduled, cosine, inverse_time, step_decay, warm_up},
    second_order::{Bfgs, Lbfgs, Minimum, SearchDirection, minimize},
};

use ndarray::{Array1, ArrayRef1};

use crate::Error;

/// A rule that turns gradients into steps.
///
/// ```
/// use downhill::optimizers::{GradientDescent, Optimizer};
/// use ndarray::array;
/// let mut theta = array![1.0, 2.0];
/// GradientDescent::new(0.1)?.step(&mut theta, &array![10.0, -10.0]);
/// assert_eq!(theta, array![0.0, 3.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
// ANCHOR: optimizer
pub trait Optimizer {
    /// One step from `theta`, where the gradient of the loss is `gradient`. Allocates nothing
    /// after the first.
    ///
    /// # Panics
    /// When `theta` and `gradient` differ in length, or have not the length of the first step's.
    fn step(&mut self, theta: &mut ArrayRef1<f64>, gradient: &ArrayRef1<f64>);

    /// Sets the learning rate $\eta$ of the steps to come.
    fn set_rate(&mut self, rate: f64);
}
// ANCHOR_END: optimizer

/// Walks `steps` steps of `optimizer` from `theta`, which ends where the walk ends, and returns the loss there.
///
/// `loss(θ, gradient)` writes the gradient at θ into `gradient` and returns the loss. `each(k, θ, loss)` sees
/// every point, from the start, `k` = 0, to the end, `k` = `steps`. Apart from what those two do, nothing is
/// allocated after the first step.
///
/// ```
/// use downhill::optimizers::{GradientDescent, descend};
/// use ndarray::array;
/// let mut theta = array![1.0];
/// let mut losses = Vec::new();
/// let last = descend(
///     &mut GradientDescent::new(0.25)?,
///     |theta, gradient| {
///         gradient.assign(&(2.0 * theta));
///         theta.dot(theta)
///     },
///     &mut theta,
///     2,
///     |_, _, loss| losses.push(loss),
/// )?;
/// assert_eq!((theta[0], last), (0.25, 0.0625));
/// assert_eq!(losses, [1.0, 0.25, 0.0625]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] or [`Error::Domain`] when `theta` has no entries or one that is not finite;
/// [`Error::Diverged`] at the first step whose loss is not finite.
// ANCHOR: descend
pub fn descend(
    optimizer: &mut impl Optimizer,
    mut loss: impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
    theta: &mut ArrayRef1<f64>,
    steps: usize,
    mut each: impl FnMut(usize, &ArrayRef1<f64>, f64),
) -> Result<f64, Error> {
    crate::check::non_empty("theta", theta)?;
    crate::check::finite("theta", theta)?;
    let mut gradient = Array1::zeros(theta.len());
    let mut value = f64::NAN;
    for k in 0..=steps {
        if k > 0 {
            optimizer.step(theta, &gradient);
        }
        value = loss(theta, &mut gradient);
        if !value.is_finite() {
            return Err(Error::Diverged { what: "descent", step: k, loss: value });
        }
        each(k, theta, value);
    }
    Ok(value)
}
// ANCHOR_END: descend

/// The largest entry of a gradient in size, by which a descent knows that it has arrived; NaN when one entry is, which `f64::max` would pass over.
pub(crate) fn largest_slope(gradient: &ArrayRef1<f64>) -> f64 {
    gradient.fold(0.0, |most, g: &f64| if g.abs() > most || g.is_nan() { g.abs() } else { most })
}
