//! Fits where numbers are coarse: a small spread on a large mean, classes that a plane parts, penalties that are nearly none, and
//! minima below what rounding shows. The right values have 60 digits, or are exact.

use downhill::{
    Error,
    energy::Energy,
    gibbs_boltzmann::calibrate,
    introduction::{Covariance, GaussianDiscriminant, KMeans, Logistic},
    ols::{Ols, Solver, add_intercept, cost},
    optimizers::{Bfgs, Lbfgs, Place, StrongWolfe, minimize},
    ridge_lasso::{Lasso, Ridge, Standardizer, cross_validate, lasso_cost},
    rng,
    training_ebms::SoftCode,
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, concatenate};
use rand::RngExt;
use rand_distr::StandardNormal;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/fits.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Seconds since 1970, a tenth of a second wide.
fn seconds(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| 1.7e9 + ((7919 * i % n) as f64 / n as f64 - 0.5) * 0.1)
}

fn column(values: &Array1<f64>) -> Array2<f64> {
    values.clone().insert_axis(Axis(1))
}

/// The standard deviation of a small spread on a large mean, by the standardiser and by each discriminant, however many rows there are,
/// and of a spread whose square, or whose sum with others, is beyond the range of numbers.
#[test]
fn small_spreads_on_large_means() {
    let variances = &oracle()["variances"];
    for n in [50_000, 200_000] {
        let (x, variance) = (column(&seconds(n)), number(&variances[n.to_string()]));
        let scale = Standardizer::fit(&x).unwrap().scales()[0];
        assert!((scale * scale / variance - 1.0).abs() < 1e-11, "{n}: {scale}");
        for covariance in [Covariance::PerClass, Covariance::Shared, Covariance::Naive] {
            let law = GaussianDiscriminant::fit(&x, &vec![0; n], covariance, 0.0).unwrap();
            // The density at the mean is 1/√(2πσ²); the mean itself is rounded to 2⁻²², a hundred-thousandth of σ.
            let peak = law.log_density(law.means())[0];
            let found = (-2.0 * peak).exp() / std::f64::consts::TAU;
            assert!((found / variance - 1.0).abs() < 1e-9, "{n}, {covariance:?}: {found}");
        }
    }
    let wide = array![[1e200, 1e308], [-1e200, 1.5e308]];
    let standard = Standardizer::fit(&wide).unwrap();
    let expected = array![[1.0, -1.0], [-1.0, 1.0]];
    assert!((standard.transform(&wide) - expected).iter().all(|d| d.abs() < 1e-14));
}

/// A column that is one number but for its last bits is constant to all that ask; one that spreads a few times as much is not.
#[test]
fn constant_but_for_the_last_bits() {
    let n = 1000;
    let mut rng = rng(7);
    let constant = Array1::from_shape_fn(n, |i| if i % 2 == 0 { 0.3 } else { 0.1 + 0.2 });
    let other = Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
    let noise = Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
    // The noise leans towards the last bit, which a blown-up column would be found useful for.
    let y = &other + &noise + constant.mapv(|v| if v > 0.3 { 0.3 } else { -0.3 });
    let x = ndarray::stack![Axis(1), other, constant];
    let standard = Standardizer::fit(&x).unwrap();
    assert_eq!(standard.scales()[1], 1.0);
    let z = standard.transform(&x);
    assert!(z.column(1).iter().all(|z| z.abs() < 1e-15));

    let lambdas = array![1.0, 1e-4];
    let path = Lasso::new(&z, &(&y - y.mean().unwrap())).unwrap().path(&lambdas).unwrap();
    assert!(path.coefficients.column(1).iter().all(|&theta| theta == 0.0));
    let (_, raw) = standard.to_raw(&path.coefficients.row(1).to_owned(), 0.0);
    assert_eq!(raw[1], 0.0);
    let mut seen = 0;
    cross_validate(&x, &y, &lambdas, 5, &mut rng, |x, y, lambdas| {
        seen += 1;
        assert!(x.column(1).iter().all(|z| z.abs() < 1e-15));
        assert!(y.mean().unwrap().abs() < 1e-15);
        Ridge::new(x, y)?.path(lambdas)
    })
    .unwrap();
    assert_eq!(seen, 5);

    let labels = y.mapv(|y| if y > 0.0 { 1.0 } else { 0.0 });
    let refusal = Logistic::fit(&x, &labels, 0.0).unwrap_err();
    assert!(matches!(refusal, Error::RankDeficient { rank: 2, needed: 3, .. }), "{refusal}");
    assert_eq!(Logistic::fit(&x, &labels, 1e-6).unwrap().weights()[1], 0.0);
    for covariance in [Covariance::PerClass, Covariance::Shared, Covariance::Naive] {
        let refusal = GaussianDiscriminant::fit(&x, &vec![0; n], covariance, 0.0).unwrap_err();
        assert!(matches!(refusal, Error::RankDeficient { rank: 1, needed: 2, .. }), "{refusal}");
    }

    // One row of many that differs by more is enough, be they few or a million.
    for rows in [10, 1_000_000] {
        let mut nearly = Array2::from_elem((rows, 1), 1.0);
        nearly[[rows / 2, 0]] = 1.0 + 20.0 * f64::EPSILON;
        assert!(Standardizer::fit(&nearly).unwrap().scales()[0] < 1e-14, "{rows}");
        nearly[[rows / 2, 0]] = 1.0 + 2.0 * f64::EPSILON;
        assert_eq!(Standardizer::fit(&nearly).unwrap().scales()[0], 1.0, "{rows}");
    }
}

