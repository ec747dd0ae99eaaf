//! Groups that nobody named.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, Zip, linalg::general_mat_mul, s};
use rand::{Rng, RngExt};

use super::argmax;
use crate::{Error, check, moments::centred};

/// Samples whose distances are found at once, by one product of matrices.
const ROWS: usize = 512;

/// `k` centres, each the mean of the samples that are nearest to it.
///
/// Source: S. P. Lloyd, IEEE Transactions on Information Theory 28 (1982) 129; the seeding is that of D. Arthur and S.
/// Vassilvitskii, Proceedings of SODA (2007) 1027.
///
/// ```
/// use downhill::introduction::KMeans;
/// use ndarray::array;
///
/// let x = array![[0.0], [1.0], [9.0], [10.0]];
/// let clusters = KMeans::fit(&x, 2, &mut downhill::rng(1))?;
/// assert_eq!(clusters.distortion(), 1.0);
/// assert_eq!(clusters.labels()[0], clusters.labels()[1]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KMeans {
    centres: Array2<f64>,
    labels: Vec<usize>,
    distortions: Vec<f64>,
}

impl KMeans {
    /// Lloyd's descent from centres chosen by [`KMeans::seed`].
    ///
    /// `x`, `n × p`; `k`, the number of clusters.
    ///
    /// # Errors
    /// As [`KMeans::seed`] and [`KMeans::fit_from`].
    pub fn fit(x: &ArrayRef2<f64>, k: usize, rng: &mut impl Rng) -> Result<Self, Error> {
        Self::fit_from(x, &Self::seed(x, k, rng)?)
    }

    /// Lloyd's descent from the given `centres`, `k × p`: assign every sample to its nearest centre, move every centre to
    /// the mean of its samples, and again, until nothing changes. A centre without samples stays where it is.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Shape`] or [`Error::Domain`] for bad data; [`Error::Parameter`] when squared distances leave
    /// the range of numbers.
    pub fn fit_from(x: &ArrayRef2<f64>, centres: &ArrayRef2<f64>) -> Result<Self, Error> {
        check::non_empty("x", x)?;
        check::non_empty("centres", centres)?;
        check::length("centres", x.ncols(), centres.ncols(), "columns, as x has")?;
        check::finite("x", x)?;
        check::finite("centres", centres)?;
        // Distances are differences of squares: measured from the middle of the samples they keep their digits.
        let (middle, x) = centred(x);
        let mut lloyd = Lloyd::new(&x, centres.to_owned() - &middle);
        let mut distortions = vec![lloyd.assign()];
        loop {
            let last = distortions[distortions.len() - 1];
            check::parameter("distortion", last, "finite", last.is_finite())?;
            lloyd.move_centres();
            let next = lloyd.assign();
            // Not below: nothing has moved, but for rounding.
            if next >= last {
                return Ok(Self {
                    centres: lloyd.centres + &middle,
                    labels: lloyd.labels,
                    distortions,
                });
            }
            distortions.push(next);
        }
    }

    /// `k` of the samples, far apart: the first at random, each further one with a probability in proportion to the square of
    /// its distance from the nearest of those before.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for bad data; [`Error::Parameter`] when `k` is 0 or there are fewer than `k`
    /// different samples, or squared distances leave the range of numbers.
    pub fn seed(x: &ArrayRef2<f64>, k: usize, rng: &mut impl Rng) -> Result<Array2<f64>, Error> {
        check::non_empty("x", x)?;
        check::finite("x", x)?;
        check::parameter("k", k as f64, "at least 1", k >= 1)?;
        let mut centres = Array2::zeros((k, x.ncols()));
        centres.row_mut(0).assign(&x.row(rng.random_range(0..x.nrows())));
        let mut squares = Array1::from_elem(x.nrows(), f64::INFINITY);
        for j in 1..k {
            let newest = centres.row(j - 1);
            Zip::from(&mut squares).and(x.rows()).for_each(|square, sample| {
                *square = square.min(square_distance(&sample, &newest));
            });
            let total = squares.sum();
            check::parameter("the sum of squared distances", total, "finite", total.is_finite())?;
            check::parameter(
                "k",
                k as f64,
                "at most the number of different samples",
                total > 0.0,
            )?;
            let mut mark = rng.random_range(0.0..total);
            // Rounding may carry the mark past the end, and then the farthest sample is as good as any.
            let drawn = squares.iter().position(|&square| {
                mark -= square;
                mark < 0.0
            });
            centres
                .row_mut(j)
                .assign(&x.row(drawn.unwrap_or_else(|| argmax(squares.iter().copied()))));
        }
        Ok(centres)
    }

