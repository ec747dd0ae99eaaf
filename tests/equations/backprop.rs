//! Chapter `backprop`.

use std::{
    cell::{Cell, RefCell},
    ops::{Add, Div, Mul, Neg, Sub},
};

use downhill::{
    Error,
    backprop::{
        Activation, Dense, Initialisation, Layer, Loss, Mlp, Pass, Penalty, Stopping, Tape,
        Trainer, Var, classes, gelu, one_hot, softmax, softplus,
    },
    data,
    optimizers::{Adam, GradientDescent},
    rng,
    two_layer::saddle,
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

// ---------------------------------------------------------------- a second route, in loops over single numbers

/// An activation, and a formula for it or for its slope.
type Formula = (Activation, fn(f64) -> f64);

/// A network written as its sums over indices: it shares no code with the library.
struct Sums {
    sizes: Vec<usize>,
    theta: Vec<f64>,
    sigma: fn(usize, f64) -> f64,
}

impl Sums {
    fn new(network: &Mlp, sigma: fn(usize, f64) -> f64) -> Self {
        Self { sizes: network.sizes(), theta: network.parameters().to_vec(), sigma }
    }

    /// Where the weights of layer l begin.
    fn start(&self, l: usize) -> usize {
        (1..l).map(|m| (self.sizes[m - 1] + 1) * self.sizes[m]).sum()
    }

    /// The place of the weight to unit j from unit k of layer l.
    fn weight(&self, l: usize, j: usize, k: usize) -> usize {
        self.start(l) + j * self.sizes[l - 1] + k
    }

    fn bias(&self, l: usize, j: usize) -> usize {
        self.start(l) + self.sizes[l] * self.sizes[l - 1] + j
    }

    /// All z and a, layer 0 being the inputs; `push` adds to z at (layer, unit).
    fn run(&self, x: &[f64], push: (usize, usize, f64)) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (mut zs, mut activities) = (vec![Vec::new()], vec![x.to_vec()]);
        for l in 1..self.sizes.len() {
            let mut z = Vec::new();
            for j in 0..self.sizes[l] {
                let mut sum = self.theta[self.bias(l, j)];
                for (k, a) in activities[l - 1].iter().enumerate() {
                    sum += self.theta[self.weight(l, j, k)] * a;
                }
                z.push(if push.0 == l && push.1 == j { sum + push.2 } else { sum });
            }
            activities.push(z.iter().map(|&z| (self.sigma)(l, z)).collect());
            zs.push(z);
        }
        (zs, activities)
    }

    fn output(&self, x: &[f64], push: (usize, usize, f64)) -> Vec<f64> {
        self.run(x, push).1.pop().unwrap()
    }

    /// The derivative of a cost of the outputs by parameter i.
    fn slope(&self, i: usize, x: &[f64], cost: impl Fn(&[f64]) -> f64) -> f64 {
        slope(|h| {
            let mut theta = self.theta.clone();
            theta[i] += h;
            cost(
                &Self { sizes: self.sizes.clone(), theta, sigma: self.sigma }
                    .output(x, (0, 0, 0.0)),
            )
        })
    }

    /// The derivatives by every parameter.
    fn slopes(&self, x: &[f64], cost: impl Fn(&[f64]) -> f64) -> Array1<f64> {
        (0..self.theta.len()).map(|i| self.slope(i, x, &cost)).collect()
    }

    /// The derivatives by every z of layer l, the later layers computed anew.
    fn slopes_by_z(&self, l: usize, x: &[f64], cost: impl Fn(&[f64]) -> f64) -> Array1<f64> {
        (0..self.sizes[l]).map(|j| slope(|h| cost(&self.output(x, (l, j, h))))).collect()
    }
}

/// The derivative at 0 by differences of the fourth order: their error is about h⁴ + ε/h, below 1e-11 for functions of order 1.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

/// Half the squared distance.
fn half_square<'a>(y: &'a [f64]) -> impl Fn(&[f64]) -> f64 + 'a {
    move |a| a.iter().zip(y).map(|(a, y)| 0.5 * (a - y) * (a - y)).sum()
}

fn logistic(_: usize, z: f64) -> f64 {
    1.0 / (1.0 + f64::exp(-z))
}

fn logistic_slope(z: f64) -> f64 {
    let e = f64::exp(-z);
    e / ((1.0 + e) * (1.0 + e))
}

/// Agreement of derivatives by differences with exact ones of order 1 or less.
const DIFFERENCES: f64 = 1e-10;

fn close(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>, tolerance: f64) -> bool {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

/// A network with weights and biases of order 1.
fn random_network(
    sizes: &[usize],
    hidden: Activation,
    output: Activation,
    rng: &mut impl Rng,
) -> Mlp {
    let network = Mlp::new(sizes, hidden, output, Initialisation::Normal(0.0), rng).unwrap();
    let theta = normal(network.parameters().len(), rng);
    Mlp::from_parameters(sizes, &network.activations(), theta).unwrap()
}

fn sample(x: &ArrayRef1<f64>) -> Array2<f64> {
    x.to_owned().insert_axis(Axis(0))
}

fn backpropagate(network: &Mlp, x: &ArrayRef1<f64>, y: &ArrayRef1<f64>, loss: Loss) -> Pass {
    let mut pass = Pass::new(network, 1);
    network.backpropagate(&sample(x), &sample(y), loss, &mut pass);
    pass
}

/// The network of the first half of the chapter: two inputs, two hidden logistic units, one logistic output.
struct Nine {
    network: Mlp,
    sums: Sums,
    x: Array1<f64>,
    y: Array1<f64>,
    pass: Pass,
}

/// Twenty of them, each with its own parameters, input and target.
fn nines() -> impl Iterator<Item = Nine> {
    let mut rng = rng(1986);
    (0..20).map(move |_| {
        let network =
            random_network(&[2, 2, 1], Activation::Sigmoid, Activation::Sigmoid, &mut rng);
        let sums = Sums::new(&network, logistic);
        let (x, y) = (normal(2, &mut rng), array![rng.random()]);
        let pass = backpropagate(&network, &x, &y, Loss::SquaredError);
        Nine { network, sums, x, y, pass }
    })
}

impl Nine {
    fn slope(&self, parameter: usize) -> f64 {
        self.sums.slope(
            parameter,
            self.x.as_slice().unwrap(),
            half_square(self.y.as_slice().unwrap()),
        )
    }

    /// The output's z as a function of a change of parameter i.
    fn z_of(&self, i: usize, h: f64) -> f64 {
        let mut theta = self.sums.theta.clone();
        theta[i] += h;
        Sums { sizes: vec![2, 2, 1], theta, sigma: logistic }
            .run(self.x.as_slice().unwrap(), (0, 0, 0.0))
            .0[2][0]
    }

    /// The parameters after one step at rate ½, and what differences say that they should be.
    fn step(mut self) -> (Array1<f64>, Array1<f64>) {
        let slopes =
            self.sums.slopes(self.x.as_slice().unwrap(), half_square(self.y.as_slice().unwrap()));
        let expected = self.network.parameters().to_owned() - slopes * 0.5;
        let mut trainer =
            Trainer::new(&self.network, Loss::SquaredError, GradientDescent::new(0.5).unwrap(), 1);
        trainer.step(&mut self.network, &sample(&self.x), &sample(&self.y)).unwrap();
        (self.network.parameters().to_owned(), expected)
    }
}

// ---------------------------------------------------------------- two inputs, two hidden units, one output

/// The first layer's sums x₀ + 2x₁ + ½ and 4x₁ − 1, exact in binary, against what its units hear: their inputs are x₀ and x₁ themselves, in this
/// order, and by differences each moves with them as its weights say.
#[test]
fn two_input_layer_activations() {
    let theta = array![1.0, 2.0, 0.0, 4.0, 0.5, -1.0];
    let network = Mlp::from_parameters(&[2, 2], &[Activation::Identity], theta).unwrap();
    let hear = |x0: f64, x1: f64| {
        let z = network.predict(&array![[x0, x1]]);
        [z[[0, 0]], z[[0, 1]]]
    };
    for (x0, x1) in [(0.25, -3.0), (-1024.0, 0.125), (7.0, 0.0), (0.0, 2f64.powi(60))] {
        assert_eq!(hear(x0, x1), [x0 + 2.0 * x1 + 0.5, 4.0 * x1 - 1.0]);
    }
    let by_x0 = [0, 1].map(|i| slope(|h| hear(0.3 + h, -0.7)[i]));
    let by_x1 = [0, 1].map(|i| slope(|h| hear(0.3, -0.7 + h)[i]));
    assert!(close(&Array1::from(by_x0.to_vec()), &array![1.0, 0.0], DIFFERENCES));
    assert!(close(&Array1::from(by_x1.to_vec()), &array![2.0, 4.0], DIFFERENCES));
    let huge = array![[f64::MAX / 4.0, 1e-300]];
    assert!(network.predict(&huge).iter().all(|z| z.is_finite()));
}

/// The shapes of W¹ and b¹, and the places of their entries, against nine numbers laid out by hand.
#[test]
fn two_input_hidden_parameters() {
    let theta = Array1::from_iter((0..9).map(f64::from));
    let network = Mlp::from_parameters(&[2, 2, 1], &[Activation::Sigmoid; 2], theta).unwrap();
    assert_eq!(network.weights(1), array![[0.0, 1.0], [2.0, 3.0]]);
    assert_eq!(network.biases(1), array![4.0, 5.0]);
    for wrong in [8, 10] {
        let refused =
            Mlp::from_parameters(&[2, 2, 1], &[Activation::Sigmoid; 2], Array1::zeros(wrong));
        let expected =
            Error::Shape { what: "theta", expected: "9 parameters".into(), got: wrong.to_string() };
        assert_eq!(refused, Err(expected));
    }
}

/// The shapes of w² and b², and the places of their entries, against nine numbers laid out by hand.
#[test]
fn two_input_output_parameters() {
    let theta = Array1::from_iter((0..9).map(f64::from));
    let network = Mlp::from_parameters(&[2, 2, 1], &[Activation::Sigmoid; 2], theta).unwrap();
    assert_eq!(network.weights(2), array![[6.0, 7.0]]);
    assert_eq!(network.biases(2), array![8.0]);
}

/// The flat vector against a perturbation of each entry: each of the nine moves the cost, by what backpropagation says.
#[test]
fn two_input_parameter_set() {
    for nine in nines() {
        for i in 0..9 {
            let slope = nine.slope(i);
            assert!(slope != 0.0 && (slope - nine.pass.gradient()[i]).abs() < DIFFERENCES);
        }
    }
}

/// The number of parameters against the sum of (Mₗ₋₁ + 1) Mₗ, and nine for the small network.
#[test]
fn nine_trainable_parameters() {
    assert_eq!(nines().next().unwrap().network.parameters().len(), 9);
    let network = random_network(&[3, 5, 4, 2], Activation::Tanh, Activation::Tanh, &mut rng(1));
    assert_eq!(network.parameters().len(), 4 * 5 + 6 * 4 + 5 * 2);
}

/// The matrix product against the two sums written out; with W transposed they differ.
#[test]
fn hidden_layer_matrix_form() {
    for Nine { network, x, pass, .. } in nines() {
        let theta = network.parameters();
        let sums = [
            theta[0] * x[0] + theta[1] * x[1] + theta[4],
            theta[2] * x[0] + theta[3] * x[1] + theta[5],
        ];
        let transposed = network.weights(1).t().dot(&x) + network.biases(1);
        for i in 0..2 {
            assert!((pass.z(1)[[0, i]] - sums[i]).abs() < 1e-14);
            assert!((transposed[i] - sums[i]).abs() > 1e-4);
        }
    }
}

/// The derivatives of each a by each z, by differences, against σ′ on the diagonal and nothing beside it.
#[test]
fn hidden_layer_activation() {
    for z in [[0.3, -1.2], [2.0, 0.0], [-4.0, 5.0]] {
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let derivative = slope(|h| {
                let (mut z, mut a) = (array![z], Array2::zeros((1, 2)));
                z[[0, j]] += h;
                Activation::Sigmoid.forward(&Array1::zeros(0), &z, &mut a);
                a[[0, i]]
            });
            let expected = if i == j { logistic_slope(z[i]) } else { 0.0 };
            assert!((derivative - expected).abs() < DIFFERENCES);
        }
    }
}

