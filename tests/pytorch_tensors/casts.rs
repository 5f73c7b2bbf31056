//! Casts between all element types, and integers.

use castiron::{Bool, bf16, f16};

use crate::table::Table;

/// A cast to real numbers: recorded on a tape.
macro_rules! to_real {
    ($table:ident, $op:literal, $to:ident) => {
        op!($table, $op, (x) x.cast::<$to>(),
            "2x3" f32 f64 bf16 f16: ([2, 3]);
            "values" f64 f32: ([13]);
            "values" bf16: ([11]);
            "values" f16: ([10]);
            "values" i64: ([10]);
            "values" i32: ([9]);
            "values" i8 u8: ([5]);
            "values" bool: ([2]);
        )
    };
}

macro_rules! to_integer {
    ($table:ident, $op:literal, $to:ident, $f64:literal $f32:literal $bf16:literal $f16:literal) => {
        off_tape!($table, $op, (x) x.cast::<$to>(),
            "values" f32: ([$f32]);
            "values" f64: ([$f64]);
            "values" bf16: ([$bf16]);
            "values" f16: ([$f16]);
            "values" i64: ([10]);
            "values" i32: ([9]);
            "values" i8 u8: ([5]);
            "values" bool: ([2]);
        )
    };
}

fn casts(t: &mut Table) {
    to_real!(t, "cast_f32", f32);
    to_real!(t, "cast_f64", f64);
    to_real!(t, "cast_bf16", bf16);
    to_real!(t, "cast_f16", f16);
    to_integer!(t, "cast_i64", i64, 8 8 8 8);
    to_integer!(t, "cast_i32", i32, 8 8 8 8);
    to_integer!(t, "cast_i8", i8, 8 8 8 8);
    to_integer!(t, "cast_u8", u8, 5 5 5 5);
    to_integer!(t, "cast_bool", Bool, 13 13 11 10);
}

fn integers(t: &mut Table) {
    macro_rules! arithmetic {
        ($op:literal, $xy:tt $body:expr $(, $wraps:literal)?) => {
            op!(t, $op, $xy $body,
                "4x3,4x3" i64 i32 i8 u8: ([4, 3] [4, 3]);
                "4x3,3" i32: ([4, 3] [3]);
                $($wraps i64 i32 i8 u8: ([3] [3]);)?
            );
        };
    }
    arithmetic!("add", (x, y) x + y, "wraps");
    arithmetic!("sub", (x, y) x - y, "wraps");
    arithmetic!("mul", (x, y) x * y, "wraps");
    arithmetic!("maximum", (x, y) x.maximum(y));
    arithmetic!("minimum", (x, y) x.minimum(y));
    // PyTorch's quotient of integers is real.
    op!(t, "div", (x, y) x.cast::<f32>() / y.cast::<f32>(), "4x3,4x3" i64 i32: ([4, 3] [4, 3]););
    op!(t, "neg", (x) -x, "7" i64 i32 i8 u8: ([7]););
    op!(t, "abs", (x) x.abs(), "7" i64 i32 i8 u8: ([7]););
    op!(t, "sign", (x) x.sign(), "7" i64 i32 i8 u8: ([7]););
    op!(t, "square", (x) x.square(), "7" i64 i32 i8 u8: ([7]););
    op!(t, "pow_3", (x) x.pow(3), "7" i64 i32 i8 u8: ([7]););
    op!(t, "clamp_2_5", (x) x.clamp(2, 5), "7" i64 i32 i8 u8: ([7]););
    op!(t, "bitwise_and", (x, y) x & y, "4x3,4x3" i64 i32 i8 u8: ([4, 3] [4, 3]););
    op!(t, "bitwise_or", (x, y) x | y, "4x3,4x3" i64 i32 i8 u8: ([4, 3] [4, 3]););
    op!(t, "bitwise_xor", (x, y) x ^ y, "4x3,4x3" i64 i32 i8 u8: ([4, 3] [4, 3]););
    op!(t, "bitwise_not", (x) !x, "7" i64 i32 i8 u8: ([7]););
}

pub fn table() -> Table {
    let mut table = Table::default();
    casts(&mut table);
    integers(&mut table);
    table
}
