//! Linear layers of bytes.

mod cuda;
mod dot;
mod dots;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
mod product;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(super) use dots::{OUTPUTS, ROWS, dots};

use super::Points;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
use super::{
    Factor,
    conv2d::pack,
    round::{Round, round},
};
use crate::Cpu;
use crate::activation::Activation;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};

/// The arguments of [`QuantizedLinear`].
#[derive(Clone, Copy, Debug)]
pub struct LinearArgs {
    /// Rows of x and y.
    pub rows: usize,
    /// Columns of x and of the weight.
    pub inputs: usize,
    /// Rows of the weight, columns of y.
    pub outputs: usize,
    /// What the limits stand for; the kernels see only these.
    pub activation: Activation,
    /// Whether y is `i32`, without zero point and limits: what a classifier gives, so that classes that are near each
    /// other do not become equal.
    pub wide: bool,
}

impl LinearArgs {
    /// Elements of x, of y and of the weight.
    fn sizes(&self) -> [usize; 3] {
        let &LinearArgs { rows, inputs, outputs, .. } = self;
        [rows.saturating_mul(inputs), rows.saturating_mul(outputs), outputs.saturating_mul(inputs)]
    }
}

/// y ← clamp(z_y + ⌊M\[o\]·(x·wᵀ + bias) + ½⌋, low, high), or ⌊M\[o\]·(x·wᵀ + bias) + ½⌋ where it is
/// [`wide`](LinearArgs::wide).
///
/// Memory: weight (i8, `[outputs, inputs]`), bias (i32) and M (f32: a [`Factor`](super::Factor)) of each output; the
/// bytes z_x, z_y, low and high; x, y (u8, or i32 where it is wide). PyTorch:
/// `torch.ao.nn.quantized.functional.linear`.
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::quantized::{LinearArgs, QuantizedLinear};
/// use castiron_kernels::{Cpu, Raw};
///
/// let args = LinearArgs { rows: 1, inputs: 3, outputs: 2, activation: Activation::Relu, wide: false };
/// let (weight, bias, factors) = ([[1i8, -2, 3], [-1, 0, 0]], [4i32, 0], [0.25f32, 1.0]);
/// // Zero points 0 and 10; ReLU means not to go below the zero point.
/// let (points, x, mut y) = ([0u8, 10, 10, 255], [10u8, 20, 30], [0u8; 2]);
/// Cpu::new().run::<QuantizedLinear>(
///     &args,
///     &mut [
///         Raw::read(&weight),
///         Raw::read(&bias),
///         Raw::read(&factors),
///         Raw::read(&points),
///         Raw::read(&x),
///         Raw::write(&mut y),
///     ],
/// );
/// assert_eq!(y, [10 + 16, 10]);
/// ```
#[derive(Debug)]
pub struct QuantizedLinear;
impl Op for QuantizedLinear {
    const NAME: &'static str = "quantized linear";
    type Args = LinearArgs;
    fn memory(args: &LinearArgs, spec: &mut Spec) {
        let [x, y, weight] = args.sizes();
        spec.read::<i8>(weight).read::<i32>(args.outputs).read::<f32>(args.outputs);
        spec.read::<u8>(Points::LEN).read::<u8>(x);
        if args.wide {
            spec.write::<i32>(y)
        } else {
            spec.write::<u8>(y)
        };
    }
    fn cpu(cpu: &Cpu, args: &LinearArgs, memory: &mut Memory<'_>) {
        let call = Call {
            inputs: args.inputs,
            outputs: args.outputs,
            weight: memory.read(0),
            bias: memory.read(1),
            factors: memory.read(2),
            x: memory.read(4),
        };
        #[cfg(all(target_arch = "x86_64", feature = "std"))]
        if let Some(choice) = pack::choose(cpu, args.outputs, args.inputs)
            && product::applies(&call, choice, args.rows)
        {
            let points = Points::new(memory.read(3));
            let how = |o: usize| Round { bias: call.bias[o], factor: Factor::new(call.factors[o]), points };
            return if args.wide {
                product::forward(cpu, &call, choice, memory.write(5), |_, o, sums, y: &mut [i32]| {
                    let how = how(o);
                    y.iter_mut().zip(sums).for_each(|(y, sum)| *y = how.multiple(*sum));
                });
            } else {
                product::forward(cpu, &call, choice, memory.write(5), |isa, o, sums, y: &mut [u8]| {
                    round(isa, &how(o), sums, [y.len(); 2], y);
                });
            };
        }
        if args.wide {
            dot::forward(cpu, &call, memory.write(5), |multiple| multiple);
        } else {
            let points = Points::new(memory.read(3));
            dot::forward(cpu, &call, memory.write(5), |multiple| points.byte(multiple));
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &LinearArgs, memory: &Pointers) {
        cuda::linear(gpu, args, memory);
    }
}

/// What the kernels read.
struct Call<'a> {
    inputs: usize,
    outputs: usize,
    weight: &'a [i8],
    bias: &'a [i32],
    factors: &'a [f32],
    x: &'a [u8],
}
