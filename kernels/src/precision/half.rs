use core::marker::PhantomData;

use super::widen::widened;
use super::{HalfOp, Precision};
use crate::Cpu;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};

/// Elements of an argument that are widened at once, where an operation can be cut.
const PIECE: usize = if cfg!(feature = "std") { 1 << 14 } else { Cpu::STACK / 4 };

/// The operation `O` that reads elements `E` and writes elements `Y`, computed in `f32`.
///
/// Without the feature `std`, memory for the widened arguments is on the stack: a call that needs more than 4 KB of it
/// is a [`Fault::NoKernel`](crate::Fault::NoKernel).
pub struct Half<O, E, Y = E>(PhantomData<(O, E, Y)>);

impl<O: HalfOp, E: Precision, Y: Precision> Op for Half<O, E, Y> {
    const NAME: &'static str = O::NAME;
    type Args = O::Args;
    fn name(args: &O::Args) -> &'static str {
        O::name(args)
    }
    fn memory(args: &O::Args, spec: &mut Spec) {
        O::memory(args, spec);
        spec.retype([E::DTYPE, Y::DTYPE], |i| O::stays_f32(args, i));
    }
    fn cpu(cpu: &Cpu, args: &O::Args, memory: &mut Memory<'_>) {
        if O::direct::<E, Y>(cpu, args, memory) {
            return;
        }
        let widened = |args: &O::Args, memory: &mut Memory<'_>| {
            let specs = [Spec::of::<Self>(args), Spec::of::<O>(args)];
            widened(cpu, O::NAME, specs, memory, &|memory| O::kernel(args)(cpu, args, memory));
        };
        if O::piece(args, 0).is_none() || E::DTYPE != Y::DTYPE {
            return widened(args, memory);
        }
        let (size, mut at) = (E::DTYPE.size(), 0);
        let len = Spec::of::<Self>(args).items().iter().map(|access| access.bytes / size).max().unwrap_or(0);
        while at < len {
            let piece = PIECE.min(len - at);
            if let Some(args) = O::piece(args, piece) {
                widened(&args, &mut Memory::of(&mut memory.parts(at * size, piece * size)));
            }
            at += piece;
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &O::Args, memory: &Pointers) {
        O::cuda(&gpu.of([E::DTYPE, Y::DTYPE]), args, memory);
    }
}

impl<O: HalfOp, E: Precision, Y: Precision> core::fmt::Debug for Half<O, E, Y> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} on {}", O::NAME, E::DTYPE)
    }
}
