//! The blocked product: C is cut into rectangles, one per task. A task packs the lines of A and B that it needs, some
//! k at a time, and has a kernel sum register tiles over them.

use super::kernel::{Kernel, LINE, STRIDE};
use super::pack::{Layout, Lines, Pack, Part};
use super::put::{Patch, Put};
use crate::cpu::SendPtr;
use crate::gemm::blocked::even;
use crate::{Cpu, Isa};

/// Whether the device has scratch memory.
pub(super) const SCRATCH: bool = cfg!(feature = "std");
/// Floats to pack into on the stack where it has none: the largest register tile with its strips.
const STACK: usize = match (SCRATCH, cfg!(target_arch = "x86_64")) {
    (true, _) => 0,
    (_, true) => 2 * (14 * 16 + 14 * STRIDE + 16 * LINE) + 16,
    (_, false) => 2 * (4 * 8 + 4 * STRIDE + 8 * LINE) + 16,
};
/// The scratch memory of a task.
const SCRATCH_BYTES: usize = 512 << 10;
/// Most rows and columns of a rectangle.
const RECTANGLE: [usize; 2] = [512, 384];
/// Rectangles are made smaller for the sake of several threads, but not below this many rows and columns.
const SMALLEST: usize = 64;

/// A product: the sizes, the factors and what computes it.
pub(super) struct Product<'a, W> {
    pub(super) size: [usize; 3],
    pub(super) batch: [usize; 2],
    pub(super) accumulate: bool,
    pub(super) a: Factor<'a, W>,
    pub(super) b: Factor<'a, W>,
    pub(super) kernel: &'a Kernel<W>,
    pub(super) put: Put<W>,
    /// Whether C holds sums, so that those of a block of k can be added to it.
    pub(super) in_place: bool,
}

/// A or B.
pub(super) struct Factor<'a, W> {
    pub(super) lines: Lines<'a>,
    pub(super) batch: [usize; 2],
    pub(super) pack: Pack<W>,
}

impl<W> Factor<'_, W> {
    fn of_batch(&self, [p, q]: [usize; 2]) -> Lines<'_> {
        Lines { start: p * self.batch[0] + q * self.batch[1], ..self.lines }
    }
}

/// A part of C.
struct Rectangle {
    batch: usize,
    rows: [usize; 2],
    columns: [usize; 2],
}

/// C ← A·B; k is not zero. C consists of elements of `size` bytes.
pub(super) fn product<W: Copy + Default + Send + Sync>(
    cpu: &Cpu,
    x: &Product<'_, W>,
    c: &mut [u8],
    size: usize,
) {
    let ([m, n, k], batches) = (x.size, x.batch[0] * x.batch[1]);
    assert!(c.len() >= m * n * batches * size, "C is as large as the product");
    let Kernel { group, depth, columns, .. } = *x.kernel;
    let height = x.kernel.heights[0];
    // As many bytes of a line for all words, so that a strip of A and one of B share the first-level cache.
    let longest = LINE * size_of::<u32>() / size_of::<W>() * group;
    // Blocks of k of nearly equal lengths; what an element of C is depends on them, and so on k alone.
    let blocks = k.div_ceil(longest);
    let block = k.div_ceil(blocks).next_multiple_of(group * depth);
    let [most_rows, most_columns] = if SCRATCH {
        // What packed lines leave of the scratch memory is for sums, if they have to wait for the next block.
        let words = SCRATCH_BYTES / size_of::<W>() - height * (STRIDE + columns);
        let line = block / group;
        let whole = blocks == 1 || x.in_place;
        let wide = words / line / if whole { 1 } else { 3 };
        let wide = (wide / columns * columns).min(RECTANGLE[1]);
        [if whole { RECTANGLE[0] } else { words / wide - line }, wide]
    } else {
        [height, columns]
    };
    let (mut tall, mut wide) = (even(m, most_rows, height), even(n, most_columns, columns));
    let count = |tall: usize, wide: usize| m.div_ceil(tall) * n.div_ceil(wide) * batches;
    // An element of C is the same however its rectangles are cut.
    while count(tall, wide) < cpu.threads() && tall.max(wide) > SMALLEST {
        if tall > wide {
            tall = even(m, tall / 2, height);
        } else {
            wide = even(n, wide / 2, columns);
        }
    }
    let [down, across] = [m.div_ceil(tall), n.div_ceil(wide)];
    let work = m * n * batches * (k / (8 * group * depth) + 1);
    let (isa, c) = (cpu.isa(), SendPtr(c.as_mut_ptr()));
    cpu.parallel(batches * down * across, work, |task, scratch| {
        let (batch, row, column) = (task / across / down, task / across % down * tall, task % across * wide);
        let rows = [row, tall.min(m - row)];
        let rectangle = Rectangle { batch, rows, columns: [column, wide.min(n - column)] };
        let mut stack = [0.0f32; STACK];
        let scratch = if SCRATCH { scratch } else { &mut stack[..] };
        // SAFETY: every bit pattern of some floats is a word, and the other way round.
        let (_, scratch, _) = unsafe { scratch.align_to_mut::<W>() };
        // SAFETY: rows and columns are within C, which is as long as asserted, and the rectangles of the tasks are disjoint.
        let patch = |i: usize, j: usize, rows: usize, columns: usize| unsafe {
            Patch::new(c.get().add(((batch * m + i) * n + j) * size), n, rows, columns)
        };
        (x.kernel.within)(&mut || sum(isa, x, &rectangle, block, scratch, patch));
    });
}

