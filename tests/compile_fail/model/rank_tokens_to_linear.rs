// A linear layer on integers.
// names: fc, [16], i32, Net
castiron::model! {
    Net: [i32; 16] -> [4] {
        fc: Linear(4),
    }
}

fn main() {}
