//! One module with numbers for everything, and what it computes on a device.

use core::ops::Range;

use castiron_kernels::Step;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Probe;
use super::memory::{Guarded, Junk, Place, bytes, bytes_mut, float, is_real, put, real, set_float, set_real};
use crate::device::Storage;
use crate::params::{Kind, Params, init, visit};
use crate::shape::DType;
use crate::{Batch, Cpu, Cx, GradBatch, Module, Tensor};

/// A module, a batch, the gradient of a loss with respect to its output.
pub(super) struct Case<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> {
    pub(super) model: Tensor<M>,
    pub(super) x: Tensor<Batch<X, B>>,
    pub(super) dy: Tensor<GradBatch<Y, B>>,
    pub(super) state: Tensor<M::State<B>>,
    pub(super) rows: usize,
    pub(super) step: Step,
    pub(super) places: Places,
}

/// Where the live numbers are.
#[derive(Clone)]
pub(super) struct Places {
    pub(super) x: Vec<Place>,
    pub(super) y: Vec<Place>,
    pub(super) dy: Vec<Place>,
    pub(super) dx: Vec<Place>,
    /// The real ones of `x` and `y`: those have gradients, in the same order.
    pub(super) real_x: Vec<Place>,
    pub(super) real_y: Vec<Place>,
    pub(super) trained: Vec<Trained>,
    /// Offset and length of the gradients' slots of leaves that nobody trains: nobody reads what they hold.
    pub(super) frozen: Vec<(usize, usize)>,
}

/// A trained number.
#[derive(Clone)]
pub(super) struct Trained {
    pub(super) name: String,
    /// In the model.
    pub(super) at: Place,
    /// That of its gradient, which is `f32`.
    pub(super) slot: usize,
}

/// What a module gave, as bytes.
pub(super) struct Outcome {
    pub(super) y: Vec<u8>,
    pub(super) inferred: Vec<u8>,
    pub(super) dx: Vec<u8>,
    pub(super) dp: Vec<u8>,
    pub(super) states: [Vec<u8>; 2],
}

impl<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> Case<M, X, Y, B> {
    /// Numbers from `seed`; integers are below `classes`.
    pub(super) fn draw(rows: usize, seed: u64, classes: i32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut signed = move || 2.0 * rng.random::<f32>() - 1.0;
        let mut case = Case::<M, X, Y, B> {
            model: init::<M>(seed),
            x: Tensor::zeros(),
            dy: Tensor::zeros(),
            state: Tensor::zeros(),
            rows,
            step: Step { seed, draw: 3, ..Step::new() },
            places: Self::places(rows),
        };
        // Initial values with zeros and ones hide mistakes.
        let model = bytes_mut(&mut *case.model);
        visit::<M>(|_, offset, leaf| {
            let count = if is_real(leaf.dtype) { leaf.dims.len() } else { 0 };
            for place in (0..count).map(|i| (offset + leaf.dtype.size() * i, leaf.dtype)) {
                set_real(model, place, real(model, place) + 0.3 * signed());
            }
        });
        Junk::NAN.fill(&mut *case.x);
        Junk::NAN.fill(&mut *case.dy);
        X::fill::<B>(&mut case.x, rows, &mut |dtype| match dtype {
            DType::I8 | DType::U8 | DType::I32 | DType::I64 | DType::Bool => {
                ((0.5 + 0.5 * signed()) * classes as f32) as u32 % classes.max(1) as u32
            }
            _ => signed().to_bits(),
        });
        for place in &case.places.dy {
            set_real(bytes_mut(&mut *case.dy), *place, signed());
        }
        // Of whole numbers of four bytes, as all states are.
        let state = bytes_mut(&mut *case.state);
        (0..state.len() / 4).for_each(|i| set_float(state, 4 * i, signed()));
        case
    }

    fn places(rows: usize) -> Places {
        let found = |list: fn(Range<usize>, usize, &mut Vec<Place>)| {
            let mut found = Vec::new();
            list(0..rows, 0, &mut found);
            found
        };
        let reals =
            |found: &[Place]| found.iter().copied().filter(|(_, dtype)| is_real(*dtype)).collect::<Vec<_>>();
        let x = found(X::numbers::<B>);
        let y = found(Y::numbers::<B>);
        let dx = found(X::gradients::<B>);
        let dy = found(Y::gradients::<B>);
        let (real_x, real_y) = (reals(&x), reals(&y));
        assert_eq!(real_x.len(), dx.len(), "every real number of the input has a gradient");
        assert_eq!(real_y.len(), dy.len(), "every real number of the output has a gradient");
        let (mut trained, mut slots, mut frozen) = (Vec::new(), Vec::new(), Vec::new());
        visit::<M>(|path, offset, leaf| {
            if leaf.kind == Kind::Trained && is_real(leaf.dtype) {
                let place = |i| (offset + leaf.dtype.size() * i, leaf.dtype);
                trained.extend((0..leaf.dims.len()).map(|i| (format!("`{path}`[{i}]"), place(i))));
            }
        });
        visit::<M::With<f32>>(|_, offset, leaf| match leaf.kind {
            Kind::Trained if is_real(leaf.dtype) => {
                slots.extend((0..leaf.dims.len()).map(|i| offset + 4 * i));
            }
            Kind::Frozen => frozen.push((offset, leaf.dims.len() * leaf.dtype.size())),
            _ => {}
        });
        let trained = trained.into_iter().zip(slots).map(|((name, at), slot)| Trained { name, at, slot });
        Places { x, y, dy, dx, real_x, real_y, trained: trained.collect(), frozen }
    }

