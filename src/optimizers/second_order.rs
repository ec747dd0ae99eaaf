//! Methods that know or learn the curvature: a direction, and a line search along it.

use std::collections::VecDeque;

use ndarray::{Array1, Array2, ArrayRef1, linalg::general_mat_vec_mul};

use super::{Place, StrongWolfe, largest_slope, line_search::AT_ROUNDING};
use crate::{Error, check};

/// A rule that chooses the direction of the next step.
///
/// The steepest one:
///
/// ```
/// use downhill::{Error, optimizers::{Place, SearchDirection, minimize, surfaces::himmelblau}};
/// use ndarray::{ArrayRef1, array};
/// struct Steepest;
/// impl SearchDirection for Steepest {
///     fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error> {
///         direction.assign(&-&here.gradient);
///         Ok(())
///     }
/// }
/// let minimum = minimize(&mut Steepest, himmelblau, &array![2.0, 2.0], 1e-6, 1000, |_, _| {})?;
/// assert!((minimum.place.theta - array![3.0, 2.0]).iter().all(|error| error.abs() < 1e-6));
/// # Ok::<(), Error>(())
/// ```
pub trait SearchDirection {
    /// Writes a direction that leads downhill from `here`; a step of length 1 along it is tried first.
    ///
    /// # Errors
    /// When there is none to be had.
    fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error>;

    /// Learns from a step $s$ and the change $y$ of the gradient over it.
    fn learn(&mut self, _s: &ArrayRef1<f64>, _y: &ArrayRef1<f64>) {}
}

/// Where [`minimize`] arrived, and at what price.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The last place.
    pub place: Place,
    /// How many directions were taken.
    pub iterations: usize,
    /// How often the loss and its gradient were evaluated.
    pub evaluations: usize,
}

/// Follows the directions of `method` from `start`, each as far as the strong Wolfe conditions ask, until no entry of
/// the gradient exceeds `tolerance`.
///
/// `loss` is as in [`descend`](super::descend). `each(k, place)` sees every place from the start, `k` = 0.
///
/// ```
/// use downhill::optimizers::{Bfgs, minimize, surfaces::rosenbrock};
/// use ndarray::array;
/// let minimum = minimize(&mut Bfgs::new(2), rosenbrock, &array![-1.2, 1.0], 1e-8, 100, |_, _| {})?;
/// assert!((minimum.place.theta - 1.0).iter().all(|error| error.abs() < 1e-8));
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] or [`Error::Domain`] when `start` has no entries or one that is not finite; [`Error::Parameter`]
/// when `tolerance` is not positive; [`Error::Diverged`] when the loss at the start is not finite or falls to −∞, and at
/// the first place whose gradient is not finite; [`Error::NotConverged`] after `iterations` directions, or when the line
/// search finds no step, because the loss falls for ever or because rounding hides any lower place; and what `method` returns.
/// [`Error::NotConverged`] says which, and holds the lowest place met: a tolerance below what rounding allows costs no result.
///
/// ```
/// use downhill::{Error, optimizers::{Bfgs, minimize}};
/// use ndarray::{ArrayRef1, array};
/// // No number's square is 2, and next to the root the slope is 10⁻⁵ already.
/// let loss = |x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
///     let miss = x[0] * x[0] - 2.0;
///     gradient[0] = 1e10 * x[0] * miss;
///     2.5e9 * miss * miss
/// };
/// match minimize(&mut Bfgs::new(1), loss, &array![1.0], 1e-8, 100, |_, _| {}) {
///     Err(Error::NotConverged { reached, .. }) => assert!((reached[0][0] - 2_f64.sqrt()).abs() < 1e-15),
///     other => panic!("{other:?}"),
/// }
/// ```
pub fn minimize(
    method: &mut impl SearchDirection,
    mut loss: impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
    start: &ArrayRef1<f64>,
    tolerance: f64,
    iterations: usize,
    mut each: impl FnMut(usize, &Place),
) -> Result<Minimum, Error> {
    check::non_empty("start", start)?;
    check::finite("start", start)?;
    check::parameter("tolerance", tolerance, "positive", tolerance > 0.0)?;

    let mut evaluations = 0;
    let mut counted = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        evaluations += 1;
        loss(theta, gradient)
    };
    let wolfe = StrongWolfe::default();
    let mut here = Place::new(start, &mut counted);
    if !here.value.is_finite() {
        return Err(Error::Diverged { what: "the minimisation", step: 0, loss: here.value });
    }
    let mut next = here.clone();
    let mut direction = Array1::zeros(start.len());
    let mut steepest = f64::NAN;
    for k in 0..=iterations {
        // ANCHOR: minimize
        if k > 0 {
            method.direction(&here, &mut direction)?;
            if let Err(error) = wolfe.search(&mut counted, &here, &direction, 1.0, &mut next) {
                return Err(at_rounding(error, k, steepest, tolerance));
            }
            std::mem::swap(&mut here, &mut next);
            // The last place is not needed any more: it makes room for the step and the change of
            // the gradient.
            next.theta.zip_mut_with(&here.theta, |old, new| *old = new - *old);
            next.gradient.zip_mut_with(&here.gradient, |old, new| *old = new - *old);
            method.learn(&next.theta, &next.gradient);
        }
        // ANCHOR_END: minimize
        steepest = largest_slope(&here.gradient);
        if !steepest.is_finite() {
            return Err(Error::Diverged { what: "the minimisation", step: k, loss: here.value });
        }
        each(k, &here);
        if steepest <= tolerance {
            return Ok(Minimum { place: here, iterations: k, evaluations });
        }
    }
    Err(Error::NotConverged {
        what: "the minimisation",
        iterations,
        measure: STEEPEST,
        value: steepest,
        tolerance,
        reached: vec![here.theta],
    })
}

