//! A model as the generator and the reference see it: layers, values, and nodes in the order in which they
//! run. Shapes are computed here a second time, independently of `model!`.

/// An index into [`Graph::values`].
pub type ValueId = usize;
/// An index into [`Graph::layers`].
pub type LayerId = usize;

#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// How many of the first values are inputs.
    pub inputs: usize,
    pub values: Vec<Value>,
    pub layers: Vec<Layer>,
    pub nodes: Vec<Node>,
    pub outputs: Vec<ValueId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub dims: Vec<usize>,
    /// Tokens, not real numbers.
    pub integer: bool,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub name: String,
    pub kind: Kind,
    /// How many one after the other, if it is an array.
    pub count: Option<usize>,
    /// Name in checkpoints, if it is not `name`.
    pub saved_as: Option<String>,
    pub frozen: bool,
    /// What follows in `#[init(..)]`.
    pub init: Option<&'static str>,
    pub tap: bool,
    /// The shape of its (first) input.
    pub input: Vec<usize>,
}

/// A window that slides over images.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    pub dilation: usize,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Conv2d {
        out: usize,
        window: Window,
        groups: usize,
        bias: bool,
    },
    Linear {
        out: usize,
        bias: bool,
    },
    /// Uses the weight of another layer, of `out` rows.
    Tied {
        to: LayerId,
        out: usize,
    },
    MaxPool2d(Window),
    AvgPool2d(Window),
    GlobalAvgPool2d,
    /// Whether ε and momentum are given.
    BatchNorm2d {
        custom: bool,
    },
    Dropout,
    Embedding {
        tokens: usize,
        width: usize,
    },
    Lstm {
        hidden: usize,
    },
    Attention {
        heads: usize,
    },
    Function(Function),
    Identity,
    Flatten,
    /// A model, by the name that the declaration uses: `Dense<4>`.
    Model {
        name: String,
        graph: Box<Graph>,
    },
    /// `own::Half`: y = x/2.
    Half,
    /// `own::Squash`: \[6\] to \[3\], a derived struct with a layer `fc` and `Tanh`.
    Squash,
}

/// A function of one tensor that keeps its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Relu,
    Relu6,
    LeakyRelu,
    Sigmoid,
    Tanh,
    Gelu,
    GeluTanh,
    Silu,
    Softmax,
    LogSoftmax,
}

impl Function {
    pub const ALL: [Function; 10] = [
        Function::Relu,
        Function::Relu6,
        Function::LeakyRelu,
        Function::Sigmoid,
        Function::Tanh,
        Function::Gelu,
        Function::GeluTanh,
        Function::Silu,
        Function::Softmax,
        Function::LogSoftmax,
    ];
}

#[derive(Clone, Debug)]
pub struct Node {
    pub what: What,
    pub inputs: Vec<ValueId>,
    /// Several for splits.
    pub outputs: Vec<ValueId>,
}

#[derive(Clone, Debug)]
pub enum What {
    /// A layer; of an array, one element or all.
    Layer(LayerId, Option<usize>),
    Function(Function),
    Binary(Op),
    /// Arithmetic with a number.
    Number(Op, Side, f64),
    Negate,
    Concat {
        axis: usize,
    },
    Narrow {
        axis: usize,
        start: usize,
        len: usize,
        form: Form,
    },
    /// Into parts of these lengths; `chunk` if `even`.
    Split {
        axis: usize,
        sizes: Vec<usize>,
        even: bool,
    },
    /// `inferred` is the dimension written as −1.
    Reshape {
        dims: Vec<usize>,
        inferred: Option<usize>,
    },
    Flatten,
    Permute(Vec<usize>),
    /// Of the last two dimensions.
    Transpose,
    Reduce {
        axis: usize,
        mean: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

/// On which side the tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// How a slice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Narrow,
    /// `x[0..2]`
    Index,
    /// `x.slice([.., 0..2])`
    Slice,
}

impl Graph {
    pub fn new(inputs: Vec<Value>) -> Self {
        Graph { inputs: inputs.len(), values: inputs, ..Graph::default() }
    }

    /// Declares a layer for inputs of these dimensions.
    pub fn declare(&mut self, name: String, kind: Kind, input: &[usize]) -> LayerId {
        self.layers.push(Layer {
            name,
            kind,
            count: None,
            saved_as: None,
            frozen: false,
            init: None,
            tap: false,
            input: input.to_vec(),
        });
        self.layers.len() - 1
    }

