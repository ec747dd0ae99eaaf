//! Chapter `introduction`.

use std::collections::BTreeSet;

use downhill::{
    Error, data,
    energy::{Differentiable, Energy},
    hopfield::Hopfield,
    introduction::{
        Covariance, GaussianDiscriminant, KMeans, Logistic, Tally, Wells, epsilon_greedy, log_loss,
        log_loss_gradient, logistic, play, ucb1,
    },
    ols::{Ols, add_intercept},
    perceptron::Perceptron,
    rng,
    sampling::{Kernel, Metropolis},
};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, array, s};
use rand::{Rng, RngExt, seq::SliceRandom};
use rand_distr::{Beta, StandardNormal};

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

fn square_distance(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Labels drawn from the logistic model with the given log-odds.
fn labels(log_odds: &Array1<f64>, rng: &mut impl Rng) -> Array1<f64> {
    log_odds.mapv(|z| if rng.random::<f64>() < 1.0 / (1.0 + (-z).exp()) { 1.0 } else { 0.0 })
}

/// The slope of `f` at `x` by central differences.
fn differences(f: impl Fn(&Array1<f64>) -> f64, x: &Array1<f64>, h: f64) -> Array1<f64> {
    Array1::from_shape_fn(x.len(), |j| {
        let (mut up, mut down) = (x.clone(), x.clone());
        up[j] += h;
        down[j] -= h;
        (f(&up) - f(&down)) / (2.0 * h)
    })
}

/// Two round clouds of 300 points, six standard deviations apart, and which is which.
fn two_clouds(rng: &mut impl Rng) -> (Array2<f64>, Vec<usize>) {
    let mut x = normal_matrix(600, 2, rng);
    let names: Vec<usize> = (0..600).map(|i| i % 2).collect();
    for (mut row, &name) in x.rows_mut().into_iter().zip(&names) {
        row[0] += 6.0 * name as f64;
    }
    (x, names)
}

/// Mean and standard error of a correlated sequence by the means of 50 long batches.
fn batch_mean(values: &[f64]) -> (f64, f64) {
    let means: Vec<f64> = values
        .chunks_exact(values.len() / 50)
        .map(|b| b.iter().sum::<f64>() / b.len() as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / 50.0;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 49.0;
    (mean, (variance / 50.0).sqrt())
}

/// The logarithm of the odds p / (1 - p) against the sum that the model reads as log-odds; the function against the
/// hyperbolic tangent, and at the ends of the range of numbers against its limits.
#[test]
fn logistic_model() {
    let mut rng = rng(1);
    let (x, y) = (normal_matrix(200, 2, &mut rng), normal(200, &mut rng));
    let y = labels(&(&x.column(0) + &y * 0.1), &mut rng);
    let model = Logistic::fit(&x, &y, 0.0).unwrap();
    let p = model.probability(&x);
    for i in 0..200 {
        let sum = model.weights()[0] * x[[i, 0]] + model.weights()[1] * x[[i, 1]] + model.bias();
        assert!(((p[i] / (1.0 - p[i])).ln() - sum).abs() < 1e-12);
        assert!((model.log_odds(&x)[i] - sum).abs() < 1e-13);
    }
    for z in Array1::linspace(-30.0, 30.0, 121) {
        assert!((logistic(z) - 0.5 * (1.0 + (0.5 * z).tanh())).abs() < 1e-15);
        assert!((logistic(z) + logistic(-z) - 1.0).abs() < 1e-15);
    }
    assert!((logistic(-700.0) / f64::exp(-700.0) - 1.0).abs() < 1e-13);
    assert_eq!((logistic(f64::MIN), logistic(f64::MAX)), (0.0, 1.0));
}

/// The loss against the logarithm of the product of the labels' probabilities; at log-odds of 1000, where that product is 0,
/// against its asymptote.
#[test]
fn logistic_log_loss() {
    let mut rng = rng(2);
    let (x, alpha) = (normal_matrix(20, 3, &mut rng), normal(3, &mut rng));
    let y = labels(&x.dot(&alpha), &mut rng);
    let likelihood: f64 = (0..20)
        .map(|i| {
            let p = 1.0 / (1.0 + (-x.row(i).dot(&alpha)).exp());
            if y[i] == 1.0 { p } else { 1.0 - p }
        })
        .product();
    assert!((log_loss(&x, &y, &alpha) / (-likelihood.ln() / 20.0) - 1.0).abs() < 1e-13);
    assert_eq!(log_loss(&array![[1000.0]], &array![0.0], &array![1.0]), 1000.0);
    assert_eq!(log_loss(&array![[1000.0]], &array![1.0], &array![1.0]), 0.0);
    assert!((log_loss(&x, &y, &Array1::zeros(3)) - f64::ln(2.0)).abs() < 1e-15);
}

/// The gradient in closed form against central differences of the loss.
#[test]
fn logistic_log_loss_gradient() {
    let mut rng = rng(3);
    let x = normal_matrix(30, 4, &mut rng);
    for _ in 0..20 {
        let alpha = normal(4, &mut rng);
        let y = labels(&x.dot(&alpha), &mut rng);
        let slope = differences(|a| log_loss(&x, &y, a), &(&alpha * 0.5), 1e-5);
        // Truncation, h² times the third derivative, is the larger error.
        assert!(furthest(&log_loss_gradient(&x, &y, &(&alpha * 0.5)), &slope) < 1e-9);
    }
}

/// The curvature, a double sum, against differences of the gradient; it is nowhere negative. Newton's minimum against a long
/// gradient descent, with a penalty on the weights but not on the bias. Where a plane parts the classes there is none.
#[test]
fn logistic_curvature() {
    let mut rng = rng(4);
    let (x, alpha) = (normal_matrix(80, 3, &mut rng), array![0.7, -1.1, 0.4]);
    let y = labels(&(x.dot(&alpha) + 0.5), &mut rng);
    let h = 1e-5;
    for j in 0..3 {
        let (mut up, mut down) = (alpha.clone(), alpha.clone());
        up[j] += h;
        down[j] -= h;
        let column =
            (log_loss_gradient(&x, &y, &up) - log_loss_gradient(&x, &y, &down)) / (2.0 * h);
        for k in 0..3 {
            let sum: f64 = (0..80)
                .map(|i| {
                    let p = 1.0 / (1.0 + (-x.row(i).dot(&alpha)).exp());
                    x[[i, j]] * p * (1.0 - p) * x[[i, k]] / 80.0
                })
                .sum();
            assert!((column[k] - sum).abs() < 1e-9);
        }
    }
    let (along, from) = (normal(3, &mut rng), normal(3, &mut rng));
    let at = |t: f64| log_loss(&x, &y, &(&from + &(&along * t)));
    for t in Array1::linspace(-5.0, 5.0, 101) {
        assert!(at(t - 0.1) + at(t + 0.1) - 2.0 * at(t) >= 0.0);
    }

    let with_ones = add_intercept(&x);
    for penalty in [0.0, 0.05, 3.0] {
        let mut slow: Array1<f64> = Array1::zeros(4);
        for _ in 0..20_000 {
            let mut slope = log_loss_gradient(&with_ones, &y, &slow);
            slope.slice_mut(s![1..]).scaled_add(penalty, &slow.slice(s![1..]));
            slow.scaled_add(-0.3, &slope);
        }
        let model = Logistic::fit(&x, &y, penalty).unwrap();
        assert!((model.bias() - slow[0]).abs() < 1e-10, "{} {}", model.bias(), slow[0]);
        assert!(furthest(&model.weights(), &slow.slice(s![1..])) < 1e-10);
    }
    let parted = x.column(0).mapv(|v| if v > 0.2 { 1.0 } else { 0.0 });
    let refusal = Logistic::fit(&x, &parted, 0.0).unwrap_err();
    assert!(matches!(refusal, Error::Parameter { what: "lambda", .. }), "{refusal}");
    assert!(Logistic::fit(&x, &parted, 1e-6).is_ok());
}

/// Three models fitted by closed form or Newton against plain descent on their losses: a normal law by its mean surprise, a
/// line by its squared misses, a logistic model by its mean surprise.
#[test]
fn loss_minimisation_ingredients() {
    let mut rng = rng(5);
    let x = normal_matrix(50, 1, &mut rng) * 1.7 + 0.6;
    // The parameters are μ and ln σ, the surprise ln σ + (x - μ)²/2σ² + ½ ln 2π.
    let surprise = |a: &Array1<f64>| {
        let squares: f64 = x.iter().map(|x| (x - a[0]).powi(2)).sum();
        a[1] + squares / (100.0 * (2.0 * a[1]).exp()) + 0.5 * std::f64::consts::TAU.ln()
    };
    let mut a = array![0.0, 0.0];
    for _ in 0..3000 {
        a = &a - &(differences(surprise, &a, 1e-5) * 0.1);
    }
    let law = GaussianDiscriminant::fit(&x, &[0; 50], Covariance::Shared, 0.0).unwrap();
    // Central differences place the minimum to about h².
    assert!((law.means()[[0, 0]] - a[0]).abs() < 1e-8);
    let peak = -law.log_density(law.means())[0] - 0.5 * std::f64::consts::TAU.ln();
    assert!((peak - a[1]).abs() < 1e-8);
    assert!((-law.log_density(&x).mean().unwrap() - surprise(&a)).abs() < 1e-12);

    let design = add_intercept(&x);
    let y = x.column(0).mapv(|x| 1.0 - 2.0 * x) + normal(50, &mut rng);
    let mut theta = Array1::zeros(2);
    for _ in 0..3000 {
        theta -= &(downhill::ols::cost_gradient(&design, &y, &theta) * 0.1);
    }
    assert!(furthest(&theta, Ols::fit(&design, &y).unwrap().coefficients()) < 1e-10);

    let y = labels(&(&x.column(0) - 0.5), &mut rng);
    let model = Logistic::fit(&x, &y, 0.0).unwrap();
    for start in [array![0.0, 0.0], array![3.0, -2.0]] {
        let mut alpha = start;
        for _ in 0..20_000 {
            alpha -= &(log_loss_gradient(&design, &y, &alpha) * 0.5);
        }
        assert!(furthest(&alpha, &array![model.bias(), model.weights()[0]]) < 1e-10);
    }
}

/// Four kinds of fit on the rows of a table in two orders: the same answer. The perceptron, which corrects itself row by row, ends at
/// another of the planes that part the classes, after another number of mistakes.
#[test]
fn observation_and_feature() {
    let mut rng = rng(6);
    let x = normal_matrix(40, 3, &mut rng);
    let y = labels(&(&x.column(0) * 0.8), &mut rng);
    let mut order: Vec<usize> = (0..40).collect();
    order.shuffle(&mut rng);
    let (xs, ys) = (x.select(Axis(0), &order), y.select(Axis(0), &order));
    let (a, b) = (Logistic::fit(&x, &y, 0.0).unwrap(), Logistic::fit(&xs, &ys, 0.0).unwrap());
    assert!(furthest(&a.weights(), &b.weights()) < 1e-12);
    let (a, b) = (Ols::fit(&x, &y).unwrap(), Ols::fit(&xs, &ys).unwrap());
    assert!(furthest(a.coefficients(), b.coefficients()) < 1e-13);
    let names = |y: &Array1<f64>| y.mapv(|y| y as usize).to_vec();
    let law = |x, y| GaussianDiscriminant::fit(x, &names(y), Covariance::PerClass, 0.0).unwrap();
    assert!(furthest(&law(&x, &y).log_density(&x), &law(&xs, &ys).log_density(&x)) < 1e-12);
    let start = x.slice(s![..3, ..]);
    let (a, b) = (KMeans::fit_from(&x, &start).unwrap(), KMeans::fit_from(&xs, &start).unwrap());
    assert!((a.centres() - b.centres()).iter().all(|d| d.abs() < 1e-13));
    assert!(order.iter().zip(b.labels()).all(|(&i, &label)| a.labels()[i] == label));

    let sides = x.column(0).mapv(f64::signum);
    let (mut a, mut b) = (Perceptron::new(3), Perceptron::new(3));
    let mistakes = a.train(&x, &sides, 10_000).unwrap();
    let mistakes_then = b.train(&xs, &sides.select(Axis(0), &order), 10_000).unwrap();
    assert_ne!(mistakes, mistakes_then);
    let angle = a.weights().dot(b.weights())
        / (a.weights().dot(a.weights()) * b.weights().dot(b.weights())).sqrt();
    assert!(angle < 0.999_999, "{angle}");
}

/// Two ways to predict that minimise nothing: the nearest neighbour against the Bayes-optimal rule on two clouds, and Laplace's
/// count against the frequency among coins of unknown bias that paid as often.
#[test]
fn optimisation_at_heart_of_ml() {
    let mut rng = rng(7);
    let ((x, names), (new, _)) = (two_clouds(&mut rng), two_clouds(&mut rng));
    let rule =
        GaussianDiscriminant::fit(&x, &names, Covariance::Shared, 0.0).unwrap().predict(&new);
    let agreeing = new
        .rows()
        .into_iter()
        .zip(rule)
        .filter(|(row, rule)| {
            let nearest = (0..600).min_by(|&i, &j| {
                square_distance(&x.row(i), row).total_cmp(&square_distance(&x.row(j), row))
            });
            names[nearest.unwrap()] == *rule
        })
        .count();
    assert!(agreeing as f64 > 0.99 * 600.0, "{agreeing}");

    let (mut next, mut seen) = (0.0, 0.0);
    for _ in 0..200_000 {
        let bias: f64 = rng.random();
        if (0..5).filter(|_| rng.random_bool(bias)).count() == 4 {
            seen += 1.0;
            next += f64::from(rng.random_bool(bias));
        }
    }
    let expected = 5.0 / 7.0;
    assert!((next / seen - expected).abs() < 4.0 * f64::sqrt(expected * (1.0 - expected) / seen));
}

/// The mean (r + 1)/(n + 2) against Simpson's rule for the two integrals, and against draws from the Beta distribution.
#[test]
fn beta_bernoulli_mean() {
    let mut rng = rng(8);
    let simpson = |f: &dyn Fn(f64) -> f64| -> f64 {
        let n = 2000;
        (0..=n)
            .map(|i| {
                let weight = if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
                weight * f(f64::from(i) / f64::from(n)) / (3.0 * f64::from(n))
            })
            .sum()
    };
    for (r, n) in [(0, 0), (0, 4), (3, 4), (7, 7), (12, 30)] {
        let moment = |k: i32| simpson(&|m: f64| m.powi(r + k) * (1.0 - m).powi(n - r));
        let mean = f64::from(r + 1) / f64::from(n + 2);
        assert!((moment(1) / moment(0) - mean).abs() < 1e-10);
        let variance = mean * (1.0 - mean) / f64::from(n + 3);
        let posterior = Beta::new(f64::from(1 + r), f64::from(1 + n - r)).unwrap();
        let drawn = (0..10_000).map(|_| rng.sample(posterior)).sum::<f64>() / 10_000.0;
        assert!((drawn - mean).abs() < 4.0 * (variance / 10_000.0).sqrt());
    }
}

/// A classifier's answer is one of its classes and jumps; a line's changes by its slope times the step; clusters named in another
/// order have the same distortion.
#[test]
fn classification_regression_clustering() {
    let mut rng = rng(9);
    let (x, names) = two_clouds(&mut rng);
    let walk =
        Array2::from_shape_fn((1001, 2), |(i, j)| if j == 0 { i as f64 * 0.006 } else { 0.0 });
    let answers =
        GaussianDiscriminant::fit(&x, &names, Covariance::Shared, 0.0).unwrap().predict(&walk);
    assert!(answers.iter().all(|&k| k < 2));
    assert_eq!(answers.windows(2).filter(|w| w[0] != w[1]).count(), 1);

    let y = x.dot(&array![0.5, -1.0]);
    let line = Ols::fit(&add_intercept(&x), &y).unwrap();
    let predictions = line.predict(&add_intercept(&walk));
    for i in 1..1001 {
        assert!((predictions[i] - predictions[i - 1] - 0.006 * 0.5).abs() < 1e-12);
    }

    for _ in 0..20 {
        let x = normal_matrix(60, 2, &mut rng);
        let (start, order) = (x.slice(s![..4, ..]).to_owned(), [2, 0, 3, 1]);
        let (a, b) = (
            KMeans::fit_from(&x, &start).unwrap(),
            KMeans::fit_from(&x, &start.select(Axis(0), &order)).unwrap(),
        );
        assert!(a.labels().iter().zip(b.labels()).all(|(&k, &l)| k == order[l]));
        assert!((a.distortion() - b.distortion()).abs() < 1e-12 * a.distortion());
    }
}

/// The distortion against the double sum over samples and features, on data far from the origin; the lowest of many descents
/// against all 3¹² ways to cut twelve points into three groups.
#[test]
fn k_means_distortion() {
    let mut rng = rng(10);
    let x = normal_matrix(300, 3, &mut rng) + 1e6;
    let clusters = KMeans::fit(&x, 5, &mut rng).unwrap();
    let mut sum = 0.0;
    for i in 0..300 {
        for j in 0..3 {
            sum += (x[[i, j]] - clusters.centres()[[clusters.labels()[i], j]]).powi(2);
        }
    }
    // The centres, near 10⁶, are known to 10⁻¹⁰.
    assert!((clusters.distortion() / sum - 1.0).abs() < 1e-8);

    let x = normal_matrix(12, 2, &mut rng);
    let mut best = f64::INFINITY;
    for code in 0..3_usize.pow(12) {
        let groups: Vec<usize> = (0..12).map(|i| code / 3_usize.pow(i) % 3).collect();
        let mut total = 0.0;
        for k in 0..3 {
            let own: Vec<usize> = (0..12).filter(|&i| groups[i] == k).collect();
            // Huygens: the squares about the mean are those between all pairs, over the number.
            for &i in &own {
                for &j in &own {
                    total += square_distance(&x.row(i), &x.row(j)) / (2.0 * own.len() as f64);
                }
            }
        }
        best = best.min(total);
    }
    let found: Vec<f64> =
        (0..100).map(|_| KMeans::fit(&x, 3, &mut rng).unwrap().distortion()).collect();
    assert!(found.iter().all(|&j| j > best - 1e-12));
    assert!((found.iter().copied().fold(f64::INFINITY, f64::min) - best).abs() < 1e-12);
}

/// Two rounds of the descent against loops that compare all distances; more samples than one block of the product.
#[test]
fn k_means_lloyd() {
    let mut rng = rng(11);
    let x = normal_matrix(1300, 3, &mut rng) * 2.0 + 5.0;
    let mut centres = x.slice(s![..6, ..]).to_owned();
    let mut distortions = Vec::new();
    loop {
        let nearest: Vec<usize> = x
            .rows()
            .into_iter()
            .map(|row| {
                let distance = |k: usize| square_distance(&row, &centres.row(k));
                (0..6).min_by(|&k, &l| distance(k).total_cmp(&distance(l))).unwrap()
            })
            .collect();
        distortions.push(
            (0..1300).map(|i| square_distance(&x.row(i), &centres.row(nearest[i]))).sum::<f64>(),
        );
        let before = centres.clone();
        for k in 0..6 {
            let own: Vec<usize> = (0..1300).filter(|&i| nearest[i] == k).collect();
            centres.row_mut(k).assign(&x.select(Axis(0), &own).mean_axis(Axis(0)).unwrap());
        }
        if (&before - &centres).iter().all(|d| d.abs() < 1e-13) {
            let clusters = KMeans::fit_from(&x, &x.slice(s![..6, ..])).unwrap();
            assert_eq!(clusters.labels(), nearest);
            assert!((clusters.centres() - &centres).iter().all(|d| d.abs() < 1e-12));
            let steps = clusters.distortions();
            assert!(
                steps.len() >= 5
                    && steps.iter().zip(&distortions).all(|(a, b)| (a / b - 1.0).abs() < 1e-12)
            );
            return;
        }
    }
}

/// On twenty random tables the distortion falls at every assignment; at the end every sample is nearest to its own centre, and every
/// centre is the mean of its samples. A centre far from all samples stays.
#[test]
fn k_means_descends() {
    let mut rng = rng(12);
    for _ in 0..20 {
        let x = normal_matrix(200, 4, &mut rng);
        let clusters = KMeans::fit_from(&x, &x.slice(s![..7, ..])).unwrap();
        assert!(clusters.distortions().windows(2).all(|w| w[1] < w[0]));
        for (row, &label) in x.rows().into_iter().zip(clusters.labels()) {
            let own = square_distance(&row, &clusters.centres().row(label));
            assert!(
                (0..7).all(|k| square_distance(&row, &clusters.centres().row(k)) >= own - 1e-12)
            );
        }
        for k in 0..7 {
            let own: Vec<usize> = (0..200).filter(|&i| clusters.labels()[i] == k).collect();
            let mean = x.select(Axis(0), &own).mean_axis(Axis(0)).unwrap();
            assert!(furthest(&mean, &clusters.centres().row(k)) < 1e-13);
        }
    }
    let lonely = KMeans::fit_from(&array![[0.0], [2.0]], &array![[1.5], [99.0]]).unwrap();
    assert_eq!(lonely.centres(), &array![[1.0], [99.0]]);
    assert_eq!(lonely.distortions(), [2.5, 2.0]);
}

/// The frequency of each ordered pair of seeds among three points against 1/3 times its share of the squared distances; the third seed is
/// always the point that is left.
#[test]
fn k_means_seeding() {
    let mut rng = rng(13);
    let x = array![[0.0], [1.0], [3.0]];
    let draws = 30_000;
    let mut counts = [[0.0; 3]; 3];
    for _ in 0..draws {
        let seeds = KMeans::seed(&x, 2, &mut rng).unwrap();
        let place = |j: usize| (0..3).find(|&i| x[[i, 0]] == seeds[[j, 0]]).unwrap();
        counts[place(0)][place(1)] += 1.0;
    }
    for first in 0..3 {
        let total: f64 = (0..3).map(|k| (x[[k, 0]] - x[[first, 0]]).powi(2)).sum();
        for second in 0..3 {
            let p = (x[[second, 0]] - x[[first, 0]]).powi(2) / total / 3.0;
            let error = (p * (1.0 - p) / f64::from(draws)).sqrt();
            assert!((counts[first][second] / f64::from(draws) - p).abs() <= 4.0 * error);
        }
    }
    // A third seed looks to the nearer of the two before it: only one point is left to choose. Were it to look to the newer one alone, it
    // would take the first again more often than not.
    for _ in 0..200 {
        let all = KMeans::seed(&x, 3, &mut rng).unwrap();
        let places: BTreeSet<String> = all.iter().map(f64::to_string).collect();
        assert_eq!(places.len(), 3);
    }
}

/// The regret of a player who takes turns against the sum by hand; of one who always explores against the mean gap; the slope of an
/// ε-greedy player's in the long run against ε times it; and the share of greedy players who never come back to the better arm.
#[test]
fn bandit_regret() {
    let mut rng = rng(14);
    let arms = array![0.5, 0.1, 0.9];
    let turns = play(&arms, 7, &mut rng, |tally, _| tally.pulls().sum() as usize % 3).unwrap();
    assert!(furthest(&turns, &array![0.4, 1.2, 1.2, 1.6, 2.4, 2.4, 2.8]) < 1e-15);
    // Gaps 0.4, 0.8, 0: mean 0.4, variance 0.32/3.
    let n = 20_000;
    let explorer = play(&arms, n, &mut rng, |tally, rng| epsilon_greedy(tally, 1.0, rng)).unwrap();
    assert!((explorer[n - 1] / n as f64 - 0.4).abs() < 4.0 * f64::sqrt(0.32 / 3.0 / n as f64));
    let greedy = play(&arms, n, &mut rng, |tally, rng| epsilon_greedy(tally, 0.2, rng)).unwrap();
    let slope = (greedy[n - 1] - greedy[n / 2]) / (n / 2 - 1) as f64;
    // A round costs a gap with probability 0.2: mean 0.08, mean square 0.2 · 0.8/3.
    let error = f64::sqrt((0.2 * 0.8 / 3.0 - 0.08 * 0.08) / (n / 2 - 1) as f64);
    assert!((slope - 0.08).abs() < 4.0 * error, "{slope}");
    // If the better of two arms fails at its only trial and the other pays at its first, the greedy player loses the gap, 0.4, in every round
    // but the first. So the mean regret of greedy players grows by at least 0.2 · 0.4 · 0.4 a round.
    let players = 4000;
    let stuck: Array1<f64> = (0..players)
        .map(|_| {
            let regret = play(&array![0.8, 0.4], 300, &mut rng, |tally, rng| {
                epsilon_greedy(tally, 0.0, rng)
            })
            .unwrap();
            f64::from(regret[299] > 0.4 * 298.5)
        })
        .collect();
    let share: f64 = 0.2 * 0.4;
    let error = (share * (1.0 - share) / f64::from(players)).sqrt();
    assert!((stuck.mean().unwrap() - share).abs() < 4.0 * error, "{}", stuck.mean().unwrap());
    // It pays what the arms pay.
    let mut kept = Tally::new(3);
    play(&arms, n, &mut rng, |tally, _| {
        kept = tally.clone();
        2
    })
    .unwrap();
    assert!((kept.rewards()[2] / kept.pulls()[2] - 0.9).abs() < 4.0 * f64::sqrt(0.09 / n as f64));
}

/// The arm chosen against the index written out for random records; the mean regret of 50 players against Auer's bound and against
/// the growth of a logarithm.
#[test]
fn bandit_ucb1() {
    let mut rng = rng(15);
    for _ in 0..200 {
        let mut tally = Tally::new(4);
        let (mut pulls, mut paid) = ([0.0; 4], [0.0; 4]);
        for arm in 0..4 {
            for _ in 0..rng.random_range(1..30) {
                let reward = f64::from(rng.random_bool(0.5));
                tally.record(arm, reward);
                pulls[arm] += 1.0;
                paid[arm] += reward;
            }
        }
        let rounds: f64 = pulls.iter().sum();
        let index = |a: usize| paid[a] / pulls[a] + (2.0 * rounds.ln() / pulls[a]).sqrt();
        assert!((0..4).all(|a| index(ucb1(&tally)) >= index(a)));
    }
    let (arms, rounds) = (array![0.3, 0.5, 0.9], 20_000);
    let gaps = [0.6, 0.4];
    let mut mean = Array1::<f64>::zeros(rounds);
    for _ in 0..50 {
        mean += &(play(&arms, rounds, &mut rng, |tally, _| ucb1(tally)).unwrap() / 50.0);
    }
    for t in [100, 1000, rounds] {
        let constant = (1.0 + std::f64::consts::PI.powi(2) / 3.0) * gaps.iter().sum::<f64>();
        let bound: f64 = gaps.iter().map(|g| 8.0 * (t as f64).ln() / g).sum::<f64>() + constant;
        assert!(mean[t - 1] <= bound);
    }
    // In ten times the rounds a line grows tenfold and a square root by 3.2; a logarithm, ln 20000 / ln 2000, by 1.3.
    let growth = mean[rounds - 1] / mean[1999];
    assert!(1.0 < growth && growth < 2.0, "{growth}");
}

/// Three teachers on the same two clouds: who sees the names and who sees none both part them; shuffled names ruin the one and change
/// nothing for the other; and who is only paid finds the better arm.
#[test]
fn supervised_unsupervised_reinforcement_learning() {
    let mut rng = rng(16);
    let (x, names) = two_clouds(&mut rng);
    let (new, new_names) = two_clouds(&mut rng);
    let accuracy = |names: &[usize]| {
        let y: Array1<f64> = names.iter().map(|&k| k as f64).collect();
        let odds = Logistic::fit(&x, &y, 1e-3).unwrap().log_odds(&new);
        odds.iter().zip(&new_names).filter(|&(&z, &k)| (z > 0.0) == (k == 1)).count() as f64 / 600.0
    };
    assert!(accuracy(&names) > 0.99);
    let mut shuffled = names.clone();
    shuffled.shuffle(&mut rng);
    assert!(accuracy(&shuffled) < 0.9);
    let clusters = KMeans::fit(&x, 2, &mut rng).unwrap();
    let same = clusters.labels().iter().zip(&names).filter(|(a, b)| a == b).count();
    assert!(same.max(600 - same) as f64 > 0.99 * 600.0);

    let mut pulls = Array1::zeros(2);
    play(&array![0.2, 0.8], 2000, &mut rng, |tally, rng| {
        pulls.assign(tally.pulls());
        epsilon_greedy(tally, 0.1, rng)
    })
    .unwrap();
    assert!(pulls[1] / pulls.sum() > 0.9);
}

/// Bayes' rule in logarithms against densities of two dimensions written out with the inverse and the determinant, three classes,
/// each with its covariance; and 10⁴ standard deviations away it still adds up to 1.
#[test]
fn bayes_classifier() {
    let mut rng = rng(17);
    let mut x = normal_matrix(90, 2, &mut rng);
    let names: Vec<usize> = (0..90).map(|i| if i < 50 { 0 } else { 1 + i % 2 }).collect();
    for (mut row, &name) in x.rows_mut().into_iter().zip(&names) {
        row[1] += row[0] * name as f64;
        row[0] += name as f64;
    }
    let model = GaussianDiscriminant::fit(&x, &names, Covariance::PerClass, 0.0).unwrap();
    let joint = |at: &ArrayRef1<f64>, class: usize| {
        let own: Vec<usize> = (0..90).filter(|&i| names[i] == class).collect();
        let n = own.len() as f64;
        let mean = |j: usize| own.iter().map(|&i| x[[i, j]]).sum::<f64>() / n;
        let moment = |j: usize, k: usize| {
            own.iter().map(|&i| (x[[i, j]] - mean(j)) * (x[[i, k]] - mean(k))).sum::<f64>() / n
        };
        let (a, b, c) = (moment(0, 0), moment(0, 1), moment(1, 1));
        let (u, v, determinant) = (at[0] - mean(0), at[1] - mean(1), a * c - b * b);
        let exponent = (c * u * u - 2.0 * b * u * v + a * v * v) / determinant;
        n / 90.0 * (-0.5 * exponent).exp() / (std::f64::consts::TAU * determinant.sqrt())
    };
    let places = normal_matrix(50, 2, &mut rng) * 2.0;
    let probabilities = model.probabilities(&places);
    for (i, place) in places.rows().into_iter().enumerate() {
        let evidence: f64 = (0..3).map(|k| joint(&place, k)).sum();
        assert!((model.log_density(&places)[i] - evidence.ln()).abs() < 1e-11);
        for k in 0..3 {
            assert!((probabilities[[i, k]] - joint(&place, k) / evidence).abs() < 1e-12);
        }
    }
    let far = model.probabilities(&array![[1e4, -1e4], [-1e4, 2e3]]);
    assert!(far.sum_axis(Axis(1)).iter().all(|s| (s - 1.0).abs() < 1e-14));
}

/// The posterior by Bayes' rule against the logistic function of a linear log-odds; its weights, put through the covariance, against the
/// difference of the means. With a covariance for each class there is no such line.
#[test]
fn discriminative_model_outputs_label_probability() {
    let mut rng = rng(18);
    let mixing = normal_matrix(4, 4, &mut rng);
    let mut x = normal_matrix(150, 4, &mut rng).dot(&mixing);
    let names: Vec<usize> = (0..150).map(|i| usize::from(i % 3 == 0)).collect();
    for (mut row, &name) in x.rows_mut().into_iter().zip(&names) {
        row[2] += 0.7 * name as f64;
    }
    let places = normal_matrix(100, 4, &mut rng).dot(&mixing);
    for covariance in [Covariance::Shared, Covariance::Naive] {
        let model = GaussianDiscriminant::fit(&x, &names, covariance, 0.0).unwrap();
        let (weights, bias) = model.log_odds().unwrap();
        let probabilities = model.probabilities(&places);
        for (i, place) in places.rows().into_iter().enumerate() {
            assert!((probabilities[[i, 1]] - logistic(weights.dot(&place) + bias)).abs() < 1e-11);
            assert!((probabilities.row(i).sum() - 1.0).abs() < 1e-14);
        }
        let mut scatter = Array2::<f64>::zeros((4, 4));
        for (row, &name) in x.rows().into_iter().zip(&names) {
            let d = &row - &model.means().row(name);
            for j in 0..4 {
                for k in 0..4 {
                    if covariance == Covariance::Shared || j == k {
                        scatter[[j, k]] += d[j] * d[k] / 150.0;
                    }
                }
            }
        }
        let gap = &model.means().row(1) - &model.means().row(0);
        assert!(furthest(&scatter.dot(&weights), &gap) < 1e-12);
        // The boundary stands where the two weighted densities are equal: halfway, but for the shares.
        let middle = (&model.means().row(1) + &model.means().row(0)) * 0.5;
        assert!((weights.dot(&middle) + bias - f64::ln(50.0 / 100.0)).abs() < 1e-12);
    }
    assert!(
        GaussianDiscriminant::fit(&x, &names, Covariance::PerClass, 0.0)
            .unwrap()
            .log_odds()
            .is_none()
    );
}

/// Naive Bayes against logistic regression on random splits of the patients: ahead with 16 of them, behind with 330, each by more
/// than four standard errors of the mean difference.
#[test]
fn generative_reaches_its_limit_sooner() {
    let mut rng = rng(19);
    let patients = data::diabetes();
    let mean = patients.features.mean_axis(Axis(0)).unwrap();
    let x = (&patients.features - &mean) / &patients.features.std_axis(Axis(0), 0.0);
    let y = patients.progression.mapv(|p| if p > 140.5 { 1.0 } else { 0.0 });
    let mut lead = |size: usize, repeats: usize| {
        let mut leads = Vec::new();
        while leads.len() < repeats {
            let (few, rest) = data::split(442, 1.0 - size as f64 / 442.0, &mut rng);
            let own = y.select(Axis(0), &few);
            if own.sum() < 2.0 || own.sum() > size as f64 - 2.0 {
                continue;
            }
            let names: Vec<usize> = own.iter().map(|&y| y as usize).collect();
            let (shown, test) = (x.select(Axis(0), &few), x.select(Axis(0), &rest));
            let naive = GaussianDiscriminant::fit(&shown, &names, Covariance::Naive, 1e-3)
                .unwrap()
                .predict(&test);
            let odds = Logistic::fit(&shown, &own, 1e-3).unwrap().log_odds(&test);
            let mut lead = 0.0;
            for (k, &i) in rest.iter().enumerate() {
                lead += f64::from(naive[k] as f64 == y[i])
                    - f64::from((odds[k] > 0.0) == (y[i] == 1.0));
            }
            leads.push(lead / rest.len() as f64);
        }
        let n = leads.len() as f64;
        let mean = leads.iter().sum::<f64>() / n;
        let variance = leads.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0);
        mean / (variance / n).sqrt()
    };
    let (few, many) = (lead(16, 150), lead(330, 300));
    assert!(few > 4.0, "{few}");
    assert!(many < -4.0, "{many}");
}

/// The largest gap between the distribution functions of two samples: the statistic of Kolmogorov and Smirnov.
fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> f64 {
    let share = |sample: &[f64], at: f64| {
        sample.iter().filter(|&&v| v <= at).count() as f64 / sample.len() as f64
    };
    a.iter().chain(b).map(|&at| (share(a, at) - share(b, at)).abs()).fold(0.0, f64::max)
}

/// New draws from a fitted mixture against the data, by the test of Kolmogorov and Smirnov at one in a thousand; a single normal law fails
/// it, and a model that replays its data makes nothing new. Draws in three dimensions have the covariance of the data.
#[test]
fn generative_modeling_definition() {
    let mut rng = rng(20);
    let n = 2000;
    let names: Vec<usize> = (0..n).map(|_| usize::from(rng.random_bool(0.3))).collect();
    let x = Array2::from_shape_fn((n, 1), |(i, _)| {
        6.0 * names[i] as f64 + rng.sample::<f64, _>(StandardNormal)
    });
    let model = GaussianDiscriminant::fit(&x, &names, Covariance::PerClass, 0.0).unwrap();
    let drawn: Vec<f64> = (0..n)
        .map(|_| model.sample(usize::from(rng.random_bool(model.shares()[1])), &mut rng)[0])
        .collect();
    let single = GaussianDiscriminant::fit(&x, &vec![0; n], Covariance::Shared, 0.0).unwrap();
    let blurred: Vec<f64> = (0..n).map(|_| single.sample(0, &mut rng)[0]).collect();
    let (seen, critical) = (x.column(0).to_vec(), 1.95 * f64::sqrt(2.0 / n as f64));
    assert!(kolmogorov_smirnov(&seen, &drawn) < critical);
    assert!(kolmogorov_smirnov(&seen, &blurred) > critical);
    assert!(drawn.iter().all(|v| !seen.contains(v)));
    let replayed: Vec<f64> = (0..n).map(|_| seen[rng.random_range(0..n)]).collect();
    assert!(
        kolmogorov_smirnov(&seen, &replayed) < critical
            && replayed.iter().all(|v| seen.contains(v))
    );

    let mixing = array![[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.3, 0.9, 0.4]];
    let x = normal_matrix(500, 3, &mut rng).dot(&mixing.t());
    let law = GaussianDiscriminant::fit(&x, &[0; 500], Covariance::Shared, 0.0).unwrap();
    let many = 40_000;
    let draws: Vec<Array1<f64>> =
        (0..many).map(|_| law.sample(0, &mut rng) - law.means().row(0)).collect();
    let centred = &x - &x.mean_axis(Axis(0)).unwrap();
    let covariance = centred.t().dot(&centred) / 500.0;
    for j in 0..3 {
        for k in 0..3 {
            let moment = draws.iter().map(|d| d[j] * d[k]).sum::<f64>() / f64::from(many);
            let error = (covariance[[j, j]] * covariance[[k, k]] + covariance[[j, k]].powi(2))
                / f64::from(many);
            assert!((moment - covariance[[j, k]]).abs() < 4.0 * error.sqrt());
        }
    }
}

/// A normal law fitted without names against its density written out; names in another order change the logistic model.
#[test]
fn generative_needs_no_labels() {
    let mut rng = rng(21);
    let x = normal_matrix(80, 2, &mut rng).dot(&array![[1.0, 0.4], [0.0, 0.6]]) + 1.0;
    let law = GaussianDiscriminant::fit(&x, &[0; 80], Covariance::PerClass, 0.0).unwrap();
    let mean = x.mean_axis(Axis(0)).unwrap();
    let d = &x - &mean;
    let m = d.t().dot(&d) / 80.0;
    let determinant = m[[0, 0]] * m[[1, 1]] - m[[0, 1]].powi(2);
    let density = law.log_density(&x);
    for i in 0..80 {
        let (u, v) = (d[[i, 0]], d[[i, 1]]);
        let square =
            (m[[1, 1]] * u * u - 2.0 * m[[0, 1]] * u * v + m[[0, 0]] * v * v) / determinant;
        let expected = -0.5 * square - 0.5 * determinant.ln() - std::f64::consts::TAU.ln();
        assert!((density[i] - expected).abs() < 1e-12);
    }
    let y = labels(&(&x.column(0) * 2.0 - 2.0), &mut rng);
    let mut shuffled = y.to_vec();
    shuffled.shuffle(&mut rng);
    let (a, b) = (
        Logistic::fit(&x, &y, 0.0).unwrap(),
        Logistic::fit(&x, &Array1::from(shuffled), 0.0).unwrap(),
    );
    assert!(furthest(&a.weights(), &b.weights()) > 0.1);
}

/// All 2¹⁶ images of 4 × 4 pixels against the count 2·2⁴ - 2 of those that are bars or stripes. The written threes against all images: the
/// ellipsoid of a normal law that holds nine in ten of them has a share of the cube that no search would hit, by its volume, whose
/// formula counts points in three dimensions; and no image of pixels at random is in it.
#[test]
fn pixel_space_vs_image_manifold() {
    let is_stripes = |image: u32| (0..4).all(|row| matches!(image >> (4 * row) & 15, 0 | 15));
    let is_bars = |image: u32| (1..4).all(|row| image >> (4 * row) & 15 == image & 15);
    let patterns = (0..1 << 16).filter(|&image| is_stripes(image) || is_bars(image)).count();
    assert_eq!(patterns, 2 * 16 - 2);

    let digits = data::digits();
    let greys: BTreeSet<u64> = digits.images.iter().map(|&grey| grey as u64).collect();
    assert_eq!((greys.len(), digits.images.ncols()), (17, 64));
    let mut rng = rng(22);
    let threes: Vec<usize> = (0..digits.labels.len()).filter(|&i| digits.labels[i] == 3).collect();
    let threes = digits.images.select(Axis(0), &threes) / 16.0;
    let describe = |images: &Array2<f64>| {
        let labels = vec![0; images.nrows()];
        GaussianDiscriminant::fit(images, &labels, Covariance::Shared, 1e-4).unwrap()
    };
    // The logarithm of the volume where the law is at least as dense as `least`: with D = 2 ln(p(m)/p_least) the squared radius
    // in standard deviations, ln(π^{d/2} D^{d/2} √|S| / (d/2)!), and √|S| from the density at the mean. Here d/2 is whole or
    // 3/2, with (3/2)! = 3√π/4.
    let log_volume = |law: &GaussianDiscriminant, least: f64| {
        let d = law.means().ncols() as f64;
        let peak = law.log_density(law.means())[0];
        let factorial = if d == 3.0 {
            (0.75 * std::f64::consts::PI.sqrt()).ln()
        } else {
            (1..=d as usize / 2).map(|k| (k as f64).ln()).sum()
        };
        let log_root = -peak - d / 2.0 * std::f64::consts::TAU.ln();
        d / 2.0 * (std::f64::consts::PI * 2.0 * (peak - least)).ln() + log_root - factorial
    };
    // The density that nine in ten of the images reach.
    let least_of = |law: &GaussianDiscriminant, images: &Array2<f64>| {
        let mut densities = law.log_density(images).to_vec();
        densities.sort_by(f64::total_cmp);
        densities[densities.len() / 10]
    };

    // Three pixels, and the cube from -1 to 2: the share of random points within against the volume.
    let middle = threes.select(Axis(1), &[26, 28, 36]);
    let law = describe(&middle);
    let least = least_of(&law, &middle);
    let points = Array2::from_shape_simple_fn((100_000, 3), || -1.0 + 3.0 * rng.random::<f64>());
    let within = law.log_density(&points).iter().filter(|&&d| d >= least).count() as f64;
    let expected = log_volume(&law, least).exp() / 27.0 * 1e5;
    assert!(
        expected > 1000.0 && (within - expected).abs() < 4.0 * expected.sqrt(),
        "{within}, {expected}"
    );

    let law = describe(&threes);
    let least = least_of(&law, &threes);
    let random =
        Array2::from_shape_simple_fn((1000, 64), || f64::from(rng.random_range(0..=16)) / 16.0);
    assert!(law.log_density(&random).iter().all(|&d| d < least));
    // 4·10¹⁷ seconds have passed since the beginning; a million million images in each are fewer than 10³⁰.
    let log_share = log_volume(&law, least) / 10_f64.ln();
    assert!(log_share < -30.0, "{log_share}");
    // Of what fills the cube evenly the same formula does not say that: its ellipsoid is as large as the cube.
    let law = describe(&random);
    assert!(log_volume(&law, least_of(&law, &random)) > 0.0);
}

/// The places where a dense grid has its energy's local minima against the ends of slides from everywhere; in a Hopfield network
/// the states that no flip improves, by enumeration, against those that its dynamics leaves alone.
#[test]
fn energy_function_scalar_map() {
    let mut wells = Wells::new(1, 0.5).unwrap();
    for memory in [-1.5, 0.2, 1.9] {
        wells.store(&array![memory]).unwrap();
    }
    let grid = Array1::linspace(-2.5, 2.9, 5401);
    let heights = grid.mapv(|x| wells.energy(&array![x]));
    let minima: Vec<f64> = (1..5400)
        .filter(|&i| heights[i] < heights[i - 1] && heights[i] < heights[i + 1])
        .map(|i| grid[i])
        .collect();
    let mut reached = BTreeSet::new();
    for &start in grid.iter().step_by(27) {
        let end = wells.recall(&array![start], 2000).unwrap()[[2000, 0]];
        let nearest = minima.iter().position(|m| (m - end).abs() < 1e-3);
        reached.insert(nearest.expect("a slide ends in a minimum"));
    }
    assert_eq!(reached.len(), minima.len());

    let mut rng = rng(23);
    let mut weights = Array2::zeros((10, 10));
    for i in 0..10 {
        for j in 0..i {
            weights[[i, j]] = rng.sample(StandardNormal);
            weights[[j, i]] = weights[[i, j]];
        }
    }
    let network = Hopfield::new(weights, Array1::zeros(10)).unwrap();
    for code in 0..1024 {
        let state = Array1::from_shape_fn(10, |i| if code >> i & 1 == 1 { 1.0 } else { -1.0 });
        let lowest = (0..10).all(|i| {
            let mut flipped = state.clone();
            flipped[i] = -flipped[i];
            network.energy(&flipped) > network.energy(&state)
        });
        assert_eq!(lowest, network.is_fixed_point(&state));
    }
}

/// The energy against its sum written out, its gradient against central differences; at a lone memory the slope vanishes and every direction
/// leads up, and six widths away the plain is flat.
#[test]
fn memory_storage_as_well() {
    let mut rng = rng(24);
    let (memories, width) = (normal_matrix(4, 3, &mut rng), 0.9);
    let mut wells = Wells::new(3, width).unwrap();
    assert_eq!(wells.energy(&array![1.0, 2.0, 3.0]), 0.0);
    for memory in memories.rows() {
        wells.store(&memory).unwrap();
    }
    for _ in 0..20 {
        let x = normal(3, &mut rng);
        let sum: f64 = memories
            .rows()
            .into_iter()
            .map(|m| (-square_distance(&x, &m) / (2.0 * 0.9 * 0.9)).exp())
            .sum();
        assert!((wells.energy(&x) + sum).abs() < 1e-14);
        assert!(furthest(&wells.gradient(&x), &differences(|x| wells.energy(x), &x, 1e-5)) < 1e-9);
    }
    let mut lone = Wells::new(3, width).unwrap();
    let memory = memories.row(0).to_owned();
    lone.store(&memory).unwrap();
    assert!(lone.gradient(&memory).iter().all(|g| g.abs() < 1e-12));
    for _ in 0..50 {
        let step = normal(3, &mut rng) * 0.01;
        let climb = lone.energy(&(&memory + &step)) - lone.energy(&memory);
        // A parabola of curvature 1/s², to the fourth order of the step.
        let square = step.dot(&step) / (width * width);
        assert!((climb - 0.5 * square).abs() < square * square);
    }
    let away = &memory + &array![6.0 * width, 0.0, 0.0];
    assert!(lone.gradient(&away).iter().all(|g| g.abs() < 1e-6));
}

/// One step of recall against the slope by differences; from a thousand starts the energy never rises, and the slide ends at the memory.
#[test]
fn recall_as_descent() {
    let mut rng = rng(25);
    let memories = [array![0.0, 0.0], array![8.0, 0.0], array![0.0, 9.0]];
    let mut wells = Wells::new(2, 1.0).unwrap();
    for memory in &memories {
        wells.store(memory).unwrap();
    }
    for round in 0..1000 {
        let memory = &memories[round % 3];
        let mut offset = normal(2, &mut rng);
        offset *= rng.random_range(0.0..1.8) / offset.dot(&offset).sqrt();
        let cue = memory + &offset;
        let path = wells.recall(&cue, 300).unwrap();
        let slope = differences(|x| wells.energy(x), &cue, 1e-5);
        // The rate is s²/M = 1/3.
        assert!(furthest(&path.row(1), &(&cue - &(slope / 3.0))) < 1e-9);
        let heights: Vec<f64> = path.rows().into_iter().map(|x| wells.energy(&x)).collect();
        assert!(heights.windows(2).all(|w| w[1] <= w[0] + 1e-15));
        assert!(furthest(&path.row(300), memory) < 1e-4);
    }
    // Where the wells are crowded, too: the rate is safe for any number of them.
    let mut crowd = Wells::new(2, 1.0).unwrap();
    for _ in 0..30 {
        crowd.store(&(normal(2, &mut rng) * 0.1)).unwrap();
    }
    let path = crowd.recall(&array![1.0, -1.2], 100).unwrap();
    let heights: Vec<f64> = path.rows().into_iter().map(|x| crowd.energy(&x)).collect();
    // An energy of 30 is known to 30 ε.
    assert!(heights.windows(2).all(|w| w[1] <= w[0] + 30.0 * f64::EPSILON));
}

/// The ends of slides from a thousand places between two wells against the sign of the place, and against the minimum by bisection.
#[test]
fn memories_as_energy_minima() {
    let mut rng = rng(26);
    let mut wells = Wells::new(1, 1.0).unwrap();
    wells.store(&array![-2.5]).unwrap();
    wells.store(&array![2.5]).unwrap();
    // The slope of -e^(-(x-m)²/2) - e^(-(x+m)²/2), by hand.
    let slope = |x: f64| {
        (x - 2.5) * (-0.5 * (x - 2.5).powi(2)).exp() + (x + 2.5) * (-0.5 * (x + 2.5).powi(2)).exp()
    };
    let (mut low, mut high) = (1.5, 3.5);
    while high - low > 1e-14 {
        let middle = 0.5 * (low + high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    for _ in 0..1000 {
        let start: f64 = rng.random_range(0.01..4.5) * if rng.random() { 1.0 } else { -1.0 };
        let end = wells.recall(&array![start], 2000).unwrap()[[2000, 0]];
        assert!((end - low * start.signum()).abs() < 1e-6, "{start} {end}");
    }
}

/// Wells ten widths apart: slides from a grid end at exactly one memory, or stay in the flat. And two wells at d widths have one minimum
/// for d < 2, halfway, and two for d > 2, counted on a grid.
#[test]
fn multiple_memories_disjoint_basins() {
    let memories = [-10.0, 0.0, 10.0];
    let mut wells = Wells::new(1, 1.0).unwrap();
    for memory in memories {
        wells.store(&array![memory]).unwrap();
    }
    let mut counts = [0; 4];
    for start in Array1::linspace(-14.0, 14.0, 281) {
        let end = wells.recall(&array![start], 500).unwrap()[[500, 0]];
        match memories.iter().position(|m| (m - end).abs() < 1e-3) {
            Some(k) => {
                assert!((start - memories[k]).abs() < 5.0);
                counts[k] += 1;
            }
            None => {
                assert!(memories.iter().all(|m| (m - start).abs() > 2.5), "{start} {end}");
                counts[3] += 1;
            }
        }
    }
    assert!(counts.iter().all(|&c| c > 20), "{counts:?}");

    for (distance, expected) in [(1.9, 1), (2.1, 2)] {
        let mut wells = Wells::new(1, 1.0).unwrap();
        wells.store(&array![-0.5 * distance]).unwrap();
        wells.store(&array![0.5 * distance]).unwrap();
        let heights: Vec<f64> =
            (-2000..=2000).map(|i| wells.energy(&array![f64::from(i) * 1e-3])).collect();
        let minima: Vec<usize> = (1..4000)
            .filter(|&i| heights[i] < heights[i - 1] && heights[i] < heights[i + 1])
            .collect();
        assert_eq!(minima.len(), expected, "{distance}");
        assert_eq!(expected == 1, minima == [2000]);
    }
}

/// Energies on the cells [0, 1), [1, 2), … of a line; outside, infinite.
struct Table(Vec<f64>);

impl Table {
    fn cell(x: f64) -> usize {
        x.floor() as usize
    }

    fn gibbs(&self, temperature: f64) -> Vec<f64> {
        let weights: Vec<f64> = self.0.iter().map(|e| (-e / temperature).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    }
}

impl Energy for Table {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if (0.0..self.0.len() as f64).contains(&x[0]) {
            self.0[Self::cell(x[0])]
        } else {
            f64::INFINITY
        }
    }
}

/// Two slides from one place, bit for bit; two walks with one seed and with two; and a walk at temperature 0, which never goes up.
#[test]
fn deterministic_stochastic_ebm_classes() {
    let mut wells = Wells::new(2, 1.0).unwrap();
    wells.store(&array![0.3, -0.4]).unwrap();
    let start = array![1.0, 1.0];
    assert_eq!(wells.recall(&start, 50).unwrap(), wells.recall(&start, 50).unwrap());
    let walk = |seed: u64, temperature: f64| {
        let mut rng = rng(seed);
        let mut walker = Metropolis::new(&wells, 2, 0.5, temperature).unwrap();
        let mut x = start.clone();
        let mut heights = vec![wells.energy(&x)];
        for _ in 0..500 {
            walker.step(&mut x, &mut rng);
            heights.push(wells.energy(&x));
        }
        heights
    };
    assert_eq!(walk(1, 0.5), walk(1, 0.5));
    assert_ne!(walk(1, 0.5), walk(2, 0.5));
    assert!(walk(1, 0.5).windows(2).any(|w| w[1] > w[0]));
    assert!(walk(1, 0.0).windows(2).all(|w| w[1] <= w[0]) && walk(1, 0.0)[500] < -0.9);
}

/// The time a walker spends at each of eight levels against the Boltzmann factors, and the number of its climbs against the stationary
/// flux by quadrature; four standard errors by batches.
#[test]
fn stochastic_ebm_prefers_low_energy() {
    let mut rng = rng(27);
    let table = Table(vec![0.0, 1.2, 0.4, 2.0, 0.8, 1.6, 0.2, 2.6]);
    let mut walker = Metropolis::new(&table, 1, 1.5, 1.0).unwrap();
    let mut x = array![0.5];
    let steps = 500_000;
    let (mut cells, mut climbs) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        let before = table.energy(&x);
        walker.step(&mut x, &mut rng);
        climbs.push(f64::from(table.energy(&x) > before));
        cells.push(Table::cell(x[0]));
    }
    let gibbs = table.gibbs(1.0);
    let mut shares = Vec::new();
    for (k, p) in gibbs.iter().enumerate() {
        let here: Vec<f64> = cells.iter().map(|&c| f64::from(c == k)).collect();
        let (share, error) = batch_mean(&here);
        assert!((share - p).abs() < 4.0 * error, "{k}: {share} {p} {error}");
        shares.push(share);
    }
    let mut order: Vec<usize> = (0..8).collect();
    order.sort_by(|&a, &b| table.0[a].total_cmp(&table.0[b]));
    assert!(order.windows(2).all(|w| shares[w[0]] > shares[w[1]]));

    // Up from a to b: at a with probability p(a), a proposal into b, accepted with p(b)/p(a).
    let mut flux = 0.0;
    let points = 60;
    for i in 0..8 * points {
        for j in 0..8 * points {
            let (x, y) = (
                (f64::from(i) + 0.5) / f64::from(points),
                (f64::from(j) + 0.5) / f64::from(points),
            );
            let (a, b) = (Table::cell(x), Table::cell(y));
            if table.0[b] > table.0[a] {
                let density =
                    (-0.5 * ((y - x) / 1.5).powi(2)).exp() / (1.5 * std::f64::consts::TAU.sqrt());
                flux += gibbs[b] * density / f64::from(points * points);
            }
        }
    }
    let (rate, error) = batch_mean(&climbs);
    assert!(rate > 0.0 && (rate - flux).abs() < 4.0 * error, "{rate} {flux} {error}");
}

/// A walker who is told energies alone, on 16 levels and in a parabola at two temperatures, against the normalised density: shares and
/// mean square, four standard errors by batches.
#[test]
fn ebm_no_explicit_probability() {
    let mut rng = rng(28);
    let table = Table((0..16).map(|_| rng.random_range(0.0..2.0)).collect());
    let mut walker = Metropolis::new(&table, 1, 4.0, 0.7).unwrap();
    let mut x = array![3.5];
    let cells: Vec<usize> = (0..400_000)
        .map(|_| {
            walker.step(&mut x, &mut rng);
            Table::cell(x[0])
        })
        .collect();
    for (k, p) in table.gibbs(0.7).into_iter().enumerate() {
        let here: Vec<f64> = cells.iter().map(|&c| f64::from(c == k)).collect();
        let (share, error) = batch_mean(&here);
        assert!((share - p).abs() < 4.0 * error, "{k}: {share} {p} {error}");
    }

    struct Parabola;
    impl Energy for Parabola {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            1.5 * x.dot(x)
        }
    }
    for temperature in [0.5, 2.0] {
        let mut walker = Metropolis::new(&Parabola, 2, 1.0, temperature).unwrap();
        let mut x = array![0.0, 0.0];
        let (mut taken, mut squares) = (0, Vec::new());
        for _ in 0..300_000 {
            taken += usize::from(walker.step(&mut x, &mut rng));
            squares.push(x.dot(&x));
        }
        // ½ · 3 ⟨x²⟩ = T/2 for each of the two directions.
        let (mean, error) = batch_mean(&squares);
        assert!((mean - 2.0 * temperature / 3.0).abs() < 4.0 * error, "{mean}");
        assert!((1..300_000).contains(&taken));
    }
}

/// The sum of e^(-E) over a plain with a well grows by the length added, so that nothing normalises it, and sliding finds the well all
/// the same; between fences a walker's time in the well is its share of Z by quadrature.
#[test]
fn ebm_class_of_probabilistic_models() {
    let mut wells = Wells::new(1, 0.5).unwrap();
    wells.store(&array![0.4]).unwrap();
    let z = |from: f64, to: f64, temperature: f64| {
        let n = 20_000;
        let h = (to - from) / f64::from(n);
        (0..n)
            .map(|i| {
                h * (-wells.energy(&array![from + (f64::from(i) + 0.5) * h]) / temperature).exp()
            })
            .sum::<f64>()
    };
    assert!((z(-40.0, 40.0, 1.0) - z(-20.0, 20.0, 1.0) - 40.0).abs() < 1e-6);
    assert!((z(-80.0, 80.0, 1.0) - z(-40.0, 40.0, 1.0) - 80.0).abs() < 1e-6);
    assert!((wells.recall(&array![1.2], 100).unwrap()[[100, 0]] - 0.4).abs() < 1e-8);

    struct Fenced(Wells);
    impl Energy for Fenced {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            if x[0].abs() <= 2.0 { self.0.energy(x) } else { f64::INFINITY }
        }
    }
    let mut rng = rng(29);
    let fenced = Fenced(wells.clone());
    let mut walker = Metropolis::new(&fenced, 1, 1.0, 0.6).unwrap();
    let mut x = array![0.0];
    let inside: Vec<f64> = (0..300_000)
        .map(|_| {
            walker.step(&mut x, &mut rng);
            f64::from((x[0] - 0.4).abs() < 0.5)
        })
        .collect();
    let (share, error) = batch_mean(&inside);
    assert!((share - z(-0.1, 0.9, 0.6) / z(-2.0, 2.0, 0.6)).abs() < 4.0 * error);
}

