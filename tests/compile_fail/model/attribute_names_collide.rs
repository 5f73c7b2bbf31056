// Two layers with one name in checkpoints.
// names: head, fc1
castiron::model! {
    Net: [8] -> [2] {
        #[param(name = "head")]
        fc1: Linear(4),
        #[param(name = "head")]
        fc2: Linear(2),
    }
}

fn main() {}
