// A width that heads do not divide.
// names: attention, 3, 8
castiron::model! {
    Net: [5, 8] -> [5, 8] {
        attention: MultiheadAttention(heads = 3),
        |x| attention(x, x)
    }
}

fn main() {}
