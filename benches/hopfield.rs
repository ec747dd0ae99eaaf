//! Recall by a Hopfield network at a load of 0.1, from a cue with a quarter of its bits flipped.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use downhill::{data, hopfield::Hopfield, rng};

fn recall(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hopfield recall");
    for units in [256, 512, 1024, 2048] {
        let mut rng = rng(1982);
        let patterns = data::random_patterns(units / 10, units, &mut rng);
        let net = Hopfield::hebbian(&patterns).expect("patterns of ±1");
        let cue = data::flip(&patterns.row(0), units / 4, &mut rng);
        group.bench_with_input(BenchmarkId::from_parameter(units), &cue, |bencher, cue| {
            bencher.iter(|| net.recall_in_order(black_box(cue)));
        });
    }
    group.finish();
}

criterion_group!(benches, recall);
criterion_main!(benches);
