//! Every energy of `downhill::energy`: its slope against its energy, its list of states, and what it refuses.

use downhill::{
    Error,
    combining_densities::{Product, SoftMin},
    energy::{
        Differentiable, DoubleWell, Energy, Gaussian, Ising, Learnable, Mixture, binary_states,
    },
    energy_and_inference::{Bipartite, Clamped, Descent, Ellipse, Minimised, search},
    free_energy::{Marginal, log_sum_exp},
    gibbs_boltzmann::Boltzmann,
    rng,
    sampling::{Gibbs, Kernel, Langevin, Metropolis},
    training_ebms::{Bowl, NetworkEnergy, Scored},
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;

/// Central differences of the energy.
fn slope(energy: &impl Energy, x: &Array1<f64>) -> Array1<f64> {
    let h = 1e-5;
    (0..x.len())
        .map(|i| {
            let (mut up, mut down) = (x.clone(), x.clone());
            up[i] += h;
            down[i] -= h;
            (energy.energy(&up) - energy.energy(&down)) / (2.0 * h)
        })
        .collect()
}

fn agree(energy: &impl Differentiable, x: &Array1<f64>) -> bool {
    let (exact, difference) = (energy.gradient(x), slope(energy, x));
    // Central differences err by h² times the third derivative and by rounding over h.
    exact
        .iter()
        .zip(&difference)
        .all(|(a, b)| (a - b).abs() < 1e-7 * (1.0 + a.abs() + energy.energy(x).abs()))
}

proptest! {
    #[test]
    fn slopes_are_those_of_the_energies(
        x in prop::collection::vec(-2.0..2.0, 3),
        a in prop::collection::vec(-1.0..1.0, 9),
        height in 0.1..5.0,
        tilt in -2.0..2.0,
    ) {
        let x = Array1::from(x);
        let root = Array2::from_shape_vec((3, 3), a).unwrap();
        let precision = root.dot(&root.t()) + Array2::<f64>::eye(3);
        let precision = (&precision + &precision.t()) / 2.0;
        prop_assert!(agree(&DoubleWell::new(height, tilt).unwrap(), &x));
        prop_assert!(agree(&Gaussian::new(array![0.3, -1.0, 0.5], precision).unwrap(), &x));
        let mixture = Mixture::new(root, array![1.0, 2.0, height], 0.7).unwrap();
        prop_assert!(agree(&mixture, &x));
        // A reference to an energy is that energy.
        prop_assert!(agree(&&mixture, &x));
    }
}

/// E − E′ of neighbours against the local field, on lattices of every shape.
#[test]
fn the_local_field_is_half_the_cost_of_a_flip() {
    for (rows, columns) in [(1, 1), (1, 2), (1, 5), (2, 2), (3, 2), (3, 4), (4, 1)] {
        let lattice = Ising::new(rows, columns, 0.7, 0.2).unwrap();
        for state in binary_states(lattice.units(), -1.0, 1.0).unwrap().rows() {
            let i = state.len() / 2;
            let mut flipped = state.to_owned();
            flipped[i] *= -1.0;
            let cost = lattice.energy(&flipped) - lattice.energy(&state);
            assert!((cost - 2.0 * state[i] * lattice.local_field(&state, i)).abs() < 1e-12);
        }
    }
    // On a torus of sides above 2 a spin up among spins down breaks four bonds.
    let mut state = Array1::from_elem(9, -1.0);
    let lattice = Ising::new(3, 3, 1.0, 0.0).unwrap();
    assert_eq!(lattice.energy(&state), -18.0);
    state[4] = 1.0;
    assert_eq!(lattice.energy(&state), -10.0);
}

/// Normalisers in closed form against sums over a grid.
#[test]
fn partition_functions_are_integrals() {
    let side: Array1<f64> = Array1::linspace(-12.0, 12.0, 481);
    let area = 0.05 * 0.05;
    let integral = |energy: &dyn Fn(&ArrayRef1<f64>) -> f64, beta: f64| {
        let mut sum = 0.0;
        for &x in &side {
            for &y in &side {
                sum += (-beta * energy(&array![x, y])).exp() * area;
            }
        }
        sum.ln()
    };
    let bowl = Gaussian::new(array![0.5, -1.0], array![[1.0, 0.4], [0.4, 0.8]]).unwrap();
    for beta in [0.7, 1.0, 2.0] {
        assert!((bowl.log_partition(beta) - integral(&|x| bowl.energy(x), beta)).abs() < 1e-9);
    }
    let ring = Mixture::ring(5, 3.0, 0.6).unwrap();
    assert!((ring.log_partition() - integral(&|x| ring.energy(x), 1.0)).abs() < 1e-9);
    assert!((ring.weights().sum() - 1.0).abs() < 1e-15);
}

#[test]
fn bad_energies_are_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(DoubleWell::new(bad, 0.0), Err(Error::Parameter { what: "height", .. })));
        let refusal = Mixture::new(array![[0.0]], array![1.0], bad);
        assert!(matches!(refusal, Err(Error::Parameter { what: "width", .. })));
        let refusal = Mixture::new(array![[0.0]], array![bad], 1.0);
        assert!(matches!(refusal, Err(Error::Domain { what: "weights", .. })));
    }
    assert!(matches!(DoubleWell::new(1.0, f64::NAN), Err(Error::Parameter { what: "tilt", .. })));
    let none = Array2::zeros((0, 2));
    assert!(matches!(
        Mixture::new(none, Array1::zeros(0), 1.0),
        Err(Error::Empty { what: "centres" })
    ));
    assert!(matches!(Mixture::ring(0, 1.0, 1.0), Err(Error::Empty { what: "centres" })));
    let refusal = Mixture::new(array![[0.0], [1.0]], array![1.0], 1.0);
    assert!(matches!(refusal, Err(Error::Shape { what: "weights", .. })));
    let refusal = Gaussian::new(array![0.0, 0.0], array![[1.0, 0.5], [0.4, 1.0]]);
    assert!(matches!(refusal, Err(Error::Domain { what: "precision", .. })));
    let refusal = Gaussian::new(array![0.0, 0.0], array![[1.0, 1.0], [1.0, 1.0]]);
    assert!(matches!(
        refusal,
        Err(Error::Parameter { what: "a pivot of precision", value: 0.0, .. })
    ));
    let refusal = Gaussian::new(array![0.0, 0.0], array![[1.0, 0.0], [0.0, -1.0]]);
    assert!(matches!(
        refusal,
        Err(Error::Parameter { what: "a pivot of precision", value: -1.0, .. })
    ));
    for width in [1e-200, 1e200] {
        let refusal = Mixture::new(array![[0.0]], array![1.0], width);
        assert!(matches!(refusal, Err(Error::Parameter { what: "width", .. })));
    }
    let refusal = Mixture::new(array![[0.0], [1.0]], array![f64::MAX, f64::MAX], 1.0);
    assert!(matches!(refusal, Err(Error::Parameter { what: "the sum of weights", .. })));
    let refusal = Gaussian::new(array![0.0, 0.0], array![[1.0, 1.0]]);
    assert!(matches!(refusal, Err(Error::Shape { what: "rows of precision", .. })));
    assert!(matches!(
        Gaussian::new(array![], Array2::zeros((0, 0))),
        Err(Error::Empty { what: "mean" })
    ));
    assert!(matches!(Ising::new(0, 3, 1.0, 0.0), Err(Error::Parameter { what: "rows", .. })));
    assert!(matches!(Ising::new(3, 0, 1.0, 0.0), Err(Error::Parameter { what: "columns", .. })));
    assert!(matches!(
        Ising::new(3, 3, f64::NAN, 0.0),
        Err(Error::Parameter { what: "coupling", .. })
    ));
    assert!(matches!(
        Ising::new(3, 3, 1.0, f64::INFINITY),
        Err(Error::Parameter { what: "field", .. })
    ));
    assert!(binary_states(0, 0.0, 1.0).is_err() && binary_states(21, 0.0, 1.0).is_err());
    assert_eq!(binary_states(3, 0.0, 1.0).unwrap().row(6), array![1.0, 1.0, 0.0]);
}

