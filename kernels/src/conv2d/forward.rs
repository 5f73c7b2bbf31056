//! Y = W·X: a row for each output channel, a column for each window.
//!
//! A block of windows and a range of the depth are packed at a time, and multiplied with all weights of
//! that range, which are read where they are.

use core::ops::Range;

use super::Args;
use super::tile::{self, ANY, From, Tile, Tiles};
use super::windows::{ByWindow, Windows};
use crate::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::Isa;
use crate::activation::{Activation, apply_in_place};
use crate::cpu::SendPtr;
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::{Operand, Strided};
use crate::sure::{copy, cut, cut_mut, divide, holds, rest, split_mut};

/// Most of the depth that is packed at a time.
const DEPTH: usize = if STACK == 0 { 768 } else { STACK / (48 + TAIL) };
/// Columns beyond the last whole register that are multiplied along the depth.
pub(super) const TAIL: usize = 4;
/// Floats to pack into on the stack, where the device has no scratch memory.
const STACK: usize = if cfg!(feature = "std") { 0 } else { 2048 };
/// Weights of more floats than this are read once for all columns; fewer are read once for each block,
/// since the second-level cache keeps them.
const WEIGHTS: usize = 1 << 18;
/// With at most so many rows, pixels that are the windows are not packed.
const FEW: usize = 32;
/// With fewer blocks of columns than this, threads share the rows.
const BLOCKS: usize = 16;
/// Elements whose activation one task computes, where it is not one of [`limits`].
const PIECE: usize = 4096;

/// Whether windows are the pixels of the image.
#[inline(always)]
pub(super) fn of_pixels(args: &Args) -> bool {
    args.kernel == [1, 1] && args.stride == [1, 1] && args.padding == [0, 0]
}

/// The gradient of the input, where windows are pixels: the same product with the transposed weights.
pub(super) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (in_channels, out_channels) = (args.out_channels, args.in_channels);
    let args = Args { in_channels, out_channels, bias: false, activation: Activation::Identity, ..*args };
    product(cpu, &args, [weight, &[], &[]], [1, args.out_per_group()], dy, dx, ANY);
}

/// Whether the activation does no more than to limit, and that in place.
#[inline(always)]
pub(crate) fn limits(args: &Args) -> Option<[f32; 2]> {
    if args.keep_pre { None } else { args.activation.limits() }
}

/// [`forward`] where there are [`limits`]. A program that needs no more is linked with no other activation.
pub(crate) fn limited(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    added: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    _: &mut [f32],
) {
    sums(cpu, args, weight, added, x, y, limits(args).unwrap_or(ANY));
}

/// `added` are the bias and the residual, each empty where there is none.
pub(crate) fn forward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    added: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    z: &mut [f32],
) {
    if limits(args).is_some() {
        return limited(cpu, args, weight, added, x, y, z);
    }
    sums(cpu, args, weight, added, x, if args.keep_pre { &mut *z } else { &mut *y }, ANY);
    let (isa, work) = (cpu.isa(), 16 * y.len());
    cpu.parallel_chunks(y, PIECE, work, |i, y, _| {
        if args.keep_pre {
            copy(cut(z, i * PIECE, y.len()), y);
        }
        apply_in_place(isa, args.activation, y);
    });
}

/// What is activated, within limits.
fn sums(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    [bias, residual]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    limits: [f32; 2],
) {
    let depth = args.in_per_group() * args.kernel[0] * args.kernel[1];
    let bias = if args.bias { bias } else { &[] };
    product(cpu, args, [weight, bias, residual], [depth, 1], x, y, limits);
}

/// `added` are the weights, from one row of which to the next and from one element of a row to the next are
/// `strides`; the bias and the residual.
fn product(
    cpu: &Cpu,
    args: &Args,
    [weight, bias, residual]: [&[f32]; 3],
    strides: [usize; 2],
    x: &[f32],
    y: &mut [f32],
    limits: [f32; 2],
) {
    let [height, width] = args.output();
    let product = Product {
        weight,
        strides,
        bias,
        residual,
        windows: Windows::of(args, x),
        limits,
        images: args.images,
        groups: args.groups,
        rows: args.out_per_group(),
        columns: height * width,
        depth: args.in_per_group() * args.kernel[0] * args.kernel[1],
        pixels: of_pixels(args),
        y: SendPtr(y.as_mut_ptr()),
    };
    let whole = holds(y.len() >= product.images * product.groups * product.rows * product.columns);
    if whole && !y.is_empty() {
        product.run(cpu);
    }
}

