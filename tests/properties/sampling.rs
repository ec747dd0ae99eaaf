//! Samplers: what they refuse, that threads make no difference, and that steps allocate nothing.

use downhill::{
    Error,
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Ising, Mixture},
    rng,
    sampling::{
        Categorical, Gibbs, Hamiltonian, Importance, Kernel, Langevin, Lattice, Mala, MarkovChain,
        Metropolis, MetropolisHastings, Proposal, Tempering, Thermal, anneal, autocorrelation,
        autocorrelation_time, bulk_effective_size, chains, effective_size, onsager, rank_r_hat,
        rejection, split_r_hat,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;
use rand::{Rng, RngExt, TryRng, rngs::ChaCha8Rng};
use rand_distr::StandardNormal;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn well() -> DoubleWell {
    DoubleWell::new(1.0, 0.0).unwrap()
}

/// Stays where it is.
#[derive(Clone)]
struct Stay;
impl Proposal for Stay {
    fn propose(&mut self, from: &ArrayRef1<f64>, to: &mut ArrayRef1<f64>, _: &mut impl Rng) {
        to.assign(from);
    }
    fn log_density(&mut self, _: &ArrayRef1<f64>, _: &ArrayRef1<f64>) -> f64 {
        0.0
    }
}

#[track_caller]
fn refuses<T>(result: Result<T, Error>, expected: &str) {
    let Err(error) = result else { panic!("accepted, where `{expected}` should be refused") };
    let (Error::Parameter { what, .. }
    | Error::Domain { what, .. }
    | Error::Empty { what }
    | Error::Shape { what, .. }
    | Error::RankDeficient { what, .. }) = error
    else {
        panic!("another error: {error}")
    };
    assert_eq!(what, expected);
}

#[test]
fn bad_kernels_are_refused() {
    for bad in [0.0, -1.0, NAN, INF] {
        refuses(Metropolis::new(well(), 2, bad, 1.0), "reach");
        refuses(Langevin::new(well(), 2, bad, 1.0), "step_size");
        refuses(Mala::new(well(), 2, bad, 1.0), "step_size");
        refuses(Mala::new(well(), 2, 0.1, bad), "temperature");
        refuses(Hamiltonian::new(well(), 2, bad, 3, 1.0), "step_size");
        refuses(Hamiltonian::new(well(), 2, 0.1, 3, bad), "temperature");
    }
    for bad in [-1.0, NAN] {
        refuses(Metropolis::new(well(), 2, 1.0, bad), "temperature");
        refuses(Langevin::new(well(), 2, 0.1, bad), "temperature");
        refuses(MetropolisHastings::new(well(), Stay, 2, bad), "temperature");
        refuses(Gibbs::new(well(), 0.0, 1.0, bad), "temperature");
        refuses(Lattice::new(4, 4, 1.0, 0.0, bad), "temperature");
    }
    for zero in [0.0, -0.0] {
        refuses(MetropolisHastings::new(well(), Stay, 2, zero), "temperature");
        refuses(Gibbs::new(well(), 0.0, 1.0, zero), "temperature");
        refuses(Lattice::new(4, 4, 1.0, 0.0, zero), "temperature");
    }
    for bad in [NAN, INF] {
        refuses(Gibbs::new(well(), bad, 1.0, 1.0), "low");
        refuses(Gibbs::new(well(), 0.0, bad, 1.0), "high");
        refuses(Lattice::new(4, 4, bad, 0.0, 1.0), "coupling");
        refuses(Lattice::new(4, 4, 1.0, bad, 1.0), "field");
    }
    refuses(Metropolis::new(well(), 0, 1.0, 1.0), "units");
    refuses(MetropolisHastings::new(well(), Stay, 0, 1.0), "units");
    refuses(Langevin::new(well(), 0, 0.1, 1.0), "units");
    refuses(Mala::new(well(), 0, 0.1, 1.0), "units");
    refuses(Hamiltonian::new(well(), 0, 0.1, 3, 1.0), "units");
    refuses(Hamiltonian::new(well(), 1, 0.1, 0, 1.0), "leaps");
    for bad in [0, 1, 3] {
        refuses(Lattice::new(bad, 4, 1.0, 0.0, 1.0), "rows");
        refuses(Lattice::new(4, bad, 1.0, 0.0, 1.0), "columns");
    }
    let mut lattice = Lattice::new(2, 4, 1.0, 0.0, 1.0).unwrap();
    refuses(lattice.set_spins(&Array2::ones((4, 2))), "rows of spins");
    refuses(lattice.set_spins(&Array2::ones((2, 2))), "columns of spins");
    for bad in [0.0, 2.0, NAN] {
        refuses(lattice.set_spins(&Array2::from_elem((2, 4), bad)), "spins");
    }
    let kernel = Metropolis::new(well(), 1, 0.5, 1.0).unwrap();
    refuses(Tempering::new(well(), kernel.clone(), 1, &[]), "temperatures");
    refuses(Tempering::new(well(), kernel.clone(), 0, &[1.0]), "units");
    for bad in [0.0, -1.0, NAN, INF] {
        refuses(Tempering::new(well(), kernel.clone(), 1, &[1.0, bad]), "temperatures");
        let (mut x, mut kernel) = (array![0.0], kernel.clone());
        refuses(anneal(&well(), &mut kernel, &mut x, &[1.0, bad], &mut rng(1)), "schedule");
    }
    refuses(anneal(&well(), &mut kernel.clone(), &mut array![0.0], &[], &mut rng(1)), "schedule");
}

#[test]
fn bad_samples_and_chains_are_refused() {
    refuses(Categorical::new(&array![]), "weights");
    for bad in [array![-1.0, 2.0], array![NAN, 1.0], array![INF, 1.0], array![0.0, 0.0]] {
        refuses(Categorical::new(&bad), "weights");
    }
    // The largest and the smallest numbers there are.
    let sure = Categorical::new(&array![f64::MAX, f64::MAX, 0.0, 5e-324]).unwrap();
    assert_eq!((sure.quantile(0.4), sure.quantile(1.0_f64.next_down())), (0, 1));
    refuses(Importance::new(&array![], &array![]), "log_target");
    refuses(Importance::new(&array![0.0, 0.0], &array![0.0]), "log_proposal");
    for bad in [NAN, INF] {
        refuses(Importance::new(&array![0.0, bad], &array![0.0, 0.0]), "log_target");
        refuses(Importance::new(&array![0.0, 0.0], &array![0.0, bad]), "log_proposal");
    }
    refuses(Importance::new(&array![-INF, -INF], &array![0.0, 0.0]), "log_target");
    for bad in [-0.1, 1.1, NAN] {
        refuses(rejection(|_: &mut rand::rngs::ChaCha8Rng| 0.0, |_| bad, &mut rng(1)), "ratio");
    }
    refuses(MarkovChain::new(Array2::zeros((0, 0))), "transition");
    refuses(MarkovChain::new(array![[0.5, 0.5]]), "columns of transition");
    for bad in [
        array![[-0.5, 1.5], [0.5, 0.5]],
        array![[NAN, 1.0], [0.5, 0.5]],
        array![[INF, 0.0], [0.5, 0.5]],
    ] {
        refuses(MarkovChain::new(bad), "transition");
    }
    refuses(MarkovChain::new(array![[0.5, 0.4], [0.5, 0.5]]), "row sums of transition");
    refuses(
        MarkovChain::new(Array2::eye(3)).unwrap().stationary(),
        "the number of states that state 0 can reach and come back from",
    );
    let swap = array![[0.0, 1.0], [1.0, 0.0]];
    refuses(MarkovChain::metropolis_hastings(&swap, &array![1.0]), "target");
    for bad in [0.0, -1.0, NAN, INF] {
        refuses(MarkovChain::metropolis_hastings(&swap, &array![1.0, bad]), "target");
    }
    refuses(autocorrelation(&array![], 0), "x");
    refuses(autocorrelation(&array![1.0, 2.0], 2), "lags");
    refuses(autocorrelation_time(&array![1.0, 2.0, 3.0]), "the number of values");
    for bad in [array![1.0, NAN, 2.0, 3.0], array![1.0, INF, 2.0, 3.0], Array1::from_elem(9, 1e300)]
    {
        refuses(autocorrelation(&bad, 1), "x");
        refuses(autocorrelation_time(&bad), "x");
    }
    for estimate in [split_r_hat, effective_size, rank_r_hat, bulk_effective_size] {
        refuses(estimate(&Array2::zeros((0, 10))), "chains");
        refuses(estimate(&Array2::zeros((2, 0))), "chains");
        refuses(estimate(&Array2::zeros((2, 7))), "steps of a chain");
        refuses(estimate(&Array2::from_elem((2, 10), 0.1)), "chains");
        refuses(estimate(&Array2::from_elem((2, 10), NAN)), "chains");
    }
    // What is said of a chain does not depend on the unit, and the differences may be twice the largest number.
    let mut rng = rng(1);
    let x = Array1::from_shape_simple_fn(100, || rng.random_range(-1.0..1.0));
    let two = Array2::from_shape_simple_fn((2, 100), || rng.random_range(-1.0..1.0));
    for unit in [2f64.powi(700), 2f64.powi(-700), f64::MAX] {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
        let (rho, scaled) =
            (autocorrelation(&x, 1).unwrap(), autocorrelation(&(unit * &x), 1).unwrap());
        assert!(close(scaled[1], rho[1]));
        assert!(close(
            autocorrelation_time(&(unit * &x)).unwrap(),
            autocorrelation_time(&x).unwrap()
        ));
        for estimate in [split_r_hat, effective_size, rank_r_hat, bulk_effective_size] {
            assert!(close(estimate(&(unit * &two)).unwrap(), estimate(&two).unwrap()));
        }
    }
    // Values that alternate are worth more than independent ones, but never absurdly many.
    let alternating =
        Array2::from_shape_fn((2, 1000), |(_, t)| if t % 2 == 0 { 1.0 } else { -1.0 });
    let size = effective_size(&alternating).unwrap();
    assert!((2000.0..=2000.0 * 2000.0_f64.log10() + 1e-9).contains(&size));
    let kernel = Metropolis::new(well(), 1, 0.5, 1.0).unwrap();
    let count = |starts: &mut Array2<f64>| chains(&kernel, starts, 1, |_, _, _| ());
    refuses(count(&mut Array2::zeros((0, 1))), "starts");
    refuses(count(&mut Array2::zeros((3, 0))), "starts");
    refuses(count(&mut array![[0.0], [NAN]]), "starts");
    assert!(onsager::energy(NAN).is_nan() && onsager::magnetisation(NAN).is_nan());
    for cold in [0.0, 1e-3] {
        assert_eq!((onsager::energy(cold), onsager::magnetisation(cold)), (-2.0, 1.0));
    }
    assert!(onsager::energy(1e6).abs() < 1e-5);
}

/// R̂ and the effective size of ranks against ArviZ and a NumPy script, for chains that agree, that are apart, of which one is frozen or too wide, with ties and with heavy tails.
#[test]
fn chains_are_judged_by_ranks() {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../oracles/sampling.json")).unwrap();
    let cases = all["ranked"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for (number, case) in cases.iter().enumerate() {
        let rows: Vec<Vec<f64>> = serde_json::from_value(case["chains"].clone()).unwrap();
        let chains = Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j]);
        let close = |a: f64, b: &serde_json::Value, share: f64| {
            assert!((a / b.as_f64().unwrap() - 1.0).abs() < share, "case {number}: {a}, not {b}");
        };
        close(rank_r_hat(&chains).unwrap(), &case["r_hat"], 1e-10);
        close(bulk_effective_size(&chains).unwrap(), &case["size"], 1e-10);
        // ArviZ divides covariances by n, not by n - 1, and adds half a pair where Geyer's sum ends: much, where chains are stuck and the pairs hardly fall.
        let share = if number == 1 { 0.15 } else { 0.02 };
        close(bulk_effective_size(&chains).unwrap(), &case["arviz_size"], share);
    }
    let r_hats: Vec<f64> = cases.iter().map(|case| case["r_hat"].as_f64().unwrap()).collect();
    assert!(r_hats[0] < 1.1 && r_hats[1] > 1.5 && r_hats[2] > 1.4 && r_hats[3] > 1.1);
    // Ranks know no units, and no law but the order.
    let mut rng = rng(7);
    let x = Array2::from_shape_simple_fn((3, 100), || rng.random_range(-1.0..1.0));
    let far = x.mapv(|x: f64| (600.0 * x).exp());
    assert_eq!(bulk_effective_size(&x), bulk_effective_size(&far));
}

