//! Chapter `optimizers`.

use downhill::{
    Error, ols,
    optimizers::{
        AdaGrad, Adam, AdamW, Batches, Bfgs, GradientDescent, Lbfgs, Momentum, Nesterov, Newton,
        Optimizer, Place, RmsProp, Scheduled, SearchDirection, StrongWolfe, descend, grid_search,
        inverse_time, minimize,
        surfaces::{
            beale, himmelblau, rosenbrock, rosenbrock_hessian, saddle, saddle_hessian, valley,
        },
    },
    rng,
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

type Surface = fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64;
type Loss<'a> = Box<dyn Fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64 + 'a>;

/// So small that it changes no sum: the methods without their ε.
const NONE: f64 = 1e-300;

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
fn relative<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (a, b): (Vec<&f64>, Vec<&f64>) = (a.into_iter().collect(), b.into_iter().collect());
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0, |m: f64, b| m.max(b.abs()));
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((*a - b).abs())) / largest
}

fn outer(a: &Array1<f64>, b: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j])
}

/// The inverse of a positive definite matrix by Gauss and Jordan, written out.
fn inverse(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let (mut a, mut b) = (a.clone(), Array2::eye(n));
    for k in 0..n {
        let pivot = a[[k, k]];
        for j in 0..n {
            a[[k, j]] /= pivot;
            b[[k, j]] /= pivot;
        }
        for i in (0..n).filter(|&i| i != k) {
            let factor = a[[i, k]];
            for j in 0..n {
                a[[i, j]] -= factor * a[[k, j]];
                b[[i, j]] -= factor * b[[k, j]];
            }
        }
    }
    b
}

/// A positive definite matrix with the given eigenvalues, and its eigenvectors in columns.
fn with_eigenvalues(values: &Array1<f64>, rng: &mut impl Rng) -> (Array2<f64>, Array2<f64>) {
    let n = values.len();
    let mut q = normal_matrix(n, n, rng);
    for j in 0..n {
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
    ((&q * values).dot(&q.t()), q)
}

/// A quadratic loss ½ θᵀAθ.
fn quadratic(a: &Array2<f64>) -> impl Fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64 + '_ {
    |theta, gradient| {
        gradient.assign(&a.dot(theta));
        0.5 * theta.dot(gradient)
    }
}

/// The logistic loss of labels 0 and 1 with a penalty on the squared length.
fn logistic<'a>(
    x: &'a Array2<f64>,
    labels: &'a Array1<f64>,
    penalty: f64,
) -> impl Fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64 + 'a {
    move |theta, gradient| {
        let (mut value, n) = (penalty * theta.dot(theta), labels.len() as f64);
        gradient.assign(&(2.0 * penalty * theta));
        for (row, label) in x.rows().into_iter().zip(labels) {
            let z = row.dot(theta);
            value += ((-z.abs()).exp().ln_1p() + z.max(0.0) - label * z) / n;
            gradient.scaled_add((1.0 / (1.0 + (-z).exp()) - label) / n, &row);
        }
        value
    }
}

/// A logistic problem, and the constants μ and L between which the curvatures of its loss lie.
fn logistic_problem(seed: u64) -> (Array2<f64>, Array1<f64>, f64, f64, f64) {
    let mut rng = rng(seed);
    let x = normal_matrix(30, 3, &mut rng);
    let labels = Array1::from_shape_simple_fn(30, || f64::from(rng.random::<bool>()));
    let penalty = 0.05;
    // σ' ≤ ¼, and the largest eigenvalue of a Gram matrix is at most its trace.
    let smooth = x.iter().map(|v| v * v).sum::<f64>() / 30.0 / 4.0 + 2.0 * penalty;
    (x, labels, penalty, 2.0 * penalty, smooth)
}

/// The largest eigenvalue by the power method.
fn largest_eigenvalue(a: &Array2<f64>) -> f64 {
    let mut v = Array1::ones(a.nrows());
    for _ in 0..5000 {
        v = a.dot(&v);
        v /= norm(&v);
    }
    v.dot(&a.dot(&v))
}

/// The points of a walk, start included.
fn walk(
    mut optimizer: impl Optimizer,
    loss: impl FnMut(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
    start: &Array1<f64>,
    steps: usize,
) -> Vec<Array1<f64>> {
    let (mut theta, mut points) = (start.clone(), Vec::new());
    descend(&mut optimizer, loss, &mut theta, steps, |_, theta, _| points.push(theta.to_owned()))
        .unwrap();
    points
}

fn central_difference(
    loss: impl Fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>) -> f64,
    at: &Array1<f64>,
) -> Array1<f64> {
    let (h, mut scratch) = (1e-5, Array1::zeros(at.len()));
    Array1::from_shape_fn(at.len(), |j| {
        let (mut up, mut down) = (at.clone(), at.clone());
        up[j] += h;
        down[j] -= h;
        (loss(&up, &mut scratch) - loss(&down, &mut scratch)) / (2.0 * h)
    })
}

fn subsets(n: usize, size: usize) -> Vec<Vec<usize>> {
    let all = (0..1_u32 << n).filter(|bits| bits.count_ones() as usize == size);
    all.map(|bits| (0..n).filter(|i| bits >> i & 1 == 1).collect()).collect()
}

fn batch_gradient(
    x: &Array2<f64>,
    y: &Array1<f64>,
    theta: &Array1<f64>,
    batch: &[usize],
) -> Array1<f64> {
    ols::cost_gradient(&x.select(Axis(0), batch), &y.select(Axis(0), batch), theta)
}

/// The slope of the straight line through points, by least squares written out.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>()
        / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

/// Every surface's gradient against central differences of its height; the full gradient of least squares likewise,
/// while a mini-batch's is an estimate: off for each of the 56 batches of 3 out of 8, right on their average.
#[test]
fn gradients_approximated_by_gradient_methods() {
    let mut rng = rng(1);
    let surfaces: [Surface; 4] = [rosenbrock, himmelblau, beale, saddle];
    for loss in surfaces.into_iter().chain([(|t, g| valley(7.0, t, g)) as Surface]) {
        for _ in 0..20 {
            let theta = normal(2, &mut rng);
            let place = Place::new(&theta, loss);
            // Central differences with h = 1e-5 err by about h² times a third derivative of at most a few thousand.
            assert!(relative(&place.gradient, &central_difference(loss, &theta)) < 1e-6);
        }
    }
    let (x, y, theta) = (normal_matrix(8, 3, &mut rng), normal(8, &mut rng), normal(3, &mut rng));
    let full = ols::cost_gradient(&x, &y, &theta);
    let cost = |t: &ArrayRef1<f64>, _: &mut ArrayRef1<f64>| ols::cost(&x, &y, t);
    assert!(relative(&full, &central_difference(cost, &theta)) < 1e-8);
    let batches = subsets(8, 3);
    assert_eq!(batches.len(), 56);
    let mut mean = Array1::zeros(3);
    for batch in &batches {
        let estimate = batch_gradient(&x, &y, &theta, batch);
        assert!(relative(&estimate, &full) > 1e-3);
        mean.scaled_add(1.0 / 56.0, &estimate);
    }
    assert!(relative(&mean, &full) < 1e-13);
}

/// The error after k steps on a least-squares cost against the k-th power of I − ηH applied to the first error.
/// Source: A.-L. Cauchy, C. R. Acad. Sci. Paris 25 (1847) 536.
#[test]
fn gradient_descent_constant_rate() {
    let mut rng = rng(2);
    let (x, minimum) = (normal_matrix(20, 3, &mut rng), normal(3, &mut rng));
    let y = x.dot(&minimum);
    let hessian = x.t().dot(&x) * (2.0 / 20.0);
    let rate = 0.7 / largest_eigenvalue(&hessian);
    let loss = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        gradient.assign(&ols::cost_gradient(&x, &y, theta));
        ols::cost(&x, &y, theta)
    };
    let start = normal(3, &mut rng);
    let points = walk(GradientDescent::new(rate).unwrap(), loss, &start, 50);
    let factor = Array2::eye(3) - &hessian * rate;
    let mut power = Array2::eye(3);
    for theta in points {
        // Rounding is that of θ itself, however small the error has become.
        let error = power.dot(&(&start - &minimum));
        assert!((theta - &minimum - error).iter().all(|e| e.abs() < 1e-14));
        power = power.dot(&factor);
    }
}

