use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random};
use crate::{Bool, Raw};

impl Checked for MaskedSoftmax {
    fn dtype(args: &Args, i: usize) -> DType {
        match (i, args.padding) {
            (0, Padding::Mask) => DType::Bool,
            (0, _) => DType::I32,
            _ => DType::F32,
        }
    }
    fn cases() -> BoxedStrategy<Args> {
        let padding = prop::sample::select(vec![Padding::Absent, Padding::Mask, Padding::Lengths]);
        let keys = prop_oneof![6 => 0..40usize, 1 => Just(1200)];
        (0..4usize, 1..4usize, 1..9usize, keys, any::<bool>(), padding)
            .prop_map(|(samples, heads, queries, keys, causal, padding)| Args {
                samples,
                heads,
                queries,
                keys,
                causal,
                padding,
            })
            .boxed()
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        match (i, args.padding) {
            (0, Padding::Mask) => Data::Bool((0..len).map(|_| Bool::from(random.below(2) == 0)).collect()),
            // Too few and too many among them.
            (0, _) => Data::I32((0..len).map(|_| random.below(args.keys + 4) as i32 - 2).collect()),
            // Large enough that the exponentials themselves would overflow.
            _ => Data::F32((0..len).map(|_| 100.0 + 20.0 * random.signed()).collect()),
        }
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { heads, queries, keys, .. } = args;
        for row in 0..args.rows() {
            let (sample, query) = (row / (heads * queries), row % queries);
            let part = row * keys..(row + 1) * keys;
            let attends = |key: usize| {
                let padding = match args.padding {
                    Padding::Absent => false,
                    Padding::Mask => memory[0][sample * keys + key] != 0.0,
                    Padding::Lengths => key as f64 >= memory[0][sample],
                };
                !padding && (!args.causal || key <= query)
            };
            let x = &memory[1][part.clone()];
            let e: Vec<f64> =
                (0..keys).map(|key| if attends(key) { (x[key] - 100.0).exp() } else { 0.0 }).collect();
            let sum: f64 = e.iter().sum();
            let y: Vec<f64> = e.iter().map(|e| if sum == 0.0 { 0.0 } else { e / sum }).collect();
            memory[2][part].copy_from_slice(&y);
        }
    }
}

#[test]
fn a_query_without_keys_gives_zeros_and_nan_is_not_hidden() {
    let (lengths, x, mut y) = ([0, 2], [1.0, 2.0, f32::NAN, 3.0f32], [5.0f32; 4]);
    let (causal, padding) = (false, Padding::Lengths);
    let args = Args { samples: 2, heads: 1, queries: 1, keys: 2, causal, padding };
    Cpu::new().run::<MaskedSoftmax>(&args, &mut [Raw::read(&lengths), Raw::read(&x), Raw::write(&mut y)]);
    assert_eq!(y[..2], [0.0, 0.0]);
    assert!(y[2..].iter().all(|y| y.is_nan()));
}
