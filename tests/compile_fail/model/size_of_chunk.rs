// A dimension that cannot be cut into equal parts.
// names: [7], 2
castiron::model! {
    Net: [7] -> [3] {
        |x| {
            let (a, b) = x.chunk(2, axis = 0);
            a + b
        }
    }
}

fn main() {}
