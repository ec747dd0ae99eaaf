//! What a training step, a step of descent or of FISTA asks of the allocator: nothing.
#![cfg(feature = "lapack")]

use downhill::{
    backprop::{Activation, Initialisation, Loss, Mlp, Penalty, Trainer},
    energy::{Differentiable, Energy, Mixture},
    energy_and_inference::{Clamped, Descent, Ellipse, Minimised},
    optimizers::Adam,
    rng,
    training_ebms::SparseCoding,
};
use ndarray::{Array1, Array2, array};
use rand::RngExt;

/// The allocator's count over a hundred steps, after the first, against zero; and over the first, which sets up the optimiser.
#[test]
fn a_training_step_allocates_nothing() {
    let cases = [
        (vec![784, 256, 128, 10], 128, Activation::Sigmoid, Loss::SquaredError),
        (vec![64, 64, 64, 10], 256, Activation::Gelu, Loss::SoftmaxCrossEntropy),
        (vec![2, 16, 1], 32, Activation::Tanh, Loss::LogisticCrossEntropy),
    ];
    for (sizes, batch, hidden, loss) in cases {
        let mut rng = rng(1986);
        let x = Array2::from_shape_simple_fn((batch, sizes[0]), || rng.random::<f64>());
        let mut y = Array2::zeros((batch, sizes[sizes.len() - 1]));
        y.column_mut(0).fill(1.0);
        let mut network =
            Mlp::new(&sizes, hidden, Activation::Identity, Initialisation::Glorot, &mut rng)
                .unwrap();
        let penalty = Penalty { l1: 1e-4, l2: 1e-4 };
        let adam = Adam::new(1e-3).unwrap();
        let mut trainer = Trainer::new(&network, loss, adam, batch).with_penalty(penalty).unwrap();
        let mut allocations = |steps: usize| {
            let work =
                || (0..steps).for_each(|_| assert!(trainer.step(&mut network, &x, &y).is_ok()));
            allocation_counter::measure(work).count_total
        };
        assert!(allocations(1) > 0, "the counter counts");
        assert_eq!(allocations(100), 0, "steps of {sizes:?}");
    }
}

/// The allocator's count over ten steps of descent against that over a thousand, on an energy with a part held and on one with a part minimised away.
#[test]
fn a_step_of_descent_allocates_nothing() {
    fn walk(energy: &impl Differentiable, steps: usize) -> u64 {
        let descent = Descent::new(1e-4).unwrap().until(f64::MIN_POSITIVE, steps).unwrap();
        allocation_counter::measure(|| assert!(descent.infer(energy, &array![0.3, -0.2]).is_err()))
            .count_total
    }
    let mixture = Mixture::ring(3, 2.0, 0.5).unwrap();
    let held =
        Clamped::new(Ellipse::new(2.0, 1.0).unwrap(), array![0.0, 1.0, 0.5], vec![0, 2]).unwrap();
    let angles = Array1::linspace(0.0, 6.0, 20).insert_axis(ndarray::Axis(1));
    let minimised = Minimised::new(Ellipse::new(2.0, 1.0).unwrap(), 2, angles).unwrap();
    assert_eq!(walk(&mixture, 10), walk(&mixture, 1000));
    assert_eq!(walk(&held, 10), walk(&held, 1000));
    assert_eq!(walk(&minimised, 10), walk(&minimised, 1000));
    assert!(held.energy(&array![0.0, 0.0]) > 0.0);
}

/// The allocator's count over a hundred iterations of FISTA against that over ten: the loop itself asks for nothing.
#[test]
fn an_iteration_of_fista_allocates_nothing() {
    let mut rng = rng(2009);
    let dictionary = Array2::from_shape_simple_fn((256, 64), || rng.random::<f64>());
    let samples = Array2::from_shape_simple_fn((100, 64), || rng.random::<f64>());
    let coding = SparseCoding::new(dictionary, 0.1).unwrap();
    let allocations = |iterations: usize| {
        let work = || assert!(coding.fista(&samples, iterations).is_ok());
        allocation_counter::measure(work).count_total
    };
    assert!(allocations(1) > 0, "the counter counts");
    assert_eq!(allocations(10), allocations(100));
}
