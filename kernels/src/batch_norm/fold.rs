use half::bf16;

use super::cuda;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::weight::{self, Weight};
use crate::{Cpu, DType, math};

/// The arguments of [`FoldBatchNorm`].
#[derive(Clone, Copy, Debug)]
pub struct FoldArgs {
    /// Channels of the normalised data: rows of the weight.
    pub outputs: usize,
    /// Weights of one output.
    pub per_output: usize,
    /// Whether the layer before has a bias.
    pub bias: bool,
    /// Added to the variance.
    pub eps: f32,
    /// The element of weight′: f32 or bf16, to which it is rounded.
    pub to: DType,
}

/// Folds an inference batch norm into the convolution or linear layer before it, which then gives what
/// both gave: with sₒ = gₒ/√(varianceₒ + ε), weight′ ← s·weight, row by row, and
/// bias′ ← s·(bias − mean) + β; g and β are weight and bias of the batch norm.
///
/// Memory: weight `[O, per_output]`, bias `[O]` (absent where there is none), g `[O]`, β `[O]`, running
/// mean `[O]`, running variance `[O]`, weight′ `[O, per_output]`, bias′ `[O]`. PyTorch:
/// `torch.nn.utils.fusion.fuse_conv_bn_weights`.
#[derive(Debug)]
pub struct FoldBatchNorm;
impl Op for FoldBatchNorm {
    const NAME: &'static str = "fold batch norm";
    type Args = FoldArgs;
    fn memory(args: &FoldArgs, spec: &mut Spec) {
        let (o, weight) = (args.outputs, args.outputs.saturating_mul(args.per_output));
        spec.read::<f32>(weight).read::<f32>(if args.bias { o } else { 0 });
        spec.read::<f32>(o).read::<f32>(o).read::<f32>(o).read::<f32>(o);
        spec.write_dtype(args.to, weight::count(args.to, weight)).write::<f32>(o);
    }
    fn cpu(cpu: &Cpu, args: &FoldArgs, memory: &mut Memory<'_>) {
        match args.to {
            DType::Bf16 => FoldBatchNorm::fold::<bf16>(cpu, args, memory),
            _ => FoldBatchNorm::fold::<f32>(cpu, args, memory),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &FoldArgs, memory: &Pointers) {
        cuda::fold(gpu, args, memory);
    }
}

impl FoldBatchNorm {
    fn fold<T: Weight + Send>(cpu: &Cpu, args: &FoldArgs, memory: &mut Memory<'_>) {
        let (weight, bias): (&[f32], &[f32]) = (memory.read(0), memory.read(1));
        let (gain, shift): (&[f32], &[f32]) = (memory.read(2), memory.read(3));
        let (mean, variance): (&[f32], &[f32]) = (memory.read(4), memory.read(5));
        let (to_weight, to_bias): (&mut [T], &mut [f32]) = (memory.write(6), memory.write(7));
        let scale = |o: usize| gain[o] / math::sqrt(variance[o] + args.eps);
        for (o, to) in to_bias.iter_mut().enumerate() {
            let bias = if args.bias { bias[o] } else { 0.0 };
            *to = scale(o) * (bias - mean[o]) + shift[o];
        }
        let (len, work) = (args.per_output, to_weight.len());
        cpu.parallel_chunks(to_weight, len, work, |o, to, _| {
            let scale = scale(o);
            to.iter_mut().zip(&weight[o * len..]).for_each(|(to, w)| *to = T::narrow(scale * w));
        });
    }
}
