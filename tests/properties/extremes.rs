//! Numbers near the ends of the range, what is infinite, and small differences of large numbers: against exact values by mpmath.

use downhill::{
    Error,
    backprop::{Activation, Layer, Loss, Mlp, Stopping, Tape, Trainer, gelu, softmax, softplus},
    directed_vs_energy::ChainRule,
    divergences::{Categorical, Divergence, Empirical, Normal},
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Learnable, Mixture},
    energy_and_inference::Descent,
    free_energy::{Levels, log_sum_exp},
    gibbs_boltzmann::{Boltzmann, bath_probability, chain},
    hopfield::{DenseMemory, capacity},
    optimizers::{Adam, GradientDescent},
    rng,
    sampling::{Hamiltonian, Importance, Kernel, Langevin, Mala, Metropolis, onsager},
    training_ebms::{Bowl, Contrastive, Likelihood, Neighbours, NetworkEnergy, Start},
    two_layer::TwoLayer,
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use serde_json::Value;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn oracle(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../oracles/extremes.json")).unwrap();
    all[section].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Equal up to the share `relative` of `expected`, and to the spacing of the smallest numbers.
#[track_caller]
fn near(got: f64, expected: f64, relative: f64, case: &str) {
    let enough = got == expected || (got - expected).abs() <= relative * expected.abs() + 1e-323;
    assert!(enough, "{case}: {got:e}, not {expected:e}");
}

/// Every order from 1 to 10^300, every distance from the smallest number to the largest.
#[test]
fn transport_of_any_order_and_size() {
    for case in oracle("wasserstein") {
        let [p, q] = [0, 1].map(|i| Empirical::new(&numbers(&case[i])).unwrap());
        let (order, expected) = (number(&case[2]), number(&case[3]));
        let name = format!("{case}");
        near(p.wasserstein(&q, order).unwrap(), expected, 1e-13, &name);
        near(q.wasserstein(&p, order).unwrap(), expected, 1e-13, &name);
    }
    let at = |x: f64| Empirical::new(&array![x]).unwrap();
    assert_eq!(at(-1.0).wasserstein(&at(-1.0), 7.0), Ok(0.0));
    // Farther apart than any number.
    assert_eq!(at(f64::MAX).wasserstein(&at(f64::MIN), 2.0), Ok(INF));
    // A point without probability does not count, however far it is.
    let ghost = Categorical::new(&array![1.0, 0.0, 1.0]).unwrap();
    let haunted = Empirical::weighted(&array![0.0, -1e200, 1.0], &ghost).unwrap();
    let plain = Empirical::new(&array![0.0, 2.0]).unwrap();
    near(haunted.wasserstein(&plain, 2.0).unwrap(), 0.5f64.sqrt(), 1e-15, "a ghost");
    // Thirds are rounded in two ways; the last bit of a probability is not worth carrying.
    let thirds = Categorical::new(&Array1::ones(3)).unwrap();
    let points = array![0.0, 1.0, 2.0];
    let (p, q) = (Empirical::weighted(&points, &thirds).unwrap(), Empirical::new(&points).unwrap());
    for order in [1.0, 2.0, 540.0] {
        assert_eq!(p.wasserstein(&q, order), Ok(0.0), "order {order}");
    }
}

#[test]
fn shares_of_a_huge_bath() {
    for case in oracle("bath") {
        let [e, n, q] = [0, 1, 2].map(|i| case[i].as_u64().unwrap() as usize);
        // A product of k factors rounds k times.
        let rounding = 1e-15 * (10.0 + (e.min(n - 2) as f64).sqrt());
        near(bath_probability(e, n, q), number(&case[3]), rounding, &case.to_string());
    }
    // Where no number is small enough it is soon said.
    assert_eq!(bath_probability(usize::MAX / 4, usize::MAX / 4, usize::MAX / 2), 0.0);
    assert_eq!(bath_probability(0, usize::MAX, 0), 1.0);
}

#[test]
fn onsagers_energy_from_zero_to_infinity() {
    for case in oracle("onsager") {
        let t = number(&case[0]);
        near(onsager::energy(t), number(&case[1]), 1e-14, &format!("T = {t:e}"));
    }
    assert_eq!((onsager::energy(0.0), onsager::energy(INF)), (-2.0, 0.0));
    assert_eq!((onsager::magnetisation(0.0), onsager::magnetisation(INF)), (1.0, 0.0));
    assert_eq!(onsager::magnetisation(5e-324), 1.0);
    assert!(onsager::energy(NAN).is_nan() && onsager::magnetisation(NAN).is_nan());
    let critical = onsager::critical_temperature();
    for t in [critical.next_down(), critical, critical.next_up()] {
        // The slope is infinite there: an ulp of T counts for thirty.
        near(onsager::energy(t), -f64::sqrt(2.0), 3e-14, "the critical temperature");
    }
}

#[test]
fn other_small_differences() {
    for case in oracle("load") {
        near(capacity::load(number(&case[0])), number(&case[1]), 2e-14, &case.to_string());
    }
    assert_eq!((capacity::load(0.0), capacity::load(INF)), (0.0, 0.0));
    for case in oracle("most_exact") {
        let (n, degree) = (number(&case[0]), case[1].as_u64().unwrap() as usize);
        near(DenseMemory::most_exact(n, degree), number(&case[2]), 1e-14, &case.to_string());
    }
    for case in oracle("correlation_length") {
        let beta = number(&case[0]);
        near(chain::correlation_length(1.0, beta), number(&case[1]), 1e-14, &case.to_string());
        near(chain::correlation_length(-beta, 1.0), number(&case[1]), 1e-14, &case.to_string());
    }
    for case in oracle("log_sum_exp") {
        near(log_sum_exp(&numbers(&case[0])), number(&case[1]), 1e-15, &case.to_string());
    }
    for case in oracle("levels") {
        let (levels, beta) = (Levels::new(&numbers(&case[0])).unwrap(), number(&case[1]));
        let expected = numbers(&case[2]);
        let name = case.to_string();
        near(levels.mean_energy(beta), expected[0], 1e-14, &name);
        near(levels.entropy(beta), expected[1], 1e-13, &name);
        near(levels.heat_capacity(beta), expected[2], 1e-13, &name);
        // The same by listing the states.
        let p =
            Categorical::from_log_weights(&(-beta * (levels.energies() - levels.energies()[0])))
                .unwrap();
        near(p.entropy(), expected[1], 1e-13, &name);
    }
    let two = Levels::new(&array![0.0, 1.0]).unwrap();
    for cold in [1e4, 1e200, f64::MAX] {
        assert_eq!((two.entropy(cold), two.heat_capacity(cold)), (0.0, 0.0), "β = {cold:e}");
    }
}

#[test]
fn divergences_of_neighbours_and_of_strangers() {
    let all: Value = serde_json::from_str(include_str!("../oracles/extremes.json")).unwrap();
    for f in Divergence::ALL {
        let Some(cases) = all["generator"][format!("{f:?}")].as_array() else { continue };
        for case in cases {
            let name = format!("{f:?} {case}");
            // `ln` and `exp_m1` round, and near 1 squares double that; t f(1/t) at a large t rounds with its logarithm.
            near(f.generator(number(&case[0])), number(&case[1]), 2e-13, &name);
        }
    }
    for case in oracle("kl") {
        let [m, s, n, r] = [0, 1, 2, 3].map(|i| number(&case[i]));
        let (p, q) = (Normal::new(m, s).unwrap(), Normal::new(n, r).unwrap());
        near(p.kl(&q), number(&case[4]), 1e-14, &case.to_string());
    }
    // The spread of points whose squares are no numbers.
    let fair = Categorical::new(&array![1.0, 1.0]).unwrap();
    for unit in [1e-200, 1e-160, 1.0, 1e160, 1e300] {
        let q = Normal::cover(&array![unit, 3.0 * unit], &fair).unwrap();
        near(q.mean(), 2.0 * unit, 1e-15, "the mean");
        near(q.deviation(), unit, 1e-15, "the deviation");
    }
}

/// f and f′ of an activation at `z`, for one unit.
fn at(activation: Activation, z: f64) -> (f64, f64) {
    let (z, mut a, mut delta) = (array![[z]], array![[NAN]], array![[NAN]]);
    let mut none = Array1::zeros(0);
    activation.forward(&Array1::zeros(0), &z, &mut a);
    activation.backward(&Array1::zeros(0), &z, &a, &array![[1.0]], &mut none, Some(&mut delta));
    (a[[0, 0]], delta[[0, 0]])
}

#[test]
fn activations_at_their_ends() {
    let leaky = |slope| Activation::LeakyRelu { slope };
    type Ends = (Activation, (f64, f64), (f64, f64));
    let ends: [Ends; 8] = [
        (Activation::Identity, (-INF, 1.0), (INF, 1.0)),
        (Activation::Sigmoid, (0.0, 0.0), (1.0, 0.0)),
        (Activation::Tanh, (-1.0, 0.0), (1.0, 0.0)),
        (Activation::Relu, (0.0, 0.0), (INF, 1.0)),
        (leaky(0.1), (-INF, 0.1), (INF, 1.0)),
        (leaky(0.0), (0.0, 0.0), (INF, 1.0)),
        (Activation::Softplus, (0.0, 0.0), (INF, 1.0)),
        (Activation::Gelu, (0.0, 0.0), (INF, 1.0)),
    ];
    for (f, low, high) in ends {
        assert_eq!((at(f, -INF), at(f, INF)), (low, high), "{f:?}");
        let (value, slope) = at(f, NAN);
        assert!(value.is_nan(), "{f:?} hides NaN");
        assert!(slope.is_nan() || f == Activation::Identity, "the slope of {f:?} hides NaN");
        // Both zeros, and next to them.
        for z in [0.0, -0.0, 5e-324, -5e-324, 1e-310] {
            let (value, slope) = at(f, z);
            let middle = at(f, 0.0);
            assert!((value - middle.0).abs() <= 1e-300, "{f:?} at {z:e}");
            let corner = matches!(f, Activation::Relu | Activation::LeakyRelu { .. });
            assert!(slope == middle.1 || corner && z > 0.0 && slope == 1.0, "{f:?} at {z:e}");
        }
        // At any other place as the ends say.
        for z in [1e4, 1e200, f64::MAX] {
            assert_eq!(at(f, -z).1, low.1, "{f:?} at -{z:e}");
            assert_eq!(at(f, z).1, high.1, "{f:?} at {z:e}");
            assert!(at(f, -z).0.is_finite() && at(f, z).0.is_finite(), "{f:?} at ±{z:e}");
        }
    }
    for case in oracle("gelu") {
        let (z, expected) = (number(&case[0]), numbers(&case[1]));
        // Far out on the left an ulp of z²/2 is some ulps of its exponential; at -38 Φ is one of the smallest numbers, which have eight digits.
        let rounding = if z == -38.0 { 1e-7 } else { 3e-12 };
        near(gelu(z), expected[0], rounding, &format!("gelu at {z:e}"));
        near(at(Activation::Gelu, z).1, expected[1], rounding, &format!("its slope at {z:e}"));
    }
    assert_eq!((softplus(-INF), softplus(INF), gelu(-INF), gelu(INF)), (0.0, INF, 0.0, INF));
    assert!(softplus(NAN).is_nan() && gelu(NAN).is_nan());
    let tape = Tape::new();
    let x = tape.var(NAN);
    assert!(x.relu().gradient().wrt(x).is_nan());
}

#[test]
fn a_softmax_of_what_cannot_be_and_of_what_must_be() {
    let of = |mut row: Array1<f64>| {
        softmax(&mut row);
        row
    };
    assert_eq!(of(array![-INF, 0.0, 0.0]), array![0.0, 0.5, 0.5]);
    assert_eq!(of(array![-INF, f64::MIN]), array![0.0, 1.0]);
    assert_eq!(of(array![INF, 0.0, -INF]), array![1.0, 0.0, 0.0]);
    assert_eq!(of(array![f64::MAX, f64::MIN]), array![1.0, 0.0]);
    // Nothing can be, or two things must: there is no answer.
    for row in [array![-INF, -INF], array![INF, INF], array![NAN, 0.0], array![NAN, INF]] {
        assert!(of(row.clone()).iter().all(|p| p.is_nan()), "{row}");
    }
}

#[test]
fn losses_of_what_cannot_be_and_of_what_must_be() {
    let loss = |loss: Loss, z: Array1<f64>, y: Array1<f64>| {
        let (z, y) = (z.insert_axis(ndarray::Axis(0)), y.insert_axis(ndarray::Axis(0)));
        let mut gradient = Array2::from_elem(z.dim(), NAN);
        let value = loss.value_and_gradient(&z, &y, &mut gradient);
        (value, gradient.remove_axis(ndarray::Axis(0)))
    };
    let softmax = Loss::SoftmaxCrossEntropy;
    for (z, y, value, gradient) in [
        // A class that is masked costs nothing where it is not wanted, and everything where it is.
        (array![-INF, 0.0], array![0.0, 1.0], 0.0, array![0.0, 0.0]),
        (array![0.0, -INF, 0.0], array![1.0, 0.0, 0.0], 2f64.ln(), array![-0.5, 0.0, 0.5]),
        (array![-INF, 0.0], array![1.0, 0.0], INF, array![-1.0, 1.0]),
        (array![-INF, 0.0], array![0.5, 0.5], INF, array![-0.5, 0.5]),
        (array![INF, 0.0], array![1.0, 0.0], 0.0, array![0.0, 0.0]),
        (array![INF, 0.0], array![0.0, 1.0], INF, array![1.0, -1.0]),
        (array![INF, -INF], array![1.0, 0.0], 0.0, array![0.0, 0.0]),
        (array![f64::MAX, f64::MIN], array![1.0, 0.0], 0.0, array![0.0, 0.0]),
        (array![f64::MAX, f64::MIN], array![0.0, 1.0], INF, array![1.0, -1.0]),
    ] {
        let case = format!("{z} for {y}");
        assert_eq!(loss(softmax, z, y), (value, gradient), "{case}");
    }
    for z in [array![-INF, -INF], array![INF, INF], array![NAN, 0.0], array![0.0, NAN]] {
        assert!(loss(softmax, z.clone(), array![1.0, 0.0]).0.is_nan(), "{z}");
    }
    for case in oracle("softmax") {
        let z = numbers(&case[0]);
        let mut y = Array1::zeros(z.len());
        y[case[1].as_u64().unwrap() as usize] = 1.0;
        near(loss(softmax, z, y).0, number(&case[2]), 1e-15, &case.to_string());
    }
    let logistic = Loss::LogisticCrossEntropy;
    for (z, y, value, slope) in [
        (INF, 1.0, 0.0, 0.0),
        (-INF, 0.0, 0.0, 0.0),
        (INF, 0.0, INF, 1.0),
        (-INF, 1.0, INF, -1.0),
        (INF, 0.5, INF, 0.5),
        (-INF, 0.5, INF, -0.5),
        (f64::MAX, 1.0, 0.0, 0.0),
        (f64::MIN, 1.0, f64::MAX, -1.0),
        (40.0, 1.0, (-40f64).exp(), 0.0),
    ] {
        assert_eq!(loss(logistic, array![z], array![y]), (value, array![slope]), "{z:e} for {y}");
    }
    for y in [0.0, 0.5, 1.0] {
        assert!(loss(logistic, array![NAN], array![y]).0.is_nan());
    }
    assert_eq!(loss(Loss::SquaredError, array![-INF], array![1.0]), (INF, array![-INF]));
    assert!(loss(Loss::SquaredError, array![NAN], array![1.0]).0.is_nan());
}

/// Far out every term of a mixture vanishes, and yet the slope there is that of the nearest bell.
#[test]
fn mixtures_from_afar() {
    let pair = Mixture::new(array![[-3.0], [3.0]], array![0.5, 0.5], 1.0).unwrap();
    for x in [1e160, 1e200, 1e300] {
        assert_eq!((pair.energy(&array![x]), pair.gradient(&array![x])), (INF, array![x]));
        assert_eq!((pair.energy(&array![-x]), pair.gradient(&array![-x])), (INF, array![-x]));
    }
    for x in [INF, -INF] {
        assert_eq!((pair.energy(&array![x]), pair.gradient(&array![x])), (INF, array![x]));
    }
    assert!(pair.energy(&array![NAN]).is_nan() && pair.gradient(&array![NAN])[0].is_nan());
    // A narrow pair: the energy is no number, and the nearer bell pulls alone, or both by their weights.
    let width = 1e-307f64.sqrt();
    let narrow =
        Mixture::new(array![[-11.0, 0.0], [11.0, 0.0]], array![0.25, 0.75], width).unwrap();
    let (at, unit) = (array![1.0, 0.0], width * width);
    assert_eq!(narrow.energy(&at), INF);
    near(narrow.gradient(&at)[0], -10.0 / unit, 1e-15, "the nearer bell");
    let both = narrow.gradient(&array![0.0, 3.0]);
    near(both[0], -5.5 / unit, 1e-14, "both bells");
    near(both[1], 3.0 / unit, 1e-14, "both bells, aside");
    // More bells than are looked at together, all but the last of them out of sight.
    let mut centres = Array2::from_elem((40, 1), 1e200);
    centres[[39, 0]] = 0.0;
    let far = Mixture::new(centres, Array1::ones(40), 1.0).unwrap();
    near(far.energy(&array![2.0]), 2.0 + 40f64.ln(), 1e-15, "the last bell");
    assert_eq!(far.gradient(&array![2.0]), array![2.0]);
    // A column of a matrix, and a slope that does not lie side by side.
    let (x, mut slopes) = (array![[1e200, 0.0]], array![[NAN, NAN]]);
    pair.gradient_into(&x.column(0), &mut slopes.column_mut(1));
    assert_eq!(slopes[[0, 1]], 1e200);
}

#[test]
fn bowls_and_wells_from_afar() {
    let precision = array![[1.0, 0.9], [0.9, 1.0]];
    let bowl = Gaussian::new(array![0.0, 0.0], precision.clone()).unwrap();
    let learned = Bowl::new(precision, array![0.0, 0.0]).unwrap();
    for x in [array![1e160, -5e159], array![1e300, -1e300], array![INF, -1.0], array![INF, -INF]] {
        assert_eq!(bowl.energy(&x), INF, "{x}");
    }
    for x in [array![1e160, -5e159], array![1e300, -1e300]] {
        assert_eq!(learned.energy(&x), INF, "{x}");
    }
    assert!(bowl.energy(&array![NAN, INF]).is_nan() && learned.energy(&array![NAN, 0.0]).is_nan());
    // Parts of a slope that are no numbers, in a sum that is one.
    let steep = array![[8.0, -7.0], [-7.0, 8.0]];
    let (x, slope) = (array![5e307, 5e307], array![5e307, 5e307]);
    assert_eq!(Gaussian::new(array![0.0, 0.0], steep.clone()).unwrap().gradient(&x), slope);
    assert_eq!(Bowl::new(steep, array![0.0, 0.0]).unwrap().gradient(&x), slope);
    // A saddle keeps its sign.
    let saddle = Bowl::new(array![[1.0, -3.0], [-3.0, 1.0]], array![1.0, 0.0]).unwrap();
    assert_eq!(saddle.energy(&array![1e200, 1e200]), -INF);
    assert_eq!(saddle.energy(&array![1e200, -1e200]), INF);
    for tilt in [-0.5, 0.0, 0.5] {
        let well = DoubleWell::new(2.0, tilt).unwrap();
        for x in [INF, -INF] {
            assert_eq!((well.energy(&array![x]), well.gradient(&array![x])[0]), (INF, x));
        }
        assert!(well.energy(&array![NAN]).is_nan());
    }
    let high = DoubleWell::new(f64::MAX, 0.0).unwrap();
    assert_eq!((high.energy(&array![1.0]), high.gradient(&array![1.0])), (0.0, array![0.0]));
    assert_eq!(high.gradient(&array![0.0]), array![0.0]);
    let shallow = DoubleWell::new(1e-300, 0.0).unwrap();
    near(shallow.energy(&array![1e100]), 1e100, 1e-15, "a shallow well");
    let network = |confinement| {
        let (pull, output) = (array![1.0, 0.0], array![1.0]);
        NetworkEnergy::from_parts(confinement, pull, array![0.0], output, array![[0.0, 2.0]])
            .unwrap()
    };
    // Without confinement it is linear far out.
    assert_eq!(network(0.0).energy(&array![1e200, 1e200]), -3e200);
    assert_eq!(network(1.0).energy(&array![1e200, 1e200]), INF);
}

/// Kernels on landscapes whose ends they may see: they refuse what has no number, and stay where they can.
#[test]
fn kernels_come_back_from_the_ends() {
    let pair = Mixture::new(array![[-3.0], [3.0]], array![0.5, 0.5], 1.0).unwrap();
    let mut rng = rng(1);
    let mut visit = |x: f64, kernel: &mut dyn FnMut(&mut Array1<f64>, &mut _) -> bool| {
        let mut at = array![x];
        (0..20).for_each(|_| _ = kernel(&mut at, &mut rng));
        at[0]
    };
    // Steps so long that every proposal is out of range.
    let mut metropolis = Metropolis::new(&pair, 1, 1e200, 1.0).unwrap();
    let mut mala = Mala::new(&pair, 1, 1e200, 1.0).unwrap();
    let mut ride = Hamiltonian::new(&pair, 1, 1e100, 2, 1.0).unwrap();
    assert_eq!(visit(1.0, &mut |x, rng| metropolis.step(x, rng)), 1.0);
    assert_eq!(visit(1.0, &mut |x, rng| mala.step(x, rng)), 1.0);
    assert_eq!(visit(1.0, &mut |x, rng| ride.step(x, rng)), 1.0);
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    let mut mala = Mala::new(&well, 1, 1e200, 1.0).unwrap();
    let mut ride = Hamiltonian::new(&well, 1, 1e100, 5, 1.0).unwrap();
    assert_eq!(visit(0.9, &mut |x, rng| mala.step(x, rng)), 0.9);
    assert_eq!(visit(0.9, &mut |x, rng| ride.step(x, rng)), 0.9);
}

#[test]
#[should_panic(expected = "smaller step size")]
fn langevin_does_not_leave_the_numbers_in_silence() {
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    let mut kernel = Langevin::new(&well, 1, 1e10, 1.0).unwrap();
    let mut x = array![1e100];
    // The slope is 4e300 and a number, the place that it leads to is not.
    kernel.step(&mut x, &mut rng(1));
}

/// Finite costs whose slopes are not, and slopes that carry a weight out of range.
#[test]
fn training_ends_where_the_numbers_end() {
    let diverged =
        |step| move |error| matches!(error, Error::Diverged { step: at, .. } if at == step);
    let line =
        |w: f64| Mlp::from_parameters(&[1, 1], &[Activation::Identity], array![w, 0.0]).unwrap();
    // z = 1e153 and its square is a number, yet z x is none.
    let (x, y) = (array![[1e205]], array![[0.0]]);
    let mut network = line(1e-52);
    let mut trainer = Trainer::new(&network, Loss::SquaredError, Adam::new(0.1).unwrap(), 1);
    assert!(trainer.step(&mut network, &x, &y).is_err_and(diverged(1)));
    assert_eq!(network, line(1e-52));
    assert!(trainer.epoch(&mut network, &x, &y, &mut rng(1)).is_err_and(diverged(2)));
    let stopping = Stopping { epochs: 3, patience: 3 };
    let fit = trainer.fit(&mut network, (&x, &y), (&x, &y), stopping, &mut rng(1), |_, _, _| ());
    assert!(fit.is_err_and(diverged(3)));
    assert_eq!(network, line(1e-52));
    // A slope that is a number, a rate that carries the weight away.
    let (x, y) = (array![[1e10]], array![[0.0]]);
    let mut network = line(1.0);
    let descent = GradientDescent::new(1e300).unwrap();
    let mut trainer = Trainer::new(&network, Loss::SquaredError, descent, 1);
    assert!(trainer.step(&mut network, &x, &y).is_err_and(diverged(1)));
    assert_eq!(network, line(1.0));

    // Saturated units say finite things of infinite weights.
    let mut network = TwoLayer::from_parameters(1, 1, 1, array![0.0, 0.0, 1.0, 0.0]).unwrap();
    let before = network.clone();
    let (x, y) = (array![[1e308]], array![[1.0]]);
    assert!(network.train(&x, &y, 1e3, 1).is_err_and(diverged(1)));
    assert!(network.parameters().iter().all(|w| w.is_finite()));
    assert_eq!(network, before);

    let mut bowl = Bowl::new(array![[1.0]], array![0.0]).unwrap();
    let descent = GradientDescent::new(1e300).unwrap();
    let mut training = Contrastive::new(descent, array![[1.0]], Start::Data, 1).unwrap();
    let step =
        training.step(&mut bowl, &array![[1e10]], |e| Metropolis::new(e, 1, 1e9, 1.0), &mut rng(1));
    assert!(step.is_err_and(diverged(1)));
    assert!(bowl.parameters().iter().all(|w| w.is_finite()));
}

/// Flat far out to the right, at −1: one may rest there, but not at infinity.
struct Slide;
impl Energy for Slide {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        -x[0].tanh()
    }
}
impl Differentiable for Slide {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient[0] = x[0].tanh().powi(2) - 1.0;
    }
}

