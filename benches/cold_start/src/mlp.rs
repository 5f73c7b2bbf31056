model! {
    /// A network whose weights are 400 KB.
    pub Mlp: [784] -> [10] {
        fc1: Linear(128), Relu,
        fc2: Linear(10),
    }
}
