use super::Args;
use crate::gemm::cuda::{Places, Product};
use crate::gemm::{self, View};
use crate::launch::{Gpu, Pointer, Pointers};

/// The kernels of [`Gemm`](gemm::Gemm), for any element type.
pub(super) fn product(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { dtype, output, m, n, k, batch, a, b, accumulate } = args;
    let c = View::row_major(n).batched([batch[1] * m * n, m * n]);
    let args = gemm::Args::new(m, n, k).a(a).b(b).c(c).batch(batch).accumulate(accumulate);
    let [bias, residual, kept] = [Pointer::NULL; 3];
    let places = Places { a: memory.at(0), b: memory.at(1), c: memory.at(2), bias, residual, kept };
    Product { factors: dtype, output, epilogue: false, panels: false, args, places }.run(gpu);
}
