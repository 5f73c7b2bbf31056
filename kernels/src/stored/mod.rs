//! Linear layers and convolutions whose weights are stored in bf16, for inference.
//!
//! A bf16 is the upper half of an f32, so nothing is computed in it: a weight is widened, exactly, where it is read or
//! shortly before, and all sums are of f32. Few rows by a matrix read the weights as they lie, which is half the memory
//! that f32 would read; what packs its weights widens them then; and convolutions widen as many as fit into a buffer of
//! their own, so that no widened copy of a large layer exists.

mod conv2d;
mod cuda;
mod dots;
mod linear;
#[cfg(test)]
mod tests;

use half::bf16;

use crate::activation::Activation;
use crate::gemm::is_limited;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::{Cpu, conv2d as plain};

/// The arguments of [`StoredLinear`].
#[derive(Clone, Copy, Debug)]
pub struct LinearArgs {
    /// How many vectors there are.
    pub rows: usize,
    /// Numbers of an input vector.
    pub inputs: usize,
    /// Numbers of an output vector.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// Applied to each number of the output.
    pub activation: Activation,
    /// Whether a residual of the shape of the output is added before the activation.
    pub residual: bool,
}

/// y ← activation(W·x + bias + r), for every row x: `torch.nn.functional.linear` with a weight of bf16.
///
/// Memory: x `[rows, inputs]`, W `[outputs, inputs]` of bf16, bias `[outputs]` (absent where there is none), y
/// `[rows, outputs]`, and the residual r like y (absent unless added).
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::stored::{LinearArgs, StoredLinear};
/// use castiron_kernels::{Cpu, Raw, half::bf16};
///
/// let args = LinearArgs {
///     rows: 1,
///     inputs: 2,
///     outputs: 2,
///     bias: true,
///     activation: Activation::Relu,
///     residual: false,
/// };
/// let (x, bias, mut y) = ([1.0f32, 2.0], [0.5f32, 0.5], [0.0f32; 2]);
/// let weight = [1.0, 1.0, -1.0, 0.0].map(bf16::from_f32);
/// let mut memory =
///     [Raw::read(&x), Raw::read_slice(&weight), Raw::read(&bias), Raw::write(&mut y), Raw::none()];
/// Cpu::new().run::<StoredLinear>(&args, &mut memory);
/// assert_eq!(y, [3.5, 0.0]);
/// ```
#[derive(Debug)]
pub struct StoredLinear;
impl Op for StoredLinear {
    const NAME: &'static str = "stored linear";
    type Args = LinearArgs;
    fn memory(args: &LinearArgs, spec: &mut Spec) {
        let &LinearArgs { rows, inputs, outputs, .. } = args;
        let y = rows.saturating_mul(outputs);
        spec.read::<f32>(rows.saturating_mul(inputs)).read::<bf16>(outputs.saturating_mul(inputs));
        spec.read::<f32>(if args.bias { outputs } else { 0 });
        spec.write::<f32>(y).read::<f32>(if args.residual { y } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &LinearArgs, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &LinearArgs) -> Kernel<Self> {
        match args.rows <= dots::ROWS || !cfg!(feature = "std") {
            true if is_limited(args.activation) => dots::forward::<true>,
            true => dots::forward::<false>,
            false => linear::forward,
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &LinearArgs, memory: &Pointers) {
        cuda::linear(gpu, args, memory);
    }
}

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