/// Below 2/L the walk on a quadratic converges, above it every step is longer than the last, along the steepest
/// eigenvector; each eigenvector's part of the error against (1 − ηλ)ᵏ.
#[test]
fn gradient_descent_modes() {
    let mut rng = rng(3);
    let values = array![1.0, 3.0, 10.0];
    let (a, vectors) = with_eigenvalues(&values, &mut rng);
    let start = normal(3, &mut rng);
    for (rate, converges) in [(0.05, true), (0.199, true), (0.201, false)] {
        let points = walk(GradientDescent::new(rate).unwrap(), quadratic(&a), &start, 2000);
        for (k, theta) in points.iter().enumerate().take(40) {
            let modes = vectors.t().dot(theta);
            let theory = vectors.t().dot(&start) * values.mapv(|v| (1.0 - rate * v).powi(k as i32));
            assert!(relative(&modes, &theory) < 1e-11);
        }
        let (last, end) = (&points[1999], &points[2000]);
        if converges {
            assert!(norm(end) < 1e-8 * norm(&start));
        } else {
            assert!(norm(end) > norm(last) && norm(end) > 1e7);
            assert!((end.dot(&vectors.column(2)) / norm(end)).abs() > 1.0 - 1e-12);
        }
    }
}

/// The fall of a logistic loss over one step against the bound, for rates up to 2/L; and a parabola of curvature L,
/// which meets the bound exactly.
#[test]
fn descent_lemma() {
    let (x, labels, penalty, _, smooth) = logistic_problem(4);
    let loss = logistic(&x, &labels, penalty);
    let mut rng = rng(4);
    for _ in 0..200 {
        let here = Place::new(&(normal(3, &mut rng) * 3.0), &loss);
        let rate = rng.random_range(0.0..2.0) / smooth;
        let mut theta = here.theta.clone();
        GradientDescent::new(rate).unwrap().step(&mut theta, &here.gradient);
        let promise = rate * (1.0 - 0.5 * rate * smooth) * here.gradient.dot(&here.gradient);
        assert!(Place::new(&theta, &loss).value <= here.value - promise + 1e-14);
        assert!(promise > 0.0);

        let parabola = |t: f64| 0.5 * smooth * t * t;
        let (t, g) = (here.theta[0], smooth * here.theta[0]);
        let promise = rate * (1.0 - 0.5 * rate * smooth) * g * g;
        assert!(
            (parabola(t - rate * g) - (parabola(t) - promise)).abs() < 1e-12 * parabola(t).max(1.0)
        );
    }
}

/// The largest of |1 − ηλ| over a grid of curvatures against (κ − 1)/(κ + 1), which no rate of a fine grid undercuts;
/// a walk from the worst start shrinks by it at every step, and its loss by the square.
#[test]
fn gradient_descent_best_rate() {
    for kappa in [1.5, 10.0, 300.0] {
        let theory = (kappa - 1.0) / (kappa + 1.0);
        let worst = |rate: f64| {
            (0..=100)
                .map(|i| 1.0 + (kappa - 1.0) * f64::from(i) / 100.0)
                .fold(0.0, |m: f64, h| m.max((1.0 - rate * h).abs()))
        };
        let best = 2.0 / (1.0 + kappa);
        assert!((worst(best) - theory).abs() < 1e-13);
        assert!((1..4000).all(|i| worst(f64::from(i) / 1000.0 / kappa) >= theory - 1e-13));
        let points = walk(
            GradientDescent::new(best).unwrap(),
            |t, g| valley(kappa, t, g),
            &array![kappa, 1.0],
            30,
        );
        let height = |t: &Array1<f64>| Place::new(t, |t, g| valley(kappa, t, g)).value;
        for pair in points.windows(2) {
            assert!((norm(&pair[1]) / norm(&pair[0]) / theory - 1.0).abs() < 1e-10);
            assert!((height(&pair[1]) / height(&pair[0]) / theory.powi(2) - 1.0).abs() < 1e-10);
        }
    }
}

/// The squared gradient of a logistic loss at random places against 2μ times the height above the minimum that BFGS finds.
#[test]
fn strong_convexity_gradient_bound() {
    let (x, labels, penalty, strong, _) = logistic_problem(5);
    let loss = logistic(&x, &labels, penalty);
    let minimum =
        minimize(&mut Bfgs::new(3), &loss, &Array1::zeros(3), 1e-10, 100, |_, _| {}).unwrap();
    let mut rng = rng(5);
    let mut tightest = f64::INFINITY;
    for i in 0..300 {
        let here = Place::new(&(normal(3, &mut rng) * 1.2_f64.powi(i % 40)), &loss);
        let ratio =
            here.gradient.dot(&here.gradient) / (2.0 * strong * (here.value - minimum.place.value));
        assert!(ratio >= 1.0);
        tightest = tightest.min(ratio);
    }
    // Far out the penalty alone is left, and the bound nearly met.
    assert!(tightest < 1.2, "{tightest}");
}

/// The height of walks with η = 1/L against (1 − 1/κ)ᵏ times the first height, on a logistic loss and in quadratic valleys, where
/// a walk along the floor shrinks by (1 − 1/κ)² at each step; and at 2/(L + μ) against the faster law of quadratics.
/// Source: A. B. Taylor, J. M. Hendrickx, F. Glineur, J. Optim. Theory Appl. 178 (2018) 455, for the last.
#[test]
fn gradient_descent_strongly_convex_rate() {
    let factor = |kappa: f64| 1.0 - 1.0 / kappa;
    let (x, labels, penalty, strong, _) = logistic_problem(6);
    // Where all log-odds are zero σ' is ¼, and nowhere larger: this L is the least.
    let smooth = largest_eigenvalue(&(x.t().dot(&x) / 30.0 / 4.0)) + 2.0 * penalty;
    let loss = logistic(&x, &labels, penalty);
    let minimum =
        minimize(&mut Bfgs::new(3), &loss, &Array1::zeros(3), 1e-10, 100, |_, _| {}).unwrap();
    let kappa = smooth / strong;
    for (rate, factor) in [
        (1.0 / smooth, factor(kappa)),
        (2.0 / (smooth + strong), ((kappa - 1.0) / (kappa + 1.0)).powi(2)),
    ] {
        let mut heights = Vec::new();
        let mut descent = GradientDescent::new(rate).unwrap();
        descend(&mut descent, &loss, &mut array![4.0, -3.0, 5.0], 200, |_, _, v| {
            heights.push(v - minimum.place.value)
        })
        .unwrap();
        for (k, height) in heights.iter().enumerate() {
            assert!(*height <= factor.powi(k as i32) * heights[0] + 1e-14);
        }
        assert!(heights[200] < 1e-3 * heights[0]);
    }

    for kappa in [1.2, 3.0, 10.0, 100.0] {
        for (start, along_the_floor) in [(array![1.0, 0.0], true), (array![1.0, 0.1], false)] {
            let points = walk(
                GradientDescent::new(1.0 / kappa).unwrap(),
                |t, g| valley(kappa, t, g),
                &start,
                20,
            );
            let heights: Vec<f64> =
                points.iter().map(|t| Place::new(t, |t, g| valley(kappa, t, g)).value).collect();
            for (k, &height) in heights.iter().enumerate() {
                let bound = factor(kappa).powi(k as i32) * heights[0];
                assert!(height <= bound * (1.0 + 1e-12));
                if along_the_floor {
                    let floor = (1.0 - 1.0 / kappa).powi(2 * k as i32) * heights[0];
                    assert!((height - floor).abs() < 1e-12 * floor);
                    // (1 − 2/κ)ᵏ promises too much in every valley.
                    assert!(
                        k == 0 || height > (1.0 - 2.0 / kappa).max(0.0).powi(k as i32) * heights[0]
                    );
                }
            }
        }
    }
    // In the shortest, a constant larger by a fifth would have promised the bottom in one step.
    let (kappa, left) = (1.2_f64, (1.0 - 1.0 / 1.2_f64).powi(2));
    assert!(left <= factor(kappa) && left > 1.0 - 1.2 / kappa + 0.02);
}

