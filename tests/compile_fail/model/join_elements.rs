// A sum of real numbers and integers.
// names: [4], i32
castiron::model! {
    Net: ([4], [i32; 4]) -> [4] {
        |x, y| x + y
    }
}

fn main() {}
