//! Bad input and laws of chapter `gibbs-boltzmann`.

use downhill::{
    Error,
    energy::{DoubleWell, Energy, Ising, binary_states},
    gibbs_boltzmann::{
        Boltzmann, Ring, bath_probability, calibrate, chain, exchange_quanta,
        zero_temperature_limit,
    },
    rng,
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

struct Line(fn(f64) -> f64);

impl Energy for Line {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        (self.0)(x[0])
    }
}

/// The energy of a state is its only entry.
struct Itself;

impl Energy for Itself {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        x[0]
    }
}

fn over(energies: &[f64], beta: f64) -> Result<Boltzmann, Error> {
    Boltzmann::new(&Itself, Array2::from_shape_fn((energies.len(), 1), |(i, _)| energies[i]), beta)
}

#[test]
fn bad_states_are_refused() {
    assert!(matches!(over(&[], 1.0), Err(Error::Empty { what: "states" })));
    for beta in [-1.0, NAN, INF, -INF] {
        assert!(matches!(over(&[0.0, 1.0], beta), Err(Error::Parameter { what: "beta", .. })));
        assert!(matches!(
            Boltzmann::on_line(&Itself, beta),
            Err(Error::Parameter { what: "beta", .. })
        ));
        assert!(matches!(
            Ring::ising(1, 4, 1.0, 0.0, beta),
            Err(Error::Parameter { what: "beta", .. })
        ));
    }
    for (energies, place) in [(vec![0.0, NAN], "1"), (vec![-INF, 0.0], "0"), (vec![INF, INF], "0")]
    {
        match over(&energies, 1.0) {
            Err(Error::Domain { what: "energy of states", index, .. }) => assert_eq!(index, place),
            other => panic!("{other:?}"),
        }
    }
    // One state has all the probability, at any energy and temperature.
    for (energy, beta) in [(1e300, 1e5), (-1e300, 1e5), (3.0, 0.0)] {
        let p = over(&[energy], beta).unwrap_or_else(|e| panic!("{e}"));
        assert!(p.probabilities()[0] == 1.0 || p.log_partition().is_infinite());
    }
}

#[test]
fn extreme_temperatures_do_not_overflow() {
    let p = over(&[-1e6, -1e6 + 1.0, 1e6], 1000.0).unwrap();
    assert_eq!(p.probabilities(), array![1.0, 0.0, 0.0]);
    assert_eq!((p.log_partition(), p.entropy(), p.energy_variance()), (1e9, 0.0, 0.0));
    assert_eq!(p.draw(&mut rng(1)), 0);
    // A product with β that leaves the range of numbers, from above or below: one such state has no share, all of them leave no distribution.
    for vast in [1e308, -1e308] {
        assert!(matches!(
            over(&[vast, vast], 10.0),
            Err(Error::Parameter { what: "beta", value: 10.0, .. })
        ));
    }
    assert_eq!(over(&[1e308, 0.0], 10.0).unwrap().probabilities(), array![0.0, 1.0]);
    let line = Boltzmann::on_line(&Line(|x| 1e308 * (x * x).min(1.0) - 1e308), 10.0);
    assert!(matches!(line, Err(Error::Parameter { what: "beta", .. })));
    // A forbidden state at every temperature: never drawn, and no NaN in any mean.
    let p = over(&[INF, 0.0, 1.0], 0.0).unwrap();
    assert_eq!(p.probabilities()[0], 0.0);
    assert!((p.mean(|x| x[0]) - 0.5).abs() < 1e-15 && (p.energy_variance() - 0.25).abs() < 1e-15);
    let mut rng = rng(2);
    assert!((0..200).all(|_| p.draw(&mut rng) != 0));
    assert_eq!(p.log_probability(INF), -INF);
}

#[test]
fn energies_without_a_distribution_on_the_line_are_refused() {
    let boxes = "the partition function on growing boxes";
    let grids = "the partition function on finer grids";
    let flat: [(fn(f64) -> f64, &str); 7] = [
        (|_| 0.0, boxes),
        (|x| x, boxes),
        (|x| -x * x, boxes),
        (|x| 0.9 * x.abs().max(1.0).ln(), boxes),
        // A valley that goes on to one side only.
        (|x| if x > 0.0 { 0.0 } else { x * x }, boxes),
        // Rough: a hard wall that no grid meets.
        (|x| if (0.1..0.777).contains(&x) { 0.0 } else { INF }, grids),
        // A valley of width 10⁻⁹ away from every node.
        (|x| 1e18 * (x - 0.1234567).powi(2), grids),
    ];
    for (k, (energy, expected)) in flat.into_iter().enumerate() {
        match Boltzmann::on_line(&Line(energy), 1.0) {
            Err(Error::NotConverged { what, value, tolerance, .. }) => {
                assert_eq!(what, expected, "energy {k}");
                assert!(value > tolerance, "energy {k}");
            }
            other => panic!("energy {k}: {:?}", other.map(|p| p.log_partition())),
        }
    }
    let bottomless: [fn(f64) -> f64; 4] =
        [|_| NAN, |_| INF, |x| -(x * x).exp(), |x| if x > 3.0 { NAN } else { x * x }];
    for energy in bottomless {
        let refusal = Boltzmann::on_line(&Line(energy), 1.0).unwrap_err();
        assert!(matches!(refusal, Error::Domain { what: "energy of states", .. }), "{refusal}");
    }
    // A wall at a node is a jump too.
    let half = Boltzmann::on_line(&Line(|x| if x < 0.0 { INF } else { x.powi(3) }), 1.0);
    assert!(matches!(half, Err(Error::NotConverged { what, .. }) if what == grids));
    // A far valley is found when the way there leads down.
    let far = Boltzmann::on_line(&Line(|x| 0.5 * (x - 5000.0).powi(2)), 1.0).unwrap();
    assert!((far.mean(|x| x[0]) - 5000.0).abs() < 1e-6);
}

