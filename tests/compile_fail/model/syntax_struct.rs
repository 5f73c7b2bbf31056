// A struct, as `derive` takes it.
// names: struct
castiron::model! {
    pub struct Net {
        fc: Linear(2),
    }
}

fn main() {}