/// Chains that stand still, alone, among others and all together; and one chain alone.
#[test]
fn frozen_chains_are_seen() {
    let mut rng = rng(3);
    let mut chains = Array2::from_shape_simple_fn((4, 1000), || rng.sample(StandardNormal));
    assert!(rank_r_hat(&chains).unwrap() < 1.01);
    for place in [0.3, 0.0, 1e-300] {
        chains.row_mut(3).fill(place);
        let r_hat = rank_r_hat(&chains).unwrap();
        assert!(r_hat > 1.4, "frozen at {place}: {r_hat}");
    }
    // The means alone agree.
    assert!(split_r_hat(&chains).unwrap() < 1.01);
    // A chain that freezes on its way is frozen in its second half.
    let mut alone = Array2::from_shape_simple_fn((1, 1000), || rng.sample(StandardNormal));
    assert!(rank_r_hat(&alone).unwrap() < 1.01);
    alone.slice_mut(ndarray::s![.., 500..]).fill(0.0);
    assert!(rank_r_hat(&alone).unwrap() > 1.4);
    // Each at its own place, which sums of many would round.
    let apart = Array2::from_shape_fn((3, 1000), |(chain, _)| 0.1 + chain as f64);
    for r_hat in [split_r_hat, rank_r_hat] {
        assert_eq!(r_hat(&apart), Ok(INF));
    }
    for size in [effective_size, bulk_effective_size] {
        // So many halves, and each is worth one draw at most.
        assert!(size(&apart).unwrap() <= 6.0);
    }
    // Two values, as far from the middle as each other: there are no tails.
    let signs = Array2::from_shape_simple_fn((2, 100), || if rng.random() { 1.0 } else { -1.0 });
    assert!(rank_r_hat(&signs).unwrap() < 1.1);
}

