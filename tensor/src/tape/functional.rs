//! Derivatives of functions: products with Jacobians and Hessians, and these themselves. PyTorch's
//! `torch.autograd.functional`.
//!
//! Each function is called with a tensor on a tape of its own; other tensors that it uses are constants.

use super::{Differentiable, Gradients, Mode, Tape, Tracked, Var, backward};
use crate::array::{Array, Strides};
use crate::device::Storage;
use crate::shape::Element;
use crate::{Error, OneNumber, Shape, Tensor};

/// What a function that is differentiated may return: a tensor on the tape, or a `Result` of one.
pub trait Computed {
    /// The shape of the tensor.
    type Shape: Shape;
    /// Where it lies.
    type Device: Storage;
    /// The tensor.
    ///
    /// # Errors
    /// What the function has returned.
    fn computed(self) -> Result<Tensor<Self::Shape, Self::Device, Tracked>, Error>;
}
impl<S: Shape, D: Storage> Computed for Tensor<S, D, Tracked> {
    type Shape = S;
    type Device = D;
    fn computed(self) -> Result<Self, Error> {
        Ok(self)
    }
}
impl<S: Shape, D: Storage> Computed for Result<Tensor<S, D, Tracked>, Error> {
    type Shape = S;
    type Device = D;
    fn computed(self) -> Self {
        self
    }
}

/// f(x) and vᵀ·J, the product of `v` with the Jacobian of f at x: the gradient of ⟨v, f⟩. One pass forward and
/// backward. PyTorch's `torch.autograd.functional.vjp`.
///
/// ```
/// use castiron::{tape::vjp, tensor};
/// // J = diag(2x)
/// let (y, g) = vjp(|x| x.square(), &tensor![1.0, 2.0], &tensor![10.0, 100.0])?;
/// assert_eq!((y, g), (tensor![1.0, 4.0], tensor![20.0, 400.0]));
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// What `f` returns, and as [`Tensor::backward`].
#[allow(clippy::type_complexity)]
pub fn vjp<S: Shape, D: Storage, R: Computed<Device = D>>(
    f: impl FnOnce(Tensor<S, D, Tracked>) -> R,
    x: &Tensor<S, D>,
    v: &Tensor<R::Shape, D>,
) -> Result<(Tensor<R::Shape, D>, Tensor<S, D>), Error>
where
    S::Elem: Differentiable,
{
    let x = Tape::new().watch(x);
    let y = f(x.clone()).computed()?;
    let gradient = y.backward_with(v)?.get(&x);
    Ok((y.detach(), gradient))
}

/// f(x) and J·v, the derivative of f at x along `v`. Backward is walked twice: the gradient of ⟨u, f⟩ is Jᵀ·u, and
/// the gradient of ⟨v, Jᵀ·u⟩ with respect to u is J·v. So every operation of `f` needs a second derivative.
/// PyTorch's `torch.autograd.functional.jvp`.
///
/// ```
/// use castiron::{tape::jvp, tensor};
/// // J = diag(2x)
/// let (y, dy) = jvp(|x| x.square(), &tensor![3.0, 4.0], &tensor![1.0, 10.0])?;
/// assert_eq!((y, dy), (tensor![9.0, 16.0], tensor![6.0, 80.0]));
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// What `f` returns, as [`Tensor::backward`], and where an operation has no second derivative.
#[allow(clippy::type_complexity)]
pub fn jvp<S: Shape, D: Storage, R: Computed<Device = D>>(
    f: impl FnOnce(Tensor<S, D, Tracked>) -> R,
    x: &Tensor<S, D>,
    v: &Tensor<S, D>,
) -> Result<(Tensor<R::Shape, D>, Tensor<R::Shape, D>), Error>
where
    S::Elem: Differentiable,
    <R::Shape as Shape>::Elem: Differentiable,
{
    let tape = Tape::new();
    let x = tape.watch(x);
    let y = f(x.clone()).computed()?;
    let value = y.detach();
    let u = tape.watch(&Tensor::<R::Shape, D>::from_var(Var::constant(value.array().zeros_like())));
    let first: Gradients<Tracked> = y.walk(Some(u.as_var()), Mode::Create)?;
    let along = first.get(&x).backward_with(v)?.get(&u);
    Ok((value, along))
}

/// f(x) and H·v, the product of the Hessian of a function of one number with `v`: the gradient of ⟨v, ∇f⟩. Costs
/// about two gradients, however large x is. PyTorch's `torch.autograd.functional.vhp`.
///
/// ```
/// use castiron::{tape::hvp, tensor};
/// // f = Σx³: H = diag(6x)
/// let (y, hv) = hvp(|x| (x.square() * &x).sum(), &tensor![1.0, 2.0], &tensor![1.0, 10.0])?;
/// assert_eq!((*y, hv), (9.0, tensor![6.0, 120.0]));
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// What `f` returns, as [`Tensor::backward`], and where an operation has no second derivative.
#[allow(clippy::type_complexity)]
pub fn hvp<S: Shape, D: Storage, R: Computed<Device = D>>(
    f: impl FnOnce(Tensor<S, D, Tracked>) -> R,
    x: &Tensor<S, D>,
    v: &Tensor<S, D>,
) -> Result<(Tensor<R::Shape, D>, Tensor<S, D>), Error>
where
    S::Elem: Differentiable,
    R::Shape: OneNumber,
{
    let x = Tape::new().watch(x);
    let y = f(x.clone()).computed()?;
    let gradient = y.backward_create_graph()?.get(&x);
    let product = gradient.backward_with(v)?.get(&x);
    Ok((y.detach(), product))
}

