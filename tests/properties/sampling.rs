//! What samplers refuse.

use downhill::{
    Error,
    energy::DoubleWell,
    rng,
    sampling::{Kernel, Metropolis},
};
use ndarray::array;

#[test]
fn bad_kernels_are_refused() {
    let well = DoubleWell::new(1.0, 0.0).unwrap();
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refusal = Metropolis::new(well, 2, bad, 1.0).unwrap_err();
        assert!(matches!(refusal, Error::Parameter { what: "reach", .. }));
    }
    for bad in [-1.0, f64::NAN] {
        let refusal = Metropolis::new(well, 2, 1.0, bad).unwrap_err();
        assert!(matches!(refusal, Error::Parameter { what: "temperature", .. }));
    }
    assert!(matches!(Metropolis::new(well, 0, 1.0, 1.0), Err(Error::Parameter { what: "units", .. })));
    // At an infinite temperature every step is taken.
    let mut hot = Metropolis::new(well, 2, 1.0, f64::INFINITY).unwrap();
    let (mut x, mut rng) = (array![0.0, 0.0], rng(1));
    assert!((0..100).all(|_| hot.step(&mut x, &mut rng)));
}
