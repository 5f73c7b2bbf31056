// A type that is no module.
// names: Vec
castiron::model! {
    pub Net: [6] -> [6] {
        own: Vec<f32> -> [6],
    }
}

fn main() {}
