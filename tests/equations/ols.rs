//! Chapter `ols`.

use downhill::{
    Error, data,
    ols::{
        Ols, Solver, condition_number, cost, cost_gradient, mse, normal_equations,
        polynomial_features,
    },
    rng,
};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use rand::{Rng, RngExt, seq::SliceRandom};
use rand_distr::StandardNormal;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

fn norm(v: &Array1<f64>) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The largest difference of two arrays, relative to the largest entry of the second.
fn relative(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0, |m: f64, b| m.max(b.abs()));
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs())) / largest
}

/// Solves a square system by elimination with pivoting, written out: shares nothing with LAPACK.
fn eliminate(a: &Array2<f64>, b: &Array1<f64>) -> Array1<f64> {
    let n = b.len();
    let (mut a, mut b) = (a.clone(), b.clone());
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[[i, k]].abs().total_cmp(&a[[j, k]].abs())).unwrap();
        for j in 0..n {
            a.swap([k, j], [pivot, j]);
        }
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[[i, k]] / a[[k, k]];
            for j in k..n {
                a[[i, j]] -= factor * a[[k, j]];
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[[k, j]] * b[j]).sum();
        b[k] = (b[k] - known) / a[[k, k]];
    }
    b
}

/// A design matrix with singular values from 1 down to 1/κ, evenly spaced in the logarithm: random orthonormal columns
/// by Gram and Schmidt, twice, on either side.
fn ill_conditioned(n: usize, p: usize, kappa: f64, rng: &mut impl Rng) -> Array2<f64> {
    let mut orthonormal = |n: usize| {
        let mut q = normal_matrix(n, p, rng);
        for j in 0..p {
            for _ in 0..2 {
                for k in 0..j {
                    let overlap = q.column(k).dot(&q.column(j));
                    let shift = &q.column(k) * overlap;
                    q.column_mut(j).scaled_add(-1.0, &shift);
                }
            }
            let length = norm(&q.column(j).to_owned());
            q.column_mut(j).mapv_inplace(|v| v / length);
        }
        q
    };
    let (left, right) = (orthonormal(n), orthonormal(p));
    let s = Array1::from_shape_fn(p, |j| kappa.powf(-(j as f64) / (p - 1) as f64));
    (&left * &s).dot(&right.t())
}

/// The residuals of a fit to 10⁴ generated samples against the noise that was put in, and the estimate of its variance against σ²; and a constant
/// in the noise against the change of the intercept, where all of it goes.
/// Source: the model is Gauss's.
#[test]
fn regression_model_signal_plus_noise() {
    let (n, sigma) = (10_000, 0.1);
    let mut rng = rng(1);
    let x = Array1::from_shape_simple_fn(n, || rng.random_range(0.0..1.0));
    let f = x.mapv(|x: f64| 2.0 + 5.0 * x * x);
    let noise = normal(n, &mut rng) * sigma;
    let y = &f + &noise;

    let features = polynomial_features(&x, 2);
    let fitted = Ols::fit(&features, &y).unwrap();
    // They differ from the noise by its projection on three columns: σ² times a χ² with three degrees of freedom, above 25 once in 10⁵.
    let apart = norm(&(fitted.residuals(&features, &y) - &noise));
    assert!(apart > 0.0 && apart < 5.0 * sigma, "{apart}");
    // A variance estimated from n normal numbers has the standard error σ² √(2/n).
    let variance = fitted.noise_variance().unwrap();
    assert!((variance - sigma * sigma).abs() < 4.0 * sigma * sigma * (2.0 / n as f64).sqrt());

    let shifted = Ols::fit(&features, &(&f + &(&noise + 1.0))).unwrap();
    let change = shifted.coefficients() - fitted.coefficients();
    assert!(relative(&change, &array![1.0, 0.0, 0.0]) < 1e-11);
    assert!((fitted.coefficients()[0] - 2.0).abs() < 4.0 * fitted.standard_errors().unwrap()[0]);
}

/// The product Xθ against Horner's rule row by row; linear in θ, not in x.
#[test]
fn design_matrix_linear_model() {
    let mut rng = rng(2);
    let (x, first, second) = (normal(20, &mut rng), normal(4, &mut rng), normal(4, &mut rng));
    let horner = |x: f64, theta: &Array1<f64>| theta.iter().rev().fold(0.0, |sum, t| sum * x + t);
    let features = polynomial_features(&x, 3);
    for i in 0..20 {
        assert!(
            (features.dot(&first)[i] - horner(x[i], &first)).abs()
                < 1e-13 * (1.0 + x[i].abs().powi(3))
        );
    }
    let (a, b) = (1.7, -0.6);
    let mixed = &first * a + &second * b;
    assert!(
        relative(&features.dot(&mixed), &(features.dot(&first) * a + features.dot(&second) * b))
            < 1e-13
    );
    let at_mixed_x = horner(a * x[0] + b * x[1], &first);
    assert!((at_mixed_x - (a * horner(x[0], &first) + b * horner(x[1], &first))).abs() > 1e-3);
    // What the fitted model predicts is this product.
    let fit = Ols::fit(&features, &features.dot(&first)).unwrap();
    assert!(relative(fit.coefficients(), &first) < 1e-12);
    assert!(relative(&fit.predict(&features), &x.mapv(|x| horner(x, &first))) < 1e-12);
}