/// The output's z against the sum written out, and its derivatives by the hidden activations, by differences, against the weights.
#[test]
fn two_input_output_preactivation() {
    for Nine { network, pass, .. } in nines() {
        let (w, b, a) = (network.weights(2), network.biases(2)[0], pass.a(1));
        assert!(
            (pass.z(2)[[0, 0]] - (w[[0, 0]] * a[[0, 0]] + w[[0, 1]] * a[[0, 1]] + b)).abs() < 1e-14
        );
        for i in 0..2 {
            let derivative = slope(|h| {
                let (mut a, mut z) = (a.to_owned(), Array2::zeros((1, 1)));
                a[[0, i]] += h;
                Dense { inputs: 2, outputs: 1 }.forward(
                    &network.parameters().slice(s![6..]),
                    &a,
                    &mut z,
                );
                z[[0, 0]]
            });
            assert!((derivative - w[[0, i]]).abs() < DIFFERENCES);
        }
    }
}

/// The whole network against one nested formula.
#[test]
fn two_input_output_activation() {
    for Nine { network, x, .. } in nines() {
        let t = network.parameters();
        let f = |z: f64| 1.0 / (1.0 + (-z).exp());
        let hidden = [f(t[0] * x[0] + t[1] * x[1] + t[4]), f(t[2] * x[0] + t[3] * x[1] + t[5])];
        let nested = f(t[6] * hidden[0] + t[7] * hidden[1] + t[8]);
        assert!((network.predict(&sample(&x))[[0, 0]] - nested).abs() < 1e-15);
    }
}

/// δ² against differences in z², for the squared error and for the cross-entropy, where it is a − y.
#[test]
fn two_input_output_delta() {
    for Nine { network, sums, x, y, pass } in nines() {
        let x = x.as_slice().unwrap();
        let slopes = sums.slopes_by_z(2, x, half_square(y.as_slice().unwrap()));
        assert!((pass.delta(2)[[0, 0]] - slopes[0]).abs() < DIFFERENCES);

        let activations = [Activation::Sigmoid, Activation::Identity];
        let logits =
            Mlp::from_parameters(&[2, 2, 1], &activations, network.parameters().to_owned())
                .unwrap();
        let delta = backpropagate(&logits, &array![x[0], x[1]], &y, Loss::LogisticCrossEntropy)
            .delta(2)[[0, 0]];
        let entropy = |a: &[f64]| -y[0] * a[0].ln() - (1.0 - y[0]) * (1.0 - a[0]).ln();
        assert!((delta - sums.slopes_by_z(2, x, entropy)[0]).abs() < DIFFERENCES);
        assert!((delta - (sums.output(x, (0, 0, 0.0))[0] - y[0])).abs() < 1e-14);
    }
}

/// δ² aᵢ¹ and the library's gradient against differences in the output's weights.
#[test]
fn two_input_output_weight_gradient() {
    for nine in nines() {
        for i in 0..2 {
            let product = nine.pass.delta(2)[[0, 0]] * nine.pass.a(1)[[0, i]];
            assert!((product - nine.slope(6 + i)).abs() < DIFFERENCES);
            assert!((nine.pass.gradient()[6 + i] - nine.slope(6 + i)).abs() < DIFFERENCES);
        }
    }
}

/// δ² and the library's gradient against differences in the output's bias.
#[test]
fn two_input_output_bias_gradient() {
    for nine in nines() {
        assert!((nine.pass.delta(2)[[0, 0]] - nine.slope(8)).abs() < DIFFERENCES);
        assert!((nine.pass.gradient()[8] - nine.slope(8)).abs() < DIFFERENCES);
    }
}

/// The product of the four factors, each by its own differences, against the library's derivative by w₀₀.
#[test]
fn hidden_weight_chain_rule() {
    for Nine { sums, x, y, pass, .. } in nines() {
        let (z, theta) = (pass.z(2)[[0, 0]], &sums.theta);
        let cost_by_a = slope(|h| 0.5 * (logistic(2, z) + h - y[0]).powi(2));
        let a_by_z = slope(|h| logistic(2, z + h));
        let z_by_z = slope(|h| {
            theta[6] * logistic(1, pass.z(1)[[0, 0]] + h)
                + theta[7] * logistic(1, pass.z(1)[[0, 1]])
                + theta[8]
        });
        let z_by_w = slope(|h| (theta[0] + h) * x[0] + theta[1] * x[1] + theta[4]);
        assert!((cost_by_a * a_by_z * z_by_z * z_by_w - pass.gradient()[0]).abs() < DIFFERENCES);
    }
}

/// Differences of the output's z in w₀₀ against w₀² σ′(z₀¹) a₀⁰.
#[test]
fn hidden_weight_local_factor() {
    for nine in nines() {
        let product =
            nine.network.weights(2)[[0, 0]] * logistic_slope(nine.pass.z(1)[[0, 0]]) * nine.x[0];
        assert!((slope(|h| nine.z_of(0, h)) - product).abs() < DIFFERENCES);
    }
}

/// As printed, with a₀¹ for a₀⁰, the same product misses the differences at every one of twenty points.
#[test]
fn erratum_hidden_weight_local_factor() {
    for nine in nines() {
        let shared = nine.network.weights(2)[[0, 0]] * logistic_slope(nine.pass.z(1)[[0, 0]]);
        assert!(
            (slope(|h| nine.z_of(0, h)) - shared * nine.pass.a(1)[[0, 0]]).abs()
                > 1e-3 * shared.abs()
        );
    }
}

/// δ₀¹ and δ₁¹ against differences in z₀¹ and z₁¹, and against wᵢ² σ′(zᵢ¹) δ².
#[test]
fn hidden_delta_0() {
    for Nine { network, sums, x, y, pass } in nines() {
        let slopes = sums.slopes_by_z(1, x.as_slice().unwrap(), half_square(y.as_slice().unwrap()));
        for i in 0..2 {
            assert!((pass.delta(1)[[0, i]] - slopes[i]).abs() < DIFFERENCES);
            let product = network.weights(2)[[0, i]]
                * logistic_slope(pass.z(1)[[0, i]])
                * pass.delta(2)[[0, 0]];
            assert!((pass.delta(1)[[0, i]] - product).abs() < 1e-15);
        }
    }
}

/// δᵢ¹ aⱼ⁰ and the library's gradient against differences in wᵢⱼ¹, for all four weights.
#[test]
fn hidden_weight_gradient_00() {
    for nine in nines() {
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let expected = nine.slope(2 * i + j);
            assert!((nine.pass.delta(1)[[0, i]] * nine.x[j] - expected).abs() < DIFFERENCES);
            assert!((nine.pass.gradient()[2 * i + j] - expected).abs() < DIFFERENCES);
        }
    }
}

/// Whether the printed δᵢ¹ aⱼ¹ misses the differences in wᵢⱼ¹ at every one of twenty points.
fn printed_hidden_gradient_fails(i: usize, j: usize) -> bool {
    nines().all(|nine| {
        let delta = nine.pass.delta(1)[[0, i]];
        (delta * nine.pass.a(1)[[0, j]] - nine.slope(2 * i + j)).abs() > 1e-3 * delta.abs()
    })
}

/// As printed, δ₀¹ a₀¹ misses the differences in w₀₀¹ at every one of twenty points.
#[test]
fn erratum_hidden_weight_gradient_00() {
    assert!(printed_hidden_gradient_fails(0, 0));
}

/// As printed, δ₀¹ a₁¹ misses the differences in w₀₁¹ at every one of twenty points.
#[test]
fn erratum_hidden_weight_gradient_01() {
    assert!(printed_hidden_gradient_fails(0, 1));
}

/// As printed, δ₁¹ a₀¹ misses the differences in w₁₀¹ at every one of twenty points.
#[test]
fn erratum_hidden_weight_gradient_10() {
    assert!(printed_hidden_gradient_fails(1, 0));
}

/// As printed, δ₁¹ a₁¹ misses the differences in w₁₁¹ at every one of twenty points.
#[test]
fn erratum_hidden_weight_gradient_11() {
    assert!(printed_hidden_gradient_fails(1, 1));
}

/// δ₀¹, δ₁¹ and the library's gradient against differences in the hidden biases.
#[test]
fn hidden_bias_gradient_0() {
    for nine in nines() {
        for i in 0..2 {
            assert!((nine.pass.delta(1)[[0, i]] - nine.slope(4 + i)).abs() < DIFFERENCES);
            assert!((nine.pass.gradient()[4 + i] - nine.slope(4 + i)).abs() < DIFFERENCES);
        }
    }
}

/// The output's weights after a step against the weights before less η times differences; and the cost falls by η‖∇C‖² to first
/// order: the defect over η² stays bounded as η is halved.
#[test]
fn two_input_output_weight_update() {
    for nine in nines() {
        let (x, y) = (nine.x.clone(), nine.y.clone());
        let cost = |theta: Array1<f64>| {
            let sums = Sums { sizes: vec![2, 2, 1], theta: theta.to_vec(), sigma: logistic };
            half_square(y.as_slice().unwrap())(&sums.output(x.as_slice().unwrap(), (0, 0, 0.0)))
        };
        let (theta, gradient) =
            (nine.network.parameters().to_owned(), nine.pass.gradient().to_owned());
        let defect = |rate: f64| {
            let lower = cost(&theta - &(&gradient * rate));
            (lower - cost(theta.clone()) + rate * gradient.dot(&gradient)) / (rate * rate)
        };
        assert!((defect(0.01) - defect(0.02)).abs() < 0.1 * defect(0.01).abs() + 1e-6);

        let (stepped, expected) = nine.step();
        assert!(close(&stepped.slice(s![6..8]), &expected.slice(s![6..8]), DIFFERENCES));
    }
}

/// The output's bias after a step against the bias before less η times differences.
#[test]
fn two_input_output_bias_update() {
    for (stepped, expected) in nines().map(Nine::step) {
        assert!((stepped[8] - expected[8]).abs() < DIFFERENCES);
    }
}

