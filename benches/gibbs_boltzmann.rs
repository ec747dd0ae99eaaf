//! The hot loops of partition functions: a list of all states, which doubles with each spin, against powers of a transfer matrix, which grow
//! as the logarithm of a chain's length and as the cube of $2^w$ in a strip of width $w$; and a quadrature.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    energy::{DoubleWell, Ising, binary_states},
    gibbs_boltzmann::{Boltzmann, Ring},
};

fn partition(c: &mut Criterion) {
    let mut group = c.benchmark_group("gibbs_boltzmann");
    group.sample_size(20);
    for n in [4, 8, 12, 16] {
        let ring = Ising::new(1, n, 1.0, 0.1).expect("finite parameters");
        let states = binary_states(n, -1.0, 1.0).expect("few units");
        group.bench_function(BenchmarkId::new("enumeration", n), |b| {
            b.iter(|| {
                Boltzmann::new(&ring, states.clone(), 0.8).expect("finite energies").log_partition()
            });
        });
    }
    for n in [4, 8, 12, 16, 1 << 10, 1 << 20, 1 << 30] {
        let ring = Ring::ising(1, n, 1.0, 0.1, 0.8).expect("finite parameters");
        group.bench_function(BenchmarkId::new("transfer matrix", n), |b| {
            b.iter(|| ring.log_partition())
        });
    }
    for width in [2, 4, 6, 8] {
        let torus = Ring::ising(width, width, 1.0, 0.1, 0.4).expect("finite parameters");
        group.bench_function(BenchmarkId::new("torus", format!("{width}x{width}")), |b| {
            b.iter(|| torus.log_partition());
        });
    }
    let well = DoubleWell::new(2.0, 0.3).expect("a finite barrier");
    for beta in [1.0, 100.0] {
        group.bench_function(BenchmarkId::new("quadrature", beta), |b| {
            b.iter(|| Boltzmann::on_line(&well, beta).expect("a bounded well").log_partition());
        });
    }
    group.finish();
}

criterion_group!(benches, partition);
criterion_main!(benches);