/// The mean squared error against the product of the residual with itself; the data twice over give the same.
#[test]
fn mse_cost_sum_form() {
    let mut rng = rng(3);
    for _ in 0..20 {
        let (y, prediction) = (normal(50, &mut rng), normal(50, &mut rng));
        let residual = &y - &prediction;
        let product = residual.dot(&residual) / 50.0;
        assert!((mse(&y, &prediction) / product - 1.0).abs() < 1e-13);
        let twice = |v: &Array1<f64>| concatenate![Axis(0), *v, *v];
        assert!((mse(&twice(&y), &twice(&prediction)) / product - 1.0).abs() < 1e-13);
    }
}

/// The cost against the double loop over samples and coefficients, and against its expansion as a quadratic in θ.
#[test]
fn mse_cost_matrix_form() {
    let mut rng = rng(4);
    let (x, y) = (normal_matrix(30, 4, &mut rng), normal(30, &mut rng));
    let (gram, moments) = normal_equations(&x, &y);
    for _ in 0..20 {
        let theta = normal(4, &mut rng);
        let mut sum = 0.0;
        for i in 0..30 {
            let mut prediction = 0.0;
            for j in 0..4 {
                prediction += x[[i, j]] * theta[j];
            }
            sum += (y[i] - prediction).powi(2) / 30.0;
        }
        let quadratic =
            (y.dot(&y) - 2.0 * theta.dot(&moments) + theta.dot(&gram.dot(&theta))) / 30.0;
        assert!((cost(&x, &y, &theta) / sum - 1.0).abs() < 1e-13);
        assert!((quadratic / sum - 1.0).abs() < 1e-11);
    }
}

/// The gradient in closed form against central differences of the cost; more rows than one block of the pass over them.
#[test]
fn ols_cost_gradient() {
    let mut rng = rng(5);
    let (x, y) = (normal_matrix(1100, 4, &mut rng), normal(1100, &mut rng));
    for _ in 0..20 {
        let theta = normal(4, &mut rng);
        let h = 1e-5;
        let differences = Array1::from_shape_fn(4, |j| {
            let (mut up, mut down) = (theta.clone(), theta.clone());
            up[j] += h;
            down[j] -= h;
            (cost(&x, &y, &up) - cost(&x, &y, &down)) / (2.0 * h)
        });
        // The cost is quadratic, so central differences are exact but for rounding, ε C / h.
        assert!(relative(&cost_gradient(&x, &y, &theta), &differences) < 1e-8);
    }
}

/// Both sides of the normal equations, sums written out, at the minimiser that gradient descent finds; the residual
/// there is at right angles to every column. Wider than one panel of the Gram matrix, longer than one block of rows.
#[test]
fn ols_normal_equations() {
    let mut rng = rng(6);
    let (n, p) = (700, 70);
    let (x, y) = (normal_matrix(n, p, &mut rng), normal(n, &mut rng));
    let mut theta = Array1::zeros(p);
    for _ in 0..2000 {
        theta -= &(cost_gradient(&x, &y, &theta) * 0.3);
    }
    let (gram, moments) = normal_equations(&x, &y);
    for j in 0..p {
        let left: f64 = (0..n).map(|i| x[[i, j]] * y[i]).sum();
        assert!((moments[j] - left).abs() < 1e-10);
        for k in 0..p {
            let sum: f64 = (0..n).map(|i| x[[i, j]] * x[[i, k]]).sum();
            assert!((gram[[j, k]] - sum).abs() < 1e-10);
        }
        assert!((gram.row(j).dot(&theta) - left).abs() < 1e-9);
        let overlap: f64 = (0..n).map(|i| x[[i, j]] * (y[i] - x.row(i).dot(&theta))).sum();
        assert!(overlap.abs() < 1e-9);
    }
}

