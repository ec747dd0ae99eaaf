use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayViewMut1, linalg::general_mat_vec_mul, s,
};

use crate::{Error, check};

// ANCHOR: soft_threshold
/// $S(z,\tau)=\operatorname{sign}(z)\max(|z|-\tau,0)$, the minimiser of
/// $\frac12(\theta-z)^2+\tau|\theta|$.
///
/// ```
/// # use downhill as _;
/// use downhill::ridge_lasso::soft_threshold;
/// assert_eq!(soft_threshold(3.0, 1.0), 2.0);
/// assert_eq!(soft_threshold(-3.0, 1.0), -2.0);
/// assert_eq!(soft_threshold(-0.5, 1.0), 0.0);
/// ```
pub fn soft_threshold(z: f64, tau: f64) -> f64 {
    if z > tau {
        z - tau
    } else if z < -tau {
        z + tau
    } else {
        0.0
    }
}
// ANCHOR_END: soft_threshold

/// The lasso: minimises $\frac1n\lVert\mathbf y-\mathbf X\boldsymbol\theta\rVert_2^2+\lambda\lVert\boldsymbol\theta\rVert_1$;
/// with a ridge part $\mu\lVert\boldsymbol\theta\rVert_2^2$ added, the elastic net.
///
/// Coordinate descent on a working set of columns, whose Gram matrix is kept, so that a step costs
/// one pass over the set and not over the samples. The set begins as the strong rule guesses it; a product with all columns
/// then checks every column that was left out and measures the duality gap, which is the stopping rule. Every sixth sweep
/// extrapolates from the last ones (Q. Bertrand, M. Massias, AISTATS 2021). Where columns are so alike that coordinates alone get nowhere,
/// Newton's step for a guess of the signs moves all of them at once (H. Lee, A. Battle, R. Raina, A. Y. Ng, NIPS 19, 2006).
/// Memory: a copy of `x`, and of the working set its columns and Gram matrix.
///
/// ```
/// use downhill::ridge_lasso::Lasso;
/// use ndarray::array;
/// // XᵀX = nI, so the solution is the least-squares one, (3, 0.4), soft-thresholded at λ/2.
/// let x = array![[1.0, 1.0], [1.0, -1.0]];
/// let theta = Lasso::new(&x, &array![3.4, 2.6])?.fit(1.0)?;
/// assert!((&theta - &array![2.5, 0.0]).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), downhill::Error>(())
/// ```
#[doc(alias = "ElasticNet")]
#[derive(Clone, Debug, PartialEq)]
pub struct Lasso {
    /// `p × n`: a column of the design is contiguous here.
    columns: Array2<f64>,
    targets: Array1<f64>,
    /// $\mathbf X^\top\mathbf y$, `p`.
    target_correlations: Array1<f64>,
    ridge: f64,
    tolerance: f64,
    sweeps: usize,
}

/// The solutions for a sequence of penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct LassoPath {
    /// The penalties, `m`, in the order that they were given.
    pub lambdas: Array1<f64>,
    /// The coefficients, one penalty to a row, `m × p`.
    pub coefficients: Array2<f64>,
    /// How far above the minimum each cost is at most, `m`.
    pub gaps: Array1<f64>,
}

impl LassoPath {
    /// The features in the order in which their coefficients first leave zero along the path; those that
    /// never do are left out. Two that enter between the same two penalties stand in the order of their columns.
    ///
    /// ```
    /// use downhill::ridge_lasso::Lasso;
    /// use ndarray::array;
    /// let x = array![[1.0, 1.0], [1.0, -1.0]];
    /// let path = Lasso::new(&x, &array![-2.0, -4.0])?.path(&array![5.0, 1.0])?;
    /// assert_eq!(path.order_of_entry(), [0, 1]);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn order_of_entry(&self) -> Vec<usize> {
        let first_nonzero =
            |j: usize| self.coefficients.column(j).iter().position(|&theta| theta != 0.0);
        let mut entries: Vec<(usize, usize)> =
            (0..self.coefficients.ncols()).filter_map(|j| Some((first_nonzero(j)?, j))).collect();
        entries.sort_unstable();
        entries.into_iter().map(|(_, j)| j).collect()
    }
}

/// Sweeps over the working set that one penalty may take, unless [`Lasso::sweeps`] says otherwise.
const MOST_SWEEPS: usize = 100_000;

/// How many points an extrapolation combines, and one more.
const TRAIL: usize = 6;

