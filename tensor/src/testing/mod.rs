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
use memory::{Junk, bytes, bytes_mut, float, set_float};

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
    let got = case.run(&Cpu::new(), &Tensor::<M>::zeros(), true, Junk::NAN);
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
    let (cpu, zero) = (Cpu::new(), Tensor::<M>::zeros());
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
    let mut ones = Tensor::<M>::zeros();
    leaves::<M>(|_, offset, len, _| {
        (0..len).for_each(|i| set_float(bytes_mut(&mut *ones), offset + 4 * i, 1.0));
    });
    let added = case.run(&cpu, &ones, false, Junk::NAN);
    leaves::<M>(|name, offset, len, kind| {
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
    let outcome = case.run(&Cpu::new(), &Tensor::<M>::zeros(), true, Junk::LARGE);
    let mut numbers = Numbers { x: reals_and_integers::<X, B>(&case.x, rows), ..Numbers::default() };
    let floats = |bytes: &[u8], places: &[usize]| places.iter().map(|place| float(bytes, *place)).collect();
    let starts = |places: &[(usize, usize)]| places.iter().map(|(at, _)| *at).collect::<Vec<_>>();
    numbers.y = floats(&outcome.y, &case.places.real_y);
    numbers.inferred = floats(&outcome.inferred, &case.places.real_y);
    numbers.dy = floats(bytes(&*case.dy), &starts(&case.places.dy));
    numbers.dx = floats(&outcome.dx, &starts(&case.places.dx));
    leaves::<M>(|name, offset, len, _| {
        let places: Vec<usize> = (0..len).map(|i| offset + 4 * i).collect();
        numbers.parameters.push((name.to_string(), floats(bytes(&*case.model), &places)));
        numbers.gradients.push(floats(&outcome.dp, &places));
    });
    numbers
}

fn reals_and_integers<X: Probe, const B: usize>(x: &Batch<X, B>, rows: usize) -> Vec<f64> {
    let mut places = Vec::new();
    X::numbers::<B>(0..rows, 0, &mut places);
    let x = bytes(x);
    let four = |at: usize| x[at..][..4].try_into().expect("four bytes");
    let number = |&(at, dtype): &(usize, DType)| match dtype {
        DType::F32 => f64::from(f32::from_ne_bytes(four(at))),
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
        let parameters = self.places.trained.iter().map(|(name, at)| (name.clone(), float(dp, *at)));
        let inputs = self.places.dx.iter().enumerate();
        parameters.chain(inputs.map(|(i, (at, _))| (format!("x[{i}]"), float(dx, *at)))).collect()
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
            None => self.case.places.trained[which].1,
            Some(input) => self.case.places.real_x[input],
        };
        let set = |case: &mut Case<M, X, Y, B>, value: f32| {
            let memory = if which < trained { bytes_mut(&mut *case.model) } else { bytes_mut(&mut *case.x) };
            let before = float(memory, place);
            set_float(memory, place, value);
            before
        };
        let before = set(self.case, 0.0);
        set(self.case, before + by);
        let value = self.case.objective(&self.cpu, &mut self.buffers);
        set(self.case, before);
        value
    }
}
