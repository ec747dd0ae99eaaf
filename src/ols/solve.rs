use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, s};
use ndarray_linalg::{
    CholeskyInto, Diag, JobSvd, QRInto, SVDDCInto, SolveTriangularInto, UPLO, error::LinalgError,
};

use super::{normal_equations, residual_moments};
use crate::{Error, check};

/// How [`Ols::fit_with`] finds the coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The fastest of the other three that is safe: [`Ols::fit`] tells the rule.
    Auto,
    /// The normal equations as they stand, by Cholesky's factorisation of the Gram matrix. Its error grows as the
    /// square of the condition number.
    Cholesky,
    /// Orthogonal columns by Householder's reflections, $X = QR$.
    Qr,
    /// The singular value decomposition $X = USV^\top$; also when the columns depend on one another, and then the
    /// shortest of the many solutions.
    Svd,
}

/// A linear model fitted by least squares.
///
/// ```
/// use downhill::ols::{Ols, polynomial_features};
/// use ndarray::array;
///
/// let x = polynomial_features(&array![0.0, 1.0, 2.0, 3.0], 1);
/// let line = Ols::fit(&x, &array![1.0, 3.0, 5.0, 7.0])?;
/// assert!((line.coefficients() - &array![1.0, 2.0]).iter().all(|error| error.abs() < 1e-14));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ols {
    coefficients: Array1<f64>,
    basis: Array2<f64>,
    condition: f64,
    solver: Solver,
    samples: usize,
    residual_sum_of_squares: f64,
}

/// What every solver comes to: the coefficients $\theta = B Q^\top y$ and the matrix $B$, `p × rank`, whose product
/// $Q = XB$ with the design matrix is an orthonormal basis of its column space.
///
/// With $B$ the (pseudo-)inverse of the Gram matrix is $B B^\top$, and the leverages are the squared lengths of the
/// rows of $XB$.
struct Solution {
    theta: Array1<f64>,
    basis: Array2<f64>,
    condition: f64,
}

/// The largest condition number at which Cholesky's factorisation with one step of refinement loses nothing against
/// QR. The factorisation's relative error is about κ²ε and the step squares it; QR's is κε; and (κ²ε)² ≤ κε holds up
/// to κ = ε^(−1/3) = 1.7·10⁵.
const CHOLESKY_LIMIT: f64 = 1e5;

/// The lengths of columns whose squares keep all their digits.
const SQUARABLE: std::ops::Range<f64> = 1e-140..1e140;

