// Two names for one value.
// names: 2, 1
castiron::model! {
    Net: [8] -> [4] {
        fc: Linear(8),
        |x| {
            let (a, b) = fc(x);
            a + b
        }
    }
}

fn main() {}
