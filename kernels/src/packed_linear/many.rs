//! Products of many rows: the blocked product, which finds its panels packed.

use core::ops::Range;

use super::{Args, PANEL};
use crate::Cpu;
use crate::gemm::blocked::{Size, product};
use crate::gemm::lanes::Lanes;
use crate::gemm::micro::Strip;
use crate::gemm::operand::{Operand, Strided};
use crate::gemm::output::{Epilogue, Fold, Output};
use crate::gemm::{Bias, View};
use crate::op::Memory;
use crate::sure::{cut, rest};
use crate::weight::Weight;

pub(super) fn forward<T: Weight>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let &Args { rows: m, inputs: k, outputs: n, activation, .. } = args;
    let (x, weight, bias_values) = (memory.read(0), memory.read::<T>(1), memory.read(2));
    let (y, residual) = (memory.write(3), memory.read(4));
    if m * n == 0 {
        return;
    }
    let bias = if args.bias { Bias::PerColumn } else { Bias::None };
    let epilogue = Epilogue { bias, bias_values, residual, activation, ..Epilogue::plain(false) };
    let output = Output::new(y, &mut [], [m, n, 1, 1], View::row_major(n), Fold::NONE, epilogue);
    let size = Size { m, n, k, batch: [1, 1], sum: [1, 1] };
    product(
        cpu,
        size,
        &Strided::rows(x, View::row_major(k)),
        &Panels { weight, inputs: k, outputs: n },
        &output,
    );
}

struct Panels<'a, T> {
    weight: &'a [T],
    inputs: usize,
    outputs: usize,
}

impl<T> Panels<'_, T> {
    /// A panel from one of its columns on (nothing, if there are no inputs), and its width.
    #[inline(always)]
    fn panel(&self, column: usize) -> (&[T], usize) {
        let first = column / PANEL * PANEL;
        let width = PANEL.min(self.outputs - first);
        let panel = cut(self.weight, first * self.inputs, width * self.inputs);
        (rest(panel, (column - first).min(panel.len())), width)
    }
}

impl<T: Weight> Operand for Panels<'_, T> {
    /// What is narrower than a strip, and weights that must be widened.
    #[inline(always)]
    fn pack<V: Lanes, const W: usize>(
        &self,
        _: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let (panel, width) = self.panel(first);
        for (d, to) in depth.zip(to.chunks_exact_mut(W)) {
            let from = rest(panel, d * width);
            match from.first_chunk::<W>() {
                Some(from) => to.iter_mut().zip(from).for_each(|(to, weight)| *to = weight.widen()),
                None => to.iter_mut().zip(cut(from, 0, count)).for_each(|(to, weight)| *to = weight.widen()),
            }
        }
    }

    #[inline(always)]
    fn strip(&self, first: usize, count: usize) -> Option<Strip<'_>> {
        let (panel, width) = self.panel(first);
        let data = T::floats(panel)?;
        (first % PANEL + count <= width).then_some(Strip { data, line: 1, depth: width })
    }
}
