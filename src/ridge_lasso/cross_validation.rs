use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use rand::{Rng, seq::SliceRandom};

use super::Standardizer;
use crate::{Error, check, moments::mean};

/// The errors that `k` held-out folds gave for each of `m` penalties.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// The penalties, `m`.
    pub lambdas: Array1<f64>,
    /// The mean squared error on each held-out fold, `k × m`, in squared units of the targets.
    pub errors: Array2<f64>,
}

impl CrossValidation {
    /// The mean over the folds, `m`.
    pub fn mean(&self) -> Array1<f64> {
        self.errors.sum_axis(Axis(0)) / self.folds()
    }

    /// The standard error of that mean, `m`: the standard deviation between folds (divisor `k − 1`) over $\sqrt k$.
    pub fn standard_error(&self) -> Array1<f64> {
        let deviations = &self.errors - &self.mean();
        (deviations.pow2().sum_axis(Axis(0)) / (self.folds() - 1.0) / self.folds()).sqrt()
    }

    /// Which penalty has the least mean error, the first of them when there are several: its place in [`CrossValidation::lambdas`].
    pub fn best(&self) -> usize {
        let mean = self.mean();
        (0..mean.len()).fold(0, |best, i| if mean[i] < mean[best] { i } else { best })
    }

    // ANCHOR: one_standard_error
    /// The largest penalty whose mean error is within one standard error of the least: its place in
    /// [`CrossValidation::lambdas`].
    pub fn one_standard_error(&self) -> usize {
        let (mean, best) = (self.mean(), self.best());
        let bound = mean[best] + self.standard_error()[best];
        (0..mean.len()).filter(|&i| mean[i] <= bound).fold(best, |largest, i| {
            if self.lambdas[i] > self.lambdas[largest] { i } else { largest }
        })
    }
    // ANCHOR_END: one_standard_error

    fn folds(&self) -> f64 {
        self.errors.nrows() as f64
    }
}

/// Splits the rows of `x`, `n × p`, and `y`, `n`, at random into `folds` parts of nearly equal size, and measures on each the
/// error of what `fit_path` learned from the others.
///
/// `fit_path(x, y, lambdas)` gives the coefficients, one penalty to a row. It sees columns standardised and targets
/// centred with the training rows' means and scales alone: had the held-out rows a part in them, they would not be held out.
///
/// # Errors
/// [`Error::Empty`], [`Error::Shape`], [`Error::Domain`] for `x`, `y` and `lambdas` as `fit` has them; [`Error::Parameter`] when
/// `folds` is not between 2 and `n`; and what `fit_path` returns.
///
/// # Panics
/// When `fit_path` returns a matrix that is not one row a penalty and one column a feature.
///
/// ```
/// use downhill::ridge_lasso::{cross_validate, Lasso};
/// use ndarray::{array, Array};
/// let x = Array::from_shape_fn((20, 2), |(i, j)| ((i * (j + 3)) as f64).sin());
/// let y = x.column(0).to_owned() * 2.0;
/// let lambdas = array![4.0, 0.01];
/// let result = cross_validate(&x, &y, &lambdas, 5, &mut downhill::rng(1), |x, y, lambdas| {
///     Ok(Lasso::new(x, y)?.path(lambdas)?.coefficients)
/// })?;
/// assert_eq!(result.best(), 1);
/// # Ok::<(), downhill::Error>(())
/// ```
pub fn cross_validate(
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<f64>,
    lambdas: &ArrayRef1<f64>,
    folds: usize,
    rng: &mut impl Rng,
    mut fit_path: impl FnMut(
        &ArrayRef2<f64>,
        &ArrayRef1<f64>,
        &ArrayRef1<f64>,
    ) -> Result<Array2<f64>, Error>,
) -> Result<CrossValidation, Error> {
    check::regression(x, y)?;
    check::non_empty("lambdas", lambdas)?;
    let n = x.nrows();
    check::parameter(
        "folds",
        folds as f64,
        "between 2 and the number of rows",
        (2..=n).contains(&folds),
    )?;

    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    let mut errors = Array2::zeros((folds, lambdas.len()));
    for (fold, mut fold_errors) in errors.rows_mut().into_iter().enumerate() {
        let (begin, end) = (fold * n / folds, (fold + 1) * n / folds);
        let held_out = &order[begin..end];
        let training = [&order[..begin], &order[end..]].concat();

        let (train_x, train_y) = (x.select(Axis(0), &training), y.select(Axis(0), &training));
        let standardizer = Standardizer::fit(&train_x)?;
        let mean_target = mean(&train_y);
        let coefficients =
            fit_path(&standardizer.transform(&train_x), &(train_y - mean_target), lambdas)?;
        assert_eq!(
            coefficients.dim(),
            (lambdas.len(), x.ncols()),
            "fit_path's rows are penalties, its columns features"
        );

        let held_out_x = standardizer.transform(&x.select(Axis(0), held_out));
        let wanted = y.select(Axis(0), held_out) - mean_target;
        let misses = coefficients.dot(&held_out_x.t()) - &wanted;
        fold_errors.assign(&(misses.pow2().sum_axis(Axis(1)) / held_out.len() as f64));
    }
    Ok(CrossValidation { lambdas: lambdas.to_owned(), errors })
}
