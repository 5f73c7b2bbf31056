//! From real numbers to bytes and back.

use super::cuda;
use super::one;
use crate::Cpu;
use crate::cpu::multiversion;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::sure::cut;

/// Elements of one task.
const CHUNK: usize = 1 << 13;

/// q ← clamp(round(x / s) + z, 0, 255), where x / s is x·(1/s), and is rounded to even where it is half-way. The
/// arguments are the number of elements. NaN gives 0.
///
/// Memory: the scale s (f32), the zero point z (u8), x (f32), q (u8). PyTorch: `torch.quantize_per_tensor`.
///
/// ```
/// use castiron_kernels::quantized::Quantize;
/// use castiron_kernels::{Cpu, Raw};
///
/// let (scale, zero, x, mut q) = (0.5f32, 100u8, [-1.0f32, 0.0, 0.75, 1.25, 1e9], [0u8; 5]);
/// let memory = &mut [Raw::read(&scale), Raw::read(&zero), Raw::read(&x), Raw::write(&mut q)];
/// Cpu::new().run::<Quantize>(&5, memory);
/// assert_eq!(q, [98, 100, 102, 102, 255]);
/// ```
#[derive(Debug)]
pub struct Quantize;
impl Op for Quantize {
    const NAME: &'static str = "quantize";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<f32>(1).read::<u8>(1).read::<f32>(len).write::<u8>(len);
    }
    fn cpu(cpu: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        let (scale, zero): (f32, u8) = (one(memory.read(0)), one(memory.read(1)));
        let (isa, x, q) = (cpu.isa(), memory.read::<f32>(2), memory.write::<u8>(3));
        let work = q.len();
        cpu.parallel_chunks(q, CHUNK, work, |chunk, q, _| {
            quantize(isa, 1.0 / scale, zero.into(), cut(x, chunk * CHUNK, q.len()), q);
        });
    }
    fn cuda(gpu: &Gpu<'_>, &len: &usize, memory: &Pointers) {
        cuda::quantize(gpu, len, memory);
    }
}

multiversion! {
    fn quantize(isa, inverse: f32, zero: i32, x: &[f32], q: &mut [u8]) {
        // Of a float near this one, the last bits are the number that is added to it, rounded to even.
        const EVEN: f32 = 12_582_912.0;
        for (q, x) in q.iter_mut().zip(x) {
            let multiple = x * inverse;
            // The comparisons are false for NaN.
            let multiple = if multiple > -512.0 { multiple } else { -512.0 };
            let multiple = if multiple < 512.0 { multiple } else { 512.0 };
            let rounded = (multiple + EVEN).to_bits() as i32 - EVEN.to_bits() as i32;
            *q = (rounded + zero).clamp(0, 255) as u8;
        }
    }
}

/// The arguments of [`Dequantize`].
#[derive(Clone, Copy, Debug)]
pub struct DequantizeArgs {
    /// How many elements.
    pub len: usize,
    /// Whether q is `i32`, without a zero point: what a [wide](super::LinearArgs::wide) linear layer gives.
    pub wide: bool,
}

/// x ← s·(q − z), or s·q where it is [`wide`](DequantizeArgs::wide).
///
/// Memory: the scale s (f32), the zero point z (u8), q (u8, or i32 where it is wide), x (f32). PyTorch:
/// `q.dequantize()`.
///
/// ```
/// use castiron_kernels::quantized::{Dequantize, DequantizeArgs};
/// use castiron_kernels::{Cpu, Raw};
///
/// let (scale, zero, q, mut x) = (0.5f32, 100u8, [98u8, 100, 255], [0.0f32; 3]);
/// let memory = &mut [Raw::read(&scale), Raw::read(&zero), Raw::read(&q), Raw::write(&mut x)];
/// Cpu::new().run::<Dequantize>(&DequantizeArgs { len: 3, wide: false }, memory);
/// assert_eq!(x, [-1.0, 0.0, 77.5]);
/// ```
#[derive(Debug)]
pub struct Dequantize;
impl Op for Dequantize {
    const NAME: &'static str = "dequantize";
    type Args = DequantizeArgs;
    fn memory(args: &DequantizeArgs, spec: &mut Spec) {
        spec.read::<f32>(1).read::<u8>(1);
        if args.wide {
            spec.read::<i32>(args.len)
        } else {
            spec.read::<u8>(args.len)
        };
        spec.write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &DequantizeArgs, memory: &mut Memory<'_>) {
        let (scale, zero): (f32, u8) = (one(memory.read(0)), one(memory.read(1)));
        let x = memory.write::<f32>(3);
        if args.wide {
            let q: &[i32] = memory.read(2);
            x.iter_mut().zip(q).for_each(|(x, q)| *x = scale * *q as f32);
        } else {
            let (isa, q, work) = (cpu.isa(), memory.read::<u8>(2), x.len());
            cpu.parallel_chunks(x, CHUNK, work, |chunk, x, _| {
                dequantize(isa, scale, zero.into(), cut(q, chunk * CHUNK, x.len()), x);
            });
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &DequantizeArgs, memory: &Pointers) {
        cuda::dequantize(gpu, args, memory);
    }
}

multiversion! {
    fn dequantize(isa, scale: f32, zero: i32, q: &[u8], x: &mut [f32]) {
        x.iter_mut().zip(q).for_each(|(x, q)| *x = scale * (i32::from(*q) - zero) as f32);
    }
}
