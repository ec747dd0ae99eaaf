//! How far apart two distributions are: on the line, by sorting and merging; over outcomes, by a sum; by neighbours, all pairs.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::divergences::{Categorical, Empirical, nearest_neighbour_kl};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::StandardNormal;

fn distances(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("divergences");
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let mut normal =
            || Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
        let (x, y) = (normal(), normal());
        group.bench_function(BenchmarkId::new("Wasserstein from samples", n), |b| {
            b.iter(|| Empirical::new(black_box(&x))?.wasserstein(&Empirical::new(&y)?, 1.0));
        });
        let (p, q) = (
            Empirical::new(&x).expect("finite samples"),
            Empirical::new(&y).expect("finite samples"),
        );
        group.bench_function(BenchmarkId::new("Wasserstein when sorted", n), |b| {
            b.iter(|| black_box(&p).wasserstein(&q, 1.0));
        });
        let (p, q) = (Categorical::from_log_weights(&x), Categorical::from_log_weights(&y));
        let (p, q) = (p.expect("finite weights"), q.expect("finite weights"));
        group.bench_function(BenchmarkId::new("Kullback-Leibler", n), |b| {
            b.iter(|| black_box(&p).kl(&q))
        });
        group.bench_function(BenchmarkId::new("Jensen-Shannon", n), |b| {
            b.iter(|| black_box(&p).js(&q))
        });
    }
    for n in [250, 500, 1_000, 2_000] {
        let mut normal =
            || Array2::from_shape_simple_fn((n, 2), || rng.sample::<f64, _>(StandardNormal));
        let (x, y) = (normal(), normal());
        group.bench_function(BenchmarkId::new("nearest neighbours", n), |b| {
            b.iter(|| nearest_neighbour_kl(black_box(&x), &y, 5));
        });
    }
    group.finish();
}

criterion_group!(benches, distances);
criterion_main!(benches);
