//! What a network, its training and its files answer to bad input, and to PyTorch.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use downhill::{
    Error,
    backprop::{
        Activation, Initialisation, Layer, Loss, Mlp, Pass, Penalty, Stopping, Tape, Trainer, idx,
    },
    optimizers::{Adam, GradientDescent, Optimizer},
    rng,
};
use flate2::{Compression, write::GzEncoder};
use ndarray::{Array1, Array2, ArrayRef1, array};
use proptest::prelude::*;
use serde_json::Value;

fn shape(what: &'static str, expected: &str, got: &str) -> Error {
    Error::Shape { what, expected: expected.into(), got: got.into() }
}

fn domain(what: &'static str, index: &str, value: f64, must: &'static str) -> Error {
    Error::Domain { what, index: index.into(), value, must }
}

/// Sizes, activations and parameters that do not make a network, each with its error.
#[test]
fn refused_networks() {
    let linear = Activation::Identity;
    let leaky = Activation::LeakyRelu { slope: f64::INFINITY };
    type Case = (&'static [usize], Vec<Activation>, Array1<f64>, Error);
    let cases: Vec<Case> = vec![
        (&[], vec![], array![], shape("sizes", "two or more", "0")),
        (&[3], vec![], array![], shape("sizes", "two or more", "1")),
        (&[2, 0, 1], vec![linear; 2], array![0.0], Error::Empty { what: "a layer" }),
        (&[0, 1], vec![linear], array![0.0], Error::Empty { what: "a layer" }),
        (
            &[1, 1],
            vec![linear; 2],
            array![0.0, 0.0],
            shape("activations", "1 entries, one a layer", "2"),
        ),
        (&[1, 1], vec![linear], array![0.0], shape("theta", "2 parameters", "1")),
        (
            &[1, 1],
            vec![linear],
            array![0.0, f64::INFINITY],
            domain("theta", "1", f64::INFINITY, "finite"),
        ),
        (
            &[1, 1],
            vec![leaky],
            array![0.0, 0.0],
            Error::Parameter { what: "slope", value: f64::INFINITY, must: "finite" },
        ),
    ];
    for (sizes, activations, theta, expected) in cases {
        assert_eq!(Mlp::from_parameters(sizes, &activations, theta), Err(expected));
    }
    let nan = Mlp::from_parameters(&[1, 1], &[linear], array![f64::NAN, 0.0]);
    assert!(matches!(nan, Err(Error::Domain { what: "theta", value, .. }) if value.is_nan()));
    for deviation in [-1.0, f64::INFINITY] {
        let must = "a finite number, not negative";
        let expected = Error::Parameter { what: "initialisation", value: deviation, must };
        let refused =
            Mlp::new(&[1, 1], linear, linear, Initialisation::Normal(deviation), &mut rng(1));
        assert_eq!(refused, Err(expected));
    }
    // More parameters than an array can hold, in one layer and in two.
    let vast: [&[usize]; 3] =
        [&[usize::MAX, 2], &[usize::MAX - 1, 1], &[1 << 30, 1 << 30, 1 << 29]];
    for sizes in vast {
        let activations = vec![linear; sizes.len() - 1];
        for refused in [
            Mlp::from_parameters(sizes, &activations, array![]),
            Mlp::new(sizes, linear, linear, Initialisation::He, &mut rng(1)),
        ] {
            let refused = refused.unwrap_err();
            assert!(
                matches!(refused, Error::Parameter { what: "the number of parameters", .. }),
                "{refused}"
            );
        }
    }
    let one_size = Mlp::new(&[4], linear, linear, Initialisation::He, &mut rng(1));
    assert_eq!(one_size, Err(shape("sizes", "two or more", "1")));
}

fn small() -> Mlp {
    Mlp::new(
        &[2, 3, 2],
        Activation::Tanh,
        Activation::Identity,
        Initialisation::Glorot,
        &mut rng(1),
    )
    .unwrap()
}

/// Samples and targets that cannot be trained on, each with its error; training leaves the network as it was.
#[test]
fn refused_samples() {
    let (x, y) = (array![[0.0, 1.0], [1.0, 0.0]], array![[1.0, 0.0], [0.0, 1.0]]);
    let infinite = array![[0.0, 1.0], [f64::INFINITY, 0.0]];
    let probability = "a probability, from 0 to 1";
    let cases: Vec<(Loss, Array2<f64>, Array2<f64>, Error)> = vec![
        (
            Loss::SquaredError,
            Array2::zeros((0, 2)),
            Array2::zeros((0, 2)),
            Error::Empty { what: "x" },
        ),
        (
            Loss::SquaredError,
            Array2::zeros((2, 3)),
            y.clone(),
            shape("columns of x", "2 inputs of the network", "3"),
        ),
        (
            Loss::SquaredError,
            x.clone(),
            Array2::zeros((2, 1)),
            shape("columns of y", "2 outputs of the network", "1"),
        ),
        (
            Loss::SquaredError,
            x.clone(),
            Array2::zeros((3, 2)),
            shape("y", "2 rows, one a row of x", "3"),
        ),
        (
            Loss::SquaredError,
            infinite.clone(),
            y.clone(),
            domain("x", "1, 0", f64::INFINITY, "finite"),
        ),
        (Loss::SquaredError, x.clone(), infinite, domain("y", "1, 0", f64::INFINITY, "finite")),
        (Loss::LogisticCrossEntropy, x.clone(), &y * 2.0, domain("y", "0, 0", 2.0, probability)),
        (Loss::LogisticCrossEntropy, x.clone(), &y - 0.5, domain("y", "0, 1", -0.5, probability)),
        (
            Loss::SoftmaxCrossEntropy,
            x.clone(),
            &y * 0.5,
            domain("sum of a row of y", "0", 0.5, "1"),
        ),
    ];
    for (loss, x, y, expected) in cases {
        let mut network = small();
        let mut trainer = Trainer::new(&network, loss, GradientDescent::new(0.1).unwrap(), 2);
        assert_eq!(trainer.epoch(&mut network, &x, &y, &mut rng(1)), Err(expected.clone()));
        let stopping = Stopping { epochs: 1, patience: 1 };
        let good = (array![[0.0, 1.0]], array![[1.0, 0.0]]);
        let fit = trainer.fit(
            &mut network,
            (&good.0, &good.1),
            (&x, &y),
            stopping,
            &mut rng(1),
            |_, _, _| (),
        );
        assert_eq!(fit, Err(expected), "as a validation set");
        assert_eq!(network, small());
    }
    let mut network = small();
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(0.1).unwrap(), 2);
    let none = Stopping { epochs: 0, patience: 1 };
    let fit = trainer.fit(&mut network, (&x, &y), (&x, &y), none, &mut rng(1), |_, _, _| ());
    assert_eq!(fit, Err(Error::Parameter { what: "epochs", value: 0.0, must: "at least 1" }));
    let mut wider = Mlp::new(
        &[2, 4, 2],
        Activation::Tanh,
        Activation::Identity,
        Initialisation::Glorot,
        &mut rng(1),
    )
    .unwrap();
    let epoch = trainer.epoch(&mut wider, &x, &y, &mut rng(1));
    assert_eq!(epoch, Err(shape("network", "layers of [3, 2] units", "[2, 4, 2]")));
    for (l1, l2, what, value) in
        [(-1.0, 0.0, "l1", -1.0), (0.0, f64::INFINITY, "l2", f64::INFINITY)]
    {
        let trainer =
            Trainer::new(&small(), Loss::SquaredError, GradientDescent::new(0.1).unwrap(), 2);
        let refused = trainer.with_penalty(Penalty { l1, l2 }).map(|_| ());
        assert_eq!(
            refused,
            Err(Error::Parameter { what, value, must: "a finite number, not negative" })
        );
    }
}

