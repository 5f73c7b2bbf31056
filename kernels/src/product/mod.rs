//! Matrix products of every element type.

mod blocked;
mod cpu;
mod cuda;
mod kernel;
mod lanes;
mod pack;
mod put;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod tiles;
mod word;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use kernel::{Kernel, LINE, STRIDE};

use crate::gemm::View;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType, Fault};

/// Signed bytes by unsigned ones: with tiles, and with AVX512-VNNI; and, widened to 16 bits, with AVX2.
#[cfg(target_arch = "x86_64")]
#[cfg_attr(not(feature = "std"), allow(dead_code))]
pub(crate) const BYTES: [&kernel::Kernel<u32>; 3] = [tiles::I8U8, kernel::I8U8_VNNI, kernel::I16_AVX2];

/// The arguments of [`Product`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The element type of A and B.
    pub dtype: DType,
    /// The element type of C: the same, or what it is summed in: [`Args::sums`].
    pub output: DType,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// The two batch dimensions; the views' batch strides are theirs.
    pub batch: [usize; 2],
    /// Where the elements of A lie.
    pub a: View,
    /// Where the elements of B lie.
    pub b: View,
    /// Adds to C instead of overwriting it.
    pub accumulate: bool,
}

impl Args {
    /// Row-major matrices, one of each.
    pub const fn new(dtype: DType, m: usize, n: usize, k: usize) -> Self {
        let (a, b) = (View::row_major(k), View::row_major(n));
        Args { dtype, output: dtype, m, n, k, batch: [1, 1], a, b, accumulate: false }
    }

    /// The type that products of these elements are summed in: f32 for 16-bit floats, i32 for bytes, and else their
    /// own.
    pub const fn sums(dtype: DType) -> DType {
        match dtype {
            DType::Bf16 | DType::F16 => DType::F32,
            DType::I8 | DType::U8 => DType::I32,
            dtype => dtype,
        }
    }

    /// What is wrong with the element types.
    fn fault(&self) -> Option<Fault> {
        let &Args { dtype, output, .. } = self;
        let wrong = match dtype {
            DType::Bool => dtype,
            _ if output != dtype && output != Args::sums(dtype) => output,
            _ => return None,
        };
        Some(Fault::Element { op: Product::NAME, dtype: wrong })
    }
}

/// C ← A·B, or C ← C + A·B, for every pair of matrices of a batch; `torch.matmul`. A is m×k, B is k×n; C is
/// row-major, m×n for each index of the batch.
///
/// 16-bit floats are summed in f32 and rounded once, bytes are summed in i32; C can hold these sums themselves
/// ([`Args::output`]). Integers wrap around. Booleans are a [`Fault::Element`]; f32 is done here too, but by fewer
/// special cases than in [`Gemm`](crate::gemm::Gemm).
///
/// Where [`Cpu::tiles`], products of bf16 are not rounded before they are summed, even and odd k apart; and subnormal
/// numbers count as zero, in the factors, the sums and the result.
///
/// Memory: A, B, C.
///
/// ```
/// use castiron_kernels::product::{Args, Product};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (a, b, mut c) = ([[1.0f64, 2.0], [3.0, 4.0]], [[5.0f64], [6.0]], [[0.0f64]; 2]);
/// let args = Args::new(DType::F64, 2, 1, 2);
/// Cpu::new().run::<Product>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut c)]);
/// assert_eq!(c, [[17.0], [39.0]]);
///
/// // Bytes, summed in i32: `torch._int_mm`.
/// let (a, b, mut c) = ([[100i8, -100]], [[100i8], [-100]], [[0i32]]);
/// let args = Args { output: DType::I32, ..Args::new(DType::I8, 1, 1, 2) };
/// Cpu::new().run::<Product>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut c)]);
/// assert_eq!(c, [[20_000]]);
/// ```
#[derive(Debug)]
pub struct Product;
impl Op for Product {
    const NAME: &'static str = "product";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { dtype, output, m, n, k, batch: [b0, b1], a, b, accumulate } = args;
        spec.read_dtype(dtype, a.span([m, k, b0, b1])).read_dtype(dtype, b.span([k, n, b0, b1]));
        let c = m.saturating_mul(n).saturating_mul(b0).saturating_mul(b1);
        spec.write_or_update_dtype(accumulate, output, c);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        match args.fault() {
            Some(fault) => cpu.report(fault),
            None => cpu::product(cpu, args, memory),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        match args.fault() {
            Some(fault) => gpu.report(fault),
            None => cuda::product(gpu, args, memory),
        }
    }
}
