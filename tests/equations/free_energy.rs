//! Chapter `free-energy`.

use downhill::{
    data,
    energy::{Differentiable, Energy, Gaussian, Ising, Learnable, binary_states},
    energy_and_inference::Bipartite,
    free_energy::{
        Levels, Marginal, MeanField, entropy, free_energy, log_partition_gradient, log_sum_exp,
        variational_free_energy,
    },
    gibbs_boltzmann::Boltzmann,
    hopfield::Hopfield,
    rng,
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array, s};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("../oracles/free_energy.json")).unwrap()
}

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn normals(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || StandardNormal.sample(&mut *rng))
}

fn table(rows: usize, columns: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || 2.0 * rng.sample::<f64, _>(StandardNormal))
}

/// A random distribution over `n` states.
fn distribution(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    let q = normals(n, rng).exp();
    &q / q.sum()
}

/// Energies E(y, z) in a table; a state holds the two indices.
struct Table(Array2<f64>);

impl Energy for Table {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        self.0[[state[0] as usize, state[1] as usize]]
    }
}

/// The numbers 0, 1, …, n − 1, one to a row.
fn indices(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 1), |(i, _)| i as f64)
}

/// All pairs of indices, z changing fastest.
fn pairs(rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows * columns, 2), |(k, axis)| {
        if axis == 0 { (k / columns) as f64 } else { (k % columns) as f64 }
    })
}

/// Four visible and three hidden units: E(x, h) = −a·x − b·h − x·W h, with all 19 parameters in one vector.
struct Rbm(Array1<f64>);

impl Rbm {
    fn random(rng: &mut impl Rng) -> Self {
        Self(0.7 * normals(19, rng))
    }

    fn weights(&self) -> Array2<f64> {
        self.0.slice(s![7..]).to_owned().into_shape_with_order((4, 3)).unwrap()
    }
}

impl Energy for Rbm {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let (x, h) = (state.slice(s![..4]), state.slice(s![4..]));
        -self.0.slice(s![..7]).dot(state) - x.dot(&self.weights().dot(&h))
    }
}

impl Differentiable for Rbm {
    fn gradient_into(&self, state: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        let (x, h) = (state.slice(s![..4]), state.slice(s![4..]));
        gradient.slice_mut(s![..4]).assign(&-(&self.0.slice(s![..4]) + &self.weights().dot(&h)));
        gradient
            .slice_mut(s![4..])
            .assign(&-(&self.0.slice(s![4..7]) + &self.weights().t().dot(&x)));
    }
}

impl Learnable for Rbm {
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
        for i in 0..7 {
            gradient[i] -= weight * state[i];
        }
        for i in 0..4 {
            for j in 0..3 {
                gradient[7 + 3 * i + j] -= weight * state[i] * state[4 + j];
            }
        }
    }
}

/// Σ e^{−βE} over all joint states, without any care.
fn plain_partition(model: &Rbm, beta: f64) -> f64 {
    let states = binary_states(7, 0.0, 1.0).unwrap();
    states.rows().into_iter().map(|x| (-beta * model.energy(&x)).exp()).sum()
}

/// Central differences of `f` over the parameters; they err by h² times a third derivative and by rounding over h.
fn differences(model: &Rbm, f: impl Fn(&Rbm) -> f64) -> Array1<f64> {
    let h = 1e-5;
    (0..model.0.len())
        .map(|k| {
            let (mut up, mut down) = (Rbm(model.0.clone()), Rbm(model.0.clone()));
            up.0[k] += h;
            down.0[k] -= h;
            (f(&up) - f(&down)) / (2.0 * h)
        })
        .collect()
}

fn slope(f: impl Fn(f64) -> f64, at: f64) -> f64 {
    let h = 1e-5;
    (f(at + h) - f(at - h)) / (2.0 * h)
}

fn largest_gap(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
}

fn energies_of(energy: &impl Energy, states: &Array2<f64>) -> Array1<f64> {
    states.rows().into_iter().map(|x| energy.energy(&x)).collect()
}

/// Levels of the 4 × 4 torus with J = 1.
fn torus(field: f64) -> Levels {
    let lattice = Ising::new(4, 4, 1.0, field).unwrap();
    Levels::new(&energies_of(&lattice, &binary_states(16, -1.0, 1.0).unwrap())).unwrap()
}

/// The logarithm of the sum with the largest entry taken out against the plain sum where that has a value, and against SciPy where it has none.
#[test]
fn log_sum_exp_shift() {
    let mut rng = rng(1);
    for n in [1, 2, 7, 100] {
        let v = 5.0 * normals(n, &mut rng);
        assert!((log_sum_exp(&v) - v.exp().sum().ln()).abs() < 1e-13);
        // A constant comes out.
        assert!((log_sum_exp(&(&v + 1e4)) - 1e4 - log_sum_exp(&v)).abs() < 1e-11); // 1e4 has a last bit of 2e-12
    }
    for case in oracle()["log_sum_exp"].as_array().unwrap() {
        let (v, value) = (numbers(&case["v"]), case["value"].as_f64().unwrap());
        assert!((log_sum_exp(&v) - value).abs() <= 4.0 * f64::EPSILON * value.abs().max(1.0));
    }
    assert_eq!(
        array![1000.0_f64, 1000.0].exp().sum().ln(),
        f64::INFINITY,
        "the plain sum overflows"
    );
    assert_eq!(array![-1000.0_f64, -1000.0].exp().sum().ln(), f64::NEG_INFINITY, "or vanishes");
    assert_eq!(log_sum_exp(&array![-1000.0, -1000.0]), -1000.0 + 2f64.ln());
}

/// The free energy of a latent variable with a Gaussian weight, summed over a fine grid, against the integral in closed form; and the sum written out.
#[test]
fn free_energy_softmin() {
    // E(x, z) = ½ (x, z) Λ (x, z): as a function of z, ½ a z² + b z + c with a = Λ₁₁, b = Λ₀₁ x, c = ½ Λ₀₀ x².
    let (lambda, step) = (array![[2.0, 0.6], [0.6, 1.5]], 0.01);
    let grid = Array2::from_shape_fn((4001, 1), |(k, _)| -20.0 + step * k as f64);
    for beta in [0.3, 1.0, 7.0] {
        let bowl = Gaussian::new(array![0.0, 0.0], lambda.clone()).unwrap();
        let marginal = Marginal::new(bowl, grid.clone(), beta).unwrap();
        for x in [-2.0, 0.0, 1.3] {
            let (a, b, c) = (1.5, 0.6 * x, x * x);
            let closed: f64 =
                c - b * b / (2.0 * a) - (std::f64::consts::TAU / (beta * a)).ln() / (2.0 * beta);
            // The trapezoidal rule is exact to rounding on a bell that is 50 steps wide.
            assert!((marginal.energy(&array![x]) - step.ln() / beta - closed).abs() < 1e-11);
        }
    }
    let energies = 2.0 * normals(9, &mut rng(2));
    for beta in [0.1, 1.0, 5.0] {
        let sum: f64 = energies.iter().map(|e| (-beta * e).exp()).sum();
        assert!((free_energy(&energies, beta) + sum.ln() / beta).abs() < 1e-12);
    }
}

