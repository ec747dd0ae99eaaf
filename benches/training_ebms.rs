//! Sparse coding: FISTA on all samples at once, by samples and by atoms. Contrastive divergence: an update of a machine of spins, by units.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    optimizers::GradientDescent,
    rng,
    sampling::Gibbs,
    training_ebms::{Contrastive, Pairwise, SparseCoding, Start},
};
use ndarray::{Array2, Axis};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(rows: usize, columns: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || rng.sample(StandardNormal))
}

fn sparse_coding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fista_100");
    group.sample_size(10);
    let mut rng = rng(1996);
    for (samples, atoms) in [(250, 256), (500, 256), (1_000, 256), (1_000, 128), (1_000, 512)] {
        let x = normal(samples, 64, &mut rng);
        let mut dictionary = normal(atoms, 64, &mut rng);
        for mut atom in dictionary.axis_iter_mut(Axis(0)) {
            let length = atom.dot(&atom).sqrt();
            atom /= length;
        }
        let coding = SparseCoding::new(dictionary, 0.5).expect("a finite dictionary");
        group.bench_function(
            BenchmarkId::from_parameter(format!("{samples}x{atoms}")),
            |bencher| {
                bencher.iter(|| coding.fista(&x, 100).expect("finite samples"));
            },
        );
    }
}

fn contrastive_divergence(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("contrastive_divergence_1");
    let mut rng = rng(2002);
    for units in [8, 16, 32] {
        let data = normal(100, units, &mut rng).signum();
        let mut machine = Pairwise::zeros(units).expect("some units");
        let optimizer = GradientDescent::new(1e-3).expect("a rate");
        let mut rule =
            Contrastive::new(optimizer, data.clone(), Start::Data, 1).expect("finite chains");
        group.bench_function(BenchmarkId::from_parameter(units), |bencher| {
            let kernel = |energy| Gibbs::new(energy, -1.0, 1.0, 1.0);
            bencher.iter(|| {
                rule.step(&mut machine, &data, kernel, &mut rng).expect("finite energies")
            });
        });
    }
}

criterion_group!(benches, sparse_coding, contrastive_divergence);
criterion_main!(benches);
