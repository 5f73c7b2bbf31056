//! Where numbers lie: values by index arithmetic, for every element type; gradients by finite differences; what
//! shares memory and what does not.

use castiron::{
    Bool, Element, Error, Keep, Pad, Rank0, Rank1, Rank2, Rank3, Rank4, Rank5, Rank6, Shape, Tape, Tensor,
    Tracked, bf16, f16, flat, flat_mut, tensor,
};

/// 0, 1, 2, .. in row-major order.
fn count<S: Shape<Elem = f64>>() -> Tensor<S> {
    let mut x = Tensor::<S>::zeros();
    flat_mut(&mut *x).iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
    x
}

/// Where `index` is among the numbers of a shape of `dims`.
fn at(dims: &[usize], index: &[usize]) -> usize {
    dims.iter().zip(index).fold(0, |at, (size, i)| at * size + i)
}

/// Element by element, `y` must be what `expected` says for the index.
fn assert_each<S: Shape>(y: &Tensor<S>, expected: impl Fn(&[usize]) -> S::Elem) {
    for (i, value) in flat(&**y).iter().enumerate() {
        let mut index = vec![0; S::RANK];
        let mut rest = i;
        for axis in (0..S::RANK).rev() {
            index[axis] = rest % S::DIMS[axis];
            rest /= S::DIMS[axis];
        }
        assert_eq!(*value, expected(&index), "at {index:?} of {:?}", S::DIMS);
    }
}

type X = Rank3<2, 3, 4, f64>;
/// The number at an index of a counted `X`.
fn x_at(index: [usize; 3]) -> f64 {
    at(X::DIMS, &index) as f64
}

#[test]
fn parts_are_what_their_indices_say() {
    let x = count::<X>();
    assert_each(&x.narrow::<0, 1, 1>(), |i| x_at([1, i[1], i[2]]));
    assert_each(&x.narrow::<1, 1, 2>(), |i| x_at([i[0], 1 + i[1], i[2]]));
    assert_each(&x.narrow::<-1, 2, 2>(), |i| x_at([i[0], i[1], 2 + i[2]]));
    assert_each(&x.slice::<2, 1, 2, 2>(), |i| x_at([i[0], i[1], 1 + 2 * i[2]]));
    assert_each(&x.slice::<-2, 0, 2, 2>(), |i| x_at([i[0], 2 * i[1], i[2]]));
    assert_each(&x.select::<1>(2).unwrap(), |i| x_at([i[0], 2, i[1]]));
    assert_each(&x.select::<-1>(-4).unwrap(), |i| x_at([i[0], i[1], 0]));
    assert_each(&x.select::<0>(1).unwrap(), |i| x_at([1, i[0], i[1]]));
    for (k, part) in x.unbind::<1>().iter().enumerate() {
        assert_each(part, |i| x_at([i[0], k, i[1]]));
    }
    for (k, part) in x.chunk::<2, 2, 2>().iter().enumerate() {
        assert_each(part, |i| x_at([i[0], i[1], 2 * k + i[2]]));
    }
    let (a, b) = x.split::<2, 3, 1>();
    assert_each(&a, |i| x_at([i[0], i[1], i[2]]));
    assert_each(&b, |i| x_at([i[0], i[1], 3]));
    let (a, b, c) = x.split3::<1, 1, 1, 1>();
    assert_eq!([a[1][0][0], b[1][0][0], c[1][0][0]], [12.0, 16.0, 20.0]);
    assert_eq!(x.narrow::<1, 3, 0>().len(), 2);
}

