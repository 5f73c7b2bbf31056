//! An MLP in dfdx: prints one result.

use dfdx::prelude::*;

type Mlp = (Linear<784, 128>, ReLU, Linear<128, 10>);

fn main() {
    let device = Cpu::default();
    let mut model = device.build_module::<Mlp, f32>();
    model.load_safetensors("mlp.safetensors").expect("the weights");
    let x: Tensor<Rank2<1, 784>, f32, _> = device.ones() * 0.5;
    println!("{}", model.forward(x).as_vec().iter().sum::<f32>());
}
