//! [`Graph`]: a model as layers, operations and what flows between them.
//!
//! Both front-ends make one, `shapes` infers every type in it, and `lower` turns it into programs.
//! Templates are expanded in it: a block that is used twice is twice as many nodes.

#[cfg(test)]
mod dump;

use std::cell::OnceCell;

use proc_macro2::TokenStream;
use syn::{Attribute, Ident, Type, Visibility};

use crate::layers::Layer;
use crate::lower::blocked::Blocked;
use crate::parse::Written;
use crate::parse::number::Number;
use crate::sample::Sample;

/// An index into [`Graph::structs`].
pub(crate) type StructId = usize;
/// An index into [`Graph::units`].
pub(crate) type UnitId = usize;
/// An index into [`Graph::values`].
pub(crate) type ValueId = usize;

/// A model: nodes in an order in which they can run.
#[derive(Clone)]
pub(crate) struct Graph {
    pub(crate) model: Ident,
    pub(crate) front_end: FrontEnd,
    /// Memory for parameters. The first is the model itself; the others are its blocks.
    pub(crate) structs: Vec<Struct>,
    /// Every set of parameters, in the order of the declaration.
    pub(crate) units: Vec<Unit>,
    pub(crate) values: Vec<Value>,
    pub(crate) nodes: Vec<Node>,
    /// One value for each part of the input: one, unless the input is a tuple.
    pub(crate) inputs: Vec<ValueId>,
    /// The same for the output. A value may be there twice, and an input may be an output.
    pub(crate) outputs: Vec<ValueId>,
    /// What one sample of the input is. Nothing if it cannot be read, which was reported.
    pub(crate) input: Option<Written>,
    /// What one sample of the output is declared as.
    pub(crate) output: Option<Written>,
    /// Values that the user wants to see, with their names, in the order of the declaration.
    pub(crate) taps: Vec<(Ident, ValueId)>,
    pub(crate) known: Known,
}

/// What the last passes ask for again and again, found once, after the graph no longer changes.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// A name for each unit in the expansion, no two the same.
    pub(crate) words: OnceCell<Vec<String>>,
    /// Convolutions and the batch norms that are folded into them.
    pub(crate) folds: OnceCell<Vec<(UnitId, UnitId)>>,
    /// What a prepared model has in blocks of channels.
    pub(crate) blocked: OnceCell<Blocked>,
}

/// Who writes the struct of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrontEnd {
    /// The user did.
    Derive,
    /// `model!` does.
    Model,
}

/// A struct of parameters.
#[derive(Clone)]
pub(crate) struct Struct {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    /// Documentation and other attributes, to be repeated.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) fields: Vec<Field>,
}

/// A field of a [`Struct`].
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// Documentation and other attributes, to be repeated.
    pub(crate) attributes: Vec<Attribute>,
    /// Its name in checkpoints.
    pub(crate) saved_as: String,
    pub(crate) holds: Holds,
    /// How many, if it is an array.
    pub(crate) count: Option<usize>,
    pub(crate) frozen: bool,
    /// `(leaf, init)`: what a parameter starts from instead of the layer's own; `init` is an expression
    /// of type `castiron::params::Init`.
    pub(crate) inits: Vec<(String, TokenStream)>,
}

/// What a field holds; of an array, each element does.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    /// A layer, as this unit is: the first of an array, whose others have the same type.
    Unit(UnitId),
    Struct(StructId),
}

/// A layer with its own parameters, or a module that the macro does not know. Layers without parameters
/// are units too, but `model!` gives them no field.
#[derive(Clone)]
pub(crate) struct Unit {
    /// How to get to it from the model; empty if it has no field.
    pub(crate) path: Vec<Hop>,
    /// Its name in messages: `conv1`, `layer1.0.conv2`.
    pub(crate) name: String,
    /// What it does to shapes. `shapes` fills in the numbers that were left out.
    pub(crate) layer: syn::Result<Layer>,
    /// Its type where it is written; `model!` writes that of castiron's layers itself.
    pub(crate) ty: Option<Type>,
    /// What it is declared to give.
    pub(crate) output: Option<Written>,
    /// There is such a declaration, understood or not.
    pub(crate) annotated: bool,
    pub(crate) frozen: bool,
    /// Where it is declared, for messages.
    pub(crate) at: TokenStream,
}

/// A step of a path to a unit: `layer1`, then `[0]`, then `conv2`. The struct that a field is one of is
/// named, since `offset_of!` needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    Field(StructId, Ident),
    Index(usize),
}

/// A computation.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) what: What,
    pub(crate) inputs: Vec<ValueId>,
    pub(crate) output: ValueId,
    /// As messages call it: `conv1`, `Relu`, `concat`.
    pub(crate) name: String,
    /// Where it is called, for messages.
    pub(crate) at: TokenStream,
}

