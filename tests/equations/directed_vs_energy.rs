//! Chapter `directed-vs-energy`.

use downhill::{
    directed_vs_energy::{ChainRule, Interactions, NoisyOr, SigmoidBelief, count_given},
    energy::{Energy, binary_states},
    gibbs_boltzmann::Boltzmann,
    hopfield::Hopfield,
    rng,
    sampling::{Gibbs, Kernel},
};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

fn furthest(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

fn sigma(z: f64) -> f64 {
    0.5 * (1.0 + (0.5 * z).tanh())
}

fn alarm() -> NoisyOr {
    NoisyOr::new(array![0.1, 0.2], array![0.9, 0.7], 0.01).unwrap()
}

/// The alarm's eight probabilities, (h₁, h₂, v), by multiplication of the numbers that define it.
fn alarm_table() -> Array1<f64> {
    Array1::from_shape_fn(8, |state| {
        let (burglary, quake, rings) = (state >> 2 & 1, state >> 1 & 1, state & 1);
        let causes = [0.9, 0.1][burglary] * [0.8, 0.2][quake];
        let silent = 0.99 * [1.0, 0.1][burglary] * [1.0, 0.3][quake];
        causes * [silent, 1.0 - silent][rings]
    })
}

fn belief(
    hidden: usize,
    visible: usize,
    rng: &mut impl Rng,
) -> (SigmoidBelief, Array2<f64>, Array1<f64>, Array1<f64>) {
    let (w, b, c) =
        (1.5 * normal_matrix(visible, hidden, rng), normal(hidden, rng), normal(visible, rng));
    (SigmoidBelief::new(w.clone(), b.clone(), c.clone()).unwrap(), w, b, c)
}

/// The joint distribution, hidden settings by visible ones, by multiplying conditional probabilities.
fn directed_joint(w: &ArrayRef2<f64>, b: &ArrayRef1<f64>, c: &ArrayRef1<f64>) -> Array2<f64> {
    let (hs, vs) =
        (binary_states(b.len(), 0.0, 1.0).unwrap(), binary_states(c.len(), 0.0, 1.0).unwrap());
    let chance = |bit: f64, on: f64| if bit == 1.0 { on } else { 1.0 - on };
    Array2::from_shape_fn((hs.nrows(), vs.nrows()), |(i, j)| {
        let (h, v) = (hs.row(i), vs.row(j));
        let heard = w.dot(&h) + c;
        let prior: f64 = h.iter().zip(b).map(|(&h, &b)| chance(h, sigma(b))).product();
        prior * v.iter().zip(&heard).map(|(&v, &z)| chance(v, sigma(z))).product::<f64>()
    })
}

/// e^{b·h + c·v + vᵀWh}, hidden settings by visible ones, normalised by the sum over all.
fn undirected_joint(w: &ArrayRef2<f64>, b: &ArrayRef1<f64>, c: &ArrayRef1<f64>) -> Array2<f64> {
    let (hs, vs) =
        (binary_states(b.len(), 0.0, 1.0).unwrap(), binary_states(c.len(), 0.0, 1.0).unwrap());
    let mut joint = hs.dot(&w.t()).dot(&vs.t());
    joint += &hs.dot(b).insert_axis(Axis(1));
    joint += &vs.dot(c);
    joint.mapv_inplace(f64::exp);
    let sum = joint.sum();
    joint / sum
}

fn flat(joint: &Array2<f64>) -> Array1<f64> {
    joint.iter().copied().collect()
}

/// A random Boltzmann machine with all its weights.
fn machine(units: usize, rng: &mut impl Rng) -> Hopfield {
    let mut weights = normal_matrix(units, units, rng);
    weights = &weights + &weights.t();
    weights.diag_mut().fill(0.0);
    Hopfield::new(weights, normal(units, rng)).unwrap()
}

fn exact(energy: &impl Energy, units: usize) -> Boltzmann {
    Boltzmann::new(energy, binary_states(units, 0.0, 1.0).unwrap(), 1.0).unwrap()
}

/// Frequencies of states of bits, in the order of `binary_states`.
fn frequencies(states: impl Iterator<Item = Array1<f64>>, units: usize) -> Array1<f64> {
    let mut counts = Array1::<f64>::zeros(1 << units);
    for x in states {
        counts[x.fold(0, |index, &bit| index << 1 | usize::from(bit == 1.0))] += 1.0;
    }
    let sum = counts.sum();
    counts / sum
}

/// Independent draws: each frequency within 4 of its standard errors, √(p(1−p)/n).
fn drawn(frequencies: &ArrayRef1<f64>, p: &ArrayRef1<f64>, draws: usize) {
    for (f, p) in frequencies.iter().zip(p) {
        assert!((f - p).abs() <= 4.0 * (p * (1.0 - p) / draws as f64).sqrt(), "{f} for {p}");
    }
}

/// The factors' product against a table made by hand, for the alarm, and against multiplied conditionals for random networks; the sum over all states against 1.
#[test]
fn directed_factorisation() {
    let table = alarm_table();
    let states = binary_states(3, 0.0, 1.0).unwrap();
    for (x, p) in states.rows().into_iter().zip(&table) {
        assert!(((-alarm().energy(&x)).exp() - p).abs() < 1e-15);
    }
    let (net, w, b, c) = belief(3, 4, &mut rng(1));
    let joint = flat(&directed_joint(&w, &b, &c));
    for (x, p) in binary_states(7, 0.0, 1.0).unwrap().rows().into_iter().zip(&joint) {
        assert!(((-net.energy(&x)).exp() - p).abs() < 1e-15);
    }
}

/// log Z of energies that are sums of −log p(x_i | parents), by enumeration, against 0.
#[test]
fn directed_energy() {
    let mut rng = rng(2);
    assert!(exact(&alarm(), 3).log_partition().abs() < 1e-14);
    for _ in 0..10 {
        let (net, ..) = belief(3, 5, &mut rng);
        assert!(exact(&net, 8).log_partition().abs() < 1e-13);
        assert!(exact(&net.undirected().unwrap(), 8).log_partition().abs() > 1e-3);
        let table = ChainRule::of(&machine(5, &mut rng), 5).unwrap();
        assert!(exact(&table, 5).log_partition().abs() < 1e-13);
    }
}

/// p(v = 1 | h) against the chance that at least one of independent triggers fires, by enumeration of the triggers.
/// Source: J. Pearl, Probabilistic Reasoning in Intelligent Systems (1988), section 4.3.2.
#[test]
fn noisy_or() {
    let strengths = array![0.9, 0.4, 0.25];
    let model = NoisyOr::new(array![0.5, 0.5, 0.5], strengths.clone(), 0.05).unwrap();
    for h in binary_states(3, 0.0, 1.0).unwrap().rows() {
        let mut fires = 0.0;
        for triggers in binary_states(4, 0.0, 1.0).unwrap().rows() {
            let chance = |fired: f64, p: f64| if fired == 1.0 { p } else { 1.0 - p };
            let p = chance(triggers[3], 0.05)
                * (0..3).map(|k| chance(triggers[k], strengths[k] * h[k])).product::<f64>();
            fires += if triggers.sum() > 0.0 { p } else { 0.0 };
        }
        assert!((model.effect(&h) - fires).abs() < 1e-15);
    }
}

/// The odds ratio of two causes given the effect, from the closed form, against that of the enumerated posterior; it is below 1, and 1 without the effect.
#[test]
fn explaining_away_odds_ratio() {
    let mut rng = rng(3);
    for _ in 0..100 {
        let (priors, strengths) = (
            Array1::from_shape_simple_fn(2, || rng.random::<f64>()),
            Array1::from_shape_simple_fn(2, || rng.random::<f64>()),
        );
        let leak = 0.5 * rng.random::<f64>();
        let model = NoisyOr::new(priors, strengths.clone(), leak).unwrap();
        let p = exact(&model, 3).probabilities();
        let ratio = |v: usize| p[v] * p[6 + v] / (p[4 + v] * p[2 + v]);
        let (a, q) = (1.0 - leak, 1.0 - strengths);
        let closed = 1.0 - a * (1.0 - q[0]) * (1.0 - q[1]) / ((1.0 - a * q[0]) * (1.0 - a * q[1]));
        assert!((ratio(1) - closed).abs() < 1e-10, "{} {closed}", ratio(1));
        assert!(closed < 1.0 && (ratio(0) - 1.0).abs() < 1e-10);
        // In the polynomial it is the coefficient of all three.
        let coefficient = Interactions::of(&model, 3).unwrap().coefficient(&[0, 1, 2]);
        assert!((coefficient + closed.ln()).abs() < 1e-9 * (1.0 + coefficient.abs()));
    }
}

/// The posteriors of many causes, from the form that is linear in their number, against enumeration; the alarm's numbers by hand: an earthquake makes a
/// burglary less probable.
#[test]
fn explaining_away() {
    let table = alarm_table();
    let rings = table[1] + table[3] + table[5] + table[7];
    let given_alarm = (table[5] + table[7]) / rings;
    let given_both = table[7] / (table[3] + table[7]);
    assert!((alarm().posterior(true)[0] - given_alarm).abs() < 1e-15);
    assert!(given_alarm > 0.4 && given_both < 0.15 && given_both > 0.1);
    let mut rng = rng(4);
    let draw =
        |n: usize, rng: &mut _| Array1::from_shape_simple_fn(n, || RngExt::random::<f64>(rng));
    for _ in 0..20 {
        let model = NoisyOr::new(draw(6, &mut rng), draw(6, &mut rng), 0.1).unwrap();
        let p = exact(&model, 7);
        for present in [false, true] {
            let weight = |x: &ArrayRef1<f64>| f64::from((x[6] == 1.0) == present);
            let total = p.mean(weight);
            for k in 0..6 {
                let by_enumeration = p.mean(|x| weight(x) * x[k]) / total;
                assert!((model.posterior(present)[k] - by_enumeration).abs() < 1e-12);
            }
        }
    }
}

/// Generation, inference and learning in a directed model: draws against p, dependence of causes that were independent,
/// and a hidden layer's posterior against the product of its marginals.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn directed_inference_hard_explaining_away() {
    let (model, table) = (alarm(), alarm_table());
    let mut rng = rng(5);
    let draws: Vec<Array1<f64>> = (0..200_000).map(|_| model.sample(&mut rng)).collect();
    drawn(&frequencies(draws.iter().cloned(), 3), &table, draws.len());
    // Before the alarm is heard the causes are independent, afterwards not.
    let pair = |v: usize| array![[table[v], table[2 + v]], [table[4 + v], table[6 + v]]];
    let apart = |p: Array2<f64>| {
        let p = &p / p.sum();
        let product = Array2::from_shape_fn((2, 2), |(i, j)| p.row(i).sum() * p.column(j).sum());
        (&p - &product).fold(0.0, |m: f64, d| m.max(d.abs()))
    };
    assert!(apart(pair(0) + pair(1)) < 1e-15);
    assert!((apart(pair(1)) - 0.177).abs() < 5e-4);
    // A hidden layer's posterior does not factorise either, and costs a sum over all its settings.
    let (_, w, b, c) = belief(3, 2, &mut rng);
    let joint = directed_joint(&w, &b, &c);
    let hs = binary_states(3, 0.0, 1.0).unwrap();
    for column in joint.columns() {
        let posterior = &column / column.sum();
        let on = hs.t().dot(&posterior);
        let factors = |h: &ArrayRef1<f64>| {
            h.iter().zip(&on).map(|(h, on)| h * on + (1.0 - h) * (1.0 - on)).product::<f64>()
        };
        let worst = hs
            .rows()
            .into_iter()
            .zip(&posterior)
            .fold(0.0, |m: f64, (h, p)| m.max((p - factors(&h)).abs()));
        assert!(worst > 1e-3, "{worst}");
    }
}

