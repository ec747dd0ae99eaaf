//! Directed against energy: what does each way of writing a joint distribution make easy?
//!
//! Units are bits, and a state lists causes before effects: hidden units $h$ first, then visible $v$.
//!
//! | in the book | here |
//! |---|---|
//! | $E(x) = -\sum_i \log p(x_i \mid \text{parents})$, $Z = 1$ | the energies of [`NoisyOr`] and [`SigmoidBelief`] |
//! | causes $h_k$ with prior $\pi_k$ and strength $s_k$, leak $\ell$, one effect $v$ | [`NoisyOr`] |
//! | weights $W$, biases $b$ of $h$ and $c$ of $v$ | [`SigmoidBelief`] |
//! | the Boltzmann machine with the same numbers | [`SigmoidBelief::undirected`] |
//! | any energy as a polynomial, $E(x) = \sum_S J_S \prod_{i \in S} x_i$ | [`Interactions`] |
//! | any energy as a directed model, $\prod_i p(x_i \mid x_1, \dots, x_{i-1})$ | [`ChainRule`] |
//! | the table of a unit given its parents, counted in data | [`count_given`] |
//!
//! Sources: J. Pearl, *Probabilistic Reasoning in Intelligent Systems* (1988); R. M. Neal, Artificial Intelligence 56 (1992) 71.
//! Chapter: `chapters/2-energy/directed-vs-energy.md`.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, s};
use rand::{Rng, RngExt};

use crate::{
    Error,
    backprop::softplus,
    check,
    energy::{Energy, binary_states},
    free_energy::log_sum_exp,
    gibbs_boltzmann::Boltzmann,
    hopfield::Hopfield,
    introduction::logistic,
};

/// Independent causes and one effect: each cause that is present brings about the effect with a probability of its own, and so does the leak,
/// $p(v = 0 \mid h) = (1 - \ell) \prod_k (1 - s_k)^{h_k}$. A state is $(h_1, \dots, h_n, v)$.
///
/// Source: J. Pearl, *Probabilistic Reasoning in Intelligent Systems* (1988), section 4.3.2.
///
/// ```
/// use downhill::directed_vs_energy::NoisyOr;
/// use ndarray::array;
/// let alarm = NoisyOr::new(array![0.1, 0.2], array![0.9, 0.7], 0.01)?;
/// assert!((alarm.effect(&array![1.0, 0.0]) - (1.0 - 0.99 * 0.1)).abs() < 1e-15);
/// // Hearing the alarm makes a burglary more probable.
/// assert!(alarm.posterior(true)[0] > 0.1);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyOr {
    priors: Array1<f64>,
    strengths: Array1<f64>,
    leak: f64,
}

impl NoisyOr {
    /// Causes with their `priors` and `strengths`, and the `leak`, the probability of the effect without a cause.
    ///
    /// # Errors
    /// [`Error::Empty`] without causes, [`Error::Shape`] when there is not a strength to each, [`Error::Domain`] or [`Error::Parameter`] at a prior
    /// that is not between 0 and 1, or a strength or leak that is not from 0 to below 1.
    pub fn new(priors: Array1<f64>, strengths: Array1<f64>, leak: f64) -> Result<Self, Error> {
        check::non_empty("priors", &priors)?;
        check::length("strengths", priors.len(), strengths.len(), "entries, one a cause")?;
        check::every("priors", &priors, "between 0 and 1", |p| p > 0.0 && p < 1.0)?;
        check::every("strengths", &strengths, "from 0 to below 1", |s| (0.0..1.0).contains(&s))?;
        check::parameter("leak", leak, "from 0 to below 1", (0.0..1.0).contains(&leak))?;
        Ok(Self { priors, strengths, leak })
    }

    /// $p(v = 1 \mid h)$.
    ///
    /// # Panics
    /// When `h` has not an entry for each cause.
    pub fn effect(&self, h: &ArrayRef1<f64>) -> f64 {
        -self.log_silence(h).exp_m1()
    }

    /// $\log p(v = 0 \mid h)$: as a logarithm it keeps a leak that would be lost beside 1.
    fn log_silence(&self, h: &ArrayRef1<f64>) -> f64 {
        assert_eq!(h.len(), self.priors.len(), "{} causes of {}", h.len(), self.priors.len());
        // ANCHOR: effect
        let log_fails = |(s, h): (&f64, &f64)| if *h == 1.0 { (-s).ln_1p() } else { 0.0 };
        (-self.leak).ln_1p() + self.strengths.iter().zip(h).map(log_fails).sum::<f64>()
        // ANCHOR_END: effect
    }

