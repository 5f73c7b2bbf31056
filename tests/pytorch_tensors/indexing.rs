//! Elements and slices that indices name.

use crate::table::Table;

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    op!(t, "gather_axis_0", (x, i) x.gather::<0, _>(i),
        "4x3,2x3" f32 f64 bf16 u8 bool: ([4, 3] (i64 [2, 3]));
        "5,3" f32: ([5] (i64 [3]));
    );
    op!(t, "gather_axis_1", (x, i) x.gather::<1, _>(i),
        "4x3,4x2" f32 f64: ([4, 3] (i64 [4, 2]));
        "2x3x2,2x3x2" f32: ([2, 3, 2] (i64 [2, 3, 2]));
    );
    op!(t, "scatter_add_axis_0", (x, i, y) x.scatter_add::<0, _, _>(i, y),
        "4x3,2x3,2x3" f32 f64 bf16 f16 i64 i32: ([4, 3] (i64 [2, 3]) [2, 3]);
        "5,3,3" f32: ([5] (i64 [3]) [3]);
    );
    op!(t, "scatter_add_axis_1", (x, i, y) x.scatter_add::<1, _, _>(i, y),
        "4x3,4x2,4x2" f32: ([4, 3] (i64 [4, 2]) [4, 2]);
        "2x3x2,2x3x2,2x3x2" f32: ([2, 3, 2] (i64 [2, 3, 2]) [2, 3, 2]);
    );
    op!(t, "index_select_axis_0", (x, i) x.index_select::<0, _, _>(i),
        "4x3,3" f32 f64 bf16 u8 bool: ([4, 3] (i64 [3]));
        "5,4" f32: ([5] (i64 [4]));
    );
    op!(t, "index_select_axis_1", (x, i) x.index_select::<1, _, _>(i), "4x3,2" f32: ([4, 3] (i64 [2])););
    op!(t, "index_select_axis_2", (x, i) x.index_select::<2, _, _>(i),
        "2x3x4,3" f32: ([2, 3, 4] (i64 [3])););
    op!(t, "index_add_axis_0", (x, i, y) x.index_add::<0, _, _, _>(i, y),
        "4x3,3,3x3" f32: ([4, 3] (i64 [3]) [3, 3]);)
    .of_size(1.0, "what is added cancels");
    table.ops.iter_mut().for_each(|op| {
        op.linear();
    });
    table
}
