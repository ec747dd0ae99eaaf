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
/// # Panics
/// With fewer than two units.
pub fn bath_probability(quanta: usize, units: usize, total: usize) -> f64 {
    assert!(units >= 2, "{units} units: nobody to share with");
    if quanta > total {
        return 0.0;
    }
    let log_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    // ANCHOR: bath
    let log_ways = |quanta: usize, units: usize| {
        log_factorial(quanta + units - 1) - log_factorial(quanta) - log_factorial(units - 1)
    };
    (log_ways(total - quanta, units - 1) - log_ways(total, units)).exp()
    // ANCHOR_END: bath
}
