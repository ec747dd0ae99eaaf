//! Ridge and lasso: what to do when the data alone do not determine the coefficients.
//!
//! Least squares fails when columns are nearly collinear or more numerous than rows. A penalty on the size of
//! the coefficients cures it: squared, it shrinks them ([`Ridge`]); absolute, it also sets some to zero
//! ([`Lasso`]); both together are the elastic net ([`Lasso::with_ridge`]).
//!
//! | in the book | here |
//! |---|---|
//! | design $\mathbf X$, a sample to a row; targets $\mathbf y$ | `x`, `n × p`; `y`, `n` |
//! | coefficients $\boldsymbol\theta$ | `theta`, `p` |
//! | penalty $\lambda$, in units of the mean squared error over those of the norm | `lambda` |
//! | ridge part $\mu$ of the elastic net | [`Lasso::with_ridge`] |
//! | $\mathbf X = \mathbf U \mathbf D \mathbf V^\top$; $d_i$ | [`Ridge::singular_values`] |
//! | $S(z, \tau)$ | [`soft_threshold`] |
//! | dual point $\mathbf u$, gap | [`Lasso::duality_gap`] |
//!
//! Every cost has the factor $1/n$ before the sum of squares and none before the penalty:
//! $\frac1n\lVert\mathbf y-\mathbf X\boldsymbol\theta\rVert_2^2+\lambda\lVert\boldsymbol\theta\rVert$. Libraries differ here:
//! scikit-learn's `Ridge(alpha)` is ours with $\lambda=$ `alpha`$/n$, its `Lasso(alpha)` ours with $\lambda = 2\,$`alpha`.
//!
//! Nothing here adds an intercept: centre and scale with [`Standardizer`] first.
//!
//! Sources: A. E. Hoerl, R. W. Kennard, *Technometrics* 12 (1970) 55; R. Tibshirani, *J. R. Stat. Soc. B* 58 (1996) 267;
//! H. Zou, T. Hastie, *J. R. Stat. Soc. B* 67 (2005) 301; J. Friedman, T. Hastie, R. Tibshirani, *J. Stat. Softw.* 33 (2010) 1.
//! Chapter: `chapters/1-descent/ridge-lasso.md`.

mod cross_validation;
mod lasso;
#[cfg(feature = "lapack")]
mod ridge;
mod standardize;

pub use cross_validation::{CrossValidation, cross_validate};
pub use lasso::{Lasso, LassoPath, soft_threshold};
#[cfg(feature = "lapack")]
pub use ridge::Ridge;
pub use standardize::Standardizer;

use ndarray::{ArrayRef1, ArrayRef2};

use crate::ols;

/// $\lVert\mathbf v\rVert_1=\sum_i |v_i|$.
///
/// ```
/// # use downhill as _;
/// assert_eq!(downhill::ridge_lasso::l1_norm(&ndarray::array![3.0, -4.0]), 7.0);
/// ```
pub fn l1_norm(v: &ArrayRef1<f64>) -> f64 {
    v.iter().map(|v| v.abs()).sum()
}

/// $\lVert\mathbf v\rVert_2=\sqrt{\sum_i v_i^2}$, scaled so that it neither overflows nor vanishes when the squares do.
///
/// ```
/// # use downhill as _;
/// let norm = downhill::ridge_lasso::l2_norm(&ndarray::array![3e200, -4e200]);
/// assert!((norm / 5e200 - 1.0).abs() < 1e-15);
/// ```
pub fn l2_norm(v: &ArrayRef1<f64>) -> f64 {
    let largest = v.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    if largest == 0.0 || largest.is_infinite() {
        return largest;
    }
    largest * v.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
}

// ANCHOR: costs
/// The cost that ridge regression minimises,
/// $\frac1n\lVert\mathbf y-\mathbf X\boldsymbol\theta\rVert_2^2+\lambda\lVert\boldsymbol\theta\rVert_2^2$.
///
/// # Panics
/// When the lengths do not fit, `theta` one entry a column of `x`, `y` one a row; or `y` is empty.
///
/// ```
/// # use downhill as _;
/// use ndarray::array;
/// let (x, y) = (array![[1.0], [1.0]], array![1.0, 3.0]);
/// let cost = downhill::ridge_lasso::ridge_cost(&x, &y, &array![2.0], 0.5);
/// assert_eq!(cost, 1.0 + 0.5 * 4.0);
/// ```
pub fn ridge_cost(
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<f64>,
    theta: &ArrayRef1<f64>,
    lambda: f64,
) -> f64 {
    ols::cost(x, y, theta) + lambda * l2_norm(theta).powi(2)
}

/// The cost that the lasso minimises,
/// $\frac1n\lVert\mathbf y-\mathbf X\boldsymbol\theta\rVert_2^2+\lambda\lVert\boldsymbol\theta\rVert_1$.
///
/// # Panics
/// When the lengths do not fit, `theta` one entry a column of `x`, `y` one a row; or `y` is empty.
///
/// ```
/// # use downhill as _;
/// use ndarray::array;
/// let (x, y) = (array![[1.0], [1.0]], array![1.0, 3.0]);
/// let cost = downhill::ridge_lasso::lasso_cost(&x, &y, &array![2.0], 0.5);
/// assert_eq!(cost, 1.0 + 0.5 * 2.0);
/// ```
pub fn lasso_cost(
    x: &ArrayRef2<f64>,
    y: &ArrayRef1<f64>,
    theta: &ArrayRef1<f64>,
    lambda: f64,
) -> f64 {
    ols::cost(x, y, theta) + lambda * l1_norm(theta)
}
// ANCHOR_END: costs