/// The hidden weights after a step against the weights before less η times differences.
#[test]
fn two_input_hidden_weight_update() {
    for (stepped, expected) in nines().map(Nine::step) {
        assert!(close(&stepped.slice(s![..4]), &expected.slice(s![..4]), DIFFERENCES));
    }
}

/// The hidden biases after a step against the biases before less η times differences.
#[test]
fn two_input_hidden_bias_update() {
    for (stepped, expected) in nines().map(Nine::step) {
        assert!(close(&stepped.slice(s![4..6]), &expected.slice(s![4..6]), DIFFERENCES));
    }
}

/// The chapter's surface against 5 + 5u²/2 − v²/2 in the coordinates u, v along its axes, row by row: it is a saddle.
#[test]
fn two_variable_target_function() {
    let x = normal_matrix(20, 2, &mut rng(2));
    let heights = saddle(&x);
    assert_eq!(heights.dim(), (20, 1));
    for (x, height) in x.rows().into_iter().zip(&heights) {
        let (u, v) = ((x[0] + x[1]) / 2.0_f64.sqrt(), (x[0] - x[1]) / 2.0_f64.sqrt());
        let along_axes = 5.0 + 2.5 * u * u - 0.5 * v * v;
        assert!((height - along_axes).abs() < 1e-13 * (1.0 + along_axes.abs()));
    }
}

/// A row is a sample: the outputs for all rows at once against the sums over indices for each.
#[test]
fn two_feature_design_matrix() {
    let mut rng = rng(3);
    let network = random_network(&[2, 4, 1], Activation::Tanh, Activation::Identity, &mut rng);
    let sums = Sums::new(&network, |l, z| if l == 1 { z.tanh() } else { z });
    let x = normal_matrix(100, 2, &mut rng);
    let outputs = network.predict(&x);
    assert_eq!(outputs.dim(), (100, 1));
    for (row, output) in x.rows().into_iter().zip(&outputs) {
        assert!((sums.output(row.as_slice().unwrap(), (0, 0, 0.0))[0] - output).abs() < 1e-14);
    }
}

/// As printed, the first row stands twice: n + 1 rows for n targets, which training refuses.
#[test]
fn erratum_two_feature_design_matrix() {
    let mut rng = rng(3);
    let mut network = random_network(&[2, 4, 1], Activation::Tanh, Activation::Identity, &mut rng);
    let x = normal_matrix(100, 2, &mut rng);
    let y = saddle(&x);
    let printed = ndarray::concatenate(Axis(0), &[x.slice(s![..1, ..]), x.view()]).unwrap();
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(1e-3).unwrap(), 10);
    let refused = trainer.epoch(&mut network, &printed, &y, &mut rng);
    let expected =
        Error::Shape { what: "y", expected: "101 rows, one a row of x".into(), got: "100".into() };
    assert_eq!(refused, Err(expected));
    assert!(trainer.epoch(&mut network, &x, &y, &mut rng).is_ok());
}

/// A network trained on a hundred points against the polynomial at a thousand fresh ones.
#[test]
fn two_input_code_exercise() {
    let mut rng = rng(4);
    let mut points = |n: usize| {
        let x = Array2::from_shape_simple_fn((n, 2), || rng.random_range(-1.0..1.0));
        let y = saddle(&x);
        (x, y)
    };
    let ((x, y), (fresh_x, fresh_y)) = (points(100), points(1000));
    let mut network = Mlp::new(
        &[2, 16, 1],
        Activation::Tanh,
        Activation::Identity,
        Initialisation::Glorot,
        &mut downhill::rng(5),
    )
    .unwrap();
    let mut trainer = Trainer::new(&network, Loss::SquaredError, Adam::new(0.05).unwrap(), 100);
    for _ in 0..3000 {
        trainer.step(&mut network, &x, &y).unwrap();
    }
    let error =
        |x: &Array2<f64>, y: &Array2<f64>| (network.predict(x) - y).mapv(|e| e * e).mean().unwrap();
    assert!(error(&x, &y) < 1e-2);
    assert!(error(&fresh_x, &fresh_y) < 5e-2);
    assert!(fresh_y.var(0.0) > 1.0, "a constant would be off by more than one");
}

// ---------------------------------------------------------------- any depth

/// A network of three layers with one sample; the sizes differ, so that a transposed matrix does not fit.
struct Deep {
    network: Mlp,
    sums: Sums,
    x: Array1<f64>,
    y: Array1<f64>,
    pass: Pass,
}

fn tanh(_: usize, z: f64) -> f64 {
    z.tanh()
}

fn identity_output(l: usize, z: f64) -> f64 {
    if l == 3 { z } else { logistic(l, z) }
}

/// Sizes 3, 5, 4, 2; logistic, tanh, and logistic with a linear output.
fn deep() -> Vec<Deep> {
    let mut rng = rng(1974);
    type Kind = (Activation, Activation, fn(usize, f64) -> f64);
    let kinds: [Kind; 3] = [
        (Activation::Sigmoid, Activation::Sigmoid, logistic),
        (Activation::Tanh, Activation::Tanh, tanh),
        (Activation::Sigmoid, Activation::Identity, identity_output),
    ];
    let mut make = |(hidden, output, sigma)| {
        let network = random_network(&[3, 5, 4, 2], hidden, output, &mut rng);
        let (x, y) = (normal(3, &mut rng), normal(2, &mut rng));
        let pass = backpropagate(&network, &x, &y, Loss::SquaredError);
        Deep { sums: Sums::new(&network, sigma), network, x, y, pass }
    };
    kinds.into_iter().map(&mut make).collect()
}

impl Deep {
    fn x(&self) -> &[f64] {
        self.x.as_slice().unwrap()
    }

    fn slopes(&self) -> Array1<f64> {
        self.sums.slopes(self.x(), half_square(self.y.as_slice().unwrap()))
    }

    fn slopes_by_z(&self, l: usize) -> Array1<f64> {
        self.sums.slopes_by_z(l, self.x(), half_square(self.y.as_slice().unwrap()))
    }

    /// The network after one step at this rate.
    fn step(&self, rate: f64) -> Mlp {
        let mut network = self.network.clone();
        let mut trainer =
            Trainer::new(&network, Loss::SquaredError, GradientDescent::new(rate).unwrap(), 1);
        trainer.step(&mut network, &sample(&self.x), &sample(&self.y)).unwrap();
        network
    }
}

/// z, a and the cost of three layers against the sums over indices.
#[test]
fn backprop_premises_missing() {
    for case in deep() {
        let (z, a) = case.sums.run(case.x(), (0, 0, 0.0));
        for l in 1..=3 {
            assert!(close(&case.pass.z(l).row(0), &Array1::from(z[l].clone()), 1e-14));
            assert!(close(&case.pass.a(l).row(0), &Array1::from(a[l].clone()), 1e-14));
        }
        let cost = Loss::SquaredError.value(&case.pass.output(), &sample(&case.y));
        assert!((cost - half_square(case.y.as_slice().unwrap())(&a[3])).abs() < 1e-14);
    }
}

/// A network made with the sizes 3, 5, 4, 2 against what these numbers mean: three layers with weights, of which layer l has a row for each of its
/// units and a column for each unit of layer l − 1, cut in turn out of 50 parameters counted by hand; layer 0 has none.
#[test]
fn layer_numbering() {
    let theta = Array1::from_iter((0..54).map(f64::from));
    let network = Mlp::from_parameters(&[3, 5, 4, 2], &[Activation::Tanh; 3], theta).unwrap();
    assert_eq!((network.depth(), network.sizes()), (3, vec![3, 5, 4, 2]));
    // Where the weights of layers 1, 2 and 3 begin, their shapes, and where their biases begin.
    for (l, first, rows, columns, biases) in
        [(1, 0, 5, 3, 15), (2, 20, 4, 5, 40), (3, 44, 2, 4, 52)]
    {
        let (w, b) = (network.weights(l), network.biases(l));
        assert_eq!((w.dim(), b.len()), ((rows, columns), rows));
        for (j, k) in (0..rows).flat_map(|j| (0..columns).map(move |k| (j, k))) {
            assert_eq!(w[[j, k]], (first + j * columns + k) as f64);
        }
        assert!((0..rows).all(|j| b[j] == (biases + j) as f64));
    }
    for none in [0, 4] {
        let network = network.clone();
        assert!(std::panic::catch_unwind(move || network.weights(none).len()).is_err());
    }
}

/// What a pass keeps against the list of the algorithm: for each layer from 1 to L its z and a, each a the activation of its z, and
/// no activation applied to the inputs.
#[test]
fn backprop_forward_pass() {
    for case in deep() {
        for (l, width) in [(1, 5), (2, 4), (3, 2)] {
            assert_eq!((case.pass.z(l).dim(), case.pass.a(l).dim()), ((1, width), (1, width)));
            let a = case.pass.z(l).mapv(|z| (case.sums.sigma)(l, z));
            assert!(close(&a.row(0), &case.pass.a(l).row(0), 1e-15));
            let input = if l == 1 { case.x.clone() } else { case.pass.a(l - 1).row(0).to_owned() };
            let z = case.network.weights(l).dot(&input) + case.network.biases(l);
            assert!(close(&z, &case.pass.z(l).row(0), 1e-14));
        }
    }
}

/// The forward pass of a square network with weights to j from i, against loops; its gradient against differences.
#[test]
fn feed_forward_index_convention() {
    let mut rng = rng(6);
    let network = random_network(&[3, 3, 3], Activation::Sigmoid, Activation::Sigmoid, &mut rng);
    let (x, y) = (normal(3, &mut rng), normal(3, &mut rng));
    let sums = Sums::new(&network, logistic);
    let pass = backpropagate(&network, &x, &y, Loss::SquaredError);
    let output = Array1::from(sums.output(x.as_slice().unwrap(), (0, 0, 0.0)));
    assert!(close(&pass.output().row(0), &output, 1e-15));
    let slopes = sums.slopes_by_z(1, x.as_slice().unwrap(), half_square(y.as_slice().unwrap()));
    assert!(close(&pass.delta(1).row(0), &slopes, DIFFERENCES));
}

/// As printed, the forward pass sums wᵢⱼ aᵢ while the backward pass uses wₖⱼ: the two together miss the differences, and for sizes that
/// differ the product does not exist.
#[test]
fn erratum_feed_forward_index_convention() {
    let mut rng = rng(6);
    let (w1, w2) = (normal_matrix(3, 3, &mut rng), normal_matrix(3, 3, &mut rng));
    let (x, y) = (normal(3, &mut rng), normal(3, &mut rng));
    let f = |z: &Array1<f64>| z.mapv(|z| logistic(0, z));
    let forward = |z1: &Array1<f64>| f(&w2.t().dot(&f(z1)));
    let z1 = w1.t().dot(&x);
    let by_differences: Array1<f64> = (0..3)
        .map(|j| {
            slope(|h| {
                let mut z = z1.clone();
                z[j] += h;
                forward(&z).iter().zip(&y).map(|(a, y)| 0.5 * (a - y).powi(2)).sum()
            })
        })
        .collect();
    let a2 = forward(&z1);
    let delta2 = (&a2 - &y) * a2.mapv(|a| a * (1.0 - a));
    let sigma_prime = z1.mapv(logistic_slope);
    let printed = delta2.dot(&w2) * &sigma_prime;
    assert!((printed - &by_differences).iter().any(|d| d.abs() > 1e-2));
    let consistent = w2.dot(&delta2) * &sigma_prime;
    assert!(close(&consistent, &by_differences, DIFFERENCES));

    let deep = &deep()[0];
    let shapes = std::panic::catch_unwind(|| deep.network.weights(1).t().dot(&deep.x));
    assert!(shapes.is_err(), "five rows against three entries");
}

