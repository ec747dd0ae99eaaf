//! What is easy and what is hard, timed: a draw and an inference in the sigmoid belief network, and in the Boltzmann machine with the same numbers.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    directed_vs_energy::SigmoidBelief,
    introduction::logistic,
    sampling::{Gibbs, Kernel},
};
use ndarray::{Array1, Array2, s};
use rand::RngExt;
use rand_distr::StandardNormal;

fn easy_and_hard(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("directed_vs_energy");
    for units in [4, 8, 12, 16] {
        let weights =
            Array2::from_shape_simple_fn((units, units), || rng.sample::<f64, _>(StandardNormal));
        // Zeros and normal draws are finite, and the shapes agree.
        let net = SigmoidBelief::new(weights, Array1::zeros(units), Array1::zeros(units))
            .expect("a network");
        let machine = net.undirected().expect("a machine");
        let v = Array1::from_shape_simple_fn(units, || f64::from(rng.random::<bool>()));
        group.bench_function(BenchmarkId::new("directed: draw", units), |b| {
            b.iter(|| net.sample(&mut rng))
        });
        let mut kernel = Gibbs::new(&machine, 0.0, 1.0, 1.0).expect("a temperature");
        let mut state = Array1::zeros(2 * units);
        group.bench_function(BenchmarkId::new("energy: one Gibbs sweep", units), |b| {
            b.iter(|| kernel.step(&mut state, &mut rng));
        });
        group.bench_function(BenchmarkId::new("directed: p(v)", units), |b| {
            b.iter(|| net.log_marginal(&v))
        });
        let mut given = Array1::zeros(2 * units);
        given.slice_mut(s![units..]).assign(&v);
        group.bench_function(BenchmarkId::new("energy: p(h | v)", units), |b| {
            b.iter(|| machine.field(&given).slice(s![..units]).mapv(logistic));
        });
    }
    group.finish();
}

criterion_group!(benches, easy_and_hard);
criterion_main!(benches);
