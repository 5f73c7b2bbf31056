// An initialisation that is not known.
// names: kaiming_normal
castiron::model! {
    Net: [8] -> [2] {
        #[init(weight = kaiming)]
        fc: Linear(2),
    }
}

fn main() {}
