//! Energy passed round at random: where the exponential comes from.

use rand::{Rng, RngExt};

/// Moves one quantum of energy from a unit drawn at random to another drawn at random, `moves` times; a unit that has none gives none.
/// `quanta` are what each unit has; their sum stays.
///
/// Every way to share the quanta out is then as probable as any other in the end, because each move and its reverse are.
///
/// ```
/// use downhill::gibbs_boltzmann::exchange_quanta;
/// let mut quanta = vec![5; 100];
/// exchange_quanta(&mut quanta, 10_000, &mut downhill::rng(1));
/// assert_eq!(quanta.iter().sum::<usize>(), 500);
/// assert!(quanta.contains(&0));
/// ```
///
/// # Panics
/// When there are no units.
// ANCHOR: exchange
pub fn exchange_quanta(quanta: &mut [usize], moves: usize, rng: &mut impl Rng) {
    for _ in 0..moves {
        let (from, to) = (rng.random_range(0..quanta.len()), rng.random_range(0..quanta.len()));
        if quanta[from] > 0 {
            quanta[from] -= 1;
            quanta[to] += 1;
        }
    }
}
// ANCHOR_END: exchange

/// The probability that one of `units` $N$ units holds `quanta` $e$ of `total` $Q$ quanta, when every way to share them is equally probable:
/// $\binom{Q - e + N - 2}{N - 2} \big/ \binom{Q + N - 1}{N - 1}$.
///
/// ```
/// use downhill::gibbs_boltzmann::bath_probability;
/// // Two units share three quanta in four ways.
/// assert!((bath_probability(3, 2, 3) - 0.25).abs() < 1e-14);
/// assert_eq!(bath_probability(4, 2, 3), 0.0);
/// ```
///
/// It takes as many multiplications as there are quanta, or units less two, whichever are fewer, and ends, with 0,
/// when what is left is less than $10^{-308}$.
///
/// # Panics
/// With fewer than two units.
pub fn bath_probability(quanta: usize, units: usize, total: usize) -> f64 {
    assert!(units >= 2, "{units} units: nobody to share with");
    if quanta > total {
        return 0.0;
    }
    // ANCHOR: bath
    let (e, n, q) = (quanta as f64, units as f64, total as f64);
    // The factorials cancel, but for as many factors as we hold quanta, or as there are units less two.
    let factors = quanta.min(units - 2);
    let (ways, lost) = (q + n - 2.0, e.max(n - 2.0));
    let mut p = (n - 1.0) / (q + n - 1.0);
    for k in (0..factors).map(|k| k as f64) {
        p *= (ways - k - lost) / (ways - k);
        // The smallest numbers have few digits, and a product with one may not fall.
        if p < f64::MIN_POSITIVE {
            return 0.0;
        }
    }
    p
    // ANCHOR_END: bath
}
