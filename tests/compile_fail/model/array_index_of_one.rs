// An element of a layer that is no array.
// names: fc
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| fc[0](x)
    }
}

fn main() {}
