//! The hot loop of a network with one hidden layer: ten steps of training, by samples and by hidden neurons.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::two_layer::TwoLayer;
use ndarray::Array2;
use rand::RngExt;
use rand_distr::StandardNormal;

fn train(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("two_layer");
    group.sample_size(20);
    for (n, p, m) in
        [(100, 2, 8), (1_000, 2, 8), (1_000, 64, 32), (1_000, 64, 128), (4_000, 64, 128)]
    {
        let x = Array2::from_shape_simple_fn((n, p), || rng.sample::<f64, _>(StandardNormal));
        let y = Array2::from_shape_simple_fn((n, 1), || rng.sample::<f64, _>(StandardNormal));
        let network = TwoLayer::new(p, m, 1, &mut rng).expect("sizes above 0");
        group.bench_function(BenchmarkId::new("10 steps", format!("{n}x{p}-{m}-1")), |b| {
            b.iter(|| network.clone().train(&x, &y, 1e-5, 10));
        });
    }
    group.finish();
}

criterion_group!(benches, train);
criterion_main!(benches);
