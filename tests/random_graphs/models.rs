//! Generated: see `main.rs`.

use castiron::model;

use crate::own;

model! {
    /// A residual block with its channels narrowed in between.
    pub Bottleneck<const C: usize, const M: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        reduce: Conv2d(M, kernel = 1, bias = false),
        norm: BatchNorm2d,
        expand: Conv2d(C, kernel = 1),
        |x| {
            let h = relu(norm(reduce(x)));
            tanh(expand(h) + x)
        }
    }

    /// Mixes positions, then features.
    pub Mixer<const T: usize, const E: usize>: [T, E] -> [T, E] {
        tokens: Linear(T),
        features: Linear(E),
        |x| {
            let h = gelu(tokens(x.transpose())).transpose() + x;
            features(h) + h
        }
    }

    /// Twice the channels, half the height and width.
    pub Halves<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C * 2, H / 2, W / 2] {
        conv: Conv2d(C * 2, kernel = 3, padding = 1), MaxPool2d(2), Tanh,
    }

    /// Two layers with one more than twice as many numbers in between.
    pub Dense<const N: usize>: [N] -> [N] {
        fc1: Linear(N * 2 + 1), Tanh,
        fc2: Linear(N),
    }
}

model! {
    pub Random00: [6] -> [6] {
        fc0: Linear(2),
        fc1: Linear(2),
        |x| {
            let (h0, h1) = x.chunk(2, axis = 0);
            let h2 = h0 * 0.5;
            let (h3, x) = h2.split([1, 2], axis = 0);
            let h1 = fc0(h1);
            concat([h1, fc1(h3), x], axis = 0)
        }
    }
}

model! {
    pub Random01: [4, 6, 5] -> [4] {
        flat0: Flatten,
        conv1: Conv2d(2, kernel = 2, stride = 2),
        #[param(name = "saved.2")]
        conv2: Conv2d(3, kernel = 2, padding = 1),
        conv3: Conv2d(6, kernel = 1, groups = 2, bias = false),
        conv4: Conv2d(6, kernel = 3, stride = 2, padding = 1, groups = 3),
        fc5: Linear(4),
        pool6: GlobalAvgPool2d,
        #[frozen]
        fc7: Linear(4),
        pool8: GlobalAvgPool2d,
        fc9: Linear(4, bias = false),
        |x| {
            let h0 = flat0(x);
            let h1 = conv1(x);
            let h2 = conv2(h1);
            #[tap]
            let h3 = conv3(h1);
            let h4 = conv4(h2);
            #[tap]
            let h5 = fc5(h0);
            let h6 = fc7(pool6(h3));
            let h7 = pool8(h4);
            let h8 = fc9(h7);
            let x = (h5 + h6) + h8;
            x
        }
    }
}

model! {
    pub Random02: [2] -> [3] {
        #[init(weight = kaiming_normal, bias = zeros)]
        fc0: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc1: Linear(2),
        squash2: own::Squash -> [3],
        act3: Relu6,
        act4: Relu6,
        fc5: Linear(4, bias = false),
        fc6: Linear(3, bias = false),
        #[param(name = "saved.7")]
        fc7: Linear(3),
        fc8: Linear(3),
        |x| {
            #[tap]
            let h0 = x * x;
            let h1 = tanh(h0);
            #[tap]
            let h2 = fc0(h1);
            let x = sigmoid(h2);
            let h3 = h0 / (x + 0.5);
            let h0 = fc1(h3);
            let h4 = concat([h0, h0, h2], axis = 0);
            let h5 = sigmoid(h4);
            let h6 = sigmoid(h5);
            let h0 = h6 + 0.5;
            let h7 = {
                let inner = h6 / h0;
                squash2(inner)
            };
            #[tap]
            let h8 = act3(h2);
            let h9 = act4(h5);
            let h0 = sigmoid(h8);
            #[tap]
            let h10 = fc5(h2);
            let h11 = fc6(h9);
            let x = fc7(h0);
            #[tap]
            let h12 = fc8(h10);
            let h13 = {
                let inner = h7 - h11;
                inner + x
            };
            let h14 = h13 + h12;
            h14
        }
    }
}

model! {
    pub Random03: ([4, 3, 3], [4, 6], [3, 5]) -> [9] {
        #[tap]
        fc0: Linear(3),
        fc1: Linear(5),
        #[param(name = "saved.2")]
        fc2: Linear(4),
        fc3: Linear(3, bias = false),
        fc4: Linear(3),
        |x, y, z| {
            let h0 = fc0(x);
            let y = fc1(y);
            let h1 = fc2(z);
            let h2 = {
                let inner = fc3(y);
                inner.mean(0)
            };
            let h3 = concat([h0, h2, fc4(h1.flatten())], axis = 0);
            h3
        }
    }
}

model! {
    pub Random04: ([4, 5, 6], [3, 6, 3], [4, 4]) -> [8] {
        #[frozen]
        norm0: BatchNorm2d(eps = 1e-3, momentum = 0.01),
        #[param(name = "saved.1")]
        norm1: BatchNorm2d(eps = 1e-3, momentum = 0.01),
        half2: own::Half -> [3, 6, 3],
        #[tap]
        fc3: Linear(5),
        fc4: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc5: Linear(2),
        fc6: Linear(2),
        fc7: Linear(2),
        |x, y, z| {
            let h0 = log_softmax(x);
            let h1 = norm0(y);
            let h0 = norm1(h0);
            let x = h1[0..3];
            let h2 = h0.mean(2);
            let h0 = half2(y);
            let h3 = fc3(z);
            let h4 = fc4(h3);
            let h5 = h4.mean(0);
            let h6 = fc5(x);
            let h3 = fc6(h2).mean(0);
            concat([h5, h6, h3, fc7(h0)], axis = 0)
        }
    }
}

model! {
    pub Random05: ([3, 5], [3, 5]) -> [2] {
        attention0: MultiheadAttention(heads = 5),
        half1: own::Half -> [5, 3],
        #[init(weight = kaiming_normal, bias = zeros)]
        fc2: Linear(2),
        fc3: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc4: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc5: Linear(2),
        fc6: Linear(2, bias = false),
        #[tap]
        fc7: Linear(2, bias = false),
        #[frozen]
        fc8: Linear(2),
        |x, y| {
            let h0 = attention0(y, y);
            let h1 = y.transpose();
            let h2 = half1(h1);
            let h1 = h1.narrow(1, 0, 3);
            let y = fc2(y);
            let y = y.sum(1);
            let h0 = sigmoid(h0);
            let h0 = h0 + 0.5;
            let h3 = 2.0 / h0;
            let h4 = fc3(x);
            let h0 = fc4(h4);
            let h5 = h0.mean(0);
            let h6 = h2.flatten();
            let h7 = fc5(h6);
            let h8 = fc6(h1).mean(0);
            let h9 = fc7(y);
            let h10 = fc8(h3);
            let h11 = h10.mean(0);
            let h12 = (h5 + h7) + h8;
            let h13 = h12 + h9;
            h13 + h11
        }
    }
}

model! {
    pub Random06: [2, 6] -> [2, 3] {
        #[param(name = "saved.0")]
        fc0: Linear(2),
        block1: Mixer<2, 2>,
        fc2: Linear(6),
        block3: Mixer<2, 6>,
        #[param(name = "saved.4")]
        #[tap]
        fc4: Linear(5),
        block5: Mixer<2, 5>,
        drop6: Dropout(0.25),
        #[frozen]
        fc7: Linear(3),
        fc8: Linear(4),
        #[frozen]
        fc9: Linear(3),
        lstm10: Lstm(2),
        #[tap]
        block11: Mixer<2, 2>,
        Dropout(0.25),
        lstm13: Lstm(3),
    }
}

model! {
    pub Random07: [4, 4] -> [6] {
        fc0: Linear(4),
        fc1: Linear(4),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc2: Linear(2),
        #[param(name = "saved.3")]
        fc3: Linear(3, bias = false),
        fc4: Linear(3),
        act5: Relu,
        Flatten,
        fc7: Linear(3),
        drop8: Dropout(0.25),
        blocks9: [Linear(3); 2],
        #[param(name = "saved.10")]
        fc10: Linear(3),
        blocks11: [Dense<3>; 3],
        #[frozen]
        fc12: Linear(6),
        blocks13: [Linear(6); 2],
    }
}

