//! Joins and parts.

use castiron::Tensor;

use crate::table::Table;

fn joins(t: &mut Table) {
    op!(t, "concat_axis_0", (x, y) x.concat::<0, 5, _>(y), "3,2" f32 f64 bf16 u8 bool: ([3] [2]););
    op!(t, "concat_axis_0", (x, y, z) x.concat::<0, 7, _>((y, z)),
        "2x3,1x3,4x3" f32: ([2, 3] [1, 3] [4, 3]););
    op!(t, "concat_axis_1", (x, y) x.concat::<1, 4, _>(y),
        "2x3,2x1" f32 f64 bf16 u8 bool: ([2, 3] [2, 1]););
    op!(t, "concat_axis_1", (x, y) x.concat::<1, 3, _>(y), "2x1x3,2x2x3" f32: ([2, 1, 3] [2, 2, 3]););
    op!(t, "concat_axis_2", (x, y) x.concat::<2, 5, _>(y), "2x1x3,2x1x2" f32: ([2, 1, 3] [2, 1, 2]););
    op!(t, "stack_axis_0", (x, y, z) Tensor::stack::<0, 3>([x, y, z]),
        "2x3,2x3,2x3" f32: ([2, 3] [2, 3] [2, 3]););
    op!(t, "stack_axis_0", (x, y) Tensor::stack::<0, 2>([x, y]),
        "scalar,scalar" f32: ([] []); "2x3,2x3" i64 bool: ([2, 3] [2, 3]););
    op!(t, "stack_axis_1", (x, y, z) Tensor::stack::<1, 3>([x, y, z]),
        "2x3,2x3,2x3" f32: ([2, 3] [2, 3] [2, 3]););
    op!(t, "stack_axis_2", (x, y, z) Tensor::stack::<2, 3>([x, y, z]),
        "2x3,2x3,2x3" f32: ([2, 3] [2, 3] [2, 3]););
}

fn parts(t: &mut Table) {
    op!(t, "split_2_3_axis_0", (x) x.split::<0, 2, 3>(), "5" f32 i32: ([5]););
    op!(t, "split_1_3_axis_0", (x) x.split::<0, 1, 3>(), "4x3" f32: ([4, 3]););
    op!(t, "split_2_1_2_axis_1", (x) x.split3::<1, 2, 1, 2>(), "2x5" f32 f64: ([2, 5]););
    op!(t, "split_2_axis_1", (x) x.split3::<1, 2, 2, 1>(), "2x5x2" f32: ([2, 5, 2]););
    op!(t, "chunk_2_axis_0", (x) x.chunk::<0, 2, 2>(), "4x3" f32 i32: ([4, 3]););
    // The last chunk is shorter.
    op!(t, "chunk_3_axis_1", (x) x.split3::<1, 3, 3, 1>(), "2x7" f32: ([2, 7]););
    op!(t, "narrow_axis_0_1_2", (x) x.narrow::<0, 1, 2>(), "4x3" f32 f64 bf16 u8 bool: ([4, 3]););
    op!(t, "narrow_axis_1_0_2", (x) x.narrow::<1, 0, 2>(), "4x3" f32: ([4, 3]););
    op!(t, "narrow_axis_1_1_2", (x) x.narrow::<1, 1, 2>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "narrow_axis_2_3_1", (x) x.narrow::<2, 3, 1>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "slice_axis_0_step_2", (x) x.slice::<0, 0, 3, 2>(), "5x2" f32: ([5, 2]););
    op!(t, "slice_1_3,0_2", (x) x.narrow::<0, 1, 2>().narrow::<1, 0, 2>(), "4x3" f32: ([4, 3]););
    op!(t, "select_axis_0_2", (x) x.select::<0>(2), "4x3" f32 i64: ([4, 3]););
    op!(t, "select_axis_1_0", (x) x.select::<1>(0), "4x3" f32: ([4, 3]););
    op!(t, "unbind_axis_0", (x) x.unbind::<0>(), "3x2" f32: ([3, 2]););
}

pub fn table() -> Table {
    let mut table = Table::default();
    joins(&mut table);
    parts(&mut table);
    table.ops.iter_mut().for_each(|op| {
        op.linear();
    });
    table
}
