// Freezing what has no parameters.
// names: pool
castiron::model! {
    Net: [2, 4, 4] -> [2, 2, 2] {
        #[frozen]
        pool: MaxPool2d(2),
    }
}

fn main() {}
