// An option of another layer.
// names: pool, groups
castiron::model! {
    Net: [3, 8, 8] -> [3, 4, 4] {
        pool: MaxPool2d(2, groups = 3),
    }
}

fn main() {}
