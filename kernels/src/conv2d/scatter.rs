//! Where the products of backward passes go that belong to overlapping windows.

use super::Args;
use crate::Isa;
use crate::cpu::SendPtr;
use crate::gemm::output::{Rectangle, Sink};
use crate::sure::{cut, cut_mut, divide, holds};

/// Adds element ((c, u, v), (i, j)) of a product to the pixel of channel c that pixel (u, v) of the
/// window at (i, j) is.
pub(super) struct Scatter<'a> {
    args: &'a Args,
    windows: [usize; 2],
    dx: SendPtr<f32>,
    /// Floats of dx.
    len: usize,
}

impl<'a> Scatter<'a> {
    /// `dx` has the size of the input.
    pub(super) fn new(args: &'a Args, dx: &'a mut [f32]) -> Self {
        Scatter { args, windows: args.output(), dx: SendPtr(dx.as_mut_ptr()), len: dx.len() }
    }
}

impl Sink for Scatter<'_> {
    const WHOLE: bool = true;

    fn sizes(&self) -> [usize; 4] {
        let (args, [height, width]) = (self.args, self.windows);
        let rows = args.in_per_group() * args.kernel[0] * args.kernel[1];
        [rows, height * width, args.images, args.groups]
    }

    #[inline(always)]
    unsafe fn put(&self, _: Isa, to: Rectangle, sums: &mut [f32], stride: usize, _: bool, _: bool) {
        let (args, [_, width]) = (self.args, self.windows);
        let [in_height, in_width] = args.input;
        let len = args.in_per_group() * in_height * in_width;
        let start = (to.batch[0] * args.groups + to.batch[1]) * len;
        if !holds(start + len <= self.len) {
            return;
        }
        // SAFETY: the channels of this group of this image: a part of `dx`, as just checked; this thread alone puts
        // elements of this matrix.
        let dx = unsafe { core::slice::from_raw_parts_mut(self.dx.get().add(start), len) };
        for r in 0..to.rows {
            let tap = to.row + r;
            let (row, v) = divide(tap, args.kernel[1]);
            let (channel, u) = divide(row, args.kernel[0]);
            let sums = cut(sums, r * stride, to.columns);
            let ((mut i, mut j), mut done) = (divide(to.column, width), 0);
            while done < to.columns {
                let count = (width - j).min(to.columns - done);
                let line = (i * args.stride[0] + u * args.dilation[0]).wrapping_sub(args.padding[0]);
                if line < in_height {
                    let line = cut_mut(dx, (channel * in_height + line) * in_width, in_width);
                    let first =
                        (j * args.stride[1] + v * args.dilation[1]) as isize - args.padding[1] as isize;
                    add(line, first, args.stride[1], cut(sums, done, count));
                }
                (i, j, done) = (i + 1, 0, done + count);
            }
        }
    }
}

/// `line[first + n·stride]` += `sums[n]`, where the line has that pixel.
#[inline(always)]
fn add(line: &mut [f32], first: isize, stride: usize, sums: &[f32]) {
    let skip = if first < 0 { first.unsigned_abs().div_ceil(stride.max(1)) } else { 0 };
    let (at, width) = ((first + (skip * stride) as isize) as usize, line.len());
    if skip >= sums.len() || at >= width {
        return;
    }
    let (line, sums) = (&mut line[at..], &sums[skip..]);
    if stride == 1 {
        line.iter_mut().zip(sums).for_each(|(x, sum)| *x += sum);
    } else {
        line.iter_mut().step_by(stride.max(1)).zip(sums).for_each(|(x, sum)| *x += sum);
    }
}