#[test]
fn bad_rings_are_refused() {
    let e = || array![[0.0, 1.0], [1.0, 0.0]];
    let cases: [(Array2<f64>, usize, f64, fn(&Error) -> bool); 8] = [
        (Array2::zeros((0, 0)), 3, 1.0, |e| matches!(e, Error::Empty { what: "pair_energies" })),
        (Array2::zeros((2, 3)), 3, 1.0, |e| matches!(e, Error::Shape { .. })),
        (array![[0.0, NAN], [0.0, 0.0]], 3, 1.0, |e| {
            matches!(e, Error::Domain { what: "pair_energies", .. })
        }),
        (array![[0.0, INF], [0.0, 0.0]], 3, 1.0, |e| {
            matches!(e, Error::Domain { what: "pair_energies", .. })
        }),
        (e(), 0, 1.0, |e| matches!(e, Error::Parameter { what: "sites", .. })),
        (e(), 3, -1.0, |e| matches!(e, Error::Parameter { what: "beta", .. })),
        (e(), 3, 351.0, |e| matches!(e, Error::Parameter { what: "beta", .. })),
        (e(), 3, NAN, |e| matches!(e, Error::Parameter { what: "beta", .. })),
    ];
    for (pair_energies, sites, beta, expected) in cases {
        assert!(expected(&Ring::new(pair_energies, sites, beta).unwrap_err()));
    }
    for (width, length, coupling, field, what) in [
        (0, 3, 1.0, 0.0, "width"),
        (11, 3, 1.0, 0.0, "width"),
        (1, 1, 1.0, 0.0, "length"),
        (1, 3, NAN, 0.0, "coupling"),
        (1, 3, 1.0, INF, "field"),
    ] {
        match Ring::ising(width, length, coupling, field, 1.0) {
            Err(Error::Parameter { what: found, .. }) => assert_eq!(found, what),
            other => panic!("{other:?}"),
        }
    }
    // One site is its own neighbour. Forbidden turns at the coldest allowed: a frustrated ring still has its sum.
    assert!((Ring::new(e(), 1, 2.0).unwrap().log_partition() - 2f64.ln()).abs() < 1e-15);
    let frustrated = Ring::new(array![[1.0, 0.0], [0.0, 1.0]], 3, 350.0).unwrap();
    assert!((frustrated.log_partition() - (6f64.ln() - 350.0)).abs() < 1e-12);
    let long = Ring::ising(1, 1_000_000_000, 1.0, 0.1, 5.0).unwrap();
    assert!(
        (long.log_partition() / 1e9 - chain::log_partition_per_spin(1.0, 0.1, 5.0)).abs() < 1e-9
    );
}

#[test]
#[should_panic(expected = "a distance of 5 on 4 sites")]
fn a_distance_beyond_the_ring_panics() {
    Ring::ising(1, 4, 1.0, 0.0, 1.0).unwrap().pair_probabilities(5);
}

