//! The hot loop of least squares: a fit, by number of samples and by number of coefficients.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::ols::{Ols, Solver};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::StandardNormal;

fn fit(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("ols");
    group.sample_size(10);
    for (n, p) in [(2_000, 50), (4_000, 50), (8_000, 50), (8_000, 100), (8_000, 200)] {
        let x = Array2::from_shape_simple_fn((n, p), || rng.sample::<f64, _>(StandardNormal));
        let y = Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
        for solver in [Solver::Auto, Solver::Qr, Solver::Svd] {
            group.bench_function(
                BenchmarkId::new(format!("{solver:?}"), format!("{n}x{p}")),
                |b| {
                    b.iter(|| Ols::fit_with(&x, &y, solver));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, fit);
criterion_main!(benches);
