// A convolution of a vector.
// names: conv, [784], Net, [channels, height, width]
castiron::model! {
    Net: [784] -> [6, 24, 24] {
        conv: Conv2d(6, kernel = 5),
    }
}

fn main() {}
