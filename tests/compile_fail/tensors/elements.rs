//! Numbers of two types, and operations that elements do not have.
// names: `[f32; 2]` and `[f64; 2]` do not broadcast, this needs real numbers, but the elements are `i64`, there is no arithmetic of, there is no and, or, xor and not of `f32`

use castiron::{Bool, Rank1, Tensor, tensor};

fn main() {
    let (x, wide) = (tensor![1.0, 2.0], tensor![f64; 1.0, 2.0]);
    let whole = tensor![i64; 1, 2];
    let mask = Tensor::<Rank1<2, Bool>>::ones();
    let y = &x + &wide;
    let y = &x + 1;
    let y = &whole * 0.5;
    let y = x.dot(&wide);
    let y = whole.exp();
    let y = &whole / &whole;
    let y = &mask + &mask;
    let y = &x & &x;
    let y: Tensor<Rank1<2, f64>> = x;
}
