//! The hot loops of inference: a hundred steps of descent, by number of memories and of units and in a network's landscape, and the sum over all configurations.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{
    energy::{Differentiable, Energy, Mixture, binary_states},
    energy_and_inference::{Bipartite, Descent, Joint},
};
use ndarray::{Array1, Array2, ArrayRef1};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

fn normal(n: usize, p: usize, rng: &mut impl Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, p), || rng.sample::<f64, _>(StandardNormal))
}

/// ½ |x|² − Σ vⱼ tanh(uⱼ·x).
struct Network {
    u: Array2<f64>,
    v: Array1<f64>,
}

impl Energy for Network {
    fn energy(&self, x: &ArrayRef1<f64>) -> f64 {
        0.5 * x.dot(x) - self.u.dot(x).mapv(f64::tanh).dot(&self.v)
    }
}

impl Differentiable for Network {
    fn gradient_into(&self, x: &ArrayRef1<f64>, gradient: &mut ArrayRef1<f64>) {
        gradient.assign(x);
        for (u, v) in self.u.rows().into_iter().zip(&self.v) {
            gradient.scaled_add(-v * (1.0 - u.dot(x).tanh().powi(2)), &u);
        }
    }
}

/// Descent that is never content, and so takes all its hundred steps.
fn hundred(step_size: f64) -> Descent {
    Descent::new(step_size)
        .and_then(|d| d.until(f64::MIN_POSITIVE, 99))
        .expect("a positive step size")
}

fn descent(c: &mut Criterion) {
    let mut rng = downhill::rng(1);
    let mut group = c.benchmark_group("descent");
    for (memories, units) in [(100, 16), (200, 16), (400, 16), (400, 32), (400, 64)] {
        let energy = Mixture::new(normal(memories, units, &mut rng), Array1::ones(memories), 1.0)
            .expect("normal centres are finite");
        let start = normal(1, units, &mut rng).remove_axis(ndarray::Axis(0));
        group.bench_function(BenchmarkId::new("mixture", format!("{memories}x{units}")), |b| {
            b.iter(|| hundred(0.1).infer(&energy, &start));
        });
    }
    for (hidden, units) in [(64, 64), (128, 64), (256, 64), (256, 256)] {
        let energy = Network { u: normal(hidden, units, &mut rng), v: Array1::ones(hidden) };
        let start = normal(1, units, &mut rng).remove_axis(ndarray::Axis(0));
        group.bench_function(BenchmarkId::new("network", format!("{hidden}x{units}")), |b| {
            b.iter(|| hundred(1e-4).infer(&energy, &start));
        });
    }
    group.finish();
}

fn enumeration(c: &mut Criterion) {
    let mut rng = downhill::rng(2);
    let mut group = c.benchmark_group("enumeration");
    group.sample_size(10);
    for units in [4, 5, 6, 7] {
        let states = binary_states(units, 0.0, 1.0).expect("few units");
        let energy = Bipartite::new(
            Array1::zeros(units),
            Array1::zeros(units),
            &normal(units, units, &mut rng),
        )
        .expect("the sizes agree");
        group.bench_function(BenchmarkId::new("joint", format!("{units}+{units}")), |b| {
            b.iter(|| Joint::of_energy(&energy, &states, &states));
        });
    }
    group.finish();
}

criterion_group!(benches, descent, enumeration);
criterion_main!(benches);
