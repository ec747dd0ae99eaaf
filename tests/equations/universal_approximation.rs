//! Chapter `universal-approximation`.

use std::f64::consts::{LN_2, PI, TAU};

use downhill::{
    introduction::logistic,
    ols::{Ols, mse, polynomial_features},
    rng,
    universal_approximation::{Shallow, relu, sawtooth, sup_error},
};
use ndarray::{Array1, Array2, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde_json::Value;

/// The target of most tests; its slope is at most 2π + 1, at the ends of the unit interval.
fn wave(x: f64) -> f64 {
    (TAU * x).sin() + x
}

fn grid(lo: f64, hi: f64, n: usize) -> Array1<f64> {
    Array1::linspace(lo, hi, n)
}

fn column(x: &Array1<f64>) -> Array2<f64> {
    x.clone().insert_axis(Axis(1))
}

/// The logistic function by another formula.
fn switch(z: f64) -> f64 {
    0.5 * (1.0 + (0.5 * z).tanh())
}

/// The modulus of continuity of `f` on `lo..hi` at the distance `h`, by comparing all pairs of a grid of 801 points.
fn modulus(f: impl Fn(f64) -> f64, lo: f64, hi: f64, h: f64) -> f64 {
    let x = grid(lo, hi, 801);
    let y = x.mapv(f);
    let mut largest: f64 = 0.0;
    for i in 0..801 {
        for j in i..801 {
            if x[j] - x[i] <= h * (1.0 + 1e-12) {
                largest = largest.max((y[j] - y[i]).abs());
            }
        }
    }
    largest
}

/// The slope of the straight line through (ln x, ln y).
fn rate(x: &[f64], y: &[f64]) -> f64 {
    let log = |v: &[f64]| Array1::from_iter(v.iter().map(|v| v.ln()));
    let (x, y) = (log(x), log(y));
    let (mx, my) = (x.mean().unwrap(), y.mean().unwrap());
    (&x - mx).dot(&(&y - my)) / (&x - mx).mapv(|d| d * d).sum()
}

/// `n` units on `d` inputs with normal weights and biases, and output weights of 1.
fn random_units(
    activation: fn(f64) -> f64,
    n: usize,
    d: usize,
    scale: f64,
    rng: &mut impl Rng,
) -> Shallow {
    let weights =
        Array2::from_shape_simple_fn((n, d), || scale * rng.sample::<f64, _>(StandardNormal));
    let biases = Array1::from_shape_simple_fn(n, || scale * rng.sample::<f64, _>(StandardNormal));
    Shallow::new(activation, weights, biases, Array1::ones(n)).unwrap()
}

/// The values of the network whose output weights are fitted to `y` by least squares.
fn fitted(units: &Shallow, x: &Array2<f64>, y: &Array1<f64>) -> Array1<f64> {
    let hidden = units.hidden(x);
    Ols::fit(&hidden, y).unwrap().predict(&hidden)
}

/// The logistic function at ±10, ±20, ±40 against its limits, and everywhere against ½(1 + tanh ½z); the normal
/// distribution function has the limits too, the hyperbolic tangent has not.
/// Source: Cybenko (1989).
#[test]
fn sigmoidal_function() {
    let gaps =
        |f: &dyn Fn(f64) -> f64| [10.0, 20.0, 40.0].map(|z| (1.0 - f(z)).abs().max(f(-z).abs()));
    let sigmoidal = |f: &dyn Fn(f64) -> f64| {
        let gap = gaps(f);
        gap[0] < 1e-4 && gap[1] <= gap[0] && gap[2] <= gap[1] && gap[2] < 1e-15
    };
    assert!(sigmoidal(&logistic));
    assert!(sigmoidal(&|z| 0.5 * libm::erfc(-z)));
    assert!(sigmoidal(&|z: f64| 0.5 * (1.0 + z.tanh())));
    assert!(!sigmoidal(&f64::tanh));
    assert!(!sigmoidal(&relu));
    for i in -400..=400 {
        let z = 0.1 * f64::from(i);
        assert!((logistic(z) - switch(z)).abs() < 1e-15);
        assert!((1.0 - logistic(z) - logistic(-z)).abs() < 1e-15);
    }
}

/// The network against the sum over units and inputs written out, and against SciPy's `expit` on recorded weights.
#[test]
fn uat_network_parameters() {
    let mut rng = rng(1);
    let mut normal = |n: usize, d: usize| {
        Array2::from_shape_simple_fn((n, d), || rng.sample::<f64, _>(StandardNormal))
    };
    let (weights, biases, output, x) = (normal(5, 3), normal(5, 1), normal(5, 1), normal(200, 3));
    let (biases, output) = (biases.column(0).to_owned(), output.column(0).to_owned());
    let network = Shallow::new(logistic, weights.clone(), biases.clone(), output.clone()).unwrap();
    let (hidden, values) = (network.hidden(&x), network.evaluate(&x));
    assert_eq!((hidden.dim(), values.len(), network.width()), ((200, 5), 200, 5));
    for i in 0..200 {
        let mut sum = 0.0;
        for j in 0..5 {
            let z = (0..3).map(|k| weights[[j, k]] * x[[i, k]]).sum::<f64>() + biases[j];
            assert!((hidden[[i, j]] - switch(z)).abs() < 1e-14);
            sum += output[j] * switch(z);
        }
        assert!((values[i] - sum).abs() < 1e-13);
    }

    let oracle: Value =
        serde_json::from_str(include_str!("../oracles/universal_approximation.json")).unwrap();
    let numbers =
        |name: &str| serde_json::from_value::<Vec<f64>>(oracle["expit"][name].clone()).unwrap();
    let rows = |name: &str, d: usize| {
        let flat = numbers(name);
        Array2::from_shape_vec((flat.len() / d, d), flat).unwrap()
    };
    let network = Shallow::new(
        logistic,
        rows("weights", 2),
        numbers("biases").into(),
        numbers("output").into(),
    )
    .unwrap();
    let error = sup_error(&Array1::from(numbers("values")), &network.evaluate(&rows("x", 2)));
    assert!(error < 1e-13, "{error:e}");
}

/// The printed parameters, weights and biases alone: 1000 sums of units against the target −1, from which each stays
/// more than 1 away; with output weights the same units reach it.
#[test]
fn erratum_uat_network_parameters() {
    let mut rng = rng(2);
    for _ in 0..1000 {
        let units = random_units(logistic, 8, 2, 3.0, &mut rng);
        let x = Array2::from_shape_simple_fn((20, 2), || rng.random_range(0.0..1.0));
        assert!(units.evaluate(&x).iter().all(|f| (-1.0 - f).abs() > 1.0));
    }
    // A unit without weights is a constant, so that the target is a multiple of it.
    let constant = Shallow::new(logistic, array![[0.0, 0.0]], array![0.0], array![1.0]).unwrap();
    let units = random_units(logistic, 8, 2, 3.0, &mut rng).plus(&constant).unwrap();
    let x = Array2::from_shape_simple_fn((400, 2), || rng.random_range(0.0..1.0));
    let target = Array1::from_elem(400, -1.0);
    assert!(sup_error(&target, &fitted(&units, &x, &target)) < 1e-6);
}

/// The staircase against its sum written out, and against the target at the ends of the cells, where the sum telescopes.
#[test]
fn staircase_network() {
    let (lo, hi, steps, sharpness) = (-0.5, 2.0, 10, 60.0);
    let target = |x: f64| (3.0 * x).cos() + 2.0;
    let stairs = Shallow::staircase(target, (lo, hi), steps, sharpness).unwrap();
    let h = (hi - lo) / steps as f64;
    let sum = |x: f64| {
        let mut f = target(lo) * switch(sharpness / h * (x - lo + 0.5 * h));
        for j in 0..steps {
            let rise = target(lo + (j + 1) as f64 * h) - target(lo + j as f64 * h);
            f += rise * switch(sharpness / h * (x - lo - (j as f64 + 0.5) * h));
        }
        f
    };
    let x = grid(lo, hi, 777);
    assert!(sup_error(&x.mapv(sum), &stairs.curve(&x)) < 1e-12);
    // Half a cell from the nearest step the unit is off by e^{-κ/2}.
    let ends = grid(lo, hi, steps + 1);
    assert!(
        sup_error(&ends.mapv(target), &stairs.curve(&ends))
            < 10.0 * (-0.5 * sharpness).exp() + 1e-13
    );
    assert_eq!(stairs.width(), steps + 1);
}

/// The error of staircases on a grid against the bound, with the modulus of continuity by brute force; on a
/// straight line sharp steps err by half a step.
#[test]
fn staircase_error() {
    type Target = fn(f64) -> f64;
    let targets: [(Target, f64, f64); 4] = [
        (wave, 0.0, 1.0),
        (f64::sqrt, 0.0, 1.0),
        (|x| (x - 0.4).abs() + 2.0, 0.0, 1.0),
        (|x| (x * x).sin() - 1.0, -2.0, 2.0),
    ];
    let mut closest: f64 = 0.0;
    for (target, lo, hi) in targets {
        let x = grid(lo, hi, 4001);
        for steps in [5, 20, 40] {
            let h = (hi - lo) / f64::from(steps);
            let omega = modulus(target, lo, hi, h);
            for sharpness in [0.5, 2.0, 5.0, 20.0, 1000.0] {
                let stairs =
                    Shallow::staircase(target, (lo, hi), steps as usize, sharpness).unwrap();
                let error = sup_error(&x.mapv(target), &stairs.curve(&x));
                let blur = (-0.5 * sharpness).exp();
                let bound = omega * (1.0 + 2.0 * blur / (1.0 - (-sharpness).exp()))
                    + target(lo).abs() * blur;
                assert!(
                    error <= bound,
                    "{steps} steps of sharpness {sharpness}: {error} above {bound}"
                );
                closest = closest.max(error / bound);
            }
        }
    }
    // The bound is not idle: somewhere the error comes within a factor of two.
    assert!(closest > 0.5, "{closest}");

    // Each of its three terms is needed. The own cell: F has risen before the one step, in the middle, is taken.
    let error = |target: Target, steps: usize, sharpness: f64, x: &[f64]| {
        let x = Array1::from(x.to_vec());
        let stairs = Shallow::staircase(target, (0.0, 1.0), steps, sharpness).unwrap();
        sup_error(&x.mapv(target), &stairs.curve(&x))
    };
    let own = error(|x: f64| (50.0 * x).min(1.0), 1, 1e4, &[0.5 - 2e-3]);
    assert!(own <= 1.0 && own > 0.95, "{own}");
    // The neighbours' blur, from both sides: at the bottom of a valley every switch is off to the same side.
    let (steps, sharpness) = (200_u8, 0.1_f64);
    let valley = error(|x| (x - 0.5).abs() - 0.5, usize::from(steps), sharpness, &[0.5]);
    let omega = 1.0 / f64::from(steps);
    let series = (-0.5 * sharpness).exp() / (1.0 - (-sharpness).exp());
    assert!(valley <= omega * (1.0 + 2.0 * series) && valley > omega * (1.0 + series), "{valley}");
    // The floor of a constant: σ(−κ/2) is within a hundredth of e^{−κ/2}.
    let floor = error(|_| 3.0, 5, 10.0, &[0.0]);
    assert!(floor <= 3.0 * (-5.0_f64).exp() && floor > 0.99 * 3.0 * (-5.0_f64).exp(), "{floor}");
    let line = Shallow::staircase(|x| x, (0.0, 1.0), 10, 1e6).unwrap();
    let just_before = array![0.25 - 1e-4];
    assert!((sup_error(&just_before, &line.curve(&just_before)) - (0.05 - 1e-4)).abs() < 1e-12);
}

/// For each ε, the number of steps that the modulus of continuity asks for against the error that they leave; another
/// sigmoid does as well, and least squares on the same units does better in the mean.
/// Source: Cybenko (1989), theorem 2.
#[test]
fn cybenko_uniform_approximation() {
    let x = grid(0.0, 1.0, 10_001);
    let y = x.mapv(wave);
    for epsilon in [0.5, 0.1, 0.02] {
        let steps = (1..).map(|k| 10 * k).find(|&n| 7.3 / f64::from(n) < 0.99 * epsilon).unwrap();
        assert!(modulus(wave, 0.0, 1.0, 1.0 / f64::from(steps)) < epsilon);
        let stairs = Shallow::staircase(wave, (0.0, 1.0), steps as usize, 50.0).unwrap();
        assert!(sup_error(&y, &stairs.curve(&x)) < epsilon);
        // Any continuous sigmoidal function will do: here the normal distribution function, which rises twice as fast.
        let normal = |z: f64| 0.5 * libm::erfc(-z);
        let other = Shallow::new(
            normal,
            stairs.weights().clone(),
            stairs.biases().clone(),
            stairs.output().clone(),
        );
        assert!(sup_error(&y, &other.unwrap().curve(&x)) < epsilon);
    }
    let mut before = f64::NAN;
    for steps in [10, 20, 40, 80] {
        let stairs = Shallow::staircase(wave, (0.0, 1.0), steps, 50.0).unwrap();
        let error = sup_error(&y, &stairs.curve(&x));
        assert!(
            before.is_nan() || (before / error - 2.0).abs() < 0.1,
            "{steps}: {before} to {error}"
        );
        before = error;
    }
    let stairs = Shallow::staircase(wave, (0.0, 1.0), 10, 5.0).unwrap();
    assert!(mse(&y, &fitted(&stairs, &column(&x), &y)) < 0.5 * mse(&y, &stairs.curve(&x)));
}

/// A target on the square with values between −1 and 4 against 150 random units, fitted: within 0.05 everywhere.
#[test]
fn uat_target_function_set() {
    let mut rng = rng(3);
    let x = Array2::from_shape_fn(
        (41 * 41, 2),
        |(i, j)| if j == 0 { i / 41 } else { i % 41 } as f64 / 40.0,
    );
    let y = Array1::from_shape_fn(x.nrows(), |i| (TAU * x[[i, 0]]).sin() + 3.0 * x[[i, 1]]);
    assert!(y.iter().any(|&y| y < -0.9) && y.iter().any(|&y| y > 3.9));
    assert!(sup_error(&y, &fitted(&random_units(logistic, 150, 2, 5.0, &mut rng), &x, &y)) < 0.05);
}

/// The printed set read as a range, [0, 1]: the same 150 units under a logistic output, whose values are in it, trained downhill on the target of
/// the test above: at some point more than 2.9 away, sixty times as far as with a linear output; and read as the cube of places, a constant.
#[test]
fn erratum_uat_target_function_set() {
    let mut rng = rng(3);
    let x = Array2::from_shape_fn(
        (41 * 41, 2),
        |(i, j)| if j == 0 { i / 41 } else { i % 41 } as f64 / 40.0,
    );
    let y = Array1::from_shape_fn(x.nrows(), |i| (TAU * x[[i, 0]]).sin() + 3.0 * x[[i, 1]]);
    let units = random_units(logistic, 150, 2, 5.0, &mut rng);
    let hidden = units.hidden(&x);
    assert!(sup_error(&y, &fitted(&units, &x, &y)) < 0.05);

    let mut alpha = Array1::zeros(150);
    let mut squashed = hidden.dot(&alpha).mapv(switch);
    let first = mse(&y, &squashed);
    for _ in 0..1000 {
        let delta = (&squashed - &y) * squashed.mapv(|a: f64| a * (1.0 - a));
        alpha.scaled_add(-0.05 / y.len() as f64, &hidden.t().dot(&delta));
        squashed = hidden.dot(&alpha).mapv(switch);
        assert!(sup_error(&y, &squashed) > 2.9);
    }
    // It did learn: from saying ½ everywhere towards the target cut off at 0 and 1, below which no value in [0, 1] can come.
    let cut = mse(&y, &y.mapv(|y| y.clamp(0.0, 1.0)));
    assert!(mse(&y, &squashed) < 0.9 * first && mse(&y, &squashed) >= cut);
    // Read as a point of the cube F is a constant, and the fit of a constant is the mean.
    let constant = Shallow::new(logistic, array![[0.0, 0.0]], array![0.0], array![1.0]).unwrap();
    assert!(sup_error(&y, &fitted(&constant, &x, &y)) > 2.4);
}

/// On a compact set bumps e^{-z²}, which are not monotone, and rectifiers, which are not bounded, against a wave: both
/// get below 0.01 by width 64. On the whole line a staircase against the sine: at least 1 away.
/// Source: Funahashi (1989) for the hypotheses as printed; Leshno et al. (1993) for those that are needed.
#[test]
fn uat_monotone_activation_statement() {
    let x = grid(0.0, 1.0, 1001);
    let y = x.mapv(|x| (TAU * x).sin());
    for activation in [(|z: f64| (-z * z).exp()) as fn(f64) -> f64, relu] {
        let errors = [4_u8, 8, 16, 32, 64].map(|width| {
            let n = f64::from(width);
            // Two units start before the interval: a value and a slope to begin with.
            let centres =
                Array1::from_shape_fn(usize::from(width), |j| (j as f64 - 1.5) / (n - 3.0));
            let units = Shallow::new(
                activation,
                Array2::from_elem((usize::from(width), 1), n),
                centres.mapv(|c| -n * c),
                Array1::ones(usize::from(width)),
            );
            sup_error(&y, &fitted(&units.unwrap(), &column(&x), &y))
        });
        assert!(errors[4] < 1e-2 && errors[4] < errors[2] && errors[2] < errors[0], "{errors:?}");
    }
    let stairs = Shallow::staircase(f64::sin, (-10.0, 10.0), 100, 10.0).unwrap();
    let near = grid(-10.0, 10.0, 2001);
    assert!(sup_error(&near.sin(), &stairs.curve(&near)) < 0.15);
    for far in [1e3, 1e6] {
        for side in [-1.0, 1.0] {
            let x = Array1::from_shape_fn(1001, |i| side * (far + 0.01 * i as f64));
            // The grid misses the crest of the sine by at most 0.005.
            assert!(sup_error(&x.sin(), &stairs.curve(&x)) >= 1.0 - 0.5 * 0.005_f64.powi(2));
        }
    }
}

/// Products of two cosines against two units with the activation cos, along the sum and the difference.
#[test]
fn product_of_waves() {
    let mut rng = rng(4);
    for _ in 0..50 {
        let v: Array1<f64> = Array1::from_shape_simple_fn(2, || rng.random_range(-9.0..9.0));
        let u: Array1<f64> = Array1::from_shape_simple_fn(2, || rng.random_range(-9.0..9.0));
        let half = Shallow::new(f64::cos, array![[1.0]], array![0.0], array![0.5]).unwrap();
        let sum = half.along(&(&u + &v)).unwrap().plus(&half.along(&(&u - &v)).unwrap()).unwrap();
        let x = Array2::from_shape_simple_fn((20, 2), || rng.random_range(0.0..1.0));
        let product = x.dot(&u).cos() * x.dot(&v).cos();
        assert!(sup_error(&product, &sum.evaluate(&x)) < 1e-13);
    }
}

/// The bump as a product against its four ridges, exact with cosines for units and within the sum of four staircases'
/// bounds with logistic units.
#[test]
fn bump_from_ridges() {
    let x = Array2::from_shape_fn(
        (51 * 51, 2),
        |(i, j)| if j == 0 { i / 51 } else { i % 51 } as f64 / 50.0,
    );
    let bump = Array1::from_shape_fn(x.nrows(), |i| {
        (PI * x[[i, 0]]).sin().powi(2) * (PI * x[[i, 1]]).sin().powi(2)
    });
    let ridges =
        [([1.0, 0.0], -0.25), ([0.0, 1.0], -0.25), ([1.0, 1.0], 0.125), ([1.0, -1.0], 0.125)];
    let mut exact = Shallow::new(f64::cos, array![[0.0, 0.0]], array![0.0], array![0.25]).unwrap();
    let mut stairs = Shallow::staircase(|_| 0.25, (0.0, 1.0), 1, 100.0)
        .unwrap()
        .along(&array![1.0, 0.0])
        .unwrap();
    let steps = 20;
    for (direction, height) in ridges {
        let direction = Array1::from(direction.to_vec());
        let wave = Shallow::new(f64::cos, array![[TAU]], array![0.0], array![height]).unwrap();
        exact = exact.plus(&wave.along(&direction).unwrap()).unwrap();
        let wave =
            Shallow::staircase(|t| height * (TAU * t).cos(), (-1.0, 2.0), 3 * steps, 50.0).unwrap();
        stairs = stairs.plus(&wave.along(&direction).unwrap()).unwrap();
    }
    assert!(sup_error(&bump, &exact.evaluate(&x)) < 1e-14);
    // Each wave of height a has the slope 2πa at most.
    let bound = TAU * 0.75 / steps as f64;
    let error = sup_error(&bump, &stairs.evaluate(&x));
    assert!(error < bound && error > 0.05 * bound, "{error} of {bound}");
}

/// The rate of staircases, fitted over five widths, against −1. And what the size of the weights has to do with the error: 4000 steps none of
/// whose weights exceeds W against F smoothed by the density of one switch, in closed form: they err by that much however many they are.
/// Source: the rate is the modulus of continuity's; Cybenko's and Hornik's proofs give none.
#[test]
fn uat_non_constructive() {
    let x = grid(0.0, 1.0, 10_001);
    let y = x.mapv(wave);
    let widths = [10.0, 20.0, 40.0, 80.0, 160.0];
    let errors = widths.map(|n| {
        let stairs = Shallow::staircase(wave, (0.0, 1.0), n as usize, 50.0).unwrap();
        sup_error(&y, &stairs.curve(&x))
    });
    assert!((rate(&widths, &errors) + 1.0).abs() < 0.05);

    // The logistic density of steepness W has the characteristic function (πω/W)/sinh(πω/W), by which it flattens a wave of frequency ω.
    let inner = grid(0.4, 0.6, 41);
    for largest in [100.0, 200.0] {
        let flatter = PI * TAU / largest / (PI * TAU / largest).sinh();
        let smoothed = inner.mapv(|x| flatter * (TAU * x).sin() + x);
        for steps in [1000, 4000] {
            let sharpness = largest / f64::from(steps);
            let stairs = Shallow::staircase(wave, (0.0, 1.0), steps as usize, sharpness).unwrap();
            assert!(stairs.weights().iter().all(|w| (w / largest - 1.0).abs() < 1e-12));
            // A rise put into the middle of its cell is a wave's slope there times sin(ωh/2)/(ωh/2), which is 1 − (ωh)²/24 at least. The steps end
            // 0.4 from the places looked at, where a switch is off by e^{−0.4 W}.
            let coarse = (TAU / f64::from(steps)).powi(2) / 24.0;
            assert!(sup_error(&smoothed, &stairs.curve(&inner)) < coarse + 1e-12);
            let missed = (1.0 - flatter) * (TAU * 0.1).sin();
            let error = sup_error(&inner.mapv(wave), &stairs.curve(&inner));
            assert!((error / missed - 1.0).abs() < 0.01, "{error} of {missed}");
        }
    }
}

/// The broken line of rectifiers against interpolation by search, and against NumPy's `interp` on recorded knots.
#[test]
fn relu_broken_line() {
    let interpolate = |knots: &[f64], values: &[f64], x: f64| {
        let j = knots.iter().rposition(|&k| k <= x).unwrap().min(knots.len() - 2);
        let t = (x - knots[j]) / (knots[j + 1] - knots[j]);
        (1.0 - t) * values[j] + t * values[j + 1]
    };
    let mut rng = rng(5);
    for n in [2, 3, 20] {
        let mut knots: Vec<f64> = (0..n).map(|_| rng.random_range(-3.0..3.0)).collect();
        knots.sort_by(f64::total_cmp);
        let values: Vec<f64> = (0..n).map(|_| rng.random_range(-3.0..3.0)).collect();
        let line =
            Shallow::broken_line(&Array1::from(knots.clone()), &Array1::from(values.clone()))
                .unwrap();
        assert_eq!(line.width(), n);
        let x = grid(knots[0], knots[n - 1], 301);
        // The slopes, some of them steep, cancel.
        let steepest = line.output().iter().fold(1.0, |m: f64, a| m.max(a.abs()));
        assert!(
            sup_error(&x.mapv(|x| interpolate(&knots, &values, x)), &line.curve(&x))
                < 1e-13 * steepest
        );
        // Level before the first knot, straight on after the last.
        let after = knots[n - 1] + 1.0;
        assert!((line.curve(&array![knots[0] - 5.0])[0] - values[0]).abs() < 1e-13 * steepest);
        assert!(
            (line.curve(&array![after])[0] - interpolate(&knots, &values, after)).abs()
                < 1e-13 * steepest
        );
    }
    let oracle: Value =
        serde_json::from_str(include_str!("../oracles/universal_approximation.json")).unwrap();
    let numbers = |name: &str| {
        Array1::from(serde_json::from_value::<Vec<f64>>(oracle["interp"][name].clone()).unwrap())
    };
    let line = Shallow::broken_line(&numbers("knots"), &numbers("heights")).unwrap();
    let steepest = line.output().iter().fold(1.0, |m: f64, a| m.max(a.abs()));
    let error = sup_error(&numbers("values"), &line.curve(&numbers("x")));
    assert!(error < 1e-13 * steepest, "{error:e} with slopes to {steepest:e}");
}

/// The error of broken lines against h² max|F''| / 8: reached by a parabola, kept by the wave, of rate −2; the root
/// has no second derivative at 0 and the rate −½, and with the knots at (j/N)⁴ again −2.
#[test]
fn broken_line_error() {
    let x = grid(0.0, 1.0, 64_001);
    let error = |f: fn(f64) -> f64, knots: &Array1<f64>, x: &Array1<f64>| {
        sup_error(&x.mapv(f), &Shallow::broken_line(knots, &knots.mapv(f)).unwrap().curve(x))
    };
    let widths = [10, 20, 40, 80];
    let n = widths.map(f64::from);
    for &n in &widths {
        let (knots, h) = (grid(0.0, 1.0, n as usize + 1), 1.0 / f64::from(n));
        assert!((error(|x| 3.0 * x * x, &knots, &x) / (6.0 * h * h / 8.0) - 1.0).abs() < 1e-9);
        assert!(error(wave, &knots, &x) <= TAU * TAU * h * h / 8.0);
    }
    let even = |f| widths.map(|n| error(f, &grid(0.0, 1.0, n as usize + 1), &x));
    let crowded =
        widths.map(|n| error(f64::sqrt, &grid(0.0, 1.0, n as usize + 1).powi(4), &x.powi(4)));
    assert!((rate(&n, &even(wave)) + 2.0).abs() < 0.05);
    assert!((rate(&n, &even(f64::sqrt)) + 0.5).abs() < 0.05);
    assert!((rate(&n, &crowded) + 2.0).abs() < 0.05);
}

/// E[F²] of a square and of a network under the normal law, by Monte Carlo against quadrature, at four standard errors; the
/// integral for e^{x²/2}, cut off at ±R, grows without bound.
#[test]
fn hornik_square_integrability() {
    let density = |x: f64| (-0.5 * x * x).exp() / TAU.sqrt();
    let quadrature = |f: &dyn Fn(f64) -> f64, r: f64| {
        let n = 20_000;
        let h = 2.0 * r / f64::from(n);
        (0..n)
            .map(|i| (f64::from(i) + 0.5) * h - r)
            .map(|x| f(x).powi(2) * density(x) * h)
            .sum::<f64>()
    };
    let network = Shallow::staircase(f64::sin, (-3.0, 3.0), 12, 5.0).unwrap();
    let at = |x: f64| network.curve(&array![x])[0];
    assert!((quadrature(&|x| x * x, 12.0) - 3.0).abs() < 1e-9);
    let mut rng = rng(6);
    let draws: Vec<f64> = (0..40_000).map(|_| rng.sample(StandardNormal)).collect();
    for f in [&(|x: f64| x * x) as &dyn Fn(f64) -> f64, &at] {
        let squares = Array1::from_iter(draws.iter().map(|&x| f(x).powi(2)));
        let error = squares.std(1.0) / (squares.len() as f64).sqrt();
        assert!((squares.mean().unwrap() - quadrature(f, 12.0)).abs() < 4.0 * error);
    }
    let cut_off = [2.0, 4.0, 6.0].map(|r| quadrature(&|x| (0.5 * x * x).exp(), r));
    assert!(cut_off[1] > 10.0 * cut_off[0] && cut_off[2] > 10.0 * cut_off[1]);
}

/// A step against networks of random cosines, bounded and not monotone, fitted: the mean square falls below 0.01 by width
/// 200, and the largest error does not fall.
/// Source: Hornik (1991), theorem 1.
#[test]
fn hornik_mean_square_approximation() {
    let mut rng = rng(7);
    let x = grid(-1.0, 1.0, 4000);
    let step = x.mapv(|x| if x < 0.0 { 0.0 } else { 1.0 });
    let widths = [5, 20, 60, 200];
    let fits = widths
        .map(|width| fitted(&random_units(f64::cos, width, 1, 40.0, &mut rng), &column(&x), &step));
    let errors = fits.each_ref().map(|fit| mse(&step, fit));
    assert!(errors.windows(2).all(|e| e[1] < e[0]) && errors[3] < 0.01, "{errors:?}");
    // On the grid, whose points stand 0.00025 to either side of the jump, the fit may have used a little of the gap.
    assert!(fits.iter().all(|fit| sup_error(&step, fit) > 0.45));
}

/// The integral of the square of a step less one logistic unit, by quadrature, against the closed form less what the interval cuts off, which is
/// between e^{-2k}/k and that over (1 + e^{-k})².
#[test]
fn step_mean_square() {
    for steepness in [2.0, 3.0, 4.0, 100.0, 1000.0_f64] {
        let unit = Shallow::new(logistic, array![[steepness]], array![0.0], array![1.0]).unwrap();
        // Midpoints: the rule errs by about the square of the spacing times the steepness over 50.
        let n = 400_000;
        let x = Array1::from_shape_fn(n, |i| -1.0 + 2.0 * (i as f64 + 0.5) / n as f64);
        let step = x.mapv(|x| if x < 0.0 { 0.0 } else { 1.0 });
        let integral = 2.0 * mse(&step, &unit.curve(&x));
        let closed = 2.0 * (LN_2 - 0.5) / steepness;
        // Beyond ±1 lies 2/k times the integral from k on of 1/(1 + e^z)² = e^{-2z}/(1 + e^{-z})².
        let most = (-2.0 * steepness).exp() / steepness;
        let least = most / (1.0 + (-steepness).exp()).powi(2);
        let (cut, quadrature) = (closed - integral, 1e-12 * steepness);
        assert!(
            cut > least - quadrature && cut < most + quadrature,
            "{steepness}: {integral} and {closed}"
        );
    }
}

/// Continuous networks, built and fitted, against a step, at points next to the jump: each errs by half the jump at least,
/// while steeper units err less in the mean.
#[test]
fn uat_discontinuous_functions() {
    let mut rng = rng(8);
    let jump = 3.0;
    let x = grid(-1.0, 1.0, 1000);
    let step = |x: f64| if x < 0.0 { 1.0 } else { 1.0 + jump };
    let (y, beside) = (x.mapv(step), array![-1e-9, 0.0]);
    for _ in 0..50 {
        let units = random_units(logistic, rng.random_range(2..40), 1, 10.0, &mut rng);
        let coefficients = Ols::fit(&units.hidden(&column(&x)), &y).unwrap().coefficients().clone();
        // Output weights beyond 10⁶ would make a network that climbs visibly within 10⁻⁹.
        let steepest = coefficients.dot(&units.weights().column(0).mapv(f64::abs)).abs() * 1e-9;
        let network =
            Shallow::new(logistic, units.weights().clone(), units.biases().clone(), coefficients)
                .unwrap();
        let error = sup_error(&beside.mapv(step), &network.curve(&beside));
        assert!(error >= 0.5 * jump - steepest - 1e-3, "{error}");
    }
    let mean_squares = [10.0, 100.0, 1000.0].map(|steepness| {
        let unit =
            Shallow::new(logistic, array![[0.0], [steepness]], array![0.0, 0.0], array![2.0, jump])
                .unwrap();
        assert!(sup_error(&beside.mapv(step), &unit.curve(&beside)) >= 0.5 * jump - 1e-5);
        mse(&y, &unit.curve(&x))
    });
    assert!(mean_squares[2] < 0.1 * mean_squares[0]);
}

/// Logistic networks against |x|: the error falls with every width and never to zero, since their second difference at 0 vanishes
/// faster than the step, which that of |x| does not. Two rectifiers are |x| to the last digit.
#[test]
fn uat_approximation_not_exact() {
    let x = grid(-1.0, 1.0, 2001);
    let second_difference = |f: &Shallow, h: f64| {
        let f = f.curve(&array![-h, 0.0, h]);
        (f[0] - 2.0 * f[1] + f[2]) / h
    };
    let mut before = f64::INFINITY;
    for steps in [4, 8, 16, 32, 64] {
        let stairs = Shallow::staircase(f64::abs, (-1.0, 1.0), steps, 6.0).unwrap();
        let error = sup_error(&x.abs(), &stairs.curve(&x));
        assert!(error < before && error > 0.0);
        before = error;
        let (coarse, fine) = (second_difference(&stairs, 1e-3), second_difference(&stairs, 1e-4));
        assert!(fine.abs() < 0.11 * coarse.abs() && fine.abs() < 0.05, "{coarse} {fine}");
    }
    let exact =
        Shallow::new(relu, array![[1.0], [-1.0]], array![0.0, 0.0], array![1.0, 1.0]).unwrap();
    assert_eq!(sup_error(&x.abs(), &exact.curve(&x)), 0.0);
    assert!((second_difference(&exact, 1e-4) - 2.0).abs() < 1e-12);
}

/// Averages of N random waves against the Gaussian: the mean square over 4000 draws against the closed form, at four
/// standard errors, in 1, 5 and 20 dimensions.
/// Source: the argument is Barron's (1993), who credits Maurey.
#[test]
fn random_waves_error() {
    let mut rng = rng(9);
    for d in [1, 5, 20] {
        let x = Array2::from_shape_fn((1, d), |(_, k)| 0.3 * (k as f64).cos());
        let squared = x.iter().map(|x| x * x).sum::<f64>();
        for n in [1, 10, 40] {
            let squares = Array1::from_shape_simple_fn(4000, || {
                let weights =
                    Array2::from_shape_simple_fn((n, d), || rng.sample::<f64, _>(StandardNormal));
                let share = Array1::from_elem(n, 1.0 / n as f64);
                let waves = Shallow::new(f64::cos, weights, Array1::zeros(n), share).unwrap();
                (waves.evaluate(&x)[0] - (-0.5 * squared).exp()).powi(2)
            });
            let closed = (1.0 - (-squared).exp()).powi(2) / (2.0 * n as f64);
            let error = squares.std(1.0) / 4000_f64.sqrt();
            assert!((squares.mean().unwrap() - closed).abs() < 4.0 * error, "d = {d}, N = {n}");
        }
    }
}

/// The composed tent against the triangular wave in closed form, at points that halve without rounding.
/// Source: Telgarsky (2016).
#[test]
fn sawtooth_composition() {
    let x = grid(0.0, 1.0, 4097);
    for depth in 1..=10 {
        let scale = 2_f64.powi(depth - 1);
        let closed = x.mapv(|x| 1.0 - (1.0 - 2.0 * (scale * x).fract()).abs());
        assert_eq!(sup_error(&closed, &sawtooth(&x, depth as usize)), 0.0);
    }
    assert_eq!(sawtooth(&x, 0), x);
}

/// 2^L − 1 rectifiers, built for it, against the sawtooth: they err by 0.45 everywhere at most, below ½. With one of the 31 taken away
/// and the rest fitted anew, and for random kinks at the same width of 30, each errs by ½ at least. 2^L units reproduce it.
/// Source: Telgarsky (2016), whose bound is for the mean; the count of crossings is his.
#[test]
fn sawtooth_needs_width() {
    let mut rng = rng(10);
    let depth = 5;
    let teeth = 1_usize << depth;
    // The corners of the teeth and three points on each flank.
    let x = grid(0.0, 1.0, 4 * teeth + 1);
    let y = sawtooth(&x, depth);

    // A broken line through 0.4, 0.6, 0.4, 0.55, 0.45, 0.55, … at the corners, which crosses ½ as often as the sawtooth does. Of its 31 units the
    // first and the fourth look to the left: their slopes sum to that of the first flank, and they meet its height, so that no unit is needed
    // for either.
    let height = |j: usize| match j {
        0 | 2 => 0.4,
        1 => 0.6,
        _ if j.is_multiple_of(2) => 0.45,
        _ => 0.55,
    };
    let n = teeth as f64;
    let bend = |j: usize| n * (height(j + 1) - 2.0 * height(j) + height(j - 1));
    let side = |j: usize| if j == 1 || j == 4 { -1.0 } else { 1.0 };
    let kinks: Vec<usize> = (1..teeth).collect();
    let network = |kinks: &[usize]| {
        let units = kinks.iter().map(|&j| side(j));
        let weights = Array2::from_shape_fn((kinks.len(), 1), |(i, _)| side(kinks[i]));
        let biases = units.zip(kinks).map(|(side, &j)| -side * j as f64 / n).collect();
        let output = kinks.iter().map(|&j| bend(j)).collect();
        Shallow::new(relu, weights, biases, output).unwrap()
    };
    let built = network(&kinks);
    let error = sup_error(&y, &built.curve(&x));
    assert_eq!(built.width(), teeth - 1);
    assert!((error - 0.45).abs() < 1e-12, "{error}");
    for left_out in 0..kinks.len() {
        let mut fewer = kinks.clone();
        fewer.remove(left_out);
        assert!(sup_error(&y, &network(&fewer).curve(&x)) >= 0.5);
        assert!(sup_error(&y, &fitted(&network(&fewer), &column(&x), &y)) >= 0.5 - 1e-9);
    }

    for _ in 0..50 {
        let width = teeth - 2;
        let weights = Array2::from_shape_fn((width, 1), |(j, _)| if j == 0 { 0.0 } else { 1.0 });
        let biases =
            Array1::from_shape_fn(
                width,
                |j| if j == 0 { 1.0 } else { -rng.random_range(-0.05..1.0) },
            );
        let units = Shallow::new(relu, weights, biases, Array1::ones(width)).unwrap();
        assert!(sup_error(&y, &fitted(&units, &column(&x), &y)) >= 0.5 - 1e-9);
    }
    let corners = x.slice(s![..;4]).to_owned();
    let exact = Shallow::broken_line(&corners, &sawtooth(&corners, depth)).unwrap();
    assert!(exact.width() == teeth + 1 && exact.output()[0] == 0.0);
    assert!(sup_error(&y, &exact.curve(&x)) < 1e-12);
}

/// Units z² + z, 50 at random, against the polynomials of degree 2: the same fit, and the rank 3; logistic units pass below.
/// Source: Leshno et al. (1993).
#[test]
fn leshno_polynomial_activation() {
    let mut rng = rng(11);
    let x = grid(0.0, 1.0, 301);
    let y = x.mapv(wave);
    let best =
        Ols::fit(&polynomial_features(&x, 2), &y).unwrap().predict(&polynomial_features(&x, 2));
    for width in [3, 50] {
        let parabolas = random_units(|z| z * z + z, width, 1, 1.0, &mut rng);
        assert!(sup_error(&best, &fitted(&parabolas, &column(&x), &y)) < 1e-8);
    }
    let switches = random_units(logistic, 50, 1, 10.0, &mut rng);
    assert!(mse(&y, &fitted(&switches, &column(&x), &y)) < 1e-4 * mse(&y, &best));
}

/// The network of logistic units with doubled weights and output weights, and a constant, against the network of hyperbolic tangents.
#[test]
fn tanh_from_logistic() {
    let mut rng = rng(12);
    let tangents = random_units(f64::tanh, 6, 2, 1.0, &mut rng);
    let doubled = Shallow::new(
        logistic,
        tangents.weights() * 2.0,
        tangents.biases() * 2.0,
        Array1::from_elem(6, 2.0),
    );
    let constant = Shallow::new(logistic, array![[0.0, 0.0]], array![0.0], array![-12.0]).unwrap();
    let x = Array2::from_shape_simple_fn((100, 2), || rng.random_range(-3.0..3.0));
    assert!(
        sup_error(&tangents.evaluate(&x), &doubled.unwrap().plus(&constant).unwrap().evaluate(&x))
            < 1e-13
    );
}

/// The square against x − Σ T^s / 4^s: at the midpoints, where it is largest, the error is 4^{-(m+1)} to the last digits.
/// Source: Yarotsky (2017).
#[test]
fn square_from_sawtooths() {
    let x = grid(0.0, 1.0, 8193);
    for terms in 0..=9 {
        let sum =
            (1..=terms).fold(x.clone(), |sum, s| sum - sawtooth(&x, s) / 4_f64.powi(s as i32));
        assert!((sup_error(&x.powi(2), &sum) - 0.25_f64.powi(terms as i32 + 1)).abs() < 1e-15);
    }
}
