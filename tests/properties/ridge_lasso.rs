//! Bad input to ridge, lasso, standardisation and cross-validation: the exact error, or the right answer.

use downhill::{
    Error,
    ridge_lasso::{
        CrossValidation, Lasso, Ridge, Standardizer, cross_validate, lasso_cost, ridge_cost,
    },
    rng,
};
use ndarray::{Array1, Array2, array};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// What is wrong with an error's variant, argument and, where there is one, index.
fn summary<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("ok {value:?}"),
        Err(Error::Empty { what }) => format!("empty {what}"),
        Err(Error::Shape { what, .. }) => format!("shape {what}"),
        Err(Error::Domain { what, index, .. }) => format!("domain {what} {index}"),
        Err(Error::Parameter { what, .. }) => format!("parameter {what}"),
        Err(Error::RankDeficient { rank, needed, .. }) => format!("rank {rank} of {needed}"),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn bad_data() {
    let good_y = array![1.0, 2.0];
    let good_x = array![[1.0, 0.0], [0.0, 1.0]];
    let table: [(Array2<f64>, Array1<f64>, &str); 8] = [
        (Array2::zeros((0, 0)), array![], "empty x"),
        (Array2::zeros((0, 3)), array![], "empty x"),
        (Array2::zeros((2, 0)), good_y.clone(), "empty x"),
        (good_x.clone(), array![1.0], "shape y"),
        (array![[1.0, NAN], [0.0, 1.0]], good_y.clone(), "domain x 0, 1"),
        (array![[1.0, 0.0], [-INF, 1.0]], good_y.clone(), "domain x 1, 0"),
        (good_x.clone(), array![1.0, NAN], "domain y 1"),
        (good_x.clone(), array![INF, 1.0], "domain y 0"),
    ];
    let lambdas = array![1.0];
    for (x, y, expected) in table {
        assert_eq!(summary(Ridge::new(&x, &y)), expected);
        assert_eq!(summary(Lasso::new(&x, &y)), expected);
        let validated =
            cross_validate(&x, &y, &lambdas, 2, &mut rng(1), |x, y, l| Ridge::new(x, y)?.path(l));
        assert_eq!(summary(validated), expected);
        if expected.contains('x') {
            assert_eq!(summary(Standardizer::fit(&x)), expected);
        }
    }
}

#[test]
fn bad_parameters() {
    let (x, y) = (array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], array![1.0, 2.0, 3.0]);
    let ridge = Ridge::new(&x, &y).unwrap();
    let lasso = Lasso::new(&x, &y).unwrap();
    for bad in [-1.0, NAN, INF, -INF] {
        assert_eq!(summary(ridge.fit(bad)), "parameter lambda");
        assert_eq!(summary(ridge.path(&array![1.0, bad])), "parameter lambda");
        assert_eq!(summary(ridge.shrinkage(bad)), "parameter lambda");
        assert_eq!(summary(ridge.degrees_of_freedom(bad)), "parameter lambda");
        assert_eq!(summary(lasso.clone().with_ridge(bad)), "parameter mu");
    }
    for bad in [-1.0, 0.0, NAN, INF] {
        assert_eq!(summary(lasso.fit(bad)), "domain lambdas 0");
        assert_eq!(summary(lasso.path(&array![1.0, bad])), "domain lambdas 1");
        assert_eq!(summary(lasso.clone().tolerance(bad)), "parameter tolerance");
        assert_eq!(summary(lasso.lambda_grid(5, bad)), "parameter ratio");
    }
    assert_eq!(summary(ridge.path(&array![])), "empty lambdas");
    assert_eq!(summary(lasso.path(&array![])), "empty lambdas");
    assert_eq!(summary(lasso.lambda_grid(1, 0.1)), "parameter count");
    assert_eq!(summary(lasso.lambda_grid(5, 1.0)), "parameter ratio");
    assert_eq!(
        summary(Lasso::new(&x, &Array1::zeros(3)).unwrap().lambda_grid(5, 0.1)),
        "parameter lambda_max"
    );
    for folds in [0, 1, 4] {
        let validated = cross_validate(&x, &y, &array![1.0], folds, &mut rng(1), |x, y, l| {
            Ridge::new(x, y)?.path(l)
        });
        assert_eq!(summary(validated), "parameter folds");
    }
    let validated =
        cross_validate(&x, &y, &array![-1.0], 3, &mut rng(1), |x, y, l| Ridge::new(x, y)?.path(l));
    assert_eq!(summary(validated), "parameter lambda", "what the model refuses comes through");
}

