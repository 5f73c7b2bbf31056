// An assignment to a value.
// names: let
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| {
            let h = fc(x);
            h += x;
            h
        }
    }
}

fn main() {}
