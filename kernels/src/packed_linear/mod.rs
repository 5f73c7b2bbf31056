//! Linear layers whose weights were packed once, for inference.
//!
//! Outputs are taken 32 at a time: the weights of such a panel lie in the order in which they are read, those of all its
//! outputs for the first input, then those for the second. That is how a register tile of a product wants them, so no
//! call packs anything; and a single row is multiplied by them as they come, without sums across registers. The last
//! panel is as wide as what is left, so that packing takes no memory.
//!
//! Weights are f32, or bf16, the upper half of one, which are widened where they are read.

mod cuda;
mod few;
mod many;
mod pack;
mod panel;
#[cfg(test)]
mod tests;

pub use pack::{PackArgs, PackLinear};

use half::bf16;

use crate::activation::Activation;
use crate::gemm::is_limited;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::weight::{self, Weight};
use crate::{Cpu, DType};

/// Outputs of a panel.
pub const PANEL: usize = 32;

/// Where the weight of an output for an input is in a packed weight of so many outputs and inputs.
pub const fn place(outputs: usize, inputs: usize, output: usize, input: usize) -> usize {
    let first = output / PANEL * PANEL;
    let left = outputs - first;
    let width = if left < PANEL { left } else { PANEL };
    first * inputs + input * width + (output - first)
}

/// The arguments of [`PackedLinear`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
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
    /// The element of the weight: f32 or bf16. All else is f32.
    pub weight: DType,
}

/// y ← activation(W·x + bias + r), for every row x: `torch.nn.functional.linear` with a weight that [`PackLinear`] packed.
///
/// Memory: x `[rows, inputs]`, the packed W, bias `[outputs]` (absent where there is none), y `[rows, outputs]`, and the
/// residual r like y (absent unless added).
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::packed_linear::{Args, PackedLinear};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// // The weight [[1, 1], [-1, 0]]: both outputs are in one panel.
/// let (x, weight, bias, mut y) = ([1.0f32, 2.0], [1.0f32, -1.0, 1.0, 0.0], [0.5f32, 0.5], [0.0f32; 2]);
/// let (activation, residual) = (Activation::Relu, false);
/// let args = Args { rows: 1, inputs: 2, outputs: 2, bias: true, activation, residual, weight: DType::F32 };
/// let mut memory =
///     [Raw::read(&x), Raw::read(&weight), Raw::read(&bias), Raw::write(&mut y), Raw::none()];
/// Cpu::new().run::<PackedLinear>(&args, &mut memory);
/// assert_eq!(y, [3.5, 0.0]);
/// ```
#[derive(Debug)]
pub struct PackedLinear;
impl Op for PackedLinear {
    const NAME: &'static str = "packed linear";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { rows, inputs, outputs, .. } = args;
        let y = rows.saturating_mul(outputs);
        spec.read::<f32>(rows.saturating_mul(inputs));
        spec.read_dtype(args.weight, weight::count(args.weight, outputs.saturating_mul(inputs)));
        spec.read::<f32>(if args.bias { outputs } else { 0 });
        spec.write::<f32>(y).read::<f32>(if args.residual { y } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        match args.weight {
            DType::Bf16 => kernel::<bf16>(args),
            _ => kernel::<f32>(args),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::linear(gpu, args, memory);
    }
}

#[inline(always)]
fn kernel<T: Weight>(args: &Args) -> Kernel<PackedLinear> {
    match (is_limited(args.activation), args.rows) {
        (true, ..=1) => few::forward::<T, true, true>,
        (false, ..=1) => few::forward::<T, true, false>,
        (limited, rows) if few_are_faster::<T>(rows, args.outputs) => match limited {
            true => few::forward::<T, false, true>,
            false => few::forward::<T, false, false>,
        },
        _ => many::forward::<T>,
    }
}

/// Whether so many rows are computed in groups of a few. More are worth a blocked product, for which bf16 is widened
/// into memory, if there is some.
#[inline(always)]
fn few_are_faster<T: Weight>(rows: usize, outputs: usize) -> bool {
    let most = if size_of::<T>() == 2 { 16 * few::ROWS } else { few::ROWS };
    rows <= most || outputs <= PANEL / 2 || !cfg!(feature = "std")
}