struct Product<'a> {
    weight: &'a [f32],
    /// From one row of the weights to the next, and from one element of a row.
    strides: [usize; 2],
    bias: &'a [f32],
    residual: &'a [f32],
    windows: Windows<'a>,
    limits: [f32; 2],
    images: usize,
    groups: usize,
    rows: usize,
    columns: usize,
    depth: usize,
    /// Whether windows are the pixels of the image.
    pixels: bool,
    y: SendPtr<f32>,
}

/// What one task computes.
struct Part {
    image: usize,
    group: usize,
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Columns that are multiplied at a time: those of `across` registers, the last of which may not be
/// full, and then a few more.
struct Block {
    first: usize,
    wide: usize,
    across: usize,
    tail: usize,
}

impl Product<'_> {
    fn run(&self, cpu: &Cpu) {
        match cpu.isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => self.tasks::<tile::Avx512>(cpu, |part, scratch| {
                // SAFETY: `Isa::detect` found AVX-512.
                unsafe { avx512(self, part, scratch) }
            }),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => self.tasks::<tile::Avx2>(cpu, |part, scratch| {
                // SAFETY: `Isa::detect` found AVX2 and FMA.
                unsafe { avx2(self, part, scratch) }
            }),
            _ => self.tasks::<tile::Portable>(cpu, |part, scratch| {
                self.part::<tile::Portable, 12>(part, scratch);
            }),
        }
    }

    /// Cut into rows, or into blocks of columns where there are many. Those that a thread computes one after the
    /// other are joined, so that windows are packed once: each sum remains the same.
    fn tasks<T: Tiles>(&self, cpu: &Cpu, f: impl Fn(Part, &mut [f32]) + Sync) {
        let Product { images, groups, rows, columns, depth, .. } = *self;
        let by_column = columns >= BLOCKS * T::WIDTH;
        let (unit, len) = if by_column { (T::WIDTH, columns) } else { (T::ROWS, rows) };
        let units = len.div_ceil(unit);
        let work = images * groups * rows * columns * (depth + 1) / 16;
        cpu.parallel_runs(images * groups * units, 1, work, &|run, scratch| {
            let mut at = run.start;
            while at < run.end {
                let (index, first) = divide(at, units);
                let end = units.min(first + run.end - at);
                let range = first * unit..(end * unit).min(len);
                let (rows, columns) = if by_column { (0..rows, range) } else { (range, 0..columns) };
                let (image, group) = divide(index, groups);
                f(Part { image, group, rows, columns }, scratch);
                at += end - first;
            }
        });
    }

    #[inline(always)]
    fn part<T: Tiles, const W: usize>(&self, part: Part, scratch: &mut [f32]) {
        let mut stack = [0.0; STACK];
        let scratch = if STACK == 0 { scratch } else { &mut stack };
        let parts = self.depth.div_ceil(DEPTH).max(1);
        let depth = self.depth.div_ceil(parts).next_multiple_of(16).min(DEPTH);
        let ranges = self.depth.div_ceil(depth.max(1)).max(1);
        // What is left beyond whole blocks is a tail of the last, if it is short enough.
        let blocks = part.columns.len().saturating_sub(TAIL).div_ceil(W).max(1);
        for at in 0..blocks * ranges {
            let (block, range) = if part.rows.len() * self.depth > WEIGHTS {
                (at % blocks, at / blocks)
            } else {
                (at / ranges, at % ranges)
            };
            let first = part.columns.start + block * W;
            let count = if block + 1 < blocks { W } else { part.columns.end - first };
            let across = (count / T::Lanes::N).min(tile::ACROSS);
            let wide = across * T::Lanes::N;
            let block = if count - wide <= TAIL {
                Block { first, wide, across, tail: count - wide }
            } else {
                Block { first, wide: count, across: across + 1, tail: 0 }
            };
            let depth = range * depth..((range + 1) * depth).min(self.depth);
            self.block::<T, W>(&part, block, depth, scratch);
        }
    }

    #[inline(always)]
    fn block<T: Tiles, const W: usize>(
        &self,
        part: &Part,
        block: Block,
        depth: Range<usize>,
        scratch: &mut [f32],
    ) {
        let Block { first, wide, across, tail } = block;
        let (len, lanes) = (depth.len(), T::Lanes::N);
        let (packed, tails) = split_mut(scratch, len * W);
        let image = self.windows.group(part.image, part.group);
        let pixels = Strided { data: image, line: 1, depth: self.columns, batch: [0; 2] };
        let column = part.image * self.columns + first;
        for (t, to) in tails.chunks_exact_mut(len.max(1)).take(tail).enumerate() {
            self.windows.one(part.group, column + wide + t, depth.clone(), to);
        }
        let (mut b, mut b_row) = (&*packed, W);
        if self.pixels && self.rows <= FEW && wide == across * lanes {
            (b, b_row) = (rest(image, depth.start * self.columns + first), self.columns);
        } else if wide > 0 {
            let to = &mut *packed;
            if self.pixels {
                pixels.pack::<T::Lanes, W>([0; 2], first, wide, depth.clone(), to);
            } else {
                ByWindow(self.windows).pack::<T::Lanes, W>([0, part.group], column, wide, depth.clone(), to);
            }
            b = packed;
        }
        let starts = depth.start == 0;
        let channel = part.group * self.rows + part.rows.start;
        let at = (part.image * self.groups * self.rows + channel) * self.columns + first;
        let [a_row, a_step] = self.strides;
        let weights = part.group * self.rows * self.depth + part.rows.start * a_row + depth.start * a_step;
        let t = Tile {
            a: self.weight.get(weights..).unwrap_or(&[]),
            a_row,
            a_step,
            depth: len,
            from: match self.residual {
                _ if !starts => From::C,
                [] => From::Zero,
                residual => From::Residual(rest(residual, at)),
            },
            bias: if starts { self.bias.get(channel..).unwrap_or(&[]) } else { &[] },
            limits: if depth.end == self.depth { self.limits } else { ANY },
            c_row: self.columns,
        };
        let (rows, mut done) = (part.rows.len(), 0);
        // SAFETY: rows and columns of this part, which is no other task's.
        unsafe {
            let y = self.y.get().add(at);
            while done < rows && across > 0 {
                let (t, y) = (t.at(done, 0), y.add(done * self.columns));
                let count = if wide == across * lanes {
                    T::vectors(rows - done, across, &t, b, b_row, y)
                } else {
                    narrow::<T>([(rows - done).min(T::ROWS), wide], across, &t, b, y)
                };
                // While the cache has their weights.
                if tail > 0 {
                    T::columns(count, tail, &t.at(0, wide), tails, y.add(wide));
                }
                done += count;
            }
            if across == 0 {
                T::columns(rows, tail, &t, tails, y);
            }
        }
    }
}

