// An option that the layer does not have.
// names: strides, Conv2d, stride
castiron::model! {
    Net: [3, 8, 8] -> [4, 6, 6] {
        conv: Conv2d(4, kernel = 3, strides = 2),
    }
}

fn main() {}
