// A constant that a macro cannot compute.
// names: SIZE
const SIZE: usize = 8;
castiron::model! {
    Net: [SIZE] -> [2] {
        fc: Linear(2),
    }
}

fn main() {}
