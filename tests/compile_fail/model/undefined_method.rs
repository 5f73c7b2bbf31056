// A method that tensors do not have.
// names: unsqueeze
castiron::model! {
    Net: [8] -> [1, 8] {
        |x| x.unsqueeze(0)
    }
}

fn main() {}
