//! Chapter `directed-vs-energy`: bad input, and values of an independent library.

use downhill::{
    Error,
    directed_vs_energy::{ChainRule, Interactions, NoisyOr, SigmoidBelief},
    energy::Energy,
};
use ndarray::{Array1, Array2, ArrayRef1, array};
use serde_json::Value;

const INFINITY: f64 = f64::INFINITY;

#[test]
fn bad_causes_are_refused() {
    type Case = (&'static str, Array1<f64>, Array1<f64>, f64, fn(&Error) -> bool);
    let one = || array![0.5];
    let cases: [Case; 13] = [
        ("no causes", array![], array![], 0.1, |e| matches!(e, Error::Empty { what: "priors" })),
        ("too few strengths", one(), array![], 0.1, |e| {
            matches!(e, Error::Shape { what: "strengths", .. })
        }),
        ("too many strengths", one(), array![0.5, 0.5], 0.1, |e| {
            matches!(e, Error::Shape { what: "strengths", .. })
        }),
        ("never", array![0.0], one(), 0.1, |e| matches!(e, Error::Domain { what: "priors", .. })),
        ("always", array![1.0], one(), 0.1, |e| matches!(e, Error::Domain { what: "priors", .. })),
        ("negative prior", array![-0.1], one(), 0.1, |e| {
            matches!(e, Error::Domain { what: "priors", .. })
        }),
        ("NaN prior", array![f64::NAN], one(), 0.1, |e| {
            matches!(e, Error::Domain { what: "priors", .. })
        }),
        ("infinite prior", array![INFINITY], one(), 0.1, |e| {
            matches!(e, Error::Domain { what: "priors", .. })
        }),
        ("negative strength", one(), array![-0.1], 0.1, |e| {
            matches!(e, Error::Domain { what: "strengths", .. })
        }),
        ("certain effect", one(), array![1.0], 0.1, |e| {
            matches!(e, Error::Domain { what: "strengths", .. })
        }),
        ("negative leak", one(), one(), -0.1, |e| {
            matches!(e, Error::Parameter { what: "leak", .. })
        }),
        ("certain leak", one(), one(), 1.0, |e| matches!(e, Error::Parameter { what: "leak", .. })),
        ("NaN leak", one(), one(), f64::NAN, |e| {
            matches!(e, Error::Parameter { what: "leak", .. })
        }),
    ];
    for (case, priors, strengths, leak, expected) in cases {
        match NoisyOr::new(priors, strengths, leak) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(model) => panic!("{case}: {model:?}"),
        }
    }
    // A cause without strength is not blamed.
    let idle = NoisyOr::new(array![0.3, 0.4], array![0.0, 0.5], 0.0).unwrap();
    assert!(
        (idle.posterior(true)[0] - 0.3).abs() < 1e-15
            && (idle.posterior(true)[1] - 1.0).abs() < 1e-15
    );
}

/// A small leak is not lost beside 1, nor is a small silence.
#[test]
fn small_probabilities_keep_their_digits() {
    let rare = NoisyOr::new(array![0.5, 0.25], array![1e-20, 0.0], 1e-20).unwrap();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-14 * b.abs();
    assert!(
        close(rare.effect(&array![0.0, 1.0]), 1e-20)
            && close(rare.effect(&array![1.0, 0.0]), 2e-20)
    );
    // p(v = 1) is 1e-20 from the leak and ½ · 1e-20 from the first cause.
    let posterior = rare.posterior(true);
    assert!(close(posterior[0], 0.5 * 2.0 / 1.5) && close(posterior[1], 0.25));
    let heard = rare.energy(&array![0.0, 0.0, 1.0]);
    assert!(close(heard, -(0.5 * 0.75 * 1e-20_f64).ln()), "{heard}");
    let nearly = 1.0_f64.next_down();
    let sure = NoisyOr::new(array![0.5, 0.5], array![nearly, nearly], 0.0).unwrap();
    let silent = sure.energy(&array![1.0, 1.0, 0.0]);
    assert!(close(silent, 4f64.ln() - 2.0 * (1.0 - nearly).ln()), "{silent}");
    // A hidden bit that is on almost surely.
    let belief = SigmoidBelief::new(array![[0.0]], array![50.0], array![-700.0]).unwrap();
    assert!(close(belief.energy(&array![1.0, 0.0]), (-50f64).exp()));
}

#[test]
#[should_panic(expected = "nothing can have brought it about")]
fn an_effect_without_a_cause_is_refused() {
    NoisyOr::new(array![0.3], array![0.0], 0.0).unwrap().posterior(true);
}

