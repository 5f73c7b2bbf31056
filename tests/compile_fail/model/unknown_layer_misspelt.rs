// A layer's name with a mistake in it.
// names: Conv2D, Conv2d
castiron::model! {
    Net: [3, 8, 8] -> [4, 6, 6] {
        conv: Conv2D(4, kernel = 3),
    }
}

fn main() {}
