//! Chapter `energy-and-inference`.

use std::collections::BTreeSet;

use downhill::{
    Error,
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Learnable, Mixture, binary_states},
    energy_and_inference::{
        Bipartite, Clamped, Descent, Ellipse, Joint, Minimised, Trajectory, flow,
        log_likelihood_gradient, objective, search,
    },
    gibbs_boltzmann::Boltzmann,
    optimizers::{Lbfgs, minimize},
    rng,
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, concatenate, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

/// The slope of `f` at `x` by central differences.
fn differences(f: impl Fn(&Array1<f64>) -> f64, x: &Array1<f64>, h: f64) -> Array1<f64> {
    Array1::from_shape_fn(x.len(), |j| {
        let (mut up, mut down) = (x.clone(), x.clone());
        up[j] += h;
        down[j] -= h;
        (f(&up) - f(&down)) / (2.0 * h)
    })
}

fn furthest(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

/// A positive definite matrix with eigenvalues of at least 1.
fn precision(n: usize, rng: &mut impl Rng) -> Array2<f64> {
    let root = Array2::from_shape_simple_fn((n, n), || rng.sample::<f64, _>(StandardNormal));
    let square = root.dot(&root.t()) + Array2::<f64>::eye(n);
    (&square + &square.t()) / 2.0
}

/// Half the squared distance of y from w·x; the state is (x, y), `w` a row for each entry of y.
struct Line {
    w: Array2<f64>,
}

impl Line {
    fn miss(&self, state: &ArrayRef1<f64>) -> Array1<f64> {
        let n = self.w.ncols();
        &state.slice(s![n..]) - &self.w.dot(&state.slice(s![..n]))
    }
}

impl Energy for Line {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        0.5 * self.miss(state).mapv(|m| m * m).sum()
    }
}

impl Differentiable for Line {
    fn gradient_into(&self, state: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let (miss, n) = (self.miss(state), self.w.ncols());
        gradient.slice_mut(s![..n]).assign(&-self.w.t().dot(&miss));
        gradient.slice_mut(s![n..]).assign(&miss);
    }
}

/// An energy of two whole numbers, read from a table; its state is (row, column).
struct Table(Array2<f64>);
impl Energy for Table {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        self.0[[state[0] as usize, state[1] as usize]]
    }
}

fn numbers(n: usize) -> Array2<f64> {
    Array1::from_iter((0..n).map(|i| i as f64)).insert_axis(Axis(1))
}

/// The energy of 1000 answers that do not fit against that of the one that does, which is 0: low is compatible.
#[test]
fn energy_function_signature() {
    let mut rng = rng(1);
    let line = Line { w: array![[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]] };
    let x = normal(2, &mut rng);
    let compatibility =
        Clamped::new(&line, concatenate![Axis(0), x, Array1::zeros(3)], vec![2, 3, 4]).unwrap();
    let fits = array![x[0] - 2.0 * x[1], 0.5 * x[0] + 3.0 * x[1], x[1]];
    assert!(compatibility.energy(&fits).abs() < 1e-28);
    for _ in 0..1000 {
        let push = normal(3, &mut rng);
        let off = compatibility.energy(&(&fits + &push));
        assert!((off - 0.5 * push.dot(&push)).abs() < 1e-12 && off > 0.0);
    }
}

/// The energy against the sums written out, for random parameters.
#[test]
fn bipartite_energy() {
    let mut rng = rng(2);
    for _ in 0..20 {
        let (a, b) = (normal(3, &mut rng), normal(2, &mut rng));
        let w = Array2::from_shape_simple_fn((3, 2), || rng.sample::<f64, _>(StandardNormal));
        let state = normal(5, &mut rng);
        let mut sum = 0.0;
        for i in 0..3 {
            sum -= a[i] * state[i];
            for j in 0..2 {
                sum -= w[[i, j]] * state[i] * state[3 + j];
            }
        }
        for j in 0..2 {
            sum -= b[j] * state[3 + j];
        }
        assert!((Bipartite::new(a, b, &w).unwrap().energy(&state) - sum).abs() < 1e-12);
    }
}

/// One number for a state and a vector of parameters: the derivative by each parameter against central differences of the energy, with the
/// parameters moved through the trait.
#[test]
fn ebm_energy_signature() {
    let mut rng = rng(2);
    let pairs =
        Bipartite::new(normal(3, &mut rng), normal(2, &mut rng), &Array2::ones((3, 2))).unwrap();
    for _ in 0..20 {
        let (state, w) = (normal(5, &mut rng), normal(11, &mut rng));
        let slope = differences(
            |w| {
                let mut pairs = pairs.clone();
                pairs.parameters_mut().assign(w);
                pairs.energy(&state)
            },
            &w,
            1e-3,
        );
        let mut exact = Array1::zeros(11);
        pairs.add_parameter_gradient(&state, 1.0, &mut exact);
        // The energy is linear in its parameters: differences are exact but for rounding.
        assert!(furthest(&exact, &slope) < 1e-11);
    }
}

/// The answer by search, by descent and by a quasi-Newton method against the closed form $y = Ax$, and its energy against that
/// of ten thousand others.
#[test]
fn energy_inference_argmin() {
    let mut rng = rng(3);
    // ½ (y − Ax)ᵀ Q (y − Ax) as the Gaussian in (x, y) with the precision (AᵀQA, −AᵀQ; −QA, Q), and a little for x alone.
    let (a, q) = (
        Array2::from_shape_simple_fn((5, 2), || rng.random::<f64>() - 0.5),
        precision(5, &mut rng),
    );
    let aq = a.t().dot(&q);
    let corner = aq.dot(&a) + Array2::<f64>::eye(2);
    let joint = concatenate![
        Axis(0),
        concatenate![Axis(1), (&corner + &corner.t()) / 2.0, -&aq],
        concatenate![Axis(1), -&aq.t(), q]
    ];
    let bowl = Gaussian::new(Array1::zeros(7), joint).unwrap();
    let x = normal(2, &mut rng);
    let state = concatenate![Axis(0), x, Array1::zeros(5)];
    let compatibility = Clamped::new(&bowl, state, (2..7).collect()).unwrap();
    let best = a.dot(&x);

    let rest = Descent::new(0.02).unwrap().infer(&compatibility, &Array1::zeros(5)).unwrap();
    assert!(furthest(&rest.x, &best) < 1e-9);
    let quasi = minimize(
        &mut Lbfgs::new(5).unwrap(),
        objective(&compatibility),
        &Array1::zeros(5),
        1e-8,
        100,
        |_, _| {},
    );
    assert!(furthest(&quasi.unwrap().place.theta, &best) < 1e-7);

    let mut others =
        Array2::from_shape_simple_fn((10_001, 5), || rng.sample::<f64, _>(StandardNormal));
    others.row_mut(1234).assign(&best);
    let found = search(&compatibility, &others).unwrap();
    assert_eq!(found.index, 1234);
    for other in others.rows() {
        assert!(compatibility.energy(&other) >= rest.energy - 1e-12);
    }
}

/// On a table of random energies: the lowest answer to each question against the most probable one, and the difference of two
/// energies against the ratio of two probabilities.
#[test]
fn ebm_inference_needs_no_partition_function() {
    let mut rng = rng(4);
    let table = Table(Array2::from_shape_simple_fn((6, 7), || rng.sample(StandardNormal)));
    for x in 0..6 {
        let question = Clamped::new(&table, array![x as f64, 0.0], vec![1]).unwrap();
        let found = search(&question, &numbers(7)).unwrap();
        for beta in [0.3, 1.0, 4.0] {
            let weights: Vec<f64> = (0..7).map(|y| f64::exp(-beta * table.0[[x, y]])).collect();
            let z: f64 = weights.iter().sum();
            let likeliest =
                (0..7).max_by(|&a, &b| (weights[a] / z).total_cmp(&(weights[b] / z))).unwrap();
            assert_eq!(found.index, likeliest);
            let p = Boltzmann::new(&question, numbers(7), beta).unwrap();
            for y in 0..7 {
                let odds = (p.probabilities()[y] / p.probabilities()[found.index]).ln();
                let energies = question.energy(&array![y as f64]) - found.energy;
                assert!((odds + beta * energies).abs() < 1e-12);
            }
        }
    }
}

