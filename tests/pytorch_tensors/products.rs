//! Products of vectors, matrices and batches.

use castiron::Rank4;

use crate::table::Table;

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    op!(t, "matmul", (x, y) x.matmul(y),
        "4x3,3x5" f32 f64 bf16 f16 i64 i32: ([4, 3] [3, 5]);
        "5,5" f32 f64: ([5] [5]);
        "4x3,3" f32: ([4, 3] [3]);
        "4,4x3" f32: ([4] [4, 3]);
        "1x1,1x1" f32: ([1, 1] [1, 1]);
        "1x7,7x1" f32: ([1, 7] [7, 1]);
        "7x1,1x7" f32: ([7, 1] [1, 7]);
        "2x4x3,2x3x5" f32 f64: ([2, 4, 3] [2, 3, 5]);
        "2x4x3,3x5" f32: ([2, 4, 3] [3, 5]);
        "4x3,2x3x5" f32: ([4, 3] [2, 3, 5]);
        "2x4x3,3" f32: ([2, 4, 3] [3]);
        "3,2x3x5" f32: ([3] [2, 3, 5]);
        "2x1x3x4,2x1x4x2" f32: ([2, 1, 3, 4] [2, 1, 4, 2]);
        "9x17,17x6" f32: ([9, 17] [17, 6]);
        "5x33,33x6" bf16 f16: ([5, 33] [33, 6]);
    );
    // A batch axis of length 1 is repeated in words.
    op!(t, "matmul", (x, y) x.broadcast_to::<Rank4<2, 3, 3, 4>>().matmul(y),
        "2x1x3x4,3x4x2" f32: ([2, 1, 3, 4] [3, 4, 2]););
    op!(t, "bmm", (x, y) x.bmm(y), "3x2x4,3x4x5" f32: ([3, 2, 4] [3, 4, 5]););
    op!(t, "dot", (x, y) x.dot(y),
        "5,5" f32 f64 bf16 f16 i64 i32: ([5] [5]);
        "1,1" f32: ([1] [1]);
        "131,131" f32: ([131] [131]);
    )
    .case_within("131,131/f32", 8.0, "131 terms are added, in another order");
    op!(t, "outer", (x, y) x.outer(y),
        "4,3" f32 f64 bf16 f16 i64 i32: ([4] [3]);
        "1,5" f32: ([1] [5]);
    );
    for op in &mut t.ops {
        op.of_size(16.0, "up to 33 terms of the size of 4 are added, of which some cancel").linear();
    }
    table
}
