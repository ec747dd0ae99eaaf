//! Downhill in the state, step by step and without steps.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Zip};

use crate::{Error, check, energy::Differentiable, optimizers::largest_slope};

/// An energy as what the minimisers of [`optimizers`](crate::optimizers) minimise: it writes the slope at $x$ and returns $E(x)$.
///
/// ```
/// use downhill::{energy::DoubleWell, energy_and_inference::objective, optimizers::{Bfgs, minimize}};
/// use ndarray::array;
/// let well = DoubleWell::new(1.0, 0.0)?;
/// let minimum = minimize(&mut Bfgs::new(1), objective(&well), &array![0.3], 1e-8, 100, |_, _| {})?;
/// assert!((minimum.place.theta[0] - 1.0).abs() < 1e-8);
/// # Ok::<(), downhill::Error>(())
/// ```
// ANCHOR: objective
pub fn objective(
    energy: impl Differentiable,
) -> impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64 {
    move |x, slope| {
        energy.gradient_into(x, slope);
        energy.energy(x)
    }
}
// ANCHOR_END: objective

/// Gradient descent on an energy, with a fixed step size $\eta$.
///
/// ```
/// use downhill::{energy::DoubleWell, energy_and_inference::Descent};
/// use ndarray::array;
/// let well = DoubleWell::new(1.0, 0.0)?;
/// let rest = Descent::new(0.1)?.infer(&well, &array![-0.2])?;
/// assert!((rest.x[0] + 1.0).abs() < 1e-9);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    rate: f64,
    tolerance: f64,
    steps: usize,
}

/// Where descent came to rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The state.
    pub x: Array1<f64>,
    /// Its energy.
    pub energy: f64,
    /// How many steps it took to get there.
    pub steps: usize,
}

/// A walk through the states of an energy.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// The states from the start on, one to a row.
    pub states: Array2<f64>,
    /// The energy of each.
    pub energies: Array1<f64>,
}

/// Which start leads where.
#[derive(Clone, Debug, PartialEq)]
pub struct Basins {
    /// The states in which descent came to rest, one to a row, in the order in which they were found.
    pub attractors: Array2<f64>,
    /// For each start the row of its attractor, or `None` when descent did not come to rest.
    pub labels: Vec<Option<usize>>,
}

impl Descent {
    /// Descent by steps of `rate` times the slope, until no entry of the slope exceeds $10^{-10}$, but no more than $10^5$ of them.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the rate is not positive and finite.
    pub fn new(rate: f64) -> Result<Self, Error> {
        check::rate(rate)?;
        Ok(Self { rate, tolerance: 1e-10, steps: 100_000 })
    }

    /// The same, but content when no entry of the slope exceeds `tolerance`, and for no more than `steps` steps.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the tolerance is not positive and finite.
    pub fn until(self, tolerance: f64, steps: usize) -> Result<Self, Error> {
        let positive = tolerance > 0.0 && tolerance.is_finite();
        check::parameter("tolerance", tolerance, "positive and finite", positive)?;
        Ok(Self { tolerance, steps, ..self })
    }

    /// Slides from `start` until it comes to rest: $\check y = \argmin_y E(y)$, or at least a place without slope.
    ///
    /// Allocates two vectors, and nothing in a step.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a start without entries or one that is not finite; [`Error::Diverged`] at the first step whose slope,
    /// or at a start or an end whose energy, is not finite; [`Error::NotConverged`] when the steps are used up; it holds the state reached.
    pub fn infer(
        &self,
        energy: &impl Differentiable,
        start: &ArrayRef1<f64>,
    ) -> Result<Rest, Error> {
        check::non_empty("start", start)?;
        check::finite("start", start)?;
        let finite = |step: usize, value: f64| {
            if value.is_finite() {
                Ok(value)
            } else {
                Err(Error::Diverged { what: "descent", step, loss: value })
            }
        };
        finite(0, energy.energy(start))?;
        let (mut x, mut slope) = (start.to_owned(), Array1::zeros(start.len()));
        let mut steepest = f64::NAN;
        for step in 0..=self.steps {
            // ANCHOR: infer
            if step > 0 {
                x.scaled_add(-self.rate, &slope);
            }
            energy.gradient_into(&x, &mut slope);
            steepest = largest_slope(&slope);
            if !steepest.is_finite() || x.iter().any(|x| !x.is_finite()) {
                return Err(Error::Diverged { what: "descent", step, loss: energy.energy(&x) });
            }
            if steepest <= self.tolerance {
                let energy = finite(step, energy.energy(&x))?;
                return Ok(Rest { x, energy, steps: step });
            }
            // ANCHOR_END: infer
        }
        let (what, measure) = ("descent", "the largest entry of the slope");
        let (iterations, value, tolerance) = (self.steps, steepest, self.tolerance);
        let reached = vec![x];
        Err(Error::NotConverged { what, iterations, measure, value, tolerance, reached })
    }

    /// The first `steps` steps from `start`, whether they lead to rest or not.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a start without entries or one that is not finite; [`Error::Diverged`] at the first
    /// step whose energy is not finite.
    pub fn path(
        &self,
        energy: &impl Differentiable,
        start: &ArrayRef1<f64>,
        steps: usize,
    ) -> Result<Trajectory, Error> {
        let mut slope = Array1::zeros(start.len());
        trajectory(energy, start, steps, |x| {
            energy.gradient_into(x, &mut slope);
            x.scaled_add(-self.rate, &slope);
        })
    }

