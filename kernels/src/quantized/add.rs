//! Sums of two activations with scales of their own.

use super::cuda;
use super::factor::Pair;
use crate::Cpu;
use crate::activation::Activation;
use crate::cpu::{multiversion, part};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};

/// The arguments of [`QuantizedAdd`].
#[derive(Clone, Copy, Debug)]
pub struct AddArgs {
    /// How many elements.
    pub len: usize,
    /// What the limits stand for; the kernels see only these.
    pub activation: Activation,
}

/// y ← clamp(z_y + ⌊M_a·(a − z_a) + M_b·(b − z_b) + ½⌋, low, high), where M_a and M_b are the scales of a and b divided
/// by that of y, of which a [`Pair`] keeps 21 bits.
///
/// Memory: M_a and M_b (f32); the bytes z_a, z_b, z_y, low and high; a, b, y. PyTorch: `torch.ops.quantized.add`.
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::quantized::{AddArgs, QuantizedAdd};
/// use castiron_kernels::{Cpu, Raw};
///
/// let (factors, points) = ([0.5f32, 2.0], [100u8, 0, 0, 0, 255]);
/// let (a, b, mut y) = ([100u8, 103, 90], [7u8, 0, 200], [0u8; 3]);
/// let args = AddArgs { len: 3, activation: Activation::Identity };
/// Cpu::new().run::<QuantizedAdd>(
///     &args,
///     &mut [Raw::read(&factors), Raw::read(&points), Raw::read(&a), Raw::read(&b), Raw::write(&mut y)],
/// );
/// assert_eq!(y, [14, 2, 255]);
/// ```
#[derive(Debug)]
pub struct QuantizedAdd;
impl Op for QuantizedAdd {
    const NAME: &'static str = "quantized add";
    type Args = AddArgs;
    fn memory(args: &AddArgs, spec: &mut Spec) {
        spec.read::<f32>(2).read::<u8>(5).read::<u8>(args.len).read::<u8>(args.len).write::<u8>(args.len);
    }
    fn cpu(cpu: &Cpu, _: &AddArgs, memory: &mut Memory<'_>) {
        let factors: &[f32] = memory.read(0);
        let pair = Pair::new(*factors.first_chunk().unwrap_or(&[0.0; 2]));
        let points: &[u8] = memory.read(1);
        let points = points.first_chunk().unwrap_or(&[0, 0, 0, 0, 255]).map(i32::from);
        add(cpu, pair, points, memory.read(2), memory.read(3), memory.write(4));
    }
    fn cuda(gpu: &Gpu<'_>, args: &AddArgs, memory: &Pointers) {
        cuda::add(gpu, args, memory);
    }
}

/// Elements of one task.
const CHUNK: usize = 1 << 13;

fn add(cpu: &Cpu, pair: Pair, points: [i32; 5], a: &[u8], b: &[u8], y: &mut [u8]) {
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |chunk, y, _| {
        sums(isa, pair, points, part(a, chunk * CHUNK, y.len()), part(b, chunk * CHUNK, y.len()), y);
    });
}

multiversion! {
    fn sums(isa, pair: Pair, points: [i32; 5], a: &[u8], b: &[u8], y: &mut [u8]) {
        let [a_zero, b_zero, zero, low, high] = points;
        for (y, (a, b)) in y.iter_mut().zip(a.iter().zip(b)) {
            let sum = zero + pair.sum(i32::from(*a) - a_zero, i32::from(*b) - b_zero);
            *y = sum.max(low).min(high) as u8;
        }
    }
}
