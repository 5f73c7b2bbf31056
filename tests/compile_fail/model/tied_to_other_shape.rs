// Tied to a weight of another shape.
// names: head, embedding, [100, 8], [50, 8]
castiron::model! {
    Net: [i32; 4] -> [4, 50] {
        embedding: Embedding(100, 8),
        head: Linear(50, tied = embedding),
    }
}

fn main() {}
