//! The mistakes that the README shows.
// names: cannot multiply `[[f32; 784]; 64]` by `[[f32; 784]; 128]`, `[[f32; 784]; 64]` and `[f32; 3]` do not broadcast

use castiron::prelude::*;
use castiron::tensor;

fn main() {
    let x = Tensor::<Rank2<64, 784>>::zeros();
    let w = Tensor::<Rank2<128, 784>>::zeros();
    let y = x.matmul(&w); // forgotten: w.t()
    let z = x + tensor![1.0, 2.0, 3.0];
}