/// An energy that is read from the state itself.
struct Given;
impl Energy for Given {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        x[0]
    }
}

#[test]
fn what_has_no_gibbs_distribution_is_refused() {
    let column =
        |values: &[f64]| Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap();
    for beta in [-1.0, f64::NAN, f64::INFINITY] {
        let refusal = Boltzmann::new(&Given, column(&[0.0]), beta);
        assert!(matches!(refusal, Err(Error::Parameter { what: "beta", .. })));
    }
    assert!(matches!(
        Boltzmann::new(&Given, column(&[]), 1.0),
        Err(Error::Empty { what: "states" })
    ));
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let refusal = Boltzmann::new(&Given, column(&[0.0, bad]), 1.0);
        assert!(matches!(refusal, Err(Error::Domain { ref index, .. }) if index == "1"));
    }
    assert!(Boltzmann::new(&Given, column(&[f64::INFINITY; 2]), 1.0).is_err());
    // A state that cannot be has no share, at any temperature.
    for beta in [0.0, 2.0] {
        let p = Boltzmann::new(&Given, column(&[1.0, f64::INFINITY]), beta).unwrap();
        assert_eq!(p.probabilities(), array![1.0, 0.0]);
        assert_eq!(p.mean(|x| x[0]), 1.0);
    }
    // Energies beyond the range of the exponential.
    let p = Boltzmann::new(&Given, column(&[-1e4, -1e4, 1e4]), 1.0).unwrap();
    assert_eq!(p.log_partition(), 1e4 + 2f64.ln());
    assert_eq!(log_sum_exp(&array![]), f64::NEG_INFINITY);
    assert_eq!(log_sum_exp(&array![f64::INFINITY, 0.0]), f64::INFINITY);
    assert!(log_sum_exp(&array![0.0, f64::NAN, 1.0]).is_nan());
}

