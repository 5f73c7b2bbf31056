// An initialisation of a parameter that the layer does not have.
// names: fc, bias
castiron::model! {
    Net: [8] -> [2] {
        #[init(bias = zeros)]
        fc: Linear(2, bias = false),
    }
}

fn main() {}
