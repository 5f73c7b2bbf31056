// A template whose output is other than declared, for these numbers.
// names: half, [4], [3]
castiron::model! {
    pub Half<const N: usize>: [N * 2] -> [N - 1] {
        fc: Linear(N),
    }
    pub Net: [8] -> [3] {
        half: Half<4>,
    }
}

fn main() {}
