//! Least squares: which straight rule comes closest to what was measured?
//!
//! | in the book | here |
//! |---|---|
//! | design matrix $\mathbf X$, a row a sample | `x`, `n × p` |
//! | targets $\mathbf y$ | `y`, `n` |
//! | coefficients $\boldsymbol\theta$ | `theta`, `p`; fitted, [`Ols::coefficients`] |
//! | predictions $\tilde{\mathbf y} = \mathbf X\boldsymbol\theta$ | [`Ols::predict`] |
//! | cost $C(\boldsymbol\theta)$, its gradient | [`cost`], [`cost_gradient`] |
//! | Gram matrix $\mathbf X^\top\mathbf X$ and moments $\mathbf X^\top\mathbf y$ | [`normal_equations`] |
//! | noise variance $\hat\sigma^2$, standard errors of $\hat{\boldsymbol\theta}$ | [`Ols::noise_variance`], [`Ols::standard_errors`] |
//! | diagonal of the hat matrix $\mathbf H$ | [`Ols::leverage`] |
//! | condition number $\kappa_2(\mathbf X)$ | [`condition_number`] |
//!
//! Sources: C. F. Gauss, *Theoria motus* (1809); Å. Björck, *Numerical Methods for Least Squares Problems*
//! (SIAM, 1996). Chapter: `chapters/1-descent/ols.md`.

#[cfg(feature = "lapack")]
mod solve;

#[cfg(feature = "lapack")]
pub use solve::{Ols, Solver, condition_number};
#[cfg(feature = "lapack")]
pub(crate) use solve::{rank_tolerance, row_space};

use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, Axis,
    linalg::{general_mat_mul, general_mat_vec_mul},
    s,
};

/// Rows that are multiplied at once: with a few hundred columns they stay in the cache while every block of the
/// Gram matrix reads them.
const ROWS: usize = 512;

/// Columns of one panel of the Gram matrix: narrow enough that little is computed twice, wide enough that a
/// product of panels runs at the speed of a large one.
const COLUMNS: usize = 64;

/// The mean squared error $\frac1n \sum_i (y_i - \tilde y_i)^2$, in the square of the unit of `y`.
///
/// ```
/// use ndarray::array;
/// assert_eq!(downhill::ols::mse(&array![1.0, 2.0], &array![1.0, 4.0]), 2.0);
/// ```
///
/// # Panics
/// When `y` and `prediction` differ in length or are empty.
// ANCHOR: mse
pub fn mse(y: &ArrayRef1<f64>, prediction: &ArrayRef1<f64>) -> f64 {
    assert!(!y.is_empty(), "the mean of no errors");
    assert_eq!(y.len(), prediction.len(), "y and prediction differ in length");
    y.iter().zip(prediction).map(|(y, prediction)| (y - prediction).powi(2)).sum::<f64>()
        / y.len() as f64
}
// ANCHOR_END: mse

/// The cost $C(\theta) = \frac1n \lVert y - X\theta \rVert^2$ of the linear model with coefficients `theta`, `p`.
///
/// ```
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [1.0, 1.0]], array![1.0, 3.0]);
/// assert_eq!(downhill::ols::cost(&x, &y, &array![1.0, 1.0]), 0.5);
/// ```
///
/// # Panics
/// When the shapes do not fit or `y` is empty.
// ANCHOR: cost
pub fn cost(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, theta: &ArrayRef1<f64>) -> f64 {
    mse(y, &x.dot(theta))
}
// ANCHOR_END: cost

/// The gradient of [`cost`], $\nabla C(\theta) = \frac2n X^\top (X\theta - y)$, `p` entries.
///
/// ```
/// use ndarray::array;
/// let (x, y) = (array![[1.0, 0.0], [1.0, 1.0]], array![1.0, 3.0]);
/// assert_eq!(downhill::ols::cost_gradient(&x, &y, &array![1.0, 1.0]), array![-1.0, -1.0]);
/// ```
///
/// # Panics
/// When the shapes do not fit or `y` is empty.
// ANCHOR: cost_gradient
pub fn cost_gradient(
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<f64>,
    theta: &ArrayRef1<f64>,
) -> Array1<f64> {
    assert!(!y.is_empty(), "the mean of no errors");
    residual_moments(x, y, theta) * (-2.0 / y.len() as f64)
}
// ANCHOR_END: cost_gradient

