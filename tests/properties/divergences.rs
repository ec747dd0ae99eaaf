//! Chapter `divergences`: bad input, values of an independent library, and numbers at their extremes.

use downhill::{
    Error,
    divergences::{
        Categorical, Divergence, Empirical, Normal, miller_madow, nearest_neighbour_entropy,
        nearest_neighbour_kl,
    },
    energy::{Differentiable, DoubleWell, Energy},
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;
use serde_json::Value;

const INFINITY: f64 = f64::INFINITY;

#[test]
fn a_categorical_refuses_bad_weights() {
    type Case = (&'static str, Array1<f64>, fn(&Error) -> bool);
    let cases: [Case; 6] = [
        ("none", array![], |e| matches!(e, Error::Empty { what: "weights" })),
        ("all zero", array![0.0, 0.0], |e| {
            matches!(e, Error::Domain { what: "weights", value: 0.0, .. })
        }),
        (
            "one negative",
            array![0.5, -1e-300],
            |e| matches!(e, Error::Domain { index, .. } if index == "1"),
        ),
        (
            "NaN",
            array![f64::NAN, 1.0],
            |e| matches!(e, Error::Domain { index, .. } if index == "0"),
        ),
        ("infinite", array![1.0, INFINITY], |e| matches!(e, Error::Domain { value: INFINITY, .. })),
        ("minus infinity", array![-INFINITY], |e| matches!(e, Error::Domain { .. })),
    ];
    for (case, weights, expected) in cases {
        let error = Categorical::new(&weights).expect_err(case);
        assert!(expected(&error), "{case}: {error}");
    }
    let cases: [Case; 4] = [
        ("none", array![], |e| matches!(e, Error::Empty { what: "log_weights" })),
        ("nothing can be", array![-INFINITY, -INFINITY], |e| {
            matches!(e, Error::Domain { what: "log_weights", .. })
        }),
        (
            "NaN",
            array![0.0, f64::NAN],
            |e| matches!(e, Error::Domain { index, .. } if index == "1"),
        ),
        (
            "infinite",
            array![INFINITY, 0.0],
            |e| matches!(e, Error::Domain { index, .. } if index == "0"),
        ),
    ];
    for (case, log_weights, expected) in cases {
        let error = Categorical::from_log_weights(&log_weights).expect_err(case);
        assert!(expected(&error), "{case}: {error}");
    }
    // One outcome, huge weights, tiny weights: fine.
    assert_eq!(Categorical::new(&array![7.0]).unwrap().entropy(), 0.0);
    let huge = Categorical::new(&array![f64::MAX, f64::MAX, 0.0]).unwrap();
    assert!((huge.entropy() - 2f64.ln()).abs() < 1e-13);
    let tiny = Categorical::new(&array![f64::from_bits(1), f64::from_bits(1)]).unwrap();
    assert!((tiny.entropy() - 2f64.ln()).abs() < 1e-13);
}

/// Distributions that nearly agree, and normals of very different widths.
#[test]
fn what_is_nearly_equal_is_not_lost() {
    for f in Divergence::ALL {
        // The ratios next to 1 that are numbers.
        assert!((1..100).all(|k| f.generator(1.0 - k as f64 * 0.5 * f64::EPSILON) >= 0.0), "{f:?}");
        assert!(f.generator(-1.0).is_nan(), "{f:?}");
    }
    // KL = e² − e³/3 + … for the deviations 1 + e and 1; half of the digits are left.
    for k in [-26, -20] {
        let e = 2f64.powi(k);
        let kl = Normal::new(0.0, 1.0 + e).unwrap().kl(&Normal::new(0.0, 1.0).unwrap());
        assert!((kl / (e * e) - 1.0).abs() < e + f64::EPSILON / e, "{kl}");
    }
    let kl = Normal::new(0.0, 1e-200).unwrap().kl(&Normal::new(0.0, 1.0).unwrap());
    assert!((kl - (200.0 * 10f64.ln() - 0.5)).abs() < 1e-12, "{kl}");
}

#[test]
fn what_is_nearly_impossible_is_not_lost() {
    let far = |at: f64| Categorical::from_log_weights(&array![-at, 0.0, -2000.0 - at]).unwrap();
    let (p, q) = (far(0.0), far(3000.0));
    for f in Divergence::ALL {
        let d = p.divergence(&q, f);
        assert!(d > 0.0 && !d.is_nan(), "{f:?} {d}");
    }
    // Half of p's mass is at an outcome of log-probability −3000 in q.
    assert!((p.kl(&q) - (1500.0 - 2f64.ln())).abs() < 1e-9);
    assert!((q.kl(&p) - 2f64.ln()).abs() < 1e-12);
    // q holds the third outcome impossible, which p holds nearly so: an infinite surprise all the same.
    let never = Categorical::new(&array![1.0, 1.0, 0.0]).unwrap();
    assert_eq!((p.kl(&never), p.cross_entropy(&never)), (INFINITY, INFINITY));
    assert!(never.kl(&p) < 1e-15 && p.js(&never) < 1e-15);
    // What neither allows does not count.
    let also = Categorical::new(&array![1.0, 3.0, 0.0]).unwrap();
    for f in Divergence::ALL {
        assert!(never.divergence(&also, f).is_finite());
    }
    assert_eq!(never.halfway(&also).probabilities()[2], 0.0);
}

#[test]
fn generators_at_the_ends() {
    use Divergence::*;
    for (f, at_zero, far) in [
        (KullbackLeibler, 1.0, INFINITY),
        (ReverseKullbackLeibler, INFINITY, INFINITY),
        (JensenShannon, 0.5 * 2f64.ln(), INFINITY),
        (TotalVariation, 0.5, INFINITY),
        (SquaredHellinger, 0.5, INFINITY),
        (Pearson, 1.0, INFINITY),
        (Neyman, INFINITY, INFINITY),
    ] {
        assert!(f.generator(0.0) == at_zero || (f.generator(0.0) - at_zero).abs() < 1e-15, "{f:?}");
        assert_eq!(f.generator(INFINITY), far, "{f:?}");
        assert!(f.generator(-1.0).is_nan() && f.generator(f64::NAN).is_nan(), "{f:?}");
        assert!(f.conjugate(f64::NAN).is_nan(), "{f:?}");
        assert_eq!((f.generator(1.0), f.conjugate(0.0)), (0.0, 0.0), "{f:?}");
    }
}

#[test]
#[should_panic(expected = "a distribution over 2 outcomes, and one over 3")]
fn distributions_over_other_outcomes_are_not_compared() {
    let p = Categorical::new(&array![1.0, 1.0]).unwrap();
    p.kl(&Categorical::new(&array![1.0, 1.0, 1.0]).unwrap());
}

#[test]
#[should_panic(expected = "3 values of 2 outcomes")]
fn a_critic_has_a_value_for_each_outcome() {
    let p = Categorical::new(&array![1.0, 1.0]).unwrap();
    p.variational_bound(&p, Divergence::JensenShannon, &array![0.0, 0.0, 0.0]);
}

/// A landscape without a valley.
struct Flat;
impl Energy for Flat {
    fn energy(&self, _: &ArrayRef1<f64>) -> f64 {
        0.0
    }
}
impl Differentiable for Flat {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(0.0);
    }
}

/// An energy with a wall.
struct Walled;
impl Energy for Walled {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x[0] < 0.0 { INFINITY } else { x[0] }
    }
}
impl Differentiable for Walled {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(1.0);
    }
}

