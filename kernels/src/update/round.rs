use half::{bf16, f16};

use super::cuda;
use super::region::CHUNK;
use crate::element::{Stored, store};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, Fault, Plain, RoundRow};

/// The arguments of [`RoundParameters`].
#[derive(Clone, Copy, Debug)]
pub struct RoundArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the `f32` parameters in bytes.
    pub from: usize,
    /// Size of the model in bytes.
    pub to: usize,
}

/// A model of 16-bit floats ← its `f32` parameters, rounded to the nearest, ties to even: after each step of the
/// optimizer. Every row of the table is a run of both; those of element [`RoundRow::F32`] are copied. A row that does not
/// lie within both, or is not aligned, is a [`Fault::Memory`], and is skipped.
///
/// Memory: table, parameters, model.
#[derive(Debug)]
pub struct RoundParameters;
impl Op for RoundParameters {
    const NAME: &'static str = "round parameters";
    type Args = RoundArgs;
    fn memory(args: &RoundArgs, spec: &mut Spec) {
        spec.read::<RoundRow>(args.rows).read::<u8>(args.from).update::<u8>(args.to);
    }
    fn cpu(cpu: &Cpu, _: &RoundArgs, memory: &mut Memory<'_>) {
        let (table, params, model) = (memory.read::<RoundRow>(0), memory.read(1), memory.write(2));
        for row in table.iter().filter(|row| row.len > 0) {
            match row.element {
                RoundRow::F32 => round::<f32>(cpu, row, params, model),
                RoundRow::BF16 => round::<bf16>(cpu, row, params, model),
                _ => round::<f16>(cpu, row, params, model),
            }
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &RoundArgs, memory: &Pointers) {
        cuda::round_parameters(gpu, args, memory);
    }
}

fn round<T: Stored<Compute = f32> + Send>(cpu: &Cpu, row: &RoundRow, params: &[u8], model: &mut [u8]) {
    let got = [params.len(), model.len()];
    let fault = |argument: usize, offset: u64, size: usize| {
        let want = end(offset, row.len, size).unwrap_or(usize::MAX);
        cpu.report(Fault::Memory { op: "round parameters", argument, got: got[argument - 1], want });
    };
    let Some(x) = numbers::<f32>(params, row.from, row.len) else {
        return fault(1, row.from, size_of::<f32>());
    };
    let Some(y) = numbers_mut::<T>(model, row.to, row.len) else { return fault(2, row.to, size_of::<T>()) };
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| store(isa, &x[task * CHUNK..][..y.len()], y));
}

fn end(offset: u64, len: u64, size: usize) -> Option<usize> {
    usize::try_from(offset.checked_add(len.checked_mul(size as u64)?)?).ok()
}

/// So many numbers from a place on, if they lie in `bytes` and are aligned.
fn numbers<T: Plain>(bytes: &[u8], offset: u64, len: u64) -> Option<&[T]> {
    let bytes = bytes.get(usize::try_from(offset).ok()?..end(offset, len, size_of::<T>())?)?;
    // SAFETY: `align_to` gives only aligned numbers, and any bits are one.
    let (head, numbers, tail) = unsafe { bytes.align_to::<T>() };
    (head.is_empty() && tail.is_empty()).then_some(numbers)
}

/// As [`numbers`].
fn numbers_mut<T: Plain>(bytes: &mut [u8], offset: u64, len: u64) -> Option<&mut [T]> {
    let bytes = bytes.get_mut(usize::try_from(offset).ok()?..end(offset, len, size_of::<T>())?)?;
    // SAFETY: `align_to_mut` gives only aligned numbers; any bits are one, and any number is bytes.
    let (head, numbers, tail) = unsafe { bytes.align_to_mut::<T>() };
    (head.is_empty() && tail.is_empty()).then_some(numbers)
}
