//! From typed tensors to arrays of run-time shape, and back.

use core::marker::PhantomData;
use std::sync::Arc;

use castiron_kernels::{DType, Plain};

use super::{Tensor, out_of_memory};
use crate::array::{Array, Dims};
use crate::device::Storage;
use crate::tape::{Grad, Handle, Var};
use crate::{Element, Shape};

impl<S: Plain, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Its node, if it is on a tape.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        G::handle(&self.node)
    }

    /// Its memory as an array of the given dimensions; no copy.
    pub(crate) fn array_of(&self, dims: Dims, dtype: DType) -> Array {
        Array { memory: D::erase(Arc::clone(&self.memory)), start: self.start, dims, dtype }
    }

    /// The value that lies in the memory of an array, which must be as large.
    pub(crate) fn from_bytes(var: Var) -> Self {
        let Var { mut array, handle } = var;
        assert_eq!(array.bytes(), size_of::<S>(), "an array has the size of its type");
        // Numbers from a `Vec` and parts of arrays are aligned as numbers are; a model may ask for more.
        if !array.memory.is_aligned(array.start, align_of::<S>()) {
            let copy = array.memory.duplicate(array.start, size_of::<S>());
            (array.memory, array.start) = (copy.unwrap_or_else(|_| out_of_memory::<S>()), 0);
        }
        let memory = D::restore(array.memory).expect("operations stay on their device");
        Tensor { memory, start: array.start, node: G::node(handle), value: PhantomData }
    }

    /// The memory it lies in, and where.
    pub(crate) fn memory(&self) -> (&D::Memory, usize) {
        (&self.memory, self.start)
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Its numbers; no copy.
    pub(crate) fn array(&self) -> Array {
        self.array_of(Dims::new(S::DIMS), S::Elem::DTYPE)
    }

    /// Its numbers and its node.
    pub(crate) fn as_var(&self) -> Var {
        Var { array: self.array(), handle: self.handle().cloned() }
    }

    /// The typed tensor of what an operation computed, whose dimensions and elements must be those of `S`.
    pub(crate) fn from_var(var: Var) -> Self {
        assert_eq!(
            (var.array.dims.as_slice(), var.array.dtype),
            (S::DIMS, S::Elem::DTYPE),
            "an operation computed another shape than its type says"
        );
        Self::from_bytes(var)
    }
}

impl<S: Shape, D: Storage> Tensor<S, D> {
    /// Changes it in place; memory that clones or views share is copied first.
    pub(super) fn change(&mut self, f: impl FnOnce(&mut Array)) {
        let array = self.array();
        // While the array is changed it is the only owner; the tensor holds a block of nothing.
        let nothing = array.memory.sibling(0).ok().and_then(D::restore);
        if let Some(nothing) = nothing {
            self.memory = nothing;
        }
        let mut guard = Guard { tensor: self, array: Some(array) };
        if let Some(array) = &mut guard.array {
            f(array);
        }
    }
}

/// Gives an array back to its tensor, also where changing it panicked: a tensor always has its memory.
struct Guard<'a, S: Shape, D: Storage> {
    tensor: &'a mut Tensor<S, D>,
    array: Option<Array>,
}

impl<S: Shape, D: Storage> Drop for Guard<'_, S, D> {
    fn drop(&mut self) {
        if let Some(array) = self.array.take() {
            *self.tensor = Tensor::from_var(Var::constant(array));
        }
    }
}
