// The output is not what is declared.
// names: Net, [10], [12]
castiron::model! {
    Net: [784] -> [12] {
        fc1: Linear(128), Relu,
        fc2: Linear(10),
    }
}

fn main() {}
