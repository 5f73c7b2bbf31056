// A reshape whose -1 cannot be inferred.
// names: [12], [5, -1]
castiron::model! {
    Net: [12] -> [5, 2] {
        |x| x.reshape([5, -1])
    }
}

fn main() {}
