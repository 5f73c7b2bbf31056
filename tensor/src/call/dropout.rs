//! Dropout. The mask follows from the seed, the step and [`Cx::path`], so `cx` is that of the layer.

use castiron_kernels::Precision;
use castiron_kernels::dropout::{Args, Dropout, DropoutBackward};

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// y = x·mask/(1 − p) for samples of `len` numbers, each dropped with `probability` p; `x` may be in place.
/// PyTorch's `dropout(x, p)` in training; at inference dropout does nothing.
///
/// ```
/// use castiron::call::dropout;
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step { seed: 1, ..Step::new() });
/// let cx = Cx::new(&cpu, 4, Ref::from(&step)).child(3);
/// let mut y = [[1.0f32; 25]; 4];
/// dropout::forward(&cx, 25, 0.5, Arg::none(), Mut::from(&mut y).into_arg());
/// let kept = y.iter().flatten().filter(|y| **y == 2.0).count();
/// let dropped = y.iter().flatten().filter(|y| **y == 0.0).count();
/// assert!(kept + dropped == 100 && (30..70).contains(&kept));
/// ```
pub fn forward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    len: usize,
    probability: f32,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    cx.run::<E::Op<Dropout>, 3>(args(cx, len, probability, &x), [cx.step().arg(), x, y]);
}

/// dx = dy·mask/(1 − p), with the mask that [`forward`] draws in the same step; `dy` may be in place.
pub fn backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    len: usize,
    probability: f32,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
) {
    cx.run::<E::Op<DropoutBackward>, 3>(args(cx, len, probability, &dy), [cx.step().arg(), dy, dx]);
}

fn args<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    len: usize,
    probability: f32,
    operand: &Arg<'_, D>,
) -> Args {
    Args { len: cx.rows() * len, probability, path: cx.path(), in_place: operand.is_none() }
}
