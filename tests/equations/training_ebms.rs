//! Chapter `training-ebms`.

use downhill::{
    energy::{Differentiable, Energy, Gaussian, Learnable, Mixture, binary_states},
    optimizers::{GradientDescent, Lbfgs, minimize},
    ridge_lasso::{Lasso, soft_threshold},
    rng,
    sampling::{Gibbs, Kernel, Langevin, Metropolis},
    training_ebms::{
        Bowl, Contrastive, Counted, Likelihood, Neighbours, NetworkEnergy, PairLoss, Pairwise,
        Scored, SoftCode, SparseCoding, Start, Table, contrast, denoising_score_matching,
        embedding_loss, info_nce, learn, noise_contrastive, score_matching, sliced_score_matching,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn normal_matrix(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal))
}

fn norm(v: &ArrayRef1<f64>) -> f64 {
    v.dot(v).sqrt()
}

fn assert_close(a: &Array1<f64>, b: &Array1<f64>, tolerance: f64) {
    assert_eq!(a.len(), b.len());
    assert!(norm(&(a - b)) <= tolerance * (1.0 + norm(b)), "{a} against {b}");
}

/// A fully visible machine with random couplings.
fn machine(units: usize, seed: u64) -> Pairwise {
    let mut machine = Pairwise::zeros(units).unwrap();
    let theta = 0.5 * normal(units * (units + 1) / 2, &mut rng(seed));
    machine.parameters_mut().assign(&theta);
    machine
}

/// A network as a restricted Boltzmann machine with random weights, and its parts a, b, w.
fn restricted(
    units: usize,
    hidden: usize,
    seed: u64,
) -> (NetworkEnergy, Array1<f64>, Array1<f64>, Array2<f64>) {
    let mut rng = rng(seed);
    let (a, b) = (normal(units, &mut rng), normal(hidden, &mut rng));
    let w = normal_matrix(hidden, units, &mut rng);
    let network =
        NetworkEnergy::from_parts(0.0, a.clone(), b.clone(), Array1::ones(hidden), w.clone())
            .unwrap();
    (network, a, b, w)
}

fn at<E: Learnable + Clone>(energy: &E, theta: &Array1<f64>) -> E {
    let mut moved = energy.clone();
    moved.parameters_mut().assign(theta);
    moved
}

/// Probabilities of the rows of `states`, by plain exponentials.
fn probabilities(energy: &impl Energy, states: &Array2<f64>) -> Array1<f64> {
    let weights: Array1<f64> =
        states.rows().into_iter().map(|x| (-energy.energy(&x)).exp()).collect();
    &weights / weights.sum()
}

fn mean_gradient(
    energy: &impl Learnable,
    states: &ArrayRef2<f64>,
    p: &ArrayRef1<f64>,
) -> Array1<f64> {
    let mut gradient = Array1::zeros(energy.parameters().len());
    for (x, &p) in states.rows().into_iter().zip(p) {
        energy.add_parameter_gradient(&x, p, &mut gradient);
    }
    gradient
}

/// Σ p log(p/q).
fn divergence(p: &Array1<f64>, q: &Array1<f64>) -> f64 {
    p.iter().zip(q).map(|(p, q)| if *p > 0.0 { p * (p / q).ln() } else { 0.0 }).sum()
}

/// Rows of `states` drawn with the probabilities `p`.
fn draw(states: &Array2<f64>, p: &Array1<f64>, count: usize, rng: &mut impl Rng) -> Array2<f64> {
    let mut rows = Vec::new();
    for _ in 0..count {
        let mut left: f64 = rng.random();
        let row = p.iter().position(|p| {
            left -= p;
            left < 0.0
        });
        rows.push(row.unwrap_or(p.len() - 1));
    }
    states.select(Axis(0), &rows)
}

fn central(mut f: impl FnMut(&Array1<f64>) -> f64, at: &Array1<f64>, h: f64) -> Array1<f64> {
    Array1::from_shape_fn(at.len(), |i| {
        let mut x = at.clone();
        x[i] += h;
        let up = f(&x);
        x[i] -= 2.0 * h;
        (up - f(&x)) / (2.0 * h)
    })
}

/// Compares the gradient that `loss` writes with central differences of the loss that it returns, and hands both back.
fn assert_gradient<E: Learnable + Clone>(
    energy: &E,
    mut loss: impl FnMut(&E, &mut ArrayRef1<f64>) -> f64,
) -> (f64, Array1<f64>) {
    let mut gradient = Array1::from_elem(energy.parameters().len(), f64::NAN);
    let value = loss(energy, &mut gradient);
    let mut scratch = gradient.clone();
    let theta = energy.parameters().to_owned();
    let differences = central(|theta| loss(&at(energy, theta), &mut scratch), &theta, 1e-5);
    // Central differences err by h² times a third derivative and by rounding over h, both about 1e-10.
    assert_close(&gradient, &differences, 1e-8);
    (value, gradient)
}

/// The Markov matrix of one Gibbs sweep over all `states` in turn, entry (from, to), by multiplying probabilities unit by unit.
fn sweep_matrix(energy: &impl Energy, states: &Array2<f64>) -> Array2<f64> {
    let n = states.ncols();
    let p = probabilities(energy, states);
    let mut sweep = Array2::eye(states.nrows());
    for unit in 0..n {
        let bit = 1 << (n - 1 - unit);
        let step = Array2::from_shape_fn(sweep.dim(), |(from, to)| {
            if from | bit == to | bit { p[to] / (p[from | bit] + p[from & !bit]) } else { 0.0 }
        });
        sweep = sweep.dot(&step);
    }
    sweep
}

/// The Markov matrix of one step of a restricted Boltzmann machine to and fro, entry (from, to): all hidden units given the visible ones, then all visible ones given
/// these, summed over the hidden states.
fn block_matrix(
    a: &Array1<f64>,
    b: &Array1<f64>,
    w: &Array2<f64>,
    states: &Array2<f64>,
) -> Array2<f64> {
    let latent = binary_states(b.len(), 0.0, 1.0).unwrap();
    let chance = |bits: ArrayView1<f64>, fields: Array1<f64>| {
        let one = |(x, z): (&f64, &f64)| 1.0 / (1.0 + ((1.0 - 2.0 * x) * z).exp());
        bits.iter().zip(&fields).map(one).product::<f64>()
    };
    let up = Array2::from_shape_fn((states.nrows(), latent.nrows()), |(x, h)| {
        chance(latent.row(h), w.dot(&states.row(x)) + b)
    });
    let down = Array2::from_shape_fn((latent.nrows(), states.nrows()), |(h, x)| {
        chance(states.row(x), w.t().dot(&latent.row(h)) + a)
    });
    up.dot(&down)
}

/// Where `states` are counted in binary, how often each row of `data` is.
fn frequencies(states: &Array2<f64>, data: &Array2<f64>) -> Array1<f64> {
    let mut p = Array1::zeros(states.nrows());
    for x in data.rows() {
        p[states.rows().into_iter().position(|s| s == x).unwrap()] += 1.0 / data.nrows() as f64;
    }
    p
}

/// The loss of [`Likelihood`] against minus the mean log-probability by plain enumeration.
#[test]
fn ebm_nll() {
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let machine = machine(4, 1);
    let p = probabilities(&machine, &states);
    let rows = [0, 5, 5, 12];
    let loss = Likelihood::new(states.clone()).unwrap().loss(
        &machine,
        &states.select(Axis(0), &rows),
        &mut Array1::zeros(10),
    );
    let plain = -rows.iter().map(|&row| p[row].ln()).sum::<f64>() / 4.0;
    assert!((loss - plain).abs() < 1e-13);
    // At the extremes: energies of 10⁴ overflow a plain exponential.
    let steep = at(&machine, &(20_000.0 * machine.parameters()));
    let loss =
        Likelihood::new(states.clone()).unwrap().loss(&steep, &states, &mut Array1::zeros(10));
    assert!(loss.is_finite());
}

/// The two phases against central differences of minus the mean log-probability, for spins and for a network.
#[test]
fn ebm_nll_gradient() {
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let data = states.select(Axis(0), &[1, 1, 7, 10, 14]);
    let mut likelihood = Likelihood::new(states.clone()).unwrap();
    let (_, gradient) = assert_gradient(&machine(4, 2), |e, g| likelihood.loss(e, &data, g));
    let p = probabilities(&machine(4, 2), &states);
    let by_hand = mean_gradient(&machine(4, 2), &data, &Array1::from_elem(5, 0.2))
        - mean_gradient(&machine(4, 2), &states, &p);
    assert_close(&gradient, &by_hand, 1e-13);
    let network = NetworkEnergy::new(4, 6, 0.3, &mut rng(3)).unwrap();
    assert_gradient(&network, |e, g| likelihood.loss(e, &data, g));
}

/// Central differences of log Z, by plain exponentials, against minus the model's mean of ∂E/∂θ.
#[test]
fn log_partition_gradient() {
    let states = binary_states(4, 0.0, 1.0).unwrap();
    let network = NetworkEnergy::new(4, 3, 0.3, &mut rng(54)).unwrap();
    let log_partition = |theta: &Array1<f64>| {
        let moved = at(&network, theta);
        states.rows().into_iter().map(|x| (-moved.energy(&x)).exp()).sum::<f64>().ln()
    };
    let slopes = central(log_partition, &network.parameters().to_owned(), 1e-5);
    assert_close(
        &slopes,
        &-mean_gradient(&network, &states, &probabilities(&network, &states)),
        1e-8,
    );
}