/// Every solver against elimination on the normal equations; no step away lowers the cost; and with a doubled column
/// there is no inverse, the solvers that need it say so, and the minimisers are many.
#[test]
fn ols_closed_form() {
    let mut rng = rng(7);
    let (x, y) = (normal_matrix(30, 4, &mut rng), normal(30, &mut rng));
    let (gram, moments) = (x.t().dot(&x), x.t().dot(&y));
    let closed = eliminate(&gram, &moments);
    for solver in [Solver::Auto, Solver::Cholesky, Solver::Qr, Solver::Svd] {
        let fit = Ols::fit_with(&x, &y, solver).unwrap();
        assert!(relative(fit.coefficients(), &closed) < 1e-12);
        assert_eq!(fit.rank(), 4);
        assert!(relative(&fit.residuals(&x, &y), &(&y - &x.dot(&closed))) < 1e-12);
    }
    let least = cost(&x, &y, &closed);
    for _ in 0..1000 {
        assert!(cost(&x, &y, &(&closed + &(normal(4, &mut rng) * 0.1))) >= least);
    }

    let doubled = concatenate![Axis(1), x, x.slice(ndarray::s![.., 1..2])];
    for solver in [Solver::Cholesky, Solver::Qr] {
        let refusal = Ols::fit_with(&doubled, &y, solver).unwrap_err();
        assert!(matches!(refusal, Error::RankDeficient { rank: 4, needed: 5, .. }));
    }
    let fit = Ols::fit(&doubled, &y).unwrap();
    assert_eq!((fit.rank(), fit.solver()), (4, Solver::Svd));
    assert!(norm(&cost_gradient(&doubled, &y, fit.coefficients())) < 1e-12);
    let moved = fit.coefficients() + &array![0.0, 3.0, 0.0, 0.0, -3.0];
    assert!((cost(&doubled, &y, &moved) / least - 1.0).abs() < 1e-12);
}

/// Pythagoras: the cost at any θ against the cost at the minimum plus the squared distance of the predictions.
#[test]
fn ols_pythagoras() {
    let mut rng = rng(8);
    let (x, y) = (normal_matrix(40, 5, &mut rng), normal(40, &mut rng));
    let fit = Ols::fit(&x, &y).unwrap();
    let best = fit.coefficients();
    for _ in 0..20 {
        let theta = normal(5, &mut rng);
        let legs = norm(&fit.residuals(&x, &y)).powi(2) + norm(&x.dot(&(best - &theta))).powi(2);
        assert!((40.0 * cost(&x, &y, &theta) / legs - 1.0).abs() < 1e-13);
    }
}

/// The hat matrix by elimination: symmetric, its own square, its product with y the predictions, its diagonal the
/// leverages, its trace p.
#[test]
fn ols_hat_matrix() {
    let mut rng = rng(9);
    let (x, y) = (normal_matrix(25, 4, &mut rng), normal(25, &mut rng));
    let gram = x.t().dot(&x);
    let mut hat = Array2::zeros((25, 25));
    for i in 0..25 {
        hat.column_mut(i).assign(&x.dot(&eliminate(&gram, &x.row(i).to_owned())));
    }
    assert!((&hat - &hat.t()).iter().all(|d| d.abs() < 1e-13));
    assert!((&hat - &hat.dot(&hat)).iter().all(|d| d.abs() < 1e-13));
    for solver in [Solver::Cholesky, Solver::Qr, Solver::Svd] {
        let fit = Ols::fit_with(&x, &y, solver).unwrap();
        assert!(relative(&fit.predict(&x), &hat.dot(&y)) < 1e-12);
        assert!(relative(&fit.leverage(&x), &hat.diag().to_owned()) < 1e-12);
        assert!((fit.leverage(&x).sum() - 4.0).abs() < 1e-12);
    }
}

/// From ten random starts gradient descent ends at the coefficients that the solver finds; with a step beyond 2/λ, λ the
/// largest curvature, it runs away.
#[test]
fn ols_gradient_descent() {
    let mut rng = rng(10);
    let (x, y) = (normal_matrix(60, 3, &mut rng), normal(60, &mut rng));
    let fit = Ols::fit(&x, &y).unwrap();
    // The largest eigenvalue of the Hessian (2/n) XᵀX by power iteration.
    let hessian = x.t().dot(&x) * (2.0 / 60.0);
    let mut direction = normal(3, &mut rng);
    for _ in 0..2000 {
        direction = hessian.dot(&direction);
        direction /= norm(&direction);
    }
    let curvature = norm(&hessian.dot(&direction));
    let descend = |start: &Array1<f64>, rate: f64, steps: usize| {
        let mut theta = start.clone();
        for _ in 0..steps {
            theta -= &(cost_gradient(&x, &y, &theta) * rate);
        }
        theta
    };
    for _ in 0..10 {
        let start = normal(3, &mut rng) * 10.0;
        assert!(relative(&descend(&start, 1.0 / curvature, 1000), fit.coefficients()) < 1e-10);
        assert!(relative(&descend(&start, 1.98 / curvature, 5000), fit.coefficients()) < 1e-10);
        assert!(norm(&(&descend(&start, 2.02 / curvature, 1000) - fit.coefficients())) > 1e3);
    }
}

/// The logarithm of a product of normal densities, each written out, against −(n/2) log 2πσ² − nC/2σ².
#[test]
fn ols_gaussian_likelihood() {
    let mut rng = rng(11);
    let (n, sigma) = (30, 0.7_f64);
    let (x, y, theta) = (normal_matrix(n, 3, &mut rng), normal(n, &mut rng), normal(3, &mut rng));
    let mut product = 1.0;
    for i in 0..n {
        let z = (y[i] - x.row(i).dot(&theta)) / sigma;
        product *= (-0.5 * z * z).exp() / (sigma * std::f64::consts::TAU.sqrt());
    }
    let half = n as f64 / 2.0;
    let closed = -half * (std::f64::consts::TAU * sigma * sigma).ln()
        - n as f64 * cost(&x, &y, &theta) / (2.0 * sigma * sigma);
    assert!((product.ln() / closed - 1.0).abs() < 1e-12);
}

