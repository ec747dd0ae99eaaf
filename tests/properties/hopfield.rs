//! Chapter `hopfield`: what bad input gets, and what the edges do.

use downhill::{
    Error,
    data::{flip, random_patterns},
    energy::Energy,
    hopfield::{DenseMemory, Hopfield, Unlearning, capacity, overlap, stdp::Window},
    rng,
};
use ndarray::{Array1, Array2, array};

const BIPOLAR: &str = "-1 or +1";

fn domain(what: &'static str, index: &str, value: f64, must: &'static str) -> Error {
    Error::Domain { what, index: index.into(), value, must }
}

#[test]
fn weights_that_make_no_network() {
    let two = || Array1::zeros(2);
    let symmetric = "equal to its mirror image: weights are symmetric";
    let diagonal = "0, since no unit is joined to itself";
    let shape = |what, expected: &str, got: &str| Error::Shape {
        what,
        expected: expected.into(),
        got: got.into(),
    };
    for (weights, thresholds, error) in [
        (array![[0.0, 1.0], [2.0, 0.0]], two(), domain("weights", "0, 1", 1.0, symmetric)),
        (array![[0.0, 1.0], [1.0, 3.0]], two(), domain("weights", "1, 1", 3.0, diagonal)),
        (
            array![[0.0, f64::INFINITY], [1.0, 0.0]],
            two(),
            domain("weights", "0, 1", f64::INFINITY, "finite"),
        ),
        (
            array![[0.0, 1.0], [1.0, 0.0]],
            array![0.0, f64::INFINITY],
            domain("thresholds", "1", f64::INFINITY, "finite"),
        ),
        (Array2::zeros((0, 0)), Array1::zeros(0), Error::Empty { what: "weights" }),
        (Array2::zeros((2, 3)), two(), shape("columns of weights", "2 columns, one a row", "3")),
        (
            Array2::zeros((2, 2)),
            Array1::zeros(3),
            shape("thresholds", "2 entries, one a unit", "3"),
        ),
    ] {
        assert_eq!(Hopfield::new(weights, thresholds), Err(error));
    }
    // NaN is not equal to itself: look at the form alone.
    let error = Hopfield::new(array![[0.0, f64::NAN], [f64::NAN, 0.0]], two()).unwrap_err();
    assert_eq!(error.to_string(), "weights[0, 1] is NaN, but must be finite");
    assert!(matches!(Hopfield::zeros(0), Err(Error::Parameter { what: "units", .. })));
}

#[test]
fn patterns_that_cannot_be_stored() {
    for (patterns, error) in [
        (Array2::zeros((0, 4)), Error::Empty { what: "patterns" }),
        (Array2::zeros((4, 0)), Error::Empty { what: "patterns" }),
        (array![[1.0, -1.0], [0.0, 1.0]], domain("patterns", "1, 0", 0.0, BIPOLAR)),
        (array![[1.0, f64::NEG_INFINITY]], domain("patterns", "0, 1", f64::NEG_INFINITY, BIPOLAR)),
    ] {
        assert_eq!(Hopfield::hebbian(&patterns), Err(error.clone()));
        assert_eq!(Hopfield::projection(&patterns), Err(error.clone()));
        assert_eq!(DenseMemory::new(patterns, 3), Err(error));
    }
    let nan = array![[f64::NAN]];
    for error in
        [Hopfield::hebbian(&nan).unwrap_err(), DenseMemory::new(nan.clone(), 3).unwrap_err()]
    {
        assert_eq!(error.to_string(), "patterns[0, 0] is NaN, but must be -1 or +1");
    }
    for degree in [0, 1, 65] {
        let must = "between 2 and 64";
        let error = Error::Parameter { what: "degree", value: degree as f64, must };
        assert_eq!(DenseMemory::new(array![[1.0, -1.0]], degree), Err(error));
    }
}

