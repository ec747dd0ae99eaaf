//! The hot loop of a chain on a sum of energies: a Langevin step, by experts and by dimensions; the energy of a mixture of as many.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    combining_densities::{Product, SoftMin},
    energy::{Energy, Gaussian},
    sampling::{Kernel, Langevin},
};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::StandardNormal;

fn combine(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("combining_densities");
    for (experts, dimensions) in [(2, 2), (8, 2), (32, 2), (8, 16), (8, 64)] {
        let bells: Vec<Gaussian> = (0..experts)
            .map(|_| {
                let mean = Array1::from_shape_simple_fn(dimensions, || {
                    rng.sample::<f64, _>(StandardNormal)
                });
                // The unit matrix is positive definite, and the mean is finite.
                Gaussian::new(mean, Array2::eye(dimensions)).expect("a bell")
            })
            .collect();
        let size = format!("{experts}x{dimensions}");
        let product = Product::new(bells.clone(), Array1::ones(experts)).expect("an exponent each");
        let mut kernel = Langevin::new(product, dimensions, 0.01, 1.0).expect("a step");
        let mut x = Array1::zeros(dimensions);
        group.bench_function(BenchmarkId::new("Langevin step", &size), |b| {
            b.iter(|| kernel.step(&mut x, &mut rng));
        });
        let soft = SoftMin::new(bells, &Array1::ones(experts), &Array1::zeros(experts))
            .expect("a weight each");
        group.bench_function(BenchmarkId::new("mixture energy", &size), |b| {
            b.iter(|| soft.energy(&x))
        });
    }
    group.finish();
}

criterion_group!(benches, combine);
criterion_main!(benches);
