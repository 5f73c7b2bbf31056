// A norm over dimensions that its input does not end in.
// names: norm, 8, 16
castiron::model! {
    Net: [5, 8] -> [5, 8] {
        norm: LayerNorm(16),
    }
}

fn main() {}