/// Over 20,000 fresh draws of the noise: the mean and the covariance of the fitted coefficients against θ and σ²(XᵀX)⁻¹, at
/// four and a half standard errors of each of the fourteen numbers; and the covariance that one fit reports against
/// elimination.
#[test]
fn ols_coefficient_covariance() {
    let mut rng = rng(12);
    let (n, p, sigma, draws) = (15, 4, 0.5, 20_000);
    let (x, theta) = (normal_matrix(n, p, &mut rng), normal(p, &mut rng));
    let gram = x.t().dot(&x);
    let mut exact = Array2::zeros((p, p));
    for j in 0..p {
        let unit = Array1::from_shape_fn(p, |k| f64::from(u8::from(j == k)));
        exact.column_mut(j).assign(&(eliminate(&gram, &unit) * (sigma * sigma)));
    }
    let mut sum = Array1::<f64>::zeros(p);
    let mut squares = Array2::<f64>::zeros((p, p));
    for _ in 0..draws {
        let fit = Ols::fit(&x, &(x.dot(&theta) + normal(n, &mut rng) * sigma)).unwrap();
        let off = fit.coefficients() - &theta;
        sum += &off;
        for j in 0..p {
            for k in 0..p {
                squares[[j, k]] += off[j] * off[k] / draws as f64;
            }
        }
    }
    let count = f64::from(draws);
    for j in 0..p {
        assert!((sum[j] / count).abs() < 4.5 * (exact[[j, j]] / count).sqrt());
        for k in 0..p {
            // Var of a product of two normal numbers: c_jj c_kk + c_jk².
            let error = ((exact[[j, j]] * exact[[k, k]] + exact[[j, k]].powi(2)) / count).sqrt();
            assert!((squares[[j, k]] - exact[[j, k]]).abs() < 4.5 * error);
        }
    }

    let y = x.dot(&theta) + normal(n, &mut rng) * sigma;
    for solver in [Solver::Auto, Solver::Qr, Solver::Svd] {
        let fit = Ols::fit_with(&x, &y, solver).unwrap();
        let variance = norm(&fit.residuals(&x, &y)).powi(2) / (n - p) as f64;
        let expected = &exact * (variance / (sigma * sigma));
        assert!((fit.covariance().unwrap() - &expected).iter().all(|d| d.abs() < 1e-13));
        let errors = fit.standard_errors().unwrap();
        assert!((0..p).all(|j| (errors[j] / expected[[j, j]].sqrt() - 1.0).abs() < 1e-12));
    }
}

/// Over 20,000 draws of the noise the mean of the estimate against σ², at four standard errors, σ²√(2/(n − p)) each;
/// divided by n instead, it comes out p/n too low.
#[test]
fn ols_noise_variance() {
    let mut rng = rng(13);
    let (n, p, sigma, draws) = (12, 4, 1.5, 20_000);
    let x = normal_matrix(n, p, &mut rng);
    let mut mean = 0.0;
    for _ in 0..draws {
        let fit = Ols::fit(&x, &(normal(n, &mut rng) * sigma)).unwrap();
        mean += fit.noise_variance().unwrap() / f64::from(draws);
    }
    let error = sigma * sigma * (2.0 / (n - p) as f64 / f64::from(draws)).sqrt();
    assert!((mean - sigma * sigma).abs() < 4.0 * error);
    assert!((mean * (n - p) as f64 / n as f64 - sigma * sigma).abs() > 40.0 * error);
}

/// The variance of 1000 other linear unbiased estimates of a coefficient, exact, against that of least squares; and a
/// biased one, which may be lower.
#[test]
fn ols_gauss_markov() {
    let mut rng = rng(14);
    let (n, p) = (20, 3);
    let x = normal_matrix(n, p, &mut rng);
    let gram = x.t().dot(&x);
    // The row of (XᵀX)⁻¹Xᵀ that estimates coefficient 0.
    let least = x.dot(&eliminate(&gram, &array![1.0, 0.0, 0.0]));
    for _ in 0..1000 {
        // Unbiased: aᵀX = e₀ᵀ. Any two differ by a vector at right angles to every column.
        let random = normal(n, &mut rng);
        let other = &least + &(&random - &x.dot(&eliminate(&gram, &x.t().dot(&random))));
        assert!(relative(&x.t().dot(&other), &array![1.0, 0.0, 0.0]) < 1e-12);
        assert!(norm(&other) > norm(&least));
    }
    let shrunk = &least * 0.9;
    assert!(norm(&shrunk) < norm(&least) && (x.t().dot(&shrunk)[0] - 0.9).abs() < 1e-12);
    // The library's estimate is this row's product with y.
    let y = normal(n, &mut rng);
    assert!((Ols::fit(&x, &y).unwrap().coefficients()[0] - least.dot(&y)).abs() < 1e-13);
}

