//! Learning what each class looks like, and turning that round.

use ndarray::{Array1, Array2, ArrayRef2, Axis, s};
use ndarray_linalg::{Diag, QRInto, SolveTriangular, UPLO};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::argmax;
use crate::{
    Error, check,
    free_energy::log_sum_exp,
    moments::{centred, root_mean_squares},
    ols::{Ols, Solver},
};

/// What the classes' normal laws have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covariance {
    /// Each class has a covariance of its own: quadratic discriminant analysis.
    PerClass,
    /// All share one: linear discriminant analysis.
    Shared,
    /// All share one, and it is diagonal: within a class no feature knows of another. The naive Bayes classifier.
    Naive,
}

/// A normal law $p(\mathbf x \mid k)$ for each class $k$, and the share $p(k)$ of each class.
///
/// Source: R. A. Fisher, Annals of Eugenics 7 (1936) 179, for the shared covariance.
///
/// ```
/// use downhill::introduction::{Covariance, GaussianDiscriminant};
/// use ndarray::array;
///
/// let x = array![[0.0], [2.0], [6.0], [8.0]];
/// let model = GaussianDiscriminant::fit(&x, &[0, 0, 1, 1], Covariance::Shared, 0.0)?;
/// assert_eq!(model.means(), &array![[1.0], [7.0]]);
/// assert_eq!(model.predict(&array![[3.0], [5.0]]), [0, 1]);
/// assert!((model.probabilities(&array![[4.0]])[[0, 1]] - 0.5).abs() < 1e-12);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianDiscriminant {
    shares: Array1<f64>,
    means: Array2<f64>,
    /// The lower Cholesky factor of each class's covariance, or a single one for all.
    factors: Vec<Array2<f64>>,
}

impl GaussianDiscriminant {
    /// The laws of greatest likelihood: the classes' shares, means and covariances, these divided by the number of samples.
    ///
    /// `x`, `n × p`; `labels`, `n` classes counted from 0; `noise`, added to every variance, as if each feature had been
    /// measured once more with an error of that variance. With labels all 0 it is a normal law for all of `x`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for bad data; [`Error::Parameter`] for a bad noise or a class
    /// without samples; [`Error::RankDeficient`] when a covariance has no inverse, because the noise is 0 or too small to be
    /// seen beside the variances; [`Error::Lapack`] when LAPACK cannot factorise one.
    pub fn fit(
        x: &ArrayRef2<f64>,
        labels: &[usize],
        covariance: Covariance,
        noise: f64,
    ) -> Result<Self, Error> {
        check::non_empty("x", x)?;
        check::length("labels", x.nrows(), labels.len(), "entries, one a row of x")?;
        check::finite("x", x)?;
        check::parameter(
            "noise",
            noise,
            "finite and not negative",
            noise >= 0.0 && noise.is_finite(),
        )?;
        let (n, p) = x.dim();
        let no_samples =
            Error::Parameter { what: "samples of a class", value: 0.0, must: "at least 1" };
        // A label as large as this leaves more classes than samples.
        if labels.iter().any(|&label| label >= n) {
            return Err(no_samples);
        }
        // There is a label, since there is a row.
        let classes = 1 + labels.iter().copied().max().unwrap_or(0);
        let members = |class| -> Vec<usize> { (0..n).filter(|&i| labels[i] == class).collect() };
        let (mut shares, mut means) = (Array1::zeros(classes), Array2::zeros((classes, p)));
        let mut deviations = Vec::new();
        for class in 0..classes {
            let own = x.select(Axis(0), &members(class));
            if own.is_empty() {
                return Err(no_samples);
            }
            let (mean, deviation) = centred(&own);
            check::finite("x less its mean", &deviation)?;
            shares[class] = deviation.nrows() as f64 / n as f64;
            means.row_mut(class).assign(&mean);
            deviations.push(deviation);
        }
        if covariance != Covariance::PerClass {
            let views: Vec<_> = deviations.iter().map(|d| d.view()).collect();
            deviations = vec![ndarray::concatenate(Axis(0), &views).map_err(|e| Error::Shape {
                what: "x",
                expected: format!("{p} columns"),
                got: e.to_string(),
            })?];
        }
        let factors =
            deviations.iter().map(|d| factor(d, covariance, noise)).collect::<Result<_, _>>()?;
        Ok(Self { shares, means, factors })
    }

    /// $p(k)$, one for each class.
    pub fn shares(&self) -> &Array1<f64> {
        &self.shares
    }

    /// The means of the classes, a row each.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// $\ln p(\mathbf x \mid k)$, a row for each row of `x`, a column for each class.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has features.
    fn class_log_densities(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(x.ncols(), self.means.ncols(), "the columns of x");
        let mut densities = Array2::zeros((x.nrows(), self.shares.len()));
        for (class, mean) in self.means.rows().into_iter().enumerate() {
            // With S = L Lᵀ the distance (x - m)ᵀ S⁻¹ (x - m) is the square of L⁻¹ (x - m).
            let factor = self.factor(class);
            let white = solve(factor, (x.to_owned() - mean).t().to_owned());
            let scale = factor.diag().mapv(f64::ln).sum()
                + 0.5 * x.ncols() as f64 * f64::ln(std::f64::consts::TAU);
            densities
                .column_mut(class)
                .assign(&white.map_axis(Axis(0), |z| -0.5 * z.dot(&z) - scale));
        }
        densities
    }

