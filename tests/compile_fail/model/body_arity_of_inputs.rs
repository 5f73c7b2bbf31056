// A body with one argument for two inputs gets them as a tuple, which the layer does not take.
// names: fc, 1, 2
castiron::model! {
    Net: ([8], [4]) -> [4] {
        fc: Linear(4),
        |x| fc(x)
    }
}

fn main() {}
