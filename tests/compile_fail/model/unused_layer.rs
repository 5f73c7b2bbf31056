// A layer that the body never calls.
// names: fc2
castiron::model! {
    Net: [8] -> [4] {
        fc1: Linear(4),
        fc2: Linear(4),
        |x| fc1(x)
    }
}

fn main() {}
