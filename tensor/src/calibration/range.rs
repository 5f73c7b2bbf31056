//! [`Range`]: how a value is distributed, and the scale that suits it best.

use castiron_kernels::activation::Activation;

/// Bins on each side of zero.
const BINS: usize = 2048;

/// How many candidates for each end of the range.
const CANDIDATES: u32 = 100;

/// A histogram of any number of values, whose bins widen as it must.
pub(super) struct Range {
    /// Of negative numbers, then of positive ones. Zeros are not counted: they are exact at any scale.
    bins: Vec<u64>,
    /// Where the bins end.
    limit: f32,
    pub(super) low: f32,
    pub(super) high: f32,
}

/// A byte q stands for scale·(q − zero).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) scale: f32,
    pub(super) zero: u8,
}

impl Range {
    pub(super) fn new() -> Self {
        Range { bins: vec![0; 2 * BINS], limit: f32::MIN_POSITIVE, low: 0.0, high: 0.0 }
    }

    /// Counts finite numbers.
    pub(super) fn add(&mut self, numbers: &[f32]) {
        for number in numbers.iter().filter(|number| **number != 0.0) {
            (self.low, self.high) = (self.low.min(*number), self.high.max(*number));
        }
        self.widen(self.high.max(-self.low));
        let bins_per_unit = BINS as f64 / f64::from(self.limit);
        for number in numbers.iter().filter(|number| **number != 0.0) {
            let bin = (f64::from(*number) * bins_per_unit).floor() as i64 + BINS as i64;
            self.bins[bin.clamp(0, 2 * BINS as i64 - 1) as usize] += 1;
        }
    }

    /// Joins bins two by two until all numbers up to `largest` have one.
    fn widen(&mut self, largest: f32) {
        if self.bins.iter().all(|count| *count == 0) {
            self.limit = self.limit.max(largest);
        }
        while self.limit < largest {
            self.limit *= 2.0;
            let half = |side: &[u64]| side.chunks(2).map(|pair| pair[0] + pair[1]).collect::<Vec<_>>();
            let (negative, positive) = (half(&self.bins[..BINS]), half(&self.bins[BINS..]));
            let rest = vec![0; BINS / 2];
            self.bins = [rest.clone(), negative, positive, rest].concat();
        }
    }

    /// The scale for all that was seen, or, if it may be clipped, that with the least squared error.
    pub(super) fn affine(&self, clip: bool) -> Affine {
        let mut ends = [self.low, self.high].map(f64::from);
        if clip {
            // Each end in turn, twice, since the best one depends on the other.
            for end in [1, 0, 1, 0] {
                let whole = [self.low, self.high].map(f64::from)[end];
                let candidates = (1..=CANDIDATES).map(|i| whole * f64::from(i) / f64::from(CANDIDATES));
                let error = |candidate: f64| {
                    let mut ends = ends;
                    ends[end] = candidate;
                    self.error(ends)
                };
                let best = candidates.map(|candidate| (error(candidate), candidate));
                if let Some((_, best)) = best.min_by(|a, b| a.0.total_cmp(&b.0)) {
                    ends[end] = best;
                }
            }
        }
        Affine::of(ends)
    }

    /// The scale of integers that need not fit a byte.
    pub(super) fn wide(&self) -> Affine {
        let scale = (self.high - self.low) / (1 << 20) as f32;
        Affine { scale: if scale.is_normal() { scale } else { 1.0 }, zero: 0 }
    }

    /// The squared error of all numbers at 256 steps between these ends: rounding within, and clipping.
    fn error(&self, [low, high]: [f64; 2]) -> f64 {
        let (step, width) = ((high - low) / 255.0, f64::from(self.limit) / BINS as f64);
        let error = |(i, count): (usize, &u64)| {
            let number = (i as f64 - BINS as f64 + 0.5) * width;
            let beyond = (low - number).max(number - high).max(0.0);
            *count as f64 * if beyond > 0.0 { beyond * beyond } else { step * step / 12.0 }
        };
        self.bins.iter().enumerate().filter(|(_, count)| **count > 0).map(error).sum()
    }
}