/// Has one energy and one slope, wherever it is asked.
#[derive(Clone)]
struct Flat(f64, f64);
impl Energy for Flat {
    fn energy(&self, _: &ArrayRef1<f64>) -> f64 {
        self.0
    }
}
impl Differentiable for Flat {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(self.1);
    }
}

/// Whether a step from the origin panics with a message that contains `words`.
fn stops<K: Kernel>(mut kernel: K, words: &str) {
    let step = std::panic::AssertUnwindSafe(|| kernel.step(&mut array![0.0], &mut rng(1)));
    let panic = std::panic::catch_unwind(step).expect_err("the step went on");
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.or_else(|| panic.downcast_ref::<&str>().map(|m| m.to_string())).unwrap();
    assert!(message.contains(words), "{message}");
}

#[test]
fn kernels_stop_at_energies_that_are_none() {
    for bad in [NAN, -INF] {
        stops(Metropolis::new(Flat(bad, 0.0), 1, 1.0, 1.0).unwrap(), "an energy of");
        stops(MetropolisHastings::new(Flat(bad, 0.0), Stay, 1, 1.0).unwrap(), "an energy of");
        stops(Gibbs::new(Flat(bad, 0.0), 0.0, 1.0, 1.0).unwrap(), "an energy of");
        stops(Mala::new(Flat(bad, 0.0), 1, 1.0, 1.0).unwrap(), "an energy of");
        stops(Hamiltonian::new(Flat(bad, 0.0), 1, 1.0, 1, 1.0).unwrap(), "an energy of");
    }
    stops(Gibbs::new(Flat(INF, 0.0), 0.0, 1.0, 1.0).unwrap(), "neither value");
    stops(Langevin::new(Flat(0.0, NAN), 1, 0.1, 1.0).unwrap(), "the slope is not a number");
    // Energy met on the way, after a start that is sound.
    refuses(
        anneal(
            &Flat(NAN, 0.0),
            &mut Metropolis::new(well(), 1, 0.5, 1.0).unwrap(),
            &mut array![0.0],
            &[1.0],
            &mut rng(1),
        ),
        "energy",
    );
    // A ride that leaves the range of numbers is refused, and the chain stays where it was.
    let mut wild = Hamiltonian::new(well(), 1, 1e3, 30, 1.0).unwrap();
    let mut x = array![1.3];
    assert!((0..20).all(|_| !wild.step(&mut x, &mut rng(1))) && x[0] == 1.3);
    // What a constructor refuses cannot be set later.
    fn refuses_to_be_at(mut kernel: impl Thermal, temperature: f64) {
        let set = std::panic::AssertUnwindSafe(|| kernel.set_temperature(temperature));
        assert!(std::panic::catch_unwind(set).is_err(), "{temperature} is accepted");
    }
    for bad in [-1.0, NAN] {
        refuses_to_be_at(Metropolis::new(well(), 1, 0.5, 1.0).unwrap(), bad);
    }
    for bad in [-1.0, NAN, INF] {
        refuses_to_be_at(Langevin::new(well(), 1, 0.5, 1.0).unwrap(), bad);
    }
    for bad in [-1.0, NAN, 0.0] {
        refuses_to_be_at(Gibbs::new(well(), 0.0, 1.0, 1.0).unwrap(), bad);
    }
    for bad in [-1.0, NAN, 0.0, INF] {
        refuses_to_be_at(Mala::new(well(), 1, 0.5, 1.0).unwrap(), bad);
        refuses_to_be_at(Hamiltonian::new(well(), 1, 0.5, 3, 1.0).unwrap(), bad);
    }
    // A state of one entry is not stretched to two units.
    let short = "a state of 1 entries for a kernel of 2 units";
    stops(Metropolis::new(well(), 2, 0.5, 1.0).unwrap(), short);
    stops(MetropolisHastings::new(well(), Stay, 2, 1.0).unwrap(), short);
    stops(Langevin::new(well(), 2, 0.5, 1.0).unwrap(), short);
    stops(Mala::new(well(), 2, 0.5, 1.0).unwrap(), short);
    stops(Hamiltonian::new(well(), 2, 0.5, 3, 1.0).unwrap(), short);
    // At an infinite temperature every step is taken; where nothing can be no step leads.
    let mut hot = Metropolis::new(well(), 2, 1.0, INF).unwrap();
    let (mut x, mut generator) = (array![0.0, 0.0], rng(1));
    assert!((0..100).all(|_| hot.step(&mut x, &mut generator)));
    // A kernel that was given another state than it left knows the new one's energy.
    let mut cold = Metropolis::new(well(), 1, 1e-3, 1e-9).unwrap();
    cold.step(&mut array![1.0], &mut generator);
    let mut x = array![3.0];
    let went = (0..200).filter(|_| cold.step(&mut x, &mut generator)).count();
    assert!(went > 50 && x[0] < 3.0, "{went} steps to {x}");
}

