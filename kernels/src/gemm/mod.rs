//! Matrix products, with bias, residual and activation in the same pass.
//!
//! The product is blocked and packed: parts of A and B are copied into contiguous strips that fit the
//! caches, and a tile of C that fits the registers is summed over them. Convolutions use the same
//! driver with other operands.

pub(crate) mod blocked;
mod cpu;
pub(crate) mod cuda;
mod direct;
mod dot;
#[cfg(feature = "matrixmultiply")]
mod external;
mod half;
pub(crate) mod lanes;
pub(crate) mod matmul;
pub(crate) mod micro;
pub(crate) mod operand;
pub(crate) mod output;
mod skinny;
mod square;
#[cfg(test)]
mod tests;

pub(crate) use direct::is_limited;

use crate::activation::Activation;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::{Cpu, DType, HalfOp, Precision};

/// Where the elements of a matrix lie: element (i, j) of batch (b₀, b₁) is at
/// i·`row` + j·`column` + b₀·`batch[0]` + b₁·`batch[1]`. All strides are in elements.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// From one row to the next.
    pub row: usize,
    /// From one column to the next.
    pub column: usize,
    /// From one matrix of a batch to the next.
    pub batch: [usize; 2],
}

impl View {
    /// Rows one after the other, each of `columns` elements; one matrix for the whole batch.
    pub const fn row_major(columns: usize) -> Self {
        View { row: columns, column: 1, batch: [0; 2] }
    }

    /// The transpose of a row-major matrix whose rows have `rows` elements: what is stored has as
    /// many columns as this matrix has rows.
    pub const fn transposed(rows: usize) -> Self {
        View { row: 1, column: rows, batch: [0; 2] }
    }

    /// The same with these strides from one matrix of a batch to the next.
    pub const fn batched(self, batch: [usize; 2]) -> Self {
        View { batch, ..self }
    }

    /// One more than the largest offset; `sizes` are rows, columns and the two batch dimensions.
    pub(crate) fn span(&self, sizes: [usize; 4]) -> usize {
        if sizes.contains(&0) {
            return 0;
        }
        let strides = [self.row, self.column, self.batch[0], self.batch[1]];
        sizes
            .iter()
            .zip(strides)
            .fold(1usize, |span, (size, stride)| span.saturating_add((size - 1).saturating_mul(stride)))
    }

    /// [`Self::span`], or more than any memory has where two elements may share a place.
    pub(crate) fn span_distinct(&self, sizes: [usize; 4]) -> usize {
        let [rows, columns, b0, b1] = sizes;
        // What most products write; the rest of the way costs as much as a small one.
        if self.column == 1 && self.row >= columns && b0 == 1 && b1 == 1 && rows * columns > 0 {
            return (rows - 1).saturating_mul(self.row).saturating_add(columns);
        }
        span_distinct(&mut [
            (self.row, rows),
            (self.column, columns),
            (self.batch[0], b0),
            (self.batch[1], b1),
        ])
    }
}

/// One more than the largest offset that axes of (stride, size) reach, or more than any memory has
/// where two elements may share a place.
pub(crate) fn span_distinct(axes: &mut [(usize, usize)]) -> usize {
    if axes.iter().any(|&(_, size)| size == 0) {
        return 0;
    }
    axes.sort_unstable();
    let mut reach = 0usize;
    for &mut (stride, size) in axes {
        // Each axis must step over all that the finer ones reach.
        if size > 1 && stride <= reach {
            return usize::MAX;
        }
        reach = reach.saturating_add((size - 1).saturating_mul(stride));
    }
    reach.saturating_add(1)
}

/// The shape of the bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// There is none.
    None,
    /// One value for each row of C.
    PerRow,
    /// One value for each column of C.
    PerColumn,
}

/// The arguments of [`Gemm`].
///
/// ```
/// use castiron_kernels::gemm::{Args, Bias, Gemm, View};
/// use castiron_kernels::{Cpu, Raw};
///
/// // y = x·Wᵀ + bias, as a linear layer has it: x is 1×3, W is 2×3.
/// let args = Args::new(1, 2, 3).b(View::transposed(3)).bias(Bias::PerColumn);
/// let (x, w, bias, mut y) = ([1.0f32, 2.0, 3.0], [1.0f32, 0.0, 0.0, 0.0, 1.0, 1.0], [10.0f32, 20.0], [0.0f32; 2]);
/// let mut memory =
///     [Raw::read(&x), Raw::read(&w), Raw::read(&bias), Raw::write(&mut y), Raw::none(), Raw::none()];
/// Cpu::new().run::<Gemm>(&args, &mut memory);
/// assert_eq!(y, [11.0, 25.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Rows of A and of C.
    pub m: usize,
    /// Columns of B and of C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How many products, in two dimensions.
    pub batch: [usize; 2],
    /// Where A lies.
    pub a: View,
    /// Where B lies.
    pub b: View,
    /// Where C lies.
    pub c: View,
    /// The shape of the bias; not looked at when accumulating.
    pub bias: Bias,
    /// Applied to each element; not looked at when accumulating.
    pub activation: Activation,
    /// Whether the values before the activation are kept; not looked at when accumulating.
    pub keep_pre: bool,
    /// Whether a residual, laid out as C is, is added before the activation; not looked at when
    /// accumulating.
    pub residual: bool,
    /// Whether the product is added to C.
    pub accumulate: bool,
    /// Multiplies the product.
    pub scale: f32,
}

