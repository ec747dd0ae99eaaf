//! Ridge: the factorisation, by rows and by columns. Lasso: the whole path, by columns.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    ridge_lasso::{Lasso, Ridge},
    rng,
};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::StandardNormal;

/// A design of `n × p`, and targets that `relevant` of its columns make, with noise of a third of their size.
fn problem(n: usize, p: usize, relevant: usize) -> (Array2<f64>, Array1<f64>) {
    let mut rng = rng(1996);
    let x = Array2::from_shape_simple_fn((n, p), || rng.sample(StandardNormal));
    let theta =
        Array1::from_shape_fn(p, |j| if j < relevant { rng.sample(StandardNormal) } else { 0.0 });
    let noise = (relevant as f64).sqrt() / 3.0;
    let y = x.dot(&theta).mapv(|fit| fit + noise * rng.sample::<f64, _>(StandardNormal));
    (x, y)
}

fn ridge(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ridge_factorisation");
    for (n, p) in [(2_500, 50), (5_000, 50), (10_000, 50), (5_000, 100), (5_000, 200)] {
        let (x, y) = problem(n, p, p);
        group.bench_function(BenchmarkId::from_parameter(format!("{n}x{p}")), |bencher| {
            bencher.iter(|| Ridge::new(&x, &y).expect("finite data"));
        });
    }
}

fn lasso(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lasso_path");
    group.sample_size(10);
    for p in [500, 1_000, 2_000, 4_000] {
        let (x, y) = problem(400, p, 20);
        let lasso = Lasso::new(&x, &y).expect("finite data");
        let lambdas = lasso.lambda_grid(50, 0.05).expect("y depends on x");
        group.bench_function(BenchmarkId::from_parameter(format!("400x{p}")), |bencher| {
            bencher.iter(|| lasso.path(&lambdas).expect("the gap closes"));
        });
    }
}

criterion_group!(benches, ridge, lasso);
criterion_main!(benches);
