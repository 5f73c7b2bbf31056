//! The tape as a user meets it: control flow shapes the graph; what backward keeps, refuses and reports.

use castiron::op::{Memory, Spec};
use castiron::prelude::*;
use castiron::tape::{
    CheckError, Function, OnTape, Tracked, apply, detect_anomaly, gradcheck, gradgradcheck, run_op,
};
use castiron::{Error, NonFinite, Op, Rank1, Shape, Tape, Tensor, tensor};

type Scalar = Tensor<f32, Cpu, Tracked>;

fn watched(tape: &Tape, x: f32) -> Scalar {
    tape.watch(&Tensor::from(x))
}

#[test]
fn gradients_accumulate() -> Result<(), Error> {
    let tape = Tape::new();
    let x = watched(&tape, 3.0);
    // Used twice.
    assert_eq!(*(&x * &x + &x).backward()?.get(&x), 7.0);
    let mut sum = x.square().backward()?;
    sum.accumulate((&x * 5.0).backward()?);
    assert_eq!(*sum.get(&x), 11.0);
    Ok(())
}

#[test]
fn detached_and_unrecorded_parts_are_constants() -> Result<(), Error> {
    let tape = Tape::new();
    let x = watched(&tape, 3.0);
    assert_eq!(*(&x * x.detach()).backward()?.get(&x), 3.0);
    let twice = tape.no_grad(|| &x * 2.0);
    assert_eq!(*(&x * &twice).backward()?.get(&x), 6.0);
    let gradients = twice.backward()?;
    assert!(!gradients.contains(&x));
    assert_eq!(*gradients.get(&x), 0.0);
    // Recording is on again, also after a panic.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tape.no_grad(|| panic!("mine"))));
    assert!(panicked.is_err());
    assert!(x.square().backward()?.contains(&x));
    Ok(())
}

#[test]
fn what_backward_has_walked_is_released_unless_kept() -> Result<(), Error> {
    let tape = Tape::new();
    let x = watched(&tape, 2.0);
    let y = x.square();
    let z = &y * 3.0;
    assert_eq!(*z.backward_retain()?.get(&x), 12.0);
    assert_eq!(*z.backward()?.get(&x), 12.0);
    let error = z.backward().unwrap_err();
    assert!(matches!(error, Error::Released { .. }), "{error}");
    // Also from elsewhere.
    assert!(matches!((&y + 1.0).backward(), Err(Error::Released { .. })));
    Ok(())
}

#[test]
fn gradients_of_gradients() -> Result<(), Error> {
    let tape = Tape::new();
    let x = watched(&tape, 2.0);
    let y = x.square() * x.square();
    let first = y.backward_create_graph()?.get(&x);
    let second = first.backward_create_graph()?.get(&x);
    let third = second.backward()?.get(&x);
    assert_eq!((*first, *second, *third), (32.0, 48.0, 48.0)); // 4x³, 12x², 24x
    Ok(())
}

#[test]
fn two_tapes_do_not_mix() {
    let (a, b) = (Tape::new(), Tape::new());
    let (x, y) = (watched(&a, 1.0), watched(&b, 2.0));
    assert_eq!((&x * &y).backward().unwrap_err(), Error::TwoTapes);
    // Nor where one of them does not record: what the other does would be lost.
    for z in a.no_grad(|| [&x * &y, &y * &x]) {
        assert_eq!(z.backward().unwrap_err(), Error::TwoTapes);
    }
}

/// xⁿ by squaring: recursion.
fn power(x: &Scalar, n: u32) -> Scalar {
    match n {
        1 => x.clone(),
        n if n % 2 == 0 => power(&x.square(), n / 2),
        n => power(&x.square(), n / 2) * x,
    }
}

/// Newton's iteration, until it has arrived: early return out of a loop.
fn root(a: &Scalar) -> Scalar {
    let mut x = a / 2.0;
    for _ in 0..50 {
        let next = (&x + a / &x) / 2.0;
        if (*next - *x).abs() < 1e-6 {
            return next;
        }
        x = next;
    }
    x
}

#[test]
fn control_flow_shapes_the_graph() -> Result<(), Error> {
    let tape = Tape::new();
    let x = watched(&tape, 1.5);
    assert_eq!(*power(&x, 5).backward()?.get(&x), 5.0 * 1.5f32.powi(4));
    let a = watched(&tape, 9.0);
    assert!((*root(&a).backward()?.get(&a) - 1.0 / 6.0).abs() < 1e-6);

    // A closure over a tensor of the tape, and a loop of which data decide how long it runs.
    let grow = |y: Scalar| &y * &x;
    let mut y = x.clone();
    let mut steps = 1;
    while *y < 100.0 {
        y = grow(y);
        steps += 1;
    }
    let expected = steps as f32 * 1.5f32.powi(steps - 1);
    assert!((*y.backward()?.get(&x) - expected).abs() < 1e-3 * expected);
    Ok(())
}