/// The same chains in pools of one, two and three threads, to the last bit; and different ones from another seed.
#[test]
fn chains_do_not_depend_on_the_number_of_threads() {
    let ring = Mixture::ring(8, 4.0, 0.5).unwrap();
    let kernel = Mala::new(&ring, 2, 0.05, 1.0).unwrap();
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut states = Array2::zeros((101, 2));
        let taken = pool.install(|| {
            chains(&kernel, &mut states, seed, |kernel, x, rng| {
                (0..50).filter(|_| kernel.step(x, rng)).count()
            })
        });
        (states, taken.unwrap())
    };
    let alone = run(1, 7);
    assert_eq!(alone, run(2, 7));
    assert_eq!(alone, run(3, 7));
    assert_ne!(alone.0, run(1, 8).0);
    // No two chains have the same numbers.
    let mut ends: Vec<u64> = alone.0.column(0).iter().map(|x| x.to_bits()).collect();
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), 101);
}

/// The allocator's count over a hundred steps of each kernel, after the first, against zero.
#[test]
fn steps_allocate_nothing() {
    fn count(mut kernel: impl Kernel, units: usize) -> u64 {
        let (mut x, mut rng) = (Array1::ones(units), rng(1));
        kernel.step(&mut x, &mut rng);
        allocation_counter::measure(|| {
            (0..100).for_each(|_| {
                kernel.step(&mut x, &mut rng);
            })
        })
        .count_total
    }
    let bowl = Gaussian::new(array![0.0, 1.0], array![[1.0, 0.2], [0.2, 2.0]]).unwrap();
    let ring = Mixture::ring(3, 1.0, 0.5).unwrap();
    assert_eq!(count(Metropolis::new(well(), 2, 0.5, 1.0).unwrap(), 2), 0);
    assert_eq!(count(MetropolisHastings::new(well(), Stay, 2, 1.0).unwrap(), 2), 0);
    assert_eq!(count(Langevin::new(&ring, 2, 0.1, 1.0).unwrap(), 2), 0);
    assert_eq!(count(Mala::new(&ring, 2, 0.1, 1.0).unwrap(), 2), 0);
    assert_eq!(count(Hamiltonian::new(&bowl, 2, 0.1, 5, 1.0).unwrap(), 2), 0);
    assert_eq!(
        count(Gibbs::new(Ising::new(3, 4, 1.0, 0.0).unwrap(), -1.0, 1.0, 1.0).unwrap(), 12),
        0
    );
    let kernel = Metropolis::new(well(), 2, 0.5, 1.0).unwrap();
    assert_eq!(count(Tempering::new(well(), kernel, 2, &[1.0, 2.0, 4.0]).unwrap(), 6), 0);
    let (mut lattice, mut rng) = (Lattice::new(16, 16, 1.0, 0.0, 2.0).unwrap(), rng(1));
    assert_eq!(
        allocation_counter::measure(|| (0..100).for_each(|_| lattice.sweep(&mut rng))).count_total,
        0
    );
}

