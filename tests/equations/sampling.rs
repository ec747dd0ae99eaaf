//! Chapter `sampling`.

use std::f64::consts::{PI, TAU};

use downhill::{
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Ising, Mixture, binary_states},
    gibbs_boltzmann::Boltzmann,
    rng,
    sampling::{
        Categorical, Gibbs, Hamiltonian, Importance, Kernel, Langevin, Lattice, Mala, MarkovChain,
        Metropolis, MetropolisHastings, Proposal, Tempering, Thermal, anneal, autocorrelation,
        autocorrelation_time, box_muller, effective_size, onsager, rejection, split_r_hat,
        total_variation,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array, s};
use rand::{Rng, RngExt, rngs::ChaCha8Rng};
use rand_distr::StandardNormal;

fn furthest(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

fn furthest_matrix(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

/// Whether the mean of independent values lies within four standard errors of what it should be.
fn mean_is(values: &ArrayRef1<f64>, expected: f64) -> bool {
    let standard_error = values.std(1.0) / (values.len() as f64).sqrt();
    (values.mean().unwrap() - expected).abs() < 4.0 * standard_error
}

/// The same for a correlated sequence, with the standard error from the means of 50 long batches.
fn chain_mean_is(values: &ArrayRef1<f64>, expected: f64) -> bool {
    let batches = values.exact_chunks(values.len() / 50);
    mean_is(&batches.into_iter().map(|b| b.mean().unwrap()).collect::<Array1<f64>>(), expected)
}

/// Pearson's χ² of counts against probabilities, less its mean and over its standard deviation.
fn chi_square(counts: &[u64], probabilities: &[f64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    let chi2: f64 = counts
        .iter()
        .zip(probabilities)
        .map(|(&n, p)| (n as f64 - total * p).powi(2) / (total * p))
        .sum();
    let freedom = counts.len() as f64 - 1.0;
    (chi2 - freedom) / (2.0 * freedom).sqrt()
}

/// ∫ f by the midpoint rule.
fn integral(low: f64, high: f64, cells: usize, f: impl Fn(f64) -> f64) -> f64 {
    let h = (high - low) / cells as f64;
    (0..cells).map(|i| f(low + (i as f64 + 0.5) * h)).sum::<f64>() * h
}

/// An irreducible random chain: rows of random numbers, one of them zero.
fn random_chain(n: usize, rng: &mut impl Rng) -> MarkovChain {
    let mut p = Array2::from_shape_simple_fn((n, n), || rng.random::<f64>() + 0.01);
    for i in 0..n {
        p[[i, (i * i + 1) % n]] = 0.0;
        let sum = p.row(i).sum();
        p.row_mut(i).mapv_inplace(|p| p / sum);
    }
    MarkovChain::new(p).unwrap()
}

fn random_distribution(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    let p = Array1::from_shape_simple_fn(n, || rng.random::<f64>() + 0.05);
    &p / p.sum()
}

/// P^n by repeated multiplication.
fn power(p: &Array2<f64>, n: usize) -> Array2<f64> {
    (0..n).fold(Array2::eye(p.nrows()), |power, _| power.dot(p))
}

/// Three states on a line, at the whole numbers; elsewhere nothing can be.
#[derive(Clone)]
struct Steps(Array1<f64>);
impl Energy for Steps {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x[0] < 0.0 {
            f64::INFINITY
        } else {
            self.0.get(x[0] as usize).copied().unwrap_or(f64::INFINITY)
        }
    }
}

/// Goes to state j from state i with the probability `q[[i, j]]`.
#[derive(Clone)]
struct Table(Array2<f64>);
impl Proposal for Table {
    fn propose(&mut self, from: &ArrayRef1<f64>, to: &mut ArrayRef1<f64>, rng: &mut impl Rng) {
        let row = self.0.row(from[0] as usize);
        let (mut u, mut j) = (rng.random::<f64>(), 0);
        while j + 1 < row.len() && u >= row[j] {
            u -= row[j];
            j += 1;
        }
        to[0] = j as f64;
    }
    fn log_density(&mut self, from: &ArrayRef1<f64>, to: &ArrayRef1<f64>) -> f64 {
        self.0[[from[0] as usize, to[0] as usize]].ln()
    }
}

fn table() -> (Array1<f64>, Array2<f64>) {
    (array![0.0, 0.7, -0.4], array![[0.2, 0.7, 0.1], [0.5, 0.1, 0.4], [0.3, 0.3, 0.4]])
}

/// The share of 100,000 normal draws in an interval against the integral of the density over it.
#[test]
fn probability_as_integral_of_density() {
    let mut rng = rng(1);
    let density = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    let exact = integral(-0.3, 1.2, 2000, density);
    let inside: Array1<f64> = (0..100_000)
        .map(|_| {
            f64::from((-0.3..1.2).contains(&box_muller(1.0 - rng.random::<f64>(), rng.random()).0))
        })
        .collect();
    assert!(mean_is(&inside, exact));
    assert!((exact - 0.50284).abs() < 1e-4);
}

/// The variance of 2,000 means of 50 values of cos x, with normal x, against the variance of one over 50, both by quadrature.
#[test]
fn monte_carlo_error() {
    let mut rng = rng(2);
    let density = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    let mean = integral(-12.0, 12.0, 4000, |x| density(x) * x.cos());
    let variance = integral(-12.0, 12.0, 4000, |x| density(x) * (x.cos() - mean).powi(2));
    let means = Array1::from_shape_simple_fn(2000, || {
        (0..50).map(|_| rng.sample::<f64, _>(StandardNormal).cos()).sum::<f64>() / 50.0
    });
    assert!(mean_is(&means, mean));
    // A variance estimated from n nearly normal values has the relative error √(2/n).
    let spread = means.mapv(|m| (m - mean).powi(2)).mean().unwrap();
    assert!((spread / (variance / 50.0) - 1.0).abs() < 4.0 * (2.0_f64 / 2000.0).sqrt());
}

/// Counts of draws by inversion against the probabilities, for a list and for the exponential distribution; the quantile against a search
/// through the cumulative sums.
#[test]
fn inverse_transform_sampling() {
    let mut rng = rng(3);
    let p = array![0.1, 0.0, 0.25, 0.05, 0.6];
    let list = Categorical::new(&(&p * 7.0)).unwrap();
    let mut counts = [0_u64; 5];
    for _ in 0..100_000 {
        counts[list.draw(&mut rng)] += 1;
    }
    assert_eq!(counts[1], 0);
    let (seen, can): (Vec<u64>, Vec<f64>) =
        counts.iter().zip(&p).filter(|&(_, &p)| p > 0.0).map(|(&n, &p)| (n, p)).unzip();
    assert!(chi_square(&seen, &can).abs() < 4.0);
    for (u, outcome) in [
        (0.0, 0),
        (0.0999, 0),
        (0.1001, 2),
        (0.3499, 2),
        (0.3501, 3),
        (0.4001, 4),
        (1.0_f64.next_down(), 4),
    ] {
        assert_eq!(list.quantile(u), outcome, "u = {u}");
    }
    // P(x > t) = P(u > 1 - e^{-λt}) = e^{-λt}.
    let x = Array1::from_shape_simple_fn(100_000, || -(-rng.random::<f64>()).ln_1p() / 2.0);
    for t in [0.1, 0.5, 1.5] {
        assert!(mean_is(&x.mapv(|x| if x > t { 1.0 } else { 0.0 }), (-2.0_f64 * t).exp()));
    }
}

/// The share of pairs in each of a hundred cells against products of normal probabilities by quadrature; first to fourth moments, and the mixed one.
#[test]
fn box_muller_transform() {
    let mut rng = rng(4);
    let edges = [f64::NEG_INFINITY, -1.5, -1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.5];
    let density = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    let share: Vec<f64> = (0..10)
        .map(|i| {
            integral(edges[i].max(-9.0), edges.get(i + 1).copied().unwrap_or(9.0), 2000, density)
        })
        .collect();
    let mut counts = vec![0_u64; 100];
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..200_000 {
        let (a, b) = box_muller(1.0 - rng.random::<f64>(), rng.random());
        let cell = |z: f64| edges.partition_point(|&edge| edge <= z) - 1;
        counts[10 * cell(a) + cell(b)] += 1;
        first.push(a);
        second.push(b);
    }
    let cells: Vec<f64> = (0..100).map(|k| share[k / 10] * share[k % 10]).collect();
    assert!(chi_square(&counts, &cells).abs() < 4.0);
    let (a, b) = (Array1::from(first), Array1::from(second));
    for (power, moment) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
        assert!(
            mean_is(&a.mapv(|z| z.powi(power)), moment)
                && mean_is(&b.mapv(|z| z.powi(power)), moment)
        );
    }
    assert!(mean_is(&(&a * &a * &b * &b), 1.0));
    assert_eq!(box_muller(1.0, 0.3), (0.0, 0.0));
}

/// Without the root the same uniform numbers give a second moment of 4, not 1, which is far outside the standard error.
#[test]
fn erratum_box_muller_transform() {
    let mut rng = rng(5);
    let printed = Array1::from_shape_simple_fn(100_000, || {
        let (u1, u2): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        -2.0 * u1.ln() * (TAU * u2).cos()
    });
    let squares = printed.mapv(|z| z * z);
    assert!(mean_is(&squares, 4.0) && !mean_is(&squares, 1.0));
    // It is a Laplace-like law with heavier tails: the fourth moment is 24 · 16 · 3/8 and not 3 · 4².
    let fourth = printed.mapv(|z| z.powi(4));
    assert!(mean_is(&fourth, 144.0) && !mean_is(&fourth, 48.0));
}

/// The moments of draws from a half-circle law under a box, and the mean number of tries, against the area of box over law.
#[test]
fn rejection_sampling() {
    let mut rng = rng(6);
    let (mut x, mut tries) = (Vec::new(), Vec::new());
    for _ in 0..50_000 {
        let (draw, count) = rejection(
            |rng: &mut ChaCha8Rng| 2.0 * rng.random::<f64>() - 1.0,
            |x: &f64| (1.0 - x * x).sqrt(),
            &mut rng,
        )
        .unwrap();
        x.push(draw);
        tries.push(count as f64);
    }
    let (x, tries) = (Array1::from(x), Array1::from(tries));
    // The half-circle law of radius 1 has the variance 1/4 and the fourth moment 1/8.
    assert!(
        mean_is(&x, 0.0)
            && mean_is(&x.mapv(|x| x * x), 0.25)
            && mean_is(&x.mapv(|x| x.powi(4)), 0.125)
    );
    // The box [-1, 1] × [0, 1] has the area 2, the half disc π/2.
    assert!(mean_is(&tries, 4.0 / PI));
    // The number of tries is geometric.
    let once = tries.mapv(|t| if t == 1.0 { 1.0 } else { 0.0 });
    assert!(mean_is(&once, PI / 4.0));
}

/// A log-density of a normal law of the given mean and standard deviation.
fn log_normal(x: f64, mean: f64, sd: f64) -> f64 {
    -0.5 * ((x - mean) / sd).powi(2) - sd.ln() - 0.5 * TAU.ln()
}

/// Weighted means of 100,000 draws from a wide normal law against the moments of a double well by quadrature, and the mean weight
/// against its normaliser; a resampled list against the same; and the points themselves still have the moments of the wide law.
#[test]
fn importance_sampling() {
    let mut rng = rng(7);
    let well = DoubleWell::new(1.5, 0.4).unwrap();
    let density = |x: f64| (-well.energy(&array![x])).exp();
    let z = integral(-5.0, 5.0, 20_000, density);
    let exact = |f: &dyn Fn(f64) -> f64| integral(-5.0, 5.0, 20_000, |x| density(x) * f(x)) / z;
    let x = Array1::from_shape_simple_fn(100_000, || 1.3 * rng.sample::<f64, _>(StandardNormal));
    let sample = Importance::new(
        &x.mapv(|x| -well.energy(&array![x])),
        &x.mapv(|x| log_normal(x, 0.0, 1.3)),
    )
    .unwrap();
    for f in [(|x| x) as fn(f64) -> f64, |x| x * x, |x| x.cos()] {
        let mean = exact(&f);
        // The error of a ratio of means, to first order.
        let square: f64 =
            sample.weights().iter().zip(&x).map(|(w, &x)| w * w * (f(x) - mean).powi(2)).sum();
        assert!((sample.mean(&x.mapv(f)) - mean).abs() < 4.0 * square.sqrt());
        let chosen: Array1<f64> =
            sample.resample(50_000, &mut rng).into_iter().map(|i| f(x[i])).collect();
        let error = (square + chosen.var(1.0) / 50_000.0).sqrt();
        assert!((chosen.mean().unwrap() - mean).abs() < 4.0 * error);
    }
    assert!(mean_is(&x.mapv(|x| density(x) / log_normal(x, 0.0, 1.3).exp()), z));
    assert!((sample.log_mean_weight() - z.ln()).abs() < 0.02);
    assert!(
        mean_is(&x.mapv(|x| x * x), 1.69) && (sample.mean(&x.mapv(|x| x * x)) - 1.69).abs() > 0.3
    );
}

/// n_eff against the number of draws over the mean squared weight, which is 1/(1 + variance of the weights); equal weights are worth all
/// draws, and one weight alone is worth one.
#[test]
fn importance_effective_size() {
    let mut rng = rng(8);
    let w = Array1::from_shape_simple_fn(500, || rng.random::<f64>() + 0.1);
    let sample = Importance::new(&w.ln(), &Array1::zeros(500)).unwrap();
    let relative = &w / w.mean().unwrap();
    assert!((sample.effective_size() - 500.0 / (1.0 + relative.var(0.0))).abs() < 1e-9);
    let equal = Importance::new(&Array1::from_elem(40, -1e4), &Array1::zeros(40)).unwrap();
    assert!((equal.effective_size() - 40.0).abs() < 1e-10);
    let mut alone = Array1::from_elem(40, f64::NEG_INFINITY);
    alone[7] = 1e4;
    assert_eq!(Importance::new(&alone, &Array1::zeros(40)).unwrap().effective_size(), 1.0);
    // What it promises: a mean over independent values by these weights has the variance of one over n_eff.
    let means: Array1<f64> = (0..4000)
        .map(|_| sample.mean(&Array1::from_shape_simple_fn(500, || rng.sample(StandardNormal))))
        .collect();
    assert!(
        (means.var(0.0) * sample.effective_size() - 1.0).abs() < 4.0 * (2.0_f64 / 4000.0).sqrt()
    );
}

/// (σ²/√(2σ² - 1))^d against the mean squared ratio of the two densities by quadrature in one and two dimensions, and against draws in five.
#[test]
fn importance_dimension() {
    let mut rng = rng(9);
    for sd in [0.9, 1.2, 2.0] {
        let second = integral(-40.0, 40.0, 40_000, |x| {
            (2.0 * log_normal(x, 0.0, 1.0) - log_normal(x, 0.0, sd)).exp()
        });
        let formula = |d: i32| (sd * sd / f64::sqrt(2.0 * sd * sd - 1.0)).powi(d);
        assert!((second / formula(1) - 1.0).abs() < 1e-9, "σ = {sd}");
        if sd > 1.0 {
            let log_ratio = |x: &Array1<f64>| {
                x.mapv(|x| log_normal(x, 0.0, 1.0) - log_normal(x, 0.0, sd)).sum()
            };
            let squares = Array1::from_shape_simple_fn(100_000, || {
                let x =
                    Array1::from_shape_simple_fn(5, || sd * rng.sample::<f64, _>(StandardNormal));
                (2.0 * log_ratio(&x)).exp()
            });
            assert!(mean_is(&squares, formula(5)));
        }
    }
}

/// The search for ways against powers of the matrix, on a thousand random sparse graphs.
#[test]
fn markov_chain_irreducibility() {
    let mut rng = rng(10);
    let mut count = 0;
    for _ in 0..1000 {
        let chain = sparse_chain(5, 4, &mut rng);
        // If there is a way at all there is one of at most n steps.
        let ways =
            (1..=5).fold(Array2::<f64>::zeros((5, 5)), |sum, n| sum + power(chain.transition(), n));
        assert_eq!(chain.is_irreducible(), ways.iter().all(|&w| w > 0.0));
        count += chain.is_irreducible() as usize;
    }
    assert!((100..900).contains(&count), "both kinds came: {count}");
}

/// From each of n states there are ways to at most `most` others.
fn sparse_chain(n: usize, most: usize, rng: &mut impl Rng) -> MarkovChain {
    let mut p = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for _ in 0..rng.random_range(1..=most) {
            p[[i, rng.random_range(0..n)]] += 1.0;
        }
        let sum = p.row(i).sum();
        p.row_mut(i).mapv_inplace(|p| p / sum);
    }
    MarkovChain::new(p).unwrap()
}