#[test]
fn descent_does_not_rest_at_infinity() {
    let slide = Descent::new(f64::MAX).unwrap();
    assert!(slide.path(&Slide, &array![0.0], 3).is_ok());
    let steep = DoubleWell::new(1.0, 0.0).unwrap();
    assert!(matches!(slide.infer(&steep, &array![3.0]), Err(Error::Diverged { .. })));
    struct Steep;
    impl Energy for Steep {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            -(4.0 * x[0]).tanh()
        }
    }
    impl Differentiable for Steep {
        fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
            gradient[0] = 4.0 * ((4.0 * x[0]).tanh().powi(2) - 1.0);
        }
    }
    let refused = |error| matches!(error, Error::Diverged { step: 1, .. });
    assert!(slide.infer(&Steep, &array![0.0]).is_err_and(refused));
    assert!(slide.path(&Steep, &array![0.0], 3).is_err_and(refused));
}

/// State 2 cannot be, and nothing is known of its slope.
#[derive(Clone)]
struct Forbidden(Array1<f64>);
impl Energy for Forbidden {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x.sum() == 2.0 { INF } else { self.0[0] * x[0] }
    }
}
impl Learnable for Forbidden {
    fn parameters(&self) -> &ArrayRef1<f64> {
        &self.0
    }
    fn parameters_mut(&mut self) -> &mut ArrayRef1<f64> {
        &mut self.0
    }
    fn add_parameter_gradient(
        &self,
        x: &ArrayRef1<f64>,
        weight: f64,
        gradient: &mut ArrayRef1<f64>,
    ) {
        gradient[0] += weight * if x.sum() == 2.0 { NAN } else { x[0] };
    }
}

