// More names than parts.
// names: 3, 2
castiron::model! {
    Net: [8] -> [4] {
        |x| {
            let (a, b, c) = x.chunk(2, axis = 0);
            a + b + c
        }
    }
}

fn main() {}
