// An embedding of real numbers.
// names: embedding, [16], Net
castiron::model! {
    Net: [16] -> [16, 4] {
        embedding: Embedding(100, 4),
    }
}

fn main() {}
