//! Models with batch norms wherever they can be.

use castiron::model;

use crate::opaque;

model! {
    pub ConvNorm: [2, 7, 5] -> [6, 7, 5] {
        conv: Conv2d(6, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d,
    }
    pub ConvNormRelu: [2, 7, 5] -> [6, 3, 2] {
        conv: Conv2d(6, kernel = 3, stride = 2), bn: BatchNorm2d(eps = 0.3), Relu,
    }
    pub Deep: [70] -> [5] { fc1: Linear(40), Relu, fc2: Linear(5) }
    pub Skip: [4, 6, 6] -> [4, 6, 6] {
        conv1: Conv2d(4, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d,
        conv2: Conv2d(4, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            relu(bn2(conv2(h)) + x)
        }
    }
    pub Depthwise: [4, 8, 8] -> [6, 4, 4] {
        spread: Conv2d(8, kernel = 1, bias = false), bn1: BatchNorm2d, Relu6,
        each: Conv2d(8, kernel = 3, stride = 2, padding = 1, groups = 8, bias = false), bn2: BatchNorm2d, Silu,
        join: Conv2d(6, kernel = 1, groups = 2), bn3: BatchNorm2d,
    }
    pub Frozen: [2, 6, 6] -> [3, 4, 4] {
        conv: Conv2d(3, kernel = 3), #[frozen] bn: BatchNorm2d, Gelu,
    }
    Block<const C: usize, const H: usize>: [C, H, H] -> [C, H, H] {
        conv1: Conv2d(C, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d,
        conv2: Conv2d(C, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            relu(bn2(conv2(h)) + x)
        }
    }
    Down<const C: usize, const H: usize>: [C, H, H] -> [C * 2, H / 2, H / 2] {
        conv: Conv2d(C * 2, kernel = 3, stride = 2, padding = 1, bias = false), bn: BatchNorm2d,
        short: Conv2d(C * 2, kernel = 1, stride = 2, bias = false), short_bn: BatchNorm2d,
        |x| relu(bn(conv(x)) + short_bn(short(x)))
    }
    pub Blocks: [3, 8, 8] -> [5] {
        stem: Conv2d(4, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu,
        blocks: [Block<4, 8>; 2],
        down: Down<4, 8>,
        GlobalAvgPool2d,
        fc: Linear(5),
    }

    Inverted<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        expand: Conv2d(C * 2, kernel = 1, bias = false), bn1: BatchNorm2d,
        each: Conv2d(C * 2, kernel = 3, padding = 1, groups = C * 2, bias = false), bn2: BatchNorm2d,
        project: Conv2d(C, kernel = 1), bn3: BatchNorm2d,
        |x| {
            let h = relu6(bn1(expand(x)));
            let h = relu(bn2(each(h)));
            x + bn3(project(h))
        }
    }
    /// Between its convolutions images are in blocks of channels, the last of which is half empty.
    pub Mobile: [3, 13, 18] -> [5] {
        stem: Conv2d(24, kernel = 3, stride = 2, padding = 1, bias = false), bn: BatchNorm2d, Relu6,
        blocks: [Inverted<24, 7, 9>; 2],
        down: Conv2d(24, kernel = 3, stride = 2, padding = 1, groups = 24), down_bn: BatchNorm2d,
        last: Conv2d(32, kernel = 1), last_bn: BatchNorm2d, Relu,
        GlobalAvgPool2d,
        fc: Linear(5),
    }
    /// Somebody else reads what the first convolution gives.
    pub Mixed: [3, 8, 8] -> [5] {
        stem: Conv2d(16, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d,
        last: Conv2d(16, kernel = 1), last_bn: BatchNorm2d,
        short: MaxPool2d(2),
        fc: Linear(5),
        |x| {
            let h = relu6(bn(stem(x)));
            fc(last_bn(last(h)).mean(2).mean(1) + short(h).mean(2).mean(1))
        }
    }

    pub Plain: [2, 6, 6] -> [3] { conv: Conv2d(4, kernel = 3), Relu, MaxPool2d(2), Dropout(0.5), fc: Linear(3) }
    pub Early: [2, 6, 6] -> [3, 4, 4] { bn: BatchNorm2d, conv: Conv2d(3, kernel = 3) }
    pub SharedConv: [3, 6, 6] -> [3, 6, 6] {
        conv: Conv2d(3, kernel = 3, padding = 1), bn1: BatchNorm2d, bn2: BatchNorm2d,
        |x| bn2(conv(relu(bn1(conv(x)))))
    }
    pub SharedNorm: [3, 6, 6] -> [3, 6, 6] {
        conv1: Conv2d(3, kernel = 3, padding = 1), conv2: Conv2d(3, kernel = 1), bn: BatchNorm2d,
        |x| bn(conv2(relu(bn(conv1(x)))))
    }
    /// Both see the convolution's output.
    pub Seen: [3, 6, 6] -> [3, 6, 6] {
        conv: Conv2d(3, kernel = 1), bn: BatchNorm2d,
        |x| {
            let h = conv(x);
            tanh(h) + bn(h)
        }
    }
    pub Tapped: [3, 6, 6] -> [3, 6, 6] {
        conv1: Conv2d(3, kernel = 1), bn1: BatchNorm2d, conv2: Conv2d(3, kernel = 1), bn2: BatchNorm2d,
        |x| {
            #[tap]
            let h = conv1(x);
            bn2(conv2(bn1(h)))
        }
    }
    /// There is something between them.
    pub Active: [3, 6, 6] -> [3, 6, 6] { conv: Conv2d(3, kernel = 1), Sigmoid, bn: BatchNorm2d }

    /// Enough work for several threads: the products, the folding, the copy of the rest.
    pub Wide: [64, 8, 8] -> [16] {
        conv: Conv2d(64, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d, Relu,
        fc: Linear(16),
    }
    pub Two: ([3, 6, 6], [4]) -> ([4, 6, 6], [2]) {
        conv: Conv2d(4, kernel = 3, padding = 1), bn: BatchNorm2d, fc: Linear(4), last: Linear(2),
        |x, v| {
            let h = relu(bn(conv(x)));
            (h, last(h.mean(2).mean(1) + fc(v)))
        }
    }
    /// Bytes that are passed on, in batches that are no whole floats.
    pub Echo: ([4], [u8; 5]) -> ([2], [u8; 5]) { fc: Linear(2), |x, t| (fc(x), t) }
    pub Stream: [2, 4, 6] -> [3, 2] {
        conv: Conv2d(3, kernel = 1), bn: BatchNorm2d, memory: Lstm(5), head: Linear(2),
        |x| head(memory(bn(conv(x)).reshape([3, 24])))
    }
    pub Opaque: [1, 5, 5] -> [5] {
        conv: Conv2d(2, kernel = 1), bn: BatchNorm2d,
        inner: opaque::Inner -> [5],
        odd: opaque::Odd -> [5],
        bytes: opaque::Bytes -> [5],
    }
}