/// The period against the greatest common divisor of the first forty return times, read off powers of the matrix, on a thousand
/// random sparse graphs.
#[test]
fn markov_chain_aperiodicity() {
    fn gcd(a: usize, b: usize) -> usize {
        if b == 0 { a } else { gcd(b, a % b) }
    }
    let mut rng = rng(11);
    let mut seen = [0; 6];
    for _ in 0..1000 {
        let chain = sparse_chain(5, 2, &mut rng);
        for i in 0..5 {
            let mut p = Array2::<f64>::eye(5);
            let mut period = 0;
            for n in 1..=40 {
                p = p.dot(chain.transition());
                if p[[i, i]] > 0.0 {
                    period = gcd(n, period);
                }
            }
            assert_eq!(
                chain.period(i),
                (period > 0).then_some(period),
                "{:?} state {i}",
                chain.transition()
            );
            seen[period.min(5)] += 1;
        }
    }
    assert!(seen[..4].iter().all(|&n| n > 20), "periods of all kinds came: {seen:?}");
}

/// The elimination against what multiplication by the matrix leaves as it is, and against the rows of a high power.
#[test]
fn markov_chain_stationary_distribution() {
    let mut rng = rng(12);
    for n in [1, 2, 3, 7, 20] {
        let chain = if n < 3 {
            MarkovChain::new(Array2::from_elem((n, n), 1.0 / n as f64)).unwrap()
        } else {
            random_chain(n, &mut rng)
        };
        let pi = chain.stationary().unwrap();
        assert!((pi.sum() - 1.0).abs() < 1e-14);
        assert!(furthest(&chain.after(&pi), &pi) < 1e-15);
        for j in 0..n {
            let flow: f64 = (0..n).map(|i| pi[i] * chain.transition()[[i, j]]).sum();
            assert!((flow - pi[j]).abs() < 1e-15);
        }
        assert!(furthest(&power(chain.transition(), 200).row(0), &pi) < 1e-13);
    }
    // A ladder down into rare states: each is a million times as rare as the one before, and right to the last digits.
    let e = 1e-6;
    let ladder =
        MarkovChain::new(array![[1.0 - e, e, 0.0], [1.0 - e, 0.0, e], [0.0, 1.0 - e, e]]).unwrap();
    let pi = ladder.stationary().unwrap();
    let ratio = e / (1.0 - e);
    assert!(
        (pi[1] / pi[0] / ratio - 1.0).abs() < 1e-14 && (pi[2] / pi[1] / ratio - 1.0).abs() < 1e-14
    );
}