const STEEPEST: &str = "the largest entry of the gradient";

/// What stops a line search of the `k`-th direction, said of the whole descent where it is rounding.
fn at_rounding(error: Error, k: usize, steepest: f64, tolerance: f64) -> Error {
    match error {
        Error::NotConverged { what: AT_ROUNDING, reached, .. } => Error::NotConverged {
            what: "the minimisation, as low as rounding allows,",
            iterations: k,
            measure: STEEPEST,
            value: steepest,
            tolerance,
            reached,
        },
        other => other,
    }
}

/// Newton's method: the step to the minimum of the parabola that osculates, $p = -(\nabla^2 C)^{-1} \nabla C$.
///
/// Where the Hessian is not positive definite, that step may lead uphill: then the smallest multiple of the
/// identity that a doubling search finds is added to it first.
///
/// ```
/// use downhill::optimizers::{Newton, minimize, surfaces::{rosenbrock, rosenbrock_hessian}};
/// use ndarray::array;
/// let mut newton = Newton::new(rosenbrock_hessian);
/// let minimum = minimize(&mut newton, rosenbrock, &array![-1.2, 1.0], 1e-8, 100, |_, _| {})?;
/// assert!(minimum.iterations < 30 && minimum.place.value < 1e-20);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: J. Nocedal, S. J. Wright, *Numerical Optimization* (Springer, 2006), algorithm 3.3.
#[cfg(feature = "lapack")]
#[derive(Clone, Debug)]
pub struct Newton<H> {
    hessian: H,
}

#[cfg(feature = "lapack")]
impl<H: FnMut(&ArrayRef1<f64>) -> Array2<f64>> Newton<H> {
    /// Newton's method with the second derivatives that `hessian` returns, `p × p`.
    pub fn new(hessian: H) -> Self {
        Self { hessian }
    }
}