impl Args {
    /// C = A·B, all three dense and row-major, one product, no bias, no activation.
    pub const fn new(m: usize, n: usize, k: usize) -> Self {
        Args {
            m,
            n,
            k,
            batch: [1, 1],
            a: View::row_major(k),
            b: View::row_major(n),
            c: View::row_major(n),
            bias: Bias::None,
            activation: Activation::Identity,
            keep_pre: false,
            residual: false,
            accumulate: false,
            scale: 1.0,
        }
    }
    /// Reads A through this view.
    pub const fn a(self, a: View) -> Self {
        Args { a, ..self }
    }
    /// Reads B through this view.
    pub const fn b(self, b: View) -> Self {
        Args { b, ..self }
    }
    /// Writes C through this view.
    pub const fn c(self, c: View) -> Self {
        Args { c, ..self }
    }
    /// Computes so many products; the views say where each lies.
    pub const fn batch(self, batch: [usize; 2]) -> Self {
        Args { batch, ..self }
    }
    /// Adds a bias.
    pub const fn bias(self, bias: Bias) -> Self {
        Args { bias, ..self }
    }
    /// Applies an activation function.
    pub const fn activation(self, activation: Activation) -> Self {
        Args { activation, ..self }
    }
    /// Keeps the values before the activation.
    pub const fn keep_pre(self, keep_pre: bool) -> Self {
        Args { keep_pre, ..self }
    }
    /// Adds a residual before the activation.
    pub const fn residual(self, residual: bool) -> Self {
        Args { residual, ..self }
    }
    /// Adds to C instead of overwriting it. A batch stride of zero in C then sums over that dimension.
    pub const fn accumulate(self, accumulate: bool) -> Self {
        Args { accumulate, ..self }
    }
    /// Multiplies the product by `scale`.
    pub const fn scale(self, scale: f32) -> Self {
        Args { scale, ..self }
    }
}

/// C ← activation(`scale`·A·B + bias + R), or C ← C + `scale`·A·B when accumulating, for every pair of
/// matrices of a batch. A is m×k, B is k×n, C and the residual R are m×n.
///
/// Memory: A, B, bias (absent where there is none), C, the values before the activation, laid out as
/// C is (absent unless kept), and R, laid out as C is (absent unless added). C is updated when accumulating or when its view leaves gaps, else
/// written. No two elements of C may share a place, except that accumulating sums over a batch
/// dimension of stride zero. PyTorch: `torch.baddbmm`, `torch.nn.functional.linear`.
#[derive(Debug)]
pub struct Gemm;
impl Op for Gemm {
    const NAME: &'static str = "gemm";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let Args { m, n, k, batch: [b0, b1], .. } = *args;
        let bias = match args.bias {
            _ if args.accumulate => 0,
            Bias::None => 0,
            Bias::PerRow => m,
            Bias::PerColumn => n,
        };
        spec.read::<f32>(args.a.span([m, k, b0, b1])).read::<f32>(args.b.span([k, n, b0, b1]));
        spec.read::<f32>(bias);
        if args.accumulate {
            let once = |d: usize| if args.c.batch[d] == 0 { args.batch[d].min(1) } else { args.batch[d] };
            spec.update::<f32>(args.c.span_distinct([m, n, once(0), once(1)]));
            spec.write::<f32>(0).read::<f32>(0);
            return;
        }
        let span = args.c.span_distinct([m, n, b0, b1]);
        let kept = if args.keep_pre { span } else { 0 };
        if Some(span) == m.checked_mul(n).and_then(|c| c.checked_mul(b0)).and_then(|c| c.checked_mul(b1)) {
            spec.write::<f32>(span).write::<f32>(kept);
        } else {
            spec.update::<f32>(span).update::<f32>(kept);
        }
        spec.read::<f32>(if args.residual { span } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (a, b, bias) = (memory.read(0), memory.read(1), memory.read(2));
        let (c, z, residual) = (memory.write(3), memory.write(4), memory.read(5));
        cpu::gemm(cpu, args, a, b, [bias, residual], c, z);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::gemm(gpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        // The only small products that are computed otherwise are those that several threads share.
        if cfg!(any(feature = "rayon", feature = "matrixmultiply")) || !direct::fits(args) {
            return Self::cpu;
        }
        match (is_limited(args.activation), args.m) {
            (true, ..=1) => small::<true, true>,
            (true, _) => small::<false, true>,
            _ => small::<false, false>,
        }
    }
}
impl HalfOp for Gemm {
    fn direct<E: Precision, Y: Precision>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) -> bool {
        E::DTYPE == DType::Bf16 && half::product(cpu, args, Y::DTYPE, memory)
    }
}

/// [`Gemm`] by [`direct::product`].
fn small<const ONE: bool, const LIMITED: bool>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let (a, b, added) = (memory.read(0), memory.read(1), [memory.read(2), memory.read(5)]);
    direct::product::<ONE, LIMITED>(cpu.isa(), args, a, b, added, memory.write(3));
}