/// Evaluations of the positive phase, which do not grow with the units, against those of the exact negative phase, which double with each.
#[test]
fn positive_negative_phase_names() {
    for n in [4, 6, 8, 10] {
        let states = binary_states(n, -1.0, 1.0).unwrap();
        let data = states.select(Axis(0), &[1, 3, 9]);
        let energy = Counted::new(machine(n, n as u64));
        let mut gradient = Array1::zeros(n * (n + 1) / 2);
        Likelihood::new(states.clone()).unwrap().loss(&energy, &data, &mut gradient);
        // An energy and a gradient for each sample, and for each state.
        assert_eq!(energy.evaluations(), 2 * 3 + (2 << n));
        let positive = mean_gradient(&energy, &data, &Array1::from_elem(3, 1.0 / 3.0));
        let negative = mean_gradient(&energy, &states, &probabilities(&energy, &states));
        assert_close(&gradient, &(positive - negative), 1e-12);
    }
}

/// The gradient on a table against [y = y_n] − p(y), and a small step's changes of all energies.
#[test]
fn nll_gradient_table() {
    let table = Table::new(array![0.3, -1.0, 0.8, 0.1]).unwrap();
    let mut likelihood = Likelihood::new(table.states()).unwrap();
    let (_, gradient) = assert_gradient(&table, |e, g| likelihood.loss(e, &array![[2.0]], g));
    let p = probabilities(&table, &table.states());
    assert_close(&gradient, &(array![0.0, 0.0, 1.0, 0.0] - &p), 1e-14);
}

/// One step on a table, and on a network with a hinge: the sample's energy falls, every contrasted one rises.
#[test]
fn contrastive_methods() {
    let mut table = Table::new(array![0.3, -1.0, 0.8, 0.1]).unwrap();
    let before = table.parameters().to_owned();
    let p = probabilities(&table, &table.states());
    let mut likelihood = Likelihood::new(table.states()).unwrap();
    let mut slow = GradientDescent::new(1e-3).unwrap();
    learn(&mut slow, |e, g| likelihood.loss(e, &array![[1.0]], g), &mut table, 1, |_, _, _| {})
        .unwrap();
    let change = (table.parameters().to_owned() - &before) / 1e-3;
    assert!((change[1] + 1.0 - p[1]).abs() < 1e-12);
    for other in [0, 2, 3] {
        assert!(change[other] > 0.0 && (change[other] - p[other]).abs() < 1e-12);
    }
    let mut network = NetworkEnergy::new(3, 5, 0.5, &mut rng(4)).unwrap();
    let (y, bar) = (array![[1.0, 0.0, -1.0]], array![[0.0, 2.0, 0.5]]);
    let before = (network.energy(&y.row(0)), network.energy(&bar.row(0)));
    // Directions of descent for the one may share a component with the other, so what must fall is the difference.
    let hinge = PairLoss::Hinge { margin: 100.0 };
    let mut slow = GradientDescent::new(1e-4).unwrap();
    learn(&mut slow, |e, g| hinge.loss(e, &y, &bar, g), &mut network, 1, |_, _, _| {}).unwrap();
    assert!(network.energy(&y.row(0)) - network.energy(&bar.row(0)) < before.0 - before.1);
}

/// Coefficients of the energies in the likelihood's gradient, by central differences: −p of each contrasted sample.
#[test]
fn contrastive_sample_definition() {
    let table = Table::new(array![0.0, 1.0, -0.5]).unwrap();
    let p = probabilities(&table, &table.states());
    let loss = |theta: &Array1<f64>| {
        let table = Table::new(theta.clone()).unwrap();
        -probabilities(&table, &table.states())[0].ln()
    };
    let slopes = central(loss, &table.parameters().to_owned(), 1e-5);
    assert!((slopes[1] + p[1]).abs() < 1e-9 && (slopes[2] + p[2]).abs() < 1e-9);
    let mut gradient = Array1::zeros(3);
    Likelihood::new(table.states()).unwrap().loss(&table, &array![[0.0]], &mut gradient);
    assert_close(&gradient, &slopes, 1e-9);
}

/// Descent on the mean energy of the data alone: the energy falls without end, and falls everywhere else too.
#[test]
fn downward_collapse() {
    let mut rng = rng(5);
    let data = normal_matrix(50, 2, &mut rng) + 2.0;
    let elsewhere = 4.0 * normal_matrix(50, 2, &mut rng);
    let mut network = NetworkEnergy::new(2, 10, 0.1, &mut rng).unwrap();
    let mean = |e: &NetworkEnergy, x: &Array2<f64>| {
        x.rows().into_iter().map(|x| e.energy(&x)).sum::<f64>() / 50.0
    };
    let start = mean(&network, &elsewhere);
    let mut losses = Vec::new();
    let push = |e: &NetworkEnergy, g: &mut ArrayRef1<f64>| {
        g.fill(0.0);
        data.rows().into_iter().for_each(|x| e.add_parameter_gradient(&x, 0.02, g));
        mean(e, &data)
    };
    let mut descent = GradientDescent::new(0.01).unwrap();
    learn(&mut descent, push, &mut network, 60, |_, _, loss| losses.push(loss)).unwrap();
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "always downhill");
    assert!(losses[60] - losses[59] < losses[1] - losses[0], "ever faster");
    assert!(mean(&network, &elsewhere) < start - 1.0, "elsewhere as well");
}

/// The likelihood's gradient of a network's energy against central differences, and its negative phase by Gibbs sampling against enumeration, within 4 standard errors.
#[test]
fn ebm_no_backprop() {
    let states = binary_states(6, 0.0, 1.0).unwrap();
    let network = NetworkEnergy::new(6, 8, 0.2, &mut rng(6)).unwrap();
    let mut likelihood = Likelihood::new(states.clone()).unwrap();
    let data = states.select(Axis(0), &[3, 17, 40, 63]);
    assert_gradient(&network, |e, g| likelihood.loss(e, &data, g));

    let exact = mean_gradient(&network, &states, &probabilities(&network, &states));
    let mut kernel = Gibbs::new(&network, 0.0, 1.0, 1.0).unwrap();
    let (mut generator, chains) = (rng(7), 2000);
    let mut draws = Array2::zeros((chains, exact.len()));
    for mut row in draws.rows_mut() {
        let mut x = Array1::zeros(6);
        (0..40).for_each(|_| assert!(kernel.step(&mut x, &mut generator)));
        network.add_parameter_gradient(&x, 1.0, &mut row);
    }
    let mean = draws.mean_axis(Axis(0)).unwrap();
    let error = draws.std_axis(Axis(0), 1.0) / (chains as f64).sqrt();
    for i in 0..exact.len() {
        assert!((mean[i] - exact[i]).abs() <= 4.0 * error[i] + 1e-12, "entry {i}");
    }
}

/// The same chain under two parametrisations of one energy: the samples agree to the last bit, the gradients do not, so sampling cannot replace differentiation.
#[test]
fn erratum_ebm_no_backprop() {
    /// The machine with θ = 2φ.
    #[derive(Clone)]
    struct Doubled(Pairwise, Array1<f64>);
    impl Energy for Doubled {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            self.0.energy(x)
        }
    }
    let plain = machine(4, 8);
    let phi = 0.5 * plain.parameters();
    let doubled = Doubled(plain.clone(), phi);
    let (mut a, mut b) = (Array1::ones(4), Array1::ones(4));
    let path_a = Gibbs::new(&plain, -1.0, 1.0, 1.0).unwrap().run(&mut a, 50, &mut rng(9));
    let path_b = Gibbs::new(&doubled, -1.0, 1.0, 1.0).unwrap().run(&mut b, 50, &mut rng(9));
    assert_eq!(path_a, path_b);
    let by_theta = central(|t| at(&plain, t).energy(&a), &plain.parameters().to_owned(), 1e-5);
    let by_phi = central(|t| at(&plain, &(2.0 * t)).energy(&b), &doubled.1, 1e-5);
    assert_close(&by_phi, &(2.0 * &by_theta), 1e-8);
    assert!(norm(&(by_phi - by_theta)) > 1.0);
}

/// The network's energy against −log of the sum over hidden states of a restricted Boltzmann machine, and against its formula term by term.
#[test]
fn network_energy() {
    let (network, a, b, w) = restricted(4, 3, 10);
    for x in binary_states(4, 0.0, 1.0).unwrap().rows() {
        let sum: f64 = binary_states(3, 0.0, 1.0)
            .unwrap()
            .rows()
            .into_iter()
            .map(|h| (a.dot(&x) + b.dot(&h) + h.dot(&w.dot(&x))).exp())
            .sum();
        assert!((network.energy(&x) + sum.ln()).abs() < 1e-12);
    }
    let x = array![0.7, -1.2, 0.1, 2.0];
    let v = array![0.5, -2.0, 1.5];
    let full = NetworkEnergy::from_parts(0.8, a.clone(), b.clone(), v.clone(), w.clone()).unwrap();
    let hidden: f64 = (0..3).map(|j| v[j] * (1.0 + (b[j] + w.row(j).dot(&x)).exp()).ln()).sum();
    assert!((full.energy(&x) - (0.4 * x.dot(&x) - a.dot(&x) - hidden)).abs() < 1e-12);
    // A parabola outgrows what is linear: far away the energy is high in every direction.
    let far = 1e4 * &x;
    assert!(full.energy(&far) > 1e6 && full.energy(&-&far) > 1e6);
}

/// Slopes by x and by θ against central differences, and the mixed derivatives of score matching too.
#[test]
fn network_energy_slope() {
    let mut rng = rng(11);
    let network = NetworkEnergy::new(3, 5, 0.7, &mut rng).unwrap();
    let network = at(&network, &normal(network.parameters().len(), &mut rng));
    let bowl = {
        let m = normal_matrix(3, 3, &mut rng);
        Bowl::new(&m + &m.t(), normal(3, &mut rng)).unwrap()
    };
    check_slopes(&network, &mut rng);
    check_slopes(&bowl, &mut rng);
}

