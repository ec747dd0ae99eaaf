//! A code with few entries that are not zero.

use ndarray::{Array2, ArrayRef2, Zip, linalg::general_mat_mul};

use super::check_samples;
use crate::{Error, check};

/// Sparse coding: a sample $x$ is a sum of few atoms, the rows of the dictionary $D$. The energy of a sample and its code $z$ is
/// $E(x, z) = \frac12 \lVert x - zD \rVert^2 + \lambda \lVert z \rVert_1$.
///
/// Samples are rows, and all of them are coded at once: an iteration is two products of matrices, $4npK$ operations for $n$ samples of $p$ entries
/// and $K$ atoms, and one pass over the codes.
///
/// Source: B. A. Olshausen, D. J. Field, Nature 381 (1996) 607.
///
/// ```
/// use downhill::training_ebms::SparseCoding;
/// use ndarray::array;
/// // With orthonormal atoms the code is the soft-thresholded product.
/// let coding = SparseCoding::new(array![[1.0, 0.0], [0.0, 1.0]], 0.5)?;
/// let codes = coding.fista(&array![[2.0, -0.25]], 20)?;
/// assert!((&codes - &array![[1.5, 0.0]]).iter().all(|d| d.abs() < 1e-12));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SparseCoding {
    dictionary: Array2<f64>,
    lambda: f64,
}

impl SparseCoding {
    /// Coding over the atoms `dictionary`, `K × p`, with the penalty $\lambda$ = `lambda`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Domain`] for a dictionary without entries, or with one that is not finite, [`Error::Parameter`] when `lambda` is not
    /// positive and finite.
    pub fn new(dictionary: Array2<f64>, lambda: f64) -> Result<Self, Error> {
        check_samples("dictionary", &dictionary)?;
        check::parameter(
            "lambda",
            lambda,
            "positive and finite",
            lambda > 0.0 && lambda.is_finite(),
        )?;
        Ok(Self { dictionary, lambda })
    }

    /// $D$, an atom to a row, `K × p`.
    pub fn dictionary(&self) -> &Array2<f64> {
        &self.dictionary
    }

    /// $x - zD$, a sample to a row.
    fn residual(&self, samples: &ArrayRef2<f64>, codes: &ArrayRef2<f64>) -> Array2<f64> {
        assert_eq!(samples.dim(), (codes.nrows(), self.dictionary.ncols()), "the shape of samples");
        samples - codes.dot(&self.dictionary)
    }

