// Faults in several statements.
// names: conv, [3, 8, 8], undefined, mean
castiron::model! {
    Net: [3, 8, 8] -> [4] {
        conv: Conv2d(4, kernel = 9),
        fc: Linear(4),
        |x| {
            let a = conv(x);
            let b = undefined(x);
            let c = x.mean(5);
            fc(x)
        }
    }
}

fn main() {}