/// The heavy ball with its velocity written as a difference of two points, against the method; without momentum it is
/// gradient descent bit for bit.
/// Source: B. T. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1.
#[test]
fn gradient_descent_momentum() {
    let (rate, momentum, start) = (0.002, 0.8, array![0.3, -0.4]);
    let points = walk(Momentum::new(rate, momentum).unwrap(), himmelblau, &start, 100);
    let (mut before, mut here) = (start.clone(), start.clone());
    for point in points {
        assert!(relative(&point, &here) < 1e-12);
        let gradient = Place::new(&here, himmelblau).gradient;
        let next = &here - &(gradient * rate) + (&here - &before) * momentum;
        (before, here) = (here, next);
    }
    let without = walk(Momentum::new(rate, 0.0).unwrap(), himmelblau, &start, 100);
    assert_eq!(without, walk(GradientDescent::new(rate).unwrap(), himmelblau, &start, 100));
}

/// The walk on a parabola against powers of the companion matrix; where its eigenvalues are complex, their size is √γ.
#[test]
fn momentum_companion_matrix() {
    for (h, rate, momentum) in
        [(1.0, 0.1, 0.9), (2.0, 1.2, 0.5), (1.0, 0.001, 0.9), (5.0, 0.3, 0.2)]
    {
        let loss = |t: &ArrayRef1<f64>, g: &mut ArrayRef1<f64>| {
            g[0] = h * t[0];
            0.5 * h * t[0] * t[0]
        };
        let points = walk(Momentum::new(rate, momentum).unwrap(), loss, &array![1.0], 100);
        let companion = array![[1.0 + momentum - rate * h, -momentum], [1.0, 0.0]];
        let mut pair = array![1.0, 1.0];
        for point in points {
            assert!((point[0] - pair[0]).abs() < 1e-12);
            pair = companion.dot(&pair);
        }
        // The determinant is the product of the eigenvalues: of a conjugate pair, the square of their size.
        let trace: f64 = companion[[0, 0]];
        let discriminant = trace * trace - 4.0 * momentum;
        if discriminant < 0.0 {
            // ‖Mᵏ‖^(1/k) is the size, up to the k-th root of a constant.
            let (mut power, mut logarithm) = (Array2::<f64>::eye(2), 0.0);
            for _ in 0..20_000 {
                power = power.dot(&companion);
                let size = power.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                logarithm += size.ln() / 20_000.0;
                power /= size;
            }
            assert!((logarithm.exp() - momentum.sqrt()).abs() < 1e-3);
        } else {
            assert!(
                rate * h < (1.0 - momentum.sqrt()).powi(2) + 1e-12
                    || rate * h > (1.0 + momentum.sqrt()).powi(2) - 1e-12
            );
        }
    }
}

/// The larger root, in size, of z² − (1 + γ − ηh) z + γ: the factor by which momentum shrinks an error in the end.
fn momentum_factor(rate: f64, momentum: f64, h: f64) -> f64 {
    let trace = 1.0 + momentum - rate * h;
    let discriminant = trace * trace - 4.0 * momentum;
    if discriminant < 0.0 { momentum.sqrt() } else { 0.5 * (trace.abs() + discriminant.sqrt()) }
}

/// The worst factor over all curvatures at the best pair (η, γ) against (√κ − 1)/(√κ + 1), which no pair of a fine grid
/// undercuts; and the steps that walks need grow as κ without momentum and as √κ with it.
#[test]
fn momentum_best_rate() {
    let best = |kappa: f64| {
        let root: f64 = kappa.sqrt();
        (4.0 / (root + 1.0).powi(2), ((root - 1.0) / (root + 1.0)).powi(2))
    };
    for kappa in [4.0, 50.0] {
        let theory = (f64::sqrt(kappa) - 1.0) / (kappa.sqrt() + 1.0);
        let worst = |rate: f64, momentum: f64| {
            (0..=50)
                .map(|i| momentum_factor(rate, momentum, 1.0 + (kappa - 1.0) * f64::from(i) / 50.0))
                .fold(0.0, f64::max)
        };
        let (rate, momentum) = best(kappa);
        // A double root loses half of the digits.
        assert!((worst(rate, momentum) - theory).abs() < 1e-7);
        for i in 1..200 {
            for j in 0..200 {
                assert!(worst(f64::from(i) / 50.0 / kappa, f64::from(j) / 200.0) >= theory - 1e-7);
            }
        }
    }
    let steps = |optimizer: &mut dyn FnMut(&mut Array1<f64>, &Array1<f64>), kappa: f64| {
        let mut theta = array![1.0, 1.0];
        let mut k = 0;
        while norm(&theta) > 1e-6 {
            let gradient = Place::new(&theta, |t, g| valley(kappa, t, g)).gradient;
            optimizer(&mut theta, &gradient);
            k += 1;
        }
        f64::from(k).ln()
    };
    let (mut plain, mut heavy) = (Vec::new(), Vec::new());
    for kappa in [1e2, 1e3, 1e4] {
        let mut descent = GradientDescent::new(2.0 / (1.0 + kappa)).unwrap();
        plain.push((kappa.ln(), steps(&mut |t, g| descent.step(t, g), kappa)));
        let (rate, momentum) = best(kappa);
        let mut ball = Momentum::new(rate, momentum).unwrap();
        heavy.push((kappa.ln(), steps(&mut |t, g| ball.step(t, g), kappa)));
    }
    // ln(10⁶) (κ + 1)/2 steps and about (ln(10⁶) + ln k) √κ / 2: the second logarithm steepens the line a little.
    assert!((slope(&plain) - 1.0).abs() < 0.01, "{}", slope(&plain));
    assert!((0.5..0.6).contains(&slope(&heavy)), "{}", slope(&heavy));
}

/// Nesterov's two lines with the gradient at the place ahead, written out, against the method, which walks through
/// those places.
/// Source: Yu. Nesterov, Soviet Math. Dokl. 27 (1983) 372.
#[test]
fn nesterov_momentum() {
    let (rate, momentum, start) = (0.002, 0.8, array![0.3, -0.4]);
    let points = walk(Nesterov::new(rate, momentum).unwrap(), himmelblau, &start, 100);
    let (mut theta, mut velocity) = (start, Array1::zeros(2));
    for point in points {
        let ahead = &theta - &(&velocity * momentum);
        assert!(relative(&point, &ahead) < 1e-11);
        velocity = velocity * momentum + Place::new(&ahead, himmelblau).gradient * rate;
        theta -= &velocity;
    }
}

/// The step in terms of the places ahead against a gradient step followed by a push along the last change; without
/// momentum, gradient descent to rounding.
#[test]
fn nesterov_places_ahead() {
    let (rate, momentum, start) = (0.0005, 0.9, array![-1.2, 1.0]);
    let points = walk(Nesterov::new(rate, momentum).unwrap(), rosenbrock, &start, 100);
    let (mut ahead, mut theta) = (start.clone(), start.clone());
    for point in points {
        assert!(relative(&point, &ahead) < 1e-11);
        let next = &ahead - &(Place::new(&ahead, rosenbrock).gradient * rate);
        ahead = &next + &((&next - &theta) * momentum);
        theta = next;
    }
    let without = walk(Nesterov::new(rate, 0.0).unwrap(), rosenbrock, &start, 100);
    assert_eq!(without, walk(GradientDescent::new(rate).unwrap(), rosenbrock, &start, 100));
}