/// Lines through a column that is nearly constant, by the two solvers that can, at any number of rows; the logistic model of it against the same
/// column measured from its middle on; and the plane between two classes.
#[test]
fn slopes_on_large_means() {
    for n in [2_000, 200_000] {
        let x = seconds(n);
        let from = x.mapv(|x| x - 1.7e9);
        let y = from.mapv(|d| 3.0 + 2.0 * d);
        let design = add_intercept(&column(&x));
        for solver in [Solver::Auto, Solver::Qr, Solver::Svd] {
            let line = Ols::fit_with(&design, &y, solver).unwrap();
            // The condition number times what rounding makes of a sum of n terms.
            let tolerance = line.condition() * f64::EPSILON * (n as f64).sqrt();
            let slope = line.coefficients()[1];
            assert!(
                (slope - 2.0).abs() < tolerance && tolerance < 0.02,
                "{n}, {solver:?}: {slope}"
            );
            assert_eq!(line.rank(), 2);
        }
    }
    let mut rng = rng(8);
    let x = seconds(2_000);
    let from = x.mapv(|x| x - 1.7e9);
    let y = from.mapv(|d| if rng.random::<f64>() < 0.5 + 8.0 * d { 1.0 } else { 0.0 });
    for lambda in [0.0, 1e-4] {
        let far = Logistic::fit(&column(&x), &y, lambda).unwrap();
        let near = Logistic::fit(&column(&from), &y, lambda).unwrap();
        assert!((far.weights()[0] / near.weights()[0] - 1.0).abs() < 1e-9, "{lambda}");
        let odds = far.log_odds(&column(&x)) - near.log_odds(&column(&from));
        // Weight times place is a number of 3·10¹⁰, whose roundings are some 10⁻⁵.
        assert!(odds.iter().all(|d| d.abs() < 3e-5), "{lambda}");
    }
    let labels: Vec<usize> = y.iter().map(|&y| y as usize).collect();
    let plane = |x: &Array1<f64>| {
        let law = GaussianDiscriminant::fit(&column(x), &labels, Covariance::Shared, 0.0).unwrap();
        let (weights, bias) = law.log_odds().unwrap();
        (weights[0], x.mapv(|x| weights[0] * x + bias))
    };
    let ((far, far_odds), (near, near_odds)) = (plane(&x), plane(&from));
    // The difference of the classes' means, some 0.02, is one of numbers that are rounded to 10⁻⁷.
    assert!((far / near - 1.0).abs() < 1e-5);
    assert!((far_odds - near_odds).iter().all(|d| d.abs() < 3e-5));
}

