//! Chapter `divergences`.

use std::f64::consts::{E, LN_2, TAU};

use downhill::{
    divergences::{
        Categorical, Divergence, Empirical, Normal, miller_madow, nearest_neighbour_entropy,
        nearest_neighbour_kl,
    },
    energy::{Differentiable, DoubleWell, Energy, Mixture},
    rng,
};
use ndarray::{Array1, Array2, array};
use rand::{Rng, RngExt, seq::SliceRandom};
use rand_distr::{Distribution, Gamma, StandardNormal, weighted::WeightedIndex};

/// Probabilities from Dirichlet's distribution: the smaller `concentration`, the nearer some of them are to 0.
fn probabilities(k: usize, concentration: f64, rng: &mut impl Rng) -> Array1<f64> {
    let gamma = Gamma::new(concentration, 1.0).unwrap();
    let draws = Array1::from_shape_simple_fn(k, || gamma.sample(rng) + 1e-12);
    &draws / draws.sum()
}

fn categorical(p: &Array1<f64>) -> Categorical {
    Categorical::new(p).unwrap()
}

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

/// Σ p log(p / q), as it is written.
fn plain_kl(p: &Array1<f64>, q: &Array1<f64>) -> f64 {
    p.iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / q).ln()).sum()
}

/// −Σ p log p, as it is written.
fn plain_entropy(p: &Array1<f64>) -> f64 {
    p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

fn bell(x: f64, mean: f64, deviation: f64) -> f64 {
    (-0.5 * ((x - mean) / deviation).powi(2)).exp() / (deviation * TAU.sqrt())
}

/// The trapezoidal sum over 20,000 cells: for a smooth function that vanishes at both ends it errs by rounding alone.
fn integral(lo: f64, hi: f64, f: impl Fn(f64) -> f64) -> f64 {
    let step = (hi - lo) / 20_000.0;
    (0..=20_000).map(|i| f(lo + step * f64::from(i))).sum::<f64>() * step
}

/// D_KL(a ‖ b) of two densities by quadrature.
fn integral_kl(a: impl Fn(f64) -> f64, b: impl Fn(f64) -> f64) -> f64 {
    let term = |x: f64| if a(x) > 0.0 { a(x) * (a(x) / b(x)).ln() } else { 0.0 };
    integral(-40.0, 40.0, term)
}

/// By five points: wrong by h⁴ and by rounding over h.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// How often each of the outcomes came in `n` draws.
fn counts(p: &Array1<f64>, n: usize, rng: &mut impl Rng) -> Array1<f64> {
    let index = WeightedIndex::new(p).unwrap();
    let mut counts = Array1::zeros(p.len());
    for _ in 0..n {
        counts[index.sample(rng)] += 1.0;
    }
    counts
}

/// All ways in which `n` draws fall on three outcomes, with the probability of each.
fn all_counts(p: &Array1<f64>, n: usize) -> Vec<(Array1<f64>, f64)> {
    let log_factorial = |m: usize| (1..=m).map(|i| (i as f64).ln()).sum::<f64>();
    let mut all = Vec::new();
    for a in 0..=n {
        for b in 0..=n - a {
            let c = [a, b, n - a - b];
            let ways = log_factorial(n) - c.iter().map(|&c| log_factorial(c)).sum::<f64>();
            let log = (0..3).map(|i| c[i] as f64 * p[i].ln()).sum::<f64>();
            all.push((c.iter().map(|&c| c as f64).collect(), (ways + log).exp()));
        }
    }
    all
}

fn bumps(half_distance: f64) -> Mixture {
    Mixture::new(array![[-half_distance], [half_distance]], array![0.5, 0.5], 1.0).unwrap()
}

/// The density of two bumps, from its formula.
fn two_bells(x: f64, half_distance: f64) -> f64 {
    0.5 * bell(x, -half_distance, 1.0) + 0.5 * bell(x, half_distance, 1.0)
}

/// The mean number of yes-or-no questions by the best code, Huffman's.
fn huffman(p: &Array1<f64>) -> f64 {
    let mut nodes = p.to_vec();
    let mut questions = 0.0;
    while nodes.len() > 1 {
        nodes.sort_by(|a, b| b.total_cmp(a));
        let merged = nodes.pop().unwrap() + nodes.pop().unwrap();
        questions += merged;
        nodes.push(merged);
    }
    questions
}

/// The entropy against the sum written out; against the length of the best code, which it bounds from below within one
/// question and meets for powers of ½; and against additivity for independent pairs.
#[test]
fn shannon_entropy() {
    let mut rng = rng(1948);
    for k in [2, 3, 8, 50] {
        for concentration in [0.1, 1.0] {
            let (p, q) =
                (probabilities(k, concentration, &mut rng), probabilities(3, 1.0, &mut rng));
            let entropy = categorical(&p).entropy();
            assert!((entropy - plain_entropy(&p)).abs() < 1e-12);
            let questions = huffman(&p);
            assert!(entropy / LN_2 <= questions + 1e-12 && questions < entropy / LN_2 + 1.0);
            let pairs: Array1<f64> = p.iter().flat_map(|p| q.iter().map(move |q| p * q)).collect();
            assert!(
                (categorical(&pairs).entropy() - entropy - categorical(&q).entropy()).abs() < 1e-12
            );
            assert!(entropy <= (k as f64).ln());
        }
    }
    let halves = array![0.5, 0.25, 0.125, 0.0625, 0.0625];
    assert!((categorical(&halves).entropy() / LN_2 - huffman(&halves)).abs() < 1e-15);
    assert!((categorical(&Array1::ones(7)).entropy() - 7f64.ln()).abs() < 1e-15);
    assert_eq!(categorical(&array![0.0, 3.0]).entropy().to_bits(), 0, "certain, and not −0");
}

/// The cross-entropy against the mean surprise of draws, at 4 standard errors, and against the sum written out.
#[test]
fn cross_entropy() {
    let mut rng = rng(1);
    for _ in 0..5 {
        let (p, q) = (probabilities(6, 1.0, &mut rng), probabilities(6, 1.0, &mut rng));
        let exact = categorical(&p).cross_entropy(&categorical(&q));
        let sum: f64 = p.iter().zip(&q).map(|(p, q)| -p * q.ln()).sum();
        assert!((exact - sum).abs() < 1e-12);
        let index = WeightedIndex::new(&p).unwrap();
        let surprises: Vec<f64> = (0..20_000).map(|_| -q[index.sample(&mut rng)].ln()).collect();
        let (mean, error) = mean_and_error(&surprises);
        assert!((mean - exact).abs() < 4.0 * error);
    }
    // What p excludes q may exclude too; what p allows q must allow.
    let (some, all) = (array![1.0, 1.0, 0.0], array![1.0, 1.0, 2.0]);
    assert!((categorical(&some).cross_entropy(&categorical(&all)) - 4f64.ln()).abs() < 1e-15);
    assert_eq!(categorical(&all).cross_entropy(&categorical(&some)), f64::INFINITY);
}

/// The divergence of two normals on a grid against quadrature of the integral, against the closed form, and against the mean
/// log-ratio of draws at 4 standard errors.
#[test]
fn kl_divergence() {
    let mut rng = rng(2);
    let grid = Array1::linspace(-40.0, 40.0, 20_001);
    for (p, q) in [((0.0, 1.0), (0.0, 2.0)), ((0.3, 0.7), (-0.4, 1.1)), ((1.0, 2.0), (0.0, 1.5))] {
        let exact = Normal::new(p.0, p.1).unwrap().kl(&Normal::new(q.0, q.1).unwrap());
        let on_grid = |(m, s): (f64, f64)| {
            Categorical::from_log_weights(&grid.mapv(|x: f64| -0.5 * ((x - m) / s).powi(2)))
                .unwrap()
        };
        assert!((on_grid(p).kl(&on_grid(q)) - exact).abs() < 1e-12);
        assert!((integral_kl(|x| bell(x, p.0, p.1), |x| bell(x, q.0, q.1)) - exact).abs() < 1e-9);
        let ratios: Vec<f64> = normal(20_000, &mut rng)
            .iter()
            .map(|z| p.0 + p.1 * z)
            .map(|x| (bell(x, p.0, p.1) / bell(x, q.0, q.1)).ln())
            .collect();
        let (mean, error) = mean_and_error(&ratios);
        assert!((mean - exact).abs() < 4.0 * error);
    }
    assert_eq!(categorical(&array![1.0, 1.0]).kl(&categorical(&array![1.0, 0.0])), f64::INFINITY);
    assert_eq!(categorical(&array![1.0, 0.0]).kl(&categorical(&array![1.0, 1.0])), LN_2);
}

/// The cross-entropy less the entropy against the sum of logarithms of ratios.
#[test]
fn kl_excess_surprise() {
    let mut rng = rng(3);
    for _ in 0..1000 {
        let (p, q) = (probabilities(7, 0.3, &mut rng), probabilities(7, 0.3, &mut rng));
        let (p, q) = (categorical(&p), categorical(&q));
        let excess = p.cross_entropy(&q) - p.entropy();
        assert!((excess - p.kl(&q)).abs() < 1e-12 * (1.0 + excess));
    }
}

/// The sum of p log(p/q) − p + q, term by term not negative, against the sum without the last two; near p = q against the
/// parabola ½ Σ (p − q)²/q, to which it must keep its digits.
#[test]
fn kl_termwise() {
    let mut rng = rng(4);
    for _ in 0..1000 {
        let (p, q) = (probabilities(5, 0.5, &mut rng), probabilities(5, 0.5, &mut rng));
        let terms: Vec<f64> = p.iter().zip(&q).map(|(p, q)| p * (p / q).ln() - p + q).collect();
        assert!(terms.iter().all(|&term| term > -1e-15));
        let divergence = categorical(&p).kl(&categorical(&q));
        assert!((divergence - terms.iter().sum::<f64>()).abs() < 1e-12 * (1.0 + divergence));
        assert!((divergence - plain_kl(&p, &q)).abs() < 1e-12 * (1.0 + divergence));
    }
    for small in [1e-4, 1e-6, 1e-8] {
        let tilt = array![1.0, -2.0, 3.0, -2.0] * small;
        // log(1 + tilt), less the logarithm of the sum, is what from_log_weights makes of it.
        let p = Categorical::from_log_weights(&tilt).unwrap();
        let q = Categorical::from_log_weights(&Array1::zeros(4)).unwrap();
        let parabola = 0.5 * tilt.mapv(|t| t * t).sum() / 4.0;
        // The next term is smaller by the tilt itself; the logarithms are known to 1e-16 of 1, the tilt thus to 1e-16/small.
        assert!((p.kl(&q) / parabola - 1.0).abs() < 4.0 * small + 1e-15 / small, "{small}");
    }
}

/// The divergence is not negative for 10⁵ pairs and exactly 0 of a distribution from itself; descent in it from 20 starts ends at q = p.
#[test]
fn kl_minimum_zero() {
    let mut rng = rng(5);
    for _ in 0..100_000 {
        let (p, q) = (probabilities(5, 0.5, &mut rng), probabilities(5, 0.5, &mut rng));
        let (p, q) = (categorical(&p), categorical(&q));
        assert!(p.kl(&q) > 0.0);
        assert_eq!(p.kl(&p), 0.0);
    }
    let target = probabilities(5, 1.0, &mut rng);
    for _ in 0..20 {
        let mut scores = 3.0 * normal(5, &mut rng);
        for _ in 0..3000 {
            let q = Categorical::from_log_weights(&scores).unwrap().probabilities();
            scores -= &(q - &target);
        }
        let end = Categorical::from_log_weights(&scores).unwrap();
        assert!(categorical(&target).kl(&end) < 1e-15);
        assert!((end.probabilities() - &target).iter().all(|d| d.abs() < 1e-7));
    }
}

/// The gradient q − p against finite differences of the divergence in the scores of a softmax.
#[test]
fn kl_softmax_gradient() {
    let mut rng = rng(6);
    for _ in 0..20 {
        let p = probabilities(6, 0.5, &mut rng);
        let scores = normal(6, &mut rng);
        let q = Categorical::from_log_weights(&scores).unwrap().probabilities();
        for i in 0..6 {
            let difference = slope(|h| {
                let mut moved = scores.clone();
                moved[i] += h;
                categorical(&p).kl(&Categorical::from_log_weights(&moved).unwrap())
            });
            assert!((difference - (q[i] - p[i])).abs() < 1e-10);
        }
    }
}

/// Both directions between (0.9, 0.1) and (½, ½) against the definition: 0.3681 and 0.5108.
#[test]
fn kl_asymmetry() {
    let (p, q) = (categorical(&array![0.9, 0.1]), categorical(&array![0.5, 0.5]));
    assert!((p.kl(&q) - (0.9 * 1.8f64.ln() + 0.1 * 0.2f64.ln())).abs() < 1e-15);
    assert!((q.kl(&p) - (0.5 * (5.0f64 / 9.0).ln() + 0.5 * 5f64.ln())).abs() < 1e-15);
    assert!(q.kl(&p) - p.kl(&q) > 0.1);
}

/// Two normals, both ways, against quadrature: 0.318 and 0.807. Three of equal width, a step apart: the way round is half as far.
#[test]
fn relative_entropy_distance() {
    let (narrow, wide) = (Normal::new(0.0, 1.0).unwrap(), Normal::new(0.0, 2.0).unwrap());
    let there = integral_kl(|x| bell(x, 0.0, 1.0), |x| bell(x, 0.0, 2.0));
    let back = integral(-30.0, 30.0, |x| bell(x, 0.0, 2.0) * (-LN_2 + 0.375 * x * x));
    assert!((narrow.kl(&wide) - there).abs() < 1e-10 && (there - 0.3181).abs() < 1e-4);
    assert!((wide.kl(&narrow) - back).abs() < 1e-10 && (back - 0.807).abs() < 1e-3);
    let at = |m| Normal::new(m, 1.0).unwrap();
    assert_eq!(at(0.0).kl(&at(2.0)), 2.0 * (at(0.0).kl(&at(1.0)) + at(1.0).kl(&at(2.0))));
}

/// The triangle inequality by search among random triples: Kullback and Leibler's divergence breaks it, Jensen and Shannon's breaks it between
/// two certainties by way of their mixture (log 2 > 0.432), its square root never in 10⁵ triples.
#[test]
fn divergences_as_metrics() {
    let mut rng = rng(7);
    let mut broken = 0;
    for _ in 0..100_000 {
        let [p, q, r] = [0; 3].map(|_| categorical(&probabilities(4, 0.3, &mut rng)));
        broken += usize::from(p.kl(&r) > p.kl(&q) + q.kl(&r));
        assert!(p.js(&r).sqrt() <= p.js(&q).sqrt() + q.js(&r).sqrt() + 1e-12);
    }
    assert!(broken > 1000);
    let (p, q) = (categorical(&array![1.0, 0.0]), categorical(&array![0.0, 1.0]));
    let m = categorical(&array![1.0, 1.0]);
    assert!((p.js(&q) - LN_2).abs() < 1e-15);
    // JS from (1, 0) to (½, ½): the mean is (¾, ¼).
    let leg = 0.5 * (4.0f64 / 3.0).ln() + 0.5 * (0.5 * (2.0f64 / 3.0).ln() + 0.5 * LN_2);
    assert!((p.js(&m) - leg).abs() < 1e-15 && (2.0 * leg - 0.432).abs() < 5e-4);
    assert!(p.js(&q) > p.js(&m) + m.js(&q));
    assert!(p.js(&q).sqrt() < p.js(&m).sqrt() + m.js(&q).sqrt());
}

/// One outcome's p log(p/q) vanishes with p, against the definition; and yet the uniform density on [0, 1] is log 2 from that on [0, 2], of which ½ is
/// the sum of q over the cells where p is 0, in the form whose terms are not negative.
#[test]
fn kl_ignores_q_where_p_vanishes() {
    let mut before = f64::INFINITY;
    for exponent in 3..=12 {
        let p = 10f64.powi(-exponent);
        let local = (p * (p / 0.5).ln()).abs();
        assert!(local < before && local < 30.0 * p);
        before = local;
        // The other outcomes agree but for what they must leave: the whole is what q has there, ½ and more.
        let (few, half) = (array![p, 1.0 - p], array![0.5, 0.5]);
        assert!(
            (categorical(&few).kl(&categorical(&half)) - (LN_2 - plain_entropy(&few))).abs()
                < 1e-12
        );
    }
    let short = Array1::from_shape_fn(1000, |i| f64::from(i < 500));
    let (p, q) = (categorical(&short), categorical(&Array1::ones(1000)));
    assert!((p.kl(&q) - LN_2).abs() < 1e-12);
    let inside: f64 = (0..500).map(|_| 0.002 * LN_2 - 0.002 + 0.001).sum();
    assert!((p.kl(&q) - inside - 0.5).abs() < 1e-12);
}

/// The mean negative log-likelihood of draws against H(p̂) + KL(p̂ ‖ q), and the best of a family by either.
#[test]
fn maximum_likelihood_kl() {
    let mut rng = rng(8);
    let truth = probabilities(6, 1.0, &mut rng);
    let index = WeightedIndex::new(&truth).unwrap();
    let draws: Vec<usize> = (0..500).map(|_| index.sample(&mut rng)).collect();
    let mut counts = Array1::zeros(6);
    draws.iter().for_each(|&i| counts[i] += 1.0);
    let observed = categorical(&counts);
    // A family with one parameter: q(i) ∝ exp(θ i).
    let mut best = [(f64::INFINITY, 0.0); 2];
    for step in -300..=300 {
        let theta = f64::from(step) / 100.0;
        let weights = Array1::from_shape_fn(6, |i| (theta * i as f64).exp());
        let log_likelihood: f64 = draws.iter().map(|&i| (weights[i] / weights.sum()).ln()).sum();
        let divergence = observed.kl(&categorical(&weights));
        assert!(
            (-log_likelihood / 500.0 - observed.entropy() - divergence).abs()
                < 1e-12 * (1.0 + divergence)
        );
        for (best, value) in best.iter_mut().zip([-log_likelihood, divergence]) {
            if value < best.0 {
                *best = (value, theta);
            }
        }
    }
    assert_eq!(best[0].1, best[1].1);
    assert!(best[0].1.abs() < 3.0, "the best is inside the range");
}

/// The closed form against quadrature.
#[test]
fn kl_normals() {
    let mut rng = rng(9);
    for _ in 0..20 {
        let [m, n]: [f64; 2] = [0; 2].map(|_| rng.sample(StandardNormal));
        let [s, t]: [f64; 2] = [0; 2].map(|_| 0.5 + 2.0 * rng.random::<f64>());
        let exact = Normal::new(m, s).unwrap().kl(&Normal::new(n, t).unwrap());
        // The logarithm of the ratio by itself, for a ratio that underflows in the tails.
        let log_ratio =
            |x: f64| (t / s).ln() - 0.5 * ((x - m) / s).powi(2) + 0.5 * ((x - n) / t).powi(2);
        assert!(
            (integral(-40.0, 40.0, |x| bell(x, m, s) * log_ratio(x)) - exact).abs()
                < 1e-10 * (1.0 + exact)
        );
    }
}

/// The normal that covers two unequal bumps against the moments of the mixture; its divergence by quadrature has slope 0 in mean and deviation, and is the
/// least among 200 normals.
#[test]
fn kl_cover_moments() {
    let energy = Mixture::new(array![[-2.0], [3.0]], array![0.3, 0.7], 1.0).unwrap();
    let grid = Array1::linspace(-40.0, 40.0, 8001);
    let p = Categorical::from_log_weights(&grid.mapv(|x| -energy.energy(&array![x]))).unwrap();
    let best = Normal::cover(&grid, &p).unwrap();
    // Mean 0.3 · −2 + 0.7 · 3; variance 1 + 0.3 · 0.7 · 5².
    assert!((best.mean() - 1.5).abs() < 1e-12 && (best.deviation().powi(2) - 6.25).abs() < 1e-11);
    let density = |x: f64| 0.3 * bell(x, -2.0, 1.0) + 0.7 * bell(x, 3.0, 1.0);
    let divergence = |m: f64, s: f64| {
        let log_q = |x: f64| -0.5 * ((x - m) / s).powi(2) - (s * TAU.sqrt()).ln();
        integral(-12.0, 13.0, |x| density(x) * (density(x).ln() - log_q(x)))
    };
    let (m, s) = (best.mean(), best.deviation());
    let least = divergence(m, s);
    assert!(
        slope(|h| divergence(m + h, s)).abs() < 1e-9
            && slope(|h| divergence(m, s + h)).abs() < 1e-9
    );
    let mut rng = rng(10);
    for _ in 0..200 {
        let other =
            divergence(m + rng.sample::<f64, _>(StandardNormal), s * (0.5 + rng.random::<f64>()));
        assert!(other >= least);
    }
    // For samples the same normal has the highest likelihood.
    let x = 2.0 * normal(50, &mut rng) + 1.0;
    let q = Normal::cover(&x, &categorical(&Array1::ones(50))).unwrap();
    let log_likelihood = |m: f64, s: f64| x.iter().map(|&x| bell(x, m, s).ln()).sum::<f64>();
    assert!(slope(|h| log_likelihood(q.mean() + h, q.deviation())).abs() < 1e-8);
    assert!(slope(|h| log_likelihood(q.mean(), q.deviation() + h)).abs() < 1e-8);
}

/// The free energy plus log Z against the divergence KL(q ‖ p) by quadrature, for two bumps and for a double well.
#[test]
fn kl_seek_free_energy() {
    let mut rng = rng(11);
    let (pair, well) = (bumps(1.5), DoubleWell::new(2.0, 0.3).unwrap());
    let log_z_well = integral(-6.0, 6.0, |x| (-well.energy(&array![x])).exp()).ln();
    for _ in 0..10 {
        let (m, s): (f64, f64) = (rng.sample(StandardNormal), 0.3 + rng.random::<f64>());
        let q = Normal::new(m, s).unwrap();
        let log_q = |x: f64| -0.5 * ((x - m) / s).powi(2) - (s * TAU.sqrt()).ln();
        let far = integral(-20.0, 20.0, |x| bell(x, m, s) * (log_q(x) - two_bells(x, 1.5).ln()));
        assert!((q.free_energy(&pair) + pair.log_partition() - far).abs() < 1e-10);
        let far = integral(-20.0, 20.0, |x| {
            bell(x, m, s) * (log_q(x) + well.energy(&array![x]) + log_z_well)
        });
        assert!((q.free_energy(&well) + log_z_well - far).abs() < 1e-9 * (1.0 + far));
        assert!(far > 0.0);
    }
}

/// The slopes against E[E'(m + sz)] and E[z E'(m + sz)] − 1/s by quadrature, and these against finite differences of the free energy; where the descent ends, both vanish.
#[test]
fn kl_seek_gradient() {
    let pair = bumps(1.7);
    let force = |x: f64| pair.gradient(&array![x])[0];
    let by_mean = |m: f64, s: f64| integral(-12.0, 12.0, |z| bell(z, 0.0, 1.0) * force(m + s * z));
    let by_deviation = |m: f64, s: f64| {
        integral(-12.0, 12.0, |z| bell(z, 0.0, 1.0) * z * force(m + s * z)) - 1.0 / s
    };
    let free = |m: f64, s: f64| Normal::new(m, s).unwrap().free_energy(&pair);
    for (m, s) in [(0.0, 1.0), (0.4, 0.8), (-1.3, 1.4), (2.0, 2.0)] {
        assert!((slope(|h| free(m + h, s)) - by_mean(m, s)).abs() < 1e-10);
        assert!((slope(|h| free(m, s + h)) - by_deviation(m, s)).abs() < 1e-10);
        let slopes = Normal::new(m, s).unwrap().free_energy_slopes(&pair);
        assert!(
            (slopes.0 - by_mean(m, s)).abs() < 1e-10
                && (slopes.1 - by_deviation(m, s)).abs() < 1e-10
        );
        let end = Normal::seek(&pair, Normal::new(m, s).unwrap()).unwrap();
        // The descent stops at a slope of 1e-6 in m and log s.
        assert!(by_mean(end.mean(), end.deviation()).abs() < 1.1e-6);
        assert!((end.deviation() * by_deviation(end.mean(), end.deviation())).abs() < 1.1e-6);
        assert!(end.free_energy(&pair) <= free(m, s));
    }
}

/// The second difference of the free energy in the mean, where the descent ends, against 1/s²: at the centre and at the sides, whatever the distance.
#[test]
fn kl_seek_curvature() {
    for half_distance in [0.5, 1.5, 2.0, 3.0, 5.0] {
        for start in [0.0, half_distance] {
            let pair = bumps(half_distance);
            let end = Normal::seek(&pair, Normal::new(start, 1.0).unwrap()).unwrap();
            let (m, s) = (end.mean(), end.deviation());
            let h = 1e-3;
            let free = |m: f64| Normal::new(m, s).unwrap().free_energy(&pair);
            let curvature = (free(m + h) - 2.0 * free(m) + free(m - h)) / (h * h);
            // h² times the fourth derivative, below 1, and rounding, 1e-15/h².
            assert!(
                (curvature - 1.0 / (s * s)).abs() < 1e-5,
                "{half_distance} {start}: {curvature} {s}"
            );
        }
    }
}

/// For bumps far apart the two fits' divergences, by quadrature and by descent, against log 2 and ½ log(1 + a²) − log 2.
#[test]
fn kl_two_bumps() {
    for a in [6.0, 8.0, 10.0] {
        let grid = Array1::linspace(-100.0, 100.0, 10_001);
        let energy = bumps(a);
        let p = Categorical::from_log_weights(&grid.mapv(|x| -energy.energy(&array![x]))).unwrap();
        let on_grid =
            |q: &Normal| Categorical::from_log_weights(&grid.mapv(|x| q.log_density(x))).unwrap();
        let cover = Normal::cover(&grid, &p).unwrap();
        // What the bumps overlap is below e^(−a²/2) < 2e-8.
        assert!((p.kl(&on_grid(&cover)) - (0.5 * (1.0 + a * a).ln() - LN_2)).abs() < 1e-6);
        let seek = Normal::seek(&energy, Normal::new(0.5 * a, 1.0).unwrap()).unwrap();
        assert!((seek.free_energy(&energy) + energy.log_partition() - LN_2).abs() < 1e-6);
        assert!((on_grid(&seek).kl(&p) - LN_2).abs() < 1e-6);
        assert!((seek.mean() - a).abs() < 1e-5 && (seek.deviation() - 1.0).abs() < 1e-5);
    }
}

/// For unequal bumps far apart, the divergence where a descent ends on a bump, by quadrature, against −log of the bump's weight.
#[test]
fn kl_seek_weight() {
    for (start, weight) in [(-6.0, 0.9f64), (6.0, 0.1)] {
        let energy = Mixture::new(array![[-6.0], [6.0]], array![0.9, 0.1], 1.0).unwrap();
        let end = Normal::seek(&energy, Normal::new(start, 0.8).unwrap()).unwrap();
        let log_q = |x: f64| {
            -0.5 * ((x - end.mean()) / end.deviation()).powi(2)
                - (end.deviation() * TAU.sqrt()).ln()
        };
        let log_p = |x: f64| (0.9 * bell(x, -6.0, 1.0) + 0.1 * bell(x, 6.0, 1.0)).ln();
        let price =
            integral(-20.0, 20.0, |x| bell(x, end.mean(), end.deviation()) * (log_q(x) - log_p(x)));
        assert!((price + weight.ln()).abs() < 1e-6, "{price}");
    }
}

/// χ² against the square of the difference of the means over the variance, for random quantities; the ratio p/q itself attains it.
#[test]
fn chi_squared_mean_bound() {
    let mut rng = rng(29);
    for _ in 0..1000 {
        let (p, q) = (probabilities(5, 1.0, &mut rng), probabilities(5, 1.0, &mut rng));
        let bound = |g: &Array1<f64>| {
            let variance = q.dot(&(g * g)) - q.dot(g).powi(2);
            (p.dot(g) - q.dot(g)).powi(2) / variance
        };
        let exact = categorical(&p).divergence(&categorical(&q), Divergence::Pearson);
        assert!(bound(&normal(5, &mut rng)) <= exact * (1.0 + 1e-10));
        assert!((bound(&(&p / &q)) / exact - 1.0).abs() < 1e-9);
    }
}

/// The divergence against entropies, H(m) − (H(p) + H(q))/2, and against the mutual information of a fair coin and a draw from the distribution it chooses.
#[test]
fn js_divergence() {
    let mut rng = rng(12);
    for _ in 0..1000 {
        let (p, q) = (probabilities(6, 0.3, &mut rng), probabilities(6, 0.3, &mut rng));
        let js = categorical(&p).js(&categorical(&q));
        let middle = 0.5 * (&p + &q);
        let by_entropy = plain_entropy(&middle) - 0.5 * (plain_entropy(&p) + plain_entropy(&q));
        assert!((js - by_entropy).abs() < 1e-13);
        let by_kl = 0.5 * plain_kl(&p, &middle) + 0.5 * plain_kl(&q, &middle);
        assert!((js - by_kl).abs() < 1e-13);
        let halfway = categorical(&p).halfway(&categorical(&q));
        assert!((halfway.probabilities() - &middle).iter().all(|d| d.abs() < 1e-15));
        // I(coin; draw) = Σ joint log(joint / (½ · marginal)).
        let joint: Array1<f64> = p.iter().chain(&q).map(|p| 0.5 * p).collect();
        let independent: Array1<f64> = middle.iter().chain(&middle).map(|m| 0.5 * m).collect();
        assert!((js - plain_kl(&joint, &independent)).abs() < 1e-13);
    }
}

/// The divergence against itself with its arguments exchanged, for 1000 pairs.
#[test]
fn js_symmetric() {
    let mut rng = rng(13);
    for _ in 0..1000 {
        let (p, q) = (
            categorical(&probabilities(5, 0.3, &mut rng)),
            categorical(&probabilities(5, 0.3, &mut rng)),
        );
        assert_eq!(p.js(&q), q.js(&p));
    }
}

/// log 2 for disjoint supports, exactly; among 20,000 nearly certain pairs the largest comes near log 2, which is far below 1, and none exceeds it.
#[test]
fn js_divergence_bound() {
    let (p, q) =
        (categorical(&array![1.0, 3.0, 0.0, 0.0]), categorical(&array![0.0, 0.0, 2.0, 1.0]));
    assert!((p.js(&q) - LN_2).abs() < 1e-15);
    let mut rng = rng(14);
    let mut largest: f64 = 0.0;
    for _ in 0..20_000 {
        let (p, q) = (
            categorical(&probabilities(4, 0.1, &mut rng)),
            categorical(&probabilities(4, 0.1, &mut rng)),
        );
        largest = largest.max(p.js(&q));
        assert!(p.js(&q) > 0.0 && p.js(&p) == 0.0);
    }
    assert!(largest > 0.69 && largest <= LN_2 + 1e-15);
}

/// Between two point masses the one is infinite and the other jumps from 0 to log 2; between two normals t apart the one is t²/2 and the other
/// log 2 less ∫ p log(1 + q/p), by quadrature; and its slope at t = 20 is 1e-22.
#[test]
fn js_smoother_than_kl() {
    let point = |at: usize| categorical(&Array1::from_shape_fn(10, |i| f64::from(i == at)));
    for t in 1..10 {
        assert_eq!(point(0).kl(&point(t)), f64::INFINITY);
        assert!((point(0).js(&point(t)) - LN_2).abs() < 1e-15);
    }
    assert_eq!((point(0).js(&point(0)), point(0).kl(&point(0))), (0.0, 0.0));
    let grid = Array1::linspace(-20.0, 50.0, 14_001);
    let at =
        |t: f64| Categorical::from_log_weights(&grid.mapv(|x| -0.5 * (x - t).powi(2))).unwrap();
    let left =
        |t: f64| integral(-20.0, 40.0, |x| bell(x, 0.0, 1.0) * (t * (x - 0.5 * t)).exp().ln_1p());
    for t in [0.5, 2.0, 10.0, 20.0] {
        assert!((at(0.0).kl(&at(t)) - 0.5 * t * t).abs() < 1e-9);
        assert!((at(0.0).js(&at(t)) - (LN_2 - left(t))).abs() < 1e-12);
    }
    let flat = slope(|h| -left(20.0 + h));
    assert!(flat > 1e-22 && flat < 1.5e-22, "{flat:e}");
}

/// Each of the seven generators' divergences against its formula written out, with zeros on either side; exchanged arguments against the
/// reversed generator.
#[test]
fn f_divergence() {
    use Divergence::*;
    let plain = |f: Divergence, p: f64, q: f64| -> f64 {
        let m = 0.5 * (p + q);
        let log = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
        match f {
            KullbackLeibler => log(p, q),
            ReverseKullbackLeibler => log(q, p),
            JensenShannon => 0.5 * log(p, m) + 0.5 * log(q, m),
            TotalVariation => 0.5 * (p - q).abs(),
            SquaredHellinger => 0.5 * (p.sqrt() - q.sqrt()).powi(2),
            Pearson => {
                if p == q {
                    0.0
                } else {
                    (p - q).powi(2) / q
                }
            }
            Neyman => {
                if p == q {
                    0.0
                } else {
                    (p - q).powi(2) / p
                }
            }
        }
    };
    let mut rng = rng(15);
    for round in 0..2000 {
        let (mut p, mut q) = (probabilities(5, 0.5, &mut rng), probabilities(5, 0.5, &mut rng));
        match round % 4 {
            0 => p[0] = 0.0,
            1 => q[1] = 0.0,
            2 => (p[2], q[2]) = (0.0, 0.0),
            _ => {}
        }
        (p, q) = (&p / p.sum(), &q / q.sum());
        let (a, b) = (categorical(&p), categorical(&q));
        for f in Divergence::ALL {
            let expected: f64 = p.iter().zip(&q).map(|(&p, &q)| plain(f, p, q)).sum();
            let got = a.divergence(&b, f);
            assert!(
                got == expected || (got - expected).abs() < 1e-12 * (1.0 + expected),
                "{f:?} {got} {expected}"
            );
            assert_eq!(b.divergence(&a, f.reversed()), got, "{f:?}");
            assert_eq!(a.divergence(&a, f), 0.0);
            // The generator itself, at the ratio of the last outcome.
            let (p, q) = (p[4], q[4]);
            let shift = match f {
                KullbackLeibler => q - p,
                ReverseKullbackLeibler => p - q,
                _ => 0.0,
            };
            let expected = plain(f, p, q) + shift;
            assert!((q * f.generator(p / q) - expected).abs() < 1e-12 * (1.0 + expected), "{f:?}");
        }
    }
}

/// The conjugate against the supremum by brute force over t, and the slope against finite differences; where they meet, f(t) + f*(u) = ut.
#[test]
fn f_divergence_conjugate() {
    for f in Divergence::ALL {
        for i in 0..60 {
            // Dense where the supremum lies for these u, and 0 itself.
            let u = -3.0 + 0.0567 * f64::from(i);
            let exact = f.conjugate(u);
            let largest = (0..40_000)
                .map(|j| if j == 0 { 0.0 } else { (-8.0 + 0.0004 * f64::from(j)).exp() })
                .map(|t| u * t - f.generator(t))
                .fold(f64::NEG_INFINITY, f64::max);
            if exact.is_infinite() {
                // Then ut − f(t) rises without end.
                assert!(u * 1e9 - f.generator(1e9) > u * 1e8 - f.generator(1e8), "{f:?} {u}");
            } else {
                assert!(largest <= exact + 1e-12, "{f:?} {u}: {largest} {exact}");
                let inside = f.slope((-7.9f64).exp()) < u && u < f.slope(7.9f64.exp());
                let at_zero = u <= f.slope(1e-300);
                assert!(
                    !(inside || at_zero) || exact - largest < 1e-5 * (1.0 + exact.abs()),
                    "{f:?} {u}: {largest} {exact}"
                );
            }
        }
        for t in [0.03, 0.5, 0.9, 1.1, 2.0, 30.0] {
            let u = f.slope(t);
            let difference = slope(|h| f.generator(t * (1.0 + h))) / t;
            assert!((u - difference).abs() < 1e-7 * (1.0 + u.abs()), "{f:?} {t}: {u} {difference}");
            let gap = f.generator(t) + f.conjugate(u) - u * t;
            assert!(gap.abs() < 1e-12 * (1.0 + (u * t).abs()), "{f:?} {t}: {gap}");
        }
    }
}

/// The bound by 200 random critics never exceeds the divergence; the critic f'(p/q) attains it.
#[test]
fn f_divergence_variational() {
    let mut rng = rng(16);
    for f in Divergence::ALL {
        for _ in 0..20 {
            let (a, b) = (probabilities(5, 1.0, &mut rng), probabilities(5, 1.0, &mut rng));
            let (p, q) = (categorical(&a), categorical(&b));
            let exact = p.divergence(&q, f);
            let best = Array1::from_shape_fn(5, |i| f.slope(a[i] / b[i]));
            assert!(
                (p.variational_bound(&q, f, &best) - exact).abs() < 1e-11 * (1.0 + exact),
                "{f:?}"
            );
            for _ in 0..200 {
                let critic = &best + &(0.3 * normal(5, &mut rng));
                let bound = p.variational_bound(&q, f, &critic);
                assert!(bound <= exact + 1e-11 * (1.0 + exact), "{f:?}");
                // Written out: the mean of the critic under p less that of its conjugate under q.
                let plain: f64 =
                    (0..5).map(|i| a[i] * critic[i] - b[i] * f.conjugate(critic[i])).sum();
                assert!(
                    plain == bound || (plain - bound).abs() < 1e-12 * (1.0 + plain.abs()),
                    "{f:?}"
                );
            }
        }
    }
}

/// All orders of the numbers below `n`.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(n - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..n).map(move |at| {
                let mut order = order.clone();
                order.insert(at, n - 1);
                order
            })
        })
        .collect()
}

