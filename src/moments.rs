//! Mean, deviations and spread of columns, in the one way that keeps a small spread on a large mean.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

/// How many roundings of its largest entry a column may spread and still be called constant: one number, computed in
/// several ways, comes out in several forms. The bound is on each entry, so that it does not grow with their number.
const ROUNDINGS: f64 = 4.0;

/// The means of the columns of `x`, and `x` less them; a column that is constant but for rounding becomes zeros.
///
/// In two passes: deviations from a rounded mean have a mean themselves, which the second pass takes away. So a deviation
/// is wrong by the rounding of its own size, whatever that of the mean and however many rows there are.
pub(crate) fn centred(x: &ArrayRef2<f64>) -> (Array1<f64>, Array2<f64>) {
    let share = 1.0 / x.nrows() as f64;
    let (mut means, mut deviations) = (Array1::zeros(x.ncols()), x.to_owned());
    for _ in 0..2 {
        // Each row takes its share before they are summed, so that no sum leaves the range of numbers.
        let mut rest = Array1::zeros(x.ncols());
        deviations.rows().into_iter().for_each(|row| rest.scaled_add(share, &row));
        deviations -= &rest;
        means += &rest;
    }
    let (sizes, widths) = (largest(x), largest(&deviations));
    for (j, mut column) in deviations.columns_mut().into_iter().enumerate() {
        if widths[j] <= ROUNDINGS * f64::EPSILON * sizes[j] {
            column.fill(0.0);
        }
    }
    (means, deviations)
}

/// The mean of `values`, of which there is one at least.
pub(crate) fn mean(values: &ArrayRef1<f64>) -> f64 {
    centred(&values.view().insert_axis(Axis(1))).0[0]
}

/// The root of the mean square of each column, in units of its largest entry, so that no square leaves the range of numbers.
pub(crate) fn root_mean_squares(x: &ArrayRef2<f64>) -> Array1<f64> {
    let largest = largest(x);
    let units = largest.mapv(|size| if size == 0.0 { 1.0 } else { size });
    let mut squares = Array1::zeros(x.ncols());
    for row in x.rows() {
        squares += &(&row / &units).pow2();
    }
    (squares / x.nrows() as f64).sqrt() * units
}

/// The largest entry of each column in size; NaN where one is.
fn largest(x: &ArrayRef2<f64>) -> Array1<f64> {
    let mut largest = Array1::zeros(x.ncols());
    for row in x.rows() {
        largest.zip_mut_with(&row, |most: &mut f64, v| {
            if v.abs() > *most || v.is_nan() {
                *most = v.abs();
            }
        });
    }
    largest
}
