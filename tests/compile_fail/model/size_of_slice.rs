// A slice beyond the end.
// names: [8, 4], 9
castiron::model! {
    Net: [8, 4] -> [3, 4] {
        |x| x[6..9]
    }
}

fn main() {}
