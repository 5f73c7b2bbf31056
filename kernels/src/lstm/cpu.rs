use super::{Args, BackwardArgs};
use crate::cpu::{LANES, load, multiversion, store};
use crate::{Cpu, math};

/// Cells of one task, roughly.
const CHUNK: usize = 1 << 9;

/// Elementary operations per cell, roughly.
const COST: usize = 20;

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
        let (i, rest) = gates.split_at_mut(hidden);
        let (f, rest) = rest.split_at_mut(hidden);
        let (g, o) = rest.split_at_mut(hidden);
        for at in (0..hidden).step_by(LANES) {
            let (mut new_i, mut new_f, mut new_g, mut new_o) = (load(&i[at..], 0.0), load(&f[at..], 0.0), load(&g[at..], 0.0), load(&o[at..], 0.0));
            let (mut new_c, mut new_h) = (load(&c_prev[at..], 0.0), [0.0; LANES]);
            for l in 0..LANES {
                new_i[l] = math::sigmoid(new_i[l]);
                new_f[l] = math::sigmoid(new_f[l]);
                new_g[l] = math::tanh(new_g[l]);
                new_o[l] = math::sigmoid(new_o[l]);
                new_c[l] = new_f[l] * new_c[l] + new_i[l] * new_g[l];
                new_h[l] = new_o[l] * math::tanh(new_c[l]);
            }
            store(&new_i, &mut i[at..]);
            store(&new_f, &mut f[at..]);
            store(&new_g, &mut g[at..]);
            store(&new_o, &mut o[at..]);
            store(&new_c, &mut c[at..]);
            store(&new_h, &mut h[at..]);
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
        for at in (0..hidden).step_by(LANES) {
            let (i, f, g, o) = (load(&i[at..], 0.0), load(&f[at..], 0.0), load(&g[at..], 0.0), load(&o[at..], 0.0));
            let (c_prev, c, dh, mut dc_prev) = (load(&c_prev[at..], 0.0), load(&c[at..], 0.0), load(&dh[at..], 0.0), load(&dc[at..], 0.0));
            let [mut new_i, mut new_f, mut new_g, mut new_o] = [[0.0; LANES]; 4];
            for l in 0..LANES {
                let t = math::tanh(c[l]);
                let d = dc_prev[l] + dh[l] * o[l] * (1.0 - t * t);
                new_i[l] = d * g[l] * i[l] * (1.0 - i[l]);
                new_f[l] = d * c_prev[l] * f[l] * (1.0 - f[l]);
                new_g[l] = d * i[l] * (1.0 - g[l] * g[l]);
                new_o[l] = dh[l] * t * o[l] * (1.0 - o[l]);
                dc_prev[l] = d * f[l];
            }
            store(&new_i, &mut di[at..]);
            store(&new_f, &mut df[at..]);
            store(&new_g, &mut dg[at..]);
            store(&new_o, &mut do_[at..]);
            store(&dc_prev, &mut dc[at..]);
        }
    }
}
