// A layer that is called twice gets two sizes.
// names: fc, [8], [4]
castiron::model! {
    Net: ([8], [4]) -> [2] {
        fc: Linear(2),
        |x, y| fc(x) + fc(y)
    }
}

fn main() {}
