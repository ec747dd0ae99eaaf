//! What free energies refuse, and what they do at the edges; laws on random energies.

use downhill::{
    Error,
    energy::{Differentiable, DoubleWell, Energy, Ising, binary_states},
    free_energy::{
        Levels, Marginal, MeanField, entropy, free_energy, log_sum_exp, variational_free_energy,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The sum of the entries: an energy that takes whatever its states hold.
struct Given;
impl Energy for Given {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        x.sum()
    }
}
impl Differentiable for Given {
    fn gradient_into(&self, _: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(1.0);
    }
}

/// 0, but another value where the first unit is up.
struct Wall(f64);
impl Energy for Wall {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x[0] == 1.0 { self.0 } else { 0.0 }
    }
}

/// −0 and 0 are the same; NaN is NaN.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

/// A large lowest energy changes neither probabilities nor entropy; one state alone has its energy at every temperature.
#[test]
fn levels_at_the_extremes() {
    let (low, high) =
        (Levels::new(&array![0.0, 1.0]).unwrap(), Levels::new(&array![1e15, 1e15 + 1.0]).unwrap());
    for beta in [0.0, 0.5, 3.0, 100.0] {
        assert!((high.entropy(beta) - low.entropy(beta)).abs() <= 1e-15 * low.entropy(beta));
        assert_eq!(high.probabilities(beta), low.probabilities(beta));
        assert_eq!(Levels::new(&array![-3.0]).unwrap().free_energy(beta), -3.0);
    }
    assert_eq!(low.free_energy(0.0), -INF);
    let refusal = Levels::new(&array![-1e308, 1e308]);
    assert!(matches!(refusal, Err(Error::Parameter { what: "the range of energies", .. })));
}

#[test]
fn sums_of_exponentials_at_the_edges() {
    for (v, sum) in [
        (array![], -INF),
        (array![-INF], -INF),
        (array![INF], INF),
        (array![INF, -INF], INF),
        (array![NAN], NAN),
        (array![NAN, INF], NAN),
        (array![INF, NAN], NAN),
        (array![3.0], 3.0),
        (array![-INF, 3.0], 3.0),
        (array![f64::MAX, f64::MAX], f64::MAX),
        (array![f64::MIN, f64::MIN], f64::MIN),
        (array![710.0, 0.0], 710.0),
    ] {
        let got = log_sum_exp(&v);
        assert!(same(got, sum), "{v}: {got}");
    }
}

#[test]
fn free_energies_at_the_edges() {
    for (energies, beta, free) in [
        (array![], 1.0, INF),
        (array![INF], 1.0, INF),
        (array![INF, 2.0], 1.0, 2.0),
        (array![INF, 2.0], INF, 2.0),
        (array![-INF, 2.0], 1.0, -INF),
        (array![NAN, 2.0], 1.0, NAN),
        (array![2.0, NAN], INF, NAN),
        (array![1e300, 1e300], 1e10, 1e300),
        (array![-1e300, 1e300], 1e10, -1e300),
        (array![5.0], 1e-300, 5.0),
        (array![1e4, 2e4], 1.0, 1e4),
    ] {
        let got = free_energy(&energies, beta);
        assert!(same(got, free), "{energies} at {beta}: {got}");
    }
    for beta in [0.0, -1.0, NAN] {
        assert!(std::panic::catch_unwind(|| free_energy(&array![1.0], beta)).is_err());
    }
}

#[test]
fn what_is_no_distribution_is_refused() {
    assert_eq!(entropy(&array![]), Err(Error::Empty { what: "q" }));
    for bad in [-0.1, NAN, INF] {
        let refusal = entropy(&array![0.5, bad]).unwrap_err();
        assert!(matches!(refusal, Error::Domain { what: "q", ref index, .. } if index == "1"));
    }
    let parameter = |what: &str, refusal: Error| matches!(refusal, Error::Parameter { what: w, .. } if w == what);
    assert!(parameter("sum of q", entropy(&array![0.5, 0.4]).unwrap_err()));
    assert!(parameter("sum of q", entropy(&array![0.0]).unwrap_err()));
    let energies = array![0.0, 1.0];
    let refusal = variational_free_energy(&array![1.0], &energies, 1.0).unwrap_err();
    assert!(matches!(refusal, Error::Shape { what: "energies", .. }));
    for bad in [NAN, -INF] {
        let refusal =
            variational_free_energy(&array![0.5, 0.5], &array![0.0, bad], 1.0).unwrap_err();
        assert!(matches!(refusal, Error::Domain { what: "energies", .. }));
    }
    for beta in [0.0, -1.0, NAN] {
        assert!(parameter(
            "beta",
            variational_free_energy(&array![0.5, 0.5], &energies, beta).unwrap_err()
        ));
    }
}

