// A layer after the body.
// names: body, fc2
castiron::model! {
    Net: [8] -> [2] {
        fc: Linear(2),
        |x| fc(x),
        fc2: Linear(2),
    }
}

fn main() {}
