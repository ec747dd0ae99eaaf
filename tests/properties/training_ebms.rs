//! Bad input to the training of energies: the exact error, or the right answer.

use downhill::{
    Error,
    energy::{Differentiable, Energy, Learnable},
    optimizers::{Adam, GradientDescent, Optimizer},
    rng,
    sampling::Gibbs,
    training_ebms::{
        Bowl, Contrastive, Counted, Likelihood, Neighbours, NetworkEnergy, PairLoss, Pairwise,
        Scored, SoftCode, SparseCoding, Start, Table, contrast, denoising_score_matching,
        embedding_loss, info_nce, learn, noise_contrastive, score_matching, sliced_score_matching,
    },
};
use ndarray::{Array1, Array2, ArrayRef1, array};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// What is wrong with an error's variant, argument and, where there is one, index.
fn summary<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(Error::Empty { what }) => format!("empty {what}"),
        Err(Error::Shape { what, .. }) => format!("shape {what}"),
        Err(Error::Domain { what, index, .. }) => format!("domain {what} {index}"),
        Err(Error::Parameter { what, .. }) => format!("parameter {what}"),
        Err(Error::Diverged { step, .. }) => format!("diverged at {step}"),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn bad_machines() {
    assert_eq!(summary(Table::new(array![])), "empty theta");
    assert_eq!(summary(Table::new(array![0.0, INF])), "domain theta 1");
    assert_eq!(summary(Pairwise::zeros(0)), "parameter units");
    let square = |a: f64, b: f64, c: f64| array![[a, b], [c, 0.0]];
    let table: [(Array2<f64>, Array1<f64>, &str); 8] = [
        (Array2::zeros((0, 0)), array![], "empty biases"),
        (Array2::zeros((1, 2)), array![0.0, 0.0], "shape rows of weights"),
        (Array2::zeros((2, 1)), array![0.0, 0.0], "shape columns of weights"),
        (square(0.0, 1.0, 2.0), array![0.0, 0.0], "domain weights 0, 1"),
        (square(1.0, 1.0, 1.0), array![0.0, 0.0], "domain weights 0, 0"),
        (square(0.0, NAN, NAN), array![0.0, 0.0], "domain weights 0, 1"),
        (square(0.0, 1.0, 1.0), array![0.0, -INF], "domain biases 1"),
        (Array2::zeros((1, 1)), array![3.0], "ok"),
    ];
    for (weights, biases, expected) in table {
        assert_eq!(summary(Pairwise::new(weights, biases)), expected);
    }
    assert_eq!(
        summary(Bowl::new(array![[1.0, 2.0], [3.0, 1.0]], array![0.0, 0.0])),
        "domain precision 0, 1"
    );
    assert_eq!(summary(Bowl::new(array![[1.0]], array![0.0, 0.0])), "shape rows of precision");
    assert_eq!(summary(Bowl::new(Array2::zeros((0, 0)), array![])), "empty pull");
    assert_eq!(summary(Bowl::new(array![[NAN]], array![0.0])), "domain precision 0, 0");
    let mut rng = rng(1);
    assert_eq!(summary(NetworkEnergy::new(0, 3, 1.0, &mut rng)), "parameter units");
    assert_eq!(summary(NetworkEnergy::new(3, 0, 1.0, &mut rng)), "parameter hidden");
    for bad in [-1.0, NAN, INF] {
        assert_eq!(summary(NetworkEnergy::new(2, 2, bad, &mut rng)), "parameter confinement");
    }
    let parts = |a: usize, b: usize, v: usize, w: (usize, usize)| {
        summary(NetworkEnergy::from_parts(
            1.0,
            Array1::zeros(a),
            Array1::zeros(b),
            Array1::zeros(v),
            Array2::zeros(w),
        ))
    };
    assert_eq!(parts(2, 3, 3, (3, 2)), "ok");
    assert_eq!(parts(0, 3, 3, (3, 0)), "empty pull");
    assert_eq!(parts(2, 0, 0, (0, 2)), "empty biases");
    assert_eq!(parts(2, 3, 2, (3, 2)), "shape output");
    assert_eq!(parts(2, 3, 3, (2, 2)), "shape rows of weights");
    assert_eq!(parts(2, 3, 3, (3, 3)), "shape columns of weights");
    let bad = NetworkEnergy::from_parts(1.0, array![0.0], array![0.0], array![0.0], array![[NAN]]);
    assert_eq!(summary(bad), "domain parameters 3");
}