/// Inference against learning on one energy: the slope in the answer at fixed weights by differences in y, the slope of the loss, which is
/// $-\log p(y | x)$ on a grid of answers, by differences in the weight; the second contains the energy's slope in the weight twice.
#[test]
fn energy_for_inference_not_learning() {
    // Answers from -2 on: with all of the line, Z would not depend on w and the second phase would be 0.
    let grid = Array1::linspace(-2.0, 6.0, 161).insert_axis(Axis(1));
    let energy = |w: f64, x: f64, y: f64| 0.5 * (y - w * x).powi(2);
    let loss = |w: f64, x: f64, y: f64| {
        let z: f64 = grid.iter().map(|&y| (-energy(w, x, y)).exp()).sum();
        energy(w, x, y) + z.ln()
    };
    for (w, x, y) in [(0.7, 1.3, 2.0), (-1.1, 0.4, -1.0), (0.2, -1.0, 1.0)] {
        let line = Line { w: array![[w]] };
        let compatibility = Clamped::new(&line, array![x, 0.0], vec![1]).unwrap();
        let in_y = differences(|y| energy(w, x, y[0]), &array![y], 1e-5);
        assert!((compatibility.gradient(&array![y])[0] - in_y[0]).abs() < 1e-9);
        // Inference goes to where the energy's slope in y is 0. The loss's slope in w is not 0 there.
        let answer = Descent::new(0.5).unwrap().infer(&compatibility, &array![y]).unwrap().x[0];
        assert!((answer - w * x).abs() < 1e-9);
        let in_w = |y: f64| -(y - w * x) * x;
        let p = Boltzmann::new(&compatibility, grid.clone(), 1.0).unwrap();
        let phases = in_w(y) - p.mean(|y| in_w(y[0]));
        let slope = differences(|w| loss(w[0], x, y), &array![w], 1e-5);
        assert!((phases - slope[0]).abs() < 1e-8);
        // The energy's own slope in w is another number, and a step along the loss's slope takes the answer towards y.
        assert!((in_w(y) - slope[0]).abs() > 1e-3 && slope[0].abs() > 1e-2);
        let moved = Line { w: array![[w - 0.1 * slope[0]]] };
        let question = Clamped::new(&moved, array![x, 0.0], vec![1]).unwrap();
        let after = Descent::new(0.5).unwrap().infer(&question, &array![y]).unwrap().x[0];
        assert!((after - y).abs() < (answer - y).abs());
    }
}

/// Descent on a bowl against its closed form, from a random start at a step size just below $2/\lambda_{\max}$ and diverging just above;
/// the slope that it follows against central differences.
#[test]
fn gradient_based_inference() {
    let mut rng = rng(5);
    let mean = normal(4, &mut rng);
    let bowl = Gaussian::new(mean.clone(), precision(4, &mut rng)).unwrap();
    // The largest curvature by power iteration.
    let mut v = normal(4, &mut rng);
    for _ in 0..5000 {
        v = bowl.precision().dot(&v);
        v /= v.dot(&v).sqrt();
    }
    let steepest = v.dot(&bowl.precision().dot(&v));
    let start = normal(4, &mut rng) * 3.0;
    let slope = differences(|x| bowl.energy(x), &start, 1e-4);
    assert!(furthest(&bowl.gradient(&start), &slope) < 1e-8);

    let rest = Descent::new(1.99 / steepest).unwrap().infer(&bowl, &start).unwrap();
    assert!(furthest(&rest.x, &mean) < 1e-8 && rest.energy < 1e-16);
    let too_far = Descent::new(2.01 / steepest).unwrap().infer(&bowl, &start).unwrap_err();
    assert!(matches!(too_far, Error::Diverged { what: "descent", .. }));
}

/// Descent on a Gaussian energy with part of the state clamped against the regression on that part by the covariance matrix, in both directions.
#[test]
fn clamped_gaussian_answer() {
    let mut rng = rng(6);
    let (mean, precision) = (normal(3, &mut rng), precision(3, &mut rng));
    let bowl = Gaussian::new(mean.clone(), precision.clone()).unwrap();
    // The covariance, column by column, as where a bowl with another bottom has no slope: Λ c = e.
    let covariance = Array2::from_shape_fn((3, 3), |(i, j)| {
        let mut c = Array1::<f64>::zeros(3);
        for _ in 0..20_000 {
            let mut miss = precision.dot(&c);
            miss[j] -= 1.0;
            c.scaled_add(-0.05, &miss);
        }
        c[i]
    });
    let x = normal(3, &mut rng);
    // Unit 2 from units 0 and 1: Σ_yx Σ_xx⁻¹ (x − μ), the inverse of two rows by two columns by hand.
    let (a, b, d) = (covariance[[0, 0]], covariance[[0, 1]], covariance[[1, 1]]);
    let (u, v) = (x[0] - mean[0], x[1] - mean[1]);
    let det = a * d - b * b;
    let regression = mean[2]
        + covariance[[2, 0]] * (d * u - b * v) / det
        + covariance[[2, 1]] * (a * v - b * u) / det;
    let forward = Clamped::new(&bowl, x.clone(), vec![2]).unwrap();
    let descent = Descent::new(0.05).unwrap();
    assert!((descent.infer(&forward, &array![0.0]).unwrap().x[0] - regression).abs() < 1e-8);
    // The same energy backwards: units 0 and 1 from unit 2.
    let back = Clamped::new(&bowl, x.clone(), vec![0, 1]).unwrap();
    let answer = descent.infer(&back, &array![0.0, 0.0]).unwrap().x;
    for i in 0..2 {
        let regression = mean[i] + covariance[[i, 2]] / covariance[[2, 2]] * (x[2] - mean[2]);
        assert!((answer[i] - regression).abs() < 1e-8);
    }
}

/// The energy against the logarithm of the sum of bells, each computed by itself.
#[test]
fn mixture_of_memories() {
    let mut rng = rng(7);
    let memories = Array2::from_shape_simple_fn((6, 3), || rng.sample::<f64, _>(StandardNormal));
    let energy = Mixture::new(memories.clone(), Array1::ones(6), 0.7).unwrap();
    for _ in 0..20 {
        let v = normal(3, &mut rng);
        let bells =
            memories.rows().into_iter().map(|m| (-(&v - &m).mapv(|d| d * d).sum() / 0.98).exp());
        assert!((energy.energy(&v) + (bells.sum::<f64>() / 6.0).ln()).abs() < 1e-13);
    }
}

/// A step of length s² on a mixture against the mean of its centres, weighted by hand.
#[test]
fn mixture_descent_is_averaging() {
    let mut rng = rng(7);
    let centres = Array2::from_shape_simple_fn((6, 3), || rng.sample::<f64, _>(StandardNormal));
    let weights = array![0.1, 0.3, 0.2, 0.1, 0.2, 0.1];
    let width: f64 = 0.6;
    let mixture = Mixture::new(centres.clone(), weights.clone(), width).unwrap();
    let x = normal(3, &mut rng);
    let shares: Array1<f64> = (0..6)
        .map(|k| {
            let square: f64 = (0..3).map(|i| (x[i] - centres[[k, i]]).powi(2)).sum();
            weights[k] * (-square / (2.0 * width * width)).exp()
        })
        .collect();
    let mean = shares.dot(&centres) / shares.sum();
    let path = Descent::new(width * width).unwrap().path(&mixture, &x, 200).unwrap();
    assert!(furthest(&path.states.row(1), &mean) < 1e-14);
    // The curvature of a mixture is nowhere above 1/s², so that this step never climbs.
    assert_eq!(path.first_rise(), None);
}

