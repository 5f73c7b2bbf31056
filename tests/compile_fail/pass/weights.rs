//! Weights in the program: of a model, of an array of modules, of a prepared model, under other names.
#![deny(warnings, missing_docs, unsafe_code)]

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
    Named: [4] -> [2] {
        #[param(name = "fc1")]
        first: Linear(3), Relu,
        #[param(name = "fc2")]
        second: Linear(2),
    }
}

static NET: Net = include_weights!(Net, "../weights/good.safetensors");
static NAMED: Named = include_weights!(Named, concat!("../weights/", "good.safetensors"));
static PREPARED: Prepared<Net> = include_weights!(Prepared<Net>, "../weights/prepared.safetensors",);
static OTHER: Net =
    include_weights!(Net, "../weights/other_names.safetensors", rename = [("", "classifier.")]);
static FIRST: Linear<Rank1<4>, 3> = include_weights!(
    Linear<Rank1<4>, 3>,
    "../weights/good.safetensors",
    allow_extra = true,
    rename = [("weight", "fc1.weight"), ("bias", "fc1.bias")],
);
static LAYERS: [Linear<Rank1<4>, 3>; 1] = include_weights!(
    [Linear<Rank1<4>, 3>; 1],
    "../weights/good.safetensors",
    rename = [("0", "fc1")],
    allow_extra = true,
);
// The compiler knows the numbers.
const _: () = assert!(NET.fc1.weight.0[0][1] == NAMED.first.weight.0[0][1]);

fn main() {
    let copy = include_weights!(Net, "../weights/good.safetensors");
    assert_eq!(*NET.fc2.weight, *copy.fc2.weight);
    assert_eq!(*NET.fc1.weight, *NAMED.first.weight);
    assert_eq!(*NET.fc1.weight, *OTHER.fc1.weight);
    assert_eq!(*NET.fc1.bias, *FIRST.bias);
    assert_eq!(*NET.fc1.weight, *LAYERS[0].weight);
    assert!(format!("{PREPARED:?}").contains("Net"));
}
