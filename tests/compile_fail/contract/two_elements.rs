//! Numbers of one type where another is needed.

use castiron::memory::{Mut, Ref};
use castiron::nn::Relu;
use castiron::{Cpu, Cx, Module, Rank1, f16};

fn mixed(
    cx: &Cx<'_, Cpu>,
    p: Ref<'_, Relu, Cpu>,
    x: Ref<'_, [Rank1<4, f16>; 2], Cpu>,
    y: Mut<'_, [Rank1<4>; 2], Cpu>,
    nothing: [Mut<'_, (), Cpu>; 2],
) {
    let [state, scratch] = nothing;
    <Relu as Module<Rank1<4>, Rank1<4>>>::infer::<Cpu, 2>(cx, p, x, y, state, scratch);
}

fn main() {}