/// λ = 0 is least squares where there is one answer, and an error where there are many.
#[test]
fn zero_penalty() {
    let y = array![1.0, 2.0, 4.0];
    let full = array![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]];
    let theta = Ridge::new(&full, &y).unwrap().fit(0.0).unwrap();
    assert!((theta - array![5.0 / 6.0, 1.5]).iter().all(|d| d.abs() < 1e-14));
    for (x, expected) in [
        (array![[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], "rank 1 of 2"),
        (array![[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]], "rank 1 of 2"),
        (Array2::zeros((3, 2)), "rank 0 of 2"),
        (
            Array2::from_shape_fn((3, 5), |(i, j)| ((i + 1) * (j + 1)) as f64 + (i * j * j) as f64),
            "rank 2 of 5",
        ),
    ] {
        let ridge = Ridge::new(&x, &y).unwrap();
        assert_eq!(summary(ridge.fit(0.0)), expected);
        // A direction that the data do not span has no fit to shrink.
        let shrinkage = ridge.shrinkage(0.0).unwrap();
        assert!(shrinkage.iter().all(|s| *s == 0.0 || *s == 1.0), "{shrinkage}");
        assert!(
            ridge.fit(1e-3).unwrap().iter().all(|t| t.is_finite()),
            "any positive penalty cures it"
        );
    }
}

/// The smallest singular value of a design of condition 10⁶ to nine digits: the Gram matrix alone would give four.
#[test]
fn ill_conditioned() {
    let (c, s) = (0.6, 0.8);
    // diag(1, 10⁻⁶) between a column-orthogonal matrix and a rotation.
    let x = array![[c, -s * 1e-6], [s, c * 1e-6], [0.0, 0.0]].dot(&array![[c, s], [-s, c]]);
    let ridge = Ridge::new(&x, &array![1.0, 2.0, 3.0]).unwrap();
    assert!((ridge.singular_values()[1] / 1e-6 - 1.0).abs() < 1e-9, "{}", ridge.singular_values());
}

/// Shapes at the edge that have a right answer.
#[test]
fn small_and_degenerate() {
    // One row, one column: (x² + λ)⁻¹ x y, and S(xy, λ/2)/x².
    let (x, y) = (array![[2.0]], array![3.0]);
    assert!((Ridge::new(&x, &y).unwrap().fit(2.0).unwrap()[0] - 1.0).abs() < 1e-15);
    assert!(
        (Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap().fit(4.0).unwrap()[0] - 1.0).abs()
            < 1e-6
    );
    // Targets of zero, columns of zero: zero.
    let x = array![[1.0, 0.0], [2.0, 0.0]];
    assert_eq!(Lasso::new(&x, &array![0.0, 0.0]).unwrap().fit(0.1).unwrap(), array![0.0, 0.0]);
    assert_eq!(Lasso::new(&x, &array![1.0, 2.0]).unwrap().fit(0.1).unwrap()[1], 0.0);
    assert_eq!(
        Ridge::new(&Array2::zeros((2, 2)), &array![1.0, 2.0]).unwrap().fit(0.1).unwrap(),
        array![0.0, 0.0]
    );
    assert!(Ridge::new(&x, &array![1.0, 2.0]).unwrap().fit(0.1).unwrap()[1].abs() < 1e-15);
    // Equal columns: ridge shares alike; the lasso's answer is one of many, of the same cost.
    let twice = array![[1.0, 1.0], [-1.0, -1.0]];
    let theta = Ridge::new(&twice, &array![2.0, -2.0]).unwrap().fit(1.0).unwrap();
    assert!((theta - array![2.0 / 3.0, 2.0 / 3.0]).iter().all(|d| d.abs() < 1e-14));
    let theta =
        Lasso::new(&twice, &array![2.0, -2.0]).unwrap().tolerance(1e-14).unwrap().fit(1.0).unwrap();
    assert!((theta.sum() - 1.5).abs() < 1e-6);
    // A constant column, whose mean rounds: zeros, not noise blown up to size one.
    let constant = array![[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]];
    let standardizer = Standardizer::fit(&constant).unwrap();
    assert_eq!(standardizer.scales()[0], 1.0);
    assert!(standardizer.transform(&constant).column(0).iter().all(|z| z.abs() < 1e-15));
}

/// Entries whose squares overflow or vanish: the right answer where it is a number, an error where it is not.
#[test]
fn extremes() {
    let x = array![[1e200, 0.0], [0.0, 2e200]];
    let y = array![1.0, 2.0];
    let theta = Ridge::new(&x, &y).unwrap().fit(0.0).unwrap();
    assert!((theta * 1e200 - 1.0).iter().all(|d| d.abs() < 1e-14));
    let theta = Ridge::new(&(&x * 1e-400_f64.max(1e-300) * 1e-100), &y).unwrap().fit(1.0).unwrap();
    assert!(theta.iter().all(|t| t.is_finite()));
    // Products of x and y overflow, the coefficients do not; and then they do.
    let steep = Ridge::new(&array![[1e100, 0.0], [0.0, 1e100]], &array![1e210, -1e210]).unwrap();
    assert!(
        (steep.fit(0.0).unwrap() / array![1e110, -1e110] - 1.0).iter().all(|d| d.abs() < 1e-14)
    );
    let steeper = Ridge::new(&array![[1e-300]], &array![1e300]).unwrap();
    assert_eq!(summary(steeper.fit(0.0)), "domain coefficients 0");
    assert_eq!(summary(steeper.path(&array![0.0])), "domain coefficients 0, 0");
    assert_eq!(
        summary(Lasso::new(&x, &y)),
        "parameter the largest sum of squares of a column of x or of y"
    );
    assert_eq!(
        summary(Lasso::new(&array![[1.0]], &array![1e200])),
        "parameter the largest sum of squares of a column of x or of y"
    );
    assert_eq!(
        summary(Standardizer::fit(&array![[1.7e308], [1.7e308], [-1.7e308]])),
        "domain the standard deviations of x 0"
    );
}

