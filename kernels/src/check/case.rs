//! A case, the type of its operation erased: what checks do is compiled once, and not for every operation.

use core::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use super::{Checked, Data, Random};
#[cfg(feature = "cuda")]
use crate::cuda::{Cuda, Place};
use crate::{Cpu, DType, Mode, Op, Raw, Spec};

/// An operation with arguments.
pub(super) trait Call {
    fn spec(&self) -> Spec;
    fn cpu<'a>(&self, cpu: &Cpu, memory: &'a mut [Raw<'a>]);
    /// # Safety
    /// As of [`Cuda::run`].
    #[cfg(feature = "cuda")]
    unsafe fn cuda(&self, gpu: &Cuda, memory: &[Place]);
}

/// The same, and what is known of it: see [`Checked`].
pub(super) trait Case: Call + Debug {
    fn dtype(&self, i: usize) -> DType;
    fn fill(&self, i: usize, len: usize, random: &mut Random) -> Data;
    fn reference(&self, memory: &mut [Vec<f64>]);
    fn tolerance_at(&self, i: usize) -> f64;
    fn in_place(&self) -> Option<(AnyCase, [usize; 2])>;
}

/// A case of any operation.
pub(super) type AnyCase = Arc<dyn Case>;

/// An operation's case.
pub(super) fn of<O: Checked>(args: O::Args) -> AnyCase
where
    O::Args: Debug,
{
    Arc::new(Of::<O>(args))
}

/// The arguments of an operation.
pub(super) struct Of<O: Op>(pub O::Args);

impl<O: Op<Args: Debug>> Debug for Of<O> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<O: Op> Call for Of<O> {
    fn spec(&self) -> Spec {
        Spec::of::<O>(&self.0)
    }
    fn cpu<'a>(&self, cpu: &Cpu, memory: &'a mut [Raw<'a>]) {
        cpu.run::<O>(&self.0, memory);
    }
    #[cfg(feature = "cuda")]
    unsafe fn cuda(&self, gpu: &Cuda, memory: &[Place]) {
        // SAFETY: the caller's promise.
        unsafe { gpu.run::<O>(&self.0, memory) }
    }
}

impl<O: Checked<Args: Debug>> Case for Of<O> {
    fn dtype(&self, i: usize) -> DType {
        O::dtype(&self.0, i)
    }
    fn fill(&self, i: usize, len: usize, random: &mut Random) -> Data {
        O::fill(&self.0, i, len, random)
    }
    fn reference(&self, memory: &mut [Vec<f64>]) {
        O::reference(&self.0, memory);
    }
    fn tolerance_at(&self, i: usize) -> f64 {
        O::tolerance_at(&self.0, i)
    }
    fn in_place(&self) -> Option<(AnyCase, [usize; 2])> {
        O::in_place(&self.0).map(|(args, which)| (of::<O>(args), which))
    }
}

/// The contents of the arguments, which follow from `seed`, and what the reference makes of them.
pub(super) fn contents(case: &dyn Case, seed: u64) -> (Spec, Vec<Data>, Vec<Vec<f64>>) {
    let spec = case.spec();
    let mut random = Random::new(seed);
    let inputs: Vec<Data> = spec
        .items()
        .iter()
        .enumerate()
        .map(|(i, access)| {
            let dtype = case.dtype(i);
            let len = access.bytes / dtype.size();
            match access.mode {
                Mode::Write => Data::poison(dtype, len),
                Mode::Read | Mode::Update => case.fill(i, len, &mut random),
            }
        })
        .collect();
    let mut want: Vec<Vec<f64>> =
        inputs.iter().zip(spec.items()).map(|(data, access)| data.widen(access.mode)).collect();
    case.reference(&mut want);
    (spec, inputs, want)
}
