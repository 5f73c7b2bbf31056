// A product beyond usize.
// names: 18446744073709551615
castiron::model! {
    Net: [18446744073709551615 * 2] -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
