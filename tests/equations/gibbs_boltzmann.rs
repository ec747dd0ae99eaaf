//! Chapter `gibbs-boltzmann`.

use downhill::{
    Error,
    energy::{DoubleWell, Energy, Gaussian, Ising, binary_states},
    gibbs_boltzmann::{
        Boltzmann, Ring, bath_probability, calibrate, chain, exchange_quanta,
        zero_temperature_limit,
    },
    rng,
    sampling::{Gibbs, Kernel, Metropolis},
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, array};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// Energies given one by one: the state is the index.
struct Table(Array1<f64>);

impl Energy for Table {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.0[x[0] as usize]
    }
}

impl Table {
    fn random(n: usize, rng: &mut impl Rng) -> Self {
        Self(normal(n, rng))
    }

    fn at(&self, beta: f64) -> Boltzmann {
        let states = Array2::from_shape_fn((self.0.len(), 1), |(i, _)| i as f64);
        Boltzmann::new(self, states, beta).unwrap()
    }
}

/// An energy on the line, as a function.
struct Line<F>(F);

impl<F: Fn(f64) -> f64> Energy for Line<F> {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        (self.0)(x[0])
    }
}

/// Another energy with a constant added.
struct Shifted<E>(E, f64);

impl<E: Energy> Energy for Shifted<E> {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        self.0.energy(x) + self.1
    }
}

/// Four visible and three hidden units 0 or 1, E = −aᵀx − bᵀh − xᵀWh; a state is x, then h.
struct Restricted {
    a: Array1<f64>,
    b: Array1<f64>,
    w: Array2<f64>,
}

impl Restricted {
    fn random(rng: &mut impl Rng) -> Self {
        let w = Array2::from_shape_simple_fn((4, 3), || rng.sample(StandardNormal));
        Self { a: normal(4, rng), b: normal(3, rng), w }
    }
}

impl Energy for Restricted {
    fn energy(&self, state: &ArrayRef1<f64>) -> f64 {
        let (x, h) = state.view().split_at(Axis(0), 4);
        -self.a.dot(&x) - self.b.dot(&h) - x.dot(&self.w.dot(&h))
    }
}

