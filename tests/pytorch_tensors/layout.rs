//! The same numbers in other shapes and other places.

use castiron::{Pad, Rank2, Rank3};

use crate::table::Table;

fn axes(t: &mut Table) {
    op!(t, "transpose", (x) x.transpose(), "4x3" f32 f64 bf16 u8 bool: ([4, 3]); "1x5" f32: ([1, 5]););
    op!(t, "transpose_0_1", (x) x.transpose_axes::<0, 1>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "transpose_1_2", (x) x.transpose_axes::<1, 2>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "transpose_0_2", (x) x.transpose_axes::<0, 2>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "transpose_1_3", (x) x.transpose_axes::<1, 3>(), "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "permute_2_0_1", (x) x.permute::<2, 0, 1>(), "2x3x4" f32 f64 bf16 u8 bool: ([2, 3, 4]););
    op!(t, "permute_0_2_3_1", (x) x.permute::<0, 2, 3, 1>(), "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "permute_1_0", (x) x.permute::<1, 0>(), "5x1" f32: ([5, 1]););
}

fn shapes(t: &mut Table) {
    op!(t, "reshape_2x6", (x) x.reshape::<Rank2<2, 6, E>>(), "4x3" f32 f64 i64: ([4, 3]););
    op!(t, "reshape_3x2x4", (x) x.reshape::<Rank3<3, 2, 4>>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "reshape_scalar", (x) x.reshape::<f32>(), "1x1" f32: ([1, 1]););
    op!(t, "reshape_1x1", (x) x.reshape::<Rank2<1, 1>>(), "scalar" f32: ([]););
    op!(t, "transpose_reshape_2x6", (x) x.t().reshape::<Rank2<2, 6>>(), "4x3" f32: ([4, 3]););
    op!(t, "flatten", (x) x.flatten::<24>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "flatten", (x) x.flatten::<1>(), "scalar" f32: ([]););
    op!(t, "flatten_1_2", (x) x.view::<Rank3<2, 3, 2>>(), "2x3x1x2" f32: ([2, 3, 1, 2]););
    op!(t, "squeeze_0", (x) x.squeeze::<0>(), "1x4" f32: ([1, 4]););
    op!(t, "squeeze_1", (x) x.squeeze::<1>(), "3x1x2" f32: ([3, 1, 2]););
    op!(t, "unsqueeze_0", (x) x.unsqueeze::<0>(), "4x3" f32: ([4, 3]); "scalar" f32: ([]););
    op!(t, "unsqueeze_1", (x) x.unsqueeze::<1>(), "4x3" f32: ([4, 3]););
    op!(t, "unsqueeze_2", (x) x.unsqueeze::<2>(), "4x3" f32: ([4, 3]););
    op!(t, "broadcast_to_2x4x3", (x) x.broadcast_to::<Rank3<2, 4, 3>>(),
        "4x3" f32: ([4, 3]); "4x1" f32: ([4, 1]);)
    .gradient_of_size(1.0, "a sum of six that cancels");
    op!(t, "broadcast_to_4x3", (x) x.broadcast_to::<Rank2<4, 3>>(), "scalar" f32: ([]););
}

fn moves(t: &mut Table) {
    op!(t, "roll_2_axis_0", (x) x.roll::<0>(2), "5" f32 f64 bf16 u8 bool: ([5]););
    op!(t, "roll_1_axis_0", (x) x.roll::<0>(1), "4x3" f32: ([4, 3]););
    op!(t, "roll_-1_axis_1", (x) x.roll::<1>(-1), "4x3" f32: ([4, 3]););
    op!(t, "roll_7_axis_1", (x) x.roll::<1>(7), "4x3" f32: ([4, 3]););
    op!(t, "roll_1_2_axes_0_2", (x) x.roll::<0>(1).roll::<2>(2), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "flip_axis_0", (x) x.flip::<0>(), "5" f32 f64 bf16 u8 bool: ([5]); "4x3" f32: ([4, 3]););
    op!(t, "flip_axis_1", (x) x.flip::<1>(), "4x3" f32: ([4, 3]););
    op!(t, "flip_axes_0_2", (x) x.flip::<0>().flip::<2>(), "2x3x4" f32: ([2, 3, 4]););
    op!(t, "tril_0", (x) x.tril(0), "4x3" f32 f64 bf16 u8 bool: ([4, 3]); "2x3x4" f32: ([2, 3, 4]););
    op!(t, "tril_1", (x) x.tril(1), "4x3" f32: ([4, 3]););
    op!(t, "tril_-1", (x) x.tril(-1), "4x3" f32: ([4, 3]););
    op!(t, "triu_0", (x) x.triu(0), "4x3" f32 f64 bf16 u8 bool: ([4, 3]); "2x3x4" f32: ([2, 3, 4]););
    op!(t, "triu_1", (x) x.triu(1), "4x3" f32: ([4, 3]););
    op!(t, "triu_-1", (x) x.triu(-1), "4x3" f32: ([4, 3]););
}

fn more_of_them(t: &mut Table) {
    op!(t, "repeat_3", (x) x.repeat::<[E; 6]>(), "2" f32 f64 bf16 u8 bool: ([2]););
    op!(t, "repeat_2x1", (x) x.repeat::<Rank2<4, 3>>(), "2x3" f32: ([2, 3]););
    op!(t, "repeat_1x2", (x) x.repeat::<Rank2<2, 6>>(), "2x3" f32: ([2, 3]););
    op!(t, "repeat_2x3", (x) x.repeat::<Rank2<4, 9>>(), "2x3" f32: ([2, 3]););
    op!(t, "repeat_2x1x2", (x) x.repeat::<Rank3<2, 2, 6>>(), "2x3" f32: ([2, 3]););
    op!(t, "repeat_interleave_2_axis_0", (x) x.repeat_interleave::<0, 2, 4>(), "2x3" f32: ([2, 3]););
    op!(t, "repeat_interleave_2_axis_1", (x) x.repeat_interleave::<1, 2, 6>(), "2x3" f32: ([2, 3]););
    op!(t, "pad_1_2_value_0", (x) x.pad::<Pad<1, 2>, [E; 6]>(0.0), "3" f32 f64 bf16: ([3]););
    op!(t, "pad_1_2_value_0", (x) x.pad::<Pad<1, 2>, [u8; 6]>(0), "3" u8: ([3]););
    op!(t, "pad_1_2_value_0", (x) x.pad::<Pad<1, 2>, [castiron::Bool; 6]>(false), "3" bool: ([3]););
    op!(t, "pad_0_1_value_0.5", (x) x.pad::<Pad<0, 1>, Rank2<2, 4, E>>(0.5), "2x3" f32 f64: ([2, 3]););
    op!(t, "pad_1_0_2_1_value_-1.5", (x) x.pad::<(Pad<2, 1>, Pad<1, 0>), Rank2<5, 4>>(-1.5),
        "2x3" f32: ([2, 3]););
    op!(t, "pad_1_1_0_0_value_0", (x) x.pad::<(Pad<0, 0>, Pad<1, 1>), Rank3<2, 1, 4>>(0.0),
        "2x1x2" f32: ([2, 1, 2]););
    op!(t, "pad_0_1_1_0_0_2_value_3", (x) x.pad::<(Pad<0, 2>, Pad<1, 0>, Pad<0, 1>), Rank3<3, 3, 3>>(3.0),
        "1x2x2" f32: ([1, 2, 2]););
}

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    axes(t);
    shapes(t);
    moves(t);
    more_of_them(t);
    table.ops.iter_mut().for_each(|op| {
        op.linear();
    });
    table
}
