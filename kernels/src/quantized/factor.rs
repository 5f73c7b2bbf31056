//! Real factors of integers.

/// A positive number as integers are multiplied by it: the 24 bits of an `f32` and a shift.
///
/// All is integer arithmetic, in 32 bits but for one product, so it costs little on a processor without floats, and
/// gives the same bits on any.
///
/// ```
/// use castiron_kernels::quantized::Factor;
///
/// const HALF: Factor = Factor::new(0.5);
/// assert_eq!([5, 4, 3, -3, -4, -5].map(|sum| HALF.times(sum)), [3, 2, 2, -1, -2, -2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The significand: at least 2³⁰.
    pub(super) multiplier: i32,
    /// How far a sum is shifted to the left before it is multiplied, with saturation: zero if the factor is below ¼.
    pub(super) left: u32,
    /// How far the upper half of the product is shifted to the right: 1 to 31.
    pub(super) right: u32,
}

impl Factor {
    /// The factor `scale`, which is from 2⁻³² to 2²⁰. Less gives zeros, and more the results of about 2²⁰; the sign
    /// is not looked at.
    #[inline(always)]
    pub const fn new(scale: f32) -> Self {
        let bits = scale.to_bits();
        let exponent = (bits >> 23 & 0xFF) as i32;
        // The factor is multiplier · 2^(left − right − 32).
        let (left, right) = (exponent - 124, 125 - exponent);
        Factor {
            multiplier: ((bits & 0x7F_FFFF | 0x80_0000) << 7) as i32,
            left: if left < 0 {
                0
            } else if left > 24 {
                24
            } else {
                left as u32
            },
            right: if right < 1 {
                1
            } else if right > 31 {
                31
            } else {
                right as u32
            },
        }
    }

    /// ⌊sum·factor + ½⌋, exactly. (A sum that leaves 32 bits when it is shifted counts as the last that does not. Its
    /// result is beyond ±2²⁷: no byte either way.)
    #[inline(always)]
    pub const fn times(self, sum: i32) -> i32 {
        let (least, greatest) = (i32::MIN >> self.left, i32::MAX >> self.left);
        let sum = if sum < least {
            least
        } else if sum > greatest {
            greatest
        } else {
            sum
        };
        let product = (sum << self.left) as i64 * self.multiplier as i64;
        // What the lower half holds cannot change the sum of the upper half and a half.
        ((product >> 32) as i32 + (1 << (self.right - 1))) >> self.right
    }
}

/// Two positive numbers, for the sum of two differences of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// At most 21 bits each.
    pub(super) multipliers: [i32; 2],
    /// 1 to 31.
    pub(super) shift: u32,
}

impl Pair {
    /// Two factors below 2²⁰: the larger, or 2⁻¹¹ if both are below, has 21 bits, the other as many as are then left.
    #[inline(always)]
    pub const fn new([a, b]: [f32; 2]) -> Self {
        const fn exponent(scale: f32) -> u32 {
            scale.to_bits() >> 23 & 0xFF
        }
        let largest = if exponent(a) > exponent(b) { exponent(a) } else { exponent(b) };
        let largest = if largest < 116 {
            116
        } else if largest > 146 {
            146
        } else {
            largest
        };
        const fn multiplier(scale: f32, largest: u32) -> i32 {
            let significand = scale.to_bits() & 0x7F_FFFF | 0x80_0000;
            let shift = 3 + largest.saturating_sub(exponent(scale));
            if shift > 31 { 0 } else { (significand >> shift) as i32 }
        }
        Pair { multipliers: [multiplier(a, largest), multiplier(b, largest)], shift: 147 - largest }
    }

    /// ⌊a·first + b·second + ½⌋ for a and b within ±255.
    #[inline(always)]
    pub const fn sum(self, a: i32, b: i32) -> i32 {
        let [first, second] = self.multipliers;
        (a * first + b * second + (1 << (self.shift - 1))) >> self.shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Random;

    /// By the value of the float, with as many bits as it takes.
    fn exactly(scale: f32, sum: i32) -> i128 {
        let bits = scale.to_bits();
        let (significand, shift) = ((bits & 0x7F_FFFF | 0x80_0000) as i128, 150 - (bits >> 23) as i32);
        let product = sum as i128 * significand;
        if shift > 0 { (2 * product + (1 << shift)) >> (shift + 1) } else { product << -shift }
    }

    #[test]
    fn products_are_rounded_once() {
        let mut random = Random::new(1);
        for case in 0..200_000 {
            let exponent = 95 + random.below(53) as u32;
            let scale = f32::from_bits(exponent << 23 | random.below(1 << 23) as u32);
            let sum = match case % 8 {
                0 => [i32::MIN, i32::MAX, 0, -1, 1][random.below(5)],
                _ => (random.bits() as i32) >> random.below(31),
            };
            let (got, want) = (Factor::new(scale).times(sum), exactly(scale, sum));
            let far = want.abs() > 1 << 27 && exponent > 124;
            assert!(if far { got.abs() >= 1 << 27 && (got < 0) == (want < 0) } else { got as i128 == want });
        }
    }

    #[test]
    fn a_tie_goes_up() {
        let quarter = Factor::new(0.25);
        assert_eq!([-6, -2, -1, 1, 2, 6].map(|sum| quarter.times(sum)), [-1, 0, 0, 0, 1, 2]);
        assert_eq!(Factor::new(1.0).times(-7), -7);
        assert_eq!(Factor::new(3.0).times(7), 21);
    }

    #[test]
    fn what_is_no_factor_does_no_harm() {
        for scale in [0.0, -0.0, 1e-40, 1e-12] {
            assert_eq!([i32::MIN, -1, 0, 1, i32::MAX].map(|sum| Factor::new(scale).times(sum)), [0; 5]);
        }
        for scale in [f32::NAN, f32::INFINITY, f32::MAX, f32::NEG_INFINITY] {
            assert!(Factor::new(scale).times(i32::MIN) < -255 && Factor::new(scale).times(1) > 255);
            assert_eq!(Pair::new([scale, 0.0]).sum(0, 255), 0);
            assert!(Pair::new([scale; 2]).sum(255, 255) > 255);
        }
    }

    #[test]
    fn sums_of_two_are_within_a_few_millionths() {
        let mut random = Random::new(2);
        for _ in 0..100_000 {
            let scales = [(); 2].map(|()| {
                let exponent = 116 + random.below(16) as u32;
                f32::from_bits(exponent << 23 | random.below(1 << 23) as u32)
            });
            let [a, b] = [(); 2].map(|()| random.below(511) as i32 - 255);
            let real = a as f64 * scales[0] as f64 + b as f64 * scales[1] as f64;
            let error = 255.0 * 2f64.powi(-19) * scales[0].max(scales[1]) as f64;
            assert!((Pair::new(scales).sum(a, b) as f64 - real).abs() <= 0.5 + error);
        }
    }
}