/// Counted frequencies against the maximum of the likelihood, a sum over draws of log p by the model's own energy, along each of the alarm's numbers, found by a golden-section search that counts nothing;
/// and every table of the chain rule, unit by unit, against counts given all units before.
#[test]
fn directed_learning_by_counting() {
    let mut rng = rng(6);
    let draws = 5000;
    let mut data = Array2::zeros((draws, 3));
    data.rows_mut().into_iter().for_each(|mut x| x.assign(&alarm().sample(&mut rng)));
    let counted = count_given(&data, 2, &[0, 1]).unwrap();
    let priors = [0, 1].map(|unit| count_given(&data, unit, &[]).unwrap()[0]);
    // −log p of all draws in a directed model with these numbers: two priors and four entries of the table.
    let surprise = |numbers: &Array1<f64>| {
        data.rows()
            .into_iter()
            .map(|x| {
                let ring = numbers[2 + 2 * x[0] as usize + x[1] as usize];
                let chance = |bit: f64, on: f64| if bit == 1.0 { on } else { 1.0 - on };
                -(chance(x[0], numbers[0]) * chance(x[1], numbers[1]) * chance(x[2], ring)).ln()
            })
            .sum::<f64>()
    };
    let at: Array1<f64> = priors.iter().chain(&counted).copied().collect();
    for k in 0..6 {
        let along = |p: f64| {
            let mut numbers = at.clone();
            numbers[k] = p;
            surprise(&numbers)
        };
        let (mut low, mut high, golden) = (1e-9, 1.0 - 1e-9, 0.5 * (5f64.sqrt() - 1.0));
        while high - low > 1e-9 {
            let (a, b) = (high - golden * (high - low), low + golden * (high - low));
            if along(a) < along(b) { high = b } else { low = a }
        }
        // A minimum of a sum near 5000 is flat to rounding over a width of its error's root.
        assert!((0.5 * (low + high) - at[k]).abs() < 1e-5, "{k}: {low} for {}", at[k]);
    }
    // What was counted is near what it was drawn from.
    for (h, p) in binary_states(2, 0.0, 1.0).unwrap().rows().into_iter().zip(&counted) {
        let seen = data.rows().into_iter().filter(|x| x.slice(s![..2]) == h).count() as f64;
        let exact = alarm().effect(&h);
        assert!((p - exact).abs() < 4.0 * (exact * (1.0 - exact) / seen).sqrt());
    }
    // The units may stand in any order, and the tables are those of the chain rule for the frequencies of whole states.
    struct Frequency(Array1<f64>);
    impl Energy for Frequency {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            -self.0[x.fold(0, |index, &bit| index << 1 | usize::from(bit == 1.0))].ln()
        }
    }
    let whole = Frequency(frequencies(data.rows().into_iter().map(|x| x.to_owned()), 3));
    let chain = ChainRule::of(&whole, 3).unwrap();
    for (unit, before) in [&[][..], &[0], &[0, 1]].into_iter().enumerate() {
        let table = count_given(&data, unit, before).unwrap();
        assert!(furthest(&table, &chain.tables()[unit]) < 1e-13);
    }
    let swapped = count_given(&data, 2, &[1, 0]).unwrap();
    assert!(furthest(&swapped, &array![counted[0], counted[2], counted[1], counted[3]]) < 1e-15);
    // What was never seen cannot be counted.
    assert!(count_given(&array![[0.0, 1.0], [0.0, 0.0]], 1, &[0]).is_err());
}