#[test]
fn orders_are_what_their_indices_say() {
    let x = count::<X>();
    assert_each(&x.transpose(), |i| x_at([i[0], i[2], i[1]]));
    assert_each(&x.transpose_axes::<0, 2>(), |i| x_at([i[2], i[1], i[0]]));
    assert_each(&x.transpose_axes::<-3, 1>(), |i| x_at([i[1], i[0], i[2]]));
    assert_each(&x.permute::<2, 0, 1>(), |i| x_at([i[1], i[2], i[0]]));
    assert_each(&x.permute::<1, 2, 0>(), |i| x_at([i[2], i[0], i[1]]));
    assert_each(&x.flip::<1>(), |i| x_at([i[0], 2 - i[1], i[2]]));
    for shift in [-9, -4, -1, 0, 1, 3, 4, 7, isize::MIN, isize::MAX] {
        let from = |i: usize| (i as i128 - shift as i128).rem_euclid(4) as usize;
        assert_each(&x.roll::<2>(shift), |i| x_at([i[0], i[1], from(i[2])]));
        let from = |i: usize| (i as i128 - shift as i128).rem_euclid(2) as usize;
        assert_each(&x.roll::<0>(shift), |i| x_at([from(i[0]), i[1], i[2]]));
    }
    let y = count::<Rank4<2, 3, 4, 5, f64>>();
    assert_each(&y.permute::<0, 2, 3, 1>(), |i| at(&[2, 3, 4, 5], &[i[0], i[3], i[1], i[2]]) as f64);
    assert_each(&y.transpose_axes::<-1, 0>(), |i| at(&[2, 3, 4, 5], &[i[3], i[1], i[2], i[0]]) as f64);
    let y = count::<Rank5<2, 3, 1, 4, 5, f64>>();
    let z: Tensor<Rank5<5, 1, 2, 4, 3, f64>> = y.permute::<4, 2, 0, 3, 1, _>();
    assert_each(&z, |i| at(&[2, 3, 1, 4, 5], &[i[2], i[4], i[1], i[3], i[0]]) as f64);
    let y = count::<Rank6<2, 3, 1, 2, 2, 3, f64>>();
    let z: Tensor<Rank6<3, 2, 2, 1, 3, 2, f64>> = y.permute::<5, 4, 3, 2, 1, 0, _>();
    assert_each(&z, |i| at(&[2, 3, 1, 2, 2, 3], &[i[5], i[4], i[3], i[2], i[1], i[0]]) as f64);
    assert_each(&y.transpose(), |i| at(&[2, 3, 1, 2, 2, 3], &[i[0], i[1], i[2], i[3], i[5], i[4]]) as f64);
    let m = count::<Rank2<2, 3, f64>>();
    assert_eq!(m.t(), m.permute::<1, 0>());
    assert_eq!(m.permute::<0, 1>(), m);
}

#[test]
fn joins_and_repeats_are_what_their_indices_say() {
    let x = count::<X>();
    let y = &x + 100.0;
    let either = |first: bool, index| x_at(index) + if first { 0.0 } else { 100.0 };
    let z: Tensor<Rank3<2, 6, 4, f64>> = x.concat::<1, _, _>(&y);
    assert_each(&z, |i| either(i[1] < 3, [i[0], i[1] % 3, i[2]]));
    let z = x.concat::<-1, 13, _>((&y, &x.narrow::<2, 1, 1>(), &y));
    assert_each(&z, |i| match i[2] {
        k @ 0..4 => x_at([i[0], i[1], k]),
        8 => x_at([i[0], i[1], 1]),
        k => x_at([i[0], i[1], (k - usize::from(k > 8)) % 4]) + 100.0,
    });
    assert_each(&Tensor::concat_all::<0, 4, _>([&x, &y]), |i| either(i[0] < 2, [i[0] % 2, i[1], i[2]]));
    assert_each(&Tensor::stack::<0, _>([&x, &y]), |i| either(i[0] == 0, [i[1], i[2], i[3]]));
    assert_each(&Tensor::stack::<2, _>([&x, &y]), |i| either(i[2] == 0, [i[0], i[1], i[3]]));
    assert_each(&Tensor::stack::<-1, _>([&x, &y]), |i| either(i[3] == 0, [i[0], i[1], i[2]]));

    let z: Tensor<Rank4<2, 4, 3, 8, f64>> = x.repeat();
    assert_each(&z, |i| x_at([i[1] % 2, i[2], i[3] % 4]));
    let z: Tensor<Rank3<2, 9, 4, f64>> = x.repeat_interleave::<1, 3, _>();
    assert_each(&z, |i| x_at([i[0], i[1] / 3, i[2]]));
    let z: Tensor<Rank4<5, 2, 3, 4, f64>> = x.broadcast_to();
    assert_each(&z, |i| x_at([i[1], i[2], i[3]]));
    let z: Tensor<Rank3<2, 7, 4, f64>> = x.narrow::<1, 1, 1>().expand();
    assert_each(&z, |i| x_at([i[0], 1, i[2]]));
    let z: Tensor<Rank3<2, 6, 4, f64>> = x.pad::<(Pad<1, 2>, Pad<0, 0>), _>(-1.5);
    let inside = |i: usize| (1..4).contains(&i);
    assert_each(&z, |i| if inside(i[1]) { x_at([i[0], i[1] - 1, i[2]]) } else { -1.5 });
    let z: Tensor<Rank3<3, 3, 5, f64>> = x.pad::<(Pad<0, 1>, Pad<0, 0>, Pad<1, 0>), _>(-0.0);
    assert_each(&z, |i| if i[0] < 2 && i[2] > 0 { x_at([i[0], i[1], i[2] - 1]) } else { 0.0 });
    assert!(z[2][0][0].is_sign_negative());
}