/// The distance of two sets of six samples against the cheapest of all 720 assignments.
#[test]
fn wasserstein_transport() {
    let mut rng = rng(17);
    let all = permutations(6);
    assert_eq!(all.len(), 720);
    for order in [1.0, 1.5, 2.0, 3.0] {
        for _ in 0..20 {
            let (x, y) = (normal(6, &mut rng), 2.0 * normal(6, &mut rng));
            let cheapest = all
                .iter()
                .map(|pairs| {
                    (0..6).map(|i| (x[i] - y[pairs[i]]).abs().powf(order)).sum::<f64>() / 6.0
                })
                .fold(f64::INFINITY, f64::min)
                .powf(1.0 / order);
            let distance = Empirical::new(&x)
                .unwrap()
                .wasserstein(&Empirical::new(&y).unwrap(), order)
                .unwrap();
            assert!((distance - cheapest).abs() < 1e-12);
        }
    }
}

/// The distance of 12 samples from 18 against the mean over the 36 pieces of (0, 1) on which both quantile functions are constant; the quantile
/// function against its definition by the distribution function.
#[test]
fn wasserstein_quantile() {
    let mut rng = rng(18);
    for order in [1.0, 2.0, 2.5] {
        let (p, q) = (normal(12, &mut rng), normal(18, &mut rng) + 0.5);
        let (p, q) = (Empirical::new(&p).unwrap(), Empirical::new(&q).unwrap());
        let pieces = (0..36).map(|i| (f64::from(i) + 0.5) / 36.0);
        let mean =
            pieces.map(|u| (p.quantile(u) - q.quantile(u)).abs().powf(order)).sum::<f64>() / 36.0;
        assert!((p.wasserstein(&q, order).unwrap() - mean.powf(1.0 / order)).abs() < 1e-12);
    }
    let (points, weights) = (array![3.0, 1.0, 2.0, 1.0], array![0.5, 0.125, 0.25, 0.125]);
    let p = Empirical::weighted(&points, &categorical(&weights)).unwrap();
    for i in 0..=1000 {
        let u = f64::from(i) / 1000.0;
        let x = p.quantile(u);
        assert!(p.cdf(x) >= u && p.cdf(x - 1e-9) < u.max(1e-300), "{u}");
    }
    for (x, expected) in [(0.9, 0.0), (1.0, 0.25), (2.5, 0.5), (3.0, 1.0)] {
        assert!((p.cdf(x) - expected).abs() < 1e-15);
    }
}