fn normal(n: usize, rng: &mut impl Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(n, || rng.sample(StandardNormal))
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

/// e^(−βE) over its sum, straight from the definition.
fn by_definition(energies: &Array1<f64>, beta: f64) -> Array1<f64> {
    let weights = energies.map(|e| (-beta * e).exp());
    &weights / weights.sum()
}

/// The derivative of `f` at `x` by five points: wrong by h⁴ f⁽⁵⁾/30 and by rounding, ε/h.
fn slope(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

/// Simpson's rule with 2 million intervals.
fn simpson(f: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let n = 2_000_000;
    let h = (to - from) / n as f64;
    let weight = |k: usize| if k == 0 || k == n { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
    (0..=n).map(|k| weight(k) * f(from + k as f64 * h)).sum::<f64>() * h / 3.0
}

/// The mean of a correlated series and its standard error, by 100 batches.
fn batch_mean(series: &[f64]) -> (f64, f64) {
    let size = series.len() / 100;
    let means: Vec<f64> =
        series.chunks_exact(size).map(|c| c.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (means.len() - 1) as f64;
    (mean, (variance / means.len() as f64).sqrt())
}

/// Half the sum of the absolute differences.
fn total_variation(p: &Array1<f64>, q: &Array1<f64>) -> f64 {
    0.5 * (p - q).abs().sum()
}

fn entropy(p: &Array1<f64>) -> f64 {
    -p.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

/// The probabilities of 20 random energies at three temperatures against the definition, and against the most random distribution of
/// the same mean energy, found by climbing the entropy within the two constraints.
/// Source: Gibbs (1902); Jaynes (1957).
#[test]
fn gibbs_boltzmann_distribution() {
    let mut rng = rng(1);
    let table = Table::random(20, &mut rng);
    for kt in [0.1, 1.0, 10.0] {
        let p = table.at(1.0 / kt).probabilities();
        assert!((p.sum() - 1.0).abs() < 1e-12);
        for (p_i, e_i) in p.iter().zip(&table.0) {
            for (p_j, e_j) in p.iter().zip(&table.0) {
                assert!(close((p_i / p_j).ln(), -(e_i - e_j) / kt, 1e-12));
            }
        }
    }
    let p = table.at(1.0).probabilities();
    assert!((climb_entropy(&table.0, p.dot(&table.0)) - &p).iter().all(|d| d.abs() < 1e-9));
}

/// The distribution over `energies` of mean `mean`, below the plain mean, of the largest entropy: from a feasible start along
/// p ∘ (∇H − a − bE) with a and b such that neither the sum nor the mean energy moves.
fn climb_entropy(energies: &Array1<f64>, mean: f64) -> Array1<f64> {
    let n = energies.len() as f64;
    let plain = energies.sum() / n;
    let (lowest, least) = energies
        .iter()
        .enumerate()
        .fold((0, f64::INFINITY), |b, (i, &e)| if e < b.1 { (i, e) } else { b });
    let share = (plain - mean) / (plain - least);
    let mut p = Array1::from_elem(energies.len(), (1.0 - share) / n);
    p[lowest] += share;
    for _ in 0..2000 {
        let gradient = p.map(|p| -p.ln() - 1.0);
        let (m1, m2) = (p.dot(energies), p.dot(&energies.map(|e| e * e)));
        let (g0, g1) = (p.dot(&gradient), (&p * energies).dot(&gradient));
        let b = (g1 - m1 * g0) / (m2 - m1 * m1);
        let a = g0 - b * m1;
        p = &p + &(&p * &(gradient - a - energies * b) * 0.1);
    }
    assert!((p.sum() - 1.0).abs() < 1e-12 && (p.dot(energies) - mean).abs() < 1e-12);
    p
}

/// E = x²/2 + x⁴ on the line: Z and moments by quadrature against Simpson's rule and a long Metropolis walk; a flat energy, which has no Z, is refused.
#[test]
fn gibbs_distribution_partition_function() {
    let e = |x: f64| 0.5 * x * x + x.powi(4);
    for beta in [0.3, 1.0, 4.0] {
        let p = Boltzmann::on_line(&Line(e), beta).unwrap();
        let z = simpson(|x| (-beta * e(x)).exp(), -8.0, 8.0);
        assert!((p.log_partition() - z.ln()).abs() < 1e-10);
        let area = simpson(|x| p.log_probability(e(x)).exp(), -8.0, 8.0);
        assert!((area - 1.0).abs() < 1e-10 && (p.probabilities().sum() - 1.0).abs() < 1e-12);
        let square = simpson(|x| x * x * (-beta * e(x)).exp(), -8.0, 8.0) / z;
        assert!((p.mean(|x| x[0] * x[0]) - square).abs() < 1e-10);
    }
    let p = Boltzmann::on_line(&Line(e), 1.0).unwrap();
    let mut kernel = Metropolis::new(Line(e), 1, 1.0, 1.0).unwrap();
    let path = kernel.run(&mut array![0.0], 400_000, &mut rng(2));
    for power in [1, 2, 4] {
        let series: Vec<f64> = path.iter().map(|x| x.powi(power)).collect();
        let (mean, error) = batch_mean(&series);
        assert!((mean - p.mean(|x| x[0].powi(power))).abs() < 4.0 * error, "moment {power}");
        assert!(error < 0.01);
    }
    // The partial integrals of a flat energy grow with the box and never settle.
    assert!(matches!(Boltzmann::on_line(&Line(|_| 0.0), 1.0), Err(Error::NotConverged { .. })));
}

/// −log p − E at β = 1 against one constant, log Z by direct summation; a constant added to every energy leaves p as it was.
#[test]
fn energies_as_unnormalised_negative_log_probabilities() {
    let table = Table::random(20, &mut rng(3));
    let p = table.at(1.0);
    let log_z = table.0.map(|e| (-e).exp()).sum().ln();
    for (p, e) in p.probabilities().iter().zip(&table.0) {
        assert!((-p.ln() - e - log_z).abs() < 1e-12);
    }
    assert!((p.log_partition() - log_z).abs() < 1e-12);
    let shifted = Table(&table.0 + 7.5).at(1.0);
    assert!((shifted.probabilities() - p.probabilities()).iter().all(|d| d.abs() < 1e-12));
    assert!((shifted.log_partition() - log_z + 7.5).abs() < 1e-12);
}

/// f = e^(−E) of a network of 4 + 3 units against its compact form ∏ᵢ e^(aᵢxᵢ) ∏ⱼ e^((bⱼ + (xᵀW)ⱼ) hⱼ), and log f against −E.
#[test]
fn boltzmann_factor_missing_exp() {
    let net = Restricted::random(&mut rng(4));
    let p = Boltzmann::new(&net, binary_states(7, 0.0, 1.0).unwrap(), 1.0).unwrap();
    let mut z = 0.0;
    for (state, p_state) in p.states().rows().into_iter().zip(p.probabilities()) {
        let mut f = 1.0;
        for i in 0..4 {
            f *= (net.a[i] * state[i]).exp();
        }
        for j in 0..3 {
            let input = net.b[j] + (0..4).map(|i| state[i] * net.w[[i, j]]).sum::<f64>();
            f *= (input * state[4 + j]).exp();
        }
        assert!(close(f.ln(), -net.energy(&state), 1e-13));
        assert!(close(p_state, f / p.log_partition().exp(), 1e-13));
        z += f;
    }
    assert!(close(z.ln(), p.log_partition(), 1e-13));
}

/// f = −E, as one source prints it, over all 128 states: some of it is negative, so it is no weight, and normalised it is no probability.
#[test]
fn erratum_boltzmann_factor_missing_exp() {
    let net = Restricted::random(&mut rng(4));
    let states = binary_states(7, 0.0, 1.0).unwrap();
    let printed: Array1<f64> = states.rows().into_iter().map(|s| -net.energy(&s)).collect();
    assert!(printed.iter().any(|&f| f < 0.0) && printed.iter().any(|&f| f > 0.0));
    let normalised = &printed / printed.sum();
    assert!(
        normalised.iter().any(|&p| p < 0.0),
        "of whichever sign the sum is, some shares are negative"
    );
    // All units off: the printed weight says "impossible", the right one is 1.
    assert_eq!(printed[0], 0.0);
    assert_eq!((-net.energy(&states.row(0))).exp(), 1.0);
}

/// The order of 20 states by energy against their order by probability, and each difference of log p against −β ΔE, at three temperatures.
#[test]
fn lower_energy_higher_probability() {
    let table = Table::random(20, &mut rng(5));
    for beta in [0.2, 1.0, 3.0] {
        let p = table.at(beta).probabilities();
        let mut by_energy: Vec<usize> = (0..20).collect();
        let mut by_probability = by_energy.clone();
        by_energy.sort_by(|&i, &j| table.0[i].total_cmp(&table.0[j]));
        by_probability.sort_by(|&i, &j| p[j].total_cmp(&p[i]));
        assert_eq!(by_energy, by_probability);
        assert!(close(p[0].ln() - p[1].ln(), -beta * (table.0[0] - table.0[1]), 1e-12));
    }
}

/// e^(−E/kT) with Boltzmann's constant at 300 kelvin against β = 1/kT; with β = 1/T it is another distribution.
#[test]
fn inverse_temperature_definition() {
    let (k, t) = (1.380649e-23, 300.0);
    let joules = Table(array![0.0, 1.0, 2.0, 3.5].mapv(|e: f64| e * k * t));
    let physical = joules.0.map(|e| (-e / (k * t)).exp());
    let physical = &physical / physical.sum();
    assert!((joules.at(1.0 / (k * t)).probabilities() - &physical).iter().all(|d| d.abs() < 1e-12));
    assert!(total_variation(&joules.at(1.0 / t).probabilities(), &physical) > 0.1);
}

/// The Ising model at the temperature T against the one at 1 with all its parameters divided by T; far from 1 it freezes and melts.
#[test]
fn unit_temperature() {
    let states = || binary_states(6, -1.0, 1.0).unwrap();
    let model = |scale: f64| Ising::new(2, 3, 0.7 / scale, 0.3 / scale).unwrap();
    for t in [0.5, 1.0, 2.0] {
        let warm = Boltzmann::new(&model(1.0), states(), 1.0 / t).unwrap();
        let scaled = Boltzmann::new(&model(t), states(), 1.0).unwrap();
        assert!((warm.probabilities() - scaled.probabilities()).iter().all(|d| d.abs() < 1e-13));
    }
    let cold = Boltzmann::new(&model(1.0), states(), 100.0).unwrap().probabilities();
    assert!(cold[63] > 1.0 - 1e-9);
    let hot = Boltzmann::new(&model(1.0), states(), 1e-6).unwrap().probabilities();
    assert!(hot.iter().all(|p| (p - 1.0 / 64.0).abs() < 1e-6));
}

/// dH/dβ by differences of the entropy against −β Var E, and the entropy's fall from log n to the logarithm of the number of ground states.
#[test]
fn beta_sharpness() {
    let table = Table::random(20, &mut rng(6));
    let mut last = f64::INFINITY;
    for beta in [0.0, 0.1, 0.5, 1.0, 2.0, 5.0] {
        let p = table.at(beta);
        assert!(close(p.entropy(), entropy(&p.probabilities()), 1e-12));
        assert!(p.entropy() < last);
        last = p.entropy();
        if beta > 0.0 {
            let change = slope(|b| entropy(&by_definition(&table.0, b)), beta, 1e-3);
            assert!((change + beta * p.energy_variance()).abs() < 1e-9);
        }
    }
    assert!(close(table.at(0.0).entropy(), 20f64.ln(), 1e-14));
    assert!(table.at(500.0).entropy() < 1e-9);
    assert!(table.at(500.0).probabilities().fold(0.0, |a: f64, &b| a.max(b)) > 1.0 - 1e-9);
    // In the limit the draws stop moving: two draws agree with probability Σ p², which grows with β.
    let agree = |beta: f64| table.at(beta).probabilities().map(|p| p * p).sum();
    assert!(agree(0.5) < agree(1.0) && agree(1.0) < agree(2.0));
}

/// The derivatives of log Z by differences against the mean and the variance of the energy by enumeration.
#[test]
fn log_partition_cumulants() {
    let table = Table::random(20, &mut rng(7));
    let log_z = |beta: f64| table.0.map(|e| (-beta * e).exp()).sum().ln();
    for beta in [0.3, 1.0, 2.5] {
        let p = table.at(beta);
        let mean = |beta: f64| by_definition(&table.0, beta).dot(&table.0);
        assert!((p.mean_energy() + slope(log_z, beta, 1e-3)).abs() < 1e-10);
        assert!((p.energy_variance() + slope(mean, beta, 1e-3)).abs() < 1e-10);
    }
}

/// dU/dT by differences of the mean energy against β² Var E, for a ring of ten spins by enumeration.
#[test]
fn heat_capacity() {
    let ring = Ising::new(1, 10, 1.0, 0.2).unwrap();
    let at =
        |t: f64| Boltzmann::new(&ring, binary_states(10, -1.0, 1.0).unwrap(), 1.0 / t).unwrap();
    for t in [0.5, 1.0, 3.0] {
        let capacity = at(t).energy_variance() / (t * t);
        assert!((slope(|t| at(t).mean_energy(), t, 1e-3) - capacity).abs() < 1e-8);
    }
}

/// Every way to share 4 quanta among 3 units, counted, against the formula; and how often a long exchange visits each against equal shares.
#[test]
fn quanta_shared_evenly() {
    let (units, total) = (3, 4);
    let mut ways = Vec::new();
    for a in 0..=total {
        for b in 0..=total - a {
            ways.push([a, b, total - a - b]);
        }
    }
    for e in 0..=total {
        let counted = ways.iter().filter(|w| w[0] == e).count() as f64 / ways.len() as f64;
        assert!((bath_probability(e, units, total) - counted).abs() < 1e-13);
    }
    let (mut quanta, mut rng, draws) = ([4, 0, 0], rng(8), 60_000);
    let mut visits = vec![0.0; ways.len()];
    for _ in 0..draws {
        // Forty moves forget where they began.
        exchange_quanta(&mut quanta, 40, &mut rng);
        visits[ways.iter().position(|w| *w == quanta).unwrap()] += 1.0;
    }
    let p = 1.0 / ways.len() as f64;
    let error = (p * (1.0 - p) / draws as f64).sqrt();
    assert!(visits.iter().all(|v| (v / draws as f64 - p).abs() < 4.0 * error));
}

/// The share of one among 10⁶ units against the geometric law (1 − e^(−β)) e^(−βe), β = log(1 + 1/U): they differ by terms of order 1/N.
#[test]
fn quanta_geometric() {
    let (units, mean) = (1_000_000, 4);
    let beta = (1.0 + 1.0 / mean as f64).ln();
    for e in 0..30 {
        let geometric = (1.0 - (-beta).exp()) * (-beta * e as f64).exp();
        assert!((bath_probability(e, units, units * mean) / geometric - 1.0).abs() < 1e-3);
    }
    // The mean of that law is U: 1 / (e^β − 1).
    assert!((1.0 / beta.exp_m1() - mean as f64).abs() < 1e-12);
}

/// The distribution that a climb of the entropy ends in, at several mean energies, against e^(−α−βE): its logarithm is a straight line in E, of slope −β.
/// Source: Jaynes (1957).
#[test]
fn maximum_entropy_gibbs() {
    let table = Table::random(12, &mut rng(9));
    for beta in [0.2, 0.7, 1.3] {
        let p = climb_entropy(&table.0, by_definition(&table.0, beta).dot(&table.0));
        for i in 1..12 {
            let line = (p[i].ln() - p[0].ln()) / (table.0[i] - table.0[0]);
            assert!((line + beta).abs() < 1e-6, "{line} and {beta}");
        }
        let most = table.at(beta).entropy();
        assert!((entropy(&p) - most).abs() < 1e-9);
        // Steps along constraints: mass moved among three states so that sum and mean stay.
        let mut rng = rng(10);
        for _ in 0..200 {
            let (i, j, k) =
                (rng.random_range(0..4), 4 + rng.random_range(0..4), 8 + rng.random_range(0..4));
            let (e_i, e_j, e_k) = (table.0[i], table.0[j], table.0[k]);
            let mut q = table.at(beta).probabilities();
            let size = 1e-3 * rng.random::<f64>();
            q[i] += size * (e_j - e_k);
            q[j] += size * (e_k - e_i);
            q[k] += size * (e_i - e_j);
            assert!(
                (q.sum() - 1.0).abs() < 1e-12
                    && (q.dot(&table.0) - table.at(beta).mean_energy()).abs() < 1e-12
            );
            assert!(q.iter().any(|&q| q <= 0.0) || entropy(&q) < most);
        }
    }
}

/// log Z + β⟨E⟩_q − H(q) against Σ q log(q/p), for random q: the two agree, are positive, and vanish at q = p.
#[test]
fn gibbs_variational_identity() {
    let mut rng = rng(11);
    let table = Table::random(10, &mut rng);
    let p = table.at(1.4);
    for _ in 0..100 {
        let q = by_definition(&normal(10, &mut rng), 1.0);
        let left = p.log_partition() + 1.4 * q.dot(&table.0) - entropy(&q);
        let right: f64 =
            q.iter().zip(&by_definition(&table.0, 1.4)).map(|(q, p)| q * (q / p).ln()).sum();
        assert!((left - right).abs() < 1e-12 && left > 0.0);
    }
    let (q, h) = (p.probabilities(), p.entropy());
    assert!((p.log_partition() + 1.4 * q.dot(&table.0) - h).abs() < 1e-12);
}

/// Two tables whose energies add: the probabilities of pairs against products. With weights 1/(1 + E²) instead, products and pairs differ.
#[test]
fn independent_energies_add() {
    let mut rng = rng(12);
    let (a, b) = (Table::random(4, &mut rng), Table::random(5, &mut rng));
    let pairs: Array1<f64> = a.0.iter().flat_map(|x| b.0.iter().map(move |y| x + y)).collect();
    let joint = Table(pairs.clone()).at(0.8);
    let (p, q) = (a.at(0.8).probabilities(), b.at(0.8).probabilities());
    let products: Array1<f64> = p.iter().flat_map(|p| q.iter().map(move |q| p * q)).collect();
    assert!((joint.probabilities() - products).iter().all(|d| d.abs() < 1e-14));
    assert!(close(
        joint.log_partition(),
        a.at(0.8).log_partition() + b.at(0.8).log_partition(),
        1e-13
    ));
    let other = |e: &Array1<f64>| {
        let w = e.map(|e| 1.0 / (1.0 + e * e));
        &w / w.sum()
    };
    let (p, q) = (other(&a.0), other(&b.0));
    let products: Array1<f64> = p.iter().flat_map(|p| q.iter().map(move |q| p * q)).collect();
    assert!(total_variation(&other(&pairs), &products) > 0.01);
}

/// The library's energy of a ring of six, and differences of it under single flips, against the sum over neighbours written out.
/// Source: Ising (1925).
#[test]
fn ising_chain_energy() {
    let (j, b) = (0.7, 0.2);
    let ring = Ising::new(1, 6, j, b).unwrap();
    for s in binary_states(6, -1.0, 1.0).unwrap().rows() {
        let mut energy = 0.0;
        for i in 0..6 {
            energy -= j * s[i] * s[(i + 1) % 6] + b * s[i];
        }
        assert!((ring.energy(&s) - energy).abs() < 1e-14);
    }
}

/// log Z of chains by two-by-two matrices against the list of all states, up to 16 spins; a ring of 10⁹ against 10⁹ times log λ₊: thirty squarings
/// lose no digit. The products are counted by what they allocate: k squarings and as many products as n has ones in base 2, no more.
#[test]
fn transfer_matrix_cost() {
    for n in [2, 8, 16] {
        let all = Boltzmann::new(
            &Ising::new(1, n, 1.0, 0.1).unwrap(),
            binary_states(n, -1.0, 1.0).unwrap(),
            0.8,
        );
        let ring = Ring::ising(1, n, 1.0, 0.1, 0.8).unwrap();
        assert!(close(ring.log_partition(), all.unwrap().log_partition(), 1e-13));
    }
    let plus = 0.8f64.exp() * 0.08f64.cosh()
        + (1.6f64.exp() * 0.08f64.sinh().powi(2) + (-1.6f64).exp()).sqrt();
    // Before the long ring, which a loop over its sites would never finish.
    let allocations = |sites: usize| {
        let ring = Ring::ising(1, sites, 1.0, 0.1, 0.8).unwrap();
        let work = || assert!(ring.log_partition().is_finite());
        allocation_counter::measure(work).count_total as usize
    };
    let products = |sites: usize| (sites.ilog2() + sites.count_ones()) as usize;
    // From 2 to 4 sites there is one product more.
    let (fixed, each) = (allocations(2), allocations(4) - allocations(2));
    assert!(each > 0, "the counter counts");
    for sites in [3, 7, 8, 100, 128, 1023, 1024, 1025, 65_535] {
        let counted = fixed + each * (products(sites) - products(2));
        assert_eq!(allocations(sites), counted, "{sites} sites");
        assert!(products(sites) as f64 <= 2.0 * (sites as f64).log2() + 1.0);
    }
    let billion = Ring::ising(1, 1_000_000_000, 1.0, 0.1, 0.8).unwrap();
    assert!((billion.log_partition() / 1e9 / plus.ln() - 1.0).abs() < 1e-14);
}

/// tr Tⁿ of chains and tori against the sum over all states.
#[test]
fn ring_transfer_trace() {
    for (width, length) in [(1, 2), (1, 3), (1, 7), (1, 12), (2, 3), (3, 4), (4, 3)] {
        for (coupling, field, beta) in
            [(1.0, 0.0, 0.5), (0.8, 0.3, 1.0), (-1.0, 0.2, 0.7), (1.0, 0.1, 6.0)]
        {
            let ring = Ring::ising(width, length, coupling, field, beta).unwrap();
            let model = Ising::new(width, length, coupling, field).unwrap();
            let states = binary_states(width * length, -1.0, 1.0).unwrap();
            let all = Boltzmann::new(&model, states, beta).unwrap();
            assert!(close(ring.log_partition(), all.log_partition(), 1e-12), "{width} x {length}");
            assert!(close(ring.mean_energy(), all.mean_energy(), 1e-11), "{width} x {length}");
        }
    }
    // Three states a site, and energies that have a direction: a to b is not b to a.
    let mut rng = rng(13);
    let pair: Array2<f64> = Array2::from_shape_simple_fn((3, 3), || rng.sample(StandardNormal));
    let mut z = 0.0_f64;
    for s in 0..3_usize.pow(5) {
        let site = |i: usize| s / 3_usize.pow(i as u32 % 5) % 3;
        z += (0..5).map(|i| (-0.9 * pair[[site(i), site(i + 1)]]).exp()).product::<f64>();
    }
    assert!(close(Ring::new(pair, 5, 0.9).unwrap().log_partition(), z.ln(), 1e-13));
}

/// The joint probabilities of two sites by powers of T against the sums over all states of a directed ring of six.
#[test]
fn ring_pair_probabilities() {
    let mut rng = rng(14);
    let pair: Array2<f64> = Array2::from_shape_simple_fn((3, 3), || rng.sample(StandardNormal));
    let ring = Ring::new(pair.clone(), 6, 1.1).unwrap();
    for distance in 0..=6 {
        let mut counted = Array2::<f64>::zeros((3, 3));
        for s in 0..3_usize.pow(6) {
            let site = |i: usize| s / 3_usize.pow(i as u32 % 6) % 3;
            let weight =
                (0..6).map(|i| (-1.1 * pair[[site(i), site(i + 1)]]).exp()).product::<f64>();
            counted[[site(0), site(distance)]] += weight;
        }
        counted /= counted.sum();
        assert!((ring.pair_probabilities(distance) - counted).iter().all(|d| d.abs() < 1e-13));
    }
}

/// λ₊ⁿ + λ₋ⁿ by the printed eigenvalues against the sum over all states, and log λ₊ against log Z per spin of a ring of a million spins.
#[test]
fn ising_transfer_eigenvalues() {
    for (j, b, beta) in [(1.0, 0.0, 0.4), (1.0, 0.5, 0.8), (-0.7, 0.3, 1.0), (0.5, -1.0, 1.5)] {
        let root = ((2.0_f64 * beta * j).exp() * (beta * b).sinh().powi(2)
            + (-2.0 * beta * j).exp())
        .sqrt();
        let plus = (beta * j).exp() * (beta * b).cosh() + root;
        let minus = (beta * j).exp() * (beta * b).cosh() - root;
        for n in [2, 5, 10] {
            let states = binary_states(n, -1.0, 1.0).unwrap();
            let all = Boltzmann::new(&Ising::new(1, n, j, b).unwrap(), states, beta).unwrap();
            assert!(close(
                (plus.powi(n as i32) + minus.powi(n as i32)).ln(),
                all.log_partition(),
                1e-12
            ));
        }
        let long = Ring::ising(1, 1_000_000, j, b, beta).unwrap();
        assert!(close(
            long.log_partition() / 1e6,
            chain::log_partition_per_spin(j, b, beta),
            1e-12
        ));
        assert!(close(chain::log_partition_per_spin(j, b, beta), plus.ln(), 1e-13));
    }
    // The limits: βJ + βB for a magnet, and for an antiferromagnet too strong for the field −βJ.
    assert_eq!(chain::log_partition_per_spin(1.0, 2.0, 1e4), 3e4);
    assert_eq!(chain::log_partition_per_spin(-3.0, 2.0, 1e4), 3e4);
}

/// Products of neighbours in an open chain, counted over all states, against independent coins of mean tanh βJ.
#[test]
fn ising_bonds_independent() {
    let (n, beta) = (8, 0.6_f64);
    let open = |s: &ArrayRef1<f64>| -(1..n).map(|i| s[i - 1] * s[i]).sum::<f64>();
    struct Open<F>(F);
    impl<F: Fn(&ArrayRef1<f64>) -> f64> Energy for Open<F> {
        fn energy(&self, s: &ArrayRef1<f64>) -> f64 {
            (self.0)(s)
        }
    }
    let p = Boltzmann::new(&Open(open), binary_states(n, -1.0, 1.0).unwrap(), beta).unwrap();
    assert!(close(p.log_partition(), 2f64.ln() + 7.0 * (2.0 * beta.cosh()).ln(), 1e-13));
    let mut by_bonds = std::collections::HashMap::<Vec<bool>, f64>::new();
    for (s, p) in p.states().rows().into_iter().zip(p.probabilities()) {
        *by_bonds.entry((1..n).map(|i| s[i - 1] == s[i]).collect()).or_default() += p;
    }
    assert_eq!(by_bonds.len(), 128);
    for (bonds, p) in by_bonds {
        let coins = bonds.iter().map(|&agree| if agree { beta.exp() } else { (-beta).exp() });
        assert!((p - coins.map(|w| w / (2.0 * beta.cosh())).product::<f64>()).abs() < 1e-14);
    }
}

/// ⟨s₀ s_r⟩ by enumeration of a ring of ten and by powers of T in a long one, against (tanh βJ)^r and the correlation length.
#[test]
fn ising_chain_correlation() {
    let t = 0.7f64.tanh();
    let all = Boltzmann::new(
        &Ising::new(1, 10, 1.0, 0.0).unwrap(),
        binary_states(10, -1.0, 1.0).unwrap(),
        0.7,
    )
    .unwrap();
    let correlation = |ring: &Ring, r: usize| {
        let p = ring.pair_probabilities(r);
        p[[0, 0]] + p[[1, 1]] - p[[0, 1]] - p[[1, 0]]
    };
    let (short, long) =
        (Ring::ising(1, 10, 1.0, 0.0, 0.7).unwrap(), Ring::ising(1, 2000, 1.0, 0.0, 0.7).unwrap());
    for r in 0..=10 {
        // In a ring there are two ways round.
        let (r_i, back) = (r as i32, 10 - r as i32);
        let exact = (t.powi(r_i) + t.powi(back)) / (1.0 + t.powi(10));
        assert!((all.mean(|s| s[0] * s[r % 10]) - exact).abs() < 1e-13);
        assert!((correlation(&short, r) - exact).abs() < 1e-13);
        assert!((correlation(&long, r) - t.powi(r_i)).abs() < 1e-12);
        assert!(
            (t.powi(r_i) - (-(r as f64) / chain::correlation_length(1.0, 0.7)).exp()).abs() < 1e-14
        );
    }
    // Neighbours of the other sign of coupling disagree as often.
    assert!(
        (correlation(&Ring::ising(1, 2000, -1.0, 0.0, 0.7).unwrap(), 3) + t.powi(3)).abs() < 1e-12
    );
    assert_eq!(chain::correlation_length(-1.0, 0.7), chain::correlation_length(1.0, 0.7));
}

/// m by the closed form against differences of log Z in the field, and against the marginal of a long ring.
#[test]
fn ising_chain_magnetisation() {
    for (j, b, beta) in [(1.0, 0.1, 0.5), (1.0, 0.05, 1.5), (-0.5, 0.4, 1.0), (0.3, -0.7, 2.0)] {
        let m = chain::magnetisation(j, b, beta);
        let ring = |b: f64| Ring::ising(1, 4000, j, b, beta).unwrap();
        let by_field = slope(|b| ring(b).log_partition() / 4000.0 / beta, b, 2e-4);
        assert!((m - by_field).abs() < 1e-8, "{m} and {by_field}");
        let p = ring(b).pair_probabilities(0);
        assert!((m - (p[[1, 1]] - p[[0, 0]])).abs() < 1e-12);
    }
}

/// Broken bonds per bond, counted in a long ring, against 1/(1 + e^(2βJ)); and the change of βF by one pair of walls against the ratio of the weights.
#[test]
fn domain_wall_free_energy() {
    for beta in [0.3, 1.0, 2.0] {
        let p = Ring::ising(1, 5000, 1.0, 0.0, beta).unwrap().pair_probabilities(1);
        let broken = p[[0, 1]] + p[[1, 0]];
        assert!((broken - 1.0 / (1.0 + (2.0 * beta).exp())).abs() < 1e-12);
    }
    // States of a ring of twelve with two walls, and with none: the log of their odds is −ΔF / T.
    let (n, beta) = (12, 0.9);
    let states = binary_states(n, -1.0, 1.0).unwrap();
    let p = Boltzmann::new(&Ising::new(1, n, 1.0, 0.0).unwrap(), states, beta).unwrap();
    let walls = |s: &ArrayRef1<f64>| (0..n).filter(|&i| s[i] != s[(i + 1) % n]).count();
    let share = |count: usize| p.mean(|s| if walls(s) == count { 1.0 } else { 0.0 });
    let change = 4.0 - (n as f64 * (n as f64 - 1.0) / 2.0).ln() / beta;
    assert!(((share(2) / share(0)).ln() + beta * change).abs() < 1e-12);
}

/// The capacity of chains by differences of the mean energy against (βJ)² sech² βJ, at two lengths; that of tori grows with the side.
/// Source: Ising (1925); Onsager (1944).
#[test]
fn ising_chain_no_transition() {
    let capacity = |width: usize, length: usize, t: f64| {
        let energy = |t: f64| Ring::ising(width, length, 1.0, 0.0, 1.0 / t).unwrap().mean_energy();
        slope(energy, t, 2e-3) / (width * length) as f64
    };
    for t in [0.4, 0.6, 0.83, 1.5, 3.0_f64] {
        let closed = (1.0 / t / (1.0 / t).cosh()).powi(2);
        assert!((capacity(1, 10_000, t) - closed).abs() < 1e-7);
        assert!((capacity(1, 1_000_000, t) - closed).abs() < 1e-7);
    }
    let peak = |width: usize| {
        let grid = (0..=40).map(|k| 2.1 + 0.01 * k as f64);
        grid.map(|t| (capacity(width, width, t), t))
            .fold((0.0, 0.0), |a: (f64, f64), b| if b.0 > a.0 { b } else { a })
    };
    let peaks = [peak(4), peak(6), peak(8)];
    assert!(peaks[0].0 + 0.1 < peaks[1].0 && peaks[1].0 + 0.1 < peaks[2].0, "{peaks:?}");
    // Their places approach Onsager's T, sinh(2/T) = 1, as 1/side.
    let onsager = 2.0 / 1f64.asinh();
    let extrapolated =
        peaks[2].1 - (peaks[1].1 - peaks[2].1) * (1.0 / 8.0) / (1.0 / 6.0 - 1.0 / 8.0);
    assert!((extrapolated - onsager).abs() < 0.03, "{extrapolated} and {onsager}");
}

/// The critical temperature 2J / log(1 + √2) against self-duality, sinh²(2J/T) = 1, and against the crossing of two strips' ξ/width.
/// Source: Kramers and Wannier (1941); Onsager (1944).
#[test]
fn ising_critical_temperature() {
    let t = 2.0 / (1.0 + 2f64.sqrt()).ln();
    assert!(((2.0 / t).sinh().powi(2) - 1.0).abs() < 1e-14);
    // The correlation length along a strip in units of its width: when it grows with the width there is order, when it falls there is none.
    let length = |width: usize, t: f64| {
        let ring = Ring::ising(width, 400, 1.0, 0.0, 1.0 / t).unwrap();
        let states = binary_states(width, -1.0, 1.0).unwrap();
        let top = states.column(0);
        let correlation = |r: usize| top.dot(&ring.pair_probabilities(r).dot(&top));
        -20.0 / (correlation(80) / correlation(60)).ln() / width as f64
    };
    assert!(length(6, t * 0.97) > length(4, t * 0.97));
    assert!(length(6, t * 1.03) < length(4, t * 1.03));
}

/// The trapezoidal rule in t, x = sinh t, against closed forms and Simpson's rule: narrow and wide, near and far, smooth and with a kink.
#[test]
fn sinh_trapezoid() {
    for (mean, precision, beta) in
        [(0.0, 1.0, 1.0), (0.5, 1e4, 2.0), (-30.0, 1e4, 1.0), (3.0, 1e-6, 0.5), (700.0, 1.0, 1.0)]
    {
        let bowl = Gaussian::new(array![mean], array![[precision]]).unwrap();
        let p = Boltzmann::on_line(&bowl, beta).unwrap();
        assert!((p.log_partition() - bowl.log_partition(beta)).abs() < 1e-9, "{mean}, {precision}");
        assert!(close(p.mean(|x| x[0]), mean, 1e-8));
        assert!(close(p.mean(|x| (x[0] - mean).powi(2)), 1.0 / (beta * precision), 1e-8));
    }
    let well = DoubleWell::new(3.0, 0.4).unwrap();
    let p = Boltzmann::on_line(&well, 2.0).unwrap();
    let z = simpson(|x| (-2.0 * well.energy(&array![x])).exp(), -5.0, 5.0);
    assert!((p.log_partition() - z.ln()).abs() < 1e-10);
    let kink = Boltzmann::on_line(&Line(f64::abs), 2.0).unwrap();
    assert!(kink.log_partition().abs() < 1e-9, "∫ e^(−2|x|) dx = 1");
    // The sum itself, at one spacing, written out.
    let h = 0.05;
    let sum: f64 = (-200..=200)
        .map(|j| h * (j as f64 * h).cosh() * (-0.5 * (j as f64 * h).sinh().powi(2)).exp())
        .sum();
    assert!((sum - std::f64::consts::TAU.sqrt()).abs() < 1e-13);
}

/// The share outside the last box, as the refusal states it for tails 1/|x|^a that are too heavy, against the integral of the tails; and for
/// lighter ones the box against the first that leaves out less than 10⁻¹².
#[test]
fn box_tail_estimate() {
    let slow = Line(|x: f64| (x * x).ln_1p());
    let z = |a: f64| {
        (0.5 * std::f64::consts::PI.ln() + libm_lgamma(0.5 * a - 0.5) - libm_lgamma(0.5 * a)).exp()
    };
    let outside = |a: f64, x: f64| 2.0 * x.powf(1.0 - a) / (a - 1.0);
    for a in [1.05, 1.1] {
        let Err(Error::NotConverged { value, .. }) = Boltzmann::on_line(&slow, 0.5 * a) else {
            panic!("a box for tails 1/|x|^{a}")
        };
        let tails = outside(a, 2f64.powi(249));
        // The sum ends at a node and not halfway to the next: of the tails it lacks (a - 1)/2 of a spacing, log 2 / 64.
        assert!(
            (value / (tails / (z(a) - tails)) - 1.0).abs() < 0.006 * (a - 1.0),
            "{a}: {value:e}"
        );
    }
    let reach = |p: Boltzmann| p.states().fold(0.0, |a: f64, &x| a.max(x.abs()));
    for a in [1.25, 1.5, 2.0, 4.0] {
        let end = reach(Boltzmann::on_line(&slow, 0.5 * a).unwrap());
        let share = |x: f64| outside(a, x) / z(a);
        assert!(share(end) < 1e-12 && share(0.5 * end) > 1e-12, "{a}: {end:e}");
    }
    // A bell has no such tails: ten doublings are the fewest.
    let bell = reach(Boltzmann::on_line(&Line(|x: f64| x * x), 1.0).unwrap());
    assert!((500.0..=513.0).contains(&bell), "{bell}");
}

/// Z of E = log(1 + x²) against √π Γ(β − ½)/Γ(β); at β = ½ and below there is none, and the error says so.
#[test]
fn heavy_tail_partition() {
    let slow = Line(|x: f64| (x * x).ln_1p());
    for beta in [0.6, 0.75, 1.0, 3.0, 40.0] {
        let closed = 0.5 * std::f64::consts::PI.ln() + libm_lgamma(beta - 0.5) - libm_lgamma(beta);
        let found = Boltzmann::on_line(&slow, beta).unwrap().log_partition();
        assert!((found - closed).abs() < 1e-9, "{beta}: {found} and {closed}");
    }
    for beta in [0.5, 0.4, 0.0] {
        let refusal = Boltzmann::on_line(&slow, beta).unwrap_err();
        assert!(matches!(
            refusal,
            Error::NotConverged { what: "the partition function on growing boxes", .. }
        ));
    }
}

/// log Γ by Stirling's series after ten steps of the recursion.
fn libm_lgamma(z: f64) -> f64 {
    let shift: f64 = (0..10).map(|k| (z + k as f64).ln()).sum();
    let z = z + 10.0;
    let series = 1.0 / (12.0 * z) - 1.0 / (360.0 * z.powi(3)) + 1.0 / (1260.0 * z.powi(5))
        - 1.0 / (1680.0 * z.powi(7));
    (z - 0.5) * z.ln() - z + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

/// The distribution at growing β against the uniform one on the global minimisers, with the bound (n/g) e^(−βΔ); with two of them it is no single point.
#[test]
fn zero_temperature_dirac() {
    let lone = Table(array![0.0, 1.0, 2.0]);
    for beta in [1.0, 5.0, 20.0] {
        let p = lone.at(beta).probabilities();
        assert!(
            (&p - &zero_temperature_limit(&lone.0).unwrap())
                .iter()
                .all(|d| d.abs() <= 2.0 * (-beta).exp())
        );
    }
    let pair = Table(array![0.0, 0.0, 1.0, 2.0]);
    let limit = zero_temperature_limit(&pair.0).unwrap();
    assert_eq!(limit, array![0.5, 0.5, 0.0, 0.0]);
    assert!((pair.at(50.0).probabilities() - &limit).iter().all(|d| d.abs() < 1e-12));
    assert!((pair.at(50.0).entropy() - 2f64.ln()).abs() < 1e-12);
    // The bound: what is left above the g lowest of n states, a gap Δ up.
    let mut rng = rng(15);
    let energies = Array1::from_shape_simple_fn(30, || rng.random_range(0..5) as f64);
    let ground = energies.iter().filter(|&&e| e == 0.0).count() as f64;
    let limit = zero_temperature_limit(&energies).unwrap();
    assert!(ground > 1.0 && (entropy(&limit) - ground.ln()).abs() < 1e-13);
    for beta in [0.5, 2.0, 8.0] {
        let p = Table(energies.clone()).at(beta).probabilities();
        let above: f64 = p.iter().zip(&energies).filter(|&(_, &e)| e > 0.0).map(|(p, _)| p).sum();
        assert!(above <= (30.0 / ground) * (-beta).exp());
    }
    // A local minimum that is not global gets nothing.
    assert_eq!(
        zero_temperature_limit(&array![1.0, 3.0, 0.0, 3.0]).unwrap(),
        array![0.0, 0.0, 1.0, 0.0]
    );
}

/// The distribution at small β against 1/n and its first-order term −β(E − Ē)/n; a state of infinite energy stays out however hot it is.
#[test]
fn infinite_temperature_limit() {
    let table = Table::random(20, &mut rng(16));
    let mean = table.0.sum() / 20.0;
    assert!(table.at(0.0).probabilities().iter().all(|p| (p - 0.05).abs() < 1e-16));
    let beta = 1e-5;
    for (p, e) in table.at(beta).probabilities().iter().zip(&table.0) {
        // The next term is of order β² = 10⁻¹⁰ times E²/n.
        assert!((p - 0.05 * (1.0 - beta * (e - mean))).abs() < 1e-10);
        assert!(
            (p - 0.05 * (1.0 - beta * (e - mean))).abs() < 0.02 * beta * (e - mean).abs().max(0.01)
        );
    }
    let walled = Table(array![0.0, f64::INFINITY, 3.0]).at(0.0);
    assert_eq!(walled.probabilities()[1], 0.0);
    assert!((walled.probabilities()[2] - 0.5).abs() < 1e-15);
    assert!((walled.entropy() - 2f64.ln()).abs() < 1e-15);
    // On the line there is nothing to tend to.
    let bowl = Gaussian::new(array![0.0], array![[1.0]]).unwrap();
    assert!(matches!(Boltzmann::on_line(&bowl, 0.0), Err(Error::NotConverged { .. })));
}

/// The shares of two equally deep valleys by quadrature against √(1/E″): the error falls as the temperature; and a flat-bottomed one takes all.
#[test]
fn laplace_valley_weights() {
    // Curvatures 8 at −1 and 72 at +1: the left one is √9 times as wide.
    let valleys = Line(|x: f64| (x * x - 1.0).powi(2) * (1.0 + 2.0 * (x + 1.0).powi(2)));
    let left = |beta: f64| {
        Boltzmann::on_line(&valleys, beta).unwrap().mean(|x| if x[0] < 0.0 { 1.0 } else { 0.0 })
    };
    let errors = [50.0, 100.0, 200.0].map(|beta| left(beta) - 0.75);
    for pair in errors.windows(2) {
        assert!((pair[0] / pair[1] - 2.0).abs() < 0.1, "{errors:?}");
    }
    // A tilt by δ multiplies the odds by e^(βδ): at β = 10 and δ = ½ log 9 / 10 it pays for the width, to the order of the temperature.
    let tilted = Line(|x: f64| valleys.0(x) + if x < 0.0 { 9f64.ln() / 20.0 } else { 0.0 });
    let share =
        Boltzmann::on_line(&tilted, 10.0).unwrap().mean(|x| if x[0] < 0.0 { 1.0 } else { 0.0 });
    let odds = left(10.0) / (1.0 - left(10.0));
    assert!((share / (1.0 - share) - odds / 3.0).abs() < 1e-3);
    // 4(x + 1)⁴ at the left against 16(x − 1)² at the right: the right's share falls as β^(−1/4).
    let flat = Line(|x: f64| (x - 1.0).powi(2) * (x + 1.0).powi(4));
    let odds = |beta: f64| {
        let left =
            Boltzmann::on_line(&flat, beta).unwrap().mean(|x| if x[0] < 0.0 { 1.0 } else { 0.0 });
        (1.0 - left) / left
    };
    let power = (odds(1.6e6) / odds(1e5)).log2() / 4.0;
    assert!((power + 0.25).abs() < 0.01, "{power}");
}

/// A constant added to the energy leaves every probability and, with integer energies, every step of a sampler as it was; the temperature's fall stops all climbing.
#[test]
fn zero_temperature_no_motion() {
    let lattice = Ising::new(3, 4, 1.0, 0.0).unwrap();
    let states = || binary_states(12, -1.0, 1.0).unwrap();
    let p = Boltzmann::new(&lattice, states(), 0.4).unwrap();
    let q = Boltzmann::new(&Shifted(lattice, 1000.0), states(), 0.4).unwrap();
    assert!((p.probabilities() - q.probabilities()).iter().all(|d| d.abs() < 1e-12));
    let path = |shift: f64| {
        let mut kernel = Gibbs::new(Shifted(lattice, shift), -1.0, 1.0, 2.5).unwrap();
        kernel.run(&mut Array1::ones(12), 500, &mut rng(17))
    };
    assert_eq!(path(0.0), path(24.0));
    let climbs = |temperature: f64| {
        let well = DoubleWell::new(1.0, 0.0).unwrap();
        let mut kernel = Metropolis::new(well, 1, 0.5, temperature).unwrap();
        let (mut x, mut rng) = (array![1.0], rng(18));
        let mut most = 0.0_f64;
        for _ in 0..20_000 {
            let before = well.energy(&x);
            kernel.step(&mut x, &mut rng);
            most = most.max(well.energy(&x) - before);
        }
        most
    };
    // A climb of 40 T is taken with a probability of e⁻⁴⁰.
    assert!(climbs(1.0) > 0.5 && climbs(1e-6) < 4e-5);
    assert_eq!(climbs(0.0), 0.0);
}

/// "At zero energy nothing moves", as one source says: a sampler whose states all have the energy 0 moves at every chance, and one at −1000 can be lively.
#[test]
fn erratum_zero_temperature_no_motion() {
    let moves = |energy: f64, temperature: f64| {
        let flat = Shifted(Line(|_: f64| 0.0), energy);
        let mut kernel = Metropolis::new(flat, 1, 1.0, temperature).unwrap();
        let (mut x, mut rng) = (array![0.0], rng(19));
        (0..100).filter(|_| kernel.step(&mut x, &mut rng)).count()
    };
    assert_eq!(moves(0.0, 1.0), 100);
    assert_eq!(moves(-1000.0, 1.0), 100);
    // What stops motion is the temperature: in a bowl, at its bottom, whose energy is not zero.
    let bowl = Shifted(Gaussian::new(array![0.0], array![[1.0]]).unwrap(), 5.0);
    let mut cold = Metropolis::new(bowl, 1, 1.0, 0.0).unwrap();
    let (mut x, mut rng) = (array![0.0], rng(20));
    assert_eq!((0..100).filter(|_| cold.step(&mut x, &mut rng)).count(), 0);
}

fn answers_and_latents() -> (Array2<f64>, Boltzmann) {
    let mut rng = rng(21);
    let table = Array2::from_shape_simple_fn((4, 5), || rng.sample(StandardNormal));
    let joint = Table(table.iter().copied().collect()).at(1.3);
    (table, joint)
}

/// P(y, z | x) over a 4 × 5 table of energies against the quotient with −β above and below, both loops written out; it sums to 1.
#[test]
fn gibbs_posterior_joint_latent() {
    let (table, joint) = answers_and_latents();
    let mut below = 0.0;
    for y in 0..4 {
        for z in 0..5 {
            below += (-1.3 * table[[y, z]]).exp();
        }
    }
    let p = joint.probabilities();
    for y in 0..4 {
        for z in 0..5 {
            assert!((p[5 * y + z] - (-1.3 * table[[y, z]]).exp() / below).abs() < 1e-14);
        }
    }
    assert!((p.sum() - 1.0).abs() < 1e-12);
}

/// The quotient with e^(+βE) below, as one source prints it: it does not sum to 1, neither for the table nor for two states of energies 0 and 1.
#[test]
fn erratum_gibbs_posterior_joint_latent() {
    let printed = |energies: &Array1<f64>, beta: f64| {
        energies.map(|e| (-beta * e).exp()).sum() / energies.map(|e| (beta * e).exp()).sum()
    };
    let (table, joint) = answers_and_latents();
    assert!((printed(&table.iter().copied().collect(), 1.3) - 1.0).abs() > 0.01);
    assert!((joint.probabilities().sum() - 1.0).abs() < 1e-12);
    assert!((printed(&array![0.0, 1.0], 1.0) - (-1f64).exp()).abs() < 1e-14);
}

/// P(y | x) by summing the joint table over z against the Gibbs distribution of −(1/β) log Σ_z e^(−βE).
#[test]
fn latent_marginalisation() {
    let (table, joint) = answers_and_latents();
    let summed = joint.probabilities().into_shape_with_order((4, 5)).unwrap().sum_axis(Axis(1));
    let effective = table.map_axis(Axis(1), |row| -row.map(|e| (-1.3 * e).exp()).sum().ln() / 1.3);
    assert!((by_definition(&effective, 1.3) - summed).iter().all(|d| d.abs() < 1e-14));
}

/// The derivative of the mean log-likelihood by differences against ⟨E⟩ − mean E of the data, and its root, found by the library, against the β of the draws.
#[test]
fn beta_calibration() {
    let mut rng = rng(22);
    let table = Table::random(20, &mut rng);
    let truth = table.at(1.7);
    let answers: Vec<usize> = (0..20_000).map(|_| truth.draw(&mut rng)).collect();
    let of_data = answers.iter().map(|&i| table.0[i]).sum::<f64>() / answers.len() as f64;
    let likelihood = |beta: f64| -beta * of_data - table.0.map(|e| (-beta * e).exp()).sum().ln();
    let mut last = f64::INFINITY;
    for beta in [0.2, 0.8, 1.5, 3.0] {
        let change = slope(likelihood, beta, 1e-3);
        assert!((change - (table.at(beta).mean_energy() - of_data)).abs() < 1e-10);
        assert!(change < last, "the log-likelihood is concave");
        last = change;
    }
    let rows = Array2::from_shape_fn((answers.len(), 20), |(_, j)| table.0[j]);
    let found = calibrate(&rows, &answers).unwrap();
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if by_definition(&table.0, middle).dot(&table.0) > of_data {
            low = middle
        } else {
            high = middle
        }
    }
    assert!((found - low).abs() < 1e-11);
    let error = 1.0 / (20_000.0 * truth.energy_variance()).sqrt();
    assert!((found - 1.7).abs() < 4.0 * error && error < 0.02);
}

/// The scatter of β over 400 data sets, each with other energies for every question, against 1/√Σ Var E; the scatter of 400 is known to 3.5 %.
#[test]
fn calibration_standard_error() {
    let mut rng = rng(23);
    let (n, beta) = (300, 1.2);
    let energies = Array2::from_shape_simple_fn((n, 4), || rng.sample(StandardNormal));
    let questions: Vec<Boltzmann> =
        energies.rows().into_iter().map(|row| Table(row.to_owned()).at(beta)).collect();
    let predicted = questions.iter().map(|p| p.energy_variance()).sum::<f64>().sqrt().recip();
    let found: Vec<f64> = (0..400)
        .map(|_| {
            let answers: Vec<usize> = questions.iter().map(|p| p.draw(&mut rng)).collect();
            calibrate(&energies, &answers).unwrap()
        })
        .collect();
    let mean = found.iter().sum::<f64>() / 400.0;
    let scatter = (found.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
    assert!((scatter / predicted - 1.0).abs() < 4.0 * 0.036, "{scatter} and {predicted}");
    // The estimate's bias is of order 1/n, well below its scatter.
    assert!((mean - beta).abs() < 0.3 * predicted);
}

/// One sweep of Gibbs sampling over 4 + 3 units as a 128 × 128 matrix K: pK against p by enumeration, from any start; the library's sweep against K; its long averages against enumeration.
#[test]
fn gibbs_sampling_standard_rule() {
    let net = Restricted::random(&mut rng(24));
    let states = binary_states(7, 0.0, 1.0).unwrap();
    let exact = Boltzmann::new(&net, states.clone(), 1.0).unwrap();
    let weights: Array1<f64> = states.rows().into_iter().map(|s| (-net.energy(&s)).exp()).collect();
    let mut sweep = Array2::<f64>::eye(128);
    for unit in 0..7 {
        let bit = 1 << (6 - unit);
        let mut single = Array2::<f64>::zeros((128, 128));
        for from in 0..128_usize {
            let (off, on) = (from & !bit, from | bit);
            single[[from, off]] = weights[off] / (weights[off] + weights[on]);
            single[[from, on]] = weights[on] / (weights[off] + weights[on]);
        }
        sweep = sweep.dot(&single);
    }
    let p = exact.probabilities();
    assert!((p.dot(&sweep) - &p).iter().all(|d| d.abs() < 1e-13));
    assert!(sweep.sum_axis(Axis(1)).iter().all(|s| (s - 1.0).abs() < 1e-12));
    let mut many = sweep.clone();
    for _ in 0..8 {
        many = many.dot(&many);
    }
    assert!(many.rows().into_iter().all(|row| total_variation(&row.to_owned(), &p) < 1e-6));

    let index = |s: &ArrayRef1<f64>| s.fold(0, |sum, &bit| 2 * sum + bit as usize);
    let mut kernel = Gibbs::new(&net, 0.0, 1.0, 1.0).unwrap();
    let (start, draws, mut rng) = (states.row(90), 50_000, rng(25));
    let mut visits = Array1::<f64>::zeros(128);
    for _ in 0..draws {
        let mut s = start.to_owned();
        kernel.step(&mut s, &mut rng);
        visits[index(&s)] += 1.0 / draws as f64;
    }
    for (visits, k) in visits.iter().zip(sweep.row(90)) {
        // 128 comparisons at five standard errors, and one visit where hardly any is due.
        assert!(
            (visits - k).abs() < 5.0 * (k * (1.0 - k) / draws as f64).sqrt() + 1.0 / draws as f64
        );
    }
    let path = kernel.run(&mut start.to_owned(), 100_000, &mut rng);
    let energies: Vec<f64> = path.rows().into_iter().map(|s| net.energy(&s)).collect();
    let (mean, error) = batch_mean(&energies);
    assert!((mean - exact.mean_energy()).abs() < 4.0 * error && error < 0.03);
}

/// The colourings of small rings, counted one by one, against the formula and against Z of a cold ring.
#[test]
fn ring_colourings() {
    for (q, n) in [(2_usize, 5_u32), (2, 6), (3, 3), (3, 7), (4, 5)] {
        let site = |s: usize, i: u32| s / q.pow(i % n) % q;
        let counted =
            (0..q.pow(n)).filter(|&s| (0..n).all(|i| site(s, i) != site(s, i + 1))).count() as f64;
        let free = q as f64 - 1.0;
        assert_eq!(counted, free.powi(n as i32) + (-1f64).powi(n as i32) * free);
        let clash = Array2::from_shape_fn((q, q), |(a, b)| if a == b { 1.0 } else { 0.0 });
        let z = Ring::new(clash, n as usize, 60.0).unwrap().log_partition().exp();
        assert!((z - counted).abs() < 1e-9, "{q} colours, {n} sites: {z}");
    }
}

/// ⟨E⟩ of E = |x|^k by quadrature against T/k, at three temperatures.
#[test]
fn equipartition() {
    for k in [1, 2, 4, 6] {
        for t in [0.5, 1.0, 4.0] {
            let p = Boltzmann::on_line(&Line(|x: f64| x.abs().powi(k)), 1.0 / t).unwrap();
            assert!((p.mean_energy() - t / k as f64).abs() < 1e-8, "{k}");
        }
    }
}

/// Values by SciPy against this crate's: quad for the line, logsumexp, softmax and entropy for a table, a bounded minimiser for the calibrated temperature.
/// Source: `tests/oracles/gibbs_boltzmann.py`.
#[test]
fn quadrature_agrees_with_scipy() {
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("../oracles/gibbs_boltzmann.json")).unwrap();
    let numbers = |v: &serde_json::Value| -> Array1<f64> {
        v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    for case in oracle["line"].as_array().unwrap() {
        let beta = case["beta"].as_f64().unwrap();
        let p = match case["energy"].as_str().unwrap() {
            "quartic" => Boltzmann::on_line(&Line(|x: f64| 0.5 * x * x + x.powi(4)), beta),
            "double well" => Boltzmann::on_line(&DoubleWell::new(2.0, 0.5).unwrap(), beta),
            "cosh" => Boltzmann::on_line(&Line(f64::cosh), beta),
            "log" => Boltzmann::on_line(&Line(|x: f64| (x * x).ln_1p()), beta),
            other => panic!("no energy called {other}"),
        }
        .unwrap();
        // quad was asked for 1e-12, absolute and relative.
        assert!((p.log_partition() - case["log_partition"].as_f64().unwrap()).abs() < 1e-9);
        assert!((p.mean_energy() - case["mean_energy"].as_f64().unwrap()).abs() < 1e-8);
        assert!((p.entropy() - case["entropy"].as_f64().unwrap()).abs() < 1e-8);
    }
    let table = Table(numbers(&oracle["table"]["energies"]));
    for case in oracle["table"]["at"].as_array().unwrap() {
        let p = table.at(case["beta"].as_f64().unwrap());
        assert!(close(p.log_partition(), case["log_partition"].as_f64().unwrap(), 1e-14));
        assert!(close(p.entropy(), case["entropy"].as_f64().unwrap(), 1e-12));
        assert!(
            (p.probabilities() - numbers(&case["probabilities"])).iter().all(|d| d.abs() < 1e-14)
        );
    }
    let calibration = &oracle["calibration"];
    let rows = calibration["energies"].as_array().unwrap();
    let energies = Array2::from_shape_vec(
        (rows.len(), 5),
        rows.iter().flat_map(|row| numbers(row).into_iter()).collect(),
    )
    .unwrap();
    let answers: Vec<usize> =
        numbers(&calibration["answers"]).iter().map(|&y| y as usize).collect();
    let beta = calibrate(&energies, &answers).unwrap();
    // The minimiser sees the likelihood, whose bottom is flat to √ε.
    assert!((beta - calibration["beta"].as_f64().unwrap()).abs() < 1e-6);
}
