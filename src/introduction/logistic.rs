//! Learning the probability of a label directly.

use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, Axis, Zip, linalg::general_mat_mul, s,
};
use ndarray_linalg::SolveC;

use super::{logistic, mean_surprise};
use crate::{
    Error, check,
    ols::{Ols, Solver, add_intercept},
};

/// Newton steps before [`Logistic::fit`] gives up; a dozen are usual.
const STEPS: usize = 200;
/// The last step may change no log-odds by more than this. Newton's method squares its error from step to step.
const TOLERANCE: f64 = 1e-8;

/// The logistic model $p(y = 1 \mid \mathbf x) = \sigma(\mathbf w \cdot \mathbf x + b)$, fitted to labels 0 and 1.
///
/// Source: D. R. Cox, Journal of the Royal Statistical Society B 20 (1958) 215.
///
/// ```
/// use downhill::introduction::Logistic;
/// use ndarray::array;
///
/// // Three quarters of those at 1 have the label 1, half of those at 0: odds of 3 and of 1.
/// let x = array![[0.0], [0.0], [1.0], [1.0], [1.0], [1.0]];
/// let model = Logistic::fit(&x, &array![0.0, 1.0, 1.0, 1.0, 0.0, 1.0], 0.0)?;
/// assert!((model.weights()[0] - f64::ln(3.0)).abs() < 1e-12);
/// assert!(model.bias().abs() < 1e-12);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// The bias, then the weights.
    alpha: Array1<f64>,
}

impl Logistic {
    /// Minimises $C(\alpha) + \frac\lambda2 \lVert \mathbf w \rVert^2$ by Newton's method, each step halved until the loss falls.
    ///
    /// `x`, `n × p`; `y`, `n` labels 0 or 1, both of them present; `lambda`, the penalty's λ ≥ 0. The bias is free.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for bad data; [`Error::Parameter`] for a bad penalty, labels
    /// all alike, or a penalty of 0 where some plane parts the classes, since the loss then has no minimum;
    /// [`Error::RankDeficient`] when the penalty is 0 and the columns, with one of ones, depend on one another;
    /// [`Error::Lapack`] or [`Error::NotConverged`] when units too unlike one another defeat the method.
    pub fn fit(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, lambda: f64) -> Result<Self, Error> {
        check::regression(x, y)?;
        check::every("y", y, "0 or 1", |label| label == 0.0 || label == 1.0)?;
        check::parameter("classes", 1.0, "2", y.iter().any(|&label| label != y[0]))?;
        check::penalty("lambda", lambda)?;
        let x = add_intercept(x);
        if lambda == 0.0 {
            full_rank(&x)?;
        }
        let mut newton = Newton::new(&x, y, lambda);
        let unbounded = || Error::Parameter {
            what: "lambda",
            value: lambda,
            must: "positive where a plane parts the classes, or the weights grow without end",
        };
        let mut change = f64::INFINITY;
        for _ in 0..STEPS {
            change = newton.step()?;
            if change <= TOLERANCE {
                // If a plane parts all but some samples on it, the others have become certain and bend the loss no longer.
                return if lambda == 0.0 && full_rank(&newton.weighted).is_err() {
                    Err(unbounded())
                } else {
                    Ok(Self { alpha: newton.alpha })
                };
            }
            let parted = newton.log_odds.iter().zip(y).all(|(&z, &y)| (2.0 * y - 1.0) * z > 0.0);
            if lambda == 0.0 && parted {
                return Err(unbounded());
            }
        }
        Err(Error::NotConverged {
            what: "Newton's method",
            iterations: STEPS,
            measure: "the largest change of a log-odds",
            value: change,
            tolerance: TOLERANCE,
        })
    }

