//! Templates, models in models, replaced heads, attributes.
#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused)]

use castiron::params::{Params, visit};
use castiron::{Model, Rank1, model};

model! {
    /// He et al. 2015.
    pub BasicBlock<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        conv1: Conv2d(C, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d,
        conv2: Conv2d(C, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            relu(bn2(conv2(h)) + x)
        }
    }

    /// Constants are computed.
    pub Down<const C: usize, const H: usize>: [C, H, H] -> [C * 2, (H + 1) / 2, H - H / 2] {
        conv: Conv2d(C * 2, kernel = 3, stride = 2, padding = 3 % 2), Relu,
    }

    /// Blocks and arrays of blocks.
    pub Net: [3, 8, 8] -> [10] {
        #[frozen]
        #[param(name = "features.0")]
        #[init(weight = kaiming_normal)]
        stem: Conv2d(4, kernel = 3, padding = 1, bias = false),
        #[frozen]
        norm: BatchNorm2d,
        layer1: [BasicBlock<4, 8, 8>; 2],
        #[tap]
        layer2: Down<4, 8>,
        GlobalAvgPool2d,
        #[init(weight = zeros, bias = zeros)]
        fc: Linear(10),
    }

    /// Another head.
    pub Flowers = Net { fc: Linear(5) };

    /// A template with numbers.
    pub Block4 = BasicBlock<4, 8, 8>;
}

// In another `model!`, too.
model! {
    /// Uses what is declared above.
    pub Outer: [3, 8, 8] -> [2] {
        net: Net,
        fc: Linear(2),
        |x| {
            #[tap]
            let h = net(x);
            fc(h)
        }
    }
}

fn main() {
    fn takes<M: Model>() {}
    takes::<Net>();
    takes::<Block4>();
    takes::<Outer>();
    fn gives<M: Model<Output = Rank1<5>>>() {}
    gives::<Flowers>();
    let mut names = Vec::new();
    visit::<Net>(|path, _, _| names.push(path.to_string()));
    assert_eq!(names[0], "features.0.weight");
    assert!(names.contains(&"layer1.1.bn2.running_var".to_string()), "{names:?}");
    assert_eq!(Block4::TRAINED, 2 * (4 * 4 * 9) + 2 * 8);
}
