//! Landscapes in two dimensions on which methods are compared. Each writes the gradient and returns the height.

use ndarray::{Array2, ArrayRef1, array, aview1};

/// A valley $f = \tfrac12 (x^2 + \kappa y^2)$ with the condition number `kappa`; its minimum is 0, at the origin.
///
/// ```
/// use downhill::optimizers::surfaces::valley;
/// use ndarray::{Array1, array};
/// let mut gradient = Array1::zeros(2);
/// assert_eq!(valley(10.0, &array![2.0, 1.0], &mut gradient), 7.0);
/// assert_eq!(gradient, array![2.0, 10.0]);
/// ```
///
/// # Panics
/// When `theta` or `gradient` has not two entries, as all these functions do.
pub fn valley(kappa: f64, theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    let (x, y) = coordinates(theta);
    gradient.assign(&aview1(&[x, kappa * y]));
    0.5 * (x * x + kappa * y * y)
}

/// Rosenbrock's banana $f = (1-x)^2 + 100\,(y-x^2)^2$; its minimum is 0, at (1, 1).
///
/// ```
/// use downhill::optimizers::surfaces::rosenbrock;
/// use ndarray::{Array1, array};
/// let mut gradient = Array1::zeros(2);
/// assert_eq!(rosenbrock(&array![1.0, 1.0], &mut gradient), 0.0);
/// assert_eq!(gradient, array![0.0, 0.0]);
/// ```
///
/// Source: H. H. Rosenbrock, *The Computer Journal* 3 (1960) 175.
pub fn rosenbrock(theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    let (x, y) = coordinates(theta);
    let bend = y - x * x;
    gradient.assign(&aview1(&[-2.0 * (1.0 - x) - 400.0 * x * bend, 200.0 * bend]));
    (1.0 - x).powi(2) + 100.0 * bend * bend
}

/// The second derivatives of [`rosenbrock`], `2 × 2`.
///
/// ```
/// use ndarray::array;
/// let hessian = downhill::optimizers::surfaces::rosenbrock_hessian(&array![1.0, 1.0]);
/// assert_eq!(hessian, array![[802.0, -400.0], [-400.0, 200.0]]);
/// ```
pub fn rosenbrock_hessian(theta: &ArrayRef1<f64>) -> Array2<f64> {
    let (x, y) = coordinates(theta);
    array![[2.0 - 400.0 * (y - 3.0 * x * x), -400.0 * x], [-400.0 * x, 200.0]]
}

/// Himmelblau's $f = (x^2+y-11)^2 + (x+y^2-7)^2$, which is 0 at four minima, one of them (3, 2).
///
/// ```
/// use downhill::optimizers::surfaces::himmelblau;
/// use ndarray::{Array1, array};
/// assert_eq!(himmelblau(&array![3.0, 2.0], &mut Array1::zeros(2)), 0.0);
/// ```
///
/// Source: D. M. Himmelblau, *Applied Nonlinear Programming* (McGraw-Hill, 1972).
pub fn himmelblau(theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    let (x, y) = coordinates(theta);
    let (a, b) = (x * x + y - 11.0, x + y * y - 7.0);
    gradient.assign(&aview1(&[4.0 * x * a + 2.0 * b, 2.0 * a + 4.0 * y * b]));
    a * a + b * b
}

/// Beale's $f = \sum_{j=1}^{3} (c_j - x(1-y^j))^2$ with $c = (1.5, 2.25, 2.625)$: flat, with steep walls; its
/// minimum is 0, at (3, ½).
///
/// ```
/// use downhill::optimizers::surfaces::beale;
/// use ndarray::{Array1, array};
/// assert_eq!(beale(&array![3.0, 0.5], &mut Array1::zeros(2)), 0.0);
/// ```
///
/// Source: J. J. Moré, B. S. Garbow, K. E. Hillstrom, *ACM Trans. Math. Softw.* 7 (1981) 17, problem 5.
pub fn beale(theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    let (x, y) = coordinates(theta);
    let (mut value, mut slope) = (0.0, [0.0, 0.0]);
    for (j, c) in [(1, 1.5), (2, 2.25), (3, 2.625)] {
        let residual = c - x * (1.0 - y.powi(j));
        value += residual * residual;
        slope[0] -= 2.0 * residual * (1.0 - y.powi(j));
        slope[1] += 2.0 * residual * x * f64::from(j) * y.powi(j - 1);
    }
    gradient.assign(&aview1(&slope));
    value
}

/// A saddle with a floor, $f = \tfrac12 x^2 + \tfrac14 y^4 - \tfrac12 y^2$: flat at the origin, which is no minimum;
/// the minima are −¼, at (0, ±1).
///
/// ```
/// use downhill::optimizers::surfaces::saddle;
/// use ndarray::{Array1, array};
/// let mut gradient = Array1::zeros(2);
/// assert_eq!(saddle(&array![0.0, 0.0], &mut gradient), 0.0);
/// assert_eq!(gradient, array![0.0, 0.0]);
/// assert_eq!(saddle(&array![0.0, -1.0], &mut gradient), -0.25);
/// ```
pub fn saddle(theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    let (x, y) = coordinates(theta);
    gradient.assign(&aview1(&[x, y.powi(3) - y]));
    0.5 * x * x + 0.25 * y.powi(4) - 0.5 * y * y
}

/// The second derivatives of [`saddle`], `2 × 2`.
///
/// ```
/// use ndarray::array;
/// let hessian = downhill::optimizers::surfaces::saddle_hessian(&array![0.0, 0.0]);
/// assert_eq!(hessian, array![[1.0, 0.0], [0.0, -1.0]], "one way up, one way down");
/// ```
pub fn saddle_hessian(theta: &ArrayRef1<f64>) -> Array2<f64> {
    let (_, y) = coordinates(theta);
    array![[1.0, 0.0], [0.0, 3.0 * y * y - 1.0]]
}

fn coordinates(theta: &ArrayRef1<f64>) -> (f64, f64) {
    assert_eq!(theta.len(), 2, "the surface is over two coordinates");
    (theta[0], theta[1])
}
