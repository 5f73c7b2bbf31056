// Batch norm of images after a linear layer.
// names: bn, [120], fc
castiron::model! {
    Net: [1, 28, 28] -> [120] {
        fc: Linear(120),
        bn: BatchNorm2d,
    }
}

fn main() {}
