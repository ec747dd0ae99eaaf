//! Points on the line, and how far they must be carried.

use ndarray::{Array1, ArrayRef1};

use super::Categorical;
use crate::{Error, check};

/// A distribution on finitely many points of the line, sorted: samples, or points with weights.
///
/// ```
/// use downhill::divergences::Empirical;
/// use ndarray::array;
/// let p = Empirical::new(&array![2.0, 0.0, 1.0])?;
/// let q = Empirical::new(&array![5.0, 6.0, 7.0])?;
/// assert_eq!(p.wasserstein(&q, 1.0)?, 5.0);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    points: Vec<f64>,
    /// The probability of each point and all before it; the last is exactly 1.
    cumulative: Vec<f64>,
}

impl Empirical {
    /// The distribution of `samples`, `n`, each of which has the probability $1/n$.
    ///
    /// # Errors
    /// [`Error::Empty`] without samples, [`Error::Domain`] at one that is not finite.
    pub fn new(samples: &ArrayRef1<f64>) -> Result<Self, Error> {
        check::non_empty("samples", samples)?;
        check::finite("samples", samples)?;
        let mut points = samples.to_vec();
        points.sort_unstable_by(f64::total_cmp);
        let n = points.len();
        Ok(Self { points, cumulative: (1..=n).map(|i| i as f64 / n as f64).collect() })
    }

    /// The distribution `p` over `points`, `k`.
    ///
    /// ```
    /// use downhill::divergences::{Categorical, Empirical};
    /// use ndarray::array;
    /// let p = Empirical::weighted(&array![0.0, 1.0], &Categorical::new(&array![3.0, 1.0])?)?;
    /// assert!((p.cdf(0.5) - 0.75).abs() < 1e-15);
    /// assert_eq!(p.quantile(0.9), 1.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when `p` has not as many outcomes as there are points, [`Error::Domain`] at a point that is not finite.
    pub fn weighted(points: &ArrayRef1<f64>, p: &Categorical) -> Result<Self, Error> {
        let probabilities = p.probabilities();
        check::length("points", probabilities.len(), points.len(), "entries, one an outcome of p")?;
        check::finite("points", points)?;
        let mut pairs: Vec<(f64, f64)> = points.iter().copied().zip(probabilities).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut cumulative: Vec<f64> = pairs
            .iter()
            .scan(0.0, |sum, &(_, p)| {
                *sum += p;
                Some(*sum)
            })
            .collect();
        // The sum is 1 but for rounding. Divided by itself it is 1.
        let total = cumulative[cumulative.len() - 1];
        cumulative.iter_mut().for_each(|c| *c /= total);
        Ok(Self { points: pairs.into_iter().map(|(x, _)| x).collect(), cumulative })
    }

    /// The points in ascending order.
    pub fn points(&self) -> Array1<f64> {
        Array1::from_vec(self.points.clone())
    }

    /// The distribution function $F(x)$, the probability of a value of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        match self.points.partition_point(|&point| point <= x) {
            0 => 0.0,
            count => self.cumulative[count - 1],
        }
    }

    /// The quantile function $F^{-1}(u) = \min\{x : F(x) \ge u\}$.
    ///
    /// # Panics
    /// When `u` is not between 0 and 1.
    pub fn quantile(&self, u: f64) -> f64 {
        assert!((0.0..=1.0).contains(&u), "the quantile of {u}, which is not between 0 and 1");
        self.points[self.cumulative.partition_point(|&c| c < u)]
    }

    /// Wasserstein's distance $W_r = \bigl(\int_0^1 \lvert F^{-1}(u) - G^{-1}(u) \rvert^r du\bigr)^{1/r}$ of `order` $r$, in the unit of the points: the
    /// least mean cost of carrying one distribution to the other. It takes $O(n + m)$ after the sorting. It is infinite when two points that must be
    /// joined are farther apart than the largest number. Masses that are less than the rounding of the sums of probabilities are not carried.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the order is below 1 or not finite.
    pub fn wasserstein(&self, other: &Self, order: f64) -> Result<f64, Error> {
        check::parameter(
            "order",
            order,
            "at least 1 and finite",
            order >= 1.0 && order.is_finite(),
        )?;
        // ANCHOR: wasserstein
        // Both quantile functions are steps. Between two neighbouring edges neither changes; an
        // edge that is beside another by the rounding of sums is the same one.
        let rounding = 0.5 * f64::EPSILON * (self.points.len() + other.points.len()) as f64;
        let (mut i, mut j, mut from, mut steps) = (0, 0, 0.0, Vec::new());
        while from < 1.0 {
            let to = self.cumulative[i].min(other.cumulative[j]);
            if to - from > rounding {
                steps.push((to - from, (self.points[i] - other.points[j]).abs()));
            }
            i += usize::from(self.cumulative[i] == to);
            j += usize::from(other.cumulative[j] == to);
            from = to;
        }
        // In units of the largest distance no power leaves the range of numbers.
        let farthest = steps.iter().fold(0.0_f64, |most, &(_, distance)| most.max(distance));
        if farthest == 0.0 || farthest == f64::INFINITY {
            return Ok(farthest);
        }
        let share = |&(width, distance): &(f64, f64)| width * (distance / farthest).powf(order);
        Ok(farthest * steps.iter().map(share).sum::<f64>().powf(order.recip()))
        // ANCHOR_END: wasserstein
    }
}
