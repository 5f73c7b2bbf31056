// A replacement that does not fit its place.
// names: fc, [16]
castiron::model! {
    pub Base: [8] -> [4] {
        fc1: Linear(16), Relu,
        fc: Linear(4),
    }

    pub Flowers = Base { fc: Conv2d(5, kernel = 3) };
}

fn main() {}
