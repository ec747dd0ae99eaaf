//! The hot loops of one neuron: a sweep of Rosenblatt's rule, by samples and by inputs; steps of descent, by samples.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::perceptron::{Activation, Neuron, Perceptron};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::StandardNormal;

fn learn(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("perceptron");
    for (n, p) in [(1_000, 10), (1_000, 100), (1_000, 1_000), (4_000, 100)] {
        let x = Array2::from_shape_simple_fn((n, p), || rng.sample::<f64, _>(StandardNormal));
        // Random classes: about half of the samples are mistakes, in every sweep.
        let y = Array1::from_shape_simple_fn(n, || if rng.random::<bool>() { 1.0 } else { -1.0 });
        let mut perceptron = Perceptron::new(p);
        group.bench_function(BenchmarkId::new("sweep", format!("{n}x{p}")), |b| {
            b.iter(|| {
                x.rows().into_iter().zip(&y).filter(|&(row, &y)| perceptron.learn(&row, y)).count()
            });
        });
    }
    for n in [100, 1_000, 10_000] {
        let x = Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
        let y = x.mapv(f64::sin);
        let neuron = Neuron { weight: 0.5, bias: 0.0, activation: Activation::Logistic };
        group.bench_function(BenchmarkId::new("10 steps", n), |b| {
            b.iter(|| { neuron }.train(&x, &y, 0.1 / n as f64, 10, None));
        });
    }
    group.finish();
}

criterion_group!(benches, learn);
criterion_main!(benches);
