//! Parts of a model that is on a tape: its layers, and the parameters in them.

use castiron_kernels::strided::{self, Strided};
use castiron_kernels::{DType, Plain};

use super::{Backward, Grad, Rule, Var};
use crate::array::{Array, Dims, Operand, run};
use crate::device::Storage;
use crate::memory::{Aligned, Project};
use crate::params::Params;
use crate::{Error, Shape, Tensor};

impl<M: Plain, D: Storage, G: Grad> Project<M> for &Tensor<M, D, G> {
    type Of<F: Plain> = Tensor<F, D, G>;
    unsafe fn project<F: Plain>(self, offset: usize, _: fn(&M) -> *const F) -> Tensor<F, D, G> {
        let whole = Var { array: self.array_of(floats::<M>(), DType::F32), handle: self.handle().cloned() };
        Tensor::from_bytes(whole.part(offset, dims_of::<F>()))
    }
}

impl<M: Params, const N: usize, D: Storage, G: Grad> Tensor<[M; N], D, G> {
    /// Layer `i` of an array of layers, `None` beyond its end; no copy. A part of a tensor is
    /// [`select`](Tensor::select).
    pub fn layer(&self, i: usize) -> Option<Tensor<M, D, G>> {
        let dims = floats::<[M; N]>();
        let whole = Var { array: self.array_of(dims, DType::F32), handle: self.handle().cloned() };
        (i < N).then(|| Tensor::from_bytes(whole.part(i * size_of::<M>(), floats::<M>())))
    }
}

impl<S: Shape<Elem = f32>, D: Storage, G: Grad> Tensor<Aligned<S>, D, G> {
    /// The numbers of a parameter; no copy.
    pub fn numbers(&self) -> Tensor<S, D, G> {
        let dims = Dims::new(S::DIMS);
        let whole = self.array_of(floats::<Aligned<S>>(), DType::F32);
        let part = Var { array: whole, handle: self.handle().cloned() }.part(0, Dims::new(&[S::LEN]));
        Tensor::from_var(part.reshape(dims))
    }
}

/// The floats of a model, whose parameters are all f32, with what lies between them.
pub(super) fn floats<M: Plain>() -> Dims {
    const { assert!(size_of::<M>().is_multiple_of(size_of::<f32>()), "models consist of floats") };
    Dims::new(&[size_of::<M>() / size_of::<f32>()])
}

/// The dimensions of a field: those of its shape where it is numbers, so that their gradient has them too.
fn dims_of<F: Plain>() -> Dims {
    match F::AS_NUMBERS {
        Some(numbers) if numbers.dtype == DType::F32 => Dims::new(&numbers.dims[..numbers.rank]),
        _ => floats::<F>(),
    }
}

impl Var {
    /// The floats from byte `offset` on; no copy.
    fn part(&self, offset: usize, dims: Dims) -> Var {
        let total = self.array.dims;
        let array = Array { start: self.array.start + offset, dims, ..self.array.clone() };
        Var::record(array, &[self], || (Part { offset, total }, vec![]))
    }

    /// Zeros with these floats from byte `offset` on: the transpose of [`Var::part`].
    fn embed(&self, offset: usize, total: Dims) -> Var {
        let mut array = self.array.zeros(total, DType::F32);
        add_at(&mut array, offset, &self.array);
        let dims = self.array.dims;
        Var::record(array, &[self], || (Embed { offset, dims }, vec![]))
    }
}

/// y[offset..] += x
fn add_at(y: &mut Array, offset: usize, x: &Array) {
    let (len, offset) = (x.dims.len(), offset / size_of::<f32>());
    let mut args = strided::Args {
        dims: [1; strided::AXES],
        from: [0; strided::AXES],
        to: [0; strided::AXES],
        from_start: 0,
        to_start: offset,
        factor: 1.0,
        accumulate: true,
    };
    let last = strided::AXES - 1;
    (args.dims[last], args.from[last], args.to[last]) = (len, 1, 1);
    run::<Strided>(&args, &mut [Operand::Read(x), Operand::Write(y)]);
}

struct Part {
    offset: usize,
    total: Dims,
}
impl Rule for Part {
    fn name(&self) -> &'static str {
        "part"
    }
    fn part(&self) -> Option<usize> {
        Some(self.offset)
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        // Into the gradient of the whole, where others have begun it.
        match cx.take_sum(0) {
            Some(mut sum) if !cx.recording() => {
                add_at(&mut sum.array, self.offset, &dy.array);
                cx.give(0, || sum);
            }
            Some(sum) => cx.give(0, || sum.plus(dy.embed(self.offset, self.total))),
            None => cx.give(0, || dy.embed(self.offset, self.total)),
        }
        Ok(())
    }
}

struct Embed {
    offset: usize,
    dims: Dims,
}
impl Rule for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.part(self.offset, self.dims));
        Ok(())
    }
}
