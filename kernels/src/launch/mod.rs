//! How an operation runs on a GPU: it launches kernels of its source in CUDA C++.
//!
//! Nothing here knows CUDA: an operation describes its launches, and the device, if there is one, does them. So
//! operations have their GPU code in every build, whatever its features.

mod source;

pub use source::{Define, Source};

use crate::gemm::matmul::Matmul;
use crate::op::MAX_MEMORY;
use crate::{DType, Fault};

/// An address in the memory of a GPU; zero for an argument that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer(pub(crate) u64);

impl Pointer {
    /// No memory.
    pub const NULL: Pointer = Pointer(0);

    /// Whether there is no memory.
    pub fn is_null(self) -> bool {
        self.0 == 0
    }

    /// Whether it is a multiple of `bytes`: what kernels that read several elements at once need.
    pub fn is_aligned(self, bytes: u64) -> bool {
        self.0.is_multiple_of(bytes)
    }

    /// The address `bytes` further on.
    #[must_use]
    pub fn skip(self, bytes: usize) -> Self {
        if self.is_null() { self } else { Pointer(self.0 + bytes as u64) }
    }
}

/// How many elements kernels may read and write at once, as a `Pack` of the prelude: those of 16 bytes, but
/// no more than `most`, if `len` is a multiple of them and each memory is aligned for them; else one. The memories come
/// with their elements' size.
pub fn pack(len: usize, most: usize, memories: &[(Pointer, usize)]) -> usize {
    let size = memories.iter().fold(1, |most, (_, size)| most.max(*size));
    let width = (16 / size).min(most);
    let aligned = memories.iter().all(|(pointer, size)| pointer.is_aligned((width * size) as u64));
    if aligned && len.is_multiple_of(width) { width } else { 1 }
}

/// Where the memory arguments of one call are on the GPU.
#[derive(Debug)]
pub struct Pointers {
    pub(crate) items: [Pointer; MAX_MEMORY],
}

impl Pointers {
    /// Argument `i`: as long, aligned and writable as [`Op::memory`](crate::Op::memory) asked for; null if it is
    /// absent.
    pub fn at(&self, i: usize) -> Pointer {
        self.items[i]
    }
}

/// One parameter of a kernel, by its bits.
#[derive(Clone, Copy, Debug)]
pub struct Parameter(pub(crate) u64);

macro_rules! parameter {
    ($($type:ty: $value:ident => $bits:expr;)*) => {$(
        impl From<$type> for Parameter {
            fn from($value: $type) -> Self {
                Parameter($bits)
            }
        }
    )*};
}
parameter! {
    Pointer: pointer => pointer.0;
    f32: x => x.to_bits().into();
    f64: x => x.to_bits();
    i32: x => (x as u32).into();
    u32: x => x.into();
    u64: x => x;
    i64: x => x as u64;
    usize: x => x as u64;
    bool: x => x.into();
}

/// The most parameters a kernel can have.
pub const MAX_PARAMETERS: usize = 32;
/// The most words that they have together.
const MAX_WORDS: usize = 80;
/// The most defines a launch can have.
const MAX_DEFINES: usize = 14;

/// What does launches: a GPU, or a test that looks at them.
pub(crate) trait Queue {
    /// Puts a launch behind what was launched before.
    fn launch(&self, op: &'static str, launch: &Launch<'_>);
    /// Puts a product behind it, if a library computes it.
    fn matmul(&self, op: &'static str, matmul: &Matmul) -> bool {
        let _ = (op, matmul);
        false
    }
    /// At least `bytes` bytes for the kernels of one call.
    fn scratch(&self, bytes: usize) -> Pointer;
    /// Where kernels note faults, and the number by which `op` is known there.
    fn faults(&self, op: &'static str) -> (Pointer, u32);
    /// Keeps a fault that was found before anything ran.
    fn report(&self, fault: Fault);
    /// What the GPU is.
    fn properties(&self) -> Properties;
}

/// What kernels are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    /// The compute capability: `[9, 0]` is Hopper.
    pub capability: [u32; 2],
    /// How many multiprocessors there are.
    pub multiprocessors: u32,
    /// Whether products of `f32` may round their factors to TF32 (10 bits of mantissa) for the tensor cores.
    pub tf32: bool,
}