/// y ← sin x, by a kernel of one's own.
struct SinOp;
impl Op for SinOp {
    const NAME: &'static str = "my sin";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<f64>(len).write::<f64>(len);
    }
    fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        let (x, y) = (memory.read::<f64>(0), memory.write::<f64>(1));
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x.sin());
    }
}

fn sin<S: Shape<Elem = f64>>(x: &Tensor<S>) -> Result<Tensor<S>, Error> {
    let mut y = Tensor::<S>::zeros();
    run_op::<SinOp, 2>(&S::LEN, [x.borrow().arg(), y.borrow_mut().arg()])?;
    Ok(y)
}

/// sin(x), whose derivative is the same function elsewhere: it can be differentiated as often as one likes.
#[derive(Clone, Copy)]
struct Sin;
impl<S: Shape<Elem = f64>> Function<Tensor<S>> for Sin {
    const NAME: &'static str = "Sin";
    type Output = Tensor<S>;
    type Saved = Tensor<S>;
    fn forward(&self, x: &Tensor<S>) -> Result<(Tensor<S>, Tensor<S>), Error> {
        Ok((sin(x)?, x.clone()))
    }
    fn backward(&self, x: OnTape<Tensor<S>>, dy: OnTape<Tensor<S>>) -> Result<OnTape<Tensor<S>>, Error> {
        Ok(dy * apply(Sin, &(x + core::f64::consts::FRAC_PI_2))?)
    }
}

/// k·x·y, with an intermediate product saved that is neither input nor output.
struct Product {
    k: f64,
}
type Pair = (Tensor<Rank1<3, f64>>, Tensor<Rank1<3, f64>>);
impl Function<Pair> for Product {
    const NAME: &'static str = "Product";
    type Output = Tensor<Rank1<3, f64>>;
    type Saved = Pair;
    fn forward(&self, (x, y): &Pair) -> Result<(Self::Output, Pair), Error> {
        if self.k == 0.0 {
            return Err(Error::Rows { call: "Product", got: 0, capacity: 0 });
        }
        Ok((x * y * self.k, (x * self.k, y * self.k)))
    }
    fn backward(&self, (kx, ky): OnTape<Pair>, dy: OnTape<Self::Output>) -> Result<OnTape<Pair>, Error> {
        Ok((&dy * ky, dy * kx))
    }
}

#[test]
fn operations_of_ones_own() -> Result<(), Error> {
    let x = tensor![f64; 0.3, -1.0, 2.0];
    gradcheck(|x| apply(Sin, &x), &x).unwrap();
    gradgradcheck(|x| apply(Sin, &x), &x).unwrap();
    assert_eq!(apply(Sin, &x)?, sin(&x)?);

    let y = tensor![f64; 1.0, 2.0, 3.0];
    gradcheck(|(x, y)| apply(Product { k: 2.0 }, (&x, &y)), (&x, &y)).unwrap();
    // Only one of the two is on a tape.
    let tape = Tape::new();
    let tracked = tape.watch(&x);
    let z = apply(Product { k: 2.0 }, (&tracked, &y))?.sum();
    assert_eq!(z.backward_retain()?.get(&tracked), &y * 2.0);
    // What is saved has lost where it came from.
    assert_eq!(z.backward_create_graph().unwrap_err(), Error::NoSecondDerivative { operation: "Product" });
    assert!(apply(Product { k: 0.0 }, (&x, &y)).is_err());
    Ok(())
}

/// x², with a gradient that is wrong at one place.
struct Wrong;
impl Function<Tensor<Rank1<3, f64>>> for Wrong {
    const NAME: &'static str = "Wrong";
    const ONCE: bool = true;
    type Output = Tensor<Rank1<3, f64>>;
    type Saved = Tensor<Rank1<3, f64>>;
    fn forward(&self, x: &Self::Output) -> Result<(Self::Output, Self::Saved), Error> {
        Ok((x.square(), x.clone()))
    }
    fn backward(
        &self,
        x: OnTape<Self::Saved>,
        dy: OnTape<Self::Output>,
    ) -> Result<OnTape<Self::Output>, Error> {
        Ok(dy * (x * 2.0 + &tensor![f64; 0.0, 0.0, 0.01]))
    }
}

