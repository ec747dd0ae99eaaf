//! A training step, forward, backward and Adam, against the width of the layers; and one sweep of the tape.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downhill::{
    backprop::{Activation, Initialisation, Loss, Mlp, Tape, Trainer, Var},
    optimizers::Adam,
    rng,
};
use ndarray::Array2;
use rand::RngExt;

fn training_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step, batch 256");
    for width in [64, 128, 256, 512] {
        let mut rng = rng(1986);
        let (hidden, output) = (Activation::Sigmoid, Activation::Sigmoid);
        let sizes = [width, width, width, 10];
        let mut network = Mlp::new(&sizes, hidden, output, Initialisation::Glorot, &mut rng)
            .expect("the sizes fit");
        let x = Array2::from_shape_simple_fn((256, width), || rng.random_range(-1.0..1.0));
        let y = Array2::from_shape_simple_fn((256, 10), || rng.random());
        let adam = Adam::new(1e-3).expect("a positive rate");
        let mut trainer = Trainer::new(&network, Loss::SquaredError, adam, 256);
        group.bench_function(BenchmarkId::from_parameter(width), |bencher| {
            bencher.iter(|| trainer.step(&mut network, black_box(&x), black_box(&y)));
        });
    }
    group.finish();
}

fn sweep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tape, write and sweep");
    for operations in [1_000_u64, 10_000, 100_000] {
        group.throughput(Throughput::Elements(operations));
        group.bench_function(BenchmarkId::from_parameter(operations), |bencher| {
            bencher.iter(|| {
                let tape = Tape::new();
                let x: Var = tape.var(black_box(0.5));
                let sum = (1..operations / 2).fold(x, |sum, _| sum + sum.tanh());
                sum.gradient().wrt(x)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, training_step, sweep);
criterion_main!(benches);
