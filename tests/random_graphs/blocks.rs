//! Templates that generated models use: their declarations, and the same as graphs.

use super::graph::{Function, Graph, Kind, Op, Value, What, Window};

/// What is written before all models.
pub const DECLARATIONS: &str = "\
model! {
    /// A residual block with its channels narrowed in between.
    pub Bottleneck<const C: usize, const M: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        reduce: Conv2d(M, kernel = 1, bias = false),
        norm: BatchNorm2d,
        expand: Conv2d(C, kernel = 1),
        |x| {
            let h = relu(norm(reduce(x)));
            tanh(expand(h) + x)
        }
    }

    /// Mixes positions, then features.
    pub Mixer<const T: usize, const E: usize>: [T, E] -> [T, E] {
        tokens: Linear(T),
        features: Linear(E),
        |x| {
            let h = gelu(tokens(x.transpose())).transpose() + x;
            features(h) + h
        }
    }

    /// Twice the channels, half the height and width.
    pub Halves<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C * 2, H / 2, W / 2] {
        conv: Conv2d(C * 2, kernel = 3, padding = 1), MaxPool2d(2), Tanh,
    }

    /// Two layers with one more than twice as many numbers in between.
    pub Dense<const N: usize>: [N] -> [N] {
        fc1: Linear(N * 2 + 1), Tanh,
        fc2: Linear(N),
    }
}
";

/// A model with one real input.
fn graph(dims: &[usize]) -> Graph {
    Graph::new(vec![Value { dims: dims.to_vec(), integer: false }])
}

/// A call of a new layer.
fn layer(graph: &mut Graph, name: &str, kind: Kind, x: usize) -> usize {
    let input = graph.values[x].dims.clone();
    let layer = graph.declare(name.to_string(), kind, &input);
    graph.one(What::Layer(layer, None), &[x])
}

fn finish(name: String, mut graph: Graph, output: usize) -> Kind {
    graph.outputs = vec![output];
    Kind::Model { name, graph: Box::new(graph) }
}

const POINT: Window = Window { kernel: 1, stride: 1, padding: 0, dilation: 1 };

pub fn bottleneck(dims: &[usize], middle: usize) -> Kind {
    let mut g = graph(dims);
    let reduce = Kind::Conv2d { out: middle, window: POINT, groups: 1, bias: false };
    let h = layer(&mut g, "reduce", reduce, 0);
    let h = layer(&mut g, "norm", Kind::BatchNorm2d { custom: false }, h);
    let h = g.one(What::Function(Function::Relu), &[h]);
    let expand = Kind::Conv2d { out: dims[0], window: POINT, groups: 1, bias: true };
    let h = layer(&mut g, "expand", expand, h);
    let h = g.one(What::Binary(Op::Add), &[h, 0]);
    let h = g.one(What::Function(Function::Tanh), &[h]);
    finish(format!("Bottleneck<{}, {middle}, {}, {}>", dims[0], dims[1], dims[2]), g, h)
}

pub fn mixer(dims: &[usize]) -> Kind {
    let mut g = graph(dims);
    let h = g.one(What::Transpose, &[0]);
    let h = layer(&mut g, "tokens", Kind::Linear { out: dims[0], bias: true }, h);
    let h = g.one(What::Function(Function::Gelu), &[h]);
    let h = g.one(What::Transpose, &[h]);
    let h = g.one(What::Binary(Op::Add), &[h, 0]);
    let f = layer(&mut g, "features", Kind::Linear { out: dims[1], bias: true }, h);
    let y = g.one(What::Binary(Op::Add), &[f, h]);
    finish(format!("Mixer<{}, {}>", dims[0], dims[1]), g, y)
}

pub fn halves(dims: &[usize]) -> Kind {
    let mut g = graph(dims);
    let window = Window { kernel: 3, padding: 1, ..POINT };
    let conv = Kind::Conv2d { out: 2 * dims[0], window, groups: 1, bias: true };
    let h = layer(&mut g, "conv", conv, 0);
    let h = layer(&mut g, "pool", Kind::MaxPool2d(Window { kernel: 2, stride: 2, ..POINT }), h);
    let h = g.one(What::Function(Function::Tanh), &[h]);
    finish(format!("Halves<{}, {}, {}>", dims[0], dims[1], dims[2]), g, h)
}

pub fn dense(len: usize) -> Kind {
    let mut g = graph(&[len]);
    let h = layer(&mut g, "fc1", Kind::Linear { out: 2 * len + 1, bias: true }, 0);
    let h = g.one(What::Function(Function::Tanh), &[h]);
    let h = layer(&mut g, "fc2", Kind::Linear { out: len, bias: true }, h);
    finish(format!("Dense<{len}>"), g, h)
}
