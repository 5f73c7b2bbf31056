//! Conversions of 16-bit floats without branches or tables, so that loops over them are vectorised. The
//! results are those of [`half`], to the bit (but for which NaN a NaN becomes).

use half::{bf16, f16};

/// Where the exponent of an f32 begins.
const EXPONENT: u32 = 23;

#[inline(always)]
pub(super) fn bf16_to_f32(x: bf16) -> f32 {
    f32::from_bits((x.to_bits() as u32) << 16)
}

#[inline(always)]
pub(super) fn f32_to_bf16(x: f32) -> bf16 {
    let bits = x.to_bits();
    // Half of the last place that stays, less one where that place is even: ties go to even.
    let rounded = bits.wrapping_add(0x7FFF + ((bits >> 16) & 1)) >> 16;
    let quiet = (bits >> 16) | 0x40;
    bf16::from_bits(if x.is_nan() { quiet } else { rounded } as u16)
}

#[inline(always)]
pub(super) fn f16_to_f32(x: f16) -> f32 {
    let (sign, magnitude) = ((x.to_bits() as u32 & 0x8000) << 16, x.to_bits() as u32 & 0x7FFF);
    // The exponents differ by 112. A product moves it, and makes subnormal numbers normal on the way.
    let number = f32::from_bits(magnitude << 13) * f32::from_bits((127 + 112) << EXPONENT);
    let infinite = if magnitude >= 0x7C00 { 0x7F80_0000 } else { 0 };
    f32::from_bits(number.to_bits() | infinite | sign)
}

#[inline(always)]
pub(super) fn f32_to_f16(x: f32) -> f16 {
    let (sign, magnitude) = (x.to_bits() >> 16 & 0x8000, x.to_bits() & 0x7FFF_FFFF);
    let normal = magnitude.wrapping_sub(112 << EXPONENT).wrapping_add(0xFFF + ((magnitude >> 13) & 1)) >> 13;
    // The last place of 1/2 is that of subnormal halves, so that the sum rounds to them.
    let subnormal = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(126 << EXPONENT);
    let infinite = if magnitude > 0x7F80_0000 { 0x7E00 } else { 0x7C00 };
    let finite = if magnitude < 113 << EXPONENT { subnormal } else { normal };
    f16::from_bits((sign | if magnitude >= 143 << EXPONENT { infinite } else { finite }) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_widens_as_half_does() {
        for bits in 0..=u16::MAX {
            let (x, y) = (f16::from_bits(bits), bf16::from_bits(bits));
            assert!(f16_to_f32(x).to_bits() == x.to_f32().to_bits() || x.is_nan() && f16_to_f32(x).is_nan());
            assert!(
                bf16_to_f32(y).to_bits() == y.to_f32().to_bits() || y.is_nan() && bf16_to_f32(y).is_nan()
            );
        }
    }

    #[test]
    fn floats_narrow_as_half_does() {
        // A stride that is prime to 2³² visits all exponents and rounding cases; around each half the ties.
        let some = (0..1u32 << 22).map(|i| i.wrapping_mul(0x9E37_79B1));
        let ties = (0..=u16::MAX).flat_map(|bits| {
            let (x, y) = (f16::from_bits(bits).to_f32().to_bits(), (bits as u32) << 16);
            [x.wrapping_sub(1), x, x + 0xFFF, x + 0x1000, x + 0x1001, y + 0x7FFF, y + 0x8000, y + 0x8001]
        });
        let below = (0..1u32 << 12)
            .flat_map(|i| [0x3300_0000 + i, 0x3300_0000 - i, 0x477F_E000 + i, 0x3880_0000 - i]);
        for bits in some.chain(ties).chain(below) {
            let x = f32::from_bits(bits);
            let (got, want) = (f32_to_f16(x), f16::from_f32(x));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{x:e}: {got} not {want}"
            );
            let (got, want) = (f32_to_bf16(x), bf16::from_f32(x));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{x:e}: {got} not {want}"
            );
        }
    }
}
