// A template is used as a model.
// names: Block
castiron::model! {
    pub Block<const C: usize, const H: usize>: [C, H, H] -> [C, H, H] {
        conv: Conv2d(C, kernel = 3, padding = 1),
        |x| relu(conv(x) + x)
    }

    pub Net: [4, 8, 8] -> [4, 8, 8] {
        block: Block,
    }
}

fn main() {}
