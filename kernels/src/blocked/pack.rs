//! Weights as blocked convolutions read them.

use half::bf16;

use super::{BLOCK, cuda, padded};

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::weight::{self, Weight};
use crate::{Cpu, DType};

/// The arguments of [`Pack`].
#[derive(Clone, Copy, Debug)]
pub struct PackArgs {
    /// Output channels.
    pub outputs: usize,
    /// Input channels that each of them sees.
    pub inputs: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Whether the convolution has a bias.
    pub bias: bool,
    /// The ε of the batch norm behind it.
    pub eps: f32,
    /// The element of the packed weight: f32 or bf16, to which it is rounded.
    pub weight: DType,
}

impl PackArgs {
    /// Weights of each output channel.
    pub(super) fn depth(&self) -> usize {
        self.inputs.saturating_mul(self.kernel[0].saturating_mul(self.kernel[1]))
    }
}

/// Packs the parameters of a convolution, with the batch norm behind it folded into them: with
/// sₒ = gₒ/√(varₒ + ε), weight′ₒ = sₒ·weightₒ and bias′ₒ = sₒ·(biasₒ − meanₒ) + βₒ.
///
/// The packed weight is `[⌈outputs / 16⌉, kernel height, inputs, kernel width, 16]`, the packed bias
/// `[⌈outputs / 16⌉, 16]`; both are zero beyond the last channel.
///
/// Memory: weight `[outputs, inputs, height, width]`, bias (absent where there is none), g, β, mean, var, packed weight,
/// packed bias.
#[derive(Debug)]
pub struct Pack;
impl Op for Pack {
    const NAME: &'static str = "pack conv2d";
    type Args = PackArgs;
    fn memory(args: &PackArgs, spec: &mut Spec) {
        let (outs, depth) = (args.outputs, args.depth());
        spec.read::<f32>(outs.saturating_mul(depth)).read::<f32>(if args.bias { outs } else { 0 });
        spec.read::<f32>(outs).read::<f32>(outs).read::<f32>(outs).read::<f32>(outs);
        let packed = weight::count(args.weight, padded(outs).saturating_mul(depth));
        spec.write_dtype(args.weight, packed).write::<f32>(padded(outs));
    }
    fn cpu(_: &Cpu, args: &PackArgs, memory: &mut Memory<'_>) {
        match args.weight {
            DType::Bf16 => Pack::pack::<bf16>(args, memory),
            _ => Pack::pack::<f32>(args, memory),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &PackArgs, memory: &Pointers) {
        cuda::pack(gpu, args, memory);
    }
}

impl Pack {
    fn pack<T: Weight>(args: &PackArgs, memory: &mut Memory<'_>) {
        let [weight, bias, gain, shift, mean, var] = core::array::from_fn(|i| memory.read::<f32>(i));
        let (to, to_bias) = (memory.write::<T>(6), memory.write::<f32>(7));
        let &PackArgs { outputs, inputs, kernel: [height, width], .. } = args;
        to.fill(T::narrow(0.0));
        to_bias.fill(0.0);
        for o in 0..outputs {
            let bias = bias.get(o).unwrap_or(&0.0);
            let scale = gain[o] / libm::sqrtf(var[o] + args.eps);
            to_bias[o] = (bias - mean[o]) * scale + shift[o];
            let block = &mut to[o / BLOCK * BLOCK * args.depth()..];
            let places = (0..height).flat_map(|u| (0..inputs).map(move |c| (u, c)));
            for (i, (u, c)) in places.enumerate() {
                for v in 0..width {
                    let from = weight[((o * inputs + c) * height + u) * width + v];
                    block[(i * width + v) * BLOCK + o % BLOCK] = T::narrow(scale * from);
                }
            }
        }
    }
}