impl Lasso {
    /// Takes the design `x`, `n × p`, and the targets `y`, `n`. Columns should be on one scale: see [`super::Standardizer`].
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] when `x` and `y` differ in length, [`Error::Domain`] at the first entry that is not
    /// finite, [`Error::Parameter`] when sums of squares overflow.
    pub fn new(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::regression(x, y)?;
        let columns = x.t().as_standard_layout().into_owned();
        let norms = columns.rows().into_iter().map(|column| column.dot(&column)).chain([y.dot(y)]);
        let largest = norms.fold(0.0, f64::max);
        let must = "a finite number: scale the data";
        check::parameter(
            "the largest sum of squares of a column of x or of y",
            largest,
            must,
            largest.is_finite(),
        )?;
        let target_correlations = columns.dot(y);
        Ok(Self {
            columns,
            targets: y.to_owned(),
            target_correlations,
            ridge: 0.0,
            tolerance: 1e-8,
            sweeps: MOST_SWEEPS,
        })
    }

    /// Adds $\mu\lVert\boldsymbol\theta\rVert_2^2$ to the cost, which makes it the elastic net.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `mu` is negative or not finite.
    ///
    /// ```
    /// use downhill::ridge_lasso::Lasso;
    /// use ndarray::array;
    /// // Two equal columns: the lasso has many minimisers, the elastic net shares the weight.
    /// let x = array![[1.0, 1.0], [-1.0, -1.0]];
    /// let theta = Lasso::new(&x, &array![2.0, -2.0])?.with_ridge(0.5)?.tolerance(1e-14)?.fit(0.5)?;
    /// assert!((theta[0] - theta[1]).abs() < 1e-6);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn with_ridge(self, mu: f64) -> Result<Self, Error> {
        check::penalty("mu", mu)?;
        Ok(Self { ridge: mu, ..self })
    }

    /// Stops when the duality gap is at most `tolerance` times the cost of $\boldsymbol\theta=0$, $\frac1n\lVert\mathbf y\rVert_2^2$;
    /// $10^{-8}$ if not set.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `tolerance` is not positive and finite.
    pub fn tolerance(self, tolerance: f64) -> Result<Self, Error> {
        check::parameter(
            "tolerance",
            tolerance,
            "positive and finite",
            tolerance.is_finite() && tolerance > 0.0,
        )?;
        Ok(Self { tolerance, ..self })
    }

    /// Spends at most `sweeps` sweeps over the working set on each penalty; 100,000 if not set.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `sweeps` is 0.
    pub fn sweeps(self, sweeps: usize) -> Result<Self, Error> {
        check::parameter("sweeps", sweeps as f64, "at least 1", sweeps >= 1)?;
        Ok(Self { sweeps, ..self })
    }

    // ANCHOR: lambda_max
    /// The smallest penalty at which every coefficient is zero,
    /// $\frac2n\lVert\mathbf X^\top\mathbf y\rVert_\infty$.
    pub fn lambda_max(&self) -> f64 {
        2.0 / self.samples() * largest_magnitude(&self.target_correlations)
    }
    // ANCHOR_END: lambda_max

    /// `count` penalties in geometric progression from [`Lasso::lambda_max`] down to `ratio` times it.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `count` is below 2, `ratio` is not between 0 and 1, or `lambda_max` is zero: then `y` is
    /// orthogonal to every column and there is no path.
    ///
    /// ```
    /// use downhill::ridge_lasso::Lasso;
    /// use ndarray::array;
    /// let lambdas = Lasso::new(&array![[1.0], [2.0]], &array![2.0, 4.0])?.lambda_grid(3, 0.01)?;
    /// assert!((&lambdas - &array![10.0, 1.0, 0.1]).iter().all(|error| error.abs() < 1e-14));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn lambda_grid(&self, count: usize, ratio: f64) -> Result<Array1<f64>, Error> {
        check::parameter("count", count as f64, "at least 2", count >= 2)?;
        check::parameter("ratio", ratio, "between 0 and 1", ratio > 0.0 && ratio < 1.0)?;
        let largest = self.lambda_max();
        check::parameter(
            "lambda_max",
            largest,
            "positive: no column is correlated with y",
            largest > 0.0,
        )?;
        Ok(Array1::from_shape_fn(count, |k| largest * ratio.powf(k as f64 / (count - 1) as f64)))
    }

    /// The coefficients that minimise the cost for one penalty, `p`.
    ///
    /// # Errors
    /// As [`Lasso::path`].
    pub fn fit(&self, lambda: f64) -> Result<Array1<f64>, Error> {
        Ok(self.path(&Array1::from_elem(1, lambda))?.coefficients.row(0).to_owned())
    }

    /// The solutions for each of `lambdas`, each begun at the one before: quickest when they fall slowly.
    ///
    /// # Errors
    /// [`Error::Empty`] when there is no penalty; [`Error::Parameter`] when one is not positive and finite (for $\lambda=0$
    /// there is nothing to select: use least squares or ridge); [`Error::NotConverged`] when the gap stays above the tolerance, which
    /// happens when that asks for more digits than the numbers carry. It holds the coefficients for each of the penalties before, and
    /// last those where it stopped.
    pub fn path(&self, lambdas: &ArrayRef1<f64>) -> Result<LassoPath, Error> {
        check::non_empty("lambdas", lambdas)?;
        check::every("lambdas", lambdas, "positive and finite", |lambda| {
            lambda.is_finite() && lambda > 0.0
        })?;
        let mut descent = Descent::new(self);
        let mut coefficients = Array2::zeros((lambdas.len(), self.features()));
        let mut gaps = Array1::zeros(lambdas.len());
        let (mut previous, mut solved) = (self.lambda_max(), 0);
        for ((&lambda, row), gap) in lambdas.iter().zip(coefficients.rows_mut()).zip(&mut gaps) {
            let sweeps;
            (*gap, sweeps) = descent.solve(lambda, previous);
            descent.write_coefficients(row);
            solved += 1;
            if gap.is_nan() || *gap > self.goal() {
                let reached = coefficients.rows().into_iter().take(solved);
                return Err(Error::NotConverged {
                    what: "the lasso",
                    iterations: sweeps,
                    measure: "the duality gap",
                    value: *gap,
                    tolerance: self.goal(),
                    reached: reached.map(|theta| theta.to_owned()).collect(),
                });
            }
            previous = lambda;
        }
        Ok(LassoPath { lambdas: lambdas.to_owned(), coefficients, gaps })
    }

    /// How far the cost at `theta` is above the minimum, at most: cost minus the dual objective at
    /// the best multiple of the residual that is dual feasible.
    ///
    /// # Panics
    /// When `theta` has not one entry a column, or `lambda` is not positive and finite.
    ///
    /// ```
    /// use downhill::ridge_lasso::Lasso;
    /// use ndarray::array;
    /// let lasso = Lasso::new(&array![[1.0], [1.0]], &array![1.0, 1.0])?;
    /// // λ_max is 2; above it zero is the minimiser, and the gap says so.
    /// assert_eq!(lasso.duality_gap(&array![0.0], 2.0), 0.0);
    /// assert!(lasso.duality_gap(&array![0.5], 2.0) > 0.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn duality_gap(&self, theta: &ArrayRef1<f64>, lambda: f64) -> f64 {
        assert!(
            lambda > 0.0 && lambda.is_finite(),
            "lambda is {lambda}, but must be positive and finite"
        );
        let residual = &self.targets - &theta.dot(&self.columns);
        let correlations = self.columns.dot(&residual) - self.samples() * self.ridge * theta;
        self.gap(
            &Sums {
                residual: residual.dot(&residual),
                residual_target: residual.dot(&self.targets),
                l1: super::l1_norm(theta),
                l2: theta.dot(theta),
                largest_correlation: largest_magnitude(&correlations),
            },
            lambda,
        )
    }

    // ANCHOR: gap
    /// Cost minus dual objective, from the few sums that both need.
    fn gap(&self, sums: &Sums, lambda: f64) -> f64 {
        let n = self.samples();
        // ‖r̃‖² of the augmented problem, in which the ridge part is p more samples of value zero.
        let residual = sums.residual + n * self.ridge * sums.l2;
        let cost = residual / n + lambda * sums.l1;
        if residual == 0.0 {
            return cost;
        }
        let feasible = n * lambda / 2.0 / sums.largest_correlation;
        let scale = (sums.residual_target / residual).clamp(-feasible, feasible);
        let dual = (2.0 * scale * sums.residual_target - scale * scale * residual) / n;
        // Weak duality: below zero only by rounding. `clamp` keeps NaN, where `max` would make it
        // 0.
        (cost - dual).clamp(0.0, f64::INFINITY)
    }
    // ANCHOR_END: gap

    /// The gap at which a solution is good enough.
    fn goal(&self) -> f64 {
        self.tolerance * self.targets.dot(&self.targets) / self.samples()
    }

    fn samples(&self) -> f64 {
        self.targets.len() as f64
    }

    fn features(&self) -> usize {
        self.columns.nrows()
    }
}

