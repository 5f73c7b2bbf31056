//! What the tape costs beside the arithmetic: small operations, recorded and walked back. `tape.py` measures the
//! same in PyTorch and prints the ratio.

use std::hint::black_box;

use castiron::{Rank1, Tape, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};

fn numbers() -> (Tensor<Rank1<16>>, Tensor<Rank1<16>>) {
    let x: [f32; 16] = core::array::from_fn(|i| i as f32);
    (Tensor::from(x), Tensor::from(x.map(|x| 1.0 - x)))
}

fn overhead(c: &mut Criterion) {
    let mut group = c.benchmark_group("tape");
    let (x, y) = numbers();
    group.bench_function("add_16_off_tape", |b| b.iter(|| black_box(&x) + black_box(&y)));

    let tape = Tape::new();
    let (tx, ty) = (tape.watch(&x), tape.watch(&y));
    group.bench_function("add_16_forward", |b| b.iter(|| black_box(&tx) + black_box(&ty)));

    let dz = Tensor::from([1.0; 16]);
    group.bench_function("add_16_forward_backward", |b| {
        b.iter(|| (black_box(&tx) + black_box(&ty)).backward_with(black_box(&dz)))
    });
    group.bench_function("add_16_sum_forward_backward", |b| {
        b.iter(|| (black_box(&tx) + black_box(&ty)).sum().backward())
    });
    group.bench_function("chain_of_100_forward_backward", |b| {
        b.iter(|| (0..100).fold(tx.clone(), |z, _| z + black_box(&ty)).backward_with(&dz))
    });
    group.finish();
}

criterion_group!(benches, overhead);
criterion_main!(benches);