#[test]
fn bad_answers_are_refused() {
    let e = array![[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
    let cases: [(Array2<f64>, &[usize], fn(&Error) -> bool); 9] = [
        (Array2::zeros((0, 2)), &[], |e| matches!(e, Error::Empty { what: "energies" })),
        (e.clone(), &[0, 1], |e| matches!(e, Error::Shape { what: "answers", .. })),
        (e.clone(), &[0, 2, 1], |e| matches!(e, Error::Domain { what: "answers", .. })),
        (array![[0.0, NAN]], &[0], |e| matches!(e, Error::Domain { what: "energies", .. })),
        (array![[0.0, INF]], &[0], |e| matches!(e, Error::Domain { what: "energies", .. })),
        // Always the lowest: the colder, the better.
        (e.clone(), &[0, 0, 1], |e| matches!(e, Error::Parameter { what: "beta", value: INF, .. })),
        // The highest more often than not.
        (e.clone(), &[1, 1, 1], |e| matches!(e, Error::Parameter { what: "beta", value: 0.0, .. })),
        // Energies that tell nothing.
        (Array2::ones((3, 4)), &[0, 1, 2], |e| {
            matches!(e, Error::Parameter { what: "beta", value: 0.0, .. })
        }),
        (Array2::ones((3, 1)), &[0, 0, 0], |e| {
            matches!(e, Error::Parameter { what: "beta", value: 0.0, .. })
        }),
    ];
    for (energies, answers, expected) in cases {
        let refusal = calibrate(&energies, answers).unwrap_err();
        assert!(expected(&refusal), "{refusal}");
    }
    // Units so large or small that the first step lands far away.
    for scale in [1e-200, 1e-3, 1.0, 1e6, 1e140] {
        let beta = calibrate(&(&e * scale), &[0, 1, 1]).unwrap();
        assert!((beta * scale - 2f64.ln()).abs() < 1e-12, "{scale}");
    }
    // One question a thousand times as steep as the others.
    let steep = array![[0.0, 1.0], [0.0, 1.0], [1000.0, 0.0], [0.0, 1000.0]];
    let beta = calibrate(&steep, &[0, 1, 1, 0]).unwrap();
    assert!(beta > 0.0 && beta < 0.1);
}

#[test]
fn bad_energies_have_no_limit() {
    assert!(matches!(
        zero_temperature_limit(&Array1::zeros(0)),
        Err(Error::Empty { what: "energies" })
    ));
    for bad in [array![0.0, NAN], array![-INF, 0.0], array![INF, INF]] {
        assert!(matches!(
            zero_temperature_limit(&bad),
            Err(Error::Domain { what: "energies", .. })
        ));
    }
    assert_eq!(zero_temperature_limit(&array![INF, 5.0]).unwrap(), array![0.0, 1.0]);
    // Sums that differ by their rounding are one energy.
    assert_eq!(zero_temperature_limit(&array![0.1 + 0.2, 0.3]).unwrap(), array![0.5, 0.5]);
    assert_eq!(zero_temperature_limit(&array![0.0, 1e-9]).unwrap(), array![1.0, 0.0]);
}

#[test]
fn chains_at_the_extremes_are_numbers() {
    for coupling in [-1e3, -1.0, 0.0, 1.0, 1e3] {
        for field in [-1e3, 0.0, 1e-300, 1e3] {
            for beta in [0.0, 1e-300, 1.0, 1e3] {
                let m = chain::magnetisation(coupling, field, beta);
                assert!((-1.0..=1.0).contains(&m), "{coupling} {field} {beta}: {m}");
                assert!(
                    chain::log_partition_per_spin(coupling, field, beta).is_finite(),
                    "{coupling} {field} {beta}"
                );
            }
        }
    }
    assert_eq!(chain::log_partition_per_spin(1.0, 1.0, 0.0), 2f64.ln());
    assert_eq!(chain::correlation_length(1.0, 0.0), 0.0);
    assert_eq!(chain::correlation_length(0.0, 1.0), 0.0);
    assert_eq!(chain::correlation_length(1.0, 1e3), INF);
}

#[test]
fn quanta_are_neither_made_nor_lost() {
    let mut quanta = [7, 0, 3];
    exchange_quanta(&mut quanta, 999, &mut rng(3));
    assert_eq!(quanta.iter().sum::<usize>(), 10);
    let mut alone = [4];
    exchange_quanta(&mut alone, 10, &mut rng(4));
    assert_eq!(alone, [4]);
    let mut nothing = [0, 0];
    exchange_quanta(&mut nothing, 10, &mut rng(5));
    assert_eq!(nothing, [0, 0]);
    assert_eq!(bath_probability(0, 2, 0), 1.0);
}

proptest! {
    /// Mirror images have equal shares, whatever the height of the pass; a tilt makes the deeper side the more probable.
    #[test]
    fn the_deeper_valley_of_two_equal_ones_has_more(height in 0.1..20.0, tilt in 0.01..2.0, beta in 0.1..10.0) {
        let left = |tilt: f64| {
            let p = Boltzmann::on_line(&DoubleWell::new(height, tilt).unwrap(), beta).unwrap();
            p.mean(|x| if x[0] < 0.0 { 1.0 } else if x[0] == 0.0 { 0.5 } else { 0.0 })
        };
        prop_assert!((left(0.0) - 0.5).abs() < 1e-12);
        prop_assert!(left(tilt) > 0.5);
    }

    /// Enumeration and transfer matrix: one number by two routes.
    #[test]
    fn rings_and_lists_agree(length in 2_usize..9, coupling in -2.0..2.0, field in -2.0..2.0, beta in 0.0..3.0) {
        let ring = Ring::ising(1, length, coupling, field, beta).unwrap();
        let all = Boltzmann::new(&Ising::new(1, length, coupling, field).unwrap(), binary_states(length, -1.0, 1.0).unwrap(), beta).unwrap();
        prop_assert!((ring.log_partition() - all.log_partition()).abs() < 1e-11);
    }
}
