// A reshape to another number of elements.
// names: [16, 5, 5], [399], h
castiron::model! {
    Net: [1, 14, 14] -> [399] {
        conv: Conv2d(16, kernel = 5, stride = 2),
        |x| {
            let h = conv(x);
            h.reshape([399])
        }
    }
}

fn main() {}
