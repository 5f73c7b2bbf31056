use super::Args;
use crate::DType;
use crate::index::{self, cuda::Indices};
use crate::launch::{Gpu, Pointers};

impl Args {
    /// Rows of a table as slices of its first axis.
    fn rows(&self, dtype: DType) -> index::Args {
        let &Args { vocabulary, width, len } = self;
        index::Args { dtype, outer: 1, len: vocabulary, count: len, inner: width }
    }
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let indices = Indices { at: memory.at(1), dtype: DType::I32 };
    index::cuda::index_select(gpu, &args.rows(gpu.element()), memory.at(0), indices, memory.at(2));
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let indices = Indices { at: memory.at(0), dtype: DType::I32 };
    index::cuda::index_add(gpu, &args.rows(gpu.element()), DType::F32, memory.at(1), indices, memory.at(2));
}
