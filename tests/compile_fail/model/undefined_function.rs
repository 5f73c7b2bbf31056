// A function that is no operation.
// names: softplus
castiron::model! {
    Net: [8] -> [8] {
        |x| softplus(x)
    }
}

fn main() {}
