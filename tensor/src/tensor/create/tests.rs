use super::*;
use crate::device::Offsets;
use crate::{Bool, Cpu, Fault, Rank1, Rank2, Rank3, bf16, f16, tensor};

#[test]
fn every_element_type_is_filled() {
    fn one<E: Element>(number: E) {
        let x = Tensor::<Rank2<2, 3, E>>::full(number);
        assert_eq!(*x, [[number; 3]; 2], "{}", E::DTYPE);
        assert_eq!(*x.zeros_like(), [[E::default(); 3]; 2]);
        assert_eq!(x.ones_like(), Tensor::ones());
        assert_eq!(Tensor::<[[E; 1]; 1]>::eye(), Tensor::ones());
        assert_ne!(*Tensor::<E>::ones(), E::default());
    }
    one(0.1f32);
    one(0.1f64);
    one(bf16::from_f32(0.1));
    one(f16::from_f32(0.1));
    one(-7i8);
    one(200u8);
    one(i32::MIN);
    one(i64::MAX);
    one(Bool::from(true));
}

#[test]
fn numbers_at_equal_distances() {
    assert_eq!(Tensor::<Rank1<4, u8>>::arange(250, 2), tensor![u8; 250, 252, 254, 0]);
    assert_eq!(Tensor::<Rank1<3, i64>>::arange(i64::MAX, -1)[2], i64::MAX - 2);
    // In f32 the errors of a sum of steps would show.
    let x = Tensor::<Rank1<1001>>::arange(0.0, 0.1);
    assert_eq!(x[1000], (0.1f32 as f64 * 1000.0) as f32);
    assert_eq!(*Tensor::<Rank1<1>>::linspace(2.0, 5.0), [2.0]);
    assert_eq!(*Tensor::<Rank1<0>>::linspace(2.0, 5.0), [0.0; 0]);
    let x = Tensor::<Rank1<7>>::linspace(0.3, -1.1);
    assert_eq!((x[0], x[6]), (0.3, -1.1));
    for (i, x) in x.iter().enumerate() {
        assert!((x - (0.3 - 1.4 * i as f32 / 6.0)).abs() < 1e-6);
    }
    assert_eq!(*Tensor::<Rank2<3, 2, i64>>::eye(), [[1, 0], [0, 1], [0, 0]]);
}

#[test]
fn lengths_are_checked() {
    let length = |got, want, call| Some(Error::Length { call, got, want });
    assert_eq!(Tensor::<Rank2<2, 2>>::from_slice(&[0.0; 5]).err(), length(5, 4, "from_slice"));
    let from = |n: usize| Tensor::<Rank1<3, i32>>::try_from_iter((0..).take(n)).err();
    assert_eq!(from(2), length(2, 3, "try_from_iter"));
    assert_eq!(from(3), None);
    assert_eq!(from(7), length(7, 3, "try_from_iter"));
    // One without end.
    assert!(matches!(Tensor::<Rank1<3, i32>>::try_from_iter(0..), Err(Error::Length { want: 3, .. })));
}

#[test]
fn one_hot_names_labels_out_of_range() {
    let y: Tensor<Rank3<1, 2, 3, Bool>> = tensor![i32; [2, 1]].one_hot().unwrap();
    assert_eq!(y[0].map(|row| row.map(|x| x.get() as u8)), [[0, 0, 1], [0, 1, 0]]);
    assert_eq!(*Tensor::from(1i64).one_hot::<Rank1<2>>().unwrap(), [0.0, 1.0]);
    let wrong = tensor![i64; [0, 1], [-1, 9]].one_hot::<Rank3<2, 2, 3>>();
    assert_eq!(
        wrong.err(),
        Some(Error::Operation(Fault::Index { op: "one_hot", row: 2, got: -1, limit: 3 }))
    );
}

#[test]
fn tensors_and_what_is_computed_of_them_move_between_devices() {
    let (cpu, device) = (Cpu::new(), Offsets::new(4096).unwrap());
    let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    let there = x.to(&device).unwrap();
    let y = there.matmul(&there.ones_like()).embedding(&tensor![i64; 1].to(&device).unwrap()).unwrap();
    assert_eq!(*y.to(&cpu).unwrap(), [[7.0, 7.0]]);
    // Another arena is another device.
    let other = Offsets::new(4096).unwrap();
    assert_eq!(there.to(&other).unwrap().to(&cpu).unwrap(), x);
    assert!(Tensor::<Rank1<5000>>::ones().to(&device).is_err());
    // On the CPU memory is shared until it is written to.
    let mut same = x.to(&cpu).unwrap();
    assert!(core::ptr::eq(&*same, &*x));
    same[0][0] = 9.0;
    assert_eq!(x[0][0], 1.0);
}