impl Affine {
    /// Between these ends, the first of which is not positive and the second not negative, so that zero is exact.
    fn of([low, high]: [f64; 2]) -> Self {
        let scale = ((high - low) / 255.0) as f32;
        // Of numbers that are all zero, or as good as that.
        let scale = if scale.is_normal() { scale } else { 1.0 };
        Affine { scale, zero: (-low / f64::from(scale)).round().clamp(0.0, 255.0) as u8 }
    }

    /// That of bytes p which stand for (p/255 − mean)/std, and how much less than that they stand for with it, since the
    /// byte of zero is a whole one.
    pub(super) fn of_pixels([mean, std]: [f32; 2]) -> (Self, f64) {
        let zero = (255.0 * mean).round().clamp(0.0, 255.0);
        let scale = 1.0 / (255.0 * std);
        (Affine { scale, zero: zero as u8 }, f64::from(scale) * (f64::from(zero) - 255.0 * f64::from(mean)))
    }

    /// The least and the greatest byte behind an activation.
    pub(super) fn limits(self, activation: Activation) -> [u8; 2] {
        let six = (6.0 / f64::from(self.scale)).round() + f64::from(self.zero);
        match activation {
            Activation::Relu => [self.zero, 255],
            Activation::Relu6 => [self.zero, six.min(255.0) as u8],
            _ => [0, 255],
        }
    }

    /// What a byte stands for.
    pub(super) fn number(self, byte: u8) -> f32 {
        self.scale * (i32::from(byte) - i32::from(self.zero)) as f32
    }

    /// The nearest byte.
    pub(super) fn byte(self, number: f32) -> u8 {
        let steps = (f64::from(number) / f64::from(self.scale)).round_ties_even();
        (steps + f64::from(self.zero)).clamp(0.0, 255.0) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::{Affine, Range};

    fn range(numbers: &[f32]) -> Range {
        let mut range = Range::new();
        // In parts, so that bins are joined on the way.
        numbers.chunks(97).for_each(|numbers| range.add(numbers));
        range
    }

    #[test]
    fn bins_count_every_number_once() {
        let numbers: Vec<f32> =
            (1..=1000).map(|i| (i * i) as f32 * if i % 3 == 0 { -1e-3 } else { 1e-3 }).collect();
        let range = range(&numbers);
        assert_eq!(range.bins.iter().sum::<u64>(), 1000);
        assert_eq!(range.bins[..super::BINS].iter().sum::<u64>(), 333);
        assert_eq!((range.low, range.high), (numbers[998], numbers[999]));
        assert!((numbers[999]..2000.0).contains(&range.limit));
    }

    #[test]
    fn without_clipping_every_number_has_a_byte() {
        let affine = range(&[-1.0, 0.0, 3.0]).affine(false);
        assert_eq!(affine, Affine { scale: 4.0 / 255.0, zero: 64 });
        assert_eq!([-1.0, 0.0, 3.0].map(|x| affine.byte(x)), [0, 64, 255]);
        assert_eq!(affine.number(64), 0.0);
        assert_eq!(range(&[]).affine(true), Affine { scale: 1.0, zero: 0 });
    }

    /// Of n numbers up to 1 and one of 4, at an end c: n·(c/255)²/12 + (4 − c)² is least at c = 4/(1 + n/(12·255²)).
    #[test]
    fn outliers_are_clipped() {
        for n in [100_000_u32, 1_000_000] {
            let mut numbers: Vec<f32> = (0..n).map(|i| (i % 1000) as f32 / 1000.0).collect();
            numbers.push(4.0);
            let (clipped, best) =
                (range(&numbers).affine(true), 4.0 / (1.0 + n as f32 / (12.0 * 255.0 * 255.0)));
            assert!((255.0 * clipped.scale - best).abs() < 0.05, "{clipped:?}, not {best}");
        }
        let numbers = [0.5, 4.0];
        assert_eq!(range(&numbers).affine(false).scale, 4.0 / 255.0);
    }
}
