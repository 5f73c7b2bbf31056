//! Matrix products.

use castiron_kernels::DType;
use castiron_kernels::gemm::{self, Bias, Gemm, View};
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::product::{self, Product};

use super::{Array, Dims, Operand, run};

/// Which operands of a product are taken as their transpose; nothing is copied for that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    pub(crate) a: bool,
    pub(crate) b: bool,
}

/// One operand: how many matrices of what size, and how one of them lies.
struct Side {
    batch: Dims,
    rows: usize,
    columns: usize,
    view: View,
}

impl Side {
    fn new(dims: &Dims, transposed: bool) -> Self {
        let (batch, matrix) = dims.as_slice().split_at(dims.rank() - 2);
        let [rows, columns] = [matrix[0], matrix[1]];
        let batch = Dims::new(batch);
        if transposed {
            Side { batch, rows: columns, columns: rows, view: View::transposed(columns) }
        } else {
            Side { batch, rows, columns, view: View::row_major(columns) }
        }
    }

    /// Whether its batch is the innermost axes of `whole`, so that strides can repeat it.
    fn ends(&self, whole: &Dims) -> bool {
        let own = self.batch.as_slice();
        let leading = own.iter().take_while(|&&size| size == 1).count();
        whole.as_slice().ends_with(own) || whole.as_slice().ends_with(&own[leading..])
    }

    /// From one matrix to the next, in a batch of `[lead, trail]`.
    fn batched(&self, [_, trail]: [usize; 2], whole: usize) -> View {
        let size = self.rows * self.columns;
        let lead = if self.batch.len() == whole { trail * size } else { 0 };
        self.view.batched([lead, size])
    }
}

impl Array {
    /// A·B of the two innermost axes, for all indices of the others, which broadcast; a bias is added to every
    /// row.
    pub(crate) fn matmul(&self, other: &Array, order: Order, bias: Option<&Array>) -> Array {
        let (a, b) = (Side::new(&self.dims, order.a), Side::new(&other.dims, order.b));
        debug_assert_eq!(a.columns, b.rows);
        let batch = a.batch.broadcast(&b.batch).unwrap_or(a.batch);
        // Only batches that repeat along an axis between others are copied.
        for (x, side, first) in [(self, &a, true), (other, &b, false)] {
            if !side.ends(&batch) {
                let mut dims = batch;
                x.dims.as_slice()[side.batch.rank()..].iter().for_each(|&size| dims.push(size));
                let x = x.expand_to(dims);
                return if first { x.matmul(other, order, bias) } else { self.matmul(&x, order, bias) };
            }
        }
        let mut dims = batch;
        dims.push(a.rows);
        dims.push(b.columns);
        let (mut m, n, k) = (a.rows, b.columns, a.columns);
        // Kernels are not asked for products of nothing: a sum of no terms is zero.
        if dims.len() == 0 || k == 0 {
            let y = self.zeros(dims, self.dtype);
            return bias.map_or_else(|| y.clone(), |bias| y.pair(PairOp::Add, bias));
        }
        let (mut batches, mut left, mut right) = ([1, 1], a.view, b.view);
        if b.batch.len() == 1 && !order.a {
            // One B for all: the rows of all A are those of one long matrix.
            m *= batch.len();
        } else {
            let trail = a.batch.len().min(b.batch.len()).max(1);
            batches = [batch.len() / trail, trail];
            (left, right) = (a.batched(batches, batch.len()), b.batched(batches, batch.len()));
        }
        if self.dtype != DType::F32 {
            let args = product::Args {
                batch: batches,
                a: left,
                b: right,
                ..product::Args::new(self.dtype, m, n, k)
            };
            let y = self.compute::<Product>(&args, &[Some(self), Some(other)], dims, self.dtype);
            return bias.map_or_else(|| y.clone(), |bias| y.pair(PairOp::Add, bias));
        }
        let c = View::row_major(n).batched([batches[1] * m * n, m * n]);
        let args = gemm::Args::new(m, n, k).batch(batches).a(left).b(right).c(c);
        let args = args.bias(if bias.is_some() { Bias::PerColumn } else { Bias::None });
        let mut y = self.zeros(dims, self.dtype);
        let mut operands = [
            Operand::Read(self),
            Operand::Read(other),
            bias.map_or(Operand::Absent, Operand::Read),
            Operand::Write(&mut y),
            Operand::Absent,
            Operand::Absent,
        ];
        run::<Gemm>(&args, &mut operands);
        y
    }
}
