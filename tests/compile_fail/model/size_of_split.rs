// Parts that are less than the whole.
// names: [8], [3, 4]
castiron::model! {
    Net: [8] -> [7] {
        |x| {
            let (a, b) = x.split([3, 4], axis = 0);
            concat([a, b], axis = 0)
        }
    }
}

fn main() {}
