// A dimension that is no whole number.
// names: whole number
castiron::model! {
    Net: [2.5] -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