model! {
    pub Random08Part0: [6] -> [6] {
        squash0: own::Squash -> [3],
        fc1: Linear(6),
        |x| {
            let x = sigmoid(x);
            let x = x / (x + 0.5);
            let h0 = squash0(x).narrow(0, 1, 2);
            let h1 = fc1(h0);
            h1
        }
    }

    pub Random08: [1, 3, 5] -> [3] {
        act0: GeluTanh,
        MaxPool2d(2),
        conv2: Conv2d(1, kernel = 2, padding = 1, dilation = 2, bias = false),
        fc3: Linear(6),
        blocks4: [Linear(6); 2],
        fc5: Linear(4, bias = false),
        LeakyRelu(0.01),
        #[param(name = "saved.7")]
        fc7: Linear(6),
        blocks8: [Random08Part0; 2],
        squash9: own::Squash -> [3],
        fc10: Linear(4),
        Dropout(0.25),
        #[tap]
        block12: Dense<4>,
        fc13: Linear(3),
    }
}

model! {
    pub Random09: [1, 3, 3] -> [4] {
        fc0: Linear(6),
        #[tap]
        conv1: Conv2d(1, kernel = 2),
        #[frozen]
        norm2: BatchNorm2d(eps = 1e-3, momentum = 0.01),
        #[frozen]
        #[param(name = "saved.3")]
        conv3: Conv2d(1, kernel = 2, stride = 2, padding = 1, dilation = 2),
        #[param(name = "saved.4")]
        fc4: Linear(4, bias = false),
        drop5: Dropout(0.25),
        blocks6: [Linear(4); 3],
        fc7: Linear(4, bias = false),
        #[param(name = "saved.8")]
        fc8: Linear(4),
        |x| {
            let h0 = x.permute([2, 0, 1]);
            let h1 = sigmoid(h0);
            let h2 = h1 + 0.5;
            let h3 = fc0(h1 / h2);
            let h4 = conv1(x);
            let h5 = conv3(norm2(h4));
            let h0 = fc4(h0);
            let h6 = h5.reshape([-1]);
            let h7 = blocks6(drop5(h0));
            let h5 = sigmoid(h3);
            let h8 = h5 + 0.5;
            let h3 = h8 / h8;
            let h0 = fc7(h6);
            let h9 = fc8(h3);
            #[tap]
            let h10 = h7 + h0;
            h10 + h9
        }
    }
}

model! {
    pub Random10: ([3, 4, 3], [i32; 3]) -> [4] {
        embedding0: Embedding(5, 4),
        half1: own::Half -> [3, 4],
        drop2: Dropout(0.25),
        fc3: Linear(6),
        block4: Mixer<1, 4>,
        fc5: Linear(3),
        #[frozen]
        fc6: Linear(4, bias = false),
        fc7: Linear(4),
        fc8: Linear(4, bias = false),
        #[param(name = "saved.9")]
        fc9: Linear(4),
        fc10: Linear(4),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc11: Linear(4),
        |x, y| {
            let y = half1(embedding0(y));
            let h0 = drop2(y);
            let (h1, y, h2) = y.chunk(3, axis = 0);
            let h3 = sigmoid(h1);
            let h4 = h3 + 0.5;
            let h5 = h0 / h4;
            let h6 = fc3(h4);
            let h7 = h2.slice([.., 0..4]);
            let h8 = block4(h3);
            let h1 = sigmoid(y);
            let h9 = h1 + 0.5;
            let h10 = h3 / h9;
            let h11 = fc6(fc5(x));
            let h12 = h5.flatten();
            #[tap]
            let h13 = fc7(h12);
            let h14 = h6.flatten();
            let h15 = fc8(h14);
            let h2 = fc9(h7);
            let h16 = h2.mean(0);
            let h6 = fc10(h8).mean(0);
            let y = h10.flatten();
            let h17 = fc11(y);
            let h18 = h11 + h13;
            let h1 = h18 + h15;
            #[tap]
            let h19 = h1 + h16;
            let h8 = h19 + h6;
            h8 + h17
        }
    }
}

model! {
    pub Random11Part0: [3] -> [3] {
        fc0: Linear(3),
        |x| {
            let h0 = sigmoid(x);
            let h0 = fc0(x / (h0 + 0.5));
            h0
        }
    }

    pub Random11: ([3], [1, 6, 5]) -> [4] {
        #[init(weight = kaiming_normal, bias = zeros)]
        fc0: Linear(3),
        norm1: BatchNorm2d,
        tied2: Linear(3, tied = fc0),
        conv3: Conv2d(2, kernel = 3, padding = 1),
        #[param(name = "saved.4")]
        conv4: Conv2d(2, kernel = 3, stride = 2, padding = 1),
        act5: Gelu,
        conv6: Conv2d(6, kernel = 3, stride = 2, padding = 1, groups = 2),
        blocks7: [Random11Part0; 3],
        #[init(weight = kaiming_normal, bias = zeros)]
        fc8: Linear(5),
        #[param(name = "saved.9")]
        conv9: Conv2d(2, kernel = 2, padding = 1),
        conv10: Conv2d(2, kernel = 3, padding = 1, groups = 2),
        #[param(name = "saved.11")]
        fc11: Linear(5),
        tied12: Linear(3, tied = fc0),
        fc13: Linear(4),
        fc14: Linear(4),
        fc15: Linear(4, bias = false),
        #[frozen]
        fc16: Linear(4),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc17: Linear(4),
        |x, y| {
            let h0 = fc0(x);
            #[tap]
            let h1 = norm1(y);
            let y = tied2(h0);
            let h2 = conv3(h1.narrow(1, 4, 1));
            let h3 = act5(conv4(h1));
            let h4 = h3.narrow(2, 0, 1);
            let h5 = conv6(h4);
            let h4 = fc8(blocks7(h0));
            let h6 = conv9(h2);
            let h7 = conv10(h6);
            let h8 = fc11(h4);
            let h0 = tied12(y);
            let h9 = fc13(h4);
            let h10 = fc14(h5);
            let h11 = fc15(h7);
            let y = fc16(h8);
            let h12 = fc17(h0);
            let h13 = h9 + h10;
            let h14 = h13 - h11;
            let h15 = (h14 + y) - h12;
            h15
        }
    }
}

model! {
    pub Random12: ([i32; 2], [3, 3], [4, 6]) -> [10] {
        embedding0: Embedding(5, 3),
        act1: Gelu,
        #[param(name = "saved.2")]
        fc2: Linear(3),
        #[frozen]
        fc3: Linear(6),
        act4: Softmax,
        attention5: MultiheadAttention(heads = 3),
        fc6: Linear(4),
        attention7: MultiheadAttention(heads = 1),
        fc8: Linear(6),
        #[frozen]
        fc9: Linear(3),
        fc10: Linear(2),
        #[param(name = "saved.11")]
        fc11: Linear(2),
        #[frozen]
        fc12: Linear(2, bias = false),
        fc13: Linear(2),
        fc14: Linear(2),
        |x, y, z| {
            let x = embedding0(x);
            let h0 = z - 0.25;
            let h1 = sigmoid(act1(y));
            #[tap]
            let h2 = fc2(h0);
            let h3 = fc3(x);
            let h4 = h2.mean(0);
            let z = act4(h1);
            let h5 = attention5(z, x);
            let h6 = fc6(h5);
            let h7 = attention7(h6, h6);
            let h8 = leaky_relu(h5, 0.01);
            let h9 = fc8(h7);
            let h10 = silu(h8);
            let h11 = fc9(z);
            let h3 = fc10(h3.flatten());
            #[tap]
            let h12 = fc11(h4);
            let h13 = fc12(h9.flatten());
            let h1 = h10.flatten();
            let h14 = fc13(h1);
            let h8 = h11.flatten();
            let h11 = fc14(h8);
            concat([h3, h12, h13, h14, h11], axis = 0)
        }
    }
}

model! {
    pub Random13: [i32; 4] -> ([8, 5], [3, 2], [3, 2]) {
        #[param(name = "saved.0")]
        embedding0: Embedding(5, 3),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc1: Linear(3),
        tied2: Linear(5, tied = embedding0),
        |x| {
            let h0 = embedding0(x);
            let h1 = fc1(relu(h0));
            let x = fc1(h1);
            let h2 = h1.transpose();
            let h3 = tied2(concat([x, h0], axis = 0));
            let h4 = h3 + h3;
            let (x, h0) = h2.chunk(2, axis = 1);
            (h4, x, h0)
        }
    }
}

model! {
    pub Random14: ([4, 6, 4], [2, 4, 4]) -> [3] {
        conv0: Conv2d(3, kernel = 3, padding = 1, bias = false),
        fc1: Linear(2),
        fc2: Linear(3),
        fc3: Linear(3),
        |x, y| {
            let h0 = sigmoid(y);
            let h1 = h0 + 0.5;
            let h1 = conv0(2.0 / h1);
            let y = fc1(x);
            let h2 = fc2(y);
            let h3 = fc3(h1);
            let h4 = h2 - h3;
            h4
        }
    }
}

