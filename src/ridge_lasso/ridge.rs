use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};
use ndarray_linalg::{Eigh, JobSvd, SVDDC, UPLO, error::LinalgError};

use crate::{Error, check, ols::rank_tolerance};

/// Ridge regression: minimises $\frac1n\lVert\mathbf y-\mathbf X\boldsymbol\theta\rVert_2^2+\lambda\lVert\boldsymbol\theta\rVert_2^2$.
///
/// One factorisation $\mathbf X=\mathbf U\mathbf D\mathbf V^\top$ serves every $\lambda$: each further one costs a product with $\mathbf V$.
///
/// ```
/// use downhill::ridge_lasso::Ridge;
/// use ndarray::array;
/// let x = array![[1.0, 0.0], [0.0, 2.0]];
/// let ridge = Ridge::new(&x, &array![1.0, 2.0])?;
/// // XᵀX + nλI = diag(1, 4) + 2λ, Xᵀy = (1, 4)
/// let theta = ridge.fit(0.5)?;
/// assert!((&theta - &array![1.0 / 2.0, 4.0 / 5.0]).iter().all(|error| error.abs() < 1e-15));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    samples: usize,
    /// $\mathbf V^\top$, `r × p`.
    right_vectors: Array2<f64>,
    singular_values: Array1<f64>,
    /// $\mathbf U^\top\mathbf y$, `r`.
    projections: Array1<f64>,
}

/// The Gram matrix has the square of the design's condition number, and its eigenvalues carry errors of
/// ε‖X‖². Below this ratio of smallest to largest eigenvalue (condition number of X above 1000) the
/// coefficients could lose more than ten digits' worth of ε⁻¹ ≈ 10¹⁶, and we pay for a decomposition of X itself.
const SMALLEST_EIGENVALUE_RATIO: f64 = 1e-6;

impl Ridge {
    /// Factorises `x`, `n × p`, and projects `y`, `n`.
    ///
    /// When there are at least as many rows as columns and the condition number $\kappa$ of `x` is below 1000, through the
    /// eigenvectors of $\mathbf X^\top\mathbf X$, whose relative error is about $\kappa^2\varepsilon\le 10^{-10}$;
    /// otherwise through the singular value decomposition of `x`, several times as slow, whose error grows with $\kappa$ only.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] when `x` and `y` differ in length, [`Error::Domain`] at the first entry that is not
    /// finite, [`Error::Parameter`] when the entries are so large that the decomposition overflows, [`Error::Lapack`] when
    /// LAPACK's iteration does not converge.
    pub fn new(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::regression(x, y)?;
        let (right_vectors, singular_values, projections) = match from_gram(x, y) {
            Some(factors) => factors,
            None => from_svd(x, y)?,
        };
        Ok(Self { samples: x.nrows(), right_vectors, singular_values, projections })
    }

    /// $\hat{\boldsymbol\theta}=(\mathbf X^\top\mathbf X+n\lambda\mathbf I)^{-1}\mathbf X^\top\mathbf y$, `p`.
    ///
    /// As $\lambda$ falls to 0 it comes to the shortest of the vectors that minimise the squared error, also where the columns of `x` are
    /// linearly dependent: a singular value that is zero to working precision counts as zero.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `lambda` is negative or not finite; [`Error::RankDeficient`] when it is zero and the
    /// columns of `x` are linearly dependent to working precision, so that no single minimiser exists; [`Error::Domain`] when
    /// a coefficient leaves the range of numbers.
    pub fn fit(&self, lambda: f64) -> Result<Array1<f64>, Error> {
        let theta = self.weights(lambda)?.dot(&self.right_vectors);
        check::finite("coefficients", &theta)?;
        Ok(theta)
    }

    /// The coefficients for each of `lambdas`, one to a row, `m × p`.
    ///
    /// # Errors
    /// As [`Ridge::fit`]; [`Error::Empty`] when there is no `lambda`.
    pub fn path(&self, lambdas: &ArrayRef1<f64>) -> Result<Array2<f64>, Error> {
        check::non_empty("lambdas", lambdas)?;
        let mut weights = Array2::zeros((lambdas.len(), self.singular_values.len()));
        for (mut row, &lambda) in weights.rows_mut().into_iter().zip(lambdas) {
            row.assign(&self.weights(lambda)?);
        }
        let thetas = weights.dot(&self.right_vectors);
        check::finite("coefficients", &thetas)?;
        Ok(thetas)
    }

