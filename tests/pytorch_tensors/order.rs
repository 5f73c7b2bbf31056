//! Running sums and products, sorting, softmax.

use crate::table::Table;

fn running(t: &mut Table) {
    op!(t, "cumsum_axis_0", (x) x.cumsum::<0>(), "5" f32 f64 i64: ([5]); "4x3" f32: ([4, 3]););
    op!(t, "cumsum_axis_1", (x) x.cumsum::<1>(), "4x3" f32 i32 u8: ([4, 3]); "2x3x4" f32: ([2, 3, 4]););
    op!(t, "cumsum_axis_2", (x) x.cumsum::<2>(), "2x3x1" f32: ([2, 3, 1]););
    op!(t, "cumprod_axis_0", (x) x.cumprod::<0>(), "5" f32 f64 i64: ([5]); "4x3" f32: ([4, 3]););
    op!(t, "cumprod_axis_1", (x) x.cumprod::<1>(), "4x3" f32 i32 u8: ([4, 3]); "2x3x4" f32: ([2, 3, 4]);
        "zeros" f32: ([2, 4]););
    for op in t.ops.iter_mut().filter(|op| op.name.starts_with("cumprod")) {
        op.gradient_within(8.0, "a sum of products of four numbers");
    }
    op!(t, "cumprod_axis_2", (x) x.cumprod::<2>(), "2x3x1" f32: ([2, 3, 1]););
}

fn sorting(t: &mut Table) {
    macro_rules! sorting {
        ($suffix:literal $sort:ident $topk:ident $small:literal) => {
            op!(t, concat!("sort_axis_0", $suffix), (x) x.$sort::<0>(), "5" f32 f64 i64: ([5]); "4x3" f32: ([4, 3]);
                "ties" i32: ([5]););
            op!(t, concat!("sort_axis_1", $suffix), (x) x.$sort::<1>(), "4x3" f32 bf16 f16: ([4, 3]);
                "2x3x4" f32: ([2, 3, 4]); "ties" f32: ([2, 5]););
            op!(t, concat!("topk_2_axis_0", $small), (x) x.$topk::<0, 2>(), "5" f32 f64 i64: ([5]););
            op!(t, concat!("topk_2_axis_1", $small), (x) x.$topk::<1, 2>(), "4x3" f32 bf16 f16: ([4, 3]););
            op!(t, concat!("topk_1_axis_0", $small), (x) x.$topk::<0, 1>(), "4x3" f32: ([4, 3]););
            op!(t, concat!("topk_3_axis_1", $small), (x) x.$topk::<1, 3>(), "2x3x4" f32: ([2, 3, 4]););
        };
    }
    sorting!("" sort topk "");
    sorting!("_descending" sort_descending topk_smallest "_smallest");
}

fn softmax(t: &mut Table) {
    macro_rules! softmax {
        ($name:literal $softmax:ident) => {
            op!(t, concat!($name, "_axis_0"), (x) x.$softmax::<0>(), "5" f32 f64: ([5]); "4x3" f32: ([4, 3]););
            op!(t, concat!($name, "_axis_1"), (x) x.$softmax::<1>(), "4x3" f32 f64: ([4, 3]);
                "3x7" bf16 f16: ([3, 7]); "2x3x4" f32: ([2, 3, 4]); "large" f32: ([2, 3]); "masked" f32: ([1, 3]););
            op!(t, concat!($name, "_axis_2"), (x) x.$softmax::<2>(), "2x3x1" f32: ([2, 3, 1]););
        };
    }
    let first = t.ops.len();
    softmax!("softmax" softmax);
    softmax!("log_softmax" log_softmax);
    for op in &mut t.ops[first..] {
        op.of_size(2.0, "x and its maximum cancel, dy and its mean too");
    }
}

pub fn table() -> Table {
    let mut table = Table::default();
    running(&mut table);
    sorting(&mut table);
    softmax(&mut table);
    table
}