/// On a table of random energies: the best pair against a double loop, and against the minimum over either variable first.
#[test]
fn latent_variable_inference() {
    let mut rng = rng(8);
    for _ in 0..50 {
        let table = Array2::from_shape_simple_fn((8, 9), || rng.sample::<f64, _>(StandardNormal));
        let mut best = (0, 0);
        for (place, &e) in table.indexed_iter() {
            if e < table[best] {
                best = place;
            }
        }
        let energy = Table(table);
        let (answer, latent) =
            Minimised::new(&energy, 1, numbers(9)).unwrap().search(&numbers(8)).unwrap();
        assert_eq!((answer.index, latent[0] as usize), best);
        assert_eq!(answer.energy, energy.0[best]);
    }
    // Continuous: joint descent on (y₁, y₂, z) with y₁ held at 1, from many angles, against a fine grid of z. The best y₂ is on the ellipse.
    let ellipse = Ellipse::new(2.0, 1.5).unwrap();
    let held = Clamped::new(ellipse, array![1.0, 0.0, 0.0], vec![1, 2]).unwrap();
    let mut ends = Vec::new();
    for z in [-2.0, -1.0, 1.0, 2.0] {
        ends.push(Descent::new(0.2).unwrap().infer(&held, &array![0.3, z]).unwrap());
    }
    let heights: BTreeSet<i64> = ends.iter().map(|end| (end.x[0] * 1e6).round() as i64).collect();
    let exact = 1.5 * (1.0_f64 - 0.25).sqrt();
    assert_eq!(
        heights,
        BTreeSet::from([-(exact * 1e6).round() as i64, (exact * 1e6).round() as i64])
    );
    assert!(ends.iter().all(|end| end.energy < 1e-18));
}

/// The minimum over pairs against the minimum of minima in both orders, on tables of random energies.
#[test]
fn joint_minimum_in_turn() {
    let mut rng = rng(9);
    for _ in 0..50 {
        let table = Array2::from_shape_simple_fn((5, 6), || rng.sample::<f64, _>(StandardNormal));
        let lowest = table.fold(f64::INFINITY, |a, &b| a.min(b));
        let energy = Table(table.clone());
        let rows = Minimised::new(&energy, 1, numbers(6)).unwrap();
        assert_eq!(search(&rows, &numbers(5)).unwrap().energy, lowest);
        let columns = Minimised::new(Table(table.t().to_owned()), 1, numbers(5)).unwrap();
        assert_eq!(search(&columns, &numbers(6)).unwrap().energy, lowest);
        for (y, row) in table.rows().into_iter().enumerate() {
            let least = row.fold(f64::INFINITY, |a, &b| a.min(b));
            assert_eq!(rows.energy(&array![y as f64]), least);
        }
    }
}

/// The distance from (y₁, y₂) to the ellipse by Newton's method on the angle from many starts.
fn distance_to_ellipse(a: f64, b: f64, y: &Array1<f64>) -> (f64, f64) {
    let mut best = (f64::INFINITY, 0.0);
    for start in 0..32 {
        let mut z = std::f64::consts::TAU * start as f64 / 32.0;
        for _ in 0..60 {
            // ½ d/dz of the squared distance, and its derivative.
            let g = (y[0] - a * z.cos()) * a * z.sin() - (y[1] - b * z.sin()) * b * z.cos();
            let h = y[0] * a * z.cos() + y[1] * b * z.sin() - (a * a - b * b) * (2.0 * z).cos();
            z -= g / h;
        }
        let square = (y[0] - a * z.cos()).powi(2) + (y[1] - b * z.sin()).powi(2);
        if square < best.0 {
            best = (square, z);
        }
    }
    best
}

/// The energy that is left when the angle is minimised away: 0 on the ellipse, and half the squared distance off it, which Newton's method
/// finds by itself; the answers that angles lead to lie on the ellipse.
#[test]
fn latent_variable_manifold() {
    let mut rng = rng(10);
    let ellipse = Ellipse::new(2.0, 1.5).unwrap();
    let angles = Array1::linspace(0.0, std::f64::consts::TAU, 20_001).insert_axis(Axis(1));
    let manifold = Minimised::new(ellipse, 2, angles.clone()).unwrap();
    for z in (0..20_001).step_by(200) {
        let z = angles[[z, 0]];
        assert!(manifold.energy(&array![2.0 * z.cos(), 1.5 * z.sin()]) < 1e-12);
    }
    for _ in 0..100 {
        let y = normal(2, &mut rng) * 2.0;
        let (square, _) = distance_to_ellipse(2.0, 1.5, &y);
        // The grid misses the best angle by at most 1.6e-4, and the energy by the square of that times its curvature.
        assert!((manifold.energy(&y) - 0.5 * square).abs() < 1e-6);
    }
    // With the angle held, inference gives the point with this angle.
    for z in [0.1, 2.0, 4.0] {
        let held = Clamped::new(ellipse, array![0.0, 0.0, z], vec![0, 1]).unwrap();
        let y = Descent::new(0.5).unwrap().infer(&held, &array![0.3, 0.4]).unwrap().x;
        assert!(((y[0] / 2.0).powi(2) + (y[1] / 1.5).powi(2) - 1.0).abs() < 1e-9);
        assert!((y[0] - 2.0 * f64::cos(z)).abs() < 1e-9);
    }
}

/// The slope with the best latent held against central differences of the minimised energy.
#[test]
fn envelope_slope() {
    let mut rng = rng(11);
    let angles = Array1::linspace(0.0, std::f64::consts::TAU, 2001).insert_axis(Axis(1));
    let manifold = Minimised::new(Ellipse::new(2.0, 1.5).unwrap(), 2, angles).unwrap();
    for _ in 0..100 {
        let y = normal(2, &mut rng) * 2.0;
        // Exact, where both ends of the difference have the same best angle of the list; else wrong by no more than its spacing times the axis.
        let slope = differences(|y| manifold.energy(y), &y, 1e-6);
        assert!(furthest(&manifold.gradient(&y), &slope) < 2.0 * 3.2e-3);
        // And against the geometry: the slope points away from the nearest point.
        let (_, z) = distance_to_ellipse(2.0, 1.5, &y);
        let away = array![y[0] - 2.0 * z.cos(), y[1] - 1.5 * z.sin()];
        assert!(furthest(&manifold.gradient(&y), &away) < 2.0 * 1.6e-3);
    }
}

/// The largest rise along a walk.
fn rise(walk: &Trajectory) -> f64 {
    walk.energies
        .windows(2)
        .into_iter()
        .fold(f64::NEG_INFINITY, |most, pair| most.max(pair[1] - pair[0]))
}

/// A random quartic with walls: ¼ Σ xᵢ⁴ + ½ xᵀAx + b·x.
struct Quartic {
    a: Array2<f64>,
    b: Array1<f64>,
}

impl Energy for Quartic {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        0.25 * x.mapv(|x| x.powi(4)).sum() + 0.5 * x.dot(&self.a.dot(x)) + self.b.dot(x)
    }
}

impl Differentiable for Quartic {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.assign(&(x.mapv(|x| x.powi(3)) + self.a.dot(x) + &self.b));
    }
}

fn quartic(n: usize, rng: &mut impl Rng) -> Quartic {
    let root = Array2::from_shape_simple_fn((n, n), || rng.sample::<f64, _>(StandardNormal));
    Quartic { a: &root + &root.t(), b: normal(n, rng) }
}

/// The energy at all pairs of times along a hundred gradient flows against its definition, that it never rises; a field that turns round and round breaks it.
#[test]
fn deterministic_ebm_definition() {
    let mut rng = rng(12);
    for _ in 0..100 {
        let hill = quartic(3, &mut rng);
        let walk = flow(&hill, &normal(3, &mut rng), 5.0, 1000).unwrap();
        for t in (0..1000).step_by(50) {
            assert!((t..=1000).all(|later| walk.energies[t] >= walk.energies[later] - 1e-10));
        }
    }
    let round = flow(&Roundabout, &array![1.0, 0.0], 5.0, 1000).unwrap();
    assert!((round.energies[1000] - f64::cos(5.0).powi(2)).abs() < 1e-9);
    assert!(round.first_rise().is_some());
}