/// Steps under a constant gradient against −η sign(g)/√t; a coordinate whose gradients are 1000 times larger walks alike.
/// Source: J. Duchi, E. Hazan, Y. Singer, JMLR 12 (2011) 2121.
#[test]
fn adagrad() {
    let mut method = AdaGrad::new(0.1).unwrap().with_epsilon(NONE).unwrap();
    let (mut theta, gradient) = (array![0.0, 0.0], array![3.0, -0.02]);
    for t in 1..=100 {
        let before = theta.clone();
        method.step(&mut theta, &gradient);
        let step = 0.1 / f64::from(t).sqrt();
        assert!(relative(&(&theta - &before), &array![-step, step]) < 1e-13);
    }
    let mut rng = rng(7);
    let mut method = AdaGrad::new(0.1).unwrap().with_epsilon(NONE).unwrap();
    let mut theta = array![0.0, 0.0];
    for _ in 0..100 {
        let g: f64 = rng.sample(StandardNormal);
        method.step(&mut theta, &array![g, 1000.0 * g]);
        assert!((theta[0] - theta[1]).abs() < 1e-12);
    }
    // ε stands outside the root.
    let mut theta = array![0.0];
    AdaGrad::new(0.1).unwrap().with_epsilon(0.5).unwrap().step(&mut theta, &array![2.0]);
    assert!((theta[0] + 0.1 * 2.0 / 2.5).abs() < 1e-15);
}

/// Steps under a constant gradient against −η sign(g)/√(1 − βᵗ); the running mean of random squares against the sum
/// that it stands for.
/// Source: T. Tieleman, G. Hinton, lecture 6.5 (2012).
#[test]
fn rmsprop() {
    let beta: f64 = 0.9;
    let mut method = RmsProp::new(0.1, beta).unwrap().with_epsilon(NONE).unwrap();
    let mut theta = array![0.0, 0.0];
    for t in 1..=100 {
        let before = theta.clone();
        method.step(&mut theta, &array![3.0, -0.02]);
        let step = 0.1 / (1.0 - beta.powi(t)).sqrt();
        assert!(relative(&(&theta - &before), &array![-step, step]) < 1e-12);
    }
    let mut rng = rng(8);
    let gradients: Vec<Array1<f64>> = (0..50).map(|_| normal(3, &mut rng)).collect();
    let mut method = RmsProp::new(0.1, beta).unwrap();
    let mut theta = Array1::zeros(3);
    for (t, gradient) in gradients.iter().enumerate() {
        method.step(&mut theta, gradient);
        let mut sum = Array1::<f64>::zeros(3);
        for (i, g) in gradients[..=t].iter().enumerate() {
            sum += &(g * g * ((1.0 - beta) * beta.powi((t - i) as i32)));
        }
        assert!(relative(method.mean_square(), &sum) < 1e-13);
    }
    let mut theta = array![0.0];
    RmsProp::new(0.1, 0.75).unwrap().with_epsilon(0.5).unwrap().step(&mut theta, &array![2.0]);
    assert!((theta[0] + 0.1 * 2.0 / 1.5).abs() < 1e-15);
}

/// What the name says, adaptive *moment* estimation: the averages of m̂ and v̂ over 4000 runs with normal gradients of
/// mean 1 and variance 1 against the moments 1 and 2, at four standard errors.
#[test]
fn adam_acronym() {
    let mut rng = rng(9);
    let runs = 4000;
    let mut method = Adam::new(0.1).unwrap();
    // Independent runs side by side, a coordinate each.
    let mut theta = Array1::zeros(runs);
    for _ in 1..=10 {
        method.step(&mut theta, &(normal(runs, &mut rng) + 1.0));
        let (mean, mean_square) = method.moments();
        for (estimate, moment) in [(mean, 1.0), (mean_square, 2.0)] {
            let average = estimate.mean().unwrap();
            let error = estimate.std(1.0) / (runs as f64).sqrt();
            assert!((average - moment).abs() < 4.0 * error, "{average} against {moment}");
        }
    }
}

/// The walk against the paper's algorithm in its order, the means as explicit sums over all gradients so far; with a
/// constant gradient every step is −η sign(g).
/// Source: D. P. Kingma, J. Ba, Adam (2015), algorithm 1.
#[test]
fn adam() {
    let (rate, beta1, beta2, epsilon): (f64, f64, f64, f64) = (0.05, 0.8, 0.95, 1e-2);
    let mut rng = rng(10);
    let gradients: Vec<Array1<f64>> = (0..60).map(|_| normal(2, &mut rng)).collect();
    let mut method =
        Adam::new(rate).unwrap().with_decays(beta1, beta2).unwrap().with_epsilon(epsilon).unwrap();
    let mut theta = Array1::zeros(2);
    for t in 1..=60 {
        let before = theta.clone();
        method.step(&mut theta, &gradients[t - 1]);
        for j in 0..2 {
            let (mut m, mut v, mut weight1, mut weight2) = (0.0, 0.0, 0.0, 0.0);
            for (i, g) in gradients[..t].iter().enumerate() {
                let age = (t - 1 - i) as i32;
                m += beta1.powi(age) * g[j];
                v += beta2.powi(age) * g[j] * g[j];
                weight1 += beta1.powi(age);
                weight2 += beta2.powi(age);
            }
            // A weighted mean divides by the sum of its weights; (1 − β)/(1 − βᵗ) is one over that sum.
            let step = -rate * (m / weight1) / ((v / weight2).sqrt() + epsilon);
            assert!((theta[j] - before[j] - step).abs() < 1e-14);
        }
    }
    let mut method = Adam::new(rate).unwrap().with_epsilon(NONE).unwrap();
    let mut theta = array![0.0, 0.0];
    for t in 1..=100 {
        method.step(&mut theta, &array![3.0, -0.02]);
        assert!(relative(&theta, &array![-rate * f64::from(t), rate * f64::from(t)]) < 1e-12);
    }
}

/// The means over all 2⁸ sequences of eight gradients, each −1 or 3: Adam's estimates against the moments 1 and 5.
#[test]
fn adam_bias_correction() {
    let runs = 1 << 8;
    let mut method = Adam::new(0.1).unwrap();
    let mut theta = Array1::zeros(runs);
    for t in 0..8 {
        let gradient =
            Array1::from_shape_fn(runs, |run| if run >> t & 1 == 1 { 3.0 } else { -1.0 });
        method.step(&mut theta, &gradient);
        let (mean, mean_square) = method.moments();
        assert!((mean.mean().unwrap() - 1.0).abs() < 1e-13);
        assert!((mean_square.mean().unwrap() - 5.0).abs() < 1e-12);
    }
}

/// The paper's shorter order of the same step, with ε̂ = ε √(1 − β₂ᵗ), against the method on a real walk.
/// Source: D. P. Kingma, J. Ba, Adam (2015), section 2.
#[test]
fn adam_reordered() {
    let (rate, beta1, beta2, epsilon): (f64, f64, f64, f64) = (0.05, 0.9, 0.999, 1e-1);
    let method = Adam::new(rate).unwrap().with_epsilon(epsilon).unwrap();
    let points = walk(method, himmelblau, &array![0.3, -0.4], 200);
    let (mut theta, mut m, mut v) =
        (points[0].clone(), Array1::<f64>::zeros(2), Array1::<f64>::zeros(2));
    for (t, point) in points.iter().enumerate().skip(1) {
        let g = Place::new(&theta, himmelblau).gradient;
        m = m * beta1 + &g * (1.0 - beta1);
        v = v * beta2 + &g * &g * (1.0 - beta2);
        let root = (1.0 - beta2.powi(t as i32)).sqrt();
        let rate = rate * root / (1.0 - beta1.powi(t as i32));
        theta = theta - &m * rate / (v.mapv(f64::sqrt) + epsilon * root);
        assert!(relative(point, &theta) < 1e-11);
    }
}

