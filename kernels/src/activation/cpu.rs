use super::Activation;
use crate::cpu::{map, map_pairs, multiversion, part};
use crate::{Cpu, Isa};

/// Elements handed to one task.
const CHUNK: usize = 1 << 12;

pub(super) fn forward(cpu: &Cpu, activation: Activation, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    let work = y.len() * cost(activation);
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| apply(isa, activation, part(x, i * CHUNK, y.len()), y));
}

/// `kept` is the output where the derivative follows from it, else the input.
pub(super) fn backward(cpu: &Cpu, activation: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32]) {
    let isa = cpu.isa();
    let work = dx.len() * cost(activation);
    cpu.parallel_chunks(dx, CHUNK, work, |i, dx, _| {
        let at = i * CHUNK;
        chain(isa, activation, &kept[at..][..dx.len()], part(dy, at, dx.len()), dx);
    });
}

/// Elementary operations per element, roughly.
fn cost(activation: Activation) -> usize {
    match activation {
        Activation::Identity | Activation::Relu | Activation::Relu6 | Activation::LeakyRelu(_) => 1,
        _ => 4,
    }
}

/// Matches outside the loop, so that each function has a loop of its own. `f` is a constant to the compiler
/// within closures too, as a captured variable would not be.
macro_rules! per_function {
    ($activation:expr, $f:ident => $body:expr) => {
        match $activation {
            Activation::Identity => {
                let $f = || Activation::Identity;
                $body
            }
            Activation::Relu => {
                let $f = || Activation::Relu;
                $body
            }
            Activation::Relu6 => {
                let $f = || Activation::Relu6;
                $body
            }
            Activation::LeakyRelu(slope) => {
                let $f = || Activation::LeakyRelu(slope);
                $body
            }
            Activation::Sigmoid => {
                let $f = || Activation::Sigmoid;
                $body
            }
            Activation::Tanh => {
                let $f = || Activation::Tanh;
                $body
            }
            Activation::Gelu => {
                let $f = || Activation::Gelu;
                $body
            }
            Activation::GeluTanh => {
                let $f = || Activation::GeluTanh;
                $body
            }
            Activation::Silu => {
                let $f = || Activation::Silu;
                $body
            }
        }
    };
}

multiversion! {
    /// y ← f(x), or y ← f(y) where x is empty.
    fn apply(isa, activation: Activation, x: &[f32], y: &mut [f32]) {
        per_function!(activation, f => map(x, y, |x| f().apply(x)))
    }
}

multiversion! {
    fn chain(isa, activation: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32]) {
        // Of input and output a derivative looks at one, which is the one that is kept.
        per_function!(activation, f => map_pairs(dy, kept, dx, |dy, kept| dy * f().derivative(kept, kept)))
    }
}

/// x ← f(x), on the calling thread: the last step of the kernels that fuse an activation.
pub(crate) fn apply_in_place(isa: Isa, activation: Activation, x: &mut [f32]) {
    apply(isa, activation, &[], x);
}