/// Fresh noise at the same points: over 20,000 draws the training and test errors against σ²(1 ∓ p/n), at four standard
/// errors estimated from the draws.
#[test]
fn ols_expected_error() {
    let mut rng = rng(15);
    let (n, p, sigma, draws) = (20, 5, 1.3, 20_000);
    let (x, theta) = (normal_matrix(n, p, &mut rng), normal(p, &mut rng));
    let truth = x.dot(&theta);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for _ in 0..draws {
        let y = &truth + &(normal(n, &mut rng) * sigma);
        let again = &truth + &(normal(n, &mut rng) * sigma);
        let prediction = Ols::fit(&x, &y).unwrap().predict(&x);
        train.push(mse(&y, &prediction));
        test.push(mse(&again, &prediction));
    }
    let share = p as f64 / n as f64;
    for (errors, expected) in [(train, 1.0 - share), (test, 1.0 + share)] {
        let errors = Array1::from(errors);
        let standard_error = errors.std(1.0) / f64::from(draws).sqrt();
        assert!((errors.mean().unwrap() - sigma * sigma * expected).abs() < 4.0 * standard_error);
    }
}

/// The ratio of largest to smallest stretch of a circle of directions against the condition number from the singular
/// values, for two columns; and the condition number of the Gram matrix is its square.
#[test]
fn ols_condition_number() {
    let mut rng = rng(16);
    let x = normal_matrix(9, 2, &mut rng);
    let stretch = (0..200_000).map(|i| {
        let angle = std::f64::consts::PI * f64::from(i) / 200_000.0;
        norm(&x.dot(&array![angle.cos(), angle.sin()]))
    });
    let (lo, hi) =
        stretch.fold((f64::INFINITY, 0.0), |(lo, hi): (f64, f64), s| (lo.min(s), hi.max(s)));
    let kappa = condition_number(&x).unwrap();
    // The grid misses the extremes by half a step at most, at which the stretch is flat to second order.
    assert!((kappa / (hi / lo) - 1.0).abs() < 1e-8);
    assert!((condition_number(&x.t().dot(&x)).unwrap() / kappa.powi(2) - 1.0).abs() < 1e-12);
    for kappa in [1e2, 1e6, 1e10] {
        let found = condition_number(&ill_conditioned(40, 6, kappa, &mut rng)).unwrap();
        // The smallest singular value carries an error of about ε, thus κε relative; 1e-4 is generous at 1e10.
        assert!((found / kappa - 1.0).abs() < 1e-14 * kappa + 1e-12);
    }
}

/// The condition number that a fit reports, for columns of length 1, lies between the true one and p times it, with every
/// solver, and does not depend on the columns' units.
#[test]
fn ols_scaled_condition() {
    let mut rng = rng(17);
    for kappa in [3.0, 1e3, 1e6] {
        let mut x = ill_conditioned(40, 6, kappa, &mut rng);
        let y = normal(40, &mut rng);
        for mut column in x.columns_mut() {
            let length = norm(&column.to_owned());
            column /= length;
        }
        let exact = condition_number(&x).unwrap();
        let in_other_units = &x * &array![1.0, 1e3, 1e-5, 2.0, 1e-3, 1e6];
        for solver in [Solver::Auto, Solver::Cholesky, Solver::Qr, Solver::Svd] {
            let condition = Ols::fit_with(&x, &y, solver).unwrap().condition();
            assert!(condition > exact && condition < 6.0 * exact * (1.0 + 1e-6));
            let rescaled = Ols::fit_with(&in_other_units, &y, solver).unwrap().condition();
            // Cholesky knows κ only to κ²ε.
            assert!((rescaled / condition - 1.0).abs() < 1e-14 * kappa.powi(2) + 1e-12);
        }
    }
}

