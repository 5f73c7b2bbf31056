// A template uses a parameter that it does not have.
// names: D
castiron::model! {
    pub Block<const C: usize>: [C] -> [C] {
        fc: Linear(D),
    }
    pub Net = Block<4>;
}

fn main() {}
