//! The hot loop of approximation: a network of one hidden layer on a grid, by width and by number of points.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downhill::universal_approximation::{Shallow, sawtooth};
use ndarray::Array1;

fn curve(c: &mut Criterion) {
    let mut group = c.benchmark_group("universal_approximation");
    for (points, width) in [(1_000, 16), (1_000, 64), (1_000, 256), (4_000, 64), (16_000, 64)] {
        let x = Array1::linspace(0.0, 1.0, points);
        let stairs = Shallow::staircase(f64::sin, (0.0, 1.0), width - 1, 10.0)
            .expect("the interval is not empty");
        let knots = Array1::linspace(0.0, 1.0, width);
        let line = Shallow::broken_line(&knots, &knots.sin()).expect("the knots increase");
        // A unit at a point.
        group.throughput(Throughput::Elements((points * width) as u64));
        for (name, network) in [("logistic", &stairs), ("rectifier", &line)] {
            group.bench_function(BenchmarkId::new(name, format!("{points}x{width}")), |b| {
                b.iter(|| black_box(network.curve(&x)));
            });
        }
    }
    let x = Array1::linspace(0.0, 1.0, 1_000);
    for depth in [4, 8, 16] {
        group.throughput(Throughput::Elements(2 * depth as u64 * 1_000));
        group.bench_function(BenchmarkId::new("sawtooth", depth), |b| {
            b.iter(|| black_box(sawtooth(&x, depth)))
        });
    }
    group.finish();
}

criterion_group!(benches, curve);
criterion_main!(benches);
