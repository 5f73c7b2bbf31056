//! [`Matmul`]: a product of `f32` as a library of the GPU takes it, in column-major order.

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
}

/// What an algorithm is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    /// Rows and columns of D, and columns of A.
    pub(crate) size: [usize; 3],
    pub(crate) batch: usize,
    pub(crate) a: Matrix,
    pub(crate) b: Matrix,
    pub(crate) d: Matrix,
    pub(crate) bias: bool,
    pub(crate) relu: bool,
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
    /// The same product, where it is one of `f32` that libraries know. What lies in rows is the transpose of what lies in
    /// columns, so Cᵀ = Bᵀ·Aᵀ is computed.
    pub(super) fn of(product: &Product) -> Option<Self> {
        let Product { args, places, .. } = product;
        let bias = if args.accumulate { Bias::None } else { args.bias };
        let activation = if args.accumulate { Activation::Identity } else { args.activation };
        let relu = activation == Activation::Relu;
        let kept = !args.accumulate && args.keep_pre;
        let known = product.factors == DType::F32 && product.output == DType::F32 && args.k > 0;
        // A bias lies along the columns of D, and algorithms read four of it at once.
        let along = bias != Bias::PerRow && (bias == Bias::None || places.bias.is_aligned(16));
        if !known || !along || kept || !(relu || activation == Activation::Identity) {
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
        let added = if args.accumulate { places.c } else { places.residual };
        Some(Matmul {
            form: Form { size: [n, m, k], batch, a, b, d, bias: bias != Bias::None, relu },
            scale: args.scale,
            a: places.b,
            b: places.a,
            c: added,
            d: places.c,
            bias: places.bias,
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