#[test]
fn states_that_are_none() {
    let mut net = Hopfield::hebbian(&array![[1.0, -1.0, 1.0]]).unwrap();
    let dense = DenseMemory::new(array![[1.0, -1.0, 1.0]], 3).unwrap();
    let before = net.clone();
    let (short, half) = (array![1.0, -1.0], array![1.0, 0.5, 1.0]);
    let expected =
        |what| Error::Shape { what, expected: "3 entries, one a unit".into(), got: "2".into() };
    assert_eq!(net.recall(&short, &mut rng(0)), Err(expected("cue")));
    assert_eq!(net.recall_in_order(&short), Err(expected("cue")));
    assert_eq!(net.recall_synchronously(&short), Err(expected("cue")));
    assert_eq!(net.store(&short), Err(expected("pattern")));
    assert!(matches!(dense.recall(&short, &mut rng(0)), Err(Error::Shape { what: "cue", .. })));
    for error in [
        net.recall(&half, &mut rng(0)).unwrap_err(),
        net.recall_in_order(&half).unwrap_err(),
        net.recall_synchronously(&half).unwrap_err(),
        dense.recall(&half, &mut rng(0)).unwrap_err(),
    ] {
        assert_eq!(error, domain("cue", "1", 0.5, BIPOLAR));
    }
    assert_eq!(net.store(&half), Err(domain("pattern", "1", 0.5, BIPOLAR)));
    assert_eq!(net, before, "what was refused left no trace");
    let large = Hopfield::zeros(21).unwrap().local_minima();
    assert_eq!(
        large,
        Err(Error::Parameter { what: "the number of units", value: 21.0, must: "at most 20" })
    );
}

#[test]
fn unlearning_that_cannot_start() {
    let patterns = array![[1.0, -1.0, 1.0]];
    let mut net = Hopfield::hebbian(&patterns).unwrap();
    let before = net.clone();
    for rate in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let how = Unlearning { rate, flips: 1, ..Unlearning::default() };
        let error = net.unlearn(&patterns, &how, &mut rng(0), |_, _| ()).unwrap_err();
        assert!(matches!(
            error,
            Error::Parameter { what: "rate", must: "positive and finite", .. }
        ));
    }
    let error = net.unlearn(
        &patterns,
        &Unlearning { flips: 4, ..Unlearning::default() },
        &mut rng(0),
        |_, _| (),
    );
    assert!(matches!(error, Err(Error::Parameter { what: "flips", value: 4.0, .. })));
    assert!(matches!(
        net.valleys_beside(&array![[1.0, -1.0]], 1, 1, &mut rng(0)),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        net.valleys_beside(&Array2::zeros((0, 3)), 1, 1, &mut rng(0)),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        net.contrastive_step(&patterns, &array![[1.0]], 0.1),
        Err(Error::Shape { what: "negatives", .. })
    ));
    assert!(matches!(
        net.contrastive_step(&patterns, &patterns, f64::NAN),
        Err(Error::Parameter { what: "rate", .. })
    ));
    let bad = array![[1.0, 2.0, 1.0]];
    assert_eq!(
        net.contrastive_step(&patterns, &bad, 0.1),
        Err(domain("negatives", "0, 1", 2.0, BIPOLAR))
    );
    assert_eq!(net, before);
}

#[test]
fn spikes_and_windows_out_of_order() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for (what, window) in [
            ("gain", Window::new(bad, 1.0, 1.0, 1.0)),
            ("gain_time", Window::new(1.0, bad, 1.0, 1.0)),
            ("loss", Window::new(1.0, 1.0, bad, 1.0)),
            ("loss_time", Window::new(1.0, 1.0, 1.0, bad)),
        ] {
            assert!(matches!(window, Err(Error::Parameter { what: got, .. }) if got == what));
        }
    }
    let window = Window::new(1.0, 20.0, 1.0, 20.0).unwrap();
    let (none, one) = (Array1::zeros(0), array![3.0]);
    for (pre, post) in [(&none, &none), (&one, &none), (&none, &one), (&one, &one)] {
        assert_eq!(window.change_by_trains(pre, post), Ok(0.0));
    }
    let must = "no earlier than the spike before it";
    assert_eq!(
        window.change_by_trains(&array![2.0, 1.0], &one),
        Err(domain("pre", "1", 1.0, must))
    );
    assert_eq!(
        window.change_by_trains(&one, &array![f64::INFINITY]),
        Err(domain("post", "0", f64::INFINITY, "finite"))
    );
    // Times so far apart that the traces die: no overflow, no NaN.
    assert_eq!(window.change_by_trains(&array![-1e300, 0.0], &array![1e300]), Ok(0.0));
}

