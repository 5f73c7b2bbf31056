//! Prints `lenet.h`.

fn main() {
    print!("{}", lenet::lenet_header());
}