    /// `infer`, `forward` and `backward` on a device, each with junk in all memory that it may not read,
    /// and more behind all memory that it may write. `dp` is what gradients are added to.
    pub(super) fn run<D: Storage>(
        &self,
        device: &D,
        dp: &M::With<f32>,
        with_dx: bool,
        junk: Junk,
    ) -> Outcome {
        let (model, x, dy) = (put(&*self.model, device), put(&*self.x, device), put(&*self.dy, device));
        let step = put(&self.step, device);
        let cx = Cx::new(device, self.rows, step.borrow());
        let (p, x) = (model.borrow(), x.borrow());

        let mut inferred = junk.guarded::<Batch<Y, B>, D>(device);
        let mut infer_state = Guarded::<M::State<B>, D>::copy(&self.state, junk, device);
        let mut scratch = junk.guarded::<M::InferScratch<B>, D>(device);
        M::infer::<D, B>(&cx, p, x, inferred.borrow_mut(), infer_state.borrow_mut(), scratch.borrow_mut());
        scratch.read("the scratch memory of infer", device);

        let mut y = junk.guarded::<Batch<Y, B>, D>(device);
        let mut state = Guarded::<M::State<B>, D>::copy(&self.state, junk, device);
        let mut saved = junk.guarded::<M::Saved<B>, D>(device);
        let mut scratch = junk.guarded::<M::TrainScratch<B>, D>(device);
        M::forward::<D, B>(
            &cx,
            p,
            x,
            y.borrow_mut(),
            state.borrow_mut(),
            saved.borrow_mut(),
            scratch.borrow_mut(),
        );
        scratch.read("the scratch memory of forward", device);
        let y_before = y.read("y", device);
        saved.read("what forward saves", device);

        let mut dx = junk.guarded::<GradBatch<X, B>, D>(device);
        let mut gradient = Guarded::copy(dp, junk, device);
        let mut scratch = junk.guarded::<M::TrainScratch<B>, D>(device);
        M::backward::<D, B>(
            &cx,
            p,
            x,
            y.borrow(),
            saved.borrow_mut(),
            dy.borrow(),
            with_dx.then(|| dx.borrow_mut()),
            gradient.borrow_mut(),
            scratch.borrow_mut(),
        );
        scratch.read("the scratch memory of backward", device);
        assert_eq!(device.take_fault(), None, "an operation failed");
        assert!(y.read("y", device) == y_before, "backward changed y");
        saved.read("what forward saves", device);
        assert!(bytes(&*model.to_cpu(device)) == bytes(&*self.model), "the parameters changed");

        let outcome = Outcome {
            y: y_before,
            inferred: inferred.read("the inferred y", device),
            dx: dx.read("dx", device),
            dp: gradient.read("dp", device),
            states: [&infer_state, &state].map(|state| state.read("the state", device)),
        };
        outcome.check(&self.places, with_dx, junk);
        outcome
    }

    /// ⟨dy, forward(x)⟩ over the live rows.
    pub(super) fn objective(&self, cpu: &Cpu, buffers: &mut Buffers<M, X, Y, B>) -> f64 {
        let Buffers { y, state, saved, scratch } = buffers;
        bytes_mut(&mut **state).copy_from_slice(bytes(&*self.state));
        Junk::NAN.fill(&mut **saved);
        Junk::NAN.fill(&mut **scratch);
        let step = Tensor::from(self.step);
        let cx = Cx::new(cpu, self.rows, step.borrow());
        M::forward::<Cpu, B>(
            &cx,
            self.model.borrow(),
            self.x.borrow(),
            y.borrow_mut(),
            state.borrow_mut(),
            saved.borrow_mut(),
            scratch.borrow_mut(),
        );
        let (y, dy) = (bytes(&**y), bytes(&*self.dy));
        let pairs = self.places.real_y.iter().zip(&self.places.dy);
        pairs.map(|(value, gradient)| f64::from(real(y, *value)) * f64::from(real(dy, *gradient))).sum()
    }

