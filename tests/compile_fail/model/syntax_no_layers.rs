// A model without layers.
// names: Net
castiron::model! {
    Net: [8] -> [8] {}
}

fn main() {}
