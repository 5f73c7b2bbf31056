// Shapes that NumPy would not broadcast either.
// names: [4, 3], [4], multiply
castiron::model! {
    Net: ([4, 3], [4]) -> [4, 3] {
        |x, y| x * y
    }
}

fn main() {}