fn check_slopes<E: Scored + Clone>(energy: &E, rng: &mut impl Rng) {
    let (x, u) = (normal(3, rng), normal(3, rng));
    let theta = energy.parameters().to_owned();
    let fresh = || Array1::zeros(theta.len());
    assert_close(&energy.gradient(&x), &central(|x| energy.energy(x), &x, 1e-5), 1e-8);
    let mut written = fresh();
    energy.add_parameter_gradient(&x, -1.5, &mut written);
    assert_close(&written, &(-1.5 * central(|t| at(energy, t).energy(&x), &theta, 1e-5)), 1e-8);
    let along = |e: &E, x: &Array1<f64>| u.dot(&central(|x| e.energy(x), x, 1e-4));
    let curvature = (along(energy, &(&x + 1e-4 * &u)) - along(energy, &(&x - 1e-4 * &u))) / 2e-4;
    // A difference of differences: rounding over 1e-8.
    assert!((energy.curvature(&x, &u) - curvature).abs() < 1e-5);
    // Only the symmetric part of a matrix counts, so compare along a symmetric change of θ: along the gradient itself.
    for which in ["slope", "curvature"] {
        let mut written = fresh();
        if which == "slope" {
            energy.add_slope_gradient(&x, &u, 2.0, &mut written);
        } else {
            energy.add_curvature_gradient(&x, &u, 2.0, &mut written);
        }
        let value = |t: f64| {
            let e = at(energy, &(&theta + t * &written));
            if which == "slope" { u.dot(&e.gradient(&x)) } else { e.curvature(&x, &u) }
        };
        let h = 1e-5;
        let rate = (value(h) - value(-h)) / (2.0 * h);
        assert!((2.0 * rate - written.dot(&written)).abs() < 1e-6 * (1.0 + rate.abs()), "{which}");
        if theta.len() > 12 {
            let numbers = central(
                |t| {
                    let e = at(energy, t);
                    if which == "slope" { u.dot(&e.gradient(&x)) } else { e.curvature(&x, &u) }
                },
                &theta,
                1e-5,
            );
            assert_close(&written, &(2.0 * numbers), 1e-7);
        }
    }
}

/// Differences of the averages ⟨x h⟩, ⟨x⟩, ⟨h⟩ over joint states against central differences of the log-likelihood, and against the network's own gradient.
#[test]
fn rbm_gradient_to_be_derived() {
    let (network, a, b, w) = restricted(4, 3, 12);
    let (visible, latent) =
        (binary_states(4, 0.0, 1.0).unwrap(), binary_states(3, 0.0, 1.0).unwrap());
    let data = visible.select(Axis(0), &[2, 3, 9, 9, 15]);
    // Joint weights, by plain exponentials.
    let joint =
        |x: &ArrayRef1<f64>, h: &ArrayRef1<f64>| (a.dot(x) + b.dot(h) + h.dot(&w.dot(x))).exp();
    let averages = |p: &Array1<f64>| {
        let (mut xh, mut xs, mut hs) = (Array2::zeros((3, 4)), Array1::zeros(4), Array1::zeros(3));
        for (x, &p) in visible.rows().into_iter().zip(p) {
            let total: f64 = latent.rows().into_iter().map(|h| joint(&x, &h)).sum();
            for h in latent.rows() {
                let share = p * joint(&x, &h) / total;
                xs.scaled_add(share, &x);
                hs.scaled_add(share, &h);
                for j in 0..3 {
                    xh.row_mut(j).scaled_add(share * h[j], &x);
                }
            }
        }
        (xs, hs, xh)
    };
    let of_data = averages(&frequencies(&visible, &data));
    let of_model = averages(&probabilities(&network, &visible));
    let mut gradient = Array1::zeros(network.parameters().len());
    Likelihood::new(visible.clone()).unwrap().loss(&network, &data, &mut gradient);
    let minus = |v: Array1<f64>| -v;
    assert_close(&minus(gradient.slice(s![..4]).to_owned()), &(of_data.0 - of_model.0), 1e-12);
    assert_close(&minus(gradient.slice(s![4..7]).to_owned()), &(of_data.1 - of_model.1), 1e-12);
    let weights = (of_data.2 - of_model.2).into_iter().collect::<Array1<f64>>();
    assert_close(&minus(gradient.slice(s![10..]).to_owned()), &weights, 1e-12);
    let log_likelihood = |theta: &Array1<f64>| {
        let p = probabilities(&at(&network, theta), &visible);
        [2, 3, 9, 9, 15].iter().map(|&row: &usize| p[row].ln()).sum::<f64>() / 5.0
    };
    let slopes = central(log_likelihood, &network.parameters().to_owned(), 1e-5);
    assert_close(&minus(gradient), &slopes, 1e-8);
}

/// The step that the trainer takes, over many chains, against CD-k by the Markov matrix of a sweep, within 4 standard errors, direction and length; persistent chains against the
/// matrix's powers from where they began, and their step against the negative phase there.
#[test]
fn contrastive_divergence_update() {
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let energy = machine(3, 13);
    let rows: Vec<usize> = (0..9000).map(|n| [0, 3, 6][n % 3]).collect();
    let data = states.select(Axis(0), &rows);
    let p0 = frequencies(&states, &data);
    let sweep = sweep_matrix(&energy, &states);
    for k in [1, 3] {
        let mut p = p0.clone();
        (0..k).for_each(|_| p = p.dot(&sweep));
        // −⟨∂E/∂θ⟩ of the data + ⟨∂E/∂θ⟩ of the confabulations.
        let exact = mean_gradient(&energy, &states, &p) - mean_gradient(&energy, &states, &p0);
        let optimizer = GradientDescent::new(0.5).unwrap();
        let mut rule = Contrastive::new(optimizer, data.clone(), Start::Data, k).unwrap();
        let mut moved = energy.clone();
        rule.step(&mut moved, &data, |e| Gibbs::new(e, -1.0, 1.0, 1.0), &mut rng(14)).unwrap();
        let step = moved.parameters() - energy.parameters();
        // Each entry is a mean of 9000 numbers between −1 and 1.
        let error = 1.0 / 9000f64.sqrt();
        assert!((&step / 0.5 - &exact).iter().all(|d| d.abs() < 4.0 * error), "k = {k}");
        assert!(norm(&exact) > 20.0 * error, "there is something to measure");
        assert_close(&step, &(rule.gradient() * -0.5), 1e-14);
    }
    // Persistent chains go on from where they were, whatever the batch. The machine is a copy each time, so that the matrix stays as it is.
    let optimizer = GradientDescent::new(0.5).unwrap();
    let chains = states.select(Axis(0), &vec![7; 9000]);
    let mut rule = Contrastive::new(optimizer, chains, Start::Persistent, 2).unwrap();
    let mut p = Array1::zeros(8);
    p[7] = 1.0;
    let mut rng = rng(15);
    for _ in 0..2 {
        let mut moved = energy.clone();
        rule.step(&mut moved, &data, |e| Gibbs::new(e, -1.0, 1.0, 1.0), &mut rng).unwrap();
        p = p.dot(&sweep).dot(&sweep);
        let exact = mean_gradient(&energy, &states, &p) - mean_gradient(&energy, &states, &p0);
        let step = (moved.parameters() - energy.parameters()) / 0.5;
        assert!((&step - &exact).iter().all(|d| d.abs() < 4.0 / 9000f64.sqrt()));
        let seen = frequencies(&states, rule.chains());
        assert!(
            (&seen - &p).iter().zip(&p).all(|(d, p)| d.abs() < 4.0 * (p / 9000.0).sqrt() + 1e-3)
        );
    }
}

/// CD-k of 40 random restricted machines, by the Markov matrix of their own step to and fro, against the exact gradient: biased at k = 1, by an angle of a few degrees and seldom more than 30, less with
/// every doubling of k, and right in the end; and good enough at k = 1 to lower the divergence from the data.
#[test]
fn contrastive_divergence_confabulation() {
    let states = binary_states(4, 0.0, 1.0).unwrap();
    let expected = |network: &NetworkEnergy, step: &Array2<f64>, p0: &Array1<f64>, k: usize| {
        let p = (0..k).fold(p0.clone(), |p, _| p.dot(step));
        let mut update = mean_gradient(network, &states, p0) - mean_gradient(network, &states, &p);
        // The output weights are 1 and stay so, or it would not be this machine.
        update.slice_mut(s![7..10]).fill(0.0);
        update
    };
    let mut angles = [const { Vec::new() }; 4];
    for seed in 0..40 {
        let (network, a, b, w) = restricted(4, 3, 100 + seed);
        let rows: Vec<usize> = (0..20).map(|n| (7 * n * n + 3 * seed as usize) % 16).collect();
        let data = states.select(Axis(0), &rows);
        let p0 = frequencies(&states, &data);
        let step = block_matrix(&a, &b, &w, &states);
        let p = probabilities(&network, &states);
        assert_close(&p.dot(&step), &p, 1e-13);
        let mut exact = Array1::zeros(network.parameters().len());
        Likelihood::new(states.clone()).unwrap().loss(&network, &data, &mut exact);
        exact.slice_mut(s![7..10]).fill(0.0);
        for (angles, k) in angles.iter_mut().zip([1, 2, 4, 400]) {
            let update = expected(&network, &step, &p0, k);
            angles.push((update.dot(&exact) / norm(&update) / norm(&exact)).min(1.0).acos());
            if k == 1 {
                assert!(norm(&(&update - &exact)) > 1e-3 * norm(&exact), "biased");
            }
            assert!(k < 400 || norm(&(&update - &exact)) < 1e-9);
        }
    }
    let degrees = angles.map(|mut angles| {
        angles.sort_by(f64::total_cmp);
        [20, 39].map(|place: usize| angles[place].to_degrees())
    });
    assert!(degrees[0][0] > 1.0 && degrees[0][0] < 5.0 && degrees[0][1] < 30.0, "{degrees:?}");
    assert!(degrees.windows(2).all(|pair| pair[1][0] < 0.7 * pair[0][0]), "{degrees:?}");

    // Three hundred steps of CD-1 and of the exact gradient, which at k = 400 it is.
    let start = restricted(4, 3, 16).0;
    let p0 = frequencies(&states, &states.select(Axis(0), &[1, 2, 4, 8, 8, 7, 11]));
    let before = divergence(&p0, &probabilities(&start, &states));
    let after = [1, 400].map(|k| {
        let mut network = start.clone();
        for _ in 0..300 {
            let theta = network.parameters().to_owned();
            let w = theta.slice(s![10..]).to_shape((3, 4)).unwrap().to_owned();
            let (a, b) = (theta.slice(s![..4]).to_owned(), theta.slice(s![4..7]).to_owned());
            let step = expected(&network, &block_matrix(&a, &b, &w, &states), &p0, k);
            network.parameters_mut().scaled_add(-0.1, &step);
        }
        divergence(&p0, &probabilities(&network, &states))
    });
    assert!(after[0] < 0.6 * before && after[0] < after[1] + 0.1, "{before} to {after:?}");
}

