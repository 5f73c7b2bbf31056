// A loop in a body.
// names: for
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| {
            for _ in 0..3 {
                let x = fc(x);
            }
            x
        }
    }
}

fn main() {}
