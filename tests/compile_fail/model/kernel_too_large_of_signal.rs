// A kernel longer than its padded signal.
// names: conv2, 31, [8, 24], conv1
castiron::model! {
    Net: [1, 48] -> [16, 1] {
        conv1: Conv1d(8, kernel = 3, stride = 2, padding = 1),
        conv2: Conv1d(16, kernel = 31),
    }
}

fn main() {}