/// A new energy, in its own few lines: beads in double wells, joined to a chain by springs of stiffness `k`, and pulled to the right.
struct Chain {
    k: f64,
    pull: f64,
}

impl Energy for Chain {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        let wells: f64 = x.iter().map(|x| (x * x - 1.0).powi(2) - self.pull * x).sum();
        wells
            + x.windows(2)
                .into_iter()
                .map(|pair| 0.5 * self.k * (pair[1] - pair[0]).powi(2))
                .sum::<f64>()
    }
}

impl Differentiable for Chain {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        for i in 0..x.len() {
            gradient[i] = 4.0 * x[i] * (x[i] * x[i] - 1.0) - self.pull;
            if i > 0 {
                gradient[i] += self.k * (x[i] - x[i - 1]);
            }
            if i + 1 < x.len() {
                gradient[i] += self.k * (x[i] - x[i + 1]);
            }
        }
    }
}

/// The mean and its standard error of a correlated sequence, by the means of 50 batches.
fn batch_mean(values: &[f64]) -> (f64, f64) {
    let size = values.len() / 50;
    let means: Vec<f64> =
        values.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / 50.0;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 49.0;
    (mean, (variance / 50.0).sqrt())
}

/// What descent, the three kernels and the exact distribution say of an energy that they never saw: descent against search over a grid, the
/// kernels against sums over all states.
#[test]
fn a_new_energy_needs_only_its_own_few_lines() {
    let chain = Chain { k: 0.8, pull: 0.3 };
    let mut rng = rng(7);
    assert!(agree(&chain, &array![0.3, -1.2, 0.7]));

    // Spins ±1: the exact distribution over all eight against Gibbs sampling.
    let spins = binary_states(3, -1.0, 1.0).unwrap();
    let temperature = 1.4;
    let exact = Boltzmann::new(&chain, spins, 1.0 / temperature).unwrap();
    let mut gibbs = Gibbs::new(&chain, -1.0, 1.0, temperature).unwrap();
    let mut x = array![1.0, -1.0, 1.0];
    let path = gibbs.run(&mut x, 100_000, &mut rng);
    for f in [
        |x: &ArrayRef1<f64>| x[0],
        |x: &ArrayRef1<f64>| x[0] * x[1],
        |x: &ArrayRef1<f64>| x[0] * x[2],
    ] {
        let values: Vec<f64> = path.rows().into_iter().map(|x| f(&x)).collect();
        let (mean, error) = batch_mean(&values);
        assert!((mean - exact.mean(f)).abs() < 4.0 * error && error < 0.01);
    }

    // Two beads that move: sums over a fine grid of places, of which the walls make the ends improbable.
    let side = Array1::linspace(-2.5, 2.5, 101);
    let places = Array2::from_shape_fn((101 * 101, 2), |(k, i)| {
        side[if i == 0 { k / 101 } else { k % 101 }]
    });
    let exact = Boltzmann::new(&chain, places.clone(), 1.0 / temperature).unwrap();
    let check = |path: Array2<f64>, slack: f64| {
        for f in [
            |x: &ArrayRef1<f64>| x[0],
            |x: &ArrayRef1<f64>| x[0] * x[1],
            |x: &ArrayRef1<f64>| x[0] * x[0],
        ] {
            let values: Vec<f64> = path.rows().into_iter().map(|x| f(&x)).collect();
            let (mean, error) = batch_mean(&values);
            let truth = exact.mean(f);
            assert!(
                (mean - truth).abs() < 4.0 * error + slack && error < 0.02,
                "{mean} ± {error}, {truth}"
            );
        }
    };
    let mut metropolis = Metropolis::new(&chain, 2, 0.8, temperature).unwrap();
    check(metropolis.run(&mut array![1.0, 1.0], 400_000, &mut rng), 0.0);
    // Langevin dynamics is off by the order of its step.
    let mut langevin = Langevin::new(&chain, 2, 0.02, temperature).unwrap();
    check(langevin.run(&mut array![1.0, 1.0], 800_000, &mut rng), 0.02);

    // The lowest place, by descent from four corners and by search.
    let lowest = search(&chain, &places).unwrap();
    let corners = array![[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
    let basins = Descent::new(0.05).unwrap().basins(&chain, &corners, 0.01).unwrap();
    let best = search(&chain, &basins.attractors).unwrap();
    let rest = basins.attractors.row(best.index);
    assert!(best.energy <= lowest.energy && best.energy > lowest.energy - 0.01);
    assert!(rest.iter().zip(places.row(lowest.index)).all(|(a, b)| (a - b).abs() < 0.05));
}

/// A state, a gradient or a direction of another length panics: none is cut short, and none of one entry is stretched.
#[test]
fn other_lengths_panic() {
    let refuses = |what: &str, work: &dyn Fn()| {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err(), "{what}");
    };
    let bowl = Gaussian::new(array![0.0], array![[1.0]]).unwrap();
    let plane = Gaussian::new(array![0.0, 0.0], Array2::eye(2)).unwrap();
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    let ellipse = Ellipse::new(2.0, 1.0).unwrap();
    let learned_bowl = Bowl::new(array![[1.0]], array![0.0]).unwrap();
    let network =
        NetworkEnergy::from_parts(1.0, array![0.5], array![0.0], array![-1.0], array![[1.0]])
            .unwrap();
    let differentiable: [(&str, usize, &dyn Differentiable); 11] = [
        ("Gaussian", 1, &bowl),
        ("DoubleWell", 1, &well),
        ("Mixture", 1, &Mixture::new(array![[0.0]], array![1.0], 1.0).unwrap()),
        ("Ellipse", 3, &ellipse),
        ("Clamped", 1, &Clamped::new(ellipse, Array1::zeros(3), vec![1]).unwrap()),
        ("Minimised", 1, &Minimised::new(plane.clone(), 1, array![[0.0]]).unwrap()),
        ("Marginal", 1, &Marginal::new(plane, array![[0.0]], 1.0).unwrap()),
        ("Product", 1, &Product::new(vec![well], array![1.0]).unwrap()),
        ("SoftMin", 1, &SoftMin::new(vec![well], &array![1.0], &array![0.0]).unwrap()),
        ("Bowl", 1, &learned_bowl),
        ("NetworkEnergy", 1, &network),
    ];
    for (name, units, energy) in differentiable {
        energy.gradient_into(&Array1::zeros(units), &mut Array1::zeros(units));
        refuses(name, &|| {
            energy.gradient_into(&Array1::zeros(units), &mut Array1::zeros(units + 1))
        });
    }

    fn learns(energy: &impl Learnable, x: usize, gradient: usize) {
        energy.add_parameter_gradient(&Array1::zeros(x), 1.0, &mut Array1::zeros(gradient));
    }
    let pair = Bipartite::new(array![0.0], array![0.0], &array![[0.0]]).unwrap();
    for (x, gradient) in [(2, 2), (2, 4), (3, 3)] {
        refuses("Bipartite", &|| learns(&pair, x, gradient));
    }
    for (x, gradient) in [(1, 3), (2, 2)] {
        refuses("Bowl", &|| learns(&learned_bowl, x, gradient));
    }
    learns(&pair, 2, 3);
    learns(&learned_bowl, 1, 2);

    fn scores(energy: &impl Scored, x: usize, u: usize, gradient: usize) -> [impl Fn() + '_; 2] {
        let of = move |curved: bool| {
            move || {
                let (x, u, mut gradient) =
                    (Array1::zeros(x), Array1::zeros(u), Array1::zeros(gradient));
                if curved {
                    energy.curvature(&x, &u);
                    energy.add_curvature_gradient(&x, &u, 1.0, &mut gradient);
                } else {
                    energy.add_slope_gradient(&x, &u, 1.0, &mut gradient);
                }
            }
        };
        [of(false), of(true)]
    }
    scores(&learned_bowl, 1, 1, 2).iter().for_each(|work| work());
    scores(&network, 1, 1, 4).iter().for_each(|work| work());
    for (x, u, gradient) in [(2, 1, 2), (1, 2, 2), (1, 1, 3)] {
        for work in scores(&learned_bowl, x, u, gradient) {
            refuses("Bowl", &work);
        }
    }
    for (x, u, gradient) in [(2, 1, 4), (1, 2, 4), (1, 1, 5)] {
        for work in scores(&network, x, u, gradient) {
            refuses("NetworkEnergy", &work);
        }
    }
}

/// A ring of bells begins on the first axis and goes round the way that angles do.
#[test]
fn a_ring_begins_on_its_first_axis() {
    let ring = Mixture::ring(8, 4.0, 0.25).unwrap();
    assert_eq!(ring.width(), 0.25);
    assert_eq!(ring.centres().row(0), array![4.0, 0.0]);
    assert!((&ring.centres().row(2) - &array![0.0, 4.0]).iter().all(|d| d.abs() < 1e-15));
    let bowl = Gaussian::new(array![0.5, -1.0], array![[1.0, 0.4], [0.4, 0.8]]).unwrap();
    assert_eq!(bowl.energy(bowl.mean()), 0.0);
}
