//! What a model says of its parts in its tree: frozen ones, and what their leaves start from.

use core::mem::offset_of;

use castiron::nn::{BatchNorm2d, Conv2d, Identity, Linear, NoBias};
use castiron::params::{Child, Init, Kind, Params, Tree, init, visit};
use castiron::{Element, Plain, flat};

type Conv = Conv2d<1, 2, 3, 1, 1, 1, 1, Identity, NoBias>;
type Norm = BatchNorm2d<2>;
type Fc = Linear<[f32; 4], 3>;

/// A part that is itself half frozen.
#[repr(C)]
struct Block {
    conv: Conv,
    norm: Norm,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl Plain for Block {}
impl Params for Block {
    const TREE: Tree = Tree::Node(&[
        Child::new("conv", offset_of!(Self, conv), Conv::TREE).with_init("weight", Init::Constant(0.25)),
        Child::new("norm", offset_of!(Self, norm), Norm::TREE)
            .frozen()
            .with_init("bias", Init::Constant(3.0)),
    ]);
    type With<E: Element> = Block;
}

#[repr(C)]
struct Net {
    stem: Block,
    body: [[Block; 2]; 2],
    heads: [Fc; 2],
    last: Fc,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl Plain for Net {}
impl Params for Net {
    const TREE: Tree = Tree::Node(&[
        Child::new("stem", offset_of!(Self, stem), Block::TREE),
        Child::new("body", offset_of!(Self, body), <[[Block; 2]; 2]>::TREE).frozen(),
        // For both elements; the later of two starts of one leaf holds.
        Child::new("heads", offset_of!(Self, heads), <[Fc; 2]>::TREE)
            .with_init("weight", Init::ONES)
            .with_init("bias", Init::ZEROS)
            .with_init("weight", Init::Constant(2.0)),
        Child::new("last", offset_of!(Self, last), Fc::TREE),
    ]);
    type With<E: Element> = Net;
}

const CONV: usize = 2 * 9;
const FC: usize = 4 * 3 + 3;
const _: () = assert!(Block::TRAINED == CONV);
const _: () = assert!(Net::TRAINED == CONV + 3 * FC);
const _: () = assert!(Net::NUMBERS == 5 * (CONV + 4 * 2) + 3 * FC);

#[test]
fn what_is_below_a_frozen_part_is_frozen() {
    let mut kinds = Vec::new();
    visit::<Net>(|path, offset, leaf| kinds.push((path.to_string(), offset, leaf.kind)));
    // Conv, and the four of the norm; then two linear layers and one, of two leaves.
    assert_eq!(kinds.len(), 5 * 5 + 3 * 2);
    for (run, (path, offset, kind)) in Net::RUNS.iter().zip(&kinds) {
        let frozen = path.contains("norm.") || path.starts_with("body.");
        let want = if frozen { Kind::Frozen } else { Kind::Trained };
        assert_eq!((*kind, run.kind, run.offset), (want, want, *offset), "{path}");
    }
    assert_eq!(Net::RUNS.len(), kinds.len());
    let body = kinds.iter().filter(|(path, ..)| path.starts_with("body."));
    assert_eq!(body.map(|(path, ..)| path.as_str()).nth(9), Some("body.0.1.norm.running_var"));
    // Where it is not frozen, a running average is one.
    assert!(Norm::RUNS.iter().any(|run| matches!(run.kind, Kind::RunningAverage { .. })));
}

#[test]
fn leaves_start_from_what_their_model_says() {
    let net = init::<Net>(1);
    for block in [&net.stem, &net.body[0][0], &net.body[1][1]] {
        assert!(flat(&*block.conv.weight).iter().all(|&w| w == 0.25));
        assert_eq!((*block.norm.bias, *block.norm.weight), ([3.0; 2], [1.0; 2]));
    }
    for head in &net.heads {
        assert_eq!((*head.weight, *head.bias), ([[2.0; 4]; 3], [0.0; 3]));
    }
    // The others start as their layer says, from numbers of their own.
    assert!(flat(&*net.last.weight).iter().all(|w| w.abs() <= 0.5 && *w != 0.0));
    assert!(net.last.bias.iter().all(|b| *b != 0.0));
}

#[test]
#[should_panic(expected = "no leaf of this name")]
fn a_start_of_no_leaf_is_a_mistake() {
    let _ = Child::new("conv", 0, Conv::TREE).with_init("bias", Init::ZEROS);
}

#[test]
#[should_panic(expected = "at most four")]
fn a_child_has_at_most_four_starts() {
    let zeros = |child: Child, leaf| child.with_init(leaf, Init::ZEROS);
    const LEAF: castiron::params::Leaf = castiron::params::Leaf::of::<f32>(Init::ONES);
    const FIVE: [Child; 5] = [
        Child::leaf("a", 0, LEAF),
        Child::leaf("b", 4, LEAF),
        Child::leaf("c", 8, LEAF),
        Child::leaf("d", 12, LEAF),
        Child::leaf("e", 16, LEAF),
    ];
    let _ = ["a", "b", "c", "d", "e"].into_iter().fold(Child::new("five", 0, Tree::Node(&FIVE)), zeros);
}
