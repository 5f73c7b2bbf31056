// Everything that is wrong is said at once.
// names: conv1, conv2, [6, 12, 12], fc3, Net, [10], [12]
castiron::model! {
    Net: [1, 28, 28] -> [12] {
        conv1: Conv2d(6, kernel = 5, strides = 1), Relu, pool1: MaxPool2d(2),
        conv2: Conv2d(16, kernel = 50),
        fc1: Linear(120), Relu,
        fc3: Linear(10),
    }
}

fn main() {}