/// More digits than the numbers carry: an error that says how far it came, not an endless loop. Where
/// rounding happens to close the gap to the last bit, and only there, it is met.
#[test]
fn tolerance_below_rounding() {
    let x = Array2::from_shape_fn((20, 5), |(i, j)| ((3 * i + 7 * j * i + j) as f64).sin());
    let mut refused = 0;
    for shift in 0..20 {
        let y = x.sum_axis(ndarray::Axis(1)) + 0.3 + 0.1 * shift as f64;
        let lasso = Lasso::new(&x, &y).unwrap().tolerance(1e-300).unwrap();
        let theta = match lasso.fit(0.1) {
            Ok(theta) => theta,
            Err(Error::NotConverged { what: "the lasso", reached, .. }) if reached.len() == 1 => {
                refused += 1;
                reached[0].clone()
            }
            Err(error) => panic!("{error}"),
        };
        // The gap is a difference of costs, each as exact as its terms.
        let rounding = 100.0 * f64::EPSILON * y.dot(&y) / 20.0;
        assert!(lasso.duality_gap(&theta, 0.1) < rounding, "shift {shift}");
    }
    assert!(refused > 0);
}

/// Where penalties do equally well, or are equal, the first is chosen.
#[test]
fn ties_between_penalties_go_to_the_first() {
    let flat = |lambdas: Array1<f64>| CrossValidation {
        errors: Array2::ones((2, lambdas.len())),
        lambdas,
    };
    assert_eq!(flat(array![1.0, 3.0, 2.0]).best(), 0);
    assert_eq!(flat(array![1.0, 3.0, 2.0, 3.0]).one_standard_error(), 1);
}

/// The error of a fold is a mean over its rows, however many it has: here of a model that always answers the mean.
#[test]
fn folds_of_unequal_size_give_means() {
    let (n, folds) = (10, 3);
    let x = Array2::from_shape_fn((n, 1), |(i, _)| i as f64);
    let y = Array1::from_shape_fn(n, |i| (i * i) as f64);
    let lambdas = array![1.0];
    let found =
        cross_validate(&x, &y, &lambdas, folds, &mut rng(3), |_, _, _| Ok(Array2::zeros((1, 1))))
            .unwrap();
    // Each fold's error tells which rows it held: try every choice of three or four of the ten.
    let mean_miss = |held: u32| {
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| held >> i & 1 == 1);
        let mean = outside.iter().map(|&i| y[i]).sum::<f64>() / outside.len() as f64;
        inside.iter().map(|&i| (y[i] - mean).powi(2)).sum::<f64>() / inside.len() as f64
    };
    for &error in &found.errors {
        let fits = (0..1_u32 << n)
            .filter(|held| [3, 4].contains(&held.count_ones()))
            .any(|held| (mean_miss(held) - error).abs() < 1e-9 * error);
        assert!(fits, "no fold has the mean error {error}");
    }
}

/// A cost or a gap at input that does not fit panics; at NaN it is NaN, and certifies nothing.
#[test]
fn costs_and_gaps_of_what_does_not_fit() {
    let (x, y, theta) = (array![[1.0], [2.0]], array![1.0, 3.0], array![0.5]);
    fn panics<T>(work: impl FnOnce() -> T) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
    }
    for cost in [ridge_cost, lasso_cost] {
        assert!(cost(&x, &y, &theta, 0.1) > 0.0);
        assert!(panics(|| cost(&x, &array![1.0], &theta, 0.1)));
        assert!(panics(|| cost(&array![[1.0]], &y, &theta, 0.1)));
        assert!(panics(|| cost(&x, &y, &array![0.5, 0.5], 0.1)));
        assert!(panics(|| cost(&Array2::zeros((0, 1)), &array![], &theta, 0.1)));
    }
    let lasso = Lasso::new(&x, &y).unwrap();
    assert!(lasso.duality_gap(&array![NAN], 1.0).is_nan());
    for bad in [0.0, -1.0, NAN, INF] {
        assert!(panics(|| lasso.duality_gap(&theta, bad)), "{bad}");
    }
    // Zero correlations too: y is orthogonal to x.
    let none = Lasso::new(&array![[1.0], [1.0]], &array![1.0, -1.0]).unwrap();
    assert_eq!(none.duality_gap(&array![0.0], 1.0), 0.0);
    assert!(panics(|| none.duality_gap(&array![0.0], 0.0)));
}