/// What a node computes. A split is several [`What::Narrow`] of one value.
///
/// Axes are those of the sample, 0 being its outermost; [`Number::axis`] tells what a number means that
/// was written from the back (`axis = -1`). `shapes` resolves those, so that after it `value` is the axis.
#[derive(Clone)]
pub(crate) enum What {
    /// A layer. One that is called twice is two nodes of one unit.
    Unit(UnitId),
    Binary(BinaryOp),
    /// scale·x + shift: arithmetic with numbers.
    Affine {
        scale: f64,
        shift: f64,
    },
    /// numerator / x
    Reciprocal {
        numerator: f64,
    },
    /// Along an axis of the sample: 0 is its outermost.
    Concat {
        axis: Number,
    },
    /// Positions `start..end` of one axis.
    Narrow {
        axis: Number,
        start: Number,
        end: Number,
    },
    /// The same numbers as other dimensions.
    Reshape {
        dims: Dims,
    },
    /// Output axis i is input axis `axes[i]`.
    Permute {
        axes: Vec<Number>,
    },
    /// Sum or mean over one axis, which disappears.
    Reduce {
        axis: Number,
        mean: bool,
    },
    /// One of `of` equal parts along an axis; `shapes` makes a [`What::Narrow`] of it. The parts of one
    /// `chunk` are nodes with the same `at`, so that a fault of it is said once, for `index` 0.
    Chunk {
        axis: Number,
        index: usize,
        of: Number,
    },
    /// One of parts of these sizes, which together are the whole axis; otherwise like [`What::Chunk`].
    Split {
        axis: Number,
        index: usize,
        sizes: Vec<Number>,
    },
    /// From `start` to the end of an axis; `shapes` makes a [`What::Narrow`] of it.
    From {
        axis: Number,
        start: Number,
    },
    /// The last two axes swapped; `shapes` makes a [`What::Permute`] of it.
    Transpose,
    /// Its input, of which a block declares what it is. `shapes` compares, goes on with what is declared,
    /// and in the end removes these nodes ([`Graph::drop_claims`]).
    Claim {
        declared: Written,
        of: Claimed,
    },
}

/// What a block says of itself: "`layer1.0` gets .. from .., but is declared for ..", and "`layer1.0`
/// gives .., but its output is declared as ..".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    Input,
    Output,
}

/// What `reshape` is told.
#[derive(Clone)]
pub(crate) enum Dims {
    /// `None` is inferred, PyTorch's −1; at most one.
    Given(Vec<Option<Number>>),
    /// One dimension.
    Flat,
}

/// Between two tensors of one shape; a smaller one is repeated as in NumPy and PyTorch: dimensions are
/// compared from the last, and one of size 1, or that is missing, is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
}

/// What flows from the node that makes it to the nodes that use it.
#[derive(Clone)]
pub(crate) struct Value {
    /// Its type, once that is inferred. Unknown behind an error.
    pub(crate) sample: Option<Sample>,
    /// As messages call where it comes from: "the input of `LeNet`", "`conv1`", "`h`".
    pub(crate) from: String,
}

impl Graph {
    /// Whether it computes with floats of 16 bits, so that its gradients are of another type than itself.
    pub(crate) fn has_halves(&self) -> bool {
        self.values.iter().any(|value| value.sample.as_ref().is_some_and(Sample::has_halves))
    }

    /// Removes the nodes that compute nothing: whoever read them reads what they read.
    pub(crate) fn drop_claims(&mut self) {
        let mut same: Vec<ValueId> = (0..self.values.len()).collect();
        self.nodes.retain_mut(|node| {
            node.inputs.iter_mut().for_each(|input| *input = same[*input]);
            match node.what {
                What::Claim { .. } => {
                    same[node.output] = node.inputs[0];
                    false
                }
                _ => true,
            }
        });
        let taps = self.taps.iter_mut().map(|(_, value)| value);
        for value in self.outputs.iter_mut().chain(taps) {
            *value = same[*value];
        }
    }

    /// Removes the nodes whose result nobody reads.
    pub(crate) fn drop_dead(&mut self) {
        let mut read = vec![false; self.values.len()];
        for value in self.outputs.iter().chain(self.taps.iter().map(|(_, value)| value)) {
            read[*value] = true;
        }
        for node in self.nodes.iter().rev() {
            if read[node.output] {
                node.inputs.iter().for_each(|input| read[*input] = true);
            }
        }
        self.nodes.retain(|node| read[node.output]);
    }

    /// The same model with what is tapped as further outputs; nothing if nothing is.
    pub(crate) fn with_taps_as_outputs(&self) -> Option<Graph> {
        if self.taps.is_empty() {
            return None;
        }
        let outputs = self.outputs.iter().copied().chain(self.taps.iter().map(|(_, value)| *value));
        Some(Graph { outputs: outputs.collect(), taps: Vec::new(), known: Known::default(), ..self.clone() })
    }
}
