use core::marker::PhantomData;

use super::{Kind, Params, Tree};
use crate::shape::DType;

/// A leaf as flat passes see it: contiguous numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Bytes from the start of the model.
    pub offset: usize,
    /// How many numbers.
    pub len: usize,
    /// What they are.
    pub element: DType,
    /// What passes do with them.
    pub kind: Kind,
}

const NONE: Run = Run { offset: 0, len: 0, element: DType::F32, kind: Kind::Frozen };

const fn leaves(tree: &Tree) -> usize {
    match tree {
        Tree::Leaf(_) => 1,
        Tree::Node(children) => {
            let (mut sum, mut i) = (0, 0);
            while i < children.len() {
                sum += leaves(&children[i].tree);
                i += 1;
            }
            sum
        }
    }
}

const fn flatten<const CAP: usize>(
    tree: &Tree,
    base: usize,
    frozen: bool,
    runs: &mut [Run; CAP],
    mut next: usize,
) -> usize {
    match tree {
        Tree::Leaf(leaf) => {
            if next < CAP {
                let kind = if frozen { Kind::Frozen } else { leaf.kind };
                runs[next] = Run { offset: base, len: leaf.dims.len(), element: leaf.dtype, kind };
            }
            next + 1
        }
        Tree::Node(children) => {
            let mut i = 0;
            while i < children.len() {
                let child = &children[i];
                next = flatten(&child.tree, base + child.offset, frozen || child.frozen, runs, next);
                i += 1;
            }
            next
        }
    }
}

/// The table of a model. An array's length cannot depend on a type parameter on stable Rust, so the
/// table is built at the smallest of a few capacities that holds it, and cut to length.
pub(super) struct Table<M>(PhantomData<M>);
impl<M: Params> Table<M> {
    const LEAVES: usize = leaves(&M::TREE);
    pub(super) const RUNS: &'static [Run] = match Self::LEAVES {
        0..=4 => Sized::<M, 4>::RUNS,
        5..=16 => Sized::<M, 16>::RUNS,
        17..=64 => Sized::<M, 64>::RUNS,
        65..=256 => Sized::<M, 256>::RUNS,
        257..=1024 => Sized::<M, 1024>::RUNS,
        1025..=4096 => Sized::<M, 4096>::RUNS,
        _ => panic!("a model has at most 4096 parameter leaves"),
    };
}

struct Sized<M, const CAP: usize>(PhantomData<M>);
impl<M: Params, const CAP: usize> Sized<M, CAP> {
    const ARRAY: [Run; CAP] = {
        let mut runs = [NONE; CAP];
        flatten(&M::TREE, 0, false, &mut runs, 0);
        runs
    };
    const RUNS: &'static [Run] = {
        let all: &'static [Run; CAP] = &Self::ARRAY;
        let len = Table::<M>::LEAVES;
        // Another capacity than the chosen one is evaluated too, and must not fail.
        all.split_at(if len < CAP { len } else { CAP }).0
    };
}
