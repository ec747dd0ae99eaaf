//! Chapter `introduction`: bad input, and values of an independent library.

use downhill::{
    Error, data,
    energy::{Differentiable, Energy},
    introduction::{
        Covariance, GaussianDiscriminant, KMeans, Logistic, Tally, Wells, epsilon_greedy, log_loss,
        log_loss_gradient, logistic, play, ucb1,
    },
    ols::add_intercept,
};
use ndarray::{Array1, Array2, Axis, array, concatenate, s};
use proptest::prelude::*;
use rand::RngExt;
use serde_json::Value;

const COVARIANCES: [Covariance; 3] = [Covariance::PerClass, Covariance::Shared, Covariance::Naive];

fn close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) -> bool {
    let largest = b.iter().fold(0.0, |m: f64, b| m.max(b.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest)
}

#[test]
fn logistic_refuses() {
    let x = array![[0.0], [1.0], [2.0], [3.0]];
    let y = array![0.0, 1.0, 0.0, 1.0];
    type Refusal = fn(&Error) -> bool;
    type Case = (&'static str, Array2<f64>, Array1<f64>, f64, Refusal);
    let cases: [Case; 14] = [
        ("no rows", Array2::zeros((0, 1)), array![], 0.0, |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("no columns", Array2::zeros((4, 0)), y.clone(), 0.0, |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("too few labels", x.clone(), array![0.0, 1.0], 0.0, |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        (
            "NaN in x",
            array![[f64::NAN], [1.0], [2.0], [3.0]],
            y.clone(),
            0.0,
            |e| matches!(e, Error::Domain { what: "x", index, .. } if index == "0, 0"),
        ),
        ("infinity in x", array![[0.0], [f64::INFINITY], [2.0], [3.0]], y.clone(), 0.0, |e| {
            matches!(e, Error::Domain { what: "x", .. })
        }),
        (
            "a label 2",
            x.clone(),
            array![0.0, 1.0, 2.0, 1.0],
            0.0,
            |e| matches!(e, Error::Domain { what: "y", index, value: 2.0, .. } if index == "2"),
        ),
        ("labels alike", x.clone(), array![1.0, 1.0, 1.0, 1.0], 1.0, |e| {
            matches!(e, Error::Parameter { what: "classes", .. })
        }),
        ("one row", array![[1.0]], array![1.0], 1.0, |e| {
            matches!(e, Error::Parameter { what: "classes", .. })
        }),
        ("penalty below 0", x.clone(), y.clone(), -1.0, |e| {
            matches!(e, Error::Parameter { what: "lambda", .. })
        }),
        (
            "penalty NaN",
            x.clone(),
            y.clone(),
            f64::NAN,
            |e| matches!(e, Error::Parameter { what: "lambda", value, .. } if value.is_nan()),
        ),
        ("penalty infinite", x.clone(), y.clone(), f64::INFINITY, |e| {
            matches!(e, Error::Parameter { what: "lambda", .. })
        }),
        ("a constant column", array![[5.0], [5.0], [5.0], [5.0]], y.clone(), 0.0, |e| {
            matches!(e, Error::RankDeficient { rank: 1, needed: 2, .. })
        }),
        (
            "a doubled column, few rows",
            concatenate![Axis(1), x, x, &x * 2.0],
            y.clone(),
            0.0,
            |e| matches!(e, Error::RankDeficient { rank: 2, needed: 4, .. }),
        ),
        ("parted", x.clone(), array![0.0, 0.0, 1.0, 1.0], 0.0, |e| {
            matches!(e, Error::Parameter { what: "lambda", value: 0.0, .. })
        }),
    ];
    for (case, x, y, penalty, expected) in cases {
        match Logistic::fit(&x, &y, penalty) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(model) => panic!("{case}: fitted {model:?}"),
        }
    }
    // Parted but for one point on the border: the loss has no minimum.
    let border = array![[0.0], [1.0], [1.0], [2.0]];
    let refusal = Logistic::fit(&border, &array![0.0, 0.0, 1.0, 1.0], 0.0).unwrap_err();
    assert!(matches!(refusal, Error::Parameter { what: "lambda", .. }), "{refusal}");
}

/// With a penalty a constant column gets no weight, a doubled one shares it, and parted classes have finite weights. Whatever the
/// unit, the answer is right.
#[test]
fn logistic_extremes() {
    let x = array![[0.0], [1.0], [2.0], [3.0]];
    let y = array![0.0, 1.0, 0.0, 1.0];
    let alone = Logistic::fit(&x, &y, 0.1).unwrap();
    let constant = Array2::from_elem((4, 1), 7.0);
    let beside = Logistic::fit(&concatenate![Axis(1), x, constant], &y, 0.1).unwrap();
    assert!(
        (beside.weights()[0] - alone.weights()[0]).abs() < 1e-12
            && beside.weights()[1].abs() < 1e-12
    );
    // Two halves of a weight cost half of what the whole costs.
    let half = Logistic::fit(&x, &y, 0.05).unwrap();
    let twice = Logistic::fit(&concatenate![Axis(1), x, x], &y, 0.1).unwrap();
    assert!((&twice.weights() * 2.0 - half.weights()[0]).iter().all(|d| d.abs() < 1e-12));
    let parted = Logistic::fit(&x, &array![0.0, 0.0, 1.0, 1.0], 1e-3).unwrap();
    assert!(parted.log_odds(&x).iter().all(|z| z.is_finite()));

    let reference = Logistic::fit(&x, &y, 0.0).unwrap();
    for unit in [1e-100, 1e-5, 1e5, 1e100, 1e200, 1e300] {
        match Logistic::fit(&(&x * unit), &y, 0.0) {
            Ok(model) => {
                assert!(
                    (model.weights()[0] * unit / reference.weights()[0] - 1.0).abs() < 1e-6,
                    "{unit:e}"
                )
            }
            Err(error) => panic!("{unit:e}: {error}"),
        }
    }
    assert_eq!((logistic(f64::NEG_INFINITY), logistic(f64::INFINITY)), (0.0, 1.0));
    assert!(logistic(f64::NAN).is_nan());
}

#[test]
#[should_panic(expected = "the mean of no surprises")]
fn loss_of_nothing() {
    log_loss(&Array2::zeros((0, 1)), &array![], &array![1.0]);
}

/// A label for one row of two, a column for two features, a tally for no arm: none is stretched to fit.
#[test]
fn evaluations_that_do_not_fit() {
    fn panics<T>(work: impl FnOnce() -> T) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
    }
    let (x, alpha) = (array![[1.0], [2.0]], array![1.0]);
    assert!(panics(|| log_loss_gradient(&x, &array![1.0], &alpha)));
    assert!(panics(|| log_loss_gradient(&array![[1.0]], &array![1.0, 0.0], &alpha)));
    let plane = array![[0.0, 1.0], [1.0, 3.0], [2.0, 0.0]];
    let model = GaussianDiscriminant::fit(&plane, &[0, 0, 0], Covariance::Naive, 0.0).unwrap();
    assert!(panics(|| model.log_density(&x)));
    assert!(panics(|| model.predict(&x)));
    assert!(panics(|| epsilon_greedy(&Tally::new(0), 0.0, &mut downhill::rng(1))));
    assert!(panics(|| ucb1(&Tally::new(0))));
}

#[test]
fn gaussian_refuses() {
    let x = array![[0.0, 1.0], [1.0, 3.0], [2.0, 0.0], [3.0, 1.0], [5.0, 2.0], [4.0, 4.0]];
    let labels = [0, 0, 0, 1, 1, 1];
    for covariance in COVARIANCES {
        let fit = |x: &Array2<f64>, labels: &[usize], noise| {
            GaussianDiscriminant::fit(x, labels, covariance, noise)
        };
        assert!(fit(&x, &labels, 0.0).is_ok());
        assert_eq!(fit(&Array2::zeros((0, 2)), &[], 0.0), Err(Error::Empty { what: "x" }));
        assert_eq!(fit(&Array2::zeros((2, 0)), &[0, 1], 0.0), Err(Error::Empty { what: "x" }));
        assert!(matches!(fit(&x, &labels[..5], 0.0), Err(Error::Shape { what: "labels", .. })));
        for bad in [f64::NAN, f64::INFINITY] {
            let mut damaged = x.clone();
            damaged[[4, 1]] = bad;
            assert!(matches!(fit(&damaged, &labels, 0.0), Err(Error::Domain { what: "x", .. })));
            assert!(matches!(fit(&x, &labels, bad), Err(Error::Parameter { what: "noise", .. })));
        }
        assert!(matches!(fit(&x, &labels, -1.0), Err(Error::Parameter { what: "noise", .. })));
        let gap = fit(&x, &[0, 0, 0, 2, 2, 2], 0.0);
        assert!(matches!(gap, Err(Error::Parameter { what: "samples of a class", .. })));
        for far in [6, 1_000_000_000_000, usize::MAX] {
            let gap = fit(&x, &[0, 0, 0, 1, 1, far], 0.0);
            assert!(
                matches!(gap, Err(Error::Parameter { what: "samples of a class", .. })),
                "{far}"
            );
        }

        // A constant column, whose mean is rounded; it needs noise.
        let constant = concatenate![Axis(1), x, Array2::from_elem((6, 1), 0.1)];
        let refusal = fit(&constant, &labels, 0.0).unwrap_err();
        assert!(
            matches!(refusal, Error::RankDeficient { rank: 2, needed: 3, .. }),
            "{covariance:?}: {refusal}"
        );
        assert!(
            fit(&constant, &labels, 1e-6)
                .unwrap()
                .log_density(&constant)
                .iter()
                .all(|d| d.is_finite())
        );
        // One row has no deviation at all.
        let lone = fit(&array![[1.0, 2.0]], &[0], 0.0);
        assert!(matches!(lone, Err(Error::RankDeficient { rank: 0, needed: 2, .. })));
        // Doubled columns matter to whoever looks at pairs.
        let doubled = fit(&concatenate![Axis(1), x, x], &labels, 0.0);
        match covariance {
            Covariance::Naive => assert!(doubled.is_ok()),
            _ => assert!(matches!(doubled, Err(Error::RankDeficient { rank: 2, needed: 4, .. }))),
        }
        // More columns than rows of a class.
        let wide = fit(&array![[1.0, 2.0, 4.0], [2.0, 1.0, 0.0], [0.0, 3.0, 1.0]], &[0, 0, 0], 0.0);
        assert_eq!(wide.is_ok(), covariance == Covariance::Naive);
    }
}

#[test]
fn k_means_refuses() {
    let mut rng = downhill::rng(1);
    let x = array![[0.0, 0.0], [0.0, 0.0], [1.0, 2.0]];
    assert_eq!(KMeans::fit(&Array2::zeros((0, 2)), 1, &mut rng), Err(Error::Empty { what: "x" }));
    assert_eq!(KMeans::fit(&Array2::zeros((2, 0)), 1, &mut rng), Err(Error::Empty { what: "x" }));
    for k in [0, 3, 4] {
        let refusal = KMeans::fit(&x, k, &mut rng);
        assert!(
            matches!(refusal, Err(Error::Parameter { what: "k", value, .. }) if value == k as f64)
        );
    }
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let damaged = array![[0.0], [bad]];
        assert!(matches!(KMeans::fit(&damaged, 1, &mut rng), Err(Error::Domain { what: "x", .. })));
        let refusal = KMeans::fit_from(&array![[0.0], [1.0]], &damaged);
        assert!(matches!(refusal, Err(Error::Domain { what: "centres", .. })));
    }
    assert!(matches!(
        KMeans::fit_from(&x, &array![[1.0]]),
        Err(Error::Shape { what: "centres", .. })
    ));
    assert_eq!(KMeans::fit_from(&x, &Array2::zeros((0, 2))), Err(Error::Empty { what: "centres" }));
    let vast = KMeans::seed(&array![[1e200], [-1e200]], 2, &mut rng);
    assert!(matches!(vast, Err(Error::Parameter { what: "the sum of squared distances", .. })));
    let vast = KMeans::fit_from(&array![[1e200], [-1e200]], &array![[0.0]]);
    assert!(matches!(vast, Err(Error::Parameter { what: "distortion", .. })));
    // Here |x|² is ∞, and 2 x·m of the nearer centre too: their difference is no distance.
    let vast = KMeans::fit_from(&array![[1e300], [-1e300]], &array![[1e10], [-1e10]]);
    assert!(matches!(vast, Err(Error::Parameter { what: "distortion", .. })));

    let one = KMeans::fit(&x, 1, &mut rng).unwrap();
    assert!(close(&one.centres().row(0).to_owned(), &array![1.0 / 3.0, 2.0 / 3.0], 1e-15));
    let all = KMeans::fit(&x, 2, &mut rng).unwrap();
    assert!(all.distortion() < 1e-15);
    assert!(all.labels()[0] == all.labels()[1] && all.labels()[0] != all.labels()[2]);
    assert_eq!(KMeans::fit(&array![[3.0]], 1, &mut rng).unwrap().centres(), &array![[3.0]]);
}

#[test]
fn bandits_and_walkers_refuse() {
    let mut rng = downhill::rng(1);
    assert_eq!(play(&array![], 5, &mut rng, |t, _| ucb1(t)), Err(Error::Empty { what: "success" }));
    for bad in [-0.1, 1.1, f64::NAN] {
        let refusal = play(&array![0.5, bad], 5, &mut rng, |t, _| ucb1(t));
        assert!(
            matches!(refusal, Err(Error::Domain { what: "success", index, .. }) if index == "1")
        );
    }
    assert_eq!(play(&array![0.5], 0, &mut rng, |t, _| ucb1(t)), Ok(array![]));
    assert_eq!(play(&array![0.0, 1.0], 2, &mut rng, |t, _| ucb1(t)), Ok(array![1.0, 1.0]));

    assert!(matches!(Wells::new(0, 1.0), Err(Error::Parameter { what: "units", .. })));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Wells::new(2, bad), Err(Error::Parameter { what: "width", .. })));
    }
    let mut wells = Wells::new(2, 1.0).unwrap();
    assert!(matches!(wells.store(&array![1.0]), Err(Error::Shape { what: "memory", .. })));
    assert!(matches!(
        wells.store(&array![1.0, f64::NAN]),
        Err(Error::Domain { what: "memory", .. })
    ));
    // On an empty plain nothing slides.
    assert_eq!(wells.recall(&array![1.0, 2.0], 1), Ok(array![[1.0, 2.0], [1.0, 2.0]]));
    assert!(matches!(wells.recall(&array![1.0], 1), Err(Error::Shape { what: "cue", .. })));
    assert!(matches!(
        wells.recall(&array![f64::INFINITY, 0.0], 1),
        Err(Error::Domain { what: "cue", .. })
    ));
    wells.store(&array![0.0, 0.0]).unwrap();
    assert_eq!(wells.energy(&array![1e300, 0.0]), 0.0);
    assert_eq!(wells.gradient(&array![1e300, 0.0]), array![0.0, 0.0]);
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/introduction.json")).unwrap()
}

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The patients' measurements, each with mean 0 and variance 1; and whose disease went beyond the median.
fn patients() -> (Array2<f64>, Array1<f64>) {
    let patients = data::diabetes();
    let mean = patients.features.mean_axis(Axis(0)).unwrap();
    let x = (&patients.features - &mean) / &patients.features.std_axis(Axis(0), 0.0);
    (x, patients.progression.mapv(|p| if p > 140.5 { 1.0 } else { 0.0 }))
}

