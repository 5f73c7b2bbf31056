//! Checks that a module keeps to the contract of [`Module`], for castiron's layers and for yours.

mod case;
mod differences;
#[cfg(feature = "cuda")]
mod gpu;
mod memory;
mod prepared;
mod probe;

pub use prepared::check_prepared;
pub use probe::Probe;

use case::{Buffers, Case};
use memory::{Junk, Place, bytes, bytes_mut, float, is_real, real, set_float, set_real};

use crate::device::Offsets;
use crate::params::{Kind, visit};
use crate::shape::DType;
use crate::{Batch, Cpu, Module, Tensor};

/// Checks module `M` on `rows` rows in batches of capacity `B`, `rows < B`:
///
/// - its gradients with respect to parameters and input, against central differences of forward;
/// - that infer, forward and backward neither read nor write beyond the live rows, nor read scratch
///   memory: with two kinds of junk in it, and new junk before every call, they give the same bits;
/// - that nothing writes behind its memory, and that backward does not change `y`;
/// - that backward adds to parameters' gradients, overwrites the input's, and gives the same bits for the
///   parameters' gradients when the input's is not asked for;
/// - that a device whose addresses cannot be dereferenced ([`Offsets`]) gives the same bits;
/// - with the feature `cuda`, that the first GPU, if there is one (with the variable `CASTIRON_REQUIRE_CUDA` there
///   must be), gives the same numbers, and the same bits each time.
///
/// Numbers are drawn from `seed`; integers of the input are below `classes`. The slots of frozen parameters
/// in a gradient may hold anything.
///
/// ```
/// use castiron::{nn::{Linear, Tanh}, testing};
/// testing::check::<Linear<[f32; 3], 4, Tanh>, [f32; 3], [f32; 4], 5>(3, 1, 0);
/// ```
///
/// # Panics
/// When the module does not keep to the contract, saying where.
pub fn check<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize>(rows: usize, seed: u64, classes: i32) {
    check_memory::<M, X, Y, B>(rows, seed, classes);
    let mut case = Case::<M, X, Y, B>::draw(rows, seed, classes);
    let got = case.run(&Cpu::new(), &Tensor::zeros(), true, Junk::NAN);
    let gradients = case.gradients(&got.dp, &got.dx);
    differences::compare(
        &mut Moved { case: &mut case, cpu: Cpu::new(), buffers: Buffers::new() },
        &gradients,
    );
}

/// What [`check`] checks, but for the differences: for modules whose gradients are compared with something
/// sharper, such as a reference in float64 on the same [`numbers`].
///
/// ```
/// use castiron::{nn::Relu, testing};
/// testing::check_memory::<Relu, [f32; 3], [f32; 3], 5>(3, 1, 0);
/// ```
///
/// # Panics
/// When the module does not keep to the contract, saying where.
pub fn check_memory<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize>(
    rows: usize,
    seed: u64,
    classes: i32,
) {
    const { M::CHECK };
    assert!((1..B).contains(&rows), "give fewer rows than the capacity, and at least one");
    let case = Case::<M, X, Y, B>::draw(rows, seed, classes);
    let (cpu, zero) = (Cpu::new(), Tensor::<M::With<f32>>::zeros());
    let want = case.run(&cpu, &zero, true, Junk::NAN);
    let places = &case.places;
    let other = case.run(&cpu, &zero, true, Junk::LARGE);
    want.equals(&other, places, true, "with other junk in its memory");
    let without = case.run(&cpu, &zero, false, Junk::LARGE);
    want.equals(&without, places, false, "when dx is not wanted");
    let offsets = Offsets::new(case.device_bytes()).expect("memory for the test");
    let there = case.run(&offsets, &zero, true, Junk::NAN);
    want.equals(&there, places, true, "on the offset device");
    #[cfg(feature = "cuda")]
    gpu::check(&case, &want);

    // Gradients add up.
    let mut ones = Tensor::<M::With<f32>>::zeros();
    leaves::<M::With<f32>>(|_, offset, len, _| {
        (0..len).for_each(|i| set_float(bytes_mut(&mut *ones), offset + 4 * i, 1.0));
    });
    let added = case.run(&cpu, &ones, false, Junk::NAN);
    leaves::<M::With<f32>>(|name, offset, len, kind| {
        let base = match kind {
            Kind::Trained => 1.0,
            Kind::RunningAverage { .. } => 0.0,
            Kind::Frozen => return,
        };
        for place in (0..len).map(|i| offset + 4 * i) {
            let (got, want) = (float(&added.dp, place), base + float(&want.dp, place));
            assert!(
                (got - want).abs() <= 1e-4 * (1.0 + want.abs()),
                "`{name}` at byte {place}: does not add up: {got}, not {want}"
            );
        }
    });
}

