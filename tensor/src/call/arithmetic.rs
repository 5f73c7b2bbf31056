//! Elementwise arithmetic, for samples of `len` numbers.

use castiron_kernels::Precision;
use castiron_kernels::arithmetic::{
    AddAssign, Affine, AffineArgs, Binary, BinaryArgs, CopyBytes, CopyElements, Fill, FillArgs, Reciprocal,
    ReciprocalArgs,
};

pub use castiron_kernels::arithmetic::BinaryOp;

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// y = a ∘ b; `a` may be in place: y = y ∘ b. PyTorch's `a + b`, `a - b`, `a * b`, `a / b`.
///
/// ```
/// use castiron::call::arithmetic::{self, BinaryOp};
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let (b, mut y) = ([2.0f32, 3.0], [5.0f32, 7.0]);
/// arithmetic::binary(&cx, BinaryOp::Sub, 2, Arg::none(), Ref::from(&b).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [3.0, 4.0]);
/// ```
pub fn binary<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    op: BinaryOp,
    len: usize,
    a: Arg<'_, D>,
    b: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = BinaryArgs { op, len: cx.rows() * len, in_place: a.is_none() };
    cx.run::<E::Op<Binary>, 3>(args, [a, b, y]);
}

/// y = y + x: what joins the gradients of a value that is used twice. PyTorch's `y.add_(x)`.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// let (x, mut y) = ([[1.0f32], [2.0]], [[10.0f32], [20.0]]);
/// arithmetic::add_assign(&cx, 1, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [[11.0], [22.0]]);
/// ```
pub fn add_assign<D: Device, E: Precision>(cx: &Cx<'_, D, E>, len: usize, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<E::Op<AddAssign>, 2>(cx.rows() * len, [x, y]);
}

/// y = scale·x + shift; `x` may be in place. PyTorch's `scale * x + shift`.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let (x, mut y) = ([1.0f32, 2.0], [0.0f32; 2]);
/// arithmetic::affine(&cx, 2, 10.0, 0.5, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [10.5, 20.5]);
/// ```
pub fn affine<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    len: usize,
    scale: f32,
    shift: f32,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = AffineArgs { len: cx.rows() * len, scale, shift, in_place: x.is_none() };
    cx.run::<E::Op<Affine>, 2>(args, [x, y]);
}

/// y = numerator / x; `x` may be in place. PyTorch's `numerator / x`.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let mut y = [2.0f32, 4.0];
/// arithmetic::reciprocal(&cx, 2, 1.0, Arg::none(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [0.5, 0.25]);
/// ```
pub fn reciprocal<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    len: usize,
    numerator: f32,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = ReciprocalArgs { len: cx.rows() * len, numerator, in_place: x.is_none() };
    cx.run::<E::Op<Reciprocal>, 2>(args, [x, y]);
}

/// y = x. PyTorch's `y.copy_(x)`.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// // Two live samples of a batch of three.
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// let (x, mut y) = ([1.0f32, 2.0, 3.0], [0.0f32; 3]);
/// arithmetic::copy(&cx, 1, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [1.0, 2.0, 0.0]);
/// ```
pub fn copy<D: Device, E: Precision>(cx: &Cx<'_, D, E>, len: usize, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<E::Op<CopyElements>, 2>(cx.rows() * len, [x, y]);
}

/// y = x, of samples of `bytes` bytes, whatever they hold.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// // Two live samples of a batch of three.
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// let (x, mut y) = ([[1u8, 2, 3]; 3], [[0u8; 3]; 3]);
/// arithmetic::copy_bytes(&cx, 3, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [[1, 2, 3], [1, 2, 3], [0, 0, 0]]);
/// ```
pub fn copy_bytes<D: Device, E: Precision>(cx: &Cx<'_, D, E>, bytes: usize, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<CopyBytes, 2>(cx.rows() * bytes, [x, y]);
}

/// y = value, everywhere. PyTorch's `y.fill_(value)`.
///
/// ```
/// use castiron::call::arithmetic;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let mut y = [0.0f32; 2];
/// arithmetic::fill(&cx, 2, 1.5, Mut::from(&mut y).into_arg());
/// assert_eq!(y, [1.5, 1.5]);
/// ```
pub fn fill<D: Device, E: Precision>(cx: &Cx<'_, D, E>, len: usize, value: f32, y: Arg<'_, D>) {
    cx.run::<E::Op<Fill>, 1>(FillArgs { len: cx.rows() * len, value }, [y]);
}
