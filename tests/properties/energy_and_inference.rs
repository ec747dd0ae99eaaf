//! Inference: what is refused, and laws on random input.

use downhill::{
    Error,
    energy::{Differentiable, DoubleWell, Energy, Gaussian, Mixture, binary_states},
    energy_and_inference::{
        Bipartite, Clamped, Descent, Ellipse, Joint, Minimised, flow, log_likelihood_gradient,
        search,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;

/// An energy that is read from the state itself, with a slope that is read from it too.
struct Given;
impl Energy for Given {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        x[0]
    }
}

/// An energy that is `self` everywhere, with a slope of 1: a landscape that lies about itself.
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

fn column(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap()
}

#[test]
fn search_refuses_what_has_no_lowest() {
    assert!(matches!(search(&Given, &column(&[])), Err(Error::Empty { what: "answers" })));
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let refusal = search(&Given, &column(&[0.0, bad]));
        assert!(
            matches!(refusal, Err(Error::Domain { what: "energy of answers", ref index, .. }) if index == "1")
        );
    }
    assert!(matches!(search(&Given, &column(&[f64::INFINITY; 2])), Err(Error::Domain { .. })));
    // Of equals the first; what cannot be is passed over.
    let found = search(&Given, &column(&[f64::INFINITY, 2.0, 1.0, 1.0])).unwrap();
    assert_eq!((found.index, found.energy), (2, 1.0));
}

#[test]
fn descent_refuses_and_reports() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Descent::new(bad), Err(Error::Parameter { what: "rate", .. })));
        let refusal = Descent::new(0.1).unwrap().until(bad, 10);
        assert!(matches!(refusal, Err(Error::Parameter { what: "tolerance", .. })));
        let refusal = flow(&Flat(0.0, 0.0), &array![0.0], bad, 10);
        assert!(matches!(refusal, Err(Error::Parameter { what: "time", .. })));
    }
    assert!(matches!(
        flow(&Flat(0.0, 0.0), &array![0.0], 1.0, 0),
        Err(Error::Parameter { what: "steps", .. })
    ));
    let descent = Descent::new(0.1).unwrap();
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            descent.infer(&well, &array![bad]),
            Err(Error::Domain { what: "start", .. })
        ));
        assert!(matches!(
            descent.path(&well, &array![bad], 3),
            Err(Error::Domain { what: "start", .. })
        ));
        assert!(matches!(
            flow(&well, &array![bad], 1.0, 3),
            Err(Error::Domain { what: "start", .. })
        ));
        let refusal = descent.basins(&well, &column(&[0.0, bad]), 0.1);
        assert!(matches!(refusal, Err(Error::Domain { what: "starts", .. })));
        // The landscape itself is not a number, at the start or in its slope.
        for lie in [Flat(bad, 0.0), Flat(0.0, bad), Flat(-bad, 1.0)] {
            assert!(matches!(descent.infer(&lie, &array![0.0]), Err(Error::Diverged { .. })));
        }
        assert!(matches!(
            descent.path(&Flat(bad, 0.0), &array![0.0], 3),
            Err(Error::Diverged { step: 0, .. })
        ));
        assert!(matches!(
            flow(&Flat(-bad, 0.0), &array![0.0], 1.0, 3),
            Err(Error::Diverged { step: 0, .. })
        ));
    }
    assert!(matches!(descent.infer(&well, &array![]), Err(Error::Empty { what: "start" })));
    assert!(matches!(descent.path(&well, &array![], 3), Err(Error::Empty { what: "start" })));
    assert!(matches!(
        descent.basins(&well, &column(&[]), 0.1),
        Err(Error::Empty { what: "starts" })
    ));
    let refusal = descent.basins(&well, &column(&[0.0]), f64::NAN);
    assert!(matches!(refusal, Err(Error::Parameter { what: "apart", .. })));
    // A start too far out leaves the range of numbers; one that needs more steps than it has says so.
    assert!(matches!(descent.infer(&well, &array![100.0]), Err(Error::Diverged { .. })));
    assert!(matches!(descent.path(&well, &array![100.0], 30), Err(Error::Diverged { .. })));
    let short = descent.until(1e-10, 3).unwrap().infer(&well, &array![0.5]);
    let third = descent.path(&well, &array![0.5], 3).unwrap().states.row(3).to_owned();
    assert!(
        matches!(short, Err(Error::NotConverged { iterations: 3, reached, .. }) if reached == [third])
    );
    // The two minima are 2 apart.
    for (apart, count) in [(1.9, 2), (2.1, 1)] {
        let basins = descent.basins(&well, &column(&[-0.5, 0.5]), apart).unwrap();
        assert_eq!(basins.attractors.nrows(), count);
    }
    // At rest from the beginning; on the pass, which is a rest too.
    assert_eq!(descent.infer(&well, &array![1.0]).unwrap().steps, 0);
    let basins = descent.basins(&well, &column(&[-0.5, 0.0, 0.5, 100.0, -2.0, -1.5]), 0.1).unwrap();
    // From −2 the first step, 4 · 0.1 · 2 · 3 long, leads over the pass.
    assert_eq!(basins.labels, [Some(0), Some(1), Some(2), None, Some(2), Some(0)]);
}