#[test]
fn bad_networks_are_refused() {
    type Case = (&'static str, Array2<f64>, Array1<f64>, Array1<f64>, fn(&Error) -> bool);
    let cases: [Case; 7] = [
        ("no visible", Array2::zeros((0, 2)), array![0.0, 0.0], array![], |e| {
            matches!(e, Error::Empty { .. })
        }),
        ("no hidden", Array2::zeros((2, 0)), array![], array![0.0, 0.0], |e| {
            matches!(e, Error::Empty { .. })
        }),
        ("hidden bias", array![[1.0, 2.0]], array![0.0], array![0.0], |e| {
            matches!(e, Error::Shape { what: "hidden_bias", .. })
        }),
        ("visible bias", array![[1.0, 2.0]], array![0.0, 0.0], array![0.0, 0.0], |e| {
            matches!(e, Error::Shape { what: "visible_bias", .. })
        }),
        ("NaN", array![[f64::NAN]], array![0.0], array![0.0], |e| {
            matches!(e, Error::Domain { what: "weights", .. })
        }),
        ("infinite", array![[1.0]], array![INFINITY], array![0.0], |e| {
            matches!(e, Error::Domain { what: "hidden_bias", .. })
        }),
        ("NaN bias", array![[1.0]], array![0.0], array![f64::NAN], |e| {
            matches!(e, Error::Domain { what: "visible_bias", .. })
        }),
    ];
    for (case, weights, hidden, visible, expected) in cases {
        match SigmoidBelief::new(weights, hidden, visible) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(net) => panic!("{case}: {net:?}"),
        }
    }
    let wide = SigmoidBelief::new(Array2::zeros((1, 21)), Array1::zeros(21), array![0.0]).unwrap();
    assert!(matches!(wide.log_marginal(&array![1.0]), Err(Error::Parameter { what: "units", .. })));
}

#[test]
fn bad_energies_are_refused() {
    struct Constant(f64);
    impl Energy for Constant {
        fn energy(&self, _: &ArrayRef1<f64>) -> f64 {
            self.0
        }
    }
    for units in [0, 21] {
        assert!(matches!(
            Interactions::of(&Constant(0.0), units),
            Err(Error::Parameter { what: "units", .. })
        ));
        assert!(matches!(
            ChainRule::of(&Constant(0.0), units),
            Err(Error::Parameter { what: "units", .. })
        ));
    }
    for bad in [f64::NAN, INFINITY, -INFINITY] {
        assert!(matches!(Interactions::of(&Constant(bad), 2), Err(Error::Domain { .. })));
        assert!(matches!(ChainRule::of(&Constant(bad), 2), Err(Error::Domain { .. })));
    }
    // A constant is no opinion.
    assert_eq!(Interactions::of(&Constant(3.0), 2).unwrap().coefficient(&[]), 3.0);
    assert!(ChainRule::of(&Constant(3.0), 2).unwrap().tables().iter().flatten().all(|&p| p == 0.5));
    // States that cannot be are no obstacle to the chain rule, and are never drawn.
    struct Equal;
    impl Energy for Equal {
        fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
            if x[0] == 1.0 && x[1] == x[2] { 0.0 } else { INFINITY }
        }
    }
    let table = ChainRule::of(&Equal, 3).unwrap();
    let mut rng = downhill::rng(1);
    assert!((0..100).map(|_| table.sample(&mut rng)).all(|x| x[0] == 1.0 && x[1] == x[2]));
    assert_eq!(table.energy(&array![0.0, 0.0, 0.0]), INFINITY);
}

#[test]
#[should_panic(expected = "unit 2 of 2")]
fn a_unit_that_is_not_there() {
    let net = NoisyOr::new(array![0.5], array![0.5], 0.5).unwrap();
    Interactions::of(&net, 2).unwrap().coefficient(&[2]);
}

/// The alarm with five causes and a sigmoid belief network's marginals against sums over tables by NumPy.
#[test]
fn posteriors_as_numpy() {
    let oracle: Value =
        serde_json::from_str(include_str!("../oracles/directed_vs_energy.json")).unwrap();
    let numbers = |value: &Value| -> Array1<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let causes = &oracle["noisy or"];
    let leak = causes["leak"].as_f64().unwrap();
    let model =
        NoisyOr::new(numbers(&causes["priors"]), numbers(&causes["strengths"]), leak).unwrap();
    let close = |a: &Array1<f64>, b: &Array1<f64>| (a - b).iter().all(|d| d.abs() < 1e-13);
    assert!(close(&model.posterior(true), &numbers(&causes["given the effect"])));
    assert!(close(&model.posterior(false), &numbers(&causes["given its absence"])));
    let belief = &oracle["belief net"];
    let rows: Vec<Array1<f64>> =
        belief["weights"].as_array().unwrap().iter().map(numbers).collect();
    let weights = Array2::from_shape_fn((rows.len(), rows[0].len()), |(j, k)| rows[j][k]);
    let net = SigmoidBelief::new(
        weights,
        numbers(&belief["hidden bias"]),
        numbers(&belief["visible bias"]),
    )
    .unwrap();
    for (v, log_p) in
        belief["visible"].as_array().unwrap().iter().zip(numbers(&belief["log marginal"]))
    {
        assert!((net.log_marginal(&numbers(v)).unwrap() - log_p).abs() < 1e-13);
    }
}
