//! Functions of one number, arithmetic with broadcasting, choice.

use castiron::{Keep, Rank2};

use crate::table::Table;

/// A function of real numbers, at ordinary numbers and at special ones.
macro_rules! unary {
    ($table:ident, $op:literal, $x:tt $body:expr $(, kinks $kinks:tt)?) => {
        op!($table, $op, $x $body,
            "3x5" f32 f64: ([3, 5]);
            "9" bf16 f16: ([9]);
            "special" f32: ([11]);
            $("kinks" f32: ($kinks);)?
        )
    };
}

/// The same, where the call has a number, which bf16 and f16 write otherwise.
macro_rules! unary_number {
    ($table:ident, $op:literal, $x:tt $body:expr, $half:expr $(, kinks $kinks:tt)?) => {
        op!($table, $op, $x $body,
            "3x5" f32 f64: ([3, 5]);
            "special" f32: ([11]);
            $("kinks" f32: ($kinks);)?
        );
        op!($table, $op, $x $half, "9" bf16 f16: ([9]););
    };
}

pub fn unary(t: &mut Table) {
    unary!(t, "neg", (x) - x);
    unary!(t, "abs", (x) x.abs(), kinks [2]);
    unary!(t, "sign", (x) x.sign(), kinks [2]);
    unary!(t, "square", (x) x.square());
    unary!(t, "sqrt", (x) x.sqrt(), kinks [2]);
    unary!(t, "rsqrt", (x) x.rsqrt());
    unary!(t, "reciprocal", (x) x.reciprocal());
    unary!(t, "exp", (x) x.exp());
    unary!(t, "exp2", (x) x.exp2());
    unary!(t, "expm1", (x) x.expm1());
    unary!(t, "log", (x) x.log());
    unary!(t, "log2", (x) x.log2());
    unary!(t, "log10", (x) x.log10());
    unary!(t, "log1p", (x) x.log1p());
    unary!(t, "sin", (x) x.sin());
    unary!(t, "cos", (x) x.cos());
    unary!(t, "tan", (x) x.tan());
    unary!(t, "asin", (x) x.asin());
    unary!(t, "acos", (x) x.acos());
    unary!(t, "atan", (x) x.atan());
    unary!(t, "sinh", (x) x.sinh());
    unary!(t, "cosh", (x) x.cosh());
    unary!(t, "tanh", (x) x.tanh()).gradient_of_size(1.0, "1 − y² cancels near ±1");
    unary!(t, "asinh", (x) x.asinh());
    unary!(t, "acosh", (x) x.acosh());
    unary!(t, "atanh", (x) x.atanh());
    unary!(t, "erf", (x) x.erf());
    unary!(t, "erfc", (x) x.erfc());
    unary!(t, "floor", (x) x.floor(), kinks [3]);
    unary!(t, "ceil", (x) x.ceil());
    unary!(t, "round", (x) x.round(), kinks [6]);
    unary!(t, "trunc", (x) x.trunc());
    unary!(t, "frac", (x) x.frac());
    unary!(t, "sigmoid", (x) x.sigmoid()).gradient_of_size(1.0, "1 − y cancels near 1");
    unary!(t, "log_sigmoid", (x) x.log_sigmoid());
    unary!(t, "softplus", (x) x.softplus(), kinks [3]);
    unary!(t, "relu", (x) x.relu(), kinks [2]);
    unary!(t, "relu6", (x) x.relu6(), kinks [2]);
    unary!(t, "leaky_relu_0.01", (x) x.leaky_relu(0.01), kinks [2]);
    unary!(t, "elu", (x) x.elu(1.0), kinks [2]);
    unary!(t, "gelu", (x) x.gelu()).of_size(1.0, "1 + erf cancels far below zero, in PyTorch too");
    unary!(t, "gelu_tanh", (x) x.gelu_tanh()).of_size(1.0, "1 + tanh cancels far below zero, in PyTorch too");
    unary!(t, "silu", (x) x.silu());
    unary!(t, "mish", (x) x.mish()).gradient_of_size(1.0, "1 − tanh² cancels");
    unary!(t, "hardsigmoid", (x) x.hardsigmoid(), kinks [2]).case_within(
        "3x5/f64",
        (1u64 << 28) as f64,
        "PyTorch's 1/6 in the gradient is one of f32",
    );
    unary!(t, "hardswish", (x) x.hardswish(), kinks [2]);
    unary_number!(t, "clamp_-1_1.5", (x) x.clamp(-1.0, 1.5), x.clamp(E::from_f64(-1.0), E::from_f64(1.5)), kinks [2]);
    unary_number!(t, "clamp_min_-0.5", (x) x.clamp_min(-0.5), x.clamp_min(E::from_f64(-0.5)), kinks []);
    unary_number!(t, "clamp_max_0.5", (x) x.clamp_max(0.5), x.clamp_max(E::from_f64(0.5)), kinks []);
    unary_number!(t, "pow_2", (x) x.pow(2.0), x.pow(E::from_f64(2.0)), kinks [2]);
    unary_number!(t, "pow_3", (x) x.pow(3.0), x.pow(E::from_f64(3.0)), kinks [2]);
    unary_number!(t, "pow_-1", (x) x.pow(-1.0), x.pow(E::from_f64(-1.0)));
    unary_number!(t, "pow_0.5", (x) x.pow(0.5), x.pow(E::from_f64(0.5)));
    unary_number!(t, "pow_2.5", (x) x.pow(2.5), x.pow(E::from_f64(2.5)));
    other_shapes(t);
}

