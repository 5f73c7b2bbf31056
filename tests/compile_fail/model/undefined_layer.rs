// A layer that is not declared.
// names: fc3, fc1
castiron::model! {
    Net: [8] -> [4] {
        fc1: Linear(8),
        fc2: Linear(4),
        |x| fc3(fc1(x)) + fc2(x)
    }
}

fn main() {}