/// Odd but lawful input has an answer: one sample, one unit, a constant column, the same sample twice, a batch larger than the data.
#[test]
fn a_sure_answer_keeps_its_small_cost() {
    let cost = |z: f64, y: f64| Loss::LogisticCrossEntropy.value(&array![[z]], &array![[y]]);
    for (z, y) in [(40.0, 1.0), (-40.0, 0.0), (700.0, 1.0)] {
        assert!((cost(z, y) / (-z.abs()).exp() - 1.0).abs() < 1e-15, "{z}");
    }
    assert!(cost(f64::NAN, 0.0).is_nan() && cost(f64::NAN, 1.0).is_nan());
}

#[test]
fn odd_samples() {
    let cases = [
        (array![[1.0, 1.0]], array![[0.0, 1.0]]),
        (array![[3.0, 1.0], [3.0, 2.0], [3.0, 2.0]], array![[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]),
    ];
    for (x, y) in cases {
        let mut network = small();
        let mut trainer =
            Trainer::new(&network, Loss::SoftmaxCrossEntropy, Adam::new(0.05).unwrap(), 10);
        for _ in 0..200 {
            trainer.epoch(&mut network, &x, &y, &mut rng(1)).unwrap();
        }
        assert!(Loss::SoftmaxCrossEntropy.value(&network.predict(&x), &y) < 0.01);
    }
    assert_eq!(small().predict(&Array2::zeros((0, 2))).dim(), (0, 2));
}

/// What was panicked with.
fn panic_message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("it must panic");
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string()))
        .unwrap()
}

