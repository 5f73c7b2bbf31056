// No layer and no model has this name.
// names: Convolution
castiron::model! {
    Net: [3, 8, 8] -> [4, 6, 6] {
        conv: Convolution(4, kernel = 3),
    }
}

fn main() {}
