// What is wrong in one layer does not hide what is wrong in another.
// names: fc1, conv, [4]
castiron::model! {
    Net: [8] -> [2] {
        fc1: Linear(= 4),
        fc2: Linear(4),
        conv: Conv2d(3, kernel = 3),
    }
}

fn main() {}
