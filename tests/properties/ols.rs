//! Chapter `ols`: bad input, and values of independent libraries.

use downhill::{
    Error, data,
    ols::{Ols, Solver, add_intercept, condition_number, polynomial_features},
};
use ndarray::{Array1, Array2, Axis, array, s};
use proptest::prelude::*;
use serde_json::Value;

const SOLVERS: [Solver; 4] = [Solver::Auto, Solver::Cholesky, Solver::Qr, Solver::Svd];

fn close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) -> bool {
    let largest = b.iter().fold(0.0, |m: f64, b| m.max(b.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * largest)
}

#[test]
fn refuses_bad_input() {
    let x = array![[1.0, 0.0], [1.0, 1.0], [1.0, 3.0]];
    let mut with_nan = x.clone();
    with_nan[[2, 1]] = f64::NAN;
    let mut infinite = x.clone();
    infinite[[0, 0]] = f64::INFINITY;
    let y = array![1.0, 2.0, 3.0];
    type Refusal = fn(&Error) -> bool;
    let cases: [(&str, Array2<f64>, Array1<f64>, Refusal); 7] = [
        ("no rows", Array2::zeros((0, 2)), array![], |e| matches!(e, Error::Empty { what: "x" })),
        ("no columns", Array2::zeros((3, 0)), y.clone(), |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("too few targets", x.clone(), array![1.0, 2.0], |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        (
            "NaN in x",
            with_nan,
            y.clone(),
            |e| matches!(e, Error::Domain { what: "x", index, value, .. } if index == "2, 1" && value.is_nan()),
        ),
        (
            "infinity in x",
            infinite,
            y.clone(),
            |e| matches!(e, Error::Domain { what: "x", index, .. } if index == "0, 0"),
        ),
        (
            "infinity in y",
            x.clone(),
            array![1.0, f64::NEG_INFINITY, 3.0],
            |e| matches!(e, Error::Domain { what: "y", index, .. } if index == "1"),
        ),
        // The slope would be 10⁶⁰⁰.
        ("overflow", array![[1e-300], [2e-300]], array![1e300, 2e300], |e| {
            matches!(e, Error::Domain { what: "coefficients", .. })
        }),
    ];
    for (case, x, y, expected) in cases {
        for solver in SOLVERS {
            match Ols::fit_with(&x, &y, solver) {
                // Squares of 1e-300 vanish, and Cholesky must say so first.
                Err(Error::Parameter { .. })
                    if case == "overflow" && solver == Solver::Cholesky => {}
                Err(error) => assert!(expected(&error), "{case}, {solver:?}: {error}"),
                Ok(fit) => panic!("{case}, {solver:?}: fitted {fit:?}"),
            }
        }
    }
    assert_eq!(condition_number(&Array2::zeros((0, 3))), Err(Error::Empty { what: "x" }));
    assert!(matches!(condition_number(&array![[f64::NAN]]), Err(Error::Domain { .. })));
    assert_eq!(condition_number(&array![[1.0, 0.0], [0.0, 0.0]]), Ok(f64::INFINITY));
}

#[test]
fn dependent_columns() {
    type Case = (&'static str, Array2<f64>, Array1<f64>, usize, Array1<f64>);
    let cases: [Case; 6] = [
        (
            "a column of zeros",
            array![[1.0, 0.0], [2.0, 0.0]],
            array![2.0, 4.0],
            1,
            array![2.0, 0.0],
        ),
        ("all zeros", Array2::zeros((3, 2)), array![1.0, 2.0, 3.0], 0, array![0.0, 0.0]),
        ("a doubled column", array![[1.0, 1.0], [2.0, 2.0]], array![2.0, 4.0], 1, array![1.0, 1.0]),
        (
            "one twice another",
            array![[1.0, 2.0], [2.0, 4.0]],
            array![5.0, 10.0],
            1,
            array![1.0, 2.0],
        ),
        ("one row", array![[3.0, 4.0]], array![50.0], 1, array![6.0, 8.0]),
        (
            "two constant columns",
            array![[1.0, 3.0], [1.0, 3.0]],
            array![9.0, 11.0],
            1,
            array![1.0, 3.0],
        ),
    ];
    for (case, x, y, rank, shortest) in cases {
        for solver in [Solver::Auto, Solver::Svd] {
            let fit = Ols::fit_with(&x, &y, solver).unwrap();
            assert_eq!((fit.rank(), fit.solver()), (rank, Solver::Svd), "{case}");
            assert!(close(fit.coefficients(), &shortest, 1e-14), "{case}: {}", fit.coefficients());
            let refusal = fit.standard_errors().unwrap_err();
            assert!(
                matches!(refusal, Error::RankDeficient { rank: r, needed: 2, .. } if r == rank),
                "{case}"
            );
        }
        for solver in [Solver::Cholesky, Solver::Qr] {
            let refusal = Ols::fit_with(&x, &y, solver).unwrap_err();
            assert!(
                matches!(refusal, Error::RankDeficient { what: "x", rank: r, needed: 2, .. } if r == rank),
                "{case}, {solver:?}: {refusal}"
            );
        }
    }
}

/// One column, one row, one sample for each column, and units that no square survives.
#[test]
fn extremes() {
    for scale in [1e-200, 1e-161, 1e-3, 1.0, 1e200] {
        let fit = Ols::fit(&array![[scale], [2.0 * scale]], &array![3.0, 6.0]).unwrap();
        assert!((fit.coefficients()[0] * scale / 3.0 - 1.0).abs() < 1e-14, "{scale:e}");
    }
    let refusal = Ols::fit_with(&array![[1e-200], [2e-200]], &array![3.0, 6.0], Solver::Cholesky)
        .unwrap_err();
    // It names the length that is out of range.
    let length = |value: f64| (value / 1e-200 - 5_f64.sqrt()).abs() < 1e-9;
    assert!(
        matches!(refusal, Error::Parameter { what: "the length of a column of x", value, .. } if length(value))
    );
    // Xᵀy overflows, the coefficients do not. The residuals' squares overflow too.
    let (x, y) = (array![[1e100], [2e100], [1e100]], array![1e210, 2e210, -1e210]);
    let fit = Ols::fit(&x, &y).unwrap();
    assert!(
        (fit.coefficients()[0] / (2e110 / 3.0) - 1.0).abs() < 1e-14 && fit.solver() == Solver::Qr
    );
    assert!(matches!(
        fit.noise_variance(),
        Err(Error::Parameter { what: "the sum of squared residuals", .. })
    ));
    // A column in units 10²⁰ times too large is not mistaken for zero.
    let x = array![[1.0, 1e-20], [1.0, 2e-20], [1.0, 4e-20]];
    for solver in SOLVERS {
        let fit = Ols::fit_with(&x, &array![2.0, 3.0, 5.0], solver).unwrap();
        assert_eq!(fit.rank(), 2);
        let in_units = fit.coefficients() * &array![1.0, 1e-20];
        assert!(close(&in_units, &array![1.0, 1.0], 1e-14), "{solver:?}: {in_units}");
    }
    let through = Ols::fit(&array![[1.0, 0.0], [1.0, 2.0]], &array![1.0, 5.0]).unwrap();
    assert!(close(through.coefficients(), &array![1.0, 2.0], 1e-14));
    let refusal = through.noise_variance().unwrap_err();
    assert_eq!(
        refusal,
        Error::Parameter { what: "samples minus rank", value: 0.0, must: "at least 1" }
    );
    assert_eq!(Ols::fit(&array![[4.0]], &array![2.0]).unwrap().coefficients(), &array![0.5]);
}

#[test]
fn views_of_any_layout_fit_alike() {
    let mut rng = downhill::rng(5);
    let wide =
        data::random_patterns(12, 30, &mut rng) + data::random_patterns(12, 30, &mut rng) * 0.3;
    let y = Array1::linspace(-1.0, 2.0, 15);
    let columns = wide.slice(s![..;3, ..;2]);
    let view = columns.t();
    let owned = view.as_standard_layout().into_owned();
    for solver in SOLVERS {
        let (a, b) =
            (Ols::fit_with(&view, &y, solver).unwrap(), Ols::fit_with(&owned, &y, solver).unwrap());
        assert!(close(a.coefficients(), b.coefficients(), 1e-13));
    }
}

#[test]
#[should_panic(expected = "y has not one entry for each row of x")]
fn residuals_of_another_length() {
    let x = array![[1.0], [2.0]];
    let fit = Ols::fit(&x, &array![1.0, 2.0]).unwrap();
    fit.residuals(&x, &array![1.0]);
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/ols.json")).unwrap()
}

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// All ten measurements of the diabetes data against scikit-learn; body mass alone, with its standard errors, against SciPy.
#[test]
fn diabetes_as_elsewhere() {
    let (oracle, diabetes) = (oracle(), data::diabetes());
    for solver in SOLVERS {
        let fit = Ols::fit_with(&add_intercept(&diabetes.features), &diabetes.progression, solver)
            .unwrap();
        let expected = &oracle["diabetes"];
        assert!(
            (fit.coefficients()[0] / expected["intercept"].as_f64().unwrap() - 1.0).abs() < 1e-9
        );
        let slopes = fit.coefficients().slice(s![1..]).to_owned();
        assert!(close(&slopes, &numbers(&expected["coefficients"]), 1e-9));
    }
    let bmi = polynomial_features(&diabetes.features.column(2), 1);
    let fit = Ols::fit(&bmi, &diabetes.progression).unwrap();
    let value = |name: &str| oracle["bmi"][name].as_f64().unwrap();
    assert!(close(fit.coefficients(), &array![value("intercept"), value("slope")], 1e-11));
    let errors = fit.standard_errors().unwrap();
    assert!((errors[0] / value("intercept_error") - 1.0).abs() < 1e-11);
    assert!((errors[1] / value("slope_error") - 1.0).abs() < 1e-11);
}

/// The shortest coefficients for the digits, whose pixels depend on one another, against NumPy.
#[test]
fn digits_as_elsewhere() {
    let (oracle, digits) = (oracle(), data::digits());
    let labels: Array1<f64> = digits.labels.iter().map(|&label| label as f64).collect();
    let fit = Ols::fit(&digits.images, &labels).unwrap();
    assert_eq!(fit.rank() as u64, oracle["digits"]["rank"].as_u64().unwrap());
    assert!(close(fit.coefficients(), &numbers(&oracle["digits"]["coefficients"]), 1e-9));
}

proptest! {
    /// In other units of a column its coefficient changes by the inverse factor, and no prediction changes.
    #[test]
    fn units_do_not_matter(seed in 0_u64..1000, exponents in prop::array::uniform3(-8_i32..8)) {
        let mut rng = downhill::rng(seed);
        let x = data::random_patterns(20, 3, &mut rng) + data::random_patterns(20, 3, &mut rng) * 0.4;
        let y = data::random_patterns(1, 20, &mut rng).row(0).to_owned();
        let units = Array1::from_iter(exponents.map(|e| 10_f64.powi(e)));
        let (plain, scaled) = (Ols::fit(&x, &y).unwrap(), Ols::fit(&(&x * &units), &y).unwrap());
        prop_assume!(plain.rank() == 3);
        prop_assert!(close(&(scaled.coefficients() * &units), plain.coefficients(), 1e-11));
        prop_assert!(close(&scaled.leverage(&(&x * &units)), &plain.leverage(&x), 1e-11));
    }

    /// The residual is at right angles to every column, with as many samples as columns or more, or fewer.
    #[test]
    fn residual_is_perpendicular(seed in 0_u64..1000, n in 1_usize..12, p in 1_usize..12) {
        let mut rng = downhill::rng(seed);
        let x = data::random_patterns(n, p, &mut rng);
        let y = data::random_patterns(1, n, &mut rng).row(0).to_owned();
        let fit = Ols::fit(&x, &y).unwrap();
        prop_assert!(x.t().dot(&fit.residuals(&x, &y)).iter().all(|d| d.abs() < 1e-10));
        prop_assert!(fit.leverage(&x).iter().all(|h| (-1e-10..=1.0 + 1e-10).contains(h)));
        prop_assert!((fit.leverage(&x).sum() - fit.rank() as f64).abs() < 1e-9);
        prop_assert_eq!(x.len_of(Axis(1)), fit.coefficients().len());
    }
}
