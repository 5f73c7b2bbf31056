//! The same on a GPU, where there is one: a real one, or the driver that `tests/cuda` builds, which runs kernels on
//! the CPU.

use castiron_kernels::cuda::Cuda;

use super::case::{Case, Outcome};
use super::memory::{Junk, Place, is_real, real};
use super::{Probe, leaves, rounding};
use crate::params::Kind;
use crate::shape::DType;
use crate::{Module, Tensor};

/// What sums in another order may differ by, of 1 + |x|.
const TOLERANCE: f32 = 1e-4;

/// The GPU of one check: checks run at the same time, and each wants to see its own faults.
pub(super) fn gpu() -> Option<Cuda> {
    match Cuda::new(0) {
        Ok(gpu) => Some(gpu),
        Err(missing) => {
            assert!(std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none(), "{missing}");
            None
        }
    }
}

/// Fails where the first GPU gives other numbers than `want`, or other bits from one run to the next.
pub(super) fn check<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize>(
    case: &Case<M, X, Y, B>,
    want: &Outcome,
) {
    let Some(gpu) = gpu() else { return };
    let (zero, places) = (Tensor::zeros(), &case.places);
    let there = case.run(&gpu, &zero, true, Junk::NAN);
    compare("y", &there.y, &want.y, &places.y);
    compare("the inferred y", &there.inferred, &want.inferred, &places.y);
    compare("dx", &there.dx, &want.dx, &places.dx);
    let floats = |from: usize, len: usize| (0..len).map(|i| (from + 4 * i, DType::F32)).collect::<Vec<_>>();
    for (there, want) in there.states.iter().zip(&want.states) {
        compare("the state", there, want, &floats(0, want.len() / 4));
    }
    leaves::<M::With<f32>>(|name, offset, len, kind| {
        if kind != Kind::Frozen {
            compare(name, &there.dp, &want.dp, &floats(offset, len));
        }
    });
    let again = case.run(&gpu, &zero, true, Junk::LARGE);
    there.equals(&again, places, true, "on a GPU, with other junk in its memory");
    let without = case.run(&gpu, &zero, false, Junk::LARGE);
    there.equals(&without, places, false, "on a GPU, when dx is not wanted");
}

/// Compares what lies at `places`: real numbers nearly, all else exactly.
pub(super) fn compare(name: &str, got: &[u8], want: &[u8], places: &[Place]) {
    for &(at, dtype) in places {
        if is_real(dtype) {
            let (got, want) = (real(got, (at, dtype)), real(want, (at, dtype)));
            assert!(
                (got - want).abs() <= (TOLERANCE + rounding(dtype)) * (1.0 + want.abs()),
                "on a GPU, `{name}` at byte {at} is {got}, not {want}"
            );
        } else {
            let (got, want) = (&got[at..][..dtype.size()], &want[at..][..dtype.size()]);
            assert!(got == want, "on a GPU, `{name}` at byte {at} has the bytes {got:?}, not {want:?}");
        }
    }
}