impl Ols {
    /// The coefficients that minimise $\lVert y - X\theta \rVert^2$, by the fastest solver that is safe.
    ///
    /// The rule: Cholesky's factorisation with one step of refinement while the condition number of `x`, its columns
    /// scaled to length 1, is at most 10⁵ and no product overflows; else QR while the columns are independent to working
    /// precision; else the singular value decomposition, and then the coefficients are the shortest vector among the minimisers.
    ///
    /// `x` is `n × p`, a row a sample; `y` has `n` entries.
    ///
    /// # Errors
    /// [`Error::Empty`] when `x` has no entry, [`Error::Shape`] when `y` has not one entry for each row of `x`,
    /// [`Error::Domain`] when an entry of either is NaN or infinite or a coefficient leaves the range of numbers,
    /// [`Error::Lapack`] when LAPACK's iteration for the singular values does not converge.
    pub fn fit(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Self, Error> {
        Self::fit_with(x, y, Solver::Auto)
    }

    /// As [`Ols::fit`], by the solver that the caller names and by no other.
    ///
    /// ```
    /// use downhill::{Error, ols::{Ols, Solver}};
    /// use ndarray::array;
    ///
    /// let (twice, y) = (array![[1.0, 1.0], [2.0, 2.0]], array![2.0, 4.0]);
    /// assert!(matches!(Ols::fit_with(&twice, &y, Solver::Qr), Err(Error::RankDeficient { rank: 1, needed: 2, .. })));
    /// let shortest = Ols::fit_with(&twice, &y, Solver::Svd)?;
    /// assert!((shortest.coefficients() - &array![1.0, 1.0]).iter().all(|error| error.abs() < 1e-14));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Ols::fit`]; and [`Error::RankDeficient`] from `Cholesky` and `Qr` when the columns of `x` depend on
    /// one another, as far as the method can tell; [`Error::Parameter`] from `Cholesky` when the square of a
    /// column's length leaves the range of numbers.
    pub fn fit_with(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, solver: Solver) -> Result<Self, Error> {
        check::regression(x, y)?;
        // ANCHOR: rule
        let (solution, solver) = match solver {
            Solver::Auto => {
                let safe = |rough: &Solution| {
                    rough.condition <= CHOLESKY_LIMIT
                        && rough.theta.iter().all(|theta| theta.is_finite())
                };
                if let Some(rough) = by_cholesky(x, y).filter(safe) {
                    (rough.refined(x, y), Solver::Cholesky)
                } else if let Some(solution) = by_qr(x, y) {
                    (solution, Solver::Qr)
                } else {
                    (by_svd(x, y)?, Solver::Svd)
                }
            }
            Solver::Cholesky => {
                (by_cholesky(x, y).ok_or_else(|| refusal(x, f64::EPSILON.sqrt()))?, solver)
            }
            Solver::Qr => (
                by_qr(x, y).ok_or_else(|| refusal(x, rank_tolerance(x.nrows(), x.ncols())))?,
                solver,
            ),
            Solver::Svd => (by_svd(x, y)?, solver),
        };
        // ANCHOR_END: rule
        let Solution { theta, basis, condition } = solution;
        check::finite("coefficients", &theta)?;
        let residual = y.to_owned() - x.dot(&theta);
        let residual_sum_of_squares = residual.dot(&residual);
        Ok(Self {
            coefficients: theta,
            basis,
            condition,
            solver,
            samples: y.len(),
            residual_sum_of_squares,
        })
    }

    /// The predictions $\tilde y = X\theta$ for the rows of `x`, `m × p`; `m` entries.
    ///
    /// # Panics
    /// When `x` has not `p` columns.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        x.dot(&self.coefficients)
    }