/// KL(p₀‖p) − KL(p_k‖p) of a chain from the data: zero, with the CD update, at the truth, positive away from it. The trainer's own chains have drifted as far,
/// and its step parts the energies of data and confabulations.
#[test]
fn cd_systematic_drift() {
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let truth = machine(4, 17);
    let p0 = probabilities(&truth, &states);
    let stay = p0.dot(&sweep_matrix(&truth, &states));
    assert!(norm(&(&stay - &p0)) < 1e-13);
    let data = draw(&states, &p0, 20_000, &mut rng(170));
    let drawn = frequencies(&states, &data);
    for seed in 18..23 {
        let model = machine(4, seed);
        let p = probabilities(&model, &states);
        let p1 = p0.dot(&sweep_matrix(&model, &states));
        let drift = divergence(&p0, &p) - divergence(&p1, &p);
        assert!(drift > 1e-3);
        let optimizer = GradientDescent::new(1e-3).unwrap();
        let mut rule = Contrastive::new(optimizer, data.clone(), Start::Data, 1).unwrap();
        let mut moved = model.clone();
        rule.step(&mut moved, &data, |e| Gibbs::new(e, -1.0, 1.0, 1.0), &mut rng(seed)).unwrap();
        let chains = frequencies(&states, rule.chains());
        let measured = divergence(&drawn, &p) - divergence(&chains, &p);
        // Each divergence is a mean of 20 000 logarithms of p₀/p or p₁/p, whose spread is at most about 1.
        assert!((measured - drift).abs() < 4.0 * (2.0 / 20_000f64).sqrt(), "{measured} {drift}");
        // The confabulations held, the step parts the energies of data and confabulations, by the rate times the square of the update.
        let parted = |model: &Pairwise| {
            states
                .rows()
                .into_iter()
                .zip(&chains - &drawn)
                .map(|(x, d)| d * model.energy(&x))
                .sum::<f64>()
        };
        let update =
            mean_gradient(&model, &states, &chains) - mean_gradient(&model, &states, &drawn);
        let by = 1e-3 * update.dot(&update);
        assert!((parted(&moved) - parted(&model) - by).abs() < 1e-12 && by > 1e-6);
    }
}

/// The update of the trainer against −a ∂[E(x) − E(x̂)]/∂w by central differences; a step parts the two energies.
#[test]
fn contrastive_backpropagation() {
    let network = NetworkEnergy::new(3, 4, 0.5, &mut rng(24)).unwrap();
    let (x, hat) = (array![[0.5, -1.0, 1.5]], array![[1.0, 0.3, -0.4]]);
    let mut gradient = Array1::zeros(network.parameters().len());
    contrast(&network, &x, &hat, &mut gradient);
    let difference =
        |t: &Array1<f64>| at(&network, t).energy(&x.row(0)) - at(&network, t).energy(&hat.row(0));
    let theta = network.parameters().to_owned();
    assert_close(&gradient, &central(difference, &theta, 1e-5), 1e-8);
    let a = 1e-3;
    assert!(difference(&(&theta - a * &gradient)) < difference(&theta));
}

/// The printed rule, with E(x̂) in place of its derivative, against the central differences that the right one passes.
#[test]
fn erratum_contrastive_backpropagation() {
    let network = NetworkEnergy::new(3, 4, 0.5, &mut rng(24)).unwrap();
    let (x, hat) = (array![0.5, -1.0, 1.5], array![1.0, 0.3, -0.4]);
    let theta = network.parameters().to_owned();
    let mut printed = Array1::zeros(theta.len());
    network.add_parameter_gradient(&x, -1.0, &mut printed);
    printed += network.energy(&hat);
    let right =
        central(|t| at(&network, t).energy(&hat) - at(&network, t).energy(&x), &theta, 1e-5);
    assert!(norm(&(printed - &right)) > 0.1 * norm(&right));
}

/// Mean and variance of Langevin steps from a sample, over many chains, against the recursion of an autoregressive process, within 4 standard errors; and energies fall from above equilibrium.
#[test]
fn cd_continuous_langevin() {
    let (curvature, eta, steps, chains) = (2.0, 0.1, 12, 20_000);
    let bowl = Gaussian::new(array![0.0], array![[curvature]]).unwrap();
    let mut kernel = Langevin::new(&bowl, 1, eta, 1.0).unwrap();
    let mut rng = rng(25);
    let ends = Array1::from_shape_simple_fn(chains, || {
        let mut x = array![3.0];
        (0..steps).for_each(|_| assert!(kernel.step(&mut x, &mut rng)));
        x[0]
    });
    let keep: f64 = 1.0 - 0.5 * eta * curvature;
    let (mut mean, mut variance) = (3.0, 0.0);
    for _ in 0..steps {
        mean *= keep;
        variance = keep * keep * variance + eta;
    }
    let n = chains as f64;
    assert!((ends.mean().unwrap() - mean).abs() < 4.0 * (variance / n).sqrt());
    assert!((ends.var(1.0) - variance).abs() < 4.0 * variance * (2.0 / n).sqrt());
    let energy = 0.5 * curvature * (mean * mean + variance);
    assert!(energy < bowl.energy(&array![3.0]), "from above equilibrium it falls");
    let rest = 0.5 * curvature * eta / (1.0 - keep * keep);
    assert!(rest > bowl.energy(&array![0.0]), "from the ground it rises");
}

/// Metropolis's matrix over 16 states: in detailed balance with the Gibbs distribution only if a climb is refused with 1 − e^(−ΔE), and the mean energy goes to equilibrium, up or down; without detailed balance
/// other chances of a climb keep the distribution of three states; the kernel's own mean against equilibrium within 4 standard errors.
#[test]
fn cd_discrete_metropolis() {
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let energy = machine(4, 26);
    let energies: Array1<f64> = states.rows().into_iter().map(|x| energy.energy(&x)).collect();
    let p = probabilities(&energy, &states);
    let matrix = |accept: &dyn Fn(f64) -> f64| {
        let mut m = Array2::<f64>::zeros((16, 16));
        for from in 0..16 {
            for bit in 0..4 {
                let to: usize = from ^ (1 << bit);
                m[[from, to]] = 0.25 * accept(energies[to] - energies[from]);
            }
            m[[from, from]] = 1.0 - m.row(from).sum();
        }
        m
    };
    let balance = |m: &Array2<f64>| {
        let flow = Array2::from_shape_fn((16, 16), |(i, j)| p[i] * m[[i, j]]);
        (&flow - &flow.t()).iter().fold(0.0, |most: f64, d| most.max(d.abs()))
    };
    let right = matrix(&|climb| if climb <= 0.0 { 1.0 } else { (-climb).exp() });
    assert!(balance(&right) < 1e-15);
    assert!(balance(&matrix(&|climb| if climb <= 0.0 { 1.0 } else { 0.5 })) > 1e-3);
    // Three states, each proposed from each, every descent kept: a flow round the ring may be added to the climbs.
    let three = array![0.5, 0.3, 0.2];
    for round in [0.0, 0.05] {
        let mut flow =
            array![[0.0, 0.3 + round, 0.2 - round], [0.3, 0.0, 0.2 + round], [0.2, 0.2, 0.0]];
        flow *= 0.5;
        for i in 0..3 {
            flow[[i, i]] = three[i] - flow.row(i).sum();
        }
        assert!(flow.iter().all(|f| *f >= 0.0));
        assert!(norm(&(flow.sum_axis(Axis(0)) - &three)) < 1e-15, "kept");
        let apart = (&flow - &flow.t()).iter().fold(0.0, |most: f64, d| most.max(d.abs()));
        assert!((apart - 0.5 * round).abs() < 1e-15, "in detailed balance without the flow alone");
    }
    let equilibrium = p.dot(&energies);
    let lowest = (0..16).min_by(|&i, &j| energies[i].total_cmp(&energies[j])).unwrap();
    let highest = (0..16).max_by(|&i, &j| energies[i].total_cmp(&energies[j])).unwrap();
    let after = |start: usize, steps: usize| {
        let mut q = Array1::zeros(16);
        q[start] = 1.0;
        (0..steps).for_each(|_| q = q.dot(&right));
        q.dot(&energies)
    };
    assert!(after(lowest, 1) > energies[lowest] && after(highest, 1) < energies[highest]);
    assert!((after(lowest, 2000) - equilibrium).abs() < 1e-9);
    assert!((after(highest, 2000) - equilibrium).abs() < 1e-9);
    // The library's rule, with its Gaussian proposals: from the bottom of a bowl the mean energy rises to half of the temperature.
    let bowl = Gaussian::new(array![0.0], array![[1.0]]).unwrap();
    let mut kernel = Metropolis::new(&bowl, 1, 1.0, 1.0).unwrap();
    let mut rng = rng(27);
    let ends = Array1::from_shape_simple_fn(4000, || {
        let mut x = array![0.0];
        (0..60).for_each(|_| {
            kernel.step(&mut x, &mut rng);
        });
        bowl.energy(&x)
    });
    assert!((ends.mean().unwrap() - 0.5).abs() < 4.0 * (0.5 / 4000f64).sqrt());
}

