//! Running sums and products.

use castiron_kernels::op::Op;
use castiron_kernels::scan::{Args, CumProd, CumSum};

use super::{Array, Dims, Strides};

impl Array {
    /// The running sum along `axis`, from its end where `reverse`.
    pub(crate) fn cumsum(&self, axis: usize, reverse: bool) -> Array {
        self.scan::<CumSum>(axis, reverse)
    }

    /// The running product along `axis`, from its end where `reverse`.
    pub(crate) fn cumprod(&self, axis: usize, reverse: bool) -> Array {
        self.scan::<CumProd>(axis, reverse)
    }

    fn scan<O: Op<Args = Args>>(&self, axis: usize, reverse: bool) -> Array {
        let [outer, len, inner] = self.dims.around(axis);
        let args = Args { dtype: self.dtype, outer, len, inner, reverse };
        self.compute::<O>(&args, &[Some(self)], self.dims, args.output())
    }

    /// Moved by one place along `axis`, to the end of it or, where `back`, to its start; `fill` comes in.
    pub(crate) fn shifted(&self, axis: usize, back: bool, fill: f64) -> Array {
        let mut y = self.filled(self.dims, fill.into());
        let len = self.dims.as_slice()[axis];
        if len > 1 {
            let dims: Dims = self.dims.with(axis, len - 1);
            let whole = Strides::of(&self.dims);
            let next = Strides { start: self.dims.strides()[axis], ..whole };
            let (from, to) = if back { (next, whole) } else { (whole, next) };
            y.copy_from(self, dims, from, to);
        }
        y
    }
}
