use super::lines::reduce;
use super::spread::Spread;
use super::{Args, halve};
use crate::Cpu;
use crate::cpu::multiversion;
use crate::sure::cut;
use crate::vector::run;

/// Where windows are two by two pixels.
pub(super) fn halves(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, half) = (cpu.isa(), args.output()[1]);
    args.forward(cpu, x, y, |x, y| halve::max(isa, half, x, y));
}

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.forward(cpu, x, y, |x, y| planes(isa, args, x, y));
}

/// Where windows are two by two pixels.
pub(super) fn backward_halves(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, [area, _], half) = (cpu.isa(), args.areas(), args.output()[1]);
    args.backward(cpu, dy, dx, |first, dy, dx| {
        halve::max_backward(isa, half, cut(x, first * area, dx.len()), dy, dx);
    });
}

pub(super) fn backward(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, [area, _], args) = (cpu.isa(), args.areas(), *args);
    args.backward(cpu, dy, dx, |first, dy, dx| {
        run(isa, Spread { args, x: cut(x, first * area, dx.len()), dy, dx });
    });
}

/// Whether `x` takes the place of the maximum before it: an equal one does not, a NaN does.
#[inline(always)]
pub(super) fn replaces(x: f32, max: f32) -> bool {
    (x > max) | x.is_nan()
}

#[inline(always)]
pub(super) fn greater(max: f32, x: f32) -> f32 {
    if replaces(x, max) { x } else { max }
}

/// Of bytes, where windows are two by two pixels.
pub(crate) fn halves_of_bytes(cpu: &Cpu, args: &Args, x: &[u8], y: &mut [u8]) {
    let (isa, half) = (cpu.isa(), args.output()[1]);
    args.forward(cpu, x, y, |x, y| halve::max_of_bytes(isa, half, x, y));
}

/// Of bytes, where padding counts as 0.
pub(crate) fn of_bytes(cpu: &Cpu, args: &Args, x: &[u8], y: &mut [u8]) {
    let (isa, args) = (cpu.isa(), *args);
    args.forward(cpu, x, y, |x, y| planes_of_bytes(isa, args, x, y));
}

multiversion! {
    fn planes_of_bytes(isa, args: Args, x: &[u8], y: &mut [u8]) {
        let [from, to] = args.areas();
        for (n, y) in y.chunks_exact_mut(to).enumerate() {
            let x = &x[n * from..][..from];
            reduce(&args, x, y, 0, u8::max, |max| max);
        }
    }
}

multiversion! {
    fn planes(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let [from, to] = args.areas();
        for (n, y) in y.chunks_exact_mut(to).enumerate() {
            let x = &x[n * from..][..from];
            reduce(&args, x, y, f32::NEG_INFINITY, greater, |max| max);
        }
    }
}
