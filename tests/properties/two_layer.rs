//! Chapter `two-layer`: bad input, and values of an independent library.

use downhill::{
    Error,
    perceptron::Activation::{Identity, Logistic},
    two_layer::{Chain, TwoLayer},
};
use ndarray::{Array1, Array2, array};
use serde_json::Value;

#[test]
fn a_chain_refuses_bad_input() {
    let refused = |w: Array1<f64>, b: Array1<f64>| Chain::new(w, b, Logistic).unwrap_err();
    assert_eq!(refused(array![], array![]), Error::Empty { what: "weights" });
    assert!(matches!(refused(array![1.0, 2.0], array![0.0]), Error::Shape { what: "biases", .. }));
    assert!(
        matches!(refused(array![1.0, f64::NAN], array![0.0, 0.0]), Error::Domain { what: "weights", index, .. } if index == "1")
    );
    assert!(matches!(
        refused(array![1.0], array![f64::INFINITY]),
        Error::Domain { what: "biases", .. }
    ));
    assert_eq!(
        Chain::new(array![2.0], array![1.0], Identity).unwrap().gradient(3.0, 5.0),
        (array![6.0], array![2.0])
    );
}

#[test]
fn a_network_refuses_bad_parameters() {
    let mut rng = downhill::rng(1);
    for (inputs, hidden, outputs) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
        assert_eq!(
            TwoLayer::new(inputs, hidden, outputs, &mut rng),
            Err(Error::Empty { what: "a layer" })
        );
    }
    for vast in [usize::MAX, usize::MAX / 4] {
        for refusal in [
            TwoLayer::new(vast, 3, 1, &mut rng),
            TwoLayer::from_parameters(vast, 3, 1, Array1::zeros(4)),
        ] {
            assert!(matches!(
                refusal,
                Err(Error::Parameter { what: "the number of parameters", .. })
            ));
        }
    }
    let refused = |theta| TwoLayer::from_parameters(2, 2, 1, theta).unwrap_err();
    assert!(matches!(refused(Array1::zeros(8)), Error::Shape { what: "theta", .. }));
    assert!(matches!(refused(Array1::from_elem(9, f64::NAN)), Error::Domain { what: "theta", .. }));
}

/// The deviation of a thousand weights of each layer against one over the root of the inputs, at five standard errors; biases 0.
#[test]
fn a_new_network_has_weights_of_the_stated_size() {
    let network = TwoLayer::new(25, 40, 25, &mut downhill::rng(2)).unwrap();
    let (w_1, b_1, w_2, b_2) = network.layers();
    for (weights, inputs) in [(w_1, 25.0), (w_2, 40.0)] {
        let square = weights.iter().map(|w| w * w).sum::<f64>() / weights.len() as f64;
        assert!((square * inputs - 1.0).abs() < 5.0 * (2.0 / weights.len() as f64).sqrt());
    }
    assert!(b_1.iter().chain(&b_2).all(|b| *b == 0.0));
}

#[test]
fn training_refuses_bad_input() {
    let (x, y) = (array![[1.0, 2.0], [3.0, 4.0]], array![[1.0], [2.0]]);
    let mut with_nan = x.clone();
    with_nan[[1, 0]] = f64::NAN;
    type Case = (&'static str, Array2<f64>, Array2<f64>, f64, fn(&Error) -> bool);
    let cases: [Case; 11] = [
        ("no samples", Array2::zeros((0, 2)), Array2::zeros((0, 1)), 0.1, |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("no columns", Array2::zeros((2, 0)), y.clone(), 0.1, |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("too many columns", Array2::zeros((2, 3)), y.clone(), 0.1, |e| {
            matches!(e, Error::Shape { what: "x", .. })
        }),
        ("too few targets", x.clone(), array![[1.0]], 0.1, |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        ("too wide targets", x.clone(), x.clone(), 0.1, |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        (
            "NaN",
            with_nan,
            y.clone(),
            0.1,
            |e| matches!(e, Error::Domain { what: "x", index, .. } if index == "1, 0"),
        ),
        ("infinity", x.clone(), array![[1.0], [f64::INFINITY]], 0.1, |e| {
            matches!(e, Error::Domain { what: "y", .. })
        }),
        ("no rate", x.clone(), y.clone(), 0.0, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("uphill", x.clone(), y.clone(), -1.0, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("NaN rate", x.clone(), y.clone(), f64::NAN, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("a wild rate", x.clone(), y.clone(), 1e6, |e| {
            matches!(e, Error::Diverged { step: 1.., .. })
        }),
    ];
    for (case, x, y, rate, expected) in cases {
        let mut network = TwoLayer::new(2, 3, 1, &mut downhill::rng(3)).unwrap();
        match network.train(&x, &y, rate, 200) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(costs) => panic!("{case}: {:?}", costs.last()),
        }
    }
    // One sample, one neuron, a constant and a doubled column: learned. Huge inputs saturate and stay finite.
    let mut network = TwoLayer::new(3, 1, 1, &mut downhill::rng(4)).unwrap();
    assert!(
        network.train(&array![[1.0, 2.0, 2.0]], &array![[5.0]], 0.1, 500).unwrap()[500] < 1e-10
    );
    let mut network = TwoLayer::new(1, 2, 1, &mut downhill::rng(4)).unwrap();
    assert!(network.train(&array![[1e300], [-1e300]], &array![[1.0], [0.0]], 0.1, 100).is_ok());
}

#[test]
#[should_panic(expected = "the shape of y")]
fn the_gradient_says_that_targets_are_missing() {
    let network = TwoLayer::new(2, 3, 1, &mut downhill::rng(5)).unwrap();
    network.gradient(&Array2::zeros((4, 2)), &Array2::zeros((1, 1)));
}

/// Cost, gradient and the parameters after 100 steps against PyTorch's.
#[test]
fn a_network_as_in_pytorch() {
    let oracle: Value = serde_json::from_str(include_str!("../oracles/two_layer.json")).unwrap();
    let numbers = |value: &Value| -> Array1<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let matrix = |value: &Value| {
        let rows: Vec<Array1<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let close = |a: &Array1<f64>, b: &Array1<f64>, tolerance: f64| {
        (a - b).iter().all(|d| d.abs() < tolerance)
    };
    let (x, y) = (matrix(&oracle["x"]), matrix(&oracle["y"]));
    let mut network = TwoLayer::from_parameters(3, 4, 2, numbers(&oracle["theta"])).unwrap();
    assert!((network.cost(&x, &y) - oracle["cost"].as_f64().unwrap()).abs() < 1e-13);
    assert!(close(&network.gradient(&x, &y), &numbers(&oracle["gradient"]), 1e-13));
    network
        .train(&x, &y, oracle["rate"].as_f64().unwrap(), oracle["steps"].as_u64().unwrap() as usize)
        .unwrap();
    assert!(close(network.parameters(), &numbers(&oracle["trained"]), 1e-11));
}
