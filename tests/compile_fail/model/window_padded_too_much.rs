// Padding of more than half a window.
// names: pool, 2×2
castiron::model! {
    Net: [3, 4, 4] -> [3, 4, 4] {
        pool: AvgPool2d(2, padding = 2),
    }
}

fn main() {}
