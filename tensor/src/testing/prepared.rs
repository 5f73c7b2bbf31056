//! Inference with prepared parameters.

use super::Probe;
use super::case::{self, Case};
use super::memory::{Guarded, Junk, put, real};
use crate::device::{Offsets, Storage};
use crate::{Batch, Cpu, Cx, Prepare, Tensor, WeightElement};

/// Checks that inference with prepared parameters gives what inference gives, up to rounding; and that it
/// reads no scratch memory and no dead rows, writes only what is its own, and gives the same bits on a device
/// whose addresses cannot be dereferenced.
///
/// ```
/// use castiron::{prelude::*, testing};
/// #[derive(Module)]
/// #[module(input = [2, 4, 4], output = [3, 4, 4])]
/// #[repr(C)]
/// struct Net {
///     conv: Conv2d<2, 3, 3, 1, 1>,
///     norm: BatchNorm2d<3>,
/// }
/// testing::check_prepared::<Net, 4>(3, 0, 0);
/// ```
///
/// # Panics
/// When that is not so.
pub fn check_prepared<M: Prepare<Input: Probe, Output: Probe>, const B: usize>(
    rows: usize,
    seed: u64,
    classes: i32,
) {
    assert!((1..B).contains(&rows), "give fewer rows than the capacity, and at least one");
    let case = Case::<M, M::Input, M::Output, B>::draw(rows, seed, classes);
    let cpu = Cpu::new();
    let want = case.run(&cpu, &Tensor::zeros(), false, Junk::NAN).inferred;
    let got = case.infer_prepared::<f32, _>(&cpu, Junk::NAN);
    let largest = case.places.real_y.iter().fold(1.0, |largest: f32, at| largest.max(real(&want, *at).abs()));
    for (i, at) in case.places.real_y.iter().enumerate() {
        let (got, want) = (real(&got, *at), real(&want, *at));
        let close = (got - want).abs() <= 1e-4 * largest;
        assert!(close, "number {i} is {got} with prepared parameters, {want} without");
    }
    let bytes =
        case.device_bytes() + Guarded::<M::Weights<f32>, Cpu>::BYTES + Guarded::<M::Scratch<B>, Cpu>::BYTES;
    let offsets = Offsets::new(bytes).expect("memory for the test");
    let others = [
        ("with other junk in its memory", case.infer_prepared::<f32, _>(&cpu, Junk::LARGE)),
        ("on the offset device", case.infer_prepared::<f32, _>(&offsets, Junk::NAN)),
    ];
    for (circumstances, other) in others {
        let same = case
            .places
            .y
            .iter()
            .all(|(at, dtype)| got[*at..][..dtype.size()] == other[*at..][..dtype.size()]);
        assert!(same, "prepared inference gives other bits {circumstances}");
    }
    #[cfg(feature = "cuda")]
    if let Some(gpu) = super::gpu::gpu() {
        let there = case.infer_prepared::<f32, _>(&gpu, Junk::NAN);
        super::gpu::compare("y", &there, &got, &case.places.y);
    }
}

impl<M: Prepare<Input: Probe, Output: Probe>, const B: usize> Case<M, M::Input, M::Output, B> {
    fn infer_prepared<E: WeightElement, D: Storage>(&self, device: &D, junk: Junk) -> Vec<u8> {
        let (model, x, step) = (put(&*self.model, device), put(&*self.x, device), put(&self.step, device));
        let cx = Cx::new(device, self.rows, step.borrow());
        let mut weights = junk.guarded::<M::Weights<E>, D>(device);
        M::prepare::<E, D>(&Cx::new(device, 1, step.borrow()), model.borrow(), weights.borrow_mut());
        let before = weights.read("the prepared parameters", device);
        let mut y = junk.guarded::<Batch<M::Output, B>, D>(device);
        let mut state = Guarded::<M::State<B>, D>::copy(&self.state, junk, device);
        let mut scratch = junk.guarded::<M::Scratch<B>, D>(device);
        M::infer_prepared::<E, D, B>(
            &cx,
            weights.borrow(),
            x.borrow(),
            y.borrow_mut(),
            state.borrow_mut(),
            scratch.borrow_mut(),
        );
        assert_eq!(device.take_fault(), None, "an operation failed");
        scratch.read("the scratch memory of prepared inference", device);
        assert!(weights.read("the prepared parameters", device) == before, "the prepared parameters changed");
        let y = y.read("y", device);
        let finite = self.places.real_y.iter().all(|place| real(&y, *place).is_finite());
        assert!(finite, "prepared inference read what it may not, or left outputs unwritten ({junk:?})");
        assert!(
            junk.untouched_but(&y, &case::sizes(&self.places.y)),
            "prepared inference wrote beyond the live rows"
        );
        y
    }
}