/// Losses of pairs and their gradients against plain formulas and central differences; a small step does not close the gap.
#[test]
fn contrastive_update_from_pair() {
    let mut rng = rng(28);
    let network = NetworkEnergy::new(3, 4, 0.5, &mut rng).unwrap();
    let (y, bar) = (normal_matrix(6, 3, &mut rng), normal_matrix(6, 3, &mut rng));
    let differences: Vec<f64> =
        (0..6).map(|n| network.energy(&y.row(n)) - network.energy(&bar.row(n))).collect();
    let mean = |f: &dyn Fn(f64) -> f64| differences.iter().map(|&d| f(d)).sum::<f64>() / 6.0;
    let cases: [(PairLoss, f64); 3] = [
        (PairLoss::Difference, mean(&|d| d)),
        (PairLoss::Hinge { margin: 0.5 }, mean(&|d| if d > -0.5 { d + 0.5 } else { 0.0 })),
        (PairLoss::Log, mean(&|d| (1.0 + d.exp()).ln())),
    ];
    assert!(
        differences.iter().any(|d| *d < -0.5) && differences.iter().any(|d| *d > -0.5),
        "both sides of the hinge"
    );
    for (loss, plain) in cases {
        let (value, gradient) = assert_gradient(&network, |e, g| loss.loss(e, &y, &bar, g));
        assert!((value - plain).abs() < 1e-12);
        let after = at(&network, &(network.parameters() - 1e-4 * &gradient));
        assert!(loss.loss(&after, &y, &bar, &mut gradient.clone()) < value);
        // At the extremes the loss is as it should be.
        assert!(loss.at(1e6).0 >= 1e6 && loss.at(-1e6).1 <= 1.0 && !loss.at(-1e6).0.is_nan());
    }
    let mut gradient = Array1::zeros(network.parameters().len());
    let difference = contrast(&network, &y, &bar, &mut gradient);
    let mut other = gradient.clone();
    assert!((PairLoss::Difference.loss(&network, &y, &bar, &mut other) - difference).abs() < 1e-12);
    assert_close(&gradient, &other, 1e-12);
}

/// Checks the loss of one flip against `plain`, a function of the two probabilities p(x) and p(x̄), and the gradient against central differences.
fn check_neighbours(rule: Neighbours, plain: impl Fn(f64, f64) -> f64) {
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let energy = machine(4, 29);
    let p = probabilities(&energy, &states);
    let rows = [0, 3, 5, 5, 14];
    let data = states.select(Axis(0), &rows);
    let (value, _) = assert_gradient(&energy, |e, g| rule.loss(e, &data, -1.0, 1.0, g));
    let sum: f64 = rows
        .iter()
        .map(|&row: &usize| (0..4).map(|bit| plain(p[row], p[row ^ (1 << bit)])).sum::<f64>())
        .sum();
    assert!((value - sum / 5.0).abs() < 1e-12);
}

/// The loss against −log p(x_i | others) by enumeration, its gradient against central differences.
#[test]
fn pseudo_likelihood() {
    check_neighbours(Neighbours::PseudoLikelihood, |here, there| -(here / (here + there)).ln());
}

/// The loss against the squared conditional probability of the other value by enumeration, its gradient against central differences; and against the definition of the paper, a sum of squares over both values, up to a constant.
#[test]
fn ratio_matching() {
    check_neighbours(Neighbours::RatioMatching, |here, there| (there / (here + there)).powi(2));
    // Σ_x p_data Σ_i (g(data ratio) − g(model ratio))² differs from the loss by what does not depend on the model.
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let truth = probabilities(&machine(3, 30), &states);
    let ratio = |p: &Array1<f64>, row: usize, bit: usize| {
        let there = p[row ^ (1 << bit)];
        there / (p[row] + there)
    };
    let matched = |model: &Pairwise| {
        let p = probabilities(model, &states);
        let square =
            |row: usize, bit: usize| (ratio(&truth, row, bit) - ratio(&p, row, bit)).powi(2);
        (0..8)
            .flat_map(|row| (0..3).map(move |bit| (row, bit)))
            .map(|(r, b)| truth[r] * square(r, b))
            .sum::<f64>()
    };
    let loss = |model: &Pairwise| {
        let mut sum = 0.0;
        for (row, x) in states.rows().into_iter().enumerate() {
            let one = x.to_owned().insert_axis(Axis(0));
            sum += truth[row]
                * Neighbours::RatioMatching.loss(model, &one, -1.0, 1.0, &mut Array1::zeros(6));
        }
        sum
    };
    let (a, b) = (machine(3, 31), machine(3, 32));
    assert!((matched(&a) - matched(&b) - (loss(&a) - loss(&b))).abs() < 1e-12);
}

/// The loss against the flow √(p(x̄)/p(x)) by enumeration, its gradient against central differences; and the flow's rates keep the Gibbs distribution.
#[test]
fn minimum_probability_flow() {
    check_neighbours(Neighbours::ProbabilityFlow, |here, there| (there / here).sqrt());
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let energy = machine(3, 33);
    let p = probabilities(&energy, &states);
    let rate = |from: usize, to: usize| {
        let d = energy.energy(&states.row(from)) - energy.energy(&states.row(to));
        Neighbours::ProbabilityFlow.at(d).0
    };
    for from in 0..8 {
        for bit in 0..3 {
            let to = from ^ (1 << bit);
            assert!((p[from] * rate(from, to) - p[to] * rate(to, from)).abs() < 1e-14);
        }
    }
    // The loss is the rate at which KL(data‖flow) begins to grow: by a small step of the flow from the data.
    let data = array![0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0];
    let loss = Neighbours::ProbabilityFlow.loss(
        &energy,
        &states.select(Axis(0), &[0, 3]),
        -1.0,
        1.0,
        &mut Array1::zeros(6),
    );
    let step = 1e-6;
    let kept = Array1::from_shape_fn(8, |x| {
        data[x] * (1.0 - step * (0..3).map(|b| rate(x, x ^ (1 << b))).sum::<f64>())
    });
    assert!((divergence(&data, &kept) / step - loss).abs() < 1e-4 * loss);
}

/// The loss against the plain logistic one by enumeration, its gradient, with that of the constant, against central differences.
#[test]
fn noise_contrastive_estimation() {
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let energy = machine(3, 34);
    let (data, noise) =
        (states.select(Axis(0), &[1, 1, 4]), states.select(Axis(0), &[0, 2, 3, 5, 6, 7]));
    let log_q = |x: &ArrayRef1<f64>| -2.0 - 0.3 * x[0];
    let mut gradient = Array1::zeros(7);
    let loss = |energy: &Pairwise, c: f64, g: &mut ArrayRef1<f64>| {
        noise_contrastive(energy, c, &data, &noise, log_q, g)
    };
    let value = loss(&energy, 1.3, &mut gradient);
    let posterior = |x: &ArrayRef1<f64>| {
        let (model, noise) = ((-energy.energy(x) - 1.3).exp(), 2.0 * log_q(x).exp());
        model / (model + noise)
    };
    let plain: f64 = data.rows().into_iter().map(|x| -posterior(&x).ln()).sum::<f64>()
        + noise.rows().into_iter().map(|x| -(1.0 - posterior(&x)).ln()).sum::<f64>();
    assert!((value - plain / 3.0).abs() < 1e-12);
    let both: Array1<f64> = energy.parameters().iter().copied().chain([1.3]).collect();
    let mut scratch = gradient.clone();
    let slopes = central(
        |t| loss(&at(&energy, &t.slice(s![..6]).to_owned()), t[6], &mut scratch),
        &both,
        1e-5,
    );
    assert_close(&gradient, &slopes, 1e-8);
}

/// At the truth, with each state weighted by its probability, the gradients of CD-1, pseudo-likelihood, ratio matching, probability flow and noise contrast vanish; elsewhere they do not.
#[test]
fn contrastive_learning_examples() {
    let states = binary_states(5, -1.0, 1.0).unwrap();
    let truth = machine(5, 35);
    let p = probabilities(&truth, &states);
    let log_partition =
        states.rows().into_iter().map(|x| (-truth.energy(&x)).exp()).sum::<f64>().ln();
    let away = at(&truth, &(truth.parameters() + 0.3));
    for (model, vanish) in [(&truth, true), (&away, false)] {
        let mut gradients = Vec::new();
        for rule in
            [Neighbours::PseudoLikelihood, Neighbours::RatioMatching, Neighbours::ProbabilityFlow]
        {
            let (mut sum, mut one) = (Array1::<f64>::zeros(15), Array1::zeros(15));
            for (x, &p) in states.rows().into_iter().zip(&p) {
                rule.loss(model, &x.insert_axis(Axis(0)), -1.0, 1.0, &mut one);
                sum.scaled_add(p, &one);
            }
            gradients.push(sum);
        }
        let confabulated = p.dot(&sweep_matrix(model, &states));
        gradients
            .push(mean_gradient(model, &states, &p) - mean_gradient(model, &states, &confabulated));
        // Noise contrast with every state once as noise: weights of the data by repeated pairs are not whole, so a sum over single samples.
        let mut nce = Array1::zeros(16);
        let mut one = Array1::zeros(16);
        for (x, &p) in states.rows().into_iter().zip(&p) {
            let x = x.insert_axis(Axis(0));
            // A datum of weight p beside a noise sample of weight 1/32: both losses at ν = 1, from the two halves of the gradient.
            for (weight, sample, other) in [(p, 1.0, 0.0), (1.0 / 32.0, 0.0, 1.0)] {
                nce_half(model, log_partition, &x, sample, other, &mut one);
                nce.scaled_add(weight, &one);
            }
        }
        gradients.push(nce);
        for (k, gradient) in gradients.iter().enumerate() {
            let size = norm(gradient);
            assert!(if vanish { size < 1e-12 } else { size > 1e-3 }, "rule {k}: {size}");
        }
    }
}

