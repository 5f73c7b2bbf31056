//! Activation functions.

use castiron_kernels::Precision;
use castiron_kernels::activation::{Activate, ActivateBackward, Args};

pub use castiron_kernels::activation::Activation;

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// y = f(x) for samples of `len` numbers; `x` may be in place. PyTorch's `relu(x)`, `gelu(x)` and so on, in
/// place `relu_(x)`.
///
/// ```
/// use castiron::call::activation::{self, Activation};
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// // Two samples of three numbers, in place.
/// let mut y = [[1.0f32, -2.0, 3.0], [-4.0, 5.0, -6.0]];
/// activation::forward(&cx, Activation::Relu, 3, Arg::none(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]]);
/// ```
pub fn forward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    f: Activation,
    len: usize,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = Args { activation: f, len: cx.rows() * len, in_place: x.is_none() };
    cx.run::<E::Op<Activate>, 2>(args, [x, y]);
}

/// dx = dy·f′(z), where y = f(z), for samples of `len` numbers; `dy` may be in place. Where
/// [`Activation::differentiates_from_output`], `z` is not looked at and may be [`Arg::none`]; else `y` may.
///
/// ```
/// use castiron::call::activation::{self, Activation};
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let (y, dy, mut dx) = ([2.0f32, 0.0], [5.0f32, 7.0], [0.0f32; 2]);
/// let arguments = (Ref::from(&y).arg(), Ref::from(&dy).arg(), Mut::from(&mut dx).into_arg());
/// activation::backward(&cx, Activation::Relu, 2, Arg::none(), arguments.0, arguments.1, arguments.2);
/// assert_eq!(dx, [5.0, 0.0]);
/// ```
pub fn backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    f: Activation,
    len: usize,
    z: Arg<'_, D>,
    y: Arg<'_, D>,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
) {
    of_rows(cx, f, cx.rows() * len, z, y, dy, dx);
}

/// [`backward`] for `len` numbers in all.
pub(crate) fn of_rows<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    f: Activation,
    len: usize,
    z: Arg<'_, D>,
    y: Arg<'_, D>,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
) {
    let args = Args { activation: f, len, in_place: dy.is_none() };
    cx.run::<E::Op<ActivateBackward>, 4>(args, [z, y, dy, dx]);
}
