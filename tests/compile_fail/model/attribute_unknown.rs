// An attribute that layers do not have.
// names: freeze
castiron::model! {
    Net: [8] -> [2] {
        #[freeze]
        fc: Linear(2),
    }
}

fn main() {}
