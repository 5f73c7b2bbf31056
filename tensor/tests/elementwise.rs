//! Element by element: what the compiler infers of arguments, integers, masks, conversions, and changes in place.

use castiron::device::Offsets;
use castiron::{Bool, Keep, Rank1, Rank2, Tape, Tensor, bf16, f16, tensor};

fn truth<const N: usize>(mask: &Tensor<[Bool; N]>) -> [bool; N] {
    mask.map(bool::from)
}

#[test]
fn numbers_take_the_type_of_the_elements() {
    let (x, wide) = (tensor![1.0, 2.0], tensor![f64; 1.0, 2.0]);
    assert_eq!(x.pow(2.0), tensor![1.0, 4.0]);
    assert_eq!(wide.pow(2.0), tensor![f64; 1.0, 4.0]);
    assert_eq!(truth(&wide.ge(2.0)), [false, true]);
    assert_eq!(tensor![u8; 1, 2].maximum(2), tensor![u8; 2, 2]);
    let half = tensor![f16; f16::from_f32(1.5), f16::from_f32(2.5)];
    assert_eq!(half.minimum(f16::from_f32(2.0)).cast::<f32>(), tensor![1.5, 2.0]);
    assert_eq!(truth(&Tensor::from([true, false].map(Bool::from)).eq(false)), [false, true]);
}

#[test]
fn arguments_broadcast_as_operators_do() {
    let x = tensor![[1.0, 5.0], [3.0, 2.0]];
    let sums: Tensor<Keep<Rank1<2>, 1>> = x.sum_keep::<1>();
    assert_eq!(x.maximum(&(sums / 2.0)), tensor![[3.0, 5.0], [3.0, 2.5]]);
    assert_eq!(tensor![2.0, 3.0].pow(&x), tensor![[2.0, 243.0], [8.0, 9.0]]);
    let mask: Tensor<Rank2<2, 2, Bool>> = x.lt(tensor![2.0, 3.0]);
    assert_eq!(mask.choose(&x, 0.0), tensor![[1.0, 0.0], [0.0, 2.0]]);
    assert_eq!(tensor![1.0, 0.0].eq(1.0).choose(&x, tensor![7.0, 8.0]), tensor![[1.0, 8.0], [3.0, 8.0]]);
    // The mask has more dimensions than what it chooses of.
    assert_eq!(mask.choose(tensor![1.0, 2.0], 0.0), tensor![[1.0, 0.0], [0.0, 2.0]]);
}

#[test]
fn integers_divide_as_pytorch_does_and_say_where_they_cannot() {
    let (a, b) = (tensor![i8; 7, -7, 7, -7, 6, -6], tensor![i8; 3, 3, -3, -3, 3, 3]);
    assert_eq!(a.div_floor(&b).unwrap(), tensor![i8; 2, -3, -3, 2, 2, -2]);
    assert_eq!(a.div_trunc(&b).unwrap(), tensor![i8; 2, -2, -2, 2, 2, -2]);
    assert_eq!(a.remainder(&b).unwrap(), tensor![i8; 1, 2, -2, -1, 0, 0]);
    assert_eq!(a.fmod(&b).unwrap(), tensor![i8; 1, -1, 1, -1, 0, 0]);
    for outcome in [a.div_floor(0), a.div_trunc(0), a.remainder(0), a.fmod(0)] {
        assert!(outcome.unwrap_err().to_string().contains("divided by zero"));
    }
    let (x, y) = (a.cast::<f64>(), b.cast::<f64>());
    assert_eq!(x.div_floor(&y), tensor![f64; 2.0, -3.0, -3.0, 2.0, 2.0, -2.0]);
    assert_eq!(x.div_trunc(&y), tensor![f64; 2.0, -2.0, -2.0, 2.0, 2.0, -2.0]);
    assert_eq!(x.remainder(&y), tensor![f64; 1.0, 2.0, -2.0, -1.0, 0.0, 0.0]);
    assert_eq!(x.fmod(&y), tensor![f64; 1.0, -1.0, 1.0, -1.0, 0.0, 0.0]);
}