/// $E = x_1^2$ with a field that is not its slope, and turns round and round: $\dot x = (-x_2, x_1)$.
struct Roundabout;
impl Energy for Roundabout {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        x[0] * x[0]
    }
}
impl Differentiable for Roundabout {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient[0] = x[1];
        gradient[1] = -x[0];
    }
}

/// A step against the slope by central differences; on the parabola of curvature 1 the energy after twenty steps against $(1 - \eta)^{40}$
/// times that at the start, falling for $\eta \le 2$ and rising above; and on random bowls the promised fall.
#[test]
fn gradient_descent_dynamics() {
    let mut rng = rng(13);
    let hill = quartic(3, &mut rng);
    let x = normal(3, &mut rng);
    let walk = Descent::new(0.01).unwrap().path(&hill, &x, 1).unwrap();
    let step = &x - &(differences(|x| hill.energy(x), &x, 1e-4) * 0.01);
    assert!(furthest(&walk.states.row(1), &step) < 1e-9);

    let parabola = Gaussian::new(array![0.0], array![[1.0]]).unwrap();
    for (rate, falls) in [(0.5, true), (1.0, true), (1.9, true), (2.0, true), (2.1, false)] {
        let walk = Descent::new(rate).unwrap().path(&parabola, &array![1.0], 20).unwrap();
        let exact = 0.5 * f64::powi(1.0 - rate, 40);
        assert!((walk.energies[20] - exact).abs() < 1e-12 * exact.max(1e-30));
        assert_eq!(walk.first_rise().is_none(), falls, "{rate}");
    }
    assert!(matches!(Descent::new(-0.1), Err(Error::Parameter { what: "rate", .. })));
    let bowl = Gaussian::new(array![0.0, 0.0], array![[3.0, 1.0], [1.0, 3.0]]).unwrap();
    for rate in [0.1, 0.25, 0.4, 0.5] {
        let walk = Descent::new(rate).unwrap().path(&bowl, &normal(2, &mut rng), 10).unwrap();
        for (k, x) in walk.states.rows().into_iter().enumerate().take(10) {
            // The largest curvature is 4.
            let slope = bowl.gradient(&x);
            let promised = rate * (1.0 - 0.5 * rate * 4.0) * slope.dot(&slope);
            assert!(walk.energies[k + 1] <= walk.energies[k] - promised + 1e-14);
        }
    }
}

/// The flow on a bowl against the matrix exponential by its series, and its order of convergence in the step against Runge and Kutta's fourth.
#[test]
fn gradient_flow_dynamics() {
    let a = array![[2.0, 0.5], [0.5, 1.0]];
    let bowl = Gaussian::new(array![0.0, 0.0], a.clone()).unwrap();
    let start = array![1.0, -2.0];
    let (mut exact, mut term) = (start.clone(), start.clone());
    for k in 1..60 {
        term = a.dot(&term) * (-1.5 / k as f64);
        exact += &term;
    }
    let miss = |steps: usize| {
        let walk = flow(&bowl, &start, 1.5, steps).unwrap();
        furthest(&walk.states.row(steps), &exact)
    };
    assert!(miss(400) < 1e-10);
    let order = (miss(20) / miss(40)).log2();
    assert!((order - 4.0).abs() < 0.15, "{order}");
}

/// The rate at which the energy falls along a flow, by differences in time, against minus the square of the slope.
#[test]
fn gradient_flow_energy_decay() {
    let mut rng = rng(14);
    let hill = quartic(3, &mut rng);
    let (time, steps) = (2.0, 4000);
    let walk = flow(&hill, &normal(3, &mut rng), time, steps).unwrap();
    let dt = time / steps as f64;
    for k in (10..steps).step_by(40) {
        let rate = (walk.energies[k + 1] - walk.energies[k - 1]) / (2.0 * dt);
        let slope = hill.gradient(&walk.states.row(k));
        let square = slope.dot(&slope);
        // Central differences err by dt² times the third derivative in time, which is of the order of a cube of the curvature times the rate.
        assert!((rate + square).abs() < 1e-4 * square + 1e-9);
    }
}

/// A slope without an end.
struct Ramp;
impl Energy for Ramp {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        -x[0]
    }
}
impl Differentiable for Ramp {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient[0] = -1.0;
    }
}

/// Flows on a double well, which is bounded below and walled in, all end without a slope; on a ramp the energy falls as well, and the state
/// leaves for ever, as far as its closed form says.
#[test]
fn energy_lyapunov_function() {
    let mut rng = rng(15);
    let well = DoubleWell::new(1.0, 0.1).unwrap();
    for _ in 0..50 {
        let walk = flow(&well, &normal(2, &mut rng), 40.0, 8000).unwrap();
        assert!(rise(&walk) <= 1e-12);
        let end = walk.states.row(8000).to_owned();
        assert!(well.gradient(&end).iter().all(|g| g.abs() < 1e-8));
    }
    let walk = flow(&Ramp, &array![0.0], 1000.0, 100).unwrap();
    assert!(rise(&walk) < 0.0);
    assert!((walk.states[[100, 0]] - 1000.0).abs() < 1e-9);
    assert!(matches!(
        Descent::new(1.0).unwrap().infer(&Ramp, &array![0.0]),
        Err(Error::NotConverged { .. })
    ));
}

/// Whether descent stays at a minimum of a double well, from a start close by, against $\eta < 2 / E''$ with the curvature by differences.
#[test]
fn descent_local_step_limit() {
    for (height, tilt) in [(1.0, 0.0), (2.0, 0.5), (0.3, -0.1)] {
        let well = DoubleWell::new(height, tilt).unwrap();
        let minimum = Descent::new(0.01).unwrap().infer(&well, &array![-1.0]).unwrap().x;
        let (x, h) = (minimum[0], 1e-4);
        let e = |x: f64| well.energy(&array![x]);
        let curvature = (e(x + h) - 2.0 * e(x) + e(x - h)) / (h * h);
        for (factor, stays) in [(0.98, true), (1.02, false)] {
            let descent = Descent::new(factor * 2.0 / curvature).unwrap();
            let walk = descent.path(&well, &(&minimum + 1e-3), 2000).unwrap();
            let distance = (walk.states[[2000, 0]] - x).abs();
            assert_eq!(distance < 1e-6, stays, "{height} {tilt} {factor}: {distance}");
        }
    }
}

/// Steps of descent on the double well against the cubic written out.
#[test]
fn double_well_descent_map() {
    let height = 1.7;
    let well = DoubleWell::new(height, 0.0).unwrap();
    for c in [0.4, 1.1, 1.9] {
        let walk =
            Descent::new(c / (4.0 * height)).unwrap().path(&well, &array![0.3], 300).unwrap();
        for (from, to) in walk.states.column(0).iter().zip(walk.states.column(0).iter().skip(1)) {
            assert!((to - ((1.0 + c) * from - c * from.powi(3))).abs() < 1e-13);
        }
    }
}

/// The two states between which descent ends up against the closed form, just inside the range of step sizes in which that cycle attracts, at
/// both ends; just beyond the upper end it is left for a cycle of four.
#[test]
fn descent_two_cycle() {
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    let end = 5f64.sqrt() - 1.0;
    for (c, attracts) in [(1.02, true), (1.1, true), (end - 0.01, true), (end + 0.01, false)] {
        let walk = Descent::new(c / 4.0).unwrap().path(&well, &array![0.9], 20_000).unwrap();
        let mut last = [walk.states[[20_000, 0]].abs(), walk.states[[19_999, 0]].abs()];
        last.sort_by(f64::total_cmp);
        let (sum, difference) = ((1.0 + 3.0 / c).sqrt(), (1.0 - 1.0 / c).sqrt());
        let miss =
            (last[0] - 0.5 * (sum - difference)).abs() + (last[1] - 0.5 * (sum + difference)).abs();
        assert_eq!(miss < 1e-9, attracts, "{c}: {miss}");
        // It climbs as often as it falls.
        assert!(walk.first_rise().is_some());
        let four_back = (walk.states[[20_000, 0]] - walk.states[[19_996, 0]]).abs();
        assert!(four_back < 1e-9);
    }
}