    /// $p(h_k = 1 \mid v)$ of each cause, when the effect is `present` or absent.
    ///
    /// A sum over the other causes is a product of sums as long as there is one effect only: this takes a number of operations proportional to the
    /// number of causes.
    ///
    /// # Panics
    /// When the effect is present, and has the probability 0: no cause with a strength, and no leak.
    pub fn posterior(&self, present: bool) -> Array1<f64> {
        // What each cause lends to log p(v = 0): when it is present, and when nothing is known of it.
        let with_cause = self.strengths.mapv(|s| (-s).ln_1p());
        let unknown = (&self.priors * &self.strengths).mapv(|p| (-p).ln_1p());
        let tilt = with_cause - &unknown;
        if !present {
            return &self.priors * &tilt.exp();
        }
        let log_silent = (-self.leak).ln_1p() + unknown.sum();
        assert!(log_silent < 0.0, "the effect is present, and nothing can have brought it about");
        // Bayes' rule, p(v = 1 | h_k = 1) / p(v = 1).
        &self.priors * &(tilt + log_silent).mapv(|l| l.exp_m1() / log_silent.exp_m1())
    }

    /// A state $(h, v)$: first the causes, each by its prior, then the effect given them.
    pub fn sample(&self, rng: &mut impl Rng) -> Array1<f64> {
        let n = self.priors.len();
        let mut state = Array1::zeros(n + 1);
        for (h, prior) in state.iter_mut().zip(&self.priors) {
            *h = bit(*prior, rng);
        }
        state[n] = bit(self.effect(&state.slice(s![..n])), rng);
        state
    }
}

/// 1 with the given probability, else 0.
fn bit(probability: f64, rng: &mut impl Rng) -> f64 {
    if rng.random::<f64>() < probability { 1.0 } else { 0.0 }
}

/// $-\log p$ of a bit that is 1 with the given probability.
fn surprise(bit: f64, probability: f64) -> f64 {
    -(if bit == 1.0 { probability.ln() } else { (-probability).ln_1p() })
}

impl Energy for NoisyOr {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let n = self.priors.len();
        assert_eq!(
            state.len(),
            n + 1,
            "a state of {} bits, of {n} causes and an effect",
            state.len()
        );
        let h = state.slice(s![..n]);
        // ANCHOR: directed_energy
        let causes: f64 = h.iter().zip(&self.priors).map(|(&h, &prior)| surprise(h, prior)).sum();
        let log_silence = self.log_silence(&h);
        causes - if state[n] == 1.0 { (-log_silence.exp_m1()).ln() } else { log_silence }
        // ANCHOR_END: directed_energy
    }
}

/// The sigmoid belief network of two layers: hidden bits with $p(h_k = 1) = \sigma(b_k)$, independent, and visible ones with
/// $p(v_j = 1 \mid h) = \sigma(c_j + \sum_k W_{jk} h_k)$. A state is $(h, v)$.
///
/// Source: R. M. Neal, Artificial Intelligence 56 (1992) 71.
///
/// ```
/// use downhill::{directed_vs_energy::SigmoidBelief, energy::Energy};
/// use ndarray::array;
/// let net = SigmoidBelief::new(array![[2.0, -2.0]], array![0.0, 0.0], array![0.0])?;
/// assert!((net.energy(&array![1.0, 1.0, 1.0]) - 8f64.ln()).abs() < 1e-15);
/// assert!((net.log_marginal(&array![1.0])? - 0.5f64.ln()).abs() < 1e-15);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SigmoidBelief {
    weights: Array2<f64>,
    hidden_bias: Array1<f64>,
    visible_bias: Array1<f64>,
}

