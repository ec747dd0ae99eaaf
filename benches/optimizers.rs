//! The hot loops of going downhill: a step of each first-order method, and a direction and an update of each
//! quasi-Newton method, by number of parameters.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downhill::optimizers::{
    AdaGrad, Adam, AdamW, Bfgs, GradientDescent, Lbfgs, Momentum, Nesterov, Optimizer, Place,
    RmsProp, SearchDirection,
};
use ndarray::Array1;

/// A run needs a rate that moves nothing far: ten million steps are taken.
const RATE: f64 = 1e-9;

fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("optimizer_step");
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        group.throughput(Throughput::Elements(n as u64));
        let gradient = Array1::linspace(-1.0, 1.0, n);
        let all: [(&str, Box<dyn Optimizer>); 7] = [
            ("gradient_descent", Box::new(GradientDescent::new(RATE).unwrap())),
            ("momentum", Box::new(Momentum::new(RATE, 0.9).unwrap())),
            ("nesterov", Box::new(Nesterov::new(RATE, 0.9).unwrap())),
            ("adagrad", Box::new(AdaGrad::new(RATE).unwrap())),
            ("rmsprop", Box::new(RmsProp::new(RATE, 0.9).unwrap())),
            ("adam", Box::new(Adam::new(RATE).unwrap())),
            ("adamw", Box::new(AdamW::new(Adam::new(RATE).unwrap(), 0.1).unwrap())),
        ];
        for (name, mut optimizer) in all {
            let mut theta = Array1::ones(n);
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| optimizer.step(&mut theta, &gradient))
            });
        }
    }
    group.finish();
}

fn quasi_newton(c: &mut Criterion) {
    let mut group = c.benchmark_group("quasi_newton");
    for n in [100, 300, 1_000] {
        let s = Array1::linspace(0.5, 1.0, n);
        let y = &s * &Array1::linspace(1.0, 2.0, n);
        let here =
            Place { theta: Array1::zeros(n), value: 0.0, gradient: Array1::linspace(-1.0, 1.0, n) };
        let mut direction = Array1::zeros(n);
        let methods: [(&str, Box<dyn SearchDirection>); 2] =
            [("bfgs", Box::new(Bfgs::new(n))), ("lbfgs", Box::new(Lbfgs::new(10).unwrap()))];
        for (name, mut method) in methods {
            for _ in 0..10 {
                method.learn(&s, &y);
            }
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| {
                    method.direction(&here, &mut direction).unwrap();
                    method.learn(&s, &y);
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, step, quasi_newton);
criterion_main!(benches);
