//! Functions of bytes.

use super::cuda;
use crate::Cpu;
use crate::activation::Activation;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::sure::rest;

/// The arguments of [`QuantizedActivation`].
#[derive(Clone, Copy, Debug)]
pub struct LookupArgs {
    /// How many elements.
    pub len: usize,
    /// What the table is of; the kernel sees only that.
    pub activation: Activation,
}

/// y ← table\[x\]: any function of one byte, exactly.
///
/// Memory: the table of 256 bytes, x, y. PyTorch: `torch.ops.quantized.sigmoid` and the like.
///
/// ```
/// use castiron_kernels::activation::Activation;
/// use castiron_kernels::quantized::{LookupArgs, QuantizedActivation};
/// use castiron_kernels::{Cpu, Raw};
///
/// let (table, x, mut y) = (std::array::from_fn::<u8, 256, _>(|i| 255 - i as u8), [0u8, 7, 255], [0u8; 3]);
/// let args = LookupArgs { len: 3, activation: Activation::Identity };
/// Cpu::new().run::<QuantizedActivation>(&args, &mut [Raw::read(&table), Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [255, 248, 0]);
/// ```
#[derive(Debug)]
pub struct QuantizedActivation;
impl Op for QuantizedActivation {
    const NAME: &'static str = "quantized activation";
    type Args = LookupArgs;
    fn memory(args: &LookupArgs, spec: &mut Spec) {
        spec.read::<u8>(256).read::<u8>(args.len).write::<u8>(args.len);
    }
    fn cpu(cpu: &Cpu, _: &LookupArgs, memory: &mut Memory<'_>) {
        let (table, x, y) = (memory.read::<u8>(0), memory.read::<u8>(1), memory.write::<u8>(2));
        let Some(table) = table.first_chunk::<256>() else { return };
        let work = y.len();
        cpu.parallel_chunks(y, CHUNK, work, |chunk, y, _| {
            y.iter_mut().zip(rest(x, chunk * CHUNK)).for_each(|(y, x)| *y = table[usize::from(*x)]);
        });
    }
    fn cuda(gpu: &Gpu<'_>, args: &LookupArgs, memory: &Pointers) {
        cuda::look_up(gpu, args, memory);
    }
}

/// Elements of one task.
const CHUNK: usize = 1 << 13;