#[test]
fn bad_samples() {
    let adam = || GradientDescent::new(0.1).unwrap();
    let cases: [(Array2<f64>, &str); 4] = [
        (Array2::zeros((0, 2)), "empty"),
        (Array2::zeros((2, 0)), "empty"),
        (array![[1.0, NAN]], "domain"),
        (array![[1.0, 0.0], [INF, 0.0]], "domain"),
    ];
    for (bad, kind) in cases {
        let at = if bad.nrows() == 2 { "1, 0" } else { "0, 1" };
        let expected = |what: &str| {
            if kind == "empty" { format!("empty {what}") } else { format!("domain {what} {at}") }
        };
        assert_eq!(summary(Likelihood::new(bad.clone())), expected("states"));
        assert_eq!(
            summary(Contrastive::new(adam(), bad.clone(), Start::Data, 1)),
            expected("chains")
        );
        assert_eq!(summary(SparseCoding::new(bad.clone(), 1.0)), expected("dictionary"));
        assert_eq!(summary(SoftCode::new(&bad, 1.0)), expected("dictionary"));
        let coding = SparseCoding::new(array![[1.0, 0.0]], 1.0).unwrap();
        assert_eq!(summary(coding.fista(&bad, 3)), expected("samples"));
        assert_eq!(summary(coding.ista(&bad, 3)), expected("samples"));
    }
    for bad in [0.0, -1.0, NAN, INF] {
        assert_eq!(summary(SparseCoding::new(array![[1.0]], bad)), "parameter lambda");
        assert_eq!(summary(SoftCode::new(&array![[1.0]], bad)), "parameter lambda");
    }
    let coding = SparseCoding::new(array![[1.0, 0.0]], 1.0).unwrap();
    assert_eq!(summary(coding.fista(&array![[1.0]], 3)), "shape columns of samples");
    assert_eq!(summary(Contrastive::new(adam(), array![[1.0]], Start::Data, 0)), "parameter moves");
}

#[test]
fn dictionaries_at_the_edge() {
    // No iterations, atoms of zero, one atom, equal atoms, and a penalty above every correlation.
    let x = array![[3.0, 4.0]];
    let codes = |dictionary: Array2<f64>, penalty: f64, k: usize| {
        SparseCoding::new(dictionary, penalty).unwrap().fista(&x, k).unwrap()
    };
    assert_eq!(codes(array![[1.0, 0.0]], 1.0, 0), array![[0.0]]);
    assert_eq!(codes(Array2::zeros((3, 2)), 1.0, 10), Array2::<f64>::zeros((1, 3)));
    assert!((codes(array![[0.6, 0.8]], 1.0, 50)[[0, 0]] - 4.0).abs() < 1e-9);
    let twins = codes(array![[0.6, 0.8], [0.6, 0.8]], 1.0, 200);
    assert!((twins.sum() - 4.0).abs() < 1e-9);
    assert_eq!(codes(array![[0.6, 0.8]], 5.5, 50), array![[0.0]]);
    // An atom that no code uses stays as it is.
    let mut coding = SparseCoding::new(array![[0.6, 0.8], [0.8, -0.6]], 1.0).unwrap();
    coding.improve_dictionary(&x, &array![[4.0, 0.0]]);
    assert_eq!(coding.dictionary().row(1), array![0.8, -0.6]);
}

