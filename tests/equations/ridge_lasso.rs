//! Chapter `ridge-lasso`.

use downhill::{
    data,
    ols::Ols,
    ridge_lasso::{
        self, CrossValidation, Lasso, Ridge, Standardizer, cross_validate, lasso_cost, ridge_cost,
    },
    rng,
};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

fn largest(v: &Array1<f64>) -> f64 {
    v.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

fn assert_close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) {
    assert_eq!(a.len(), b.len());
    assert!(largest(&(a - b)) <= tolerance * (1.0 + largest(b)), "{a} against {b}");
}

/// A noisy linear problem, 30 × 4.
fn problem(seed: u64) -> (Array2<f64>, Array1<f64>) {
    let mut rng = rng(seed);
    let x = normal_matrix(30, 4, &mut rng);
    let y = x.dot(&array![2.0, -1.0, 0.5, 0.0]) + 0.5 * normal(30, &mut rng);
    (x, y)
}

/// Columns of squared length n, orthogonal to each other: XᵀX = nI, exactly (signs of a Hadamard matrix).
fn orthogonal_design() -> Array2<f64> {
    Array2::from_shape_fn(
        (8, 4),
        |(i, j)| if (i & (j + 1)).count_ones() % 2 == 0 { 1.0 } else { -1.0 },
    )
}

/// Minimises by steps against the gradient, each followed by `project`: shares nothing with the library.
fn projected_descent(
    x: &Array2<f64>,
    y: &Array1<f64>,
    steps: usize,
    project: impl Fn(Array1<f64>, f64) -> Array1<f64>,
) -> Array1<f64> {
    let n = y.len() as f64;
    // The trace bounds the largest eigenvalue of the Hessian.
    let step = n / (2.0 * x.iter().map(|v| v * v).sum::<f64>());
    let mut theta = Array1::zeros(x.ncols());
    for _ in 0..steps {
        let gradient = x.t().dot(&(x.dot(&theta) - y)) * (2.0 / n);
        theta = project(theta - step * gradient, step);
    }
    theta
}

fn central_gradient(f: impl Fn(&Array1<f64>) -> f64, at: &Array1<f64>) -> Array1<f64> {
    let h = 1e-5;
    Array1::from_shape_fn(at.len(), |j| {
        let (mut up, mut down) = (at.clone(), at.clone());
        up[j] += h;
        down[j] -= h;
        (f(&up) - f(&down)) / (2.0 * h)
    })
}

/// The mean of squares, summed entry by entry, against the squared norm of the residual over n, at random coefficients;
/// and the minimum on the left is not the value on the right at just any coefficients.
#[test]
fn least_squares_norm_form() {
    let (x, y) = problem(1);
    let mut rng = rng(2);
    let minimum = projected_descent(&x, &y, 2000, |theta, _| theta);
    for _ in 0..20 {
        let theta = normal(4, &mut rng);
        let mut sum = 0.0;
        for i in 0..30 {
            let prediction: f64 = (0..4).map(|j| x[[i, j]] * theta[j]).sum();
            sum += (y[i] - prediction) * (y[i] - prediction) / 30.0;
        }
        let norm_form = ridge_lasso::l2_norm(&(&y - &x.dot(&theta))).powi(2) / 30.0;
        assert!((sum - norm_form).abs() < 1e-13 * sum);
        assert!((ridge_cost(&x, &y, &theta, 0.0) - sum).abs() < 1e-13 * sum);
        assert!(norm_form > ridge_cost(&x, &y, &minimum, 0.0) + 1e-3);
    }
}

