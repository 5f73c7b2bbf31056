// A model that is a layer of itself.
// names: Net
castiron::model! {
    Net: [8] -> [8] {
        inner: Net,
    }
}

fn main() {}
