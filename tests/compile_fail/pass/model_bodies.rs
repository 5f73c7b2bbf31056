//! Everything that a body may say.
#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused)]

use castiron::{Model, model};

model! {
    /// Layers, functions, arithmetic, joins.
    pub Arithmetic: [4, 6, 6] -> [4, 6, 6] {
        conv1: Conv2d(4, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d,
        conv2: Conv2d(4, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            let g = 0.5 * h - x / 2.0 + 1.0;
            let g = -tanh(g) * sigmoid(x);
            let r = 1.0 / (sigmoid(h) + 0.5);
            let e = {
                let inner = gelu(h) - gelu_tanh(h);
                silu(inner) + relu6(h) + leaky_relu(x, 0.01)
            };
            bn2(conv2(g * r)) + e + 2 * x
        }
    }

    /// Views, slices, splits, reductions.
    pub Views: [4, 6, 6] -> ([4, 6], [12], [2, 18]) {
        |x| {
            let (a, b) = x.chunk(2, axis = 0);
            let (c, d) = x.split([1, 3], axis = 0);
            let e = concat([a, b, c, d], axis = 0);
            let rows = e[0..4].mean(2);
            let part = x.narrow(1, 2, 3).slice([.., 1..3, 0..2]);
            let turned = x.permute([2, 0, 1]).transpose().sum(0).flatten()[0..12];
            let flat = part.reshape([-1]).reshape([2, 8]).mean(1);
            let wide = x[0..1].reshape([2, 18]) + flat.reshape([2, 1]);
            (rows, softmax(turned), log_softmax(wide))
        }
    }

    /// A layer called twice, several inputs, an input that is an output, a tuple of outputs.
    pub Shared: ([8], [8], [i32; 4]) -> ([4], [8]) {
        fc: Linear(4),
        embedding: Embedding(10, 8),
        |a, b, tokens| {
            let words = embedding(tokens).mean(0);
            let sum = fc(a) + fc(b) * fc(words);
            (sum, a)
        }
    }

    /// An array as a whole, and by element.
    Arrays: [6] -> [6] {
        blocks: [Linear(6); 3],
        attention: MultiheadAttention(heads = 2),
        |x| {
            let h = relu(blocks[2](blocks[0](x)));
            let h = blocks[1](h) + blocks(x);
            let rows = h.reshape([1, 6]);
            attention(rows, rows).flatten()
        }
    }
}

fn main() {
    fn takes<M: Model>() {}
    takes::<Arithmetic>();
    takes::<Views>();
    takes::<Shared>();
    takes::<Arrays>();
}
