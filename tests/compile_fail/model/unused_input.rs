// An input that is never read.
// names: y
castiron::model! {
    Net: ([8], [4]) -> [2] {
        fc: Linear(2),
        |x, y| fc(x)
    }
}

fn main() {}
