use super::{Dims, Init};
use crate::memory::same;
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
    pub(super) frozen: bool,
    inits: Inits,
}

/// How many leaves of a child can start from something else.
const INITS: usize = 4;
/// What leaves of these names start from.
type Inits = [Option<(&'static str, Init)>; INITS];

impl Child {
    /// A layer or model: `Child::new("fc1", offset_of!(Self, fc1), <Fc1 as Params>::TREE)`.
    pub const fn new(name: &'static str, offset: usize, tree: Tree) -> Self {
        Child { name: Name::Field(name), offset, tree, frozen: false, inits: [None; INITS] }
    }

    /// A parameter or buffer.
    pub const fn leaf(name: &'static str, offset: usize, leaf: Leaf) -> Self {
        Self::new(name, offset, Tree::Leaf(leaf))
    }

    /// The same with everything in it frozen: trained parameters and running averages are reported as
    /// [`Kind::Frozen`], so nothing moves them. PyTorch's `requires_grad_(False)` and `eval()` of a part.
    ///
    /// ```
    /// use castiron::nn::Linear;
    /// use castiron::params::{Child, Kind, Params, Tree, visit};
    /// use castiron::{Element, Plain};
    /// use core::mem::offset_of;
    ///
    /// type Body = Linear<[f32; 8], 4>;
    /// type Head = Linear<[f32; 4], 2>;
    /// #[repr(C)]
    /// struct Net {
    ///     body: Body,
    ///     head: Head,
    /// }
    /// # // SAFETY: `repr(C)`, plain fields.
    /// # unsafe impl Plain for Net {}
    /// impl Params for Net {
    ///     const TREE: Tree = Tree::Node(&[
    ///         Child::new("body", offset_of!(Self, body), Body::TREE).frozen(),
    ///         Child::new("head", offset_of!(Self, head), Head::TREE),
    ///     ]);
    ///     type With<E: Element> = Net;
    /// }
    /// const _: () = assert!(Net::TRAINED == 4 * 2 + 2);
    /// visit::<Net>(|path, _, leaf| {
    ///     assert_eq!(leaf.kind == Kind::Frozen, path.to_string().starts_with("body."));
    /// });
    /// ```
    #[must_use]
    pub const fn frozen(mut self) -> Self {
        self.frozen = true;
        self
    }

    /// The same with another start for the leaf of this name directly in it, or in each element of an array:
    /// `Child::new("fc1", offset, <Fc1 as Params>::TREE).with_init("weight", Init::KaimingNormal { gain: 1.4 })`.
    ///
    /// # Panics
    /// If there is no such leaf, or this is the fifth start.
    #[must_use]
    pub const fn with_init(mut self, leaf: &'static str, init: Init) -> Self {
        assert!(has(&self.tree, leaf), "`with_init`: there is no leaf of this name");
        let mut i = 0;
        while let Some((name, _)) = self.inits[i]
            && !same(name, leaf)
        {
            i += 1;
            assert!(i < INITS, "`with_init`: at most four leaves can start from something else");
        }
        self.inits[i] = Some((leaf, init));
        self
    }
}

impl Tree {
    /// The tree of one parameter, which starts from something else.
    ///
    /// # Panics
    /// If it has parts: `#[init(..)]` of a derived struct is for its own parameters.
    #[doc(hidden)]
    #[must_use]
    pub const fn starting_from(self, init: Init) -> Self {
        match self {
            Tree::Leaf(leaf) => Tree::Leaf(Leaf { init, ..leaf }),
            Tree::Node(_) => panic!("`#[init(..)]` is for a parameter, `Aligned<S>`: a layer knows its own"),
        }
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

/// Whether a leaf of this name is directly in the tree, or in the elements of an array.
const fn has(tree: &Tree, leaf: &str) -> bool {
    let Tree::Node(children) = tree else { return false };
    let mut i = 0;
    while i < children.len() {
        let found = match (children[i].name, &children[i].tree) {
            (Name::Field(name), Tree::Leaf(_)) => same(name, leaf),
            (Name::Index(_), tree) => has(tree, leaf),
            _ => false,
        };
        if found {
            return true;
        }
        i += 1;
    }
    false
}

/// A place in the walk over a tree, and what was said above of what is there.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    path: Option<&'a Path<'a>>,
    offset: usize,
    frozen: bool,
    inits: &'a Inits,
}

impl Place<'_> {
    pub(super) const ROOT: Place<'static> =
        Place { path: None, offset: 0, frozen: false, inits: &[None; INITS] };
}

pub(super) fn walk(tree: &Tree, at: Place<'_>, visit: &mut dyn FnMut(&Path<'_>, usize, &Leaf)) {
    match tree {
        Tree::Leaf(leaf) => {
            let root = Path { parent: None, name: Name::Field("") };
            let path = at.path.unwrap_or(&root);
            let kind = if at.frozen { Kind::Frozen } else { leaf.kind };
            let mut start = leaf.init;
            for (name, init) in at.inits.iter().flatten() {
                if let Name::Field(field) = path.name
                    && same(name, field)
                {
                    start = *init;
                }
            }
            visit(path, at.offset, &Leaf { kind, init: start, ..*leaf });
        }
        Tree::Node(children) => {
            for child in *children {
                // What was said of the leaves of this node holds for them, and for those of an element.
                let mine = matches!((child.name, &child.tree), (Name::Index(_), _) | (_, Tree::Leaf(_)));
                let place = Place {
                    path: Some(&Path { parent: at.path, name: child.name }),
                    offset: at.offset + child.offset,
                    frozen: at.frozen || child.frozen,
                    inits: if mine { at.inits } else { &child.inits },
                };
                walk(&child.tree, place, visit);
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
                if !(trained && children[i].frozen) {
                    sum += count(&children[i].tree, trained);
                }
                i += 1;
            }
            sum
        }
    }
}
