//! Models for every operation on bytes, and for what is between them.

use castiron::model;

model! {
    /// Every operation on bytes.
    pub Net: [3, 9, 7] -> [5] {
        stem: Conv2d(8, kernel = 3, padding = 1, bias = false), bn: BatchNorm2d,
        each: Conv2d(8, kernel = 3, padding = 1, groups = 8),
        down: Conv2d(6, kernel = 2, stride = 2, groups = 2),
        largest: MaxPool2d(2), mean: AvgPool2d(2),
        fc1: Linear(12), fc2: Linear(5),
        |x| {
            let h = relu6(bn(stem(x)));
            let s = relu(each(h) + h);
            let d = silu(down(s));
            let pooled = concat([largest(s), mean(s)], axis = 0);
            let part = pooled[2..14].permute([0, 2, 1]);
            let all = concat([d.permute([0, 2, 1]), part], axis = 0);
            fc2(relu(fc1(all)))
        }
    }

    /// As prepared models have them in blocks of channels.
    pub Mobile: [3, 16, 16] -> [7] {
        stem: Conv2d(24, kernel = 3, stride = 2, padding = 1, bias = false), bn: BatchNorm2d, Relu6,
        each: Conv2d(24, kernel = 3, padding = 1, groups = 24, bias = false), each_bn: BatchNorm2d, Relu6,
        last: Conv2d(32, kernel = 1, bias = false), last_bn: BatchNorm2d, Relu6,
        GlobalAvgPool2d,
        Dropout(0.2),
        fc: Linear(7),
    }

    /// What computes on floats is between what computes on bytes.
    pub Between: [4, 6] -> [4, 3] {
        lstm: Lstm(8),
        fc: Linear(6),
        narrow: Linear(4),
        shared: Linear(4),
        last: Linear(3),
        |x| {
            let h = softmax(fc(lstm(x)));
            let h = shared(shared(tanh(narrow(h))));
            sigmoid(last(h * 0.5))
        }
    }
}
