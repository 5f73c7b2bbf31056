use super::{Args, BackwardArgs};
use crate::cpu::multiversion;
use crate::{Cpu, math};

/// Cells of one task, roughly.
const CHUNK: usize = 1 << 9;

/// Elementary operations per cell, roughly.
const COST: usize = 80;

pub(super) fn forward(
    cpu: &Cpu,
    args: &Args,
    gates: &mut [f32],
    c_prev: &[f32],
    c: &mut [f32],
    h: &mut [f32],
) {
    let &Args { rows, hidden, .. } = args;
    if hidden == 0 {
        return;
    }
    let (isa, piece) = (cpu.isa(), CHUNK.div_ceil(hidden));
    let lens = [
        piece_len(piece, args.gates_stride, 4 * hidden),
        piece_len(piece, args.c_stride, hidden),
        piece_len(piece, args.h_stride, hidden),
    ];
    cpu.parallel_zip([gates, c, h], lens, rows * hidden * COST, |task, [gates, c, h], _| {
        for r in 0..piece.min(rows - task * piece) {
            cells(
                isa,
                row_mut(gates, r, args.gates_stride, 4 * hidden),
                row(c_prev, task * piece + r, args.c_prev_stride, hidden),
                row_mut(c, r, args.c_stride, hidden),
                row_mut(h, r, args.h_stride, hidden),
            );
        }
    });
}

#[allow(clippy::too_many_arguments)]
pub(super) fn backward(
    cpu: &Cpu,
    args: &BackwardArgs,
    gates: &[f32],
    c_prev: &[f32],
    c: &[f32],
    dh: &[f32],
    dc: &mut [f32],
    dgates: &mut [f32],
) {
    let &BackwardArgs { rows, hidden, .. } = args;
    if hidden == 0 {
        return;
    }
    let (isa, piece) = (cpu.isa(), CHUNK.div_ceil(hidden));
    let lens = [piece_len(piece, hidden, hidden), piece_len(piece, args.dgates_stride, 4 * hidden)];
    cpu.parallel_zip([dc, dgates], lens, rows * hidden * COST, |task, [dc, dgates], _| {
        for r in 0..piece.min(rows - task * piece) {
            let at = task * piece + r;
            chain(
                isa,
                row(gates, at, args.gates_stride, 4 * hidden),
                row(c_prev, at, args.c_prev_stride, hidden),
                row(c, at, args.c_stride, hidden),
                row(dh, at, args.dh_stride, hidden),
                row_mut(dc, r, hidden, hidden),
                row_mut(dgates, r, args.dgates_stride, 4 * hidden),
            );
        }
    });
}

/// Elements of `rows` rows. A single row may have any stride, even one below its width.
fn piece_len(rows: usize, stride: usize, width: usize) -> usize {
    rows.saturating_mul(stride.max(width))
}

fn row(x: &[f32], r: usize, stride: usize, width: usize) -> &[f32] {
    &x[r * stride..][..width]
}

fn row_mut(x: &mut [f32], r: usize, stride: usize, width: usize) -> &mut [f32] {
    &mut x[r * stride..][..width]
}

multiversion! {
    /// One row, forward.
    fn cells(isa, gates: &mut [f32], c_prev: &[f32], c: &mut [f32], h: &mut [f32]) {
        let hidden = c.len();
        let (sigmoids, rest) = gates.split_at_mut(2 * hidden);
        let (g, o) = rest.split_at_mut(hidden);
        for x in sigmoids.iter_mut().chain(o.iter_mut()) {
            *x = math::sigmoid(*x);
        }
        for x in g.iter_mut() {
            *x = math::tanh(*x);
        }
        let (i, f) = sigmoids.split_at(hidden);
        for ((((c, c_prev), i), f), g) in c.iter_mut().zip(c_prev).zip(i).zip(f).zip(g) {
            *c = f * c_prev + i * *g;
        }
        for ((h, c), o) in h.iter_mut().zip(c).zip(o) {
            *h = *o * math::tanh(*c);
        }
    }
}

multiversion! {
    /// One row, backward.
    fn chain(isa, gates: &[f32], c_prev: &[f32], c: &[f32], dh: &[f32], dc: &mut [f32], dgates: &mut [f32]) {
        let hidden = c.len();
        let (i, rest) = gates.split_at(hidden);
        let (f, rest) = rest.split_at(hidden);
        let (g, o) = rest.split_at(hidden);
        let (di, rest) = dgates.split_at_mut(hidden);
        let (df, rest) = rest.split_at_mut(hidden);
        let (dg, do_) = rest.split_at_mut(hidden);
        for j in 0..hidden {
            let t = math::tanh(c[j]);
            let d = dc[j] + dh[j] * o[j] * (1.0 - t * t);
            do_[j] = dh[j] * t * o[j] * (1.0 - o[j]);
            di[j] = d * g[j] * i[j] * (1.0 - i[j]);
            df[j] = d * c_prev[j] * f[j] * (1.0 - f[j]);
            dg[j] = d * i[j] * (1.0 - g[j] * g[j]);
            dc[j] = d * f[j];
        }
    }
}
