// A dimension below zero.
// names: C - 4
castiron::model! {
    Block<const C: usize>: [C] -> [C - 4] {
        fc: Linear(C - 4),
    }
    pub Net = Block<3>;
}

fn main() {}
