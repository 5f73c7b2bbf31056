// A convolution of signals, given a vector and an image; a cell, given a sequence.
// names: conv, [48], Net, [channels, length], .reshape([1, 48]), [1, 8, 8], Other, cell, [5, 8], Steps, a vector
castiron::model! {
    Net: [48] -> [6, 44] {
        conv: Conv1d(6, kernel = 5),
    }
    Other: [1, 8, 8] -> [6, 4] {
        conv: Conv1d(6, kernel = 5),
    }
    Steps: [5, 8] -> [4] {
        cell: LstmCell(4),
    }
}

fn main() {}