#[test]
fn integers_have_arithmetic_and_wrap_around() {
    let x = tensor![u8; 3, 250];
    assert_eq!(&x + 10, tensor![u8; 13, 4]);
    assert_eq!(-&x, tensor![u8; 253, 6]);
    assert_eq!(!&x, tensor![u8; 252, 5]);
    assert_eq!(1 - tensor![i32; 3, -4], tensor![i32; -2, 5]);
    let y = tensor![i64; -3, 0, 5];
    assert_eq!(y.abs() * y.sign() + y.square() - y.relu(), tensor![i64; 6, 0, 25]);
    assert_eq!(y.clamp_min(-1), tensor![i64; -1, 0, 5]);
    assert_eq!(y.pow(2), y.square());
    assert_eq!(y.bitwise_xor(1), tensor![i64; -4, 1, 4]);
}

#[test]
fn masks_combine() {
    let x = tensor![0.5, 1.5, 2.5, f32::NAN];
    let (low, high) = (x.lt(2.0), x.gt(1.0));
    assert_eq!(truth(&(&low & &high)), [false, true, false, false]);
    assert_eq!(truth(&(&low | &high)), [true, true, true, false]);
    assert_eq!(truth(&(&low ^ &high)), [true, false, true, false]);
    assert_eq!(truth(&!&low), [false, false, true, true]);
    assert_eq!(truth(&low.ne(&high)), truth(&low.logical_xor(&high)));
    let mut both = low.clone();
    both &= &high;
    assert_eq!(both, low.logical_and(&high));
    assert_eq!(truth(&low), [true, true, false, false]);
    assert_eq!(truth(&low.logical_or(true)), [true; 4]);
}

#[test]
fn choices_have_gradients_on_both_sides_but_none_where_filled() {
    let tape = Tape::new();
    let (a, b) = (tape.watch(&tensor![[1.0, 2.0], [3.0, 4.0]]), tape.watch(&tensor![10.0, 20.0]));
    let mask = a.detach().gt(2.5);
    let y = mask.choose(&a, &b);
    assert_eq!(y, tensor![[10.0, 20.0], [3.0, 4.0]]);
    let gradients = (y * 2.0).sum().backward().unwrap();
    assert_eq!(gradients.get(&a), tensor![[0.0, 0.0], [2.0, 2.0]]);
    assert_eq!(gradients.get(&b), tensor![2.0, 2.0]);
    let filled = a.masked_fill(&mask, -1.0);
    assert_eq!(filled, tensor![[1.0, 2.0], [-1.0, -1.0]]);
    assert_eq!(filled.sum().backward().unwrap().get(&a), tensor![[1.0, 1.0], [0.0, 0.0]]);
    assert_eq!(tensor![i32; 1, 2].masked_fill(&tensor![0.0, 1.0].eq(0.0), 9), tensor![i32; 9, 2]);
}

#[test]
fn casts_go_between_all_elements_and_differentiate_between_reals() {
    let x = tensor![f64; 1.75, -0.5, 0.0];
    assert_eq!(x.cast::<f32>().cast::<f64>(), x);
    assert_eq!(x.cast::<i32>().cast::<u8>().cast::<i64>(), tensor![i64; 1, 0, 0]);
    assert_eq!(truth(&x.cast::<Bool>()), [true, true, false]);
    assert_eq!(x.cast::<Bool>().cast::<bf16>().cast::<f32>(), tensor![1.0, 1.0, 0.0]);
    let tape = Tape::new();
    let on_tape = tape.watch(&x);
    let y = on_tape.cast::<f32>() * tensor![1.0, 2.0, 3.0];
    assert_eq!(y.sum().backward().unwrap().get(&on_tape), tensor![f64; 1.0, 2.0, 3.0]);
}

#[test]
fn what_is_changed_in_place_stays_where_it_is_and_leaves_clones_alone() {
    let mut x = tensor![4.0, -9.0];
    let place = x.as_ptr();
    x.abs_().sqrt_();
    x.clamp_(0.0, 2.5);
    assert_eq!((x.as_ptr(), &x), (place, &tensor![2.0, 2.5]));
    let y = x.clone();
    x.neg_();
    assert_eq!((x, y), (tensor![-2.0, -2.5], tensor![2.0, 2.5]));
}

#[test]
fn other_devices_run_the_same_functions() {
    let device = Offsets::new(1 << 16).unwrap();
    let on = |values: [f32; 3]| Tensor::<Rank1<3>, Offsets>::copy_to(&values, &device).unwrap();
    let (x, y) = (on([1.0, 2.0, 3.0]), on([3.0, 2.0, 1.0]));
    let z = x.lt(&y).choose(x.exp2(), x.maximum(&y).pow(2.0));
    assert_eq!(z.to_cpu(&device), tensor![2.0, 4.0, 9.0]);
}