#[test]
fn triangles_and_diagonals() {
    let x = count::<X>() + 1.0;
    for k in [isize::MIN, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, isize::MAX] {
        let keep = |i: &[usize], keep: bool| if keep { x_at([i[0], i[1], i[2]]) + 1.0 } else { 0.0 };
        let diagonal = |i: &[usize]| i[2] as i128 - i[1] as i128;
        assert_each(&x.tril(k), |i| keep(i, diagonal(i) <= k as i128));
        assert_each(&x.triu(k), |i| keep(i, diagonal(i) >= k as i128));
    }
    // What is outside is zero, whatever it was.
    let odd = Tensor::from([[f32::NAN, f32::INFINITY], [1.0, f32::NAN]]);
    assert_eq!(odd.tril(-1), tensor![[0.0, 0.0], [1.0, 0.0]]);
    assert_each(&count::<Rank2<4, 4, f64>>().diagonal(), |i| 5.0 * i[0] as f64);
    assert_each(&count::<Rank1<3, f64>>().diag(), |i| if i[0] == i[1] { i[0] as f64 } else { 0.0 });
}

#[test]
fn axes_come_and_go_at_every_rank() {
    let scalar: Tensor<Rank0> = Tensor::from(7.0);
    assert_eq!(*scalar.unsqueeze::<0>(), [7.0]);
    assert_eq!(*scalar.unsqueeze::<-1>(), [7.0]);
    assert_eq!(*scalar.flatten::<1>(), [7.0]);
    assert_eq!(*scalar.broadcast_to::<Rank2<1, 2>>(), [[7.0, 7.0]]);
    assert_eq!(*scalar.repeat::<Rank1<3>>(), [7.0; 3]);
    assert_eq!(*Tensor::stack::<0, _>([&scalar, &scalar]), [7.0, 7.0]);
    assert_eq!(
        scalar.view::<Rank6<1, 1, 1, 1, 1, 1>>().squeeze::<5>().squeeze::<-5>().squeeze::<2>()[0][0][0],
        7.0
    );
    let x = count::<Rank5<2, 1, 3, 1, 2, f64>>();
    let y: Tensor<Rank6<2, 1, 3, 1, 1, 2, f64>> = x.unsqueeze::<-2>();
    let back: Tensor<Rank5<2, 1, 3, 1, 2, f64>> = y.squeeze::<4>();
    assert_eq!(back, x);
    let y: Tensor<Rank3<2, 3, 2, f64>> = x.squeeze::<1>().squeeze::<-2>();
    assert_eq!(flat(&*y), flat(&*x));
    assert_eq!(y.flip::<-3>()[0][0][0], 6.0);
    let sum: Tensor<Keep<Rank2<3, 2, f64>, 0>> = y.sum_keep::<0>();
    assert_eq!(sum.squeeze::<0>(), y.sum_axis::<0>());
    assert_eq!(y.sum_keep::<-1>().squeeze::<-1>(), y.sum_axis::<2>());
    assert_eq!(y.sum_keep::<1>().squeeze::<-2>(), y.sum_axis::<1>());
    let wide: Tensor<Rank3<4, 3, 2, f64>> = sum.broadcast_to();
    assert_each(&wide, |i| sum[i[1]][i[2]]);
    let empty: Tensor<Rank2<0, 3>> = Tensor::<Rank2<2, 3>>::zeros().narrow::<0, 2, 0>();
    assert!(empty.t().concat::<1, 2, _>(&Tensor::<Rank2<3, 2>>::zeros())[2] == [0.0, 0.0]);
    assert!(empty.tril(0).flip::<0>().roll::<0>(3).unbind::<0>().is_empty());
}