#[test]
fn wrong_gradients_are_found_where_they_are() {
    let (x, y) = (tensor![f64; 1.0, 2.0, 3.0], tensor![f64; 4.0, 5.0, 6.0]);
    let error = gradcheck(|(y, x)| apply(Wrong, &x).map(|x| y + x), (&y, &x)).unwrap_err();
    let CheckError::Differs { input, index, output, analytic, numeric } = &error else { panic!("{error}") };
    assert_eq!((*input, index.as_slice(), *output), (1, [2].as_slice(), 2));
    assert!((analytic - 6.01).abs() < 1e-9 && (numeric - 6.0).abs() < 1e-4, "{error}");
    let error = gradgradcheck(|x| apply(Wrong, &x), &x).unwrap_err();
    assert_eq!(error, CheckError::Failed(Error::NoSecondDerivative { operation: "Wrong" }));
    // Loosely, f32 too.
    gradcheck(|(x, y)| (x * y).tanh().sum(), (&tensor![0.3, -0.7], &tensor![1.5, 0.2])).unwrap();
    assert!(gradcheck(|x| x.square() - x.square().detach(), &tensor![0.3, -0.7]).is_err());
}

#[test]
fn the_first_operation_that_is_not_finite_is_named() {
    let x = tensor![4.0, -1.0];
    let anomaly = detect_anomaly(|| (&x * 2.0).sqrt().sum()).unwrap_err();
    assert_eq!((anomaly.found.op, anomaly.found.index), ("sqrt", 1));
    assert_eq!((anomaly.found.value, anomaly.found.given), (NonFinite::Nan, None));
    let location = anomaly.location.expect("tests have debug information");
    assert!(location.contains("tests/tape.rs:"), "{location}\n{}", anomaly.backtrace);

    // Finite forward, infinite backward: √0.
    let anomaly = detect_anomaly(|| {
        let tape = Tape::new();
        let x = tape.watch(&tensor![0.0, 1.0]);
        x.sqrt().sum().backward().map(|gradients| gradients.get(&x))
    });
    let anomaly = anomaly.unwrap_err();
    assert_eq!(anomaly.backward_of, Some("sqrt"), "{anomaly}");

    // In the data; nothing; and no longer watched.
    let anomaly = detect_anomaly(|| tensor![1.0, f32::NAN].square()).unwrap_err();
    assert_eq!(anomaly.found.given, Some(NonFinite::Nan));
    assert_eq!(*detect_anomaly(|| tensor![1.0, 2.0].sum()).unwrap(), 3.0);
    assert!(x.sqrt()[1].is_nan());
    assert_eq!(*detect_anomaly(|| tensor![1.0].sum()).unwrap(), 1.0);
}

model! {
    Block: [4] -> [4] { fc: Linear(4), Tanh }
}
model! {
    Deep: [4] -> [2] { first: Linear(4), act: Relu, blocks: [Block; 3], head: Linear(2) }
}

/// What is wrong with the layer that `change` breaks, by training and by prediction.
fn blamed(change: impl Fn(&mut Deep)) -> [String; 2] {
    let mut model = init::<Deep>(0);
    change(&mut model);
    let x = [[1.0, 2.0, 3.0, 4.0]];
    let mut trainer = Trainer::<Deep, _, _, 4>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1)).unwrap();
    assert!(trainer.step(&x, &[[0.0; 2]]).is_ok(), "not looked for, not found");
    trainer.set_model(&model);
    let mut trainer = trainer.detect_anomaly(true);
    let training = trainer.step(&x, &[[0.0; 2]]).unwrap_err();
    assert!(!trainer.model().head.bias[0].is_nan(), "no step is made");
    let mut predictor = Predictor::<Deep, 4>::new(Cpu::new(), &model).unwrap().detect_anomaly(true);
    let prediction = predictor.predict(&x, &mut [[0.0; 2]]).unwrap_err();
    [training, prediction].map(|error| {
        assert!(matches!(error, Error::NotFinite { .. }));
        error.to_string()
    })
}

#[test]
fn the_layer_of_a_compiled_model_is_named() {
    for message in blamed(|model| model.first.weight[0] = [f32::MAX; 4]) {
        assert!(message.starts_with("`first`: "), "{message}");
    }
    for message in blamed(|model| model.blocks[1].fc.weight[2][3] = f32::NAN) {
        assert!(message.starts_with("`blocks.1.fc`: ") && message.contains("held NaN already"), "{message}");
    }
    for message in blamed(|model| model.head.bias[1] = f32::NAN) {
        assert!(message.starts_with("`head`: "), "{message}");
    }
}