/// P(y | x) from sums over z of the joint weights against the Gibbs weights of the free energies, also where the plain sums overflow.
#[test]
fn marginal_as_softmin() {
    let mut rng = rng(3);
    let energies = table(6, 7, &mut rng);
    for beta in [0.3, 1.0, 7.0] {
        let weights = energies.map(|e| (-beta * e).exp());
        let sums = &weights.sum_axis(Axis(1)) / weights.sum();
        for shift in [0.0, 1000.0, -1000.0] {
            let free: Array1<f64> =
                energies.rows().into_iter().map(|row| free_energy(&(&row + shift), beta)).collect();
            let exponents = -beta * &free;
            let p = (&exponents - log_sum_exp(&exponents)).exp();
            assert!(largest_gap(&p, &sums) < 1e-11); // 7 · 1000 has a last bit of 1e-12
        }
    }
}

/// The Gibbs distribution of the free energy over the answers against the joint distribution, enumerated and summed over z.
#[test]
fn gibbs_posterior_from_free_energy() {
    let energies = table(5, 8, &mut rng(4));
    for beta in [0.2, 1.0, 4.0] {
        let joint = Boltzmann::new(&Table(energies.clone()), pairs(5, 8), beta).unwrap();
        let summed = joint.probabilities().into_shape_with_order((5, 8)).unwrap().sum_axis(Axis(1));
        let marginal = Marginal::new(Table(energies.clone()), indices(8), beta).unwrap();
        let p = Boltzmann::new(&marginal, indices(5), beta).unwrap();
        assert!(largest_gap(&p.probabilities(), &summed) < 1e-13);
        assert!((p.log_partition() - joint.log_partition()).abs() < 1e-13);
    }
}

/// The printed formula, which keeps a z that only the energy can take, against P(y | x): it gives another distribution for every z, and none is right.
#[test]
fn erratum_gibbs_posterior_from_free_energy() {
    let energies = table(5, 8, &mut rng(4));
    let marginal = Marginal::new(Table(energies.clone()), indices(8), 1.0).unwrap();
    let p = Boltzmann::new(&marginal, indices(5), 1.0).unwrap().probabilities();
    for z in 0..8 {
        let weights = energies.column(z).map(|e| (-e).exp());
        assert!(largest_gap(&(&weights / weights.sum()), &p) > 0.05);
    }
}

/// F_β of a latent variable of nine values against its lowest energy: below it, by log 9 / β at most, and equal to it at β = ∞.
#[test]
fn zero_temperature_free_energy() {
    let energies = table(4, 9, &mut rng(5));
    for (y, row) in energies.rows().into_iter().enumerate() {
        let lowest = row.iter().copied().fold(f64::INFINITY, f64::min);
        for beta in [1.0, 10.0, 100.0, 1000.0, 1e6] {
            let marginal = Marginal::new(Table(energies.clone()), indices(9), beta).unwrap();
            let below = lowest - marginal.energy(&array![y as f64]);
            assert!(below >= 0.0 && below <= 9f64.ln() / beta);
        }
        let cold = Marginal::new(Table(energies.clone()), indices(9), f64::INFINITY).unwrap();
        assert_eq!(cold.energy(&array![y as f64]), lowest);
    }
    // Ties at the bottom share what is left, and the limit does not see them.
    let tied = Marginal::new(Table(array![[1.0, 0.5, 0.5]]), indices(3), f64::INFINITY).unwrap();
    assert_eq!(tied.energy(&array![0.0]), 0.5);
    assert_eq!(tied.posterior(&array![0.0]), array![0.0, 0.5, 0.5]);
}

/// The argmin that is printed against the limit of F_β: a place is no energy.
#[test]
fn erratum_zero_temperature_free_energy() {
    let row: Array1<f64> = array![0.7, -1.5, 0.2, -0.4];
    let place = (0..4).min_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as f64;
    let limit = free_energy(&row, 1e9);
    assert!((limit - place).abs() > 1.0);
    assert!((limit - -1.5).abs() < 1e-8);
    // The latent values' order is a name only: the limit does not change with it, and the printed value does.
    let turned: Array1<f64> = array![-0.4, 0.2, -1.5, 0.7];
    let place_turned = (0..4).min_by(|&a, &b| turned[a].total_cmp(&turned[b])).unwrap() as f64;
    assert_eq!(free_energy(&turned, f64::INFINITY), free_energy(&row, f64::INFINITY));
    assert_ne!(place_turned, place);
}

/// The most probable answer as β grows against argmin_y min_z E, in a table where the answer of lowest mean energy is another.
#[test]
fn zero_temperature_inference() {
    let energies = array![[-1.0, 5.0, 5.0, 5.0], [-0.5, -0.5, -0.5, -0.5], [0.0, 0.3, -0.2, 2.0]];
    let posterior = |beta: f64| {
        let marginal = Marginal::new(Table(energies.clone()), indices(4), beta).unwrap();
        Boltzmann::new(&marginal, indices(3), beta).unwrap().probabilities()
    };
    assert_eq!(energies.mean_axis(Axis(1)).unwrap()[1], -0.5, "the lowest mean energy");
    assert!(posterior(1.0)[1] > 0.5);
    assert!(posterior(10.0)[0] > 0.95);
    assert!(posterior(1000.0)[0] > 1.0 - 1e-9);
    // At T = 1 / β the two are as probable as each other where −1 = −½ − T log 4, the other states of the first apart.
    let even = 2.0 * 4f64.ln();
    assert!((posterior(even)[0] / posterior(even)[1] - 1.0).abs() < 1e-6);
    // Two answers of the same depth share for ever.
    let tied = Marginal::new(Table(array![[0.0, 1.0], [1.0, 0.0]]), indices(2), 1000.0).unwrap();
    assert_eq!(
        Boltzmann::new(&tied, indices(2), 1000.0).unwrap().probabilities(),
        array![0.5, 0.5]
    );
}

/// min E − F against its bounds 0 and T log n, on random energies, and at the energies that reach them.
#[test]
fn free_energy_bounds() {
    let mut rng = rng(6);
    for n in [1, 2, 10, 300] {
        for beta in [0.01, 1.0, 50.0] {
            let energies = 3.0 * normals(n, &mut rng);
            let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
            let below = lowest - free_energy(&energies, beta);
            assert!(below >= 0.0 && below <= (n as f64).ln() / beta + 1e-12);
            let level = free_energy(&Array1::from_elem(n, 0.7), beta);
            assert!((0.7 - level - (n as f64).ln() / beta).abs() < 1e-12);
        }
    }
    assert_eq!(free_energy(&array![0.3, f64::INFINITY], 2.0), 0.3);
}