/// What the duality gap is made of.
struct Sums {
    /// $\lVert\mathbf r\rVert_2^2$.
    residual: f64,
    /// $\mathbf r^\top\mathbf y$.
    residual_target: f64,
    /// $\lVert\boldsymbol\theta\rVert_1$.
    l1: f64,
    /// $\lVert\boldsymbol\theta\rVert_2^2$.
    l2: f64,
    /// $\max_j|\mathbf x_j^\top\mathbf r-n\mu\theta_j|$.
    largest_correlation: f64,
}

/// Coordinate descent on a growing working set. All buffers live here.
struct Descent<'a> {
    problem: &'a Lasso,
    /// $\lVert\mathbf y\rVert_2^2$.
    target_square: f64,
    /// The features of the working set, in the order in which they came.
    members: Vec<usize>,
    is_member: Vec<bool>,
    /// Their columns, one to a row; the first `members.len()` rows are in use.
    columns: Array2<f64>,
    /// Their products with each other; the leading square is in use.
    gram: Array2<f64>,
    /// Their coefficients.
    theta: Vec<f64>,
    /// Their products with the residual, $\mathbf x_j^\top\mathbf r$, kept up to date through the Gram matrix.
    gradient: Vec<f64>,
    residual: Array1<f64>,
    /// $\mathbf X^\top\mathbf r$ for all features, as of the last check.
    correlations: Array1<f64>,
    candidates: Vec<usize>,
    trail: Trail,
    /// The guess of the coefficients' signs, 0 for one that is zero.
    signs: Vec<f64>,
    newton: Newton,
}