/// δˡ of every layer against differences in zˡ, the later layers computed anew.
#[test]
fn hidden_error_definition() {
    for case in deep() {
        for l in 1..=3 {
            assert!(close(&case.pass.delta(l).row(0), &case.slopes_by_z(l), DIFFERENCES));
        }
    }
}

/// δᴸ against differences in zᴸ, and against the product of two derivatives, each by its own differences.
#[test]
fn delta_as_preactivation_derivative() {
    for case in deep() {
        assert!(close(&case.pass.delta(3).row(0), &case.slopes_by_z(3), DIFFERENCES));
        for j in 0..2 {
            let (z, a) = (case.pass.z(3)[[0, j]], case.pass.a(3)[[0, j]]);
            let product = slope(|h| 0.5 * (a + h - case.y[j]).powi(2))
                * slope(|h| (case.sums.sigma)(3, z + h));
            assert!((case.pass.delta(3)[[0, j]] - product).abs() < DIFFERENCES);
        }
    }
}

/// δᴸ against σ′(zᴸ) ∂C/∂aᴸ for three activations; a(1 − a)(a − y) holds for the logistic output alone.
#[test]
fn output_error_delta() {
    for (case, special) in deep().iter().zip([true, false, false]) {
        for j in 0..2 {
            let (z, a, y) = (case.pass.z(3)[[0, j]], case.pass.a(3)[[0, j]], case.y[j]);
            let delta = case.pass.delta(3)[[0, j]];
            assert!((delta - slope(|h| (case.sums.sigma)(3, z + h)) * (a - y)).abs() < DIFFERENCES);
            assert_eq!((delta - a * (1.0 - a) * (a - y)).abs() < 1e-15, special);
        }
    }
}

/// The vector form against a loop over the components, which differences confirm; for a softmax output the entrywise product fails, and
/// the product with the transposed Jacobian, formed entry by entry, agrees.
#[test]
fn output_error_hadamard() {
    for case in deep() {
        let derivative = case.pass.z(3).mapv(|z| slope(|h| (case.sums.sigma)(3, z + h)));
        let by_a = &case.pass.output().row(0) - &case.y;
        assert!(close(&case.pass.delta(3).row(0), &(&derivative.row(0) * &by_a), DIFFERENCES));
    }

    let (z, y) = (array![[0.4, -0.3, 1.1]], array![[0.0, 1.0, 0.0]]);
    let probabilities = |z: &Array2<f64>| {
        let e = z.mapv(f64::exp);
        let total = e.sum();
        e / total
    };
    let p = probabilities(&z);
    let by_p = &p - &y;
    let mut delta = Array2::zeros((1, 3));
    let (none, mut no_gradient) = (Array1::zeros(0), Array1::zeros(0));
    Activation::Softmax.backward(&none, &z, &p, &by_p, &mut no_gradient, Some(&mut delta));
    let mut diagonal_only = Array1::zeros(3);
    for j in 0..3 {
        let column: Vec<f64> = (0..3)
            .map(|k| {
                slope(|h| {
                    let mut z = z.clone();
                    z[[0, j]] += h;
                    probabilities(&z)[[0, k]]
                })
            })
            .collect();
        let jacobian_product: f64 = (0..3).map(|k| column[k] * by_p[[0, k]]).sum();
        assert!((delta[[0, j]] - jacobian_product).abs() < DIFFERENCES);
        diagonal_only[j] = column[j] * by_p[[0, j]];
    }
    assert!(!close(&diagonal_only, &delta.row(0), 1e-2));
}

/// With costs ½ Σ cⱼ (aⱼ − yⱼ)², δⱼ against cⱼ times what it is at cⱼ = 1; and in saturation δⱼ is nothing, whatever the cost.
#[test]
fn output_error_interpretation() {
    let (z, by_a) = (array![[0.3, -0.8, 1.2]], array![[0.5, -0.2, 0.9]]);
    let weights = array![[0.0, 1.0, 7.0]];
    let delta = |z: &Array2<f64>, by_a: &Array2<f64>| {
        let (mut a, mut delta) = (Array2::zeros((1, 3)), Array2::zeros((1, 3)));
        let (none, mut no_gradient) = (Array1::zeros(0), Array1::zeros(0));
        Activation::Sigmoid.forward(&none, z, &mut a);
        Activation::Sigmoid.backward(&none, z, &a, by_a, &mut no_gradient, Some(&mut delta));
        delta
    };
    let (plain, weighted) = (delta(&z, &by_a), delta(&z, &(&by_a * &weights)));
    assert!(close(&weighted.row(0), &(&plain * &weights).row(0), 1e-15));
    assert!(
        plain
            .iter()
            .zip(&z)
            .zip(&by_a)
            .all(|((d, &z), g)| (d - logistic_slope(z) * g).abs() < 1e-15)
    );
    assert!(
        delta(&array![[20.0, -20.0, 40.0]], &array![[1.0, 1.0, 1.0]])
            .iter()
            .all(|d| d.abs() < 1e-8)
    );
}

/// σ′ from the stored activation against the derivative of the formula at z; the backward pass never looks at z, which is NaN.
#[test]
fn activation_derivative_cheap() {
    let unknown = Array2::from_elem((1, 4), f64::NAN);
    let z = array![[-2.0, -0.1, 0.7, 3.0]];
    let derivatives: [Formula; 2] = [
        (Activation::Sigmoid, logistic_slope),
        (Activation::Tanh, |z: f64| 1.0 / z.cosh().powi(2)),
    ];
    for (activation, derivative) in derivatives {
        let (mut a, mut delta) = (Array2::zeros((1, 4)), Array2::zeros((1, 4)));
        let (none, mut no_gradient) = (Array1::zeros(0), Array1::zeros(0));
        activation.forward(&none, &z, &mut a);
        activation.backward(
            &none,
            &unknown,
            &a,
            &Array2::ones((1, 4)),
            &mut no_gradient,
            Some(&mut delta),
        );
        assert!(close(&delta.row(0), &z.mapv(derivative).row(0), 1e-15));
    }
}

/// (aⱼ − yⱼ) aⱼ (1 − aⱼ) aₖ against differences for logistic outputs and half the squared error; for a tanh output it fails, and for the
/// mean over the outputs of the squares it is off by the factor 2/n.
#[test]
fn output_layer_weight_gradient_logistic() {
    let cases = deep();
    let formula = |case: &Deep, j: usize, k: usize| {
        let a = case.pass.a(3)[[0, j]];
        (a - case.y[j]) * a * (1.0 - a) * case.pass.a(2)[[0, k]]
    };
    for (j, k) in (0..2).flat_map(|j| (0..4).map(move |k| (j, k))) {
        let (case, other) = (&cases[0], &cases[1]);
        let i = case.sums.weight(3, j, k);
        let exact = case.sums.slope(i, case.x(), half_square(case.y.as_slice().unwrap()));
        assert!((formula(case, j, k) - exact).abs() < DIFFERENCES);
        assert!((case.pass.gradient()[i] - exact).abs() < DIFFERENCES);
        assert!((formula(other, j, k) - other.pass.gradient()[i]).abs() > 1e-3);
        let mean_square =
            |a: &[f64]| a.iter().zip(&case.y).map(|(a, y)| (a - y).powi(2)).sum::<f64>() / 2.0;
        let outputs = 2.0;
        assert!(
            (2.0 / outputs * formula(case, j, k) - case.sums.slope(i, case.x(), mean_square)).abs()
                < DIFFERENCES
        );
        let third = |a: &[f64]| 2.0 * mean_square(a) / 3.0;
        assert!(
            (2.0 / 3.0 * formula(case, j, k) - case.sums.slope(i, case.x(), third)).abs()
                < DIFFERENCES
        );
    }
}

/// The outer product δᴸ aᴸ⁻¹ and the library's gradient against differences, for every weight of the last layer.
#[test]
fn output_weight_gradient_delta() {
    for case in deep() {
        let slopes = case.slopes();
        for (j, k) in (0..2).flat_map(|j| (0..4).map(move |k| (j, k))) {
            let i = case.sums.weight(3, j, k);
            assert!(
                (case.pass.delta(3)[[0, j]] * case.pass.a(2)[[0, k]] - slopes[i]).abs()
                    < DIFFERENCES
            );
            assert!((case.pass.gradient()[i] - slopes[i]).abs() < DIFFERENCES);
        }
    }
}

/// δˡ of every layer against differences in the biases; were the bias counted twice, z = W a + 2b, the derivative would be 2δ.
#[test]
fn delta_bias_chain_rule() {
    for case in deep() {
        let slopes = case.slopes();
        for l in 1..=3 {
            for j in 0..case.sums.sizes[l] {
                let i = case.sums.bias(l, j);
                assert!((case.pass.delta(l)[[0, j]] - slopes[i]).abs() < DIFFERENCES);
                assert!((case.pass.gradient()[i] - slopes[i]).abs() < DIFFERENCES);
                let cost = half_square(case.y.as_slice().unwrap());
                let doubled = slope(|h| cost(&case.sums.output(case.x(), (l, j, 2.0 * h))));
                assert!((2.0 * case.pass.delta(l)[[0, j]] - doubled).abs() < 10.0 * DIFFERENCES);
            }
        }
    }
}

/// δˡ against the sum over δˡ⁺¹ times the Jacobian ∂zˡ⁺¹/∂zˡ, which differences give entry by entry.
#[test]
fn hidden_error_chain_rule() {
    for case in deep() {
        for l in 1..=2 {
            for j in 0..case.sums.sizes[l] {
                let sum: f64 = (0..case.sums.sizes[l + 1])
                    .map(|k| {
                        let jacobian = slope(|h| case.sums.run(case.x(), (l, j, h)).0[l + 1][k]);
                        case.pass.delta(l + 1)[[0, k]] * jacobian
                    })
                    .sum();
                assert!((case.pass.delta(l)[[0, j]] - sum).abs() < DIFFERENCES);
            }
        }
    }
}

/// Every derivative of twenty networks of random sizes against differences, and the recursion written out against the library.
#[test]
fn backprop_recursion() {
    let mut rng = rng(7);
    for _ in 0..20 {
        let depth = rng.random_range(1..=4);
        let sizes: Vec<usize> = (0..=depth).map(|_| rng.random_range(1..=5)).collect();
        let network = random_network(&sizes, Activation::Sigmoid, Activation::Sigmoid, &mut rng);
        let sums = Sums::new(&network, logistic);
        let (x, y) = (normal(sizes[0], &mut rng), normal(sizes[depth], &mut rng));
        let pass = backpropagate(&network, &x, &y, Loss::SquaredError);
        let slopes = sums.slopes(x.as_slice().unwrap(), half_square(y.as_slice().unwrap()));
        assert!(close(pass.gradient(), &slopes, 10.0 * DIFFERENCES));

        let (z, a) = sums.run(x.as_slice().unwrap(), (0, 0, 0.0));
        let mut delta: Vec<f64> =
            (0..sizes[depth]).map(|j| logistic_slope(z[depth][j]) * (a[depth][j] - y[j])).collect();
        for l in (1..depth).rev() {
            delta = (0..sizes[l])
                .map(|j| {
                    let back: f64 = (0..sizes[l + 1])
                        .map(|k| delta[k] * sums.theta[sums.weight(l + 1, k, j)])
                        .sum();
                    back * logistic_slope(z[l][j])
                })
                .collect();
            assert!(close(&pass.delta(l).row(0), &Array1::from(delta.clone()), 1e-14));
        }
    }
}