/// The norm against hand-made values, against the laws of a norm, and against itself after a rotation.
#[test]
fn l2_norm() {
    assert_eq!(ridge_lasso::l2_norm(&array![3.0, 4.0]), 5.0);
    assert!((ridge_lasso::l2_norm(&array![3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
    assert!((ridge_lasso::l2_norm(&array![3e-200, 4e-200]) / 5e-200 - 1.0).abs() < 1e-15);
    assert_eq!(ridge_lasso::l2_norm(&array![0.0, 0.0]), 0.0);
    let mut rng = rng(3);
    for _ in 0..1000 {
        let (a, b) = (normal(3, &mut rng), normal(3, &mut rng));
        assert!(
            (ridge_lasso::l2_norm(&(-2.5 * &a)) - 2.5 * ridge_lasso::l2_norm(&a)).abs()
                < 1e-14 * ridge_lasso::l2_norm(&a) * 2.5
        );
        assert!(
            ridge_lasso::l2_norm(&(&a + &b))
                <= ridge_lasso::l2_norm(&a) + ridge_lasso::l2_norm(&b) + 1e-14
        );
        let (sin, cos) = b[0].sin_cos();
        let turned = array![cos * a[0] - sin * a[1], sin * a[0] + cos * a[1], a[2]];
        assert!((ridge_lasso::l2_norm(&turned) - ridge_lasso::l2_norm(&a)).abs() < 1e-13);
    }
}

/// The norm against hand-made values, against the laws of a norm, and between its bounds in terms of the other norm.
#[test]
fn l1_norm() {
    assert_eq!(ridge_lasso::l1_norm(&array![3.0, -4.0]), 7.0);
    let mut rng = rng(4);
    for _ in 0..1000 {
        let (a, b) = (normal(5, &mut rng), normal(5, &mut rng));
        assert!(
            (ridge_lasso::l1_norm(&(-2.5 * &a)) - 2.5 * ridge_lasso::l1_norm(&a)).abs() < 1e-13
        );
        assert!(
            ridge_lasso::l1_norm(&(&a + &b))
                <= ridge_lasso::l1_norm(&a) + ridge_lasso::l1_norm(&b) + 1e-14
        );
        assert!(
            ridge_lasso::l2_norm(&a) <= ridge_lasso::l1_norm(&a) + 1e-14
                && ridge_lasso::l1_norm(&a) <= 5_f64.sqrt() * ridge_lasso::l2_norm(&a) + 1e-14
        );
    }
}

/// The cost against the sums written out, and its central-difference gradient at the library's minimiser against zero.
#[test]
fn ridge_objective() {
    let (x, y) = problem(5);
    let lambda = 0.2;
    let theta = array![1.0, -2.0, 3.0, 0.5];
    let written: f64 =
        (0..30).map(|i| (y[i] - x.row(i).dot(&theta)).powi(2)).sum::<f64>() / 30.0 + 0.2 * 14.25;
    assert!((ridge_cost(&x, &y, &theta, lambda) - written).abs() < 1e-13 * written);

    let fitted = Ridge::new(&x, &y).unwrap().fit(lambda).unwrap();
    // Central differences of a quadratic are exact but for rounding: ε·cost/h ≈ 1e-11.
    assert!(largest(&central_gradient(|t| ridge_cost(&x, &y, t, lambda), &fitted)) < 1e-8);
}

/// The closed form, as least squares on p more samples of value zero, against the library, tall, square and wide; with λ
/// where nλ belongs the gradient is far from zero.
#[test]
fn ridge_closed_form() {
    let mut rng = rng(6);
    for (n, p) in [(30, 4), (6, 6), (5, 12)] {
        let (x, y) = (normal_matrix(n, p, &mut rng), normal(n, &mut rng));
        let lambda = 0.2;
        let root = (n as f64 * lambda).sqrt();
        let augmented = concatenate![Axis(0), x, root * Array2::<f64>::eye(p)];
        let targets = concatenate![Axis(0), y, Array1::zeros(p)];
        let descended = projected_descent(&augmented, &targets, 20_000, |theta, _| theta);
        assert_close(&Ridge::new(&x, &y).unwrap().fit(lambda).unwrap(), &descended, 1e-9);
    }
    let (x, y) = problem(5);
    let without_n = Ridge::new(&x, &y).unwrap().fit(0.2 / 30.0).unwrap();
    assert!(largest(&central_gradient(|t| ridge_cost(&x, &y, t, 0.2), &without_n)) > 0.1);
}

/// The sum over singular vectors, on a design built from known ones, against the library by either of its two factorisations.
#[test]
fn ridge_svd() {
    let left = orthogonal_design() / 8_f64.sqrt();
    let (s, c) = 0.7_f64.sin_cos();
    let right =
        array![[c, -s, 0.0, 0.0], [s, c, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let y = normal(8, &mut rng(7));
    // The second set has condition number 1e5: the Gram matrix will not do there.
    for d in [array![4.0, 3.0, 2.0, 1.0], array![10.0, 1.0, 0.1, 0.0001]] {
        let x = (&left * &d).dot(&right.t());
        for lambda in [0.0, 0.3] {
            let mut expected = Array1::zeros(4);
            for i in 0..4 {
                let weight = d[i] / (d[i] * d[i] + 8.0 * lambda) * left.column(i).dot(&y);
                expected.scaled_add(weight, &right.column(i));
            }
            let ridge = Ridge::new(&x, &y).unwrap();
            assert_close(ridge.singular_values(), &d, 1e-13);
            // κε = 2e-11 bounds the error of the smallest direction.
            assert_close(&ridge.fit(lambda).unwrap(), &expected, 1e-10);
            assert_close(
                &ridge.path(&array![lambda, 1.0]).unwrap().row(0).to_owned(),
                &expected,
                1e-10,
            );
        }
    }
}

/// The factors and their sum against the trace of the matrix from targets to fitted values, one column of it a fit to one unit vector.
#[test]
fn ridge_shrinkage() {
    let (x, _) = problem(8);
    let lambda = 0.4;
    let mut trace = 0.0;
    for i in 0..30 {
        let mut unit = Array1::zeros(30);
        unit[i] = 1.0;
        let theta = Ridge::new(&x, &unit).unwrap().fit(lambda).unwrap();
        trace += x.dot(&theta)[i];
    }
    let ridge = Ridge::new(&x, &Array1::ones(30)).unwrap();
    assert!((ridge.degrees_of_freedom(lambda).unwrap() - trace).abs() < 1e-12);
    let d = ridge.singular_values();
    for (factor, d) in ridge.shrinkage(lambda).unwrap().iter().zip(d) {
        assert!((factor - d * d / (d * d + 30.0 * lambda)).abs() < 1e-14);
    }
    assert!((ridge.degrees_of_freedom(0.0).unwrap() - 4.0).abs() < 1e-14);
}

/// Minus the logarithm of likelihood times prior, density by density, against n/2σ² times the cost: they differ by one constant.
#[test]
fn ridge_gaussian_prior() {
    let (x, y) = problem(9);
    let (sigma, tau): (f64, f64) = (0.7, 1.3);
    let lambda = sigma * sigma / (30.0 * tau * tau);
    let normal_density = |v: f64, scale: f64| {
        (-v * v / (2.0 * scale * scale)).exp() / (scale * std::f64::consts::TAU.sqrt())
    };
    let minus_log_posterior = |theta: &Array1<f64>| {
        let misses = &y - &x.dot(theta);
        -misses.iter().map(|&r| normal_density(r, sigma).ln()).sum::<f64>()
            - theta.iter().map(|&t| normal_density(t, tau).ln()).sum::<f64>()
    };
    let scaled_cost =
        |theta: &Array1<f64>| 30.0 / (2.0 * sigma * sigma) * ridge_cost(&x, &y, theta, lambda);
    let constant = minus_log_posterior(&Array1::zeros(4)) - scaled_cost(&Array1::zeros(4));
    let mut rng = rng(10);
    for _ in 0..20 {
        // Small enough that no density underflows.
        let theta = array![2.0, -1.0, 0.5, 0.0] + 0.5 * normal(4, &mut rng);
        assert!((minus_log_posterior(&theta) - scaled_cost(&theta) - constant).abs() < 1e-9);
    }
}

/// The minimiser under the penalty against projected gradient descent under the constraint, with t = ‖θ(λ)‖².
#[test]
fn ridge_penalty_vs_constraint() {
    let (x, y) = problem(11);
    let ridge = Ridge::new(&x, &y).unwrap();
    let constrained = |t: f64| {
        projected_descent(&x, &y, 20_000, |theta, _| {
            let square = theta.dot(&theta);
            if square > t { theta * (t / square).sqrt() } else { theta }
        })
    };
    let mut last = f64::INFINITY;
    for lambda in [0.01, 0.2, 5.0] {
        let theta = ridge.fit(lambda).unwrap();
        let t = theta.dot(&theta);
        assert!(t < last);
        last = t;
        assert_close(&constrained(t), &theta, 1e-8);
    }
    let least_squares = ridge.fit(0.0).unwrap();
    assert_close(&constrained(2.0 * least_squares.dot(&least_squares)), &least_squares, 1e-8);
    // The penalised problem requires no t that was set beforehand: half the square that it takes is violated.
    let theta = ridge.fit(0.2).unwrap();
    let half = 0.5 * theta.dot(&theta);
    assert!(largest(&(constrained(half) - theta)) > 0.1);
}

/// The cost against a loop, and one-sided differences at a zero coefficient against the two one-sided slopes.
#[test]
fn lasso_objective() {
    let (x, y) = problem(12);
    let lambda = 0.3;
    let mut rng = rng(13);
    for _ in 0..20 {
        let theta = normal(4, &mut rng);
        let mut cost = 0.0;
        for i in 0..30 {
            cost += (y[i] - x.row(i).dot(&theta)).powi(2) / 30.0;
        }
        for j in 0..4 {
            cost += lambda * theta[j].abs();
        }
        assert!((lasso_cost(&x, &y, &theta, lambda) - cost).abs() < 1e-13 * cost);
    }
    let theta = array![1.0, 0.0, -0.5, 0.0];
    let residual = &y - &x.dot(&theta);
    for j in [1, 3] {
        for side in [1.0, -1.0] {
            let mut moved = theta.clone();
            moved[j] = side * 1e-7;
            let slope =
                (lasso_cost(&x, &y, &moved, lambda) - lasso_cost(&x, &y, &theta, lambda)) / 1e-7;
            let expected = side * -2.0 / 30.0 * x.column(j).dot(&residual) + lambda;
            // The difference of a quadratic is off by the curvature times the step, 1e-7, and by ε·cost/step ≈ 1e-8.
            assert!((slope - expected).abs() < 1e-6);
        }
    }
}

/// The optimality conditions at the solver's answer, computed from the residual, on tall and wide problems; and 2000 random steps
/// away from it, none of which lowers the cost.
#[test]
fn lasso_subgradient() {
    let mut rng = rng(14);
    for (n, p) in [(30, 4), (20, 60)] {
        let x = normal_matrix(n, p, &mut rng);
        let y = 3.0 * &x.column(0) - x.column(1) + 0.3 * normal(n, &mut rng);
        for lambda in [0.02, 0.2, 1.0] {
            let theta = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap().fit(lambda).unwrap();
            let slopes = x.t().dot(&(&y - &x.dot(&theta))) * (2.0 / n as f64);
            assert!(theta.iter().any(|&t| t != 0.0));
            for (slope, &t) in slopes.iter().zip(&theta) {
                if t == 0.0 {
                    assert!(slope.abs() <= lambda + 1e-7);
                } else {
                    // A gap of 1e-14 leaves errors of its root.
                    assert!((slope - lambda * t.signum()).abs() < 1e-6);
                }
            }
            let cost = lasso_cost(&x, &y, &theta, lambda);
            for _ in 0..2000 {
                let scale = 10_f64.powf(rng.random_range(-4.0..0.0));
                assert!(
                    lasso_cost(&x, &y, &(&theta + &(scale * normal(p, &mut rng))), lambda)
                        >= cost - 1e-12
                );
            }
        }
    }
}

/// The soft threshold against a search for the minimum of ½(θ − z)² + τ|θ| on a fine grid.
#[test]
fn soft_threshold() {
    for z in [-3.0, -1.0, -0.4, 0.0, 0.7, 1.0, 2.6] {
        for tau in [0.0, 0.5, 1.0] {
            let f = |t: f64| 0.5 * (t - z) * (t - z) + tau * t.abs();
            let best = (-4000..=4000)
                .map(|k| k as f64 / 1000.0)
                .fold(9.0, |b, t| if f(t) < f(b) { t } else { b });
            assert!((ridge_lasso::soft_threshold(z, tau) - best).abs() < 1e-9);
        }
    }
}

/// Orthogonal columns: the solver against least squares, xⱼᵀy/n, with each coefficient moved towards zero by λ/2 (not λ).
#[test]
fn lasso_orthogonal() {
    let x = orthogonal_design();
    let y = array![3.0, -1.0, 0.5, 2.0, -4.0, 1.5, 0.0, 1.0];
    let lambda = 0.6;
    let least_squares = x.t().dot(&y) / 8.0;
    let expected = least_squares.mapv(|t: f64| t.signum() * (t.abs() - 0.3).max(0.0));
    let theta = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap().fit(lambda).unwrap();
    assert!(expected.iter().any(|&t| t == 0.0) && expected.iter().any(|&t| t != 0.0));
    assert_close(&theta, &expected, 1e-10);
    let at_lambda = least_squares.mapv(|t: f64| t.signum() * (t.abs() - 0.6).max(0.0));
    assert!(largest(&(theta - at_lambda)) > 0.1);
}

/// The library's sweep over one column, the others' share taken from the targets, against a search along that coordinate: from zero and
/// from the solution at a larger penalty, with and without a ridge part.
#[test]
fn lasso_coordinate_update() {
    let (x, y) = problem(15);
    let lambda = 0.5;
    let theta = array![0.5, -0.2, 0.1, 0.3];
    let mut moved_from_zero = 0;
    for mu in [0.0, 0.4] {
        for j in 0..4 {
            let along = |t: f64| {
                let mut moved = theta.clone();
                moved[j] = t;
                lasso_cost(&x, &y, &moved, lambda) + mu * moved.dot(&moved)
            };
            let (mut low, mut high) = (-10.0, 10.0);
            for _ in 0..200 {
                let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
                if along(a) < along(b) { high = b } else { low = a }
            }
            let column = x.column(j).insert_axis(Axis(1)).to_owned();
            let left_over = &y - &x.dot(&theta) + &x.column(j) * theta[j];
            // One exact sweep ends at a gap of rounding. One that falls short would be let pass by this tolerance, and be
            // a thousandth away.
            let alone = Lasso::new(&column, &left_over).unwrap().with_ridge(mu).unwrap();
            let alone = alone.tolerance(1e-6).unwrap();
            // Comparing costs resolves the place of a minimum to the root of ε.
            assert!((alone.fit(lambda).unwrap()[0] - low).abs() < 1e-7);
            let between = 0.5 * (lambda + alone.lambda_max());
            if between > lambda {
                let path = alone.path(&array![between, lambda]).unwrap().coefficients;
                moved_from_zero += usize::from(path[[0, 0]] != 0.0 && path[[0, 0]] != path[[1, 0]]);
                assert!((path[[1, 0]] - low).abs() < 1e-7);
            }
        }
    }
    assert!(moved_from_zero >= 4, "{moved_from_zero} sweeps that began elsewhere than at zero");
}

/// The bound before anything is dropped, at random pairs of coefficients and dual points feasible or not, against the cost; equal at u = r.
#[test]
fn lasso_lower_bound() {
    let (x, y) = problem(31);
    let (n, lambda) = (30.0, 0.4);
    let mut rng = rng(32);
    for _ in 0..200 {
        let theta = normal(4, &mut rng);
        let bound = |u: &Array1<f64>| {
            (2.0 * u.dot(&y) - u.dot(u)) / n - 2.0 / n * x.t().dot(u).dot(&theta)
                + lambda * ridge_lasso::l1_norm(&theta)
        };
        let cost = lasso_cost(&x, &y, &theta, lambda);
        let residual = &y - &x.dot(&theta);
        assert!(bound(&(&residual + &normal(30, &mut rng))) < cost);
        assert!((bound(&residual) - cost).abs() < 1e-12 * cost);
    }
}

/// Weak duality by trial: the dual objective at random feasible points never exceeds the cost at random coefficients; strong duality at the solution.
#[test]
fn lasso_dual() {
    let (x, y) = problem(16);
    let (n, lambda) = (30.0, 0.4);
    let dual = |u: &Array1<f64>| (2.0 * u.dot(&y) - u.dot(u)) / n;
    let mut rng = rng(17);
    for _ in 0..500 {
        let u = normal(30, &mut rng) + &y;
        let feasible = &u * (n * lambda / 2.0 / largest(&x.t().dot(&u))).min(1.0);
        let distance = &y - &feasible;
        assert!((dual(&feasible) - (y.dot(&y) - distance.dot(&distance)) / n).abs() < 1e-12);
        assert!(dual(&feasible) <= lasso_cost(&x, &y, &normal(4, &mut rng), lambda));
    }
    let theta = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap().fit(lambda).unwrap();
    let residual = &y - &x.dot(&theta);
    assert!((dual(&residual) - lasso_cost(&x, &y, &theta, lambda)).abs() < 1e-7);
}

/// The gap against cost minus dual objective with the scale found by search, and as a bound on how far the cost is above
/// the minimum, at random coefficients.
#[test]
fn lasso_duality_gap() {
    let (x, y) = problem(18);
    let (n, lambda) = (30.0, 0.4);
    let mut rng = rng(19);
    for mu in [0.0, 0.2] {
        let lasso = Lasso::new(&x, &y).unwrap().with_ridge(mu).unwrap().tolerance(1e-14).unwrap();
        let cost = |theta: &Array1<f64>| lasso_cost(&x, &y, theta, lambda) + mu * theta.dot(theta);
        let minimum = cost(&lasso.fit(lambda).unwrap());
        // The ridge part as four more samples.
        let wide_x = concatenate![Axis(0), x, (n * mu).sqrt() * Array2::<f64>::eye(4)];
        let wide_y = concatenate![Axis(0), y, Array1::zeros(4)];
        for _ in 0..50 {
            let theta = array![1.5, -0.5, 0.2, 0.0] + normal(4, &mut rng);
            let residual = &wide_y - &wide_x.dot(&theta);
            let correlation = largest(&wide_x.t().dot(&residual));
            let best_dual = (-2000..=2000)
                .map(|k| k as f64 / 1000.0)
                .filter(|scale| scale.abs() * correlation <= n * lambda / 2.0)
                .map(|scale| {
                    let u = scale * &residual;
                    (2.0 * u.dot(&wide_y) - u.dot(&u)) / n
                })
                .fold(f64::NEG_INFINITY, f64::max);
            let gap = lasso.duality_gap(&theta, lambda);
            assert!(cost(&theta) - minimum <= gap + 1e-12);
            // The search's scale is within 1e-3 of the best.
            assert!((cost(&theta) - best_dual - gap).abs() < 1e-2 * (1.0 + gap), "{gap}");
            assert!(cost(&theta) - best_dual >= gap - 1e-12);
        }
    }
    let path = Lasso::new(&x, &y).unwrap().tolerance(1e-7).unwrap();
    let path = path.path(&path.lambda_grid(20, 1e-3).unwrap()).unwrap();
    assert!(path.gaps.iter().all(|&gap| gap <= 1e-7 * y.dot(&y) / n));
    for (theta, (&lambda, gap)) in
        path.coefficients.rows().into_iter().zip(path.lambdas.iter().zip(&path.gaps))
    {
        let afresh = Lasso::new(&x, &y).unwrap().duality_gap(&theta.to_owned(), lambda);
        assert!((afresh - gap).abs() < 1e-12);
    }
}

/// Just above and just below the largest penalty: all coefficients exactly zero, and one that is not.
#[test]
fn lasso_lambda_max() {
    let (x, y) = problem(20);
    let lasso = Lasso::new(&x, &y).unwrap();
    let by_hand = (0..4).map(|j| (2.0 / 30.0 * x.column(j).dot(&y)).abs()).fold(0.0, f64::max);
    assert!((lasso.lambda_max() - by_hand).abs() < 1e-14 * by_hand);
    assert_eq!(lasso.fit(by_hand * (1.0 + 1e-12)).unwrap(), Array1::<f64>::zeros(4));
    let below = lasso.fit(by_hand * 0.99).unwrap();
    assert_eq!(below.iter().filter(|&&t| t != 0.0).count(), 1);
}

/// The path, whose working set the strong rule begins, against plain proximal descent with all columns, where the rule
/// discards most of them; and the rule's own prediction against that solution.
#[test]
fn lasso_strong_rule() {
    let mut rng = rng(21);
    let (n, p) = (25, 60);
    let x = normal_matrix(n, p, &mut rng);
    let y = 2.0 * &x.column(3) - x.column(40) + 0.1 * normal(n, &mut rng);
    let lasso = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap();
    let path = lasso.path(&lasso.lambda_grid(12, 0.05).unwrap()).unwrap();
    let (mut discarded, mut wrong) = (0, 0);
    for k in 1..12 {
        let (lambda, previous) = (path.lambdas[k], path.lambdas[k - 1]);
        let plain = projected_descent(&x, &y, 40_000, |theta, step| {
            theta.mapv(|t| ridge_lasso::soft_threshold(t, step * lambda))
        });
        assert_close(&path.coefficients.row(k).to_owned(), &plain, 1e-5);
        let before = x.t().dot(&(&y - &x.dot(&path.coefficients.row(k - 1)))) * (2.0 / n as f64);
        for j in (0..p).filter(|&j| before[j].abs() < 2.0 * lambda - previous) {
            discarded += 1;
            wrong += usize::from(plain[j].abs() > 1e-6);
        }
    }
    // A rule of thumb, not a theorem: it may err, but hardly ever does.
    assert!(discarded > 300 && wrong <= 3, "{discarded} discarded, {wrong} of them wrongly");

    // Without a path the rule cannot help, and the first working set, the hundred most correlated columns, lacks some
    // that are needed: only the check of all columns finds them.
    let x = normal_matrix(60, 400, &mut rng);
    let y = x.dot(&normal(400, &mut rng));
    let lasso = Lasso::new(&x, &y).unwrap();
    let lambda = 0.05 * lasso.lambda_max();
    let theta = lasso.fit(lambda).unwrap();
    let mut by_correlation: Vec<usize> = (0..400).collect();
    let correlations = x.t().dot(&y);
    by_correlation.sort_by(|&i, &j| correlations[j].abs().total_cmp(&correlations[i].abs()));
    assert!(by_correlation[100..].iter().any(|&j| theta[j] != 0.0));
    assert!(lasso.duality_gap(&theta, lambda) <= 1e-8 * y.dot(&y) / 60.0);

    // The constant itself. From λ' = 1 to λ = 0.8 the first column's correlation falls with the penalty; the second's is
    // `kept` at λ' and rises by 1.5 times as much, so that at λ it exceeds 0.8 and the column belongs in. A tolerance of 0.03
    // forgives its absence: whether it is used tells whether the rule, whose bound is 2λ − λ' = 0.6, let it in.
    for (kept, used) in [(0.58, false), (0.62, true)] {
        let x = array![[1.0, -1.5], [0.0, (kept + 1.5) / 2.0]];
        let coarse = Lasso::new(&x, &array![1.0, 2.0]).unwrap().tolerance(0.03).unwrap();
        assert!((coarse.lambda_max() - 1.0).abs() < 1e-15);
        let found = coarse.path(&array![1.0, 0.8]).unwrap().coefficients;
        assert!((found[[1, 0]] - 0.2).abs() < 1e-14 && found.row(0).iter().all(|&t| t == 0.0));
        assert_eq!(found[[1, 1]] != 0.0, used, "{found}");
        let solved = coarse.tolerance(1e-12).unwrap().fit(0.8).unwrap();
        assert!(solved[1] > 0.01, "the premise fails here, and the check mends it: {solved}");
    }
    // The premise at its limit, a correlation that rises as fast as the penalty falls: the column enters at the λ where
    // 2λ − λ' equals what it was at λ', so no larger bound would be safe.
    let met = Lasso::new(&array![[1.0, -1.0], [0.0, 0.8]], &array![1.0, 2.0]).unwrap();
    let met = met.tolerance(1e-14).unwrap();
    assert_eq!(met.fit(0.8 * 1.001).unwrap()[1], 0.0);
    assert!(met.fit(0.8 * 0.999).unwrap()[1] > 0.0);
}

/// Selection and shrinkage: exact zeros where the truth has them, none in ridge; the 1-norm never grows with the penalty.
#[test]
fn lasso_acronym() {
    let mut rng = rng(22);
    let x = normal_matrix(200, 6, &mut rng);
    let y = x.dot(&array![3.0, -2.0, 2.0, 1.5, 0.0, 0.0]) + 0.3 * normal(200, &mut rng);
    let lasso = Lasso::new(&x, &y).unwrap();
    let theta = lasso.fit(0.6).unwrap();
    assert!((0..6).all(|j| (theta[j] == 0.0) == (j >= 4)), "{theta}");
    assert!(Ridge::new(&x, &y).unwrap().fit(0.6).unwrap().iter().all(|&t| t != 0.0));
    let path = lasso.tolerance(1e-13).unwrap();
    let path = path.path(&path.lambda_grid(50, 1e-3).unwrap()).unwrap();
    let norms: Vec<f64> =
        path.coefficients.rows().into_iter().map(|row| ridge_lasso::l1_norm(&row)).collect();
    assert!(norms.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6));
}

/// The elastic net against the lasso on p more samples of value zero, and against proximal descent on its own cost.
#[test]
fn elastic_net_objective() {
    let mut rng = rng(23);
    let (n, p) = (15, 25);
    let (x, y) = (normal_matrix(n, p, &mut rng), normal(n, &mut rng));
    let (lambda, mu) = (0.1, 0.2);
    let net = Lasso::new(&x, &y)
        .unwrap()
        .with_ridge(mu)
        .unwrap()
        .tolerance(1e-14)
        .unwrap()
        .fit(lambda)
        .unwrap();

    let rows = (n + p) as f64 / n as f64;
    let wide_x = concatenate![Axis(0), x, (n as f64 * mu).sqrt() * Array2::<f64>::eye(p)];
    let wide_y = concatenate![Axis(0), y, Array1::zeros(p)];
    // The factor before the sum of squares is now 1/(n + p): rescale the penalty.
    let augmented =
        Lasso::new(&wide_x, &wide_y).unwrap().tolerance(1e-14).unwrap().fit(lambda / rows).unwrap();
    assert_close(&net, &augmented, 1e-6);

    let descended = projected_descent(&x, &y, 50_000, |theta, step| {
        theta.mapv(|t| ridge_lasso::soft_threshold(t, step * lambda) / (1.0 + 2.0 * step * mu))
    });
    assert_close(&net, &descended, 1e-6);
    assert!(net.iter().any(|&t| t == 0.0) && net.iter().any(|&t| t != 0.0));
}

/// Standardised columns against their defining moments, and the raw intercept and coefficients against predictions in standard units.
#[test]
fn standardisation() {
    let x = data::diabetes().features;
    let standardizer = Standardizer::fit(&x).unwrap();
    let z = standardizer.transform(&x);
    for (raw, column) in x.columns().into_iter().zip(z.columns()) {
        assert!(column.sum().abs() < 1e-9);
        assert!((column.dot(&column) - 442.0).abs() < 1e-8);
        // An affine map with positive slope keeps differences in proportion.
        let slope = (column[1] - column[0]) / (raw[1] - raw[0]);
        assert!(raw[1] == raw[0] || slope > 0.0);
    }
    let theta = Array1::linspace(-2.0, 3.0, 10);
    let (intercept, raw) = standardizer.to_raw(&theta, 152.0);
    assert_close(&(x.dot(&raw) + intercept), &(z.dot(&theta) + 152.0), 1e-12);
}

/// Cross-validation against a fold-by-fold loop that leaves each row out in turn, by ridge's own formula for that.
#[test]
fn cross_validation_error() {
    let (x, y) = problem(24);
    // Far from the origin, so that the targets' mean matters.
    let y = y + 7.0;
    let lambdas = array![0.1, 1.0];
    let result = cross_validate(&x, &y, &lambdas, 30, &mut rng(25), |x, y, lambdas| {
        Ridge::new(x, y)?.path(lambdas)
    })
    .unwrap();
    for (l, &lambda) in lambdas.iter().enumerate() {
        let mut total = 0.0;
        for left_out in 0..30 {
            let rows: Vec<usize> = (0..30).filter(|&i| i != left_out).collect();
            let (train, targets) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
            let mean = targets.sum() / 29.0;
            let means = train.sum_axis(Axis(0)) / 29.0;
            let scales = ((&train - &means).pow2().sum_axis(Axis(0)) / 29.0).sqrt();
            let z = (&train - &means) / &scales;
            let theta = projected_descent(&z, &(&targets - mean), 3000, |t, step| {
                t / (1.0 + 2.0 * step * lambda)
            });
            let row = (&x.row(left_out) - &means) / &scales;
            total += (y[left_out] - mean - row.dot(&theta)).powi(2);
        }
        assert!((result.mean()[l] - total / 30.0).abs() < 1e-9 * total);
    }
}

/// The rule on errors made by hand: means 5, 3.5, 3, 3.2 and one standard error of 1/√3 at the least.
#[test]
fn one_standard_error_rule() {
    let result = CrossValidation {
        lambdas: array![8.0, 4.0, 2.0, 1.0],
        errors: array![[5.0, 2.5, 2.0, 2.2], [5.0, 3.5, 3.0, 3.2], [5.0, 4.5, 4.0, 4.2]],
    };
    assert_eq!(result.best(), 2);
    assert!((result.standard_error()[2] - 1.0 / 3_f64.sqrt()).abs() < 1e-15);
    assert_eq!(result.one_standard_error(), 1);
    // The order of the penalties does not matter, nor does it that a larger error lies between.
    let result = CrossValidation {
        lambdas: array![1.0, 2.0, 4.0, 8.0],
        errors: array![[2.2, 2.0, 3.9, 2.4], [3.2, 3.0, 4.9, 3.4], [4.2, 4.0, 5.9, 4.4]],
    };
    assert_eq!((result.best(), result.one_standard_error()), (1, 3));
}

/// Ridge for more columns than rows against the closed form with the n × n matrix XXᵀ, solved by descent in its dual.
#[test]
fn ridge_wide() {
    let mut rng = rng(26);
    let (x, y) = (normal_matrix(5, 40, &mut rng), normal(5, &mut rng));
    let lambda = 0.3;
    // (XXᵀ + nλI) a = y by Richardson's iteration, then θ = Xᵀa.
    let kernel = x.dot(&x.t()) + 5.0 * lambda * Array2::<f64>::eye(5);
    let step = 1.0 / kernel.diag().sum();
    let mut a = Array1::zeros(5);
    for _ in 0..20_000 {
        a = &a + &(step * (&y - &kernel.dot(&a)));
    }
    assert_close(&Ridge::new(&x, &y).unwrap().fit(lambda).unwrap(), &x.t().dot(&a), 1e-11);
}

/// Every column that the ball around a dual feasible point rules out against the solution, where its coefficient is zero; and the
/// ball's radius against the distance of dual points from the solution, which reaches it where they lie on one face.
#[test]
fn lasso_gap_safe() {
    let mut rng = rng(27);
    let (n, p) = (25.0, 60);
    let x = normal_matrix(25, p, &mut rng);
    let y = 2.0 * &x.column(3) - x.column(40) + 0.1 * normal(25, &mut rng);
    let rough = Lasso::new(&x, &y).unwrap().tolerance(1e-4).unwrap();
    let lambda = 0.3 * rough.lambda_max();
    // A little off the solution: at it, the radius would be the root of a rounding error.
    let theta = 0.99 * rough.fit(lambda).unwrap();
    let residual = &y - &x.dot(&theta);
    let u = &residual
        * (y.dot(&residual) / residual.dot(&residual))
            .min(n * lambda / 2.0 / largest(&x.t().dot(&residual)));
    let radius = (n * rough.duality_gap(&theta, lambda)).sqrt();
    let solution = rough.tolerance(1e-14).unwrap().fit(lambda).unwrap();
    let exact_u = &y - &x.dot(&solution);
    assert!(
        ridge_lasso::l2_norm(&(&exact_u - &u)) <= radius + 1e-6,
        "the dual solution lies in the ball"
    );
    let mut ruled_out = 0;
    for j in 0..p {
        let column = x.column(j).to_owned();
        if column.dot(&u).abs() + ridge_lasso::l2_norm(&column) * radius < n * lambda / 2.0 {
            ruled_out += 1;
            assert_eq!(solution[j], 0.0);
        }
    }
    assert!(ruled_out > 10, "{ruled_out}");

    // Dual points about the solution, some on the faces on which it lies, scaled back where they are not feasible. With the
    // solution's cost, the gap is all the dual's, and a point on the same faces is as far away as the radius says.
    let active: Vec<usize> = (0..p).filter(|&j| solution[j] != 0.0).collect();
    let columns = x.select(Axis(1), &active);
    let mut closest = f64::INFINITY;
    for k in 0..200 {
        let mut away = normal(25, &mut rng) * 0.02;
        if k % 2 == 0 {
            away = Ols::fit(&columns, &away).unwrap().residuals(&columns, &away);
        }
        let point = &exact_u + &away;
        let excess = largest(&x.t().dot(&point)) / (n * lambda / 2.0);
        // A part in a million: the solution's own correlations are no more exact.
        let point = if excess > 1.0 + 1e-6 { point / excess } else { point };
        let dual = (2.0 * point.dot(&y) - point.dot(&point)) / n;
        let gap = lasso_cost(&x, &y, &solution, lambda) - dual;
        let share = (n * gap).sqrt() / ridge_lasso::l2_norm(&(&exact_u - &point));
        assert!(share > 1.0 - 1e-3, "{share}");
        closest = closest.min(share);
    }
    assert!(closest < 1.001, "the radius is too large: {closest}");
}

/// Minus the logarithm of Gaussian likelihood times Laplace prior against n/2σ² times the lasso's cost, up to one constant.
#[test]
fn lasso_laplace_prior() {
    let (x, y) = problem(28);
    let (sigma, b): (f64, f64) = (0.7, 0.9);
    let lambda = 2.0 * sigma * sigma / (30.0 * b);
    let minus_log_posterior = |theta: &Array1<f64>| {
        let misses = &y - &x.dot(theta);
        misses.iter().map(|r| r * r / (2.0 * sigma * sigma)).sum::<f64>()
            - theta.iter().map(|t: &f64| ((-t.abs() / b).exp() / (2.0 * b)).ln()).sum::<f64>()
    };
    let scaled =
        |theta: &Array1<f64>| 30.0 / (2.0 * sigma * sigma) * lasso_cost(&x, &y, theta, lambda);
    let constant = minus_log_posterior(&Array1::zeros(4)) - scaled(&Array1::zeros(4));
    let mut rng = rng(29);
    for _ in 0..20 {
        let theta = normal(4, &mut rng);
        assert!((minus_log_posterior(&theta) - scaled(&theta) - constant).abs() < 1e-10);
    }
}

/// More columns than rows: along the whole path never more non-zero coefficients than rows, until the fit is exact.
#[test]
fn lasso_at_most_n() {
    let mut rng = rng(30);
    let (x, y) = (normal_matrix(10, 40, &mut rng), normal(10, &mut rng));
    let lasso = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap();
    let path = lasso.path(&lasso.lambda_grid(60, 1e-3).unwrap()).unwrap();
    // Descent leaves coefficients that are on their way to zero: count what matters.
    let counts: Vec<usize> = path
        .coefficients
        .rows()
        .into_iter()
        .map(|row| row.iter().filter(|t| t.abs() > 1e-6).count())
        .collect();
    assert!(counts.iter().all(|&count| count <= 10), "{counts:?}");
    assert!(counts.iter().any(|&count| count >= 9));
    let net = lasso.with_ridge(0.1).unwrap().fit(path.lambdas[59]).unwrap();
    assert!(net.iter().filter(|t| t.abs() > 1e-6).count() > 10);
}

fn numbers(value: &serde_json::Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn rows(value: &serde_json::Value) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    ndarray::stack(Axis(0), &views).unwrap()
}

/// Ridge, lasso and elastic net against scikit-learn's answers, on the diabetes data and on a problem with more columns than rows.
#[test]
fn ridge_lasso_oracle() {
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("../oracles/ridge_lasso.json")).unwrap();
    let diabetes = data::diabetes();
    let z = Standardizer::fit(&diabetes.features).unwrap().transform(&diabetes.features);
    let centred = &diabetes.progression - diabetes.progression.mean().unwrap();
    let wide = &oracle["wide"];
    for (x, y, case) in
        [(z, centred, &oracle["diabetes"]), (rows(&wide["x"]), numbers(&wide["y"]), wide)]
    {
        let lambdas = numbers(&case["lambdas"]);
        let ridge = Ridge::new(&x, &y).unwrap().path(&lambdas).unwrap();
        let lasso = Lasso::new(&x, &y).unwrap().tolerance(1e-14).unwrap();
        let selected = lasso.path(&lambdas).unwrap().coefficients;
        let net = lasso
            .with_ridge(case["mu"].as_f64().unwrap())
            .unwrap()
            .path(&lambdas)
            .unwrap()
            .coefficients;
        let relative = |ours: Array2<f64>, theirs: Array2<f64>| {
            (&ours - &theirs).iter().fold(0.0, |m: f64, d| m.max(d.abs()))
                / theirs.iter().fold(0.0, |m: f64, d| m.max(d.abs()))
        };
        assert!(relative(ridge, rows(&case["ridge"])) < 1e-12);
        // A gap of 1e-14 bounds the squared distance of the fits, so the coefficients agree to about its root.
        assert!(relative(selected, rows(&case["lasso"])) < 1e-6);
        assert!(relative(net, rows(&case["elastic_net"])) < 1e-6);
    }
}

/// The order in which the diabetes features enter, on a fine grid, against the exact path of scikit-learn's LARS.
#[test]
fn lasso_order_of_entry() {
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("../oracles/ridge_lasso.json")).unwrap();
    let diabetes = data::diabetes();
    let z = Standardizer::fit(&diabetes.features).unwrap().transform(&diabetes.features);
    let centred = &diabetes.progression - diabetes.progression.mean().unwrap();
    let lasso = Lasso::new(&z, &centred).unwrap();
    let path = lasso.path(&lasso.lambda_grid(400, 1e-4).unwrap()).unwrap();
    let expected: Vec<usize> =
        numbers(&oracle["diabetes"]["order_of_entry"]).iter().map(|&j| j as usize).collect();
    assert_eq!(path.order_of_entry(), expected);
}