/// −T log of the mean weight against the mean energy less ½ β Var E as β → 0, against the minimum as β → ∞; between, it falls.
#[test]
fn softmin_between_mean_and_minimum() {
    let energies = normals(12, &mut rng(7));
    let softmin = |beta: f64| free_energy(&energies, beta) + 12f64.ln() / beta;
    let mean = energies.mean().unwrap();
    let variance = energies.map(|e| (e - mean).powi(2)).mean().unwrap();
    // The next term is β² times the third cumulant over 6, below β²; rounding is 1e-16 / β.
    assert!((softmin(1e-4) - (mean - 0.5e-4 * variance)).abs() < 1e-8);
    assert!((softmin(1e-4) - mean).abs() > 0.3e-4 * variance, "the correction is seen");
    let lowest = energies.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((softmin(1e7) - lowest).abs() < 1e-6);
    let betas: Vec<f64> = (0..60).map(|k| 1e-3 * 1.25f64.powi(k)).collect();
    assert!(betas.windows(2).all(|pair| softmin(pair[1]) < softmin(pair[0])));
    assert!(betas.iter().all(|&beta| softmin(beta) < mean && softmin(beta) > lowest));
}

/// The class of nearest mean free energy at β = ∞ against a search for the nearest example; at finite β the shares against Gaussian kernels summed.
#[test]
fn free_energy_of_examples() {
    let digits = data::digits();
    let energy = |i: usize, j: usize| {
        0.5 * digits
            .images
            .row(i)
            .iter()
            .zip(digits.images.row(j))
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
    };
    for i in 300..330 {
        let of_class = |class: usize| -> Array1<f64> {
            (0..300).filter(|&j| digits.labels[j] == class).map(|j| energy(i, j)).collect()
        };
        let nearest = (0..300).min_by(|&j, &k| energy(i, j).total_cmp(&energy(i, k))).unwrap();
        let coldest = (0..10)
            .min_by(|&a, &b| {
                let [a, b] = [a, b].map(|class| free_energy(&of_class(class), f64::INFINITY));
                a.total_cmp(&b)
            })
            .unwrap();
        assert_eq!(coldest, digits.labels[nearest]);
        // A kernel of variance 1 / β at each example.
        let beta = 0.01;
        let kernels: Array1<f64> =
            (0..10).map(|class| of_class(class).iter().map(|e| (-beta * e).exp()).sum()).collect();
        let free: Array1<f64> = (0..10).map(|class| free_energy(&of_class(class), beta)).collect();
        let shares = (-beta * (&free - free_energy(&free, beta))).exp();
        assert!(largest_gap(&shares, &(&kernels / kernels.sum())) < 1e-12);
    }
}

/// p(z | x) = e^{−β(E − F)} against the joint distribution divided by its marginal.
#[test]
fn latent_posterior() {
    let energies = table(3, 6, &mut rng(8));
    for beta in [0.4, 2.0] {
        let joint = Boltzmann::new(&Table(energies.clone()), pairs(3, 6), beta).unwrap();
        let joint = joint.probabilities().into_shape_with_order((3, 6)).unwrap();
        let marginal = Marginal::new(Table(energies.clone()), indices(6), beta).unwrap();
        for y in 0..3 {
            let seen = array![y as f64];
            let conditional = &joint.row(y) / joint.row(y).sum();
            assert!(largest_gap(&marginal.posterior(&seen), &conditional) < 1e-14);
            let by_free_energy =
                energies.row(y).map(|e| (-beta * (e - marginal.energy(&seen))).exp());
            assert!(largest_gap(&by_free_energy, &conditional) < 1e-14);
        }
    }
}

/// The slopes of the free energy, by the mean over the posterior, against central differences of it: along the seen units and along the parameters.
#[test]
fn free_energy_slope() {
    let mut rng = rng(9);
    let hidden = binary_states(3, 0.0, 1.0).unwrap();
    for beta in [0.5, 1.0, 3.0] {
        let model = Rbm::random(&mut rng);
        let x = normals(4, &mut rng);
        let free = |model: &Rbm, x: &Array1<f64>| {
            Marginal::new(Rbm(model.0.clone()), hidden.clone(), beta).unwrap().energy(x)
        };
        let marginal = Marginal::new(Rbm(model.0.clone()), hidden.clone(), beta).unwrap();
        let along_x: Array1<f64> = (0..4)
            .map(|i| {
                slope(
                    |at| {
                        let mut moved = x.clone();
                        moved[i] = at;
                        free(&model, &moved)
                    },
                    x[i],
                )
            })
            .collect();
        assert!(largest_gap(&marginal.gradient(&x), &along_x) < 1e-8);
        let mut gradient = Array1::ones(19);
        marginal.add_parameter_gradient(&x, -2.0, &mut gradient);
        let expected = 1.0 - 2.0 * differences(&model, |model| free(model, &x));
        assert!(largest_gap(&gradient, &expected) < 1e-7);
        // Summed by hand, the hidden units of such a machine leave softplus functions.
        let field = &model.0.slice(s![4..7]) + &model.weights().t().dot(&x);
        let softplus: f64 = field.iter().map(|f| (1.0 + (beta * f).exp()).ln() / beta).sum();
        assert!((marginal.energy(&x) + model.0.slice(s![..4]).dot(&x) + softplus).abs() < 1e-12);
    }
}

/// F against ⟨E⟩ − T H, with the entropy by SciPy's values on random distributions and by the definition on a lattice's.
#[test]
fn energy_minus_entropy() {
    for case in oracle()["entropy"].as_array().unwrap() {
        let value = case["value"].as_f64().unwrap();
        assert!((entropy(&numbers(&case["q"])).unwrap() - value).abs() < 1e-14);
    }
    for beta in [0.1, 1.0, 3.0] {
        let lattice = Ising::new(3, 3, 0.8, 0.2).unwrap();
        let p = Boltzmann::new(&lattice, binary_states(9, -1.0, 1.0).unwrap(), beta).unwrap();
        let h = entropy(&p.probabilities()).unwrap();
        let free = p.mean(|s| lattice.energy(s)) - h / beta;
        assert!((free_energy(p.energies(), beta) - free).abs() < 1e-12);
    }
    // All equal and one certain.
    assert!((entropy(&Array1::from_elem(8, 0.125)).unwrap() - 8f64.ln()).abs() < 1e-15);
    assert_eq!(entropy(&array![0.0, 1.0]).unwrap(), 0.0);
}

