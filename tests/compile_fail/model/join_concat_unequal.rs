// A concatenation of values that differ beside the axis.
// names: [2, 8, 8], [4, 6, 6], concat
castiron::model! {
    Net: [2, 8, 8] -> [6, 8, 8] {
        conv: Conv2d(4, kernel = 3),
        |x| concat([x, conv(x)], axis = 0)
    }
}

fn main() {}