/// Random symmetric flows give chains in detailed balance, and their marginal is stationary, against the elimination; and each step backwards
/// along the chain has the probabilities of a step forwards.
#[test]
fn detailed_balance() {
    let mut rng = rng(13);
    for n in [2, 5, 9] {
        let half = Array2::from_shape_simple_fn((n, n), || rng.random::<f64>());
        let flow = &half + &half.t();
        let flow = &flow / flow.sum();
        let pi = flow.sum_axis(Axis(1));
        let chain = MarkovChain::new(&flow / &pi.view().insert_axis(Axis(1))).unwrap();
        assert!(chain.imbalance(&pi) < 1e-16);
        assert!(furthest(&chain.after(&pi), &pi) < 1e-15);
        assert!(furthest(&chain.stationary().unwrap(), &pi) < 1e-14);
        // Bayes: the step before j was i with probability π_i P_ij / π_j.
        let back =
            Array2::from_shape_fn((n, n), |(j, i)| pi[i] * chain.transition()[[i, j]] / pi[j]);
        assert!(furthest_matrix(&back, chain.transition()) < 1e-14);
    }
}

/// A walk round a triangle keeps the uniform distribution without detailed balance: its flows differ by 0.2.
#[test]
fn detailed_balance_is_not_needed() {
    let round =
        MarkovChain::new(array![[0.1, 0.75, 0.15], [0.15, 0.1, 0.75], [0.75, 0.15, 0.1]]).unwrap();
    let uniform = Array1::from_elem(3, 1.0 / 3.0);
    assert!(furthest(&round.after(&uniform), &uniform) < 1e-16);
    assert!((round.imbalance(&uniform) - 0.2).abs() < 1e-15);
    // A Gibbs sweep in fixed order is another: each unit's step is in balance, their product is not.
    let lattice = Ising::new(1, 3, 0.8, 0.3).unwrap();
    let (sweep, pi) = gibbs_matrix(&lattice, 3, 1.0);
    let chain = MarkovChain::new(sweep).unwrap();
    assert!(furthest(&chain.after(&pi), &pi) < 1e-15);
    assert!(chain.imbalance(&pi) > 1e-3);
}

/// The transition matrix of a Gibbs sweep, from the kernel's own conditional probabilities, one matrix a unit, multiplied; and the Gibbs distribution.
fn gibbs_matrix(
    energy: &(impl Energy + Clone),
    units: usize,
    temperature: f64,
) -> (Array2<f64>, Array1<f64>) {
    let kernel = Gibbs::new(energy.clone(), -1.0, 1.0, temperature).unwrap();
    let states = binary_states(units, -1.0, 1.0).unwrap();
    let n = states.nrows();
    let mut sweep = Array2::eye(n);
    for i in 0..units {
        let bit = 1 << (units - 1 - i);
        let mut one = Array2::zeros((n, n));
        for k in 0..n {
            let high = kernel.probability_high(&mut states.row(k).to_owned(), i);
            one[[k, k | bit]] += high;
            one[[k, k & !bit]] += 1.0 - high;
        }
        sweep = sweep.dot(&one);
    }
    (sweep, Boltzmann::new(energy, states, 1.0 / temperature).unwrap().probabilities())
}

/// The distance from the stationary distribution after n steps, from powers of the matrix, goes to zero for an irreducible aperiodic chain from every
/// start; for a periodic one, or one in two parts, it does not.
#[test]
fn mcmc_limiting_distribution() {
    let mut rng = rng(14);
    for n in [3, 6, 12] {
        let chain = random_chain(n, &mut rng);
        assert!(chain.is_irreducible() && (0..n).all(|i| chain.period(i) == Some(1)));
        let d = chain.distances_to(&chain.stationary().unwrap(), 300);
        assert!(d[0] > 0.3 && d[300] < 1e-12);
        assert!(d.windows(2).into_iter().all(|d| d[1] <= d[0] + 1e-15), "it never rises");
        // The route by hand: the first state's row of P².
        let pi = chain.stationary().unwrap();
        let two = power(chain.transition(), 2);
        let by_hand = (0..n).map(|i| total_variation(&two.row(i), &pi)).fold(0.0, f64::max);
        assert!((d[2] - by_hand).abs() < 1e-15);
    }
    let swap = MarkovChain::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap();
    assert!(swap.distances_to(&swap.stationary().unwrap(), 99).iter().all(|&d| d == 0.5));
    let apart = MarkovChain::new(Array2::eye(2)).unwrap();
    assert!(!apart.is_irreducible() && apart.stationary().is_err());
    assert!(apart.distances_to(&array![0.5, 0.5], 99).iter().all(|&d| d == 0.5));
    // The share of time at each state, along one chain, tends to the same distribution.
    let (energies, q) = table();
    let pi = Boltzmann::new(&Steps(energies.clone()), array![[0.0], [1.0], [2.0]], 1.0)
        .unwrap()
        .probabilities();
    let mut kernel = MetropolisHastings::new(Steps(energies), Table(q), 1, 1.0).unwrap();
    let path = kernel.run(&mut array![0.0], 200_000, &mut rng);
    for (state, &p) in pi.iter().enumerate() {
        let there = path.column(0).mapv(|x| if x == state as f64 { 1.0 } else { 0.0 });
        assert!(chain_mean_is(&there, p));
    }
}

/// The gap against the eigenvalue in closed form of a two-state chain and of a walk round a ring, and the bound ½ √(1/π_min - 1) (1 - γ)^t against the
/// distance itself: for reversible chains never below it, and equal to it at every step for two states that are equally probable.
#[cfg(feature = "lapack")]
#[test]
fn markov_spectral_gap() {
    let mut rng = rng(15);
    for (a, b) in [(0.1, 0.2), (0.5, 0.5), (0.9, 0.8)] {
        let chain = MarkovChain::new(array![[1.0 - a, a], [b, 1.0 - b]]).unwrap();
        assert!((chain.spectral_gap().unwrap() - (1.0 - f64::abs(1.0 - a - b))).abs() < 1e-14);
    }
    let n = 9;
    let lazy = Array2::from_shape_fn((n, n), |(i, j)| {
        if i == j {
            0.5
        } else if (i + 1) % n == j || (j + 1) % n == i {
            0.25
        } else {
            0.0
        }
    });
    let gap = MarkovChain::new(lazy).unwrap().spectral_gap().unwrap();
    assert!((gap - 0.5 * (1.0 - (TAU / n as f64).cos())).abs() < 1e-13);
    for _ in 0..20 {
        let pi = random_distribution(6, &mut rng);
        let chain =
            MarkovChain::metropolis_hastings(random_chain(6, &mut rng).transition(), &pi).unwrap();
        let second = 1.0 - chain.spectral_gap().unwrap();
        let least = pi.fold(1.0, |a: f64, &b| a.min(b));
        let distances = chain.distances_to(&pi, 60);
        for (t, d) in distances.iter().enumerate() {
            let bound = 0.5 * (1.0 / least - 1.0).sqrt() * second.powi(t as i32);
            // Far out both are rounding.
            assert!(*d <= bound + 1e-14, "t = {t}: {d} > {bound}");
        }
        // In the long run it is the eigenvalue that counts: the distance falls by it at each step.
        let far = distances.iter().rposition(|&d| d > 1e-9).unwrap();
        if far >= 30 {
            assert!((distances[far] / distances[far - 2] - second.powi(2)).abs() < 0.02);
        }
    }
    assert!(
        MarkovChain::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap().spectral_gap().unwrap() < 1e-15
    );
    // With one eigenvalue beside 1 and π = (½, ½) nothing is lost: the bound is the distance.
    let chain = MarkovChain::new(array![[0.9, 0.1], [0.1, 0.9]]).unwrap();
    let second = 1.0 - chain.spectral_gap().unwrap();
    for (t, d) in chain.distances_to(&array![0.5, 0.5], 30).iter().enumerate() {
        assert!((d - 0.5 * (1.0 / 0.5 - 1.0_f64).sqrt() * second.powi(t as i32)).abs() < 1e-13);
    }
}