/// A GPU, as an operation sees it.
#[derive(Clone, Copy)]
pub struct Gpu<'a> {
    queue: &'a dyn Queue,
    op: &'static str,
    elements: [DType; 2],
}

impl<'a> Gpu<'a> {
    #[cfg(feature = "cuda")]
    pub(crate) fn new(queue: &'a dyn Queue, op: &'static str) -> Self {
        Gpu { queue, op, elements: [DType::F32; 2] }
    }

    /// The same for an operation that reads and writes these elements.
    pub(crate) fn of(self, elements: [DType; 2]) -> Self {
        Gpu { elements, ..self }
    }

    /// What activations and weights are made of: `ELEMENT` in sources. `f32`, unless the operation runs as
    /// [`Precision::Op`](crate::Precision::Op) of another.
    pub fn element(&self) -> DType {
        self.elements[0]
    }

    /// What the operation writes: `OUTPUT` in sources. As [`Gpu::element`], but `f32` for a
    /// [`Precision::Gradient`](crate::Precision::Gradient).
    pub fn output(&self) -> DType {
        self.elements[1]
    }

    /// A launch of the function `kernel` of a source.
    pub fn kernel(&self, source: &Source, kernel: &'static str) -> Launch<'a> {
        let mut launch = Launch {
            gpu: *self,
            source: *source,
            kernel,
            defines: [("", Define::Int(0)); MAX_DEFINES],
            define_count: 0,
            grid: [1; 3],
            block: [Launch::BLOCK, 1, 1],
            shared: 0,
            words: [0; MAX_WORDS],
            word_count: 0,
            starts: [0; MAX_PARAMETERS],
            parameters: 0,
        };
        for (name, dtype) in ["ELEMENT", "OUTPUT"].into_iter().zip(self.elements) {
            if dtype != DType::F32 {
                launch = launch.define(name, dtype);
            }
        }
        launch
    }

    /// Puts a product behind what was launched before, if a library computes it; else it is to be launched.
    pub(crate) fn matmul(&self, matmul: &Matmul) -> bool {
        self.queue.matmul(self.op, matmul)
    }

    /// Memory that the kernels of this call share; its content is left over from earlier ones.
    pub fn scratch(&self, bytes: usize) -> Pointer {
        self.queue.scratch(bytes)
    }

    /// What the GPU is.
    pub fn properties(&self) -> Properties {
        self.queue.properties()
    }

    /// Keeps a fault that the arguments show.
    pub fn report(&self, fault: Fault) {
        self.queue.report(fault);
    }

    /// For an operation that has no code for a GPU.
    pub fn unsupported(&self) {
        self.queue.report(Fault::NoKernel { op: self.op });
    }
}
impl core::fmt::Debug for Gpu<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Gpu for {}", self.op)
    }
}

