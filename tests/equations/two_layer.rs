//! Chapter `two-layer`.

use downhill::{
    perceptron::Activation::{self, Identity, Logistic, Relu, Tanh},
    rng,
    two_layer::{Chain, Dual, Forward, Pair, TwoLayer, saddle},
};
use ndarray::{Array1, Array2, array};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// The derivative of `f` at 0 by five points: wrong by h⁴ f⁽⁵⁾/30 and by rounding, ε/h, both below 1e-12 here.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-10 * (1.0 + a.abs().max(b.abs()))
}

fn all_close(a: &Array1<f64>, b: &Array1<f64>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(*a, *b))
}

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

/// The activations, coded again by other formulas.
fn sigma(activation: Activation, z: f64) -> f64 {
    match activation {
        Identity => z,
        Logistic => 0.5 * (1.0 + (0.5 * z).tanh()),
        Tanh => (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
        Relu => 0.5 * (z + z.abs()),
    }
}

/// Twenty random pairs, logistic and then tanh, each with an input and a target.
fn pairs() -> impl Iterator<Item = (Pair, f64, f64)> {
    let mut rng = rng(1986);
    (0..20).map(move |_| {
        let v = normal(6, &mut rng);
        let pair =
            Pair { w_1: v[0], b_1: v[1], w_2: v[2], b_2: v[3], hidden: Logistic, output: Tanh };
        (pair, v[4], v[5])
    })
}

/// The cost of a pair, in one formula.
fn nested(pair: &Pair, x: f64, y: f64) -> f64 {
    let hidden = sigma(pair.hidden, pair.w_1 * x + pair.b_1);
    0.5 * (sigma(pair.output, pair.w_2 * hidden + pair.b_2) - y).powi(2)
}

/// The point at which the printed derivatives are tried: a pair, x and y.
fn point() -> (Pair, f64, f64) {
    (Pair { w_1: 0.7, b_1: 0.3, w_2: -1.4, b_2: 0.25, hidden: Logistic, output: Tanh }, 1.3, 0.4)
}

/// What the hidden neuron hears and says against the formula and, for the input of the first layer, a₀ = x, the derivative of z₁ by w₁.
#[test]
fn scalar_hidden_layer_forward() {
    for (pair, x, _) in pairs() {
        let Forward { z_1, a_1, .. } = pair.forward(x);
        assert_eq!(z_1, pair.w_1 * x + pair.b_1);
        assert!(close(a_1, sigma(Logistic, z_1)));
        assert!(close(slope(|h| Pair { w_1: pair.w_1 + h, ..pair }.forward(x).z_1), x));
    }
}

/// What the output neuron hears and says against the nested formula; with the identity twice, against the one line it is.
#[test]
fn scalar_output_layer_forward() {
    for (pair, x, _) in pairs() {
        let Forward { a_1, z_2, a_2, .. } = pair.forward(x);
        assert!(close(a_1, sigma(Logistic, pair.w_1 * x + pair.b_1)));
        assert!(close(z_2, pair.w_2 * sigma(Logistic, pair.w_1 * x + pair.b_1) + pair.b_2));
        assert!(close(a_2, sigma(Tanh, z_2)));
        let straight = Pair { hidden: Identity, output: Identity, ..pair };
        let line = pair.w_2 * pair.w_1 * x + pair.w_2 * pair.b_1 + pair.b_2;
        assert!((straight.forward(x).a_2 - line).abs() < 1e-14);
    }
}

/// The cost against one nested formula; it has four derivatives, none of which is zero.
#[test]
fn scalar_two_layer_cost() {
    for (pair, x, y) in pairs() {
        assert!(close(pair.cost(x, y), nested(&pair, x, y)));
        assert_eq!(pair.cost(x, pair.forward(x).a_2), 0.0);
        assert!(pair.gradient(x, y).iter().all(|d| *d != 0.0));
    }
}

/// ∂C/∂w₂ in closed form against finite differences of the cost.
#[test]
fn scalar_output_weight_gradient() {
    for (pair, x, y) in pairs() {
        let by_w_2 = slope(|h| nested(&Pair { w_2: pair.w_2 + h, ..pair }, x, y));
        assert!(close(pair.gradient(x, y)[1], by_w_2));
        assert!(close(pair.deltas(x, y).1 * pair.forward(x).a_1, by_w_2));
    }
}

/// ∂C/∂b₂ in closed form against finite differences of the cost.
#[test]
fn scalar_output_bias_gradient() {
    for (pair, x, y) in pairs() {
        let by_b_2 = slope(|h| nested(&Pair { b_2: pair.b_2 + h, ..pair }, x, y));
        assert!(close(pair.gradient(x, y)[3], by_b_2));
        assert!(close(pair.deltas(x, y).1, by_b_2));
    }
}

/// The product of five factors, each a finite difference of its own, against the finite difference of the cost in w₁.
#[test]
fn scalar_hidden_weight_chain_rule() {
    for (pair, x, y) in pairs() {
        let Forward { z_1, a_1, z_2, a_2 } = pair.forward(x);
        let factors = [
            slope(|h| 0.5 * (a_2 + h - y).powi(2)),
            slope(|h| sigma(Tanh, z_2 + h)),
            slope(|h| pair.w_2 * (a_1 + h) + pair.b_2),
            slope(|h| sigma(Logistic, z_1 + h)),
            slope(|h| (pair.w_1 + h) * x + pair.b_1),
        ];
        let product: f64 = factors.iter().product();
        assert!(close(product, slope(|h| nested(&Pair { w_1: pair.w_1 + h, ..pair }, x, y))));
        assert!(close(product, pair.gradient(x, y)[0]));
    }
}

/// ∂C/∂w₁ in closed form against finite differences of the cost, also at the point where the printed form is tried.
#[test]
fn scalar_hidden_weight_gradient() {
    for (pair, x, y) in pairs().chain([point()]) {
        let by_w_1 = slope(|h| nested(&Pair { w_1: pair.w_1 + h, ..pair }, x, y));
        assert!(close(pair.gradient(x, y)[0], by_w_1));
        assert!(close(pair.deltas(x, y).0 * x, by_w_1));
    }
}

/// As printed, with a₁ for w₂: it misses the finite difference, and has the other sign.
#[test]
fn erratum_scalar_hidden_weight_gradient() {
    let (pair, x, y) = point();
    let by_w_1 = slope(|h| nested(&Pair { w_1: pair.w_1 + h, ..pair }, x, y));
    let Forward { z_1, a_1, z_2, a_2 } = pair.forward(x);
    let printed = (a_2 - y) * Tanh.derivative(z_2) * a_1 * Logistic.derivative(z_1) * x;
    assert!(
        (by_w_1 - 0.187084).abs() < 1e-6 && (printed + 0.102936).abs() < 1e-6,
        "{by_w_1} {printed}"
    );
}

/// ∂C/∂b₁ in closed form against finite differences of the cost, also at the point where the printed form is tried.
#[test]
fn scalar_hidden_bias_gradient() {
    for (pair, x, y) in pairs().chain([point()]) {
        let by_b_1 = slope(|h| nested(&Pair { b_1: pair.b_1 + h, ..pair }, x, y));
        assert!(close(pair.gradient(x, y)[2], by_b_1));
        assert!(close(pair.deltas(x, y).0, by_b_1));
    }
}

/// As printed, without w₂: it misses the finite difference, and has the other sign.
#[test]
fn erratum_scalar_hidden_bias_gradient() {
    let (pair, x, y) = point();
    let by_b_1 = slope(|h| nested(&Pair { b_1: pair.b_1 + h, ..pair }, x, y));
    let Forward { z_1, z_2, a_2, .. } = pair.forward(x);
    let printed = (a_2 - y) * Tanh.derivative(z_2) * Logistic.derivative(z_1);
    assert!(
        (by_b_1 - 0.143911).abs() < 1e-6 && (printed + 0.102793).abs() < 1e-6,
        "{by_b_1} {printed}"
    );
}

/// How much of the promised descent η|∇C|² a step of size η misses, divided by η|∇C|².
fn defect(pair: &Pair, x: f64, y: f64, rate: f64) -> f64 {
    let gradient: f64 = pair.gradient(x, y).iter().map(|d| d * d).sum();
    let mut moved = *pair;
    moved.step(x, y, rate);
    (nested(&moved, x, y) - nested(pair, x, y)) / (-rate * gradient) - 1.0
}

/// A step of both weights against finite differences of the cost; it lowers the cost by η|∇C|² up to a part that halves with η.
#[test]
fn scalar_weight_update() {
    for (pair, x, y) in pairs() {
        let mut moved = pair;
        moved.step(x, y, 0.1);
        assert!(close(
            moved.w_1,
            pair.w_1 - 0.1 * slope(|h| nested(&Pair { w_1: pair.w_1 + h, ..pair }, x, y))
        ));
        assert!(close(
            moved.w_2,
            pair.w_2 - 0.1 * slope(|h| nested(&Pair { w_2: pair.w_2 + h, ..pair }, x, y))
        ));
    }
    let (pair, x, y) = point();
    let ratio = defect(&pair, x, y, 1e-3) / defect(&pair, x, y, 5e-4);
    assert!((ratio - 2.0).abs() < 0.01, "{ratio}");
}

/// A step of both biases against finite differences of the cost.
#[test]
fn scalar_bias_update() {
    for (pair, x, y) in pairs() {
        let mut moved = pair;
        moved.step(x, y, 0.1);
        assert!(close(
            moved.b_1,
            pair.b_1 - 0.1 * slope(|h| nested(&Pair { b_1: pair.b_1 + h, ..pair }, x, y))
        ));
        assert!(close(
            moved.b_2,
            pair.b_2 - 0.1 * slope(|h| nested(&Pair { b_2: pair.b_2 + h, ..pair }, x, y))
        ));
    }
}

/// k iterations against k steps by hand with the gradient at each place: one forward pass, one backward pass and one update each, all parameters
/// moved at once.
#[test]
fn training_iteration_definition() {
    let mut rng = rng(3);
    let (x, y) = (normal_matrix(5, 2, &mut rng), normal_matrix(5, 1, &mut rng));
    let mut network = TwoLayer::new(2, 3, 1, &mut rng).unwrap();
    let mut theta = network.parameters().clone();
    let costs = network.train(&x, &y, 0.02, 7).unwrap();
    assert_eq!(costs.len(), 8);
    for cost in &costs[..7] {
        let here = TwoLayer::from_parameters(2, 3, 1, theta.clone()).unwrap();
        assert!((here.cost(&x, &y) - cost).abs() < 1e-13);
        theta = theta - here.gradient(&x, &y) * 0.02;
    }
    assert!(all_close(network.parameters(), &theta));
    // Steps of a pair, one at a time, against the derivatives all taken at the place where the step begins.
    let (mut pair, x, y) = point();
    for _ in 0..2 {
        let by = pair.gradient(x, y);
        let before = pair;
        pair.step(x, y, 0.3);
        let moved = [
            before.w_1 - pair.w_1,
            before.w_2 - pair.w_2,
            before.b_1 - pair.b_1,
            before.b_2 - pair.b_2,
        ];
        assert!(moved.iter().zip(by).all(|(moved, by)| close(*moved, 0.3 * by)));
    }
}

/// The cost of a chain, coded again.
fn chain_cost(w: &Array1<f64>, b: &Array1<f64>, activation: Activation, x: f64, y: f64) -> f64 {
    let mut a = x;
    for l in 0..w.len() {
        a = sigma(activation, w[l] * a + b[l]);
    }
    0.5 * (a - y).powi(2)
}

/// The recursion over layers against finite differences for every parameter of chains of 1 to 10 neurons; for two it is that of the pair.
#[test]
fn scalar_deep_chain_exercise() {
    let mut rng = rng(4);
    for activation in [Identity, Logistic, Tanh] {
        for depth in [1, 2, 5, 10] {
            let (w, b, v) = (normal(depth, &mut rng), normal(depth, &mut rng), normal(2, &mut rng));
            let chain = Chain::new(w.clone(), b.clone(), activation).unwrap();
            assert!(close(chain.cost(v[0], v[1]), chain_cost(&w, &b, activation, v[0], v[1])));
            let (by_weights, by_biases) = chain.gradient(v[0], v[1]);
            for l in 0..depth {
                let moved = |theta: &Array1<f64>, h: f64| {
                    let mut theta = theta.clone();
                    theta[l] += h;
                    theta
                };
                assert!(close(
                    by_weights[l],
                    slope(|h| chain_cost(&moved(&w, h), &b, activation, v[0], v[1]))
                ));
                assert!(close(
                    by_biases[l],
                    slope(|h| chain_cost(&w, &moved(&b, h), activation, v[0], v[1]))
                ));
            }
        }
    }
    for (pair, x, y) in pairs() {
        let pair = Pair { output: Logistic, ..pair };
        let chain =
            Chain::new(array![pair.w_1, pair.w_2], array![pair.b_1, pair.b_2], Logistic).unwrap();
        let (w, b) = chain.gradient(x, y);
        let [by_w_1, by_w_2, by_b_1, by_b_2] = pair.gradient(x, y);
        assert!(
            (array![w[0], w[1], b[0], b[1]] - array![by_w_1, by_w_2, by_b_1, by_b_2])
                .iter()
                .all(|d| d.abs() < 1e-15)
        );
    }
}

/// ∂C/∂w₁ of a logistic chain against the product of its factors and the bound (1/4)^L; at 20 layers it is below 1e-11, though no factor σ′ is below 0.1.
#[test]
fn vanishing_gradient() {
    let mut rng = rng(5);
    let mut seen = Vec::new();
    for depth in [1, 5, 20] {
        let w = Array1::from_shape_simple_fn(depth, || rng.random_range(-1.0..1.0));
        let b = Array1::from_shape_simple_fn(depth, || rng.random_range(-0.5..0.5));
        let (x, y) = (0.8, -0.2);
        let (mut a, mut product, mut least) = (x, 1.0, f64::INFINITY);
        for l in 0..depth {
            let z = w[l] * a + b[l];
            a = sigma(Logistic, z);
            let rise = slope(|h| sigma(Logistic, z + h));
            product *= rise * if l == 0 { 1.0 } else { w[l] };
            least = f64::min(least, rise);
        }
        let (by_weights, _) = Chain::new(w, b, Logistic).unwrap().gradient(x, y);
        assert!((by_weights[0] / ((a - y) * product * x) - 1.0).abs() < 1e-9);
        assert!(by_weights[0].abs() <= (a - y).abs() * 0.25_f64.powi(depth as i32) * x);
        assert!(least > 0.1);
        seen.push(by_weights[0].abs());
    }
    assert!(seen[2] < 1e-11 && seen[1] < 1e-2 * seen[0]);
}

/// ∂C/∂w₁ of chains of rectifiers and identities with all weights 2 against 2^(L−1), exactly, though no activation's derivative exceeds 1;
/// the largest derivatives found on a grid against ¼ and 1.
#[test]
fn exploding_gradient() {
    for activation in [Identity, Relu] {
        for depth in 1..=30 {
            let chain = Chain::new(Array1::from_elem(depth, 2.0), Array1::zeros(depth), activation)
                .unwrap();
            let (x, a) = (0.5, 0.5 * 2_f64.powi(depth as i32));
            let (by_weights, _) = chain.gradient(x, a - 1.0);
            assert_eq!(by_weights[0] / x, 2_f64.powi(depth as i32 - 1));
        }
    }
    for (activation, bound) in [(Logistic, 0.25), (Tanh, 1.0), (Relu, 1.0), (Identity, 1.0)] {
        let steepest = (0..100_001)
            .map(|i| activation.derivative(-20.0 + 4e-4 * f64::from(i)))
            .fold(0.0, f64::max);
        assert_eq!(steepest, bound);
    }
}

/// The logistic function against (1 + tanh(z/2))/2, its mirror image, and its derivative by finite differences; no NaN at ±1000.
#[test]
fn logistic_function() {
    use downhill::introduction::logistic;
    for i in -3000..=3000 {
        let z = 0.01 * f64::from(i);
        assert!((logistic(z) - 0.5 * (1.0 + (0.5 * z).tanh())).abs() < 1e-15);
        assert!((logistic(z) + logistic(-z) - 1.0).abs() < 1e-15);
        let derivative = slope(|h| logistic(z + h));
        assert!((logistic(z) * (1.0 - logistic(z)) - derivative).abs() < 1e-12);
        assert!((Logistic.derivative(z) - derivative).abs() < 1e-12);
    }
    assert_eq!((logistic(-1000.0), logistic(1000.0)), (0.0, 1.0));
    assert_eq!(Logistic.derivative(-1000.0), 0.0);
    // Far out on the left the value is e^z, to all digits.
    assert!((logistic(-100.0) / (-100.0_f64).exp() - 1.0).abs() < 1e-15);
    assert!((Logistic.derivative(-100.0) / (-100.0_f64).exp() - 1.0).abs() < 1e-14);
    assert!((Logistic.derivative(100.0) / (-100.0_f64).exp() - 1.0).abs() < 1e-14);
}

/// Both layers' outputs of all samples at once, against the column form Wᵀx + b neuron by neuron and row by row.
#[test]
fn row_vector_forward_code() {
    let mut rng = rng(6);
    for _ in 0..20 {
        let [n, p, m, k] = std::array::from_fn(|_| rng.random_range(1..6));
        let theta = normal((p + 1) * m + (m + 1) * k, &mut rng);
        let network = TwoLayer::from_parameters(p, m, k, theta.clone()).unwrap();
        let x = normal_matrix(n, p, &mut rng);
        let (a_1, a_2) = network.forward(&x);
        assert_eq!((a_1.dim(), a_2.dim()), ((n, m), (n, k)));
        let (b_1, w_2, b_2) = (p * m, p * m + m, p * m + m + m * k);
        for i in 0..n {
            let hidden: Vec<f64> = (0..m)
                .map(|j| {
                    sigma(
                        Logistic,
                        (0..p).map(|l| theta[l * m + j] * x[[i, l]]).sum::<f64>() + theta[b_1 + j],
                    )
                })
                .collect();
            for j in 0..m {
                assert!(close(a_1[[i, j]], hidden[j]));
            }
            for o in 0..k {
                let by_hand = (0..m).map(|j| theta[w_2 + j * k + o] * hidden[j]).sum::<f64>()
                    + theta[b_2 + o];
                assert!(close(a_2[[i, o]], by_hand));
            }
        }
        let (w_1, biases_1, weights_2, biases_2) = network.layers();
        assert_eq!(
            (w_1.dim(), biases_1.len(), weights_2.dim(), biases_2.len()),
            ((p, m), m, (m, k), k)
        );
        let flat: Array1<f64> =
            w_1.iter().chain(&biases_1).chain(&weights_2).chain(&biases_2).copied().collect();
        assert_eq!(flat, theta);
    }
}

/// The cost of a batch against the sum over samples and outputs, and over batches of one row.
#[test]
fn two_layer_cost() {
    let mut rng = rng(7);
    let network = TwoLayer::new(3, 4, 2, &mut rng).unwrap();
    let (x, y) = (normal_matrix(7, 3, &mut rng), normal_matrix(7, 2, &mut rng));
    let output = network.forward(&x).1;
    let mut sum = 0.0;
    for i in 0..7 {
        for o in 0..2 {
            sum += (output[[i, o]] - y[[i, o]]).powi(2) / 2.0;
        }
    }
    assert!(close(network.cost(&x, &y), sum));
    let one_by_one: f64 = x
        .outer_iter()
        .zip(y.outer_iter())
        .map(|(x, y)| {
            network.cost(&x.insert_axis(ndarray::Axis(0)), &y.insert_axis(ndarray::Axis(0)))
        })
        .sum();
    assert!(close(one_by_one, sum));
}

/// The gradient of a batch against finite differences of its cost by each parameter; training then learns y = 2x + 1 on [0, 1].
#[test]
fn two_layer_training_code() {
    let mut rng = rng(8);
    for (n, p, m, k) in [(7, 3, 4, 2), (1, 1, 1, 1), (4, 2, 2, 1), (9, 1, 5, 3)] {
        let (x, y) = (normal_matrix(n, p, &mut rng), normal_matrix(n, k, &mut rng));
        let theta = normal((p + 1) * m + (m + 1) * k, &mut rng);
        let gradient = TwoLayer::from_parameters(p, m, k, theta.clone()).unwrap().gradient(&x, &y);
        let differences = Array1::from_shape_fn(theta.len(), |i| {
            slope(|h| {
                let mut moved = theta.clone();
                moved[i] += h;
                TwoLayer::from_parameters(p, m, k, moved).unwrap().cost(&x, &y)
            })
        });
        assert!(all_close(&gradient, &differences));
    }
    let x = Array2::from_shape_fn((20, 1), |(i, _)| i as f64 / 19.0);
    let y = &x * 2.0 + 1.0;
    let mut network = TwoLayer::new(1, 3, 1, &mut rng).unwrap();
    let costs = network.train(&x, &y, 0.03, 5000).unwrap();
    assert!(2.0 * costs[5000] / 20.0 < 1e-3 && costs[0] > 1.0);
    assert!(close(costs[5000], network.cost(&x, &y)));
}

/// An activation of a dual number, out of sums, products, exponentials and reciprocals.
fn apply(activation: Activation, z: Dual) -> Dual {
    let number = |value: f64| Dual(value, 0.0);
    let logistic = |z: Dual| (number(1.0) + (number(-1.0) * z).exp()).recip();
    match activation {
        Identity => z,
        Logistic => logistic(z),
        Tanh => number(2.0) * logistic(z + z) + number(-1.0),
        Relu => Dual(z.0.max(0.0), if z.0 > 0.0 { z.1 } else { 0.0 }),
    }
}

/// The derivatives of a pair, logistic, tanh and rectifier, against dual numbers, which know only sums, products, exponentials and reciprocals.
#[test]
fn challenge_automatic_differentiation() {
    for (pair, x, y) in pairs() {
        for hidden in [Logistic, Tanh, Relu] {
            for output in [Identity, Logistic, Tanh] {
                let pair = Pair { hidden, output, ..pair };
                let derivatives: [f64; 4] = std::array::from_fn(|i| {
                    let seeded = |j: usize, value: f64| Dual(value, f64::from(u8::from(i == j)));
                    let (w_1, w_2) = (seeded(0, pair.w_1), seeded(1, pair.w_2));
                    let (b_1, b_2) = (seeded(2, pair.b_1), seeded(3, pair.b_2));
                    let a_1 = apply(hidden, w_1 * Dual(x, 0.0) + b_1);
                    let a_2 = apply(output, w_2 * a_1 + b_2);
                    let residual = a_2 + Dual(-y, 0.0);
                    (Dual(0.5, 0.0) * residual * residual).1
                });
                assert!(
                    derivatives
                        .iter()
                        .zip(pair.gradient(x, y))
                        .all(|(a, b)| (a - b).abs() < 1e-13 * (1.0 + b.abs()))
                );
            }
        }
    }
}

/// The sum, the product, the exponential and the reciprocal of dual numbers, value and derivative, against functions computed anew and their
/// finite differences; and (a + bε)(c + dε) for ε = 1e-9 against the product of the plain numbers, which has bd ε² = 1e-18 besides.
#[test]
fn dual_number_product() {
    let (f, g) = (|t: f64| (1.3 * t).sin() + 2.0, |t: f64| t * t - 0.4);
    for at in [-1.1, 0.2, 0.7, 2.3] {
        let dual = |f: &dyn Fn(f64) -> f64| Dual(f(at), slope(|h| f(at + h)));
        let same = |a: Dual, b: Dual| close(a.0, b.0) && close(a.1, b.1);
        let (u, v) = (dual(&f), dual(&g));
        assert!(same(u + v, dual(&|t| f(t) + g(t))));
        assert!(same(u * v, dual(&|t| f(t) * g(t))));
        assert!(same(v.exp(), dual(&|t| g(t).exp())));
        assert!(same(u.recip(), dual(&|t| 1.0 / f(t))));
    }
    let (u, v, tiny) = (Dual(0.5, 3.0), Dual(-0.25, 2.0), 1e-9);
    let plain = |d: Dual| d.0 + d.1 * tiny;
    assert!((plain(u) * plain(v) - plain(u * v)).abs() < 1e-16);
}

/// The output with the signs of w₁, b₁ and w₂ turned, against the output without, for tanh; and the cost at the other end of the line.
#[test]
fn two_layer_sign_symmetry() {
    for (pair, x, y) in pairs() {
        let odd = Pair { hidden: Tanh, ..pair };
        let mirrored = Pair { w_1: -odd.w_1, b_1: -odd.b_1, w_2: -odd.w_2, ..odd };
        assert!(close(odd.forward(x).a_2, mirrored.forward(x).a_2));
        assert!((odd.forward(x).a_2 - Pair { w_1: -odd.w_1, ..odd }.forward(x).a_2).abs() > 0.0);
        // The logistic neuron has its own mirror: σ(−z) = 1 − σ(z), so the output bias takes up w₂.
        let mirrored = Pair {
            w_1: -pair.w_1,
            b_1: -pair.b_1,
            w_2: -pair.w_2,
            b_2: pair.b_2 + pair.w_2,
            ..pair
        };
        assert!(close(pair.cost(x, y), mirrored.cost(x, y)));
    }
}

/// At w₁ = b₁ = w₂ = 0 with tanh: the slopes by w₁ and w₂ vanish, while the matrix of second derivatives by finite differences has one eigenvalue
/// of each sign.
#[test]
fn two_layer_saddle_at_zero() {
    let at =
        |w_1: f64, w_2: f64| Pair { w_1, b_1: 0.0, w_2, b_2: 0.0, hidden: Tanh, output: Identity };
    let (x, y) = (0.8, 1.1);
    let [by_w_1, by_w_2, by_b_1, _] = at(0.0, 0.0).gradient(x, y);
    assert_eq!((by_w_1, by_w_2, by_b_1), (0.0, 0.0, 0.0));
    let second = |i: usize, direction: [f64; 2]| {
        slope(|h| at(h * direction[0], h * direction[1]).gradient(x, y)[i])
    };
    let (aa, ab, ba, bb) = (
        second(0, [1.0, 0.0]),
        second(0, [0.0, 1.0]),
        second(1, [1.0, 0.0]),
        second(1, [0.0, 1.0]),
    );
    assert!(close(ab, ba) && close(ab, -x * y));
    assert!(aa * bb - ab * ba < -0.1);
}

/// Two hidden neurons that begin alike against each other after a thousand steps; two that begin apart end apart.
#[test]
fn two_layer_identical_units() {
    let mut rng = rng(9);
    let (x, y) = (normal_matrix(10, 2, &mut rng), normal_matrix(10, 1, &mut rng));
    let alike = array![0.3, 0.3, -0.8, -0.8, 0.1, 0.1, 0.6, 0.6, 0.2];
    let mut apart = alike.clone();
    apart[0] = 0.4;
    for (theta, same) in [(alike, true), (apart, false)] {
        let mut network = TwoLayer::from_parameters(2, 2, 1, theta).unwrap();
        network.train(&x, &y, 0.02, 1000).unwrap();
        let (w_1, b_1, w_2, _) = network.layers();
        let largest = [
            w_1[[0, 0]] - w_1[[0, 1]],
            w_1[[1, 0]] - w_1[[1, 1]],
            b_1[0] - b_1[1],
            w_2[[0, 0]] - w_2[[1, 0]],
        ]
        .into_iter()
        .fold(0.0, |m: f64, d| m.max(d.abs()));
        assert_eq!(largest < 1e-9, same, "{largest}");
    }
}

/// The construction with three hidden neurons of size ε against the saddle x₀² + 3x₀x₁ + x₁² + 5: the largest error on a grid falls in proportion to ε.
#[test]
fn saddle_three_units() {
    let bias: f64 = -1.0;
    let (s0, curvature) =
        (sigma(Logistic, bias), slope(|h| slope(|g| sigma(Logistic, bias + h + g))));
    let worst = |epsilon: f64| {
        let c = array![-4.5, -4.5, 1.5] * (2.0 / (curvature * epsilon * epsilon));
        let third = epsilon / 3.0;
        let theta = array![
            third,
            0.0,
            epsilon,
            0.0,
            third,
            epsilon,
            bias,
            bias,
            bias,
            c[0],
            c[1],
            c[2],
            5.0 - s0 * c.sum()
        ];
        let network = TwoLayer::from_parameters(2, 3, 1, theta).unwrap();
        let grid = Array2::from_shape_fn(
            (441, 2),
            |(i, j)| if j == 0 { i / 21 } else { i % 21 } as f64 / 10.0 - 1.0,
        );
        let error = network.forward(&grid).1 - saddle(&grid);
        error.iter().fold(0.0, |m: f64, e| m.max(e.abs()))
    };
    let (coarse, fine) = (worst(0.02), worst(0.01));
    assert!((coarse / fine - 2.0).abs() < 0.1 && fine < 0.05, "{coarse} {fine}");
}

/// The slope of an identity chain of standard normal weights by the first of them, over 40 000 chains of six neurons, at four standard errors: the
/// mean of its square against 1, the mean of its logarithm against −(γ + ln 2)/2 for each of the five weights in it, with Euler's constant γ.
#[test]
fn log_normal_product() {
    let mut rng = rng(10);
    let (depth, chains) = (6, 40_000);
    let slopes: Vec<f64> = (0..chains)
        .map(|_| {
            let chain =
                Chain::new(normal(depth, &mut rng), Array1::zeros(depth), Identity).unwrap();
            chain.gradient(1.0, chain.output(1.0) - 1.0).0[0]
        })
        .collect();
    let check = |values: Vec<f64>, expected: f64, variance: f64| {
        let mean = values.iter().sum::<f64>() / chains as f64;
        assert!(
            (mean - expected).abs() < 4.0 * (variance / chains as f64).sqrt(),
            "{mean} {expected}"
        );
    };
    let factors = (depth - 1) as f64;
    // Mean and variance of ln|w|: −(γ + ln 2)/2 and π²/8; of w²: 1 and 2, so that a product of five has the mean square 3⁵.
    let log_mean = -0.5 * (0.577_215_664_901_532_9 + std::f64::consts::LN_2);
    check(
        slopes.iter().map(|s| s.abs().ln()).collect(),
        factors * log_mean,
        factors * std::f64::consts::PI.powi(2) / 8.0,
    );
    check(slopes.iter().map(|s| s * s).collect(), 1.0, 3_f64.powi(5) - 1.0);
}
