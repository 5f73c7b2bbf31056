//! [`Function`]: operations of one's own, with their derivative.

use core::marker::PhantomData;

use super::tensors::{Arguments, OneTensor, Tensors, Values};
use super::{Backward, Rule, Tracked, Var};
use crate::array::{Array, with_cpu};
use crate::device::Device;
use crate::memory::Arg;
use crate::{Cpu, Error, Op};

/// `T` (a tensor or a tuple of them) as it is on a tape.
pub type OnTape<T> = <T as Tensors>::On<Tracked>;

/// An operation of one's own on `Inputs` (a tensor, or a tuple of up to four), with its derivative. PyTorch's
/// `torch.autograd.Function`. [`apply`] runs it, [`gradcheck`](super::gradcheck) compares the derivative with
/// finite differences.
///
/// ```
/// use castiron::tape::{Function, OnTape, apply, gradcheck, gradgradcheck};
/// use castiron::{Error, Shape, Tape, Tensor, tensor};
///
/// /// y = x³
/// struct Cube;
/// impl<S: Shape<Elem = f64>> Function<Tensor<S>> for Cube {
///     const NAME: &'static str = "cube";
///     type Output = Tensor<S>;
///     type Saved = Tensor<S>;
///
///     fn forward(&self, x: &Tensor<S>) -> Result<(Tensor<S>, Tensor<S>), Error> {
///         Ok((x.square() * x, x.clone()))
///     }
///     fn backward(&self, x: OnTape<Tensor<S>>, dy: OnTape<Tensor<S>>) -> Result<OnTape<Tensor<S>>, Error> {
///         Ok(dy * x.square() * 3.0)
///     }
/// }
///
/// let tape = Tape::new();
/// let x = tape.watch(&tensor![f64; 1.0, 2.0]);
/// let y = apply(Cube, &x)?;
/// assert_eq!(y.sum().backward()?.get(&x), tensor![f64; 3.0, 12.0]);
///
/// gradcheck(|x| apply(Cube, &x), &tensor![f64; 1.0, 2.0]).unwrap();
/// gradgradcheck(|x| apply(Cube, &x), &tensor![f64; 1.0, 2.0]).unwrap();
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// What has no gradient (indices, options) is best a field of the type itself.
///
/// Backward is differentiated again where a graph is created, as what is saved is then on the tape too: inputs and
/// the output, which are recognised by their memory, and whatever is not a real number, which has no gradient.
/// Where something else is saved, or [`Function::ONCE`] is set, that is an [`Error::NoSecondDerivative`].
pub trait Function<Inputs: Tensors>: 'static {
    /// Its name in errors.
    const NAME: &'static str;
    /// Whether backward computes with more than operations on tensors (a kernel, a loop over the numbers), so that
    /// it cannot be differentiated again. PyTorch's `once_differentiable`.
    const ONCE: bool = false;
    /// The tensor that it computes.
    type Output: OneTensor;
    /// What backward needs: nothing (`()`), a tensor, or a tuple of them.
    type Saved: Tensors;

    /// y = f(x), and what backward needs. Nothing is recorded meanwhile.
    ///
    /// # Errors
    /// Whatever is wrong with the numbers.
    fn forward(&self, inputs: &Inputs) -> Result<(Self::Output, Self::Saved), Error>;

    /// The gradient of each input, given that of the output.
    ///
    /// # Errors
    /// Whatever goes wrong; the backward of which it is a part ends with it.
    fn backward(&self, saved: OnTape<Self::Saved>, dy: OnTape<Self::Output>)
    -> Result<OnTape<Inputs>, Error>;
}