/// The first time at which a chain is within ε from every start, by powers, against ln(1/(2 ε √π_min)) / γ, rounded up, from above and
/// against (1/γ - 1) ln(1/2ε) from below; chains that jump to a fresh draw of π now and then come within a tenth of both, so that neither can be tightened by more.
#[cfg(feature = "lapack")]
#[test]
fn markov_mixing_time() {
    // How much of the upper bound a chain takes, and how many times the lower one.
    let shares = |chain: &MarkovChain, pi: &Array1<f64>, epsilon: f64, most: usize| {
        let gap = chain.spectral_gap().unwrap();
        let time = chain.distances_to(pi, most).iter().position(|&d| d <= epsilon).unwrap() as f64;
        let least = pi.fold(1.0, |a: f64, &b| a.min(b));
        let upper = ((1.0 / (2.0 * epsilon * least.sqrt())).ln() / gap).ceil();
        let lower = (1.0 / gap - 1.0) * (1.0 / (2.0 * epsilon)).ln();
        assert!(lower <= time && time <= upper, "{lower} {time} {upper}");
        (time / upper, time / lower)
    };
    let mut rng = rng(16);
    for epsilon in [0.25, 0.01] {
        for n in [4, 8] {
            let pi = random_distribution(n, &mut rng);
            // A lazy walk between neighbours.
            let walk = Array2::from_shape_fn((n, n), |(i, j)| {
                if i.abs_diff(j) == 1 {
                    0.25
                } else if i == j {
                    if i == 0 || i + 1 == n { 0.75 } else { 0.5 }
                } else {
                    0.0
                }
            });
            let chain = MarkovChain::metropolis_hastings(&walk, &pi).unwrap();
            shares(&chain, &pi, epsilon, 2000);
        }
    }
    // From one of n equal states the distance is (1 - 1/n) (1 - γ)^t: the bounds ask for ½ √n and for ½ in the place of 1 - 1/n.
    let forgetful = |n: usize, gap: f64| {
        let p = Array2::from_shape_fn((n, n), |(i, j)| {
            gap / n as f64 + if i == j { 1.0 - gap } else { 0.0 }
        });
        (MarkovChain::new(p).unwrap(), Array1::from_elem(n, 1.0 / n as f64))
    };
    let (four, pi) = forgetful(4, 0.02);
    assert!(shares(&four, &pi, 0.01, 500).0 > 0.9);
    let (two, pi) = forgetful(2, 0.02);
    let (above, below) = shares(&two, &pi, 0.01, 500);
    assert!(above > 0.9 && below < 1.02, "{above} {below}");
}

/// The rule's matrix, built entry by entry from the printed formula, is in balance with the target, for random asymmetric proposals; the kernel's log ratio
/// gives the same entries; and the kernel's steps have their frequencies.
#[test]
fn metropolis_hastings_acceptance() {
    let mut rng = rng(17);
    for n in [2, 4, 8] {
        let (pi, q) = (random_distribution(n, &mut rng), random_chain(n.max(3), &mut rng));
        let q = if n == 2 { array![[0.3, 0.7], [0.9, 0.1]] } else { q.transition().clone() };
        let chain = MarkovChain::metropolis_hastings(&q, &pi).unwrap();
        assert!(chain.imbalance(&pi) < 1e-16);
        assert!(furthest(&chain.after(&pi), &pi) < 1e-15);
        let mut kernel =
            MetropolisHastings::new(Steps(pi.mapv(|p| -2.0 * p.ln())), Table(q.clone()), 1, 2.0)
                .unwrap();
        for i in 0..n {
            for j in (0..n).filter(|&j| j != i && q[[i, j]] > 0.0) {
                let ratio = kernel.log_ratio(&array![i as f64], &array![j as f64]);
                assert!(
                    (q[[i, j]] * ratio.exp().min(1.0) - chain.transition()[[i, j]]).abs() < 1e-15
                );
            }
        }
    }
    // Forgetting q leaves the wrong distribution.
    let (energies, q) = table();
    let pi = energies.mapv(|e| (-e).exp());
    let pi = &pi / pi.sum();
    let mut wrong =
        Array2::from_shape_fn((3, 3), |(i, j)| q[[i, j]] * f64::min(1.0, pi[j] / pi[i]));
    for i in 0..3 {
        wrong[[i, i]] = 0.0;
        wrong[[i, i]] = 1.0 - wrong.row(i).sum();
    }
    assert!(total_variation(&MarkovChain::new(wrong).unwrap().stationary().unwrap(), &pi) > 0.02);
}

/// The frequencies of 300,000 steps of the kernel, from each state, against the matrix.
#[test]
fn metropolis_hastings_step() {
    let mut rng = rng(18);
    let (energies, q) = table();
    let pi = energies.mapv(|e| (-e).exp());
    let exact = MarkovChain::metropolis_hastings(&q, &pi).unwrap();
    let mut kernel = MetropolisHastings::new(Steps(energies), Table(q), 1, 1.0).unwrap();
    for i in 0..3 {
        let mut counts = [0_u64; 3];
        for _ in 0..100_000 {
            let mut x = array![i as f64];
            let taken = kernel.step(&mut x, &mut rng);
            assert!(taken || x[0] == i as f64);
            counts[x[0] as usize] += 1;
        }
        assert!(chi_square(&counts, exact.transition().row(i).as_slice().unwrap()) < 4.0);
    }
}

/// For a symmetric proposal the general rule's matrix against min(1, p'/p); the kernel on a landscape in two dimensions against quadrature.
#[test]
fn metropolis_symmetric_acceptance() {
    let mut rng = rng(19);
    let half = Array2::from_shape_simple_fn((5, 5), || 0.1 * rng.random::<f64>());
    let mut q = &half + &half.t();
    for i in 0..5 {
        q[[i, i]] += 1.0 - q.row(i).sum();
    }
    let pi = random_distribution(5, &mut rng);
    let chain = MarkovChain::metropolis_hastings(&q, &pi).unwrap();
    for ((i, j), &p) in chain.transition().indexed_iter().filter(|((i, j), _)| i != j) {
        assert!((p - q[[i, j]] * f64::min(1.0, pi[j] / pi[i])).abs() < 1e-16);
    }
    let well = DoubleWell::new(1.0, 0.3).unwrap();
    let mut kernel = Metropolis::new(well, 2, 1.0, 0.7).unwrap();
    let path = kernel.run(&mut array![1.0, 0.0], 400_000, &mut rng);
    well_moments(&well, 0.7, &path);
}

/// The moments of a path in the plane against those of the double well at the temperature, by quadrature.
fn well_moments(well: &DoubleWell, temperature: f64, path: &Array2<f64>) {
    let weight = |x: f64| (-well.energy(&array![x, 0.0]) / temperature).exp();
    let z = integral(-6.0, 6.0, 20_000, weight);
    for f in [(|x| x) as fn(f64) -> f64, |x| x * x, |x| x.cos()] {
        let exact = integral(-6.0, 6.0, 20_000, |x| weight(x) * f(x)) / z;
        assert!(
            chain_mean_is(&path.column(0).mapv(f), exact),
            "{} against {exact}",
            path.column(0).mapv(f).mean().unwrap()
        );
    }
    // The other direction is a bowl of variance T.
    assert!(chain_mean_is(&path.column(1).to_owned(), 0.0));
    assert!(chain_mean_is(&path.column(1).mapv(|x| x * x), temperature));
}

/// The share of climbs taken by Metropolis's kernel from the bottom of a cone against the integral of q(x') e^{-ΔE/T}, and the share of exponential draws
/// that exceed a number c against e^{-c}.
#[test]
fn metropolis_exponential_draw() {
    let mut rng = rng(20);
    for c in [0.1, 1.0, 2.5] {
        let above = Array1::from_shape_simple_fn(100_000, || {
            if c < rng.sample::<f64, _>(rand_distr::Exp1) { 1.0 } else { 0.0 }
        });
        assert!(mean_is(&above, (-c).exp()));
    }
    #[derive(Clone)]
    struct Cone;
    impl Energy for Cone {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            x[0].abs()
        }
    }
    let mut kernel = Metropolis::new(Cone, 1, 1.5, 0.8).unwrap();
    let taken = Array1::from_shape_simple_fn(100_000, || {
        if kernel.step(&mut array![0.0], &mut rng) { 1.0 } else { 0.0 }
    });
    let exact =
        integral(-12.0, 12.0, 20_000, |x| log_normal(x, 0.0, 1.5).exp() * (-x.abs() / 0.8).exp());
    assert!(mean_is(&taken, exact));
}

/// The proposal that draws one unit from its conditional: the ratio of Metropolis and Hastings, from energies and conditionals, is 1 for every pair of states.
#[test]
fn gibbs_special_case_of_metropolis_hastings() {
    let lattice = Ising::new(2, 2, 0.4, 0.3).unwrap();
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let kernel = Gibbs::new(lattice, -1.0, 1.0, 0.9).unwrap();
    for x in states.rows() {
        for i in 0..4 {
            let high = kernel.probability_high(&mut x.to_owned(), i);
            // From either of the two states that differ at i the proposal is the same.
            let mut other = x.to_owned();
            other[i] *= -1.0;
            let (there, back) = if x[i] < 0.0 { (high, 1.0 - high) } else { (1.0 - high, high) };
            let ratio = ((lattice.energy(&x) - lattice.energy(&other)) / 0.9).exp() * back / there;
            assert!((ratio - 1.0).abs() < 1e-14);
            // The conditional against its definition, from the joint probabilities.
            let (mut up, mut down) = (x.to_owned(), x.to_owned());
            up[i] = 1.0;
            down[i] = -1.0;
            let (up, down) =
                ((-lattice.energy(&up) / 0.9).exp(), (-lattice.energy(&down) / 0.9).exp());
            assert!((high - up / (up + down)).abs() < 1e-15);
        }
    }
}