    /// The centres, `k × p`.
    pub fn centres(&self) -> &Array2<f64> {
        &self.centres
    }

    /// The cluster of every sample, 0 to `k - 1`.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// $J$: the sum of the squared distances of the samples from their centres.
    pub fn distortion(&self) -> f64 {
        self.distortions[self.distortions.len() - 1]
    }

    /// $J$ after every assignment, the last one last.
    pub fn distortions(&self) -> &[f64] {
        &self.distortions
    }
}

/// The descent and its buffers: samples and centres from the middle of the samples on.
struct Lloyd<'a> {
    x: &'a Array2<f64>,
    squares: Array1<f64>,
    centres: Array2<f64>,
    labels: Vec<usize>,
    counts: Array1<f64>,
    sums: Array2<f64>,
    products: Array2<f64>,
}

impl<'a> Lloyd<'a> {
    fn new(x: &'a Array2<f64>, centres: Array2<f64>) -> Self {
        let (n, k) = (x.nrows(), centres.nrows());
        Self {
            x,
            squares: x.map_axis(Axis(1), |sample| sample.dot(&sample)),
            labels: vec![0; n],
            counts: Array1::zeros(k),
            sums: Array2::zeros(centres.dim()),
            products: Array2::zeros((ROWS.min(n), k)),
            centres,
        }
    }

    /// Gives every sample to its nearest centre; the distortion.
    // ANCHOR: assign
    fn assign(&mut self) -> f64 {
        let lengths = self.centres.map_axis(Axis(1), |centre| centre.dot(&centre));
        let longest = lengths.fold(0.0, |most: f64, &length| most.max(length));
        let rounding = 8.0 * f64::EPSILON * (self.x.ncols() as f64).sqrt();
        let mut distortion = 0.0;
        for first in (0..self.x.nrows()).step_by(ROWS) {
            let last = self.x.nrows().min(first + ROWS);
            let mut products = self.products.slice_mut(s![..last - first, ..]);
            // |x - m|² = |x|² + |m|² - 2 x·m, and the products are those of two matrices.
            general_mat_mul(
                -2.0,
                &self.x.slice(s![first..last, ..]),
                &self.centres.t(),
                0.0,
                &mut products,
            );
            for (i, row) in (first..last).zip(products.rows()) {
                let scores = || row.iter().zip(&lengths).map(|(product, length)| product + length);
                let least = scores().fold(f64::INFINITY, f64::min);
                // Rounding may have hidden which is nearest: those that can be it are measured.
                let close = least + rounding * (self.squares[i] + longest);
                let mut nearest = f64::INFINITY;
                for (k, _) in scores().enumerate().filter(|&(_, score)| score <= close) {
                    let distance = square_distance(&self.x.row(i), &self.centres.row(k));
                    if distance < nearest {
                        (self.labels[i], nearest) = (k, distance);
                    }
                }
                distortion += nearest;
            }
        }
        distortion
    }
    // ANCHOR_END: assign

    /// Moves every centre to the mean of its samples.
    // ANCHOR: move_centres
    fn move_centres(&mut self) {
        self.sums.fill(0.0);
        self.counts.fill(0.0);
        for (sample, &k) in self.x.rows().into_iter().zip(&self.labels) {
            self.counts[k] += 1.0;
            // From the old centre on, so that a far one keeps its digits.
            Zip::from(self.sums.row_mut(k))
                .and(sample)
                .and(self.centres.row(k))
                .for_each(|sum, x, m| *sum += x - m);
        }
        for (k, mut centre) in self.centres.rows_mut().into_iter().enumerate() {
            if self.counts[k] > 0.0 {
                centre.scaled_add(1.0 / self.counts[k], &self.sums.row(k));
            }
        }
    }
    // ANCHOR_END: move_centres
}

fn square_distance(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + (a - b).powi(2))
}
