use super::BinaryOp;
use crate::Cpu;
use crate::cpu::multiversion;

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

pub(super) fn binary(cpu: &Cpu, op: BinaryOp, a: &[f32], b: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, a.len(), |i, y, _| {
        let part = i * CHUNK..i * CHUNK + y.len();
        combine(isa, op, &a[part.clone()], &b[part], y);
    });
}

pub(super) fn add_assign(cpu: &Cpu, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, x.len(), |i, y, _| add(isa, &x[i * CHUNK..][..y.len()], y));
}

pub(super) fn scale(cpu: &Cpu, factor: f32, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, x.len(), |i, y, _| scaled(isa, factor, &x[i * CHUNK..][..y.len()], y));
}

pub(super) fn copy(cpu: &Cpu, x: &[f32], y: &mut [f32]) {
    cpu.parallel_chunks(y, CHUNK, x.len(), |i, y, _| y.copy_from_slice(&x[i * CHUNK..][..y.len()]));
}

pub(super) fn fill(cpu: &Cpu, value: f32, y: &mut [f32]) {
    let work = y.len();
    cpu.parallel_chunks(y, CHUNK, work, |_, y, _| y.fill(value));
}

multiversion! {
    fn combine(isa, op: BinaryOp, a: &[f32], b: &[f32], y: &mut [f32]) {
        #[inline(always)]
        fn each(a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
            for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                *y = f(*a, *b);
            }
        }
        match op {
            BinaryOp::Add => each(a, b, y, |a, b| a + b),
            BinaryOp::Sub => each(a, b, y, |a, b| a - b),
            BinaryOp::Mul => each(a, b, y, |a, b| a * b),
            BinaryOp::Div => each(a, b, y, |a, b| a / b),
        }
    }
}

multiversion! {
    fn add(isa, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

multiversion! {
    fn scaled(isa, factor: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = factor * x;
        }
    }
}
