use proptest::prelude::*;

use super::*;
use crate::check::{Checked, tolerance, tolerance_of_sum, weights};

impl Checked for PackedLinear {
    fn tolerance(args: &Args) -> f64 {
        tolerance_of_sum(DType::F32, args.inputs)
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 1 { args.weight } else { DType::F32 }
    }
    fn every() -> Vec<Args> {
        // Every number of rows that a register tile may have, by whole panels, pairs of them, and narrow ones; shared by
        // threads; several ranges of k, and more rows than a task has; no inputs.
        let of = |weight, rows, outputs, inputs| Args {
            rows,
            inputs,
            outputs,
            bias: true,
            activation: Activation::Relu,
            residual: false,
            weight,
        };
        let few = (1..=9).map(|rows| of(DType::F32, rows, 105, 67));
        let half = (1..=9).map(|rows| of(DType::Bf16, rows, 105, 67));
        let large = [
            of(DType::F32, 1, 600, 2050),
            of(DType::F32, 7, 130, 1500),
            of(DType::F32, 200, 10, 128),
            of(DType::F32, 70, 96, 1100),
            of(DType::F32, 40, 300, 600),
            of(DType::Bf16, 100, 300, 200),
            of(DType::Bf16, 130, 300, 600),
            of(DType::F32, 40, 60, 0),
            of(DType::Bf16, 140, 60, 0),
        ];
        few.chain(half).chain(large).collect()
    }
    fn cases() -> BoxedStrategy<Args> {
        let size = || prop_oneof![1..10usize, 1..70usize, 31..=33usize];
        let rows = prop_oneof![size(), 120..140usize];
        let depth = prop_oneof![0..40usize, 60..70usize, 500..530usize];
        let activation = vec![Activation::Identity, Activation::Relu, Activation::Relu6, Activation::Tanh];
        (rows, size(), depth, any::<[bool; 2]>(), prop::sample::select(activation), weights())
            .prop_map(|(rows, outputs, inputs, [bias, residual], activation, weight)| Args {
                rows,
                inputs,
                outputs,
                bias,
                activation,
                residual,
                weight,
            })
            .boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let &Args { inputs: k, outputs, .. } = args;
        for i in 0..memory[3].len() {
            let (row, o) = (i / outputs, i % outputs);
            let product = |at: usize| memory[0][row * k + at] * memory[1][place(outputs, k, o, at)];
            let sum: f64 = (0..k).map(product).sum();
            let z = sum + memory[2].get(o).unwrap_or(&0.0) + memory[4].get(i).unwrap_or(&0.0);
            memory[3][i] = match args.activation {
                Activation::Relu => z.max(0.0),
                Activation::Relu6 => z.clamp(0.0, 6.0),
                Activation::Tanh => z.tanh(),
                _ => z,
            };
        }
    }
}

impl Checked for PackLinear {
    fn dtype(args: &PackArgs, i: usize) -> DType {
        if i == 1 { args.weight } else { DType::F32 }
    }
    fn tolerance(args: &PackArgs) -> f64 {
        tolerance(args.weight)
    }
    fn cases() -> BoxedStrategy<PackArgs> {
        (0..100usize, 0..40usize, weights())
            .prop_map(|(outputs, inputs, weight)| PackArgs { outputs, inputs, weight })
            .boxed()
    }
    fn reference(args: &PackArgs, memory: &mut [Vec<f64>]) {
        let &PackArgs { outputs, inputs, .. } = args;
        for o in 0..outputs {
            for i in 0..inputs {
                memory[1][place(outputs, inputs, o, i)] = memory[0][o * inputs + i];
            }
        }
    }
}
