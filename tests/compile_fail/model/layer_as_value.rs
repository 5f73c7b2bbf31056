// A layer's name where a value belongs.
// names: fc
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| fc + fc(x)
    }
}

fn main() {}
