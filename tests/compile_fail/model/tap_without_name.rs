// A tap on a layer that has no name.
// names: tap
castiron::model! {
    Net: [8] -> [4] {
        fc: Linear(4),
        #[tap]
        Relu,
    }
}

fn main() {}