/// AdamW's step less Adam's step on the same gradients against −ηλθ; Adam with the decay inside its gradient goes
/// elsewhere, gradient descent does not.
/// Source: I. Loshchilov, F. Hutter, Decoupled weight decay regularization (2019).
#[test]
fn adamw() {
    let (rate, decay) = (0.05, 0.3);
    let mut rng = rng(11);
    let mut decoupled = AdamW::new(Adam::new(rate).unwrap(), decay).unwrap();
    let mut plain = Adam::new(rate).unwrap();
    let mut coupled = Adam::new(rate).unwrap();
    let (mut theta, mut inside) = (array![1.0, 2.0], array![1.0, 2.0]);
    for _ in 0..100 {
        let gradient = normal(2, &mut rng) * array![100.0, 0.01];
        let before = theta.clone();
        decoupled.step(&mut theta, &gradient);
        let mut step = Array1::zeros(2);
        plain.step(&mut step, &gradient);
        assert!(relative(&(&theta - &before - &step), &(before * (-rate * decay))) < 1e-12);
        let penalised = &gradient + &(&inside * decay);
        coupled.step(&mut inside, &penalised);
    }
    assert!(relative(&inside, &theta) > 0.1);
    let (mut a, mut b) = (array![1.0, 2.0], array![1.0, 2.0]);
    let mut descent = GradientDescent::new(rate).unwrap();
    for _ in 0..100 {
        let gradient = normal(2, &mut rng);
        let penalised = &gradient + &(&a * decay);
        descent.step(&mut a, &penalised);
        b *= 1.0 - rate * decay;
        descent.step(&mut b, &gradient);
    }
    assert!(relative(&a, &b) < 1e-13);
}

/// Every epoch's batches against the set of all samples, so that their weighted mean gradient is the full one; batches
/// drawn with replacement hit each sample equally often, at four standard errors.
/// Source: H. Robbins, S. Monro, Ann. Math. Statist. 22 (1951) 400.
#[test]
fn stochastic_gradient_descent() {
    let mut rng = rng(12);
    let (x, y, theta) = (normal_matrix(8, 3, &mut rng), normal(8, &mut rng), normal(3, &mut rng));
    let full = ols::cost_gradient(&x, &y, &theta);
    let mut batches = Batches::new(8, 3).unwrap();
    let mut orders = Vec::new();
    for _ in 0..20 {
        let (mut mean, mut seen) = (Array1::zeros(3), Vec::new());
        for size in [3, 3, 2] {
            let batch = batches.next(&mut rng);
            assert_eq!(batch.len(), size);
            mean.scaled_add(size as f64 / 8.0, &batch_gradient(&x, &y, &theta, batch));
            seen.extend_from_slice(batch);
        }
        orders.push(seen.clone());
        seen.sort();
        assert_eq!(seen, (0..8).collect::<Vec<_>>());
        assert!(relative(&mean, &full) < 1e-13);
    }
    orders.dedup();
    assert_eq!(orders.len(), 20, "each epoch has its own order");

    let (draws, mut hits, mut repeats) = (10_000, [0.0; 8], 0);
    for _ in 0..draws {
        let batch = batches.next_with_replacement(&mut rng);
        batch.iter().for_each(|&i| hits[i] += 1.0);
        repeats +=
            usize::from(batch[0] == batch[1] || batch[1] == batch[2] || batch[0] == batch[2]);
    }
    let n = 3.0 * f64::from(draws);
    assert!(hits.iter().all(|h| (h / n - 0.125).abs() < 4.0 * (0.125 * 0.875 / n).sqrt()));
    // Three draws of eight repeat one with probability 1 − 8·7·6/8³.
    let repeat = 1.0 - 336.0 / 512.0;
    let error = f64::sqrt(repeat * (1.0 - repeat) / f64::from(draws));
    assert!((repeats as f64 / f64::from(draws) - repeat).abs() < 4.0 * error);
}

/// The covariance of the batch gradient over all 8³ batches drawn with replacement against Σ/B; and the variance of
/// `Batches`' own draws, at four standard errors.
#[test]
fn mini_batch_variance() {
    let mut rng = rng(13);
    let (x, y, theta) = (normal_matrix(8, 2, &mut rng), normal(8, &mut rng), normal(2, &mut rng));
    let full = ols::cost_gradient(&x, &y, &theta);
    let deviation = |batch: &[usize]| batch_gradient(&x, &y, &theta, batch) - &full;
    let single = |i: usize| deviation(&[i]);
    let sigma = (0..8)
        .fold(Array2::<f64>::zeros((2, 2)), |sum, i| sum + outer(&single(i), &single(i)) / 8.0);
    let mut covariance = Array2::zeros((2, 2));
    for i in 0..512 {
        let d = deviation(&[i % 8, i / 8 % 8, i / 64]);
        covariance = covariance + outer(&d, &d) / 512.0;
    }
    assert!(relative(&covariance, &(&sigma / 3.0)) < 1e-12);

    let mut batches = Batches::new(8, 3).unwrap();
    let squares: Array1<f64> = (0..20_000)
        .map(|_| deviation(batches.next_with_replacement(&mut rng))[0].powi(2))
        .collect();
    let error = squares.std(1.0) / (squares.len() as f64).sqrt();
    assert!((squares.mean().unwrap() - sigma[[0, 0]] / 3.0).abs() < 4.0 * error);
}

/// The covariance over all batches of B different samples against Σ/B (n − B)/(n − 1), for every B; and the variance of
/// `Batches`' own draws, at four standard errors.
#[test]
fn mini_batch_variance_without_replacement() {
    let mut rng = rng(14);
    let (x, y, theta) = (normal_matrix(8, 2, &mut rng), normal(8, &mut rng), normal(2, &mut rng));
    let full = ols::cost_gradient(&x, &y, &theta);
    let deviation = |batch: &[usize]| batch_gradient(&x, &y, &theta, batch) - &full;
    let single = |i: usize| deviation(&[i]);
    let sigma = (0..8)
        .fold(Array2::<f64>::zeros((2, 2)), |sum, i| sum + outer(&single(i), &single(i)) / 8.0);
    for size in 1..=8 {
        let batches = subsets(8, size);
        let mut covariance = Array2::<f64>::zeros((2, 2));
        for batch in &batches {
            let d = deviation(batch);
            covariance = covariance + outer(&d, &d) / batches.len() as f64;
        }
        let factor = (8 - size) as f64 / 7.0 / size as f64;
        assert!((covariance - &sigma * factor).iter().all(|d| d.abs() < 1e-12));
    }
    let squares: Array1<f64> = (0..20_000)
        .map(|_| deviation(Batches::new(8, 3).unwrap().next(&mut rng))[0].powi(2))
        .collect();
    let error = squares.std(1.0) / (squares.len() as f64).sqrt();
    assert!((squares.mean().unwrap() - sigma[[0, 0]] * 5.0 / 21.0).abs() < 4.0 * error);
}

/// The mean square of the error of 4000 walks with a constant rate on a noisy parabola against ησ²/(h(2 − ηh)), at
/// four standard errors.
#[test]
fn sgd_plateau() {
    let mut rng = rng(15);
    let (h, sigma, runs) = (2.0, 0.5, 4000);
    for rate in [0.05, 0.3, 0.8] {
        let mut descent = GradientDescent::new(rate).unwrap();
        let mut theta = Array1::from_elem(runs, 1.0);
        for _ in 0..200 {
            let gradient = &theta * h + normal(runs, &mut rng) * sigma;
            descent.step(&mut theta, &gradient);
        }
        let squares = &theta * &theta;
        let error = squares.std(1.0) / (runs as f64).sqrt();
        let theory = rate * sigma * sigma / (h * (2.0 - rate * h));
        assert!(
            (squares.mean().unwrap() - theory).abs() < 4.0 * error,
            "{} {theory}",
            squares.mean().unwrap()
        );
    }
}

