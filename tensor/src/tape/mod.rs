//! Recorded differentiation: a [`Tape`] records what is computed of the tensors on it, as it runs, so that
//! ordinary Rust control flow shapes the graph. PyTorch's define-by-run.
//!
//! It allocates, and decides at run time; it is for research, for losses of one's own, and for networks whose
//! structure depends on their data. What is known beforehand is faster as a [`model!`](crate::model), which can be
//! used on a tape too.

mod anomaly;
mod averages;
mod backward;
mod check;
mod function;
mod functional;
mod grad;
mod gradients;
mod handle;
mod module;
mod part;
mod record;
mod rule;
pub(crate) mod rules;
mod tensors;
mod var;

use std::rc::Rc;

pub(crate) use anomaly::notice;
pub use anomaly::{Anomaly, detect_anomaly};
use averages::Model;
pub(crate) use backward::{Mode, backward};
pub use check::{CheckError, Gradcheck, gradcheck, gradgradcheck};
pub use function::{Function, OnTape, apply, run_op, run_op_on};
pub use functional::{Computed, Nested, hessian, hvp, jacobian, jvp, vjp};
pub use grad::{Both, Grad, OffTape, Or, Tracked, Untracked};
pub use gradients::Gradients;
pub use handle::Handle;
pub use module::manual_seed;
use record::{Kind, Record};
pub(crate) use rule::{Backward, Rule};
#[doc(hidden)]
pub use tensors::Values;
pub use tensors::{Arguments, OneTensor, Tensors};
pub(crate) use var::Var;

use crate::array::Array;
use crate::device::Storage;
use crate::{Shape, Tensor};

/// Records what is computed of the tensors on it.
///
/// ```
/// use castiron::{Tape, tensor};
///
/// // y = x² + 2x + 1 at 2
/// let tape = Tape::new();
/// let x = tape.watch(&tensor![2.0]);
/// let y = x.square() + 2.0 * &x + 1.0;
/// let gradients = y.backward()?;
/// assert_eq!(gradients.get(&x)[0], 6.0);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// A tape is for one thread. What backward has walked over is released; what is left goes with the tape and the
/// tensors on it.
#[derive(Clone)]
pub struct Tape {
    record: Rc<Record>,
}

impl Tape {
    /// An empty tape.
    pub fn new() -> Self {
        Tape { record: Record::new() }
    }

    /// Puts `x` on the tape: what is computed of the tensor that this returns is recorded. No numbers are copied.
    /// PyTorch's `x.requires_grad_()`.
    pub fn watch<S: Shape, D: Storage>(&self, x: &Tensor<S, D>) -> Tensor<S, D, Tracked>
    where
        S::Elem: Differentiable,
    {
        Tensor::from_var(self.leaf(x.array(), None))
    }

    pub(super) fn leaf(&self, array: Array, model: Option<Model>) -> Var {
        let handle = self.record.push(array.dims, Kind::Leaf(model));
        Var { array, handle: Some(handle) }
    }

    /// Runs `f` without recording: what it computes is constant to backward. PyTorch's `torch.no_grad()`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![1.0, 2.0]);
    /// let scale = tape.no_grad(|| x.sum());
    /// let gradients = (&x / scale).sum().backward()?;
    /// // As if the scale were a number.
    /// assert_eq!(gradients.get(&x), tensor![1.0, 1.0] / 3.0);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn no_grad<R>(&self, f: impl FnOnce() -> R) -> R {
        self.record.recording_while(false, f)
    }

    /// How many results it holds.
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Tape {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Tape {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Tape of {} results", self.len())
    }
}

/// The elements that have a gradient: numbers that approximate reals.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no gradient: only tensors of f32, f64, bf16 and f16 can be on a tape",
    label = "not a real number",
    note = "`x.cast::<f32>()` makes real numbers of integers"
)]
pub trait Differentiable: crate::Element {}
impl Differentiable for f32 {}
impl Differentiable for f64 {}
impl Differentiable for crate::bf16 {}
impl Differentiable for crate::f16 {}
