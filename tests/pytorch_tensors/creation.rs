//! Tensors that are made from nothing, and labels as vectors.

use castiron::{Rank2, Rank3, Tensor};

use crate::table::Table;

pub fn table() -> Table {
    let mut table = Table::default();
    let t = &mut table;
    op!(t, "full_2.5", () Tensor::<Rank2<2, 3>>::full(2.5), "2x3" f32: (););
    op!(t, "eye", () Tensor::<Rank2<3, 3>>::eye(), "3x3" f32: (););
    op!(t, "eye", () Tensor::<Rank2<2, 4>>::eye(), "2x4" f32: (););
    op!(t, "eye", () Tensor::<Rank2<4, 2, i64>>::eye(), "4x2" i64: (););
    op!(t, "arange_5", () Tensor::<[f32; 5]>::arange(0.0, 1.0), "none" f32: (););
    op!(t, "arange_5", () Tensor::<[i64; 5]>::arange(0, 1), "none" i64: (););
    op!(t, "arange_-3_8_2", () Tensor::<[i32; 6]>::arange(-3, 2), "none" i32: (););
    op!(t, "arange_5_0_-1", () Tensor::<[i64; 5]>::arange(5, -1), "none" i64: (););
    op!(t, "arange_1_2.5_0.5", () Tensor::<[f32; 3]>::arange(1.0, 0.5), "none" f32: (););
    op!(t, "arange_0_1_0.1", () Tensor::<[f32; 10]>::arange(0.0, 0.1), "none" f32: (););
    op!(t, "linspace_0_1_5", () Tensor::<[E; 5]>::linspace(0.0, 1.0), "none" f32 f64: (););
    op!(t, "linspace_0_1_7", () Tensor::<[E; 7]>::linspace(0.0, 1.0), "none" f32 f64: (););
    op!(t, "linspace_-3_7_9", () Tensor::<[E; 9]>::linspace(-3.0, 7.0), "none" f32 f64: (););
    op!(t, "linspace_3_-10_4", () Tensor::<[E; 4]>::linspace(3.0, -10.0), "none" f32 f64: (););
    op!(t, "linspace_2_5_1", () Tensor::<[E; 1]>::linspace(2.0, 5.0), "none" f32 f64: (););
    op!(t, "one_hot_5", (labels) labels.one_hot::<Rank2<4, 5, i64>>(), "4" i64 i32: ([4]););
    op!(t, "one_hot_3", (labels) labels.one_hot::<Rank3<3, 2, 3, i64>>(), "3x2" i64: ([3, 2]););
    table
}