model! {
    pub Random15: [4, 3] -> ([4, 4], [4, 3], [1, 6]) {
        block0: Mixer<4, 3>,
        attention1: MultiheadAttention(heads = 3),
        #[param(name = "saved.2")]
        #[init(weight = kaiming_normal, bias = zeros)]
        fc2: Linear(2),
        fc3: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc4: Linear(6),
        attention5: MultiheadAttention(heads = 6),
        #[frozen]
        #[param(name = "saved.6")]
        fc6: Linear(4),
        act7: Relu6,
        #[frozen]
        fc8: Linear(3),
        fc9: Linear(6),
        |x| {
            let x = softmax(x);
            let h0 = block0(x);
            let h1 = block0(attention1(h0, x));
            let h2 = softmax(h0);
            let (h1, h3, h0) = h1.chunk(3, axis = 1);
            let h4 = h1.transpose();
            let h5 = fc2(h4);
            let h6 = fc3(h2);
            let h7 = h3 - fc4(h6);
            let h8 = attention5(h7, h7);
            #[tap]
            let h9 = 1.5 - h5;
            let h10 = fc6(h8);
            let h11 = sigmoid(h0);
            let h0 = act7(h10);
            #[tap]
            let h12 = fc8(h11);
            let h1 = fc9(h9);
            (h0, h12, h1)
        }
    }
}

model! {
    pub Random16: ([3, 2], [4, 4, 4], [3, 2]) -> [2] {
        conv0: Conv2d(1, kernel = 3, stride = 2),
        #[param(name = "saved.1")]
        conv1: Conv2d(5, kernel = 2, padding = 1, dilation = 2),
        conv2: Conv2d(2, kernel = 2, stride = 2, bias = false),
        #[param(name = "saved.3")]
        fc3: Linear(2, bias = false),
        pool4: GlobalAvgPool2d,
        #[param(name = "saved.5")]
        fc5: Linear(2),
        #[param(name = "saved.6")]
        fc6: Linear(2),
        #[frozen]
        fc7: Linear(2),
        fc8: Linear(2, bias = false),
        |x, y, z| {
            let h0 = x.slice([2..3, ..]);
            let h1 = conv1(conv0(y));
            let h2 = z.slice([.., 0..2]);
            let h3 = x * 0.5;
            let z = conv2(y);
            let h4 = fc3(h0).mean(0);
            let h5 = pool4(h1);
            let h6 = fc5(h5);
            let h5 = fc6(h2);
            let h2 = h5.mean(0);
            let h7 = fc7(h3);
            let h8 = h7.mean(0);
            let h9 = fc8(z);
            let h10 = h4 - h6;
            let h11 = (h10 - h2) - h8;
            h11 - h9
        }
    }
}

model! {
    pub Random17: ([4, 5], [3, 2], [3, 3, 4]) -> [3] {
        lstm0: Lstm(2),
        fc1: Linear(2),
        fc2: Linear(3),
        fc3: Linear(3),
        pool4: GlobalAvgPool2d,
        #[param(name = "saved.5")]
        fc5: Linear(3, bias = false),
        fc6: Linear(3, bias = false),
        |x, y, z| {
            let y = lstm0(y);
            let (z, h0) = z.split([2, 1], axis = 1);
            let h1 = fc1(x);
            let h2 = fc2(h1.flatten());
            let h3 = fc3(y).mean(0);
            let h4 = pool4(z);
            let h5 = fc5(h4);
            let h6 = fc6(h0);
            let h7 = h2 + h3;
            let h8 = h7 + h5;
            let h2 = h8 + h6;
            h2
        }
    }
}

model! {
    pub Random18: ([2, 6], [2, 2], [2, 5, 5]) -> [15] {
        conv0: Conv2d(6, kernel = 3, padding = 1, groups = 2),
        fc1: Linear(5),
        pool2: MaxPool2d(2),
        conv3: Conv2d(6, kernel = 1, groups = 3, bias = false),
        block4: Mixer<2, 3>,
        pool5: GlobalAvgPool2d,
        fc6: Linear(3),
        #[param(name = "saved.7")]
        fc7: Linear(3),
        #[param(name = "saved.8")]
        fc8: Linear(3),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc9: Linear(3),
        #[param(name = "saved.10")]
        fc10: Linear(3),
        |x, y, z| {
            let h0 = x.reshape([3, 4, 1]);
            let x = conv0(z);
            let h1 = fc1(y);
            let h2 = sigmoid(h1);
            let h3 = h2 + 0.5;
            let h2 = h2 / h3;
            let h4 = h2.sum(1);
            let h5 = h4.slice([0..2]);
            let h6 = h0 - h5;
            let h7 = pool2(x);
            let (h8, x) = h1.split([2, 3], axis = 1);
            #[tap]
            let h9 = silu(h3);
            let h10 = conv3(h6);
            let h11 = block4(x);
            let h12 = fc6(pool5(h7));
            let h13 = fc7(h8);
            let x = h13.mean(0);
            #[tap]
            let h14 = fc8(h9);
            let h15 = h14.mean(0);
            let h14 = fc9(h10);
            let h16 = h11.flatten();
            concat([h12, x, h15, h14, fc10(h16)], axis = 0)
        }
    }
}

model! {
    pub Random19Part0: [4] -> [4] {
        drop0: Dropout(0.25),
        fc1: Linear(6),
        fc2: Linear(4),
        fc3: Linear(2, bias = false),
        fc4: Linear(4),
        |x| {
            let h0 = drop0(x);
            let x = fc2(fc1(x));
            let h1 = fc3(h0 + x);
            fc4(h1)
        }
    }

    pub Random19: [4] -> ([2], [4]) {
        block0: Random19Part0,
        fc1: Linear(6, bias = false),
        fc2: Linear(2),
        #[tap]
        conv3: Conv2d(1, kernel = 2, stride = 2),
        #[param(name = "saved.4")]
        fc4: Linear(4),
        drop5: Dropout(0.25),
        #[param(name = "saved.6")]
        conv6: Conv2d(4, kernel = 3, padding = 1),
        drop7: Dropout(0.25),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv8: Conv2d(4, kernel = 2, padding = 1, groups = 2),
        pool9: GlobalAvgPool2d,
        fc10: Linear(2),
        #[tap]
        pool11: GlobalAvgPool2d,
        #[param(name = "saved.12")]
        fc12: Linear(2, bias = false),
        |x| {
            let h0 = x - 0.25;
            let h1 = block0(x);
            let h2 = h1.sum(0);
            let h3 = fc1(h0);
            let h4 = h2 + h3;
            let h0 = fc2(h3);
            let h5 = gelu(h4).reshape([1, -1, 3]);
            let h6 = relu6(h0);
            let h7 = conv3(h5);
            let h8 = fc4(h6);
            let h9 = drop5(h7);
            let h0 = {
                let inner = tanh(h8 * h9);
                conv6(inner)
            };
            let h10 = {
                let inner = 1.5 - h8;
                inner - h0
            };
            let h2 = drop7(h10);
            let h7 = conv8(h2);
            let (h5, h11) = h7.chunk(2, axis = 0);
            let h12 = pool9(h5);
            let h0 = fc10(h12);
            let h13 = pool11(h11);
            #[tap]
            let h14 = fc12(h13);
            let h0 = h0 + h14;
            (h0, x)
        }
    }
}

model! {
    pub Random20: [2, 3] -> ([2], [2]) {
        block0: Mixer<2, 3>,
        #[tap]
        half1: own::Half -> [3],
        #[param(name = "saved.2")]
        fc2: Linear(3),
        fc3: Linear(4),
        tied4: Linear(4, tied = fc3),
        #[frozen]
        #[tap]
        fc5: Linear(5),
        lstm6: Lstm(2),
        fc7: Linear(3, bias = false),
        block8: Mixer<2, 3>,
        same9: Identity,
        #[frozen]
        #[param(name = "saved.10")]
        fc10: Linear(2, bias = false),
        fc11: Linear(2, bias = false),
        #[frozen]
        fc12: Linear(2),
        |x| {
            let h0 = x.mean(0);
            let x = tanh(x);
            let h1 = -h0;
            let h2 = block0(x);
            let h3 = half1(h1);
            let h4 = fc2(h2);
            let h5 = fc3(h3);
            let h6 = fc5(tied4(h4));
            let h7 = fc7(lstm6(h6));
            let h8 = relu(x);
            let h2 = block8(h7);
            let h9 = same9(h2);
            let h10 = fc10(h5);
            let h11 = fc11(h8);
            let h1 = h11.mean(0);
            let h12 = fc12(h9.flatten());
            let h1 = h10 + h1;
            let h11 = h1 + h12;
            (h11, h11)
        }
    }
}

