//! Chapter `universal-approximation`: bad input, and laws on random networks.

use downhill::{
    Error,
    introduction::logistic,
    universal_approximation::{Shallow, relu, sawtooth, sup_error},
};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

#[test]
fn refuses_bad_networks() {
    type Refusal = fn(&Error) -> bool;
    let one = array![1.0];
    let cases: [(&str, Array2<f64>, Array1<f64>, Array1<f64>, Refusal); 8] = [
        ("no units", Array2::zeros((0, 2)), array![], array![], |e| {
            matches!(e, Error::Empty { what: "weights" })
        }),
        ("no inputs", Array2::zeros((1, 0)), one.clone(), one.clone(), |e| {
            matches!(e, Error::Empty { what: "weights" })
        }),
        ("two biases", array![[1.0]], array![1.0, 2.0], one.clone(), |e| {
            matches!(e, Error::Shape { what: "biases", .. })
        }),
        ("no output", array![[1.0]], one.clone(), array![], |e| {
            matches!(e, Error::Shape { what: "output", .. })
        }),
        ("a weight for an input too many", array![[1.0], [2.0]], one.clone(), one.clone(), |e| {
            matches!(e, Error::Shape { what: "biases", .. })
        }),
        (
            "NaN weight",
            array![[1.0, f64::NAN]],
            one.clone(),
            one.clone(),
            |e| matches!(e, Error::Domain { what: "weights", index, .. } if index == "0, 1"),
        ),
        ("infinite bias", array![[1.0]], array![f64::INFINITY], one.clone(), |e| {
            matches!(e, Error::Domain { what: "biases", .. })
        }),
        ("infinite output", array![[1.0]], one.clone(), array![f64::NEG_INFINITY], |e| {
            matches!(e, Error::Domain { what: "output", .. })
        }),
    ];
    for (case, weights, biases, output, expected) in cases {
        let error = Shallow::new(logistic, weights, biases, output).expect_err(case);
        assert!(expected(&error), "{case}: {error}");
    }
}

#[test]
fn refuses_bad_staircases() {
    let cases: [(&str, (f64, f64), usize, f64, &str); 9] = [
        ("backwards", (1.0, 0.0), 4, 5.0, "hi"),
        ("a point", (1.0, 1.0), 4, 5.0, "hi"),
        ("NaN end", (0.0, f64::NAN), 4, 5.0, "hi"),
        ("the whole line", (f64::NEG_INFINITY, f64::INFINITY), 4, 5.0, "lo"),
        ("no step", (0.0, 1.0), 0, 5.0, "steps"),
        ("flat", (0.0, 1.0), 4, 0.0, "sharpness"),
        ("downwards", (0.0, 1.0), 4, -5.0, "sharpness"),
        ("vertical", (0.0, 1.0), 4, f64::INFINITY, "sharpness"),
        ("NaN sharpness", (0.0, 1.0), 4, f64::NAN, "sharpness"),
    ];
    for (case, ends, steps, sharpness, name) in cases {
        match Shallow::staircase(f64::sin, ends, steps, sharpness) {
            Err(Error::Parameter { what, .. }) => assert_eq!(what, name, "{case}"),
            other => panic!("{case}: {other:?}"),
        }
    }
    // The pole is at the end of the second cell of four; with three cells the staircase does not meet it.
    let pole = |x: f64| 1.0 / (x - 0.5);
    assert!(matches!(
        Shallow::staircase(pole, (0.0, 1.0), 4, 5.0),
        Err(Error::Domain { what: "target", index, .. }) if index == "2"
    ));
    assert!(Shallow::staircase(pole, (0.0, 1.0), 3, 5.0).is_ok());
    // The cell is so narrow that its weight is beyond the range of numbers.
    assert!(matches!(
        Shallow::staircase(|x| x, (0.0, 1e-300), 4, 1e9),
        Err(Error::Domain { what: "weights", .. })
    ));
}

