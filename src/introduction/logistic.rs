//! Learning the probability of a label directly.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, Axis, concatenate, s};

use super::{logistic, mean_surprise};
use crate::{
    Error, check,
    moments::{centred, root_mean_squares},
    ols::{Ols, add_intercept, row_space},
};

/// Newton steps before [`Logistic::fit`] gives up.
const STEPS: usize = 200;
/// The last step changes no log-odds by more than this. Newton's method squares its error from step to step.
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
    /// `x`, `n × p`; `y`, `n` labels 0 or 1, both of them present; `lambda`, the penalty's λ ≥ 0. The bias is free. The descent ends when a step
    /// changes no log-odds by more than $10^{-8}$.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for bad data; [`Error::Parameter`] for a bad penalty, labels
    /// all alike, or a penalty of 0 where some plane parts the classes, be it with samples of both on the plane, since the loss then
    /// has no minimum, or one so weak that rounding hides it there;
    /// [`Error::RankDeficient`] when the penalty is 0 and the columns, with one of ones, depend on one another;
    /// [`Error::NotConverged`] after 200 steps; it holds the bias and the weights reached.
    pub fn fit(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, lambda: f64) -> Result<Self, Error> {
        Self::fit_until(x, y, lambda, TOLERANCE, STEPS)
    }

    /// As [`Logistic::fit`], until a step changes no log-odds by more than `tolerance`, and for no more than `steps` steps. A dozen are
    /// usual, but where a plane parts the classes a weak penalty takes some $\ln(1/\lambda)$.
    ///
    /// # Errors
    /// Those of [`Logistic::fit`]; [`Error::Parameter`] when the tolerance is not positive and finite.
    ///
    /// ```
    /// use downhill::{Error, introduction::Logistic};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[-1.0], [1.0]], array![0.0, 1.0]);
    /// let short = Logistic::fit_until(&x, &y, 1e-6, 1e-8, 3);
    /// assert!(matches!(short, Err(Error::NotConverged { iterations: 3, .. })));
    /// // At the minimum σ(-w) = λw.
    /// let weight = Logistic::fit_until(&x, &y, 1e-6, 1e-8, 30)?.weights()[0];
    /// assert!((1.0 / (1.0 + weight.exp()) / (1e-6 * weight) - 1.0).abs() < 1e-7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fit_until(
        x: &ArrayRef2<f64>,
        y: &ArrayRef1<f64>,
        lambda: f64,
        tolerance: f64,
        steps: usize,
    ) -> Result<Self, Error> {
        check::regression(x, y)?;
        check::every("y", y, "0 or 1", |label| label == 0.0 || label == 1.0)?;
        check::parameter("classes", 1.0, "2", y.iter().any(|&label| label != y[0]))?;
        check::penalty("lambda", lambda)?;
        let positive = tolerance > 0.0 && tolerance.is_finite();
        check::parameter("tolerance", tolerance, "positive and finite", positive)?;
        // The bias is free, so the samples may be measured from their middle on.
        let (means, x) = centred(x);
        let mut design = add_intercept(&x);
        // Weights across all samples change nothing but the penalty. Where rounding would drown it, they are left out.
        let largest = root_mean_squares(&x).fold(0.0, |most: f64, s| most.max(*s));
        let mut basis: Option<Array2<f64>> = None;
        if lambda == 0.0 || lambda.sqrt() < 1e-3 * largest {
            let (rank, needed) = (Ols::fit(&design, y)?.rank(), design.ncols());
            if lambda == 0.0 && rank < needed {
                let advice = "give a penalty, or drop the columns that depend on others";
                let what = "x with a column of ones";
                return Err(Error::RankDeficient { what, rank, needed, advice });
            }
            if rank < needed {
                let rows = row_space(&x)?;
                design = add_intercept(&x.dot(&rows));
                basis = Some(rows);
            }
        }
        let raw = |alpha: Array1<f64>| {
            let weights = alpha.slice(s![1..]);
            let weights = basis.as_ref().map_or(weights.to_owned(), |basis| basis.dot(&weights));
            concatenate![Axis(0), [alpha[0] - means.dot(&weights)], weights]
        };
        let must = if lambda == 0.0 {
            "positive where a plane parts the classes, or the weights grow without end"
        } else {
            "larger where a plane parts the classes, or rounding hides it"
        };
        let unbounded = Error::Parameter { what: "lambda", value: lambda, must };
        let mut newton = Newton::new(&design, y, lambda);
        let mut change = f64::INFINITY;
        for _ in 0..steps {
            let before = change;
            let seen;
            (change, seen) = newton.step()?;
            if change <= tolerance {
                // If a plane parts all but some samples on it, the others have become certain and bend the loss no longer.
                return if seen < design.ncols() {
                    Err(unbounded)
                } else {
                    Ok(Self { alpha: raw(newton.alpha) })
                };
            }
            if lambda == 0.0 && newton.parted(tolerance, change > 0.5 * before) {
                return Err(unbounded);
            }
        }
        Err(Error::NotConverged {
            what: "Newton's method",
            iterations: steps,
            measure: "the largest change of a log-odds",
            value: change,
            tolerance,
            reached: vec![raw(newton.alpha)],
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
    /// What the last whole step takes off the log-odds.
    change: Array1<f64>,
    loss: f64,
    /// The least-squares problem whose solution is the step: a row a sample, and below them one a weight.
    a: Array2<f64>,
    b: Array1<f64>,
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
            change: Array1::zeros(n),
            loss: f64::ln(2.0),
            a: Array2::zeros((n + p - 1, p)),
            b: Array1::zeros(n + p - 1),
        }
    }

    /// One step, halved until the loss falls; the largest change of a log-odds that the whole step asks for, and the rank of the
    /// curvature to working precision.
    fn step(&mut self) -> Result<(f64, usize), Error> {
        let n = self.y.len();
        // ANCHOR: newton
        // Curvature and slope are AᵀA and Aᵀb, so the step is a fit of b by least squares. A has the
        // rows √(p(1 - p)/n) x and √λ for each weight, and p(1 - p) = 1/(2 cosh(z/2))².
        let (share, pull) = ((n as f64).sqrt().recip(), self.lambda.sqrt());
        for (i, (&z, &y)) in self.log_odds.iter().zip(self.y).enumerate() {
            let sign = 2.0 * y - 1.0;
            let mut row = self.a.row_mut(i);
            row.assign(&self.x.row(i));
            row *= share / (2.0 * (0.5 * z).cosh());
            self.b[i] = -sign * share * (-0.5 * sign * z).exp();
        }
        for j in 1..self.alpha.len() {
            self.a[[n + j - 1, j]] = pull;
            self.b[n + j - 1] = pull * self.alpha[j];
        }
        let fit = Ols::fit(&self.a, &self.b)?;
        let step = fit.coefficients();
        // ANCHOR_END: newton
        self.change = self.x.dot(step);
        // Before anything is compared: a comparison with NaN is silent.
        check::finite("log-odds", &self.change)?;
        let largest = self.change.fold(0.0, |largest: f64, c| largest.max(c.abs()));
        let promised = fit.predict(&self.a);
        let descent = promised.dot(&promised);
        // A sum of n terms is rounded by about √n roundings.
        let slack = 4.0 * f64::EPSILON * (n as f64).sqrt() * self.loss;
        let mut fraction = 1.0;
        while fraction > f64::EPSILON {
            let alpha = &self.alpha - &(step * fraction);
            let log_odds = &self.log_odds - &(&self.change * fraction);
            let penalty = alpha.slice(s![1..]).fold(0.0, |sum, w| sum + (pull * w).powi(2));
            let loss = mean_surprise(&log_odds, self.y) + 0.5 * penalty;
            if loss <= self.loss - 1e-4 * fraction * descent + slack {
                (self.alpha, self.log_odds, self.loss) = (alpha, log_odds, loss);
                break;
            }
            fraction *= 0.5;
        }
        Ok((largest, fit.rank()))
    }

    /// Some plane parts the classes: the one at hand does, or the last of the steps, if they do not `last`ingly shrink, moves
    /// only samples that are certain to rounding already and leaves the others on the plane.
    fn parted(&self, tolerance: f64, lasting: bool) -> bool {
        let right = self.log_odds.iter().zip(self.y).map(|(z, y)| (2.0 * y - 1.0) * z);
        let certain = -f64::EPSILON.ln();
        let mut moved = right.clone().zip(&self.change);
        right.clone().all(|z| z > 0.0)
            || lasting && moved.all(|(z, change)| change.abs() <= tolerance || z > certain)
    }
}
