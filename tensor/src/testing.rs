//! A check that a module keeps to the contract of [`Module`], for castiron's layers and for yours.

use castiron_kernels::Step;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::device::{Cpu, Offsets, Storage};
use crate::params::{Kind, Params, init, visit};
use crate::shape::DType;
use crate::{Batch, Cx, Element, GradBatch, Module, Plain, Sample, Seq, SeqBatch, Shape, Tensor};

/// Checks module `M` on `rows` rows in batches of capacity `B`, `rows < B`:
///
/// - its gradients with respect to parameters and input, against central differences of forward;
/// - that forward and backward neither read nor write beyond the live rows, nor read scratch memory;
/// - that backward adds to parameters' gradients, overwrites the input's, and gives the same parameters'
///   gradients when the input's is not asked for;
/// - that a device whose addresses cannot be dereferenced ([`Offsets`]) gives the same bits.
///
/// Numbers are drawn from `seed`; integers of the input are below `classes`.
///
/// ```
/// use castiron::{nn::{Linear, Tanh}, testing};
/// testing::check::<Linear<[f32; 3], 4, Tanh>, [f32; 3], [f32; 4], 5>(3, 1, 0);
/// ```
///
/// # Panics
/// When the module does not keep to the contract, saying where.
pub fn check<M: Module<X, Y>, X: Probe, Y: Shape<Elem = f32>, const B: usize>(
    rows: usize,
    seed: u64,
    classes: i32,
) {
    const { M::CHECK };
    assert!((1..B).contains(&rows), "give fewer rows than the capacity, and at least one");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut model = init::<M>(seed);
    // Initial values with zeros and ones hide mistakes.
    leaves::<M>(&mut model, |_, values| values.iter_mut().for_each(|v| *v += 0.3 * signed(&mut rng)));
    let mut case = Case::<M, X, Y, B> {
        model,
        x: Tensor::zeros(),
        dy: Tensor::zeros(),
        state: Tensor::zeros(),
        rows,
        step: Step { seed, draw: 3, ..Step::new() },
    };
    poison(&mut *case.x);
    poison(&mut *case.dy);
    X::fill::<B>(&mut case.x, rows, &mut |dtype| match dtype {
        DType::F32 => signed(&mut rng).to_bits(),
        _ => rng.random_range(0..classes.max(1)) as u32,
    });
    for row in &mut case.dy[..rows] {
        crate::flat_mut(row).iter_mut().for_each(|v| *v = signed(&mut rng));
    }
    as_floats(&mut *case.state).iter_mut().for_each(|v| *v = signed(&mut rng));

    let zero = Tensor::<M>::zeros();
    let cpu = Cpu::new();
    let want = case.run(&cpu, &zero, true);
    case.compare_with_differences(&want);

    // On a device that nobody can reach into: the same bits.
    let offsets = Offsets::new(case.device_bytes()).expect("memory for the test");
    let there = case.run(&offsets, &zero, true);
    assert!(same(&*want.y, &*there.y), "forward gives other bits on the offset device");
    assert!(same(&*want.inferred, &*there.inferred), "infer gives other bits on the offset device");
    assert!(same(&*want.dx, &*there.dx), "dx has other bits on the offset device");
    assert!(same(&*want.dp, &*there.dp), "dp has other bits on the offset device");

    // Gradients add up, and do not depend on whether dx is wanted.
    let mut ones = Tensor::<M>::zeros();
    leaves::<M>(&mut ones, |_, values| values.fill(1.0));
    let added = case.run(&cpu, &ones, false);
    let mut kinds = Vec::new();
    visit::<M>(|path, offset, leaf| kinds.push((path.to_string(), offset, leaf.dims.len(), leaf.kind)));
    for (name, offset, len, kind) in kinds {
        let at = |tensor: &Tensor<M>, i: usize| as_floats_ref(&**tensor)[offset / 4 + i];
        for i in 0..len {
            let base = if kind == Kind::Trained { 1.0 } else { 0.0 };
            let (got, want) = (at(&added.dp, i), base + at(&want.dp, i));
            assert!(
                (got - want).abs() <= 1e-4 * (1.0 + want.abs()),
                "`{name}`[{i}]: does not add up: {got}, not {want}"
            );
        }
    }
}

