use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, gradient};

fn fill(args: &Args, integers: bool, len: usize, random: &mut Random) -> Data {
    if integers {
        Data::I32((0..len).map(|_| random.below(args.vocabulary) as i32).collect())
    } else {
        Data::F32((0..len).map(|_| random.signed()).collect())
    }
}

fn look_up(width: usize, table: &[f64], indices: &[f64]) -> Vec<f64> {
    indices.iter().flat_map(|&i| table[i as usize * width..][..width].to_vec()).collect()
}

fn cases(large: (usize, usize, usize)) -> BoxedStrategy<Args> {
    prop_oneof![8 => (1..40usize, 0..9usize, 0..30usize), 1 => Just(large)]
        .prop_map(|(vocabulary, width, len)| Args { vocabulary, width, len })
        .boxed()
}

impl Checked for Embedding {
    const TOLERANCE: f64 = 0.0;
    fn cases() -> BoxedStrategy<Args> {
        cases((1000, 70, 900))
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args, i == 1, len, random)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[2] = look_up(args.width, &memory[0], &memory[1]);
    }
}

impl Checked for EmbeddingBackward {
    fn cases() -> BoxedStrategy<Args> {
        // Wide and long enough for several threads.
        cases((20, 17, 2100))
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(args, i == 0, len, random)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let zeros = vec![0.0; memory[2].len()];
        let d = gradient(&zeros, &memory[1], |table| look_up(args.width, table, &memory[0]));
        for (to, d) in memory[2].iter_mut().zip(d) {
            *to += d;
        }
    }
}

#[test]
fn an_index_that_is_no_row_is_reported_and_skipped() {
    let args = Args { vocabulary: 2, width: 1, len: 4 };
    let (table, indices, mut y) = ([3.0f32, 4.0], [1, 2, -1, 0], [f32::NAN; 4]);
    let cpu = Cpu::new();
    cpu.run::<Embedding>(&args, &mut [Raw::read(&table), Raw::read(&indices), Raw::write(&mut y)]);
    assert_eq!(y, [4.0, 0.0, 0.0, 3.0]);
    assert_eq!(cpu.take_fault(), Some(Fault::Index { op: "embedding", row: 1, got: 2, limit: 2 }));
    let mut dtable = [10.0f32, 20.0];
    let dy = [1.0f32, 2.0, 3.0, 4.0];
    cpu.run::<EmbeddingBackward>(&args, &mut [Raw::read(&indices), Raw::read(&dy), Raw::write(&mut dtable)]);
    assert_eq!(dtable, [14.0, 21.0]);
    assert!(matches!(cpu.take_fault(), Some(Fault::Index { op: "embedding backward", row: 1, .. })));
}

#[cfg(feature = "cuda")]
#[test]
fn the_gpu_finds_the_same_faults() {
    use crate::check::gpu::same_as_cpu;
    for width in [0, 1, 4, 70] {
        let args = Args { vocabulary: 3, width, len: 6 };
        let floats = |n: usize| Data::F32((0..n).map(|i| i as f32).collect());
        let (table, named, indices) =
            (floats(3 * width), floats(6 * width), Data::I32(vec![1, 2, 3, 1, -1, 1]));
        let want = |op| Some(Fault::Index { op, row: 2, got: 3, limit: 3 });
        let inputs = [table.clone(), indices.clone(), named.clone()];
        assert_eq!(same_as_cpu::<Embedding>(&args, &inputs), want("embedding"));
        assert_eq!(
            same_as_cpu::<EmbeddingBackward>(&args, &[indices, named, table]),
            want("embedding backward")
        );
    }
}