/// The buffers of Newton's step.
#[derive(Default)]
struct Newton {
    /// Which of the working set take part.
    support: Vec<usize>,
    /// Minus the slope of half of `n` times the cost along each of those.
    slope: Vec<f64>,
    /// The lower Cholesky factor of their Gram matrix, row by row.
    factor: Vec<f64>,
    step: Vec<f64>,
    /// What the step takes off the gradient of the whole working set.
    change: Vec<f64>,
}

impl Newton {
    /// The step $(\mathbf G+n\mu\mathbf I)^{-1}\mathbf g$ of the support, from its part of the Gram matrix and the slopes.
    fn step(&mut self, gram: &ArrayRef2<f64>, ridge: f64, slope: impl Fn(usize) -> f64) {
        let k = self.support.len();
        self.slope.clear();
        self.slope.extend(self.support.iter().map(|&j| slope(j)));
        self.step.clone_from(&self.slope);
        self.factor.resize(k * k, 0.0);
        let (factor, step) = (&mut self.factor, &mut self.step);
        for a in 0..k {
            for b in 0..=a {
                let inner: f64 = (0..b).map(|c| factor[a * k + c] * factor[b * k + c]).sum();
                let rest = gram[[self.support[a], self.support[b]]] - inner;
                factor[a * k + b] = if a == b {
                    // Where a column depends on those before, nothing is left but rounding: a little in its place
                    // sends the step far along the dependence, and only the first zero on the way ends it.
                    let least = f64::EPSILON * gram[[self.support[a], self.support[a]]];
                    (rest + ridge).max(least).sqrt()
                } else {
                    rest / factor[b * k + b]
                };
            }
            let inner: f64 = (0..a).map(|b| factor[a * k + b] * step[b]).sum();
            step[a] = (step[a] - inner) / factor[a * k + a];
        }
        for a in (0..k).rev() {
            let inner: f64 = (a + 1..k).map(|b| factor[b * k + a] * step[b]).sum();
            step[a] = (step[a] - inner) / factor[a * k + a];
        }
    }
}

/// The last few points of the descent, from which a better one is extrapolated.
#[derive(Default)]
struct Trail {
    /// How many of the points are filled.
    length: usize,
    /// Coefficients and gradient of each point.
    points: [(Vec<f64>, Vec<f64>); TRAIL],
    /// The extrapolated coefficients and gradient; after a trial, whichever of the two points lost.
    trial: (Vec<f64>, Vec<f64>),
}

impl<'a> Descent<'a> {
    fn new(problem: &'a Lasso) -> Self {
        Self {
            problem,
            target_square: problem.targets.dot(&problem.targets),
            members: Vec::new(),
            is_member: vec![false; problem.features()],
            columns: Array2::zeros((0, problem.targets.len())),
            gram: Array2::zeros((0, 0)),
            theta: Vec::new(),
            gradient: Vec::new(),
            residual: problem.targets.clone(),
            correlations: problem.target_correlations.clone(),
            candidates: Vec::new(),
            trail: Trail::default(),
            signs: Vec::new(),
            newton: Newton::default(),
        }
    }