/// The mean square of the error of 2000 walks with the rate a/(k + b) against the recursion that it obeys, at four
/// standard errors; and k times the recursion, at a million steps, against a²σ²/(2ah − 1).
#[test]
fn robbins_monro_rate() {
    let mut rng = rng(16);
    let (a, b, h, sigma, runs) = (1.5, 3.0, 1.0, 0.7, 2000);
    let mut descent =
        Scheduled::new(GradientDescent::new(1.0).unwrap(), |k| inverse_time(a / b, b, k));
    let (mut theta, mut theory) = (Array1::from_elem(runs, 2.0), 4.0);
    let mut points = Vec::new();
    for k in 0..1_000_000 {
        let rate: f64 = a / (k as f64 + b);
        if k < 2000 {
            if k < 10 || k % 100 == 0 {
                let squares = &theta * &theta;
                let error = squares.std(1.0) / (runs as f64).sqrt();
                let mean = squares.mean().unwrap();
                // At the start all walks stand at one place, and there is no error.
                assert!(
                    (mean - theory).abs() <= 4.0 * error + 1e-12,
                    "{k}: {mean} against {theory}"
                );
                if k >= 100 {
                    points.push((f64::ln(k as f64), mean.ln()));
                }
            }
            let gradient = &theta * h + normal(runs, &mut rng) * sigma;
            descent.step(&mut theta, &gradient);
        }
        theory = (1.0 - rate * h).powi(2) * theory + rate * rate * sigma * sigma;
    }
    assert!((slope(&points) + 1.0).abs() < 0.3);
    let limit = a * a * sigma * sigma / (2.0 * a * h - 1.0);
    // What is left falls as 1/k.
    assert!((1e6 * theory / limit - 1.0).abs() < 1e-4);
}

/// Newton's direction against elimination with second differences of the height; a quadratic is solved in one step of
/// length 1, and close to Rosenbrock's minimum each error is a multiple of the square of the last.
#[test]
fn newton_step() {
    let mut rng = rng(17);
    for _ in 0..20 {
        // Below the parabola's floor, where the Hessian is positive definite.
        let x = 1.0 + rng.random_range(-0.5..0.5);
        let theta = array![x, x * x - rng.random_range(0.1..0.5)];
        let here = Place::new(&theta, rosenbrock);
        let mut direction = Array1::zeros(2);
        Newton::new(rosenbrock_hessian).direction(&here, &mut direction).unwrap();
        let f = |x: f64, y: f64| Place::new(&array![x, y], rosenbrock).value;
        let (x, y, h) = (theta[0], theta[1], 1e-4);
        let second = |dx: f64, dy: f64| {
            (f(x + dx, y + dy) - f(x + dx, y - dy) - f(x - dx, y + dy) + f(x - dx, y - dy))
                / (4.0 * h * h)
        };
        let pure =
            |dx: f64, dy: f64| (f(x + dx, y + dy) - 2.0 * f(x, y) + f(x - dx, y - dy)) / (h * h);
        let hessian = array![[pure(h, 0.0), second(h, h)], [second(h, h), pure(0.0, h)]];
        // Second differences with h = 1e-4 are good to h² f'''' and ε f / h², 1e-5 or less of curvatures of hundreds.
        let step = -inverse(&hessian).dot(&here.gradient);
        assert!(relative(&direction, &step) < 1e-5, "{direction} {step}");
    }
    let (a, _) = with_eigenvalues(&array![0.1, 3.0, 70.0], &mut rng);
    let minimum = minimize(
        &mut Newton::new(|_: &ArrayRef1<f64>| a.clone()),
        quadratic(&a),
        &normal(3, &mut rng),
        1e-10,
        5,
        |_, _| {},
    );
    assert_eq!(minimum.unwrap().iterations, 1);

    let mut errors = Vec::new();
    minimize(
        &mut Newton::new(rosenbrock_hessian),
        rosenbrock,
        &array![1.05, 1.1],
        1e-13,
        20,
        |_, place| {
            errors.push(norm(&(&place.theta - 1.0)));
        },
    )
    .unwrap();
    let ratios: Vec<f64> =
        errors.windows(2).filter(|e| e[1] > 1e-14).map(|e| e[1] / (e[0] * e[0])).collect();
    assert!(ratios.len() >= 3 && ratios.iter().all(|&r| r < 30.0), "{errors:?}");
}

/// Off the axis of the saddle the shifted Newton direction leads down to a minimum; the plain one, −H⁻¹∇C, leads to
/// the saddle itself.
#[test]
fn newton_saddle() {
    let start = array![0.4, 0.2];
    let mut theta = start.clone();
    for _ in 0..8 {
        let gradient = Place::new(&theta, saddle).gradient;
        let hessian = saddle_hessian(&theta);
        // The Hessian is diagonal here: its inverse is a division.
        theta -= &(&gradient / &hessian.diag());
    }
    assert!(norm(&theta) < 1e-12, "the plain method ends on the saddle");
    let minimum =
        minimize(&mut Newton::new(saddle_hessian), saddle, &start, 1e-10, 50, |_, _| {}).unwrap();
    assert!((minimum.place.theta - array![0.0, 1.0]).iter().all(|e| e.abs() < 1e-9));
}

/// Both inequalities at what the line search returns, evaluated afresh, on five landscapes, random directions, short
/// and long first steps, strict and lax constants.
/// Source: J. Nocedal, S. J. Wright, Numerical Optimization (2006), section 3.1.
#[test]
fn strong_wolfe_conditions() {
    let mut rng = rng(18);
    let surfaces: [Surface; 5] = [rosenbrock, himmelblau, beale, saddle, |t, g| valley(1e4, t, g)];
    let mut searches = 0;
    for loss in surfaces {
        for _ in 0..100 {
            let from = Place::new(&normal(2, &mut rng), loss);
            let mut direction = normal(2, &mut rng);
            // A descent direction.
            direction *= -direction.dot(&from.gradient).signum();
            let first = 10.0_f64.powf(rng.random_range(-6.0..3.0));
            for (decrease, curvature) in [(1e-4, 0.9), (1e-4, 0.1), (0.1, 0.2)] {
                let wolfe = StrongWolfe::new(decrease, curvature).unwrap();
                let mut to = from.clone();
                // A flat direction of Beale's plain has no minimum: there the search may say so.
                let Ok(t) = wolfe.search(&mut { loss }, &from, &direction, first, &mut to) else {
                    continue;
                };
                searches += 1;
                let there = Place::new(&(&from.theta + &(&direction * t)), loss);
                let slope = direction.dot(&from.gradient);
                assert!(
                    there.value <= from.value + decrease * t * slope + 1e-13 * from.value.abs()
                );
                assert!(
                    direction.dot(&there.gradient).abs() <= curvature * slope.abs() * (1.0 + 1e-12)
                );
                assert_eq!(to.value, there.value);
            }
        }
    }
    assert!(searches > 1400, "{searches}");
}

/// The product of the learned inverse with the change of the gradient against the step, at every step of a walk; the
/// direction that L-BFGS takes for that change likewise.
#[test]
fn secant_equation() {
    let mut rng = rng(19);
    let (a, _) = with_eigenvalues(&array![0.5, 1.0, 2.0, 6.0], &mut rng);
    let (mut bfgs, mut lbfgs) = (Bfgs::new(4), Lbfgs::new(3).unwrap());
    for _ in 0..10 {
        let step = normal(4, &mut rng);
        let change = a.dot(&step);
        bfgs.learn(&step, &change);
        lbfgs.learn(&step, &change);
        assert!(relative(&bfgs.inverse_hessian().dot(&change), &step) < 1e-12);
        let there = Place { theta: Array1::zeros(4), value: 0.0, gradient: change };
        let mut direction = Array1::zeros(4);
        lbfgs.direction(&there, &mut direction).unwrap();
        assert!(relative(&-direction, &step) < 1e-12);
    }
}