#[test]
fn bad_batches_and_divergence() {
    let mut machine = Pairwise::zeros(2).unwrap();
    let mut rng = rng(2);
    let mut step = |start: Start, batch: Array2<f64>, rate: f64, temperature: f64| {
        let optimizer = GradientDescent::new(rate).unwrap();
        let mut rule =
            Contrastive::new(optimizer, array![[1.0, 1.0], [1.0, -1.0]], start, 1).unwrap();
        summary(rule.step(
            &mut machine,
            &batch,
            |e| Gibbs::new(e, -1.0, 1.0, temperature),
            &mut rng,
        ))
    };
    assert_eq!(step(Start::Data, array![[1.0]], 0.1, 1.0), "shape columns of batch");
    assert_eq!(step(Start::Data, Array2::ones((3, 2)), 0.1, 1.0), "shape batch");
    assert_eq!(step(Start::Data, Array2::zeros((0, 2)), 0.1, 1.0), "empty batch");
    assert_eq!(step(Start::Data, array![[1.0, 1.0]], 0.1, -1.0), "parameter temperature");
    assert_eq!(step(Start::Data, array![[1.0, 1.0]], 0.1, 1.0), "ok");
    assert_eq!(step(Start::Persistent, Array2::ones((3, 2)), 0.1, 1.0), "ok");
    assert_eq!(step(Start::Data, array![[NAN, 1.0]], 0.1, 1.0), "diverged at 1");
    // A rate that throws the parameters out of range.
    let mut table = Table::new(array![0.0, 0.0]).unwrap();
    let away = |table: &Table, gradient: &mut ndarray::ArrayRef1<f64>| {
        PairLoss::Difference.loss(table, &array![[0.0]], &array![[1.0]], gradient)
    };
    let mut wild = GradientDescent::new(1e308).unwrap();
    assert_eq!(summary(learn(&mut wild, away, &mut table, 5, |_, _, _| {})), "diverged at 1");
}

#[test]
#[should_panic(expected = "neither -1 nor 1")]
fn neighbours_want_two_values() {
    let machine = Pairwise::zeros(2).unwrap();
    Neighbours::RatioMatching.loss(&machine, &array![[1.0, 0.5]], -1.0, 1.0, &mut Array1::zeros(3));
}

#[test]
fn losses_at_the_extremes() {
    for rule in
        [Neighbours::PseudoLikelihood, Neighbours::RatioMatching, Neighbours::ProbabilityFlow]
    {
        for d in [-1e5, 0.0, 1e3] {
            let (value, slope) = rule.at(d);
            assert!(
                value >= 0.0 && slope >= 0.0 && value.is_finite() && slope.is_finite(),
                "{rule:?} at {d}"
            );
        }
    }
    assert_eq!(embedding_loss(0.0, true, 1.0), (0.0, 0.0));
    assert_eq!(embedding_loss(1.0, false, 1.0).0, 0.0);
}

/// Means over no samples, and codes and samples of shapes that do not fit, panic.
#[test]
fn means_of_nothing_and_shapes_that_do_not_fit() {
    fn panics<T>(work: impl FnOnce() -> T) -> bool {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
    }
    let (none, some) = (Array2::zeros((0, 1)), array![[1.0]]);
    let (bowl, spin) =
        (Bowl::new(array![[1.0]], array![0.0]).unwrap(), Pairwise::zeros(1).unwrap());
    let (mut gradient, mut longer) = (Array1::zeros(2), Array1::zeros(3));
    for (data, noise) in [(&none, &some), (&some, &none)] {
        assert!(panics(|| contrast(&bowl, data, noise, &mut gradient)));
        assert!(panics(|| noise_contrastive(&bowl, 0.0, data, noise, |_| 0.0, &mut longer)));
    }
    let mut likelihood = Likelihood::new(array![[0.0]]).unwrap();
    assert!(panics(|| likelihood.loss(&bowl, &none, &mut gradient)));
    assert!(panics(|| PairLoss::Log.loss(&bowl, &none, &none, &mut gradient)));
    assert!(panics(|| Neighbours::ProbabilityFlow.loss(
        &spin,
        &none,
        -1.0,
        1.0,
        &mut Array1::zeros(1)
    )));
    assert!(panics(|| score_matching(&bowl, &none, &mut gradient)));
    assert!(panics(|| sliced_score_matching(&bowl, &none, &mut gradient, &mut rng(1))));
    assert!(panics(|| denoising_score_matching(&bowl, &none, 1.0, &mut gradient, &mut rng(1))));
    assert!(panics(|| info_nce(&Array2::zeros((0, 0)), &mut Array2::zeros((0, 0)))));

    let coding = SparseCoding::new(array![[1.0, 0.0]], 1.0).unwrap();
    let codes = array![[1.0], [2.0]];
    // One sample for two codes, and one pixel for two.
    for samples in [array![[1.0, 2.0]], array![[1.0], [2.0]]] {
        assert!(panics(|| coding.energy(&samples, &codes)));
        assert!(panics(|| coding.gap(&samples, &codes)));
        assert!(panics(|| coding.clone().improve_dictionary(&samples, &codes)));
    }
}