model! {
    pub Random21: [6, 4, 6] -> [4] {
        conv0: Conv2d(2, kernel = 1, stride = 2),
        pool1: MaxPool2d(2),
        conv2: Conv2d(6, kernel = 3, padding = 1, groups = 2, bias = false),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv3: Conv2d(2, kernel = 1, stride = 2, groups = 2),
        conv4: Conv2d(2, kernel = 3, stride = 2, padding = 1, groups = 2, bias = false),
        conv5: Conv2d(4, kernel = 1, groups = 2),
        conv6: Conv2d(8, kernel = 2, padding = 1, groups = 4, bias = false),
        same7: Identity,
        #[frozen]
        #[param(name = "saved.8")]
        conv8: Conv2d(2, kernel = 3, stride = 2, padding = 1, bias = false),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv9: Conv2d(4, kernel = 2, groups = 2),
        pool10: GlobalAvgPool2d,
        #[tap]
        fc11: Linear(4, bias = false),
        pool12: GlobalAvgPool2d,
        fc13: Linear(4),
        |x| {
            let x = conv0(x);
            let h0 = pool1(x);
            let h1 = conv2(h0);
            let h2 = conv3(x);
            let h3 = conv4(h1);
            let h4 = conv5(h2);
            let h5 = same7(conv6(h4));
            #[tap]
            let h6 = conv8(h3);
            let h7 = conv9(h5);
            let h8 = fc11(pool10(h6));
            let h0 = pool12(h7);
            #[tap]
            let h9 = fc13(h0);
            h8 - h9
        }
    }
}

model! {
    pub Random22: [4, 2] -> [8] {
        #[param(name = "saved.0")]
        fc0: Linear(6, bias = false),
        #[param(name = "saved.1")]
        fc1: Linear(5),
        #[param(name = "saved.2")]
        fc2: Linear(5),
        #[param(name = "saved.3")]
        fc3: Linear(4, bias = false),
        Dropout(0.25),
        #[param(name = "saved.5")]
        #[init(weight = kaiming_normal, bias = zeros)]
        fc5: Linear(4),
        block6: Mixer<4, 4>,
        #[frozen]
        fc7: Linear(3),
        block8: Mixer<4, 3>,
        fc9: Linear(2),
        #[param(name = "saved.10")]
        fc10: Linear(2, bias = false),
        block11: Mixer<4, 2>,
        lstm12: Lstm(2),
        #[tap]
        flat13: Flatten,
    }
}

model! {
    pub Random23: [6] -> [2] {
        #[param(name = "saved.0")]
        fc0: Linear(3),
        fc1: Linear(2),
        #[frozen]
        fc2: Linear(2),
        fc3: Linear(2, bias = false),
        |x| {
            let h0 = concat([x, x], axis = 0);
            let h1 = h0 + h0;
            let h2 = sigmoid(h0);
            let h3 = {
                let inner = 2.0 / (h2 + 0.5);
                inner.slice([6..12])
            };
            #[tap]
            let h4 = fc0(h3);
            let h5 = h4 + h4;
            let h6 = sigmoid(x);
            let h6 = h6 + 0.5;
            let h7 = h6 / h6;
            let x = fc1(h1);
            let h8 = fc2(h5);
            let h2 = fc3(h7);
            let h9 = (x + h8) + h2;
            h9
        }
    }
}

model! {
    pub Random24: ([2, 3], [4, 4], [4, 5, 5]) -> [2] {
        lstm0: Lstm(3),
        half1: own::Half -> [2, 3],
        #[param(name = "saved.2")]
        fc2: Linear(2),
        fc3: Linear(2),
        fc4: Linear(2),
        fc5: Linear(2, bias = false),
        fc6: Linear(2),
        |x, y, z| {
            let h0 = z.mean(0);
            let h1 = gelu_tanh(h0);
            let h2 = y.reshape([-1]);
            let h3 = lstm0(h1);
            let x = half1(x);
            let h4 = softmax(h2);
            let x = half1(x);
            let h5 = fc2(y);
            let h6 = fc3(h3).mean(0);
            let h7 = fc4(h4);
            let h8 = x.flatten();
            let h9 = fc5(h8);
            let h10 = fc6(h5.flatten());
            let h11 = h6 + h7;
            let h12 = (h11 + h9) + h10;
            h12
        }
    }
}

model! {
    pub Random25: [4, 6, 5] -> ([2], [4, 6, 5]) {
        #[frozen]
        conv0: Conv2d(6, kernel = 2, stride = 2, padding = 1, groups = 2, bias = false),
        conv1: Conv2d(5, kernel = 2, stride = 2),
        #[frozen]
        #[param(name = "saved.2")]
        norm2: BatchNorm2d,
        pool3: MaxPool2d(2, stride = 1),
        #[param(name = "saved.4")]
        conv4: Conv2d(2, kernel = 1, bias = false),
        conv5: Conv2d(6, kernel = 3, padding = 1, groups = 3),
        pool6: AvgPool2d(2),
        #[param(name = "saved.7")]
        conv7: Conv2d(6, kernel = 2, padding = 1, groups = 3, bias = false),
        pool8: GlobalAvgPool2d,
        #[param(name = "saved.9")]
        fc9: Linear(2),
        fc10: Linear(2, bias = false),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc11: Linear(2),
        pool12: GlobalAvgPool2d,
        #[param(name = "saved.13")]
        fc13: Linear(2, bias = false),
        |x| {
            let h0 = conv0(x);
            let h1 = h0.transpose();
            let h2 = conv1(h0);
            let h3 = norm2(h1);
            let h0 = pool3(h0);
            let h4 = conv4(h2);
            let h5 = conv5(h3);
            let h6 = pool6(h3);
            let h3 = conv7(h5);
            let h7 = pool8(h0);
            let h8 = fc9(h7);
            let h9 = fc10(h4);
            let h10 = fc11(h6);
            let h11 = pool12(h3);
            let h12 = fc13(h11);
            let h13 = h8 + h9;
            let h14 = h13 + h10;
            let h12 = h14 - h12;
            (h12, x)
        }
    }
}

model! {
    pub Random26: [3, 5] -> [8] {
        block0: Mixer<3, 5>,
        fc1: Linear(5),
        block2: Mixer<3, 5>,
        fc3: Linear(5, bias = false),
        fc4: Linear(5),
        flat5: Flatten,
        fc6: Linear(6, bias = false),
        fc7: Linear(2, bias = false),
        fc8: Linear(2),
        fc9: Linear(2),
        fc10: Linear(2),
        |x| {
            let h0 = block0(x);
            let h1 = block2(fc1(h0));
            let h2 = -h0;
            let h3 = fc3(h1);
            let h4 = h0 * 0.5;
            let h5 = fc1(h4);
            let x = h3.reshape([15]);
            let h6 = fc4(h5);
            let h7 = h6 * h2;
            let h3 = tanh(h7);
            let h2 = flat5(h2);
            let h8 = h2 + x;
            let h9 = fc6(h3);
            let x = flat5(h4);
            let h10 = h1 + h6;
            let h11 = fc7(h8);
            let h12 = fc8(h9);
            let h13 = h12.mean(0);
            let h14 = fc9(x);
            let h12 = fc10(h10);
            concat([h11, h13, h14, h12.mean(0)], axis = 0)
        }
    }
}

model! {
    pub Random27: [3, 3, 4] -> [20] {
        conv0: Conv2d(6, kernel = 3, stride = 2, groups = 3),
        #[param(name = "saved.1")]
        conv1: Conv2d(6, kernel = 2, padding = 1, dilation = 2, groups = 3, bias = false),
        #[param(name = "saved.2")]
        conv2: Conv2d(12, kernel = 3, padding = 1, groups = 6),
        conv3: Conv2d(6, kernel = 1, groups = 3),
        #[frozen]
        conv4: Conv2d(12, kernel = 3, padding = 1, groups = 12),
        conv5: Conv2d(6, kernel = 2, stride = 2, padding = 1, groups = 2, bias = false),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc6: Linear(5),
        conv7: Conv2d(12, kernel = 2, stride = 2, dilation = 2, groups = 6),
        #[param(name = "saved.8")]
        conv8: Conv2d(2, kernel = 3, stride = 2, padding = 1),
        fc9: Linear(4, bias = false),
        fc10: Linear(4),
        #[tap]
        fc11: Linear(4),
        pool12: GlobalAvgPool2d,
        fc13: Linear(4),
        #[param(name = "saved.14")]
        fc14: Linear(4),
        |x| {
            let h0 = conv0(x);
            let h1 = conv1(x);
            let x = conv2(h0);
            let h2 = conv3(h1);
            let h3 = conv4(x);
            let h4 = conv3(h2);
            let h3 = conv5(h3);
            let h5 = fc6(x.flatten());
            let h2 = conv7(h4);
            let h6 = conv8(h4);
            let h4 = h0.reshape([-1, 2]);
            let x = fc9(h3);
            #[tap]
            let h7 = fc10(h5);
            let h8 = fc11(h2);
            let h9 = fc13(pool12(h6));
            let h10 = concat([x, h7, h8, h9, fc14(h4.flatten())], axis = 0);
            h10
        }
    }
}

