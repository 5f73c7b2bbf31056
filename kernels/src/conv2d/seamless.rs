//! Windows that are packed across the ends of lines.
//!
//! With a stride of one, and as many windows per line as the image has pixels, the same pixel of
//! successive windows is at successive places of the image, whatever line they are in. So a strip is
//! copied in one piece for each pixel of the window; where that leaves the image, it is masked.

use core::ops::Range;

use super::windows::{Tap, Windows};
use crate::sure::{cut_mut, divide};

/// The largest kernel for which there are masks.
const KERNEL: usize = 8;

impl Windows<'_> {
    /// Whether windows can be packed so.
    #[inline(always)]
    pub(super) fn is_seamless(&self) -> bool {
        self.stride == [1, 1]
            && self.windows[1] == self.size[1]
            && self.kernel.iter().all(|&size| size <= KERNEL)
    }

    /// Packs a strip of `ByWindow`.
    #[inline(always)]
    pub(super) fn pack_seamless<const W: usize>(
        &self,
        group: usize,
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let [height, width] = self.size;
        let columns = self.windows[0] * self.windows[1];
        let mut done = 0;
        while done < count {
            let (image, column) = divide(first + done, columns);
            let len = (columns - column).min(count - done);
            let masks = self.masks::<W>(column, done..done + len);
            // Where the first place of the strip would be, if all of it were in this image.
            let base = (image * self.image + group * self.channels * height * width + column) as isize
                + self.origin[0] * width as isize
                + self.origin[1]
                - done as isize;
            let mut tap = Tap::new(depth.start, self.kernel);
            for to in cut_mut(to, 0, depth.len() * W).chunks_exact_mut(W) {
                let line = (tap.channel * height) as isize + tap.u as isize * self.step[0];
                let at = base + line * width as isize + tap.v as isize * self.step[1];
                let [u, v] = [tap.u, tap.v].map(|side| side % KERNEL);
                let mask = (&masks[0][u], &masks[1][v]);
                let mut from = [0.0; W];
                match usize::try_from(at).ok().and_then(|at| self.data.get(at..)?.get(..W)) {
                    Some(inside) => from.copy_from_slice(inside),
                    // Beyond the ends of the data everything is masked.
                    None => from.iter_mut().enumerate().for_each(|(l, from)| {
                        let at = usize::try_from(at + l as isize).ok();
                        *from = at.and_then(|at| self.data.get(at)).map_or(0.0, |x| *x);
                    }),
                }
                if done == 0 {
                    for l in 0..W {
                        to[l] = f32::from_bits(from[l].to_bits() & mask.0[l] & mask.1[l]);
                    }
                } else {
                    for l in 0..W {
                        let bits = from[l].to_bits() & mask.0[l] & mask.1[l];
                        to[l] = f32::from_bits(to[l].to_bits() | bits);
                    }
                }
                tap = tap.next(self.kernel);
            }
            done += len;
        }
    }

    /// For each line and each column of the kernel: which of the windows at `part` of a strip, the
    /// first of which is at `column`, have it within the image.
    #[inline(always)]
    fn masks<const W: usize>(&self, column: usize, part: Range<usize>) -> [[[u32; W]; KERNEL]; 2] {
        // Other windows are at a place that is in no image.
        let mut places = [[i32::MIN / 2; W]; 2];
        let (mut i, mut j) = divide(column, self.windows[1]);
        let [lines, columns] = &mut places;
        let part = lines.iter_mut().zip(columns).skip(part.start).take(part.len());
        for (line, column) in part {
            (*line, *column) = (i as i32, j as i32);
            j += 1;
            if j == self.windows[1] {
                (i, j) = (i + 1, 0);
            }
        }
        let mut masks = [[[0; W]; KERNEL]; 2];
        for d in 0..2 {
            for (tap, mask) in masks[d].iter_mut().enumerate().take(self.kernel[d]) {
                let shift = (tap as isize * self.step[d] + self.origin[d]) as i32;
                let size = self.size[d] as u32;
                for (mask, place) in mask.iter_mut().zip(places[d]) {
                    // Negative ones are large as unsigned.
                    *mask = if (place.wrapping_add(shift) as u32) < size { u32::MAX } else { 0 };
                }
            }
        }
        masks
    }
}
