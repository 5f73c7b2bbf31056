// Tied to a layer that is not there.
// names: head, emb
castiron::model! {
    Net: [i32; 4] -> [4, 100] {
        embedding: Embedding(100, 8),
        head: Linear(100, tied = emb),
    }
}

fn main() {}