/// Steps at $\eta = 1/2h$ against the cosine of three times the angle, and the mean logarithm of the stretching along a long walk against $\log 3$.
#[test]
fn descent_becomes_chaos() {
    let height = 0.8;
    let well = DoubleWell::new(height, 0.0).unwrap();
    let descent = Descent::new(0.5 / height).unwrap();
    let root = 2f64.sqrt();
    for k in 0..100 {
        let angle = std::f64::consts::PI * (k as f64 + 0.5) / 100.0;
        let walk = descent.path(&well, &array![root * angle.cos()], 1).unwrap();
        assert!((walk.states[[1, 0]] + root * (3.0 * angle).cos()).abs() < 1e-14);
    }
    let walk = descent.path(&well, &array![0.123], 200_000).unwrap();
    // The derivative of 3x − 2x³.
    let logs = walk.states.column(0).mapv(|x| (3.0 - 6.0 * x * x).abs().ln());
    let mean = logs.mean().unwrap();
    // By batches of 1000 steps, since neighbours know of each other.
    let batches: Vec<f64> =
        logs.slice(s![1..]).exact_chunks(1000).into_iter().map(|b| b.sum() / 1000.0).collect();
    let error = (batches.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / 200.0 / 199.0).sqrt();
    assert!(error < 0.01 && (mean - 3f64.ln()).abs() < 4.0 * error, "{mean} ± {error}");
}

/// The end of each of many walks on a tilted double well against the side of the pass on which it began; the pass is the middle root of the cubic slope, by
/// the trigonometric formula.
#[test]
fn basin_of_attraction() {
    let (height, tilt) = (1.0, 0.6);
    let well = DoubleWell::new(height, tilt).unwrap();
    // x³ − x + t/4h = 0: x = 2/√3 cos(φ − 2πk/3), cos 3φ = −(t/4h) 3√3/2.
    let third = (-(tilt / (4.0 * height)) * 1.5 * 3f64.sqrt()).acos() / 3.0;
    let root = |k: f64| 2.0 / 3f64.sqrt() * (third - std::f64::consts::TAU * k / 3.0).cos();
    let (right, pass, left) = (root(0.0), root(1.0), root(2.0));
    let mut roots = [right, pass, left];
    roots.sort_by(f64::total_cmp);
    let starts = Array1::linspace(-1.7, 1.7, 400).insert_axis(Axis(1));
    let basins = Descent::new(0.02).unwrap().basins(&well, &starts, 1e-3).unwrap();
    assert_eq!(basins.attractors.nrows(), 2);
    for (start, label) in starts.iter().zip(&basins.labels) {
        let end = basins.attractors[[label.unwrap(), 0]];
        let expected = if *start < roots[1] { roots[0] } else { roots[2] };
        assert!((end - expected).abs() < 1e-8, "{start} {end}");
    }
}

/// A machine of 4 visible and 3 hidden units with random parameters, and the configurations of each kind.
fn machine(seed: u64) -> (Bipartite, Array2<f64>, Array2<f64>) {
    let mut rng = rng(seed);
    let weights = Array2::from_shape_simple_fn((4, 3), || rng.sample::<f64, _>(StandardNormal));
    let energy = Bipartite::new(normal(4, &mut rng), normal(3, &mut rng), &weights).unwrap();
    (energy, binary_states(4, 0.0, 1.0).unwrap(), binary_states(3, 0.0, 1.0).unwrap())
}

/// The unnormalised weight of every pair of configurations by the double sum written out with the machine's parameters, 16 × 8.
fn weights_by_hand(energy: &Bipartite) -> Array2<f64> {
    let t = energy.parameters();
    let bit = |n: usize, units: usize, i: usize| (n >> (units - 1 - i) & 1) as f64;
    Array2::from_shape_fn((16, 8), |(x, h)| {
        let mut exponent = 0.0;
        for i in 0..4 {
            exponent += t[i] * bit(x, 4, i);
            for j in 0..3 {
                exponent += t[7 + 3 * i + j] * bit(x, 4, i) * bit(h, 3, j);
            }
        }
        (0..3).fold(exponent, |sum, j| sum + t[4 + j] * bit(h, 3, j)).exp()
    })
}

/// The logarithm of the product of the samples' probabilities, each by hand.
fn log_likelihood_by_hand(energy: &Bipartite, data: &[usize]) -> f64 {
    let f = weights_by_hand(energy);
    let z = f.sum();
    data.iter().map(|&x| (f.row(x).sum() / z).ln()).sum()
}

const DATA: [usize; 5] = [3, 12, 3, 7, 14];

/// A random table over its sum against the probabilities, which do not change when the table is scaled by 7 or by $10^{300}$; a machine's
/// probabilities against the double sum.
#[test]
fn ebm_joint_probability() {
    let mut rng = rng(20);
    let f = Array2::from_shape_simple_fn((4, 3), || rng.random::<f64>());
    let p = Joint::new(&f).unwrap().probabilities();
    let exact = &f / f.sum();
    for scale in [1.0, 7.0, 1e300] {
        let scaled = Joint::new(&(&f * scale)).unwrap().probabilities();
        assert!(scaled.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-13));
    }
    assert!((p.sum() - 1.0).abs() < 1e-14);
    let (energy, visible, hidden) = machine(21);
    let (f, p) = (weights_by_hand(&energy), Joint::of_energy(&energy, &visible, &hidden).unwrap());
    let z = f.sum();
    assert!(p.probabilities().iter().zip(&f).all(|(p, f)| (p - f / z).abs() < 1e-14));
}

/// Tables that are distributions once divided by their sum, against those that cannot be; and the sum of $1/k$, which grows with the
/// logarithm of the length for ever.
#[test]
fn ebm_nonnegative_f() {
    let f = array![[3.0, 0.0], [4.0, 10.0]];
    assert!((Joint::new(&f).unwrap().log_partition() - 17f64.ln()).abs() < 1e-14);
    for bad in [
        array![[1.0, -1e-9]],
        array![[1.0, f64::NAN]],
        array![[f64::INFINITY, 1.0]],
        array![[0.0, 0.0]],
    ] {
        assert!(matches!(Joint::new(&bad), Err(Error::Domain { what: "f", .. })));
    }
    let z = |n: usize| {
        let f = Array1::from_iter((1..=n).map(|k| 1.0 / k as f64)).insert_axis(Axis(0));
        Joint::new(&f).unwrap().log_partition().exp()
    };
    for n in [100, 1000, 10_000] {
        // The harmonic numbers differ from log n + γ by 1/2n: ten times as many terms add log 10, and no limit is near.
        assert!((z(10 * n) - z(n) - 10f64.ln()).abs() < 0.5 / n as f64);
    }
}

/// The logarithm of the sum over all pairs against the sum over $x$ of the product over hidden units, and against the energies of the table
/// shifted by 1000, where the sum itself overflows. A sum over pairs of units, twelve terms, is another number.
#[test]
fn partition_function_configuration_sum() {
    let (energy, visible, hidden) = machine(22);
    let t = energy.parameters();
    let mut z = 0.0;
    for x in visible.rows() {
        let mut product = x.iter().zip(t).map(|(x, a)| x * a).sum::<f64>().exp();
        for j in 0..3 {
            let field = t[4 + j] + (0..4).map(|i| x[i] * t[7 + 3 * i + j]).sum::<f64>();
            product *= 1.0 + field.exp();
        }
        z += product;
    }
    let p = Joint::of_energy(&energy, &visible, &hidden).unwrap();
    assert!((p.log_partition() - z.ln()).abs() < 1e-13);
    struct Lower<'a>(&'a Bipartite);
    impl Energy for Lower<'_> {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            self.0.energy(x) - 1000.0
        }
    }
    let lower = Joint::of_energy(&Lower(&energy), &visible, &hidden).unwrap();
    assert!((lower.log_partition() - z.ln() - 1000.0).abs() < 1e-12);
    assert!(
        lower.probabilities().iter().zip(&p.probabilities()).all(|(a, b)| (a - b).abs() < 1e-12)
    );
    let elements: f64 = (0..12).map(|k| (t[k / 3] + t[4 + k % 3] + t[7 + k]).exp()).sum();
    assert!((elements / z - 1.0).abs() > 0.1);
}

