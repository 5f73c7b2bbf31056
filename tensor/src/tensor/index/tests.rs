use super::*;
use crate::tensor::gradients::{check, squares};
use crate::{Fault, Rank1, Rank2, Rank3, Tape, bf16, set_num_threads, tensor};

fn fault<T>(result: Result<T, Error>) -> (&'static str, usize, i64, usize) {
    match result.err().unwrap() {
        Error::Operation(Fault::Index { op, row, got, limit }) => (op, row, got, limit),
        other => panic!("{other}"),
    }
}

#[test]
fn gather_and_scatter_add_name_elements_along_each_axis() {
    let x = tensor![i64; [[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]];
    let y = x.gather::<0, _>(&tensor![i64; [[1, 0, 1], [0, 0, 1]]]).unwrap();
    assert_eq!(y, tensor![i64; [[6, 1, 8], [3, 4, 11]]]);
    let y = x.gather::<1, _>(&tensor![i32; [[1, 0, 1]], [[0, 0, 1]]]).unwrap();
    assert_eq!(y, tensor![i64; [[3, 1, 5]], [[6, 7, 11]]]);
    let y = x.gather::<-1, _>(&tensor![i32; [[2], [0]], [[1], [1]]]).unwrap();
    assert_eq!(y, tensor![i64; [[2], [3]], [[7], [10]]]);
    assert_eq!(x.take_along_dim::<2, _>(&tensor![i32; [[2], [0]], [[1], [1]]]).unwrap(), y);

    let zero = tensor![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]];
    let y =
        zero.scatter_add::<0, _, _>(&tensor![i64; [2, 0], [2, 2]], &tensor![[1.0, 2.0], [3.0, 4.0]]).unwrap();
    assert_eq!(y, tensor![[0.0, 2.0], [0.0, 0.0], [4.0, 4.0]]);
    assert_eq!(zero[2], [0.0, 0.0], "a copy");
}

#[test]
fn index_select_and_index_add_name_slices() {
    let x = tensor![1.0, 0.0, 1.0];
    assert_eq!(x.index_select::<0, _, _>(&tensor![i64; 1, 1, 2, 0]).unwrap(), tensor![0.0, 0.0, 1.0, 1.0]);
    let x = tensor![i64; [[0, 1], [2, 3]], [[4, 5], [6, 7]]];
    assert_eq!(*x.index_select::<0, _, _>(&tensor![i32; 1]).unwrap(), [x[1]]);
    assert_eq!(*x.index_select::<-2, _, _>(&tensor![i32; 1]).unwrap(), [[x[0][1]], [x[1][1]]]);
    let y = x.index_select::<2, _, _>(&tensor![i32; 1, 0, 1]).unwrap();
    assert_eq!(y, tensor![i64; [[1, 0, 1], [3, 2, 3]], [[5, 4, 5], [7, 6, 7]]]);
    let y = x.index_add::<-1, _, _, _>(&tensor![i64; 0, 0, 1], &y).unwrap();
    assert_eq!(y, tensor![i64; [[1, 2], [7, 6]], [[13, 10], [19, 14]]]);
}

#[test]
fn embedding_takes_rows_for_indices_of_any_shape() {
    let table = Tensor::<Rank3<5, 2, 3, bf16>>::randn(0);
    assert_eq!(*table.embedding(&Tensor::from(3i64)).unwrap(), table[3]);
    let y = table.embedding(&tensor![i32; [[4, 0]], [[1, 1]]]).unwrap();
    assert_eq!(*y, [[[table[4], table[0]]], [[table[1], table[1]]]]);
    // Rows of one number, and numbers.
    assert_eq!(
        tensor![[5.0], [6.0]].embedding(&tensor![i64; 1, 0, 1]).unwrap(),
        tensor![[6.0], [5.0], [6.0]]
    );
    assert_eq!(tensor![5.0, 6.0].embedding(&tensor![i64; [1], [0]]).unwrap(), tensor![[6.0], [5.0]]);
    assert_eq!(*tensor![[5.0, 6.0], [7.0, 8.0]].take(&Tensor::from(2i32)).unwrap(), 7.0);
}

