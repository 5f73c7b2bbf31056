use proptest::prelude::*;

use super::*;
use crate::DType;
use crate::check::Checked;

impl Checked for StoredLinear {
    fn dtype(_: &LinearArgs, i: usize) -> DType {
        if i == 1 { DType::Bf16 } else { DType::F32 }
    }
    fn every() -> Vec<LinearArgs> {
        // Shared by threads; whole registers and what is beyond them; packed in several ranges of k.
        let of = |rows, outputs, inputs| LinearArgs {
            rows,
            inputs,
            outputs,
            bias: true,
            activation: Activation::Relu,
            residual: false,
        };
        vec![
            of(1, 600, 2050),
            of(7, 130, 1500),
            of(8, 33, 96),
            of(9, 65, 33),
            of(40, 300, 600),
            of(64, 10, 128),
        ]
    }
    fn cases() -> BoxedStrategy<LinearArgs> {
        let size = || prop_oneof![1..10usize, 1..70usize, 31..=33usize];
        let depth = prop_oneof![0..40usize, 60..70usize, 500..530usize];
        let activation = vec![Activation::Identity, Activation::Relu, Activation::Relu6, Activation::Tanh];
        (size(), size(), depth, any::<[bool; 2]>(), prop::sample::select(activation))
            .prop_map(|(rows, outputs, inputs, [bias, residual], activation)| LinearArgs {
                rows,
                inputs,
                outputs,
                bias,
                activation,
                residual,
            })
            .boxed()
    }
    fn reference(args: &LinearArgs, memory: &mut [Vec<f64>]) {
        let &LinearArgs { inputs: k, outputs, .. } = args;
        for i in 0..memory[3].len() {
            let (row, o) = (i / outputs, i % outputs);
            let product = |at: usize| memory[0][row * k + at] * memory[1][o * k + at];
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

/// The memory as [`plain::Conv2d`] has it.
const PLACES: [usize; 5] = [0, 1, 2, 3, 5];

impl Checked for StoredConv2d {
    fn dtype(_: &plain::Args, i: usize) -> DType {
        if i == 0 { DType::Bf16 } else { DType::F32 }
    }
    fn tolerance(args: &plain::Args) -> f64 {
        plain::Conv2d::tolerance(args)
    }
    fn every() -> Vec<plain::Args> {
        // All weights fit into the buffer; several groups do; some outputs of one do; not even those of one output do.
        let of = |channels, kernel| plain::tests::wide(channels, [9, 7], kernel, 1, [1, 1]);
        let all = [
            of([3, 1, 2, 5], 3),
            of([2, 12, 12, 12], 5),
            of([3, 3, 12, 30], 3),
            of([2, 2, 46, 6], 3).residual(),
        ];
        assert_eq!(all.map(|args| args.sizes()[2] > conv2d::BUFFER), [false, true, true, true]);
        all.to_vec()
    }
    fn cases() -> BoxedStrategy<plain::Args> {
        plain::tests::cases(true, 16).prop_map(|args| plain::Args { keep_pre: false, ..args }).boxed()
    }
    fn reference(args: &plain::Args, memory: &mut [Vec<f64>]) {
        let mut all = vec![Vec::new(); 6];
        PLACES.iter().zip(&*memory).for_each(|(at, values)| all[*at] = values.clone());
        plain::Conv2d::reference(args, &mut all);
        memory[3] = core::mem::take(&mut all[3]);
    }
}