#[test]
fn parts_of_states_are_checked() {
    let bowl = Gaussian::new(Array1::zeros(3), Array2::eye(3)).unwrap();
    let state = array![1.0, 2.0, 3.0];
    assert!(matches!(
        Clamped::new(&bowl, state.clone(), vec![]),
        Err(Error::Empty { what: "free" })
    ));
    for free in [vec![3], vec![1, 1], vec![2, 0]] {
        let refusal = Clamped::new(&bowl, state.clone(), free);
        assert!(matches!(refusal, Err(Error::Parameter { what: "an index in free", .. })));
    }
    let hole = array![1.0, f64::NAN, 3.0];
    assert!(matches!(
        Clamped::new(&bowl, hole.clone(), vec![0]),
        Err(Error::Domain { what: "state", .. })
    ));
    // What is not held need not be known.
    let held = Clamped::new(&bowl, hole, vec![1]).unwrap();
    assert_eq!(held.energy(&array![2.0]), 7.0);
    assert_eq!(held.complete(&array![2.0]), array![1.0, 2.0, 3.0]);

    let none = Array2::zeros((0, 1));
    assert!(matches!(Minimised::new(&bowl, 2, none), Err(Error::Empty { what: "latents" })));
    let refusal = Minimised::new(&bowl, 2, array![[f64::NAN]]);
    assert!(matches!(refusal, Err(Error::Domain { what: "latents", .. })));
    let refusal = Minimised::new(&bowl, 0, array![[1.0]]);
    assert!(matches!(refusal, Err(Error::Parameter { what: "answer", .. })));
    // NaN comes through, so that search can refuse it.
    let lost = Minimised::new(Flat(f64::NAN, 0.0), 1, array![[0.0], [1.0]]).unwrap();
    assert!(lost.energy(&array![0.0]).is_nan());
    assert!(lost.search(&array![[0.0]]).is_err());

    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Ellipse::new(bad, 1.0), Err(Error::Parameter { what: "a", .. })));
        assert!(matches!(Ellipse::new(1.0, bad), Err(Error::Parameter { what: "b", .. })));
    }
}

#[test]
#[should_panic(expected = "2 entries for 1 free units")]
fn a_clamped_energy_counts_its_units() {
    let bowl = Gaussian::new(Array1::zeros(3), Array2::eye(3)).unwrap();
    Clamped::new(&bowl, Array1::zeros(3), vec![1]).unwrap().energy(&array![0.0, 0.0]);
}

#[test]
#[should_panic(expected = "an answer of 1 entries for 2 units")]
fn a_minimised_energy_counts_its_units() {
    Minimised::new(Ellipse::new(1.0, 1.0).unwrap(), 2, array![[0.0]]).unwrap().energy(&array![0.0]);
}

#[test]
#[should_panic(expected = "a state of 2 entries")]
fn an_ellipse_counts_its_units() {
    Ellipse::new(1.0, 1.0).unwrap().energy(&array![0.0, 0.0]);
}

#[test]
#[should_panic(expected = "a state of 3 units does not fit")]
fn a_bipartite_machine_counts_its_units() {
    Bipartite::new(array![0.0], array![0.0], &array![[0.0]])
        .unwrap()
        .energy(&array![0.0, 0.0, 0.0]);
}

#[test]
fn bad_tables_are_refused() {
    assert!(matches!(Joint::new(&Array2::zeros((0, 3))), Err(Error::Empty { what: "f" })));
    assert!(matches!(Joint::new(&Array2::zeros((3, 0))), Err(Error::Empty { what: "f" })));
    let one = Joint::new(&array![[1e-300]]).unwrap();
    assert_eq!(
        (one.visible(), one.hidden(), one.log_likelihood(&[0, 0])),
        (array![1.0], array![1.0], 0.0)
    );
    assert_eq!(one.log_likelihood(&[]), 0.0);
    // A configuration that cannot be has probability 0, and data that hold it are impossible.
    let p = Joint::new(&array![[1.0, 3.0], [0.0, 0.0]]).unwrap();
    assert_eq!(p.visible(), array![1.0, 0.0]);
    assert_eq!(p.log_likelihood(&[0, 1]), f64::NEG_INFINITY);

    let states = binary_states(1, 0.0, 1.0).unwrap();
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let refusal = Joint::of_energy(&Flat(bad, 0.0), &states, &states);
        assert!(matches!(refusal, Err(Error::Domain { what: "minus energy", .. })));
    }
    let refusal = Joint::of_energy(&Flat(f64::INFINITY, 0.0), &states, &states);
    assert!(matches!(refusal, Err(Error::Domain { what: "f", .. })));

    assert!(matches!(
        Bipartite::new(array![], array![0.0], &Array2::zeros((0, 1))),
        Err(Error::Empty { what: "a" })
    ));
    assert!(matches!(
        Bipartite::new(array![0.0], array![], &Array2::zeros((1, 0))),
        Err(Error::Empty { what: "b" })
    ));
    let refusal = Bipartite::new(array![0.0], array![0.0], &array![[0.0, 1.0]]);
    assert!(matches!(refusal, Err(Error::Shape { what: "columns of weights", .. })));
    let refusal = Bipartite::new(array![0.0], array![0.0], &array![[0.0], [1.0]]);
    assert!(matches!(refusal, Err(Error::Shape { what: "rows of weights", .. })));
    let refusal = Bipartite::new(array![0.0], array![f64::NAN], &array![[0.0]]);
    assert!(matches!(refusal, Err(Error::Domain { what: "parameters", .. })));
    let pair = Bipartite::new(array![0.0], array![0.0], &array![[0.0]]).unwrap();
    let refusal = log_likelihood_gradient(&pair, &states, &states, &[]);
    assert!(matches!(refusal, Err(Error::Empty { what: "data" })));
}