/// Four clusters, two a thousandth apart at 0 and two at 10⁹, whose squares hide the thousandth: each sample still goes to its nearest
/// centre, and the distortion is that of their widths.
#[test]
fn clusters_far_apart_and_close() {
    let mut rng = rng(9);
    let homes = array![0.0, 1e-3, 1e9, 1e9 + 1e-3];
    let mut deviation = || (rng.random::<f64>() - 0.5) * 1e-4;
    let x = Array2::from_shape_fn((400, 1), |(i, _)| homes[i % 4] + deviation());
    let centres = column(&homes) + 2e-4;
    let clusters = KMeans::fit_from(&x, &centres).unwrap();
    assert!((0..400).all(|i| clusters.labels()[i] == i % 4));
    let expected: f64 = (0..4)
        .map(|k| {
            let own: Vec<f64> =
                (0..400).filter(|i| i % 4 == k).map(|i| x[[i, 0]] - homes[k]).collect();
            let mean = own.iter().sum::<f64>() / 100.0;
            own.iter().map(|d| (d - mean).powi(2)).sum::<f64>()
        })
        .sum();
    // The middle of the two pairs is 5·10⁸, and places are rounded to 6·10⁻⁸ there.
    assert!(
        (clusters.distortion() / expected - 1.0).abs() < 1e-2,
        "{} {expected}",
        clusters.distortion()
    );
    // All of them at 1.7·10⁹.
    let shifted = &x.slice(ndarray::s![..;4, ..]) + 1.7e9;
    let one = KMeans::fit_from(&shifted, &array![[1.7e9]]).unwrap();
    let found = Standardizer::fit(&shifted).unwrap().scales()[0];
    assert!((one.distortion() / (100.0 * found * found) - 1.0).abs() < 1e-9);
}

/// A plane that parts the classes, with or without samples of both on it: without a penalty the documented error, whatever the columns.
#[test]
fn parted_classes_are_refused() {
    let line = |x: &[f64]| Array2::from_shape_vec((x.len(), 1), x.to_vec()).unwrap();
    let dummy = array![[0.3, 0.0], [-0.9, 0.0], [0.8, 0.0], [0.1, 0.0], [0.5, 1.0], [-0.2, 1.0]];
    let mut rng = rng(10);
    let mut square = Array2::from_shape_simple_fn((60, 3), || rng.random::<f64>() - 0.5);
    // The plane is askew, and twenty samples of both classes lie on it.
    let normal = array![0.6, -1.7, 0.9];
    for i in 0..20 {
        let off = square.row(i).dot(&normal) / normal.dot(&normal);
        square.row_mut(i).scaled_add(-off, &normal);
    }
    let askew = Array1::from_shape_fn(60, |i| {
        if i < 20 { (i % 2) as f64 } else { f64::from(square.row(i).dot(&normal) > 0.0) }
    });
    let cases: [(&str, Array2<f64>, Array1<f64>); 8] = [
        ("touching", line(&[-1.0, 0.0, 0.0, 1.0]), array![0.0, 0.0, 1.0, 1.0]),
        (
            "touching far off",
            line(&[1e8, 1e8 + 1.0, 1e8 + 1.0, 1e8 + 2.0]),
            array![0.0, 0.0, 1.0, 1.0],
        ),
        ("touching, in small units", line(&[-1e-9, 0.0, 0.0, 1e-9]), array![0.0, 0.0, 1.0, 1.0]),
        ("parted", line(&[-1.0, -0.5, 0.5, 1.0]), array![0.0, 0.0, 1.0, 1.0]),
        ("a dummy that says it", dummy.clone(), array![0.0, 1.0, 0.0, 1.0, 1.0, 1.0]),
        (
            "a dummy and its sum",
            concatenate![Axis(1), dummy, dummy.mapv(|v| v * v)].select(Axis(1), &[0, 1, 2]),
            array![0.0, 1.0, 0.0, 1.0, 1.0, 1.0],
        ),
        ("askew", square.clone(), askew.clone()),
        ("askew, at an offset", &square * 3.0 + 40.0, askew.clone()),
    ];
    for (case, x, y) in cases {
        match Logistic::fit(&x, &y, 0.0) {
            Err(Error::Parameter { what: "lambda", value: 0.0, .. }) => {}
            other => panic!("{case}: {other:?}"),
        }
        // With a penalty there is a minimum, and the slope is zero there.
        for lambda in [1e-3, 1e-8, 1e-12] {
            let model = Logistic::fit(&x, &y, lambda).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert!(model.log_odds(&x).iter().all(|z| z.is_finite()));
        }
    }
    // Nearly: one sample on the wrong side by a little has a minimum, far off.
    let nearly = Logistic::fit(&line(&[-1.0, 1e-6, 0.0, 1.0]), &array![0.0, 0.0, 1.0, 1.0], 0.0);
    assert!(nearly.unwrap().weights()[0] > 10.0);
}

