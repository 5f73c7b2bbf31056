// A recurrent layer on a vector.
// names: lstm, [16], Net
castiron::model! {
    Net: [16] -> [16, 4] {
        lstm: Lstm(4),
    }
}

fn main() {}
