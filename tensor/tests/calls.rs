//! Calls whose shapes are numbers: fused ones equal what they are made of, in place is out of place, and
//! only live rows are touched.

use castiron::call::activation::{self, Activation};
use castiron::call::arithmetic::{self, BinaryOp};
use castiron::call::batch_norm::{self, Args};
use castiron::call::layout::{self, Strided};
use castiron::call::{dropout, pool2d, reduce};
use castiron::device::Cpu;
use castiron::memory::{Arg, Mut, Ref};
use castiron::nn::{BatchNorm2d, MaxPool2d};
use castiron::{Cx, Fault, Plain, Step};

/// Capacity of every batch here, and how many rows are live.
const B: usize = 5;
const ROWS: usize = 3;
/// Channels, pixels, and numbers of a sample.
const C: usize = 3;
const P: usize = 10;
const LEN: usize = C * P;

type Batch = [[f32; LEN]; B];

/// Numbers that look random, different for each seed.
fn values<const N: usize, const M: usize>(seed: u64) -> [[f32; N]; M] {
    let number = |i: usize| {
        let bits = (i as u64 + 1 + 1000 * seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (bits >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    core::array::from_fn(|m| core::array::from_fn(|n| number(m * N + n)))
}

fn read<T: Plain>(value: &T) -> Arg<'_, Cpu> {
    Ref::from(value).arg()
}

fn write<T: Plain>(value: &mut T) -> Arg<'_, Cpu> {
    Mut::from(value).into_arg()
}

/// Calls `f` on a CPU, for the live rows; gives the fault, if there was one.
fn run(f: impl FnOnce(&Cx<'_, Cpu>)) -> Option<Fault> {
    let (cpu, step) = (Cpu::new(), Step { seed: 9, ..Step::new() });
    f(&Cx::new(&cpu, ROWS, (&step).into()).child(4));
    cpu.take_fault()
}

/// What `f(operand, output)` makes of `x`: out of place and in place must give the same bits, and leave the
/// rows that are not live alone.
fn both_ways(x: &Batch, f: impl Fn(&Cx<'_, Cpu>, Arg<'_, Cpu>, Arg<'_, Cpu>)) -> Batch {
    let mut out = [[f32::INFINITY; LEN]; B];
    assert_eq!(run(|cx| f(cx, read(x), write(&mut out))), None);
    let mut same = *x;
    assert_eq!(run(|cx| f(cx, Arg::none(), write(&mut same))), None);
    assert_eq!(out[..ROWS], same[..ROWS]);
    assert!(out[ROWS..].iter().flatten().all(|y| *y == f32::INFINITY));
    assert_eq!(same[ROWS..], x[ROWS..]);
    out
}

#[test]
fn elementwise_calls_work_in_place() {
    let (x, b): (Batch, Batch) = (values(1), values(2));
    let relu = both_ways(&x, |cx, x, y| activation::forward(cx, Activation::Relu, LEN, x, y));
    assert_eq!(relu[2][7], x[2][7].max(0.0));
    // ReLU's way back looks at the output, GELU's at the input.
    both_ways(&b, |cx, dy, dx| {
        activation::backward(cx, Activation::Relu, LEN, Arg::none(), read(&relu), dy, dx)
    });
    both_ways(&b, |cx, dy, dx| {
        activation::backward(cx, Activation::Gelu, LEN, read(&x), Arg::none(), dy, dx)
    });
    let difference = both_ways(&x, |cx, x, y| arithmetic::binary(cx, BinaryOp::Sub, LEN, x, read(&b), y));
    assert_eq!(difference[1][3], x[1][3] - b[1][3]);
    let affine = both_ways(&x, |cx, x, y| arithmetic::affine(cx, LEN, 2.0, -0.5, x, y));
    assert_eq!(affine[0][4], 2.0 * x[0][4] - 0.5);
    let reciprocal = both_ways(&x, |cx, x, y| arithmetic::reciprocal(cx, LEN, 3.0, x, y));
    assert_eq!(reciprocal[0][4], 3.0 / x[0][4]);
    // The way back draws the same mask.
    let dropped = both_ways(&x, |cx, x, y| dropout::forward(cx, LEN, 0.4, x, y));
    let back = both_ways(&x, |cx, dy, dx| dropout::backward(cx, LEN, 0.4, dy, dx));
    assert_eq!(dropped, back);
}

#[test]
fn a_fused_batch_norm_equals_what_it_is_made_of() {
    const PLAIN: Args = <BatchNorm2d<C>>::call(P);
    const FUSED: Args = PLAIN.activation(Activation::Relu6).residual();
    let (x, r): (Batch, Batch) = (values(1), values(2));
    let [weight, bias, mean, mut var]: [[f32; C]; 4] = values(3);
    var = var.map(f32::abs);
    let (w, b, m, v) = (|| read(&weight), || read(&bias), || read(&mean), || read(&var));
    let finish = |y: &mut Batch| {
        let fault = run(|cx| {
            arithmetic::add_assign(cx, LEN, read(&r), write(y));
            activation::forward(cx, Activation::Relu6, LEN, Arg::none(), write(y));
        });
        assert_eq!(fault, None);
    };

    let mut want =
        both_ways(&x, |cx, x, y| batch_norm::infer(cx, &PLAIN, w(), b(), m(), v(), x, Arg::none(), y));
    finish(&mut want);
    let got = both_ways(&x, |cx, x, y| batch_norm::infer(cx, &FUSED, w(), b(), m(), v(), x, read(&r), y));
    assert_eq!(got, want);

    let mut statistics = [[0.0f32; C]; 4];
    let [mean1, var1, mean2, var2] = &mut statistics;
    let (mut want, mut got): (Batch, Batch) = ([[f32::INFINITY; LEN]; B], [[f32::INFINITY; LEN]; B]);
    let fault = run(|cx| {
        let y = write(&mut want);
        batch_norm::forward(cx, &PLAIN, w(), b(), read(&x), Arg::none(), y, write(mean1), write(var1));
        let y = write(&mut got);
        batch_norm::forward(cx, &FUSED, w(), b(), read(&x), read(&r), y, write(mean2), write(var2));
    });
    assert_eq!(fault, None);
    finish(&mut want);
    assert_eq!((got, &statistics[..2]), (want, &statistics[2..]));
}

#[test]
fn a_batch_norm_goes_back_in_place_and_without_what_is_frozen() {
    const ARGS: Args = <BatchNorm2d<C>>::call(P);
    let (x, dy): (Batch, Batch) = (values(1), values(2));
    let [weight, mean, mut var]: [[f32; C]; 3] = values(3);
    var = var.map(f32::abs);
    let (w, m, v) = (|| read(&weight), || read(&mean), || read(&var));
    both_ways(&dy, |cx, dy, dx| {
        let [mut dw, mut db, mut dm, mut dv] = [[0.0f32; C]; 4];
        let (dw, db, dm, dv) = (write(&mut dw), write(&mut db), write(&mut dm), write(&mut dv));
        batch_norm::backward(cx, &ARGS, w(), read(&x), dy, m(), v(), dx, dw, db, dm, dv);
    });
    let trained = both_ways(&dy, |cx, dy, dx| {
        let [mut dw, mut db] = [[0.0f32; C]; 2];
        batch_norm::backward_frozen(
            cx,
            &ARGS,
            w(),
            m(),
            v(),
            read(&x),
            dy,
            dx,
            write(&mut dw),
            write(&mut db),
        );
        assert!(dw.iter().chain(&db).all(|d| *d != 0.0));
    });
    let none = Arg::<Cpu>::none;
    let frozen = both_ways(&dy, |cx, dy, dx| {
        batch_norm::backward_frozen(cx, &ARGS, w(), m(), v(), none(), dy, dx, none(), none())
    });
    assert_eq!(trained, frozen);
    // Neither dy nor dx: nothing to start from.
    let fault = run(|cx| {
        let [mut dw, mut db] = [[0.0f32; C]; 2];
        let (dw, db) = (write(&mut dw), write(&mut db));
        batch_norm::backward_frozen(cx, &ARGS, w(), m(), v(), read(&x), none(), none(), dw, db);
    });
    assert!(matches!(fault, Some(Fault::Memory { argument: 2, .. })));
}

#[test]
fn sizes_are_those_of_one_sample() {
    const POOL: pool2d::Args = <MaxPool2d<2>>::call([C, 2, 5]);
    let x: Batch = values(1);
    let (mut max, mut sums) = ([[7.0f32; 2 * C]; B], [[7.0f32; C]; B]);
    let sum = reduce::Args { outer: C, len: P, inner: 1, mean: false };
    let fault = run(|cx| {
        pool2d::max_forward(cx, &POOL, read(&x), write(&mut max));
        reduce::forward(cx, &sum, read(&x), write(&mut sums));
    });
    assert_eq!(fault, None);
    // The second window of channel 1 of the last live row.
    let window = [2, 3, 7, 8].map(|i| x[ROWS - 1][P + i]);
    assert_eq!(max[ROWS - 1][3], window.into_iter().fold(f32::MIN, f32::max));
    assert!((sums[1][2] - x[1][2 * P..].iter().sum::<f32>()).abs() < 1e-5);
    assert_eq!((max[ROWS..].concat(), sums[ROWS..].concat()), (vec![7.0; 2 * 2 * C], vec![7.0; 2 * C]));
}

#[test]
fn layouts_move_rows_and_give_their_gradients_back() {
    // A parameter of C numbers is broadcast over pixels and batch, and its gradient summed over both.
    let spread = Strided {
        dims: [1, 1, 1, 1, C, P],
        from: [0, 0, 0, 0, 1, 0],
        to: [0, 0, 0, 0, P, 1],
        from_row: 0,
        to_row: LEN,
        from_start: 0,
        to_start: 0,
        factor: -2.0,
        accumulate: false,
    };
    let parameter = [1.0f32, 2.0, 3.0];
    let mut y: Batch = [[9.0; LEN]; B];
    assert_eq!(run(|cx| layout::strided(cx, &spread, read(&parameter), write(&mut y))), None);
    for (row, values) in y.iter().enumerate() {
        let want = |i: usize| if row < ROWS { -2.0 * parameter[i / P] } else { 9.0 };
        assert!(values.iter().enumerate().all(|(i, y)| *y == want(i)));
    }
    let gather = Strided {
        from: spread.to,
        to: spread.from,
        from_row: spread.to_row,
        to_row: spread.from_row,
        accumulate: true,
        ..spread
    };
    let mut gradient = [100.0f32; C];
    assert_eq!(run(|cx| layout::strided(cx, &gather, read(&y), write(&mut gradient))), None);
    assert_eq!(gradient, parameter.map(|p| 100.0 + 4.0 * p * (ROWS * P) as f32));
}