/// p(v) as a sum over 8 hidden settings against the frequencies of ancestral draws, and against a product of conditionals.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn directed_ancestral_marginal() {
    let mut rng = rng(7);
    let (net, w, b, c) = belief(3, 4, &mut rng);
    let marginal = directed_joint(&w, &b, &c).sum_axis(Axis(0));
    for (v, p) in binary_states(4, 0.0, 1.0).unwrap().rows().into_iter().zip(&marginal) {
        assert!((net.log_marginal(&v).unwrap() - p.ln()).abs() < 1e-13);
    }
    let draws = 200_000;
    let visible = (0..draws).map(|_| net.sample(&mut rng).slice(s![3..]).to_owned());
    drawn(&frequencies(visible, 4), &marginal, draws);
}

/// The alarm's table, its directed factors and the Gibbs factors of the triangle that moralising makes of its graph: three times the same eight numbers.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn figure_dag_versus_ebm() {
    let polynomial = Interactions::of(&alarm(), 3).unwrap();
    assert!(furthest(&exact(&polynomial, 3).probabilities(), &alarm_table()) < 1e-14);
    assert!(furthest(&exact(&alarm(), 3).probabilities(), &alarm_table()) < 1e-14);
    // The edge between the parents is there: without it the table is another.
    assert!(polynomial.coupling(0, 1) > 1.0 && polynomial.coefficient(&[0, 1]).abs() < 1e-14);
}