/// The matrix of a sweep, multiplied from the kernel's own conditionals, leaves the enumerated Gibbs distribution as it is; and the frequencies of 200,000 sweeps from
/// one state have the probabilities of its row.
#[test]
fn gibbs_sampling_sweep() {
    let mut rng = rng(21);
    let lattice = Ising::new(2, 2, 0.3, 0.2).unwrap();
    let (sweep, pi) = gibbs_matrix(&lattice, 4, 1.3);
    assert!(furthest(&pi.dot(&sweep), &pi) < 1e-15);
    assert!(furthest(&MarkovChain::new(sweep.clone()).unwrap().stationary().unwrap(), &pi) < 1e-14);
    let mut kernel = Gibbs::new(lattice, -1.0, 1.0, 1.3).unwrap();
    let states = binary_states(4, -1.0, 1.0).unwrap();
    for start in [0, 6] {
        let mut counts = [0_u64; 16];
        for _ in 0..100_000 {
            let mut x = states.row(start).to_owned();
            kernel.step(&mut x, &mut rng);
            counts[x.iter().fold(0, |number, &s| 2 * number + (s > 0.0) as usize)] += 1;
        }
        assert!(chi_square(&counts, sweep.row(start).as_slice().unwrap()) < 4.0);
    }
}

/// A chain of conditional draws from two normal variables of correlation ρ: its first coordinate has the correlations ρ^{2k}.
#[test]
fn gibbs_gaussian_autocorrelation() {
    let mut rng = rng(22);
    let rho: f64 = 0.8;
    let (mut x, mut y) = (0.0, 0.0);
    let path = Array1::from_shape_simple_fn(400_000, || {
        x = rho * y + (1.0 - rho * rho).sqrt() * rng.sample::<f64, _>(StandardNormal);
        y = rho * x + (1.0 - rho * rho).sqrt() * rng.sample::<f64, _>(StandardNormal);
        x
    });
    for k in [1, 2, 5] {
        // Mean 0 and variance 1 are known.
        let products = &path.slice(s![k..]) * &path.slice(s![..path.len() - k]);
        assert!(chain_mean_is(&products, rho.powi(2 * k as i32)));
        assert!((autocorrelation(&path, 5).unwrap()[k] - products.mean().unwrap()).abs() < 0.01);
    }
    // So the time is (1 + ρ²)/(1 - ρ²). Its estimate's relative error is about √(6 τ/n) for a window of three times.
    let time = (1.0 + rho * rho) / (1.0 - rho * rho);
    assert!(
        (autocorrelation_time(&path).unwrap() / time - 1.0).abs()
            < 4.0 * (6.0_f64 * time / 4e5).sqrt()
    );
}

/// The mean of one derivative along a chain of Gibbs sweeps against -∂ ln Z/∂J, by differences of the enumerated ln Z.
#[test]
fn partition_gradient_by_mcmc() {
    let mut rng = rng(23);
    let states = binary_states(6, -1.0, 1.0).unwrap();
    let log_z = |j: f64| {
        Boltzmann::new(&Ising::new(2, 3, j, 0.1).unwrap(), states.clone(), 1.0)
            .unwrap()
            .log_partition()
    };
    let h = 1e-4;
    let exact = (log_z(0.35 + h) - log_z(0.35 - h)) / (2.0 * h);
    let mut kernel = Gibbs::new(Ising::new(2, 3, 0.35, 0.1).unwrap(), -1.0, 1.0, 1.0).unwrap();
    let path = kernel.run(&mut Array1::ones(6), 100_000, &mut rng);
    // ∂E/∂J is the energy at J = 1 without a field.
    let bonds = Ising::new(2, 3, 1.0, 0.0).unwrap();
    let slopes: Array1<f64> = path.rows().into_iter().map(|s| -bonds.energy(&s)).collect();
    assert!(chain_mean_is(&slopes, exact));
}

/// One step's mean and covariance over 200,000 draws against the printed drift and noise; the moments of a long run in a double well at a small step against quadrature.
#[test]
fn langevin_sampling() {
    let mut rng = rng(24);
    let (eta, t) = (0.3, 0.6);
    let bowl = Gaussian::new(array![0.5, -1.0], array![[1.0, 0.4], [0.4, 0.8]]).unwrap();
    let mut kernel = Langevin::new(&bowl, 2, eta, t).unwrap();
    let start = array![1.0, 2.0];
    let steps = Array2::from_shape_fn((200_000, 2), |_| 0.0);
    let mut steps = steps;
    for mut row in steps.rows_mut() {
        let mut x = start.clone();
        kernel.step(&mut x, &mut rng);
        row.assign(&(x - &start));
    }
    // Differences of the energy, not its gradient.
    let h = 1e-5;
    for i in 0..2 {
        let (mut up, mut down) = (start.clone(), start.clone());
        up[i] += h;
        down[i] -= h;
        let slope = (bowl.energy(&up) - bowl.energy(&down)) / (2.0 * h);
        let column = steps.column(i).to_owned();
        assert!(mean_is(&column, -0.5 * eta * slope));
        assert!(mean_is(&column.mapv(|d| (d + 0.5 * eta * slope).powi(2)), eta * t));
    }
    let well = DoubleWell::new(1.0, 0.3).unwrap();
    let mut kernel = Langevin::new(well, 2, 0.01, 0.7).unwrap();
    // The error of the step size, of order η, is below the standard error of this run.
    well_moments(&well, 0.7, &kernel.run(&mut array![1.0, 0.0], 300_000, &mut rng));
}

/// The variance of a run in a bowl of curvature λ against T/λ / (1 - ηλ/4), which is off by ηλ/4 from the truth, at two step sizes.
#[test]
fn langevin_bias() {
    let mut rng = rng(25);
    for (lambda, eta, t) in [(1.0, 0.8, 1.0), (2.0, 1.2, 0.5)] {
        let bowl = Gaussian::new(array![0.0], array![[lambda]]).unwrap();
        let mut kernel = Langevin::new(&bowl, 1, eta, t).unwrap();
        let squares = kernel.run(&mut array![0.0], 400_000, &mut rng).column(0).mapv(|x| x * x);
        assert!(chain_mean_is(&squares, t / lambda / (1.0 - eta * lambda / 4.0)));
        assert!(!chain_mean_is(&squares, t / lambda));
        // The correction removes the error at the same step.
        let mut kernel = Mala::new(&bowl, 1, eta, t).unwrap();
        let squares = kernel.run(&mut array![0.0], 400_000, &mut rng).column(0).mapv(|x| x * x);
        assert!(chain_mean_is(&squares, t / lambda));
    }
    // From ηλ = 4 on it diverges.
    let mut kernel =
        Langevin::new(Gaussian::new(array![0.0], array![[1.0]]).unwrap(), 1, 4.1, 1.0).unwrap();
    let mut x = array![0.0];
    kernel.run(&mut x, 1000, &mut rng);
    assert!(x[0].abs() > 1e6);
}

/// The share of proposals that are taken from a point against ∫ q(x'|x) min(1, p(x')q(x|x')/p(x)q(x'|x)) dx' with densities written out, by quadrature; and the moments in a
/// double well, at a step of half a valley's width, against quadrature.
#[test]
fn mala_acceptance() {
    let mut rng = rng(26);
    let well = DoubleWell::new(1.0, 0.3).unwrap();
    let (eta, t): (f64, f64) = (0.5, 0.7);
    let energy = |x: f64| (x * x - 1.0).powi(2) + 0.3 * x;
    let q = |to: f64, from: f64| {
        let slope = 4.0 * from * (from * from - 1.0) + 0.3;
        log_normal(to, from - 0.5 * eta * slope, (eta * t).sqrt()).exp()
    };
    let mut kernel = Mala::new(well, 1, eta, t).unwrap();
    for start in [-1.2, 0.3, 1.5] {
        let exact = integral(-8.0, 8.0, 40_000, |to| {
            let ratio = ((energy(start) - energy(to)) / t).exp() * q(start, to) / q(to, start);
            if q(to, start) > 0.0 { q(to, start) * ratio.min(1.0) } else { 0.0 }
        });
        let taken = Array1::from_shape_simple_fn(100_000, || {
            if kernel.step(&mut array![start], &mut rng) { 1.0 } else { 0.0 }
        });
        assert!(mean_is(&taken, exact), "from {start}: {} against {exact}", taken.mean().unwrap());
    }
    let mut kernel = Mala::new(well, 2, 0.3, t).unwrap();
    well_moments(&well, t, &kernel.run(&mut array![1.0, 0.0], 400_000, &mut rng));
}

