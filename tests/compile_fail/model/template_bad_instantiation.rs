// Numbers for which a template does not work.
// names: conv, 5×5, [4, 3, 3]
castiron::model! {
    pub Block<const C: usize, const H: usize>: [C, H, H] -> [C, H - 4, H - 4] {
        conv: Conv2d(C, kernel = 5),
    }
    pub Net = Block<4, 3>;
}

fn main() {}
