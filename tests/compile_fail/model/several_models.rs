// Faults in several models.
// names: A, B, [3], [4], [5], [6]
castiron::model! {
    A: [8] -> [3] {
        fc: Linear(4),
    }
    B: [8] -> [5] {
        fc: Linear(6),
    }
}

fn main() {}