#[test]
fn what_cannot_be_teaches_nothing() {
    let energy = Forbidden(array![0.5]);
    let mut gradient = array![NAN];
    let data = array![[1.0, 0.0]];
    let mut likelihood = Likelihood::new(array![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]).unwrap();
    let loss = likelihood.loss(&energy, &data, &mut gradient);
    near(loss, 0.5 + (1.0 + (-0.5f64).exp()).ln(), 1e-15, "the likelihood");
    near(gradient[0], 1.0 - (-0.5f64).exp() / (1.0 + (-0.5f64).exp()), 1e-15, "its slope");
    for neighbours in
        [Neighbours::PseudoLikelihood, Neighbours::RatioMatching, Neighbours::ProbabilityFlow]
    {
        // The neighbours of (1, 0) are (0, 0), at d = 0.5, and (1, 1), which cannot be.
        let loss = neighbours.loss(&energy, &data, 0.0, 1.0, &mut gradient);
        let (value, slope) = neighbours.at(0.5);
        near(loss, value, 1e-15, &format!("{neighbours:?}"));
        near(gradient[0], slope, 1e-15, &format!("the slope of {neighbours:?}"));
    }
}

/// Means over draws and states of which some have no weight.
#[test]
fn what_has_no_weight_does_not_count() {
    let draws = Importance::new(&array![0.0, -INF, 0.0], &array![0.0, 0.0, 0.0]).unwrap();
    assert_eq!(draws.mean(&array![1.0, INF, 3.0]), 2.0);
    assert_eq!(draws.mean(&array![1.0, NAN, 3.0]), 2.0);
    assert!(draws.mean(&array![1.0, 0.0, NAN]).is_nan());
    // A ratio that is no number is refused, not passed on as NaN.
    let refused = Importance::new(&array![f64::MAX, 0.0], &array![f64::MIN, 0.0]);
    assert!(matches!(refused, Err(Error::Domain { what: "log_target", .. })), "{refused:?}");
}

