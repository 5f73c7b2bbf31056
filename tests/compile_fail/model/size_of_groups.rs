// Channels that groups do not divide.
// names: conv, 6, 4, [6, 8, 8]
castiron::model! {
    Net: [6, 8, 8] -> [8, 6, 6] {
        conv: Conv2d(8, kernel = 3, groups = 4),
    }
}

fn main() {}