/// The polynomial against the energy at every state, and its coefficients against signed sums over subsets.
#[test]
fn energy_interactions() {
    let mut rng = rng(8);
    let net = machine(4, &mut rng);
    let polynomial = Interactions::of(&net, 4).unwrap();
    for x in binary_states(4, 0.0, 1.0).unwrap().rows() {
        assert!((polynomial.energy(&x) - net.energy(&x)).abs() < 1e-13);
    }
    for i in 0..4 {
        assert!((polynomial.coefficient(&[i]) - net.thresholds()[i]).abs() < 1e-13);
        for j in 0..i {
            assert!((polynomial.coefficient(&[i, j]) + net.weights()[[i, j]]).abs() < 1e-13);
        }
    }
    assert!(
        polynomial.coefficient(&[0, 1, 2]).abs() < 1e-13
            && polynomial.coefficient(&[]).abs() < 1e-13
    );
    // An energy with nothing special about it: inclusion and exclusion.
    let odd = |x: &ArrayRef1<f64>| (x[0] + 2.0 * x[1] * x[2] + 0.3).powi(3) * (1.0 + x[2]);
    struct Odd<F>(F);
    impl<F: Fn(&ArrayRef1<f64>) -> f64> Energy for Odd<F> {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            (self.0)(x)
        }
    }
    let polynomial = Interactions::of(&Odd(odd), 3).unwrap();
    for set in binary_states(3, 0.0, 1.0).unwrap().rows() {
        let members: Vec<usize> = (0..3).filter(|&i| set[i] == 1.0).collect();
        let mut signed = 0.0;
        for subset in binary_states(3, 0.0, 1.0)
            .unwrap()
            .rows()
            .into_iter()
            .filter(|t| (0..3).all(|i| t[i] <= set[i]))
        {
            signed += (-1f64).powi((set.sum() - subset.sum()) as i32) * odd(&subset);
        }
        assert!((polynomial.coefficient(&members) - signed).abs() < 1e-12);
    }
}