#[test]
fn indices_out_of_range_are_named() {
    let x = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let wrong = tensor![i64; [0, 1], [-1, 0]];
    assert_eq!(fault(x.gather::<0, _>(&wrong)), ("gather", 2, -1, 3));
    assert_eq!(
        fault(x.scatter_add::<0, _, _>(&wrong, &tensor![[0.0, 0.0], [0.0, 0.0]])),
        ("scatter_add", 2, -1, 3)
    );
    assert_eq!(fault(x.take_along_dim::<0, _>(&tensor![i32; [0, 3]])), ("take_along_dim", 1, 3, 3));
    assert_eq!(fault(x.index_select::<1, _, _>(&tensor![i32; 1, 2])), ("index_select", 1, 2, 2));
    let source = tensor![[0.0], [0.0], [0.0]];
    assert_eq!(
        fault(x.index_add::<1, _, _, _>(&tensor![i64; i64::MAX], &source)),
        ("index_add", 0, i64::MAX, 2)
    );
    assert_eq!(fault(x.take(&tensor![i64; [5], [6]])), ("take", 1, 6, 6));
    assert_eq!(fault(x.embedding(&tensor![i64; [2], [3]])), ("embedding", 1, 3, 3));
    // The next operation is not told of it.
    assert!(x.take(&tensor![i64; 5]).is_ok());
}

#[test]
fn gradients_are_those_of_differences() {
    let x = Tensor::<Rank3<3, 4, 2, f64>>::randn(0);
    let index = tensor![i64; [[1, 3], [1, 1]], [[0, 0], [0, 2]], [[3, 3], [2, 3]]];
    check(&x, |x| squares(&x.gather::<1, _>(&index).unwrap()));
    check(&x, |x| squares(&x.index_select::<1, _, _>(&tensor![i32; 3, 0, 3]).unwrap()));
    check(&x, |x| squares(&x.take(&tensor![i64; [3, 23], [3, 0]]).unwrap()));
    check(&x, |x| squares(&x.embedding(&tensor![i64; [2, 2], [0, 2]]).unwrap()));

    let picked = Tensor::<Rank3<3, 2, 2, f64>>::randn(1);
    check(&x, |x| squares(&x.scatter_add::<1, _, _>(&index, &picked).unwrap()));
    check(&picked, |picked| squares(&x.scatter_add::<1, _, _>(&index, picked).unwrap()));
    let rows = tensor![i64; 2, 2];
    check(&x, |x| squares(&x.index_add::<1, _, _, _>(&rows, &picked).unwrap()));
    check(&picked, |picked| squares(&x.index_add::<-2, _, _, _>(&rows, picked).unwrap()));
}

#[test]
fn threads_do_not_change_a_bit() {
    let run = |threads| {
        set_num_threads(threads).unwrap();
        let tape = Tape::new();
        let table = tape.watch(&Tensor::<Rank2<50, 64>>::randn(0));
        // Many for each row, whose order matters to the sum.
        let index = Tensor::<Rank1<20_000, i64>>::randint(0, 50, 1).unwrap();
        let y = table.embedding(&index).unwrap();
        let weights = Tensor::<Rank2<20_000, 64>>::randn(2);
        let by_row = (&y * &weights).sum().backward().unwrap().get(&table);
        let column = Tensor::<Rank2<20_000, 64, i64>>::randint(0, 50, 3).unwrap();
        let each = table.gather::<0, _>(&column).unwrap();
        let by_element = (&each * &weights).sum().backward().unwrap().get(&table);
        set_num_threads(1).unwrap();
        for sums in [&by_row, &by_element] {
            assert!(sums.iter().flatten().all(|x| *x != 0.0));
        }
        (by_row, by_element)
    };
    assert!(run(1) == run(4));
}

/// Every element type is indexed; numbers are added.
#[test]
fn every_element_type_is_indexed() {
    fn one<E: Number>() {
        let x = Tensor::<Rank1<3, E>>::ones();
        let index = tensor![i64; 1, 1];
        let two = x.index_add::<0, _, _, _>(&index, &Tensor::ones()).unwrap();
        let picked = two.gather::<0, _>(&tensor![i64; 0, 1]).unwrap();
        assert_ne!(picked[0], picked[1], "{}", E::DTYPE);
        assert_eq!(picked[0], *Tensor::<E>::ones());
    }
    one::<f32>();
    one::<f64>();
    one::<bf16>();
    one::<crate::f16>();
    one::<i8>();
    one::<u8>();
    one::<i32>();
    one::<i64>();
    let mask = Tensor::from([crate::Bool::from(true), false.into()]);
    assert!(mask.index_select::<0, _, _>(&tensor![i64; 1, 0]).unwrap()[1].get());
}