/// One launch of a kernel, described step by step and then [run](Launch::run).
#[derive(Debug)]
#[must_use = "nothing is launched before `run`"]
#[cfg_attr(not(feature = "cuda"), expect(dead_code, reason = "only a GPU looks at them"))]
pub struct Launch<'a> {
    gpu: Gpu<'a>,
    pub(crate) source: Source,
    pub(crate) kernel: &'static str,
    defines: [(&'static str, Define); MAX_DEFINES],
    define_count: usize,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared: u32,
    /// The parameters, one behind the other, each from a word on.
    words: [u64; MAX_WORDS],
    word_count: usize,
    starts: [usize; MAX_PARAMETERS],
    parameters: usize,
}

impl Launch<'_> {
    /// Threads of a block, unless it says otherwise.
    pub const BLOCK: u32 = 256;
    /// The most blocks of [`Launch::over`]; their threads go on with the next elements.
    const MOST_BLOCKS: usize = 1 << 16;

    /// `-D NAME=VALUE`: the source is compiled once for each combination. The compiler's own headers have names of one
    /// letter, which a define would break. A later one of the same name takes the place of an earlier one.
    ///
    /// # Panics
    /// If it is one too many: a mistake in the operation itself, not in what it was given. So for parameters.
    pub fn define(mut self, name: &'static str, value: impl Into<Define>) -> Self {
        let earlier = self.defines[..self.define_count].iter().position(|define| define.0 == name);
        let place = earlier.unwrap_or(self.define_count);
        assert!(place < MAX_DEFINES, "a launch has at most {MAX_DEFINES} defines");
        self.defines[place] = (name, value.into());
        self.define_count = self.define_count.max(place + 1);
        self
    }

    /// Threads for `elements` elements, in blocks of [`Launch::BLOCK`]: the kernel's `EACH(i, elements)`.
    pub fn over(self, elements: usize) -> Self {
        let blocks = elements.div_ceil(Self::BLOCK as usize).min(Self::MOST_BLOCKS);
        self.grid([blocks as u32, 1, 1])
    }

    /// A team of threads for each row of `len` elements, a warp or a whole block: the kernel's
    /// `EACH_ROW(row, rows)`.
    pub fn over_rows(self, rows: usize, len: usize) -> Self {
        let team = if len > 1024 { Self::BLOCK as usize } else { 32 };
        let blocks = rows.div_ceil(Self::BLOCK as usize / team).min(Self::MOST_BLOCKS);
        self.define("TEAM", team).grid([blocks as u32, 1, 1])
    }

    /// How many blocks. With none in one direction, nothing is launched.
    pub fn grid(mut self, blocks: [u32; 3]) -> Self {
        self.grid = blocks;
        self
    }

    /// How many threads a block has.
    pub fn block(mut self, threads: [u32; 3]) -> Self {
        self.block = threads;
        self
    }

    /// Bytes of dynamic shared memory.
    pub fn shared(mut self, bytes: usize) -> Self {
        self.shared = bytes as u32;
        self
    }

    /// The next parameter. A `usize` is a `long long` in the kernel, a `bool` an `int`.
    pub fn arg(self, value: impl Into<Parameter>) -> Self {
        self.array([value])
    }

    /// Memory arguments as the next parameters, in this order.
    pub fn memory<const N: usize>(self, memory: &Pointers, order: [usize; N]) -> Self {
        order.into_iter().fold(self, |launch, i| launch.arg(memory.at(i)))
    }

    /// The next parameter: `Array<T, N>` of the prelude, where `T` has 64 bits.
    ///
    /// # Panics
    /// If there are more than [`MAX_PARAMETERS`], or they are too large together.
    pub fn array<const N: usize>(mut self, values: [impl Into<Parameter>; N]) -> Self {
        assert!(
            self.parameters < MAX_PARAMETERS && self.word_count + N <= MAX_WORDS,
            "a kernel has at most {MAX_PARAMETERS} parameters of {MAX_WORDS} words"
        );
        self.starts[self.parameters] = self.word_count;
        self.parameters += 1;
        for value in values {
            self.words[self.word_count] = value.into().0;
            self.word_count += 1;
        }
        self
    }

    /// Two parameters, `Faults* faults, int op`: what `report_index` and `report_zero_divisor` of the prelude take.
    pub fn faults(self) -> Self {
        let (pointer, op) = self.gpu.queue.faults(self.gpu.op);
        self.arg(pointer).arg(op)
    }

    /// Puts it behind what was launched before.
    pub fn run(self) {
        if !self.grid.contains(&0) {
            self.gpu.queue.launch(self.gpu.op, &self);
        }
    }

    /// The names and what they stand for.
    #[cfg(feature = "cuda")]
    pub(crate) fn defines(&self) -> &[(&'static str, Define)] {
        &self.defines[..self.define_count]
    }

    /// Where each parameter is.
    #[cfg(feature = "cuda")]
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &u64> {
        self.starts[..self.parameters].iter().map(|start| &self.words[*start])
    }
}
