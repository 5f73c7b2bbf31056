//! Comparisons, which make masks, and what is done with masks.

use crate::table::Table;

macro_rules! comparison {
    ($table:ident, $op:literal, $method:ident) => {
        off_tape!($table, $op, (x, y) x.$method(y),
            "4x3,4x3" f32 f64 bf16 i64 u8: ([4, 3] [4, 3]);
            "special" f32: ([6] [6]);
            "4x3,3" f32: ([4, 3] [3]);
        );
        off_tape!($table, concat!($op, "_0.5"), (x) x.$method(0.5), "4x3" f32: ([4, 3]););
    };
}

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    comparison!(t, "eq", eq);
    comparison!(t, "ne", ne);
    comparison!(t, "lt", lt);
    comparison!(t, "le", le);
    comparison!(t, "gt", gt);
    comparison!(t, "ge", ge);
    off_tape!(t, "isnan", (x) x.isnan(), "special" f32: ([11]););
    off_tape!(t, "isinf", (x) x.isinf(), "special" f32: ([11]););
    off_tape!(t, "isfinite", (x) x.isfinite(), "special" f32: ([11]););
    op!(t, "logical_and", (x, y) x.logical_and(y), "4x3,4x3" bool: ([4, 3] [4, 3]); "4x3,3" bool: ([4, 3] [3]););
    op!(t, "logical_or", (x, y) x.logical_or(y), "4x3,4x3" bool: ([4, 3] [4, 3]); "4x3,3" bool: ([4, 3] [3]););
    op!(t, "logical_xor", (x, y) x.logical_xor(y), "4x3,4x3" bool: ([4, 3] [4, 3]); "4x3,3" bool: ([4, 3] [3]););
    op!(t, "logical_not", (x) x.logical_not(), "7" bool: ([7]););
    table
}
