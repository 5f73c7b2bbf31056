// Queries and memory of different width.
// names: attention, [5, 8], [7, 6]
castiron::model! {
    Net: ([5, 8], [7, 6]) -> [5, 8] {
        attention: MultiheadAttention(heads = 2),
        |x, y| attention(x, y)
    }
}

fn main() {}
