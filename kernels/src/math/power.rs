//! Powers with a constant exponent.

/// An exponent, and what follows from it alone.
#[derive(Clone, Copy)]
pub(crate) struct Exponent {
    s: f64,
    /// (±0)ˢ and (±∞)ˢ, without a sign.
    of_zero: f32,
    of_infinity: f32,
    /// What a power of −x is to that of x: NaN, ±1.
    negative: f32,
    odd: bool,
}

impl Exponent {
    /// A finite number that is not zero.
    pub(crate) fn new(s: f64) -> Self {
        let (of_zero, of_infinity) = if s > 0.0 { (0.0, f32::INFINITY) } else { (f32::INFINITY, 0.0) };
        // Above 2⁵³ all are even.
        let whole = s.abs() >= 9e15 || s == (s as i64) as f64;
        let odd = whole && s.abs() < 9e15 && s as i64 % 2 != 0;
        let negative = if odd { -1.0 } else { 1.0 };
        Exponent { s, of_zero, of_infinity, negative: if whole { negative } else { f32::NAN }, odd }
    }

    /// xˢ, computed in double precision and rounded once.
    #[inline(always)]
    pub(crate) fn power(self, x: f32) -> f32 {
        /// 2/((2i + 1)·ln 2): the series of log₂ (1 + q)/(1 − q).
        const LOG2: [f64; 7] = [
            2.885_390_081_777_926_8,
            0.961_796_693_925_975_6,
            0.577_078_016_355_585_4,
            0.412_198_583_111_132_4,
            0.320_598_897_975_325_2,
            0.262_308_189_252_538_8,
            0.221_953_083_213_686_7,
        ];
        /// (ln 2)ⁱ/i!
        const EXP2: [f64; 9] = [
            1.0,
            core::f64::consts::LN_2,
            0.240_226_506_959_100_7,
            5.550_410_866_482_158e-2,
            9.618_129_107_628_477e-3,
            1.333_355_814_642_844_3e-3,
            1.540_353_039_338_161e-4,
            1.525_273_380_405_984e-5,
            1.321_548_679_014_431e-6,
        ];
        /// The upper half of √½, of which no more is needed.
        const ROOT_HALF: u32 = 0x3FE6_A09E;
        /// 1.5·2⁵², whose last place is 1, and what is added to exponents.
        const ROUND: f64 = 6_755_399_441_055_744.0 + 1023.0;

        // |x| = 2ᵏ·(1 + q)/(1 − q)
        let bits = (f32::abs(x) as f64).to_bits();
        let above = ((bits >> 32) as u32).wrapping_sub(ROOT_HALF) as i32;
        let m = f64::from_bits(bits.wrapping_sub(((above & !0x000F_FFFF) as u32 as u64) << 32));
        let q = (m - 1.0) / (m + 1.0);
        let log2 = (above >> 20) as f64 + q * horner(LOG2, q * q);
        // Beyond these limits it is 0 or ∞.
        let t = log2 * self.s;
        let t = if t < -200.0 { -200.0 } else { t };
        let t = if t > 200.0 { 200.0 } else { t };
        let sum = t + ROUND;
        let y = (horner(EXP2, t - (sum - ROUND)) * f64::from_bits(sum.to_bits() << 52)) as f32;

        let y = if x < 0.0 { y * self.negative } else { y };
        let sign = if self.odd { x } else { 1.0 };
        let y = if x == 0.0 { self.of_zero.copysign(sign) } else { y };
        let y = if f32::abs(x) == f32::INFINITY { self.of_infinity.copysign(sign) } else { y };
        if x.is_nan() { x } else { y }
    }
}

#[inline(always)]
fn horner<const N: usize>(coefficients: [f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + coefficients[i];
    }
    sum
}
