// A replacement of a layer that the model does not have.
// names: head, Base
castiron::model! {
    pub Base: [8] -> [4] {
        fc1: Linear(16), Relu,
        fc: Linear(4),
    }

    pub Flowers = Base { head: Linear(5) };
}

fn main() {}