    /// Minimises from where it stands, and returns the duality gap that it reached, and in how many sweeps.
    fn solve(&mut self, lambda: f64, previous: f64) -> (f64, usize) {
        let n = self.problem.samples();
        let threshold = n * lambda / 2.0;
        let (goal, most) = (self.problem.goal(), self.problem.sweeps);
        let mut inner_goal = goal / 2.0;
        // The strong rule: a correlation hardly ever changes faster than the penalty does.
        self.admit(n * (2.0 * lambda - previous) / 2.0);
        let (mut sweeps, mut next_guess) = (0, 2 * TRAIL);
        loop {
            while self.gap_within(lambda) > inner_goal && sweeps < most {
                // In this order, for a combination of points has not the exact zeros that a sweep leaves.
                self.accelerate(lambda);
                self.sweep(threshold);
                self.trail.push(&self.theta, &self.gradient);
                sweeps += 1;
                // Guessing signs gives the whole answer or little: it gets as much work as the sweeps had.
                if sweeps >= next_guess.max(self.members.len() / 3) {
                    let work = self.guess_signs(threshold, sweeps + 100);
                    next_guess = sweeps + work.max(2 * TRAIL);
                }
            }
            self.trail.clear();
            let gap = self.check_all(lambda);
            if gap <= goal || sweeps >= most {
                return (gap, sweeps);
            }
            if !self.admit(threshold) {
                // No column is missing, so the set itself must be solved more sharply.
                inner_goal /= 4.0;
                self.sweep(threshold);
                sweeps += 1;
            }
        }
    }

    // ANCHOR: sweep
    /// One exact minimisation along each coordinate of the working set.
    fn sweep(&mut self, threshold: f64) {
        let size = self.members.len();
        let ridge = self.problem.samples() * self.problem.ridge;
        for j in 0..size {
            let products =
                &self.gram.as_slice().unwrap_or_default()[j * self.gram.ncols()..][..size];
            let curvature = products[j] + ridge;
            if curvature == 0.0 {
                continue;
            }
            let old = self.theta[j];
            let new = soft_threshold(self.gradient[j] + products[j] * old, threshold) / curvature;
            if new != old {
                self.theta[j] = new;
                for (gradient, product) in self.gradient.iter_mut().zip(products) {
                    *gradient -= (new - old) * product;
                }
            }
        }
    }
    // ANCHOR_END: sweep

    /// Solves the problem of the working set by guessing signs: Newton's step leads to the minimum of the cost as it is for the signs
    /// at hand, or to where the first coefficient meets zero, which then leaves; at the minimum the column that most wants to enters.
    /// Spends about the work of `most` sweeps, and returns how much it was.
    fn guess_signs(&mut self, threshold: f64, most: usize) -> usize {
        self.trail.clear();
        let size = self.theta.len();
        let ridge = self.problem.samples() * self.problem.ridge;
        self.signs.clear();
        self.signs.extend(self.theta.iter().map(|t| if *t == 0.0 { 0.0 } else { t.signum() }));
        let mut work = 0;
        while work < most * size * size {
            self.newton.support.clear();
            self.newton.support.extend((0..size).filter(|&j| self.signs[j] != 0.0));
            let k = self.newton.support.len();
            work += k * (size + k * k / 6);
            self.newton.step(&self.gram, ridge, |j| {
                self.gradient[j] - threshold * self.signs[j] - ridge * self.theta[j]
            });
            let Newton { support, step, slope, change, .. } = &mut self.newton;
            change.clear();
            change.resize(size, 0.0);
            for (&j, &part) in support.iter().zip(&*step) {
                change.iter_mut().zip(self.gram.row(j)).for_each(|(change, g)| *change += part * g);
            }
            // Whatever rounding made of the step, the length that is best along it makes the cost fall.
            let (mut fall, mut bend) = (0.0, 0.0);
            for ((&j, &part), &slope) in support.iter().zip(&*step).zip(&*slope) {
                fall += part * slope;
                bend += part * (change[j] + ridge * part);
            }
            let mut length = if bend > 0.0 { fall / bend } else { f64::INFINITY };
            let mut leaving = None;
            for (&j, &part) in support.iter().zip(&*step) {
                if part * self.signs[j] < 0.0 && -self.theta[j] / part <= length {
                    (length, leaving) = (-self.theta[j] / part, Some(j));
                }
            }
            let usable = length >= 0.0 && length.is_finite();
            if !usable {
                break;
            }
            support.iter().zip(&*step).for_each(|(&j, part)| self.theta[j] += length * part);
            self.gradient.iter_mut().zip(&*change).for_each(|(g, change)| *g -= length * change);
            if let Some(j) = leaving {
                (self.theta[j], self.signs[j]) = (0.0, 0.0);
                continue;
            }
            let entering = (0..size)
                .filter(|&j| self.signs[j] == 0.0)
                .max_by(|&i, &j| self.gradient[i].abs().total_cmp(&self.gradient[j].abs()))
                .filter(|&j| self.gradient[j].abs() > threshold * (1.0 + 1e-9));
            let Some(j) = entering else { break };
            self.signs[j] = self.gradient[j].signum();
        }
        work / (size * size).max(1)
    }

