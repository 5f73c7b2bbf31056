use super::*;
use crate::{Bool, Number, Rank1, Rank2, Tape, flat};

const N: usize = 100_000;

/// Mean and standard deviation.
fn moments<E: Real, S: Shape<Elem = E>>(x: &Tensor<S>) -> (f64, f64) {
    let numbers = flat(&**x).iter().map(|x| x.wide());
    let mean = numbers.clone().sum::<f64>() / S::LEN as f64;
    (mean, (numbers.map(|x| (x - mean).powi(2)).sum::<f64>() / S::LEN as f64).sqrt())
}

fn close(got: (f64, f64), want: (f64, f64), tolerance: f64) {
    let off = (got.0 - want.0).abs().max((got.1 - want.1).abs());
    assert!(off < tolerance, "got {got:?}, want {want:?}");
}

#[test]
fn uniform_numbers_fill_their_interval() {
    fn one<E: Real>() {
        let x = Tensor::<Rank1<N, E>>::rand(1);
        assert!(x.iter().all(|x| (0.0..1.0).contains(&x.wide())));
        close(moments(&x), (0.5, 1.0 / 12f64.sqrt()), 0.01);
        let x = Tensor::<Rank1<N, E>>::uniform(-3.0, 1.0, 2).unwrap();
        assert!(x.iter().all(|x| (-3.0..1.0).contains(&x.wide())));
        close(moments(&x), (-1.0, 4.0 / 12f64.sqrt()), 0.02);
    }
    one::<f32>();
    one::<f64>();
    one::<bf16>();
    one::<f16>();
}

#[test]
fn normal_numbers_are_normal() {
    let x = Tensor::<Rank1<N>>::randn(3);
    close(moments(&x), (0.0, 1.0), 0.01);
    for (bound, want) in [(1.0, 0.6827), (2.0, 0.9545), (3.0, 0.9973)] {
        let within = x.iter().filter(|x| x.abs() < bound).count() as f64 / N as f64;
        assert!((within - want).abs() < 0.005, "{within} within {bound}");
    }
    // Neighbours, which are drawn together, do not depend on each other.
    let product = x.chunks(2).map(|pair| f64::from(pair[0] * pair[1])).sum::<f64>() / (N / 2) as f64;
    assert!(product.abs() < 0.02, "{product}");
    close(moments(&Tensor::<Rank1<N, f64>>::normal(5.0, 0.1, 4).unwrap()), (5.0, 0.1), 0.002);
    assert_eq!(*Tensor::<Rank1<3>>::normal(5.0, 0.0, 4).unwrap(), [5.0; 3]);
}

#[test]
fn integers_are_equally_likely() {
    let x = Tensor::<Rank1<N, i8>>::randint(-128, 128, 5).unwrap();
    let mut counts = [0usize; 256];
    x.iter().for_each(|x| counts[(i16::from(*x) + 128) as usize] += 1);
    // 390 each, give or take 20.
    assert!(counts.iter().all(|count| (290..490).contains(count)), "{counts:?}");
    assert_eq!(*Tensor::<Rank1<2, i64>>::randint(7, 8, 0).unwrap(), [7; 2]);
    assert!(Tensor::<Rank1<1, i64>>::randint(i64::MIN, i64::MAX, 0).is_ok());
}

#[test]
fn bernoulli_dropout_and_randperm() {
    let count = |p| Tensor::<Rank1<N, i64>>::bernoulli(p, 6).unwrap().iter().sum::<i64>();
    assert!((29_000..31_000).contains(&count(0.3)));
    assert_eq!((count(0.0), count(1.0)), (0, N as i64));
    assert!(Tensor::<Rank1<1, Bool>>::bernoulli(1.0, 0).unwrap()[0].get());

    let tape = Tape::new();
    let x = tape.watch(&Tensor::<Rank1<N>>::ones());
    let y = x.dropout(0.25, 7).unwrap();
    close(moments(&y.detach()), (1.0, (1f64 / 3.0).sqrt()), 0.01);
    // The gradient has the mask of the forward pass.
    assert_eq!(y.sum().backward().unwrap().get(&x), y);
    assert!(x.dropout(1.0, 7).unwrap().iter().all(|y| *y == 0.0));

    let mut order = *Tensor::<Rank1<100, i32>>::randperm(8);
    assert_ne!(order, *Tensor::<Rank1<100, i32>>::arange(0, 1));
    order.sort();
    assert_eq!(order, *Tensor::<Rank1<100, i32>>::arange(0, 1));
    // All six orders of three.
    let mut random = Generator::new(9);
    let mut counts = std::collections::BTreeMap::new();
    (0..6000).for_each(|_| *counts.entry(*Tensor::<Rank1<3, i64>>::randperm(&mut random)).or_insert(0) += 1);
    assert!(counts.len() == 6 && counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
}

#[test]
fn arguments_out_of_range_are_errors() {
    type S = Rank1<2>;
    let name = |error: Option<Error>| match error {
        Some(Error::Argument { call, name, .. }) => (call, name),
        other => panic!("{other:?}"),
    };
    for p in [-0.1, 1.1, f64::NAN] {
        assert_eq!(name(Tensor::<S>::bernoulli(p, 0).err()), ("bernoulli", "p"));
        assert_eq!(name(Tensor::<S>::ones().dropout(p, 0).err()), ("dropout", "p"));
    }
    assert_eq!(name(Tensor::<S>::uniform(1.0, 0.0, 0).err()), ("uniform", "high"));
    assert_eq!(name(Tensor::<S>::uniform(f64::NAN, 0.0, 0).err()), ("uniform", "low"));
    assert_eq!(name(Tensor::<S>::uniform(0.0, 1e300, 0).err()), ("uniform", "high"));
    assert_eq!(name(Tensor::<S>::normal(0.0, -1.0, 0).err()), ("normal", "std"));
    assert_eq!(name(Tensor::<S>::normal(f64::INFINITY, 1.0, 0).err()), ("normal", "mean"));
    assert_eq!(name(Tensor::<[u8; 2]>::randint(-1, 3, 0).err()), ("randint", "low"));
    assert_eq!(name(Tensor::<[u8; 2]>::randint(0, 257, 0).err()), ("randint", "high"));
    assert_eq!(name(Tensor::<[u8; 2]>::randint(3, 3, 0).err()), ("randint", "high"));
    assert_eq!(name(Tensor::<[i64; 2]>::randint(0, i64::MIN, 0).err()), ("randint", "high"));
    assert_eq!(*Tensor::<S>::uniform(0.5, 0.5, 0).unwrap(), [0.5; 2]);
}

#[test]
fn seeds_and_generators_go_together() {
    fn numbers<E: Number>(x: Tensor<Rank2<2, 2, E>>) -> Tensor<Rank2<2, 2, E>> {
        x
    }
    let mut random = Generator::new(1);
    let (a, b) = (numbers::<f64>(Tensor::randn(&mut random)), numbers::<f64>(Tensor::randn(&mut random)));
    assert_eq!(a, Tensor::randn(1));
    assert_ne!(a, b);
    assert_ne!(a, Tensor::randn(2));
    // Any generator of the crate `rand`.
    assert_eq!(a, Tensor::randn(&mut ChaCha8Rng::seed_from_u64(1)));
    // Element types differ by rounding only.
    let same = numbers::<f32>(Tensor::randn(1));
    assert_eq!(flat(&*same), flat(&*a).iter().map(|x| *x as f32).collect::<Vec<_>>());
}
