// An element that the array does not have.
// names: blocks, 3
castiron::model! {
    Net: [8] -> [8] {
        blocks: [Linear(8); 3],
        |x| blocks[3](blocks(x))
    }
}

fn main() {}