/// Halves of a lattice's chances: as the first 16 bits of a draw the upper ones, as the others the lower ones or the number below.
struct Ties {
    chances: [u32; 5],
    rng: ChaCha8Rng,
}
impl Ties {
    fn chance(&mut self) -> u32 {
        self.chances[self.rng.random_range(0..5)]
    }
}
impl TryRng for Ties {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.chance() & 0xffff) - u32::from(self.rng.random::<bool>()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("a lattice draws 16 bits at a time, and 16 more at a tie")
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for pair in bytes.chunks_exact_mut(2) {
            pair.copy_from_slice(&((self.chance() >> 16) as u16).to_ne_bytes());
        }
        Ok(())
    }
}

/// Sweeps with draws whose first 16 bits are those of a chance, which random numbers seldom are, against draws of 32 bits compared with the whole
/// chance, spin by spin.
#[test]
fn lattices_draw_to_the_last_bit() {
    let (coupling, field, temperature) = (0.5, 0.1, 1.3);
    let chances = [-4.0, -2.0, 0.0, 2.0, 4.0].map(|neighbours: f64| {
        let p = 1.0 / (1.0 + (-2.0 * (coupling * neighbours + field) / temperature).exp());
        (p * 2.0_f64.powi(32)).round() as u32
    });
    for (rows, columns) in [(2, 2), (4, 6)] {
        let mut lattice = Lattice::new(rows, columns, coupling, field, temperature).unwrap();
        let mut spins = Array2::<f64>::ones((rows, columns));
        let [mut draws, mut same_draws] = [0; 2].map(|_| Ties { chances, rng: rng(1) });
        for _ in 0..100 {
            lattice.sweep(&mut draws);
            for (colour, row) in (0..2).flat_map(|colour| (0..rows).map(move |row| (colour, row))) {
                let mut first = vec![0_u16; columns / 2];
                same_draws.fill(&mut first[..]);
                for (column, first) in (0..columns).filter(|c| (row + c) % 2 == colour).zip(first) {
                    let neighbours = spins[[(row + 1) % rows, column]]
                        + spins[[(row + rows - 1) % rows, column]]
                        + spins[[row, (column + 1) % columns]]
                        + spins[[row, (column + columns - 1) % columns]];
                    let chance = chances[(neighbours as i32 + 4) as usize / 2];
                    let tie = u32::from(first) == chance >> 16;
                    let second = if tie { same_draws.random::<u16>() } else { 0 };
                    let draw = u32::from(first) << 16 | u32::from(second);
                    spins[[row, column]] = if draw < chance { 1.0 } else { -1.0 };
                }
            }
            assert_eq!(lattice.spins(), spins);
        }
    }
}

