//! Learning from reward alone.

use ndarray::{Array1, ArrayRef1};
use rand::{Rng, RngExt};

use super::argmax;
use crate::{Error, check};

/// What a player of a many-armed bandit remembers: for each arm, how often it was pulled and what it paid.
///
/// ```
/// use downhill::introduction::Tally;
/// let mut tally = Tally::new(2);
/// tally.record(1, 1.0);
/// tally.record(1, 0.0);
/// assert_eq!((tally.pulls()[1], tally.rewards()[1]), (2.0, 1.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pulls: Array1<f64>,
    rewards: Array1<f64>,
}

impl Tally {
    /// Nothing pulled yet.
    pub fn new(arms: usize) -> Self {
        Self { pulls: Array1::zeros(arms), rewards: Array1::zeros(arms) }
    }

    /// Notes that `arm` paid `reward`.
    ///
    /// # Panics
    /// When there is no such arm.
    pub fn record(&mut self, arm: usize, reward: f64) {
        self.pulls[arm] += 1.0;
        self.rewards[arm] += reward;
    }

    /// How often each arm was pulled.
    pub fn pulls(&self) -> &Array1<f64> {
        &self.pulls
    }

    /// What each arm paid in all.
    pub fn rewards(&self) -> &Array1<f64> {
        &self.rewards
    }

    /// The arm with the largest `index` of mean reward and pulls; an arm not pulled yet comes first.
    fn best(&self, index: impl Fn(f64, f64) -> f64) -> usize {
        assert!(!self.pulls.is_empty(), "a tally without arms");
        argmax(self.pulls.iter().zip(&self.rewards).map(|(&pulls, &reward)| {
            if pulls == 0.0 { f64::INFINITY } else { index(reward / pulls, pulls) }
        }))
    }
}

/// With probability `epsilon` any arm, otherwise the one that has paid best so far.
///
/// ```
/// use downhill::introduction::{Tally, epsilon_greedy};
/// let mut tally = Tally::new(2);
/// tally.record(0, 0.0);
/// tally.record(1, 1.0);
/// assert_eq!(epsilon_greedy(&tally, 0.0, &mut downhill::rng(1)), 1);
/// ```
///
/// # Panics
/// When `epsilon` is not between 0 and 1, or there is no arm.
// ANCHOR: epsilon_greedy
pub fn epsilon_greedy(tally: &Tally, epsilon: f64, rng: &mut impl Rng) -> usize {
    if rng.random_bool(epsilon) {
        rng.random_range(0..tally.pulls.len())
    } else {
        tally.best(|mean, _| mean)
    }
}
// ANCHOR_END: epsilon_greedy

/// The arm that might be best: the largest $\bar r_a + \sqrt{2 \ln t / n_a}$ after $t$ rounds, $n_a$ of them spent on arm $a$.
///
/// Source: P. Auer, N. Cesa-Bianchi, P. Fischer, Machine Learning 47 (2002) 235.
///
/// ```
/// use downhill::introduction::{Tally, ucb1};
/// let mut tally = Tally::new(2);
/// for _ in 0..100 { tally.record(0, 0.6) }
/// tally.record(1, 0.5);
/// // The second has paid less, but so little is known of it.
/// assert_eq!(ucb1(&tally), 1);
/// ```
///
/// # Panics
/// When there is no arm.
// ANCHOR: ucb1
pub fn ucb1(tally: &Tally) -> usize {
    let rounds = tally.pulls.sum();
    tally.best(|mean, pulls| mean + (2.0 * rounds.ln() / pulls).sqrt())
}
// ANCHOR_END: ucb1

/// Plays `rounds` rounds on arms that pay 1 with the probabilities `success`, 0 otherwise; the regret after every round.
///
/// `policy` sees the tally and names the arm.
///
/// ```
/// use downhill::introduction::{play, ucb1};
/// let regret = play(&ndarray::array![0.2, 0.8], 1000, &mut downhill::rng(1), |tally, _| ucb1(tally))?;
/// // Pulling at random would cost 0.3 a round.
/// assert!(regret[999] < 100.0);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without arms, [`Error::Domain`] for what is not a probability.
///
/// # Panics
/// When `policy` names an arm that does not exist.
pub fn play<R: Rng>(
    success: &ArrayRef1<f64>,
    rounds: usize,
    rng: &mut R,
    mut policy: impl FnMut(&Tally, &mut R) -> usize,
) -> Result<Array1<f64>, Error> {
    check::non_empty("success", success)?;
    check::every("success", success, "a probability", |p| (0.0..=1.0).contains(&p))?;
    let best = success.fold(0.0, |best: f64, &p| best.max(p));
    let mut tally = Tally::new(success.len());
    let mut regret = 0.0;
    Ok((0..rounds)
        .map(|_| {
            let arm = policy(&tally, rng);
            tally.record(arm, if rng.random_bool(success[arm]) { 1.0 } else { 0.0 });
            regret += best - success[arm];
            regret
        })
        .collect())
}