    /// The same numbers for a module that is the same in `f32`.
    pub(super) fn widened<N: Module<P, Q>, P: Probe, Q: Probe>(&self) -> Case<N, P, Q, B> {
        let mut wide = Case::<N, P, Q, B>::draw(self.rows, self.step.seed, 1);
        let reals = |from: &[u8], to: &mut [u8], places: &[Place], wide: &[Place]| {
            assert_eq!(places.len(), wide.len(), "the module in f32 has other numbers");
            for (place, wide) in places.iter().zip(wide) {
                set_real(to, *wide, real(from, *place));
            }
        };
        let (leaves, wide_leaves) = (reals_of::<M>(), reals_of::<N>());
        reals(bytes(&*self.model), bytes_mut(&mut *wide.model), &leaves, &wide_leaves);
        reals(bytes(&*self.dy), bytes_mut(&mut *wide.dy), &self.places.dy, &wide.places.dy);
        reals(bytes(&*self.x), bytes_mut(&mut *wide.x), &self.places.real_x, &wide.places.real_x);
        for ((at, dtype), (wide_at, _)) in self.places.x.iter().zip(&wide.places.x) {
            if !is_real(*dtype) {
                let from = &bytes(&*self.x)[*at..][..dtype.size()];
                bytes_mut(&mut *wide.x)[*wide_at..][..dtype.size()].copy_from_slice(from);
            }
        }
        wide.state = Tensor::zeros();
        bytes_mut(&mut *wide.state).copy_from_slice(bytes(&*self.state));
        wide
    }

    /// What all runs on one [`Offsets`](crate::device::Offsets) device need.
    pub(super) fn device_bytes(&self) -> usize {
        let scratch =
            Guarded::<M::InferScratch<B>, Cpu>::BYTES + 2 * Guarded::<M::TrainScratch<B>, Cpu>::BYTES;
        let batches = size_of::<Batch<X, B>>()
            + size_of::<GradBatch<Y, B>>()
            + Guarded::<GradBatch<X, B>, Cpu>::BYTES
            + 2 * Guarded::<Batch<Y, B>, Cpu>::BYTES;
        let kept = Guarded::<M::Saved<B>, Cpu>::BYTES + 2 * Guarded::<M::State<B>, Cpu>::BYTES;
        4096 + scratch + batches + kept + Guarded::<M, Cpu>::BYTES + Guarded::<M::With<f32>, Cpu>::BYTES
    }
}

impl Outcome {
    /// Live outputs are finite, and nothing else was written.
    fn check(&self, places: &Places, with_dx: bool, junk: Junk) {
        for (name, y) in [("forward", &self.y), ("infer", &self.inferred)] {
            let finite = places.real_y.iter().all(|place| real(y, *place).is_finite());
            assert!(finite, "{name} read dead rows or scratch memory, or left outputs unwritten ({junk:?})");
            assert!(junk.untouched_but(y, &sizes(&places.y)), "{name} wrote beyond the live rows");
        }
        let live = if with_dx { sizes(&places.dx) } else { Vec::new() };
        assert!(junk.untouched_but(&self.dx, &live), "backward wrote beyond the live rows of dx");
    }

    /// Fails where another outcome has other bits in what is live.
    pub(super) fn equals(&self, other: &Outcome, places: &Places, with_dx: bool, circumstances: &str) {
        let same = |a: &[u8], b: &[u8], live: &[Place]| {
            live.iter().all(|(at, dtype)| a[*at..][..dtype.size()] == b[*at..][..dtype.size()])
        };
        assert!(same(&self.y, &other.y, &places.y), "forward gives other bits {circumstances}");
        assert!(same(&self.inferred, &other.inferred, &places.y), "infer gives other bits {circumstances}");
        assert!(self.states == other.states, "the state has other bits {circumstances}");
        assert!(!with_dx || same(&self.dx, &other.dx, &places.dx), "dx has other bits {circumstances}");
        for Trained { name, slot, .. } in &places.trained {
            let (got, want) = (float(&other.dp, *slot), float(&self.dp, *slot));
            assert!(
                got.to_bits() == want.to_bits(),
                "the gradient of {name} has other bits {circumstances}: {got}, not {want}"
            );
        }
        let frozen = |at: usize| places.frozen.iter().any(|(start, len)| (*start..start + len).contains(&at));
        let differs = (0..self.dp.len()).find(|at| self.dp[*at] != other.dp[*at] && !frozen(*at));
        assert!(differs.is_none(), "dp has other bits {circumstances}, at byte {differs:?}");
    }
}

/// Memory for [`Case::objective`].
pub(super) struct Buffers<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> {
    y: Tensor<Batch<Y, B>>,
    state: Tensor<M::State<B>>,
    saved: Tensor<M::Saved<B>>,
    scratch: Tensor<M::TrainScratch<B>>,
}

impl<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> Buffers<M, X, Y, B> {
    pub(super) fn new() -> Self {
        Buffers {
            y: Tensor::zeros(),
            state: Tensor::zeros(),
            saved: Tensor::zeros(),
            scratch: Tensor::zeros(),
        }
    }
}

/// The same with sizes in bytes in place of elements.
pub(super) fn sizes(places: &[Place]) -> Vec<(usize, usize)> {
    places.iter().map(|(at, dtype)| (*at, dtype.size())).collect()
}

/// Where the real numbers of a model are.
fn reals_of<M: Params>() -> Vec<Place> {
    let mut places = Vec::new();
    visit::<M>(|_, offset, leaf| {
        if is_real(leaf.dtype) {
            places.extend((0..leaf.dims.len()).map(|i| (offset + leaf.dtype.size() * i, leaf.dtype)));
        }
    });
    places
}