/// Weak penalties on classes that a plane parts, and on some that touch: the weight that 60 digits give, and the bias.
#[test]
fn weak_penalties_on_parted_classes() {
    let oracle = &oracle()["logistic"];
    let parted =
        (array![[-3.0], [-2.0], [-1.0], [1.0], [2.0], [4.0]], array![0., 0., 0., 1., 1., 1.]);
    let touching = (array![[-1.0], [0.0], [0.0], [1.0]], array![0.0, 0.0, 1.0, 1.0]);
    for (name, (x, y)) in [("parted", parted), ("touching", touching)] {
        for (i, lambda) in numbers(&oracle["lambdas"]).into_iter().enumerate() {
            let model = Logistic::fit(&x, &y, lambda).unwrap_or_else(|e| panic!("{lambda:e}: {e}"));
            let expected = numbers(&oracle[name][i]);
            let error = (model.weights()[0] / expected[1] - 1.0).abs();
            assert!(error < 1e-8, "{name}, {lambda:e}: {error:e}");
            assert!((model.bias() - expected[0]).abs() < 1e-8, "{name}, {lambda:e}");
        }
    }
}

/// The temperature where all answers but one have the lowest energy, and that one is above it by next to nothing: 99 questions with the
/// energies (0, 1, 1) and one with (0, δ, 1) ask for e^(-β) = δ/397.
#[test]
fn answers_that_are_nearly_all_lowest() {
    let mut energies = Array2::ones((100, 3));
    energies.column_mut(0).fill(0.0);
    let mut answers = vec![0; 100];
    answers[0] = 1;
    for delta in [1e-12, 1e-20, 1e-100, 1e-300] {
        energies[[0, 1]] = delta;
        let beta = calibrate(&energies, &answers).unwrap();
        assert!((beta / (397.0_f64.ln() - delta.ln()) - 1.0).abs() < 1e-11, "{delta:e}: {beta}");
    }
}

