// Tied to a layer that has no weight.
// names: pool
castiron::model! {
    Net: [2, 4, 4] -> [8] {
        pool: MaxPool2d(2),
        fc: Linear(8, tied = pool),
    }
}

fn main() {}
