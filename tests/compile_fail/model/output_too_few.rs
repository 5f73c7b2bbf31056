// One output of two.
// names: Net, ([2], [3]), [2]
castiron::model! {
    Net: [8] -> ([2], [3]) {
        a: Linear(2),
        |x| a(x)
    }
}

fn main() {}