/// `Tiles::vectors` where the last register has more columns than there are.
///
/// # Safety
/// `y` points to `rows` rows of `columns` columns, `c_row` apart, that nobody else has.
#[inline(always)]
unsafe fn narrow<T: Tiles>(
    [rows, columns]: [usize; 2],
    across: usize,
    t: &Tile<'_>,
    b: &[f32],
    y: *mut f32,
) -> usize {
    const WIDTH: usize = 48;
    let mut sums = [0.0; 8 * WIDTH];
    for (r, sums) in sums.chunks_exact_mut(WIDTH).take(rows).enumerate() {
        match t.from {
            From::Zero => {}
            // SAFETY: a row of y.
            From::C => unsafe { y.add(r * t.c_row).copy_to(sums.as_mut_ptr(), columns) },
            From::Residual(from) => copy(cut(from, r * t.c_row, columns), cut_mut(sums, 0, columns)),
        }
    }
    let tile = Tile { from: From::C, c_row: WIDTH, ..*t };
    // SAFETY: rows of `sums`.
    let done = unsafe { T::vectors(rows, across, &tile, b, T::WIDTH, sums.as_mut_ptr()) };
    for (r, sums) in sums.chunks_exact(WIDTH).take(done).enumerate() {
        // SAFETY: a row of y.
        unsafe { y.add(r * t.c_row).copy_from(sums.as_ptr(), columns) };
    }
    done
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512(product: &Product<'_>, part: Part, scratch: &mut [f32]) {
    product.part::<tile::Avx512, 48>(part, scratch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(product: &Product<'_>, part: Part, scratch: &mut [f32]) {
    product.part::<tile::Avx2, 24>(part, scratch);
}