/// The error of the coefficients, known since y is made from them, against condition numbers from 10 to 10¹²: of Cholesky
/// as κ²ε, of QR, SVD and the default as κε; and the default's choice of solver.
#[test]
fn ols_solver_error() {
    let mut rng = rng(18);
    let (n, p) = (60, 8);
    for exponent in (1..=12).chain([9; 20]) {
        let kappa = 10_f64.powi(exponent);
        let x = ill_conditioned(n, p, kappa, &mut rng);
        let theta = normal(p, &mut rng);
        let y = x.dot(&theta);
        let error = |solver| {
            Ols::fit_with(&x, &y, solver)
                .map_or(f64::INFINITY, |fit| norm(&(fit.coefficients() - &theta)) / norm(&theta))
        };
        // Without a residual, the theory of perturbations gives κε times a modest factor.
        for solver in [Solver::Auto, Solver::Qr, Solver::Svd] {
            assert!(
                error(solver) < 100.0 * kappa * f64::EPSILON,
                "{solver:?} at {kappa:e}: {:e}",
                error(solver)
            );
        }
        if (4..=6).contains(&exponent) {
            assert!(error(Solver::Cholesky) < 100.0 * kappa.powi(2) * f64::EPSILON);
            assert!(error(Solver::Cholesky) > 10.0 * error(Solver::Qr), "κ² and not κ");
        }
        if kappa >= 1e9 {
            // With κ² beyond 1/ε, whether a pivot comes out positive is a matter of luck; the fit must not rely on it.
            let refusal = Ols::fit_with(&x, &y, Solver::Cholesky).unwrap_err();
            assert!(matches!(refusal, Error::RankDeficient { rank, needed: 8, .. } if rank < 8));
        }
        let chosen = Ols::fit(&x, &y).unwrap().solver();
        if kappa <= 1e3 {
            assert_eq!(chosen, Solver::Cholesky);
        } else if kappa >= 1e6 {
            assert_eq!(chosen, Solver::Qr);
        }
    }
}

/// The coefficients that y was made from against the default's at a condition number where it takes Cholesky with the step of
/// refinement, and against Cholesky's without it.
#[test]
fn ols_refinement() {
    let mut rng = rng(19);
    let kappa = 1e4;
    let mut rough = 0.0_f64;
    for _ in 0..20 {
        let x = ill_conditioned(60, 8, kappa, &mut rng);
        let theta = normal(8, &mut rng);
        let y = x.dot(&theta);
        let fit = Ols::fit(&x, &y).unwrap();
        assert_eq!(fit.solver(), Solver::Cholesky);
        let error = |v: &Array1<f64>| norm(&(v - &theta)) / norm(&theta);
        assert!(error(fit.coefficients()) < 10.0 * kappa * f64::EPSILON);
        rough = rough.max(error(Ols::fit_with(&x, &y, Solver::Cholesky).unwrap().coefficients()));
    }
    assert!(rough > 100.0 * kappa * f64::EPSILON, "without the step of refinement: {rough:e}");
}

/// Of the coefficients that fit equally well, with two columns equal to others and with more columns than rows: the
/// shortest, found by the limit of a vanishing penalty on their length, in columns of unequal length.
#[test]
fn ols_minimum_norm() {
    let mut rng = rng(20);
    let base = normal_matrix(30, 3, &mut rng);
    let doubled = concatenate![Axis(1), base, &base * 2.0];
    let wide = normal_matrix(5, 8, &mut rng) * &array![1.0, 10.0, 0.1, 2.0, 5.0, 1.0, 0.3, 3.0];
    for (x, rank) in [(doubled, 3), (wide, 5)] {
        let y = normal(x.nrows(), &mut rng);
        let fit = Ols::fit(&x, &y).unwrap();
        assert_eq!((fit.rank(), fit.solver()), (rank, Solver::Svd));
        let theta = fit.coefficients();
        // (XᵀX + λI)θ = Xᵀy has the shortest minimiser as its limit; the distance from it is of the order λ, and
        // what elimination loses of order ε/λ.
        let lambda = 1e-7;
        let mut gram = x.t().dot(&x);
        gram.diag_mut().mapv_inplace(|g| g + lambda);
        assert!(relative(theta, &eliminate(&gram, &x.t().dot(&y))) < 1e-5);
        // In the row space: at right angles to what x sends to zero. xᵀ(xxᵀ)⁺x is the projection; its limit again.
        let away = normal(x.ncols(), &mut rng);
        let hidden = &away - &eliminate(&gram, &x.t().dot(&x.dot(&away)));
        assert!(norm(&x.dot(&hidden)) < 1e-5 * norm(&hidden));
        assert!(theta.dot(&hidden).abs() < 1e-5 * norm(theta) * norm(&hidden));
        assert!(norm(&(theta + &hidden)) > norm(theta));
        assert!(norm(&x.t().dot(&fit.residuals(&x, &y))) < 1e-11);
    }
}

/// The residual of a sample that is left out, from n fits without it, against rᵢ/(1 − hᵢ) from one fit with all.
#[test]
fn ols_leave_one_out() {
    let mut rng = rng(21);
    let (x, y) = (normal_matrix(20, 4, &mut rng), normal(20, &mut rng));
    let fit = Ols::fit(&x, &y).unwrap();
    let closed = fit.residuals(&x, &y) / (1.0 - fit.leverage(&x));
    for i in 0..20 {
        let others: Vec<usize> = (0..20).filter(|&k| k != i).collect();
        let without = Ols::fit(&x.select(Axis(0), &others), &y.select(Axis(0), &others)).unwrap();
        assert!((y[i] - x.row(i).dot(without.coefficients()) - closed[i]).abs() < 1e-12);
    }
}