    /// $\sum_n E(x_n, z_n)$ over samples and codes, `n × p` and `n × K`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn energy(&self, samples: &ArrayRef2<f64>, codes: &ArrayRef2<f64>) -> f64 {
        let residual = self.residual(samples, codes);
        0.5 * residual.fold(0.0, |sum, r| sum + r * r)
            + self.lambda * codes.fold(0.0, |sum, z| sum + z.abs())
    }

    /// How far [`SparseCoding::energy`] is above its minimum over the codes, at most, by the dual problem.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn gap(&self, samples: &ArrayRef2<f64>, codes: &ArrayRef2<f64>) -> f64 {
        let residual = self.residual(samples, codes);
        let correlations = residual.dot(&self.dictionary.t());
        let mut dual = 0.0;
        for ((x, r), c) in samples.rows().into_iter().zip(residual.rows()).zip(correlations.rows())
        {
            let largest = c.fold(0.0, |most: f64, c| most.max(c.abs()));
            let scale = if largest > self.lambda { self.lambda / largest } else { 1.0 };
            dual += scale * (x.dot(&r) - 0.5 * scale * r.dot(&r));
        }
        // Below zero only by rounding. `clamp` keeps NaN, where `max` would make it 0.
        (self.energy(samples, codes) - dual).clamp(0.0, f64::INFINITY)
    }

    /// A number $L$ at or above the largest eigenvalue of $D^\top D$, by 2 % at most up to 20,000 pixels: a step of $1/L$ never goes too far.
    /// Not finite where the squares of $D$'s entries are not.
    ///
    /// For a symmetric positive matrix $A$, $\lambda_{\max} \le \lVert A^m \rVert_F^{1/m} \le p^{1/2m} \lambda_{\max}$; squaring eight times makes $m = 256$.
    pub fn lipschitz(&self) -> f64 {
        let (atoms, pixels) = self.dictionary.dim();
        let mut a = if atoms < pixels {
            self.dictionary.dot(&self.dictionary.t())
        } else {
            self.dictionary.t().dot(&self.dictionary)
        };
        let (mut bound, mut root) = (1.0, 1.0);
        for squarings in 0..=8 {
            let norm = a.fold(0.0, |sum, v| sum + v * v).sqrt();
            if norm == 0.0 {
                return 0.0;
            }
            bound *= norm.powf(root);
            root *= 0.5;
            if squarings < 8 {
                a /= norm;
                a = a.dot(&a);
            }
        }
        bound
    }

    /// Codes of `samples`, `n × p`, by `iterations` steps of ISTA from 0: down the gradient of the square, then towards zero by the penalty's share.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Domain`] or [`Error::Shape`] for bad samples, [`Error::Parameter`] when $D^\top D$ leaves the range of numbers.
    pub fn ista(&self, samples: &ArrayRef2<f64>, iterations: usize) -> Result<Array2<f64>, Error> {
        self.iterate(samples, iterations, false, |_, _| {})
    }

    /// Codes of `samples`, `n × p`, by `iterations` steps of FISTA from 0: ISTA from a point ahead, where momentum carries it. A code whose momentum points uphill
    /// loses it and starts anew (B. O'Donoghue, E. Candès, Foundations of Computational Mathematics 15 (2015) 715).
    ///
    /// Source: A. Beck, M. Teboulle, SIAM Journal on Imaging Sciences 2 (2009) 183.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::Domain`] or [`Error::Shape`] for bad samples, [`Error::Parameter`] when $D^\top D$ leaves the range of numbers.
    pub fn fista(&self, samples: &ArrayRef2<f64>, iterations: usize) -> Result<Array2<f64>, Error> {
        self.iterate(samples, iterations, true, |_, _| {})
    }

    /// As [`SparseCoding::fista`], or [`SparseCoding::ista`] without `momentum`; `each(k, codes)` sees every iterate from the first, `k` = 1. The loop allocates nothing.
    ///
    /// # Errors
    /// Those of [`SparseCoding::fista`].
    pub fn iterate(
        &self,
        samples: &ArrayRef2<f64>,
        iterations: usize,
        momentum: bool,
        mut each: impl FnMut(usize, &Array2<f64>),
    ) -> Result<Array2<f64>, Error> {
        check_samples("samples", samples)?;
        let (atoms, pixels) = self.dictionary.dim();
        check::length("columns of samples", pixels, samples.ncols(), "columns, as an atom has")?;
        let mut codes = Array2::zeros((samples.nrows(), atoms));
        let lipschitz = self.lipschitz();
        check::parameter(
            "the largest eigenvalue of DᵀD",
            lipschitz,
            "finite",
            lipschitz.is_finite(),
        )?;
        if lipschitz == 0.0 {
            return Ok(codes);
        }
        let (step, threshold) = (1.0 / lipschitz, self.lambda / lipschitz);
        let mut ahead = codes.clone();
        let mut residual = Array2::zeros(samples.raw_dim());
        let mut gradient = codes.clone();
        // The momentum's clock t of each sample.
        let mut clocks = vec![1.0_f64; samples.nrows()];
        for k in 1..=iterations {
            // ANCHOR: fista
            residual.assign(samples);
            general_mat_mul(1.0, &ahead, &self.dictionary, -1.0, &mut residual);
            general_mat_mul(1.0, &residual, &self.dictionary.t(), 0.0, &mut gradient);
            for (((mut z, mut y), mut g), t) in codes
                .rows_mut()
                .into_iter()
                .zip(ahead.rows_mut())
                .zip(gradient.rows_mut())
                .zip(&mut clocks)
            {
                Zip::from(&mut g).and(&mut y).for_each(|g, y| {
                    let v = *y - step * *g;
                    // The soft threshold: what is left of v when up to the threshold is taken away.
                    *g = v - v.clamp(-threshold, threshold);
                    *y -= *g;
                });
                // From here g is the new code, z the step to it from the old one.
                Zip::from(&mut z).and(&g).for_each(|z, g| *z = g - *z);
                if !momentum || y.dot(&z) > 0.0 {
                    *t = 1.0;
                }
                let next = 0.5 * (1.0 + (1.0 + 4.0 * *t * *t).sqrt());
                let carry = if momentum { (*t - 1.0) / next } else { 0.0 };
                *t = next;
                Zip::from(&mut z).and(&mut y).and(&g).for_each(|z, y, g| {
                    *y = g + carry * *z;
                    *z = *g;
                });
            }
            // ANCHOR_END: fista
            each(k, &codes);
        }
        Ok(codes)
    }

    /// Improves the dictionary for given codes, `n × K` for `samples`, `n × p`: each atom in turn goes to where the energy is least among atoms no longer than 1.
    /// An atom that no code uses is left. The energy cannot rise.
    ///
    /// Source: J. Mairal, F. Bach, J. Ponce, G. Sapiro, JMLR 11 (2010) 19.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn improve_dictionary(&mut self, samples: &ArrayRef2<f64>, codes: &ArrayRef2<f64>) {
        assert_eq!(samples.dim(), (codes.nrows(), self.dictionary.ncols()), "the shape of samples");
        // ANCHOR: dictionary
        let (usage, sums) = (codes.t().dot(codes), codes.t().dot(samples));
        for k in 0..self.dictionary.nrows() {
            if usage[[k, k]] > 0.0 {
                let mut step = &sums.row(k) - &usage.row(k).dot(&self.dictionary);
                step /= usage[[k, k]];
                let mut atom = self.dictionary.row_mut(k);
                atom += &step;
                let length = atom.dot(&atom).sqrt();
                atom /= length.max(1.0);
            }
        }
        // ANCHOR_END: dictionary
    }

    /// Learns the dictionary from `samples`: `rounds` times, `iterations` of FISTA and one pass over the atoms. `each(round, energy)` sees the
    /// energy after each coding. Returns the last codes.
    ///
    /// # Errors
    /// Those of [`SparseCoding::fista`].
    pub fn learn(
        &mut self,
        samples: &ArrayRef2<f64>,
        rounds: usize,
        iterations: usize,
        mut each: impl FnMut(usize, f64),
    ) -> Result<Array2<f64>, Error> {
        for round in 0..rounds {
            let codes = self.fista(samples, iterations)?;
            each(round, self.energy(samples, &codes));
            self.improve_dictionary(samples, &codes);
        }
        self.fista(samples, iterations)
    }
}
