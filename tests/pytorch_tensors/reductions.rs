//! Sums and their kin over all axes, one or two.

use crate::table::Table;

/// The five forms of a reduction, of shapes that every reduction has in the fixture; with `more` of those that
/// most have; with `full` of those with one element too.
macro_rules! reduction {
    ($t:ident, $op:literal, [$all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident] $args:tt, full) => {
        op!($t, concat!($op, "_all"), (x) x.$all $args,
            "scalar" f32: ([]); "5" f32: ([5]); "2x3x1x2" f32: ([2, 3, 1, 2]););
        op!($t, concat!($op, "_axis_0"), (x) x.$axis::<0> $args, "5" f32: ([5]););
        op!($t, concat!($op, "_axis_1"), (x) x.$axis::<1> $args, "3x1" f32: ([3, 1]););
        reduction!($t, $op, [$all $axis $keep $axes $keep_axes] $args, more);
    };
    ($t:ident, $op:literal, [$all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident] $args:tt, more) => {
        op!($t, concat!($op, "_axis_2"), (x) x.$axis::<2> $args, "2x3x4" f32: ([2, 3, 4]););
        op!($t, concat!($op, "_axis_0_keepdim"), (x) x.$keep::<0> $args, "4x3" f32: ([4, 3]););
        op!($t, concat!($op, "_axis_1_keepdim"), (x) x.$keep::<1> $args, "2x3x1x2" f32: ([2, 3, 1, 2]););
        op!($t, concat!($op, "_axes_0_1_keepdim"), (x) x.$keep_axes::<0, 1> $args, "4x3" f32: ([4, 3]););
        reduction!($t, $op, [$all $axis $keep $axes $keep_axes] $args);
    };
    ($t:ident, $op:literal, [$all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident] $args:tt) => {
        op!($t, concat!($op, "_all"), (x) x.$all $args, "4x3" f32: ([4, 3]););
        op!($t, concat!($op, "_axis_0"), (x) x.$axis::<0> $args, "4x3" f32: ([4, 3]););
        op!($t, concat!($op, "_axis_1"), (x) x.$axis::<1> $args,
            "4x3" f32 f64: ([4, 3]); "2x3x4" f32: ([2, 3, 4]); "3x7" bf16 f16: ([3, 7]););
        op!($t, concat!($op, "_axis_1_keepdim"), (x) x.$keep::<1> $args, "4x3" f32: ([4, 3]););
        op!($t, concat!($op, "_axes_0_2"), (x) x.$axes::<0, 2> $args, "2x3x4" f32: ([2, 3, 4]););
        op!($t, concat!($op, "_axes_1_2"), (x) x.$axes::<1, 2> $args, "2x3x1x2" f32: ([2, 3, 1, 2]););
        op!($t, concat!($op, "_axes_0_2_keepdim"), (x) x.$keep_axes::<0, 2> $args, "2x3x4" f32: ([2, 3, 4]););
    };
}

fn sums(t: &mut Table) {
    let first = t.ops.len();
    reduction!(t, "sum", [sum sum_axis sum_keep sum_axes sum_keep_axes] (), full);
    reduction!(t, "mean", [mean mean_axis mean_keep mean_axes mean_keep_axes] (), full);
    reduction!(t, "var", [var var_axis var_keep var_axes var_keep_axes] (), more);
    reduction!(t, "var_correction_0", [var_correction var_correction_axis var_correction_keep
        var_correction_axes var_correction_keep_axes] (0));
    op!(t, "var_correction_0_axis_1", (x) x.var_correction_axis::<1>(0), "3x1" f32: ([3, 1]););
    reduction!(t, "std", [std std_axis std_keep std_axes std_keep_axes] (), more);
    reduction!(t, "std_correction_0", [std_correction std_correction_axis std_correction_keep
        std_correction_axes std_correction_keep_axes] (0));
    for op in &mut t.ops[first..] {
        op.of_size(1.0, "terms of this size cancel, and so do x and its mean");
    }
}

