//! Sweeps of Ising lattices of several sizes, and a thousand steps of each kernel in the plane.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downhill::{
    energy::{DoubleWell, Mixture},
    rng,
    sampling::{Hamiltonian, Kernel, Langevin, Lattice, Mala, Metropolis},
};
use ndarray::array;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn sweep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sampling sweep");
    for side in [64, 128, 256, 512] {
        group.throughput(Throughput::Elements((side * side) as u64));
        let mut lattice = Lattice::new(side, side, 1.0, 0.0, 2.5).expect("even sides");
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1925);
        group.bench_function(BenchmarkId::from_parameter(side), |bencher| {
            bencher.iter(|| lattice.sweep(black_box(&mut rng)));
        });
    }
    group.finish();
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sampling 1000 steps");
    let well = DoubleWell::new(3.0, 0.0).expect("a height above zero");
    let ring = Mixture::ring(8, 4.0, 0.5).expect("a width above zero");
    fn run(
        group: &mut criterion::BenchmarkGroup<criterion::measurement::WallTime>,
        name: &str,
        mut kernel: impl Kernel,
    ) {
        let (mut x, mut rng) = (array![1.0, 0.0], rng(1953));
        group.bench_function(name, |bencher| {
            bencher.iter(|| (0..1000).filter(|_| kernel.step(black_box(&mut x), &mut rng)).count());
        });
    }
    run(
        &mut group,
        "Metropolis, double well",
        Metropolis::new(well, 2, 0.7, 1.0).expect("a reach above zero"),
    );
    run(
        &mut group,
        "Langevin, ring",
        Langevin::new(&ring, 2, 0.05, 1.0).expect("a step above zero"),
    );
    run(&mut group, "MALA, ring", Mala::new(&ring, 2, 0.05, 1.0).expect("a step above zero"));
    run(
        &mut group,
        "Hamiltonian, ring",
        Hamiltonian::new(&ring, 2, 0.1, 10, 1.0).expect("a step above zero"),
    );
    group.finish();
}

criterion_group!(benches, sweep, steps);
criterion_main!(benches);