/// Every weight of every layer after a step against the weight before less η times differences.
#[test]
fn backprop_weight_update() {
    for case in deep() {
        let expected = case.network.parameters().to_owned() - case.slopes() * 0.3;
        let stepped = case.step(0.3);
        for l in 1..=3 {
            for (j, k) in (0..case.sums.sizes[l])
                .flat_map(|j| (0..case.sums.sizes[l - 1]).map(move |k| (j, k)))
            {
                assert!(
                    (stepped.weights(l)[[j, k]] - expected[case.sums.weight(l, j, k)]).abs()
                        < DIFFERENCES
                );
            }
        }
    }
}

/// Every bias of every layer after a step against the bias before less η times differences.
#[test]
fn backprop_bias_update() {
    for case in deep() {
        let expected = case.network.parameters().to_owned() - case.slopes() * 0.3;
        let stepped = case.step(0.3);
        for l in 1..=3 {
            for j in 0..case.sums.sizes[l] {
                assert!(
                    (stepped.biases(l)[j] - expected[case.sums.bias(l, j)]).abs() < DIFFERENCES
                );
            }
        }
    }
}

/// The step of each layer, the last included, against −η times differences: it has their length and their direction, and the layer's share of the
/// fall of the cost is η times the square of that length, to first order.
#[test]
fn backprop_update_layer_range() {
    for case in deep() {
        let (slopes, rate) = (case.slopes(), 1e-3);
        let change = case.step(rate).parameters().to_owned() - case.network.parameters();
        let cost = |theta: &Array1<f64>| {
            let sums = Sums {
                sizes: case.sums.sizes.clone(),
                theta: theta.to_vec(),
                sigma: case.sums.sigma,
            };
            half_square(case.y.as_slice().unwrap())(&sums.output(case.x(), (0, 0, 0.0)))
        };
        let before = case.network.parameters().to_owned();
        for l in 1..=3 {
            let layer = s![case.sums.start(l)..case.sums.start(l + 1)];
            let (step, slope) = (change.slice(layer), slopes.slice(layer));
            assert!(close(&step, &(&slope * -rate), rate * DIFFERENCES + 1e-15));
            let mut moved = before.clone();
            moved.slice_mut(layer).scaled_add(1.0, &step);
            let (fall, promised) = (cost(&before) - cost(&moved), rate * slope.dot(&slope));
            // The second order is about η times as large; were the layer left out the ratio would be 0, and with another sign −1.
            assert!(promised > 1e-9 && (fall / promised - 1.0).abs() < 0.05, "{fall} {promised}");
        }
    }
}

/// The mean squared error on y = 3x + 20 after training a 1-8-1 network, the last layer as printed (frozen) or not, and the floor under
/// the first: its output never exceeds Σ|wᴸ| + |bᴸ|.
fn frozen_and_free() -> (f64, f64, f64) {
    let x = Array2::from_shape_fn((50, 1), |(i, _)| -1.0 + i as f64 / 24.5);
    let y = x.mapv(|x| 3.0 * x + 20.0);
    let mut rng = rng(8);
    let start = Mlp::new(
        &[1, 8, 1],
        Activation::Sigmoid,
        Activation::Identity,
        Initialisation::Glorot,
        &mut rng,
    )
    .unwrap();
    let bound = start.weights(2).mapv(f64::abs).sum() + start.biases(2)[0].abs();
    let train = |trained: usize| {
        let mut network = start.clone();
        let mut pass = Pass::new(&network, 50);
        for _ in 0..4000 {
            network.backpropagate(&x, &y, Loss::SquaredError, &mut pass);
            let mut stretch = network.parameters_mut().slice_mut(s![..trained]);
            stretch.scaled_add(-0.05, &pass.gradient().slice(s![..trained]));
        }
        (network.predict(&x) - &y).mapv(|e| e * e).mean().unwrap()
    };
    (train(16), train(25), (17.0 - bound).powi(2))
}

/// As printed, the range l = L − 1, …, 1 never trains the output layer: on a line far from the origin the error stays above its floor;
/// with l = L it falls.
#[test]
fn erratum_backprop_update_layer_range() {
    let (frozen, free, floor) = frozen_and_free();
    assert!(floor > 100.0 && frozen > floor);
    assert!(free < 0.05);
}

/// The range printed a second time: the parameters of the output layer after such a step are those before, to the bit, though their
/// derivatives are not zero.
#[test]
fn erratum_backprop_update_layer_range_restated() {
    for case in deep() {
        let last = case.sums.start(3)..;
        let mut theta = case.network.parameters().to_owned();
        for l in [2, 1] {
            let range = case.sums.start(l)..case.sums.start(l + 1);
            theta
                .slice_mut(s![range.clone()])
                .scaled_add(-0.3, &case.pass.gradient().slice(s![range]));
        }
        let (now, before) =
            (theta.slice(s![last.clone()]), case.network.parameters().slice(s![last.clone()]));
        assert_eq!(now, before);
        assert!(case.slopes().slice(s![last]).iter().all(|slope| slope.abs() > 1e-8));
    }
}

/// The parameters before and after backpropagation, bit for bit; a step by the optimiser then changes them by −η times differences.
#[test]
fn backprop_updates_parameters() {
    for case in deep() {
        let before = case.network.parameters().to_owned();
        let mut pass = Pass::new(&case.network, 1);
        case.network.backpropagate(
            &sample(&case.x),
            &sample(&case.y),
            Loss::SquaredError,
            &mut pass,
        );
        assert_eq!(case.network.parameters(), before);
        let change = case.step(0.1).parameters().to_owned() - &before;
        assert!(close(&change, &(case.slopes() * -0.1), DIFFERENCES));
    }
}

/// Networks of sizes 1-1, 1-1-1 and 2-2-1 against the formulas of the earlier chapters, outputs and gradients.
#[test]
fn general_network_code() {
    let f = |z: f64| logistic(0, z);
    let (w1, b1, w2, b2, x, y) = (0.7, -0.2, -1.3, 0.4, 1.9, 0.3);
    let gradient = |sizes: &[usize], theta: Array1<f64>| {
        let network =
            Mlp::from_parameters(sizes, &vec![Activation::Sigmoid; sizes.len() - 1], theta)
                .unwrap();
        let pass = backpropagate(&network, &array![x], &array![y], Loss::SquaredError);
        (pass.output()[[0, 0]], pass.gradient().to_owned())
    };

    let a1 = f(w1 * x + b1);
    let delta = (a1 - y) * a1 * (1.0 - a1);
    let (output, found) = gradient(&[1, 1], array![w1, b1]);
    assert!((output - a1).abs() < 1e-15 && close(&found, &array![delta * x, delta], 1e-15));

    let a2 = f(w2 * a1 + b2);
    let delta2 = (a2 - y) * a2 * (1.0 - a2);
    let delta1 = delta2 * w2 * a1 * (1.0 - a1);
    let (output, found) = gradient(&[1, 1, 1], array![w1, b1, w2, b2]);
    assert!((output - a2).abs() < 1e-15);
    assert!(close(&found, &array![delta1 * x, delta1, delta2 * a1, delta2], 1e-15));

    for Nine { x, y, pass, sums, .. } in nines() {
        let (a, t) = (pass.a(1), &sums.theta);
        let out = f(t[6] * a[[0, 0]] + t[7] * a[[0, 1]] + t[8]);
        let d2 = (out - y[0]) * out * (1.0 - out);
        let d1 = [0, 1].map(|i| d2 * t[6 + i] * a[[0, i]] * (1.0 - a[[0, i]]));
        let [p, q] = d1;
        let expected = array![
            p * x[0],
            p * x[1],
            q * x[0],
            q * x[1],
            p,
            q,
            d2 * a[[0, 0]],
            d2 * a[[0, 1]],
            d2
        ];
        assert!(close(pass.gradient(), &expected, 1e-15));
    }
}

// ---------------------------------------------------------------- batches

/// The activations of [`batch`]'s network: tanh, and logistic in the last layer.
fn batch_sigma(l: usize, z: f64) -> f64 {
    if l == 3 { logistic(l, z) } else { z.tanh() }
}

fn batch(rows: usize, rng: &mut impl Rng) -> (Mlp, Array2<f64>, Array2<f64>, Pass) {
    let network = random_network(&[3, 5, 4, 2], Activation::Tanh, Activation::Sigmoid, rng);
    let (x, y) = (normal_matrix(rows, 3, rng), normal_matrix(rows, 2, rng));
    let mut pass = Pass::new(&network, rows + 3); // more room than is used
    network.backpropagate(&x, &y, Loss::SquaredError, &mut pass);
    (network, x, y, pass)
}

/// What each unit of each layer hears and says, for every sample of a batch, against the sums over indices.
#[test]
fn batch_forward() {
    let (network, x, _, pass) = batch(7, &mut rng(9));
    let sums = Sums::new(&network, batch_sigma);
    for i in 0..7 {
        let (z, a) = sums.run(x.row(i).as_slice().unwrap(), (0, 0, 0.0));
        for l in 1..=3 {
            assert!(close(&pass.z(l).row(i), &Array1::from(z[l].clone()), 1e-14));
            assert!(close(&pass.a(l).row(i), &Array1::from(a[l].clone()), 1e-14));
        }
    }
}

/// The gradient of a batch against the mean of the differences of its samples' costs, by the sums over indices; and the errors of each sample
/// against their differences, over the number of samples.
#[test]
fn batch_gradients() {
    let (network, x, y, pass) = batch(7, &mut rng(10));
    let sums = Sums::new(&network, batch_sigma);
    let mut mean = Array1::zeros(network.parameters().len());
    for i in 0..7 {
        let (x, y) = (x.row(i).to_vec(), y.row(i).to_vec());
        mean.scaled_add(1.0 / 7.0, &sums.slopes(&x, half_square(&y)));
        for l in 1..=3 {
            let slopes = sums.slopes_by_z(l, &x, half_square(&y)) / 7.0;
            assert!(close(&pass.delta(l).row(i), &slopes, DIFFERENCES));
        }
    }
    assert!(close(pass.gradient(), &mean, DIFFERENCES));
}

// ---------------------------------------------------------------- activations and losses

