// A division by zero.
// names: 4 / 0
castiron::model! {
    Net: [4 / 0] -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