    /// $\ln p(\mathbf x) = \ln \sum_k p(k)\, p(\mathbf x \mid k)$, for every row of `x`.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has features.
    pub fn log_density(&self, x: &ArrayRef2<f64>) -> Array1<f64> {
        let joint = self.class_log_densities(x) + self.shares.mapv(f64::ln);
        joint.map_axis(Axis(1), |row| log_sum_exp(&row))
    }

    /// Bayes' rule: $p(k \mid \mathbf x)$, a row for each row of `x`, a column for each class.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has features.
    // ANCHOR: probabilities
    pub fn probabilities(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        let mut joint = self.class_log_densities(x) + self.shares.mapv(f64::ln);
        for mut row in joint.rows_mut() {
            let evidence = log_sum_exp(&row);
            row.mapv_inplace(|term| (term - evidence).exp());
        }
        joint
    }
    // ANCHOR_END: probabilities

    /// The most probable class of every row of `x`.
    ///
    /// # Panics
    /// When `x` has not as many columns as the model has features.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Vec<usize> {
        let joint = self.class_log_densities(x) + self.shares.mapv(f64::ln);
        joint.rows().into_iter().map(|row| argmax(row.iter().copied())).collect()
    }

    /// $\mathbf w = S^{-1} (\mathbf m_1 - \mathbf m_0)$ and $b$ with $\ln p(1 \mid \mathbf x) / p(0 \mid \mathbf x) = \mathbf w \cdot \mathbf x + b$; the
    /// first two classes of a model whose classes share their covariance, otherwise nothing.
    // ANCHOR: log_odds
    pub fn log_odds(&self) -> Option<(Array1<f64>, f64)> {
        if self.shares.len() < 2 || self.factors.len() != 1 {
            return None;
        }
        let (m0, m1) = (self.means.row(0), self.means.row(1));
        let factor = &self.factors[0];
        let white = |v: Array1<f64>| solve(factor, v.insert_axis(Axis(1))).remove_axis(Axis(1));
        // In white coordinates L⁻¹ x the laws are round, and the plane stands halfway between
        // their centres.
        let (z0, z1) = (white(m0.to_owned()), white(m1.to_owned()));
        let weights = solve_transposed(factor, &(&z1 - &z0));
        let bias = 0.5 * (&z0 - &z1).dot(&(&z0 + &z1)) + (self.shares[1] / self.shares[0]).ln();
        Some((weights, bias))
    }
    // ANCHOR_END: log_odds

    /// A new observation of `class`: $\mathbf m + L \boldsymbol\epsilon$ with standard normal $\boldsymbol\epsilon$, `p`.
    ///
    /// # Panics
    /// When there is no such class.
    // ANCHOR: sample
    pub fn sample(&self, class: usize, rng: &mut impl Rng) -> Array1<f64> {
        let noise = Array1::from_shape_simple_fn(self.means.ncols(), || rng.sample(StandardNormal));
        self.factor(class).dot(&noise) + self.means.row(class)
    }
    // ANCHOR_END: sample

    fn factor(&self, class: usize) -> &Array2<f64> {
        &self.factors[if self.factors.len() == 1 { 0 } else { class }]
    }
}

/// The lower Cholesky factor of the covariance of `deviations` from the mean, with `noise` added to its diagonal.
///
/// It is the transposed triangle of a QR factorisation of the deviations, below which the noise stands as one more sample for
/// each feature: the covariance itself, with the squares of its condition number, is not formed.
fn factor(
    deviations: &Array2<f64>,
    covariance: Covariance,
    noise: f64,
) -> Result<Array2<f64>, Error> {
    let (n, p) = deviations.dim();
    let (mut factor, rank);
    if covariance == Covariance::Naive {
        let scales = root_mean_squares(deviations).mapv(|scale| scale.hypot(noise.sqrt()));
        rank = scales.iter().filter(|&&scale| scale > 0.0).count();
        factor = Array2::from_diag(&scales);
    } else {
        let mut rows = Array2::zeros((n + p, p));
        rows.slice_mut(s![..n, ..]).assign(&(deviations / (n as f64).sqrt()));
        rows.slice_mut(s![n.., ..]).diag_mut().fill(noise.sqrt());
        let (_, r) = rows.qr_into().map_err(|e| Error::Lapack { reason: e.to_string() })?;
        rank = Ols::fit_with(&r, &Array1::zeros(p), Solver::Svd)?.rank();
        factor = r.t().to_owned();
        // The factorisation leaves the signs open.
        for (j, mut column) in factor.columns_mut().into_iter().enumerate() {
            let sign = column[j].signum();
            column *= sign;
        }
    }
    if rank < p {
        let advice = "add noise, or drop the columns that depend on others";
        return Err(Error::RankDeficient { what: "a covariance", rank, needed: p, advice });
    }
    Ok(factor)
}

/// $L^{-1} b$.
fn solve(factor: &Array2<f64>, b: Array2<f64>) -> Array2<f64> {
    // The factor of a positive definite matrix has no zero on its diagonal, and `b` as many rows as it.
    factor
        .solve_triangular(UPLO::Lower, Diag::NonUnit, &b)
        .expect("the Cholesky factor has an inverse")
}

/// $L^{-\top} b$.
fn solve_transposed(factor: &Array2<f64>, b: &Array1<f64>) -> Array1<f64> {
    let transposed = factor.t().to_owned();
    transposed
        .solve_triangular(UPLO::Upper, Diag::NonUnit, b)
        .expect("the Cholesky factor has an inverse")
}