/// One unit, one pattern, copies of a pattern, constant units, more patterns than units.
#[test]
fn edges_that_are_answered() {
    let mut rng = rng(1);
    let lone = Hopfield::hebbian(&array![[-1.0]]).unwrap();
    assert_eq!(
        lone.recall(&array![-1.0], &mut rng).unwrap().state,
        array![1.0],
        "no neighbour, a tie: +1"
    );
    assert_eq!(lone.local_minima().unwrap().nrows(), 2);

    let pattern = random_patterns(1, 30, &mut rng);
    let copies = ndarray::concatenate![ndarray::Axis(0), pattern, pattern, pattern];
    let (once, thrice) =
        (Hopfield::projection(&pattern).unwrap(), Hopfield::projection(&copies).unwrap());
    assert!(
        (once.weights() - thrice.weights()).iter().all(|d| d.abs() < 1e-15),
        "copies add nothing"
    );
    assert_eq!(Hopfield::hebbian(&copies).unwrap().fraction_stable(&copies), 1.0);

    let full = random_patterns(40, 30, &mut rng);
    let projection = Hopfield::projection(&full).unwrap();
    assert!(
        projection.weights().iter().all(|w| w.abs() < 1e-10),
        "a basis of the whole space: nothing is left"
    );
    let cue = random_patterns(1, 30, &mut rng).row(0).to_owned();
    assert!(
        projection.recall(&cue, &mut rng).unwrap().state.iter().all(|&s| s == 1.0),
        "nothing but ties"
    );

    let constant = Array2::from_elem((4, 10), -1.0);
    assert_eq!(Hopfield::hebbian(&constant).unwrap().fraction_stable(&constant), 1.0);
    assert!((overlap(&cue, &flip(&cue, 3, &mut rng)) - 0.8).abs() < 1e-15);
}

/// Ties by the thousand, at weights that do not round to themselves: every descent ends, and where no flip lowers the energy.
#[test]
fn descents_with_ties_end() {
    let mut rng = rng(2);
    for (count, n) in [(2, 10), (2, 30), (4, 30), (6, 70), (3, 7), (5, 49)] {
        let net = Hopfield::hebbian(&random_patterns(count, n, &mut rng)).unwrap();
        for scale in [1.0, 1e-200, 1e200] {
            let net = Hopfield::new(net.weights() * scale, Array1::zeros(n)).unwrap();
            for _ in 0..50 {
                let cue = random_patterns(1, n, &mut rng).row(0).to_owned();
                let end = net.recall(&cue, &mut rng).unwrap().state;
                assert!(net.is_fixed_point(&end) && net.energy(&end) <= net.energy(&cue));
                net.recall_synchronously(&cue).unwrap();
            }
        }
    }
}

#[test]
fn capacity_at_the_extremes() {
    assert_eq!(capacity::wrong_bit(0.0), 0.0);
    assert_eq!(capacity::wrong_bit(f64::INFINITY), 0.5);
    assert!(capacity::wrong_bit(1e-3) > 0.0, "a tail of 1e-219 is not lost");
    assert!(
        capacity::most_exact(1e300).is_finite()
            && capacity::all_exact(1e300) == 0.5 * capacity::most_exact(1e300)
    );
}

#[test]
#[should_panic(expected = "a degree of 1: it must be at least 2")]
fn a_dense_memory_has_at_least_pairs() {
    DenseMemory::most_exact(100.0, 1);
}

#[test]
#[should_panic(expected = "the overlap of states without units")]
fn overlap_of_nothing() {
    overlap(&array![], &array![]);
}