/// The logistic model, free and with a penalty, against scikit-learn's.
#[test]
fn logistic_as_elsewhere() {
    let (oracle, (x, y)) = (oracle(), patients());
    for (name, penalty) in [("logistic", 0.0), ("penalised", 0.05)] {
        let model = Logistic::fit(&x, &y, penalty).unwrap();
        assert!(
            close(&model.weights().to_owned(), &numbers(&oracle[name]["weights"]), 1e-7),
            "{name}"
        );
        assert!((model.bias() - oracle[name]["bias"].as_f64().unwrap()).abs() < 1e-7);
    }
    let model = Logistic::fit(&x, &y, 0.0).unwrap();
    let alpha = concatenate![Axis(0), array![model.bias()], model.weights()];
    let loss = log_loss(&add_intercept(&x), &y, &alpha);
    assert!((loss - oracle["logistic"]["loss"].as_f64().unwrap()).abs() < 1e-12);
}

/// Discriminants with a shared covariance and with one for each class, and the variances of naive Bayes, against scikit-learn's.
#[test]
fn gaussian_as_elsewhere() {
    let (oracle, (x, y)) = (oracle(), patients());
    let labels: Vec<usize> = y.iter().map(|&y| y as usize).collect();
    let fit = |covariance| GaussianDiscriminant::fit(&x, &labels, covariance, 0.0).unwrap();
    let (weights, bias) = fit(Covariance::Shared).log_odds().unwrap();
    assert!(close(&weights, &numbers(&oracle["linear"]["weights"]), 1e-10));
    assert!((bias - oracle["linear"]["bias"].as_f64().unwrap()).abs() < 1e-10);
    let probabilities = fit(Covariance::PerClass).probabilities(&x).slice(s![..20, 1]).to_owned();
    assert!(close(&probabilities, &numbers(&oracle["quadratic"]["probabilities"]), 1e-9));
    // Half a square of the distance lost at one standard deviation.
    let law = GaussianDiscriminant::fit(&x, &vec![0; 442], Covariance::Naive, 0.0).unwrap();
    let variances = numbers(&oracle["naive"]["variances"]);
    for j in 0..10 {
        let mut place = law.means().clone();
        place[[0, j]] += variances[j].sqrt();
        assert!((law.log_density(law.means())[0] - law.log_density(&place)[0] - 0.5).abs() < 1e-12);
    }
}