/// The gradient at data of probability e⁻⁸⁰⁰, which is below every number, against the one by hand; none at data that cannot be.
#[test]
fn improbable_and_impossible_data() {
    let unit = binary_states(1, 0.0, 1.0).unwrap();
    let far = Bipartite::new(array![800.0], array![0.0], &array![[0.0]]).unwrap();
    // Seen: x = 0, h = 0 or 1 alike. Dreamt: x = 1.
    let slope = log_likelihood_gradient(&far, &unit, &unit, &[0]).unwrap();
    // log Z = 800.7 is rounded to 10⁻¹³.
    assert!((slope - array![-1.0, 0.0, -0.5]).iter().all(|d| d.abs() < 1e-12));
    // Both visible units on would cost more than any number.
    let pair = binary_states(2, 0.0, 1.0).unwrap();
    let walled =
        Bipartite::new(array![-1.7e308, -1.7e308], array![0.0], &array![[0.0], [0.0]]).unwrap();
    let slope = log_likelihood_gradient(&walled, &pair, &unit, &[0]).unwrap();
    assert!(slope.iter().all(|d| d.abs() < 1e-15));
    let refusal = log_likelihood_gradient(&walled, &pair, &unit, &[0, 3]);
    assert!(matches!(refusal, Err(Error::Domain { what: "f", index, .. }) if index == "3"));
}

proptest! {
    /// Descent by steps below 2/L never climbs, and ends where search over its own path says that it is lowest.
    #[test]
    fn descent_is_downhill(start in prop::collection::vec(-4.0..4.0, 2), width in 0.3..1.5, share in 0.05..1.9) {
        let ring = Mixture::ring(5, 2.0, width).unwrap();
        // The curvature of a mixture is at most 1/s², though it may curve down more sharply. Downhill needs the bound from above only.
        let descent = Descent::new(share * width * width).unwrap();
        let path = descent.path(&ring, &Array1::from(start), 200).unwrap();
        prop_assert_eq!(path.first_rise(), None);
        let lowest = search(&ring, &path.states).unwrap();
        prop_assert!(lowest.energy >= path.energies[200] - 1e-12);
    }

    /// An energy with a part of its state held has the slope of its own energy.
    #[test]
    fn clamped_slopes(x in prop::collection::vec(-2.0..2.0, 3), free in prop::sample::subsequence(vec![0, 1, 2], 1..3)) {
        let ellipse = Ellipse::new(2.0, 1.0).unwrap();
        let x = Array1::from(x);
        let held = Clamped::new(ellipse, x.clone(), free.clone()).unwrap();
        let y: Array1<f64> = free.iter().map(|&i| x[i]).collect();
        prop_assert_eq!(held.energy(&y), ellipse.energy(&x));
        for (k, slope) in held.gradient(&y).iter().enumerate() {
            let (mut up, mut down) = (y.clone(), y.clone());
            up[k] += 1e-5;
            down[k] -= 1e-5;
            let difference = (held.energy(&up) - held.energy(&down)) / 2e-5;
            prop_assert!((slope - difference).abs() < 1e-8);
        }
    }

    /// The best latent is no worse than any other, and the slope is that of the energy at it.
    #[test]
    fn the_best_latent_is_best(y in prop::collection::vec(-3.0..3.0, 2), z in -3.0..3.0) {
        let ellipse = Ellipse::new(2.0, 1.0).unwrap();
        let angles = Array2::from_shape_fn((50, 1), |(k, _)| if k == 7 { z } else { 0.13 * k as f64 });
        let y = Array1::from(y);
        let left = Minimised::new(ellipse, 2, angles.clone()).unwrap();
        let at = |z: f64| array![y[0], y[1], z];
        prop_assert!(angles.iter().all(|&z| left.energy(&y) <= ellipse.energy(&at(z))));
        let best = at(left.latent(&y)[0]);
        prop_assert_eq!(left.energy(&y), ellipse.energy(&best));
        let whole = ellipse.gradient(&best);
        prop_assert_eq!(left.gradient(&y), array![whole[0], whole[1]]);
    }
}