/// The gradient of one term of the noise-contrastive loss against uniform noise over 32 states: of data or of noise.
fn nce_half(
    model: &Pairwise,
    c: f64,
    x: &ArrayRef2<f64>,
    data: f64,
    noise: f64,
    gradient: &mut Array1<f64>,
) {
    // The library's function wants both; a partner that either side classifies for certain has no slope.
    let uniform = (1.0f64 / 32.0).ln();
    let certain =
        |of_data: f64| move |y: &ArrayRef1<f64>| if y[0] > 5.0 { of_data } else { uniform };
    let mut partner = x.to_owned();
    partner[[0, 0]] = 10.0;
    if data == 1.0 {
        noise_contrastive(model, c, x, &partner, certain(1e4), gradient);
    } else {
        assert_eq!(noise, 1.0);
        noise_contrastive(model, c, &partner, x, certain(-1e4), gradient);
    }
}

/// Half the mean squared difference of slopes, integrated over a grid, against the score-matching objective: they differ by what does not depend on the model.
#[test]
fn score_matching_fisher() {
    let truth = Mixture::new(array![[-1.0], [1.5]], array![0.4, 0.6], 0.7).unwrap();
    let grid = Array2::from_shape_fn((4001, 1), |(i, _)| -8.0 + 0.004 * i as f64);
    let density: Array1<f64> = grid
        .rows()
        .into_iter()
        .map(|x| (-truth.energy(&x) - truth.log_partition()).exp())
        .collect();
    assert!((density.sum() * 0.004 - 1.0).abs() < 1e-9);
    let measure = |model: &NetworkEnergy| {
        let (mut fisher, mut objective) = (0.0, 0.0);
        for (x, p) in grid.rows().into_iter().zip(&density) {
            let difference = model.gradient(&x)[0] - truth.gradient(&x)[0];
            fisher += 0.004 * p * 0.5 * difference * difference;
            let mut scratch = Array1::zeros(model.parameters().len());
            objective += 0.004 * p * score_matching(model, &x.insert_axis(Axis(0)), &mut scratch);
        }
        (fisher, objective)
    };
    let (a, b) = (
        measure(&NetworkEnergy::new(1, 6, 0.8, &mut rng(36)).unwrap()),
        measure(&NetworkEnergy::new(1, 6, 1.5, &mut rng(37)).unwrap()),
    );
    assert!((a.0 - b.0).abs() > 0.01, "there is something to compare");
    // The trapezium rule is exact to rounding for functions that vanish at both ends.
    assert!(((a.0 - b.0) - (a.1 - b.1)).abs() < 1e-7);
}

/// The gradient against central differences, the value against slopes and curvatures by differences of the energy.
#[test]
fn explicit_score_matching() {
    let mut rng = rng(38);
    let data = normal_matrix(5, 3, &mut rng);
    let network = NetworkEnergy::new(3, 4, 0.6, &mut rng).unwrap();
    let (value, _) = assert_gradient(&network, |e, g| score_matching(e, &data, g));
    let mut plain = 0.0;
    for x in data.rows() {
        let x = x.to_owned();
        let slope = central(|x| network.energy(x), &x, 1e-5);
        plain += 0.5 * slope.dot(&slope) / 5.0;
        for i in 0..3 {
            let bend = central(|x| network.gradient(x)[i], &x, 1e-5)[i];
            plain -= bend / 5.0;
        }
    }
    assert!((value - plain).abs() < 1e-8);
}

/// The minimum over bowls against the sample mean and the inverse of the sample covariance: score matching gives a Gaussian its maximum-likelihood estimate.
#[test]
fn score_matching_gaussian() {
    let mut rng = rng(39);
    let data =
        normal_matrix(40, 2, &mut rng).dot(&array![[1.0, 0.4], [0.0, 0.7]]) + array![1.0, -0.5];
    let bowl = Bowl::new(Array2::eye(2), Array1::zeros(2)).unwrap();
    let found = minimize(
        &mut Lbfgs::new(10).unwrap(),
        |theta, gradient| score_matching(&at(&bowl, &theta.to_owned()), &data, gradient),
        bowl.parameters(),
        1e-10,
        500,
        |_, _| {},
    )
    .unwrap();
    let bowl = at(&bowl, &found.place.theta);
    let mean = data.mean_axis(Axis(0)).unwrap();
    let centred = &data - &mean;
    let covariance = centred.t().dot(&centred) / 40.0;
    let unit = bowl.precision().dot(&covariance) - Array2::<f64>::eye(2);
    assert!(unit.iter().all(|d| d.abs() < 1e-8), "{unit}");
    assert_close(&bowl.pull(), &bowl.precision().dot(&mean), 1e-8);
}

/// The mean over many lines against the explicit objective, value and gradient, within 4 standard errors.
#[test]
fn sliced_estimate_of_laplacian() {
    let mut rng = rng(40);
    let data = normal_matrix(4, 3, &mut rng);
    let network = NetworkEnergy::new(3, 4, 0.6, &mut rng).unwrap();
    let p = network.parameters().len();
    let mut exact = Array1::zeros(p + 1);
    exact[p] = score_matching(&network, &data, &mut exact.slice_mut(s![..p]));
    let draws = 4000;
    let mut seen = Array2::zeros((draws, p + 1));
    for mut row in seen.rows_mut() {
        row[p] = sliced_score_matching(&network, &data, &mut row.slice_mut(s![..p]), &mut rng);
    }
    within_errors(&seen, &exact);
    // With the same lines the gradient is that of the value.
    assert_gradient(&network, |e, g| sliced_score_matching(e, &data, g, &mut downhill::rng(41)));
}

fn within_errors(draws: &Array2<f64>, exact: &Array1<f64>) {
    let mean = draws.mean_axis(Axis(0)).unwrap();
    let error = draws.std_axis(Axis(0), 1.0) / (draws.nrows() as f64).sqrt();
    for i in 0..exact.len() {
        assert!(
            (mean[i] - exact[i]).abs() <= 4.0 * error[i] + 1e-10,
            "entry {i}: {} and {}",
            mean[i],
            exact[i]
        );
    }
}

/// The gradient with the noise held against central differences; its mean over much noise against that of the Fisher divergence from the data with the noise, by a grid, within 4 standard errors.
#[test]
fn denoising_target() {
    let mut rng = rng(42);
    let (data, sigma) = (array![[-1.0], [0.2], [1.4]], 0.5);
    let network = NetworkEnergy::new(1, 4, 0.6, &mut rng).unwrap();
    assert_gradient(&network, |e, g| {
        denoising_score_matching(e, &data, sigma, g, &mut downhill::rng(43))
    });
    // The data with the noise are a mixture of bells about them.
    let blurred = Mixture::new(data.clone(), Array1::ones(3), sigma).unwrap();
    let mut exact = Array1::zeros(network.parameters().len());
    for i in 0..4001 {
        let x = array![-8.0 + 0.004 * i as f64];
        let p = 0.004 * (-blurred.energy(&x) - blurred.log_partition()).exp();
        let difference = network.gradient(&x) - blurred.gradient(&x);
        network.add_slope_gradient(&x, &difference, p, &mut exact);
    }
    let mut seen = Array2::zeros((20_000, exact.len()));
    for mut row in seen.rows_mut() {
        denoising_score_matching(&network, &data, sigma, &mut row, &mut rng);
    }
    within_errors(&seen, &exact);
}

/// Loss and slope against a plain formula and central differences, on both sides of the margin.
#[test]
fn contrastive_embedding_loss() {
    for (d, same) in [(0.3, true), (0.3, false), (0.9, false), (1.7, false), (1.7, true)] {
        let y = if same { 1.0 } else { 0.0 };
        let plain = |d: f64| y * d * d + (1.0 - y) * f64::max(0.0, 1.0 - d).powi(2);
        let (loss, slope) = embedding_loss(d, same, 1.0);
        assert!((loss - plain(d)).abs() < 1e-15);
        assert!((slope - (plain(d + 1e-6) - plain(d - 1e-6)) / 2e-6).abs() < 1e-9);
    }
}

/// Loss against −log of plain softmax probabilities, gradient against central differences.
#[test]
fn info_nce_loss() {
    let energies = normal_matrix(4, 4, &mut rng(44));
    let plain = |f: &Array2<f64>| {
        (0..4)
            .map(|i| -((-f[[i, i]]).exp() / f.row(i).mapv(|f| (-f).exp()).sum()).ln())
            .sum::<f64>()
            / 4.0
    };
    let mut gradient = Array2::zeros((4, 4));
    assert!((info_nce(&energies, &mut gradient) - plain(&energies)).abs() < 1e-13);
    let flat: Array1<f64> = energies.iter().copied().collect();
    let slopes = central(|f| plain(&f.clone().into_shape_with_order((4, 4)).unwrap()), &flat, 1e-5);
    assert_close(&gradient.into_iter().collect(), &slopes, 1e-9);
    // Energies of a million are no matter.
    assert!(info_nce(&(1e6 * &energies), &mut Array2::zeros((4, 4))).is_finite());
}

/// log n minus the mean loss, over all batches of three from a joint table, against the mutual information: never above it, for the best energies and for others.
#[test]
fn info_nce_bound() {
    let joint: Array2<f64> = array![[0.3, 0.05, 0.05], [0.02, 0.2, 0.08], [0.1, 0.0, 0.2]];
    let (rows, columns) = (joint.sum_axis(Axis(1)), joint.sum_axis(Axis(0)));
    let information: f64 = joint
        .indexed_iter()
        .filter(|(_, p)| **p > 0.0)
        .map(|((i, j), p)| p * (p / (rows[i] * columns[j])).ln())
        .sum();
    let cells: Vec<((usize, usize), f64)> = joint.indexed_iter().map(|(at, &p)| (at, p)).collect();
    let bound = |f: &dyn Fn(usize, usize) -> f64| {
        let mut mean = 0.0;
        for a in &cells {
            for b in &cells {
                for c in &cells {
                    let batch = [a.0, b.0, c.0];
                    let energies =
                        Array2::from_shape_fn((3, 3), |(i, j)| f(batch[i].0, batch[j].1));
                    mean += a.1 * b.1 * c.1 * info_nce(&energies, &mut Array2::zeros((3, 3)));
                }
            }
        }
        3f64.ln() - mean
    };
    // A pair that never is gets a high energy and not an infinite one.
    let best = bound(&|i, j| -((joint[[i, j]] + 1e-12) / (rows[i] * columns[j])).ln());
    assert!(best <= information && best > 0.5 * information, "{best} of {information}");
    assert!(bound(&|i, j| if i == j { -1.0 } else { 0.0 }) < best);
    assert!(bound(&|_, _| 0.0).abs() < 1e-12);
}

