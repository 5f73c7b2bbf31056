// A body that ends without a value.
// names: result
castiron::model! {
    Net: [8] -> [8] {
        fc: Linear(8),
        |x| {
            let h = fc(x);
        }
    }
}

fn main() {}