/// What [`check`] checks of a module `M` of bf16 or f16, with [`check_memory`]; but where that looks at differences of
/// forward, which such an element is too coarse for, this looks at what `N` gives, the same module in f32, of the
/// same numbers: they differ by what is rounded on the way.
///
/// ```
/// use castiron::{bf16, nn::{Linear, Tanh}, testing};
/// type Half = Linear<[bf16; 3], 4, Tanh>;
/// testing::check_precision::<Half, [bf16; 3], [bf16; 4], Linear<[f32; 3], 4, Tanh>, [f32; 3], [f32; 4], 5>(3, 1, 0);
/// ```
///
/// # Panics
/// When the module does not keep to the contract, saying where.
pub fn check_precision<
    M: Module<X, Y>,
    X: Probe,
    Y: Probe,
    N: Module<P, Q>,
    P: Probe,
    Q: Probe,
    const B: usize,
>(
    rows: usize,
    seed: u64,
    classes: i32,
) {
    check_memory::<M, X, Y, B>(rows, seed, classes);
    let case = Case::<M, X, Y, B>::draw(rows, seed, classes);
    let wide = case.widened::<N, P, Q>();
    let got = case.run(&Cpu::new(), &Tensor::zeros(), true, Junk::NAN);
    let want = wide.run(&Cpu::new(), &Tensor::zeros(), true, Junk::NAN);
    let reals = |bytes: &[u8], places: &[Place]| places.iter().map(|place| real(bytes, *place)).collect();
    let slots = |dp: &[u8], case: &[case::Trained]| case.iter().map(|one| float(dp, one.slot)).collect();
    let (places, wider) = (&case.places, &wide.places);
    let coarsest =
        places.y.iter().chain(&places.real_x).map(|(_, dtype)| rounding(*dtype)).fold(0.0, f32::max);
    for (name, got, want) in [
        ("y", reals(&got.y, &places.real_y), reals(&want.y, &wider.real_y)),
        ("the inferred y", reals(&got.inferred, &places.real_y), reals(&want.inferred, &wider.real_y)),
        ("dx", reals(&got.dx, &places.dx), reals(&want.dx, &wider.dx)),
        ("dp", slots(&got.dp, &places.trained), slots(&want.dp, &wider.trained)),
    ] {
        let (got, want): (Vec<f32>, Vec<f32>) = (got, want);
        let largest = want.iter().fold(1.0, |largest: f32, want| largest.max(want.abs()));
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            let close = (got - want).abs() <= 8.0 * coarsest * largest;
            assert!(close, "{name}[{i}] is {got}, in f32 {want}");
        }
    }
}

/// The largest error of rounding a number to an element, of the number.
pub(super) fn rounding(dtype: DType) -> f32 {
    match dtype {
        DType::Bf16 => 1.0 / 256.0,
        DType::F16 => 1.0 / 2048.0,
        _ => 0.0,
    }
}

/// What `f` returns, and the names of the kernels that tensors ran on this thread until then, in their order.
#[doc(hidden)]
pub fn trace<R>(f: impl FnOnce() -> R) -> (R, Vec<&'static str>) {
    crate::array::trace(f)
}

/// Everything that a module computed from drawn numbers, to be compared with a reference.
///
/// Numbers of samples come part by part, each part row by row.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Each leaf's name and values.
    pub parameters: Vec<(String, Vec<f32>)>,
    /// The live rows of the input; integers too.
    pub x: Vec<f64>,
    /// The live rows of the output as `forward` gives it: its real numbers.
    pub y: Vec<f32>,
    /// The same as `infer` gives it.
    pub inferred: Vec<f32>,
    /// The gradient of a loss with respect to `y`.
    pub dy: Vec<f32>,
    /// The gradient with respect to the real numbers of `x`.
    pub dx: Vec<f32>,
    /// That with respect to each leaf, in the order of `parameters`; of running averages, the batch's
    /// statistics.
    pub gradients: Vec<Vec<f32>>,
}

