//! A copy of some lines of a plane with the zeros around it, so that kernels need not look for edges.

use super::lines::{copy_lines, gather_lines, unzip_lines};
use crate::Isa;
use crate::vector::{Kernel, Vector, run};
use crate::window::Axis;

/// How the copy is laid out: as one plane of positions for each pair of phases (pixel p of a padded axis is
/// position p / stride of phase p mod stride), so that the windows of a line look at contiguous floats.
#[derive(Clone, Copy)]
pub(super) struct Padded {
    /// Of the plane that is copied.
    pub(super) size: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Zeros before the first line and pixel.
    pub(super) before: [usize; 2],
    /// Lines that are copied at a time, of one phase.
    pub(super) lines: usize,
    /// From one line of a phase to the next.
    pub(super) pitch: usize,
    /// Whether all lines are copied at once: then those above and below the plane stay as they are.
    pub(super) whole: bool,
}

impl Padded {
    /// For bands of `band` lines of windows (of `windows` in all) that reach so much further than their first
    /// pixel.
    pub(super) fn new(
        size: [usize; 2],
        stride: [usize; 2],
        before: [usize; 2],
        windows: [usize; 2],
        reach: [usize; 2],
        band: usize,
    ) -> Self {
        let pixels = (windows[1] + reach[1]).max((before[1] + size[1]).div_ceil(stride[1]));
        // The zeros after a line are those before the next.
        let after = if stride[1] == 1 { pixels - before[1] - size[1] } else { 0 };
        let (pitch, whole) = (pixels - after.min(before[1]), band == windows[0]);
        Padded { size, stride, before, lines: band + reach[0], pitch, whole }
    }

    /// The place of the given phase and position of each axis.
    pub(super) fn place(&self, [[phase_y, y], [phase_x, x]]: [[usize; 2]; 2]) -> usize {
        (phase_y * self.stride[1] + phase_x) * self.lines * self.pitch + y * self.pitch + x
    }

    /// Floats of the copy.
    pub(super) fn len(&self) -> usize {
        let sizes = [self.stride[0], self.stride[1], self.lines, self.pitch];
        sizes.into_iter().fold(1, usize::saturating_mul)
    }

    /// Copies the lines from position `first` on. What `to` has between the lines is left as it is.
    pub(super) fn fill(&self, isa: Isa, x: &[f32], first: usize, to: &mut [f32]) {
        run(isa, Fill { padded: self, x, first, to });
    }
}

struct Fill<'a> {
    padded: &'a Padded,
    x: &'a [f32],
    first: usize,
    to: &'a mut [f32],
}

impl Kernel for Fill<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Fill { padded, x, first, to } = self;
        let &Padded { size: [height, width], stride, before, lines, pitch, whole } = padded;
        assert!(x.len() == height * width && to.len() >= padded.len());
        let axis = Axis { input: height, windows: lines, stride: stride[0], padding: before[0] };
        for phase in 0..stride[0] {
            let (inside, line) = axis.overlap(first * stride[0] + phase);
            // SAFETY: the slices have the lengths of the plane and of its copy; pixel j of x goes to phase and
            // position of j + before, which are within the line.
            unsafe {
                let to = to.as_mut_ptr().add(padded.place([[phase, 0], [0, 0]]));
                if !whole {
                    for y in (0..inside.start).chain(inside.end..lines) {
                        (0..stride[1]).for_each(|n| to.add((n * lines + y) * pitch).write_bytes(0, pitch));
                    }
                }
                let place = |pixel: usize| {
                    to.add((pixel % stride[1] * lines + inside.start) * pitch + pixel / stride[1])
                };
                let x = x.as_ptr().wrapping_add(line * width);
                let each = (inside.len(), stride[0] * width, pitch);
                match stride[1] {
                    1 => copy_lines::<V>(each, width, x, place(before[1])),
                    2 => unzip_lines::<V>(each, width, x, place(before[1]), place(before[1] + 1)),
                    s => {
                        for pixel in 0..width.min(s) {
                            let (count, to) = ((width - pixel).div_ceil(s), place(before[1] + pixel));
                            gather_lines(each, count, s, x.wrapping_add(pixel), to);
                        }
                    }
                }
            }
        }
    }
}
