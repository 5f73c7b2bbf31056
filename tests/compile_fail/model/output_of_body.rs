// A body's result is not what is declared.
// names: Net, [4, 3], [3, 4]
castiron::model! {
    Net: [3, 4] -> [3, 4] {
        |x| x.transpose()
    }
}

fn main() {}