/// The distance of equally many samples against the mean over sorted pairs; to exchange two partners never makes it cheaper.
#[test]
fn wasserstein_sorted() {
    let mut rng = rng(19);
    let (mut x, mut y) = (normal(30, &mut rng).to_vec(), normal(30, &mut rng).to_vec());
    for order in [1.0f64, 2.0, 3.0] {
        x.shuffle(&mut rng);
        y.shuffle(&mut rng);
        let from = Empirical::new(&Array1::from_vec(x.clone())).unwrap();
        let distance = from
            .wasserstein(&Empirical::new(&Array1::from_vec(y.clone())).unwrap(), order)
            .unwrap();
        x.sort_by(f64::total_cmp);
        y.sort_by(f64::total_cmp);
        let cost =
            |y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - y).abs().powf(order)).sum::<f64>() / 30.0;
        assert!((distance.powf(order) - cost(&y)).abs() < 1e-12);
        for i in 0..30 {
            for j in 0..i {
                let mut crossed = y.clone();
                crossed.swap(i, j);
                assert!(cost(&crossed) >= cost(&y) - 1e-12);
            }
        }
    }
}

/// W₁ against the area between the distribution functions, summed from point to point.
#[test]
fn wasserstein_cdf() {
    let mut rng = rng(20);
    for (n, m) in [(1, 1), (5, 9), (40, 30)] {
        let (x, y) = (normal(n, &mut rng), 0.5 * normal(m, &mut rng) - 1.0);
        let mut edges: Vec<f64> = x.iter().chain(&y).copied().collect();
        edges.sort_by(f64::total_cmp);
        let below = |values: &Array1<f64>, at: f64| {
            values.iter().filter(|&&v| v <= at).count() as f64 / values.len() as f64
        };
        let area: f64 = edges
            .windows(2)
            .map(|e| (e[1] - e[0]) * (below(&x, e[0]) - below(&y, e[0])).abs())
            .sum();
        let (p, q) = (Empirical::new(&x).unwrap(), Empirical::new(&y).unwrap());
        assert!((p.wasserstein(&q, 1.0).unwrap() - area).abs() < 1e-12);
        assert!(edges.iter().all(|&e| (p.cdf(e) - below(&x, e)).abs() < 1e-15));
    }
}