/// The fitted classifier's probability against the Boltzmann factors of its energies, over their sum with x held; the line's prediction
/// against the minimum and the mean of its energy over a grid, and its Z(x), √2π whatever x is; and the classifier's Z over x as well,
/// which grows without bound with the box.
#[test]
fn placeholder_connection_with_ml_models() {
    let mut rng = rng(30);
    let x = normal_matrix(60, 2, &mut rng);
    let y = labels(&(&x.column(0) - &x.column(1)), &mut rng);
    let model = Logistic::fit(&x, &y, 0.0).unwrap();
    let energy = |row: &ArrayRef1<f64>, y: f64| -y * (model.weights().dot(row) + model.bias());
    for (row, p) in x.rows().into_iter().zip(model.probability(&x)) {
        let (one, zero) = ((-energy(&row, 1.0)).exp(), (-energy(&row, 0.0)).exp());
        assert!((p - one / (one + zero)).abs() < 1e-14);
    }
    let target = x.dot(&array![1.0, 0.5]) + normal(60, &mut rng) * 0.1;
    let line = Ols::fit(&x, &target).unwrap();
    let grid = Array1::linspace(-15.0, 15.0, 30_001);
    for (row, prediction) in x.rows().into_iter().zip(line.predict(&x)).take(5) {
        let energy = grid.mapv(|y| 0.5 * (y - row.dot(line.coefficients())).powi(2));
        let lowest = (0..grid.len()).min_by(|&i, &j| energy[i].total_cmp(&energy[j])).unwrap();
        assert!((grid[lowest] - prediction).abs() <= 0.5e-3 + 1e-12);
        let weights = energy.mapv(|e| (-e).exp());
        assert!((weights.dot(&grid) / weights.sum() - prediction).abs() < 1e-9);
        assert!((weights.sum() * 1e-3 - std::f64::consts::TAU.sqrt()).abs() < 1e-9);
    }
    let within = |side: f64| {
        let (count, cell) = (400, side / 400.0);
        let at = |i: usize| -0.5 * side + (i as f64 + 0.5) * cell;
        (0..count * count)
            .map(|i| array![at(i / count), at(i % count)])
            .map(|x| ((-energy(&x, 0.0)).exp() + (-energy(&x, 1.0)).exp()) * cell * cell)
            .sum::<f64>()
    };
    assert!(within(8.0) > 4.0 * within(4.0) && within(16.0) > 4.0 * within(8.0));
}

