//! [`Matmul`]: a product of floats as a library of the GPU takes it, in column-major order.

use super::cuda::Product;
use super::{Bias, View};
use crate::DType;
use crate::activation::Activation;
use crate::launch::Pointer;

/// D ← activation(`scale`·A·B + C + bias), where every matrix lies in columns.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "cuda"), expect(dead_code, reason = "only a GPU looks at them"))]
pub(crate) struct Matmul {
    pub(crate) form: Form,
    pub(crate) scale: f32,
    pub(crate) a: Pointer,
    pub(crate) b: Pointer,
    /// What is added, laid out as D; null where nothing is.
    pub(crate) c: Pointer,
    pub(crate) d: Pointer,
    /// One for each row of D; null where there is none.
    pub(crate) bias: Pointer,
    /// Where what the activation is applied to is kept, laid out as D; null where it is not.
    pub(crate) kept: Pointer,
}

/// What an algorithm is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    /// The element of A and B, and that of all others.
    pub(crate) factors: DType,
    pub(crate) output: DType,
    /// Rows and columns of D, and columns of A.
    pub(crate) size: [usize; 3],
    pub(crate) batch: usize,
    pub(crate) a: Matrix,
    pub(crate) b: Matrix,
    pub(crate) d: Matrix,
    pub(crate) bias: bool,
    pub(crate) activation: Known,
    pub(crate) kept: bool,
}

/// The activations that libraries know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    None,
    Relu,
    /// [`Activation::GeluTanh`].
    Gelu,
}

impl Known {
    /// It, for products of these factors. How exactly a library computes GELU is not documented: for 16-bit floats it is
    /// enough, for `f32` nobody knows.
    fn of(activation: Activation, factors: DType) -> Option<Self> {
        match activation {
            Activation::Identity => Some(Known::None),
            Activation::Relu => Some(Known::Relu),
            Activation::GeluTanh if factors != DType::F32 => Some(Known::Gelu),
            _ => None,
        }
    }
}

/// Where a matrix lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Matrix {
    /// Whether it lies in rows, and its transpose in columns.
    pub(crate) transposed: bool,
    /// Elements from one column to the next; of a transposed one, from one row to the next.
    pub(crate) leading: usize,
    /// Elements from one matrix of a batch to the next.
    pub(crate) batch: usize,
}

impl Matrix {
    /// A matrix of this size, elements of whose rows and columns lie so far apart: [down a column, along a row].
    fn new([rows, columns]: [usize; 2], [down, along]: [usize; 2], batch: usize) -> Option<Self> {
        // Of a single line, where the next one would lie says nothing.
        let leading = |stride: usize, lines: usize, length: usize| match lines {
            0 | 1 => Some(length.max(1)),
            _ => (stride >= length).then_some(stride),
        };
        let columns_first = || {
            let leading = leading(along, columns, rows).filter(|_| down == 1 || rows == 1)?;
            Some(Matrix { transposed: false, leading, batch })
        };
        let rows_first = || {
            let leading = leading(down, rows, columns).filter(|_| along == 1 || columns == 1)?;
            Some(Matrix { transposed: true, leading, batch })
        };
        columns_first().or_else(rows_first)
    }
}

impl Matmul {
    /// The same product, where it is one that libraries know: of `f32`, `bf16` or `f16`, summed up in `f32`. What lies in
    /// rows is the transpose of what lies in columns, so Cᵀ = Bᵀ·Aᵀ is computed.
    pub(super) fn of(product: &Product) -> Option<Self> {
        let Product { args, places, .. } = product;
        let bias = if args.accumulate { Bias::None } else { args.bias };
        let activation = if args.accumulate { Activation::Identity } else { args.activation };
        let (factors, output) = (product.factors, product.output);
        let activation = Known::of(activation, factors)?;
        let kept = !args.accumulate && args.keep_pre;
        let added = if args.accumulate { places.c } else { places.residual };
        let halves = matches!(factors, DType::Bf16 | DType::F16);
        // Of 16-bit factors, what is beside them has their element; a library wants that of D.
        let beside = bias != Bias::None || !args.accumulate && !added.is_null();
        let known = factors == DType::F32 && output == DType::F32
            || halves && output == factors
            || halves && output == DType::F32 && !beside;
        // A bias lies along the columns of D, and algorithms read 16 bytes of it at once.
        let along = bias != Bias::PerRow && (bias == Bias::None || places.bias.is_aligned(16));
        if !known || args.k == 0 || !along || kept && activation != Known::Gelu {
            return None;
        }
        let (batch, [a_batch, b_batch, c_batch]) = one_batch(args.batch, [args.a, args.b, args.c])?;
        if batch > 1 && c_batch == 0 {
            return None;
        }
        let (m, n, k) = (args.m, args.n, args.k);
        let a = Matrix::new([n, k], [args.b.column, args.b.row], b_batch)?;
        let b = Matrix::new([k, m], [args.a.column, args.a.row], a_batch)?;
        let d = Matrix::new([n, m], [args.c.column, args.c.row], c_batch).filter(|d| !d.transposed)?;
        // Kept numbers are written 16 bytes at once.
        let whole = |n: usize| n.is_multiple_of(8);
        if kept && !(places.kept.is_aligned(16) && whole(d.leading) && whole(d.batch)) {
            return None;
        }
        Some(Matmul {
            form: Form {
                factors,
                output,
                size: [n, m, k],
                batch,
                a,
                b,
                d,
                bias: bias != Bias::None,
                activation,
                kept,
            },
            scale: args.scale,
            a: places.b,
            b: places.a,
            c: added,
            d: places.c,
            bias: places.bias,
            kept: if kept { places.kept } else { Pointer::NULL },
        })
    }
}

/// Two dimensions of a batch as one, if all views step through them evenly: how many, and the steps.
fn one_batch([outer, inner]: [usize; 2], views: [View; 3]) -> Option<(usize, [usize; 3])> {
    if outer == 1 || inner == 1 {
        let d = usize::from(outer == 1);
        return Some((outer * inner, views.map(|view| view.batch[d])));
    }
    let even = views.iter().all(|view| view.batch[0] == view.batch[1] * inner);
    even.then(|| (outer * inner, views.map(|view| view.batch[1])))
}