/// The total energy along Hamilton's motion in a bowl, with the exact rotation of position and velocity, is constant; and the pushes have the
/// mean kinetic energy T/2 an axis, of the Gibbs distribution.
#[test]
fn hamiltonian_energy() {
    let lambda: f64 = 2.3;
    let omega = lambda.sqrt();
    let (x0, v0) = (0.7, -1.1);
    let total = |x: f64, v: f64| 0.5 * lambda * x * x + 0.5 * v * v;
    let bowl = Gaussian::new(array![0.0], array![[lambda]]).unwrap();
    let mut ride = Hamiltonian::new(&bowl, 1, 1e-3, 1000, 1.0).unwrap();
    let (mut x, mut v) = (array![x0], array![v0]);
    let change = ride.glide(&mut x, &mut v);
    let time = 1.0;
    let exact = (
        x0 * (omega * time).cos() + v0 / omega * (omega * time).sin(),
        v0 * (omega * time).cos() - x0 * omega * (omega * time).sin(),
    );
    assert!((total(exact.0, exact.1) - total(x0, v0)).abs() < 1e-14);
    // The leapfrog errs by the square of its step.
    assert!((x[0] - exact.0).abs() < 1e-6 && (v[0] - exact.1).abs() < 1e-6);
    assert!((change - (total(x[0], v[0]) - total(x0, v0))).abs() < 1e-15 && change.abs() < 1e-6);
    // On the plain a ride of 4 · 0.25 goes as far as the push sends it.
    let mut ride = Hamiltonian::new(Plain, 2, 0.25, 4, 2.3).unwrap();
    let path = ride.run(&mut array![0.0, 0.0], 20_000, &mut rng(27));
    let pushes = &path.slice(s![1.., ..]) - &path.slice(s![..-1, ..]);
    for axis in pushes.columns() {
        assert!(mean_is(&axis.to_owned(), 0.0) && mean_is(&axis.mapv(|v| 0.5 * v * v), 0.5 * 2.3));
    }
}

/// An energy that is 0 everywhere.
struct Plain;
impl Energy for Plain {
    fn energy(&self, _: &ArrayRef1<f64>) -> f64 {
        0.0
    }
}
impl Differentiable for Plain {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(0.0);
    }
}

/// The leapfrog keeps volume, by the determinant of its derivative from differences; runs back to its start when the velocity is turned round; and its error in the energy falls as
/// the square of the step size.
#[test]
fn hamiltonian_leapfrog() {
    let well = Mixture::ring(3, 1.5, 0.8).unwrap();
    let glide = |z: &Array1<f64>, step: f64, leaps: usize| {
        let mut kernel = Hamiltonian::new(&well, 2, step, leaps, 1.0).unwrap();
        let (mut x, mut v) = (z.slice(s![..2]).to_owned(), z.slice(s![2..]).to_owned());
        let change = kernel.glide(&mut x, &mut v);
        (array![x[0], x[1], v[0], v[1]], change)
    };
    let z = array![0.4, -0.3, 0.8, 0.5];
    let h = 1e-5;
    let jacobian = Array2::from_shape_fn((4, 4), |(i, j)| {
        let (mut up, mut down) = (z.clone(), z.clone());
        up[j] += h;
        down[j] -= h;
        (glide(&up, 0.4, 5).0[i] - glide(&down, 0.4, 5).0[i]) / (2.0 * h)
    });
    assert!((determinant(jacobian) - 1.0).abs() < 1e-7);
    let (mut end, _) = glide(&z, 0.4, 5);
    end.slice_mut(s![2..]).mapv_inplace(|v| -v);
    let (mut back, _) = glide(&end, 0.4, 5);
    back.slice_mut(s![2..]).mapv_inplace(|v| -v);
    assert!(furthest(&back, &z) < 1e-14);
    let (coarse, fine) = (glide(&z, 0.1, 20).1, glide(&z, 0.05, 40).1);
    assert!((coarse / fine - 4.0).abs() < 0.2, "{coarse} {fine}");
}

/// By elimination with pivots.
fn determinant(mut a: Array2<f64>) -> f64 {
    let n = a.nrows();
    let mut product = 1.0;
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[[i, k]].abs().total_cmp(&a[[j, k]].abs())).unwrap();
        if pivot != k {
            for j in 0..n {
                a.swap([k, j], [pivot, j]);
            }
            product = -product;
        }
        product *= a[[k, k]];
        for i in k + 1..n {
            let factor = a[[i, k]] / a[[k, k]];
            for j in k..n {
                a[[i, j]] -= factor * a[[k, j]];
            }
        }
    }
    product
}

/// The share of rides taken from a point, with a step so long that many fail, against ∫ φ(v) min(1, e^{-ΔH/T}) dv, with the leapfrog written out for one dimension; moments in a double well against quadrature.
#[test]
fn hamiltonian_acceptance() {
    let mut rng = rng(27);
    let well = DoubleWell::new(1.0, 0.3).unwrap();
    let t: f64 = 0.7;
    let energy = |x: f64| (x * x - 1.0).powi(2) + 0.3 * x;
    let force = |x: f64| -4.0 * x * (x * x - 1.0) - 0.3;
    let change = |x0: f64, v0: f64| {
        let (mut x, mut v) = (x0, v0);
        for _ in 0..3 {
            v += 0.2 * force(x);
            x += 0.4 * v;
            v += 0.2 * force(x);
        }
        energy(x) + 0.5 * v * v - energy(x0) - 0.5 * v0 * v0
    };
    let mut kernel = Hamiltonian::new(well, 1, 0.4, 3, t).unwrap();
    for start in [-1.0, 1.6] {
        let exact = integral(-8.0, 8.0, 40_000, |v| {
            log_normal(v, 0.0, t.sqrt()).exp() * (-change(start, v) / t).exp().min(1.0)
        });
        let taken = Array1::from_shape_simple_fn(100_000, || {
            if kernel.step(&mut array![start], &mut rng) { 1.0 } else { 0.0 }
        });
        assert!(
            exact < 0.95 && mean_is(&taken, exact),
            "from {start}: {} against {exact}",
            taken.mean().unwrap()
        );
    }
    let mut kernel = Hamiltonian::new(well, 2, 0.3, 5, t).unwrap();
    well_moments(&well, t, &kernel.run(&mut array![1.0, 0.0], 200_000, &mut rng));
}

/// The distribution after 300,000 steps of a walk over five heights, by products of its matrices: with T = c / ln k and c above the depth of the worst trap nearly all of it is in the lowest
/// state and more and more so; with c below, or with geometric cooling, a share stays in the trap. Where the border lies: the logarithm of what is still in the trap falls,
/// from k to 2k, by 2^(1 - d/c) times as much as from k/2 to k, which adds up to a finite fall for c = 0.9 d and to an infinite one for c = 1.1 d.
#[test]
fn annealing_schedule() {
    // From the trap at the right end, height 0.5, the way to the bottom at the left climbs to 1.5: its depth is 1.
    let heights = array![0.0, 0.9, 1.5, 0.8, 0.5];
    let q = Array2::from_shape_fn((5, 5), |(i, j)| {
        let stays = i == j && (i == 0 || i == 4);
        if i.abs_diff(j) == 1 || stays { 0.5 } else { 0.0 }
    });
    let walked = |temperature: &dyn Fn(f64) -> f64, steps: usize, marks: &mut Vec<f64>| {
        let mut p = array![0.0, 0.0, 0.0, 0.0, 1.0];
        for k in 0..steps {
            let t = temperature(k as f64);
            let mut next = Array1::zeros(5);
            for i in 0..5 {
                for j in (0..5).filter(|&j| q[[i, j]] > 0.0) {
                    let go = q[[i, j]] * f64::min(1.0, ((heights[i] - heights[j]) / t).exp());
                    next[j] += p[i] * go;
                    next[i] += p[i] * (q[[i, j]] - go);
                }
            }
            p = next;
            if (k + 1).is_power_of_two() {
                marks.push(p[3] + p[4]);
            }
        }
        1.0 - p[0]
    };
    let outside = |temperature: &dyn Fn(f64) -> f64, steps: usize| {
        walked(temperature, steps, &mut Vec::new())
    };
    let slow = |c: f64| move |k: f64| c / (k + 2.0).ln();
    for c in [0.8, 0.9, 1.1] {
        let mut trapped = Vec::new();
        walked(&slow(c), 1 << 17, &mut trapped);
        let falls: Vec<f64> = trapped.windows(2).map(|pair| (pair[0] / pair[1]).ln()).collect();
        let ratio = falls[16] / falls[15];
        // The valley needs some steps to fill its second place, and for c above the depth a little comes back from the bottom.
        assert!((ratio / 2_f64.powf(1.0 - 1.0 / c) - 1.0).abs() < 0.01, "c = {c}: {ratio}");
        assert_eq!(ratio < 0.97, c < 1.0, "c = {c}: {ratio}");
        // What a geometric series leaves in the trap for ever.
        let for_ever = trapped[17] * (-falls[16] * ratio / (1.0 - ratio)).exp();
        assert!(c > 1.0 || for_ever > 0.15, "c = {c}: {for_ever}");
    }
    assert!(outside(&slow(1.2), 300_000) < 0.4 * outside(&slow(1.2), 10_000));
    assert!(outside(&slow(1.2), 300_000) < 0.02);
    let trapped = outside(&slow(0.4), 300_000);
    assert!(trapped > 0.3 && outside(&slow(0.4), 100_000) - trapped < 0.01);
    let geometric = outside(&|k| 0.99_f64.powf(k), 10_000);
    assert!(geometric > 0.1 && (geometric - outside(&|k| 0.99_f64.powf(k), 20_000)).abs() < 1e-12);
    // The function does what the matrices say: four thousand short anneals end outside the bottom as often.
    let mut rng = rng(28);
    let schedule: Vec<f64> = (0..200).map(|k| 0.97_f64.powi(k)).collect();
    let exact = outside(&|k| 0.97_f64.powf(k), 200);
    let energy = Steps(heights.clone());
    let missed: Array1<f64> = (0..4000)
        .map(|_| {
            let mut kernel = Thermostat(
                MetropolisHastings::new(energy.clone(), Table(q.clone()), 1, 1.0).unwrap(),
                heights.clone(),
                q.clone(),
            );
            let mut x = array![4.0];
            let annealed = anneal(&energy, &mut kernel, &mut x, &schedule, &mut rng).unwrap();
            assert!(
                annealed.energies.len() == 200 && annealed.energies[199] == heights[x[0] as usize]
            );
            assert_eq!(annealed.energy, annealed.energies.iter().fold(0.5, |a: f64, &b| a.min(b)));
            assert_eq!(heights[annealed.best[0] as usize], annealed.energy);
            if x[0] == 0.0 { 0.0 } else { 1.0 }
        })
        .collect();
    assert!(exact > 0.05 && exact < 0.95 && mean_is(&missed, exact), "{exact}");
}