/// σ and σ′ of every entrywise activation, with its formula.
fn activations() -> Vec<Formula> {
    vec![
        (Activation::Identity, |z| z),
        (Activation::Sigmoid, |z| 0.5 * (1.0 + (0.5 * z).tanh())),
        (Activation::Tanh, |z| 1.0 - 2.0 / (1.0 + (2.0 * z).exp())),
        (Activation::Relu, |z| 0.5 * (z + z.abs())),
        (Activation::LeakyRelu { slope: 0.1 }, |z| 0.55 * z + 0.45 * z.abs()),
        (Activation::Softplus, |z| (1.0 + z.exp()).ln()),
        (Activation::Gelu, |z| 0.5 * z * (1.0 + error_function(z / 2.0_f64.sqrt()))),
    ]
}

/// erf by its power series, good to rounding for |x| < 3.
fn error_function(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..80 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

fn forward(activation: Activation, z: &Array2<f64>) -> Array2<f64> {
    let mut a = Array2::zeros(z.dim());
    activation.forward(&Array1::zeros(0), z, &mut a);
    a
}

fn backward(activation: Activation, z: &Array2<f64>, by_a: &Array2<f64>) -> Array2<f64> {
    let mut delta = Array2::zeros(z.dim());
    let (none, mut no_gradient) = (Array1::zeros(0), Array1::zeros(0));
    activation.backward(
        &none,
        z,
        &forward(activation, z),
        by_a,
        &mut no_gradient,
        Some(&mut delta),
    );
    delta
}

/// Each activation against another form of its formula, its derivative against differences of that form; at the extremes all is
/// finite and as the limits say.
#[test]
fn activation_derivatives() {
    let z = array![[-2.7, -1.0, -0.3, 0.2, 0.9, 2.5]];
    let by_a = array![[1.0, -2.0, 0.5, 1.5, -1.0, 3.0]];
    for (activation, formula) in activations() {
        let (a, delta) = (forward(activation, &z), backward(activation, &z, &by_a));
        for i in 0..6 {
            assert!(
                (a[[0, i]] - formula(z[[0, i]])).abs() < 1e-13,
                "{activation:?} at {}",
                z[[0, i]]
            );
            let expected = by_a[[0, i]] * slope(|h| formula(z[[0, i]] + h));
            assert!((delta[[0, i]] - expected).abs() < 1e-10, "{activation:?} at {}", z[[0, i]]);
        }
        // ±1000 is far beyond where e^z overflows.
        let far = array![[-1000.0, 1000.0, f64::MIN, f64::MAX]];
        let (a, delta) =
            (forward(activation, &far), backward(activation, &far, &Array2::ones((1, 4))));
        assert!(a.iter().chain(&delta).all(|v| v.is_finite()), "{activation:?}: {a} {delta}");
        let (low, high) = match activation {
            Activation::Identity => ((-1000.0, 1.0), (1000.0, 1.0)),
            Activation::Sigmoid => ((0.0, 0.0), (1.0, 0.0)),
            Activation::Tanh => ((-1.0, 0.0), (1.0, 0.0)),
            Activation::LeakyRelu { slope } => ((-1000.0 * slope, slope), (1000.0, 1.0)),
            _ => ((0.0, 0.0), (1000.0, 1.0)),
        };
        assert_eq!(
            ((a[[0, 0]], delta[[0, 0]]), (a[[0, 1]], delta[[0, 1]])),
            (low, high),
            "{activation:?}"
        );
    }
    assert_eq!(backward(Activation::Relu, &array![[0.0]], &array![[1.0]])[[0, 0]], 0.0);
    assert_eq!(downhill::introduction::logistic(-800.0), 0.0);
    assert!(
        (softplus(-40.0) / (-40.0_f64).exp() - 1.0).abs() < 1e-15,
        "ln(1 + e^z) as written would be 0"
    );
    assert!(
        (gelu(-10.0) / -7.619_853_024_160_5e-23 - 1.0).abs() < 1e-13,
        "zΦ(z) in the tail, by 30 digits"
    );
}

/// The probabilities against their definition; a shift of all scores changes nothing, and scores of a thousand do not overflow.
#[test]
fn output_softmax() {
    let z: Array1<f64> = array![0.3, -1.2, 2.0, 0.0];
    let total: f64 = z.iter().map(|z| z.exp()).sum();
    let mut p = z.clone();
    softmax(&mut p);
    assert!(close(&p, &z.mapv(|z| z.exp() / total), 1e-15) && (p.sum() - 1.0).abs() < 1e-15);
    let mut shifted = &z + 1000.0;
    softmax(&mut shifted);
    assert!(close(&shifted, &p, 1e-13));
}

/// The product with the Jacobian pⱼ (1ⱼₖ − pₖ), entry by entry, against the layer's and against differences.
#[test]
fn output_softmax_jacobian() {
    let (z, by_p) = (array![[0.3, -1.2, 2.0, 0.0]], array![[1.0, 0.5, -2.0, 0.3]]);
    let (p, delta) = (forward(Activation::Softmax, &z), backward(Activation::Softmax, &z, &by_p));
    for j in 0..4 {
        let entry = |k: usize| p[[0, j]] * (if j == k { 1.0 } else { 0.0 } - p[[0, k]]);
        let product: f64 = (0..4).map(|k| entry(k) * by_p[[0, k]]).sum();
        let difference = slope(|h| {
            let e: Vec<f64> =
                (0..4).map(|k| (z[[0, k]] + if j == k { h } else { 0.0 }).exp()).collect();
            (0..4).map(|k| by_p[[0, k]] * e[k]).sum::<f64>() / e.iter().sum::<f64>()
        });
        assert!(
            (delta[[0, j]] - product).abs() < 1e-15
                && (delta[[0, j]] - difference).abs() < DIFFERENCES
        );
    }
}

/// A loss's derivatives against differences of the cost as the definition has it, mean over three rows.
fn loss_agrees(loss: Loss, targets: &Array2<f64>, cost: impl Fn(&[f64], &[f64]) -> f64) {
    let z = normal_matrix(3, targets.ncols(), &mut rng(11));
    let mean = |z: &Array2<f64>| {
        let rows = z.rows().into_iter().zip(targets.rows());
        rows.map(|(z, y)| cost(&z.to_vec(), &y.to_vec())).sum::<f64>() / 3.0
    };
    let mut gradient = Array2::zeros(z.dim());
    assert!((loss.value_and_gradient(&z, targets, &mut gradient) - mean(&z)).abs() < 1e-14);
    for (index, found) in gradient.indexed_iter() {
        let expected = slope(|h| {
            let mut z = z.clone();
            z[index] += h;
            mean(&z)
        });
        assert!((found - expected).abs() < DIFFERENCES);
    }
}

/// The squared error of a batch and its derivatives against the definition and its differences.
#[test]
fn batch_cost() {
    loss_agrees(Loss::SquaredError, &normal_matrix(3, 4, &mut rng(12)), |a, y| half_square(y)(a));
}

/// The stable form against −y ln σ − (1 − y) ln(1 − σ), and its derivatives against differences; at logits of ±1000 the cost is
/// the distance.
#[test]
fn output_cross_entropy_logistic() {
    let targets = array![[0.0, 1.0], [1.0, 0.0], [0.3, 0.9]];
    loss_agrees(Loss::LogisticCrossEntropy, &targets, |z, y| {
        z.iter()
            .zip(y)
            .map(|(&z, y)| -y * logistic(0, z).ln() - (1.0 - y) * (1.0 - logistic(0, z)).ln())
            .sum()
    });
    let cost = |z: f64, y: f64| Loss::LogisticCrossEntropy.value(&array![[z]], &array![[y]]);
    assert_eq!([cost(1000.0, 0.0), cost(-1000.0, 1.0), cost(1000.0, 1.0)], [1000.0, 1000.0, 0.0]);
}

/// The stable form against −Σ y ln p, and p − y against differences; at logits of 1000 the cost is the distance.
#[test]
fn output_cross_entropy_softmax() {
    let targets = array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]];
    loss_agrees(Loss::SoftmaxCrossEntropy, &targets, |z, y| {
        let total: f64 = z.iter().map(|z| z.exp()).sum();
        -z.iter().zip(y).map(|(z, y)| y * (z.exp() / total).ln()).sum::<f64>()
    });
    let cost = |z: [f64; 2]| Loss::SoftmaxCrossEntropy.value(&array![z], &array![[1.0, 0.0]]);
    assert_eq!(
        [cost([0.0, 1000.0]), cost([1000.0, 0.0]), cost([-1000.0, -1000.0])],
        [1000.0, 0.0, 2.0_f64.ln()]
    );
}

/// The gradient of cost and penalty against differences in every parameter, and a step of the trainer against one along those differences; the
/// biases pay nothing.
#[test]
fn weight_penalty() {
    let (network, x, y, pass) = batch(5, &mut rng(13));
    let penalty = Penalty { l1: 0.3, l2: 0.7 };
    let mut gradient = pass.gradient().to_owned();
    let value = penalty.value_and_add_gradient(&network, &mut gradient);
    let total = |theta: &Array1<f64>| {
        let network =
            Mlp::from_parameters(&[3, 5, 4, 2], &network.activations(), theta.clone()).unwrap();
        let weights = || (1..=3).flat_map(|l| network.weights(l).to_owned());
        let paid: f64 = weights().map(|w| 0.3 * w.abs() + 0.35 * w * w).sum();
        (paid, paid + Loss::SquaredError.value(&network.predict(&x), &y))
    };
    let theta = network.parameters().to_owned();
    assert!((value - total(&theta).0).abs() < 1e-13);
    // The differences reach 2e-3 to either side: no weight of this network passes 0, where |w| has a corner.
    assert!(theta.iter().all(|t| t.abs() > 2e-3));
    let expected: Array1<f64> = (0..theta.len())
        .map(|i| {
            slope(|h| {
                let mut theta = theta.clone();
                theta[i] += h;
                total(&theta).1
            })
        })
        .collect();
    assert!(close(&gradient, &expected, 10.0 * DIFFERENCES));
    let (rate, mut trained) = (0.1, network.clone());
    let trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(rate).unwrap(), 5);
    let cost = trainer.with_penalty(penalty).unwrap().step(&mut trained, &x, &y).unwrap();
    assert!((cost - total(&theta).1).abs() < 1e-13);
    assert!(close(&trained.parameters().to_owned(), &(&theta - &(rate * &expected)), DIFFERENCES));
}

// ---------------------------------------------------------------- automatic differentiation

/// What a number must do for a network to be computed with it.
trait Number:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn tanh(self) -> Self;
}

impl Number for Var<'_> {
    fn exp(self) -> Self {
        Var::exp(self)
    }
    fn ln(self) -> Self {
        Var::ln(self)
    }
    fn tanh(self) -> Self {
        Var::tanh(self)
    }
}

thread_local! {
    /// Operations done with [`Dual`] numbers.
    static OPERATIONS: Cell<usize> = const { Cell::new(0) };
}

/// A number and its derivative, carried forward.
#[derive(Clone, Copy)]
struct Dual(f64, f64);

impl Dual {
    fn made(value: f64, derivative: f64) -> Self {
        OPERATIONS.set(OPERATIONS.get() + 1);
        Self(value, derivative)
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::made(self.0 + other.0, self.1 + other.1)
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::made(self.0 - other.0, self.1 - other.1)
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::made(self.0 * other.0, self.1 * other.0 + self.0 * other.1)
    }
}

impl Div for Dual {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::made(self.0 / other.0, (self.1 * other.0 - self.0 * other.1) / (other.0 * other.0))
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        Self::made(-self.0, -self.1)
    }
}

