//! The same on a GPU, where there is one: a real one, or the driver that `tests/cuda` builds, which runs kernels on
//! the CPU.

use castiron_kernels::cuda::Cuda;

use super::case::{Case, Outcome};
use super::memory::{Junk, float};
use super::{Probe, leaves};
use crate::params::Kind;
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
    let (zero, places) = (Tensor::<M>::zeros(), &case.places);
    let there = case.run(&gpu, &zero, true, Junk::NAN);
    compare("y", &there.y, &want.y, places.y.iter().copied(), &places.real_y);
    compare("the inferred y", &there.inferred, &want.inferred, places.y.iter().copied(), &places.real_y);
    let dx: Vec<usize> = places.dx.iter().map(|(at, _)| *at).collect();
    compare("dx", &there.dx, &want.dx, places.dx.iter().copied(), &dx);
    for (there, want) in there.states.iter().zip(&want.states) {
        let all: Vec<usize> = (0..want.len() / 4).map(|i| 4 * i).collect();
        compare("the state", there, want, all.iter().map(|at| (*at, 4)), &all);
    }
    leaves::<M>(|name, offset, len, kind| {
        if kind != Kind::Frozen {
            let all: Vec<usize> = (0..len).map(|i| offset + 4 * i).collect();
            compare(name, &there.dp, &want.dp, all.iter().map(|at| (*at, 4)), &all);
        }
    });
    let again = case.run(&gpu, &zero, true, Junk::LARGE);
    there.equals(&again, places, true, "on a GPU, with other junk in its memory");
    let without = case.run(&gpu, &zero, false, Junk::LARGE);
    there.equals(&without, places, false, "on a GPU, when dx is not wanted");
}

/// Compares what lies at `places`: real numbers nearly, all else exactly.
pub(super) fn compare(
    name: &str,
    got: &[u8],
    want: &[u8],
    places: impl Iterator<Item = (usize, usize)>,
    real: &[usize],
) {
    for (at, size) in places {
        if real.binary_search(&at).is_ok() {
            let (got, want) = (float(got, at), float(want, at));
            assert!(
                (got - want).abs() <= TOLERANCE * (1.0 + want.abs()),
                "on a GPU, `{name}` at byte {at} is {got}, not {want}"
            );
        } else {
            let (got, want) = (&got[at..][..size], &want[at..][..size]);
            assert!(got == want, "on a GPU, `{name}` at byte {at} has the bytes {got:?}, not {want:?}");
        }
    }
}
