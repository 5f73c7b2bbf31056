// A layer with one input gets two.
// names: fc, 1, 2
castiron::model! {
    Net: [8] -> [4] {
        fc: Linear(4),
        |x| fc(x, x)
    }
}

fn main() {}