/// The closed form against the minimum over the code by gradient descent; and the part of a square with low energy shrinks as the penalty grows.
#[test]
fn regularized_latent_variable_methods() {
    let dictionary = array![[1.0, 0.3], [-0.4, 0.8]];
    for penalty in [0.01, 0.1, 1.0] {
        let code = SoftCode::new(&dictionary, penalty).unwrap();
        let y = array![0.7, -1.1];
        let mut z: Array1<f64> = Array1::zeros(2);
        for _ in 0..20_000 {
            let residual = z.dot(&dictionary) - &y;
            z = &z - 0.2 * (dictionary.dot(&residual) * 2.0 + 2.0 * penalty * &z);
        }
        let residual = z.dot(&dictionary) - &y;
        let least = residual.dot(&residual) + penalty * z.dot(&z);
        assert!((code.energy(&y) - least).abs() < 1e-10);
    }
    let fraction = |penalty: f64| {
        let code = SoftCode::new(&dictionary, penalty).unwrap();
        let low = |k: usize| {
            let y = array![
                -2.0 + 4.0 * (k % 200) as f64 / 199.0,
                -2.0 + 4.0 * (k / 200) as f64 / 199.0
            ];
            (code.energy(&y) < 0.02) as usize
        };
        (0..40_000).map(low).sum::<usize>() as f64 / 40_000.0
    };
    let fractions = [1e-9, 0.01, 0.1, 1.0].map(fraction);
    assert_eq!(fractions[0], 1.0, "free codes explain everything");
    assert!(fractions.windows(2).all(|pair| pair[1] < pair[0]), "{fractions:?}");
}

/// A dictionary and samples for the tests of sparse coding.
fn patches() -> (Array2<f64>, Array2<f64>) {
    let mut rng = rng(45);
    let mut dictionary = normal_matrix(12, 6, &mut rng);
    for mut atom in dictionary.rows_mut() {
        let length = norm(&atom);
        atom /= length;
    }
    (dictionary, normal_matrix(5, 6, &mut rng))
}

/// The energy against its formula entry by entry, and its minimum by FISTA against the lasso's coordinate descent, which solves the same problem by other means.
#[test]
fn sparse_coding_energy() {
    let (dictionary, samples) = patches();
    let penalty = 0.2;
    let coding = SparseCoding::new(dictionary.clone(), penalty).unwrap();
    let codes = normal_matrix(5, 12, &mut rng(46));
    let mut plain = 0.0;
    for n in 0..5 {
        for i in 0..6 {
            let sum: f64 = (0..12).map(|k| codes[[n, k]] * dictionary[[k, i]]).sum();
            plain += 0.5 * (samples[[n, i]] - sum).powi(2);
        }
        plain += penalty * codes.row(n).iter().map(|z| z.abs()).sum::<f64>();
    }
    assert!((coding.energy(&samples, &codes) - plain).abs() < 1e-12);
    let codes = coding.fista(&samples, 3000).unwrap();
    for (x, z) in samples.rows().into_iter().zip(codes.rows()) {
        // The lasso's cost is a mean over the pixels: 2/p times the energy.
        let lasso = Lasso::new(&dictionary.t(), &x).unwrap().tolerance(1e-13).unwrap();
        assert_close(&z.to_owned(), &lasso.fit(2.0 * penalty / 6.0).unwrap(), 1e-5);
    }
}

/// One iteration against the gradient by central differences and the threshold of the lasso chapter; the energies never rise; and the step is safe: the bound on the largest eigenvalue against power iteration.
#[test]
fn ista_step() {
    let (dictionary, samples) = patches();
    let coding = SparseCoding::new(dictionary.clone(), 0.2).unwrap();
    let mut path = vec![Array2::zeros((5, 12))];
    coding.iterate(&samples, 40, false, |_, codes| path.push(codes.clone())).unwrap();
    let l = coding.lipschitz();
    let square =
        |z: &Array1<f64>, x: &ArrayRef1<f64>| 0.5 * (z.dot(&dictionary) - x).mapv(|r| r * r).sum();
    for (n, x) in samples.rows().into_iter().enumerate() {
        let z = path[3].row(n).to_owned();
        let slope = central(|z| square(z, &x), &z, 1e-4);
        let next = (&z - &(slope / l)).mapv(|v| soft_threshold(v, 0.2 / l));
        assert_close(&path[4].row(n).to_owned(), &next, 1e-9);
    }
    let energies: Vec<f64> = path.iter().map(|codes| coding.energy(&samples, codes)).collect();
    assert!(energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-13));
    let mut v: Array1<f64> = Array1::ones(6);
    for _ in 0..10_000 {
        v = dictionary.t().dot(&dictionary.dot(&v));
        v /= norm(&v);
    }
    let largest = norm(&dictionary.t().dot(&dictionary.dot(&v)));
    assert!(l >= largest - 1e-12 && l < 1.02 * largest);
}

/// FISTA against its recursion written out with one clock, on a problem whose momentum never points uphill at first; its gap closes sooner than ISTA's; and Beck and Teboulle's bound holds.
#[test]
fn fista_momentum() {
    let (dictionary, samples) = patches();
    let coding = SparseCoding::new(dictionary.clone(), 0.05).unwrap();
    let l = coding.lipschitz();
    let x = samples.row(0).to_owned();
    let one = x.clone().insert_axis(Axis(0));
    let (mut z, mut y, mut t) = (Array1::<f64>::zeros(12), Array1::<f64>::zeros(12), 1.0f64);
    let mut restarts = 0;
    for k in 1..=200 {
        let v = &y - &(dictionary.dot(&(y.dot(&dictionary) - &x)) / l);
        let new = v.mapv(|v| soft_threshold(v, 0.05 / l));
        if (&y - &new).dot(&(&new - &z)) > 0.0 {
            t = 1.0;
            restarts += 1;
        }
        let next = (1.0 + (1.0 + 4.0 * t * t).sqrt()) / 2.0;
        y = &new + (t - 1.0) / next * (&new - &z);
        (z, t) = (new, next);
        let codes = coding.fista(&one, k).unwrap();
        assert_close(&codes.row(0).to_owned(), &z, 1e-10);
    }
    assert!(restarts >= 1, "the problem needs a restart");
    let least = coding.energy(&samples, &coding.fista(&samples, 20_000).unwrap());
    let gap = |momentum: bool, k: usize| {
        let codes = coding.iterate(&samples, k, momentum, |_, _| {}).unwrap();
        coding.energy(&samples, &codes) - least
    };
    assert!(gap(true, 100) < 0.1 * gap(false, 100));
    let minimisers = coding.fista(&samples, 20_000).unwrap();
    let square = minimisers.iter().map(|z| z * z).sum::<f64>();
    for k in [1, 3, 10, 30] {
        assert!(gap(true, k) <= 2.0 * l * square / ((k + 1) as f64).powi(2), "2L‖z*‖²/(k+1)²");
        assert!(gap(false, k) <= l * square / (2 * k) as f64, "L‖z*‖²/2k");
    }
}

/// The gap against the true distance from the minimum: never below it, zero at the minimum, and equal to it at the code 0 of samples along a single atom.
#[test]
fn sparse_coding_gap() {
    let (dictionary, samples) = patches();
    let coding = SparseCoding::new(dictionary, 0.2).unwrap();
    let least = coding.energy(&samples, &coding.fista(&samples, 20_000).unwrap());
    for k in [0, 1, 5, 20, 100] {
        let codes = coding.fista(&samples, k).unwrap();
        assert!(coding.gap(&samples, &codes) >= coding.energy(&samples, &codes) - least - 1e-12);
    }
    assert!(coding.gap(&samples, &coding.fista(&samples, 20_000).unwrap()) < 1e-9);
    // One atom d and samples a d: the minimum is at z = a − λ/‖d‖², and the residual of the code 0, scaled to the limit λ, is the dual's solution.
    let (atom, penalty) = (array![[0.6, -0.3, 0.9]], 0.2);
    let length = atom.iter().map(|d| d * d).sum::<f64>();
    let one = SparseCoding::new(atom.clone(), penalty).unwrap();
    for a in [0.5, 2.0, -1.3] {
        let samples = &atom * a;
        let best = f64::abs(a) - penalty / length;
        let least = 0.5 * (f64::abs(a) - best).powi(2) * length + penalty * best;
        let above = 0.5 * a * a * length - least;
        assert!((one.gap(&samples, &Array2::zeros((1, 1))) - above).abs() < 1e-14, "{a}");
        assert!((one.energy(&samples, &array![[best * f64::signum(a)]]) - least).abs() < 1e-14);
    }
}

/// The atom that was improved last against many random atoms no longer than 1 in its place, none of which does better; and learning never raises the energy.
#[test]
fn dictionary_update() {
    let (dictionary, _) = patches();
    let samples = normal_matrix(80, 6, &mut rng(47));
    let mut coding = SparseCoding::new(dictionary, 0.2).unwrap();
    let codes = coding.fista(&samples, 300).unwrap();
    let before = coding.energy(&samples, &codes);
    coding.improve_dictionary(&samples, &codes);
    let after = coding.energy(&samples, &codes);
    assert!(after < before);
    // The last atom was moved last, so it is the best for what the others are.
    let mut rng = rng(48);
    for _ in 0..500 {
        let mut other = coding.dictionary().clone();
        let mut atom = other.row_mut(11);
        atom.scaled_add(0.1 * rng.random::<f64>(), &normal(6, &mut rng));
        let length = norm(&atom);
        atom /= length.max(1.0);
        assert!(SparseCoding::new(other, 0.2).unwrap().energy(&samples, &codes) >= after - 1e-12);
    }
    let mut energies = Vec::new();
    coding.learn(&samples, 10, 500, |_, energy| energies.push(energy)).unwrap();
    // Codes are within 500 iterations of their minimum.
    assert!(energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6), "{energies:?}");
    assert!(coding.dictionary().rows().into_iter().all(|atom| norm(&atom) <= 1.0 + 1e-12));
}