#[test]
#[should_panic(expected = "overlap of states of 2 and 3 units")]
fn overlap_of_different_lengths() {
    overlap(&array![1.0, 1.0], &array![1.0, 1.0, 1.0]);
}

/// The fixed points of a dense memory against the same rule in whole numbers, in which a tie is a tie: in floating point many ties of these
/// memories come out as some rounding error, of either sign.
#[test]
fn dense_ties_are_seen_through_rounding() {
    let mut rng = rng(1997);
    let mut ties = 0;
    for (n, stored, degree) in [(7, 24, 2), (7, 6, 3), (9, 30, 2), (11, 20, 2)] {
        let patterns = random_patterns(stored, n, &mut rng);
        let memory = DenseMemory::new(patterns.clone(), degree).unwrap();
        for bits in 0..1_u32 << n {
            let state = Array1::from_shape_fn(n, |i| if bits >> i & 1 == 1 { 1.0 } else { -1.0 });
            let sums = patterns.dot(&state);
            let stays = |i: usize| {
                let cost: i64 = (0..stored)
                    .map(|mu| {
                        let flipped = sums[mu] - 2.0 * patterns[[mu, i]] * state[i];
                        (sums[mu] as i64).pow(degree as u32) - (flipped as i64).pow(degree as u32)
                    })
                    .sum();
                ties += usize::from(cost == 0);
                cost > 0 || cost == 0 && state[i] == 1.0
            };
            let fixed = (0..n).map(stays).filter(|&stays| stays).count() == n;
            assert_eq!(memory.is_fixed_point(&state), fixed, "{n} units, degree {degree}, {state}");
            if fixed {
                // Where nothing wants to flip, recall ends where it began.
                assert_eq!(
                    memory.recall(&state, &mut downhill::rng(bits.into())).unwrap().state,
                    state
                );
            }
        }
    }
    assert!(ties > 500, "only {ties} ties");
}

/// The local minima of Hebbian networks against the same rule in whole numbers: a unit whose field is 0 but for rounding may take either value.
#[test]
fn local_minima_keep_their_ties() {
    let mut rng = rng(1999);
    let mut ties = 0;
    for (n, stored) in [(7, 4), (9, 4), (9, 7)] {
        let patterns = random_patterns(stored, n, &mut rng);
        let mut expected = Vec::new();
        for bits in 0..1_u32 << n {
            let state = Array1::from_shape_fn(n, |i| if bits >> i & 1 == 1 { 1.0 } else { -1.0 });
            // n times the field is a whole number.
            let field = patterns.t().dot(&patterns.dot(&state)) - stored as f64 * &state;
            if (0..n).all(|i| field[i] * state[i] >= 0.0) {
                ties += field.iter().filter(|&&h| h == 0.0).count();
                expected.push(state);
            }
        }
        let minima = Hopfield::hebbian(&patterns).unwrap().local_minima().unwrap();
        assert_eq!(minima.nrows(), expected.len(), "{n} units, {stored} patterns");
        for (row, state) in minima.rows().into_iter().zip(&expected) {
            assert_eq!(row, state);
        }
    }
    assert!(ties > 20, "only {ties} ties");
}

/// A step of unlearning against its two halves done by hand, at the step size η that is the rate over the number of units.
#[test]
fn a_step_of_unlearning_is_a_contrastive_step() {
    // So many that cues roll elsewhere.
    let patterns = random_patterns(12, 30, &mut rng(2006));
    let how = Unlearning { rate: 0.3, flips: 4, sweeps: 2, steps: 1 };
    let mut net = Hopfield::hebbian(&patterns).unwrap();
    let mut by_hand = net.clone();
    net.unlearn(&patterns, &how, &mut rng(1), |_, _| ()).unwrap();
    let valleys = by_hand.valleys_beside(&patterns, 4, 2, &mut rng(1)).unwrap();
    by_hand.contrastive_step(&patterns, &valleys, 0.01).unwrap();
    assert!((net.weights() - by_hand.weights()).iter().all(|d| d.abs() < 1e-15));
    assert_ne!(net.weights(), Hopfield::hebbian(&patterns).unwrap().weights());
}