    // ANCHOR: weights
    /// The coordinates of $\hat{\boldsymbol\theta}$ along the right singular vectors,
    /// $\frac{d_i}{d_i^2+n\lambda}\,\mathbf u_i^\top\mathbf y$.
    fn weights(&self, lambda: f64) -> Result<Array1<f64>, Error> {
        check::penalty("lambda", lambda)?;
        if lambda == 0.0 {
            self.require_full_rank()?;
        }
        let (penalty, negligible) = (self.samples as f64 * lambda, self.negligible());
        let mut weights = self.projections.clone();
        weights.zip_mut_with(&self.singular_values, |w, &d| {
            // 1 / (d + nλ/d) rather than d / (d² + nλ): d² may overflow. No data along v, no
            // weight.
            *w = if d > negligible { *w / (d + penalty / d) } else { 0.0 };
        });
        Ok(weights)
    }
    // ANCHOR_END: weights

    // ANCHOR: shrinkage
    /// The factors $d_i^2/(d_i^2+n\lambda)$ by which ridge shrinks the fit along each left
    /// singular vector, `r`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `lambda` is negative or not finite.
    ///
    /// ```
    /// use downhill::ridge_lasso::Ridge;
    /// use ndarray::array;
    /// let ridge = Ridge::new(&array![[3.0], [0.0]], &array![1.0, 1.0])?;
    /// assert!((ridge.shrinkage(0.5)?[0] - 9.0 / 10.0).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn shrinkage(&self, lambda: f64) -> Result<Array1<f64>, Error> {
        check::penalty("lambda", lambda)?;
        let (penalty, negligible) = (self.samples as f64 * lambda, self.negligible());
        let share = |d: f64| if d > negligible { 1.0 / (1.0 + penalty / d / d) } else { 0.0 };
        Ok(self.singular_values.mapv(share))
    }

    /// The effective number of parameters, $\sum_i d_i^2/(d_i^2+n\lambda)$: the trace of the
    /// matrix that turns
    /// targets into fitted values.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `lambda` is negative or not finite.
    pub fn degrees_of_freedom(&self, lambda: f64) -> Result<f64, Error> {
        Ok(self.shrinkage(lambda)?.sum())
    }
    // ANCHOR_END: shrinkage

    /// The singular values $d_i$ of the design, largest first, `r = min(n, p)` of them.
    pub fn singular_values(&self) -> &Array1<f64> {
        &self.singular_values
    }

    /// A singular value up to this is what rounding leaves of zero.
    fn negligible(&self) -> f64 {
        self.singular_values[0] * rank_tolerance(self.samples, self.right_vectors.ncols())
    }

    fn require_full_rank(&self) -> Result<(), Error> {
        let (features, negligible) = (self.right_vectors.ncols(), self.negligible());
        let rank = self.singular_values.iter().filter(|&&d| d > negligible).count();
        if rank == features {
            return Ok(());
        }
        Err(Error::RankDeficient { what: "x", rank, needed: features, advice: "choose lambda > 0" })
    }
}

type Factors = (Array2<f64>, Array1<f64>, Array1<f64>);

// ANCHOR: gram
/// `Vᵀ`, `d`, `Uᵀy` from the eigenvectors of `XᵀX = V D² Vᵀ`, or nothing when that would cost too
/// much accuracy.
fn from_gram(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Option<Factors> {
    if x.nrows() < x.ncols() {
        return None;
    }
    let gram = x.t().dot(x);
    let scale = gram.diag().iter().fold(0.0, |scale: f64, g| scale.max(*g));
    if !scale.is_normal() {
        return None;
    }
    let (eigenvalues, vectors) = gram.eigh(UPLO::Lower).ok()?;
    let (smallest, largest) = (*eigenvalues.first()?, *eigenvalues.last()?);
    if smallest.is_nan() || smallest < SMALLEST_EIGENVALUE_RATIO * largest {
        return None;
    }
    let singular_values = eigenvalues.slice(ndarray::s![..;-1]).sqrt();
    let right_vectors = vectors.t().slice(ndarray::s![..;-1, ..]).to_owned();
    let projections = right_vectors.dot(&x.t().dot(y)) / &singular_values;
    projections.iter().all(|p| p.is_finite()).then_some((
        right_vectors,
        singular_values,
        projections,
    ))
}
// ANCHOR_END: gram

/// `Vᵀ`, `d`, `Uᵀy` from the thin singular value decomposition.
fn from_svd(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Factors, Error> {
    let lapack = |error: LinalgError| Error::Lapack { reason: error.to_string() };
    let (left, singular_values, right_vectors) = x.svddc(JobSvd::Some).map_err(lapack)?;
    if let (Some(left), Some(right_vectors)) = (left, right_vectors) {
        let projections = left.t().dot(y);
        if singular_values.iter().chain(&projections).chain(&right_vectors).all(|v| v.is_finite()) {
            return Ok((right_vectors, singular_values, projections));
        }
    }
    let largest = x.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    Err(Error::Parameter {
        what: "the largest entry of x",
        value: largest,
        must: "small enough to decompose x without overflow",
    })
}
