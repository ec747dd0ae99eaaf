//! What a unit does with what it hears.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use ndarray::{ArrayRef1, ArrayRef2, Zip};
use serde::{Deserialize, Serialize};

use super::Layer;
use crate::{introduction::logistic, universal_approximation::relu};

/// An activation function $\sigma$, applied to each entry; only the softmax looks at a whole row.
///
/// It is a [`Layer`] without parameters.
///
/// ```
/// use downhill::backprop::{Activation, Layer};
/// use ndarray::{Array1, Array2, array};
///
/// let z = array![[-1.0, 2.0]];
/// let mut a = Array2::zeros((1, 2));
/// Activation::Relu.forward(&Array1::zeros(0), &z, &mut a);
/// assert_eq!(a, array![[0.0, 2.0]]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// $z$: for outputs that may be any number, and for losses that take logits.
    Identity,
    /// The logistic function, see [`logistic`].
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// The rectified linear unit, $\max(z, 0)$, with derivative 0 at 0.
    Relu,
    /// $z$ for positive $z$, `slope`·$z$ otherwise, with derivative `slope` at 0.
    LeakyRelu {
        /// The slope on the negative side.
        slope: f64,
    },
    /// See [`softplus`].
    Softplus,
    /// See [`gelu`].
    Gelu,
    /// See [`softmax`].
    Softmax,
}

/// The soft rectifier $\ln(1 + e^z)$, written so that nothing overflows and small values keep their digits.
///
/// ```
/// use downhill::backprop::softplus;
/// assert_eq!(softplus(1e4), 1e4);
/// assert_eq!(softplus(-50.0), (-50.0_f64).exp());
/// ```
pub fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// The standard normal distribution function $\Phi$.
fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The Gaussian error linear unit $z\,\Phi(z)$, with $\Phi$ the standard normal distribution function; 0 at $-\infty$.
///
/// Source: D. Hendrycks and K. Gimpel, arXiv:1606.08415 (2016).
///
/// ```
/// use downhill::backprop::gelu;
/// assert_eq!(gelu(0.0), 0.0);
/// assert!((gelu(1.0) - 0.8413447460685429).abs() < 1e-15);
/// ```
pub fn gelu(z: f64) -> f64 {
    // Φ is 0 long before z is -∞, and ∞ · 0 must not be.
    let below = normal_cdf(z);
    if below == 0.0 { below } else { z * below }
}

/// $\Phi(z) + z\,\phi(z)$.
fn gelu_derivative(z: f64) -> f64 {
    // The density is 0 long before z² overflows, and ∞ · 0 must not be.
    let density = (-0.5 * z * z).exp() / TAU.sqrt();
    normal_cdf(z) + if density == 0.0 { 0.0 } else { z * density }
}

/// Turns a row of scores into probabilities, $p_j = e^{z_j} / \sum_k e^{z_k}$, in place. The largest score is taken off
/// first, which changes nothing but the size of the exponentials.
///
/// A score of $-\infty$ has the probability 0, a single one of $+\infty$ the probability 1. Where all are $-\infty$, or several $+\infty$, nothing follows,
/// and every probability is NaN, as it is where a score is.
///
/// ```
/// let mut row = ndarray::array![1000.0, 1000.0];
/// downhill::backprop::softmax(&mut row);
/// assert_eq!(row, ndarray::array![0.5, 0.5]);
/// ```
// ANCHOR: softmax
pub fn softmax(row: &mut ArrayRef1<f64>) {
    let largest = largest(row);
    row.mapv_inplace(|z| below(z, largest).exp());
    let total = row.sum();
    row.mapv_inplace(|e| e / total);
}
// ANCHOR_END: softmax

