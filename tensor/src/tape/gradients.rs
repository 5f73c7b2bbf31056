//! [`Gradients`]: what backward returns.

use core::marker::PhantomData;

use castiron_kernels::{DType, Plain};

use super::averages::{Averages, replace};
use super::grad::{Grad, Tracked, Untracked};
use super::var::Var;
use crate::Tensor;
use crate::array::{Array, Dims};
use crate::device::Storage;

/// The gradients of one scalar with respect to every tracked tensor that was held when it was computed.
///
/// ```
/// use castiron::{Tape, tensor};
/// let tape = Tape::new();
/// let x = tape.watch(&tensor![1.0, 2.0, 3.0]);
/// let gradients = x.square().sum().backward()?;
/// assert_eq!(gradients.get(&x), tensor![2.0, 4.0, 6.0]);
/// # Ok::<(), castiron::Error>(())
/// ```
pub struct Gradients<G: Grad = Untracked> {
    /// By the number of the node.
    items: Vec<Item>,
    recorded: PhantomData<G>,
}

impl<G: Grad> Gradients<G> {
    pub(crate) fn new(mut items: Vec<Item>) -> Self {
        items.sort_unstable_by_key(|item| item.serial);
        Gradients { items, recorded: PhantomData }
    }

    /// The gradient with respect to `x`, a tensor or a model, which has its type; zero where the scalar does not
    /// depend on `x`. No numbers are copied.
    pub fn get<S: Plain, D: Storage>(&self, x: &Tensor<S, D, Tracked>) -> Tensor<S, D, G> {
        match x.handle().and_then(|handle| self.find(handle.serial)) {
            Some(gradient) => Tensor::from_bytes(gradient.clone()),
            None => {
                let bytes = x.array_of(Dims::new(&[size_of::<S>()]), DType::U8);
                let mut zeros = bytes.zeros_like();
                let model = x.handle().and_then(|handle| handle.record.model(handle.index));
                if let Some(model) = model {
                    zeros = Array { dims: model.array.dims, dtype: DType::F32, ..zeros };
                    model.complete(&mut zeros, 0, &[]);
                }
                Tensor::from_bytes(Var::constant(zeros))
            }
        }
    }

    /// Whether the scalar depends on `x`.
    pub fn contains<S: Plain, D: Storage>(&self, x: &Tensor<S, D, Tracked>) -> bool {
        x.handle().is_some_and(|handle| self.find(handle.serial).is_some())
    }

    pub(crate) fn find(&self, serial: u64) -> Option<&Var> {
        let i = self.items.binary_search_by_key(&serial, |item| item.serial).ok()?;
        Some(&self.items[i].gradient)
    }
}

impl Gradients {
    /// Adds the gradients of another scalar: what PyTorch does in `x.grad` when `backward()` is called again.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![1.0, 2.0]);
    /// let mut gradients = x.square().sum().backward()?;
    /// gradients.accumulate((&x * 10.0).sum().backward()?);
    /// assert_eq!(gradients.get(&x), tensor![12.0, 14.0]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn accumulate(&mut self, other: Gradients) {
        for other in other.items {
            match self.items.binary_search_by_key(&other.serial, |item| item.serial) {
                Ok(i) => self.items[i].add(other),
                Err(i) => self.items.insert(i, other),
            }
        }
    }
}

/// The gradient with respect to one node.
pub(crate) struct Item {
    pub(super) serial: u64,
    pub(super) gradient: Var,
    /// Its running averages, if it is that of a model which has some.
    pub(super) averages: Option<Averages>,
}

impl Item {
    fn add(&mut self, other: Item) {
        // Taken out, so that it is not shared and need not be copied.
        let sum = std::mem::replace(&mut self.gradient, other.gradient.clone());
        let Some(averages) = self.averages else {
            self.gradient = sum.plus(other.gradient);
            return;
        };
        let statistics = if averages.seen { sum.array.clone() } else { other.gradient.array.clone() };
        self.gradient = sum.plus(other.gradient);
        replace(&mut self.gradient.array, averages.runs, &statistics);
        self.averages = if averages.seen { self.averages } else { other.averages };
    }
}

impl<G: Grad> core::fmt::Debug for Gradients<G> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Gradients of {} tensors", self.items.len())
    }
}