#[test]
fn bad_levels_are_refused() {
    assert_eq!(Levels::new(&array![]), Err(Error::Empty { what: "energies" }));
    for bad in [NAN, -INF] {
        let refusal = Levels::new(&array![0.0, bad]).unwrap_err();
        assert!(
            matches!(refusal, Error::Domain { what: "energies", ref index, .. } if index == "1")
        );
    }
    assert!(matches!(Levels::new(&array![INF, INF]), Err(Error::Domain { what: "energies", .. })));
    // What cannot be is left out; equal energies are one level; one state has neither entropy nor heat.
    let levels = Levels::new(&array![2.0, INF, -1.0, 2.0]).unwrap();
    assert_eq!((levels.energies(), levels.counts()), (&array![-1.0, 2.0], &array![1.0, 2.0]));
    let lone = Levels::new(&array![-7.0]).unwrap();
    assert_eq!(
        (lone.free_energy(3.0), lone.entropy(3.0), lone.heat_capacity(3.0)),
        (-7.0, 0.0, 0.0)
    );
    assert_eq!(levels.free_energy(0.0), -INF);
    for beta in [-1.0, NAN, INF] {
        assert!(std::panic::catch_unwind(|| levels.log_partition(beta)).is_err());
    }
}

#[test]
fn bad_marginals_are_refused() {
    assert!(matches!(
        Marginal::new(Given, Array2::zeros((0, 1)), 1.0),
        Err(Error::Empty { what: "latents" })
    ));
    assert!(matches!(
        Marginal::new(Given, Array2::zeros((1, 0)), 1.0),
        Err(Error::Empty { what: "latents" })
    ));
    for bad in [NAN, INF] {
        let refusal = Marginal::new(Given, array![[0.0], [bad]], 1.0);
        assert!(
            matches!(refusal, Err(Error::Domain { what: "latents", ref index, .. }) if index == "1, 0")
        );
    }
    for beta in [0.0, -1.0, NAN] {
        let refusal = Marginal::new(Given, array![[0.0]], beta);
        assert!(matches!(refusal, Err(Error::Parameter { what: "beta", .. })));
    }
    // One latent value: the energy is that of the completed state. At β = ∞: the lowest.
    assert_eq!(Marginal::new(Given, array![[2.0]], 0.1).unwrap().energy(&array![1.0]), 3.0);
    let cold = Marginal::new(Given, array![[2.0], [-1.0], [-1.0]], INF).unwrap();
    assert_eq!(cold.energy(&array![1.0]), 0.0);
    assert_eq!(cold.posterior(&array![1.0]), array![0.0, 0.5, 0.5]);
    assert_eq!(cold.gradient(&array![1.0]), array![1.0]);
    // A seen state that cannot be has an infinite energy and no posterior.
    let marginal = Marginal::new(Given, array![[2.0]], 1.0).unwrap();
    assert_eq!(marginal.energy(&array![INF]), INF);
    assert!(std::panic::catch_unwind(|| marginal.posterior(&array![INF])).is_err());
    assert!(std::panic::catch_unwind(|| marginal.posterior(&array![NAN])).is_err());
    // A state of the wrong length is refused by the energy that takes it.
    let ring = Marginal::new(Ising::new(1, 4, 1.0, 0.0).unwrap(), array![[1.0]], 1.0).unwrap();
    assert!(std::panic::catch_unwind(|| ring.energy(&array![1.0, 1.0])).is_err());
}