model! {
    pub Random28: ([3, 6], [6, 5, 5]) -> [4] {
        same0: Identity,
        #[frozen]
        #[param(name = "saved.1")]
        #[tap]
        conv1: Conv2d(6, kernel = 2, groups = 3),
        #[param(name = "saved.2")]
        fc2: Linear(6),
        attention3: MultiheadAttention(heads = 3),
        fc4: Linear(4),
        fc5: Linear(4),
        pool6: GlobalAvgPool2d,
        #[init(weight = kaiming_normal, bias = zeros)]
        fc7: Linear(4),
        fc8: Linear(4, bias = false),
        |x, y| {
            let h0 = same0(x);
            let h1 = conv1(1.5 * y);
            let h2 = sigmoid(x);
            let h3 = h2 + 0.5;
            let y = h2 / h3;
            let h4 = h0.mean(0);
            let h5 = y.slice([.., 2..3]);
            let h5 = fc2(h5);
            let h4 = h4.slice([4..6]);
            let h6 = attention3(h3, h0);
            let h3 = relu6(h4);
            let x = sigmoid(h1) + 0.5;
            let x = x / x;
            let h4 = log_softmax(h3);
            let h3 = h5.flatten();
            let h7 = fc4(h3);
            let y = fc5(h6.flatten());
            let h8 = pool6(x);
            let h9 = fc7(h8);
            let h10 = fc8(h4);
            let x = ((h7 + y) + h9) + h10;
            x
        }
    }
}

model! {
    pub Random29: ([4, 6, 4], [4, 2]) -> [20] {
        #[param(name = "saved.0")]
        fc0: Linear(5),
        block1: Bottleneck<4, 1, 6, 4>,
        same2: Identity,
        #[frozen]
        #[param(name = "saved.3")]
        conv3: Conv2d(8, kernel = 1, groups = 4),
        fc4: Linear(5, bias = false),
        fc5: Linear(2, bias = false),
        fc6: Linear(4, bias = false),
        fc7: Linear(4),
        #[param(name = "saved.8")]
        fc8: Linear(4),
        fc9: Linear(4),
        fc10: Linear(4),
        |x, y| {
            let h0 = fc0(y[2..3]);
            let h1 = block1(x);
            let h1 = h1 + h1;
            let h0 = same2(h0);
            #[tap]
            let h2 = conv3(x);
            let h3 = h2.mean(1);
            let h4 = sigmoid(h0);
            let h5 = h4 / (h4 + 0.5);
            let h6 = fc4(y);
            let h7 = fc5(h4);
            let h8 = fc6(h1);
            let h1 = fc7(h3).sum(0);
            let h5 = fc8(h5);
            let h9 = h5.mean(0);
            let h10 = h6.flatten();
            let h11 = fc9(h10);
            #[tap]
            let h12 = concat([h8, h1, h9, h11, fc10(h7).mean(0)], axis = 0);
            h12
        }
    }
}

model! {
    pub Random30: [6, 6, 5] -> ([12], [6, 6, 5]) {
        conv0: Conv2d(6, kernel = 2, padding = 1, groups = 2, bias = false),
        pool1: AvgPool2d(2, stride = 1),
        conv2: Conv2d(2, kernel = 3, stride = 2, groups = 2, bias = false),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv3: Conv2d(5, kernel = 2, stride = 2),
        #[param(name = "saved.4")]
        conv4: Conv2d(5, kernel = 1, groups = 5),
        conv5: Conv2d(5, kernel = 2, padding = 1, dilation = 2, groups = 5),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv6: Conv2d(10, kernel = 3, padding = 1, groups = 5),
        conv7: Conv2d(3, kernel = 1, stride = 2),
        #[param(name = "saved.8")]
        fc8: Linear(4),
        #[param(name = "saved.9")]
        #[init(weight = kaiming_normal, bias = zeros)]
        fc9: Linear(4),
        fc10: Linear(4),
        |x| {
            let h0 = conv0(x);
            let h1 = pool1(h0);
            let h2 = conv2(h1);
            let h0 = gelu_tanh(h2);
            let h3 = softmax(conv5(conv4(conv3(h0)))).transpose();
            #[tap]
            let h4 = conv7(conv6(h3));
            let h1 = tanh(h2);
            let (h1, h5) = h1.split([1, 1], axis = 2);
            let h6 = fc8(h4);
            let h2 = fc9(h1);
            let h5 = concat([h6, h2, fc10(h5)], axis = 0);
            (h5, x)
        }
    }
}

model! {
    pub Random31: ([8], [5], [4, 5, 4]) -> [3] {
        conv0: Conv2d(4, kernel = 2, stride = 2, padding = 1),
        fc1: Linear(6),
        act2: Relu,
        fc3: Linear(2),
        #[param(name = "saved.4")]
        fc4: Linear(3),
        fc5: Linear(3),
        pool6: GlobalAvgPool2d,
        fc7: Linear(3, bias = false),
        |x, y, z| {
            let z = conv0(z);
            let h0 = fc1(x);
            let h1 = act2(z);
            let h2 = h1.narrow(1, 0, 3);
            let h3 = h2.transpose();
            #[tap]
            let h4 = fc4(fc3(y));
            let h5 = fc5(h0);
            let h6 = {
                let inner = pool6(h3);
                fc7(inner)
            };
            let h5 = {
                let inner = h4 - h5;
                inner + h6
            };
            h5
        }
    }
}

model! {
    pub Random32: [4, 4, 5] -> ([3, 2, 3], [4, 2, 5], [4, 2, 5]) {
        conv0: Conv2d(3, kernel = 2, stride = 2, padding = 1, dilation = 2, bias = false),
        |x| {
            let h0 = conv0(x);
            let (h1, h2) = x.chunk(2, axis = 1);
            (h0, h1, h2)
        }
    }
}

model! {
    pub Random33: [2, 3, 4] -> [16] {
        #[frozen]
        conv0: Conv2d(6, kernel = 3, stride = 2, groups = 2, bias = false),
        conv1: Conv2d(1, kernel = 1, stride = 2),
        #[param(name = "saved.2")]
        fc2: Linear(6, bias = false),
        fc3: Linear(3),
        half4: own::Half -> [6, 1, 1],
        act5: Tanh,
        pool6: MaxPool2d(2, stride = 1),
        pool7: GlobalAvgPool2d,
        fc8: Linear(4, bias = false),
        pool9: GlobalAvgPool2d,
        #[param(name = "saved.10")]
        #[init(weight = kaiming_normal, bias = zeros)]
        fc10: Linear(4),
        fc11: Linear(4, bias = false),
        fc12: Linear(4),
        |x| {
            let h0 = conv0(x);
            let h1 = fc3(fc2(conv1(h0)));
            let h2 = half4(h0);
            let h3 = act5(h2);
            let h2 = pool6(x);
            let h4 = tanh(h1);
            let h1 = half4(h0);
            let h3 = pool7(h3);
            let h5 = fc8(h3);
            let h6 = pool9(h2);
            let h0 = fc10(h6);
            let h7 = fc11(h4);
            let h8 = fc12(h1);
            let h9 = concat([h5, h0, h7, h8], axis = 0);
            h9
        }
    }
}

model! {
    pub Random34: [4, 6] -> [3] {
        drop0: Dropout(0.25),
        fc1: Linear(2),
        same2: Identity,
        block3: Mixer<3, 2>,
        fc4: Linear(3),
        #[tap]
        fc5: Linear(3),
        fc6: Linear(3),
        fc7: Linear(3),
        |x| {
            let h0 = x.transpose();
            let h1 = relu6(h0);
            let h0 = drop0(h1);
            let h2 = fc1(h1);
            let h3 = same2(h0);
            let h4 = sigmoid(x);
            let h0 = h4 + 0.5;
            let h5 = 2.0 / h0;
            let h6 = h5 + h5;
            let (h2, h7) = h2.chunk(2, axis = 0);
            let h8 = gelu(h7);
            let h9 = block3(h2);
            let h10 = tanh(h6 * h4);
            let h11 = h8.mean(0);
            let h12 = -h10;
            let h13 = fc4(h3).mean(0);
            let h14 = fc5(h9);
            let h15 = h14.mean(0);
            let h16 = fc6(h11);
            let h17 = fc7(h12);
            let h8 = h17.mean(0);
            let h18 = (h13 - h15) + h16;
            let h3 = h18 - h8;
            h3
        }
    }
}

