// A probability of more than 1.
// names: drop
castiron::model! {
    Net: [8] -> [8] {
        drop: Dropout(50),
    }
}

fn main() {}
