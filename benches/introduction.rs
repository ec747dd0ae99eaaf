//! The hot loops of the introduction: Lloyd's descent and Newton's, by number of samples and of features.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::introduction::{KMeans, Logistic, logistic};
use ndarray::{Array1, Array2};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample::<f64, _>(StandardNormal))
}

fn k_means(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("k-means");
    group.sample_size(10);
    for (n, p, k) in
        [(2_000, 16, 10), (4_000, 16, 10), (8_000, 16, 10), (8_000, 64, 10), (8_000, 16, 40)]
    {
        let x = normal(n, p, &mut rng);
        let centres = KMeans::seed(&x, k, &mut rng).expect("normal samples are different");
        let assignments =
            KMeans::fit_from(&x, &centres).expect("the samples are finite").distortions().len();
        group.throughput(criterion::Throughput::Elements(assignments as u64));
        group.bench_function(BenchmarkId::new("fit_from", format!("{n}x{p}, k={k}")), |b| {
            b.iter(|| KMeans::fit_from(&x, &centres));
        });
    }
    group.finish();
}

fn newton(c: &mut Criterion) {
    let mut rng = downhill::rng(2);
    let mut group = c.benchmark_group("logistic");
    group.sample_size(10);
    for (n, p) in [(2_000, 20), (4_000, 20), (8_000, 20), (8_000, 40), (8_000, 80)] {
        let x = normal(n, p, &mut rng);
        let odds = x.dot(&Array1::from_elem(p, 1.0 / (p as f64).sqrt()));
        let y = odds.mapv(|z| if rng.random_bool(logistic(z)) { 1.0 } else { 0.0 });
        group.bench_function(BenchmarkId::new("fit", format!("{n}x{p}")), |b| {
            b.iter(|| Logistic::fit(&x, &y, 1e-3));
        });
    }
    group.finish();
}

criterion_group!(benches, k_means, newton);
criterion_main!(benches);