/// A penalty that falls to nothing on columns that depend on one another leads to the shortest least-squares solution: ridge regression, the
/// logistic model, and the energy of a code.
#[test]
fn vanishing_penalties_on_dependent_columns() {
    let x = array![
        [1.0, 2.0, 3.0],
        [4.0, -1.0, 3.0],
        [2.0, 5.0, 7.0],
        [-3.0, 1.0, -2.0],
        [0.0, 2.0, 2.0],
        [5.0, -2.0, 3.0]
    ];
    let y = array![3.0, 1.0, -2.0, 4.0, 0.0, 5.0];
    let expected = Array1::from(numbers(&oracle()["shortest"]));
    let ridge = Ridge::new(&x, &y).unwrap();
    // At λ the solution is off by about nλ/d² of itself, and d₂² is 39.
    for lambda in [1e-12, 1e-14, 1e-15, 1e-20, 1e-40, 1e-300, f64::MIN_POSITIVE] {
        let theta = ridge.fit(lambda).unwrap();
        let error = (&theta - &expected).iter().fold(0.0, |m: f64, d| m.max(d.abs()));
        assert!(error < 1e-13 + lambda, "{lambda:e}: {error:e}");
        assert!((ridge.degrees_of_freedom(lambda).unwrap() - 2.0).abs() < 1e-12);
    }
    // More columns than rows, and a tall design with a doubled column: against the shortest solution by the singular value decomposition.
    let mut rng = rng(11);
    let wide = Array2::from_shape_simple_fn((5, 9), || rng.sample::<f64, _>(StandardNormal));
    let tall = Array2::from_shape_simple_fn((3_000, 4), || rng.sample::<f64, _>(StandardNormal));
    let tall = concatenate![Axis(1), tall, tall.select(Axis(1), &[2, 0])];
    for x in [wide, tall] {
        let y = Array1::from_shape_simple_fn(x.nrows(), || rng.sample::<f64, _>(StandardNormal));
        let shortest = Ols::fit_with(&x, &y, Solver::Svd).unwrap();
        for lambda in [1e-16, 1e-18, 1e-25, 1e-100] {
            let theta = Ridge::new(&x, &y).unwrap().fit(lambda).unwrap();
            assert!(
                (&theta - shortest.coefficients()).iter().all(|d| d.abs() < 1e-12),
                "{lambda:e}"
            );
        }
    }

    let labels = array![0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
    let single = array![[0.1], [0.4], [0.9], [1.3], [0.2], [0.3], [0.8], [1.2]];
    let free = Logistic::fit(&single, &labels, 0.0).unwrap();
    for lambda in [1e-12, 1e-20, 1e-40, 1e-80] {
        let twice = Logistic::fit(&concatenate![Axis(1), single, single], &labels, lambda).unwrap();
        // Both halves, to what a step of 10⁻⁸ leaves when it is squared.
        let off = &twice.weights() - 0.5 * free.weights()[0];
        assert!(off.iter().all(|d| d.abs() < 1e-9), "{lambda:e}: {off}");
    }

    // Across the atom all of y is left; along it λ/(s² + λ) of the square.
    for lambda in [1.0, 1e-6, 1e-12, 1e-14, 1e-16, 1e-40, 1e-300] {
        let code = SoftCode::new(&array![[1.0, 1.0]], lambda).unwrap();
        assert!((code.energy(&array![1.0, -1.0]) - 2.0).abs() < 1e-14, "{lambda:e}");
        let along = code.energy(&array![1.0, 1.0]);
        assert!(
            (along - 2.0 * lambda / (2.0 + lambda)).abs() <= 1e-14 * lambda + 1e-30,
            "{lambda:e}"
        );
        // Twice the same atom, and an atom that fills the plane with it.
        let twice = SoftCode::new(&array![[1.0, 1.0], [1.0, 1.0]], lambda).unwrap();
        assert!((twice.energy(&array![1.0, -1.0]) - 2.0).abs() < 1e-14, "{lambda:e}");
        let full = SoftCode::new(&array![[1.0, 1.0], [0.0, 1.0], [3.0, 0.0]], lambda).unwrap();
        assert!(full.energy(&array![1.0, -1.0]) <= 2.0 * lambda / (0.5 + lambda));
    }
}

/// Noise that is little beside the variances, on columns that depend on one another: the distance across them is that of the noise, or the
/// documented error where rounding hides it.
#[test]
fn little_noise_on_dependent_columns() {
    let mut rng = rng(12);
    let one = Array1::from_shape_simple_fn(500, || rng.sample::<f64, _>(StandardNormal));
    let x = ndarray::stack![Axis(1), one, one];
    for noise in [1e-4, 1e-10, 1e-16, 1e-22, 1e-28, 1e-40] {
        match GaussianDiscriminant::fit(&x, &[0; 500], Covariance::Shared, noise) {
            Ok(law) => {
                // Half a square lost, one deviation of the noise across: (1, -1)√(noise/2).
                let step = array![[1.0, -1.0]] * (0.5 * noise).sqrt();
                let lost =
                    law.log_density(law.means())[0] - law.log_density(&(law.means() + &step))[0];
                // The mean of about 0.01 rounds the step; the triangle's last entry is off by ε/√noise.
                let tolerance = 1e-12 + 1e-15 / noise.sqrt();
                assert!(noise > 1e-29 && (lost - 0.5).abs() < tolerance, "{noise:e}: {lost}");
            }
            Err(Error::RankDeficient { rank: 1, needed: 2, .. }) => {
                assert!(noise < 1e-27, "{noise:e}")
            }
            Err(error) => panic!("{noise:e}: {error}"),
        }
    }
}

/// Powers of one variable, standardised, and the centred sine that they shall follow.
fn polynomial() -> (Array2<f64>, Array1<f64>) {
    let t = Array1::from_shape_fn(80, |i| i as f64 / 79.0);
    let x = Array2::from_shape_fn((80, 12), |(i, j)| t[i].powi(j as i32 + 1));
    let y = t.mapv(|t| (6.0 * t).sin());
    let y = &y - y.mean().unwrap();
    (Standardizer::fit(&x).unwrap().transform(&x), y)
}

/// The lowest cost of the lasso where the columns are nearly alike, at penalties down to a millionth of the largest: one by one, along a
/// path, and with the columns doubled, which changes no cost.
#[test]
fn the_lasso_on_powers_of_one_variable() {
    let oracle = &oracle()["polynomial"];
    let (x, y) = polynomial();
    let lasso = Lasso::new(&x, &y).unwrap();
    assert!((lasso.lambda_max() / number(&oracle["lambda_max"]) - 1.0).abs() < 1e-13);
    let lambdas: Array1<f64> =
        numbers(&oracle["ratios"]).iter().map(|r| r * lasso.lambda_max()).collect();
    let goal = 1e-8 * cost(&x, &y, &Array1::zeros(12));
    let path = lasso.path(&lambdas).unwrap();
    let doubled = concatenate![Axis(1), x, x];
    let twice = Lasso::new(&doubled, &y).unwrap().path(&lambdas).unwrap();
    for (i, expected) in numbers(&oracle["costs"]).into_iter().enumerate() {
        let alone = lasso.fit(lambdas[i]).unwrap();
        let costs = [
            lasso_cost(&x, &y, &alone, lambdas[i]),
            lasso_cost(&x, &y, &path.coefficients.row(i), lambdas[i]),
            lasso_cost(&doubled, &y, &twice.coefficients.row(i), lambdas[i]),
        ];
        for cost in costs {
            // Never below, and above by no more than the gap may be.
            assert!(cost - expected > -1e-12 && cost - expected <= goal, "{i}: {cost} {expected}");
        }
        // Asked for more, it gives more.
        let sharp = lasso.clone().tolerance(1e-12).unwrap().fit(lambdas[i]).unwrap();
        let above = lasso_cost(&x, &y, &sharp, lambdas[i]) - expected;
        assert!(above.abs() <= 1e-4 * goal + 1e-13, "{i}: {above:e}");
    }
}

/// Meyer's function, whose minimum is at the end of a long curved valley, and at which the gradient is a difference of numbers of 10⁶.
fn meyer(theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) -> f64 {
    const Y: [f64; 16] = [
        34780., 28610., 23650., 19630., 16370., 13720., 11540., 9744., 8261., 7030., 6005., 5147.,
        4427., 3820., 3307., 2872.,
    ];
    gradient.fill(0.0);
    let mut sum = 0.0;
    for (i, y) in Y.iter().enumerate() {
        let place = 50.0 + 5.0 * i as f64 + theta[2];
        let e = (theta[1] / place).exp();
        let miss = theta[0] * e - y;
        sum += miss * miss;
        gradient[0] += 2.0 * miss * e;
        gradient[1] += 2.0 * miss * theta[0] * e / place;
        gradient[2] -= 2.0 * miss * theta[0] * e * theta[1] / (place * place);
    }
    sum
}

/// A minimum below what rounding shows is not lost: value and place of Meyer's function come with the word that rounding allows no better.
/// The least change of a number there moves the gradient by 10⁻⁵, so that this tolerance is met by luck alone, and 10⁻⁹ is not.
#[test]
fn minima_at_the_limit_of_rounding() {
    let oracle = &oracle()["meyer"];
    let (value, place) = (number(&oracle["value"]), numbers(&oracle["place"]));
    let start = array![0.02, 4000.0, 250.0];
    for (bfgs, goal) in [(true, 1e-5), (false, 1e-5), (true, 1e-9), (false, 1e-9)] {
        let run = if bfgs {
            minimize(&mut Bfgs::new(3), meyer, &start, goal, 5000, |_, _| {})
        } else {
            minimize(&mut Lbfgs::new(10).unwrap(), meyer, &start, goal, 5000, |_, _| {})
        };
        let theta = match run {
            Ok(minimum) if goal == 1e-5 => minimum.place.theta,
            Err(Error::NotConverged { what, mut reached, value: slope, tolerance, .. }) => {
                assert_eq!(what, "the minimisation, as low as rounding allows,");
                assert!(slope > tolerance && tolerance == goal);
                reached.remove(0)
            }
            other => panic!("{other:?}"),
        };
        let here = Place::new(&theta, meyer);
        assert!((here.value / value - 1.0).abs() < 1e-9, "{}", here.value);
        assert!(theta.iter().zip(&place).all(|(a, b)| (a / b - 1.0).abs() < 1e-5), "{theta}");
    }
}

/// What was reached when the steps were used up: by a minimiser, a line search, a logistic model, a lasso and its path.
#[test]
fn what_was_reached_is_kept() {
    fn reached<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<Array1<f64>> {
        match result {
            Err(Error::NotConverged { reached, .. }) => reached,
            other => panic!("{other:?}"),
        }
    }
    let mut last = None;
    let run =
        minimize(&mut Bfgs::new(3), meyer, &array![0.02, 4000.0, 250.0], 1e-5, 7, |_, place| {
            last = Some(place.theta.clone())
        });
    assert_eq!(reached(run), [last.unwrap()]);

    // The loss falls for ever: the search stops far down.
    let mut slope = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = 1.0;
        theta[0]
    };
    let from = Place::new(&array![1.0], slope);
    let mut to = from.clone();
    let search = StrongWolfe::default().search(&mut slope, &from, &array![-1.0], 1.0, &mut to);
    assert!(reached(search)[0][0] < -1e20);

    let (x, y) = (array![[4.0], [5.0], [7.0], [9.0]], array![0.0, 0.0, 1.0, 1.0]);
    let three = Logistic::fit_until(&x, &y, 1e-8, 1e-8, 3);
    let six = Logistic::fit_until(&x, &y, 1e-8, 1e-8, 6);
    let (three, six) = (reached(three), reached(six));
    let loss =
        |alpha: &Array1<f64>| downhill::introduction::log_loss(&add_intercept(&x), &y, alpha);
    assert!(loss(&six[0]) < 0.5 * loss(&three[0]) && loss(&three[0]) < 0.1);
    assert!(Logistic::fit_until(&x, &y, 1e-200, 1e-8, 1000).is_ok(), "more steps reach it");
    for bad in [0.0, f64::NAN, f64::INFINITY] {
        let refusal = Logistic::fit_until(&x, &y, 1.0, bad, 9);
        assert!(matches!(refusal, Err(Error::Parameter { what: "tolerance", .. })));
    }

    let (x, y) = polynomial();
    let lasso = Lasso::new(&x, &y).unwrap();
    let lambdas = lasso.lambda_grid(30, 1e-3).unwrap();
    let whole = lasso.path(&lambdas).unwrap().coefficients;
    let short = lasso.clone().sweeps(5).unwrap();
    let solved = reached(short.path(&lambdas));
    assert!((2..30).contains(&solved.len()), "{}", solved.len());
    let goal = 1e-8 * cost(&x, &y, &Array1::zeros(12));
    let (end, before) = solved.split_last().unwrap();
    for (i, theta) in before.iter().enumerate() {
        assert!(lasso.duality_gap(theta, lambdas[i]) <= goal);
        let both = [theta, &whole.row(i).to_owned()].map(|t| lasso_cost(&x, &y, t, lambdas[i]));
        assert!((both[0] - both[1]).abs() <= goal);
    }
    // The last is where it stopped: not there yet, and well below the start.
    let gap = lasso.duality_gap(end, lambdas[before.len()]);
    assert!(gap > goal && gap < 1e-2 * cost(&x, &y, &Array1::zeros(12)), "{gap:e}");
    assert!(matches!(lasso.sweeps(0), Err(Error::Parameter { what: "sweeps", .. })));
}