/// Computes a rectangle, `block` k at a time.
fn sum<'c, W: Copy + Default>(
    isa: Isa,
    x: &Product<'_, W>,
    rectangle: &Rectangle,
    block: usize,
    scratch: &mut [W],
    patch: impl Fn(usize, usize, usize, usize) -> Patch<'c>,
) {
    let (kernel, k) = (x.kernel, x.size[2]);
    let Rectangle { batch, rows: [row, rows], columns: [column, columns] } = *rectangle;
    let batch = [batch / x.batch[1], batch % x.batch[1]];
    let (a, b) = (x.a.of_batch(batch), x.b.of_batch(batch));
    let strips = columns.div_ceil(kernel.columns);
    let (a_strip, rest) = scratch.split_at_mut(kernel.heights[0] * STRIDE);
    let (b_strips, sums) = rest.split_at_mut(strips * kernel.columns * block.div_ceil(kernel.group));
    for from in (0..k).step_by(block) {
        let ks = [from, block.min(k - from)];
        let used = ks[1].div_ceil(kernel.group);
        let words = used.next_multiple_of(kernel.depth);
        let strip = words * kernel.columns;
        let to = Layout { width: kernel.columns, strip, line: 1, word: kernel.columns };
        (x.b.pack)(isa, b, Part { lines: [column, columns], ks }, to, b_strips);
        if used < words {
            let zero = |strip: &mut [W]| strip[used * kernel.columns..].fill(W::default());
            b_strips.chunks_exact_mut(strip).take(strips).for_each(zero);
        }
        let (mut i, mut slot) = (0, 0);
        while i < rows {
            let left = rows - i;
            let height = kernel.heights.iter().find(|height| **height <= left);
            let height = *height.unwrap_or(&kernel.heights[kernel.heights.len() - 1]);
            let count = height.min(left);
            let to = Layout { width: height, strip: 0, line: STRIDE, word: 1 };
            (x.a.pack)(isa, a, Part { lines: [row + i, count], ks }, to, a_strip);
            for row in a_strip.as_chunks_mut::<STRIDE>().0.iter_mut().take(count) {
                if used < words {
                    row[used..words].fill(W::default());
                }
                (kernel.prepare)(words, row);
            }
            for (j, b) in (0..columns).step_by(kernel.columns).zip(b_strips.chunks_exact(strip)) {
                let sums = &mut sums[slot..][..height * kernel.columns];
                let first = from == 0;
                (kernel.run)(height, words, a_strip, b, first || x.in_place, sums);
                if x.in_place || ks[0] + ks[1] == k {
                    let c = patch(row + i, column + j, count, kernel.columns.min(columns - j));
                    (x.put)(isa, x.accumulate || x.in_place && !first, sums, kernel.columns, c);
                }
                if !x.in_place && block < k {
                    slot += sums.len();
                }
            }
            i += count;
        }
    }
}
