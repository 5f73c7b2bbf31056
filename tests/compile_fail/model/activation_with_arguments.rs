// An activation that takes none gets an argument.
// names: Relu
castiron::model! {
    Net: [8] -> [8] {
        act: Relu(6),
    }
}

fn main() {}
