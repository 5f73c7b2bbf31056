//! Exact integer references, and what their operations are given.

mod elements;
mod pools;
mod products;

use super::*;
use crate::Isa;
use crate::check::{Data, Random};

/// ⌊sum·scale + ½⌋ by the value of the float.
fn round(scale: f64, sum: f64) -> i64 {
    let (bits, sum) = ((scale as f32).to_bits(), sum as i128);
    let (significand, shift) = ((bits & 0x7F_FFFF | 0x80_0000) as i128, 150 - (bits >> 23) as i32);
    let product = sum * significand;
    (if shift > 0 { (2 * product + (1 << shift)) >> (shift + 1) } else { product << -shift }) as i64
}

/// A multiple of the scale of y, as a byte; `points` are those of an operation, the last three of them y's.
fn byte(multiple: i64, points: &[f64]) -> f64 {
    let &[.., zero, low, high] = points else { panic!("three points at least") };
    (zero + multiple as f64).max(low).min(high)
}

/// Bytes of all sizes; often the extreme ones.
fn bytes(len: usize, random: &mut Random) -> Data {
    let extreme = random.below(4) == 0;
    let byte = |random: &mut Random| if extreme { [0, 255][random.below(2)] } else { random.bits() as u8 };
    Data::U8((0..len).map(|_| byte(random)).collect())
}

/// Zero points, and limits that are often those of bytes.
fn points(len: usize, random: &mut Random) -> Data {
    let mut points: Vec<u8> = (0..len).map(|_| random.bits() as u8).collect();
    if random.below(2) == 0 {
        points[len - 2..].copy_from_slice(&[0, 255]);
    }
    Data::U8(points)
}

/// Factors that make bytes of sums of about this size, and now and then larger ones.
fn factors(len: usize, size: f32, random: &mut Random) -> Data {
    let least = if random.below(8) == 0 { 2.0 } else { 64.0 / size };
    Data::F32((0..len).map(|_| least * 8f32.powf(random.signed())).collect())
}

/// What a product with so many terms reads.
fn parameters(i: usize, len: usize, depth: usize, random: &mut Random) -> Data {
    match i {
        0 => {
            let Data::U8(bytes) = bytes(len, random) else { panic!("bytes") };
            Data::I8(bytes.into_iter().map(|byte| byte.wrapping_add(128) as i8).collect())
        }
        1 => Data::I32((0..len).map(|_| (random.bits() as i32) >> 12).collect()),
        2 => factors(len, 9000.0 * (depth.max(1) as f32).sqrt(), random),
        3 => points(len, random),
        _ => bytes(len, random),
    }
}

const ISAS: &[Isa] = &[Isa::Portable, Isa::Avx2, Isa::Avx512];