/// The method on a quadratic in five dimensions with exact line searches: its matrix, inverted, obeys the printed
/// update, stays symmetric and positive definite, and after five steps is the Hessian.
#[test]
fn quasi_newton_methods() {
    let mut rng = rng(20);
    let (a, _) = with_eigenvalues(&array![0.5, 1.0, 2.0, 3.0, 8.0], &mut rng);
    let mut bfgs = Bfgs::new(5);
    let mut here = Place::new(&normal(5, &mut rng), quadratic(&a));
    let mut hessian: Option<Array2<f64>> = None;
    for _ in 0..5 {
        let mut direction = Array1::zeros(5);
        bfgs.direction(&here, &mut direction).unwrap();
        let t = -direction.dot(&here.gradient) / direction.dot(&a.dot(&direction));
        let next = Place::new(&(&here.theta + &(&direction * t)), quadratic(&a));
        let (s, y) = (&next.theta - &here.theta, &next.gradient - &here.gradient);
        // Before the first update the method takes the multiple of the identity that fits the first step.
        let b = hessian.take().unwrap_or_else(|| Array2::eye(5) * (y.dot(&y) / y.dot(&s)));
        let bs = b.dot(&s);
        let b = &b - &(outer(&bs, &bs) / s.dot(&bs)) + outer(&y, &y) / y.dot(&s);
        bfgs.learn(&s, &y);
        let learned = bfgs.inverse_hessian();
        assert!(relative(&inverse(learned), &b) < 1e-9);
        assert!(relative(&b.dot(&s), &y) < 1e-12);
        assert!(relative(learned, &learned.t().to_owned()) < 1e-12);
        for _ in 0..100 {
            let v = normal(5, &mut rng);
            assert!(v.dot(&learned.dot(&v)) > 0.0);
        }
        (here, hessian) = (next, Some(b));
    }
    assert!(norm(&here.gradient) < 1e-9);
    assert!(relative(&inverse(bfgs.inverse_hessian()), &a) < 1e-8);
}

/// The update of the inverse against the inverse of the updated matrix, by elimination, on random pairs.
#[test]
fn bfgs_inverse_update() {
    let mut rng = rng(21);
    for n in [1, 2, 6] {
        let mut bfgs = Bfgs::new(n);
        let mut b: Option<Array2<f64>> = None;
        for _ in 0..8 {
            let (s, mut y) = (normal(n, &mut rng), normal(n, &mut rng));
            // Positive curvature along the step, as the line search provides.
            let push = 2.0 + norm(&y) / norm(&s);
            y.scaled_add(push, &s);
            let last = b.take().unwrap_or_else(|| Array2::eye(n) * (y.dot(&y) / y.dot(&s)));
            let image = last.dot(&s);
            let next = &last - &(outer(&image, &image) / s.dot(&image)) + outer(&y, &y) / y.dot(&s);
            bfgs.learn(&s, &y);
            assert!(relative(bfgs.inverse_hessian(), &inverse(&next)) < 1e-10);
            b = Some(next);
        }
    }
}

/// The two loops against the product form of the updates multiplied out as matrices, for every memory from 1 to more
/// than there are pairs.
/// Source: J. Nocedal, Math. Comp. 35 (1980) 773.
#[test]
fn lbfgs_two_loop() {
    let mut rng = rng(22);
    let n = 5;
    let pairs: Vec<(Array1<f64>, Array1<f64>)> = (0..7)
        .map(|_| {
            let (s, mut y) = (normal(n, &mut rng), normal(n, &mut rng));
            let push = 2.0 + norm(&y) / norm(&s);
            y.scaled_add(push, &s);
            (s, y)
        })
        .collect();
    for memory in 1..=9 {
        let mut lbfgs = Lbfgs::new(memory).unwrap();
        for (k, (s, y)) in pairs.iter().enumerate() {
            lbfgs.learn(s, y);
            let mut h = Array2::eye(n) * (s.dot(y) / y.dot(y));
            for (s, y) in &pairs[(k + 1).saturating_sub(memory)..=k] {
                let rho = 1.0 / s.dot(y);
                let left = Array2::eye(n) - outer(s, y) * rho;
                h = left.dot(&h).dot(&left.t()) + outer(s, s) * rho;
            }
            let gradient = normal(n, &mut rng);
            let mut direction = Array1::zeros(n);
            let here = Place { theta: Array1::zeros(n), value: 0.0, gradient: gradient.clone() };
            lbfgs.direction(&here, &mut direction).unwrap();
            assert!(relative(&direction, &-h.dot(&gradient)) < 1e-12);
        }
    }
}

/// A grid search over rate and penalty, each score a training run, against the closed form of the run: the coefficient
/// of an orthogonal column after T steps is (1 − (1 − ηh)ᵀ) of its limit. Pairs that diverge never win.
#[test]
fn hyperparameters_discussed_below() {
    let mut rng = rng(23);
    let (n, steps) = (40, 60);
    // Two orthogonal columns of very different length, and held-out rows.
    let x = Array2::from_shape_fn((n, 2), |(i, j)| if i % 2 == j { [1.0, 0.2][j] } else { 0.0 });
    let truth = array![1.0, -0.5];
    let y = x.dot(&truth) + normal(n, &mut rng) * 0.3;
    let (held_x, noise) = (normal_matrix(200, 2, &mut rng), normal(200, &mut rng) * 0.3);
    let held_y = held_x.dot(&truth) + noise;
    let (rates, penalties) = (array![0.01, 0.1, 1.0, 3.0, 1e6], array![0.0, 0.003, 0.03, 0.3, 3.0]);

    let grid = grid_search(&rates, &penalties, |rate, penalty| {
        let mut theta = Array1::zeros(2);
        let loss = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
            gradient.assign(&(ols::cost_gradient(&x, &y, theta) + 2.0 * penalty * theta));
            ols::cost(&x, &y, theta) + penalty * theta.dot(theta)
        };
        match descend(
            &mut GradientDescent::new(rate).unwrap(),
            loss,
            &mut theta,
            steps,
            |_, _, _| {},
        ) {
            Ok(_) => ols::cost(&held_x, &held_y, &theta),
            Err(Error::Diverged { .. }) => f64::NAN,
            Err(other) => panic!("{other}"),
        }
    })
    .unwrap();

    let mut best = (f64::INFINITY, (0.0, 0.0));
    for (i, &rate) in rates.iter().enumerate() {
        for (j, &penalty) in penalties.iter().enumerate() {
            let theta = Array1::from_shape_fn(2, |c| {
                let (square, moment) =
                    (x.column(c).dot(&x.column(c)) / n as f64, x.column(c).dot(&y) / n as f64);
                let h = 2.0 * (square + penalty);
                (1.0 - (1.0 - rate * h).powi(steps as i32)) * 2.0 * moment / h
            });
            let score = (0..200)
                .map(|r| (held_y[r] - held_x.slice(s![r, ..]).dot(&theta)).powi(2))
                .sum::<f64>()
                / 200.0;
            if grid.scores[[i, j]].is_finite() {
                assert!((grid.scores[[i, j]] / score - 1.0).abs() < 1e-9);
            }
            if score < best.0 {
                best = (score, (rate, penalty));
            }
        }
    }
    assert_eq!(grid.best, best.1);
    assert!((grid.score / best.0 - 1.0).abs() < 1e-9);
    assert!(grid.scores.row(4).iter().all(|score| score.is_nan()), "the largest rate diverges");
    assert!(grid.scores.iter().filter(|score| score.is_finite()).count() >= 15);
}

