//! The pointwise part of an LSTM step, between the matrix products; `torch.nn.LSTM`'s cell, with its
//! gates in the order input i, forget f, cell g, output o.
//!
//! Rows lie a stride apart, so that a step works within the sequence it belongs to: a buffer has
//! (rows − 1)·stride + width elements, and those between the rows are left alone. Rows that are written
//! must not overlap: a stride below the width is a [`Fault::Memory`](crate::Fault::Memory).

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// The arguments of [`LstmGates`]. Strides are in elements.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many rows: the batch.
    pub rows: usize,
    /// Elements of the cell state.
    pub hidden: usize,
    /// From one row of the gates to the next.
    pub gates_stride: usize,
    /// From one row of the previous cell state to the next.
    pub c_prev_stride: usize,
    /// From one row of the cell state to the next.
    pub c_stride: usize,
    /// From one row of the output to the next.
    pub h_stride: usize,
}

/// (i, f, g, o) ← (σ, σ, tanh, σ) of the gates, in place; c ← f·c_prev + i·g; h ← o·tanh c.
///
/// Memory: gates `[rows, 4·hidden]`, c_prev `[rows, hidden]`, c `[rows, hidden]`, h `[rows, hidden]`.
#[derive(Debug)]
pub struct LstmGates;
impl Op for LstmGates {
    const NAME: &'static str = "lstm gates";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { rows, hidden, .. } = args;
        spec.update::<f32>(written(rows, args.gates_stride, hidden.saturating_mul(4)));
        spec.read::<f32>(strided(rows, args.c_prev_stride, hidden));
        spec.update::<f32>(written(rows, args.c_stride, hidden));
        spec.update::<f32>(written(rows, args.h_stride, hidden));
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::forward(cpu, args, memory.write(0), memory.read(1), memory.write(2), memory.write(3));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for LstmGates {}

/// The arguments of [`LstmGatesBackward`]. Strides are in elements.
#[derive(Clone, Copy, Debug)]
pub struct BackwardArgs {
    /// How many rows: the batch.
    pub rows: usize,
    /// Elements of the cell state.
    pub hidden: usize,
    /// From one row of the gates to the next.
    pub gates_stride: usize,
    /// From one row of the previous cell state to the next.
    pub c_prev_stride: usize,
    /// From one row of the cell state to the next.
    pub c_stride: usize,
    /// From one row of the output's gradient to the next.
    pub dh_stride: usize,
    /// From one row of the gates' gradient to the next.
    pub dgates_stride: usize,
}

/// The backward of [`LstmGates`]: dc holds the gradient that reaches c from the next step, and becomes
/// that of c_prev; dgates becomes the gradient of the gates before their activation.
///
/// Memory: gates `[rows, 4·hidden]` as activated, c_prev `[rows, hidden]`, c `[rows, hidden]`, dh
/// `[rows, hidden]`, dc `[rows, hidden]` without gaps, dgates `[rows, 4·hidden]`.
#[derive(Debug)]
pub struct LstmGatesBackward;
impl Op for LstmGatesBackward {
    const NAME: &'static str = "lstm gates backward";
    type Args = BackwardArgs;
    fn memory(args: &BackwardArgs, spec: &mut Spec) {
        let &BackwardArgs { rows, hidden, .. } = args;
        let gates = hidden.saturating_mul(4);
        spec.read::<f32>(strided(rows, args.gates_stride, gates));
        spec.read::<f32>(strided(rows, args.c_prev_stride, hidden));
        spec.read::<f32>(strided(rows, args.c_stride, hidden));
        spec.read::<f32>(strided(rows, args.dh_stride, hidden));
        spec.update::<f32>(rows.saturating_mul(hidden));
        spec.update::<f32>(written(rows, args.dgates_stride, gates));
    }
    fn cpu(cpu: &Cpu, args: &BackwardArgs, memory: &mut Memory<'_>) {
        let (gates, c_prev) = (memory.read(0), memory.read(1));
        let (c, dh) = (memory.read(2), memory.read(3));
        cpu::backward(cpu, args, gates, c_prev, c, dh, memory.write(4), memory.write(5));
    }
    fn cuda(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for LstmGatesBackward {}

/// Elements from the start of the first row to the end of the last.
fn strided(rows: usize, stride: usize, width: usize) -> usize {
    rows.checked_sub(1).map_or(0, |gaps| gaps.saturating_mul(stride).saturating_add(width))
}

/// As [`strided`], but more than any memory has if rows overlap.
fn written(rows: usize, stride: usize, width: usize) -> usize {
    if rows > 1 && stride < width { usize::MAX } else { strided(rows, stride, width) }
}