/// A magnet's energy, summed over pairs of spins, against that of the Hopfield network with the couplings for weights and the field reversed for
/// thresholds, on all states of ten; and the network's partition function for a chain against 2ⁿ cosh(βJ)ⁿ⁻¹.
#[test]
fn ising_hopfield_correspondence() {
    let mut rng = rng(31);
    let n = 10;
    let mut couplings = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..i {
            couplings[[i, j]] = rng.sample(StandardNormal);
            couplings[[j, i]] = couplings[[i, j]];
        }
    }
    let field = normal(n, &mut rng);
    let network = Hopfield::new(couplings.clone(), -&field).unwrap();
    let mut chain = Array2::zeros((n, n));
    for i in 1..n {
        chain[[i, i - 1]] = 0.8;
        chain[[i - 1, i]] = 0.8;
    }
    let chain = Hopfield::new(chain, Array1::zeros(n)).unwrap();
    let (beta, mut z) = (0.7, 0.0);
    for code in 0..1 << n {
        let spins = Array1::from_shape_fn(n, |i| if code >> i & 1 == 1 { 1.0 } else { -1.0 });
        let mut hamiltonian = 0.0;
        for i in 0..n {
            hamiltonian -= field[i] * spins[i];
            for j in 0..i {
                hamiltonian -= couplings[[i, j]] * spins[i] * spins[j];
            }
        }
        assert!((network.energy(&spins) - hamiltonian).abs() < 1e-12);
        z += (-beta * chain.energy(&spins)).exp();
    }
    let closed = 2_f64.powi(10) * f64::cosh(beta * 0.8).powi(9);
    assert!((z / closed - 1.0).abs() < 1e-12);
}

