use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::{
    Error, check,
    moments::{centred, root_mean_squares},
};

/// Shifts each column to mean 0 and scales it to variance 1, so that one penalty means the same for all.
///
/// The scale is the root of the mean squared deviation (divisor $n$), so a standardised column has squared norm $n$.
/// A column that is constant, but for a few roundings of its entries, carries nothing beyond the intercept: its scale is 1, and
/// what becomes of it is zero but for rounding.
///
/// ```
/// use downhill::ridge_lasso::Standardizer;
/// use ndarray::{array, Axis};
/// let x = array![[1.0, 10.0], [3.0, 10.0]];
/// let standardizer = Standardizer::fit(&x)?;
/// assert_eq!(standardizer.transform(&x), array![[-1.0, 0.0], [1.0, 0.0]]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    means: Array1<f64>,
    scales: Array1<f64>,
}

impl Standardizer {
    /// Measures the columns of `x`, `n × p`.
    ///
    /// # Errors
    /// [`Error::Empty`] and, at the first entry that is not finite, [`Error::Domain`]; also [`Error::Domain`] when the
    /// spread of a column is too large for a floating-point number.
    pub fn fit(x: &ArrayRef2<f64>) -> Result<Self, Error> {
        check::non_empty("x", x)?;
        check::finite("x", x)?;
        let (means, deviations) = centred(x);
        let deviations = root_mean_squares(&deviations);
        check::every("the standard deviations of x", &deviations, "finite", f64::is_finite)?;
        Ok(Self { means, scales: deviations.mapv(|s| if s == 0.0 { 1.0 } else { s }) })
    }

    /// $(x_{ij} - \bar x_j) / s_j$, `m × p`, for `x` of any number of rows.
    ///
    /// # Panics
    /// When `x` has another number of columns than the matrix that was measured.
    pub fn transform(&self, x: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(
            x.ncols(),
            self.means.len(),
            "x has {} columns, not {}",
            x.ncols(),
            self.means.len()
        );
        (x - &*self.means) / &self.scales
    }

    /// Turns coefficients of standardised columns, and the mean of the targets, into the intercept and the
    /// coefficients for raw columns: $\theta_j/s_j$ and $\bar y-\sum_j \bar x_j\theta_j/s_j$.
    ///
    /// # Panics
    /// When `theta` has not one entry a column.
    ///
    /// ```
    /// use downhill::ridge_lasso::Standardizer;
    /// use ndarray::array;
    /// let standardizer = Standardizer::fit(&array![[1.0], [3.0]])?;
    /// // y = 5 + 2 z with z = (x - 2) / 1, so y = 1 + 2 x
    /// assert_eq!(standardizer.to_raw(&array![2.0], 5.0), (1.0, array![2.0]));
    /// # Ok::<(), downhill::Error>(())
    /// ```
    pub fn to_raw(&self, theta: &ArrayRef1<f64>, mean_target: f64) -> (f64, Array1<f64>) {
        assert_eq!(
            theta.len(),
            self.means.len(),
            "theta has {} entries, not {}",
            theta.len(),
            self.means.len()
        );
        let raw = theta / &*self.scales;
        (mean_target - (&self.means * &raw).sum(), raw)
    }

    /// The means of the columns, `p`.
    pub fn means(&self) -> &Array1<f64> {
        &self.means
    }

    /// The scales of the columns, `p`, all positive.
    pub fn scales(&self) -> &Array1<f64> {
        &self.scales
    }
}
