// An array without elements.
// names: layers
castiron::model! {
    Net: [8] -> [8] {
        blocks: [Linear(8); 0],
    }
}

fn main() {}