/// The listed states of up to 12 units, counted and found to be all different, against $2^M$.
#[test]
fn infinitely_many_configurations() {
    for m in 1..=12 {
        let states = binary_states(m, 0.0, 1.0).unwrap();
        let different: BTreeSet<Vec<u8>> =
            states.rows().into_iter().map(|s| s.iter().map(|&b| b as u8).collect()).collect();
        assert_eq!((states.nrows(), different.len()), (1 << m, 1 << m));
    }
}

/// The size of the table over all configurations against $2^M \cdot 2^N$ for up to six units of each kind.
#[test]
fn binary_configuration_count() {
    for m in 1..=6 {
        for n in 1..=6 {
            let energy =
                Bipartite::new(Array1::zeros(m), Array1::zeros(n), &Array2::zeros((m, n))).unwrap();
            let (x, h) = (binary_states(m, 0.0, 1.0).unwrap(), binary_states(n, 0.0, 1.0).unwrap());
            let p = Joint::of_energy(&energy, &x, &h).unwrap();
            assert_eq!(p.probabilities().dim(), (2usize.pow(m as u32), 2usize.pow(n as u32)));
            // Every configuration has weight 1.
            assert!((p.log_partition() - (m + n) as f64 * 2f64.ln()).abs() < 1e-13);
        }
    }
}

/// The decimal digits of $2^{784}$ by repeated doubling, against its logarithm; and the number of energies that enumeration asks for, counted, against a
/// doubling for each unit.
#[test]
fn configuration_explosion() {
    let mut digits = vec![1u8];
    for _ in 0..784 {
        let mut carry = 0;
        for digit in &mut digits {
            let twice = 2 * *digit + carry;
            (*digit, carry) = (twice % 10, twice / 10);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    assert_eq!(digits.len(), 237);
    assert_eq!((784.0 * 2f64.log10()).floor() as usize + 1, 237);

    struct Counting(std::cell::Cell<u64>);
    impl Energy for Counting {
        fn energy(&self, _: &ArrayRef1<f64>) -> f64 {
            self.0.set(self.0.get() + 1);
            0.0
        }
    }
    let mut last = 0;
    for units in [5, 6, 7, 8] {
        let counting = Counting(std::cell::Cell::new(0));
        let half = binary_states(units, 0.0, 1.0).unwrap();
        Joint::of_energy(&counting, &half, &half).unwrap();
        let asked = counting.0.get();
        assert!(last == 0 || asked == 4 * last, "two units more, four times the work");
        last = asked;
    }
}

/// The probability of what is seen against the row sums of the table, and against the frequencies of a hundred thousand draws of pairs.
#[test]
fn ebm_visible_marginal() {
    let (energy, visible, hidden) = machine(23);
    let (f, p) = (weights_by_hand(&energy), Joint::of_energy(&energy, &visible, &hidden).unwrap());
    let z = f.sum();
    for x in 0..16 {
        assert!((p.visible()[x] - f.row(x).sum() / z).abs() < 1e-14);
    }
    assert!((p.visible().sum() - 1.0).abs() < 1e-14);
    let (mut rng, n) = (rng(24), 100_000);
    let mut counts = [0.0; 16];
    for _ in 0..n {
        let mut rest = rng.random::<f64>() * z;
        let drawn = f.indexed_iter().find(|&(_, f)| {
            rest -= f;
            rest < 0.0
        });
        counts[drawn.map_or(15, |((x, _), _)| x)] += 1.0 / n as f64;
    }
    for (frequency, p) in counts.iter().zip(p.visible()) {
        assert!((frequency - p).abs() < 4.0 * (p * (1.0 - p) / n as f64).sqrt());
    }
}

/// The probability of what is hidden against the column sums of the table.
#[test]
fn ebm_hidden_marginal() {
    let (energy, visible, hidden) = machine(25);
    let (f, p) = (weights_by_hand(&energy), Joint::of_energy(&energy, &visible, &hidden).unwrap());
    for h in 0..8 {
        assert!((p.hidden()[h] - f.column(h).sum() / f.sum()).abs() < 1e-14);
    }
    assert!((p.hidden().sum() - 1.0).abs() < 1e-14);
}

/// The weight that is left of a visible configuration against the sum over the hidden ones, and its ratio to the probability against $Z$,
/// for all 16.
#[test]
fn marginal_unnormalised_weight() {
    let (energy, visible, hidden) = machine(26);
    let (f, p) = (weights_by_hand(&energy), Joint::of_energy(&energy, &visible, &hidden).unwrap());
    for (x, log_f) in p.log_weights().iter().enumerate() {
        assert!((log_f - f.row(x).sum().ln()).abs() < 1e-13);
        assert!((log_f - p.visible()[x].ln() - f.sum().ln()).abs() < 1e-12);
    }
}

/// As printed, $p(x) = \sum_h f(x, h)$: these do not sum to 1 but to $Z$.
#[test]
fn erratum_marginal_unnormalised_weight() {
    let (energy, visible, hidden) = machine(26);
    let printed = Joint::of_energy(&energy, &visible, &hidden).unwrap().log_weights().exp();
    assert!((printed.sum() - weights_by_hand(&energy).sum()).abs() < 1e-9);
    assert!(printed.sum() > 2.0 && printed.iter().any(|&p| p > 1.0));
}

/// Samples against units: two samples drawn from the weights by hand occur together as often as the product of the library's probabilities says, cell
/// by cell, while the probability of a configuration is not the product of its units'. $Z$ over the data alone is not $Z$.
#[test]
fn units_versus_samples() {
    let (energy, visible, hidden) = machine(27);
    let p = Joint::of_energy(&energy, &visible, &hidden).unwrap();
    let units: Array1<f64> = p.visible().dot(&visible);
    let product = visible.map_axis(Axis(1), |x| {
        x.iter().zip(&units).map(|(&x, &m)| if x == 1.0 { m } else { 1.0 - m }).product::<f64>()
    });
    assert!(furthest(&product, &p.visible()) > 1e-3);
    // Samples are. The draws come from the weights written out, the probability of a pair from the library's likelihood.
    let f = weights_by_hand(&energy);
    let (mut rng, n, mut counts) = (rng(270), 200_000, [0.0; 256]);
    let mut draw = || {
        // The 8 hidden configurations of a visible one stand side by side.
        let mut left = rng.random::<f64>() * f.sum();
        let beyond = |weight: &f64| {
            left -= weight;
            left < 0.0
        };
        f.iter().position(beyond).unwrap_or(127) / 8
    };
    for _ in 0..n {
        counts[16 * draw() + draw()] += 1.0;
    }
    for (pair, count) in counts.iter().enumerate() {
        let expected = p.log_likelihood(&[pair / 16, pair % 16]).exp();
        // 256 cells: five standard errors, and three draws for cells that are nearly empty.
        let error = 5.0 * (expected * (1.0 - expected) / n as f64).sqrt() + 3.0 / n as f64;
        assert!((count / n as f64 - expected).abs() < error, "{pair}: {count} {expected}");
    }
    let over_data: f64 = DATA.iter().map(|&x| weights_by_hand(&energy).row(x).sum()).sum();
    assert!((over_data / weights_by_hand(&energy).sum() - 1.0).abs() > 0.01);
}

/// Given the visible units, the probability of the hidden ones against the product of logistic functions, for every $x$.
#[test]
fn hidden_variables_iid() {
    let (energy, visible, hidden) = machine(28);
    let (p, t) = (
        Joint::of_energy(&energy, &visible, &hidden).unwrap().probabilities(),
        energy.parameters(),
    );
    for (x, row) in visible.rows().into_iter().zip(p.rows()) {
        for (h, joint) in hidden.rows().into_iter().zip(row) {
            let mut product = 1.0;
            for j in 0..3 {
                let field = t[4 + j] + (0..4).map(|i| x[i] * t[7 + 3 * i + j]).sum::<f64>();
                let on = 1.0 / (1.0 + (-field).exp());
                product *= if h[j] == 1.0 { on } else { 1.0 - on };
            }
            assert!((joint / row.sum() - product).abs() < 1e-13);
        }
    }
}

/// As printed, the hidden units are independent and alike: their means differ, and their covariances are not 0.
#[test]
fn erratum_hidden_variables_iid() {
    let (energy, visible, hidden) = machine(28);
    let p = Joint::of_energy(&energy, &visible, &hidden).unwrap().hidden();
    let mean = |f: &dyn Fn(usize) -> f64| (0..8).map(|h| p[h] * f(h)).sum::<f64>();
    let unit = |j: usize| mean(&|h| hidden[[h, j]]);
    let covariance =
        |i: usize, j: usize| mean(&|h| hidden[[h, i]] * hidden[[h, j]]) - unit(i) * unit(j);
    // By enumeration, so that what is not rounding is not 0.
    assert!([(0, 1), (0, 2), (1, 2)].iter().any(|&(i, j)| covariance(i, j).abs() > 1e-3));
    assert!((unit(0) - unit(1)).abs().max((unit(1) - unit(2)).abs()) > 0.05);
}

/// Three draws from a distribution over four values: the product of probabilities against the frequencies of the 64 outcomes of 200,000 triples, and 1 in all.
#[test]
fn iid_joint_factorisation() {
    let p = Joint::new(&array![[1.0, 2.0], [3.0, 1.0], [0.5, 0.5], [1.0, 0.0]]).unwrap();
    let (mut rng, n) = (rng(29), 200_000);
    let bounds: Vec<f64> = p
        .visible()
        .iter()
        .scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        })
        .collect();
    let mut counts = Array1::<f64>::zeros(64);
    for _ in 0..n {
        let mut triple = 0;
        for _ in 0..3 {
            let u = rng.random::<f64>();
            triple = 4 * triple + bounds.iter().position(|&b| u < b).unwrap_or(3);
        }
        counts[triple] += 1.0;
    }
    let mut total = 0.0;
    for (triple, count) in counts.iter().enumerate() {
        let product = p.log_likelihood(&[triple / 16, triple / 4 % 4, triple % 4]).exp();
        total += product;
        // 64 cells: 4.5 standard errors.
        assert!(
            (count / n as f64 - product).abs()
                < 4.5 * (product * (1.0 - product) / n as f64).sqrt()
        );
    }
    assert!((total - 1.0).abs() < 1e-14);
}