model! {
    pub Random35: [i32; 4] -> [4, 6] {
        embedding0: Embedding(5, 4),
        fc1: Linear(6, bias = false),
        |x| {
            let x = embedding0(x);
            let h0 = fc1(x);
            h0
        }
    }
}

model! {
    pub Random36: [3, 6, 3] -> [4] {
        conv0: Conv2d(3, kernel = 2, stride = 2, groups = 3),
        flat1: Flatten,
        #[param(name = "saved.2")]
        fc2: Linear(2),
        fc3: Linear(4),
        #[param(name = "saved.4")]
        fc4: Linear(4, bias = false),
        pool5: GlobalAvgPool2d,
        fc6: Linear(4),
        #[tap]
        pool7: GlobalAvgPool2d,
        #[param(name = "saved.8")]
        fc8: Linear(4),
        #[param(name = "saved.9")]
        #[tap]
        fc9: Linear(4, bias = false),
        |x| {
            let h0 = conv0(x);
            let h1 = flat1(h0);
            let h2 = h1.slice([4..9]);
            let h3 = h1 * 0.5;
            let h1 = relu(h2);
            let h4 = h3 - h0;
            let (h2, h0) = fc2(h1).chunk(2, axis = 0);
            let h5 = fc3(tanh(h2 * h0));
            #[tap]
            let h6 = sigmoid(h4);
            let h2 = h6 + 0.5;
            let h7 = h0 / h2;
            let h1 = {
                let inner = log_softmax(h5);
                fc4(inner)
            };
            let (h2, h8, h0) = h7.chunk(3, axis = 2);
            let h9 = pool5(h2);
            let h2 = fc6(h9);
            #[tap]
            let h10 = fc8(pool7(h8));
            let h11 = fc9(h0);
            #[tap]
            let h12 = h1 + h2;
            let h13 = (h12 + h10) - h11;
            h13
        }
    }
}

model! {
    pub Random37: [4, 4, 5] -> ([20], [20]) {
        conv0: Conv2d(3, kernel = 2, stride = 2),
        norm1: BatchNorm2d,
        pool2: AvgPool2d(2),
        blocks3: [Conv2d(4, kernel = 3, padding = 1); 2],
        conv4: Conv2d(1, kernel = 3, padding = 1),
        conv5: Conv2d(8, kernel = 3, stride = 2, groups = 4, bias = false),
        #[param(name = "saved.6")]
        conv6: Conv2d(1, kernel = 2, stride = 2, dilation = 2, bias = false),
        pool7: GlobalAvgPool2d,
        fc8: Linear(3),
        pool9: GlobalAvgPool2d,
        #[param(name = "saved.10")]
        fc10: Linear(4, bias = false),
        pool11: GlobalAvgPool2d,
        fc12: Linear(4),
        fc13: Linear(4),
        #[param(name = "saved.14")]
        fc14: Linear(4),
        |x| {
            let h0 = norm1(conv0(x));
            let h1 = h0.reshape([12, 1]);
            let h2 = pool2(x);
            let h3 = blocks3[1](x);
            let h0 = blocks3[0](h3);
            let h4 = conv4(h0);
            #[tap]
            let h5 = conv5(x);
            let h6 = h1 + h1;
            let h7 = conv6(h4);
            let h3 = -h6;
            let h8 = concat([h7, h7], axis = 2);
            let h7 = concat([h2, h2], axis = 1);
            let h8 = pool7(h8);
            let h2 = fc8(h3);
            let h9 = pool9(x);
            let h10 = fc10(h5);
            let h11 = pool11(h7);
            #[tap]
            let h12 = fc12(h11);
            let h5 = fc13(h8);
            let h13 = fc14(h2);
            let h14 = concat([h10, h12, h5, h13.mean(0), h9], axis = 0);
            (h14, h14)
        }
    }
}

model! {
    pub Random38: ([2, 3, 3], [2, 4, 3]) -> [3] {
        conv0: Conv2d(6, kernel = 3, stride = 2, groups = 2),
        #[frozen]
        #[tap]
        conv1: Conv2d(12, kernel = 2, stride = 2, padding = 1, groups = 6),
        #[tap]
        fc2: Linear(3),
        drop3: Dropout(0.25),
        #[param(name = "saved.4")]
        fc4: Linear(6),
        fc5: Linear(3),
        #[param(name = "saved.6")]
        fc6: Linear(3),
        |x, y| {
            let y = {
                let inner = log_softmax(conv0(y));
                conv1(inner)
            };
            let h0 = x.mean(0);
            let x = tanh(h0);
            let h1 = fc2(y);
            #[tap]
            let h2 = x - h1;
            let x = h2 - h0;
            let h3 = concat([x, h0], axis = 0);
            let h4 = drop3(h3);
            #[tap]
            let h5 = h4 + h4;
            #[tap]
            let h6 = h5 + h5;
            let h1 = drop3(h6);
            let h7 = fc4(h3);
            #[tap]
            let h8 = fc5(h1).mean(0);
            let h9 = {
                let inner = fc6(h7);
                inner.mean(0)
            };
            let h10 = h8 + h9;
            h10
        }
    }
}

model! {
    pub Random39: [4, 5] -> [2] {
        fc0: Linear(6, bias = false),
        block1: Mixer<4, 6>,
        drop2: Dropout(0.25),
        fc3: Linear(5),
        half4: own::Half -> [4, 6],
        drop5: Dropout(0.25),
        #[param(name = "saved.6")]
        fc6: Linear(2, bias = false),
        #[param(name = "saved.7")]
        fc7: Linear(2),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc8: Linear(2),
        |x| {
            let h0 = fc0(x);
            let h1 = relu6(h0);
            let h2 = block1(h1);
            let h3 = sigmoid(h1);
            let h4 = h3 + 0.5;
            let h5 = h0 / h4;
            let h6 = block1(h0);
            let h7 = drop2(h6);
            let x = block1(h7);
            let h8 = fc3(h5);
            let h6 = concat([h2, h3], axis = 1);
            let h1 = h6 * h6;
            let h9 = tanh(h1);
            let h10 = x - half4(h0);
            let x = h10 - h0;
            let h11 = drop5(h9);
            let h12 = sigmoid(x);
            let h13 = h12 + 0.5;
            let h14 = h4 / h13;
            let h4 = fc6(h8.flatten());
            let h15 = fc7(h11).mean(0);
            let h14 = fc8(h14).mean(0);
            let h4 = (h4 - h15) + h14;
            h4
        }
    }
}

model! {
    pub Random40Part0: [4] -> [4] {
        drop0: Dropout(0.25),
        fc1: Linear(4),
        |x| {
            let h0 = drop0(x);
            let h1 = sigmoid(x);
            let h2 = h1 / (h1 + 0.5);
            let h3 = {
                let inner = h0 - h2;
                fc1(inner)
            };
            h3
        }
    }

    pub Random40: [5] -> [4] {
        #[frozen]
        fc0: Linear(4),
        Relu,
        block2: Random40Part0,
        block3: Dense<4>,
        fc4: Linear(5, bias = false),
        block5: Dense<5>,
        fc6: Linear(3),
        #[tap]
        fc7: Linear(4),
    }
}

model! {
    pub Random41: [2, 4] -> [16] {
        #[param(name = "saved.0")]
        fc0: Linear(6),
        lstm1: Lstm(2),
        #[param(name = "saved.2")]
        fc2: Linear(5),
        #[init(weight = kaiming_normal, bias = zeros)]
        #[tap]
        fc3: Linear(4),
        #[tap]
        fc4: Linear(4),
        fc5: Linear(4),
        fc6: Linear(4),
        |x| {
            #[tap]
            let h0 = fc0(x);
            let h1 = h0 + h0;
            let h2 = gelu_tanh(h0);
            let h3 = lstm1(h1);
            let h4 = concat([h0, h2], axis = 0);
            let h5 = fc2(h3);
            let h2 = x + x;
            let x = 1.5 - h4;
            let h6 = h2.reshape([8]);
            let h1 = h6.narrow(0, 0, 8);
            let h7 = log_softmax(h0);
            let h8 = fc3(h5);
            let h9 = h8.mean(0);
            let h10 = x.flatten();
            let h11 = fc4(h10);
            let h5 = fc5(h1);
            let h12 = h7.flatten();
            let h13 = fc6(h12);
            let h14 = concat([h9, h11, h5, h13], axis = 0);
            h14
        }
    }
}

