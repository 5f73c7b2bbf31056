// A layer with one input gets a tuple.
// names: fc, 1, 2
castiron::model! {
    Net: ([3], [4]) -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
