//! The products of small models: a few rows by the transpose of a matrix, as linear layers have it, on one
//! thread and straight into C. What a call costs beside its multiplications counts here.

use super::dot::{Dots, dots};
use super::{Args, Bias, lanes, skinny};
use crate::activation::{Activation, apply_in_place, relu};
use crate::cpu::multiversion;
use crate::sure::{cut, cut_mut};
use crate::{Cpu, Isa};

/// Most rows.
pub(super) const ROWS: usize = 8;

/// Whether [`product`] computes this.
pub(super) fn applies(cpu: &Cpu, args: &Args) -> bool {
    fits(args) && !cpu.shares(skinny::work(args.m, args.n, args.k))
}

/// Whether [`product`] can compute this. Inlined, so that it is a constant where all but `m` are constants, and
/// `m` is known to be small.
#[inline(always)]
pub(super) fn fits(args: &Args) -> bool {
    args.m <= ROWS
        // Compared as arrays they would be no constant.
        && args.batch[0] == 1
        && args.batch[1] == 1
        && args.a.column == 1
        && args.b.row == 1
        && args.c.column == 1
        && !(args.accumulate || args.keep_pre)
        && args.bias != Bias::PerRow
        && args.scale == 1.0
        && args.n > 0
        && args.k > 0
}

/// Whether the activation is one that needs no code of its own.
#[inline(always)]
pub(crate) fn is_limited(activation: Activation) -> bool {
    matches!(activation, Activation::Identity | Activation::Relu)
}

/// C = activation(A·B + bias + R); `added` are the bias and the residual, each empty where there is none. A program whose
/// products have at most `ONE` row, and are [`LIMITED`](is_limited), is linked with less code.
pub(super) fn product<const ONE: bool, const LIMITED: bool>(
    isa: Isa,
    args: &Args,
    a: &[f32],
    b: &[f32],
    added: [&[f32]; 2],
    c: &mut [f32],
) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Isa::detect` found AVX-512.
        Isa::Avx512 => unsafe { avx512::<ONE>(args, a, b, c) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Isa::detect` found AVX2 and FMA.
        Isa::Avx2 => unsafe { avx2::<ONE>(args, a, b, c) },
        _ => products::<lanes::Portable, false, ONE>(args, a, b, c),
    }
    for row in 0..args.m {
        let at = row * args.c.row;
        let residual = if added[1].is_empty() { &[] } else { cut(added[1], at, args.n) };
        finish_row::<LIMITED>(isa, args.activation, added[0], residual, cut_mut(c, at, args.n));
    }
}

/// c ← activation(c + bias + residual), of one row; bias and residual are empty where there is none.
#[inline(always)]
fn finish_row<const LIMITED: bool>(
    isa: Isa,
    activation: Activation,
    bias: &[f32],
    residual: &[f32],
    c: &mut [f32],
) {
    finish(isa, activation == Activation::Relu, bias, residual, c);
    if !LIMITED && !is_limited(activation) {
        apply_in_place(isa, activation, c);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512<const ONE: bool>(args: &Args, a: &[f32], b: &[f32], c: &mut [f32]) {
    products::<lanes::Avx512, true, ONE>(args, a, b, c);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<const ONE: bool>(args: &Args, a: &[f32], b: &[f32], c: &mut [f32]) {
    products::<lanes::Avx2, false, ONE>(args, a, b, c);
}

#[inline(always)]
fn products<V: Dots, const WIDE: bool, const ONE: bool>(args: &Args, a: &[f32], b: &[f32], c: &mut [f32]) {
    dots::<V, WIDE, ONE>((a, args.a.row), (b, args.b.column), [args.m, args.n, args.k], c, args.c.row);
}

multiversion! {
    /// One row of C: adds what is there of bias and residual.
    fn finish(isa, cut: bool, bias: &[f32], residual: &[f32], c: &mut [f32]) {
        c.iter_mut().zip(bias).for_each(|(c, bias)| *c += bias);
        c.iter_mut().zip(residual).for_each(|(c, r)| *c += r);
        if cut {
            c.iter_mut().for_each(|c| *c = relu(*c));
        }
    }
}