/// What is NaN or infinite is said to be: no code is certified, no dictionary inverted, no gap between points closed.
#[test]
fn nothing_is_made_of_nan() {
    let coding = SparseCoding::new(array![[1.0, 0.0]], 1.0).unwrap();
    assert!(coding.gap(&array![[1.0, 2.0]], &array![[NAN]]).is_nan());
    assert!(PairLoss::Hinge { margin: 1.0 }.at(NAN).0.is_nan());
    assert!(embedding_loss(NAN, false, 1.0).0.is_nan());
    let vast = SparseCoding::new(array![[1e160, 0.0]], 1.0).unwrap();
    for momentum in [false, true] {
        let refusal = vast.iterate(&array![[1.0, 2.0]], 3, momentum, |_, _| ());
        assert_eq!(summary(refusal), "parameter the largest eigenvalue of DᵀD");
    }
    // A step that cannot be taken is not: the machine is as it was.
    let mut machine = Pairwise::zeros(2).unwrap();
    let optimizer = GradientDescent::new(0.1).unwrap();
    let mut rule = Contrastive::new(optimizer, array![[1.0, 1.0]], Start::Data, 1).unwrap();
    let batch = array![[NAN, 1.0]];
    let step = rule.step(&mut machine, &batch, |e| Gibbs::new(e, -1.0, 1.0, 1.0), &mut rng(1));
    assert_eq!((summary(step), machine), ("diverged at 1".into(), Pairwise::zeros(2).unwrap()));
}

/// What is counted answers as the energy itself, and every question counts once.
#[test]
fn counting_changes_no_answer() {
    let bowl = Bowl::new(array![[2.0, 0.5], [0.5, 1.0]], array![1.0, -1.0]).unwrap();
    let counted = Counted::new(bowl.clone());
    let (x, u) = (array![0.3, -0.7], array![1.0, 2.0]);
    assert_eq!(counted.energy(&x), bowl.energy(&x));
    assert_eq!(counted.gradient(&x), bowl.gradient(&x));
    assert_eq!(counted.curvature(&x, &u), bowl.curvature(&x, &u));
    assert_eq!(counted.parameters(), bowl.parameters());
    let n = bowl.parameters().len();
    let (mut ours, mut theirs) = (Array1::<f64>::zeros(n), Array1::<f64>::zeros(n));
    counted.add_parameter_gradient(&x, 0.5, &mut ours);
    bowl.add_parameter_gradient(&x, 0.5, &mut theirs);
    counted.add_slope_gradient(&x, &u, 0.7, &mut ours);
    bowl.add_slope_gradient(&x, &u, 0.7, &mut theirs);
    counted.add_curvature_gradient(&x, &u, 0.9, &mut ours);
    bowl.add_curvature_gradient(&x, &u, 0.9, &mut theirs);
    assert_eq!(ours, theirs);
    assert_eq!(counted.evaluations(), 6);
}

/// Training takes as many steps as it was asked to, the first along the first slope: as a loop written out.
#[test]
fn training_takes_its_steps() {
    let slope = |theta: f64| 2.0 * (theta - 1.0);
    let mut trained = Table::new(array![0.0]).unwrap();
    let loss = |energy: &Table, gradient: &mut ArrayRef1<f64>| {
        gradient[0] = slope(energy.parameters()[0]);
        (energy.parameters()[0] - 1.0).powi(2)
    };
    learn(&mut Adam::new(0.1).unwrap(), loss, &mut trained, 3, |_, _, _| {}).unwrap();
    let (mut adam, mut theta) = (Adam::new(0.1).unwrap(), array![0.0]);
    for _ in 0..3 {
        let gradient = array![slope(theta[0])];
        adam.step(&mut theta, &gradient);
    }
    assert_eq!(trained.parameters(), theta);
}