#[cfg(feature = "lapack")]
impl<H: FnMut(&ArrayRef1<f64>) -> Array2<f64>> SearchDirection for Newton<H> {
    /// # Errors
    /// [`Error::Shape`] when the Hessian is not `p × p`; [`Error::Domain`] when an entry of it is NaN, or 10³⁰⁰ or more in
    /// size, or one of the gradient is not finite.
    fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error> {
        use ndarray_linalg::{FactorizeCInto, SolveC, UPLO};

        // No shift makes the step of an infinite gradient finite.
        check::finite("gradient", &here.gradient)?;
        let hessian = (self.hessian)(&here.theta);
        check::length("hessian", direction.len(), hessian.nrows(), "rows")?;
        check::length("hessian", direction.len(), hessian.ncols(), "columns")?;
        // Below 1e300 a shift that makes the matrix positive definite is a number still.
        check::every("hessian", &hessian, "below 1e300 in size", |h| h.abs() < 1e300)?;
        let size = hessian.iter().fold(f64::MIN_POSITIVE, |most, h| most.max(h.abs()));
        // ANCHOR: newton
        let mut shift: f64 = 0.0;
        let step = loop {
            let shifted = &hessian + &(Array2::<f64>::eye(direction.len()) * shift);
            match shifted
                .factorizec_into(UPLO::Lower)
                .and_then(|factor| factor.solvec(&here.gradient))
            {
                Ok(step) if step.iter().all(|s| s.is_finite()) => break step,
                _ => shift = (2.0 * shift).max(1e-3 * size),
            }
        };
        // ANCHOR_END: newton
        direction.assign(&-step);
        Ok(())
    }
}

/// The method of Broyden, Fletcher, Goldfarb and Shanno: it learns the inverse of the Hessian from the gradients that
/// it meets, at $O(p^2)$ memory and work a step.
///
/// ```
/// use downhill::optimizers::{Bfgs, SearchDirection};
/// use ndarray::array;
/// let mut bfgs = Bfgs::new(2);
/// bfgs.learn(&array![1.0, 0.0], &array![4.0, 0.0]);
/// bfgs.learn(&array![0.0, 1.0], &array![0.0, 2.0]);
/// assert_eq!(bfgs.inverse_hessian(), array![[0.25, 0.0], [0.0, 0.5]], "curvature 4 one way, 2 the other");
/// ```
///
/// Source: J. Nocedal, S. J. Wright, *Numerical Optimization* (Springer, 2006), chapter 6.
#[derive(Clone, Debug, PartialEq)]
pub struct Bfgs {
    inverse: Array2<f64>,
    learned: bool,
    image: Array1<f64>,
}

impl Bfgs {
    /// A method for `parameters` parameters that has learned nothing yet: its first step is one of length 1 along the gradient.
    pub fn new(parameters: usize) -> Self {
        Self { inverse: Array2::eye(parameters), learned: false, image: Array1::zeros(parameters) }
    }

    /// What it takes the inverse of the Hessian to be, `p × p`.
    pub fn inverse_hessian(&self) -> &Array2<f64> {
        &self.inverse
    }
}

impl SearchDirection for Bfgs {
    fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error> {
        if !self.learned {
            unit_descent(&here.gradient, direction);
            return Ok(());
        }
        general_mat_vec_mul(-1.0, &self.inverse, &here.gradient, 0.0, direction);
        Ok(())
    }

    // ANCHOR: bfgs
    fn learn(&mut self, s: &ArrayRef1<f64>, y: &ArrayRef1<f64>) {
        let Some(curvature) = curvature(s, y) else { return };
        if !self.learned {
            // The best multiple of the identity: the curvature along the first step.
            self.inverse.diag_mut().fill(curvature / y.dot(y));
            self.learned = true;
        }
        let rho = 1.0 / curvature;
        general_mat_vec_mul(1.0, &self.inverse, y, 0.0, &mut self.image);
        let stretch = rho * (1.0 + rho * y.dot(&self.image));
        for (i, mut row) in self.inverse.rows_mut().into_iter().enumerate() {
            row.scaled_add(stretch * s[i] - rho * self.image[i], s);
            row.scaled_add(-rho * s[i], &self.image);
        }
    }
    // ANCHOR_END: bfgs
}

