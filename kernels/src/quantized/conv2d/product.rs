//! The convolution as a product of matrices: a row for each output channel, a column for each window.
//!
//! Windows overlap, so their pixels are not gathered one by one. Lines of the image are copied, with the padding, into
//! planes: one for each phase of the stride. On these every tap of all windows is a contiguous run of bytes, at a
//! distance of its own from the first; and columns are all positions on a plane, those between two lines of windows too.

use super::Call;
use super::pack::{self, Choice};
use crate::cpu::SendPtr;
use crate::product::{LINE, STRIDE};
use crate::quantized::Factor;
use crate::quantized::round::{Round, round};
use crate::quantized::short;
use crate::{Cpu, Isa};

/// Words of scratch memory: for planes, for packed windows and for sums. What is left is for weights and offsets.
const PLANES: usize = 1 << 18;
const WINDOWS: usize = 1 << 17;
const SUMS: usize = 1 << 16;
/// Most products of a sum.
const DEPTH: usize = 1 << 13;
/// Most columns that are packed at a time, and most that a task has.
const COLUMNS: usize = 1 << 11;
const TASK: usize = 1 << 13;

/// What a task computes: lines of windows of one image and group, for some of the output channels.
struct Part {
    image: usize,
    group: usize,
    lines: [usize; 2],
    rows: [usize; 2],
}

/// The planes of a band of lines.
#[derive(Clone, Copy)]
struct Planes {
    /// Lines and columns of each.
    lines: usize,
    pitch: usize,
    /// Planes of an input channel: the phases of the stride.
    phases: [usize; 2],
}

impl Planes {
    fn channel(&self) -> usize {
        self.phases[0] * self.phases[1] * self.lines * self.pitch
    }
}

/// How windows are found, and how many of them a task takes.
pub(super) struct Product<'a> {
    call: &'a Call<'a>,
    choice: &'a Choice,
    depth: usize,
    /// Lines and columns of windows. Where windows are pixels, they are all in one line.
    windows: [usize; 2],
    pixels: bool,
}

impl<'a> Product<'a> {
    /// None if it would not fit the scratch memory.
    pub(super) fn new(call: &'a Call<'a>, choice: &'a Choice) -> Option<Self> {
        let args = &call.args;
        let [height, width] = args.output();
        let pixels = args.kernel == [1, 1] && args.stride == [1, 1] && args.padding == [0, 0];
        let windows = if pixels { [1, height * width] } else { [height, width] };
        let product = Product { call, choice, depth: call.depth(), windows, pixels };
        let fits = args.is_modest() && product.depth <= DEPTH;
        (fits && (pixels || product.words_of(1) <= PLANES)).then_some(product)
    }

    /// The planes for so many lines of windows.
    fn planes(&self, lines: usize) -> Planes {
        let args = &self.call.args;
        let size = |d: usize, windows: usize| {
            let reach = (args.kernel[d] - 1) * args.dilation[d] + 1;
            ((windows - 1) * args.stride[d] + reach).div_ceil(args.stride[d])
        };
        Planes { lines: size(0, lines), pitch: size(1, self.windows[1]), phases: args.stride }
    }

    /// Words that they take: beyond the last position there is one strip of columns more.
    fn words_of(&self, lines: usize) -> usize {
        let bytes = self.planes(lines).channel().saturating_mul(self.call.args.in_per_group());
        (bytes + self.choice.kernel.columns).div_ceil(4)
    }

