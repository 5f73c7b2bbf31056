// A shape is written without brackets.
// names: Net
castiron::model! {
    Net: 8 -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