/// Every element type goes through the same operations, which must keep its bytes.
fn every_operation<E: Element>(values: [E; 6]) {
    let x = Tensor::from(values).reshape::<Rank2<2, 3, E>>();
    let v = |r: usize, c: usize| values[3 * r + c];
    assert_each(&x.t(), |i| v(i[1], i[0]));
    assert_each(&x.narrow::<1, 1, 2>(), |i| v(i[0], 1 + i[1]));
    assert_each(&x.flip::<1>().roll::<0>(1), |i| v(1 - i[0], 2 - i[1]));
    assert_each(&x.concat::<1, 6, _>(&x), |i| v(i[0], i[1] % 3));
    assert_each(&Tensor::stack::<1, _>([&x, &x]), |i| v(i[0], i[2]));
    assert_each(&x.repeat::<Rank2<2, 9, E>>(), |i| v(i[0], i[1] % 3));
    assert_each(&x.pad::<Pad<1, 0>, Rank2<2, 4, E>>(true), |i| match i[1] {
        0 => Tensor::<E>::zeros().pad_one(),
        c => v(i[0], c - 1),
    });
    assert_each(&x.tril(0), |i| if i[1] <= i[0] { v(i[0], i[1]) } else { E::default() });
    assert_each(&x.select::<1>(2).unwrap(), |i| v(i[0], 2));
    assert_each(&x.narrow::<1, 0, 2>().diagonal().diag(), |i| {
        if i[0] == i[1] { v(i[0], i[0]) } else { E::default() }
    });
}
trait PadOne<E> {
    fn pad_one(&self) -> E;
}
/// One, as the elements have it.
impl<E: Element> PadOne<E> for Tensor<E> {
    fn pad_one(&self) -> E {
        self.unsqueeze::<0>().pad::<Pad<1, 0>, Rank1<2, E>>(1.0)[0]
    }
}

#[test]
fn every_element_type() {
    every_operation([1.5f32, -2.0, f32::MAX, 0.1, -0.0, 7.0]);
    every_operation([1.5f64, -2.0, f64::MAX, 0.1, -0.0, 7.0]);
    every_operation([1.5, -2.0, 3.0, 0.125, -0.0, 7.0].map(bf16::from_f32));
    every_operation([1.5, -2.0, 3.0, 0.125, -0.0, 7.0].map(f16::from_f32));
    every_operation([1i64, -2, i64::MAX, i64::MIN, 5, 6]);
    every_operation([1i32, -2, i32::MAX, i32::MIN, 5, 6]);
    every_operation([1i8, -2, i8::MAX, i8::MIN, 5, 6]);
    every_operation([1u8, 2, u8::MAX, 0, 5, 6]);
    every_operation([true, false, true, true, false, false].map(Bool::from));
}

#[test]
fn an_index_out_of_range_is_an_error() {
    let x = count::<X>();
    let error = x.select::<1>(3).unwrap_err();
    assert_eq!(error, Error::Index { call: "select", got: 3, len: 3 });
    assert!(error.to_string().contains("index 3") && error.to_string().contains("length 3"));
    for i in [-4, isize::MIN, isize::MAX] {
        assert_eq!(x.select::<-2>(i).unwrap_err(), Error::Index { call: "select", got: i as i64, len: 3 });
    }
    assert!(Tensor::<Rank1<0>>::zeros().select::<0>(0).unwrap_err().to_string().contains("none"));
}

/// Where a tensor's numbers are.
fn address<S: Shape>(x: &Tensor<S>) -> usize {
    flat(&**x).as_ptr() as usize
}

