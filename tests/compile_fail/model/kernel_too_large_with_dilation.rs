// A kernel that dilation makes too large.
// names: conv, 3×3, 9×9, [1, 6, 6]
castiron::model! {
    Net: [1, 6, 6] -> [4, 1, 1] {
        conv: Conv2d(4, kernel = 3, padding = 1, dilation = 4),
    }
}

fn main() {}