    /// When the trail is full, jumps to the affine combination of its points whose step
    /// would be shortest (Anderson acceleration), if that lowers the cost, and begins a new trail.
    ///
    /// The gradient is affine in the coefficients, so the same combination gives it without a product.
    fn accelerate(&mut self, lambda: f64) {
        if !self.trail.extrapolate() {
            return;
        }
        let before = self.cost(lambda);
        self.swap_with_trial();
        if self.cost(lambda) >= before {
            self.swap_with_trial();
        }
    }

    fn swap_with_trial(&mut self) {
        std::mem::swap(&mut self.theta, &mut self.trail.trial.0);
        std::mem::swap(&mut self.gradient, &mut self.trail.trial.1);
    }

    /// `n` times the cost, less its value at zero.
    fn cost(&self, lambda: f64) -> f64 {
        let n = self.problem.samples();
        let ridge = n * self.problem.ridge;
        let mut cost = 0.0;
        for ((&theta, &gradient), &j) in self.theta.iter().zip(&self.gradient).zip(&self.members) {
            // ‖r‖² − ‖y‖² = −θᵀ(Xᵀr + Xᵀy).
            cost += n * lambda * theta.abs() + ridge * theta * theta
                - theta * (gradient + self.problem.target_correlations[j]);
        }
        cost
    }

    /// The duality gap of the problem that has only the columns of the working set.
    fn gap_within(&self, lambda: f64) -> f64 {
        let ridge = self.problem.samples() * self.problem.ridge;
        let (mut fitted_target, mut fitted_residual) = (0.0, 0.0);
        let (mut l1, mut l2, mut largest_correlation) = (0.0, 0.0, 0.0_f64);
        for ((&theta, &gradient), &j) in self.theta.iter().zip(&self.gradient).zip(&self.members) {
            // rᵀy = ‖y‖² − θᵀXᵀy and ‖r‖² = rᵀy − θᵀXᵀr.
            fitted_target += theta * self.problem.target_correlations[j];
            fitted_residual += theta * gradient;
            l1 += theta.abs();
            l2 += theta * theta;
            largest_correlation = largest_correlation.max((gradient - ridge * theta).abs());
        }
        let residual_target = self.target_square - fitted_target;
        let residual = (residual_target - fitted_residual).max(0.0);
        self.problem.gap(&Sums { residual, residual_target, l1, l2, largest_correlation }, lambda)
    }

    /// Computes the residual and its products with all columns afresh, and from them the duality gap.
    fn check_all(&mut self, lambda: f64) -> f64 {
        let problem = self.problem;
        self.residual.assign(&problem.targets);
        let used = self.columns.slice(s![..self.members.len(), ..]);
        general_mat_vec_mul(
            -1.0,
            &used.t(),
            &ArrayView1::from(&self.theta),
            1.0,
            &mut self.residual,
        );
        general_mat_vec_mul(1.0, &problem.columns, &self.residual, 0.0, &mut self.correlations);

        let ridge = problem.samples() * problem.ridge;
        let mut sums = Sums {
            residual: self.residual.dot(&self.residual),
            residual_target: self.residual.dot(&problem.targets),
            l1: 0.0,
            l2: 0.0,
            largest_correlation: 0.0,
        };
        for ((&j, &theta), gradient) in self.members.iter().zip(&self.theta).zip(&mut self.gradient)
        {
            *gradient = self.correlations[j];
            sums.l1 += theta.abs();
            sums.l2 += theta * theta;
            sums.largest_correlation =
                sums.largest_correlation.max((*gradient - ridge * theta).abs());
        }
        for (correlation, member) in self.correlations.iter().zip(&self.is_member) {
            if !member {
                sums.largest_correlation = sums.largest_correlation.max(correlation.abs());
            }
        }
        problem.gap(&sums, lambda)
    }

    /// Takes the columns whose correlation with the residual exceeds `threshold` into the working set, the largest
    /// first and at most as many as would double it. Says whether there was one.
    fn admit(&mut self, threshold: f64) -> bool {
        let Self { candidates, correlations, is_member, .. } = self;
        candidates.clear();
        candidates.extend(
            (0..is_member.len()).filter(|&j| !is_member[j] && correlations[j].abs() > threshold),
        );
        let most = self.members.len().max(100);
        if candidates.len() > most {
            candidates.select_nth_unstable_by(most, |&i, &j| {
                correlations[j].abs().total_cmp(&correlations[i].abs())
            });
            candidates.truncate(most);
        }
        if candidates.is_empty() {
            return false;
        }
        let candidates = std::mem::take(candidates);
        self.extend(&candidates);
        self.candidates = candidates;
        true
    }