/// W₁ against the means of critics of slope at most 1: the one that climbs where F lies below G attains it, 500 random ones do not exceed it.
#[test]
fn wasserstein_dual() {
    let mut rng = rng(21);
    let points = Array1::from_shape_fn(12, |i| i as f64 + 0.3 * (i as f64).sin());
    for _ in 0..20 {
        let (a, b) = (probabilities(12, 0.5, &mut rng), probabilities(12, 0.5, &mut rng));
        let (p, q) = (categorical(&a), categorical(&b));
        let distance = Empirical::weighted(&points, &p)
            .unwrap()
            .wasserstein(&Empirical::weighted(&points, &q).unwrap(), 1.0)
            .unwrap();
        let critic = |slopes: &dyn Fn(usize) -> f64| {
            let mut g = Array1::<f64>::zeros(12);
            for i in 1..12 {
                g[i] = g[i - 1] + slopes(i - 1) * (points[i] - points[i - 1]);
            }
            a.dot(&g) - b.dot(&g)
        };
        let gap = |i: usize| (0..=i).map(|j| b[j] - a[j]).sum::<f64>();
        assert!((critic(&|i| gap(i).signum()) - distance).abs() < 1e-12);
        for _ in 0..500 {
            let slopes: Vec<f64> = (0..12).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect();
            assert!(critic(&|i| slopes[i]) <= distance + 1e-12);
        }
    }
}

