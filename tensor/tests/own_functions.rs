//! Functions of one's own on the tape, where memory is shared and where they fail.

use castiron::tape::{Function, OnTape, Tracked, apply};
use castiron::{Cpu, Error, Rank1, Tape, Tensor, tensor};

type Pair = (Tensor<Rank1<2>>, Tensor<Rank1<2>>);

/// a·b
struct Product;
impl Function<Pair> for Product {
    const NAME: &'static str = "product";
    type Output = Tensor<Rank1<2>>;
    type Saved = Pair;
    fn forward(&self, (a, b): &Pair) -> Result<(Tensor<Rank1<2>>, Pair), Error> {
        Ok((a * b, (a.clone(), b.clone())))
    }
    fn backward(&self, (a, b): OnTape<Pair>, dy: OnTape<Tensor<Rank1<2>>>) -> Result<OnTape<Pair>, Error> {
        Ok((&dy * b, dy * a))
    }
}

#[test]
fn inputs_that_share_memory_are_told_apart() -> Result<(), Error> {
    let x = tensor![1.0, 2.0];
    let tape = Tape::new();
    let (a, b) = (tape.watch(&x), tape.watch(&x));
    let da = apply(Product, (&a, &b))?.sum().backward_create_graph()?.get(&a);
    let second = da.sum().backward()?;
    assert_eq!((second.get(&a), second.get(&b)), (tensor![0.0, 0.0], tensor![1.0, 1.0]));
    Ok(())
}

/// Panics in backward.
struct Panics;
impl Function<Tensor<f32>> for Panics {
    const NAME: &'static str = "panics";
    type Output = Tensor<f32>;
    type Saved = ();
    fn forward(&self, x: &Tensor<f32>) -> Result<(Tensor<f32>, ()), Error> {
        Ok((x * 2.0, ()))
    }
    fn backward(&self, _: (), _: OnTape<Tensor<f32>>) -> Result<OnTape<Tensor<f32>>, Error> {
        panic!("mine")
    }
}

#[test]
fn a_tape_records_after_a_panic_in_backward() -> Result<(), Error> {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::from(3.0));
    let y = apply(Panics, &x)?;
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| y.backward())).is_err());
    assert_eq!(*x.square().backward()?.get(&x), 6.0);
    Ok(())
}

/// x + 1, with a tensor of the tape.
struct Holds(Tensor<f32, Cpu, Tracked>);
impl Function<Tensor<f32>> for Holds {
    const NAME: &'static str = "holds";
    type Output = Tensor<f32>;
    type Saved = ();
    fn forward(&self, x: &Tensor<f32>) -> Result<(Tensor<f32>, ()), Error> {
        Ok((x + 1.0, ()))
    }
    fn backward(&self, _: (), dy: OnTape<Tensor<f32>>) -> Result<OnTape<Tensor<f32>>, Error> {
        Ok(dy * *self.0)
    }
}

#[test]
fn a_chain_of_functions_that_hold_tensors_drops_without_recursion() -> Result<(), Error> {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::from(1.0));
    let mut y = x.clone();
    for _ in 0..100_000 {
        y = apply(Holds(y.clone()), &y)?;
    }
    drop(y);
    assert_eq!(tape.len(), 1);
    Ok(())
}