/// A sample whose numbers can be reached one by one.
pub trait Probe: Sample {
    /// Gives the first `rows` rows of a batch values, as bits for each element type.
    fn fill<const B: usize>(batch: &mut Batch<Self, B>, rows: usize, value: &mut dyn FnMut(DType) -> u32);
    /// The real numbers of the first `rows` rows, as offsets in bytes from the start of the batch.
    fn reals<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>);
    /// The same for a batch of gradients.
    fn gradients<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>);
}

impl<S: Shape> Probe for S {
    fn fill<const B: usize>(batch: &mut [S; B], rows: usize, value: &mut dyn FnMut(DType) -> u32) {
        assert_eq!(S::Elem::DTYPE.size(), 4, "the check knows elements of four bytes");
        for row in &mut batch[..rows] {
            for element in crate::flat_mut(row) {
                let bits = value(S::Elem::DTYPE);
                // SAFETY: an element of four bytes, for which any bits are valid.
                unsafe { *(element as *mut S::Elem).cast::<u32>() = bits };
            }
        }
    }
    fn reals<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        if S::Elem::DTYPE == DType::F32 {
            found.extend((0..rows * S::LEN).map(|i| offset + 4 * i));
        }
    }
    fn gradients<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        Self::reals::<B>(rows, offset, found);
    }
}

impl<P: Probe, Q: Probe> Probe for (P, Q) {
    fn fill<const B: usize>(batch: &mut Batch<Self, B>, rows: usize, value: &mut dyn FnMut(DType) -> u32) {
        P::fill::<B>(&mut batch.0, rows, value);
        Q::fill::<B>(&mut batch.1, rows, value);
    }
    fn reals<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        P::reals::<B>(rows, offset + core::mem::offset_of!(Batch<Self, B>, 0), found);
        Q::reals::<B>(rows, offset + core::mem::offset_of!(Batch<Self, B>, 1), found);
    }
    fn gradients<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        P::gradients::<B>(rows, offset + core::mem::offset_of!(GradBatch<Self, B>, 0), found);
        Q::gradients::<B>(rows, offset + core::mem::offset_of!(GradBatch<Self, B>, 1), found);
    }
}

impl<T: Shape, const MAX: usize> Probe for Seq<T, MAX> {
    fn fill<const B: usize>(
        batch: &mut SeqBatch<T, MAX, B>,
        rows: usize,
        value: &mut dyn FnMut(DType) -> u32,
    ) {
        for len in &mut batch.lens[..rows] {
            *len = 1 + value(DType::F32) % MAX as u32;
        }
        <[T; MAX]>::fill::<B>(&mut batch.data, rows, value);
    }
    fn reals<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        <[T; MAX]>::reals::<B>(rows, offset + core::mem::offset_of!(SeqBatch<T, MAX, B>, data), found);
    }
    fn gradients<const B: usize>(rows: usize, offset: usize, found: &mut Vec<usize>) {
        <[T; MAX]>::gradients::<B>(rows, offset, found);
    }
}

struct Case<M: Module<X, Y>, X: Probe, Y: Shape<Elem = f32>, const B: usize> {
    model: Tensor<M>,
    x: Tensor<Batch<X, B>>,
    dy: Tensor<[Y; B]>,
    state: Tensor<M::State<B>>,
    rows: usize,
    step: Step,
}

struct Outcome<M: Plain, Y: Plain, G: Plain> {
    y: Tensor<Y>,
    inferred: Tensor<Y>,
    dx: Tensor<G>,
    dp: Tensor<M>,
}