#[test]
fn views_share_memory_until_one_is_written_to() {
    let x = count::<X>();
    let base = address(&x);
    let bytes = |numbers: usize| base + numbers * size_of::<f64>();
    assert_eq!(address(&x.reshape::<Rank2<6, 4, f64>>()), base);
    assert_eq!(address(&x.flatten::<24>()), base);
    assert_eq!(address(&x.unsqueeze::<1>()), base);
    assert_eq!(address(&x.narrow::<0, 1, 1>()), bytes(12));
    assert_eq!(address(&x.select::<0>(1).unwrap()), bytes(12));
    assert_eq!(address(&x.unbind::<0>()[1]), bytes(12));
    assert_eq!(address(&x.chunk::<0, 2, 1>()[1]), bytes(12));
    assert_eq!(address(&x.split::<0, 1, 1>().1), bytes(12));
    // Behind axes of length 1, and in views of views, too.
    assert_eq!(address(&x.narrow::<0, 1, 1>().narrow::<1, 1, 2>()), bytes(16));
    assert_eq!(address(&x.select::<0>(1).unwrap().select::<0>(2).unwrap().narrow::<0, 3, 1>()), bytes(23));
    let moved = address(&x.narrow::<1, 1, 2>());
    assert!(moved < base || moved >= bytes(24));

    let (mut whole, mut row) = (x.clone(), x.select::<0>(1).unwrap());
    row[0][0] = -1.0;
    assert_eq!((row[0][0], row[2][3], whole[1][0][0], x[1][0][0]), (-1.0, 23.0, 12.0, 12.0));
    let column = whole.narrow::<0, 0, 1>();
    whole[0][0][1] = -2.0;
    assert_eq!((whole[0][0][1], column[0][0][1], x[0][0][1]), (-2.0, 1.0, 1.0));
    // A view of memory that nobody else has any more is written to where it is, and nowhere else.
    let mut last = x.select::<0>(1).unwrap();
    drop(x);
    last += 1.0;
    assert_eq!((last[0][0], last[2][3]), (13.0, 24.0));
}

/// The gradient of ⟨w, f(x)⟩ must be what differences say, where w differs from number to number; and so must
/// that of the gradient of ⟨w, f(x)²⟩.
fn assert_gradients<S: Shape<Elem = f64>, T: Shape<Elem = f64>>(
    f: impl Fn(&Tensor<S, castiron::Cpu, Tracked>) -> Tensor<T, castiron::Cpu, Tracked>,
) {
    let x = &count::<S>() * 0.25 - 1.0;
    let mut w = Tensor::<T>::zeros();
    flat_mut(&mut *w).iter_mut().enumerate().for_each(|(i, w)| *w = ((i * 7 + 3) % 11) as f64 - 4.5);
    let slope = |x: &Tensor<S>| {
        let tape = Tape::new();
        let x = tape.watch(x);
        let y = (f(&x).square() * &w).sum();
        (y.detach(), y.backward().unwrap().get(&x))
    };
    let tape = Tape::new();
    let watched = tape.watch(&x);
    let dx = (f(&watched).square() * &w).sum().backward_create_graph().unwrap().get(&watched);
    let ddx = dx.square().sum().backward().unwrap().get(&watched);
    assert_eq!(flat(&*dx), flat(&*slope(&x).1));
    for i in 0..S::LEN {
        let moved = |by: f64| {
            let mut x = x.clone();
            flat_mut(&mut *x)[i] += by;
            let (y, dx) = slope(&x);
            (*y, *dx.square().sum())
        };
        let (above, below) = (moved(1e-4), moved(-1e-4));
        let close = |exact: f64, difference: f64| {
            assert!(
                (exact - difference / 2e-4).abs() < 1e-5 * (1.0 + exact.abs()),
                "{i}: {exact} {difference}"
            );
        };
        close(flat(&*dx)[i], above.0 - below.0);
        close(flat(&*ddx)[i], above.1 - below.1);
    }
}