/// Where a derivative or an adjoint is 0 the other factor may be infinite, and NaN stays NaN.
#[test]
fn derivatives_at_the_edge() {
    let tape = Tape::new();
    let (zero, one) = (tape.var(0.0), tape.var(1.0));
    let power = zero.powi(0);
    assert_eq!((power.value(), power.gradient().wrt(zero)), (1.0, 0.0));
    // An input and an operation on one number have no second parent to send 0 · ∞ to.
    assert_eq!(zero.ln().gradient().wrt(zero), f64::INFINITY);
    assert_eq!((zero * zero).ln().gradient().wrt(one), 0.0);
    // The last logarithm is not part of the sum.
    let (sum, _) = (zero + one, zero.ln());
    assert_eq!((sum + zero).gradient().wrt(zero), 2.0);
    assert!(tape.var(f64::NAN).relu().value().is_nan());
    let mut a = Array2::zeros((1, 2));
    Activation::Relu.forward(&array![], &array![[f64::NAN, -1.0]], &mut a);
    assert!(a[[0, 0]].is_nan() && a[[0, 1]] == 0.0);
}

/// Training that diverges, in an epoch or only on the validation set, leaves the network as it was at its best.
#[test]
fn divergence_leaves_the_best() {
    let (x, y) = (array![[1.0]], array![[0.0]]);
    let stopping = Stopping { epochs: 50, patience: 50 };
    let line = |weight: f64| {
        Mlp::from_parameters(&[1, 1], &[Activation::Identity], array![weight, 0.0]).unwrap()
    };
    // A step multiplies the output by 1 − 2 · 10⁵⁰: its square overflows after a few.
    let mut network = line(1.0);
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(1e50).unwrap(), 1);
    let mut validation = Vec::new();
    let fit = trainer.fit(&mut network, (&x, &y), (&x, &y), stopping, &mut rng(1), |_, _, cost| {
        validation.push(cost)
    });
    assert!(matches!(fit, Err(Error::Diverged { .. })), "{fit:?}");
    assert!(
        validation.len() > 1 && validation.windows(2).all(|pair| pair[1] > pair[0]),
        "{validation:?}"
    );
    let mut first = line(1.0);
    GradientDescent::new(1e50).unwrap().step(first.parameters_mut(), &array![1.0, 1.0]);
    assert_eq!(network, first, "the first epoch was the best");
    // A cost that overflows where the network is only tested.
    let mut network = line(1.0);
    let far = array![[1e200]];
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(0.1).unwrap(), 1);
    let fit = trainer.fit(&mut network, (&x, &y), (&far, &y), stopping, &mut rng(1), |_, _, _| {
        panic!("reported")
    });
    assert_eq!(fit, Err(Error::Diverged { what: "validation", step: 1, loss: f64::INFINITY }));
    assert_eq!(network, line(1.0), "as it came");
}

