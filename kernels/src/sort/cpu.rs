use super::Args;
use super::key::Ordered;
use crate::Cpu;
use crate::element::dispatch;
use crate::op::Memory;

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 12;

pub(super) fn sort(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    dispatch!(args.dtype, T => {
        rows::<T>(cpu, args, memory.read(0), memory.write(1), memory.write(2), memory.write(3));
    });
}

fn rows<T: Ordered>(
    cpu: &Cpu,
    args: &Args,
    x: &[T],
    scratch: &mut [i64],
    values: &mut [T],
    indices: &mut [i64],
) {
    let &Args { len, keep, descending, .. } = args;
    if len == 0 {
        return;
    }
    let rows = CHUNK.div_ceil(len);
    // A comparison of each element with each of a logarithm of others.
    let work = x.len().saturating_mul(1 + len.ilog2() as usize);
    cpu.parallel_chunks(scratch, rows * len, work, |i, scratch, _| {
        for (r, scratch) in scratch.chunks_exact_mut(len).enumerate() {
            row(&x[(i * rows + r) * len..][..len], scratch, keep, descending);
        }
    });
    if keep == 0 {
        return;
    }
    let (scratch, kept) = (&*scratch, CHUNK.div_ceil(keep));
    let work = indices.len();
    cpu.parallel_chunks(indices, kept * keep, work, |i, indices, _| {
        for (r, indices) in indices.chunks_exact_mut(keep).enumerate() {
            indices.copy_from_slice(&scratch[(i * kept + r) * len..][..keep]);
        }
    });
    cpu.parallel_chunks(values, kept * keep, work, |i, values, _| {
        for (r, values) in values.chunks_exact_mut(keep).enumerate() {
            let start = (i * kept + r) * len;
            let x = &x[start..][..len];
            values.iter_mut().zip(&scratch[start..]).for_each(|(y, i)| *y = x[*i as usize]);
        }
    });
}

/// Writes the indices of the first `keep` elements in the order, then zeros.
fn row<T: Ordered>(x: &[T], scratch: &mut [i64], keep: usize, descending: bool) {
    let flip = if descending { u64::MAX } else { 0 };
    (T::SORT)(x, scratch, keep, flip);
    scratch[keep..].fill(0);
}

/// Writes the indices of the first `keep` elements in the order of their keys, the bits of `flip` turned over.
pub(super) type Sorter<T> = fn(x: &[T], scratch: &mut [i64], keep: usize, flip: u64);

/// For keys of 32 bits: key and index in one number, so that equal keys are ordered by their index.
pub(super) fn short<T: Ordered>(x: &[T], scratch: &mut [i64], keep: usize, flip: u64) {
    for ((i, x), to) in x.iter().enumerate().zip(&mut *scratch) {
        let key = (x.key() ^ flip) as u32;
        // Signed numbers of the same order.
        *to = ((((key as u64) << 32) | i as u64) ^ (1 << 63)) as i64;
    }
    if keep < x.len() {
        scratch.select_nth_unstable(keep);
    }
    scratch[..keep].sort_unstable();
    scratch[..keep].iter_mut().for_each(|i| *i &= u32::MAX as i64);
}

/// For any keys.
pub(super) fn long<T: Ordered>(x: &[T], scratch: &mut [i64], keep: usize, flip: u64) {
    (0..).zip(&mut *scratch).for_each(|(i, to)| *to = i);
    let key = |&i: &i64| (x[i as usize].key() ^ flip, i);
    if keep < x.len() {
        scratch.select_nth_unstable_by_key(keep, key);
    }
    scratch[..keep].sort_unstable_by_key(key);
}