/// W₂ of samples against shifted and stretched copies of themselves, where the closed form holds exactly, and against independent draws of two
/// normals, 100,000 each, to 2 per cent.
#[test]
fn wasserstein_normals() {
    let mut rng = rng(22);
    let z = normal(1000, &mut rng);
    let z = &z - z.mean().unwrap();
    let z = &z / (z.dot(&z) / 1000.0).sqrt();
    for ((m, s), (n, t)) in
        [((0.0, 1.0), (3.0, 2.0)), ((1.0, 0.1), (1.0, 5.0)), ((-2.0, 2.0), (2.0, 2.0))]
    {
        let exact = f64::hypot(m - n, s - t);
        let copy = |m: f64, s: f64| Empirical::new(&z.mapv(|z| m + s * z)).unwrap();
        assert!((copy(m, s).wasserstein(&copy(n, t), 2.0).unwrap() - exact).abs() < 1e-12);
        let mut draw = |m: f64, s: f64| {
            Empirical::new(&normal(100_000, &mut rng).mapv(|z| m + s * z)).unwrap()
        };
        let (p, q) = (draw(m, s), draw(n, t));
        // The mean of 100,000 draws is off by s/316 or less than 1 per cent of the distance here.
        assert!((p.wasserstein(&q, 2.0).unwrap() / exact - 1.0).abs() < 0.02);
    }
}

