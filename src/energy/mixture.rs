//! Several bells at once.

use ndarray::{Array1, Array2, ArrayRef1};

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
        let centres = centres.as_standard_layout().into_owned();
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

    /// $\log w_k - \lVert x - m_k \rVert^2 / 2 s^2$ and $m_k$ for each $k$ in turn.
    #[inline]
    fn exponents<'a>(&'a self, x: &'a ArrayRef1<f64>) -> impl Iterator<Item = (f64, &'a [f64])> {
        let n = self.centres.ncols();
        assert_eq!(x.len(), n, "a state of {} entries in {n} dimensions", x.len());
        let scale = -0.5 / (self.width * self.width);
        self.flat().chunks_exact(n).zip(&self.log_weights).map(move |(centre, log_weight)| {
            let square = x.iter().zip(centre).fold(0.0, |sum, (x, m)| sum + (x - m) * (x - m));
            (log_weight + scale * square, centre)
        })
    }

    /// The centres, one after the other.
    fn flat(&self) -> &[f64] {
        self.centres.as_slice().unwrap_or_default()
    }
}

/// A term smaller than the largest by this factor's exponential, $4 \times 10^{-18}$, changes no digit of the sum.
const NEGLIGIBLE: f64 = -40.0;

impl Energy for Mixture {
    #[inline]
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        let largest = self.exponents(x).fold(f64::NEG_INFINITY, |most, (a, _)| most.max(a));
        let terms = self.exponents(x).map(|(a, _)| a - largest).filter(|&a| a > NEGLIGIBLE || a.is_nan());
        -largest - terms.map(f64::exp).sum::<f64>().ln()
    }
}

impl Differentiable for Mixture {
    #[inline]
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        assert_eq!(gradient.len(), x.len(), "a gradient of {} entries of {}", gradient.len(), x.len());
        // One pass: when a larger exponent comes, what was added up is scaled down to it.
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        gradient.fill(0.0);
        for (exponent, centre) in self.exponents(x) {
            let above = exponent - largest;
            if above < NEGLIGIBLE {
                continue;
            }
            let mut share = 1.0;
            if above > 0.0 {
                let shrink = if above > -NEGLIGIBLE { 0.0 } else { (-above).exp() };
                gradient.map_inplace(|g| *g *= shrink);
                sum *= shrink;
                largest = exponent;
            } else {
                share = above.exp();
            }
            sum += share;
            for ((g, x), m) in gradient.iter_mut().zip(x).zip(centre) {
                *g += share * (x - m);
            }
        }
        let scale = 1.0 / (sum * self.width * self.width);
        gradient.map_inplace(|g| *g *= scale);
    }
}