/// $X^\top (y - X\theta)$ in one pass over the rows, so that a large `x` is read from memory once and not twice.
fn residual_moments(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, theta: &ArrayRef1<f64>) -> Array1<f64> {
    let mut moments = Array1::zeros(x.ncols());
    for (rows, targets) in x.axis_chunks_iter(Axis(0), ROWS).zip(y.axis_chunks_iter(Axis(0), ROWS))
    {
        let mut residual = targets.to_owned();
        general_mat_vec_mul(-1.0, &rows, theta, 1.0, &mut residual);
        general_mat_vec_mul(1.0, &rows.t(), &residual, 1.0, &mut moments);
    }
    moments
}

/// The two sides of the normal equations $X^\top X\, \theta = X^\top y$: the Gram matrix, `p × p`, and the
/// moments, `p`.
///
/// ```
/// use ndarray::array;
/// let (gram, moments) = downhill::ols::normal_equations(&array![[1.0, 0.0], [1.0, 2.0]], &array![1.0, 3.0]);
/// assert_eq!(gram, array![[2.0, 2.0], [2.0, 4.0]]);
/// assert_eq!(moments, array![4.0, 6.0]);
/// ```
///
/// # Panics
/// When `y` has not one entry for each row of `x`.
// ANCHOR: normal_equations
pub fn normal_equations(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> (Array2<f64>, Array1<f64>) {
    assert_eq!(x.nrows(), y.len(), "y has not one entry for each row of x");
    let p = x.ncols();
    let (mut gram, mut moments) = (Array2::zeros((p, p)), Array1::zeros(p));
    for (rows, targets) in x.axis_chunks_iter(Axis(0), ROWS).zip(y.axis_chunks_iter(Axis(0), ROWS))
    {
        general_mat_vec_mul(1.0, &rows.t(), &targets, 1.0, &mut moments);
        // The Gram matrix is symmetric: each panel of rows is computed from its diagonal on, and
        // mirrored below.
        for left in (0..p).step_by(COLUMNS) {
            let right = p.min(left + COLUMNS);
            let mut panel = gram.slice_mut(s![left..right, left..]);
            let columns = rows.slice(s![.., left..right]);
            general_mat_mul(1.0, &columns.t(), &rows.slice(s![.., left..]), 1.0, &mut panel);
        }
    }
    for i in 0..p {
        for j in 0..i {
            gram[[i, j]] = gram[[j, i]];
        }
    }
    (gram, moments)
}
// ANCHOR_END: normal_equations

/// The design matrix of a polynomial: column `j` is $x^j$, from the ones of $j = 0$ to $j$ = `degree`; `n × (degree + 1)`.
///
/// ```
/// use ndarray::array;
/// let features = downhill::ols::polynomial_features(&array![2.0, 3.0], 2);
/// assert_eq!(features, array![[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]]);
/// ```
// ANCHOR: polynomial_features
pub fn polynomial_features(x: &ArrayRef1<f64>, degree: usize) -> Array2<f64> {
    let mut features: Array2<f64> = Array2::ones((x.len(), degree + 1));
    for j in 1..=degree {
        let (lower, mut column) = features.multi_slice_mut((s![.., j - 1], s![.., j]));
        column.assign(&lower);
        column *= &x.view();
    }
    features
}
// ANCHOR_END: polynomial_features

/// `x` with a column of ones put before its own, so that the first coefficient is the intercept; `n × (p + 1)`.
///
/// ```
/// use ndarray::array;
/// assert_eq!(downhill::ols::add_intercept(&array![[5.0], [7.0]]), array![[1.0, 5.0], [1.0, 7.0]]);
/// ```
pub fn add_intercept(x: &ArrayRef2<f64>) -> Array2<f64> {
    let mut with_ones = Array2::ones((x.nrows(), x.ncols() + 1));
    with_ones.slice_mut(s![.., 1..]).assign(x);
    with_ones
}