/// A step of descent at the rate s²/Σd against the mean of the memories weighted by a softmax; it does not raise the energy.
#[test]
fn wells_attention() {
    let mut rng = rng(32);
    let (memories, width) = (normal_matrix(5, 3, &mut rng), 0.8);
    let mut wells = Wells::new(3, width).unwrap();
    for memory in memories.rows() {
        wells.store(&memory).unwrap();
    }
    for _ in 0..50 {
        let x = normal(3, &mut rng);
        let stepped = &x - &(wells.gradient(&x) * (width * width / -wells.energy(&x)));
        let scores = memories.dot(&x) / (width * width)
            - memories.map_axis(Axis(1), |m| m.dot(&m)) / (2.0 * width * width);
        let soft = scores.mapv(f64::exp);
        let mean = memories.t().dot(&soft) / soft.sum();
        assert!(furthest(&stepped, &mean) < 1e-12);
        assert!(wells.energy(&stepped) <= wells.energy(&x) + 1e-15);
    }
    // For memories of one length the weights are the softmax of the overlaps alone.
    let unit = |m: &ArrayRef2<f64>| {
        m.to_owned() / m.map_axis(Axis(1), |m| m.dot(&m).sqrt()).insert_axis(Axis(1))
    };
    let memories = unit(&memories);
    let mut wells = Wells::new(3, width).unwrap();
    for memory in memories.rows() {
        wells.store(&memory).unwrap();
    }
    let x = array![0.3, -0.2, 0.5];
    let soft = (memories.dot(&x) / (width * width)).mapv(f64::exp);
    let stepped = &x - &(wells.gradient(&x) * (width * width / -wells.energy(&x)));
    assert!(furthest(&stepped, &(memories.t().dot(&soft) / soft.sum())) < 1e-12);
}