/// An energy that is no number beyond 1.
struct Broken;
impl Energy for Broken {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x[0] > 1.0 { f64::NAN } else { x[0] * x[0] }
    }
}
impl Differentiable for Broken {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient[0] = 2.0 * x[0];
    }
}

#[test]
fn a_normal_refuses_bad_input() {
    for (mean, deviation) in [(f64::NAN, 1.0), (INFINITY, 1.0), (0.0, f64::NAN), (0.0, INFINITY)] {
        assert!(matches!(Normal::new(mean, deviation), Err(Error::Parameter { .. })));
    }
    for deviation in [0.0, -1.0] {
        let error = Normal::new(0.0, deviation).unwrap_err();
        assert!(matches!(error, Error::Parameter { what: "deviation", .. }));
    }
    let even = |k: usize| Categorical::new(&Array1::ones(k)).unwrap();
    assert!(matches!(
        Normal::cover(&array![1.0], &even(2)),
        Err(Error::Shape { what: "points", .. })
    ));
    assert!(matches!(
        Normal::cover(&array![1.0, INFINITY], &even(2)),
        Err(Error::Domain { what: "points", .. })
    ));
    for points in [array![1.0], array![3.0, 3.0]] {
        let error = Normal::cover(&points, &even(points.len())).unwrap_err();
        assert!(matches!(error, Error::Parameter { what: "deviation", value: 0.0, .. }), "{error}");
    }
    let start = Normal::new(0.0, 1.0).unwrap();
    assert!(matches!(Normal::seek(&Walled, start), Err(Error::Diverged { step: 0, .. })));
    assert!(matches!(Normal::seek(&Broken, start), Err(Error::Diverged { step: 0, .. })));
    assert_eq!(start.free_energy(&Walled), INFINITY);
    let endless = Normal::seek(&Flat, start).unwrap_err();
    assert!(matches!(endless, Error::Diverged { .. } | Error::NotConverged { .. }), "{endless}");
    assert!(Normal::seek(&DoubleWell::new(1.0, 0.0).unwrap(), start).is_ok());
}