impl SigmoidBelief {
    /// The network of `weights` $W$, visible × hidden, `hidden_bias` $b$ and `visible_bias` $c$.
    ///
    /// # Errors
    /// [`Error::Empty`] without units of a kind, [`Error::Shape`] when the biases do not fit the weights, [`Error::Domain`] at a number that is not finite.
    pub fn new(
        weights: Array2<f64>,
        hidden_bias: Array1<f64>,
        visible_bias: Array1<f64>,
    ) -> Result<Self, Error> {
        check::non_empty("weights", &weights)?;
        check::length(
            "hidden_bias",
            weights.ncols(),
            hidden_bias.len(),
            "entries, one a column of weights",
        )?;
        check::length(
            "visible_bias",
            weights.nrows(),
            visible_bias.len(),
            "entries, one a row of weights",
        )?;
        check::finite("weights", &weights)?;
        check::finite("hidden_bias", &hidden_bias)?;
        check::finite("visible_bias", &visible_bias)?;
        Ok(Self { weights, hidden_bias, visible_bias })
    }

    /// The numbers of hidden and of visible units.
    pub fn units(&self) -> (usize, usize) {
        (self.weights.ncols(), self.weights.nrows())
    }

    /// What visible unit `j` hears from the hidden ones, $c_j + \sum_k W_{jk} h_k$.
    fn heard(&self, j: usize, h: &ArrayRef1<f64>) -> f64 {
        self.visible_bias[j] + self.weights.row(j).dot(h)
    }

    /// A state $(h, v)$ by *ancestral sampling*: causes first, then effects. One pass, and exact.
    pub fn sample(&self, rng: &mut impl Rng) -> Array1<f64> {
        let (hidden, visible) = self.units();
        let mut state = Array1::zeros(hidden + visible);
        // ANCHOR: ancestral
        for k in 0..hidden {
            state[k] = bit(logistic(self.hidden_bias[k]), rng);
        }
        for j in 0..visible {
            state[hidden + j] = bit(logistic(self.heard(j, &state.slice(s![..hidden]))), rng);
        }
        // ANCHOR_END: ancestral
        state
    }

    /// $\log p(v) = \log \sum_h p(h)\, p(v \mid h)$, over all $2^n$ settings of the hidden units.
    ///
    /// # Errors
    /// [`Error::Parameter`] with more than 20 hidden units.
    ///
    /// # Panics
    /// When `v` has not an entry for each visible unit.
    pub fn log_marginal(&self, v: &ArrayRef1<f64>) -> Result<f64, Error> {
        let (hidden, visible) = self.units();
        assert_eq!(v.len(), visible, "{} visible bits of {visible}", v.len());
        let mut state = Array1::zeros(hidden + visible);
        state.slice_mut(s![hidden..]).assign(v);
        let log_joint: Array1<f64> = binary_states(hidden, 0.0, 1.0)?
            .rows()
            .into_iter()
            .map(|h| {
                state.slice_mut(s![..hidden]).assign(&h);
                -self.energy(&state)
            })
            .collect();
        Ok(log_sum_exp(&log_joint))
    }