/// BFGS with a memory of the last few steps in place of a matrix: $O(mp)$ memory and work a step.
///
/// ```
/// use downhill::optimizers::{Lbfgs, minimize, surfaces::beale};
/// use ndarray::array;
/// let minimum = minimize(&mut Lbfgs::new(10)?, beale, &array![1.0, 1.0], 1e-8, 100, |_, _| {})?;
/// assert!((minimum.place.theta - array![3.0, 0.5]).iter().all(|error| error.abs() < 1e-7));
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: D. C. Liu, J. Nocedal, *Mathematical Programming* 45 (1989) 503.
#[derive(Clone, Debug, PartialEq)]
pub struct Lbfgs {
    memory: usize,
    pairs: VecDeque<Pair>,
}

/// A step, the change of the gradient over it, $1/s^\top y$, and room for the first loop's coefficient.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    s: Array1<f64>,
    y: Array1<f64>,
    rho: f64,
    alpha: f64,
}

impl Lbfgs {
    /// A method that remembers its last `memory` steps.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `memory` is 0.
    pub fn new(memory: usize) -> Result<Self, Error> {
        check::parameter("memory", memory as f64, "at least 1", memory > 0)?;
        Ok(Self { memory, pairs: VecDeque::new() })
    }
}

impl SearchDirection for Lbfgs {
    // ANCHOR: lbfgs
    fn direction(&mut self, here: &Place, direction: &mut ArrayRef1<f64>) -> Result<(), Error> {
        let Some(latest) = self.pairs.back() else {
            unit_descent(&here.gradient, direction);
            return Ok(());
        };
        let scale = 1.0 / (latest.rho * latest.y.dot(&latest.y));
        direction.assign(&here.gradient);
        for Pair { s, y, rho, alpha } in self.pairs.iter_mut().rev() {
            *alpha = *rho * s.dot(direction);
            direction.scaled_add(-*alpha, y);
        }
        *direction *= scale;
        for Pair { s, y, rho, alpha } in &self.pairs {
            let beta = rho * y.dot(direction);
            direction.scaled_add(alpha - beta, s);
        }
        *direction *= -1.0;
        Ok(())
    }
    // ANCHOR_END: lbfgs

    fn learn(&mut self, s: &ArrayRef1<f64>, y: &ArrayRef1<f64>) {
        let Some(curvature) = curvature(s, y) else { return };
        // A full memory lends the room of its oldest pair.
        let oldest = if self.pairs.len() == self.memory { self.pairs.pop_front() } else { None };
        let mut pair = oldest.unwrap_or_else(|| {
            let room = Array1::zeros(s.len());
            Pair { s: room.clone(), y: room, rho: 0.0, alpha: 0.0 }
        });
        pair.s.assign(s);
        pair.y.assign(y);
        pair.rho = 1.0 / curvature;
        self.pairs.push_back(pair);
    }
}

/// A step of length 1 against the gradient: all that can be said before anything was learned.
fn unit_descent(gradient: &ArrayRef1<f64>, direction: &mut ArrayRef1<f64>) {
    // Measured by the largest entry, so that no square leaves the range of numbers.
    let largest = gradient.fold(0.0, |largest: f64, g| largest.max(g.abs()));
    direction.assign(gradient);
    *direction /= largest;
    *direction *= -1.0 / direction.dot(direction).sqrt();
}

/// $s^\top y$, which the Wolfe conditions make positive; nothing where rounding has eaten it up.
fn curvature(s: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> Option<f64> {
    let (curvature, size) = (s.dot(y), (s.dot(s) * y.dot(y)).sqrt());
    (curvature > f64::EPSILON * size).then_some(curvature)
}