impl Number for Dual {
    fn exp(self) -> Self {
        Self::made(self.0.exp(), self.0.exp() * self.1)
    }
    fn ln(self) -> Self {
        Self::made(self.0.ln(), self.1 / self.0)
    }
    fn tanh(self) -> Self {
        Self::made(self.0.tanh(), self.1 / self.0.cosh().powi(2))
    }
}

/// Half the squared error of a logistic network, in any numbers.
fn network_cost<T: Number>(sizes: &[usize], theta: &[T], x: &[T], y: &[T], one: T, half: T) -> T {
    let mut theta = theta;
    let mut a = x.to_vec();
    for pair in sizes.windows(2) {
        let (weights, rest) = theta.split_at(pair[0] * pair[1]);
        let (biases, rest) = rest.split_at(pair[1]);
        a = (0..pair[1])
            .map(|j| {
                let row = &weights[j * pair[0]..(j + 1) * pair[0]];
                let z = row.iter().zip(&a).fold(biases[j], |sum, (&w, &a)| sum + w * a);
                one / (one + (-z).exp())
            })
            .collect();
        theta = rest;
    }
    let errors: Vec<T> = a.iter().zip(y).map(|(&a, &y)| half * (a - y) * (a - y)).collect();
    errors[1..].iter().fold(errors[0], |sum, &e| sum + e)
}

/// The gradient of a 3-5-4-2 network by the tape against the four equations, to rounding, and against differences; and that of twenty
/// random expressions against dual numbers.
#[test]
fn backprop_is_reverse_mode_ad() {
    let case = &deep()[0];
    let tape = Tape::new();
    let vars = |values: &[f64]| values.iter().map(|&v| tape.var(v)).collect::<Vec<_>>();
    let (theta, x, y) = (vars(&case.sums.theta), vars(case.x()), vars(case.y.as_slice().unwrap()));
    let cost = network_cost(&case.sums.sizes, &theta, &x, &y, tape.var(1.0), tape.var(0.5));
    let gradient = cost.gradient();
    let by_tape: Array1<f64> = theta.iter().map(|&t| gradient.wrt(t)).collect();
    assert!(close(&by_tape, case.pass.gradient(), 1e-15));
    assert!(close(&by_tape, &case.slopes(), DIFFERENCES));

    for seed in 0..20 {
        let values: Vec<f64> = normal(4, &mut rng(100 + seed)).to_vec();
        let tape = Tape::new();
        let vars: Vec<Var> = values.iter().map(|&v| tape.var(v)).collect();
        let result = expression(&vars, tape.var(1.0), &mut rng(seed));
        let gradient = result.gradient();
        for (i, &var) in vars.iter().enumerate() {
            let duals: Vec<Dual> = values
                .iter()
                .enumerate()
                .map(|(j, &v)| Dual(v, if i == j { 1.0 } else { 0.0 }))
                .collect();
            let Dual(value, derivative) = expression(&duals, Dual(1.0, 0.0), &mut rng(seed));
            let scale = 1.0 + derivative.abs();
            assert!((value - result.value()).abs() < 1e-14 * (1.0 + value.abs()));
            assert!((derivative - gradient.wrt(var)).abs() < 1e-13 * scale);
        }
    }
}

/// Twenty operations drawn at random, each on two of the numbers so far.
fn expression<T: Number>(inputs: &[T], one: T, rng: &mut impl Rng) -> T {
    let mut numbers = inputs.to_vec();
    for _ in 0..20 {
        let (a, b) = (
            numbers[rng.random_range(0..numbers.len())],
            numbers[rng.random_range(0..numbers.len())],
        );
        numbers.push(match rng.random_range(0..7) {
            0 => a + b,
            1 => a - b,
            2 => a.tanh() * b,
            3 => a / (one + b * b),
            4 => (-(a * a)).exp() + b,
            5 => (one + a * a).ln() - b,
            _ => a.tanh(),
        });
    }
    numbers[1..].iter().fold(numbers[0], |sum, &n| sum + n.tanh())
}

/// The adjoints of v₁ = xy, v₂ = eˣ, v₃ = v₁ + v₂, v₄ = v₃ v₁ against derivatives by hand, x being used twice and v₁ twice.
#[test]
fn adjoint_recursion() {
    let (x, y) = (0.7_f64, -1.1_f64);
    let tape = Tape::new();
    let (vx, vy) = (tape.var(x), tape.var(y));
    let v1 = vx * vy;
    let v4 = (v1 + vx.exp()) * v1;
    let gradient = v4.gradient();
    assert!((gradient.wrt(v1) - (2.0 * x * y + x.exp())).abs() < 1e-15);
    assert!((gradient.wrt(vx) - (2.0 * x * y * y + x.exp() * (y + x * y))).abs() < 1e-15);
    assert!((gradient.wrt(vy) - (2.0 * x * x * y + x * x.exp())).abs() < 1e-15);
    let later = vx.ln();
    assert_eq!(v4.gradient().wrt(later), 0.0);
    let (quotient, power) = (vx / vy, vy.powi(3));
    assert!((quotient.gradient().wrt(vy) + x / (y * y)).abs() < 1e-15);
    assert!((power.gradient().wrt(vy) - 3.0 * y * y).abs() < 1e-15);
    let rest =
        (-vx).relu() + (vx - 0.5).relu() * 3.0 + [vx - vy, vx + 1.0].into_iter().sum::<Var>();
    assert!((rest.value() - (3.0 * (x - 0.5) + (x - y) + x + 1.0)).abs() < 1e-15);
    assert_eq!((rest.gradient().wrt(vx), rest.gradient().wrt(vy)), (5.0, -1.0));
}

thread_local! {
    /// The operations done with [`Recorded`] numbers, each as its parents with the derivatives by them.
    static RECORD: RefCell<Vec<Vec<(usize, f64)>>> = const { RefCell::new(Vec::new()) };
}

/// A number and its place in [`RECORD`].
#[derive(Clone, Copy)]
struct Recorded(f64, usize);

impl Recorded {
    fn made(value: f64, parents: Vec<(usize, f64)>) -> Self {
        RECORD.with_borrow_mut(|record| {
            record.push(parents);
            Self(value, record.len() - 1)
        })
    }

    fn input(value: f64) -> Self {
        Self::made(value, Vec::new())
    }
}

impl Add for Recorded {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::made(self.0 + other.0, vec![(self.1, 1.0), (other.1, 1.0)])
    }
}

impl Sub for Recorded {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::made(self.0 - other.0, vec![(self.1, 1.0), (other.1, -1.0)])
    }
}

impl Mul for Recorded {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::made(self.0 * other.0, vec![(self.1, other.0), (other.1, self.0)])
    }
}

impl Div for Recorded {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.0 / other.0;
        Self::made(value, vec![(self.1, 1.0 / other.0), (other.1, -value / other.0)])
    }
}

impl Neg for Recorded {
    type Output = Self;
    fn neg(self) -> Self {
        Self::made(-self.0, vec![(self.1, -1.0)])
    }
}

impl Number for Recorded {
    fn exp(self) -> Self {
        Self::made(self.0.exp(), vec![(self.1, self.0.exp())])
    }
    fn ln(self) -> Self {
        Self::made(self.0.ln(), vec![(self.1, 1.0 / self.0)])
    }
    fn tanh(self) -> Self {
        Self::made(self.0.tanh(), vec![(self.1, 1.0 / self.0.cosh().powi(2))])
    }
}

/// The adjoints of everything recorded, from the last number, and how many products and sums it took to find them.
fn sweep_back() -> (Vec<f64>, usize) {
    RECORD.with_borrow(|record| {
        let (mut adjoints, mut count) = (vec![0.0; record.len()], 0);
        *adjoints.last_mut().unwrap() = 1.0;
        for i in (0..record.len()).rev() {
            for &(parent, derivative) in &record[i] {
                adjoints[parent] += derivative * adjoints[i];
                count += 2;
            }
        }
        (adjoints, count)
    })
}

/// The products and sums of a sweep, counted one by one as it reproduces the tape's gradient, against the operations of the run: four to one at
/// most, and exactly for a product of many numbers, so that run and sweep are five runs; the tape has an entry for each operation and no more.
/// In a network a weight is in one operation on the way forward, whose two parents make two products on the way back: three runs. By dual numbers
/// the gradient takes as many runs as there are parameters.
#[test]
fn reverse_mode_cost() {
    for sizes in [vec![2, 2, 1], vec![5, 8, 3], vec![10, 20, 10, 1]] {
        let count: usize = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        let mut rng = rng(14);
        let (theta, x, y) = (
            normal(count, &mut rng),
            normal(sizes[0], &mut rng),
            normal(*sizes.last().unwrap(), &mut rng),
        );

        let tape = Tape::new();
        let vars = |values: &Array1<f64>| values.iter().map(|&v| tape.var(v)).collect::<Vec<_>>();
        let (t, u, v) = (vars(&theta), vars(&x), vars(&y));
        let (one, half) = (tape.var(1.0), tape.var(0.5));
        let inputs = tape.entries();
        let gradient = network_cost(&sizes, &t, &u, &v, one, half).gradient();
        let operations = tape.entries() - inputs;

        RECORD.set(Vec::new());
        let record = |values: &Array1<f64>| values.mapv(Recorded::input).to_vec();
        let (t2, u2, v2) = (record(&theta), record(&x), record(&y));
        let (one, half) = (Recorded::input(1.0), Recorded::input(0.5));
        network_cost(&sizes, &t2, &u2, &v2, one, half);
        let (adjoints, swept) = sweep_back();
        assert_eq!(RECORD.with_borrow(|record| record.len()), inputs + operations);
        assert!(swept <= 4 * operations && swept > 3 * operations);
        assert!((0..count).all(|i| (adjoints[t2[i].1] - gradient.wrt(t[i])).abs() < 1e-14));
        let uses = |parameter: &Recorded| {
            RECORD.with_borrow(|record| {
                let has = |parents: &&Vec<(usize, f64)>| parents.iter().any(|p| p.0 == parameter.1);
                record.iter().filter(has).map(Vec::len).collect::<Vec<_>>()
            })
        };
        assert!(t2.iter().all(|parameter| uses(parameter) == [2]));

        OPERATIONS.set(0);
        for i in 0..count {
            let duals =
                |values: &Array1<f64>| values.iter().map(|&v| Dual(v, 0.0)).collect::<Vec<_>>();
            let mut seeded = duals(&theta);
            seeded[i].1 = 1.0;
            let cost = network_cost(
                &sizes,
                &seeded,
                &duals(&x),
                &duals(&y),
                Dual(1.0, 0.0),
                Dual(0.5, 0.0),
            );
            assert!((cost.1 - gradient.wrt(t[i])).abs() < 1e-14);
        }
        assert_eq!(OPERATIONS.get(), count * operations);
    }

    // The costliest run: products alone.
    RECORD.set(Vec::new());
    let factors: Vec<Recorded> = (1..=50).map(|i| Recorded::input(f64::from(i) / 20.0)).collect();
    let product = factors[1..].iter().fold(factors[0], |product, &factor| product * factor);
    let (adjoints, swept) = sweep_back();
    assert_eq!(swept, 4 * 49);
    assert!(factors.iter().all(|f| (adjoints[f.1] * f.0 / product.0 - 1.0).abs() < 1e-13));

    // The library's sweep visits an entry once and not once for each way that leads to it: of those there are 2^1000 here.
    let tape = Tape::new();
    let x = tape.var(1.0);
    let doubled = (0..1000).fold(x, |x, _| x + x);
    assert_eq!(doubled.gradient().wrt(x), 2.0_f64.powi(1000));
    assert_eq!(tape.entries(), 1001);
}