/// Independence of two units given all others, from enumerated conditional tables, against the absence of a common coefficient: both ways.
#[test]
fn undirected_separation() {
    let mut rng = rng(9);
    let full = machine(5, &mut rng);
    let mut weights = full.weights().clone();
    (weights[[1, 3]], weights[[3, 1]]) = (0.0, 0.0);
    let cut = Hopfield::new(weights, full.thresholds().clone()).unwrap();
    for (net, independent) in [(&cut, true), (&full, false)] {
        let p = exact(net, 5);
        let mut worst: f64 = 0.0;
        for (x, &p00) in p.states().rows().into_iter().zip(&p.probabilities()) {
            if x[1] == 0.0 && x[3] == 0.0 {
                let at = |a: f64, b: f64| {
                    let mut y = x.to_owned();
                    (y[1], y[3]) = (a, b);
                    (-net.energy(&y) - p.log_partition()).exp()
                };
                worst = worst.max((p00 * at(1.0, 1.0) / (at(1.0, 0.0) * at(0.0, 1.0))).ln().abs());
            }
        }
        assert_eq!(worst < 1e-12, independent, "{worst}");
        assert_eq!(Interactions::of(net, 5).unwrap().coupling(1, 3) < 1e-12, independent);
    }
}

/// The tables of the chain rule against the enumerated distribution, its draws against it too, and the count of its numbers, 2ⁿ − 1.
#[test]
fn chain_rule_factorisation() {
    let mut rng = rng(10);
    let net = machine(5, &mut rng);
    let directed = ChainRule::of(&net, 5).unwrap();
    assert_eq!(directed.tables().iter().map(|table| table.len()).sum::<usize>(), 31);
    let p = exact(&net, 5);
    let by_tables: Array1<f64> =
        p.states().rows().into_iter().map(|x| (-directed.energy(&x)).exp()).collect();
    assert!(furthest(&by_tables, &p.probabilities()) < 1e-14);
    let draws = 200_000;
    drawn(
        &frequencies((0..draws).map(|_| directed.sample(&mut rng)), 5),
        &p.probabilities(),
        draws,
    );
}