    fn extend(&mut self, newcomers: &[usize]) {
        let (old, new) = (self.members.len(), self.members.len() + newcomers.len());
        self.reserve(new);
        for (row, &j) in (old..new).zip(newcomers) {
            self.columns.row_mut(row).assign(&self.problem.columns.row(j));
            self.is_member[j] = true;
            self.gradient.push(self.correlations[j]);
        }
        self.members.extend(newcomers);
        self.theta.resize(new, 0.0);
        let products =
            self.columns.slice(s![old..new, ..]).dot(&self.columns.slice(s![..new, ..]).t());
        self.gram.slice_mut(s![old..new, ..new]).assign(&products);
        self.gram.slice_mut(s![..new, old..new]).assign(&products.t());
    }

    /// Makes room for `size` members, at least doubling what there is.
    fn reserve(&mut self, size: usize) {
        let (used, room) = (self.members.len(), self.gram.nrows());
        if size <= room {
            return;
        }
        let room = size.max(2 * room).min(self.problem.features());
        let mut columns = Array2::zeros((room, self.columns.ncols()));
        columns.slice_mut(s![..used, ..]).assign(&self.columns.slice(s![..used, ..]));
        self.columns = columns;
        let mut gram = Array2::zeros((room, room));
        gram.slice_mut(s![..used, ..used]).assign(&self.gram.slice(s![..used, ..used]));
        self.gram = gram;
    }

    fn write_coefficients(&self, mut row: ArrayViewMut1<f64>) {
        for (&j, &theta) in self.members.iter().zip(&self.theta) {
            row[j] = theta;
        }
    }
}

impl Trail {
    fn clear(&mut self) {
        self.length = 0;
    }

    fn push(&mut self, theta: &[f64], gradient: &[f64]) {
        let (own_theta, own_gradient) = &mut self.points[self.length];
        own_theta.clear();
        own_theta.extend_from_slice(theta);
        own_gradient.clear();
        own_gradient.extend_from_slice(gradient);
        self.length += 1;
    }

    /// When the trail is full, empties it into `trial` and says so, unless its steps are too alike to combine.
    fn extrapolate(&mut self) -> bool {
        if self.length < TRAIL {
            return false;
        }
        self.clear();
        let step = |k: usize, j: usize| self.points[k + 1].0[j] - self.points[k].0[j];
        let size = self.points[0].0.len();
        let mut products = [[0.0; TRAIL - 1]; TRAIL - 1];
        for (a, row) in products.iter_mut().enumerate() {
            for (b, product) in row[..=a].iter_mut().enumerate() {
                *product = (0..size).map(|j| step(a, j) * step(b, j)).sum();
            }
        }
        let Some(weights) = shortest_combination(products) else { return false };
        let (theta, gradient) = &mut self.trial;
        for (trial, part) in [(theta, 0), (gradient, 1)] {
            trial.clear();
            trial.resize(size, 0.0);
            for (weight, point) in weights.iter().zip(&self.points[1..]) {
                let values = if part == 0 { &point.0 } else { &point.1 };
                trial.iter_mut().zip(values).for_each(|(trial, value)| *trial += weight * value);
            }
        }
        true
    }
}

/// The weights $w$, of sum 1, that minimise $w^\top\mathbf M w$: $\mathbf M^{-1}\mathbf 1$ over its sum, by Cholesky's
/// factorisation. Takes the lower triangle of $\mathbf M$; nothing when it is singular.
fn shortest_combination<const K: usize>(mut m: [[f64; K]; K]) -> Option<[f64; K]> {
    let trace: f64 = (0..K).map(|k| m[k][k]).sum();
    for a in 0..K {
        // A little of the identity keeps nearly parallel steps from giving huge weights of opposite sign.
        m[a][a] += 1e-12 * trace;
        for b in 0..=a {
            let inner = (0..b).map(|c| m[a][c] * m[b][c]).sum::<f64>();
            let rest = m[a][b] - inner;
            m[a][b] = if a == b { rest.sqrt() } else { rest / m[b][b] };
        }
    }
    let mut weights = [1.0; K];
    for a in 0..K {
        let inner = (0..a).map(|b| m[a][b] * weights[b]).sum::<f64>();
        weights[a] = (weights[a] - inner) / m[a][a];
    }
    for a in (0..K).rev() {
        let inner = (a + 1..K).map(|b| m[b][a] * weights[b]).sum::<f64>();
        weights[a] = (weights[a] - inner) / m[a][a];
    }
    let total: f64 = weights.iter().sum();
    let weights = weights.map(|weight| weight / total);
    weights.iter().all(|weight| weight.is_finite()).then_some(weights)
}

fn largest_magnitude(values: &ArrayRef1<f64>) -> f64 {
    values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()))
}

