use super::Activation;
use crate::cpu::part;
use crate::sure::cut;
use crate::vector::{Kernel, Registers, Vector, run};
use crate::{Cpu, Isa};

/// Elements handed to one task.
const CHUNK: usize = 1 << 12;

pub(super) fn forward(cpu: &Cpu, activation: Activation, x: &[f32], y: &mut [f32]) {
    let isa = cpu.isa();
    let work = y.len() * cost(activation);
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| {
        run(isa, Apply { activation, x: part(x, i * CHUNK, y.len()), y });
    });
}

/// `kept` is the output where the derivative follows from it, else the input.
pub(super) fn backward(cpu: &Cpu, activation: Activation, kept: &[f32], dy: &[f32], dx: &mut [f32]) {
    let isa = cpu.isa();
    let work = dx.len() * cost(activation);
    cpu.parallel_chunks(dx, CHUNK, work, |i, dx, _| {
        let at = i * CHUNK;
        run(isa, Chain { activation, kept: cut(kept, at, dx.len()), dy: part(dy, at, dx.len()), dx });
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
            Activation::Sqrt => {
                let $f = || Activation::Sqrt;
                $body
            }
        }
    };
}

/// y ← f(x), or y ← f(y) where x is empty.
struct Apply<'a> {
    activation: Activation,
    x: &'a [f32],
    y: &'a mut [f32],
}
impl Kernel for Apply<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Apply { activation, x, y } = self;
        // SAFETY: within `run`.
        let mut y = unsafe { Registers::<V>::new(y) };
        per_function!(activation, f => for i in 0..y.count() {
            y.set(i, f().apply(y.get_from(x, i)));
        })
    }
}

/// dx ← dy·f′, or dx ← dx·f′ where dy is empty.
struct Chain<'a> {
    activation: Activation,
    kept: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}
impl Kernel for Chain<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Chain { activation, kept, dy, dx } = self;
        // SAFETY: within `run`.
        let mut dx = unsafe { Registers::<V>::new(dx) };
        per_function!(activation, f => for i in 0..dx.count() {
            // Of input and output a derivative looks at one, which is the one that is kept.
            let (dy, kept) = (dx.get_from(dy, i), dx.get_from(kept, i));
            dx.set(i, dy * f().derivative(kept, kept));
        })
    }
}

/// x ← f(x), on the calling thread: the last step of the kernels that fuse an activation.
pub(crate) fn apply_in_place(isa: Isa, activation: Activation, x: &mut [f32]) {
    run(isa, Apply { activation, x: &[], y: x });
}