    /// The residuals $y - X\theta$, in the unit of `y`.
    ///
    /// # Panics
    /// When `x` has not `p` columns or `y` has not one entry for each row of `x`.
    pub fn residuals(&self, x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Array1<f64> {
        assert_eq!(x.nrows(), y.len(), "y has not one entry for each row of x");
        y.to_owned() - self.predict(x)
    }

    /// The coefficients $\hat\theta$, `p`: the unit of `y` over that of the column.
    pub fn coefficients(&self) -> &Array1<f64> {
        &self.coefficients
    }

    /// The rank of the design matrix, as the solver found it: how many of its columns are independent.
    pub fn rank(&self) -> usize {
        self.basis.ncols()
    }

    /// A condition number of the design matrix with its columns scaled to length 1, $\lVert R \rVert_F \lVert R^{-1} \rVert_F$
    /// for its triangular factor $R$: at least its [`condition_number`], at most `p` times that. Where columns
    /// depend on one another, that of the part that does not vanish.
    pub fn condition(&self) -> f64 {
        self.condition
    }

    /// The solver that found the coefficients; never `Auto`.
    pub fn solver(&self) -> Solver {
        self.solver
    }

    /// The leverages of the rows of `x`, `x_iᵀ (XᵀX)⁻¹ x_i` with the `X` of the fit: for its own rows the diagonal of
    /// the hat matrix, between 0 and 1, with sum [`Ols::rank`].
    ///
    /// ```
    /// use downhill::ols::{Ols, polynomial_features};
    /// use ndarray::array;
    ///
    /// let x = polynomial_features(&array![0.0, 1.0, 2.0], 1);
    /// let line = Ols::fit(&x, &array![0.0, 0.0, 1.0])?;
    /// assert!((line.leverage(&x).sum() - 2.0).abs() < 1e-14);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `x` has not `p` columns.
    // ANCHOR: leverage
    pub fn leverage(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        x.dot(&self.basis).map_axis(Axis(1), |row| row.dot(&row))
    }
    // ANCHOR_END: leverage

    /// The unbiased estimate of the noise's variance, $\lVert y - X\hat\theta \rVert^2 / (n - \text{rank})$, in the
    /// square of the unit of `y`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there are no more samples than independent columns: the fit then passes through
    /// every sample and leaves nothing to estimate from; or when the squares of the residuals leave the range of numbers.
    // ANCHOR: noise_variance
    pub fn noise_variance(&self) -> Result<f64, Error> {
        let squares = self.residual_sum_of_squares;
        check::parameter("the sum of squared residuals", squares, "finite", squares.is_finite())?;
        let freedom = (self.samples - self.rank()) as f64;
        check::parameter("samples minus rank", freedom, "at least 1", freedom >= 1.0)?;
        Ok(squares / freedom)
    }
    // ANCHOR_END: noise_variance

    /// The estimated covariance matrix of the coefficients, $\hat\sigma^2 (X^\top X)^{-1}$, `p × p`.
    ///
    /// # Errors
    /// [`Error::RankDeficient`] when the columns of the design matrix depend on one another, for then the samples do
    /// not fix the coefficients; and the error of [`Ols::noise_variance`].
    // ANCHOR: covariance
    pub fn covariance(&self) -> Result<Array2<f64>, Error> {
        if self.rank() < self.coefficients.len() {
            let advice = "drop the columns that depend on others";
            return Err(Error::RankDeficient {
                what: "x",
                rank: self.rank(),
                needed: self.coefficients.len(),
                advice,
            });
        }
        Ok(self.basis.dot(&self.basis.t()) * self.noise_variance()?)
    }
    // ANCHOR_END: covariance

    /// The standard errors of the coefficients, the square roots of the diagonal of [`Ols::covariance`]; `p` entries,
    /// each in the unit of its coefficient.
    ///
    /// ```
    /// use downhill::ols::{Ols, polynomial_features};
    /// use ndarray::array;
    ///
    /// // The standard error of a mean: s/√n, with s = 1 here.
    /// let ones = polynomial_features(&array![0.0, 0.0, 0.0], 0);
    /// let error = Ols::fit(&ones, &array![1.0, 2.0, 3.0])?.standard_errors()?;
    /// assert!((error[0] - 1.0 / 3.0_f64.sqrt()).abs() < 1e-14);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Ols::covariance`].
    pub fn standard_errors(&self) -> Result<Array1<f64>, Error> {
        Ok(self.covariance()?.diag().sqrt())
    }
}

impl Solution {
    /// One step of refinement: the coefficients that fit the residual, added.
    // ANCHOR: refined
    fn refined(mut self, x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Self {
        let moments = residual_moments(x, y, &self.theta);
        self.theta += &self.basis.dot(&self.basis.t().dot(&moments));
        self
    }
    // ANCHOR_END: refined

    /// From the factor $R$ of the design matrix with its columns divided by `lengths`, upper triangular, $B = D^{-1} R^{-1}$;
    /// nothing when $R$ is singular. The columns of $R$ have length 1.
    fn from_triangle(r: &Array2<f64>, lengths: &Array1<f64>) -> Option<(Array2<f64>, f64)> {
        let p = r.ncols();
        let inverse = r.solve_triangular_into(UPLO::Upper, Diag::NonUnit, Array2::eye(p)).ok()?;
        let condition = frobenius(r) * frobenius(&inverse);
        condition.is_finite().then(|| (inverse / lengths.view().insert_axis(Axis(1)), condition))
    }
}

/// The normal equations by Cholesky's factorisation $X^\top X = R^\top R$; nothing when it breaks down.
// ANCHOR: by_cholesky
fn by_cholesky(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Option<Solution> {
    if x.nrows() < x.ncols() {
        return None;
    }
    let (mut gram, moments) = normal_equations(x, y);
    let lengths = gram.diag().sqrt();
    if !lengths.iter().all(|length| SQUARABLE.contains(length)) {
        return None;
    }
    gram /= &lengths;
    gram /= &lengths.view().insert_axis(Axis(1));
    let r = gram.cholesky_into(UPLO::Upper).ok()?;
    let (basis, condition) = Solution::from_triangle(&r, &lengths)?;
    let theta = basis.dot(&basis.t().dot(&moments));
    // Where κ² reaches 1/ε the last pivots are rounding errors.
    (condition.powi(2) * f64::EPSILON <= 1.0).then_some(Solution { theta, basis, condition })
}
// ANCHOR_END: by_cholesky

/// Orthogonal columns, $X = QR$; nothing when `x` has not full column rank to working precision.
// ANCHOR: by_qr
fn by_qr(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Option<Solution> {
    if x.nrows() < x.ncols() {
        return None;
    }
    let (scaled, lengths) = unit_columns(x);
    let (q, r) = scaled.qr_into().ok()?;
    let (basis, condition) = Solution::from_triangle(&r, &lengths)?;
    let theta = basis.dot(&q.t().dot(y));
    (condition * rank_tolerance(x.nrows(), x.ncols()) <= 1.0).then_some(Solution {
        theta,
        basis,
        condition,
    })
}
// ANCHOR_END: by_qr

/// The singular value decomposition $X = U S V^\top$ without the singular values that are zero to working precision.
// ANCHOR: by_svd
fn by_svd(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Solution, Error> {
    let (scaled, lengths) = unit_columns(x);
    let Svd { u, s, vt } = svd(scaled, JobSvd::Some)?;
    let rank = numerical_rank(&s, rank_tolerance(x.nrows(), x.ncols()));
    let (u, s, vt) = (u.slice(s![.., ..rank]), s.slice(s![..rank]), vt.slice(s![..rank, ..]));
    let mut basis = &vt.t() / &s / lengths.view().insert_axis(Axis(1));
    if (1..x.ncols()).contains(&rank) {
        // Of the coefficients that predict the same, the shortest lie in the row space of x.
        let rows = unscaled(&vt, &lengths)?;
        basis = rows.dot(&rows.t().dot(&basis));
    }
    let theta = basis.dot(&u.t().dot(y));
    let condition = s.dot(&s).sqrt() * s.mapv(|s| s.powi(-2)).sum().sqrt();
    Ok(Solution { theta, basis, condition })
}
// ANCHOR_END: by_svd

/// An orthonormal basis of the row space of `x`, `p × rank`.
pub(crate) fn row_space(x: &ArrayRef2<f64>) -> Result<Array2<f64>, Error> {
    let (scaled, lengths) = unit_columns(x);
    let Svd { s, vt, .. } = svd(scaled, JobSvd::Some)?;
    match numerical_rank(&s, rank_tolerance(x.nrows(), x.ncols())) {
        0 => Ok(Array2::zeros((x.ncols(), 0))),
        rank => unscaled(&vt.slice(s![..rank, ..]), &lengths),
    }
}

/// From a basis of the row space of a matrix whose columns were divided by `lengths`, a row a vector, one of that matrix itself.
fn unscaled(vt: &ArrayRef2<f64>, lengths: &Array1<f64>) -> Result<Array2<f64>, Error> {
    let (basis, _) = (&vt.t() * &lengths.view().insert_axis(Axis(1))).qr_into().map_err(lapack)?;
    Ok(basis)
}

/// The columns of `x` divided by their lengths, and the lengths; a column of zeros stays, with length 1.
fn unit_columns(x: &ArrayRef2<f64>) -> (Array2<f64>, Array1<f64>) {
    let lengths = x.map_axis(Axis(0), |column| {
        // Measured in units of the largest entry, so that no square leaves the range of numbers.
        let largest = column.fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
        if largest == 0.0 {
            return 1.0;
        }
        largest * column.fold(0.0, |sum, entry| sum + (entry / largest).powi(2)).sqrt()
    });
    (x.to_owned() / &lengths, lengths)
}

/// A singular value below the largest times this is zero to working precision, in a matrix of `n` rows and `p` columns.
///
/// What rounding leaves of a zero is a sum of as many errors as there are rows, of either sign: it grows as the root of their number.
pub(crate) fn rank_tolerance(n: usize, p: usize) -> f64 {
    8.0 * f64::EPSILON * (n.max(p) as f64).sqrt()
}

/// How many of the singular values `s`, in falling order, exceed the largest times `tolerance`.
fn numerical_rank(s: &ArrayRef1<f64>, tolerance: f64) -> usize {
    s.iter().take_while(|&&value| value > s[0] * tolerance).count()
}

/// Why a solver that tells independent columns down to `tolerance` did not fit.
fn refusal(x: &ArrayRef2<f64>, tolerance: f64) -> Error {
    let (scaled, lengths) = unit_columns(x);
    let s = match svd(scaled, JobSvd::None) {
        Ok(Svd { s, .. }) => s,
        Err(error) => return error,
    };
    let needed = x.ncols();
    // The solvers go by a bound that is up to p times the condition number.
    let rank = numerical_rank(&s, tolerance * needed as f64);
    if rank < needed {
        let advice = "fit with Solver::Svd, or drop the columns that depend on others";
        return Error::RankDeficient { what: "x", rank, needed, advice };
    }
    let value =
        lengths.iter().copied().find(|length| !SQUARABLE.contains(length)).unwrap_or(f64::NAN);
    Error::Parameter {
        what: "the length of a column of x",
        value,
        must: "from 1e-140 to 1e140 for Solver::Cholesky",
    }
}

/// The condition number $\kappa_2(X)$, the largest singular value over the smallest: how much longer than the relative
/// error of the data that of the coefficients can be. Infinite when the smallest is zero.
///
/// ```
/// use ndarray::array;
/// let kappa = downhill::ols::condition_number(&array![[3.0, 0.0], [0.0, 0.5], [0.0, 0.0]])?;
/// assert!((kappa - 6.0).abs() < 1e-14);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] when `x` has no entry, [`Error::Domain`] when one is NaN or infinite, [`Error::Lapack`] when LAPACK's iteration
/// does not converge.
pub fn condition_number(x: &ArrayRef2<f64>) -> Result<f64, Error> {
    check::non_empty("x", x)?;
    check::finite("x", x)?;
    let Svd { s, .. } = svd(x.to_owned(), JobSvd::None)?;
    let (largest, smallest) = (s[0], s[s.len() - 1]);
    Ok(if smallest == 0.0 { f64::INFINITY } else { largest / smallest })
}

/// The factors of $X = U S V^\top$, with the singular values `s` in falling order; `u` and `vt` are empty when the job asks
/// for neither.
struct Svd {
    u: Array2<f64>,
    s: Array1<f64>,
    vt: Array2<f64>,
}

fn svd(x: Array2<f64>, job: JobSvd) -> Result<Svd, Error> {
    let (u, s, vt) = x.svddc_into(job).map_err(lapack)?;
    Ok(Svd { u: u.unwrap_or_default(), s, vt: vt.unwrap_or_default() })
}

/// $\lVert A \rVert_F$, the square root of the sum of the squares of the entries.
fn frobenius(a: &ArrayRef2<f64>) -> f64 {
    a.iter().map(|entry| entry * entry).sum::<f64>().sqrt()
}

/// What LAPACK reports of input that this module has checked: an iteration that did not converge.
fn lapack(error: LinalgError) -> Error {
    Error::Lapack { reason: error.to_string() }
}
