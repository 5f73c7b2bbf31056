// A value that is not there.
// names: g
castiron::model! {
    Net: [8] -> [4] {
        fc: Linear(4),
        |x| {
            let h = fc(x);
            relu(g)
        }
    }
}

fn main() {}
