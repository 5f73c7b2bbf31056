// A template over a type.
// names: T
castiron::model! {
    pub Block<T>: [4] -> [4] {
        fc: Linear(4),
    }
}

fn main() {}