/// The walk over a table of heights, made anew at each temperature.
struct Thermostat(MetropolisHastings<Steps, Table>, Array1<f64>, Array2<f64>);
impl Kernel for Thermostat {
    fn step(&mut self, x: &mut ArrayRef1<f64>, rng: &mut impl Rng) -> bool {
        self.0.step(x, rng)
    }
}
impl Thermal for Thermostat {
    fn set_temperature(&mut self, temperature: f64) {
        self.0 =
            MetropolisHastings::new(Steps(self.1.clone()), Table(self.2.clone()), 1, temperature)
                .unwrap();
    }
}

/// The ratio against the four probabilities of the states before and after, each e^{-E/T}; the shares of all pairs of states along a run against the product of the two
/// enumerated distributions.
#[test]
fn tempering_swap() {
    let mut rng = rng(29);
    let ring = Ising::new(1, 3, 1.0, 0.4).unwrap();
    let kernel = Gibbs::new(ring, -1.0, 1.0, 1.0).unwrap();
    let temperatures = [0.8, 2.5];
    let mut ladder = Tempering::new(ring, kernel, 3, &temperatures).unwrap();
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let p = temperatures.map(|t| Boltzmann::new(&ring, states.clone(), 1.0 / t).unwrap());
    let (cold, hot) = (p[0].probabilities(), p[1].probabilities());
    for a in 0..8 {
        for b in 0..8 {
            let ratio = cold[b] * hot[a] / (cold[a] * hot[b]);
            let log = ladder.log_swap_ratio(0, 1, p[0].energies()[a], p[0].energies()[b]);
            assert!((log.exp() / ratio - 1.0).abs() < 1e-13);
        }
    }
    let path = ladder.run(&mut Array1::ones(6), 200_000, &mut rng);
    let number =
        |s: &ArrayRef1<f64>| s.iter().fold(0, |number, &s| 2 * number + (s > 0.0) as usize);
    for (a, b) in [(0, 0), (7, 7), (7, 0), (0, 7), (5, 6), (2, 7)] {
        let there: Array1<f64> = path
            .rows()
            .into_iter()
            .map(|x| {
                if number(&x.slice(s![..3])) == a && number(&x.slice(s![3..])) == b {
                    1.0
                } else {
                    0.0
                }
            })
            .collect();
        assert!(chain_mean_is(&there, cold[a] * hot[b]));
    }
    // The rate at which they change places is the mean of min(1, ratio).
    let exact: f64 = (0..64)
        .map(|k| {
            let (a, b) = (k / 8, k % 8);
            cold[a] * hot[b] * f64::min(1.0, cold[b] * hot[a] / (cold[a] * hot[b]))
        })
        .sum();
    assert!((ladder.swap_rates()[0] - exact).abs() < 0.01);
}

/// An autoregressive chain of coefficient φ, whose correlations are φ^k.
fn autoregression(phi: f64, n: usize, rng: &mut impl Rng) -> Array1<f64> {
    let mut x = rng.sample::<f64, _>(StandardNormal);
    Array1::from_shape_simple_fn(n, || {
        x = phi * x + (1.0 - phi * phi).sqrt() * rng.sample::<f64, _>(StandardNormal);
        x
    })
}

/// The variance of the means of 1,000 chains of 1,000 steps, with known correlations φ^k, against σ² (1 + 2 Σ ρ_k)/n; and the estimates of τ, from one chain and from the halves of several.
#[test]
fn mcmc_correlated_samples() {
    let mut rng = rng(30);
    for phi in [0.0_f64, 0.7, 0.9] {
        let time = (1.0 + phi) / (1.0 - phi);
        let n = 1000.0;
        // The sum over all pairs, exactly: (1/n²) Σ φ^|s - t|.
        let exact = (time - 2.0 * phi * (1.0 - phi.powf(n)) / (n * (1.0 - phi).powi(2))) / n;
        let squares = Array1::from_shape_simple_fn(1000, || {
            autoregression(phi, 1000, &mut rng).mean().unwrap().powi(2)
        });
        assert!(mean_is(&squares, exact));
        assert!((exact * n / time - 1.0).abs() < 0.02, "the ends count little");
        let long = autoregression(phi, 200_000, &mut rng);
        assert!(
            (autocorrelation_time(&long).unwrap() / time - 1.0).abs()
                < 4.0 * (6.0 * time / 2e5).sqrt()
        );
        let four = Array2::from_shape_fn((4, 50_000), |(m, t)| long[50_000 * m + t]);
        assert!(
            (effective_size(&four).unwrap() * time / 2e5 - 1.0).abs()
                < 4.0 * (6.0 * time / 2e5).sqrt()
        );
        assert!(split_r_hat(&four).unwrap() < 1.001);
    }
}

/// Correlated states are not independent: means of a thousand of them spread nineteen times as much, in variance, as σ²/n says.
#[test]
fn erratum_mcmc_correlated_samples() {
    let mut rng = rng(31);
    let squares = Array1::from_shape_simple_fn(1000, || {
        autoregression(0.9, 1000, &mut rng).mean().unwrap().powi(2)
    });
    assert!(squares.mean().unwrap() > 15.0 / 1000.0);
    assert!(!mean_is(&squares, 1.0 / 1000.0));
}

#[derive(serde::Deserialize)]
struct Oracle {
    chains: Vec<Vec<f64>>,
    autocorrelation: Vec<f64>,
    autocorrelation_time: f64,
    split_r_hat: f64,
    effective_size: f64,
    stuck: Vec<Vec<f64>>,
    stuck_split_r_hat: f64,
    stuck_effective_size: f64,
    onsager: Vec<(f64, f64, f64)>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("../oracles/sampling.json")).unwrap()
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

/// R̂, effective size and autocorrelations of chains that agree and of chains that do not, against a NumPy script that goes by Fourier transforms; and R̂ against the ratio of
/// variances written out for four numbers a half.
#[test]
fn split_potential_scale_reduction() {
    let oracle = oracle();
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-10;
    let (chains, stuck) = (matrix(&oracle.chains), matrix(&oracle.stuck));
    assert!(close(split_r_hat(&chains).unwrap(), oracle.split_r_hat));
    assert!(close(effective_size(&chains).unwrap(), oracle.effective_size));
    assert!(close(split_r_hat(&stuck).unwrap(), oracle.stuck_split_r_hat));
    assert!(close(effective_size(&stuck).unwrap(), oracle.stuck_effective_size));
    assert!(oracle.split_r_hat < 1.1 && oracle.stuck_split_r_hat > 1.5);
    assert!(close(autocorrelation_time(&chains.row(0)).unwrap(), oracle.autocorrelation_time));
    let rho = autocorrelation(&chains.row(0), oracle.autocorrelation.len() - 1).unwrap();
    assert!(furthest(&rho, &Array1::from(oracle.autocorrelation)) < 1e-12);
    // Halves (0, 1, 0, 1) and (2, 3, 2, 3): W = 1/3, B/n = 2, so R̂² = 3/4 + 6.
    let short = array![[0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]];
    assert!(close(split_r_hat(&short).unwrap(), 6.75_f64.sqrt()));
}

/// A prior and a likelihood are sampled together in two ways: forwards, and by turns of the kernel and of the likelihood. The moments agree for kernels that keep the posterior as it is, and
/// disagree for Langevin without correction.
#[test]
fn geweke_joint_test() {
    #[derive(Clone)]
    struct Posterior(f64);
    impl Energy for Posterior {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            0.5 * x[0] * x[0] + 0.5 * (self.0 - x[0].sin()).powi(2) / 0.25
        }
    }
    impl Differentiable for Posterior {
        fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
            gradient[0] = x[0] - (self.0 - x[0].sin()) * x[0].cos() / 0.25;
        }
    }
    let mut rng = rng(32);
    let n = 200_000;
    let observe =
        |x: f64, rng: &mut ChaCha8Rng| x.sin() + 0.5 * rng.sample::<f64, _>(StandardNormal);
    let forward = Array2::from_shape_fn((n, 2), |_| 0.0);
    let mut forward = forward;
    for mut row in forward.rows_mut() {
        row[0] = rng.sample(StandardNormal);
        row[1] = observe(row[0], &mut rng);
    }
    // Largest number of standard errors by which a moment of the two samples differs.
    let compare = |turns: &Array2<f64>| {
        let moments: [fn(f64, f64) -> f64; 5] =
            [|x, _| x, |x, _| x * x, |_, y| y, |_, y| y * y, |x, y| x * y];
        moments.iter().fold(0.0, |most: f64, f| {
            let values = |z: &Array2<f64>| -> Array1<f64> {
                z.rows().into_iter().map(|z| f(z[0], z[1])).collect()
            };
            let (a, b) = (values(&forward), values(turns));
            let batches: Array1<f64> =
                b.exact_chunks(n / 50).into_iter().map(|b| b.mean().unwrap()).collect();
            let error = (a.var(1.0) / n as f64 + batches.var(1.0) / 50.0).sqrt();
            most.max((a.mean().unwrap() - b.mean().unwrap()).abs() / error)
        })
    };
    macro_rules! turns {
        ($kernel:expr) => {{
            let (mut x, mut y) = (array![0.0], 0.0);
            let mut path = Array2::zeros((n, 2));
            for mut row in path.rows_mut() {
                $kernel(Posterior(y)).unwrap().step(&mut x, &mut rng);
                y = observe(x[0], &mut rng);
                row[0] = x[0];
                row[1] = y;
            }
            compare(&path)
        }};
    }
    assert!(turns!(|e| Metropolis::new(e, 1, 1.0, 1.0)) < 4.0);
    assert!(turns!(|e| Mala::new(e, 1, 0.4, 1.0)) < 4.0);
    assert!(turns!(|e| Hamiltonian::new(e, 1, 0.3, 4, 1.0)) < 4.0);
    assert!(turns!(|e| Langevin::new(e, 1, 0.4, 1.0)) > 6.0);
}