    /// The Boltzmann machine with the same numbers and no directions, $E(h, v) = -b \cdot h - c \cdot v - v^\top W h$, for bits $(h, v)$. It has the same
    /// $p(v \mid h)$, and another $p(h)$.
    ///
    /// ```
    /// use downhill::{directed_vs_energy::SigmoidBelief, energy::Energy};
    /// use ndarray::array;
    /// let net = SigmoidBelief::new(array![[2.0, -2.0]], array![0.5, 0.0], array![0.25])?;
    /// assert_eq!(net.undirected()?.energy(&array![1.0, 0.0, 1.0]), -0.5 - 0.25 - 2.0);
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Hopfield::new`].
    pub fn undirected(&self) -> Result<Hopfield, Error> {
        let (hidden, visible) = self.units();
        let n = hidden + visible;
        let mut weights = Array2::zeros((n, n));
        weights.slice_mut(s![hidden.., ..hidden]).assign(&self.weights);
        weights.slice_mut(s![..hidden, hidden..]).assign(&self.weights.t());
        // A threshold is a negative bias.
        let thresholds =
            self.hidden_bias.iter().chain(&self.visible_bias).map(|bias| -bias).collect();
        Hopfield::new(weights, thresholds)
    }
}

impl Energy for SigmoidBelief {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let (hidden, visible) = self.units();
        assert_eq!(
            state.len(),
            hidden + visible,
            "a state of {} bits on {hidden} + {visible}",
            state.len()
        );
        let (h, v) = (state.slice(s![..hidden]), state.slice(s![hidden..]));
        // ANCHOR: belief_energy
        // −log σ(z) = softplus(z) − z = softplus(−z), of which the last loses no digits, and −log
        // (1 − σ(z)) = softplus(z).
        let term = |bit: f64, z: f64| softplus(if bit == 1.0 { -z } else { z });
        let causes: f64 = (0..hidden).map(|k| term(h[k], self.hidden_bias[k])).sum();
        let effects: f64 = (0..visible).map(|j| term(v[j], self.heard(j, &h))).sum();
        causes + effects
        // ANCHOR_END: belief_energy
    }
}

/// An energy over $n$ bits as what it is, a polynomial: $E(x) = \sum_S J_S \prod_{i \in S} x_i$, with one coefficient for each set $S$ of units.
///
/// ```
/// use downhill::{directed_vs_energy::Interactions, energy::Energy, hopfield::Hopfield};
/// use ndarray::array;
/// let friends = Hopfield::new(array![[0.0, 1.5], [1.5, 0.0]], array![0.5, 0.0])?;
/// let polynomial = Interactions::of(&friends, 2)?;
/// assert_eq!(polynomial.coefficient(&[0, 1]), -1.5);
/// assert_eq!(polynomial.coefficient(&[0]), 0.5);
/// assert_eq!(polynomial.energy(&array![1.0, 1.0]), friends.energy(&array![1.0, 1.0]));
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Interactions {
    units: usize,
    /// $J_S$, where $S$ is the set of the ones of the index in binary, the last unit being the lowest digit.
    coefficients: Array1<f64>,
}

impl Interactions {
    /// The polynomial of `energy` over `units` bits.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `units` is 0 or above 20, [`Error::Domain`] at an energy that is not finite.
    pub fn of(energy: &impl Energy, units: usize) -> Result<Self, Error> {
        let states = binary_states(units, 0.0, 1.0)?;
        let mut coefficients: Array1<f64> =
            states.rows().into_iter().map(|x| energy.energy(&x)).collect();
        check::finite("energy of states", &coefficients)?;
        // ANCHOR: moebius
        for unit in 0..units {
            for set in 0..1 << units {
                if set >> unit & 1 == 1 {
                    coefficients[set] -= coefficients[set ^ 1 << unit];
                }
            }
        }
        // ANCHOR_END: moebius
        Ok(Self { units, coefficients })
    }

    /// $J_S$ of the set of units `set`.
    ///
    /// # Panics
    /// When there is no such unit.
    pub fn coefficient(&self, set: &[usize]) -> f64 {
        let digit = |&unit: &usize| {
            assert!(unit < self.units, "unit {unit} of {}", self.units);
            1 << (self.units - 1 - unit)
        };
        self.coefficients[set.iter().map(digit).fold(0, |index: usize, digit: usize| index | digit)]
    }

    /// The largest $|J_S|$ of the sets that contain both units: 0 means that they are independent given all others.
    ///
    /// # Panics
    /// When there are no such units.
    pub fn coupling(&self, first: usize, second: usize) -> f64 {
        assert!(first.max(second) < self.units, "units {first} and {second} of {}", self.units);
        let both = 1 << (self.units - 1 - first) | 1 << (self.units - 1 - second);
        let joint = self.coefficients.iter().enumerate().filter(|&(set, _)| set & both == both);
        joint.fold(0.0, |most: f64, (_, j)| most.max(j.abs()))
    }
}

impl Energy for Interactions {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        assert_eq!(x.len(), self.units, "a state of {} bits on {}", x.len(), self.units);
        let on = x.fold(0, |index, &bit| index << 1 | usize::from(bit == 1.0));
        let subsets = self.coefficients.iter().enumerate().filter(|&(set, _)| set & on == set);
        subsets.map(|(_, j)| j).sum()
    }
}

/// The Gibbs distribution of an energy over $n$ bits as a directed model, $p(x) = \prod_i p(x_i \mid x_1, \dots, x_{i-1})$: a table of $2^{i-1}$ probabilities for
/// unit $i$, $2^n - 1$ in all. Then it can be drawn from in one pass.
///
/// ```
/// use downhill::{directed_vs_energy::ChainRule, hopfield::Hopfield};
/// use ndarray::array;
/// let friends = Hopfield::new(array![[0.0, 40.0], [40.0, 0.0]], array![20.0, 20.0])?;
/// let directed = ChainRule::of(&friends, 2)?;
/// let x = directed.sample(&mut downhill::rng(1));
/// assert_eq!(x[0], x[1]);
/// # Ok::<(), downhill::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChainRule {
    tables: Vec<Array1<f64>>,
    /// $\log (p / (1 - p))$ of every entry: a probability nearly 1 says nothing of its complement.
    log_odds: Vec<Array1<f64>>,
}