/// The three sections that the source promises: the embedding's loss against its formula, sparse codes against scikit-learn's, and CD-k's update, zero at the truth.
/// Source: `tests/oracles/training_ebms.py`.
#[test]
fn todo_contrastive_embedding_sparse_coding_cd() {
    assert_eq!(embedding_loss(0.25, false, 1.0).0, 0.75 * 0.75);
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("../oracles/training_ebms.json")).unwrap();
    let matrix = |value: &serde_json::Value| {
        let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let (dictionary, samples) = (matrix(&oracle["dictionary"]), matrix(&oracle["samples"]));
    for case in oracle["cases"].as_array().unwrap() {
        let coding =
            SparseCoding::new(dictionary.clone(), case["penalty"].as_f64().unwrap()).unwrap();
        let codes = coding.fista(&samples, 20_000).unwrap();
        assert!((&codes - &matrix(&case["codes"])).iter().all(|d| d.abs() < 1e-6));
        let energy = coding.energy(&samples, &codes);
        assert!((energy - case["energy"].as_f64().unwrap()).abs() < 1e-9);
        // Coordinate descent stops at a gap of a ten-thousandth of the samples' square.
        let square = 0.5 * samples.iter().map(|x| x * x).sum::<f64>();
        let other = case["energy_coordinate_descent"].as_f64().unwrap();
        assert!(other >= energy - 1e-9 && other - energy < 1e-4 * square);
    }
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let truth = machine(4, 49);
    let p = probabilities(&truth, &states);
    let data = draw(&states, &p, 20_000, &mut rng(50));
    let mut rule =
        Contrastive::new(GradientDescent::new(1e-9).unwrap(), data.clone(), Start::Data, 2)
            .unwrap();
    rule.step(&mut truth.clone(), &data, |e| Gibbs::new(e, -1.0, 1.0, 1.0), &mut rng(51)).unwrap();
    // Two means of 20 000 products of ±1.
    assert!(rule.gradient().iter().all(|g| g.abs() < 4.0 * (2.0 / 20_000f64).sqrt()));
}

/// The mean divergence of the fitted machine from the true one over many data sets against p/2N, within 4 standard errors and the next order's tenth.
#[test]
fn likelihood_excess() {
    let states = binary_states(3, -1.0, 1.0).unwrap();
    let truth = machine(3, 52);
    let p = probabilities(&truth, &states);
    let (samples, sets) = (1000, 200);
    let mut rng = rng(53);
    let mut likelihood = Likelihood::new(states.clone()).unwrap();
    let mut excesses = Vec::new();
    for _ in 0..sets {
        let data = draw(&states, &p, samples, &mut rng);
        let found = minimize(
            &mut Lbfgs::new(10).unwrap(),
            |theta, gradient| likelihood.loss(&at(&truth, &theta.to_owned()), &data, gradient),
            truth.parameters(),
            1e-6,
            200,
            |_, _| {},
        )
        .unwrap();
        excesses.push(divergence(&p, &probabilities(&at(&truth, &found.place.theta), &states)));
    }
    let excesses = Array1::from(excesses);
    let expected = 6.0 / (2.0 * samples as f64);
    let error = excesses.std(1.0) / (sets as f64).sqrt();
    assert!((excesses.mean().unwrap() - expected).abs() < 4.0 * error);
    assert!(4.0 * error < 0.25 * expected, "sharp enough to tell p from p + 2");
}

/// The solution of A X = B, by elimination with the largest pivot.
fn solve(mut a: Array2<f64>, mut b: Array2<f64>) -> Array2<f64> {
    for k in 0..a.nrows() {
        let pivot = (k..a.nrows()).max_by(|&i, &j| a[[i, k]].abs().total_cmp(&a[[j, k]].abs()));
        for m in [&mut a, &mut b] {
            for j in 0..m.ncols() {
                m.swap([k, j], [pivot.unwrap(), j]);
            }
        }
        let (left, right) = (&a.row(k) / a[[k, k]], &b.row(k) / a[[k, k]]);
        for i in 0..a.nrows() {
            let factor = a[[i, k]] - if i == k { 1.0 } else { 0.0 };
            a.row_mut(i).scaled_add(-factor, &left);
            b.row_mut(i).scaled_add(-factor, &right);
        }
    }
    b
}

/// The mean divergence of machines fitted by noise contrast and by probability flow over many data sets against tr(F H⁻¹ V H⁻¹)/2N, with H and V from the slopes of the losses of
/// single states, within 4 standard errors; for noise like the data the trace is twice the number of parameters, for the likelihood that number.
#[test]
fn estimator_excess() {
    let states = binary_states(3, -1.0, 1.0).unwrap();
    // Three friends: the two states in which they agree are deep, and probability flow, with its exponential, minds the others more than it should.
    let truth = at(&machine(3, 52), &array![0.0, 0.0, 0.0, 0.8, 0.8, 0.8]);
    let p = probabilities(&truth, &states);
    let log_partition =
        states.rows().into_iter().map(|x| (-truth.energy(&x)).exp()).sum::<f64>().ln();
    let mut phi = Array2::ones((8, 7));
    for (x, mut row) in states.rows().into_iter().zip(phi.rows_mut()) {
        row.slice_mut(s![..6]).fill(0.0);
        truth.add_parameter_gradient(&x, 1.0, &mut row.slice_mut(s![..6]));
    }
    let covariance = |rows: &Array2<f64>, p: &Array1<f64>| {
        let centred = rows - &p.dot(rows);
        centred.t().dot(&(&centred * &p.view().insert_axis(Axis(1))))
    };
    let fisher = covariance(&phi.slice(s![.., ..6]).to_owned(), &p);
    let trace = |h: Array2<f64>, v: Array2<f64>| {
        let error = solve(h.clone(), solve(h, v).t().to_owned());
        (&fisher * &error.slice(s![..6, ..6])).sum()
    };
    // With σ = p/(p + q) a sample's slope is (1 − σ) φ and a noise point's −σ φ; the curvature is ⟨σ (1 − σ) φ φᵀ⟩ over both.
    let contrast = |q: &Array1<f64>| {
        let sigma = &p / &(&p + q);
        let weigh = |w: Array1<f64>| &phi * &w.insert_axis(Axis(1));
        let h = phi.t().dot(&weigh(&(&p + q) * &sigma * &(1.0 - &sigma)));
        let v = covariance(&weigh(1.0 - &sigma), &p) + covariance(&weigh(sigma), q);
        trace(h, v)
    };
    let even = Array1::from_elem(8, 0.125);
    assert!((contrast(&p) - 12.0).abs() < 1e-9);
    assert!((trace(fisher.clone(), fisher.clone()) - 6.0).abs() < 1e-9);
    let flow = |energy: &Pairwise, x: ArrayView1<f64>| {
        let mut gradient = Array1::zeros(6);
        let one = x.insert_axis(Axis(0));
        Neighbours::ProbabilityFlow.loss(energy, &one, -1.0, 1.0, &mut gradient);
        gradient
    };
    let mean_flow = |theta: &Array1<f64>| {
        let energy = at(&truth, theta);
        let rows = states.rows().into_iter().zip(&p);
        rows.fold(Array1::<f64>::zeros(6), |sum, (x, &p)| sum + flow(&energy, x) * p)
    };
    let mut h = Array2::zeros((6, 6));
    for (k, mut column) in h.columns_mut().into_iter().enumerate() {
        column.assign(&central(|theta| mean_flow(theta)[k], &truth.parameters().to_owned(), 1e-5));
    }
    let mut slopes = Array2::zeros((8, 6));
    for (x, mut row) in states.rows().into_iter().zip(slopes.rows_mut()) {
        row.assign(&flow(&truth, x));
    }
    let laws = [contrast(&even), trace(h, covariance(&slopes, &p))];
    assert!(laws[0] > 1.5 * 6.0 && laws[1] > 1.5 * 6.0, "{laws:?}");

    let (samples, sets, mut rng) = (1000, 200, rng(54));
    let mut excesses = Array2::<f64>::zeros((2, sets));
    for mut excess in excesses.columns_mut() {
        let data = draw(&states, &p, samples, &mut rng);
        let noise = draw(&states, &even, samples, &mut rng);
        let start: Array1<f64> =
            truth.parameters().iter().copied().chain([log_partition]).collect();
        for rule in 0..2 {
            let found = minimize(
                &mut Lbfgs::new(10).unwrap(),
                |theta, gradient| {
                    let energy = at(&truth, &theta.slice(s![..6]).to_owned());
                    if rule == 0 {
                        let log_q = |_: &ArrayRef1<f64>| 0.125f64.ln();
                        return noise_contrastive(
                            &energy, theta[6], &data, &noise, log_q, gradient,
                        );
                    }
                    Neighbours::ProbabilityFlow.loss(&energy, &data, -1.0, 1.0, gradient)
                },
                &start.slice(s![..7 - rule]),
                1e-5,
                200,
                |_, _| {},
            )
            .unwrap();
            let fitted = at(&truth, &found.place.theta.slice(s![..6]).to_owned());
            excess[rule] = 2.0 * samples as f64 * divergence(&p, &probabilities(&fitted, &states));
        }
    }
    for (excess, law) in excesses.rows().into_iter().zip(laws) {
        let error = excess.std(1.0) / (sets as f64).sqrt();
        let mean = excess.mean().unwrap();
        assert!(
            (mean - law).abs() < 4.0 * error && 4.0 * error < 0.4 * law,
            "{mean} {law} {error}"
        );
    }
}
