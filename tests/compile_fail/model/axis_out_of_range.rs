// An axis that the value does not have.
// names: [8, 4], 2
castiron::model! {
    Net: [8, 4] -> [8] {
        |x| x.mean(2)
    }
}

fn main() {}