/// Lloyd's descent on the digits, from the first ten of them, against scikit-learn's.
#[test]
fn k_means_as_elsewhere() {
    let (oracle, digits) = (&oracle()["k-means"], data::digits());
    let clusters = KMeans::fit_from(&digits.images, &digits.images.slice(s![..10, ..])).unwrap();
    assert!((clusters.distortion() / oracle["distortion"].as_f64().unwrap() - 1.0).abs() < 1e-10);
    let sizes: Array1<f64> = (0..10)
        .map(|k| clusters.labels().iter().filter(|&&label| label == k).count() as f64)
        .collect();
    assert_eq!(sizes, numbers(&oracle["sizes"]));
    assert!(close(&clusters.centres().row(0).to_owned(), &numbers(&oracle["first_centre"]), 1e-10));
}

proptest! {
    /// In other units, shifted and mixed, the free logistic model and the discriminant with full covariance predict the same.
    #[test]
    fn coordinates_do_not_matter(seed in 0_u64..500, angle in 0.0..6.0_f64, stretch in 0.01..100.0_f64, shift in -50.0..50.0_f64) {
        let mut rng = downhill::rng(seed);
        let x = Array2::from_shape_simple_fn((60, 2), || rng.random::<f64>());
        let y = x.column(0).mapv(|v| if rng.random::<f64>() < 0.2 + 0.6 * v { 1.0 } else { 0.0 });
        prop_assume!((5.0..55.0).contains(&y.sum()));
        let (sin, cos) = f64::sin_cos(angle);
        let moved = x.dot(&array![[cos, stretch * sin], [-sin, stretch * cos]]) + shift;
        let (a, b) = (Logistic::fit(&x, &y, 0.0).unwrap(), Logistic::fit(&moved, &y, 0.0).unwrap());
        prop_assert!((a.log_odds(&x) - b.log_odds(&moved)).iter().all(|d| d.abs() < 1e-6));
        let labels: Vec<usize> = y.iter().map(|&y| y as usize).collect();
        let probabilities =
            |x: &Array2<f64>| GaussianDiscriminant::fit(x, &labels, Covariance::PerClass, 0.0).unwrap().probabilities(x);
        prop_assert!((probabilities(&x) - probabilities(&moved)).iter().all(|d| d.abs() < 1e-6));
    }

    /// Shifted and stretched alike in all directions, the samples fall into the same clusters.
    #[test]
    fn clusters_move_with_the_samples(seed in 0_u64..500, k in 1_usize..6, stretch in 0.01..100.0_f64, shift in -1e3..1e3_f64) {
        let mut rng = downhill::rng(seed);
        let x = Array2::from_shape_simple_fn((40, 3), || rng.random::<f64>());
        let start = KMeans::seed(&x, k, &mut rng).unwrap();
        let a = KMeans::fit_from(&x, &start).unwrap();
        let b = KMeans::fit_from(&(&x * stretch + shift), &(&start * stretch + shift)).unwrap();
        prop_assert_eq!(a.labels(), b.labels());
        prop_assert!((b.distortion() / (stretch * stretch) / a.distortion() - 1.0).abs() < 1e-6);
    }
}

/// There is a plane between the first two classes when there are two, however many more; one class has no plane.
#[test]
fn a_plane_needs_two_classes() {
    let mut rng = downhill::rng(3);
    let x = Array2::from_shape_fn((60, 2), |(i, j)| (i % 3 * (j + 1)) as f64 + rng.random::<f64>());
    let fit =
        |labels: &[usize]| GaussianDiscriminant::fit(&x, labels, Covariance::Shared, 0.0).unwrap();
    assert!(fit(&[0; 60]).log_odds().is_none());
    let three = fit(&(0..60).map(|i| i % 3).collect::<Vec<_>>());
    let (weights, bias) = three.log_odds().unwrap();
    for row in three.probabilities(&x).rows().into_iter().zip(x.rows()) {
        let (p, x) = row;
        assert!((p[1] / p[0] - (weights.dot(&x) + bias).exp()).abs() < 1e-9 * (1.0 + p[1] / p[0]));
    }
}
