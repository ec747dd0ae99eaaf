//! Which samples a stochastic step looks at.

use rand::{Rng, RngExt, seq::SliceRandom};

use crate::{Error, check};

/// Mini-batches: which of `n` samples each step sees.
///
/// ```
/// use downhill::optimizers::Batches;
/// let mut rng = downhill::rng(1);
/// let mut batches = Batches::new(10, 4)?;
/// let sizes: Vec<usize> = (0..6).map(|_| batches.next(&mut rng).len()).collect();
/// assert_eq!(sizes, [4, 4, 2, 4, 4, 2], "two epochs of ten samples");
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    order: Vec<usize>,
    size: usize,
    used: usize,
    drawn: Vec<usize>,
}

impl Batches {
    /// Batches of `size` out of `n` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `size` is not from 1 to `n`.
    pub fn new(n: usize, size: usize) -> Result<Self, Error> {
        check::parameter(
            "size",
            size as f64,
            "from 1 to the number of samples",
            (1..=n).contains(&size),
        )?;
        Ok(Self { order: (0..n).collect(), size, used: n, drawn: vec![0; size] })
    }

    /// The next batch of a shuffled pass over all samples, an epoch. No sample comes twice in an epoch, and the last
    /// batch is shorter when `size` does not divide `n`.
    // ANCHOR: batches
    pub fn next(&mut self, rng: &mut impl Rng) -> &[usize] {
        if self.used == self.order.len() {
            self.order.shuffle(rng);
            self.used = 0;
        }
        let start = self.used;
        self.used = self.order.len().min(start + self.size);
        &self.order[start..self.used]
    }

    /// A batch drawn with replacement: each of its `size` entries is any sample with equal
    /// probability.
    pub fn next_with_replacement(&mut self, rng: &mut impl Rng) -> &[usize] {
        for index in &mut self.drawn {
            *index = rng.random_range(0..self.order.len());
        }
        &self.drawn
    }
    // ANCHOR_END: batches
}