/// Runs an operation of one's own, on a tape or off it: `apply(Cube, &x)`, `apply(Mix { k: 2 }, (&x, &y))`.
/// PyTorch's `Cube.apply(x)`.
///
/// # Errors
/// What its forward returns.
pub fn apply<F, A>(function: F, arguments: A) -> Result<<F::Output as Tensors>::On<A::Grad>, Error>
where
    A: Arguments,
    F: Function<A::Plain>,
{
    let mut inputs = Values::default();
    arguments.push(&mut inputs);
    let inputs = inputs.0;
    // What is saved is known by its memory, so two inputs that share theirs must not.
    let mut given: Vec<Array> = Vec::new();
    for input in &inputs {
        let mut array = input.array.clone();
        if given.iter().any(|earlier| is_same(earlier, &array)) {
            array.make_unique();
        }
        given.push(array);
    }
    let mut plain = given.iter().map(|array| Var::constant(array.clone())).collect();
    let (y, saved) = function.forward(&A::Plain::of(&mut plain))?;
    let (mut result, mut kept) = (Values::default(), Values::default());
    y.vars(&mut result);
    saved.vars(&mut kept);
    let y = result.0.pop_front().expect("an output is one tensor").array;
    let inputs: Vec<&Var> = inputs.iter().collect();
    let y = Var::record_with(y.clone(), &inputs, |output| {
        let mut known = true;
        let saved = kept.0.iter().map(|value| {
            if let Some(i) = given.iter().position(|input| is_same(input, &value.array)) {
                return inputs[i].save();
            }
            if is_same(&y, &value.array) {
                return output.save();
            }
            known &= !value.array.dtype.is_float();
            value.save()
        });
        let saved = saved.collect();
        (Custom { once: F::ONCE || !known, function, inputs: PhantomData }, saved)
    });
    Ok(F::Output::on(&mut Values::from_iter([y])))
}

/// Runs a kernel of one's own on this thread's device, for a [`Function::forward`]: what castiron's own eager
/// operations do.
///
/// ```
/// use castiron::op::{Memory, Spec};
/// use castiron::{Cpu, Error, Op, Rank1, Tensor, tape::run_op, tensor};
///
/// /// y ← −x
/// struct Negate;
/// impl Op for Negate {
///     const NAME: &'static str = "negate";
///     type Args = usize;
///     fn memory(&len: &usize, spec: &mut Spec) {
///         spec.read::<f32>(len).write::<f32>(len);
///     }
///     fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
///         let (x, y) = (memory.read::<f32>(0), memory.write::<f32>(1));
///         y.iter_mut().zip(x).for_each(|(y, x)| *y = -x);
///     }
/// }
///
/// let (x, mut y) = (tensor![1.0, 2.0], Tensor::<Rank1<2>>::zeros());
/// run_op::<Negate, 2>(&2, [x.borrow().arg(), y.borrow_mut().arg()])?;
/// assert_eq!(y, tensor![-1.0, -2.0]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// What the operation finds wrong with its memory or its data.
pub fn run_op<O: Op, const N: usize>(args: &O::Args, mut arguments: [Arg<'_, Cpu>; N]) -> Result<(), Error> {
    with_cpu(|cpu| {
        Device::run::<O>(cpu, args, &mut arguments);
        cpu.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
    })
}

/// [`run_op`] on any device, whose memory the arguments are. There it runs if the operation has code for it.
///
/// # Errors
/// What the operation finds wrong with its memory or its data.
pub fn run_op_on<O: Op, D: Device, const N: usize>(
    device: &D,
    args: &O::Args,
    mut arguments: [Arg<'_, D>; N],
) -> Result<(), Error> {
    device.run::<O>(args, &mut arguments);
    device.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
}

/// Whether both are the same numbers in the same memory.
fn is_same(a: &Array, b: &Array) -> bool {
    a.dims == b.dims && a.dtype == b.dtype && a.memory.is_same(a.start, &b.memory, b.start)
}

struct Custom<F, I> {
    function: F,
    once: bool,
    inputs: PhantomData<fn() -> I>,
}

impl<F: Function<I>, I: Tensors> Rule for Custom<F, I> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        if self.once && cx.recording() {
            return Err(Error::NoSecondDerivative { operation: F::NAME });
        }
        let saved = F::Saved::on::<Tracked>(&mut cx.all_saved().iter().cloned().collect());
        let dy = F::Output::on::<Tracked>(&mut Values::from_iter([dy]));
        let gradients = self.function.backward(saved, dy)?;
        let mut all = Values::default();
        I::vars_on::<Tracked>(&gradients, &mut all);
        for (i, gradient) in all.0.into_iter().enumerate() {
            cx.give(i, || gradient);
        }
        Ok(())
    }
}
