//! What the experiments draw at random.

use ndarray::{Array1, Array2, ArrayRef1};
use rand::{
    Rng, RngExt,
    seq::{SliceRandom, index},
};

/// `count × units` fair coins, −1 or +1: one pattern to a row.
///
/// ```
/// let patterns = downhill::data::random_patterns(3, 100, &mut downhill::rng(1));
/// assert_eq!(patterns.dim(), (3, 100));
/// assert!(patterns.iter().all(|&s| s == 1.0 || s == -1.0));
/// ```
pub fn random_patterns(count: usize, units: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((count, units), || if rng.random() { 1.0 } else { -1.0 })
}

/// A copy of `pattern` with exactly `count` entries, chosen at random, negated.
///
/// ```
/// use downhill::data;
/// let mut rng = downhill::rng(1);
/// let pattern = data::random_patterns(1, 100, &mut rng);
/// let cue = data::flip(&pattern.row(0), 25, &mut rng);
/// assert_eq!(cue.iter().zip(&pattern.row(0)).filter(|(a, b)| a != b).count(), 25);
/// ```
///
/// # Panics
/// When `pattern` has fewer than `count` entries.
pub fn flip(pattern: &ArrayRef1<f64>, count: usize, rng: &mut impl Rng) -> Array1<f64> {
    assert!(count <= pattern.len(), "cannot flip {count} of {} entries", pattern.len());
    let mut flipped = pattern.to_owned();
    for i in index::sample(rng, pattern.len(), count) {
        flipped[i] = -flipped[i];
    }
    flipped
}

/// Deals the row indices `0..n` at random into those to train on and those held out, in this order.
///
/// The nearest whole number to `n · held_out_fraction` is held out.
///
/// ```
/// let (train, held_out) = downhill::data::split(10, 0.3, &mut downhill::rng(1));
/// assert_eq!((train.len(), held_out.len()), (7, 3));
/// ```
///
/// # Panics
/// When `held_out_fraction` is not between 0 and 1.
pub fn split(n: usize, held_out_fraction: f64, rng: &mut impl Rng) -> (Vec<usize>, Vec<usize>) {
    assert!(
        (0.0..=1.0).contains(&held_out_fraction),
        "held_out_fraction is {held_out_fraction}, but must be between 0 and 1"
    );
    let mut train: Vec<usize> = (0..n).collect();
    train.shuffle(rng);
    let held_out = train.split_off(n - (n as f64 * held_out_fraction).round() as usize);
    (train, held_out)
}