/// Evaluation with a wrong shape panics, and the message names both shapes or says what is wrong.
#[test]
fn panics() {
    let network = small();
    assert!(
        panic_message(|| drop(small().predict(&Array2::zeros((1, 3))))).contains("columns of x")
    );
    assert!(
        panic_message(|| assert!(small().weights(3).is_empty())).contains("from 1 to 2, not 3")
    );
    assert!(panic_message(|| assert!(small().biases(0).is_empty())).contains("from 1 to 2, not 0"));
    let crowded = || small().forward(&Array2::zeros((5, 2)), &mut Pass::new(&small(), 4));
    assert!(panic_message(crowded).contains("room for 4 rows, not 5"));
    let other =
        Mlp::new(&[2, 4, 2], Activation::Tanh, Activation::Tanh, Initialisation::He, &mut rng(1))
            .unwrap();
    let stranger = move || network.forward(&Array2::zeros((1, 2)), &mut Pass::new(&other, 1));
    assert!(panic_message(stranger).contains("other sizes"));
    let batch =
        || drop(Trainer::new(&small(), Loss::SquaredError, GradientDescent::new(0.1).unwrap(), 0));
    assert!(panic_message(batch).contains("at least one sample"));
    let two = Array2::from_elem((2, 2), 0.5);
    for loss in [Loss::SquaredError, Loss::LogisticCrossEntropy, Loss::SoftmaxCrossEntropy] {
        for rows in [1, 3] {
            let short = || {
                loss.value_and_gradient(&two, &two, &mut Array2::zeros((rows, 2)));
            };
            assert!(panic_message(short).contains("output and gradient"));
        }
    }
    let (one, other) = (Tape::new(), Tape::new());
    let (x, stranger) = (one.var(1.0), other.var(1.0));
    let asked = std::panic::AssertUnwindSafe(|| {
        (x * x).gradient().wrt(stranger);
    });
    assert!(panic_message(asked).contains("different tapes"));
}

/// A file under the system's folder for temporary files, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("downhill-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn reason(error: Error, path: &Path) -> String {
    let Error::File { path: named, reason } = error else { panic!("{error:?}") };
    assert_eq!(named, path.display().to_string());
    reason
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Three images of 2 × 4 pixels, and three labels, in the IDX format.
fn idx_files() -> (Vec<u8>, Vec<u8>) {
    let pixels = (0..24).map(|i| i * 10);
    let images =
        [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4].into_iter().chain(pixels).collect();
    (images, vec![0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9])
}

/// Files that the test writes, plain and packed, against the numbers that it wrote.
#[test]
fn idx_round_trip() {
    let (images, labels) = idx_files();
    for (pack, name) in [(false, "plain"), (true, "packed")] {
        let pack = |bytes: &[u8]| if pack { gzip(bytes) } else { bytes.to_vec() };
        let image_file = Scratch::new(&format!("{name}-images"), &pack(&images));
        let label_file = Scratch::new(&format!("{name}-labels"), &pack(&labels));
        let expected = Array2::from_shape_fn((3, 8), |(i, j)| 10.0 * (8 * i + j) as f64);
        assert_eq!(idx::images(&image_file.0).unwrap(), expected);
        assert_eq!(idx::labels(&label_file.0).unwrap(), [7, 0, 9]);
    }
    let none = Scratch::new("no-images", &[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28]);
    assert_eq!(idx::images(&none.0).unwrap().dim(), (0, 784));
}

/// Damaged files, each with what the error says; a file cut short at any byte is refused, packed or not.
#[test]
fn idx_damage() {
    let (images, labels) = idx_files();
    let change = |at: usize, to: u8| {
        let mut bytes = images.clone();
        bytes[at] = to;
        bytes
    };
    let mut long = images.clone();
    long.push(0);
    let mut huge = images.clone();
    huge[4..16].fill(255);
    let mut flipped = gzip(&images);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    let cases = [
        ("magic", change(0, 1), "not an IDX file: it begins with 01 00"),
        ("type", change(2, 0x0d), "entries of type 0x0d, but only unsigned bytes, 0x08, are read"),
        ("axes", labels.clone(), "11 bytes, but the header of 3 axes takes 16"),
        ("count", change(3, 1), "1 axes, but 3 are needed"),
        ("more", change(7, 4), "24 entries, but its axes are [4, 2, 4]"),
        ("long", long, "25 entries, but its axes are [3, 2, 4]"),
        ("huge", huge, "24 entries, but its axes are [4294967295, 4294967295, 4294967295]"),
        (
            "no entries",
            [&[0, 0, 8, 3, 0, 0, 0, 0], &[255; 8][..]].concat(),
            "its axes are [0, 4294967295, 4294967295], more than an array can have",
        ),
        ("empty", Vec::new(), "0 bytes, but the header of 3 axes takes 16"),
        ("text", b"P5 2 4 255 not an idx file".to_vec(), "not an IDX file: it begins with 50 35"),
    ];
    for (name, bytes, expected) in cases {
        let file = Scratch::new(name, &bytes);
        assert_eq!(reason(idx::images(&file.0).unwrap_err(), &file.0), expected);
    }
    let file = Scratch::new("flipped", &flipped);
    assert!(reason(idx::images(&file.0).unwrap_err(), &file.0).starts_with("damaged gzip"));
    for bytes in [images.clone(), gzip(&images)] {
        for length in 0..bytes.len() {
            let file = Scratch::new("cut", &bytes[..length]);
            assert!(
                matches!(idx::images(&file.0), Err(Error::File { .. })),
                "cut to {length} bytes"
            );
        }
    }
    let missing = std::env::temp_dir().join("downhill-there-is-no-such-file");
    assert!(matches!(idx::labels(&missing), Err(Error::File { .. })));
    let file = Scratch::new("labels-of-images", &images);
    assert_eq!(reason(idx::labels(&file.0).unwrap_err(), &file.0), "3 axes, but 1 are needed");
}