struct Listed(Array1<f64>);
impl Energy for Listed {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.0[x.fold(0, |index, &bit| 2 * index + usize::from(bit == 1.0))]
    }
}

/// A factor nearly 1 has a complement, and probabilities that are no numbers have ratios.
#[test]
fn the_chain_rule_keeps_what_is_rare() {
    for energies in [
        array![50.0, 0.0],
        array![0.0, 3.0, 60.0, 61.0],
        array![900.0, 901.0, 0.0, 2000.0],
        array![0.0, INF, INF, INF],
        array![1e3, 1e3 + 1.0, 1e3 + 800.0, 1e3 + 802.0],
    ] {
        let units = energies.len().ilog2() as usize;
        let states = downhill::energy::binary_states(units, 0.0, 1.0).unwrap();
        let energy = Listed(energies.clone());
        let exact = Boltzmann::new(&energy, states.clone(), 1.0).unwrap();
        let chain = ChainRule::of(&energy, units).unwrap();
        for (x, &e) in states.rows().into_iter().zip(&energies) {
            near(chain.energy(&x), -exact.log_probability(e), 1e-12, &format!("{x} of {energies}"));
        }
    }
}

/// An energy is known up to a constant, and a large one takes no digits from probabilities.
#[test]
fn a_large_constant_in_the_energy_does_not_matter() {
    let steps = array![0.0, 0.5, 1.25, 4.0];
    let states = downhill::energy::binary_states(2, 0.0, 1.0).unwrap();
    let low = Boltzmann::new(&Listed(steps.clone()), states.clone(), 0.7).unwrap();
    for offset in [-1e12, 1e9, 1e12] {
        // These sums are exact.
        let high = Boltzmann::new(&Listed(&steps + offset), states.clone(), 0.7).unwrap();
        for (a, b) in high.probabilities().iter().zip(low.probabilities()) {
            near(*a, b, 1e-14, "a probability");
        }
        near(high.entropy(), low.entropy(), 1e-14, "the entropy");
        near(high.energy_variance(), low.energy_variance(), 1e-14, "the variance");
        near(high.log_partition(), low.log_partition() - 0.7 * offset, 1e-15, "log Z");
        near(
            high.log_probability(offset + 1.25),
            low.log_probability(1.25),
            1e-14,
            "a log-probability",
        );
    }
}
