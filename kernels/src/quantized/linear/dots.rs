//! Dot products of bytes: some rows of x by the weights of some outputs.

#[cfg(target_arch = "x86_64")]
use super::x86;
use crate::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::Isa;
#[cfg(target_arch = "x86_64")]
use crate::cpu::Beyond;

/// Rows and outputs that are multiplied at once.
pub(in crate::quantized) const ROWS: usize = 2;
pub(in crate::quantized) const OUTPUTS: usize = 4;

/// What computes the sums of each output for each row. All weights have one length, and rows that length or none.
pub(in crate::quantized) type Dots = fn(&[&[u8]; ROWS], &[&[i8]; OUTPUTS], &mut [[i32; OUTPUTS]; ROWS]);

/// The best that the processor has.
pub(in crate::quantized) fn dots(cpu: &Cpu) -> Dots {
    #[cfg(target_arch = "x86_64")]
    match cpu.isa() {
        Isa::Avx512 if cpu.beyond() != Beyond::Nothing => return x86::vnni,
        Isa::Avx512 | Isa::Avx2 => return x86::avx2,
        Isa::Portable => {}
    }
    let _ = cpu;
    portable
}

fn portable(x: &[&[u8]; ROWS], weights: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
    x.iter().zip(sums).for_each(|(x, sums)| *sums = row(x, weights));
}

/// Not inlined, so that the loop has all registers.
#[inline(never)]
fn row(x: &[u8], [a, b, c, d]: &[&[i8]; OUTPUTS]) -> [i32; OUTPUTS] {
    let mut sums = [0i32; OUTPUTS];
    for ((((x, a), b), c), d) in x.iter().zip(*a).zip(*b).zip(*c).zip(*d) {
        let x = i32::from(*x);
        sums[0] = sums[0].wrapping_add(x * i32::from(*a));
        sums[1] = sums[1].wrapping_add(x * i32::from(*b));
        sums[2] = sums[2].wrapping_add(x * i32::from(*c));
        sums[3] = sums[3].wrapping_add(x * i32::from(*d));
    }
    sums
}
