//! Fields of models on the tape.

use castiron::prelude::*;
use castiron::{Error, Rank1, Rank2, Rank3, Tape, Tensor, field};

type Layer = Linear<Rank1<3>, 2>;

/// Not by way of `numbers`: the gradient of what was broadcast is summed to the shape of the field all the same.
#[test]
fn a_field_may_be_the_numbers_themselves() -> Result<(), Error> {
    let model = init::<Layer>(0);
    let tape = Tape::new();
    let layer = tape.watch_model(&model);
    let weight: Tensor<Rank2<2, 3>, _, _> = field!(&layer, Layer, weight.0);
    let y = (Tensor::<Rank3<4, 2, 3>>::ones() * &weight).sum();
    assert_eq!(y.backward()?.get(&layer).weight.0, [[4.0; 3]; 2]);
    Ok(())
}