#[test]
fn points_on_the_line_are_checked() {
    assert!(matches!(Empirical::new(&array![]), Err(Error::Empty { what: "samples" })));
    for bad in [f64::NAN, INFINITY, -INFINITY] {
        assert!(
            matches!(Empirical::new(&array![0.0, bad]), Err(Error::Domain { index, .. }) if index == "1")
        );
        let even = Categorical::new(&array![1.0, 1.0]).unwrap();
        assert!(matches!(
            Empirical::weighted(&array![bad, 0.0], &even),
            Err(Error::Domain { what: "points", .. })
        ));
    }
    let even = Categorical::new(&array![1.0, 1.0]).unwrap();
    assert!(matches!(
        Empirical::weighted(&array![1.0], &even),
        Err(Error::Shape { what: "points", .. })
    ));
    let p = Empirical::new(&array![1.0, 1.0, 1.0]).unwrap();
    for order in [0.0, 0.5, -1.0, f64::NAN, INFINITY] {
        assert!(matches!(p.wasserstein(&p, order), Err(Error::Parameter { what: "order", .. })));
    }
    // One point, repeated points, points without weight.
    assert_eq!(p.wasserstein(&Empirical::new(&array![4.0]).unwrap(), 2.0), Ok(3.0));
    assert_eq!((p.quantile(0.0), p.quantile(1.0), p.cdf(0.0), p.cdf(1.0)), (1.0, 1.0, 0.0, 1.0));
    let gap = Categorical::new(&array![1.0, 0.0, 1.0, 0.0]).unwrap();
    let q = Empirical::weighted(&array![5.0, -9.0, 7.0, 9.0], &gap).unwrap();
    assert!(
        (q.wasserstein(&Empirical::new(&array![0.0]).unwrap(), 1.0).unwrap() - 6.0).abs() < 1e-14
    );
    assert_eq!(q.quantile(1.0), 7.0);
    assert_eq!(q.points(), array![-9.0, 5.0, 7.0, 9.0]);
}

#[test]
#[should_panic(expected = "the quantile of 1.5")]
fn a_quantile_beyond_one_is_none() {
    Empirical::new(&array![1.0]).unwrap().quantile(1.5);
}

