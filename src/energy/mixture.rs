//! Several bells at once.

use std::borrow::Cow;

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
    /// The centres' first coordinates, then their second ones, and so on.
    coordinates: Vec<f64>,
    log_weights: Vec<f64>,
    width: f64,
}

impl Mixture {
    /// Bells of standard deviation `width` at the rows of `centres`, `K × n`, with the shares `weights`, `K`, which are scaled to sum to 1.
    ///
    /// # Errors
    /// [`Error::Empty`] without centres, [`Error::Shape`] when there is not a weight to each, [`Error::Domain`] at a
    /// centre that is not finite or a weight that is not positive and finite, [`Error::Parameter`] when the sum of the weights is not
    /// finite, or at a width that is not positive or whose square leaves the range of numbers.
    pub fn new(centres: Array2<f64>, weights: Array1<f64>, width: f64) -> Result<Self, Error> {
        check::non_empty("centres", &centres)?;
        check::length("weights", centres.nrows(), weights.len(), "entries, one a centre")?;
        check::finite("centres", &centres)?;
        check::weights(&weights)?;
        check::width(width)?;
        let log_weights = (&weights / weights.sum()).ln();
        let coordinates = centres.t().iter().copied().collect();
        Ok(Self { centres, coordinates, log_weights: log_weights.to_vec(), width })
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
        self.log_weights.iter().map(|w| w.exp()).collect()
    }

    /// $\log Z(1) = \frac n2 \log 2\pi s^2$.
    pub fn log_partition(&self) -> f64 {
        0.5 * self.centres.ncols() as f64 * (std::f64::consts::TAU * self.width.powi(2)).ln()
    }

    /// The largest of the exponents $a_k = \log w_k - \lVert x - m_k \rVert^2 / 2 s^2$, and the sum of the terms $t_k = e^{a_k - \max a}$. Into
    /// `pull` goes $\sum_k t_k (x - m_k)$, as many entries of it as `pull` has: none when only the sum is wanted.
    #[inline]
    fn soft_sum(&self, x: &[f64], pull: &mut [f64]) -> (f64, f64) {
        let (count, n) = self.centres.dim();
        assert_eq!(x.len(), n, "a state of {} entries in {n} dimensions", x.len());
        let scale = -0.5 / (self.width * self.width);
        let mut block = [0.0; BLOCK];
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        pull.fill(0.0);
        for start in (0..count).step_by(BLOCK) {
            let exponents = &mut block[..BLOCK.min(count - start)];
            exponents.copy_from_slice(&self.log_weights[start..][..exponents.len()]);
            for (x, coordinates) in x.iter().zip(self.coordinates.chunks_exact(count)) {
                for (exponent, m) in exponents.iter_mut().zip(&coordinates[start..]) {
                    *exponent += scale * (x - m) * (x - m);
                }
            }
            let highest = exponents.iter().fold(largest, |most, &a| most.max(a));
            if highest > largest && sum > 0.0 {
                // What was added up so far was measured against a smaller one.
                let shrink = (largest - highest).exp();
                sum *= shrink;
                pull.iter_mut().for_each(|p| *p *= shrink);
            }
            largest = highest;
            if largest == f64::NEG_INFINITY {
                continue;
            }
            for (k, exponent) in (start..).zip(exponents) {
                let below = *exponent - largest;
                if below > NEGLIGIBLE || below.is_nan() {
                    // The largest term is 1; often it is the only one.
                    let term = if below == 0.0 { 1.0 } else { below.exp() };
                    sum += term;
                    for ((p, x), coordinates) in
                        pull.iter_mut().zip(x).zip(self.coordinates.chunks_exact(count))
                    {
                        *p += term * (x - coordinates[k]);
                    }
                }
            }
        }
        (largest, sum)
    }

    /// The slope at `x`, written over `gradient`.
    #[inline]
    fn slope(&self, x: &[f64], gradient: &mut [f64]) {
        assert_eq!(
            gradient.len(),
            x.len(),
            "a gradient of {} entries of {}",
            gradient.len(),
            x.len()
        );
        let (largest, mut sum) = self.soft_sum(x, gradient);
        if largest == f64::NEG_INFINITY {
            sum = self.far_pull(x, gradient);
        }
        let scale = 1.0 / (sum * self.width * self.width);
        gradient.iter_mut().for_each(|g| *g *= scale);
    }

    /// By how much the exponent of bell `k` is above that of bell `l`. Their squares may be no numbers; the difference is
    /// $(m_k - m_l) \cdot (x - m_k + x - m_l) / 2 s^2$, less for what the weights differ.
    fn lead(&self, x: &[f64], k: usize, l: usize) -> f64 {
        let (of_k, of_l) = (self.centres.row(k), self.centres.row(l));
        let difference = x.iter().zip(&of_k).zip(&of_l).fold(0.0, |sum, ((x, m_k), m_l)| {
            // Where the two agree the distance along this axis does not tell, though it be infinite.
            if m_k == m_l {
                sum
            } else {
                sum + (m_k - m_l) / self.width * ((x - m_k + x - m_l) / self.width)
            }
        });
        self.log_weights[k] - self.log_weights[l] + 0.5 * difference
    }

    /// The sums of [`Self::soft_sum`] where every exponent is $-\infty$, measured from the bell that is first among them.
    #[cold]
    fn far_pull(&self, x: &[f64], pull: &mut [f64]) -> f64 {
        let count = self.centres.nrows();
        let first =
            (1..count).fold(0, |first, k| if self.lead(x, k, first) > 0.0 { k } else { first });
        pull.fill(0.0);
        let mut sum = 0.0;
        for k in 0..count {
            let term = if k == first { 1.0 } else { self.lead(x, k, first).exp() };
            if term > 0.0 || term.is_nan() {
                sum += term;
                let shift = x.iter().zip(self.centres.row(k));
                pull.iter_mut().zip(shift).for_each(|(p, (x, m))| *p += term * (x - m));
            }
        }
        sum
    }
}

/// A term smaller than the largest by this factor's exponential, $4 \times 10^{-18}$, changes no digit of the sum.
const NEGLIGIBLE: f64 = -40.0;

/// How many centres are looked at together, so that the processor works on several at once.
const BLOCK: usize = 16;

/// The entries of `x` side by side: `x` itself, or a copy when it is a column of a matrix.
#[inline]
fn side_by_side(x: &ArrayRef1<f64>) -> Cow<'_, [f64]> {
    x.as_slice().map_or_else(|| x.to_vec().into(), Cow::from)
}

impl Energy for Mixture {
    #[inline]
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        let x = side_by_side(x);
        let (largest, sum) = self.soft_sum(&x, &mut []);
        if largest > f64::NEG_INFINITY {
            -largest - sum.ln()
        } else if x.iter().any(|x| x.is_nan()) {
            f64::NAN
        } else {
            // So far from every bell that no exponent is a number.
            f64::INFINITY
        }
    }
}

impl Differentiable for Mixture {
    #[inline]
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let x = side_by_side(x);
        match gradient.as_slice_mut() {
            Some(gradient) => self.slope(&x, gradient),
            None => {
                let mut apart = vec![0.0; x.len()];
                self.slope(&x, &mut apart);
                gradient.iter_mut().zip(apart).for_each(|(g, slope)| *g = slope);
            }
        }
    }
}
