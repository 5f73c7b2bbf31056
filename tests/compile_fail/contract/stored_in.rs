//! Weights that are to be stored in an element that is none of those.

use castiron::f16;
use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc: Linear(2) }
}

static NET: Prepared<Net, f16> = Prepared::zeroed();

fn main() {}