/// A parabola with a soft middle, slopes between 1 and 25: the heavy ball tuned for parabolas of those slopes never
/// comes to rest, while gradient descent and Nesterov's method do.
/// Source: L. Lessard, B. Recht, A. Packard, SIAM J. Optim. 26 (2016) 57.
#[test]
fn heavy_ball_cycle() {
    let slope_at = |x: f64| {
        if x < 1.0 {
            25.0 * x
        } else if x < 2.0 {
            x + 24.0
        } else {
            25.0 * x - 24.0
        }
    };
    // Between 1 and 25 everywhere: strongly convex and smooth.
    for i in -400..400 {
        let (x, h) = (f64::from(i) / 100.0, 1e-3);
        let curvature = (slope_at(x + h) - slope_at(x - h)) / (2.0 * h);
        assert!((1.0 - 1e-9..=25.0 + 1e-9).contains(&curvature));
    }
    let end = |optimizer: &mut dyn FnMut(&mut Array1<f64>, &Array1<f64>)| {
        let mut x = array![3.3];
        let mut last = Vec::new();
        for k in 0..3000 {
            let gradient = array![slope_at(x[0])];
            optimizer(&mut x, &gradient);
            if k >= 2994 {
                last.push(x[0]);
            }
        }
        last
    };
    let mut ball = Momentum::new(1.0 / 9.0, 4.0 / 9.0).unwrap();
    let cycle = end(&mut |x, g| ball.step(x, g));
    assert!(cycle.iter().all(|x| x.abs() > 0.1), "{cycle:?}");
    for i in 0..3 {
        assert!((cycle[i] - cycle[i + 3]).abs() < 1e-9, "three points in turn");
    }
    let mut descent = GradientDescent::new(1.0 / 25.0).unwrap();
    let mut nesterov = Nesterov::new(1.0 / 25.0, 4.0 / 6.0).unwrap();
    assert!(end(&mut |x, g| descent.step(x, g)).iter().all(|x| x.abs() < 1e-12));
    assert!(end(&mut |x, g| nesterov.step(x, g)).iter().all(|x| x.abs() < 1e-12));
}

/// Gradients 3, −1, −1 in turn on the interval from −1 to 1: their sum points to −1, where AdaGrad goes, and Adam goes
/// to +1.
/// Source: S. J. Reddi, S. Kale, S. Kumar, On the convergence of Adam and beyond (2018), theorem 1.
#[test]
fn adam_wrong_direction() {
    let gradient = |k: usize| array![if k.is_multiple_of(3) { 3.0 } else { -1.0 }];
    let end = |optimizer: &mut dyn FnMut(&mut Array1<f64>, &Array1<f64>)| {
        let mut x = array![0.0];
        for k in 0..30_000 {
            optimizer(&mut x, &gradient(k));
            x[0] = x[0].clamp(-1.0, 1.0);
        }
        x[0]
    };
    let adam = Adam::new(1.0).unwrap().with_decays(0.0, 0.1).unwrap();
    let mut adam = Scheduled::new(adam, |k| 0.5 / ((k + 1) as f64).sqrt());
    assert!(end(&mut |x, g| adam.step(x, g)) > 0.98);
    let mut adagrad = AdaGrad::new(0.5).unwrap();
    assert!(end(&mut |x, g| adagrad.step(x, g)) < -0.98);
}

fn oracle() -> serde_json::Value {
    serde_json::from_str(include_str!("../oracles/optimizers.json")).unwrap()
}

fn vector(value: &serde_json::Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// A hundred steps of each method on two landscapes against the points that PyTorch's optimizers pass, every tenth.
/// Source: `tests/oracles/optimizers.py`.
#[test]
fn optimizers_against_pytorch() {
    let oracle = oracle();
    let walks = oracle["walks"].as_array().unwrap();
    assert_eq!(walks.len(), 16);
    for expected in walks {
        let loss: Surface = match expected["surface"].as_str().unwrap() {
            "rosenbrock" => rosenbrock,
            "himmelblau" => himmelblau,
            other => panic!("{other}"),
        };
        let points: Vec<Array1<f64>> =
            expected["points"].as_array().unwrap().iter().map(vector).collect();
        let name = expected["optimizer"].as_str().unwrap();
        let start = &points[0];
        let walked = match name {
            "gradient descent" => walk(GradientDescent::new(5e-4).unwrap(), loss, start, 100),
            "momentum" => walk(Momentum::new(5e-4, 0.9).unwrap(), loss, start, 100),
            "nesterov" => walk(Nesterov::new(5e-4, 0.9).unwrap(), loss, start, 100),
            "adagrad" => walk(AdaGrad::new(0.3).unwrap(), loss, start, 100),
            "rmsprop" => walk(RmsProp::new(0.01, 0.95).unwrap(), loss, start, 100),
            "adam" => walk(Adam::new(0.05).unwrap(), loss, start, 100),
            "adam, other decays" => {
                let adam = Adam::new(0.05)
                    .unwrap()
                    .with_decays(0.8, 0.9)
                    .unwrap()
                    .with_epsilon(1e-3)
                    .unwrap();
                walk(adam, loss, start, 100)
            }
            "adamw" => walk(AdamW::new(Adam::new(0.05).unwrap(), 0.1).unwrap(), loss, start, 100),
            other => panic!("{other}"),
        };
        for (ours, theirs) in walked.iter().step_by(10).zip(&points) {
            // A hundred steps over curved ground multiply a difference in rounding a few thousand times.
            assert!(relative(ours, theirs) < 1e-11, "{name}: {ours} against {theirs}");
        }
    }
}

/// The minimisers that BFGS and L-BFGS find on five problems against SciPy's; and the logistic loss's height there.
/// Source: `tests/oracles/optimizers.py`.
#[test]
fn minimisers_against_scipy() {
    let oracle = oracle();
    let rows: Vec<Array1<f64>> =
        oracle["logistic"]["x"].as_array().unwrap().iter().map(vector).collect();
    let x = Array2::from_shape_fn((rows.len(), 3), |(i, j)| rows[i][j]);
    let labels = vector(&oracle["logistic"]["labels"]);
    let logistic = logistic(&x, &labels, oracle["logistic"]["penalty"].as_f64().unwrap());
    let extended = |theta: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>| {
        let (mut value, mut part) = (0.0, Array1::zeros(2));
        gradient.fill(0.0);
        for i in 0..theta.len() - 1 {
            value += rosenbrock(&theta.slice(s![i..i + 2]), &mut part);
            let mut here = gradient.slice_mut(s![i..i + 2]);
            here += &part;
        }
        value
    };
    let minima = oracle["minima"].as_array().unwrap();
    assert_eq!(minima.len(), 5);
    for expected in minima {
        let (start, theta) = (vector(&expected["start"]), vector(&expected["theta"]));
        let loss: Loss = match expected["problem"].as_str().unwrap() {
            "rosenbrock" => Box::new(rosenbrock),
            "himmelblau" => Box::new(himmelblau),
            "beale" => Box::new(beale),
            "rosenbrock in ten dimensions" => Box::new(extended),
            "logistic" => Box::new(&logistic),
            other => panic!("{other}"),
        };
        let bfgs =
            minimize(&mut Bfgs::new(start.len()), &loss, &start, 1e-9, 300, |_, _| {}).unwrap();
        let lbfgs =
            minimize(&mut Lbfgs::new(6).unwrap(), &loss, &start, 1e-9, 300, |_, _| {}).unwrap();
        for minimum in [bfgs, lbfgs] {
            // SciPy's gradients here are differences, so that its last digits are lost: κ = 2500 times 1e-10 or so.
            assert!(relative(&minimum.place.theta, &theta) < 1e-7, "{expected}");
            assert!((minimum.place.value - expected["value"].as_f64().unwrap()).abs() < 1e-14);
        }
    }
}