/// The largest score; NaN where there is no distribution: at a NaN, at two scores of $+\infty$, or where all are $-\infty$.
pub(super) fn largest(row: &ArrayRef1<f64>) -> f64 {
    let largest = row.fold(f64::NEG_INFINITY, |m, &z| m.max(z));
    let told = match largest {
        f64::INFINITY => {
            row.iter().filter(|&&z| z == largest).count() == 1 && !row.iter().any(|z| z.is_nan())
        }
        f64::NEG_INFINITY => false,
        // A NaN among numbers will spoil their sum.
        _ => true,
    };
    if told { largest } else { f64::NAN }
}

/// How far `z` is below `largest`: $\infty - \infty$ would be NaN.
pub(super) fn below(z: f64, largest: f64) -> f64 {
    if z == largest { 0.0 } else { z - largest }
}

impl Layer for Activation {
    fn parameters(&self) -> usize {
        0
    }

    fn forward(&self, _theta: &ArrayRef1<f64>, z: &ArrayRef2<f64>, a: &mut ArrayRef2<f64>) {
        match *self {
            Self::Identity => a.assign(z),
            Self::Sigmoid => each(z, a, logistic),
            Self::Tanh => each(z, a, f64::tanh),
            Self::Relu => each(z, a, relu),
            Self::LeakyRelu { slope: 0.0 } => each(z, a, relu),
            Self::LeakyRelu { slope } => each(z, a, |z| if z > 0.0 { z } else { slope * z }),
            Self::Softplus => each(z, a, softplus),
            Self::Gelu => each(z, a, gelu),
            Self::Softmax => {
                a.assign(z);
                for mut row in a.rows_mut() {
                    softmax(&mut row);
                }
            }
        }
    }

    fn backward(
        &self,
        _theta: &ArrayRef1<f64>,
        z: &ArrayRef2<f64>,
        a: &ArrayRef2<f64>,
        a_gradient: &ArrayRef2<f64>,
        _theta_gradient: &mut ArrayRef1<f64>,
        delta: Option<&mut ArrayRef2<f64>>,
    ) {
        let Some(delta) = delta else { return };
        // ANCHOR: derivatives
        match *self {
            Self::Identity => delta.assign(a_gradient),
            Self::Sigmoid => each_back(a, a_gradient, delta, |a| a * (1.0 - a)),
            Self::Tanh => each_back(a, a_gradient, delta, |a| 1.0 - a * a),
            Self::Relu => each_back(z, a_gradient, delta, |z| step(z, 0.0)),
            Self::LeakyRelu { slope } => each_back(z, a_gradient, delta, |z| step(z, slope)),
            Self::Softplus => each_back(z, a_gradient, delta, logistic),
            Self::Gelu => each_back(z, a_gradient, delta, gelu_derivative),
            Self::Softmax => {
                for ((a, a_gradient), mut delta) in
                    a.rows().into_iter().zip(a_gradient.rows()).zip(delta.rows_mut())
                {
                    let mean = a.dot(&a_gradient);
                    Zip::from(&mut delta)
                        .and(&a)
                        .and(&a_gradient)
                        .for_each(|d, a, g| *d = a * (g - mean));
                }
            }
        }
        // ANCHOR_END: derivatives
    }
}

/// 1 for positive `z`, `low` otherwise; but NaN stays NaN.
pub(super) fn step(z: f64, low: f64) -> f64 {
    if z > 0.0 {
        1.0
    } else if z.is_nan() {
        z
    } else {
        low
    }
}

/// `a` ← f(`z`), entry by entry.
fn each(z: &ArrayRef2<f64>, a: &mut ArrayRef2<f64>, f: impl Fn(f64) -> f64) {
    Zip::from(a).and(z).for_each(|a, &z| *a = f(z));
}

/// `delta` ← `a_gradient` ∘ σ′, with σ′ computed from `known`, which is z or a, whichever is cheaper.
fn each_back(
    known: &ArrayRef2<f64>,
    a_gradient: &ArrayRef2<f64>,
    delta: &mut ArrayRef2<f64>,
    derivative: impl Fn(f64) -> f64,
) {
    Zip::from(delta)
        .and(known)
        .and(a_gradient)
        .for_each(|d, &known, &g| *d = g * derivative(known));
}
