use super::BinaryOp;
use crate::Cpu;
use crate::cpu::{map, map_pairs, multiversion, part};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

pub(super) fn binary(cpu: &Cpu, op: BinaryOp, a: &[f32], b: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, b.len(), |i, y, _| {
        let at = i * CHUNK;
        combine(isa, op, part(a, at, y.len()), &b[at..][..y.len()], y);
    });
}

pub(super) fn add_assign(cpu: &Cpu, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, x.len(), |i, y, _| add(isa, &x[i * CHUNK..][..y.len()], y));
}

pub(super) fn affine(cpu: &Cpu, scale: f32, shift: f32, x: &[f32], y: &mut [f32]) {
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| {
        scale_and_shift(isa, scale, shift, part(x, i * CHUNK, y.len()), y);
    });
}

pub(super) fn reciprocal(cpu: &Cpu, numerator: f32, x: &[f32], y: &mut [f32]) {
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| divide(isa, numerator, part(x, i * CHUNK, y.len()), y));
}

pub(super) fn copy(cpu: &Cpu, x: &[f32], y: &mut [f32]) {
    cpu.parallel_chunks(y, CHUNK, x.len(), |i, y, _| y.copy_from_slice(&x[i * CHUNK..][..y.len()]));
}

pub(super) fn copy_bytes(cpu: &Cpu, x: &[u8], y: &mut [u8]) {
    const BYTES: usize = CHUNK * size_of::<f32>();
    cpu.parallel_chunks(y, BYTES, x.len() / size_of::<f32>(), |i, y, _| {
        y.copy_from_slice(&x[i * BYTES..][..y.len()]);
    });
}

pub(super) fn fill(cpu: &Cpu, value: f32, y: &mut [f32]) {
    let work = y.len();
    cpu.parallel_chunks(y, CHUNK, work, |_, y, _| y.fill(value));
}

multiversion! {
    fn combine(isa, op: BinaryOp, a: &[f32], b: &[f32], y: &mut [f32]) {
        match op {
            BinaryOp::Add => map_pairs(a, b, y, |a, b| a + b),
            BinaryOp::Sub => map_pairs(a, b, y, |a, b| a - b),
            BinaryOp::Mul => map_pairs(a, b, y, |a, b| a * b),
            BinaryOp::Div => map_pairs(a, b, y, |a, b| a / b),
        }
    }
}

multiversion! {
    fn add(isa, x: &[f32], y: &mut [f32]) {
        map_pairs(&[], x, y, |y, x| y + x)
    }
}

multiversion! {
    fn scale_and_shift(isa, scale: f32, shift: f32, x: &[f32], y: &mut [f32]) {
        map(x, y, |x| scale * x + shift)
    }
}

multiversion! {
    fn divide(isa, numerator: f32, x: &[f32], y: &mut [f32]) {
        map(x, y, |x| numerator / x)
    }
}