/// log Z and its probabilities by levels against the sum over all states.
#[test]
fn partition_function_by_levels() {
    let lattice = Ising::new(3, 4, 1.0, 0.25).unwrap();
    let states = binary_states(12, -1.0, 1.0).unwrap();
    let levels = Levels::new(&energies_of(&lattice, &states)).unwrap();
    assert_eq!(levels.counts().sum(), 4096.0);
    assert!(levels.energies().len() < 200);
    assert!(levels.energies().windows(2).into_iter().all(|pair| pair[0] < pair[1]));
    for beta in [0.0, 0.2, 1.0, 40.0] {
        let p = Boltzmann::new(&lattice, states.clone(), beta).unwrap();
        assert!(
            (levels.log_partition(beta) - p.log_partition()).abs()
                < 1e-12 * (1.0 + p.log_partition())
        );
        let lowest: f64 = p
            .energies()
            .iter()
            .zip(p.probabilities())
            .filter(|&(e, _)| *e == levels.energies()[0])
            .map(|(_, p)| p)
            .sum();
        assert!((levels.probabilities(beta)[0] - lowest).abs() < 1e-12);
    }
    assert!((levels.free_energy(0.5) + 2.0 * levels.log_partition(0.5)).abs() < 1e-12);
}

/// The variational free energy of random distributions against T Σ q log(q / e^{−βE}), summed state by state.
#[test]
fn variational_free_energy_functional() {
    let mut rng = rng(10);
    for beta in [0.3, 1.0, 4.0] {
        let (energies, q) = (2.0 * normals(7, &mut rng), distribution(7, &mut rng));
        let by_ratio: f64 =
            q.iter().zip(&energies).map(|(q, e)| q * (q / (-beta * e).exp()).ln() / beta).sum();
        assert!((variational_free_energy(&q, &energies, beta).unwrap() - by_ratio).abs() < 1e-12);
    }
    // A state that cannot be, and has no share, costs nothing; with a share it costs infinity.
    let forbidden = array![1.0, f64::INFINITY];
    assert_eq!(variational_free_energy(&array![1.0, 0.0], &forbidden, 1.0).unwrap(), 1.0);
    assert_eq!(variational_free_energy(&array![0.5, 0.5], &forbidden, 1.0).unwrap(), f64::INFINITY);
    assert_eq!(
        variational_free_energy(&array![0.5, 0.5], &array![1.0, 3.0], f64::INFINITY).unwrap(),
        2.0
    );
}

/// Σ q log(q / p) of random pairs against 0, which it reaches at q = p only; and log t ≤ t − 1, from which that follows.
#[test]
fn gibbs_inequality() {
    let mut rng = rng(11);
    let relative = |q: &Array1<f64>, p: &Array1<f64>| -> f64 {
        q.iter().zip(p).map(|(q, p)| q * (q / p).ln()).sum()
    };
    for _ in 0..1000 {
        let (q, p) = (distribution(6, &mut rng), distribution(6, &mut rng));
        assert!(relative(&q, &p) > 0.0);
        // It is the variational free energy of q where −log p is the energy.
        assert!(
            (variational_free_energy(&q, &-p.ln(), 1.0).unwrap() - relative(&q, &p)).abs() < 1e-13
        );
        // The second-order term near p: ½ Σ δ² / p.
        let delta = 1e-4 * (&q - &p);
        let near = relative(&(&p + &delta), &p);
        let quadratic: f64 = delta.iter().zip(&p).map(|(d, p)| 0.5 * d * d / p).sum();
        assert!((near / quadratic - 1.0).abs() < 0.02, "{near} {quadratic}");
        let t = 5.0 * rng.random::<f64>();
        assert!(t.ln() <= t - 1.0);
        // What mistakes the order of the ratio is the negative: never above 0.
        assert!(q.iter().zip(&p).map(|(q, p)| q * (p / q).ln()).sum::<f64>() < 0.0);
    }
}

/// F[q] − F by the energies against T Σ q log(q / p) by the probabilities, for random q.
#[test]
fn variational_gap() {
    let mut rng = rng(12);
    let lattice = Ising::new(2, 3, 1.0, 0.3).unwrap();
    for beta in [0.2, 1.0, 2.5] {
        let p = Boltzmann::new(&lattice, binary_states(6, -1.0, 1.0).unwrap(), beta).unwrap();
        let free = -p.log_partition() / beta;
        let q = distribution(64, &mut rng);
        let relative: f64 = q.iter().zip(p.probabilities()).map(|(q, p)| q * (q / p).ln()).sum();
        let gap = variational_free_energy(&q, p.energies(), beta).unwrap() - free;
        assert!((gap - relative / beta).abs() < 1e-11);
        let none = variational_free_energy(&p.probabilities(), p.energies(), beta).unwrap() - free;
        assert!(none.abs() < 1e-12);
    }
}

/// F[q] of 1000 random distributions against −T log Z, and F[q_t] along a heat-bath chain by its exact matrix: it never rises, and ends there.
#[test]
fn systems_minimise_free_energy() {
    let mut rng = rng(13);
    let (beta, ring) = (0.7, Ising::new(1, 4, 1.0, 0.3).unwrap());
    let states = binary_states(4, -1.0, 1.0).unwrap();
    let p = Boltzmann::new(&ring, states.clone(), beta).unwrap();
    let lowest = -p.log_partition() / beta;
    let of = |q: &Array1<f64>| variational_free_energy(q, p.energies(), beta).unwrap();
    for _ in 0..1000 {
        assert!(of(&distribution(16, &mut rng)) > lowest);
    }
    let mut q = Array1::zeros(16);
    q[5] = 1.0; // + and − by turns: the highest energy
    let mut before = of(&q);
    assert!((before - p.energies()[5]).abs() < 1e-15, "one configuration has no entropy");
    for _ in 0..400 {
        // A spin is chosen at random and drawn given the others: its two states share what they have in the ratio of their weights.
        let mut next = Array1::zeros(16);
        for state in 0..16 {
            for spin in 0..4 {
                let other = state ^ (1 << spin);
                let [here, there] = [state, other].map(|k: usize| (-beta * p.energies()[k]).exp());
                next[state] += 0.25 * (q[state] + q[other]) * here / (here + there);
            }
        }
        q = next;
        let now = of(&q);
        assert!(now <= before + 1e-13);
        before = now;
    }
    assert!((before - lowest).abs() < 1e-9);
    assert!(largest_gap(&q, &p.probabilities()) < 1e-5);
    // The lowest energy is not where it ends: F of the ground state alone lies above.
    assert!(p.energies().iter().copied().fold(f64::INFINITY, f64::min) > lowest + 0.1);
}

/// ⟨E⟩ by the probabilities of levels against the central difference of βF, and against NumPy's enumeration.
#[test]
fn mean_energy_derivative() {
    for field in [0.0, 0.3] {
        let levels = torus(field);
        for beta in [0.1, 0.44, 1.0] {
            let difference = slope(|beta| beta * levels.free_energy(beta), beta);
            assert!((levels.mean_energy(beta) - difference).abs() < 1e-7); // h² times ∂³(βF) of up to 10³
        }
    }
    for case in oracle()["ising"].as_array().unwrap() {
        let [beta, field, log_z, mean] = ["beta", "field", "log_partition", "mean_energy"]
            .map(|key| case[key].as_f64().unwrap());
        assert!((torus(field).log_partition(beta) - log_z).abs() < 1e-11);
        assert!((torus(field).mean_energy(beta) - mean).abs() < 1e-11);
    }
}

