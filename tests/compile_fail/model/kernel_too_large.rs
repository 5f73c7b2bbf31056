// A kernel larger than its padded input.
// names: conv2, 7×7, [6, 4, 4], pool1
castiron::model! {
    Net: [1, 8, 8] -> [16, 1, 1] {
        conv1: Conv2d(6, kernel = 3, padding = 1), pool1: MaxPool2d(2),
        conv2: Conv2d(16, kernel = 7),
    }
}

fn main() {}
