//! Convolutions whose weights are stored in bf16, for inference.
//!
//! A bf16 is the upper half of an f32, so nothing is computed in it: a weight is widened, exactly, before it is read, and
//! all sums are of f32. As many weights are widened as fit into a buffer, so that no widened copy of a large layer exists.

mod conv2d;
mod cuda;
#[cfg(test)]
mod tests;

use half::bf16;

use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::{Cpu, conv2d as plain};

/// [`Conv2d`](plain::Conv2d) with a weight of bf16; it does not keep values before the activation.
///
/// Memory: weight of bf16, bias (absent where there is none), x, y, and the residual like y (absent unless added).
#[derive(Debug)]
pub struct StoredConv2d;
impl Op for StoredConv2d {
    const NAME: &'static str = "stored conv2d";
    type Args = plain::Args;
    fn memory(args: &plain::Args, spec: &mut Spec) {
        let [x, y, weight, bias] = if args.keep_pre { [usize::MAX; 4] } else { args.sizes() };
        spec.read::<bf16>(weight).read::<f32>(bias).read::<f32>(x).write::<f32>(y);
        spec.read::<f32>(if args.residual { y } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &plain::Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &plain::Args) -> Kernel<Self> {
        plain::by_algorithm!(args, conv2d::forward)
    }
    fn cuda(gpu: &Gpu<'_>, args: &plain::Args, memory: &Pointers) {
        cuda::conv2d(gpu, args, memory);
    }
}
