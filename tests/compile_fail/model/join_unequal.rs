// A skip connection around a layer that changes the shape.
// names: conv, [8, 6, 6], [3, 8, 8], add
castiron::model! {
    Net: [3, 8, 8] -> [8, 6, 6] {
        conv: Conv2d(8, kernel = 3),
        |x| relu(conv(x) + x)
    }
}

fn main() {}