    pub(super) fn forward(&self, cpu: &Cpu, y: &mut [u8]) {
        let (args, [height, width]) = (&self.call.args, self.windows);
        let rows = args.out_per_group();
        // Lines of a task, and tasks that share the rows of the same lines if there are few. The sums are integers: they
        // are the same however they are cut.
        let mut lines = (TASK / width.max(1)).clamp(1, height.max(1));
        while !self.pixels && lines > 1 && self.words_of(lines) > PLANES {
            lines = lines.div_ceil(2);
        }
        let bands = height.div_ceil(lines);
        let several = args.images * args.groups * bands;
        let unit = self.choice.kernel.heights[0];
        let shares = cpu.threads().div_ceil(several.max(1)).min(rows.div_ceil(unit)).max(1);
        let share = rows.div_ceil(shares).next_multiple_of(unit);
        let shares = rows.div_ceil(share);
        let work = y.len().saturating_mul(self.depth / 16 + 1);
        assert!(y.len() >= args.images * args.out_channels * height * width);
        let (isa, y) = (cpu.isa(), SendPtr(y.as_mut_ptr()));
        cpu.parallel(several * shares, work, |task, scratch| {
            let (at, share_at) = (task / shares, task % shares * share);
            let (index, line) = (at / bands, at % bands * lines);
            let part = Part {
                image: index / args.groups,
                group: index % args.groups,
                lines: [line, lines.min(height - line)],
                rows: [share_at, share.min(rows - share_at)],
            };
            // SAFETY: every bit pattern of some floats is a word, and the other way round.
            let (_, scratch, _) = unsafe { scratch.align_to_mut::<u32>() };
            (self.choice.kernel.within)(&mut || self.part(isa, &part, scratch, &y));
        });
    }

    fn part(&self, isa: Isa, part: &Part, scratch: &mut [u32], y: &SendPtr<u8>) {
        let (args, kernel) = (&self.call.args, self.choice.kernel);
        let area = args.input[0] * args.input[1];
        let channels = args.in_per_group() * area;
        let first = (part.image * args.in_channels * area) + part.group * channels;
        let x = &self.call.x[first..][..channels];
        let (planes, scratch) = scratch.split_at_mut(PLANES);
        let (packed, scratch) = scratch.split_at_mut(WINDOWS);
        let (sums, scratch) = scratch.split_at_mut(SUMS);
        let (rows, scratch) = scratch.split_at_mut(kernel.heights[0] * STRIDE);
        let (bytes, scratch) = scratch.split_at_mut(COLUMNS / 4);
        let bytes = as_bytes(bytes);
        let offsets = &mut scratch[..self.depth.next_multiple_of(kernel.group)];
        let (source, pitch) = if self.pixels {
            offsets.iter_mut().enumerate().for_each(|(k, offset)| *offset = (k * area) as u32);
            (x, self.windows[1])
        } else {
            let shape = self.planes(part.lines[1]);
            let bytes = &mut as_bytes(planes)[..shape.channel() * args.in_per_group() + kernel.columns];
            self.copy(x, part.lines[0], shape, bytes);
            self.offsets(shape, offsets);
            (&*bytes, shape.pitch)
        };
        // What follows the last tap of a window has no weights.
        offsets[self.depth..].fill(0);
        let positions = (part.lines[1] - 1) * pitch + self.windows[1];
        let words = self.depth.div_ceil(kernel.group).next_multiple_of(kernel.depth);
        let most = (WINDOWS / words).min(COLUMNS) / kernel.columns * kernel.columns;
        for position in (0..positions).step_by(most) {
            let count = most.min(positions - position);
            (self.choice.windows)(
                isa,
                source,
                position,
                offsets,
                words,
                &mut packed[..words * count.next_multiple_of(kernel.columns)],
            );
            let mut row = 0;
            while row < part.rows[1] {
                let left = part.rows[1] - row;
                // Rather one tile with rows that nobody needs than two small ones.
                let height = kernel.heights.iter().rev().find(|height| **height >= left);
                let height = *height.unwrap_or(&kernel.heights[0]);
                let group = height * kernel.columns;
                let sums = &mut sums[..count.div_ceil(kernel.columns) * group];
                let channel = part.group * args.out_per_group() + part.rows[0] + row;
                let here = height.min(left);
                for from in (0..words).step_by(LINE) {
                    let depth = LINE.min(words - from);
                    for (i, to) in rows.as_chunks_mut::<STRIDE>().0.iter_mut().enumerate().take(here) {
                        let weight = &self.call.weight[(channel + i) * self.depth..][..self.depth];
                        let weight = weight.get(from * kernel.group..).unwrap_or(&[]);
                        (self.choice.weights)(isa, weight, &mut to[..depth]);
                    }
                    let strips = packed.chunks_exact(words * kernel.columns);
                    for (sums, strip) in sums.chunks_exact_mut(group).zip(strips) {
                        (kernel.run)(height, depth, rows, &strip[from * kernel.columns..], from == 0, sums);
                    }
                }
                for i in 0..here {
                    let o = channel + i;
                    let how = Round {
                        bias: self.call.bias[o],
                        factor: Factor::new(self.call.factors[o]),
                        points: self.call.points,
                    };
                    let sums = signed(&sums[i * kernel.columns..]);
                    let to = (part.image * args.out_channels + o) * self.windows[0] * self.windows[1];
                    let strips = [kernel.columns, group];
                    if self.pixels {
                        // SAFETY: as in `store`.
                        let y = unsafe { core::slice::from_raw_parts_mut(y.get().add(to + position), count) };
                        round(isa, &how, sums, strips, y);
                    } else {
                        let bytes = &mut bytes[..count];
                        round(isa, &how, sums, strips, bytes);
                        self.store(y, to, part.lines[0], pitch, position, bytes);
                    }
                }
                row += height;
            }
        }
    }