proptest! {
    /// Energy, magnetisation and the way back from an array, on lattices of all even sides, against the energy of the plain model.
    #[test]
    fn lattices_hold_what_they_are_given(rows in 1_usize..5, columns in 1_usize..5, seed: u64) {
        let mut rng = rng(seed);
        let (rows, columns) = (2 * rows, 2 * columns);
        let spins = Array2::from_shape_simple_fn((rows, columns), || if rng.random::<bool>() { 1.0 } else { -1.0 });
        let mut lattice = Lattice::new(rows, columns, 0.7, -0.3, 1.0).unwrap();
        lattice.set_spins(&spins).unwrap();
        prop_assert_eq!(&lattice.spins(), &spins);
        let flat = spins.flatten().to_owned();
        let plain = Ising::new(rows, columns, 0.7, -0.3).unwrap();
        let n = flat.len() as f64;
        prop_assert!((lattice.energy() - plain.energy(&flat) / n).abs() < 1e-12);
        prop_assert!((lattice.magnetisation() - flat.mean().unwrap()).abs() < 1e-15);
        // When it is as good as frozen, every spin goes the way of its field.
        lattice.set_temperature(1e-3);
        lattice.sweep(&mut rng);
        let swept = lattice.spins().flatten().to_owned();
        for i in (0..flat.len()).filter(|i| (i / columns + i % columns) % 2 == 1) {
            let field = plain.local_field(&swept, i);
            prop_assert_eq!(swept[i], field.signum());
        }
    }

    /// The stationary distribution of the exact rule is its target, whatever target and proposals.
    #[test]
    fn metropolis_hastings_finds_its_target(
        target in prop::collection::vec(1e-3..1e3, 5),
        proposal in prop::collection::vec(0.01..1.0, 25),
    ) {
        let mut q = Array2::from_shape_vec((5, 5), proposal).unwrap();
        for mut row in q.rows_mut() {
            let sum = row.sum();
            row /= sum;
        }
        let target = Array1::from(target);
        let chain = MarkovChain::metropolis_hastings(&q, &target).unwrap();
        let pi = chain.stationary().unwrap();
        let exact = &target / target.sum();
        prop_assert!(pi.iter().zip(&exact).all(|(a, b)| (a / b - 1.0).abs() < 1e-9));
    }
}

/// A chain that turns back at each step forgets faster than independent draws: for x' = -x/2 + noise the time is (1 - ½)/(1 + ½).
#[test]
fn a_chain_that_turns_back_has_a_short_memory() {
    let mut rng = rng(4);
    let mut last = 0.0;
    let path = Array1::from_shape_simple_fn(200_000, || {
        last = -0.5 * last + rng.sample::<f64, _>(StandardNormal);
        last
    });
    let time = autocorrelation_time(&path).unwrap();
    assert!((time - 1.0 / 3.0).abs() < 0.02, "{time}");
}