model! {
    pub Random42: ([1, 5, 6], [i32; 2]) -> ([2, 3], [1, 4, 5], [3, 2]) {
        #[param(name = "saved.0")]
        #[tap]
        embedding0: Embedding(5, 3),
        drop1: Dropout(0.25),
        lstm2: Lstm(3),
        pool3: MaxPool2d(2, stride = 1),
        block4: Mixer<3, 2>,
        same5: Identity,
        |x, y| {
            let y = embedding0(y);
            let h0 = y.reshape([2, 3]);
            let h1 = h0 + h0;
            let h2 = y.reshape([3, -1]);
            let h3 = h1.narrow(1, 0, 2);
            let h0 = drop1(x);
            let h4 = lstm2(h3);
            let h0 = pool3(drop1(h0));
            let h5 = block4(h2);
            let h6 = same5(h5);
            (h4, h0, h6)
        }
    }
}

model! {
    pub Random43: [4, 5] -> [4, 2] {
        #[param(name = "saved.0")]
        fc0: Linear(6, bias = false),
        #[frozen]
        fc1: Linear(3),
        #[init(weight = kaiming_normal, bias = zeros)]
        #[tap]
        fc2: Linear(6),
        fc3: Linear(6),
        Identity,
        #[frozen]
        fc5: Linear(4, bias = false),
        fc6: Linear(6),
        #[param(name = "saved.7")]
        fc7: Linear(3),
        fc8: Linear(5, bias = false),
        lstm9: Lstm(2),
        #[tap]
        block10: Mixer<4, 2>,
    }
}

model! {
    pub Random44: [2, 3] -> [2, 1] {
        fc0: Linear(5, bias = false),
        fc1: Linear(3),
        fc2: Linear(2),
        lstm3: Lstm(2),
        |x| {
            let h0 = fc0(x);
            let h1 = fc1(h0);
            let h0 = fc2(h1);
            #[tap]
            let h2 = {
                let inner = lstm3(h0);
                inner + h0
            };
            let h3 = tanh(h2 * h2);
            #[tap]
            let h4 = h3.slice([.., 1..2]);
            h4.reshape([2, 1])
        }
    }
}

model! {
    pub Random45Part0: [5] -> [5] {
        fc0: Linear(5),
        |x| {
            let h0 = softmax(x);
            let h1 = h0[2..5];
            let h2 = fc0(h1);
            h2
        }
    }

    pub Random45Part1: [5] -> [5] {
        fc0: Linear(5),
        |x| {
            let h0 = (x + x).sum(0);
            let h0 = h0.reshape([1]);
            fc0(h0)
        }
    }

    pub Random45: [5] -> ([5], [5], [5]) {
        blocks0: [Random45Part0; 2],
        block1: Random45Part1,
        blocks2: [Linear(5); 3],
        |x| {
            let h0 = {
                let inner = tanh(x * x);
                relu6(inner)
            };
            let h1 = log_softmax(h0);
            let h2 = leaky_relu(h1, 0.01);
            let h0 = blocks0[0](blocks0[1](x));
            let h3 = block1(h0);
            let h4 = blocks2[2](h1);
            let h5 = blocks2[1](h4);
            let h0 = blocks2[0](h5);
            (h2, h3, h0)
        }
    }
}

model! {
    pub Random46: ([i32; 3], [4, 2]) -> ([4, 2], [1, 3], [3, 4]) {
        embedding0: Embedding(5, 4),
        attention1: MultiheadAttention(heads = 1),
        same2: Identity,
        fc3: Linear(3),
        attention4: MultiheadAttention(heads = 2),
        |x, y| {
            let x = embedding0(x);
            let h0 = (y + y).narrow(1, 1, 1);
            let h1 = attention1(x, x);
            let h2 = h0.transpose();
            let h3 = same2(y);
            let h0 = fc3(h2);
            let y = h1 * h2;
            #[tap]
            let h4 = attention4(tanh(y), x).permute([0, 1]);
            (h3, h0, h4)
        }
    }
}

model! {
    pub Random47: ([1, 6, 4], [1, 6, 5], [4, 5, 3]) -> [15] {
        drop0: Dropout(0.25),
        conv1: Conv2d(1, kernel = 2, stride = 2, dilation = 2),
        #[init(weight = kaiming_normal, bias = zeros)]
        conv2: Conv2d(1, kernel = 1),
        same3: Identity,
        conv4: Conv2d(1, kernel = 2, padding = 1),
        fc5: Linear(2),
        fc6: Linear(3),
        #[frozen]
        fc7: Linear(3),
        fc8: Linear(3),
        #[frozen]
        fc9: Linear(3),
        pool10: GlobalAvgPool2d,
        fc11: Linear(3, bias = false),
        |x, y, z| {
            let h0 = y * drop0(y);
            let y = tanh(h0);
            let h1 = conv1(x);
            let y = conv2(y);
            let h2 = same3(x);
            let x = conv4(h0);
            let h3 = fc5(z);
            #[tap]
            let h4 = fc6(h3);
            let h0 = fc7(h1);
            let h5 = fc8(y);
            let h6 = fc9(h2);
            let h7 = fc11(pool10(x));
            let h7 = concat([h4, h0, h5, h6, h7], axis = 0);
            h7
        }
    }
}

model! {
    pub Random48: [2, 5] -> [4] {
        #[init(weight = kaiming_normal, bias = zeros)]
        fc0: Linear(5),
        fc1: Linear(4),
        fc2: Linear(4, bias = false),
        |x| {
            let h0 = 1.5 * x;
            let h1 = fc0(x);
            let h2 = fc1(h0);
            let h3 = h2.mean(0);
            let h4 = fc2(h1.flatten());
            let h5 = h3 - h4;
            h5
        }
    }
}

model! {
    pub Random49: [1, 5, 6] -> ([4], [1, 5, 6]) {
        conv0: Conv2d(5, kernel = 2, padding = 1, bias = false),
        #[frozen]
        #[init(weight = kaiming_normal, bias = zeros)]
        conv1: Conv2d(4, kernel = 2),
        #[frozen]
        norm2: BatchNorm2d,
        fc3: Linear(4),
        #[param(name = "saved.4")]
        fc4: Linear(4),
        |x| {
            let h0 = conv0(x);
            let h1 = 2.0 / (sigmoid(x) + 0.5);
            let h0 = conv1(h0);
            let h1 = 1.5 * h1;
            let h2 = norm2(h0);
            let h3 = fc3(h1);
            let h4 = h3 + fc4(h2);
            (h4, x)
        }
    }
}

model! {
    pub Random50Part0: [6] -> [6] {
        conv0: Conv2d(6, kernel = 1),
        fc1: Linear(3),
        fc2: Linear(6),
        |x| {
            let h0 = conv0(x.reshape([1, 2, 3]));
            fc2(fc1(h0))
        }
    }

    pub Random50: [4] -> [2] {
        #[frozen]
        #[param(name = "saved.0")]
        fc0: Linear(2),
        #[tap]
        fc1: Linear(6),
        blocks2: [Random50Part0; 2],
        squash3: own::Squash -> [3],
        blocks4: [Linear(3); 3],
        #[init(weight = kaiming_normal, bias = zeros)]
        fc5: Linear(3),
        #[param(name = "saved.6")]
        #[init(weight = kaiming_normal, bias = zeros)]
        fc6: Linear(6),
        #[param(name = "saved.7")]
        fc7: Linear(2),
    }
}

model! {
    pub Random51: [2] -> ([1, 3], [2]) {
        fc0: Linear(3, bias = false),
        |x| {
            let h0 = x.reshape([1, -1]);
            let h0 = fc0(h0);
            (h0, x)
        }
    }
}

model! {
    pub Random52: [2, 4, 6] -> [4, 5, 7] {
        conv0: Conv2d(4, kernel = 2, padding = 1, groups = 2),
        drop1: Dropout(0.25),
        |x| {
            let h0 = conv0(x);
            let h1 = drop1(h0);
            h1
        }
    }
}

model! {
    pub Random53: [4, 6] -> ([8, 2], [1], [4, 6]) {
        attention0: MultiheadAttention(heads = 3),
        #[tap]
        drop1: Dropout(0.25),
        fc2: Linear(2, bias = false),
        lstm3: Lstm(3),
        |x| {
            let h0 = concat([x, x], axis = 0);
            let h1 = h0 - attention0(h0, x);
            #[tap]
            let h2 = 0.5 + drop1(h1).slice([0..1, ..]);
            let h3 = fc2(h1);
            let h1 = -h2;
            let h4 = lstm3(h1);
            let h5 = h4.mean(1);
            (h3, h5, x)
        }
    }
}

