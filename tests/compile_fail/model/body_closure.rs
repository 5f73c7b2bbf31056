// A closure in a body.
// names: closures, twice
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| {
            let twice = |h| fc(fc(h));
            twice(x)
        }
    }
}

fn main() {}
