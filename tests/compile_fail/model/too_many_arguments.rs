// More arguments than the layer has.
// names: Linear
castiron::model! {
    Net: [8] -> [2] {
        fc: Linear(8, 2),
    }
}

fn main() {}
