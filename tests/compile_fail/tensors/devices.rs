//! Tensors in the memories of two devices.
// names: Offsets

use castiron::device::Offsets;
use castiron::prelude::*;

fn mixed(x: Tensor<Rank2<2, 2>>, far: Tensor<Rank2<2, 2>, Offsets>, layer: Tensor<Linear<Rank1<2>, 3>, Offsets>) {
    let y = &x + &far;
    let y = x.matmul(&far);
    let y: Tensor<Rank2<2, 3>> = layer.forward(&x).unwrap();
}

fn main() {}
