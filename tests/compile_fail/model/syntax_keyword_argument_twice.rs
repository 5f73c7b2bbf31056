// An option is given twice.
// names: conv, stride
castiron::model! {
    Net: [3, 8, 8] -> [4, 3, 3] {
        conv: Conv2d(4, kernel = 3, stride = 2, stride = 2),
    }
}

fn main() {}