/// A saved network comes back to the last bit; a damaged or mismatched file says what is wrong.
#[test]
fn saved_networks() {
    let activations = [Activation::LeakyRelu { slope: 0.01 }, Activation::Softmax];
    // Numbers that a careless parser returns with another last bit, and the smallest and largest that there are.
    let theta = array![
        0.1,
        1.0 / 3.0,
        f64::MIN_POSITIVE,
        f64::MAX,
        5e-324,
        -0.0,
        9_007_199_254_740_993.0,
        123.456e-7,
        2.0,
        1e23
    ];
    let network = Mlp::from_parameters(&[1, 3, 1], &activations, theta).unwrap();
    let file = Scratch::new("network", b"");
    network.save(&file.0).unwrap();
    let loaded = Mlp::load(&file.0).unwrap();
    assert_eq!(loaded, network);
    let bits = |network: &Mlp| network.parameters().iter().map(|t| t.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&loaded), bits(&network));

    let text = fs::read_to_string(&file.0).unwrap();
    for length in 0..text.len() {
        fs::write(&file.0, &text[..length]).unwrap();
        assert!(
            reason(Mlp::load(&file.0).unwrap_err(), &file.0).starts_with("not a saved network")
        );
    }
    let cases = [
        ("version 2", "version 9", "its format is \"downhill multilayer perceptron, version 9\""),
        ("0.1,", "0.2,", "damaged: the network does not have the checksum"),
        ("0.01", "0.02", "damaged: the network does not have the checksum"),
        // As many parameters in other places.
        ("[1,3,1]", "[7,1,1]", "damaged: the network does not have the checksum"),
        ("[1,3,1]", "[1,2,1]", "its parts do not fit: theta: expected 7 parameters, got 10"),
        ("[1,3,1]", "[18446744073709551615,3,1]", "its parts do not fit: the number of parameters"),
        (
            "[1,3,1]",
            "[3,1]",
            "its parts do not fit: activations: expected 1 entries, one a layer, got 2",
        ),
        ("Softmax", "Softmin", "not a saved network: unknown variant `Softmin`"),
        ("\"sizes\"", "\"size\"", "not a saved network: unknown field `size`"),
    ];
    for (from, to, expected) in cases {
        assert!(text.contains(from), "{from} in {text}");
        fs::write(&file.0, text.replacen(from, to, 1)).unwrap();
        let found = reason(Mlp::load(&file.0).unwrap_err(), &file.0);
        assert!(found.starts_with(expected), "{found}");
    }
    let nowhere = std::env::temp_dir().join("downhill-no-such-folder").join("network.json");
    assert!(matches!(network.save(&nowhere), Err(Error::File { .. })));
    assert!(matches!(Mlp::load(&nowhere), Err(Error::File { .. })));
}

fn numbers(value: &Value) -> Array1<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Array1<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    ndarray::stack(ndarray::Axis(0), &views).unwrap()
}

fn activation(name: &str) -> Activation {
    match name {
        "Identity" => Activation::Identity,
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Relu" => Activation::Relu,
        "LeakyRelu" => Activation::LeakyRelu { slope: 0.1 },
        "Softplus" => Activation::Softplus,
        "Gelu" => Activation::Gelu,
        "Softmax" => Activation::Softmax,
        other => panic!("{other}"),
    }
}

fn assert_close(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>, what: &str) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-13 * (1.0 + b.abs()), "{what}: {a} and {b}");
    }
}