/// The conditional in the local field against the ratio of the two joint probabilities by enumeration.
#[test]
fn ising_heat_bath() {
    let lattice = Ising::new(3, 4, -0.6, 0.35).unwrap();
    let mut rng = rng(33);
    for _ in 0..200 {
        let mut s =
            Array1::from_shape_simple_fn(12, || if rng.random::<bool>() { 1.0 } else { -1.0 });
        let i = rng.random_range(0..12);
        let h = lattice.local_field(&s, i);
        s[i] = 1.0;
        let up = (-lattice.energy(&s) / 1.7).exp();
        s[i] = -1.0;
        let down = (-lattice.energy(&s) / 1.7).exp();
        assert!((1.0 / (1.0 + (-2.0 * h / 1.7).exp()) - up / (up + down)).abs() < 1e-14);
    }
}

/// The frequencies of a sweep of a lattice of eight spins from one state, against the product of conditional probabilities in chessboard order, by enumeration; for a magnet, an antimagnet, and one in a field.
#[test]
fn ising_chessboard_sweep() {
    let mut rng = rng(34);
    let (rows, columns) = (2, 4);
    let states = binary_states(8, -1.0, 1.0).unwrap();
    for (coupling, field, t) in [(0.3, 0.0, 1.0), (-0.4, 0.2, 1.5), (0.1, -0.6, 0.9)] {
        let energy = Ising::new(rows, columns, coupling, field).unwrap();
        let start = states.row(0b0110_1101).to_owned();
        let mut p = Array1::<f64>::zeros(256);
        p[0b0110_1101] = 1.0;
        for colour in [0, 1] {
            for i in (0..8).filter(|i| (i / columns + i % columns) % 2 == colour) {
                let mut next = Array1::zeros(256);
                for (k, state) in states.rows().into_iter().enumerate() {
                    let mut s = state.to_owned();
                    s[i] = 1.0;
                    let up = (-energy.energy(&s) / t).exp();
                    s[i] = -1.0;
                    let down = (-energy.energy(&s) / t).exp();
                    let bit = 1 << (7 - i);
                    next[k | bit] += p[k] * up / (up + down);
                    next[k & !bit] += p[k] * down / (up + down);
                }
                p = next;
            }
        }
        let mut lattice = Lattice::new(rows, columns, coupling, field, t).unwrap();
        let mut counts = vec![0_u64; 256];
        for _ in 0..200_000 {
            lattice
                .set_spins(&start.view().into_shape_with_order((rows, columns)).unwrap())
                .unwrap();
            lattice.sweep(&mut rng);
            let s = lattice.spins();
            let flat = s.flatten().to_owned();
            counts[flat.iter().fold(0, |number, &s| 2 * number + (s > 0.0) as usize)] += 1;
            if counts[0] < 3 {
                assert!((lattice.energy() * 8.0 - energy.energy(&flat)).abs() < 1e-12);
                assert!((lattice.magnetisation() * 8.0 - flat.sum()).abs() < 1e-12);
            }
        }
        assert!(chi_square(&counts, p.as_slice().unwrap()).abs() < 4.0, "J = {coupling}");
    }
}

/// Energy and squared magnetisation of long runs of 4 × 4 lattices against sums over all 65,536 states, below, at and above the critical temperature.
#[test]
fn ising_enumeration() {
    let mut rng = rng(35);
    let energy = Ising::new(4, 4, 1.0, 0.0).unwrap();
    let states = binary_states(16, -1.0, 1.0).unwrap();
    for t in [1.5, 2.27, 3.5] {
        let exact = Boltzmann::new(&energy, states.clone(), 1.0 / t).unwrap();
        let e = exact.probabilities().dot(exact.energies()) / 16.0;
        let m2 = exact.mean(|s| (s.sum() / 16.0).powi(2));
        let mut lattice = Lattice::new(4, 4, 1.0, 0.0, t).unwrap();
        let path = Array2::from_shape_fn((200_000, 2), |(_, quantity)| {
            // A row is energy first.
            if quantity == 0 {
                lattice.sweep(&mut rng);
                lattice.energy()
            } else {
                lattice.magnetisation().powi(2)
            }
        });
        assert!(chain_mean_is(&path.column(0).to_owned(), e), "energy at {t}");
        assert!(chain_mean_is(&path.column(1).to_owned(), m2), "magnetisation at {t}");
    }
}

/// ln Z a spin on the infinite lattice by Onsager's double integral.
fn onsager_log_partition(k: f64) -> f64 {
    let n = 400;
    let (a, b) = ((2.0 * k).cosh().powi(2), (2.0 * k).sinh());
    let angle = |i: usize| PI * (i as f64 + 0.5) / n as f64;
    let sum: f64 =
        (0..n * n).map(|i| (a - b * (angle(i / n).cos() + angle(i % n).cos())).ln()).sum();
    2.0_f64.ln() + 0.5 * sum / (n * n) as f64
}

/// The temperature against the root of sinh(2/T) = 1 by bisection, and against the place where Kramers and Wannier's dual temperature, tanh(1/T*) = e^{-2/T}, is the temperature itself.
#[test]
fn onsager_critical_temperature() {
    let t = onsager::critical_temperature();
    let (mut low, mut high) = (1.0, 4.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if (2.0_f64 / middle).sinh() > 1.0 { low = middle } else { high = middle }
    }
    assert!((t - low).abs() < 1e-14);
    assert!(((1.0 / t).tanh() - (-2.0 / t).exp()).abs() < 1e-15);
}

/// The energy against -∂ ln Z/∂β by differences of the double integral, against SciPy's elliptic integral, and against runs of a lattice of 64 × 64 away from the critical temperature.
#[test]
fn onsager_energy() {
    for t in [0.8, 1.5, 2.0, 2.6, 3.5, 10.0] {
        let h = 1e-4;
        let slope =
            (onsager_log_partition(1.0 / t + h) - onsager_log_partition(1.0 / t - h)) / (2.0 * h);
        // Differences err by h²; the sum converges exponentially where ln is smooth.
        assert!(
            (onsager::energy(t) + slope).abs() < 1e-6,
            "T = {t}: {} {slope}",
            onsager::energy(t)
        );
    }
    for (t, energy, magnetisation) in oracle().onsager {
        assert!((onsager::energy(t) - energy).abs() < 1e-12, "T = {t}");
        assert!((onsager::magnetisation(t) - magnetisation).abs() < 1e-12);
    }
    assert!((onsager::energy(onsager::critical_temperature()) + 2.0_f64.sqrt()).abs() < 1e-6);
    let mut rng = rng(36);
    for t in [1.8, 3.2] {
        let mut lattice = Lattice::new(64, 64, 1.0, 0.0, t).unwrap();
        (0..500).for_each(|_| lattice.sweep(&mut rng));
        let energies = Array1::from_shape_simple_fn(5000, || {
            lattice.sweep(&mut rng);
            lattice.energy()
        });
        assert!(chain_mean_is(&energies, onsager::energy(t)), "T = {t}");
    }
}

/// The magnetisation against runs of a lattice of 128 × 128 that starts with all spins up, at temperatures where its size no longer counts.
#[test]
fn onsager_magnetisation() {
    let mut rng = rng(37);
    for t in [1.6, 2.0] {
        let mut lattice = Lattice::new(128, 128, 1.0, 0.0, t).unwrap();
        (0..1000).for_each(|_| lattice.sweep(&mut rng));
        let m = Array1::from_shape_simple_fn(20_000, || {
            lattice.sweep(&mut rng);
            lattice.magnetisation()
        });
        assert!(
            chain_mean_is(&m, onsager::magnetisation(t)),
            "T = {t}: {} against {}",
            m.mean().unwrap(),
            onsager::magnetisation(t)
        );
    }
    // The exponent 1/8: m doubles when the distance to the critical temperature grows by 2⁸.
    let tc = onsager::critical_temperature();
    let ratio =
        onsager::magnetisation(tc * (1.0 - 256e-7)) / onsager::magnetisation(tc * (1.0 - 1e-7));
    assert!((ratio - 2.0).abs() < 1e-4);
}