    /// Slides from every row of `starts`, and calls ends that are closer than `apart` the same.
    ///
    /// A start on the edge between two basins rests there, if it rests: the edge is then an attractor to itself.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] when there are no starts or one is not finite; [`Error::Parameter`] when `apart` is not positive.
    pub fn basins(
        &self,
        energy: &impl Differentiable,
        starts: &ArrayRef2<f64>,
        apart: f64,
    ) -> Result<Basins, Error> {
        check::non_empty("starts", starts)?;
        check::finite("starts", starts)?;
        check::parameter("apart", apart, "positive", apart > 0.0)?;
        let mut attractors = Array2::zeros((0, starts.ncols()));
        let mut labels = Vec::with_capacity(starts.nrows());
        for start in starts.rows() {
            let Ok(Rest { x, .. }) = self.infer(energy, &start) else {
                labels.push(None);
                continue;
            };
            let near = |other: ndarray::ArrayView1<f64>| {
                Zip::from(&x).and(other).fold(0.0, |sum, x, o| sum + (x - o).powi(2))
                    < apart * apart
            };
            let known = attractors.rows().into_iter().position(near);
            labels.push(Some(known.unwrap_or(attractors.nrows())));
            if known.is_none() {
                let row = x.view().insert_axis(ndarray::Axis(0));
                // A rest has as many entries as its start.
                attractors = ndarray::concatenate![ndarray::Axis(0), attractors, row];
            }
        }
        Ok(Basins { attractors, labels })
    }
}

/// The gradient flow $\dot x = -\nabla E(x)$ from `start` for the time `time`, by `steps` steps of Runge and Kutta's fourth-order method.
///
/// ```
/// use downhill::{energy::Gaussian, energy_and_inference::flow};
/// use ndarray::array;
/// let bowl = Gaussian::new(array![0.0], array![[2.0]])?;
/// let slide = flow(&bowl, &array![1.0], 1.0, 100)?;
/// assert!((slide.states[[100, 0]] - f64::exp(-2.0)).abs() < 1e-8);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when `time` is not positive and finite or `steps` is 0; [`Error::Empty`] or [`Error::Domain`] for a start without
/// entries or one that is not finite; [`Error::Diverged`] at the first step whose energy is not finite.
pub fn flow(
    energy: &impl Differentiable,
    start: &ArrayRef1<f64>,
    time: f64,
    steps: usize,
) -> Result<Trajectory, Error> {
    check::parameter("time", time, "positive and finite", time > 0.0 && time.is_finite())?;
    check::parameter("steps", steps as f64, "at least 1", steps >= 1)?;
    let (mut from, mut at) = (Array1::zeros(start.len()), Array1::zeros(start.len()));
    let mut slope = Array1::zeros(start.len());
    let dt = time / steps as f64;
    trajectory(energy, start, steps, |x| {
        // ANCHOR: runge_kutta
        from.assign(x);
        at.assign(x);
        for (share, ahead) in [(1.0, 0.5), (2.0, 0.5), (2.0, 1.0), (1.0, 0.0)] {
            energy.gradient_into(&at, &mut slope);
            x.scaled_add(-dt * share / 6.0, &slope);
            Zip::from(&mut at)
                .and(&from)
                .and(&slope)
                .for_each(|at, from, slope| *at = from - ahead * dt * slope);
        }
        // ANCHOR_END: runge_kutta
    })
}

/// The states from `start` on, each moved to the next by `advance`.
fn trajectory(
    energy: &impl Differentiable,
    start: &ArrayRef1<f64>,
    steps: usize,
    mut advance: impl FnMut(&mut Array1<f64>),
) -> Result<Trajectory, Error> {
    check::non_empty("start", start)?;
    check::finite("start", start)?;
    let mut x = start.to_owned();
    let mut states = Array2::zeros((steps + 1, x.len()));
    let mut energies = Array1::zeros(steps + 1);
    for step in 0..=steps {
        if step > 0 {
            advance(&mut x);
        }
        let value = energy.energy(&x);
        if !(value.is_finite() && x.iter().all(|x| x.is_finite())) {
            return Err(Error::Diverged { what: "descent", step, loss: value });
        }
        states.row_mut(step).assign(&x);
        energies[step] = value;
    }
    Ok(Trajectory { states, energies })
}

impl Trajectory {
    /// The first step that led uphill by more than rounding: where $E$ failed as a Lyapunov function of the walk.
    ///
    /// ```
    /// use downhill::{energy::Gaussian, energy_and_inference::Descent};
    /// use ndarray::array;
    /// let bowl = Gaussian::new(array![0.0], array![[1.0]])?;
    /// assert_eq!(Descent::new(1.9)?.path(&bowl, &array![1.0], 20)?.first_rise(), None);
    /// assert_eq!(Descent::new(2.1)?.path(&bowl, &array![1.0], 20)?.first_rise(), Some(1));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn first_rise(&self) -> Option<usize> {
        let risen = |k: &usize| {
            let (before, after) = (self.energies[k - 1], self.energies[*k]);
            after - before > 16.0 * f64::EPSILON * before.abs().max(after.abs())
        };
        (1..self.energies.len()).find(risen)
    }
}
