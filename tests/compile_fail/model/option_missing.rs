// A convolution without a kernel.
// names: Conv2d, kernel
castiron::model! {
    Net: [3, 8, 8] -> [4, 6, 6] {
        conv: Conv2d(4),
    }
}

fn main() {}
