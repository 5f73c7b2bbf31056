// Two taps of one name.
// names: h
castiron::model! {
    Net: [8] -> [4] {
        fc: Linear(8),
        fc2: Linear(4),
        |x| {
            #[tap]
            let h = fc(x);
            #[tap]
            let h = relu(h);
            fc2(h)
        }
    }
}

fn main() {}
