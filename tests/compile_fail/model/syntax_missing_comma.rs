// A comma is missing between two layers; the rest of the model is read.
// names: fc2
castiron::model! {
    Net: [8] -> [2] {
        fc1: Linear(4) Relu,
        fc2: Linear(3),
    }
}

fn main() {}
