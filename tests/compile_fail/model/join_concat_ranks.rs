// A concatenation of values of different rank.
// names: [8], [2, 4], concat
castiron::model! {
    Net: ([8], [2, 4]) -> [16] {
        |x, y| concat([x, y], axis = 0)
    }
}

fn main() {}
