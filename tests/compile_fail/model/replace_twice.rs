// A layer that is replaced twice.
// names: fc
castiron::model! {
    pub Base: [8] -> [4] {
        fc1: Linear(16), Relu,
        fc: Linear(4),
    }

    pub Flowers = Base { fc: Linear(5), fc: Linear(6) };
}

fn main() {}