// ---------------------------------------------------------------- depth

/// δ¹ of a network of ten layers against the product of nine Jacobians σ′(zˡ) Wˡ⁺¹, multiplied out as matrices.
#[test]
fn delta_product() {
    let mut rng = rng(15);
    let network = random_network(&[6; 11], Activation::Tanh, Activation::Tanh, &mut rng);
    let (x, y) = (normal(6, &mut rng), normal(6, &mut rng));
    let pass = backpropagate(&network, &x, &y, Loss::SquaredError);
    let mut product = Array2::eye(6);
    for l in 1..10 {
        let derivative = pass.z(l).row(0).mapv(|z: f64| 1.0 / z.cosh().powi(2));
        let jacobian = Array2::from_diag(&derivative).dot(&network.weights(l + 1).t());
        product = product.dot(&jacobian);
    }
    let expected = product.dot(&pass.delta(10).row(0));
    let largest = expected.iter().fold(0.0, |m: f64, d| m.max(d.abs()));
    assert!(close(&pass.delta(1).row(0), &expected, 1e-12 * largest));
}

/// σ′ on a fine grid against its largest value ¼, taken at 0, and the closed form ¼ − (a − ½)².
#[test]
fn sigmoid_derivative_bound() {
    let z = Array2::from_shape_fn((1, 4001), |(_, i)| -20.0 + 0.01 * i as f64);
    let derivative = backward(Activation::Sigmoid, &z, &Array2::ones(z.dim()));
    let a = forward(Activation::Sigmoid, &z);
    assert!(derivative.iter().all(|&d| d <= 0.25));
    assert_eq!(derivative[[0, 2000]], 0.25);
    assert!(a.iter().zip(&derivative).all(|(a, d)| (0.25 - (a - 0.5).powi(2) - d).abs() < 1e-15));
}

/// The variance of a linear layer's outputs over random weights against M Var(w) E[a²], and that of what it sends back against
/// Mₗ Var(w) E[δ²], at four standard errors.
#[test]
fn signal_variance() {
    let (inputs, outputs, deviation) = (40, 30, 0.3);
    let mut rng = rng(16);
    let (x, y) = (normal(inputs, &mut rng), normal(outputs, &mut rng));
    let dense = Dense { inputs, outputs };
    let (mut forward, mut back) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let mut theta = Array1::zeros(dense.parameters());
        theta
            .slice_mut(s![..inputs * outputs])
            .assign(&(normal(inputs * outputs, &mut rng) * deviation));
        let (mut z, mut sent) = (Array2::zeros((1, outputs)), Array2::zeros((1, inputs)));
        dense.forward(&theta, &sample(&x), &mut z);
        let mut gradient = Array1::zeros(dense.parameters());
        dense.backward(&theta, &sample(&x), &z, &sample(&y), &mut gradient, Some(&mut sent));
        forward.extend(z);
        back.extend(sent);
    }
    for (seen, expected) in
        [(forward, deviation * deviation * x.dot(&x)), (back, deviation * deviation * y.dot(&y))]
    {
        let variance = seen.iter().map(|z| z * z).sum::<f64>() / seen.len() as f64;
        // The values are normal and independent, with known mean 0: a standard error of σ² √(2/n).
        assert!((variance / expected - 1.0).abs() < 4.0 * (2.0 / seen.len() as f64).sqrt());
    }
}

/// The mean square of 200 000 drawn weights against what the initialisation promises, at four standard errors, and the largest
/// against the limit.
fn weights_have_variance(
    initialisation: Initialisation,
    variance: f64,
    fourth_over_square: f64,
) -> f64 {
    let network =
        Mlp::new(&[500, 400], Activation::Tanh, Activation::Tanh, initialisation, &mut rng(17))
            .unwrap();
    assert!(network.biases(1).iter().all(|&b| b == 0.0));
    let weights = network.weights(1);
    let seen = weights.mapv(|w| w * w).mean().unwrap();
    let error = ((fourth_over_square - 1.0) / weights.len() as f64).sqrt();
    assert!((seen / variance - 1.0).abs() < 4.0 * error);
    assert!(weights.mean().unwrap().abs() < 4.0 * (variance / weights.len() as f64).sqrt());
    weights.iter().fold(0.0, |m: f64, w| m.max(w.abs()))
}

/// Drawn weights against the variance 2/(Mₗ₋₁ + Mₗ) and the limit of the uniform distribution that has it.
#[test]
fn glorot_initialisation() {
    // A uniform distribution has E[w⁴] = 9/5 E[w²]².
    let largest = weights_have_variance(Initialisation::Glorot, 2.0 / 900.0, 1.8);
    let limit = (3.0 * 2.0 / 900.0_f64).sqrt();
    assert!(largest <= limit && largest > 0.999 * limit);
}

/// Drawn weights against the variance 2/Mₗ₋₁; with it twenty rectifying layers keep the mean square of z, and with half of it lose it.
#[test]
fn he_initialisation() {
    weights_have_variance(Initialisation::He, 2.0 / 500.0, 3.0);
    let width = 500;
    let mean_square = |initialisation| {
        let mut rng = rng(18);
        let network =
            Mlp::new(&[width; 21], Activation::Relu, Activation::Relu, initialisation, &mut rng)
                .unwrap();
        let x = normal_matrix(1, width, &mut rng);
        let mut pass = Pass::new(&network, 1);
        network.forward(&x, &mut pass);
        pass.z(20).mapv(|z| z * z).mean().unwrap() / (2.0 * x.mapv(|x| x * x).mean().unwrap())
    };
    // The logarithm of the ratio walks by about √(5/500) a layer: 0.45 after twenty.
    assert!(mean_square(Initialisation::He).ln().abs() < 4.0 * 0.45);
    let halved = Initialisation::Normal((1.0 / width as f64).sqrt());
    assert!((mean_square(halved) * 2.0_f64.powi(20)).ln().abs() < 4.0 * 0.45);
    // Not by the law of large numbers alone: without the rectifier the factor 2 would be too much.
}

// ---------------------------------------------------------------- training

fn noisy_sine(n: usize, rng: &mut impl Rng) -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_simple_fn((n, 1), || rng.random_range(-3.0..3.0));
    let y = x.mapv(|x: f64| x.sin() + 0.3 * rng.sample::<f64, _>(StandardNormal));
    (x, y)
}

/// The epoch kept by early stopping against the smallest of the recorded validation costs, and the network against that cost; the
/// patience against the number of epochs run.
#[test]
fn early_stopping() {
    let mut rng = rng(19);
    let ((x, y), (vx, vy)) = (noisy_sine(20, &mut rng), noisy_sine(50, &mut rng));
    let mut network = Mlp::new(
        &[1, 40, 1],
        Activation::Tanh,
        Activation::Identity,
        Initialisation::Normal(1.0),
        &mut rng,
    )
    .unwrap();
    let mut trainer = Trainer::new(&network, Loss::SquaredError, Adam::new(0.01).unwrap(), 5);
    let stopping = Stopping { epochs: 2000, patience: 50 };
    let mut reported = Vec::new();
    let history = trainer
        .fit(
            &mut network,
            (&x, &y),
            (&vx, &vy),
            stopping,
            &mut rng,
            |epoch, training, validation| {
                reported.push((epoch, training, validation));
            },
        )
        .unwrap();
    let lowest = history.validation.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(history.validation[history.best], lowest);
    assert_eq!(Loss::SquaredError.value(&network.predict(&vx), &vy), lowest);
    assert_eq!(
        history.validation.len(),
        history.best + 1 + stopping.patience,
        "it did stop before 2000"
    );
    let recorded = history.training.iter().zip(&history.validation).enumerate();
    assert!(recorded.eq(reported.iter().map(|(e, t, v)| (*e, (t, v)))));
    assert!(
        history.training.last() < history.training.get(history.best),
        "training went on falling"
    );
}

/// Two trainings from one seed, bit for bit, and a third from another.
#[test]
fn training_is_deterministic() {
    let train = |seed| {
        let mut rng = rng(seed);
        let (x, y) = noisy_sine(40, &mut rng);
        let mut network = Mlp::new(
            &[1, 9, 1],
            Activation::Tanh,
            Activation::Identity,
            Initialisation::Glorot,
            &mut rng,
        )
        .unwrap();
        let mut trainer = Trainer::new(&network, Loss::SquaredError, Adam::new(0.01).unwrap(), 7);
        for _ in 0..20 {
            trainer.epoch(&mut network, &x, &y, &mut rng).unwrap();
        }
        network
    };
    assert_eq!(train(20), train(20));
    assert_ne!(train(20), train(21));
}

/// A step size far too large against the error that names the step; a linear unit on one sample diverges by the factor |1 − η(x² + 1)|.
#[test]
fn training_diverges() {
    let mut network =
        Mlp::from_parameters(&[1, 1], &[Activation::Identity], array![1.0, 0.0]).unwrap();
    let (x, y) = (array![[3.0]], array![[0.0]]);
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(1e10).unwrap(), 1);
    let outcome = (0..100).try_for_each(|_| trainer.step(&mut network, &x, &y).map(|_| ()));
    // The output is 3 · (1e11)ⁿ after n steps, and its square overflows once 11 n > 154: at the 15th or 16th cost.
    let Err(Error::Diverged { what: "training", step, loss }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((step, loss), (15, f64::INFINITY));
    assert!(network.parameters().iter().all(|t| t.is_finite()));
}

/// A network trained in twenty epochs on three quarters of the digits against the labels of the rest: the split and the seed are not those
/// of the chapter.
#[test]
fn digits_held_out() {
    let digits = data::digits();
    let mut rng = rng(22);
    let (train, test) = data::split(digits.labels.len(), 0.25, &mut rng);
    let rows = |rows: &[usize]| {
        let labels: Vec<usize> = rows.iter().map(|&i| digits.labels[i]).collect();
        (digits.images.select(Axis(0), rows) / 16.0, labels)
    };
    let ((x, labels), (held_out, truth)) = (rows(&train), rows(&test));
    let mut network = Mlp::new(
        &[64, 128, 10],
        Activation::Relu,
        Activation::Identity,
        Initialisation::He,
        &mut rng,
    )
    .unwrap();
    let mut trainer =
        Trainer::new(&network, Loss::SoftmaxCrossEntropy, Adam::new(2e-3).unwrap(), 32);
    let targets = one_hot(&labels, 10);
    for _ in 0..20 {
        trainer.epoch(&mut network, &x, &targets, &mut rng).unwrap();
    }
    let right =
        classes(&network.predict(&held_out)).iter().zip(&truth).filter(|(a, b)| a == b).count();
    assert!(right as f64 >= 0.97 * truth.len() as f64, "{right} of {}", truth.len());
}
