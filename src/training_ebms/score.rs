//! Matching slopes instead of heights: the constant $\log Z$ has no slope.

use ndarray::{Array1, ArrayRef1, ArrayRef2, Zip};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::share;
use crate::energy::{Differentiable, Learnable};

/// An energy whose slope and curvature along a line can be differentiated by its parameters.
///
/// For an example see [`score_matching`].
pub trait Scored: Learnable + Differentiable {
    /// Adds $w\, \partial_\theta (u^\top \nabla_x E)$, $w$ = `weight`, with $u$ held fixed, to `gradient`. Allocates nothing.
    ///
    /// # Panics
    /// When `x` or `u` has not as many entries as the machine has units, or `gradient` as many as it has parameters.
    fn add_slope_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    );

    /// $u^\top (\nabla_x^2 E)\, u$: the second derivative along `u`. Allocates nothing.
    ///
    /// # Panics
    /// When `x` or `u` has not as many entries as the machine has units.
    fn curvature(&self, x: &ArrayRef1<f64>, u: &ArrayRef1<f64>) -> f64;

    /// Adds $w\, \partial_\theta \big( u^\top (\nabla_x^2 E)\, u \big)$ to `gradient`. Allocates nothing.
    ///
    /// # Panics
    /// As [`Scored::add_slope_gradient`].
    fn add_curvature_gradient(
        &self,
        x: &ArrayRef1<f64>,
        u: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    );
}

/// Explicit score matching: writes the gradient of the mean of $\frac12 \lVert \nabla_x E \rVert^2 - \Delta_x E$ over the rows of `data`, and returns that mean.
///
/// The Laplacian takes a curvature for each of the $n$ axes.
/// Source: A. Hyvärinen, JMLR 6 (2005) 695.
///
/// ```
/// use downhill::training_ebms::{Bowl, score_matching};
/// use ndarray::{Array1, array};
/// let mut gradient = Array1::zeros(2);
/// // Data of mean 0 and variance 4 want the precision 1/4.
/// let bowl = Bowl::new(array![[0.25]], array![0.0])?;
/// assert_eq!(score_matching(&bowl, &array![[-2.0], [2.0]], &mut gradient), -0.125);
/// assert_eq!(gradient, array![0.0, 0.0]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Panics
/// When data, energy and gradient differ in length, or there are no data.
pub fn score_matching(
    energy: &impl Scored,
    data: &ArrayRef2<f64>,
    gradient: &mut ArrayRef1<f64>,
) -> f64 {
    let share = share(data);
    let mut slope = Array1::zeros(data.ncols());
    let mut axis = Array1::zeros(data.ncols());
    let mut loss = 0.0;
    gradient.fill(0.0);
    for x in data.rows() {
        // ANCHOR: score_matching
        energy.gradient_into(&x, &mut slope);
        loss += share * 0.5 * slope.dot(&slope);
        energy.add_slope_gradient(&x, &slope, share, gradient);
        for i in 0..x.len() {
            axis[i] = 1.0;
            loss -= share * energy.curvature(&x, &axis);
            energy.add_curvature_gradient(&x, &axis, -share, gradient);
            axis[i] = 0.0;
        }
        // ANCHOR_END: score_matching
    }
    loss
}

/// Sliced score matching: the Laplacian replaced by the curvature along one random line through each sample, $\frac12 \lVert \nabla_x E \rVert^2 - u^\top (\nabla_x^2 E)\, u$
/// with $u$ standard normal. Unbiased, at a cost that does not grow with the dimension.
///
/// Source: Y. Song, S. Garg, J. Shi, S. Ermon, *Sliced score matching* (UAI 2019).
///
/// ```
/// use downhill::training_ebms::{Bowl, sliced_score_matching};
/// use ndarray::{Array1, Array2, array};
/// let bowl = Bowl::new(array![[1.0, 0.0], [0.0, 3.0]], array![0.0, 0.0])?;
/// let loss = sliced_score_matching(&bowl, &Array2::zeros((10_000, 2)), &mut Array1::zeros(6), &mut downhill::rng(1));
/// // The Laplacian is 4. Its estimates have the variance 2 (1 + 9).
/// assert!((loss + 4.0).abs() < 4.0 * (20.0 / 1e4f64).sqrt());
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Panics
/// When data, energy and gradient differ in length, or there are no data.
pub fn sliced_score_matching(
    energy: &impl Scored,
    data: &ArrayRef2<f64>,
    gradient: &mut ArrayRef1<f64>,
    rng: &mut impl Rng,
) -> f64 {
    let share = share(data);
    let mut slope = Array1::zeros(data.ncols());
    let mut line: Array1<f64> = Array1::zeros(data.ncols());
    let mut loss = 0.0;
    gradient.fill(0.0);
    for x in data.rows() {
        // ANCHOR: sliced
        energy.gradient_into(&x, &mut slope);
        line.mapv_inplace(|_| rng.sample(StandardNormal));
        loss += share * (0.5 * slope.dot(&slope) - energy.curvature(&x, &line));
        energy.add_slope_gradient(&x, &slope, share, gradient);
        energy.add_curvature_gradient(&x, &line, -share, gradient);
        // ANCHOR_END: sliced
    }
    loss
}

/// Denoising score matching: adds noise of standard deviation `sigma` to each row of `data` and asks that the slope there point along it, writes the gradient
/// of the mean of $\frac12 \lVert \nabla_x E(x + \sigma\xi) - \xi/\sigma \rVert^2$ and returns that mean.
///
/// Its minimum is the energy of the data *with* the noise, and it needs no second derivative.
/// Source: P. Vincent, Neural Computation 23 (2011) 1661.
///
/// ```
/// use downhill::training_ebms::{Bowl, denoising_score_matching};
/// use ndarray::{Array1, Array2, array};
/// // All data at 0: with the noise they are normal with variance 1/4, and the energy of that removes the noise perfectly.
/// let bowl = Bowl::new(array![[4.0]], array![0.0])?;
/// let loss = denoising_score_matching(&bowl, &Array2::zeros((10, 1)), 0.5, &mut Array1::zeros(2), &mut downhill::rng(1));
/// assert!(loss < 1e-28);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Panics
/// When data, energy and gradient differ in length, there are no data, or `sigma` is not positive and finite.
pub fn denoising_score_matching(
    energy: &impl Scored,
    data: &ArrayRef2<f64>,
    sigma: f64,
    gradient: &mut ArrayRef1<f64>,
    rng: &mut impl Rng,
) -> f64 {
    assert!(sigma > 0.0 && sigma.is_finite(), "sigma is {sigma}, but must be positive and finite");
    let share = share(data);
    let mut noisy = Array1::zeros(data.ncols());
    let mut noise: Array1<f64> = Array1::zeros(data.ncols());
    let mut residual = Array1::zeros(data.ncols());
    let mut loss = 0.0;
    gradient.fill(0.0);
    for x in data.rows() {
        // ANCHOR: denoising
        noise.mapv_inplace(|_| rng.sample(StandardNormal));
        Zip::from(&mut noisy).and(&x).and(&noise).for_each(|to, x, xi| *to = x + sigma * xi);
        energy.gradient_into(&noisy, &mut residual);
        residual.scaled_add(-1.0 / sigma, &noise);
        loss += share * 0.5 * residual.dot(&residual);
        energy.add_slope_gradient(&noisy, &residual, share, gradient);
        // ANCHOR_END: denoising
    }
    loss
}