fn norms(t: &mut Table) {
    reduction!(t, "norm_1", [norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes] (1.0));
    reduction!(t, "norm_2", [norm norm_axis norm_keep norm_axes norm_keep_axes] (), full);
    reduction!(t, "norm_inf", [norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes] (f64::INFINITY));
    op!(t, "norm_1_axis_1", (x) x.norm_p_axis::<1>(1.0), "zeros" f32: ([2, 3]););
    op!(t, "norm_2_axis_1", (x) x.norm_p_axis::<1>(2.0), "zeros" f32: ([2, 3]););
    op!(t, "norm_inf_axis_1", (x) x.norm_p_axis::<1>(f64::INFINITY), "zeros" f32: ([2, 3]););
    op!(t, "norm_inf_all", (x) x.norm_p(f64::INFINITY), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
    op!(t, "norm_inf_axis_1", (x) x.norm_p_axis::<1>(f64::INFINITY),
        "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
    reduction!(t, "logsumexp", [logsumexp logsumexp_axis logsumexp_keep logsumexp_axes logsumexp_keep_axes] (), full);
    for op in t.ops.iter_mut().filter(|op| op.name.starts_with("logsumexp")) {
        op.of_size(1.0, "the maximum and the logarithm of the sum cancel");
    }
    op!(t, "logsumexp_axis_1", (x) x.logsumexp_axis::<1>(), "special" f32: ([4, 3]); "large" f32: ([1, 3]);)
        .gradient_within(64.0, "an exponential of a difference of numbers near 1000, which is exact to 3e-5");
}

fn extremes(t: &mut Table) {
    reduction!(t, "amax", [amax amax_axis amax_keep amax_axes amax_keep_axes] (), full);
    reduction!(t, "amin", [amin amin_axis amin_keep amin_axes amin_keep_axes] ());
    macro_rules! hard {
        ($name:literal $all:ident $axis:ident) => {
            op!(t, concat!($name, "_all"), (x) x.$all(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
            op!(t, concat!($name, "_axis_1"), (x) x.$axis::<1>(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
        };
    }
    hard!("amax" amax amax_axis);
    hard!("amin" amin amin_axis);
    hard!("max" max max_axis);
    hard!("min" min min_axis);
}

/// Of one axis only.
macro_rules! single {
    ($on:ident, $t:ident, $op:literal, $all:ident $axis:ident $keep:ident, full) => {
        cases!($on, $t, concat!($op, "_all"), (x) x.$all(),
            "scalar" f32: ([]); "5" f32: ([5]); "2x3x1x2" f32: ([2, 3, 1, 2]););
        cases!($on, $t, concat!($op, "_axis_0"), (x) x.$axis::<0>(), "5" f32: ([5]););
        cases!($on, $t, concat!($op, "_axis_1"), (x) x.$axis::<1>(), "3x1" f32: ([3, 1]););
        cases!($on, $t, concat!($op, "_axis_2"), (x) x.$axis::<2>(), "2x3x4" f32: ([2, 3, 4]););
        cases!($on, $t, concat!($op, "_axis_0_keepdim"), (x) x.$keep::<0>(), "4x3" f32: ([4, 3]););
        cases!($on, $t, concat!($op, "_axis_1_keepdim"), (x) x.$keep::<1>(),
            "4x3" f32: ([4, 3]); "2x3x1x2" f32: ([2, 3, 1, 2]););
        single!($on, $t, $op, $all $axis);
    };
    ($on:ident, $t:ident, $op:literal, $all:ident $axis:ident) => {
        cases!($on, $t, concat!($op, "_all"), (x) x.$all(), "4x3" f32: ([4, 3]););
        cases!($on, $t, concat!($op, "_axis_0"), (x) x.$axis::<0>(), "4x3" f32: ([4, 3]););
        cases!($on, $t, concat!($op, "_axis_1"), (x) x.$axis::<1>(),
            "4x3" f32 f64: ([4, 3]); "2x3x4" f32: ([2, 3, 4]); "3x7" bf16 f16: ([3, 7]););
    };
}

fn single(t: &mut Table) {
    single!(on, t, "prod", prod prod_axis prod_keep, full);
    single!(on, t, "max", max max_axis max_keep, full);
    single!(on, t, "min", min min_axis);
    op!(t, "min_axis_1_keepdim", (x) x.min_keep::<1>(), "4x3" f32: ([4, 3]););
    op!(t, "prod_axis_1", (x) x.prod_axis::<1>(), "zeros" f32: ([3, 3]););
    op!(t, "prod_all", (x) x.prod(), "one_zero" f32: ([2, 2]); "two_zeros" f32: ([2, 2]); "2x3" i64 i32 i8 u8: ([2, 3]););
    single!(off, t, "argmax", argmax argmax_axis argmax_keep, full);
    single!(off, t, "argmin", argmin argmin_axis);
    off_tape!(t, "argmin_axis_1_keepdim", (x) x.argmin_keep::<1>(), "4x3" f32: ([4, 3]););
    for_ties(t);
}

fn for_ties(t: &mut Table) {
    off_tape!(t, "argmax_all", (x) x.argmax(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
    off_tape!(t, "argmin_all", (x) x.argmin(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
    off_tape!(t, "argmax_axis_1", (x) x.argmax_axis::<1>(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
    off_tape!(t, "argmin_axis_1", (x) x.argmin_axis::<1>(), "ties" f32: ([3, 3]); "special" f32: ([3, 3]););
}

fn integers(t: &mut Table) {
    macro_rules! integers {
        ($($name:literal $all:ident $axis:ident;)*) => { $(
            op!(t, concat!($name, "_all"), (x) x.$all(), "4x3" i64 i32 i8 u8: ([4, 3]););
            integers!(@ $name $axis);
        )* };
        (@ $name:literal $axis:ident) => {
            op!(t, concat!($name, "_axis_1"), (x) x.$axis::<1>(), "4x3" i64 i32 i8 u8: ([4, 3]););
        };
    }
    integers! {
        "sum" sum sum_axis;
        "amax" amax amax_axis;
        "amin" amin amin_axis;
        "max" max max_axis;
        "min" min min_axis;
        "argmax" argmax argmax_axis;
        "argmin" argmin argmin_axis;
    }
    integers!(@ "prod" prod_axis);
    op!(t, "sum_axis_1", (x) x.sum_axis::<1>(), "3x2" bool: ([3, 2]););
}

fn truth(t: &mut Table) {
    macro_rules! truth {
        ($op:literal, $all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident) => {
            op!(t, concat!($op, "_all"), (x) x.$all(), "4x3" bool: ([4, 3]); "scalar" bool: ([]); "5" bool: ([5]);
                "2x3x1x2" bool: ([2, 3, 1, 2]););
            off_tape!(t, concat!($op, "_all"), (x) x.$all(), "2x2" f32: ([2, 2]););
            op!(t, concat!($op, "_axis_0"), (x) x.$axis::<0>(), "4x3" bool: ([4, 3]); "5" bool: ([5]););
            op!(t, concat!($op, "_axis_1"), (x) x.$axis::<1>(), "4x3" bool: ([4, 3]); "2x3x4" bool: ([2, 3, 4]);
                "3x1" bool: ([3, 1]); "3x2" bool: ([3, 2]););
            op!(t, concat!($op, "_axis_2"), (x) x.$axis::<2>(), "2x3x4" bool: ([2, 3, 4]););
            op!(t, concat!($op, "_axis_0_keepdim"), (x) x.$keep::<0>(), "4x3" bool: ([4, 3]););
            op!(t, concat!($op, "_axis_1_keepdim"), (x) x.$keep::<1>(), "4x3" bool: ([4, 3]);
                "2x3x1x2" bool: ([2, 3, 1, 2]););
            op!(t, concat!($op, "_axes_0_2"), (x) x.$axes::<0, 2>(), "2x3x4" bool: ([2, 3, 4]););
            op!(t, concat!($op, "_axes_1_2"), (x) x.$axes::<1, 2>(), "2x3x1x2" bool: ([2, 3, 1, 2]););
            op!(t, concat!($op, "_axes_0_2_keepdim"), (x) x.$keep_axes::<0, 2>(), "2x3x4" bool: ([2, 3, 4]););
            op!(t, concat!($op, "_axes_0_1_keepdim"), (x) x.$keep_axes::<0, 1>(), "4x3" bool: ([4, 3]););
        };
    }
    truth!("any", any any_axis any_keep any_axes any_keep_axes);
    truth!("all", all all_axis all_keep all_axes all_keep_axes);
}

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    sums(t);
    norms(t);
    extremes(t);
    single(t);
    integers(t);
    truth(t);
    table
}
