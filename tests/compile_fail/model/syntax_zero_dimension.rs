// A dimension of zero.
// names: 1
castiron::model! {
    Net: [8, 0] -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
