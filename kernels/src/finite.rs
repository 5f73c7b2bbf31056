//! The search for the operation that first makes a NaN or an infinity: [`Cpu::check_finite`].

use half::{bf16, f16};

use crate::op::{MAX_MEMORY, Memory, Mode, Spec};
use crate::{Cpu, DType};

/// A number that is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NonFinite {
    /// −∞
    NegativeInfinity,
    /// ∞
    Infinity,
    /// Not a number.
    Nan,
}

impl core::fmt::Display for NonFinite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(match self {
            NonFinite::NegativeInfinity => "-inf",
            NonFinite::Infinity => "inf",
            NonFinite::Nan => "NaN",
        })
    }
}

/// The first result that is not finite, found while [`Cpu::check_finite`] was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// The operation that wrote it.
    pub op: &'static str,
    /// Which of its memory arguments, from zero.
    pub argument: usize,
    /// Which element of that.
    pub index: usize,
    /// What it wrote.
    pub value: NonFinite,
    /// What its inputs held already; `None` if they were finite, so that the operation made it.
    pub given: Option<NonFinite>,
    /// The [path](https://docs.rs/castiron) of the layer that called it; zero where there is none.
    pub path: u64,
}

impl core::fmt::Display for NotFinite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let NotFinite { op, index, value, .. } = self;
        match self.given {
            None => write!(f, "`{op}` made {value} at element {index} of finite numbers"),
            Some(given) => {
                write!(f, "`{op}` made {value} at element {index}; its input held {given} already")
            }
        }
    }
}

