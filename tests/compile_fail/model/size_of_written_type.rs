// A layer that is written as a type is declared for other channels.
// names: conv2, 8, 6, conv1
castiron::model! {
    Net: [1, 28, 28] -> [16, 20, 20] {
        conv1: Conv2d(6, kernel = 5),
        conv2: Conv2d<8, 16, 5>,
    }
}

fn main() {}
