// An array of layers that change the shape.
// names: blocks, [8], [4]
castiron::model! {
    Net: [8] -> [4] {
        blocks: [Linear(4); 3],
    }
}

fn main() {}
