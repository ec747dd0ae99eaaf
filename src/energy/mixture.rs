//! Several bells at once.

use ndarray::{Array1, Array2, ArrayRef1, Zip};

use super::{Differentiable, Energy};
use crate::{Error, check};

/// The mixture of round Gaussians, $E(x) = -\log \sum_k w_k \, e^{-\lVert x - m_k \rVert^2 / 2 s^2}$ with weights that sum to 1: its Gibbs distribution at
/// $\beta = 1$ draws a centre $m_k$ with probability $w_k$ and adds noise of standard deviation $s$ in each direction.
///
/// ```
/// use downhill::energy::{Differentiable, Energy, Mixture};
/// use ndarray::array;
/// let pair = Mixture::new(array![[-3.0], [3.0]], array![0.5, 0.5], 1.0)?;
/// // Half-way the two pulls cancel.
/// assert_eq!(pair.gradient(&array![0.0]), array![0.0]);
/// assert!(pair.energy(&array![3.0]) < pair.energy(&array![0.0]));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    centres: Array2<f64>,
    log_weights: Array1<f64>,
    width: f64,
}

impl Mixture {
    /// Bells of standard deviation `width` at the rows of `centres`, `K × n`, with the shares `weights`, `K`, which are scaled to sum to 1.
    ///
    /// # Errors
    /// [`Error::Empty`] without centres, [`Error::Shape`] when there is not a weight to each, [`Error::Domain`] at a
    /// centre that is not finite or a weight that is not positive and finite, [`Error::Parameter`] at a width that is not positive and finite.
    pub fn new(centres: Array2<f64>, weights: Array1<f64>, width: f64) -> Result<Self, Error> {
        check::non_empty("centres", &centres)?;
        check::length("weights", centres.nrows(), weights.len(), "entries, one a centre")?;
        check::finite("centres", &centres)?;
        check::every("weights", &weights, "positive and finite", |w| w > 0.0 && w.is_finite())?;
        check::parameter("width", width, "positive and finite", width > 0.0 && width.is_finite())?;
        let log_weights = (&weights / weights.sum()).ln();
        Ok(Self { centres, log_weights, width })
    }

    /// `count` bells of equal weight and standard deviation `width`, evenly on a circle of `radius` about the origin of the plane.
    ///
    /// # Errors
    /// Those of [`Mixture::new`].
    pub fn ring(count: usize, radius: f64, width: f64) -> Result<Self, Error> {
        let angle = |k: usize| std::f64::consts::TAU * k as f64 / count as f64;
        let centres = Array2::from_shape_fn((count, 2), |(k, axis)| {
            radius * if axis == 0 { angle(k).cos() } else { angle(k).sin() }
        });
        Self::new(centres, Array1::ones(count), width)
    }

    /// The centres, a row each.
    pub fn centres(&self) -> &Array2<f64> {
        &self.centres
    }

    /// The standard deviation $s$ of each bell.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The weights, which sum to 1.
    pub fn weights(&self) -> Array1<f64> {
        self.log_weights.exp()
    }

    /// $\log Z(1) = \frac n2 \log 2\pi s^2$.
    pub fn log_partition(&self) -> f64 {
        0.5 * self.centres.ncols() as f64 * (std::f64::consts::TAU * self.width.powi(2)).ln()
    }

    /// $\log w_k - \lVert x - m_k \rVert^2 / 2 s^2$.
    fn exponent(&self, x: &ArrayRef1<f64>, k: usize) -> f64 {
        let square = Zip::from(x).and(self.centres.row(k)).fold(0.0, |sum, x, m| sum + (x - m).powi(2));
        self.log_weights[k] - 0.5 * square / self.width.powi(2)
    }

    /// The largest exponent, which the others are measured from so that no exponential overflows.
    fn largest(&self, x: &ArrayRef1<f64>) -> f64 {
        (0..self.centres.nrows()).fold(f64::NEG_INFINITY, |most, k| most.max(self.exponent(x, k)))
    }
}

impl Energy for Mixture {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        let largest = self.largest(x);
        let sum: f64 = (0..self.centres.nrows()).map(|k| (self.exponent(x, k) - largest).exp()).sum();
        -largest - sum.ln()
    }
}

impl Differentiable for Mixture {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let largest = self.largest(x);
        let mut sum = 0.0;
        gradient.fill(0.0);
        for (k, centre) in self.centres.rows().into_iter().enumerate() {
            let share = (self.exponent(x, k) - largest).exp();
            sum += share;
            Zip::from(&mut *gradient).and(x).and(&centre).for_each(|g, x, m| *g += share * (x - m));
        }
        *gradient /= sum * self.width.powi(2);
    }
}