/// The entropy of levels against −∂F/∂T by central differences, against the entropy of the distribution over states, and against NumPy's.
#[test]
fn entropy_derivative() {
    let lattice = Ising::new(3, 3, 1.0, 0.2).unwrap();
    let states = binary_states(9, -1.0, 1.0).unwrap();
    let levels = Levels::new(&energies_of(&lattice, &states)).unwrap();
    for temperature in [0.8, 2.0, 9.0] {
        let h = levels.entropy(1.0 / temperature);
        assert!((h + slope(|t| levels.free_energy(1.0 / t), temperature)).abs() < 1e-8);
        let p = Boltzmann::new(&lattice, states.clone(), 1.0 / temperature).unwrap();
        assert!((h - entropy(&p.probabilities()).unwrap()).abs() < 1e-12);
    }
    for case in oracle()["ising"].as_array().unwrap() {
        let [beta, field, h] = ["beta", "field", "entropy"].map(|key| case[key].as_f64().unwrap());
        assert!((torus(field).entropy(beta) - h).abs() < 1e-11);
    }
    // Hot: every state alike. Cold: the ground states alone.
    assert!((torus(0.0).entropy(0.0) - 16.0 * 2f64.ln()).abs() < 1e-12);
    assert!((torus(0.0).entropy(20.0) - 2f64.ln()).abs() < 1e-12);
}

/// β² Var E against the central difference of the mean energy along T, and against NumPy's enumeration.
#[test]
fn heat_capacity_fluctuation() {
    for temperature in [0.7, 2.4, 5.0] {
        let levels = torus(0.3);
        let difference = slope(|t| levels.mean_energy(1.0 / t), temperature);
        assert!((levels.heat_capacity(1.0 / temperature) - difference).abs() < 1e-7);
    }
    for case in oracle()["ising"].as_array().unwrap() {
        let [beta, field, c] =
            ["beta", "field", "heat_capacity"].map(|key| case[key].as_f64().unwrap());
        assert!((torus(field).heat_capacity(beta) - c).abs() < 1e-10);
    }
    assert_eq!(torus(0.0).heat_capacity(0.0), 0.0);
}

/// The highest heat capacity of the 4 × 4 lattice by a fine grid of temperatures against SciPy's search on NumPy's enumeration.
#[test]
fn ising_heat_capacity_peak() {
    let (levels, oracle) = (torus(0.0), oracle());
    let [temperature, highest] =
        ["temperature", "heat_capacity"].map(|key| oracle["peak"][key].as_f64().unwrap());
    let (at, most) = (1500..4000)
        .map(|k| (1e-3 * k as f64, levels.heat_capacity(1e3 / k as f64)))
        .fold((0.0, 0.0), |best, point| if point.1 > best.1 { point } else { best });
    assert!((at - temperature).abs() <= 1e-3);
    assert!((most - highest).abs() < 1e-5, "flat at the top");
}

/// The mean of the derivative of the energy against the central difference of F, for the two numbers an Ising magnet depends on.
#[test]
fn free_energy_force() {
    let (beta, states) = (0.6, binary_states(9, -1.0, 1.0).unwrap());
    let free = |coupling: f64, field: f64| {
        free_energy(&energies_of(&Ising::new(3, 3, coupling, field).unwrap(), &states), beta)
    };
    let magnet = Ising::new(3, 3, 0.9, 0.35).unwrap();
    let p = Boltzmann::new(&magnet, states.clone(), beta).unwrap();
    let magnetisation = p.mean(|s| s.sum());
    assert!((slope(|b| free(0.9, b), 0.35) + magnetisation).abs() < 1e-8);
    let bonds = p.mean(|s| (magnet.energy(s) + 0.35 * s.sum()) / 0.9);
    assert!((slope(|j| free(j, 0.35), 0.9) - bonds).abs() < 1e-8);
}

/// ∇ log Z by differences of log Z against differences of Z over Z, and against the mean by enumeration.
#[test]
fn log_partition_gradient_ratio() {
    let model = Rbm::random(&mut rng(14));
    let of_log = differences(&model, |m| plain_partition(m, 1.0).ln());
    let ratio = differences(&model, |m| plain_partition(m, 1.0)) / plain_partition(&model, 1.0);
    let mean = log_partition_gradient(&model, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    assert!(largest_gap(&of_log, &ratio) < 1e-8);
    assert!(largest_gap(&mean, &ratio) < 1e-8);
    assert!(ratio.iter().any(|g| g.abs() > 0.5), "not all near zero");
}

/// ∇ of the sum over the seen states of f(x) = Σ_h e^{−E} over Z against the mean over all states of x and h.
#[test]
fn log_partition_gradient_sum() {
    let model = Rbm::random(&mut rng(15));
    let (seen, hidden) = (binary_states(4, 0.0, 1.0).unwrap(), binary_states(3, 0.0, 1.0).unwrap());
    let sum = |model: &Rbm| -> f64 {
        let marginal = Marginal::new(Rbm(model.0.clone()), hidden.clone(), 1.0).unwrap();
        seen.rows().into_iter().map(|x| (-marginal.energy(&x)).exp()).sum()
    };
    assert!((sum(&model) / plain_partition(&model, 1.0) - 1.0).abs() < 1e-13);
    let ratio = differences(&model, sum) / sum(&model);
    let mean = log_partition_gradient(&model, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    assert!(largest_gap(&mean, &ratio) < 1e-8);
}

/// ∇f by differences of a product of exponentials against the library's f ∇ log f, state by state; where f = 0 the trick gives NaN, and the library leaves the state out.
#[test]
fn log_derivative_trick_exp_log() {
    let mut rng = rng(16);
    let weights = 0.7 * table(4, 3, &mut rng);
    let model = Bipartite::new(normals(4, &mut rng), normals(3, &mut rng), &weights).unwrap();
    for x in binary_states(7, 0.0, 1.0).unwrap().rows() {
        // f itself as a product of the exponentials of its 19 terms, and its differences.
        let f = |theta: &ArrayRef1<f64>| {
            let mut f: f64 = (0..7).map(|i| (theta[i] * x[i]).exp()).product();
            for (k, w) in theta.slice(s![7..]).iter().enumerate() {
                f *= (w * x[k / 3] * x[4 + k % 3]).exp();
            }
            f
        };
        let theta = model.parameters().to_owned();
        let mut log_slope = Array1::zeros(19);
        model.add_parameter_gradient(&x, -1.0, &mut log_slope);
        for k in 0..19 {
            let at = |h: f64| {
                let mut moved = theta.clone();
                moved[k] += h;
                f(&moved)
            };
            let direct = (at(1e-5) - at(-1e-5)) / 2e-5;
            let trick = (-model.energy(&x)).exp() * log_slope[k];
            assert!((direct - trick).abs() < 1e-8 * (1.0 + f(&theta)), "{k}: {direct} {trick}");
        }
    }
    assert!((0.0 * f64::ln(0.0)).is_nan());

    /// Two states of energy θ and θ², and one that cannot be.
    struct Gap(Array1<f64>);
    impl Energy for Gap {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            [self.0[0], self.0[0].powi(2), f64::INFINITY][x[0] as usize]
        }
    }
    impl Learnable for Gap {
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
            gradient[0] += weight * [1.0, 2.0 * self.0[0], f64::NAN][x[0] as usize];
        }
    }
    let gap = Gap(array![0.8]);
    let log_z = |theta: f64| ((-theta).exp() + (-theta * theta).exp()).ln();
    let gradient = log_partition_gradient(&gap, indices(3), 1.0).unwrap();
    assert!((gradient[0] - slope(log_z, 0.8)).abs() < 1e-9);
}

