// A condition in a body.
// names: if
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| if true { fc(x) } else { x }
    }
}

fn main() {}
