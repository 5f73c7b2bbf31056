// A branch whose value is dropped.
// names: h
castiron::model! {
    Net: [8] -> [4] {
        fc1: Linear(4),
        fc2: Linear(4),
        |x| {
            let h = fc1(x);
            fc2(x)
        }
    }
}

fn main() {}