    /// Appends a node; its outputs.
    pub fn push(&mut self, what: What, inputs: &[ValueId]) -> Vec<ValueId> {
        let dims: Vec<&[usize]> = inputs.iter().map(|value| self.values[*value].dims.as_slice()).collect();
        let made = self.shapes(&what, &dims);
        let outputs: Vec<_> = (self.values.len()..).take(made.len()).collect();
        self.values.extend(made.into_iter().map(|dims| Value { dims, integer: false }));
        self.nodes.push(Node { what, inputs: inputs.to_vec(), outputs: outputs.clone() });
        outputs
    }

    /// Appends a node with one output.
    pub fn one(&mut self, what: What, inputs: &[ValueId]) -> ValueId {
        self.push(what, inputs)[0]
    }

    /// The shapes of what a node gives.
    fn shapes(&self, what: &What, inputs: &[&[usize]]) -> Vec<Vec<usize>> {
        let x = inputs[0];
        let replaced = |axis: usize, len: usize| {
            let mut dims = x.to_vec();
            dims[axis] = len;
            dims
        };
        vec![match what {
            What::Layer(layer, _) => output(&self.layers[*layer].kind, x),
            What::Function(_) | What::Number(..) | What::Negate => x.to_vec(),
            What::Binary(_) => broadcast(x, inputs[1]).expect("shapes that can be broadcast"),
            What::Concat { axis } => replaced(*axis, inputs.iter().map(|dims| dims[*axis]).sum()),
            What::Narrow { axis, len, .. } => replaced(*axis, *len),
            What::Split { axis, sizes, .. } => {
                return sizes.iter().map(|len| replaced(*axis, *len)).collect();
            }
            What::Reshape { dims, .. } => dims.clone(),
            What::Flatten => vec![x.iter().product()],
            What::Permute(axes) => axes.iter().map(|axis| x[*axis]).collect(),
            What::Transpose => {
                let mut dims = x.to_vec();
                dims.swap(x.len() - 2, x.len() - 1);
                dims
            }
            What::Reduce { axis, .. } => {
                let mut dims = x.to_vec();
                dims.remove(*axis);
                dims
            }
        }]
    }

    /// How often each value is used, as an output too.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.values.len()];
        let read = self.nodes.iter().flat_map(|node| &node.inputs);
        read.chain(&self.outputs).for_each(|value| uses[*value] += 1);
        uses
    }

    /// Whether some layer, also within a layer, is such.
    pub fn has(&self, such: &dyn Fn(&Layer) -> bool) -> bool {
        self.layers
            .iter()
            .any(|layer| such(layer) || matches!(&layer.kind, Kind::Model { graph, .. } if graph.has(such)))
    }
}

/// What a layer makes of a shape.
fn output(kind: &Kind, x: &[usize]) -> Vec<usize> {
    let windowed = |channels: usize, window: &Window| {
        let over = |side: usize| {
            let extent = window.dilation * (window.kernel - 1) + 1;
            (side + 2 * window.padding - extent) / window.stride + 1
        };
        vec![channels, over(x[1]), over(x[2])]
    };
    match kind {
        Kind::Conv2d { out, window, .. } => windowed(*out, window),
        Kind::MaxPool2d(window) | Kind::AvgPool2d(window) => windowed(x[0], window),
        Kind::Linear { out, .. } | Kind::Tied { out, .. } => match x {
            [time, _] => vec![*time, *out],
            _ => vec![*out],
        },
        Kind::GlobalAvgPool2d => vec![x[0]],
        Kind::Embedding { width, .. } => vec![x[0], *width],
        Kind::Lstm { hidden } => vec![x[0], *hidden],
        Kind::Flatten => vec![x.iter().product()],
        Kind::Model { graph, .. } => graph.values[graph.outputs[0]].dims.clone(),
        Kind::Squash => vec![3],
        Kind::BatchNorm2d { .. }
        | Kind::Dropout
        | Kind::Attention { .. }
        | Kind::Function(_)
        | Kind::Identity
        | Kind::Half => x.to_vec(),
    }
}

/// NumPy's rule: from the last dimension, equal, or one of them 1 or missing.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |dims: &[usize], axis: usize| (axis + dims.len()).checked_sub(rank).map_or(1, |i| dims[i]);
    (0..rank)
        .map(|axis| match (dim(a, axis), dim(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}
