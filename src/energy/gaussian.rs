//! The bowl.

use ndarray::{Array1, Array2, ArrayRef1, Zip};

use super::{Differentiable, Energy, wide_dot, wide_form};
use crate::{Error, check};

/// The bowl $E(x) = \frac12 (x - \mu)^\top \Lambda (x - \mu)$, whose Gibbs distribution is the Gaussian of mean $\mu$ and covariance
/// $\Lambda^{-1}$.
///
/// ```
/// use downhill::energy::{Differentiable, Energy, Gaussian};
/// use ndarray::array;
/// let bowl = Gaussian::new(array![1.0, 0.0], array![[2.0, 1.0], [1.0, 3.0]])?;
/// assert_eq!(bowl.energy(&array![2.0, 1.0]), 3.5);
/// assert_eq!(bowl.gradient(&array![2.0, 1.0]), array![3.0, 4.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    mean: Array1<f64>,
    precision: Array2<f64>,
    log_determinant: f64,
}

impl Gaussian {
    /// The bowl with its bottom at `mean`, `n`, and the curvature `precision` $\Lambda$, `n × n`.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for a mean or a precision that is empty, of another size, not finite, or
    /// not symmetric; [`Error::Parameter`] when the precision is not positive definite, so that the bowl has no
    /// bottom.
    pub fn new(mean: Array1<f64>, precision: Array2<f64>) -> Result<Self, Error> {
        check::non_empty("mean", &mean)?;
        let n = mean.len();
        check::length("rows of precision", n, precision.nrows(), "rows, one an entry of the mean")?;
        check::length(
            "columns of precision",
            n,
            precision.ncols(),
            "columns, one an entry of the mean",
        )?;
        check::finite("mean", &mean)?;
        check::finite("precision", &precision)?;
        if let Some(((i, j), &value)) =
            precision.indexed_iter().find(|&((i, j), &v)| v != precision[[j, i]])
        {
            let must = "equal to its mirror image: a precision is symmetric";
            return Err(Error::Domain {
                what: "precision",
                index: format!("{i}, {j}"),
                value,
                must,
            });
        }
        let log_determinant = log_determinant(&precision)?;
        Ok(Self { mean, precision, log_determinant })
    }

    /// The energy where a part of it leaves the range of numbers: it grows in every direction.
    #[cold]
    fn far_out(&self, x: &ArrayRef1<f64>) -> f64 {
        if x.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        let shift = |i: usize| x[i] - self.mean[i];
        if (0..x.len()).any(|i| shift(i).is_infinite()) {
            return f64::INFINITY;
        }
        wide_form(x.len(), |i, j| self.precision[[i, j]], |_| 0.0, shift)
    }

    /// $\mu$.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// $\Lambda$.
    pub fn precision(&self) -> &Array2<f64> {
        &self.precision
    }

    /// $\log Z(\beta) = \log \int e^{-\beta E(x)} dx = \frac n2 \log \frac{2\pi}\beta - \frac12 \log\det\Lambda$ for `beta` $> 0$; where `beta` is negative it is
    /// NaN, and at 0 infinite.
    ///
    /// ```
    /// use downhill::energy::Gaussian;
    /// use ndarray::array;
    /// let bell = Gaussian::new(array![0.0], array![[1.0]])?;
    /// assert!((bell.log_partition(1.0) - (2.0 * std::f64::consts::PI).sqrt().ln()).abs() < 1e-15);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn log_partition(&self, beta: f64) -> f64 {
        0.5 * self.mean.len() as f64 * (std::f64::consts::TAU / beta).ln()
            - 0.5 * self.log_determinant
    }
}

/// $\log\det$ of a positive definite matrix, by Cholesky.
fn log_determinant(matrix: &Array2<f64>) -> Result<f64, Error> {
    let n = matrix.nrows();
    let mut factor = Array2::<f64>::zeros((n, n));
    let mut sum = 0.0;
    for j in 0..n {
        for i in j..n {
            let rest =
                (0..j).fold(matrix[[i, j]], |rest, k| rest - factor[[i, k]] * factor[[j, k]]);
            if i > j {
                factor[[i, j]] = rest / factor[[j, j]];
            } else if rest > 1e-14 * matrix[[j, j]].abs() {
                factor[[j, j]] = rest.sqrt();
                sum += rest.ln();
            } else {
                let must = "positive beyond rounding: a precision is positive definite, or the energy has no lowest point";
                return Err(Error::Parameter { what: "a pivot of precision", value: rest, must });
            }
        }
    }
    Ok(sum)
}

impl Energy for Gaussian {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        assert_eq!(
            x.len(),
            self.mean.len(),
            "a state of {} entries in {} dimensions",
            x.len(),
            self.mean.len()
        );
        let mut twice = 0.0;
        for ((row, x_i), mean_i) in self.precision.rows().into_iter().zip(x).zip(&self.mean) {
            let slope =
                Zip::from(&row).and(x).and(&self.mean).fold(0.0, |sum, l, x, m| sum + l * (x - m));
            twice += slope * (x_i - mean_i);
        }
        if twice.is_nan() { self.far_out(x) } else { 0.5 * twice }
    }
}

impl Differentiable for Gaussian {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(
            x.len(),
            self.mean.len(),
            "a state of {} entries in {} dimensions",
            x.len(),
            self.mean.len()
        );
        Zip::from(gradient).and(self.precision.rows()).for_each(|slope, row| {
            *slope =
                Zip::from(&row).and(x).and(&self.mean).fold(0.0, |sum, l, x, m| sum + l * (x - m));
            if !slope.is_finite() {
                let shift = x.iter().zip(&self.mean).map(|(x, m)| x - m);
                *slope = wide_dot(row.iter().copied(), shift);
            }
        });
    }
}
