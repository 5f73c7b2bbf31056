use super::{Dims, Init};
use crate::shape::{DType, Element, Shape};

/// The structure of a model: a constant.
#[derive(Clone, Copy, Debug)]
pub enum Tree {
    /// A parameter or buffer.
    Leaf(Leaf),
    /// A layer, model or array of such.
    Node(&'static [Child]),
}

/// A named part of a [`Tree::Node`].
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// Its name in checkpoints.
    pub name: Name,
    /// Bytes from the start of its parent.
    pub offset: usize,
    /// What it is.
    pub tree: Tree,
}

impl Child {
    /// A layer or model: `Child::new("fc1", offset_of!(Self, fc1), <Fc1 as Params>::TREE)`.
    pub const fn new(name: &'static str, offset: usize, tree: Tree) -> Self {
        Child { name: Name::Field(name), offset, tree }
    }

    /// A parameter or buffer.
    pub const fn leaf(name: &'static str, offset: usize, leaf: Leaf) -> Self {
        Child { name: Name::Field(name), offset, tree: Tree::Leaf(leaf) }
    }
}

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A field.
    Field(&'static str),
    /// An array element.
    Index(usize),
}

/// One parameter or buffer.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// Its dimensions as PyTorch has them.
    pub dims: Dims,
    /// Its element.
    pub dtype: DType,
    /// What passes over the model do with it.
    pub kind: Kind,
    /// What it starts from.
    pub init: Init,
}

impl Leaf {
    /// A trained parameter with the dimensions of `S`.
    pub const fn of<S: Shape>(init: Init) -> Self {
        Leaf { dims: Dims::of::<S>(), dtype: <S::Elem as Element>::DTYPE, kind: Kind::Trained, init }
    }

    /// The same with other dimensions of as many numbers: a linear layer's weight over images is saved
    /// as a matrix.
    #[must_use]
    pub const fn with_dims(mut self, dims: &[usize]) -> Self {
        let dims = Dims::new(dims);
        assert!(dims.len() == self.dims.len(), "the dimensions of a leaf must multiply to its length");
        self.dims = dims;
        self
    }

    /// The same of another kind.
    #[must_use]
    pub const fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

/// What passes over a model do with a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The optimizer changes it.
    Trained,
    /// A constant of the model.
    Frozen,
    /// A running average: backward writes the batch's statistic into the gradient's slot, and the
    /// optimizer's pass moves the average towards it by `momentum`.
    RunningAverage {
        /// The weight of the newest value.
        momentum: f32,
    },
}

/// A place in a tree, printed as `blocks.2.conv1.weight`.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: Name,
}

impl core::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        match self.name {
            Name::Field(name) => f.write_str(name),
            Name::Index(index) => write!(f, "{index}"),
        }
    }
}

pub(super) fn walk(
    tree: &Tree,
    path: Option<&Path<'_>>,
    offset: usize,
    visit: &mut dyn FnMut(&Path<'_>, usize, &Leaf),
) {
    match (tree, path) {
        (Tree::Leaf(leaf), Some(path)) => visit(path, offset, leaf),
        (Tree::Leaf(leaf), None) => visit(&Path { parent: None, name: Name::Field("") }, offset, leaf),
        (Tree::Node(children), parent) => {
            for child in *children {
                walk(&child.tree, Some(&Path { parent, name: child.name }), offset + child.offset, visit);
            }
        }
    }
}

/// Whether all leaves lie within a value of `size` bytes with this alignment, aligned themselves.
pub(super) const fn fits(tree: &Tree, base: usize, size: usize, align: usize) -> bool {
    match tree {
        Tree::Leaf(Leaf { dims, dtype, .. }) => {
            let float = matches!(dtype, DType::F32);
            let aligned = !float || (base.is_multiple_of(align_of::<f32>()) && align >= align_of::<f32>());
            aligned && base + dims.len() * dtype.size() <= size
        }
        Tree::Node(children) => {
            let mut i = 0;
            while i < children.len() {
                if !fits(&children[i].tree, base + children[i].offset, size, align) {
                    return false;
                }
                i += 1;
            }
            true
        }
    }
}

/// How many numbers, of trained leaves or of all.
pub(super) const fn count(tree: &Tree, trained: bool) -> usize {
    match tree {
        Tree::Leaf(Leaf { dims, kind, .. }) => {
            if trained && !matches!(kind, Kind::Trained) {
                0
            } else {
                dims.len()
            }
        }
        Tree::Node(children) => {
            let (mut sum, mut i) = (0, 0);
            while i < children.len() {
                sum += count(&children[i].tree, trained);
                i += 1;
            }
            sum
        }
    }
}
