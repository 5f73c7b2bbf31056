use super::{BackwardArgs, cpu, cuda};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// The backward of [`BatchNorm`](super::BatchNorm), with n = images·pixels and x̂ the normalised x:
///
/// dx ← weight/√(variance + ε) · (dy − Σdy/n − x̂·Σ(dy·x̂)/n), dweight ← dweight + Σ dy·x̂,
/// dbias ← dbias + Σ dy; sums are over the images and pixels of a channel.
///
/// The statistics of the batch come out where the gradients of the running averages are expected, for
/// [`MergeAverages`](crate::update::MergeAverages). The variance is the unbiased one, times n/(n − 1),
/// as in PyTorch (the biased one where n = 1).
///
/// The gradient dy is that of the normalised output, before a residual and an activation.
///
/// Memory: weight `[C]`, x, dy (absent in place: dx holds it), mean `[C]`, variance `[C]`, dx (absent
/// unless `input_gradient`), dweight `[C]`, dbias `[C]`, batch mean `[C]`, batch variance `[C]`.
#[derive(Debug)]
pub struct BatchNormBackward;
impl Op for BatchNormBackward {
    const NAME: &'static str = "batch norm backward";
    type Args = BackwardArgs;
    fn memory(args: &BackwardArgs, spec: &mut Spec) {
        common(&BackwardArgs { parameter_gradients: true, ..*args }, spec);
        spec.write::<f32>(args.channels).write::<f32>(args.channels);
    }
    fn cpu(cpu: &Cpu, args: &BackwardArgs, memory: &mut Memory<'_>) {
        let (weight, x, dy) = (memory.read(0), memory.read(1), memory.read(2));
        let (mean, variance) = (memory.read(3), memory.read(4));
        let (dx, dweight, dbias) = (memory.write::<f32>(5), memory.write::<f32>(6), memory.write::<f32>(7));
        let (batch_mean, batch_variance) = (memory.write(8), memory.write(9));
        let args = &args.forward();
        // Σdy and Σdy·(x − mean) wait in the last two outputs until dx has been computed from them.
        cpu::backward(cpu, args, weight, mean, variance, x, dy, dx, batch_mean, batch_variance);
        let n = args.images as f32 * args.pixels as f32;
        let unbiased = if n > 1.0 { n / (n - 1.0) } else { 1.0 };
        for c in 0..args.channels {
            dbias[c] += batch_mean[c];
            dweight[c] += batch_variance[c] * cpu::inverse_deviation(variance[c], args.eps);
            batch_mean[c] = mean[c];
            batch_variance[c] = variance[c] * unbiased;
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for BatchNormBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        matches!(i, 0 | 3 | 4 | 6..)
    }
}

/// The backward of [`BatchNormInfer`](super::BatchNormInfer), whose averages are constants:
/// dx ← dy·weight/√(variance + ε), dweight ← dweight + Σ dy·x̂, dbias ← dbias + Σ dy.
///
/// Memory: weight `[C]`, x (absent unless `parameter_gradients`), dy (absent in place: dx holds it), running
/// mean `[C]`, running variance `[C]`, dx (absent unless `input_gradient`), dweight `[C]`, dbias `[C]` (both
/// absent unless `parameter_gradients`).
#[derive(Debug)]
pub struct BatchNormFrozenBackward;
impl Op for BatchNormFrozenBackward {
    const NAME: &'static str = "batch norm frozen backward";
    type Args = BackwardArgs;
    fn memory(args: &BackwardArgs, spec: &mut Spec) {
        common(args, spec);
    }
    fn cpu(cpu: &Cpu, args: &BackwardArgs, memory: &mut Memory<'_>) {
        let (weight, x, dy) = (memory.read(0), memory.read(1), memory.read(2));
        let (mean, variance) = (memory.read(3), memory.read(4));
        let (dx, dweight, dbias) = (memory.write::<f32>(5), memory.write(6), memory.write(7));
        let (args, parameter_gradients, in_place) =
            (&args.forward(), args.parameter_gradients, args.is_in_place());
        if parameter_gradients {
            let dy = if in_place { &*dx } else { dy };
            cpu::frozen_sums(cpu, args, mean, variance, x, dy, dweight, dbias);
        }
        cpu::frozen_input_gradient(cpu, args, weight, variance, dy, dx);
    }
    fn cuda(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
        cuda::frozen_backward(gpu, args, memory);
    }
}
impl HalfOp for BatchNormFrozenBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        matches!(i, 0 | 3 | 4 | 6..)
    }
}

fn common(args: &BackwardArgs, spec: &mut Spec) {
    let (c, elements) = (args.channels, args.forward().elements());
    let (input_gradient, parameter_gradients) = (args.input_gradient, args.parameter_gradients);
    let in_place = args.is_in_place();
    spec.read::<f32>(c).read_unless::<f32>(!parameter_gradients, elements);
    spec.read_unless::<f32>(in_place, elements).read::<f32>(c).read::<f32>(c);
    spec.write_or_update::<f32>(in_place, if input_gradient { elements } else { 0 });
    let trained = if parameter_gradients { c } else { 0 };
    spec.update::<f32>(trained).update::<f32>(trained);
}
