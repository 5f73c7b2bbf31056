// A pooling window larger than its input.
// names: pool, 5×5, [3, 4, 4]
castiron::model! {
    Net: [3, 4, 4] -> [3, 1, 1] {
        pool: MaxPool2d(5),
    }
}

fn main() {}