/// The likelihood of five samples, one of them twice, against $\prod_i \sum_h f(x^{(i)}, h) / Z$ from the double sum written out.
#[test]
fn likelihood_of_dataset() {
    let (energy, visible, hidden) = machine(30);
    let p = Joint::of_energy(&energy, &visible, &hidden).unwrap();
    let f = weights_by_hand(&energy);
    let product: f64 = DATA.iter().map(|&x| f.row(x).sum() / f.sum()).product();
    assert!((p.log_likelihood(&DATA).exp() / product - 1.0).abs() < 1e-12);
}

/// The likelihood against weights over the *n*th power of $Z$; that of all pairs of samples sums to 1.
#[test]
fn likelihood_partition_function_power() {
    let (energy, visible, hidden) = machine(30);
    let (f, p) = (weights_by_hand(&energy), Joint::of_energy(&energy, &visible, &hidden).unwrap());
    let weights: f64 = DATA.iter().map(|&x| f.row(x).sum()).product();
    assert!((p.log_likelihood(&DATA) - (weights / f.sum().powi(5)).ln()).abs() < 1e-12);
    let pairs = (0..256).map(|k| p.log_likelihood(&[k / 16, k % 16]).exp());
    assert!((pairs.sum::<f64>() - 1.0).abs() < 1e-13);
}

/// As printed, with $1/Z$ once: all pairs of samples sum to $Z$ and not to 1, and the five samples have a "probability" $Z^4$ times too large.
#[test]
fn erratum_likelihood_partition_function_power() {
    let (energy, _, _) = machine(30);
    let f = weights_by_hand(&energy);
    let printed = |data: &[usize]| data.iter().map(|&x| f.row(x).sum()).product::<f64>() / f.sum();
    let pairs: f64 = (0..256).map(|k| printed(&[k / 16, k % 16])).sum();
    assert!((pairs / f.sum() - 1.0).abs() < 1e-12 && pairs > 2.0);
    let right = log_likelihood_by_hand(&energy, &DATA).exp();
    assert!((printed(&DATA) / right / f.sum().powi(4) - 1.0).abs() < 1e-10);
}

/// As printed once more, with the marginal weights $f(x)$: a single factor $1/Z$ normalises one sample, and no more.
#[test]
fn erratum_likelihood_simplified() {
    let (energy, visible, hidden) = machine(31);
    let p = Joint::of_energy(&energy, &visible, &hidden).unwrap();
    let printed =
        |data: &[usize]| data.iter().map(|&x| p.log_weights()[x]).sum::<f64>() - p.log_partition();
    assert!((printed(&DATA[..1]) - p.log_likelihood(&DATA[..1])).abs() < 1e-12);
    assert!((printed(&DATA) - p.log_likelihood(&DATA)).abs() > 1.0);
}

/// For one unit: the likeliest bias, by golden section on the likelihood, against the logarithm of the odds of the data.
#[test]
fn maximum_likelihood_problem() {
    let states = binary_states(1, 0.0, 1.0).unwrap();
    let data = [1, 1, 0, 1, 0, 1, 1];
    let likelihood = |a: f64| {
        let unit = Bipartite::new(array![a], array![0.3], &array![[0.0]]).unwrap();
        Joint::of_energy(&unit, &states, &states).unwrap().log_likelihood(&data).exp()
    };
    let (mut lo, mut hi, ratio) = (-3.0, 3.0, 0.5 * (5f64.sqrt() - 1.0));
    for _ in 0..80 {
        let (left, right) = (hi - ratio * (hi - lo), lo + ratio * (hi - lo));
        if likelihood(left) < likelihood(right) { lo = left } else { hi = right }
    }
    // The likelihood is flat at its top: the square root of rounding is all that can be seen of the place.
    assert!((lo - (5f64 / 2.0).ln()).abs() < 1e-7);
}

/// The order of likelihoods against that of their logarithms, for a thousand pairs of parameters; with 2000 samples the product is 0 and the sum of
/// logarithms a number.
#[test]
fn maximum_log_likelihood() {
    let (mut energy, visible, hidden) = machine(32);
    let mut rng = rng(33);
    let mut both = |rng: &mut _| {
        let t = normal(19, rng);
        energy.parameters_mut().assign(&t);
        let f = weights_by_hand(&energy);
        let product: f64 = DATA.iter().map(|&x| f.row(x).sum() / f.sum()).product();
        (product, Joint::of_energy(&energy, &visible, &hidden).unwrap())
    };
    for _ in 0..1000 {
        let ((p, logarithm), (q, other)) = (both(&mut rng), both(&mut rng));
        assert_eq!(p > q, logarithm.log_likelihood(&DATA) > other.log_likelihood(&DATA));
    }
    let (_, p) = both(&mut rng);
    let many: Vec<usize> = (0..2000).map(|i| i % 16).collect();
    assert_eq!(many.iter().map(|&x| p.visible()[x]).product::<f64>(), 0.0);
    let mean: f64 = p.visible().ln().mean().unwrap();
    assert!((p.log_likelihood(&many) / 2000.0 - mean).abs() < 1e-12);
}