/// Slope and intercept of a line by the fit against covariance over variance and the means, sums written out.
#[test]
fn ols_line() {
    let mut rng = rng(22);
    let (x, y) = (normal(40, &mut rng) * 3.0 + 5.0, normal(40, &mut rng));
    let (mx, my) = (x.sum() / 40.0, y.sum() / 40.0);
    let covariance: f64 = (0..40).map(|i| (x[i] - mx) * (y[i] - my)).sum();
    let variance: f64 = (0..40).map(|i| (x[i] - mx).powi(2)).sum();
    let slope = covariance / variance;
    let fit = Ols::fit(&polynomial_features(&x, 1), &y).unwrap();
    assert!(relative(fit.coefficients(), &array![my - slope * mx, slope]) < 1e-12);
}

/// Weighted least squares by rows multiplied with the square roots of their weights against the weighted normal
/// equations, eliminated; whole weights against rows repeated.
#[test]
fn ols_weighted() {
    let mut rng = rng(23);
    let (x, y) = (normal_matrix(12, 3, &mut rng), normal(12, &mut rng));
    let weights = Array1::from_shape_fn(12, |i| (i % 3 + 1) as f64);
    let roots = weights.sqrt();
    let fit = Ols::fit(&(&x * &roots.view().insert_axis(Axis(1))), &(&y * &roots)).unwrap();
    let weighted = &x * &weights.view().insert_axis(Axis(1));
    let closed = eliminate(&weighted.t().dot(&x), &weighted.t().dot(&y));
    assert!(relative(fit.coefficients(), &closed) < 1e-12);
    let rows: Vec<usize> = (0..12).flat_map(|i| vec![i; i % 3 + 1]).collect();
    let repeated = Ols::fit(&x.select(Axis(0), &rows), &y.select(Axis(0), &rows)).unwrap();
    assert!(relative(fit.coefficients(), repeated.coefficients()) < 1e-12);
}

/// The three products with the orthonormal basis that Gram and Schmidt find, against elimination on the normal equations.
#[test]
fn ols_orthonormal_basis() {
    let mut rng = rng(25);
    let (x, y) = (normal_matrix(20, 4, &mut rng), normal(20, &mut rng));
    // Q = XB: each step on the columns of X is the same step on those of the identity.
    let (mut q, mut b) = (x.clone(), Array2::<f64>::eye(4));
    for j in 0..4 {
        for k in 0..j {
            let overlap = q.column(k).dot(&q.column(j));
            let (from_q, from_b) = (&q.column(k) * overlap, &b.column(k) * overlap);
            q.column_mut(j).scaled_add(-1.0, &from_q);
            b.column_mut(j).scaled_add(-1.0, &from_b);
        }
        let length = norm(&q.column(j).to_owned());
        q.column_mut(j).mapv_inplace(|v| v / length);
        b.column_mut(j).mapv_inplace(|v| v / length);
    }
    let gram = x.t().dot(&x);
    let theta = b.dot(&q.t().dot(&y));
    assert!(relative(&theta, &eliminate(&gram, &x.t().dot(&y))) < 1e-12);
    let identity = gram.dot(&b.dot(&b.t()));
    assert!((&identity - &Array2::<f64>::eye(4)).iter().all(|d| d.abs() < 1e-12));
    let fit = Ols::fit(&x, &y).unwrap();
    assert!(relative(fit.coefficients(), &theta) < 1e-12);
    assert!(relative(&fit.leverage(&x), &q.map_axis(Axis(1), |row| row.dot(&row))) < 1e-12);
}

/// Over 20,000 draws of the noise the variance of the prediction at each sample against σ²hᵢ, at four and a half standard errors.
#[test]
fn ols_prediction_variance() {
    let mut rng = rng(26);
    let (n, sigma, draws) = (10, 0.8, 20_000);
    let x = normal_matrix(n, 3, &mut rng);
    let leverage = Ols::fit(&x, &normal(n, &mut rng)).unwrap().leverage(&x);
    let mut squares = Array1::<f64>::zeros(n);
    for _ in 0..draws {
        let prediction = Ols::fit(&x, &(normal(n, &mut rng) * sigma)).unwrap().predict(&x);
        squares += &(&prediction * &prediction / f64::from(draws));
    }
    for i in 0..n {
        let expected = sigma * sigma * leverage[i];
        assert!((squares[i] - expected).abs() < 4.5 * expected * (2.0 / f64::from(draws)).sqrt());
    }
}

/// The five columns of the semi-empirical mass formula.
fn liquid_drop(protons: &Array1<f64>, neutrons: &Array1<f64>) -> Array2<f64> {
    let mut x = Array2::zeros((protons.len(), 5));
    for (mut row, (&z, &n)) in x.rows_mut().into_iter().zip(protons.iter().zip(neutrons)) {
        let a = z + n;
        let pairing = if z % 2.0 != n % 2.0 {
            0.0
        } else if z % 2.0 == 0.0 {
            1.0
        } else {
            -1.0
        };
        let terms =
            [a, -a.powf(2.0 / 3.0), -z * z / a.cbrt(), -(n - z).powi(2) / a, pairing / a.sqrt()];
        row.assign(&Array1::from_iter(terms));
    }
    x
}