impl<M: Module<X, Y>, X: Probe, Y: Shape<Elem = f32>, const B: usize> Case<M, X, Y, B> {
    /// Forward and backward on a device, with poison wherever nothing may be read.
    fn run<D: Storage>(&self, device: &D, dp: &M, with_dx: bool) -> Outcome<M, [Y; B], GradBatch<X, B>> {
        fn put<T: Plain, D: Storage>(value: &T, device: &D) -> Tensor<T, D> {
            Tensor::copy_to(value, device).expect("memory for the test")
        }
        fn junk<T: Plain, D: Storage>(device: &D) -> Tensor<T, D> {
            let mut value = Tensor::<T>::zeros();
            poison(&mut *value);
            put(&*value, device)
        }
        let (p, x, dy) = (put(&*self.model, device), put(&*self.x, device), put(&*self.dy, device));
        let step = put(&self.step, device);
        let (mut state, mut saved) = (put(&*self.state, device), junk::<M::Saved<B>, D>(device));
        let (mut y, mut inferred) = (junk::<[Y; B], D>(device), junk::<[Y; B], D>(device));
        let (mut dx, mut dp) = (junk::<GradBatch<X, B>, D>(device), put(dp, device));
        let cx = Cx::new(device, self.rows, step.borrow());

        let mut scratch = junk::<M::TrainScratch<B>, D>(device);
        let (p, x) = (p.borrow(), x.borrow());
        M::forward::<D, B>(
            &cx,
            p,
            x,
            y.borrow_mut(),
            state.borrow_mut(),
            saved.borrow_mut(),
            scratch.borrow_mut(),
        );
        let mut scratch = junk::<M::TrainScratch<B>, D>(device);
        M::backward::<D, B>(
            &cx,
            p,
            x,
            y.borrow(),
            saved.borrow(),
            dy.borrow(),
            with_dx.then(|| dx.borrow_mut()),
            dp.borrow_mut(),
            scratch.borrow_mut(),
        );
        let mut state = put(&*self.state, device);
        let mut scratch = junk::<M::InferScratch<B>, D>(device);
        M::infer::<D, B>(&cx, p, x, inferred.borrow_mut(), state.borrow_mut(), scratch.borrow_mut());
        assert_eq!(device.take_fault(), None, "an operation failed");

        let outcome = Outcome {
            y: y.to_cpu(device),
            inferred: inferred.to_cpu(device),
            dx: dx.to_cpu(device),
            dp: dp.to_cpu(device),
        };
        for (name, batch) in [("forward", &outcome.y), ("infer", &outcome.inferred)] {
            let (live, dead) = batch.split_at(self.rows);
            let finite = live.iter().all(|row| crate::flat(row).iter().all(|v| v.is_finite()));
            assert!(finite, "{name} read dead rows or scratch memory, or left outputs unwritten");
            let untouched = dead.iter().all(|row| crate::flat(row).iter().all(|v| v.to_bits() == POISON));
            assert!(untouched, "{name} wrote beyond the live rows");
        }
        let mut live = Vec::new();
        if with_dx {
            X::gradients::<B>(self.rows, 0, &mut live);
        }
        for (i, value) in as_floats_ref(&*outcome.dx).iter().enumerate() {
            let untouched = value.to_bits() == POISON;
            assert!(untouched || live.contains(&(4 * i)), "backward wrote beyond the live rows of dx");
        }
        outcome
    }

    /// ⟨dy, forward(x)⟩ over the live rows.
    fn objective(&self, cpu: &Cpu, buffers: &mut Buffers<M, X, Y, B>) -> f64 {
        let Buffers { y, saved, scratch } = buffers;
        let mut state = self.state.clone();
        let step = Tensor::from(self.step);
        let cx = Cx::new(cpu, self.rows, step.borrow());
        let (p, x) = (self.model.borrow(), self.x.borrow());
        M::forward::<Cpu, B>(
            &cx,
            p,
            x,
            y.borrow_mut(),
            state.borrow_mut(),
            saved.borrow_mut(),
            scratch.borrow_mut(),
        );
        let pairs = y[..self.rows].iter().zip(&self.dy[..self.rows]);
        pairs
            .flat_map(|(y, dy)| crate::flat(y).iter().zip(crate::flat(dy)))
            .map(|(y, dy)| *y as f64 * *dy as f64)
            .sum()
    }

    fn compare_with_differences(&mut self, got: &Outcome<M, [Y; B], GradBatch<X, B>>) {
        let mut parameters = Vec::new();
        visit::<M>(|path, offset, leaf| {
            if leaf.kind == Kind::Trained && leaf.dtype == DType::F32 {
                parameters.extend((0..leaf.dims.len()).map(|i| (format!("`{path}`[{i}]"), offset + 4 * i)));
            }
        });
        let (mut right, mut all) = (0, 0);
        for (name, offset) in parameters {
            let gradient = as_floats_ref(&*got.dp)[offset / 4];
            all += 1;
            right +=
                self.compare(&name, gradient, |case| &mut as_floats(&mut *case.model)[offset / 4]) as usize;
        }
        let (mut places, mut gradients) = (Vec::new(), Vec::new());
        X::reals::<B>(self.rows, 0, &mut places);
        X::gradients::<B>(self.rows, 0, &mut gradients);
        assert_eq!(places.len(), gradients.len(), "every real number of the input has a gradient");
        for (place, gradient) in places.into_iter().zip(gradients) {
            let gradient = as_floats_ref(&*got.dx)[gradient / 4];
            let name = format!("x at byte {place}");
            all += 1;
            right += self.compare(&name, gradient, |case| &mut as_floats(&mut *case.x)[place / 4]) as usize;
        }
        assert!(right * 4 >= all * 3, "only {right} of {all} gradients are away from kinks and right");
    }

