//! Sorting, the k greatest, the median.

use castiron::{Rank2, Tensor, flat, tensor};

use crate::{Block, numbers};

#[test]
fn along_every_axis() {
    let x = numbers::<Block>(6);
    let (values, indices) = x.sort::<1>();
    for (a, b) in [(0, 1), (1, 2)] {
        for i in 0..2 {
            for j in 0..4 {
                assert!(values[i][a][j] <= values[i][b][j]);
                assert_eq!(values[i][a][j], x[i][indices[i][a][j] as usize][j]);
            }
        }
    }
    let (values, indices) = x.topk::<0, 1>();
    assert_eq!(flat(&*values), flat(&*x.amax_axis::<0>()));
    assert_eq!(flat(&*indices), flat(&*x.argmax_axis::<0>()));
    assert_eq!(flat(&*x.argmin_keep::<2>()), flat(&*x.topk_smallest::<-1, 1>().1));
}

#[test]
fn top_and_bottom() {
    let x = tensor![[0.5, -1.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0]];
    let (values, indices): (Tensor<Rank2<2, 3>>, _) = x.topk::<1, 3>();
    assert_eq!(values, tensor![[2.0, 1.0, 0.5], [4.0, 3.0, 2.0]]);
    assert_eq!(*indices, [[2, 3, 0], [0, 1, 2]]);
    let (values, indices) = x.topk_smallest::<0, 1>();
    assert_eq!(values, tensor![[0.5, -1.0, 2.0, 1.0]]);
    assert_eq!(*indices, [[0, 0, 0, 0]]);
    assert_eq!(*tensor![i32; 3, -1, 2].sort_descending::<0>().0, [3, 2, -1]);
}

#[test]
fn medians() {
    assert_eq!(*tensor![4.0, 1.0, 3.0, 2.0].median(), 2.0);
    assert_eq!(*tensor![i64; [5, 9], [7, 1], [6, 2]].median_axis::<0>().0, [6, 2]);
    let (values, indices) = tensor![[5.0, 9.0], [7.0, 1.0], [6.0, 2.0]].median_keep::<0>();
    assert_eq!((**values, **indices), ([6.0, 2.0], [2, 2]));
}