model! {
    pub Random54: ([6, 6, 4], [3, 6, 6]) -> [3] {
        #[param(name = "saved.0")]
        conv0: Conv2d(4, kernel = 3, stride = 2, padding = 1),
        conv1: Conv2d(3, kernel = 1, bias = false),
        conv2: Conv2d(2, kernel = 3, padding = 1, groups = 2),
        conv3: Conv2d(3, kernel = 2, stride = 2, groups = 3, bias = false),
        conv4: Conv2d(6, kernel = 1, groups = 3),
        #[frozen]
        conv5: Conv2d(12, kernel = 1, groups = 6, bias = false),
        conv6: Conv2d(2, kernel = 2, stride = 2, padding = 1, dilation = 2, groups = 2, bias = false),
        fc7: Linear(3, bias = false),
        #[tap]
        fc8: Linear(3),
        pool9: GlobalAvgPool2d,
        #[param(name = "saved.10")]
        fc10: Linear(3),
        fc11: Linear(3),
        |x, y| {
            let h0 = conv0(y);
            let x = conv1(x);
            let h1 = x + x;
            let h2 = y.permute([1, 0, 2]);
            let h0 = sigmoid(h0) + 0.5;
            let x = 2.0 / h0;
            let h0 = conv2(x);
            let h3 = conv4(conv3(h1));
            let h4 = conv5(h3);
            let h3 = conv6(h4);
            #[tap]
            let h5 = x.slice([2..3, .., ..]);
            let x = fc7(h2);
            let h6 = fc8(h0);
            let h7 = pool9(h3);
            let h8 = fc10(h7);
            let h0 = fc11(h5);
            let h9 = x + h6;
            let h10 = h9 + h8;
            let h11 = h10 + h0;
            h11
        }
    }
}

model! {
    pub Random55: [2, 6, 4] -> [4] {
        #[frozen]
        conv0: Conv2d(3, kernel = 1, stride = 2),
        norm1: BatchNorm2d,
        conv2: Conv2d(2, kernel = 3, stride = 2, padding = 1, dilation = 2),
        flat3: Flatten,
        #[frozen]
        fc4: Linear(4, bias = false),
        pool5: GlobalAvgPool2d,
        #[param(name = "saved.6")]
        fc6: Linear(4),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc7: Linear(4),
        |x| {
            let h0 = x.slice([.., 0..5, ..]);
            let h1 = conv0(x);
            let h2 = norm1(h0);
            let h3 = conv2(h0);
            let h4 = flat3(h1);
            let h5 = fc4(h2);
            let h2 = fc6(pool5(h3));
            let h6 = fc7(h4);
            let h7 = (h5 + h2) + h6;
            h7
        }
    }
}

model! {
    pub Random56: [4, 5] -> [10] {
        #[param(name = "saved.0")]
        fc0: Linear(6),
        #[param(name = "saved.1")]
        fc1: Linear(5),
        act2: GeluTanh,
        fc3: Linear(4),
        #[param(name = "saved.4")]
        fc4: Linear(2),
        #[param(name = "saved.5")]
        fc5: Linear(2),
        fc6: Linear(2),
        #[tap]
        fc7: Linear(2),
        fc8: Linear(2, bias = false),
        |x| {
            let h0 = sigmoid(x);
            let h1 = h0 + 0.5;
            let h2 = x / h1;
            let h2 = h2.permute([1, 0]);
            let h3 = h0 + h1;
            let h4 = h3 + h0;
            let h5 = fc0(h3);
            #[tap]
            let h6 = sigmoid(h0);
            let h7 = h6 + 0.5;
            let h8 = h4 / h7;
            let h4 = h2 * 0.5;
            let h9 = fc1(h4);
            let h10 = fc1(h2);
            let h11 = act2(h5);
            #[tap]
            let h12 = fc3(h1);
            let h13 = fc4(h8.flatten());
            let h14 = h9.flatten();
            let h15 = fc5(h14);
            let h16 = fc6(h10.flatten());
            let h17 = fc7(h11.flatten());
            let h18 = fc8(h12);
            concat([h13, h15, h16, h17, h18.mean(0)], axis = 0)
        }
    }
}

model! {
    pub Random57: [2, 3] -> [4] {
        half0: own::Half -> [2, 3],
        fc1: Linear(4),
        fc2: Linear(6),
        #[init(weight = kaiming_normal, bias = zeros)]
        fc3: Linear(4),
        LeakyRelu(0.01),
        same5: Identity,
        act6: Gelu,
        Tanh,
        #[init(weight = kaiming_normal, bias = zeros)]
        fc8: Linear(2),
        Silu,
        Flatten,
        #[param(name = "saved.11")]
        fc11: Linear(5),
        #[param(name = "saved.12")]
        fc12: Linear(4),
        half13: own::Half -> [4],
    }
}

model! {
    pub Random58: ([3, 5], [2, 4]) -> [4] {
        #[param(name = "saved.0")]
        fc0: Linear(3),
        #[param(name = "saved.1")]
        #[tap]
        fc1: Linear(4),
        fc2: Linear(6),
        act3: GeluTanh,
        #[param(name = "saved.4")]
        fc4: Linear(6),
        fc5: Linear(5),
        fc6: Linear(3, bias = false),
        fc7: Linear(2),
        #[param(name = "saved.8")]
        fc8: Linear(4),
        fc9: Linear(4),
        fc10: Linear(4),
        fc11: Linear(4, bias = false),
        |x, y| {
            let h0 = fc0(y);
            let x = fc1(x);
            let (y, h1) = h0.split([2, 1], axis = 1);
            let h2 = fc2(x);
            let h3 = h2.narrow(1, 5, 1);
            let h4 = act3(h0);
            let h5 = h1 * h4;
            let h6 = tanh(h5);
            let h7 = fc4(x);
            let h2 = y / 2.0;
            let h5 = relu6(h7) * h3;
            let h4 = tanh(h5);
            let h0 = fc5(h4);
            let h5 = fc6(h6);
            let x = fc7(x);
            #[tap]
            let h8 = h2.flatten();
            let h9 = fc8(h8);
            let h10 = fc9(h0);
            let h11 = h10.mean(0);
            let h12 = fc10(h5);
            let h13 = h12.mean(0);
            let h14 = x.flatten();
            let h15 = fc11(h14);
            let h16 = (h9 + h11) - h13;
            h16 + h15
        }
    }
}

model! {
    pub Random59: [2, 4] -> [2, 4] {
        #[param(name = "saved.0")]
        fc0: Linear(6, bias = false),
        Dropout(0.25),
        lstm2: Lstm(2),
        #[param(name = "saved.3")]
        fc3: Linear(6),
        block4: Mixer<2, 6>,
        #[param(name = "saved.5")]
        fc5: Linear(5),
        Identity,
        fc7: Linear(4),
    }
}

tests! {
    random_00: Random00 = 0;
    random_01: Random01 = 1;
    random_02: Random02 = 2;
    random_03: Random03 = 3;
    random_04: Random04 = 4;
    random_05: Random05 = 5;
    random_06: Random06 = 6;
    random_07: Random07 = 7;
    random_08: Random08 = 8;
    random_09: Random09 = 9;
    random_10: Random10 = 10;
    random_11: Random11 = 11;
    random_12: Random12 = 12;
    random_13: Random13 = 13;
    random_14: Random14 = 14;
    random_15: Random15 = 15;
    random_16: Random16 = 16;
    random_17: Random17 = 17;
    random_18: Random18 = 18;
    random_19: Random19 = 19;
    random_20: Random20 = 20;
    random_21: Random21 = 21;
    random_22: Random22 = 22;
    random_23: Random23 = 23;
    random_24: Random24 = 24;
    random_25: Random25 = 25;
    random_26: Random26 = 26;
    random_27: Random27 = 27;
    random_28: Random28 = 28;
    random_29: Random29 = 29;
    random_30: Random30 = 30;
    random_31: Random31 = 31;
    random_32: Random32 = 32;
    random_33: Random33 = 33;
    random_34: Random34 = 34;
    random_35: Random35 = 35;
    random_36: Random36 = 36;
    random_37: Random37 = 37;
    random_38: Random38 = 38;
    random_39: Random39 = 39;
    random_40: Random40 = 40;
    random_41: Random41 = 41;
    random_42: Random42 = 42;
    random_43: Random43 = 43;
    random_44: Random44 = 44;
    random_45: Random45 = 45;
    random_46: Random46 = 46;
    random_47: Random47 = 47;
    random_48: Random48 = 48;
    random_49: Random49 = 49;
    random_50: Random50 = 50;
    random_51: Random51 = 51;
    random_52: Random52 = 52;
    random_53: Random53 = 53;
    random_54: Random54 = 54;
    random_55: Random55 = 55;
    random_56: Random56 = 56;
    random_57: Random57 = 57;
    random_58: Random58 = 58;
    random_59: Random59 = 59;
}
