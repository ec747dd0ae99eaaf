//! The logarithm of a sum of exponentials: with the largest taken out, and without care; and a sweep of mean field.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downhill::{
    energy::Ising,
    free_energy::{MeanField, free_energy, log_sum_exp},
};
use ndarray::{Array1, ArrayRef1};
use rand::RngExt;
use rand_distr::StandardNormal;

fn plain(v: &ArrayRef1<f64>) -> f64 {
    v.fold(0.0, |sum, x| sum + x.exp()).ln()
}

fn sums(criterion: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = criterion.benchmark_group("log-sum-exp");
    for n in [16, 256, 4_096, 65_536, 1_048_576] {
        let v = Array1::from_shape_simple_fn(n, || rng.sample::<f64, _>(StandardNormal));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("shifted", n), |b| {
            b.iter(|| log_sum_exp(black_box(&v)))
        });
        group.bench_function(BenchmarkId::new("plain", n), |b| b.iter(|| plain(black_box(&v))));
        group.bench_function(BenchmarkId::new("free energy", n), |b| {
            b.iter(|| free_energy(black_box(&v), 0.7));
        });
    }
    group.finish();
}

fn sweeps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mean field");
    for side in [4, 8, 16, 32] {
        let lattice = Ising::new(side, side, 1.0, 0.1).expect("a lattice");
        let start = Array1::from_elem(side * side, 0.3);
        let mut spins = MeanField::new(lattice, start, 0.3).expect("means between -1 and 1");
        group.throughput(Throughput::Elements((side * side) as u64));
        group.bench_function(BenchmarkId::new("sweep", side * side), |b| b.iter(|| spins.sweep()));
    }
    group.finish();
}

criterion_group!(benches, sums, sweeps);
criterion_main!(benches);