    /// Stores what lies in the columns of windows, and not between their lines.
    fn store(&self, y: &SendPtr<u8>, plane: usize, line: usize, pitch: usize, position: usize, bytes: &[u8]) {
        let (width, mut line, mut column) = (self.windows[1], line + position / pitch, position % pitch);
        let mut rest = bytes;
        while !rest.is_empty() {
            let (bytes, after) = rest.split_at((pitch - column).min(rest.len()));
            let count = width.saturating_sub(column).min(bytes.len());
            let at = plane + line * width + column.min(width);
            // SAFETY: windows of a line of this part, in a plane of y, whose length was asserted; no other task has them.
            let to = unsafe { core::slice::from_raw_parts_mut(y.get().add(at), count) };
            short::copy(&bytes[..count], to);
            (rest, line, column) = (after, line + 1, 0);
        }
    }

    /// Copies the lines that windows from line `first` on see.
    fn copy(&self, x: &[u8], first: usize, shape: Planes, to: &mut [u8]) {
        let args = &self.call.args;
        let ([height, width], zero) = (args.input, self.call.points.x as u8);
        let [down, across] = shape.phases;
        for (x, to) in x.chunks_exact(height * width).zip(to.chunks_exact_mut(shape.channel())) {
            for (phase, plane) in to.chunks_exact_mut(across * shape.lines * shape.pitch).enumerate() {
                for i in 0..shape.lines {
                    let line = ((first + i) * down + phase).wrapping_sub(args.padding[0]);
                    let line = if line < height { &x[line * width..][..width] } else { &[] };
                    for (b, plane) in plane.chunks_exact_mut(shape.lines * shape.pitch).enumerate() {
                        let to = &mut plane[i * shape.pitch..][..shape.pitch];
                        pack::every(line, args.padding[1], b, across, zero, to);
                    }
                }
            }
        }
    }

    /// Where the taps of the window at position 0 are.
    fn offsets(&self, shape: Planes, offsets: &mut [u32]) {
        let args = &self.call.args;
        let ([kh, kw], [down, across]) = (args.kernel, shape.phases);
        let plane = shape.lines * shape.pitch;
        // Division takes long.
        let split = |at: usize, by: usize| if by == 1 { (at, 0) } else { (at / by, at % by) };
        let mut k = 0;
        for c in 0..args.in_per_group() {
            for u in 0..kh {
                let (line, phase) = split(u * args.dilation[0], down);
                let start = c * shape.channel() + phase * across * plane + line * shape.pitch;
                for v in 0..kw {
                    let (column, phase) = split(v * args.dilation[1], across);
                    offsets[k] = (start + phase * plane + column) as u32;
                    k += 1;
                }
            }
        }
    }
}

fn as_bytes(words: &mut [u32]) -> &mut [u8] {
    // SAFETY: the same memory as bytes, which may hold anything.
    unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), 4 * words.len()) }
}

fn signed(words: &[u32]) -> &[i32] {
    // SAFETY: the same bits as signed numbers.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}
