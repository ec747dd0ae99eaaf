//! What a training step asks of the allocator: nothing. A test crate of its own, as the counting allocator is global.
#![cfg(feature = "lapack")]

use std::alloc::System;

use downhill::{
    backprop::{Activation, Initialisation, Loss, Mlp, Penalty, Trainer},
    optimizers::Adam,
    rng,
};
use ndarray::Array2;
use rand::RngExt;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocator's count over a hundred steps, after the first, against zero; the counter itself against one vector.
/// One test for all, since the allocator counts for every thread.
#[test]
fn a_training_step_allocates_nothing() {
    let region = Region::new(ALLOCATOR);
    drop(std::hint::black_box(vec![0_u8; 100]));
    let seen = region.change();
    assert_eq!((seen.allocations, seen.deallocations, seen.bytes_allocated), (1, 1, 100), "the counter counts");

    let cases = [
        (vec![784, 256, 128, 10], 128, Activation::Sigmoid, Loss::SquaredError),
        (vec![64, 64, 64, 10], 256, Activation::Gelu, Loss::SoftmaxCrossEntropy),
        (vec![2, 16, 1], 32, Activation::Tanh, Loss::LogisticCrossEntropy),
    ];
    for (sizes, batch, hidden, loss) in cases {
        let mut rng = rng(1986);
        let last = sizes[sizes.len() - 1];
        let x = Array2::from_shape_simple_fn((batch, sizes[0]), || rng.random::<f64>());
        let mut y = Array2::zeros((batch, last));
        y.column_mut(0).fill(1.0);
        let mut network = Mlp::new(&sizes, hidden, Activation::Identity, Initialisation::Glorot, &mut rng).unwrap();
        let penalty = Penalty { l1: 1e-4, l2: 1e-4 };
        let adam = Adam::new(1e-3).unwrap();
        let mut trainer = Trainer::new(&network, loss, adam, batch).with_penalty(penalty).unwrap();
        trainer.step(&mut network, &x, &y).unwrap();

        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            trainer.step(&mut network, &x, &y).unwrap();
        }
        assert_eq!(region.change().allocations, 0, "steps of {sizes:?}");
    }
}