/// The five features of nuclides whose A is a cube against values worked out by hand; coefficients put into the formula against those
/// that the fit recovers, exactly without noise and at four standard errors with it; and the fit to the measured nuclides against
/// the tabulated energies, sign by sign.
/// Source: J. W. Rohlf, Modern Physics from α to Z⁰ (1994), for the energies.
#[test]
fn nuclear_masses_example() {
    // Aluminium-27, copper-64, zinc-64: A^(1/3) is 3 and 4, √64 is 8.
    let by_hand = array![
        [27.0, -9.0, -169.0 / 3.0, -1.0 / 27.0, 0.0],
        [64.0, -16.0, -210.25, -0.5625, -0.125],
        [64.0, -16.0, -225.0, -0.25, 0.125]
    ];
    let cubes = liquid_drop(&array![13.0, 29.0, 30.0], &array![14.0, 35.0, 34.0]);
    assert!((&cubes - &by_hand).iter().all(|d| d.abs() < 1e-12), "{cubes}");

    let nuclides = data::nuclides();
    let heavy: Vec<usize> = (0..nuclides.protons.len())
        .filter(|&i| nuclides.protons[i] + nuclides.neutrons[i] >= 16.0)
        .collect();
    let z = nuclides.protons.select(Axis(0), &heavy);
    let n = nuclides.neutrons.select(Axis(0), &heavy);
    let measured = nuclides.binding_energy.select(Axis(0), &heavy);
    let x = liquid_drop(&z, &n);

    let theta = array![15.8, 18.3, 0.714, 23.2, 12.0];
    let exact = x.dot(&theta);
    assert!(relative(Ols::fit(&x, &exact).unwrap().coefficients(), &theta) < 1e-11);
    let mut rng = rng(24);
    let noisy = Ols::fit(&x, &(&exact + &(normal(exact.len(), &mut rng) * 2.0))).unwrap();
    let errors = noisy.standard_errors().unwrap();
    assert!((0..5).all(|j| (noisy.coefficients()[j] - theta[j]).abs() < 4.0 * errors[j]));
    let sigma = noisy.noise_variance().unwrap().sqrt();
    assert!((sigma - 2.0).abs() < 4.0 * 2.0 / (2.0 * exact.len() as f64).sqrt());

    let fit = Ols::fit(&x, &measured).unwrap();
    let tabulated = array![15.75, 17.8, 0.711, 23.7, 11.18];
    // Tables differ by a few per cent, with the nuclides that they were fitted to, and in the pairing by more.
    for ((fitted, known), within) in
        fit.coefficients().iter().zip(&tabulated).zip([0.05, 0.1, 0.05, 0.05, 0.2])
    {
        assert!((fitted / known - 1.0).abs() < within, "{fitted} against {known}");
    }
    let iron = liquid_drop(&array![26.0], &array![30.0]);
    assert!((fit.predict(&iron)[0] / 56.0 - 8.79).abs() < 0.1);
    let mut order: Vec<usize> = (0..heavy.len()).collect();
    order.shuffle(&mut rng);
    let half = &order[..heavy.len() / 2];
    let refit = Ols::fit(&x.select(Axis(0), half), &measured.select(Axis(0), half)).unwrap();
    assert!((0..2).all(|j| (refit.coefficients()[j] / fit.coefficients()[j] - 1.0).abs() < 0.03));
}

/// The mean residual of measured nuclides whose neutron number, and of those whose proton number, is within one of a magic one, against
/// that of the rest: closed shells bind more than the drop knows, by more than ten standard errors.
#[test]
fn nuclear_magic_numbers() {
    let nuclides = data::nuclides();
    let x = liquid_drop(&nuclides.protons, &nuclides.neutrons);
    let fit = Ols::fit(&x, &nuclides.binding_energy).unwrap();
    let residuals = fit.residuals(&x, &nuclides.binding_energy);
    let masses = &nuclides.protons + &nuclides.neutrons;
    let magic: [(&Array1<f64>, &[f64]); 2] =
        [(&nuclides.neutrons, &[28.0, 50.0, 82.0, 126.0]), (&nuclides.protons, &[50.0, 82.0])];
    for (counts, magic) in magic {
        let (near, far): (Vec<usize>, Vec<usize>) = (0..residuals.len()).partition(|&i| {
            masses[i] >= 40.0 && magic.iter().any(|m| (counts[i] - m).abs() <= 1.0)
        });
        let [near, far] = [near, far].map(|own| residuals.select(Axis(0), &own));
        let difference = near.mean().unwrap() - far.mean().unwrap();
        let error = (near.var(1.0) / near.len() as f64 + far.var(1.0) / far.len() as f64).sqrt();
        assert!(difference > 1.0 && difference > 10.0 * error, "{difference} ± {error}");
    }
}
