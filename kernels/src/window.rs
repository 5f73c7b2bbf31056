//! Windows that slide along an axis.

use core::ops::Range;

/// A window that slides along an axis with padding on both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) input: usize,
    pub(crate) windows: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl Axis {
    /// The windows i whose position i·stride + `shift` − padding is within the input, and that
    /// position of the first of them.
    #[inline(always)]
    pub(crate) fn overlap(&self, shift: usize) -> (Range<usize>, usize) {
        let Axis { input, windows, stride, padding } = *self;
        let from = padding.saturating_sub(shift).div_ceil(stride).min(windows);
        let end = (input + padding).saturating_sub(shift).div_ceil(stride).min(windows);
        (from..end.max(from), (from * stride + shift).saturating_sub(padding))
    }

    /// The positions of window i that are within the input.
    #[inline(always)]
    pub(crate) fn window(&self, i: usize, size: usize) -> Range<usize> {
        let start = i * self.stride;
        let from = start.saturating_sub(self.padding);
        let end = (start + size).saturating_sub(self.padding).min(self.input);
        from.min(end)..end
    }

    /// How many windows there are whose first and last pixel are `reach` − 1 apart: zero where not
    /// even one fits.
    #[inline(always)]
    pub(crate) const fn count(input: usize, reach: usize, stride: usize, padding: usize) -> usize {
        let padded = input + 2 * padding;
        match padded.checked_sub(reach) {
            Some(rest) if reach > 0 && stride > 0 => rest / stride + 1,
            _ => 0,
        }
    }
}
