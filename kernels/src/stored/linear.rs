//! Products of many rows: the blocked product, which packs the weights and widens them meanwhile.

use core::ops::Range;

use half::bf16;

use super::LinearArgs;
use crate::Cpu;
use crate::element::Element;
use crate::gemm::blocked::{Size, product};
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::{Operand, Strided, transpose};
use crate::gemm::output::{Epilogue, Fold, Output};
use crate::gemm::{Bias, View};
use crate::op::Memory;
use crate::sure::{cut, rest_mut};

pub(super) fn forward(cpu: &Cpu, args: &LinearArgs, memory: &mut Memory<'_>) {
    let &LinearArgs { rows: m, inputs: k, outputs: n, activation, .. } = args;
    let (x, weight, bias_values) = (memory.read(0), memory.read(1), memory.read(2));
    let (y, residual) = (memory.write(3), memory.read(4));
    if m * n == 0 {
        return;
    }
    let bias = if args.bias { Bias::PerColumn } else { Bias::None };
    let epilogue = Epilogue { bias, bias_values, residual, activation, ..Epilogue::plain(false) };
    let output = Output::new(y, &mut [], [m, n, 1, 1], View::row_major(n), Fold::NONE, epilogue);
    let size = Size { m, n, k, batch: [1, 1], sum: [1, 1] };
    product(cpu, size, &Strided::rows(x, View::row_major(k)), &Columns { weight, inputs: k }, &output);
}

/// The transpose of a weight `[outputs, inputs]`.
struct Columns<'a> {
    weight: &'a [bf16],
    inputs: usize,
}

/// Numbers of a row that are widened at a time.
const DEPTH: usize = 16;
/// Most rows of a strip.
const ROWS: usize = 32;

impl Operand for Columns<'_> {
    #[inline(always)]
    fn pack<V: Lanes, const W: usize>(
        &self,
        _: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let mut wide = [0.0; ROWS * DEPTH];
        for start in depth.clone().step_by(DEPTH) {
            let len = DEPTH.min(depth.end - start);
            for (row, wide) in wide.chunks_exact_mut(DEPTH).enumerate().take(count) {
                let weights = cut(self.weight, (first + row) * self.inputs + start, len);
                match weights.first_chunk::<DEPTH>() {
                    Some(weights) => (0..DEPTH).for_each(|i| wide[i] = weights[i].widen()),
                    None => wide.iter_mut().zip(weights).for_each(|(to, weight)| *to = weight.widen()),
                }
            }
            transpose::<V, W>(&wide, DEPTH, count, len, rest_mut(to, (start - depth.start) * W));
        }
    }
}