/// Outputs, cost, gradient and the parameters after three steps of Adam against PyTorch's, for every activation and loss.
/// Source: `tests/oracles/backprop.py`.
#[test]
fn pytorch() {
    let oracle: Value = serde_json::from_str(include_str!("../oracles/backprop.json")).unwrap();
    let cases = oracle["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let name = |key: &str| case[key].as_str().unwrap();
        let what = format!("{} {} {}", name("hidden"), name("output"), name("loss"));
        let loss = match name("loss") {
            "SquaredError" => Loss::SquaredError,
            "LogisticCrossEntropy" => Loss::LogisticCrossEntropy,
            "SoftmaxCrossEntropy" => Loss::SoftmaxCrossEntropy,
            other => panic!("{other}"),
        };
        let hidden = activation(name("hidden"));
        let activations = [hidden, hidden, activation(name("output"))];
        let mut network =
            Mlp::from_parameters(&[3, 5, 4, 2], &activations, numbers(&case["theta"])).unwrap();
        let (x, y) = (matrix(&case["x"]), matrix(&case["y"]));
        let mut pass = Pass::new(&network, x.nrows());
        let cost = network.backpropagate(&x, &y, loss, &mut pass);
        assert_close(&array![cost], &array![case["cost"].as_f64().unwrap()], &what);
        assert_close(&pass.output().flatten(), &matrix(&case["a"]).flatten(), &what);
        assert_close(pass.gradient(), &numbers(&case["gradient"]), &what);
        let mut trainer = Trainer::new(&network, loss, Adam::new(0.01).unwrap(), x.nrows());
        for _ in 0..3 {
            trainer.step(&mut network, &x, &y).unwrap();
        }
        assert_close(network.parameters(), &numbers(&case["after"]), &what);
    }
}

proptest! {
    /// Any finite parameters of a network of any sizes survive a file.
    #[test]
    fn any_network_survives_a_file(
        sizes in prop::collection::vec(1_usize..5, 2..5),
        seed in any::<u64>(),
        scale in -300.0..300.0_f64,
    ) {
        let mut network =
            Mlp::new(&sizes, Activation::Gelu, Activation::Softplus, Initialisation::Normal(1.0), &mut rng(seed)).unwrap();
        network.parameters_mut().mapv_inplace(|t| t * 10.0_f64.powf(scale));
        let file = Scratch::new(&format!("any-{seed}"), b"");
        network.save(&file.0).unwrap();
        prop_assert_eq!(Mlp::load(&file.0).unwrap(), network);
    }
}

/// What an epoch returns is the mean over the samples, though the last batch is smaller: with a rate too small to move
/// anything, the cost of all samples at once, penalty included.
#[test]
fn epochs_return_the_mean_over_samples() {
    let mut network = small();
    let x = Array2::from_shape_fn((7, 2), |(i, j)| (i as f64 - 3.0) * 0.2 + j as f64 * 0.1);
    let y = Array2::from_shape_fn((7, 2), |(i, _)| i as f64);
    let penalty = Penalty { l1: 0.1, l2: 0.3 };
    let mut trainer =
        Trainer::new(&network, Loss::SquaredError, GradientDescent::new(1e-300).unwrap(), 3)
            .with_penalty(penalty)
            .unwrap();
    let epoch = trainer.epoch(&mut network, &x, &y, &mut rng(1)).unwrap();
    let mut pass = Pass::new(&network, 7);
    let cost = network.backpropagate(&x, &y, Loss::SquaredError, &mut pass);
    let price =
        penalty.value_and_add_gradient(&network, &mut Array1::zeros(network.parameters().len()));
    assert!((epoch - cost - price).abs() < 1e-12 * cost);
}

/// At the corner the rectifiers have the slope of their left side.
#[test]
fn rectifiers_at_their_corner() {
    for (activation, slope) in
        [(Activation::Relu, 0.0), (Activation::LeakyRelu { slope: 0.1 }, 0.1)]
    {
        let one = Mlp::from_parameters(&[1, 1], &[activation], array![1.0, 0.0]).unwrap();
        let mut pass = Pass::new(&one, 1);
        one.backpropagate(&array![[0.0]], &array![[-1.0]], Loss::SquaredError, &mut pass);
        assert_eq!(pass.gradient()[1], slope);
    }
}
