use proptest::prelude::*;

use super::*;
use crate::DType;
use crate::check::Checked;

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