impl ChainRule {
    /// The tables of `energy` over `units` bits, by summing over all $2^n$ states.
    ///
    /// # Errors
    /// Those of [`binary_states`] and of [`Boltzmann::new`].
    pub fn of(energy: &impl Energy, units: usize) -> Result<Self, Error> {
        let p = Boltzmann::new(energy, binary_states(units, 0.0, 1.0)?, 1.0)?;
        let mut log_joint = p.energies().map(|&e| p.log_probability(e));
        let mut log_odds = Vec::with_capacity(units);
        // ANCHOR: chain_rule
        for _ in 0..units {
            // The last unit changes fastest: neighbours differ in it alone. In logarithms no
            // probability is too small, or too near 1.
            let (off, on) = (log_joint.slice(s![..;2]), log_joint.slice(s![1..;2]));
            // Where no state begins like this, a factor before is 0, and this one does not matter.
            log_odds.push((&on - &off).mapv(|z| if z.is_nan() { 0.0 } else { z }));
            log_joint = log_joint.exact_chunks(2).into_iter().map(|p| log_sum_exp(&p)).collect();
        }
        let tables = log_odds.iter().rev().map(|z| z.mapv(logistic)).collect();
        // ANCHOR_END: chain_rule
        log_odds.reverse();
        Ok(Self { tables, log_odds })
    }

    /// $p(x_i = 1 \mid x_1, \dots, x_{i-1})$ for each setting of the earlier units, in the order of [`binary_states`]: a table for each unit.
    pub fn tables(&self) -> &[Array1<f64>] {
        &self.tables
    }

    /// A state, unit after unit.
    pub fn sample(&self, rng: &mut impl Rng) -> Array1<f64> {
        let mut before = 0;
        let draw = |table: &Array1<f64>| {
            let x = bit(table[before], rng);
            before = before << 1 | usize::from(x == 1.0);
            x
        };
        self.tables.iter().map(draw).collect()
    }
}

/// How often `unit` is 1 given each setting of its `parents`: the table of a directed model that makes the rows of `data`, of bits, most probable. Settings are in the
/// order of [`binary_states`], the first parent being the highest digit; without parents there is one.
///
/// ```
/// use downhill::directed_vs_energy::count_given;
/// use ndarray::array;
/// let data = array![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]];
/// assert_eq!(count_given(&data, 1, &[0])?, array![0.0, 2.0 / 3.0]);
/// assert_eq!(count_given(&data, 1, &[])?, array![0.5]);
/// # Ok::<(), downhill::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without data, [`Error::Parameter`] with more than 20 parents, [`Error::Domain`] when a setting of the parents was never seen.
///
/// # Panics
/// When there is no such unit.
pub fn count_given(
    data: &ArrayRef2<f64>,
    unit: usize,
    parents: &[usize],
) -> Result<Array1<f64>, Error> {
    check::non_empty("data", data)?;
    check::parameter("parents", parents.len() as f64, "at most 20", parents.len() <= 20)?;
    let mut times = Array1::<f64>::zeros(1 << parents.len());
    let mut on = times.clone();
    // ANCHOR: count
    for x in data.rows() {
        let setting = parents.iter().fold(0, |h, &k| h << 1 | usize::from(x[k] == 1.0));
        times[setting] += 1.0;
        on[setting] += x[unit];
    }
    // ANCHOR_END: count
    check::every("times a setting of the parents was seen", &times, "at least 1", |n| n > 0.0)?;
    Ok(on / times)
}

impl Energy for ChainRule {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        assert_eq!(
            x.len(),
            self.tables.len(),
            "a state of {} bits on {}",
            x.len(),
            self.tables.len()
        );
        let mut before = 0;
        let term = |(log_odds, &x): (&Array1<f64>, &f64)| {
            let z = log_odds[before];
            before = before << 1 | usize::from(x == 1.0);
            softplus(if x == 1.0 { -z } else { z })
        };
        self.log_odds.iter().zip(x).map(term).sum()
    }
}
