// Two layers of one name.
// names: fc
castiron::model! {
    Net: [8] -> [2] {
        fc: Linear(4),
        fc: Linear(2),
    }
}

fn main() {}