/// Runs an operation of this name and says what it made.
type Watched = fn(&Spec, &mut Memory<'_>, &'static str, &dyn Fn(&mut Memory<'_>)) -> Option<NotFinite>;

fn watched(
    spec: &Spec,
    memory: &mut Memory<'_>,
    op: &'static str,
    run: &dyn Fn(&mut Memory<'_>),
) -> Option<NotFinite> {
    let watch = Watch::new(spec, memory);
    run(memory);
    watch.report(op)
}

/// The float arguments of one call.
pub(crate) struct Watch {
    places: [Place; MAX_MEMORY],
    /// Whether it computes from anything. What has no input writes constants, which were asked for.
    reads: bool,
    /// The worst of what arguments held that are changed in place.
    before: Option<NonFinite>,
}

#[derive(Clone, Copy)]
struct Place {
    address: *const u8,
    /// Zero for what is not looked at.
    bytes: usize,
    dtype: DType,
    mode: Mode,
}

impl Watch {
    pub(crate) fn new(spec: &Spec, memory: &Memory<'_>) -> Self {
        let nothing = Place { address: core::ptr::null(), bytes: 0, dtype: DType::F32, mode: Mode::Read };
        let mut watch = Watch { places: [nothing; MAX_MEMORY], reads: false, before: None };
        for (i, (place, access)) in watch.places.iter_mut().zip(spec.items()).enumerate() {
            let (address, bytes) = memory.place(i);
            watch.reads |= bytes > 0 && access.mode != Mode::Write;
            if let Some(dtype) = access.float {
                *place = Place { address, bytes, dtype, mode: access.mode };
            }
        }
        let updated = watch.places.iter().filter(|place| place.mode == Mode::Update);
        watch.before = updated.filter_map(Place::worst).map(|(_, value)| value).max();
        watch
    }

    /// Looks at what the operation has written.
    pub(crate) fn report(&self, op: &'static str) -> Option<NotFinite> {
        let written = self.places.iter().enumerate().filter(|(_, place)| place.mode != Mode::Read);
        let (argument, (index, value)) = written
            .filter_map(|(i, place)| Some((i, place.worst()?)))
            .max_by_key(|(_, (_, value))| *value)?;
        let reads = self.places.iter().filter(|place| place.mode == Mode::Read);
        let given = reads.filter_map(Place::worst).map(|(_, value)| value).max().max(self.before);
        // Infinities may be meant: masks are made of them. What follows from them is not worth a word
        // until it is a NaN.
        let passed_on = value < NonFinite::Nan && given.is_some_and(|given| given < NonFinite::Nan);
        (self.reads && !passed_on).then_some(NotFinite { op, argument, index, value, given, path: 0 })
    }
}

impl Place {
    /// The first NaN, or else the first infinity.
    fn worst(&self) -> Option<(usize, NonFinite)> {
        match self.dtype {
            DType::F32 => self.search(|x: f32| x.into()),
            DType::F64 => self.search(|x: f64| x),
            DType::Bf16 => self.search(|x: bf16| x.into()),
            DType::F16 => self.search(|x: f16| x.into()),
            _ => None,
        }
    }

    fn search<T: Copy>(&self, wide: impl Fn(T) -> f64) -> Option<(usize, NonFinite)> {
        if self.bytes == 0 {
            return None;
        }
        // SAFETY: the caller of the operation has promised this memory for longer than the call, and the
        // device has checked that it is that long and aligned. Before the operation runs nothing else
        // borrows it, and what the operation has taken of it ends when it returns.
        let values =
            unsafe { core::slice::from_raw_parts(self.address.cast::<T>(), self.bytes / size_of::<T>()) };
        let mut infinity = None;
        for (i, value) in values.iter().enumerate() {
            let value = wide(*value);
            if value.is_nan() {
                return Some((i, NonFinite::Nan));
            }
            if value.is_infinite() && infinity.is_none() {
                let kind = if value > 0.0 { NonFinite::Infinity } else { NonFinite::NegativeInfinity };
                infinity = Some((i, kind));
            }
        }
        infinity
    }
}

/// Finding where numbers stop being finite.
impl Cpu {
    /// Looks, after every operation, whether what it wrote is finite, until it is turned off: slow, to find
    /// trouble. The first result that is not is kept for [`Cpu::take_not_finite`]. An operation is only
    /// named for what it makes itself: infinities that it was given and passes on are not reported, nor is
    /// what it writes without any input. PyTorch's `torch.autograd.set_detect_anomaly`.
    ///
    /// ```
    /// use castiron_kernels::unary::{Args, Function, Unary};
    /// use castiron_kernels::{Cpu, DType, NonFinite, Raw};
    ///
    /// let (cpu, x, mut y) = (Cpu::new(), [1.0f32, 0.0], [0.0f32; 2]);
    /// cpu.check_finite(true);
    /// let args = Args { function: Function::Log, dtype: DType::F32, len: 2, in_place: false };
    /// cpu.run::<Unary>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
    /// let found = cpu.take_not_finite().unwrap();
    /// assert_eq!((found.op, found.index, found.value), ("log", 1, NonFinite::NegativeInfinity));
    /// assert_eq!(found.to_string(), "`log` made -inf at element 1 of finite numbers");
    /// ```
    pub fn check_finite(&self, on: bool) {
        self.finite.check(on);
    }

    /// Whether results are looked at.
    pub fn checks_finite(&self) -> bool {
        self.finite.checks()
    }

    /// The first result that was not finite since the last call, if there was one.
    pub fn take_not_finite(&self) -> Option<NotFinite> {
        self.finite.take()
    }

    /// Says which layer the last operation belonged to, for what it found.
    pub fn locate(&self, path: u64) {
        self.finite.locate(path);
    }
}

/// What a device keeps of this.
#[derive(Debug, Default)]
pub(crate) struct Finite {
    /// By address, so that a program that never turns it on is linked without it.
    check: core::cell::Cell<Option<Watched>>,
    found: core::cell::Cell<Option<NotFinite>>,
}

impl Finite {
    /// What runs the next operation if it is to be looked at: no longer once there is something.
    pub(crate) fn watched(&self) -> Option<Watched> {
        self.check.get().filter(|_| self.found.get().is_none())
    }

    pub(crate) fn checks(&self) -> bool {
        self.check.get().is_some()
    }

    pub(crate) fn check(&self, on: bool) {
        self.check.set(on.then_some(watched));
    }

    pub(crate) fn keep(&self, found: Option<NotFinite>) {
        self.found.set(found);
    }

    pub(crate) fn take(&self) -> Option<NotFinite> {
        self.found.take()
    }

    #[cfg(feature = "cuda")]
    pub(crate) fn has_found(&self) -> bool {
        self.found.get().is_some()
    }

    pub(crate) fn locate(&self, path: u64) {
        if self.checks()
            && let Some(found) = self.found.get()
            && found.path == 0
        {
            self.found.set(Some(NotFinite { path, ..found }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Raw;
    use crate::fill::{FillArgs, FillWith};
    use crate::pairwise::{Args, PairOp, Pairwise};

    fn add(cpu: &Cpu, a: [f32; 2], b: [f32; 2]) -> Option<NotFinite> {
        let mut y = [0.0f32; 2];
        let mut dims = [1; 8];
        dims[0] = 2;
        let mut strides = [0; 8];
        strides[0] = 1;
        let args = Args { op: PairOp::Add, dtype: DType::F32, dims, a: strides, b: strides, in_place: false };
        cpu.run::<Pairwise>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut y)]);
        cpu.take_not_finite()
    }

    #[test]
    fn names_what_makes_it_and_says_what_was_given() {
        let cpu = Cpu::new();
        cpu.check_finite(true);
        assert_eq!(add(&cpu, [1.0, 2.0], [3.0, 4.0]), None);
        let found = add(&cpu, [f32::MAX, f32::MAX], [0.0, f32::MAX]).unwrap();
        assert_eq!((found.op, found.argument, found.index), ("add", 2, 1));
        assert_eq!((found.value, found.given), (NonFinite::Infinity, None));
        // Passed on; made of infinities; there before.
        assert_eq!(add(&cpu, [f32::INFINITY, 0.0], [1.0, 1.0]), None);
        let found = add(&cpu, [f32::INFINITY, 0.0], [f32::NEG_INFINITY, 1.0]).unwrap();
        assert_eq!((found.value, found.given), (NonFinite::Nan, Some(NonFinite::Infinity)));
        let found = add(&cpu, [0.0, f32::NAN], [1.0, 1.0]).unwrap();
        assert_eq!((found.index, found.given), (1, Some(NonFinite::Nan)));
        cpu.check_finite(false);
        assert_eq!(add(&cpu, [0.0, f32::NAN], [1.0, 1.0]), None);
    }

    #[test]
    fn constants_and_later_operations_are_not_blamed() {
        let cpu = Cpu::new();
        cpu.check_finite(true);
        let mut y = [0.0f64; 3];
        let args = FillArgs { dtype: DType::F64, len: 3, value: f64::NEG_INFINITY.into() };
        cpu.run::<FillWith>(&args, &mut [Raw::write(&mut y)]);
        assert_eq!(cpu.take_not_finite(), None);

        let max = [f32::MAX; 2];
        let mut y = [0.0f32; 2];
        let args = crate::unary::Args {
            function: crate::unary::Function::Exp,
            dtype: DType::F32,
            len: 2,
            in_place: false,
        };
        cpu.run::<crate::unary::Unary>(&args, &mut [Raw::read(&max), Raw::write(&mut y)]);
        cpu.locate(7);
        cpu.locate(8);
        // The first stays.
        let mut dims = [1; 8];
        dims[0] = 2;
        let args = Args { op: PairOp::Sub, dtype: DType::F32, dims, a: [0; 8], b: [0; 8], in_place: false };
        let mut z = [0.0f32; 2];
        cpu.run::<Pairwise>(&args, &mut [Raw::read(&y), Raw::read(&y), Raw::write(&mut z)]);
        let found = cpu.take_not_finite().unwrap();
        assert_eq!((found.op, found.path), ("exp", 7));
    }
}
