//! Matrix products.

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Dims, Order};

impl Var {
    /// A·B for vectors, matrices, or batches of matrices, as PyTorch's `matmul`: a vector on the left is a row,
    /// one on the right is a column.
    pub(crate) fn matmul(&self, other: &Var) -> Var {
        let (a, b) = (self.array.dims, other.array.dims);
        let row = if a.rank() == 1 { a.inserted(0, 1) } else { a };
        let column = if b.rank() == 1 { b.inserted(1, 1) } else { b };
        let y = |y: &Dims| {
            let y = if a.rank() == 1 { y.without(y.rank() - 2) } else { *y };
            if b.rank() == 1 { y.without(y.rank() - 1) } else { y }
        };
        self.product(other, None, Order::default(), [row, column], y)
    }

    /// a·bᵀ for vectors.
    pub(crate) fn outer(&self, other: &Var) -> Var {
        let (a, b) = (self.array.dims.inserted(1, 1), other.array.dims.inserted(0, 1));
        self.product(other, None, Order::default(), [a, b], |y| *y)
    }

    /// x·Wᵀ + b for a vector, a matrix, or a batch of matrices x.
    pub(crate) fn linear(&self, weight: &Var, bias: &Var) -> Var {
        let x = self.array.dims;
        let rows = if x.rank() == 1 { x.inserted(0, 1) } else { x };
        let y = |y: &Dims| if x.rank() == 1 { y.without(0) } else { *y };
        self.product(weight, Some(bias), Order { a: false, b: true }, [rows, weight.array.dims], y)
    }

    /// The product of both, seen with dimensions `seen`, of which `y` says the dimensions from those of the
    /// matrices.
    fn product(
        &self,
        other: &Var,
        bias: Option<&Var>,
        order: Order,
        seen: [Dims; 2],
        dims: impl FnOnce(&Dims) -> Dims,
    ) -> Var {
        let (a, b) = (self.array.reshaped(seen[0]), other.array.reshaped(seen[1]));
        let y = a.matmul(&b, order, bias.map(|bias| &bias.array));
        let matrix = y.dims;
        let rule = || (Product { order, seen, y: matrix }, vec![self.save(), other.save()]);
        let y = y.reshaped(dims(&matrix));
        match bias {
            Some(bias) => Var::record(y, &[self, other, bias], rule),
            None => Var::record(y, &[self, other], rule),
        }
    }

    /// [`Var::reshape`], of which nothing is recorded where nothing changes.
    pub(super) fn shaped(&self, dims: Dims) -> Var {
        if self.array.dims == dims { self.clone() } else { self.reshape(dims) }
    }

    /// All matrices of a batch one below the other.
    fn stacked(&self) -> Var {
        let dims = self.array.dims;
        let [rows, columns, _] = dims.around(dims.rank() - 1);
        self.shaped(Dims::new(&[rows, columns]))
    }

    fn times_matrix(&self, other: &Var, a: bool, b: bool) -> Var {
        self.product(other, None, Order { a, b }, [self.array.dims, other.array.dims], |y| *y)
    }
}

struct Product {
    order: Order,
    /// Both operands as matrices or batches of them.
    seen: [Dims; 2],
    /// The result likewise.
    y: Dims,
}
impl Rule for Product {
    fn name(&self) -> &'static str {
        "matmul"
    }
    /// C = A·B: dA = dC·Bᵀ, dB = Aᵀ·dC; batches that were broadcast are summed.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (a, b) = (cx.saved(0).shaped(self.seen[0]), cx.saved(1).shaped(self.seen[1]));
        let dy = dy.shaped(self.y);
        let Order { a: ta, b: tb } = self.order;
        if let Some(dims) = cx.wants(0) {
            let da = || if ta { b.times_matrix(&dy, tb, true) } else { dy.times_matrix(&b, false, !tb) };
            cx.give(0, || da().sum_to(self.seen[0]).shaped(dims));
        }
        if let Some(dims) = cx.wants(1) {
            // One B for all A: the sum over the batch is part of one long product.
            let whole = b.array.dims.rank() == 2 && !ta;
            let (a, dy) = if whole { (a.stacked(), dy.stacked()) } else { (a, dy.clone()) };
            let db = || if tb { dy.times_matrix(&a, true, ta) } else { a.times_matrix(&dy, !ta, false) };
            cx.give(1, || db().sum_to(self.seen[1]).shaped(dims));
        }
        if cx.inputs() > 2 {
            cx.give_summed(2, || dy.clone());
        }
        Ok(())
    }
}