    /// $\mathbf w$, `p`.
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.alpha.slice(s![1..])
    }

    /// $b$.
    pub fn bias(&self) -> f64 {
        self.alpha[0]
    }

    /// $\mathbf w \cdot \mathbf x + b$ for every row of `x`: the logarithm of $p(1 \mid \mathbf x) / p(0 \mid \mathbf x)$.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has weights.
    pub fn log_odds(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        x.dot(&self.weights()) + self.bias()
    }

    /// $p(y = 1 \mid \mathbf x)$ for every row of `x`.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has weights.
    pub fn probability(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        self.log_odds(x).mapv_into(logistic)
    }
}

/// Newton's method and its buffers.
struct Newton<'a> {
    x: &'a Array2<f64>,
    y: &'a ArrayRef1<f64>,
    lambda: f64,
    alpha: Array1<f64>,
    log_odds: Array1<f64>,
    loss: f64,
    weighted: Array2<f64>,
    hessian: Array2<f64>,
}

impl<'a> Newton<'a> {
    fn new(x: &'a Array2<f64>, y: &'a ArrayRef1<f64>, lambda: f64) -> Self {
        let (n, p) = x.dim();
        Self {
            x,
            y,
            lambda,
            alpha: Array1::zeros(p),
            log_odds: Array1::zeros(n),
            loss: f64::ln(2.0),
            weighted: Array2::zeros((n, p)),
            hessian: Array2::zeros((p, p)),
        }
    }

    /// One step, halved until the loss falls; the largest change of a log-odds.
    fn step(&mut self) -> Result<f64, Error> {
        let n = self.y.len() as f64;
        // ANCHOR: newton
        let probability = self.log_odds.mapv(logistic);
        let mut gradient = self.x.t().dot(&(probability.clone() - self.y)) / n;
        let variance = probability.mapv(|p| p * (1.0 - p) / n).insert_axis(Axis(1));
        Zip::from(&mut self.weighted)
            .and(self.x)
            .and_broadcast(&variance)
            .for_each(|w, x, v| *w = x * v);
        general_mat_mul(1.0, &self.x.t(), &self.weighted, 0.0, &mut self.hessian);
        for j in 1..gradient.len() {
            gradient[j] += self.lambda * self.alpha[j];
            self.hessian[[j, j]] += self.lambda;
        }
        let step =
            self.hessian.solvec(&gradient).map_err(|e| Error::Lapack { reason: e.to_string() })?;
        // ANCHOR_END: newton
        let change = self.x.dot(&step);
        // Before anything is compared: a comparison with NaN is silent.
        check::finite("log-odds", &change)?;
        let largest = change.fold(0.0, |largest: f64, c| largest.max(c.abs()));
        let descent = gradient.dot(&step);
        let mut fraction = 1.0;
        while fraction * largest > TOLERANCE {
            let alpha = &self.alpha - &(&step * fraction);
            let log_odds = &self.log_odds - &(&change * fraction);
            let weights = alpha.slice(s![1..]);
            let loss = mean_surprise(&log_odds, self.y) + 0.5 * self.lambda * weights.dot(&weights);
            // Close to the minimum the fall of the loss is less than its rounding.
            if loss <= self.loss * (1.0 + 4.0 * f64::EPSILON) - 1e-4 * fraction * descent {
                (self.alpha, self.log_odds, self.loss) = (alpha, log_odds, loss);
                return Ok(fraction * largest);
            }
            fraction *= 0.5;
        }
        self.alpha.scaled_add(-fraction, &step);
        self.log_odds.scaled_add(-fraction, &change);
        Ok(fraction * largest)
    }
}

/// The columns of `x`, the first of them ones, do not depend on one another.
fn full_rank(x: &Array2<f64>) -> Result<(), Error> {
    let rank = Ols::fit_with(x, &Array1::zeros(x.nrows()), Solver::Svd)?.rank();
    if rank == x.ncols() {
        return Ok(());
    }
    let advice = "give a penalty, or drop the columns that depend on others";
    Err(Error::RankDeficient { what: "x with a column of ones", rank, needed: x.ncols(), advice })
}