#[test]
fn bad_mean_fields_are_refused() {
    let ring = Ising::new(1, 3, 1.0, 0.0).unwrap();
    let none = MeanField::new(ring, Array1::zeros(0), 1.0);
    assert!(matches!(none, Err(Error::Empty { what: "means" })));
    for bad in [1.1, -2.0, NAN, INF] {
        let refusal = MeanField::new(ring, array![0.0, bad, 0.0], 1.0);
        assert!(
            matches!(refusal, Err(Error::Domain { what: "means", ref index, .. }) if index == "1")
        );
    }
    for beta in [0.0, -1.0, NAN, INF] {
        let refusal = MeanField::new(ring, Array1::zeros(3), beta);
        assert!(matches!(refusal, Err(Error::Parameter { what: "beta", .. })));
    }
    // An energy that bends along a unit is not its own mean.
    let bent = MeanField::new(DoubleWell::new(1.0, 0.0).unwrap(), array![0.0], 1.0);
    assert!(matches!(bent, Err(Error::Domain { what: "bend of energy", .. })));
    // Nor is one that forbids a value, or is no number.
    for wall in [INF, NAN, -INF] {
        let refusal = MeanField::new(Wall(wall), array![0.0, 0.0], 1.0);
        assert!(
            matches!(refusal, Err(Error::Domain { what: "bend of energy", ref index, .. }) if index == "0")
        );
    }
    // Just below the critical temperature a handful of sweeps is not enough.
    let mut slow = MeanField::new(ring, Array1::from_elem(3, 0.5), 0.5).unwrap();
    assert!(matches!(slow.settle(10), Err(Error::NotConverged { iterations: 10, .. })));
    assert!(matches!(slow.settle(0), Err(Error::NotConverged { iterations: 0, .. })));
    // Means of ±1 are allowed: such spins are certain, and have no entropy.
    let certain = MeanField::new(ring, Array1::ones(3), 1.0).unwrap();
    assert_eq!(certain.free_energy(), -3.0);
}

proptest! {
    /// Summing in two stages is summing at once, in any order, and a constant comes out.
    #[test]
    fn free_energies_compose(
        energies in prop::collection::vec(-50.0..50.0, 12),
        beta in 0.01..20.0,
        constant in -1e3..1e3f64,
    ) {
        let all = Array1::from(energies);
        let halves: Array1<f64> = [&all.slice(ndarray::s![..5]), &all.slice(ndarray::s![5..])].map(|half| free_energy(half, beta)).into_iter().collect();
        let free = free_energy(&all, beta);
        prop_assert!((free_energy(&halves, beta) - free).abs() < 1e-11);
        prop_assert!((free_energy(&all.map(|e| e + constant), beta) - constant - free).abs() < 1e-11);
        let reversed = Array1::from_iter(all.iter().rev().copied());
        prop_assert!((free_energy(&reversed, beta) - free).abs() < 1e-12);
        // Hotter is lower, and one state more is lower still.
        prop_assert!(free_energy(&all, 0.5 * beta) <= free);
        prop_assert!(free_energy(&all.slice(ndarray::s![1..]), beta) >= free);
        let levels = Levels::new(&all).unwrap();
        prop_assert!((levels.free_energy(beta) - free).abs() < 1e-10);
        prop_assert!(levels.heat_capacity(beta) >= 0.0 && levels.entropy(beta) > -1e-9);
    }

    /// A settled mean field is never below the exact free energy, and no single mean could be moved to make it lower.
    #[test]
    fn mean_fields_bound_from_above(coupling in -1.0..1.0, field in -1.0..1.0, beta in 0.1..1.5) {
        let lattice = Ising::new(2, 3, coupling, field).unwrap();
        let energies: Array1<f64> = binary_states(6, -1.0, 1.0).unwrap().rows().into_iter().map(|s| lattice.energy(&s)).collect();
        let mut settled = MeanField::new(lattice, Array1::from_elem(6, 0.3), beta).unwrap();
        for _ in 0..200 {
            settled.sweep();
        }
        prop_assert!(settled.free_energy() >= free_energy(&energies, beta) - 1e-12);
    }
}