    /// Whether the gradient is right; not so is only let pass at a kink.
    fn compare(&mut self, name: &str, got: f32, at: impl Fn(&mut Self) -> &mut f32) -> bool {
        let (cpu, mut buffers) = (Cpu::new(), Buffers::new());
        let value = *at(self);
        let middle = self.objective(&cpu, &mut buffers);
        let mut slope = |h: f32| {
            let mut shifted = |by: f32| {
                *at(self) = value + by;
                self.objective(&cpu, &mut buffers)
            };
            let (above, below) = (shifted(h), shifted(-h));
            *at(self) = value;
            let difference = (above - below) / (2.0 * h as f64);
            // At a kink the two one-sided slopes differ, and neither is wrong.
            let kink = ((above - middle) - (middle - below)).abs() / h as f64;
            (difference, kink)
        };
        let (coarse, kink) = slope(1e-2);
        let (fine, _) = slope(5e-3);
        // Richardson's extrapolation removes the error of second order.
        let want = (4.0 * fine - coarse) / 3.0;
        let close = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance * (1.0 + want.abs());
        if close(got as f64, want, 4e-3) {
            return true;
        }
        // A kink within reach: both slopes differ, or the difference depends on how far one looks.
        let kinked = kink > 0.05 * (1.0 + want.abs()) || !close(coarse, fine, 1e-3);
        assert!(kinked, "{name}: the gradient is {got}, by differences {want:.5}");
        false
    }

    fn device_bytes(&self) -> usize {
        let scratch = size_of::<M::InferScratch<B>>() + 2 * size_of::<M::TrainScratch<B>>();
        let batches = size_of::<Batch<X, B>>() + size_of::<GradBatch<X, B>>() + 3 * size_of::<[Y; B]>();
        4096 + scratch
            + batches
            + 2 * size_of::<M>()
            + size_of::<M::Saved<B>>()
            + 2 * size_of::<M::State<B>>()
    }
}

struct Buffers<M: Module<X, Y>, X: Sample, Y: Shape<Elem = f32>, const B: usize> {
    y: Tensor<[Y; B]>,
    saved: Tensor<M::Saved<B>>,
    scratch: Tensor<M::TrainScratch<B>>,
}
impl<M: Module<X, Y>, X: Sample, Y: Shape<Elem = f32>, const B: usize> Buffers<M, X, Y, B> {
    fn new() -> Self {
        Buffers { y: Tensor::zeros(), saved: Tensor::zeros(), scratch: Tensor::zeros() }
    }
}

/// A NaN that no computation gives.
const POISON: u32 = 0x7FC0_BEEF;

fn poison<T: Plain>(value: &mut T) {
    as_floats(value).iter_mut().for_each(|v| *v = f32::from_bits(POISON));
}

fn as_floats<T: Plain>(value: &mut T) -> &mut [f32] {
    let usable = align_of::<T>() >= 4 || size_of::<T>() == 0;
    assert!(usable, "the check knows memory of numbers of four bytes");
    // SAFETY: aligned for `f32`, within the value, uniquely borrowed; tensors are zeroed when allocated,
    // so padding is initialised, and any bits are valid.
    unsafe { core::slice::from_raw_parts_mut((value as *mut T).cast(), size_of::<T>() / 4) }
}

fn as_floats_ref<T: Plain>(value: &T) -> &[f32] {
    assert!(align_of::<T>() >= 4 || size_of::<T>() == 0, "the check knows memory of numbers of four bytes");
    // SAFETY: as in `as_floats`.
    unsafe { core::slice::from_raw_parts((value as *const T).cast(), size_of::<T>() / 4) }
}

fn same<T: Plain>(a: &T, b: &T) -> bool {
    as_floats_ref(a).iter().zip(as_floats_ref(b)).all(|(a, b)| a.to_bits() == b.to_bits())
}

fn signed(rng: &mut ChaCha8Rng) -> f32 {
    2.0 * rng.random::<f32>() - 1.0
}

fn leaves<M: Params>(model: &mut Tensor<M>, mut f: impl FnMut(&str, &mut [f32])) {
    visit::<M>(|path, offset, leaf| {
        if leaf.dtype == DType::F32 {
            let floats = as_floats(&mut **model);
            f(&path.to_string(), &mut floats[offset / 4..][..leaf.dims.len()]);
        }
    });
}
