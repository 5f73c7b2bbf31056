// An option is a word where it is a number.
// names: whole number
castiron::model! {
    Net: [3, 8, 8] -> [4, 8, 8] {
        conv: Conv2d(4, kernel = 3, padding = true),
    }
}

fn main() {}
