// The output is not declared.
// names: Net, ->
castiron::model! {
    Net: [8] {
        fc: Linear(2),
    }
}

fn main() {}