#[test]
fn gradients_and_their_gradients() {
    assert_gradients::<X, Rank2<4, 6, f64>>(|x| x.reshape());
    assert_gradients::<X, Rank1<24, f64>>(|x| x.flatten());
    assert_gradients::<X, _>(|x| x.unsqueeze::<1>());
    assert_gradients::<Rank3<2, 1, 2, f64>, _>(|x| x.squeeze::<1>());
    assert_gradients::<X, _>(|x| x.transpose());
    assert_gradients::<X, _>(|x| x.transpose_axes::<0, 2>());
    assert_gradients::<X, _>(|x| x.permute::<2, 0, 1>());
    assert_gradients::<X, _>(|x| x.flip::<1>());
    assert_gradients::<X, _>(|x| x.roll::<2>(3));
    assert_gradients::<X, _>(|x| x.roll::<0>(2));
    assert_gradients::<X, _>(|x| x.narrow::<1, 1, 2>());
    assert_gradients::<X, _>(|x| x.slice::<2, 1, 2, 2>());
    assert_gradients::<X, _>(|x| x.select::<1>(-1).unwrap());
    assert_gradients::<X, _>(|x| x.tril(-1));
    assert_gradients::<X, _>(|x| x.triu(1));
    assert_gradients::<X, Rank3<2, 5, 5, f64>>(|x| x.pad::<(Pad<1, 1>, Pad<0, 1>), _>(3.0));
    assert_gradients::<Rank2<3, 3, f64>, _>(|x| x.diagonal());
    assert_gradients::<Rank1<3, f64>, _>(|x| x.diag());
    assert_gradients::<Rank2<1, 3, f64>, Rank3<2, 4, 3, f64>>(|x| x.broadcast_to());
    assert_gradients::<Rank2<2, 3, f64>, Rank2<2, 3, f64>>(|x| x.sum_keep::<1>().broadcast_to());
    assert_gradients::<Rank2<2, 3, f64>, Rank3<2, 2, 9, f64>>(|x| x.repeat());
    assert_gradients::<Rank2<2, 3, f64>, _>(|x| x.repeat_interleave::<0, 2, 4>());
}

#[test]
fn gradients_of_parts_and_joins() {
    assert_gradients::<X, _>(|x| {
        let (a, b) = x.split::<2, 1, 3>();
        b.concat::<2, 5, _>((&a, &a.square()))
    });
    assert_gradients::<X, _>(|x| {
        let [a, b] = x.chunk::<0, 2, 1>();
        Tensor::stack::<1, _>([&b, &a, &(&a * &b)])
    });
    assert_gradients::<X, _>(|x| {
        let parts = x.unbind::<1>();
        parts.iter().skip(1).fold(parts[0].clone(), |sum, part| sum * 0.5 + part)
    });
    assert_gradients::<Rank2<2, 2, f64>, _>(|x| Tensor::concat_all::<0, 4, _>([x, &x.square()]));
    // One of the two on the tape is enough.
    let constant = tensor![f64; 1.0, 2.0];
    assert_gradients::<Rank1<3, f64>, _>(|x| constant.concat::<0, 5, _>(x));
    assert_gradients::<Rank1<3, f64>, _>(|x| x.concat::<0, 7, _>((&constant, &constant)));
}

#[test]
fn a_result_of_the_same_shape_is_a_node_of_its_own() {
    let tape = Tape::new();
    let x = tape.watch(&tensor![1.0, 2.0]);
    let (y, z) = (x.broadcast_to::<Rank1<2>>(), x.repeat::<Rank1<2>>());
    let gradients = (&x + &y * 2.0 + &z * 4.0).sum().backward().unwrap();
    assert_eq!(gradients.get(&x), tensor![7.0, 7.0]);
    assert_eq!((gradients.get(&y), gradients.get(&z)), (tensor![2.0, 2.0], tensor![4.0, 4.0]));
}

#[test]
fn a_long_sequence_is_walked_part_by_part() {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank2<2000, 8>>::zeros());
    let mut sum =
        Tensor::<Rank1<8>>::zeros().concat::<0, 16, _>(&x.select::<0>(0).unwrap()).narrow::<0, 8, 8>();
    for row in x.unbind::<0>() {
        sum = sum + row;
    }
    let gradient = sum.sum().backward().unwrap().get(&x);
    assert!(gradient[0] == [2.0; 8] && gradient[1..].iter().all(|row| *row == [1.0; 8]));
}
