//! What a tape does not do.
// names: `i64` has no gradient, this operation has no derivative, `x.detach()`, this needs a tensor of one number, but it is `[[f32; 2]; 2]`

use castiron::{Rank1, Tape, Tensor, tensor};

fn main() {
    let tape = Tape::new();
    // Integers have no gradient.
    let whole = tape.watch(&tensor![i64; 1, 2]);

    let x = tape.watch(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    // Indices, truth values and integers do not change smoothly.
    let best = x.argmax_axis::<1>();
    let positive = x.gt(0.0);
    let order = x.argsort::<0>();
    let rounded = x.cast::<i32>();

    // Four numbers have no one gradient.
    let gradients = x.square().backward();
    let number = x.item();
    // Not on a tape.
    let gradients = tensor![1.0].backward();
    // What is recorded does not change in place.
    let mut y = x.exp();
    y += &x;
    y.relu_();
    let untracked: Tensor<Rank1<2>> = x.sum_axis::<0>();
}