#[test]
fn estimators_refuse_bad_samples() {
    assert!(matches!(miller_madow(&array![]), Err(Error::Empty { .. })));
    for bad in [0.5, -1.0, f64::NAN, INFINITY] {
        assert!(
            matches!(miller_madow(&array![1.0, bad]), Err(Error::Domain { what: "counts", .. })),
            "{bad}"
        );
    }
    assert!(matches!(miller_madow(&array![0.0, 0.0]), Err(Error::Domain { .. })));
    assert_eq!(miller_madow(&array![9.0]), Ok(0.0));

    let good = array![[0.0], [1.0], [3.0], [6.0]];
    type Case = (&'static str, Array2<f64>, usize, fn(&Error) -> bool);
    let cases: [Case; 8] = [
        ("none", Array2::zeros((0, 1)), 1, |e| matches!(e, Error::Empty { what: "samples" })),
        ("no columns", Array2::zeros((3, 0)), 1, |e| matches!(e, Error::Empty { what: "samples" })),
        ("one", array![[1.0]], 1, |e| matches!(e, Error::Parameter { what: "k", .. })),
        ("no neighbour", good.clone(), 0, |e| {
            matches!(e, Error::Parameter { what: "k", value: 0.0, .. })
        }),
        ("too many", good.clone(), 4, |e| {
            matches!(e, Error::Parameter { what: "k", value: 4.0, .. })
        }),
        (
            "NaN",
            array![[0.0], [f64::NAN]],
            1,
            |e| matches!(e, Error::Domain { what: "samples", index, .. } if index == "1, 0"),
        ),
        (
            "twins",
            array![[0.0], [2.0], [2.0]],
            1,
            |e| matches!(e, Error::Domain { index, value: 2.0, .. } if index == "1, 0"),
        ),
        ("out of reach", array![[-1e300], [1e300]], 1, |e| matches!(e, Error::Domain { .. })),
    ];
    for (case, samples, k, expected) in cases {
        let error = nearest_neighbour_entropy(&samples, k).expect_err(case);
        assert!(expected(&error), "{case}: {error}");
        if case != "twins" && case != "out of reach" {
            assert!(nearest_neighbour_kl(&samples, &good, k).is_err(), "{case}");
        }
    }
    let flat = Array2::zeros((5, 2));
    assert!(matches!(
        nearest_neighbour_kl(&good, &flat, 1),
        Err(Error::Shape { what: "columns of from_q", .. })
    ));
    assert!(matches!(
        nearest_neighbour_kl(&good, &array![[9.0]], 2),
        Err(Error::Parameter { what: "k", .. })
    ));
    assert!(matches!(
        nearest_neighbour_kl(&good, &array![[f64::NAN]], 1),
        Err(Error::Domain { what: "from_q", .. })
    ));
    // A sample of the one at the place of a sample of the other.
    assert!(matches!(
        nearest_neighbour_kl(&good, &good, 1),
        Err(Error::Domain { what: "from_p", .. })
    ));
    assert!(nearest_neighbour_kl(&good, &array![[9.0]], 1).is_ok());
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/divergences.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn vector(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = value.as_array().unwrap().iter().map(vector).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

/// `tests/oracles/divergences.py`: `scipy.stats.entropy` and `scipy.spatial.distance.jensenshannon`.
#[test]
fn divergences_agree_with_scipy() {
    let oracle = oracle();
    let cases = oracle["categorical"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let p = Categorical::new(&vector(&case["p"])).unwrap();
        let q = Categorical::new(&vector(&case["q"])).unwrap();
        assert!((p.entropy() - number(&case["entropy"])).abs() < 1e-13);
        assert!((p.kl(&q) - number(&case["kl"])).abs() < 1e-13 * (1.0 + p.kl(&q)));
        assert!((p.js(&q) - number(&case["js"])).abs() < 1e-13);
        assert!((p.js(&q) / 2f64.ln() - number(&case["js_base_2"])).abs() < 1e-13);
    }
}

/// `tests/oracles/divergences.py`: `scipy.stats.wasserstein_distance`, and the linear programme of transport by `scipy.optimize.linprog`.
#[test]
fn wasserstein_agrees_with_scipy() {
    let oracle = oracle();
    let cases = oracle["line"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (x, y) = (vector(&case["x"]), vector(&case["y"]));
        let distance =
            Empirical::new(&x).unwrap().wasserstein(&Empirical::new(&y).unwrap(), 1.0).unwrap();
        assert!((distance - number(&case["equal_weights"])).abs() < 1e-13);
        let weighted = |points: &Array1<f64>, weights: &Value| {
            Empirical::weighted(points, &Categorical::new(&vector(weights)).unwrap()).unwrap()
        };
        let (p, q) = (weighted(&x, &case["p"]), weighted(&y, &case["q"]));
        assert!((p.wasserstein(&q, 1.0).unwrap() - number(&case["weighted"])).abs() < 1e-13);
        for plan in case["transport"].as_array().unwrap() {
            let distance = p.wasserstein(&q, number(&plan["order"])).unwrap();
            // The programme is solved to 1e-7, as its solver is set.
            assert!((distance - number(&plan["distance"])).abs() < 1e-7);
        }
    }
}

/// `tests/oracles/divergences.py`: neighbours by `scipy.spatial.cKDTree`, ψ by `scipy.special.digamma`.
#[test]
fn estimators_agree_with_scipy() {
    let oracle = oracle();
    let cases = oracle["neighbours"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (x, y) = (matrix(&case["x"]), matrix(&case["y"]));
        let k = case["k"].as_u64().unwrap() as usize;
        assert!(
            (nearest_neighbour_entropy(&x, k).unwrap() - number(&case["entropy"])).abs() < 1e-12
        );
        assert!((nearest_neighbour_kl(&x, &y, k).unwrap() - number(&case["kl"])).abs() < 1e-12);
    }
}

proptest! {
    #[test]
    fn divergences_of_any_weights_are_no_nan(
        weights in proptest::collection::vec((prop_oneof![Just(0.0), 1e-300..1e300f64, 0.0..1.0f64], prop_oneof![Just(0.0), 1e-300..1e300f64, 0.0..1.0f64]), 1..8),
    ) {
        let (p, q): (Vec<f64>, Vec<f64>) = weights.into_iter().unzip();
        let (p, q) = (Categorical::new(&Array1::from_vec(p)), Categorical::new(&Array1::from_vec(q)));
        prop_assume!(p.is_ok() && q.is_ok());
        let (p, q) = (p.unwrap(), q.unwrap());
        for f in Divergence::ALL {
            prop_assert!(p.divergence(&q, f) >= 0.0, "{f:?}");
        }
        // Logarithms near 700 are known to 1e-13, and the probabilities to that part of themselves.
        prop_assert!(p.js(&q) <= 2f64.ln() + 1e-12);
        prop_assert!(p.divergence(&q, Divergence::TotalVariation) <= 1.0 + 1e-12);
        prop_assert!(p.entropy() >= 0.0 && p.cross_entropy(&q) >= p.entropy() - 1e-12);
    }

    #[test]
    fn wasserstein_is_a_metric(
        points in proptest::collection::vec((-100.0..100.0f64, -100.0..100.0f64, -100.0..100.0f64), 1..20), order in 1.0..4.0f64, shift in -10.0..10.0f64,
    ) {
        let column = |f: fn(&(f64, f64, f64)) -> f64| -> Array1<f64> { points.iter().map(f).collect() };
        let [a, b, c] = [column(|p| p.0), column(|p| p.1), column(|p| p.2)];
        let (p, q) = (Empirical::new(&a).unwrap(), Empirical::new(&b).unwrap());
        let r = Empirical::new(&c).unwrap();
        let way = |p: &Empirical, q: &Empirical| p.wasserstein(q, order).unwrap();
        prop_assert_eq!(way(&p, &p), 0.0);
        prop_assert_eq!(way(&p, &q), way(&q, &p));
        prop_assert!(way(&p, &r) <= way(&p, &q) + way(&q, &r) + 1e-9);
        prop_assert!((way(&p, &Empirical::new(&(&a + shift)).unwrap()) - shift.abs()).abs() < 1e-9);
    }
}