fn other_shapes(t: &mut Table) {
    op!(t, "neg", (x) x.neg(), "scalar" f32: ([]); "1" f32: ([1]); "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "exp", (x) x.exp(), "scalar" f32: ([]); "1" f32: ([1]); "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "relu", (x) x.relu(), "scalar" f32: ([]); "1" f32: ([1]); "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "pow_3", (x) x.pow(3.0), "scalar" f32: ([]); "1" f32: ([1]); "2x3x1x2" f32: ([2, 3, 1, 2]););
}

/// A function of two numbers, and what all four operations broadcast.
macro_rules! binary {
    ($table:ident, $op:literal, $xy:tt $body:expr $(, $case:literal $inputs:tt)*) => {
        op!($table, $op, $xy $body,
            "scalar,scalar" f32: ([] []);
            "4x3,4x3" f32 f64: ([4, 3] [4, 3]);
            "9,9" bf16 f16: ([9] [9]);
            "4x3,3" f32: ([4, 3] [3]);
            $($case f32: $inputs;)*
        )
    };
}

macro_rules! arithmetic {
    ($table:ident, $op:literal, $xy:tt $body:expr $(, $case:literal $inputs:tt)*) => {
        binary!($table, $op, $xy $body,
            "3,4x3" ([3] [4, 3]),
            "2x3,scalar" ([2, 3] []),
            "4x3,4x1" ([4, 3] (= Keep<[E; 4], 1>)),
            "4x3,1x3" ([4, 3] (= Keep<[E; 3], 0>))
            $(, $case $inputs)*
        )
    };
}

pub fn binary(t: &mut Table) {
    arithmetic!(t, "add", (x, y) x + y, "2x4x3,4x3" ([2, 4, 3] [4, 3]), "2x4x3,3" ([2, 4, 3] [3]),
        "2x3x2,2x1x2" ([2, 3, 2] (= Keep<[[E; 2]; 2], 1>)));
    arithmetic!(t, "mul", (x, y) x * y, "2x4x3,4x3" ([2, 4, 3] [4, 3]), "2x4x3,3" ([2, 4, 3] [3]),
        "2x3x2,2x1x2" ([2, 3, 2] (= Keep<[[E; 2]; 2], 1>)))
    .gradient_within(8.0, "a sum over what was broadcast");
    // Shapes that both grow are written out.
    op!(t, "add", (x, y) x.broadcast_to::<Rank2<4, 3>>() + y.broadcast_to::<Rank2<4, 3>>(),
        "4x1,1x3" f32: ([4, 1] [1, 3]););
    op!(t, "mul", (x, y) x.broadcast_to::<Rank2<4, 3>>() * y.broadcast_to::<Rank2<4, 3>>(),
        "4x1,1x3" f32: ([4, 1] [1, 3]););
    arithmetic!(t, "sub", (x, y) x - y);
    arithmetic!(t, "div", (x, y) x / y, "special" ([4] [4]));
    binary!(t, "pow", (x, y) x.pow(y), "kinks" ([5] [5]));
    binary!(t, "maximum", (x, y) x.maximum(y), "ties" ([3] [3]), "special" ([3] [3]));
    binary!(t, "minimum", (x, y) x.minimum(y), "ties" ([3] [3]), "special" ([3] [3]));
    binary!(t, "atan2", (x, y) x.atan2(y));
}

/// Division that rounds: of floats as of integers.
macro_rules! rounding {
    ($table:ident, $op:literal, $xy:tt $body:expr) => {
        op!($table, $op, $xy $body,
            "4x3,4x3" f32 f64 i64 i32 i8 u8: ([4, 3] [4, 3]);
            "4x3,3" f32: ([4, 3] [3]);
            "signs" f32 i64 i32 i8: ([7] [7]);
        )
    };
}

pub fn rounding(t: &mut Table) {
    rounding!(t, "div_floor", (x, y) x.div_floor(y));
    rounding!(t, "div_trunc", (x, y) x.div_trunc(y));
    rounding!(t, "remainder", (x, y) x.remainder(y));
    rounding!(t, "fmod", (x, y) x.fmod(y));
}

macro_rules! number {
    ($table:ident, $op:literal, $x:tt $body:expr, $half:expr) => {
        op!($table, $op, $x $body, "4x3" f32 f64: ([4, 3]); "scalar" f32: ([]););
        op!($table, $op, $x $half, "5" bf16 f16: ([5]););
    };
}

/// Numbers on either side. A type does not say which numbers stand on the left of it, so that halves differ.
pub fn numbers(t: &mut Table) {
    number!(t, "add_2.5", (x) x + 2.5, x + E::from_f64(2.5));
    number!(t, "sub_2.5", (x) x - 2.5, x - E::from_f64(2.5));
    number!(t, "mul_2.5", (x) x * 2.5, x * E::from_f64(2.5));
    number!(t, "div_2.5", (x) x / 2.5, x / E::from_f64(2.5));
    number!(t, "2.5_sub", (x) 2.5 - x, E::from_f64(2.5) - x);
    number!(t, "2.5_div", (x) 2.5 / x, E::from_f64(2.5) / x);
}

pub fn choice(t: &mut Table) {
    op!(t, "where", (mask, x, y) mask.choose(x, y),
        "2x3,2x3,2x3" f32 f64 bf16 f16 i64 i32 i8 u8 bool: ((bool [2, 3]) [2, 3] [2, 3]);
        "2x3,3,scalar" f32: ((bool [2, 3]) [3] []);
        "3,2x3,2x3" f32: ((bool [3]) [2, 3] [2, 3]);
    );
    op!(t, "masked_fill_-1", (x, mask) x.masked_fill(mask, -1.0),
        "2x3,2x3" f32 f64: ([2, 3] (bool [2, 3])););
    op!(t, "masked_fill_-inf", (x, mask) x.masked_fill(mask, f32::NEG_INFINITY),
        "2x3,2x3" f32: ([2, 3] (bool [2, 3])););
}

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    unary(t);
    binary(t);
    rounding(t);
    numbers(t);
    choice(t);
    table
}