/// Shapes whose numbers can be replaced by arrays.
pub trait Nested: Shape {
    /// This shape with an `S` in place of each number: `Of<[f32; 3]>` of `[f32; 2]` is `[[f32; 3]; 2]`.
    type Of<S: Shape>: Shape<Elem = S::Elem>;
}
impl<E: Element> Nested for E {
    type Of<S: Shape> = S;
}
impl<T: Nested, const N: usize> Nested for [T; N] {
    type Of<S: Shape> = [T::Of<S>; N];
}

/// The Jacobian of f at x: number \[i, j\] is ∂fᵢ/∂xⱼ, its dimensions those of f(x) and then those of x. One walk
/// backward per number of f(x). PyTorch's `torch.autograd.functional.jacobian`.
///
/// ```
/// use castiron::{tape::jacobian, tensor};
/// let a = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// let j = jacobian(|x| (&a * x).sum_axis::<1>(), &tensor![7.0, 8.0])?;
/// assert_eq!(j, a);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// What `f` returns, and as [`Tensor::backward`].
pub fn jacobian<S: Shape, D: Storage, R: Computed<Device = D>>(
    f: impl FnOnce(Tensor<S, D, Tracked>) -> R,
    x: &Tensor<S, D>,
) -> Result<Tensor<<R::Shape as Nested>::Of<S>, D>, Error>
where
    S::Elem: Differentiable,
    R::Shape: Nested,
{
    let x = Tape::new().watch(x);
    let y = f(x.clone()).computed()?;
    rows(&y.as_var(), &x.as_var()).map(|rows| Tensor::from_var(Var::constant(rows)))
}

/// The Hessian of a function of one number at x: number \[i, j\] is ∂²f/∂xᵢ∂xⱼ, its dimensions those of x twice.
/// One walk backward per number of x; for large x see [`hvp`]. PyTorch's `torch.autograd.functional.hessian`.
///
/// ```
/// use castiron::{tape::hessian, tensor};
/// // f = (Σx)²: every second derivative is 2.
/// let h = hessian(|x| x.sum().square(), &tensor![1.0, 2.0])?;
/// assert_eq!(h, tensor![[2.0, 2.0], [2.0, 2.0]]);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// # Errors
/// What `f` returns, as [`Tensor::backward`], and where an operation has no second derivative.
pub fn hessian<S: Shape + Nested, D: Storage, R: Computed<Device = D>>(
    f: impl FnOnce(Tensor<S, D, Tracked>) -> R,
    x: &Tensor<S, D>,
) -> Result<Tensor<S::Of<S>, D>, Error>
where
    S::Elem: Differentiable,
    R::Shape: OneNumber,
{
    let x = Tape::new().watch(x);
    let y = f(x.clone()).computed()?;
    let gradient = y.backward_create_graph()?.get(&x);
    rows(&gradient.as_var(), &x.as_var()).map(|rows| Tensor::from_var(Var::constant(rows)))
}

/// All derivatives of y with respect to x, the dimensions of both one after the other.
fn rows(y: &Var, x: &Var) -> Result<Array, Error> {
    let mut dims = y.array.dims;
    x.array.dims.as_slice().iter().for_each(|&size| dims.push(size));
    let mut all = x.array.zeros(dims, x.array.dtype);
    let whole = x.array.dims;
    for i in 0..y.array.dims.len() {
        let row = row(y, i, x)?;
        let to = Strides { start: i * whole.len(), ..Strides::of(&whole) };
        all.copy_from(&row, whole, Strides::of(&whole), to);
    }
    Ok(all)
}

/// The derivatives of number `i` of y with respect to x.
pub(super) fn row(y: &Var, i: usize, x: &Var) -> Result<Array, Error> {
    let gradients = match &y.handle {
        Some(root) => backward(root, Var::constant(unit(&y.array, i)), Mode::Retain)?,
        None => Vec::new(),
    };
    let serial = x.handle.as_ref().map(|handle| handle.serial);
    let gradient = gradients.into_iter().find(|item| Some(item.serial) == serial);
    Ok(gradient.map_or_else(|| x.array.zeros_like(), |item| item.gradient.array))
}

/// 1 at element `i`, 0 elsewhere, like `y`.
fn unit(y: &Array, i: usize) -> Array {
    y.zeros_like().with_number(i, 1.0)
}
