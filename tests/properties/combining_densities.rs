//! Chapter `combining-densities`: bad input, and values of an independent library.

use downhill::{
    Error,
    combining_densities::{Detector, Product, SoftMin, mixture, product, tied_components},
    energy::{Differentiable, DoubleWell, Energy, Gaussian},
    sampling::{Kernel, Langevin, chains},
};
use ndarray::{Array1, Array2, ArrayRef1, Axis, arr2, array, stack};
use serde_json::Value;

const INFINITY: f64 = f64::INFINITY;

/// Allows the states above `from`.
#[derive(Clone)]
struct Wall {
    from: f64,
}

impl Energy for Wall {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        if x[0] > self.from { 0.0 } else { INFINITY }
    }
}

impl Differentiable for Wall {
    /// There is none on the forbidden side.
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.fill(if x[0] > self.from { 0.0 } else { f64::NAN });
    }
}

#[test]
fn tables_that_are_no_distributions_are_refused() {
    let good = array![[0.5, 0.5], [0.2, 0.8]];
    type Case = (&'static str, Array2<f64>, Array1<f64>, fn(&Error) -> bool);
    let cases: [Case; 8] = [
        ("no experts", Array2::zeros((0, 2)), array![], |e| {
            matches!(e, Error::Empty { what: "densities" })
        }),
        ("no states", Array2::zeros((2, 0)), array![1.0, 1.0], |e| {
            matches!(e, Error::Empty { what: "densities" })
        }),
        ("too few weights", good.clone(), array![1.0], |e| matches!(e, Error::Shape { .. })),
        ("too many weights", good.clone(), array![1.0, 1.0, 1.0], |e| {
            matches!(e, Error::Shape { .. })
        }),
        (
            "negative",
            array![[1.5, -0.5]],
            array![1.0],
            |e| matches!(e, Error::Domain { what: "densities", index, .. } if index == "0, 1"),
        ),
        (
            "NaN",
            array![[f64::NAN, 1.0]],
            array![1.0],
            |e| matches!(e, Error::Domain { what: "densities", index, .. } if index == "0, 0"),
        ),
        (
            "not normalised",
            array![[0.5, 0.5], [0.5, 0.4]],
            array![1.0, 1.0],
            |e| matches!(e, Error::Domain { what: "sums of densities", index, .. } if index == "1"),
        ),
        (
            "NaN weight",
            good.clone(),
            array![1.0, f64::NAN],
            |e| matches!(e, Error::Domain { what: "weights" | "exponents", index, .. } if index == "1"),
        ),
    ];
    for (case, densities, each, expected) in cases {
        let by_mixture = mixture(&densities, &each).unwrap_err();
        let by_product = product(&densities, &each).unwrap_err();
        assert!(expected(&by_mixture), "{case}: {by_mixture}");
        assert!(expected(&by_product), "{case}: {by_product}");
    }
    for bad in [0.0, -1.0, INFINITY] {
        let refusal = mixture(&good, &array![bad, 1.0]).unwrap_err();
        assert!(matches!(refusal, Error::Domain { what: "weights", .. }), "{refusal}");
    }
    assert!(matches!(
        product(&good, &array![1.0, INFINITY]),
        Err(Error::Domain { what: "exponents", .. })
    ));
    // One expert, one state; all exponents zero: nobody has an opinion.
    assert_eq!(mixture(&array![[1.0]], &array![7.0]), Ok(array![1.0]));
    let (even, log_partition) = product(&good, &array![0.0, 0.0]).unwrap();
    assert!((even[0] - 0.5).abs() < 1e-15 && (log_partition - 2f64.ln()).abs() < 1e-15);
    // Experts with no state in common; one who forbids what another counts against.
    let apart = array![[1.0, 0.0], [0.0, 1.0]];
    assert!(matches!(
        product(&apart, &array![1.0, 1.0]),
        Err(Error::Domain { what: "densities", .. })
    ));
    assert!(matches!(product(&apart, &array![1.0, -1.0]), Err(Error::Domain { value: 0.0, .. })));
    assert_eq!(product(&apart, &array![1.0, 0.0]).unwrap().0, array![1.0, 0.0]);
}

#[test]
fn bad_combinations_of_energies_are_refused() {
    let wall = || vec![Wall { from: 0.0 }, Wall { from: 1.0 }];
    assert!(matches!(Product::<Wall>::new(vec![], array![]), Err(Error::Empty { .. })));
    assert!(matches!(
        Product::new(wall(), array![1.0]),
        Err(Error::Shape { what: "exponents", .. })
    ));
    for bad in [f64::NAN, INFINITY] {
        assert!(matches!(
            Product::new(wall(), array![1.0, bad]),
            Err(Error::Domain { what: "exponents", .. })
        ));
    }
    let one = array![1.0, 1.0];
    assert!(matches!(SoftMin::<Wall>::new(vec![], &array![], &array![]), Err(Error::Empty { .. })));
    assert!(matches!(
        SoftMin::new(wall(), &array![1.0], &one),
        Err(Error::Shape { what: "weights", .. })
    ));
    assert!(matches!(
        SoftMin::new(wall(), &one, &array![0.0]),
        Err(Error::Shape { what: "log_partitions", .. })
    ));
    for bad in [0.0, -1.0, f64::NAN, INFINITY] {
        let refusal = SoftMin::new(wall(), &array![bad, 1.0], &one);
        assert!(matches!(refusal, Err(Error::Domain { what: "weights", .. })));
    }
    for bad in [f64::NAN, INFINITY, -INFINITY] {
        let refusal = SoftMin::new(wall(), &one, &array![bad, 1.0]);
        assert!(matches!(refusal, Err(Error::Domain { what: "log_partitions", .. })));
    }
    assert!(matches!(Detector::new(array![], 0.0), Err(Error::Empty { what: "weights" })));
    assert!(matches!(
        Detector::new(array![f64::NAN], 0.0),
        Err(Error::Domain { what: "weights", .. })
    ));
    assert!(matches!(
        Detector::new(array![0.0], INFINITY),
        Err(Error::Parameter { what: "bias", .. })
    ));
    let (short, long) =
        (Detector::new(array![1.0], 0.0).unwrap(), Detector::new(array![1.0, 2.0], 0.0).unwrap());
    assert!(matches!(tied_components(&[]), Err(Error::Parameter { what: "units", .. })));
    assert!(matches!(tied_components(&[short, long]), Err(Error::Shape { .. })));
}

/// What one expert forbids is forbidden to a product, and to a mixture only when all forbid it.
#[test]
fn impossible_states() {
    let walls = vec![Wall { from: 0.0 }, Wall { from: 1.0 }];
    let and = Product::new(walls.clone(), array![1.0, 1.0]).unwrap();
    let first = Product::new(walls.clone(), array![1.0, 0.0]).unwrap();
    let or = SoftMin::new(walls, &array![0.5, 0.5], &array![0.0, 0.0]).unwrap();
    for (x, both, one, either) in [
        (-1.0, INFINITY, INFINITY, INFINITY),
        (0.5, INFINITY, 0.0, 2f64.ln()),
        (2.0, 0.0, 0.0, 0.0),
    ] {
        assert_eq!(and.energy(&array![x]), both);
        assert_eq!(first.energy(&array![x]), one);
        assert_eq!(or.energy(&array![x]), either);
    }
    assert_eq!(or.responsibilities(&array![0.5]), array![1.0, 0.0]);
    assert_eq!(or.gradient(&array![0.5]), array![0.0]);
    assert_eq!(first.gradient(&array![0.5]), array![0.0]);
}

#[test]
#[should_panic(expected = "the sum of the experts' energies is -inf")]
fn the_opposite_of_impossible_is_refused() {
    Product::new(vec![Wall { from: 0.0 }], array![-1.0]).unwrap().energy(&array![-1.0]);
}

#[test]
#[should_panic(expected = "the energy of the mixture is inf here")]
fn an_impossible_state_has_no_slope() {
    SoftMin::new(vec![Wall { from: 0.0 }], &array![1.0], &array![0.0])
        .unwrap()
        .gradient(&array![-1.0]);
}

/// A kernel whose energy keeps a buffer makes the same chains as one without.
#[test]
fn a_product_walks_in_many_chains() {
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    let one = Product::new(vec![well], array![1.0]).unwrap();
    let (mut starts, mut others) = (Array2::zeros((4, 1)), Array2::zeros((4, 1)));
    let kernel = Langevin::new(one, 1, 0.01, 1.0).unwrap();
    chains(&kernel, &mut starts, 1, |kernel, x, rng| kernel.run(x, 10, rng)).unwrap();
    let kernel = Langevin::new(well, 1, 0.01, 1.0).unwrap();
    chains(&kernel, &mut others, 1, |kernel, x, rng| kernel.run(x, 10, rng)).unwrap();
    assert!(starts == others && starts[[0, 0]] != starts[[1, 0]]);
}

/// An expert taken away leaves no bowl; experts of different dimensions.
#[test]
fn a_product_of_gaussians_that_is_none() {
    let bell = |n: usize, precision: f64| {
        Gaussian::new(Array1::zeros(n), precision * Array2::<f64>::eye(n)).unwrap()
    };
    let away = Product::new(vec![bell(2, 1.0), bell(2, 3.0)], array![1.0, -1.0]).unwrap();
    assert!(matches!(away.gaussian(), Err(Error::Parameter { what: "a pivot of precision", .. })));
    let other = Product::new(vec![bell(2, 1.0), bell(3, 1.0)], array![1.0, 1.0]).unwrap();
    assert!(matches!(other.gaussian(), Err(Error::Shape { .. })));
}

/// The products of two tables and of two Gaussians against SciPy's and NumPy's numbers.
#[test]
fn products_as_scipy() {
    let oracle: Value =
        serde_json::from_str(include_str!("../oracles/combining_densities.json")).unwrap();
    let numbers = |name: &str| -> Array1<f64> {
        oracle[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let furthest = |a: &Array1<f64>, b: &Array1<f64>| (a - b).fold(0.0, |m: f64, d| m.max(d.abs()));
    let densities = stack(Axis(0), &[numbers("first").view(), numbers("second").view()]).unwrap();
    let (p, log_partition) = product(&densities, &array![0.7, 1.6]).unwrap();
    assert!(furthest(&p, &numbers("product")) < 1e-14);
    assert!((log_partition - oracle["log partition"].as_f64().unwrap()).abs() < 1e-14);
    let bell = |mean: Array1<f64>, precision: [[f64; 2]; 2]| {
        Gaussian::new(mean, arr2(&precision)).unwrap()
    };
    let pair = vec![
        bell(array![1.0, 0.0], [[2.0, 0.5], [0.5, 1.0]]),
        bell(array![-1.0, 2.0], [[1.0, -0.3], [-0.3, 4.0]]),
    ];
    let one = Product::new(pair, array![1.0, 1.0]).unwrap().gaussian().unwrap();
    assert!(furthest(one.mean(), &numbers("gaussian mean")) < 1e-14);
}
