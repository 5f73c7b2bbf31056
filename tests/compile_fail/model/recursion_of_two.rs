// Two models that are layers of each other.
// names: Ping, Pong
castiron::model! {
    Ping: [8] -> [8] {
        pong: Pong,
    }
    Pong: [8] -> [8] {
        ping: Ping,
    }
}

fn main() {}