/// Σ f ∇ log f / Z with plain exponentials against central differences of log Z, and against the mean that the library takes.
#[test]
fn log_partition_gradient_weighted() {
    let model = Rbm::random(&mut rng(17));
    let mut sum = Array1::zeros(19);
    for x in binary_states(7, 0.0, 1.0).unwrap().rows() {
        let f = (-model.energy(&x)).exp();
        model.add_parameter_gradient(&x, -f, &mut sum);
    }
    let weighted = sum / plain_partition(&model, 1.0);
    assert!(largest_gap(&weighted, &differences(&model, |m| plain_partition(m, 1.0).ln())) < 1e-8);
    let mean = log_partition_gradient(&model, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    assert!(largest_gap(&weighted, &mean) < 1e-13);
}

/// Σ p ∇ log f over the seen states, with the hidden units summed in closed form, against central differences of log Z, at three temperatures.
#[test]
fn log_partition_gradient_probability_weighted() {
    let mut rng = rng(18);
    for beta in [0.5, 1.0, 2.0] {
        let model = Rbm::random(&mut rng);
        let by_differences = differences(&model, |m| plain_partition(m, beta).ln());
        let states = binary_states(7, 0.0, 1.0).unwrap();
        let mean = log_partition_gradient(&model, states, beta).unwrap();
        assert!(largest_gap(&mean, &by_differences) < 1e-7);
        // The marginal over what is seen has the same Z, so the same gradient.
        let marginal =
            Marginal::new(Rbm(model.0.clone()), binary_states(3, 0.0, 1.0).unwrap(), beta).unwrap();
        let seen =
            log_partition_gradient(&marginal, binary_states(4, 0.0, 1.0).unwrap(), beta).unwrap();
        assert!(largest_gap(&seen, &by_differences) < 1e-7);
    }
}

/// The mean of ∇ log f over states drawn from p against ∇ log Z by differences, within four standard errors; and the mean of ∇ log p, which is zero.
#[test]
fn log_partition_gradient_expectation() {
    let mut rng = rng(19);
    let model = Rbm::random(&mut rng);
    let states = binary_states(7, 0.0, 1.0).unwrap();
    let p = Boltzmann::new(&model, states.clone(), 1.0).unwrap().probabilities();
    let exact = differences(&model, |m| plain_partition(m, 1.0).ln());
    let count = 20_000;
    let (mut sum, mut squares) = (Array1::zeros(19), Array1::<f64>::zeros(19));
    for _ in 0..count {
        let (mut u, mut k) = (rng.random::<f64>(), 0);
        while k < 127 && u >= p[k] {
            u -= p[k];
            k += 1;
        }
        let mut term = Array1::zeros(19);
        model.add_parameter_gradient(&states.row(k), -1.0, &mut term);
        squares += &(&term * &term);
        sum += &term;
    }
    let mean = sum / count as f64;
    let errors = ((squares / count as f64 - &mean * &mean) / count as f64).sqrt();
    assert!((0..19).all(|k| (mean[k] - exact[k]).abs() < 4.0 * errors[k]));
    assert!(errors.iter().all(|&e| e < 4e-3), "tight enough to see a wrong factor");
    // ∇ log p = ∇ log f − ∇ log Z has the mean zero.
    let mut score = -log_partition_gradient(&model, states.clone(), 1.0).unwrap();
    for (x, p) in states.rows().into_iter().zip(&p) {
        model.add_parameter_gradient(&x, -p, &mut score);
    }
    assert!(score.iter().all(|s| s.abs() < 1e-13));
}

/// E[log f], which is printed without its gradient, against every component of ∇ log Z: one number cannot be nineteen.
#[test]
fn erratum_log_partition_gradient_expectation() {
    let model = Rbm::random(&mut rng(19));
    let p = Boltzmann::new(&model, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    let printed = p.mean(|x| -model.energy(x));
    let gradient = differences(&model, |m| plain_partition(m, 1.0).ln());
    assert!(gradient.iter().all(|g| (g - printed).abs() > 0.1));
    // The units of energy move it, and not the gradient: add a constant to E.
    let shifted = p.mean(|x| -(model.energy(x) + 3.0));
    assert!((shifted - printed + 3.0).abs() < 1e-12);
    let of_shifted = differences(&model, |m| plain_partition(m, 1.0).ln() - 3.0);
    assert!(largest_gap(&of_shifted, &gradient) < 1e-9);
}

/// The expectation of log f, as the words say, against −⟨E⟩: it is the derivative of log Z along β, and no derivative along the parameters.
#[test]
fn erratum_expectation_of_log_f_words() {
    let model = Rbm::random(&mut rng(20));
    let p = Boltzmann::new(&model, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    let of_log_f = p.mean(|x| (-model.energy(x)).exp().ln());
    assert!((of_log_f - slope(|beta| plain_partition(&model, beta).ln(), 1.0)).abs() < 1e-8);
    let gradient = differences(&model, |m| plain_partition(m, 1.0).ln());
    assert!(gradient.iter().all(|g| (g - of_log_f).abs() > 0.05));
}

/// Second differences of log Z against the covariance of the energy's derivatives, enumerated; its smallest curvature along 100 directions is not negative.
#[test]
fn log_partition_curvature() {
    let mut rng = rng(21);
    let model = Rbm::random(&mut rng);
    let states = binary_states(7, 0.0, 1.0).unwrap();
    let p = Boltzmann::new(&model, states.clone(), 1.0).unwrap().probabilities();
    let (mut mean, mut products) = (Array1::zeros(19), Array2::<f64>::zeros((19, 19)));
    for (x, &p) in states.rows().into_iter().zip(&p) {
        let mut term = Array1::zeros(19);
        model.add_parameter_gradient(&x, 1.0, &mut term);
        mean.scaled_add(p, &term);
        for i in 0..19 {
            for j in 0..19 {
                products[[i, j]] += p * term[i] * term[j];
            }
        }
    }
    for k in 0..19 {
        let row =
            differences(&model, |m| log_partition_gradient(m, states.clone(), 1.0).unwrap()[k]);
        let covariance = &products.row(k) - &(mean[k] * &mean);
        assert!(largest_gap(&row, &covariance) < 1e-8);
    }
    for _ in 0..100 {
        let way = normals(19, &mut rng);
        let along = |t: f64| plain_partition(&Rbm(&model.0 + &(t * &way)), 1.0).ln();
        assert!(along(0.1) + along(-0.1) >= 2.0 * along(0.0));
    }
}

/// The energy at the means against the mean energy over all states of independent spins, for a lattice and for a network.
#[test]
fn mean_field_energy() {
    let mut rng = rng(22);
    let states = binary_states(6, -1.0, 1.0).unwrap();
    let net = Hopfield::hebbian(&data::random_patterns(2, 6, &mut rng)).unwrap();
    let lattice = Ising::new(2, 3, 0.7, 0.4).unwrap();
    for _ in 0..20 {
        let means = Array1::from_shape_simple_fn(6, || rng.random_range(-1.0..1.0));
        let q = product(&means, &states);
        for energy in [&net as &dyn Energy, &lattice as &dyn Energy] {
            let enumerated: f64 =
                states.rows().into_iter().zip(&q).map(|(s, q)| q * energy.energy(&s)).sum();
            assert!((energy.energy(&means) - enumerated).abs() < 1e-12);
        }
    }
}

/// The distribution ∏ (1 + mᵢ sᵢ) / 2 over the given states.
fn product(means: &Array1<f64>, states: &Array2<f64>) -> Array1<f64> {
    states
        .rows()
        .into_iter()
        .map(|s| s.iter().zip(means).map(|(s, m)| 0.5 * (1.0 + s * m)).product())
        .collect()
}

/// The free energy of a mean field against the variational free energy of its distribution over all states.
#[test]
fn mean_field_free_energy() {
    let mut rng = rng(23);
    let (lattice, states) =
        (Ising::new(2, 4, 0.7, 0.4).unwrap(), binary_states(8, -1.0, 1.0).unwrap());
    for beta in [0.2, 1.0, 3.0] {
        let mut means = Array1::from_shape_simple_fn(8, || rng.random_range(-1.0..1.0));
        means[3] = 1.0; // certain: no entropy, and no NaN
        let field = MeanField::new(lattice, means.clone(), beta).unwrap();
        let q = product(&means, &states);
        let enumerated =
            variational_free_energy(&q, &energies_of(&lattice, &states), beta).unwrap();
        assert!((field.free_energy() - enumerated).abs() < 1e-12);
    }
}

/// The mean that a sweep gives to a spin against a search for the lowest F[q]; sweeps never raise it, and end where SciPy's root is.
#[test]
fn mean_field_update() {
    let mut rng = rng(24);
    let (lattice, beta) = (Ising::new(3, 3, 0.6, 0.2).unwrap(), 0.8);
    let means = Array1::from_shape_simple_fn(9, || rng.random_range(-1.0..1.0));
    // In the first sweep spin 0 is given its mean while all others have those they started with.
    let mut field = MeanField::new(lattice, means.clone(), beta).unwrap();
    field.sweep();
    let at = |m: f64| {
        let mut moved = means.clone();
        moved[0] = m;
        MeanField::new(lattice, moved, beta).unwrap().free_energy()
    };
    let lowest =
        (-9999..10000).map(|k| 1e-4 * k as f64).min_by(|a, b| at(*a).total_cmp(&at(*b))).unwrap();
    assert!((field.means()[0] - lowest).abs() <= 1e-4);
    let h = lattice.local_field(&means, 0);
    assert!((field.means()[0] - (beta * h).tanh()).abs() < 1e-14);
    let mut before = field.free_energy();
    for _ in 0..50 {
        field.sweep();
        assert!(field.free_energy() <= before + 1e-13);
        before = field.free_energy();
    }
    for case in oracle()["mean_field"].as_array().unwrap() {
        let [beta, b, m, free] = ["beta", "field", "mean", "free_energy_per_spin"]
            .map(|key| case[key].as_f64().unwrap());
        let lattice = Ising::new(4, 4, 1.0, b).unwrap();
        let mut field = MeanField::new(lattice, Array1::from_elem(16, 0.5), beta).unwrap();
        field.settle(1000).unwrap();
        assert!(field.means().iter().all(|&mean| (mean - m).abs() < 1e-8)); // TOLERANCE over the distance to the critical point
        assert!((field.free_energy() / 16.0 - free).abs() < 1e-12);
    }
}

/// The mean-field free energy against the exact one at 24 temperatures and fields: above it when spins are coupled, equal to it when they are not, and in the limits.
#[test]
fn mean_field_bound() {
    let gap = |coupling: f64, field: f64, beta: f64| {
        let lattice = Ising::new(3, 3, coupling, field).unwrap();
        let exact =
            free_energy(&energies_of(&lattice, &binary_states(9, -1.0, 1.0).unwrap()), beta);
        let mut settled = MeanField::new(lattice, Array1::from_elem(9, 0.4), beta).unwrap();
        settled.settle(10_000).unwrap();
        settled.free_energy() - exact
    };
    for beta in [0.1, 0.2, 0.4, 0.8] {
        for field in [0.0, 0.5] {
            assert!(gap(0.0, field, beta).abs() < 1e-12, "independent spins are independent");
            for coupling in [0.5, 1.0, -0.6] {
                // Antiferromagnets on a ring of three cannot please every bond: any start settles somewhere.
                assert!(gap(coupling, field, beta) > 1e-4);
            }
        }
    }
    // Cold, in a field: one ground state, and a product can be certain of it. Hot: nothing is coupled to speak of.
    assert!(gap(1.0, 0.5, 10.0) < 1e-12);
    assert!(gap(1.0, 0.5, 0.01) / gap(1.0, 0.5, 0.1) < 0.2);
    // Cold without a field: two ground states, of which a product chooses one, and pays T log 2.
    assert!((gap(1.0, 0.0, 5.0) - 2f64.ln() / 5.0).abs() < 1e-6);
}

/// The magnetisation of mean fields above and below T = number of neighbours × J, against m = tanh(βJ·neighbours·m) and, on the ring, against the exact absence of one.
#[test]
fn mean_field_critical_temperature() {
    let settled = |rows: usize, columns: usize, temperature: f64| {
        let lattice = Ising::new(rows, columns, 1.0, 0.0).unwrap();
        let start = Array1::from_elem(rows * columns, 0.9);
        let mut field = MeanField::new(lattice, start, 1.0 / temperature).unwrap();
        field.settle(100_000).unwrap();
        field.means()[0]
    };
    for (rows, columns, critical) in [(1, 8, 2.0), (4, 4, 4.0)] {
        assert!(settled(rows, columns, 1.02 * critical).abs() < 1e-7);
        let below = settled(rows, columns, 0.98 * critical);
        // Near the critical point m² ≈ 3 (1 − T / T_c).
        assert!((below / (3.0f64 * 0.02).sqrt() - 1.0).abs() < 0.03);
    }
    // On the ring the correlation of opposite spins is (tʳ + tⁿ⁻ʳ) / (1 + tⁿ), t = tanh β: it fades with distance at every temperature.
    let (n, t) = (12, f64::tanh(1.0));
    let ring = Boltzmann::new(
        &Ising::new(1, n, 1.0, 0.0).unwrap(),
        binary_states(n, -1.0, 1.0).unwrap(),
        1.0,
    )
    .unwrap();
    let opposite = 2.0 * t.powi(6) / (1.0 + t.powi(12));
    assert!((ring.mean(|s| s[0] * s[6]) - opposite).abs() < 1e-12);
}

/// F₁ − F₀ against the mean difference of the energies under each: between the two.
#[test]
fn gibbs_bogoliubov_bounds() {
    let mut rng = rng(25);
    for _ in 0..100 {
        let beta = rng.random_range(0.1..3.0);
        let (before, after) = (2.0 * normals(8, &mut rng), 2.0 * normals(8, &mut rng));
        let change = free_energy(&after, beta) - free_energy(&before, beta);
        let mean = |under: &Array1<f64>| -> f64 {
            let weights = under.map(|e| (-beta * e).exp());
            (&weights * &(&after - &before)).sum() / weights.sum()
        };
        assert!(mean(&after) < change && change < mean(&before));
    }
}

/// F₁ − F₀ against −T log of the mean of e^{−βΔE} under the first, enumerated with plain exponentials.
#[test]
fn free_energy_perturbation() {
    let mut rng = rng(26);
    for beta in [0.5, 1.0, 2.0] {
        let (before, after) = (normals(8, &mut rng), normals(8, &mut rng));
        let weights = before.map(|e| (-beta * e).exp());
        let mean =
            (&weights * &(&after - &before).map(|d| (-beta * d).exp())).sum() / weights.sum();
        let change = free_energy(&after, beta) - free_energy(&before, beta);
        assert!((change + mean.ln() / beta).abs() < 1e-12);
    }
}

/// log Z(β) against log n − ∫⟨E⟩ dβ by Simpson's rule.
#[test]
fn thermodynamic_integration() {
    let levels = torus(0.3);
    for beta in [0.2, 0.44, 1.0] {
        let (n, h) = (2000, beta / 2000.0);
        let integral: f64 = (0..=n)
            .map(|k| {
                let weight = if k == 0 || k == n { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
                weight * levels.mean_energy(h * k as f64) * h / 3.0
            })
            .sum();
        assert!((levels.log_partition(beta) - (16.0 * 2f64.ln() - integral)).abs() < 1e-9);
    }
}

/// (2 cosh βJ)ⁿ + (2 sinh βJ)ⁿ against the sum over all states of a ring.
#[test]
fn ring_partition_function() {
    for (n, coupling, beta) in [(3, 1.0, 0.4), (8, 0.6, 1.0), (7, -1.0, 0.8), (12, 1.0, 2.0)] {
        let ring = Ising::new(1, n, coupling, 0.0).unwrap();
        let log_z = Boltzmann::new(&ring, binary_states(n, -1.0, 1.0).unwrap(), beta)
            .unwrap()
            .log_partition();
        let x: f64 = beta * coupling;
        let closed = ((2.0 * x.cosh()).powi(n as i32) + (2.0 * x.sinh()).powi(n as i32)).ln();
        assert!((log_z - closed).abs() < 1e-11);
    }
}

/// The free energy of a parabola by hand against the sum over a fine grid.
#[test]
fn parabola_free_energy() {
    struct Spring;
    impl Energy for Spring {
        fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
            0.5 * (state[1] - state[0]).powi(2) + 0.5 * state[1].powi(2)
        }
    }
    let grid = Array2::from_shape_fn((4001, 1), |(k, _)| -20.0 + 0.01 * k as f64);
    for beta in [0.5, 2.0] {
        let seen = Marginal::new(Spring, grid.clone(), beta).unwrap();
        for x in [-3.0, 0.0, 2.0] {
            let by_hand = 0.25 * x * x - 0.5 / beta * (std::f64::consts::PI / beta).ln();
            assert!((seen.energy(&array![x]) - 0.01f64.ln() / beta - by_hand).abs() < 1e-11);
        }
    }
}

/// The free energy of a continuous latent variable in units a tenth as large against that in the old ones: it moves by T log 10, for every x alike.
#[test]
fn free_energy_of_units() {
    /// An energy of x and of z = unit · u.
    struct Scaled(f64);
    impl Energy for Scaled {
        fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
            let z = self.0 * state[1];
            0.5 * (z - state[0]).powi(2) + 0.1 * z.powi(4)
        }
    }
    let beta = 0.7;
    // The integral is over u, in steps of h.
    let free = |x: f64, unit: f64| {
        let h = 0.01 / unit;
        let grid = Array2::from_shape_fn((2001, 1), |(k, _)| h * (k as f64 - 1000.0));
        Marginal::new(Scaled(unit), grid, beta).unwrap().energy(&array![x]) - h.ln() / beta
    };
    for x in [-1.0, 0.4, 2.0] {
        assert!((free(x, 1.0) - free(x, 0.1) - 10f64.ln() / beta).abs() < 1e-12);
    }
    assert!((free(2.0, 1.0) - free(0.4, 1.0) - (free(2.0, 0.1) - free(0.4, 0.1))).abs() < 1e-12);
}

/// Σ_z E(x, z) ∂p(z | x)/∂x + T ∂(−H)/∂x by differences of the posterior against zero: what moves in F through the posterior cancels.
#[test]
fn free_energy_slope_without_posterior() {
    let mut rng = rng(27);
    let (beta, model) = (1.3, Rbm::random(&mut rng));
    let hidden = binary_states(3, 0.0, 1.0).unwrap();
    let marginal = Marginal::new(Rbm(model.0.clone()), hidden.clone(), beta).unwrap();
    let x = normals(4, &mut rng);
    let energies: Array1<f64> = hidden
        .rows()
        .into_iter()
        .map(|h| model.energy(&ndarray::concatenate![Axis(0), x.view(), h]))
        .collect();
    for i in 0..4 {
        let posterior = |at: f64| {
            let mut moved = x.clone();
            moved[i] = at;
            marginal.posterior(&moved)
        };
        // The energies stay; only the distribution moves.
        let parts =
            |at: f64| (posterior(at).dot(&energies), entropy(&posterior(at)).unwrap() / beta);
        let (mean, disorder) = (slope(|at| parts(at).0, x[i]), slope(|at| parts(at).1, x[i]));
        assert!((mean - disorder).abs() < 1e-8);
        assert!(mean.abs() > 1e-4, "each alone does move");
    }
}