#[test]
fn refuses_bad_broken_lines() {
    type Refusal = fn(&Error) -> bool;
    let two = array![0.0, 1.0];
    let cases: [(&str, Array1<f64>, Array1<f64>, Refusal); 7] = [
        ("no knots", array![], array![], |e| matches!(e, Error::Empty { what: "knots" })),
        ("too few values", two.clone(), array![1.0], |e| {
            matches!(e, Error::Shape { what: "values", .. })
        }),
        ("NaN knot", array![0.0, f64::NAN], two.clone(), |e| {
            matches!(e, Error::Domain { what: "knots", .. })
        }),
        ("infinite value", two.clone(), array![0.0, f64::INFINITY], |e| {
            matches!(e, Error::Domain { what: "values", .. })
        }),
        (
            "a knot twice",
            array![0.0, 1.0, 1.0],
            array![0.0, 1.0, 2.0],
            |e| matches!(e, Error::Domain { what: "knots", index, .. } if index == "2"),
        ),
        (
            "knots that fall",
            array![1.0, 0.0],
            two.clone(),
            |e| matches!(e, Error::Domain { what: "knots", index, .. } if index == "1"),
        ),
        ("a slope of 10⁴⁰⁰", array![0.0, 1e-200], array![0.0, 1e200], |e| {
            matches!(e, Error::Domain { what: "output", .. })
        }),
    ];
    for (case, knots, values, expected) in cases {
        let error = Shallow::broken_line(&knots, &values).expect_err(case);
        assert!(expected(&error), "{case}: {error}");
    }
    let constant = Shallow::broken_line(&array![2.0], &array![-7.0]).unwrap();
    assert_eq!(constant.curve(&array![-1e9, 2.0, 1e9]), array![-7.0, -7.0, -7.0]);
}

#[test]
fn refuses_sums_that_do_not_fit() {
    let on_the_line = Shallow::broken_line(&array![0.0, 1.0], &array![0.0, 1.0]).unwrap();
    let on_the_plane = on_the_line.along(&array![1.0, 1.0]).unwrap();
    assert!(matches!(on_the_line.plus(&on_the_plane), Err(Error::Shape { what: "other", .. })));
    assert!(matches!(on_the_plane.along(&array![1.0]), Err(Error::Shape { what: "network", .. })));
    assert!(matches!(on_the_line.along(&array![]), Err(Error::Empty { what: "weights" })));
    assert!(matches!(
        on_the_line.along(&array![f64::NAN]),
        Err(Error::Domain { what: "weights", .. })
    ));
}

#[test]
fn nothing_in_nothing_out_and_nan_stays() {
    let stairs = Shallow::staircase(f64::sin, (0.0, 1.0), 4, 5.0).unwrap();
    let line = Shallow::broken_line(&array![0.0, 1.0], &array![0.0, 1.0]).unwrap();
    for network in [&stairs, &line] {
        assert_eq!(network.curve(&array![]).len(), 0);
        assert_eq!(network.hidden(&Array2::zeros((0, 1))).dim(), (0, network.width()));
        assert!(network.curve(&array![f64::NAN])[0].is_nan());
    }
    assert!(relu(f64::NAN).is_nan() && logistic(f64::NAN).is_nan());
    assert!(sawtooth(&array![f64::NAN], 3)[0].is_nan());
    assert_eq!(sawtooth(&array![], 3).len(), 0);
    assert!(sup_error(&array![f64::NAN, 0.0], &array![0.0, 5.0]).is_nan());
    assert!(sup_error(&array![0.0, f64::NAN, 1.0], &array![5.0, 0.0, 1.0]).is_nan());
    assert_eq!((logistic(f64::INFINITY), logistic(f64::NEG_INFINITY)), (1.0, 0.0));
}

#[test]
#[should_panic(expected = "differ in length")]
fn sup_error_wants_one_length() {
    sup_error(&array![1.0, 2.0], &array![1.0]);
}

#[test]
#[should_panic(expected = "no errors")]
fn sup_error_wants_a_point() {
    sup_error(&array![], &array![]);
}

proptest! {
    /// A sum of networks is the network of all units, a ridge the network at v·x, whatever the number of rows.
    #[test]
    fn sums_and_ridges(
        knots in prop::collection::btree_set(-50_i32..50, 2..9),
        direction in prop::array::uniform3(-3.0..3.0_f64),
        rows in 0_usize..200,
    ) {
        let knots = Array1::from_iter(knots.into_iter().map(|k| f64::from(k) / 10.0));
        let (first, second) =
            (Shallow::broken_line(&knots, &knots.sin()).unwrap(), Shallow::broken_line(&knots, &knots.cos()).unwrap());
        let x = Array2::from_shape_fn((rows, 3), |(i, k)| (i as f64 + 0.7 * k as f64).sin());
        let direction = Array1::from(direction.to_vec());
        let t = x.dot(&direction);
        let sum = first.plus(&second).unwrap().along(&direction).unwrap();
        let apart = first.curve(&t) + second.curve(&t);
        prop_assert_eq!(sum.evaluate(&x).len(), rows);
        for (together, apart) in sum.evaluate(&x).iter().zip(&apart) {
            prop_assert!((together - apart).abs() < 1e-9);
        }
    }
}
