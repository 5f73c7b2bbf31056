//! A bit of everything that tensors do, with every shape written out.

use castiron::prelude::*;
use castiron::tape::Grad;
use castiron::{Bool, DynTensor, Error, Keep, Tape, Tracked, field, tensor};

model! { Net: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }

/// Written once for tensors on a tape and off it.
fn normalized<const M: usize, const N: usize, G: Grad>(x: &Tensor<Rank2<M, N>, Cpu, G>) -> Tensor<Rank2<M, N>, Cpu, G> {
    x.softmax::<1>().log().neg()
}

fn main() -> Result<(), Error> {
    let x: Tensor<Rank2<2, 3>> = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let mean: Tensor<Keep<Rank1<2>, 1>> = x.mean_keep::<1>();
    let centred: Tensor<Rank2<2, 3>> = &x - &mean;
    assert_eq!(centred, tensor![[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]);

    let product: Tensor<Rank2<2, 2>> = x.matmul(&x.t());
    assert_eq!(product, tensor![[14.0, 32.0], [32.0, 77.0]]);
    let batch: Tensor<Rank3<5, 2, 2>> = Tensor::<Rank3<5, 2, 3>>::ones().matmul(&x.t());
    assert_eq!(batch.sum_axes::<0, -1>(), tensor![105.0, 105.0]);

    let flat: Tensor<Rank1<6>> = x.reshape();
    let joined: Tensor<Rank2<3, 6>> = Tensor::stack::<0, _>([&flat, &flat, &flat]);
    let (left, right): (Tensor<Rank2<3, 2>>, Tensor<Rank2<3, 4>>) = joined.split::<1, 2, 4>();
    let again: Tensor<Rank2<3, 6>> = left.concat::<1, _, _>(&right);
    assert_eq!(again, joined);

    let mask: Tensor<Rank2<2, 3, Bool>> = x.gt(2.5) & x.lt(5.5);
    assert_eq!(x.masked_fill(&mask, 0.0).sum().item(), 9.0);
    assert_eq!(x.argmax_axis::<1>(), tensor![i64; 2, 2]);
    let whole: Tensor<Rank2<2, 3, i64>> = x.cast();
    assert_eq!(whole.sum().item(), 21);
    assert_eq!(Tensor::try_from(DynTensor::from(&x)), Ok(x.clone()));

    let tape = Tape::new();
    let tracked: Tensor<Rank2<2, 3>, Cpu, Tracked> = tape.watch(&x);
    let y: Tensor<f32, Cpu, Tracked> = normalized(&tracked).sum();
    assert_eq!(*y, *normalized(&x).sum());
    let dx: Tensor<Rank2<2, 3>> = y.backward()?.get(&tracked);
    assert!(dx.sum().abs().item() < 1e-5);

    let model = init::<Net>(0);
    let net = tape.watch_model(&model);
    let y: Tensor<Rank2<2, 2>, Cpu, Tracked> = net.forward(&x)?;
    let gradient: Tensor<Net> = y.sum().backward()?.get(&net);
    assert_eq!(field!(&gradient, Net, fc2.bias).numbers(), tensor![2.0, 2.0]);
    Ok(())
}
