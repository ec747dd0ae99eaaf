//! How far along a direction: a step that satisfies the strong Wolfe conditions.

use ndarray::{Array1, ArrayRef1};

use crate::{Error, check};

/// A place on the way: parameters, the loss there, and its gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The parameters $\theta$, `p`.
    pub theta: Array1<f64>,
    /// The loss $C(\theta)$.
    pub value: f64,
    /// The gradient $\nabla C(\theta)$, `p`.
    pub gradient: Array1<f64>,
}

impl Place {
    /// Evaluates `loss` at `theta`.
    ///
    /// ```
    /// use downhill::optimizers::{Place, surfaces::himmelblau};
    /// use ndarray::array;
    /// assert_eq!(Place::new(&array![0.0, 0.0], himmelblau).value, 170.0);
    /// ```
    pub fn new(
        theta: &ArrayRef1<f64>,
        mut loss: impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
    ) -> Self {
        let mut gradient = Array1::zeros(theta.len());
        let value = loss(theta, &mut gradient);
        Self { theta: theta.to_owned(), value, gradient }
    }
}

/// The strong Wolfe conditions on a step $t$ along $p$ from $\theta$, where the loss has the slope $p^\top \nabla C$:
/// it falls by at least the part $c_1$ of what the slope promises, and the slope there is at most the part $c_2$ of
/// the first, in size.
///
/// ```
/// use downhill::optimizers::{Place, StrongWolfe, surfaces::rosenbrock};
/// use ndarray::array;
/// let from = Place::new(&array![-1.2, 1.0], rosenbrock);
/// let (direction, mut to) = (-&from.gradient, from.clone());
/// let length = StrongWolfe::default().search(&mut rosenbrock, &from, &direction, 1.0, &mut to)?;
/// assert!(to.value < from.value && length < 0.01);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// Source: J. Nocedal, S. J. Wright, *Numerical Optimization* (Springer, 2006), algorithms 3.5 and 3.6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StrongWolfe {
    decrease: f64,
    curvature: f64,
}

impl Default for StrongWolfe {
    /// $c_1 = 10^{-4}$ and $c_2 = 0.9$, the usual choice for Newton's method and its relatives.
    fn default() -> Self {
        Self { decrease: 1e-4, curvature: 0.9 }
    }
}

/// A point on the ray: how far, how high, how steep.
#[derive(Clone, Copy)]
struct Sample {
    t: f64,
    value: f64,
    slope: f64,
}

/// What share of a loss may be its rounding: where it sums squares of small differences of large numbers, that is more than the last bit.
const ROUNDING: f64 = 1e-10;

/// A search whose interval has shrunk until numbers do not tell its ends apart.
pub(super) const AT_ROUNDING: &str = "the line search, as far as rounding lets it see,";

/// The longest search: steps doubled and halved so often span the range of numbers.
const SAMPLES: usize = 100;

impl StrongWolfe {
    /// The conditions with $c_1$ = `decrease` and $c_2$ = `curvature`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < `decrease` < `curvature` < 1.
    pub fn new(decrease: f64, curvature: f64) -> Result<Self, Error> {
        check::parameter(
            "decrease",
            decrease,
            "above 0 and below 1",
            decrease > 0.0 && decrease < 1.0,
        )?;
        let allowed = decrease < curvature && curvature < 1.0;
        check::parameter("curvature", curvature, "above `decrease` and below 1", allowed)?;
        Ok(Self { decrease, curvature })
    }

    /// Finds a step along `direction` that satisfies the conditions, trying `first` first. Returns its length and
    /// leaves the place that it leads to in `to`. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `first` is not positive and finite, or `direction` does not lead downhill; [`Error::Diverged`] when the loss falls to −∞;
    /// [`Error::NotConverged`] when no step is found, as where the loss falls for ever or is not smooth; it holds the lowest place met.
    pub fn search(
        &self,
        loss: &mut impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
        from: &Place,
        direction: &ArrayRef1<f64>,
        first: f64,
        to: &mut Place,
    ) -> Result<f64, Error> {
        check::parameter("first", first, "positive and finite", first > 0.0 && first.is_finite())?;
        let start = Sample { t: 0.0, value: from.value, slope: direction.dot(&from.gradient) };
        check::parameter(
            "slope",
            start.slope,
            "negative, for the direction to lead downhill",
            start.slope < 0.0,
        )?;
        // Where the loss changes by less than its rounding, only the slope can tell up from down.
        let rounding = ROUNDING * start.value.abs();

        // ANCHOR: wolfe
        let falls = |at: Sample| {
            at.value <= start.value + self.decrease * at.t * start.slope + rounding
                && !at.slope.is_nan()
        };
        let flat = |at: Sample| at.slope.abs() <= self.curvature * start.slope.abs();
        // ANCHOR_END: wolfe

        // ANCHOR: line_search
        // The best point so far, and the far end of an interval that holds a good one, once there
        // is such an end.
        let (mut best, mut end) = (start, None);
        let mut t = first;
        let (mut last, mut samples, mut what) = (start, 0, "the line search");
        for step in 0..SAMPLES {
            to.theta.assign(&from.theta);
            to.theta.scaled_add(t, direction);
            to.value = loss(&to.theta, &mut to.gradient);
            let here = Sample { t, value: to.value, slope: direction.dot(&to.gradient) };
            if here.value == f64::NEG_INFINITY {
                return Err(Error::Diverged { what: "the line search", step, loss: here.value });
            }
            if !falls(here) || here.value > best.value + rounding {
                end = Some(here);
            } else if flat(here) {
                return Ok(t);
            } else {
                // A slope that points away from the end turns the interval round: it now ends at
                // the old best point.
                let ahead = end.map_or(1.0, |end: Sample| end.t - here.t);
                if here.slope * ahead >= 0.0 {
                    end = Some(best);
                }
                best = here;
            }
            t = end.map_or(2.0 * t, |end| between(best, end));
            (last, samples) = (here, step + 1);
            let known = |at: Sample| same_place(from, direction, at.t, t);
            if end.is_some_and(|end| known(best) || known(end)) {
                what = AT_ROUNDING;
                break;
            }
        }
        // ANCHOR_END: line_search
        Err(Error::NotConverged {
            what,
            iterations: samples,
            measure: "the slope",
            value: last.slope.abs(),
            tolerance: self.curvature * start.slope.abs(),
            reached: vec![&from.theta + &(best.t * direction)],
        })
    }
}

/// The places at `a` and at `b` on the ray are the same to rounding.
fn same_place(from: &Place, direction: &ArrayRef1<f64>, a: f64, b: f64) -> bool {
    from.theta.iter().zip(direction).all(|(x, p)| x + a * p == x + b * p)
}

/// The minimum of the cubic that has the two heights and slopes; the middle where that is of no use.
fn between(a: Sample, b: Sample) -> f64 {
    let width = b.t - a.t;
    let bend = a.slope + b.slope - 3.0 * (b.value - a.value) / width;
    let root = (bend * bend - a.slope * b.slope).sqrt().copysign(width);
    let part = 1.0 - (b.slope + root - bend) / (b.slope - a.slope + 2.0 * root);
    // Kept off the ends, so that each sample shortens the interval by a tenth at least. NaN is in no range.
    if (0.1..=0.9).contains(&part) { a.t + part * width } else { a.t + 0.5 * width }
}