/// A place without slope that is no maximum: without weights and with the biases of independent units the gradient is 0, for any hidden
/// biases, and yet a small push raises the likelihood.
#[test]
fn log_likelihood_stationarity() {
    let (visible, hidden) =
        (binary_states(4, 0.0, 1.0).unwrap(), binary_states(3, 0.0, 1.0).unwrap());
    let data = [0b1111, 0b0000, 0b1110, 0b0001, 0b1100, 0b1101];
    let mean = data.iter().fold(Array1::zeros(4), |sum, &x| sum + visible.row(x)) / 6.0;
    let a = mean.mapv(|m: f64| (m / (1.0 - m)).ln());
    let mut rng = rng(34);
    let mut energy = Bipartite::new(a, normal(3, &mut rng), &Array2::zeros((4, 3))).unwrap();
    let slope = log_likelihood_gradient(&energy, &visible, &hidden, &data).unwrap();
    assert!(slope.iter().all(|g| g.abs() < 1e-12));
    let at_rest = log_likelihood_by_hand(&energy, &data);
    let start = energy.parameters().to_owned();
    let best = (0..200).fold(f64::NEG_INFINITY, |best, _| {
        let push = normal(19, &mut rng) * 0.3;
        energy.parameters_mut().assign(&(&start + &push));
        best.max(log_likelihood_by_hand(&energy, &data))
    });
    assert!(best > at_rest + 0.02, "{best} {at_rest}");
}

/// The gradient by the two phases against central differences of the logarithm of the product.
#[test]
fn log_likelihood_gradient_phases() {
    let (energy, visible, hidden) = machine(35);
    let exact = log_likelihood_gradient(&energy, &visible, &hidden, &DATA).unwrap();
    let slope = differences(
        |t| {
            let mut other = energy.clone();
            other.parameters_mut().assign(t);
            log_likelihood_by_hand(&other, &DATA)
        },
        &energy.parameters().to_owned(),
        1e-5,
    );
    assert!(furthest(&exact, &slope) < 1e-8);
}

/// As printed, with the gradient of $\log Z$ once instead of $n$ times: against central differences of the likelihood it is wrong.
#[test]
fn erratum_log_likelihood_gradient_phases() {
    let (energy, visible, hidden) = machine(35);
    let right = log_likelihood_gradient(&energy, &visible, &hidden, &DATA).unwrap();
    let log_z = differences(
        |t| {
            let mut other = energy.clone();
            other.parameters_mut().assign(t);
            weights_by_hand(&other).sum().ln()
        },
        &energy.parameters().to_owned(),
        1e-5,
    );
    // positive phase − log Z instead of positive phase − n log Z.
    let printed = &right + &(&log_z * 4.0);
    let slope = differences(
        |t| {
            let mut other = energy.clone();
            other.parameters_mut().assign(t);
            log_likelihood_by_hand(&other, &DATA)
        },
        &energy.parameters().to_owned(),
        1e-5,
    );
    assert!(furthest(&printed, &slope) > 0.5);
}

/// Maximum likelihood of a distribution over four values by descent against the frequencies; and for random models the mean surprise less the
/// entropy of the frequencies against the divergence between the two.
#[test]
fn aim_of_generative_methods() {
    let frequencies = array![0.5, 0.2, 0.2, 0.1];
    let data = [0, 0, 0, 0, 0, 1, 1, 2, 2, 3];
    let mut rng = rng(36);
    for _ in 0..20 {
        let f = Array2::from_shape_simple_fn((4, 2), || rng.random::<f64>());
        let p = Joint::new(&f).unwrap();
        let surprise = -p.log_likelihood(&data) / 10.0;
        let entropy: f64 = frequencies.iter().map(|q: &f64| -q * q.ln()).sum();
        let divergence: f64 =
            frequencies.iter().zip(p.visible()).map(|(q, p)| q * (q / p).ln()).sum();
        assert!((surprise - entropy - divergence).abs() < 1e-13);
    }
    // The energies of the four values are the parameters.
    struct Values(Array1<f64>);
    impl Energy for Values {
        fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
            self.0[state[0] as usize]
        }
    }
    impl Learnable for Values {
        fn parameters(&self) -> &ArrayRef1<f64> {
            &self.0
        }
        fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
            &mut self.0
        }
        fn add_parameter_gradient(
            &self,
            state: &ArrayRef1<f64>,
            weight: f64,
            gradient: &mut ArrayRef1<f64>,
        ) {
            gradient[state[0] as usize] += weight;
        }
    }
    let mut values = Values(array![0.0, 1.0, -1.0, 2.0]);
    for _ in 0..4000 {
        let slope = log_likelihood_gradient(&values, &numbers(4), &numbers(1), &data).unwrap();
        values.parameters_mut().scaled_add(0.1, &slope);
    }
    let p = Joint::of_energy(&values, &numbers(4), &numbers(1)).unwrap();
    assert!(furthest(&p.visible(), &frequencies) < 1e-9);
}

#[derive(serde::Deserialize)]
struct Oracle {
    flow: Flows,
    digits: Digits,
}

#[derive(serde::Deserialize)]
struct Flows {
    time: f64,
    starts: Vec<[f64; 2]>,
    ends: Vec<[f64; 2]>,
}

#[derive(serde::Deserialize)]
struct Digits {
    log_density_of_threes: Vec<f64>,
    answers: Vec<usize>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("../oracles/energy_and_inference.json")).unwrap()
}

/// Flows in a landscape of three valleys against SciPy's integrator of eighth order.
#[test]
fn flow_against_scipy() {
    let centres = array![[-1.5, 0.5], [1.0, 1.0], [0.5, -1.5]];
    let valleys = Mixture::new(centres, array![0.5, 0.3, 0.2], 0.8).unwrap();
    let oracle = oracle().flow;
    assert_eq!(oracle.starts.len(), 3);
    for (start, end) in oracle.starts.iter().zip(&oracle.ends) {
        let walk = flow(&valleys, &array![start[0], start[1]], oracle.time, 2000).unwrap();
        assert!(furthest(&walk.states.row(2000), &array![end[0], end[1]]) < 1e-11);
    }
}

/// The name that fits an image best under an energy of images and names together against scikit-learn's kernel densities of the classes, times
/// their shares, for 300 images; and the density of the first 20 of them as threes against the energy's.
#[test]
fn one_energy_many_questions() {
    let digits = downhill::data::digits();
    let (s, n) = (0.6, 1200);
    let images = &digits.images / 16.0;
    // A name is ten units, far from all others.
    let names =
        Array2::from_shape_fn((n, 10), |(i, k)| if digits.labels[i] == k { 4.0 } else { 0.0 });
    let known = concatenate![Axis(1), images.slice(s![..n, ..]), names];
    let energy = Mixture::new(known, Array1::ones(n), s).unwrap();
    let candidates = Array2::from_diag(&Array1::from_elem(10, 4.0));
    let oracle = oracle().digits;
    assert_eq!(oracle.answers.len(), 300);
    for (i, &answer) in oracle.answers.iter().enumerate() {
        let state = concatenate![Axis(0), images.row(n + i), Array1::zeros(10)];
        let question = Clamped::new(&energy, state, (64..74).collect()).unwrap();
        assert_eq!(search(&question, &candidates).unwrap().index, answer);
    }
    let threes: Vec<usize> = (0..n).filter(|&i| digits.labels[i] == 3).collect();
    let density =
        Mixture::new(images.select(Axis(0), &threes), Array1::ones(threes.len()), s).unwrap();
    for (i, &log_density) in oracle.log_density_of_threes.iter().enumerate() {
        let ours = -density.energy(&images.row(n + i)) - density.log_partition();
        assert!((ours - log_density).abs() < 1e-9);
    }
}