/// The mean entropy of frequencies over all 5151 outcomes of 100 draws, against the entropy less (k − 1)/2n, and less the next term of the series.
#[test]
fn plug_in_entropy_bias() {
    let p = array![0.5, 0.3, 0.2];
    let n = 100;
    let all = all_counts(&p, n);
    assert!((all.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
    let mean: f64 = all.iter().map(|(counts, weight)| weight * categorical(counts).entropy()).sum();
    let bias = mean - plain_entropy(&p);
    let n = n as f64;
    assert!((bias + 2.0 / (2.0 * n)).abs() < 0.05 * bias.abs());
    // (1 − Σ 1/p) / 12 n²; what follows is of the order n⁻³ Σ p⁻².
    let next = (1.0 - p.mapv(f64::recip).sum()) / (12.0 * n * n);
    assert!((bias + 1.0 / n - next).abs() < 10.0 / (n * n * n));
}

/// The mean divergence of frequencies from the truth over all outcomes of 100 draws against the missing entropy; for 20 outcomes, 2n times it against the mean
/// and the variance of χ² with 19 degrees of freedom, by 5000 repetitions at 4 standard errors and what the next term of the series adds.
#[test]
fn plug_in_kl_bias() {
    let p = array![0.5, 0.3, 0.2];
    let all = all_counts(&p, 100);
    let truth = categorical(&p);
    let divergence: f64 =
        all.iter().map(|(counts, weight)| weight * categorical(counts).kl(&truth)).sum();
    let entropy: f64 =
        all.iter().map(|(counts, weight)| weight * categorical(counts).entropy()).sum();
    assert!((divergence - (truth.entropy() - entropy)).abs() < 1e-12);
    assert!((divergence - 0.01).abs() < 0.05 * divergence);

    let (mut rng, n) = (rng(23), 1000);
    let p = Array1::from_elem(20, 0.05);
    let truth = categorical(&p);
    let doubled: Vec<f64> = (0..5000)
        .map(|_| 2.0 * n as f64 * categorical(&counts(&p, n, &mut rng)).kl(&truth))
        .collect();
    let (mean, error) = mean_and_error(&doubled);
    // The next term, (Σ 1/p − 1)/6n, is 0.07 here.
    assert!((mean - 19.0 - 399.0 / 6000.0).abs() < 4.0 * error);
    let variance = error * error * 5000.0;
    // The variance of χ² is known from 5000 draws to √(2/5000 + 12/(19 · 5000)) of itself, 2.3 per cent.
    assert!((variance / 38.0 - 1.0).abs() < 0.1, "{variance}");
}

/// The corrected entropy against its formula, and its mean over all outcomes of 50 draws: less than a tenth of the bias is left.
#[test]
fn miller_madow_correction() {
    let p = array![0.4, 0.35, 0.25];
    let all = all_counts(&p, 50);
    let (mut plain, mut corrected) = (0.0, 0.0);
    for (counts, weight) in &all {
        let frequencies = counts / 50.0;
        let seen = counts.iter().filter(|&&c| c > 0.0).count() as f64;
        let entropy = plain_entropy(&frequencies);
        assert!((miller_madow(counts).unwrap() - entropy - (seen - 1.0) / 100.0).abs() < 1e-13);
        plain += weight * entropy;
        corrected += weight * miller_madow(counts).unwrap();
    }
    let truth = plain_entropy(&p);
    assert!((corrected - truth).abs() < 0.1 * (truth - plain) && truth - plain > 0.01);
}

/// The estimate from normals in one, two and three dimensions against d/2 · log 2πe, by 50 repetitions at 4 standard errors and a bias of 0.02, in three
/// dimensions 0.06; and samples stretched by c against d log c more.
#[test]
fn nearest_neighbour_entropy_estimate() {
    let mut rng = rng(24);
    for (d, k) in [(1, 1), (2, 3), (3, 3)] {
        let mut draw =
            || Array2::from_shape_simple_fn((400, d), || rng.sample::<f64, _>(StandardNormal));
        let samples = draw();
        let gain = nearest_neighbour_entropy(&(3.0 * &samples), k).unwrap()
            - nearest_neighbour_entropy(&samples, k).unwrap();
        assert!((gain - d as f64 * 3f64.ln()).abs() < 1e-12);
        let estimates: Vec<f64> =
            (0..50).map(|_| nearest_neighbour_entropy(&draw(), k).unwrap()).collect();
        let (mean, error) = mean_and_error(&estimates);
        // In three dimensions the density bends within a ball of neighbours: some hundredths.
        let bias = if d == 3 { 0.06 } else { 0.02 };
        assert!((mean - 0.5 * d as f64 * (TAU * E).ln()).abs() < 4.0 * error + bias, "{d}: {mean}");
    }
    assert!((Normal::new(3.0, 2.0).unwrap().entropy() - LN_2 - 0.5 * (TAU * E).ln()).abs() < 1e-15);
    let by_quadrature = integral(-30.0, 30.0, |x| {
        -bell(x, 0.0, 2.0) * Normal::new(0.0, 2.0).unwrap().log_density(x)
    });
    assert!((Normal::new(3.0, 2.0).unwrap().entropy() - by_quadrature).abs() < 1e-10);
}

/// The estimate from samples of two normals, in one dimension and in two independent ones, as many of each and five times as many of q, against the
/// closed form, by 50 repetitions at 4 standard errors and a bias of 0.02; a stretch of both changes nothing.
#[test]
fn nearest_neighbour_kl_estimate() {
    let mut rng = rng(25);
    let (p, q) = (Normal::new(0.0, 1.0).unwrap(), Normal::new(0.5, 1.5).unwrap());
    for (n, m, d) in [(600, 600, 1), (300, 1500, 2)] {
        let mut draw = |normal: &Normal, count: usize| {
            Array2::from_shape_simple_fn((count, d), || {
                normal.mean() + normal.deviation() * rng.sample::<f64, _>(StandardNormal)
            })
        };
        let (x, y) = (draw(&p, n), draw(&q, m));
        let once = nearest_neighbour_kl(&x, &y, 4).unwrap();
        assert!((nearest_neighbour_kl(&(7.0 * &x), &(7.0 * &y), 4).unwrap() - once).abs() < 1e-12);
        let estimates: Vec<f64> =
            (0..50).map(|_| nearest_neighbour_kl(&draw(&p, n), &draw(&q, m), 4).unwrap()).collect();
        let (mean, error) = mean_and_error(&estimates);
        // Independent coordinates add their divergences.
        let closed = d as f64 * p.kl(&q);
        assert!((mean - closed).abs() < 4.0 * error + 0.02, "{d}: {mean} {closed}");
    }
}

/// Total variation against √(KL/2) for 10⁵ pairs; near p = q the two are within 1 per cent for two outcomes of equal probability.
#[test]
fn pinsker_inequality() {
    let mut rng = rng(26);
    for _ in 0..100_000 {
        let (p, q) = (
            categorical(&probabilities(3, 0.5, &mut rng)),
            categorical(&probabilities(3, 0.5, &mut rng)),
        );
        assert!(p.divergence(&q, Divergence::TotalVariation) <= (0.5 * p.kl(&q)).sqrt() + 1e-12);
    }
    let (p, q) = (categorical(&array![0.51, 0.49]), categorical(&array![0.5, 0.5]));
    let quotient = p.divergence(&q, Divergence::TotalVariation) / (0.5 * p.kl(&q)).sqrt();
    assert!(quotient < 1.0 && quotient > 0.99);
}

/// Each f-divergence before and after two outcomes are merged, for random pairs: it never rises; and not at all when the ratios of the two agree.
#[test]
fn f_divergence_merging() {
    let mut rng = rng(27);
    let merged = |p: &Array1<f64>| array![p[0] + p[1], p[2], p[3]];
    for _ in 0..5000 {
        let (p, mut q) = (probabilities(4, 1.0, &mut rng), probabilities(4, 1.0, &mut rng));
        for f in Divergence::ALL {
            let before = categorical(&p).divergence(&categorical(&q), f);
            let after = categorical(&merged(&p)).divergence(&categorical(&merged(&q)), f);
            assert!(after <= before + 1e-12 * (1.0 + before), "{f:?}");
        }
        (q[0], q[1]) = (p[0] * (q[0] + q[1]) / (p[0] + p[1]), p[1] * (q[0] + q[1]) / (p[0] + p[1]));
        let before = categorical(&p).kl(&categorical(&q));
        assert!(
            (categorical(&merged(&p)).kl(&categorical(&merged(&q))) - before).abs()
                < 1e-12 * (1.0 + before)
        );
    }
}

/// The divergence of two joint distributions of 3 × 4 outcomes against that of the rows' marginals and the mean of those of the conditionals.
#[test]
fn kl_chain_rule() {
    let mut rng = rng(28);
    for _ in 0..1000 {
        let [p, q] =
            [0; 2].map(|_| probabilities(12, 0.5, &mut rng).into_shape_with_order((3, 4)).unwrap());
        let joint = categorical(&p.flatten().to_owned()).kl(&categorical(&q.flatten().to_owned()));
        let marginal = |p: &Array2<f64>| p.sum_axis(ndarray::Axis(1));
        let (a, b) = (marginal(&p), marginal(&q));
        let inner: f64 =
            (0..3).map(|i| a[i] * plain_kl(&(&p.row(i) / a[i]), &(&q.row(i) / b[i]))).sum();
        assert!((joint - plain_kl(&a, &b) - inner).abs() < 1e-12 * (1.0 + joint));
    }
}
