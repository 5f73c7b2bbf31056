use super::Activation;
use crate::Cpu;
use crate::cpu::multiversion;

/// Elements handed to one task.
const CHUNK: usize = 1 << 12;

pub(super) fn forward(cpu: &Cpu, activation: Activation, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    let work = y.len() * cost(activation);
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| apply(isa, activation, &x[i * CHUNK..][..y.len()], y));
}

pub(super) fn backward(cpu: &Cpu, activation: Activation, x: &[f32], y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let isa = cpu.isa();
    let work = dx.len() * cost(activation);
    // Where x is not needed it is absent; y stands in for it, and is not looked at as x.
    let x = if x.is_empty() { y } else { x };
    cpu.parallel_chunks(dx, CHUNK, work, |i, dx, _| {
        let part = i * CHUNK..i * CHUNK + dx.len();
        chain(isa, activation, &x[part.clone()], &y[part.clone()], &dy[part], dx);
    });
}

/// Elementary operations per element, roughly.
fn cost(activation: Activation) -> usize {
    match activation {
        Activation::Identity | Activation::Relu | Activation::Relu6 | Activation::LeakyRelu(_) => 1,
        _ => 16,
    }
}

/// Matches outside the loop, so that each function has a loop of its own.
macro_rules! per_function {
    ($activation:expr, $f:ident => $body:expr) => {
        match $activation {
            Activation::Identity => {
                let $f = Activation::Identity;
                $body
            }
            Activation::Relu => {
                let $f = Activation::Relu;
                $body
            }
            Activation::Relu6 => {
                let $f = Activation::Relu6;
                $body
            }
            Activation::LeakyRelu(slope) => {
                let $f = Activation::LeakyRelu(slope);
                $body
            }
            Activation::Sigmoid => {
                let $f = Activation::Sigmoid;
                $body
            }
            Activation::Tanh => {
                let $f = Activation::Tanh;
                $body
            }
            Activation::Gelu => {
                let $f = Activation::Gelu;
                $body
            }
            Activation::GeluTanh => {
                let $f = Activation::GeluTanh;
                $body
            }
            Activation::Silu => {
                let $f = Activation::Silu;
                $body
            }
        }
    };
}

multiversion! {
    fn apply(isa, activation: Activation, x: &[f32], y: &mut [f32]) {
        per_function!(activation, f => for (y, x) in y.iter_mut().zip(x) {
            *y = f.apply(*x);
        })
    }
}

multiversion! {
    fn chain(isa, activation: Activation, x: &[f32], y: &[f32], dy: &[f32], dx: &mut [f32]) {
        per_function!(activation, f => for (((dx, x), y), dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
            *dx = dy * f.derivative(*x, *y);
        })
    }
}

multiversion! {
    /// x ← f(x), on the calling thread: the last step of the kernels that fuse an activation.
    pub(crate) fn apply_in_place(isa, activation: Activation, x: &mut [f32]) {
        per_function!(activation, f => for x in x.iter_mut() {
            *x = f.apply(*x);
        })
    }
}