/// Runs module `M` on `rows` rows in batches of capacity `B`, with numbers from `seed` and a state of zeros.
///
/// ```
/// use castiron::{nn::Relu, testing};
/// let numbers = testing::numbers::<Relu, [f32; 3], [f32; 3], 2>(1, 0, 0);
/// let relu: Vec<f32> = numbers.x.iter().map(|x| x.max(0.0) as f32).collect();
/// assert_eq!((&numbers.y, &numbers.inferred), (&relu, &relu));
/// ```
///
/// # Panics
/// When the module does not keep to the contract in ways that one run shows.
pub fn numbers<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize>(
    rows: usize,
    seed: u64,
    classes: i32,
) -> Numbers {
    let mut case = Case::<M, X, Y, B>::draw(rows, seed, classes);
    case.state = Tensor::zeros();
    let outcome = case.run(&Cpu::new(), &Tensor::zeros(), true, Junk::LARGE);
    let mut numbers = Numbers { x: reals_and_integers::<X, B>(&case.x, rows), ..Numbers::default() };
    let reals = |bytes: &[u8], places: &[Place]| places.iter().map(|place| real(bytes, *place)).collect();
    numbers.y = reals(&outcome.y, &case.places.real_y);
    numbers.inferred = reals(&outcome.inferred, &case.places.real_y);
    numbers.dy = reals(bytes(&*case.dy), &case.places.dy);
    numbers.dx = reals(&outcome.dx, &case.places.dx);
    visit::<M>(|path, offset, leaf| {
        if is_real(leaf.dtype) {
            let place = |i| (offset + leaf.dtype.size() * i, leaf.dtype);
            let places: Vec<Place> = (0..leaf.dims.len()).map(place).collect();
            numbers.parameters.push((path.to_string(), reals(bytes(&*case.model), &places)));
        }
    });
    leaves::<M::With<f32>>(|_, offset, len, _| {
        numbers.gradients.push((0..len).map(|i| float(&outcome.dp, offset + 4 * i)).collect());
    });
    numbers
}

fn reals_and_integers<X: Probe, const B: usize>(x: &Batch<X, B>, rows: usize) -> Vec<f64> {
    let mut places = Vec::new();
    X::numbers::<B>(0..rows, 0, &mut places);
    let x = bytes(x);
    let four = |at: usize| x[at..][..4].try_into().expect("four bytes");
    let number = |&(at, dtype): &(usize, DType)| match dtype {
        dtype if is_real(dtype) => f64::from(real(x, (at, dtype))),
        DType::I32 => f64::from(i32::from_ne_bytes(four(at))),
        DType::U8 | DType::Bool => f64::from(x[at]),
        other => panic!("the check does not read {other}"),
    };
    places.iter().map(number).collect()
}

/// Calls `each` with every leaf of real numbers: its name, its place, its length, its kind.
fn leaves<M: crate::params::Params>(mut each: impl FnMut(&str, usize, usize, Kind)) {
    visit::<M>(|path, offset, leaf| {
        if leaf.dtype == DType::F32 {
            each(&path.to_string(), offset, leaf.dims.len(), leaf.kind);
        }
    });
}

impl<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> Case<M, X, Y, B> {
    /// The gradients with respect to trained parameters, then to the input, with names.
    fn gradients(&self, dp: &[u8], dx: &[u8]) -> Vec<(String, f32)> {
        let parameters = self.places.trained.iter().map(|one| (one.name.clone(), float(dp, one.slot)));
        let inputs = self.places.dx.iter().enumerate();
        parameters.chain(inputs.map(|(i, place)| (format!("x[{i}]"), real(dx, *place)))).collect()
    }
}

/// A case whose numbers can be moved, numbered as in [`Case::gradients`].
struct Moved<'a, M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> {
    case: &'a mut Case<M, X, Y, B>,
    cpu: Cpu,
    buffers: Buffers<M, X, Y, B>,
}

impl<M: Module<X, Y>, X: Probe, Y: Probe, const B: usize> differences::Objective for Moved<'_, M, X, Y, B> {
    fn shifted(&mut self, which: usize, by: f32) -> f64 {
        let trained = self.case.places.trained.len();
        let place = match which.checked_sub(trained) {
            None => self.case.places.trained[which].at,
            Some(input) => self.case.places.real_x[input],
        };
        let set = |case: &mut Case<M, X, Y, B>, value: f32| {
            let memory = if which < trained { bytes_mut(&mut *case.model) } else { bytes_mut(&mut *case.x) };
            let before = real(memory, place);
            set_real(memory, place, value);
            before
        };
        let before = set(self.case, 0.0);
        set(self.case, before + by);
        let value = self.case.objective(&self.cpu, &mut self.buffers);
        set(self.case, before);
        value
    }
}
