//! Chapter `perceptron`: bad input, and values of an independent library.

use downhill::{
    Error, data,
    perceptron::{
        Activation::{Identity, Logistic, Relu, Tanh},
        Architecture, Neuron, Penalty, Perceptron,
    },
};
use ndarray::{Array1, Array2, Axis, array};
use serde_json::Value;

const INFINITY: f64 = f64::INFINITY;

#[test]
fn training_a_neuron_refuses_bad_input() {
    let fresh = Neuron { weight: 0.5, bias: 0.0, activation: Tanh };
    let (x, y) = (array![1.0, 2.0], array![0.1, 0.2]);
    type Case =
        (&'static str, Neuron, Array1<f64>, Array1<f64>, f64, Option<Penalty>, fn(&Error) -> bool);
    let cases: [Case; 13] = [
        ("no samples", fresh, array![], array![], 0.1, None, |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("too few targets", fresh, x.clone(), array![1.0], 0.1, None, |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        (
            "NaN in x",
            fresh,
            array![1.0, f64::NAN],
            y.clone(),
            0.1,
            None,
            |e| matches!(e, Error::Domain { what: "x", index, .. } if index == "1"),
        ),
        (
            "infinity in y",
            fresh,
            x.clone(),
            array![INFINITY, 0.0],
            0.1,
            None,
            |e| matches!(e, Error::Domain { what: "y", index, .. } if index == "0"),
        ),
        (
            "NaN weight",
            Neuron { weight: f64::NAN, ..fresh },
            x.clone(),
            y.clone(),
            0.1,
            None,
            |e| matches!(e, Error::Parameter { what: "weight", .. }),
        ),
        (
            "infinite bias",
            Neuron { bias: INFINITY, ..fresh },
            x.clone(),
            y.clone(),
            0.1,
            None,
            |e| matches!(e, Error::Parameter { what: "bias", .. }),
        ),
        ("no rate", fresh, x.clone(), y.clone(), 0.0, None, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("uphill", fresh, x.clone(), y.clone(), -0.1, None, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("NaN rate", fresh, x.clone(), y.clone(), f64::NAN, None, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("infinite rate", fresh, x.clone(), y.clone(), INFINITY, None, |e| {
            matches!(e, Error::Parameter { what: "rate", .. })
        }),
        ("a reward", fresh, x.clone(), y.clone(), 0.1, Some(Penalty::L1(-1.0)), |e| {
            matches!(e, Error::Parameter { what: "penalty", value: -1.0, .. })
        }),
        ("NaN price", fresh, x.clone(), y.clone(), 0.1, Some(Penalty::L2(f64::NAN)), |e| {
            matches!(e, Error::Parameter { what: "penalty", .. })
        }),
        (
            "overflow",
            Neuron { activation: Identity, ..fresh },
            array![1e200],
            array![0.0],
            0.1,
            None,
            |e| matches!(e, Error::Diverged { step: 0, loss: INFINITY, .. }),
        ),
    ];
    for (case, mut neuron, x, y, rate, penalty, expected) in cases {
        match neuron.train(&x, &y, rate, 5, penalty) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(costs) => panic!("{case}: {costs:?}"),
        }
    }
    // No price and a price of zero are the same; no step changes nothing.
    let (mut free, mut priced, mut still) = (fresh, fresh, fresh);
    assert_eq!(
        free.train(&x, &y, 0.1, 5, None),
        priced.train(&x, &y, 0.1, 5, Some(Penalty::L1(0.0)))
    );
    assert_eq!(free, priced);
    assert_eq!(
        still.train(&x, &y, 0.1, 0, None).unwrap(),
        [fresh.cost(1.0, 0.1) + fresh.cost(2.0, 0.2)]
    );
    assert_eq!(still, fresh);
}

#[test]
fn training_a_perceptron_refuses_bad_input() {
    let (x, y) = (array![[0.0, 1.0], [1.0, 0.0]], array![1.0, -1.0]);
    type Case = (&'static str, usize, Array2<f64>, Array1<f64>, fn(&Error) -> bool);
    let cases: [Case; 9] = [
        ("no rows", 2, Array2::zeros((0, 2)), array![], |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("no columns", 0, Array2::zeros((2, 0)), y.clone(), |e| {
            matches!(e, Error::Empty { what: "x" })
        }),
        ("too few classes", 2, x.clone(), array![1.0], |e| {
            matches!(e, Error::Shape { what: "y", .. })
        }),
        ("other inputs", 3, x.clone(), y.clone(), |e| matches!(e, Error::Shape { what: "x", .. })),
        (
            "NaN",
            2,
            array![[0.0, f64::NAN], [1.0, 0.0]],
            y.clone(),
            |e| matches!(e, Error::Domain { what: "x", index, .. } if index == "0, 1"),
        ),
        (
            "classes 0 and 1",
            2,
            x.clone(),
            array![1.0, 0.0],
            |e| matches!(e, Error::Domain { what: "y", index, value: 0.0, .. } if index == "1"),
        ),
        ("one sample of both classes", 2, array![[1.0, 2.0], [1.0, 2.0]], y.clone(), |e| {
            matches!(e, Error::NotConverged { iterations: 50, value: 2.0, .. })
        }),
        (
            "between two of the other",
            1,
            array![[0.0], [1.0], [2.0]],
            array![-1.0, 1.0, -1.0],
            |e| matches!(e, Error::NotConverged { .. }),
        ),
        ("a constant column of zeros", 1, array![[0.0], [0.0]], y.clone(), |e| {
            matches!(e, Error::NotConverged { .. })
        }),
    ];
    for (case, inputs, x, y, expected) in cases {
        match Perceptron::new(inputs).train(&x, &y, 50) {
            Err(error) => assert!(expected(&error), "{case}: {error}"),
            Ok(mistakes) => panic!("{case}: {mistakes}"),
        }
    }
    // One sample, one class, doubled columns: learned.
    assert_eq!(Perceptron::new(2).train(&array![[0.0, 0.0]], &array![-1.0], 2), Ok(1));
    assert_eq!(Perceptron::new(1).train(&array![[3.0], [4.0]], &array![1.0, 1.0], 2), Ok(1));
    assert!(
        Perceptron::new(2).train(&array![[1.0, 1.0], [2.0, 2.0]], &array![-1.0, 1.0], 100).is_ok()
    );
    assert!(matches!(
        Perceptron::new(2).train(&x, &y, 0),
        Err(Error::NotConverged { iterations: 0, .. })
    ));
}

#[test]
fn an_architecture_refuses_bad_input() {
    assert!(matches!(Architecture::new(&[], &[]), Err(Error::Shape { what: "sizes", .. })));
    assert!(matches!(Architecture::new(&[3], &[]), Err(Error::Shape { what: "sizes", .. })));
    assert_eq!(Architecture::new(&[3, 0, 1], &[Tanh, Relu]), Err(Error::Empty { what: "a layer" }));
    assert!(matches!(
        Architecture::new(&[3, 2], &[Tanh, Relu]),
        Err(Error::Shape { what: "activations", .. })
    ));
    assert!(matches!(
        Architecture::new(&[3, 2, 1], &[Logistic]),
        Err(Error::Shape { what: "activations", .. })
    ));
    for vast in [usize::MAX, usize::MAX / 2, usize::MAX / 32] {
        let refusal = Architecture::new(&[vast, 2], &[Tanh]);
        assert!(
            matches!(refusal, Err(Error::Parameter { what: "the number of parameters", .. })),
            "{vast}"
        );
    }
    assert!(Relu.value(f64::NAN).is_nan());
}

#[test]
#[should_panic(expected = "the length of theta and the number of parameters")]
fn an_architecture_says_that_theta_is_too_short() {
    Architecture::new(&[2, 1], &[Tanh]).unwrap().output(&array![1.0, 2.0], &array![0.0, 0.0]);
}

#[test]
#[should_panic]
fn a_perceptron_says_that_an_input_is_missing() {
    Perceptron::new(3).classify(&array![1.0, 2.0]);
}

/// The weights after 1, 2, 5 and 100 sweeps over the threes and eights of the digits, whole numbers all, against scikit-learn's.
#[test]
fn digits_as_scikit_learn() {
    let oracle: Value = serde_json::from_str(include_str!("../oracles/perceptron.json")).unwrap();
    let digits = data::digits();
    let chosen: Vec<usize> =
        (0..digits.labels.len()).filter(|&i| [3, 8].contains(&digits.labels[i])).collect();
    let x = digits.images.select(Axis(0), &chosen);
    let y: Array1<f64> =
        chosen.iter().map(|&i| if digits.labels[i] == 8 { 1.0 } else { -1.0 }).collect();
    for after in oracle["after"].as_array().unwrap() {
        let mut perceptron = Perceptron::new(64);
        // Before it converges, the rule reports that it has not.
        let _ = perceptron.train(&x, &y, after["sweeps"].as_u64().unwrap() as usize);
        let weights: Array1<f64> =
            after["weights"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
        assert_eq!(perceptron.weights(), weights);
        assert_eq!(perceptron.bias(), after["bias"].as_f64().unwrap());
    }
}