/// The energy of the network with directions less that of the machine without, against the sum of softplus of what visible units hear and of the biases.
#[test]
fn energy_of_a_belief_net() {
    let (net, w, b, c) = belief(3, 4, &mut rng(11));
    let machine = net.undirected().unwrap();
    let softplus = |z: f64| (1.0 + z.exp()).ln();
    for x in binary_states(7, 0.0, 1.0).unwrap().rows() {
        let heard = w.dot(&x.slice(s![..3])) + &c;
        let extra = heard.mapv(softplus).sum() + b.mapv(softplus).sum();
        assert!((net.energy(&x) - machine.energy(&x) - extra).abs() < 1e-12);
    }
    // Far from zero, where a plain softplus overflows.
    let steep = SigmoidBelief::new(array![[2000.0]], array![-1500.0], array![0.0]).unwrap();
    assert_eq!(steep.energy(&array![1.0, 0.0]), 3500.0);
}

/// The Boltzmann machine's joint distribution against e^{b·h + c·v + vᵀWh} over its sum, and against the frequencies of block Gibbs sampling written here.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn boltzmann_joint_visible_hidden() {
    let mut rng = rng(12);
    let (net, w, b, c) = belief(2, 3, &mut rng);
    let p = exact(&net.undirected().unwrap(), 5).probabilities();
    assert!((p.sum() - 1.0).abs() < 1e-14);
    assert!(furthest(&p, &flat(&undirected_joint(&w, &b, &c))) < 1e-14);
    let draw = |z: f64, rng: &mut rand::rngs::ChaCha8Rng| f64::from(rng.random::<f64>() < sigma(z));
    let (blocks, length) = (100, 2000);
    let mut v = Array1::<f64>::zeros(3);
    let mut block_frequencies = Array2::zeros((blocks, 32));
    for mut row in block_frequencies.rows_mut() {
        let states = (0..length).map(|_| {
            let h = (w.t().dot(&v) + &b).mapv(|z| draw(z, &mut rng));
            v = (w.dot(&h) + &c).mapv(|z| draw(z, &mut rng));
            h.iter().chain(&v).copied().collect::<Array1<f64>>()
        });
        row.assign(&frequencies(states, 5));
    }
    for (column, p) in block_frequencies.columns().into_iter().zip(&p) {
        let mean = column.sum() / blocks as f64;
        // Blocks are far longer than the chain's memory; a rare state is seen by few of them, so its error is at least that of independent draws.
        let error =
            (column.mapv(|f| (f - mean).powi(2)).sum() / (blocks * (blocks - 1)) as f64).sqrt();
        let least = (p / (blocks * length) as f64).sqrt();
        assert!((mean - p).abs() < 4.0 * error.max(least), "{mean} {p} {error}");
    }
}

/// p(v) by summing the enumerated joint over the hidden units against e^{c·v} ∏_k (1 + e^{b_k + v·W_k}) / Z.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn boltzmann_marginal_visible() {
    let (net, w, b, c) = belief(3, 4, &mut rng(13));
    let p = exact(&net.undirected().unwrap(), 7);
    let joint = p.probabilities().into_shape_with_order((8, 16)).unwrap();
    for (v, p_v) in
        binary_states(4, 0.0, 1.0).unwrap().rows().into_iter().zip(joint.sum_axis(Axis(0)))
    {
        let factors: f64 = (w.t().dot(&v) + &b).mapv(|z| 1.0 + z.exp()).product();
        assert!((p_v - c.dot(&v).exp() * factors / p.log_partition().exp()).abs() < 1e-14);
    }
}

