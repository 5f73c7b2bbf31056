use proptest::prelude::*;

use super::*;
use crate::broadcast::tests::{any_dims, any_strides, places};
use crate::check::Checked;

const SIZES: [DType; 5] = [DType::U8, DType::Bf16, DType::F32, DType::I64, DType::Bool];

impl Checked for Select {
    const TOLERANCE: f64 = 0.0;
    fn cases() -> BoxedStrategy<Args> {
        (prop::sample::select(SIZES.to_vec()), any_dims())
            .prop_flat_map(|(dtype, dims)| {
                (any_strides(dims), any_strides(dims), any_strides(dims)).prop_map(move |(mask, a, b)| Args {
                    dtype,
                    dims,
                    mask,
                    a,
                    b,
                })
            })
            .boxed()
    }
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 0 { DType::Bool } else { args.dtype }
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let (mask, a, b) =
            (places(&args.dims, &args.mask), places(&args.dims, &args.a), places(&args.dims, &args.b));
        for i in 0..mask.len() {
            memory[3][i] = if memory[0][mask[i]] != 0.0 { memory[1][a[i]] } else { memory[2][b[i]] };
        }
    }
}