/// What a user sees only as speed: the answer is certified by the gap, however it was found.
#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    use super::{Descent, Lasso, TRAIL, shortest_combination};

    /// Columns that share a part, so that coordinate descent is slow.
    fn correlated() -> Lasso {
        let mut rng = crate::rng(61);
        let x = Array2::from_shape_fn((40, 12), |_| rng.sample::<f64, _>(StandardNormal));
        let x = &x + &(3.0 * &x.column(0).to_owned().insert_axis(ndarray::Axis(1)));
        let y = Array1::from_shape_fn(40, |i| {
            x[[i, 1]] - 2.0 * x[[i, 5]] + rng.sample::<f64, _>(StandardNormal)
        });
        Lasso::new(&x, &y).unwrap()
    }

    fn everything(problem: &Lasso) -> Descent<'_> {
        let mut descent = Descent::new(problem);
        descent.extend(&(0..12).collect::<Vec<_>>());
        descent
    }

    fn coefficients(descent: &Descent) -> Array1<f64> {
        let mut theta = Array1::zeros(12);
        descent.write_coefficients(theta.view_mut());
        theta
    }

    /// The gap and the cost kept up to date against the same two computed afresh from the residual.
    #[test]
    fn what_is_kept_is_what_would_be_computed() {
        for ridge in [0.0, 0.3] {
            let problem = correlated().with_ridge(ridge).unwrap();
            let (mut descent, lambda, n) = (everything(&problem), 0.4, 40.0);
            let objective = |theta: &Array1<f64>| {
                let residual = &problem.targets - &problem.columns.t().dot(theta);
                residual.dot(&residual) / n
                    + lambda * theta.iter().map(|t| t.abs()).sum::<f64>()
                    + ridge * theta.dot(theta)
            };
            for _ in 0..7 {
                descent.sweep(n * lambda / 2.0);
                let kept = descent.gap_within(lambda);
                assert!(
                    kept > 0.0
                        && (kept - descent.check_all(lambda)).abs()
                            < 1e-10 * objective(&Array1::zeros(12))
                );
                let less = n * (objective(&coefficients(&descent)) - objective(&Array1::zeros(12)));
                assert!((descent.cost(lambda) - less).abs() < 1e-9 * less.abs());
            }
        }
    }

    /// The weights against the conditions of the minimum: they sum to 1, and M w is the same in every entry.
    #[test]
    fn the_shortest_combination_is_stationary() {
        let mut rng = crate::rng(62);
        let root: [[f64; 4]; 4] =
            std::array::from_fn(|_| std::array::from_fn(|_| rng.sample(StandardNormal)));
        let matrix: [[f64; 4]; 4] = std::array::from_fn(|a| {
            std::array::from_fn(|b| (0..4).map(|k| root[a][k] * root[b][k]).sum::<f64>())
        });
        let weights = shortest_combination(matrix).unwrap();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        let products = matrix.map(|row| row.iter().zip(&weights).map(|(m, w)| m * w).sum::<f64>());
        assert!(products.iter().all(|p| (p - products[0]).abs() < 1e-9), "{products:?}");
        assert!(shortest_combination([[0.0; 3]; 3]).is_none());
    }

    /// The extrapolated point: its gradient against one computed afresh, and its cost and those that follow against plain sweeps'.
    #[test]
    fn extrapolation_gets_ahead_of_sweeps() {
        let problem = correlated();
        let (lambda, n) = (0.01, 40.0);
        let (mut plain, mut ahead) = (everything(&problem), everything(&problem));
        for _ in 0..TRAIL {
            ahead.sweep(n * lambda / 2.0);
            ahead.trail.push(&ahead.theta, &ahead.gradient);
        }
        assert!(ahead.trail.extrapolate() && ahead.trail.length == 0);
        let at_trial = Array1::from(ahead.trail.trial.0.clone());
        let afresh = problem.columns.dot(&(&problem.targets - &problem.columns.t().dot(&at_trial)));
        assert!(afresh.iter().zip(&ahead.trail.trial.1).all(|(a, b)| (a - b).abs() < 1e-8));
        for _ in 0..150 {
            plain.sweep(n * lambda / 2.0);
        }
        let mut ahead = everything(&problem);
        for _ in 0..150 {
            let before = ahead.cost(lambda);
            ahead.accelerate(lambda);
            assert!(ahead.cost(lambda) <= before);
            ahead.sweep(n * lambda / 2.0);
            ahead.trail.push(&ahead.theta, &ahead.gradient);
        }
        let (slow, fast) = (plain.gap_within(lambda), ahead.gap_within(lambda));
        assert!(fast < 1e-3 * slow, "{fast:e} {slow:e}");
    }
}
