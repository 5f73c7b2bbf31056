// An axis twice.
// names: permute, [2, 3, 4]
castiron::model! {
    Net: [2, 3, 4] -> [4, 3, 4] {
        |x| x.permute([2, 1, 2])
    }
}

fn main() {}
