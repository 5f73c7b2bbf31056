// A template is used where another shape flows.
// names: block, [4, 8, 8], [4, 6, 6], conv
castiron::model! {
    pub Block<const C: usize, const H: usize>: [C, H, H] -> [C, H, H] {
        conv: Conv2d(C, kernel = 3, padding = 1),
        |x| relu(conv(x) + x)
    }

    pub Net: [4, 8, 8] -> [4, 8, 8] {
        conv: Conv2d(4, kernel = 3),
        block: Block<4, 8>,
    }
}

fn main() {}