/// p(h | v) by enumeration against a product of σ(field), with no weights among the hidden units, and against nothing of the kind with them.
#[test]
fn boltzmann_hidden_conditional() {
    let mut rng = rng(14);
    let (net, w, b, _) = belief(3, 4, &mut rng);
    let restricted = net.undirected().unwrap();
    let mut weights = restricted.weights().clone();
    (weights[[0, 1]], weights[[1, 0]]) = (1.5, 1.5);
    let general = Hopfield::new(weights, restricted.thresholds().clone()).unwrap();
    let hs = binary_states(3, 0.0, 1.0).unwrap();
    for (net, factorises) in [(&restricted, true), (&general, false)] {
        let joint = exact(net, 7).probabilities().into_shape_with_order((8, 16)).unwrap();
        let mut worst: f64 = 0.0;
        for (v, column) in
            binary_states(4, 0.0, 1.0).unwrap().rows().into_iter().zip(joint.columns())
        {
            let posterior = &column / column.sum();
            let on = hs.t().dot(&posterior);
            for (h, p) in hs.rows().into_iter().zip(&posterior) {
                let factors: f64 =
                    h.iter().zip(&on).map(|(h, on)| h * on + (1.0 - h) * (1.0 - on)).product();
                worst = worst.max((p - factors).abs());
            }
            if factorises {
                assert!(furthest(&on, &(w.t().dot(&v) + &b).mapv(sigma)) < 1e-13);
            }
        }
        assert_eq!(worst < 1e-14, factorises, "{worst}");
    }
}

/// Inference without Z: the posterior from fields against enumeration at every v. Generation needs Z: its logarithm against that of the sum over all 2ⁿ states,
/// written out; and the chain of single units needs many sweeps where the valleys are deep.
/// Source: neural-nets-notes, *Directed Models vs. Energy-Based Models*.
#[test]
fn ebm_generation_hard_inference_easy() {
    let mut rng = rng(15);
    let (net, w, b, c) = belief(3, 4, &mut rng);
    let machine = net.undirected().unwrap();
    let p = exact(&machine, 7);
    let joint = p.probabilities().into_shape_with_order((8, 16)).unwrap();
    let hs = binary_states(3, 0.0, 1.0).unwrap();
    for (j, v) in binary_states(4, 0.0, 1.0).unwrap().rows().into_iter().enumerate() {
        let mut state = Array1::zeros(7);
        state.slice_mut(s![3..]).assign(&v);
        let fields = machine.field(&state).slice(s![..3]).mapv(sigma);
        let by_enumeration = hs.t().dot(&joint.column(j)) / joint.column(j).sum();
        assert!(furthest(&fields, &by_enumeration) < 1e-13);
    }
    let mut z = 0.0;
    for h in binary_states(3, 0.0, 1.0).unwrap().rows() {
        for v in binary_states(4, 0.0, 1.0).unwrap().rows() {
            z += (b.dot(&h) + c.dot(&v) + v.dot(&w.dot(&h))).exp();
        }
    }
    assert!((p.log_partition() - z.ln()).abs() < 1e-13);
    // Two visible units that are both joined to one hidden unit by strong weights: the chain keeps to one valley, ancestral draws do not.
    let strong =
        SigmoidBelief::new(array![[16.0], [16.0]], array![0.0], array![-8.0, -8.0]).unwrap();
    let mut state = array![1.0, 1.0, 1.0];
    let mut gibbs = Gibbs::new(&strong, 0.0, 1.0, 1.0).unwrap();
    let path = gibbs.run(&mut state, 1000, &mut rng);
    assert!(path.column(0).sum() > 950.0, "the chain stays");
    let ones: f64 = (0..1000).map(|_| strong.sample(&mut rng)[0]).sum();
    assert!((ones - 500.0).abs() < 4.0 * 250f64.sqrt());
}
