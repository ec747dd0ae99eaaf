//! Chapter `perceptron`.

use downhill::{
    Error,
    ols::{Ols, add_intercept},
    perceptron::{
        Activation::{self, Identity, Logistic, Relu, Tanh},
        Architecture, Neuron, Penalty, Perceptron,
    },
    rng,
};
use ndarray::{Array1, Array2, Axis, array, concatenate, s, stack};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

const ACTIVATIONS: [Activation; 4] = [Identity, Logistic, Tanh, Relu];

/// The derivative of `f` at 0 by five points: wrong by h⁴ f⁽⁵⁾/30 and by rounding, ε/h, both below 1e-12 here.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-10 * (1.0 + a.abs().max(b.abs()))
}

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

/// The four activations, coded again by other formulas.
fn sigma(activation: Activation, z: f64) -> f64 {
    match activation {
        Identity => z,
        Logistic => 0.5 * (1.0 + (0.5 * z).tanh()),
        Tanh => (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
        Relu => 0.5 * (z + z.abs()),
    }
}

/// Twenty random neurons of each activation, each with an input and a target. None of the rectifiers stands at its kink.
fn neurons() -> impl Iterator<Item = (Neuron, f64, f64)> {
    let mut rng = rng(1958);
    ACTIVATIONS.into_iter().flat_map(move |activation| {
        let mut draws = Vec::new();
        while draws.len() < 20 {
            let v = normal(4, &mut rng);
            let neuron = Neuron { weight: v[0], bias: v[1], activation };
            if neuron.preactivation(v[2]).abs() > 0.01 {
                draws.push((neuron, v[2], v[3]));
            }
        }
        draws
    })
}

/// What a neuron hears, against its derivatives by finite differences: x, w and 1.
#[test]
fn perceptron_preactivation() {
    for (neuron, x, _) in neurons() {
        assert!(close(
            slope(|h| Neuron { weight: neuron.weight + h, ..neuron }.preactivation(x)),
            x
        ));
        assert!(close(slope(|h| Neuron { bias: neuron.bias + h, ..neuron }.preactivation(x)), 1.0));
        assert!(close(slope(|h| neuron.preactivation(x + h)), neuron.weight));
        assert_eq!(Neuron { weight: 0.0, ..neuron }.preactivation(x), neuron.bias);
    }
}

/// What a neuron says against the activation by another formula, and its derivative against finite differences.
#[test]
fn perceptron_activation() {
    for (neuron, x, _) in neurons() {
        assert!(close(neuron.output(x), sigma(neuron.activation, neuron.weight * x + neuron.bias)));
    }
    for activation in ACTIVATIONS {
        for i in 0..1000 {
            let z = -29.97 + 0.06 * f64::from(i);
            assert!((activation.value(z) - sigma(activation, z)).abs() <= 1e-15 * (1.0 + z.abs()));
            assert!((activation.derivative(z) - slope(|h| activation.value(z + h))).abs() < 1e-11);
        }
        assert!(activation.value(-1000.0).is_finite() && activation.value(1000.0).is_finite());
        assert!(
            activation.derivative(-1000.0).is_finite() && activation.derivative(1000.0).is_finite()
        );
    }
}

/// The cost of a sample, against its derivative by the output, a − y, and its zero.
#[test]
fn perceptron_squared_error() {
    let mut rng = rng(2);
    for _ in 0..20 {
        let (a, y): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
        let saying = |a| Neuron { weight: 0.0, bias: a, activation: Identity };
        assert!(close(slope(|h| saying(a + h).cost(0.7, y)), a - y));
        assert_eq!(saying(y).cost(0.7, y), 0.0);
        assert!(saying(a).cost(0.7, y) > 0.0);
        assert!(close(saying(y + 2.0).cost(0.7, y), 2.0));
    }
}

/// δ₁ against the finite difference of the cost in z₁, which the bias moves by itself.
#[test]
fn perceptron_delta() {
    for (neuron, x, y) in neurons() {
        let cost_of_z = |z: f64| 0.5 * (sigma(neuron.activation, z) - y).powi(2);
        let z = neuron.weight * x + neuron.bias;
        assert!(close(neuron.delta(x, y), slope(|h| cost_of_z(z + h))));
    }
}

/// ∂C/∂w₁ in closed form against finite differences of the cost.
#[test]
fn perceptron_weight_gradient() {
    for (neuron, x, y) in neurons() {
        let difference = slope(|h| Neuron { weight: neuron.weight + h, ..neuron }.cost(x, y));
        assert!(close(neuron.gradient(x, y).0, difference));
    }
}

/// ∂C/∂b₁ in closed form against finite differences of the cost; ∂C/∂w₁ is x times it.
#[test]
fn perceptron_bias_gradient() {
    for (neuron, x, y) in neurons() {
        let difference = slope(|h| Neuron { bias: neuron.bias + h, ..neuron }.cost(x, y));
        let (by_weight, by_bias) = neuron.gradient(x, y);
        assert!(close(by_bias, difference));
        assert_eq!(by_weight, x * by_bias);
    }
}

/// The neuron with the identity against w x + b; its gradient against finite differences.
#[test]
fn perceptron_forward_code() {
    let mut rng = rng(3);
    for _ in 0..100 {
        let v = normal(4, &mut rng);
        let neuron = Neuron { weight: v[0], bias: v[1], activation: Identity };
        assert_eq!(neuron.output(v[2]), v[2] * v[0] + v[1]);
        let difference = slope(|h| 0.5 * ((v[0] + h) * v[2] + v[1] - v[3]).powi(2));
        assert!(close(neuron.gradient(v[2], v[3]).0, difference));
    }
}

/// A step of the training loop against a step against the gradient of the whole cost by finite differences, and the costs it returns
/// against sums written out.
#[test]
fn perceptron_training_code() {
    let mut rng = rng(4);
    for activation in [Identity, Logistic, Tanh] {
        let (x, y) = (normal(7, &mut rng), normal(7, &mut rng));
        let start = Neuron { weight: 0.4, bias: -0.3, activation };
        let total = |w: f64, b: f64| -> f64 {
            x.iter().zip(&y).map(|(x, y)| 0.5 * (sigma(activation, w * x + b) - y).powi(2)).sum()
        };
        let mut neuron = start;
        let costs = neuron.train(&x, &y, 0.05, 1, None).unwrap();
        assert!(close(
            neuron.weight,
            start.weight - 0.05 * slope(|h| total(start.weight + h, start.bias))
        ));
        assert!(close(
            neuron.bias,
            start.bias - 0.05 * slope(|h| total(start.weight, start.bias + h))
        ));
        assert_eq!(costs.len(), 2);
        assert!(close(costs[0], total(start.weight, start.bias)));
        assert!(close(costs[1], total(neuron.weight, neuron.bias)));
    }
}

/// The cost after k steps on one sample against C₀ (1 − η(x² + 1))²ᵏ; beyond η = 2/(x² + 1) it grows, until training says that it diverged.
#[test]
fn perceptron_residual_contraction() {
    let (x, y) = (array![4.0], array![9.0]);
    let start = Neuron { weight: 1.76, bias: 0.4, activation: Identity };
    for rate in [0.01, 0.1] {
        let costs = { start }.train(&x, &y, rate, 50, None).unwrap();
        let factor: f64 = 1.0 - rate * 17.0;
        for (k, cost) in costs.iter().enumerate() {
            let expected = costs[0] * factor.powi(2 * k as i32);
            // The residual is a difference of numbers near 9, known to 1e-15, so its square is known to 1e-14 of its root.
            assert!((cost - expected).abs() < 1e-14 * expected.sqrt() + 1e-28, "{rate} {k}");
        }
    }
    let at_the_edge = { start }.train(&x, &y, 2.0 / 17.0, 20, None).unwrap();
    assert!((at_the_edge[20] / at_the_edge[0] - 1.0).abs() < 1e-12);
    let beyond = { start }.train(&x, &y, 0.15, 20, None).unwrap();
    assert!(beyond.windows(2).all(|pair| pair[1] > 2.0 * pair[0]));
    let refusal = { start }.train(&x, &y, 0.15, 1000, None).unwrap_err();
    let step = (f64::MAX / beyond[0]).ln() / (17.0_f64 * 0.15 - 1.0).powi(2).ln();
    let Error::Diverged { step: at, .. } = refusal else { panic!("{refusal}") };
    assert!((at as f64 - step).abs() < 2.0, "{at} {step}");
}

/// Descent on four samples of y = 2x + 1 against least squares and the truth; on one sample it ends on the line 4w + b = 9, where the
/// way along the input (4, 1) from the start meets it.
#[test]
fn perceptron_linear_target() {
    let x = array![-1.0, 0.0, 1.0, 4.0];
    let y = x.mapv(|x| 2.0 * x + 1.0);
    let mut neuron = Neuron { weight: -3.0, bias: 5.0, activation: Identity };
    neuron.train(&x, &y, 0.1, 500, None).unwrap();
    let fit = Ols::fit(&add_intercept(&x.insert_axis(Axis(1))), &y).unwrap();
    assert!((neuron.bias - fit.coefficients()[0]).abs() < 1e-8 && (neuron.bias - 1.0).abs() < 1e-8);
    assert!(
        (neuron.weight - fit.coefficients()[1]).abs() < 1e-8 && (neuron.weight - 2.0).abs() < 1e-8
    );

    for (weight, bias) in [(1.76, 0.4), (0.0, 0.0), (-2.0, 3.0)] {
        let mut neuron = Neuron { weight, bias, activation: Identity };
        neuron.train(&array![4.0], &array![9.0], 0.01, 1000, None).unwrap();
        let miss = (9.0 - 4.0 * weight - bias) / 17.0;
        assert!(close(neuron.weight, weight + 4.0 * miss) && close(neuron.bias, bias + miss));
        assert!(close(4.0 * neuron.weight + neuron.bias, 9.0));
    }
}

/// |δ₁| of a logistic neuron with a target between 0 and 1 against its bound e^−|z|, and against finite differences where it is wrong by
/// almost 1; the cost as a function of w curves down where the neuron is far off and up at the bottom.
#[test]
fn perceptron_saturation() {
    for i in -300..=300 {
        let z = 0.1 * f64::from(i);
        let neuron = Neuron { weight: 1.0, bias: 0.0, activation: Logistic };
        for y in [0.0, 0.3, 1.0] {
            assert!(neuron.delta(z, y).abs() <= (-z.abs()).exp());
        }
    }
    let wrong = Neuron { weight: 10.0, bias: 0.0, activation: Logistic };
    assert!(wrong.cost(1.0, 0.0) > 0.499);
    assert!((wrong.delta(1.0, 0.0) * 10.0_f64.exp() - 1.0).abs() < 2e-4);
    let curvature = |w: f64| slope(|h| Neuron { weight: w + h, ..wrong }.gradient(1.0, 0.0).0);
    assert!(curvature(2.0) < -0.01 && curvature(-1.0) > 0.01);
}

/// The gradient of the cost with each penalty against finite differences of sums written out; the end of the descent with the square against
/// ridge regression's closed form, solved by Cramer's rule; with the absolute value it makes the weight nearly 0 where the slope at 0 is below λ.
#[test]
fn perceptron_regularisation_exercise() {
    let mut rng = rng(5);
    let (x, y) = (normal(10, &mut rng), normal(10, &mut rng));
    let (rate, start) = (1e-3, Neuron { weight: 0.8, bias: -0.5, activation: Tanh });
    for penalty in [Penalty::L1(0.7), Penalty::L2(0.7)] {
        let priced = |theta: f64| match penalty {
            Penalty::L1(lambda) => lambda * (theta * theta).sqrt(),
            Penalty::L2(lambda) => lambda * theta * theta,
        };
        let total = |w: f64, b: f64| -> f64 {
            let costs = x.iter().zip(&y).map(|(x, y)| 0.5 * (sigma(Tanh, w * x + b) - y).powi(2));
            costs.sum::<f64>() + priced(w) + priced(b)
        };
        let mut neuron = start;
        let costs = neuron.train(&x, &y, rate, 1, Some(penalty)).unwrap();
        assert!(close(costs[0], total(start.weight, start.bias)));
        let (by_weight, by_bias) =
            ((start.weight - neuron.weight) / rate, (start.bias - neuron.bias) / rate);
        assert!(close(by_weight, slope(|h| total(start.weight + h, start.bias))));
        assert!(close(by_bias, slope(|h| total(start.weight, start.bias + h))));
    }
    assert_eq!(Penalty::L1(0.7).derivative(0.0), 0.0);
    assert_eq!(Penalty::L1(0.7).derivative(-0.0), 0.0);

    let lambda = 0.7;
    let mut ridge = Neuron { activation: Identity, ..start };
    ridge.train(&x, &y, 0.05, 2000, Some(Penalty::L2(lambda))).unwrap();
    let (sxx, sx, sxy, sy) = (x.dot(&x) + 2.0 * lambda, x.sum(), x.dot(&y), y.sum());
    let (n, determinant) =
        (10.0 + 2.0 * lambda, (x.dot(&x) + 2.0 * lambda) * (10.0 + 2.0 * lambda) - sx * sx);
    assert!((ridge.weight - (sxy * n - sx * sy) / determinant).abs() < 1e-8);
    assert!((ridge.bias - (sxx * sy - sx * sxy) / determinant).abs() < 1e-8);

    // With w = b = 0 the slopes are −Σxy and −Σy. A price above both keeps the neuron within a step of 0, at which it chatters.
    let lambda = 1.1 * sxy.abs().max(sy.abs());
    let mut lasso = Neuron { activation: Identity, ..start };
    lasso.train(&x, &y, rate, 5000, Some(Penalty::L1(lambda))).unwrap();
    assert!(lasso.weight.abs() < 3.0 * rate * lambda && lasso.bias.abs() < 3.0 * rate * lambda);
    assert!(lasso.weight != 0.0);
}

/// The gradient of the cost by p weights, δ x, against finite differences of the output of a network of one neuron.
#[test]
fn perceptron_many_inputs_gradient() {
    let mut rng = rng(6);
    for activation in [Identity, Logistic, Tanh] {
        let network = Architecture::new(&[4, 1], &[activation]).unwrap();
        let (theta, x, y) = (normal(5, &mut rng), normal(4, &mut rng), 0.3);
        let z = theta.slice(s![..4]).dot(&x) + theta[4];
        let delta = (sigma(activation, z) - y) * slope(|h| sigma(activation, z + h));
        for j in 0..5 {
            let cost = |h: f64| {
                let mut moved = theta.clone();
                moved[j] += h;
                0.5 * (network.output(&moved, &x)[0] - y).powi(2)
            };
            assert!(close(slope(cost), delta * if j < 4 { x[j] } else { 1.0 }));
        }
    }
}

/// Points around a random plane through no particular place, none nearer to it than `margin`: their rows, their classes, and the plane,
/// as a unit vector and an offset.
fn separated(
    n: usize,
    p: usize,
    margin: f64,
    rng: &mut impl Rng,
) -> (Array2<f64>, Array1<f64>, Array1<f64>, f64) {
    let direction = normal(p, rng);
    let direction = &direction / direction.dot(&direction).sqrt();
    let offset = 0.2;
    let mut x = Array2::zeros((n, p));
    let mut y = Array1::zeros(n);
    let mut i = 0;
    while i < n {
        let point = normal(p, rng);
        let z = direction.dot(&point) + offset;
        if z.abs() >= margin {
            x.row_mut(i).assign(&point);
            y[i] = z.signum();
            i += 1;
        }
    }
    (x, y, direction, offset)
}

/// The rule's move against a step down the slope of the perceptron criterion by finite differences; no move where the class is right.
#[test]
fn perceptron_learning_rule() {
    let mut rng = rng(7);
    let mut met = [0, 0];
    let mut perceptron = Perceptron::new(3);
    for _ in 0..200 {
        let (x, y) = (normal(3, &mut rng), f64::from(rng.random::<bool>()) * 2.0 - 1.0);
        let before = perceptron.clone();
        let mistaken = perceptron.learn(&x, y);
        assert_eq!(mistaken, before.preactivation(&x) * y <= 0.0);
        met[usize::from(mistaken)] += 1;
        let by_hand = if mistaken { &x * y } else { Array1::zeros(3) };
        assert!(
            (perceptron.weights() - before.weights() - by_hand).iter().all(|d| d.abs() < 1e-14)
        );
        assert_eq!(perceptron.bias() - before.bias(), if mistaken { y } else { 0.0 });
        assert_eq!(before.classify(&x), if before.preactivation(&x) > 0.0 { 1.0 } else { -1.0 });
    }
    assert!(met[0] > 50 && met[1] > 50);
}

/// The derivatives of max(0, −y z) by weights and bias, by finite differences, against the move of the rule with the sign turned.
#[test]
fn perceptron_criterion() {
    let mut rng = rng(8);
    let mut perceptron = Perceptron::new(3);
    for _ in 0..100 {
        let (x, y) = (normal(3, &mut rng), f64::from(rng.random::<bool>()) * 2.0 - 1.0);
        let (w, b) = (perceptron.weights().clone(), perceptron.bias());
        let away_from_the_kink = (w.dot(&x) + b).abs() > 0.1;
        perceptron.learn(&x, y);
        if !away_from_the_kink {
            continue;
        }
        let criterion = |w: &Array1<f64>, b: f64| (-y * (w.dot(&x) + b)).max(0.0);
        for j in 0..3 {
            let by_weight = slope(|h| {
                let mut w = w.clone();
                w[j] += h;
                criterion(&w, b)
            });
            assert!(close(perceptron.weights()[j], w[j] - by_weight));
        }
        assert!(close(perceptron.bias(), b - slope(|h| criterion(&w, b + h))));
    }
}

/// The Hadamard matrix of 2ᵏ rows: entries ±1, a first column of ones, every two rows at right angles.
fn hadamard(k: u32) -> Array2<f64> {
    Array2::from_shape_fn(
        (1 << k, 1 << k),
        |(i, j)| {
            if (i & j).count_ones() % 2 == 0 { 1.0 } else { -1.0 }
        },
    )
}

/// The mistakes of the rule in 100 random problems of up to 40 inputs, each in five orders of the samples, against the bound R²/γ²; for samples
/// at right angles, of any classes and in any order, the two are equal.
#[test]
fn perceptron_convergence() {
    let mut rng = rng(9);
    let mut orders_differ = 0;
    for trial in 0..100 {
        let p = 2 + 4 * (trial % 10);
        let (x, y, direction, offset) = separated(60, p, 0.1 + 0.002 * trial as f64, &mut rng);
        // With the bias as one more weight, whose input is 1.
        let long = concatenate![Axis(1), x, Array2::ones((60, 1))];
        let radius_squared = long.rows().into_iter().map(|r| r.dot(&r)).fold(0.0, f64::max);
        let length = (1.0 + offset * offset).sqrt();
        let margin = x
            .rows()
            .into_iter()
            .zip(&y)
            .map(|(r, y)| y * (direction.dot(&r) + offset) / length)
            .fold(f64::INFINITY, f64::min);
        let bound = radius_squared / (margin * margin);
        let mut counts = Vec::new();
        for _ in 0..5 {
            let (order, _) = downhill::data::split(60, 0.0, &mut rng);
            let (x, y) = (x.select(Axis(0), &order), y.select(Axis(0), &order));
            let mut perceptron = Perceptron::new(p);
            let mistakes = perceptron.train(&x, &y, 100_000).unwrap();
            assert!(mistakes as f64 <= bound, "{mistakes} mistakes, bound {bound}");
            assert!(x.rows().into_iter().zip(&y).all(|(r, &y)| perceptron.classify(&r) == y));
            counts.push(mistakes);
        }
        orders_differ += usize::from(counts.iter().any(|&count| count != counts[0]));
    }
    assert!(orders_differ > 90, "the orders are orders of the same mistakes");

    // R² = n, the constant input included, and u = Σ yᵢ xᵢ / n has yᵢ uᵀxᵢ = 1: a bound of n, and each sample is a mistake once, since it
    // is at right angles to all that was learned before. Every number here is a whole one.
    for k in 1..=5 {
        let long = hadamard(k);
        let n = long.nrows();
        for _ in 0..5 {
            let (order, _) = downhill::data::split(n, 0.0, &mut rng);
            let x = long.slice(s![.., 1..]).select(Axis(0), &order);
            let y = Array1::from_shape_simple_fn(n, || f64::from(rng.random::<bool>()) * 2.0 - 1.0);
            let u = long.select(Axis(0), &order).t().dot(&y) / n as f64;
            let (w, b) = (u.slice(s![1..]), u[0]);
            assert!((&y * &(x.dot(&w) + b)).iter().all(|&margin| margin == 1.0));
            assert_eq!(u.dot(&u), 1.0);
            assert_eq!(Perceptron::new(n - 1).train(&x, &y, 1000).unwrap(), n);
        }
    }

    // Half the width of the gap is no margin if the plane is far from the origin: from 9 to 11 it would promise (11² + 1)/1² = 122 mistakes.
    // With the bias in the unit vector, u = (1, −10)/√101, the margin is 1/√101.
    let mistakes =
        Perceptron::new(1).train(&array![[9.0], [11.0]], &array![-1.0, 1.0], 1000).unwrap();
    assert!(mistakes > 122 && mistakes <= 122 * 101, "{mistakes}");
}

/// All points of {0, 1}ᵖ, a row each.
fn corners(p: usize) -> Array2<f64> {
    Array2::from_shape_fn((1 << p, p), |(i, j)| f64::from((i >> j & 1) as u8))
}

/// The classes that function number `f` gives the corners.
fn boolean_function(f: usize, p: usize) -> Array1<f64> {
    Array1::from_shape_fn(1 << p, |i| if f >> i & 1 == 1 { 1.0 } else { -1.0 })
}

/// How many of the Boolean functions of two and of three inputs the rule learns, against how many some weights out of a grid compute.
#[test]
fn perceptron_boolean_functions() {
    for (p, grid, expected) in [(2, 2, 14), (3, 2, 104)] {
        let x = corners(p);
        let learned: Vec<usize> = (0..1_usize << (1 << p))
            .filter(|&f| Perceptron::new(p).train(&x, &boolean_function(f, p), 100).is_ok())
            .collect();
        let values: Vec<f64> = (-grid..=grid).map(f64::from).collect();
        let mut computed = std::collections::BTreeSet::new();
        for choice in 0..values.len().pow(p as u32) {
            let w = Array1::from_shape_fn(p, |j| {
                values[choice / values.len().pow(j as u32) % values.len()]
            });
            for half in -9..=9 {
                let outputs = x.dot(&w) + f64::from(half) + 0.5;
                computed
                    .insert((0..1 << p).map(|i| usize::from(outputs[i] > 0.0) << i).sum::<usize>());
            }
        }
        assert_eq!(learned, computed.into_iter().collect::<Vec<_>>());
        assert_eq!(learned.len(), expected);
    }
}

/// XOR and its negation are the two functions of two inputs that the rule never learns; for any weights the four outputs satisfy
/// z(0,0) + z(1,1) = z(0,1) + z(1,0), whose sides would need opposite signs; and the rule's weights only go around.
#[test]
fn xor_not_separable() {
    let x = corners(2);
    for f in 0..16 {
        let learned = Perceptron::new(2).train(&x, &boolean_function(f, 2), 1000);
        assert_eq!(learned.is_err(), f == 0b0110 || f == 0b1001, "{f:04b}: {learned:?}");
    }
    let mut rng = rng(10);
    for _ in 0..100 {
        let v = normal(3, &mut rng);
        let z = x.dot(&v.slice(s![..2])) + v[2];
        assert!(close(z[0] + z[3], z[1] + z[2]));
    }
    let mut perceptron = Perceptron::new(2);
    for _ in 0..1000 {
        for (row, &y) in x.rows().into_iter().zip(&boolean_function(0b0110, 2)) {
            perceptron.learn(&row, y);
            assert!(
                perceptron.weights().iter().all(|w| w.abs() <= 3.0)
                    && perceptron.bias().abs() <= 3.0
            );
        }
    }
}

/// The formula, as a network of rectifiers, against the exclusive or at all four inputs; and a perceptron learns it from the answers of two others.
#[test]
fn xor_two_hidden_units() {
    let learned = |x: &Array2<f64>, y: &Array1<f64>| -> Array1<f64> {
        let mut perceptron = Perceptron::new(2);
        perceptron.train(x, y, 100).unwrap();
        x.rows().into_iter().map(|row| perceptron.classify(&row)).collect()
    };
    let [or, and, xor] = [0b1110, 0b1000, 0b0110].map(|f| boolean_function(f, 2));
    let hidden = stack![Axis(1), learned(&corners(2), &or), learned(&corners(2), &and)];
    assert_eq!(learned(&hidden, &xor), xor);
    // The weights of the formula.
    let network = Architecture::new(&[2, 2, 1], &[Relu, Identity]).unwrap();
    let theta = array![1.0, 1.0, 1.0, 1.0, 0.0, -1.0, 1.0, -2.0, 0.0];
    for (i, x) in corners(2).rows().into_iter().enumerate() {
        assert_eq!(network.output(&theta, &x)[0], f64::from(u8::from(i == 1 || i == 2)));
    }
}

/// The cost of every neuron on a grid of weights and biases, identity and logistic, on the exclusive or against that of saying ½ to everything, ½;
/// and least squares, which says it.
#[test]
fn xor_best_line() {
    let (x, y) = (corners(2), array![0.0, 1.0, 1.0, 0.0]);
    for activation in [Identity, Logistic] {
        let network = Architecture::new(&[2, 1], &[activation]).unwrap();
        let mut lowest = f64::INFINITY;
        for i in 0..21_usize.pow(3) {
            let theta =
                Array1::from_shape_fn(3, |j| 0.5 * (i / 21_usize.pow(j as u32) % 21) as f64 - 5.0);
            let cost: f64 = x
                .rows()
                .into_iter()
                .zip(&y)
                .map(|(x, y)| 0.5 * (network.output(&theta, &x)[0] - y).powi(2))
                .sum();
            lowest = lowest.min(cost);
        }
        assert!((lowest - 0.5).abs() < 1e-15, "{activation:?}: {lowest}");
    }
    let fit = Ols::fit(&add_intercept(&x), &y).unwrap();
    assert!((fit.coefficients() - &array![0.5, 0.0, 0.0]).iter().all(|d| d.abs() < 1e-14));
}

/// Random architectures: up to four layers of weights, up to six neurons in each.
fn architectures() -> impl Iterator<Item = (Vec<usize>, Vec<Activation>, Architecture)> {
    let mut rng = rng(11);
    (0..20).map(move |_| {
        let sizes: Vec<usize> =
            (0..rng.random_range(2..6)).map(|_| rng.random_range(1..7)).collect();
        let activations: Vec<Activation> =
            sizes[1..].iter().map(|_| ACTIVATIONS[rng.random_range(0..4)]).collect();
        let architecture = Architecture::new(&sizes, &activations).unwrap();
        (sizes, activations, architecture)
    })
}

/// The number of parameters by the formula against the entries of all matrices and vectors that a flat vector of that length is cut into; two
/// networks with different parameters have one architecture.
#[test]
fn weights_determine_architecture() {
    for (sizes, activations, network) in architectures() {
        let theta = Array1::zeros(network.parameters());
        let counted: usize = network.layers(&theta).iter().map(|(w, b)| w.len() + b.len()).sum();
        assert_eq!(counted, network.parameters());
        let mut by_hand = 0;
        for l in 1..sizes.len() {
            by_hand += sizes[l] * sizes[l - 1] + sizes[l];
        }
        assert_eq!(by_hand, network.parameters());
        assert_eq!(network, Architecture::new(&sizes, &activations).unwrap());
    }
    let network = Architecture::new(&[3, 5, 2], &[Tanh, Identity]).unwrap();
    assert_eq!(network.parameters(), 32);
    let (mut rng, x) = (rng(12), array![0.3, -0.2, 0.9]);
    assert_ne!(
        network.output(&normal(32, &mut rng), &x),
        network.output(&normal(32, &mut rng), &x)
    );
}

/// The five ingredients, on random architectures: as many outputs as the last size, layers as large as the others, each with its own activation,
/// against neurons computed one by one; another output activation leaves the hidden layers as they are.
#[test]
fn neural_network_architecture() {
    let mut rng = rng(13);
    for (sizes, activations, network) in architectures() {
        let (theta, x) = (normal(network.parameters(), &mut rng), normal(sizes[0], &mut rng));
        let a = network.forward(&theta, &x);
        assert_eq!(a.iter().map(Array1::len).collect::<Vec<_>>(), sizes);
        assert_eq!(a[0], x);
        assert_eq!(a[sizes.len() - 1], network.output(&theta, &x));

        // Neuron by neuron, reading the flat vector from front to back.
        let mut heard = x.to_vec();
        let mut start = 0;
        for l in 1..sizes.len() {
            let biases = start + sizes[l] * sizes[l - 1];
            heard = (0..sizes[l])
                .map(|j| {
                    let weighted: f64 = (0..sizes[l - 1])
                        .map(|k| theta[start + j * sizes[l - 1] + k] * heard[k])
                        .sum();
                    sigma(activations[l - 1], weighted + theta[biases + j])
                })
                .collect();
            start = biases + sizes[l];
            assert!(a[l].iter().zip(&heard).all(|(a, by_hand)| close(*a, *by_hand)));
        }

        let mut other = activations.clone();
        *other.last_mut().unwrap() = Logistic;
        let bounded = Architecture::new(&sizes, &other).unwrap().forward(&theta, &x);
        assert_eq!(bounded[..sizes.len() - 1], a[..sizes.len() - 1]);
        assert!(bounded[sizes.len() - 1].iter().all(|a| (0.0..=1.0).contains(a)));
    }
}

/// Flattening the matrices and vectors that a flat vector was cut into gives it back; a layer has a row and a bias for each neuron, a column for
/// each of its inputs, and w_jk leads to neuron j from neuron k: raising a_k by one raises z_j by w_jk.
#[test]
fn weights_and_biases_notation() {
    let mut rng = rng(14);
    for (sizes, _, network) in architectures() {
        let theta = normal(network.parameters(), &mut rng);
        let layers = network.layers(&theta);
        let flat: Array1<f64> =
            layers.iter().flat_map(|(w, b)| w.iter().chain(b).copied()).collect();
        assert_eq!(flat, theta);
        for (l, (w, b)) in layers.iter().enumerate() {
            assert_eq!((w.dim(), b.len()), ((sizes[l + 1], sizes[l]), sizes[l + 1]));
        }
        // Every second entry of a longer vector reads the same.
        let spread = Array1::from_shape_fn(2 * theta.len(), |i| {
            if i % 2 == 0 { theta[i / 2] } else { f64::NAN }
        });
        assert_eq!(network.layers(&spread.slice(s![..;2])), layers);
    }
    let network = Architecture::new(&[3, 2], &[Identity]).unwrap();
    let (theta, x) = (normal(8, &mut rng), normal(3, &mut rng));
    let w = network.layers(&theta)[0].0.to_owned();
    for k in 0..3 {
        let mut raised = x.clone();
        raised[k] += 1.0;
        let change = network.output(&theta, &raised) - network.output(&theta, &x);
        assert!((0..2).all(|j| close(change[j], w[[j, k]])));
    }
}

/// The defect f(x + x′) + f(0) − f(x) − f(x′), which is zero for an affine map.
fn defect(f: impl Fn(&Array1<f64>) -> f64, x: &Array1<f64>, other: &Array1<f64>) -> f64 {
    f(&(x + other)) + f(&Array1::zeros(x.len())) - f(x) - f(other)
}

/// A network of three layers without activations against the one affine map that it is; with tanh between them it is none.
#[test]
fn nn_affine_maps_only() {
    let mut rng = rng(15);
    let affine = Architecture::new(&[3, 4, 5, 1], &[Identity; 3]).unwrap();
    let curved = Architecture::new(&[3, 4, 5, 1], &[Tanh, Tanh, Identity]).unwrap();
    let theta = normal(affine.parameters(), &mut rng);
    let layers = affine.layers(&theta);
    let [(w1, b1), (w2, b2), (w3, b3)] = &layers[..] else { panic!("three layers") };
    let (matrix, offset) = (w3.dot(w2).dot(w1), w3.dot(&(w2.dot(b1) + b2)) + b3);
    let mut largest: f64 = 0.0;
    for _ in 0..100 {
        let (x, other) = (normal(3, &mut rng), normal(3, &mut rng));
        let one_map = matrix.dot(&x) + &offset;
        assert!(
            (affine.output(&theta, &x)[0] - one_map[0]).abs() < 1e-12 * (1.0 + one_map[0].abs())
        );
        assert!(defect(|x| affine.output(&theta, x)[0], &x, &other).abs() < 1e-11);
        largest = largest.max(defect(|x| curved.output(&theta, x)[0], &x, &other).abs());
    }
    assert!(largest > 0.1, "{largest}");
}

/// A network, 20 inputs, and targets near its outputs.
fn network_and_samples() -> (Architecture, Array1<f64>, Array2<f64>, Array1<f64>, Array1<f64>) {
    let mut rng = rng(16);
    let network = Architecture::new(&[2, 3, 1], &[Tanh, Identity]).unwrap();
    let (theta, x) = (normal(network.parameters(), &mut rng), normal_matrix(20, 2, &mut rng));
    let outputs: Array1<f64> =
        x.rows().into_iter().map(|row| network.output(&theta, &row)[0]).collect();
    let y = &outputs + &(normal(20, &mut rng) * 0.1);
    (network, theta, x, y, outputs)
}

/// The mean squared error of a network's outputs against the sum over samples of differences, each output computed with hidden neurons
/// written out.
#[test]
fn nn_regression_mse() {
    let (network, theta, x, y, outputs) = network_and_samples();
    let mut sum = 0.0;
    for i in 0..20 {
        let mut output = theta[12];
        for j in 0..3 {
            let hidden = Neuron {
                weight: theta[2 * j],
                bias: theta[2 * j + 1] * x[[i, 1]] + theta[6 + j],
                activation: Tanh,
            };
            output += theta[9 + j] * hidden.output(x[[i, 0]]);
        }
        sum += (y[i] - output).powi(2);
    }
    assert_eq!(network.parameters(), 13);
    assert!((downhill::ols::mse(&y, &outputs) - sum / 20.0).abs() < 1e-14);
}

/// As printed, with Xθ for the outputs: no θ makes Xθ the outputs of a network with a hidden layer, so the printed cost is never theirs.
#[test]
fn erratum_nn_regression_mse() {
    let (_, _, x, _, outputs) = network_and_samples();
    let design = add_intercept(&x);
    let closest = Ols::fit(&design, &outputs).unwrap();
    assert!(downhill::ols::mse(&outputs, &closest.predict(&design)) > 1e-3);
}
