//! ResNet-18 (He et al. 2015) as torchvision has it: `torchvision.models.resnet18`.

use castiron::model;

model! {
    /// Two 3×3 convolutions that keep the shape, around which the input leads.
    pub BasicBlock<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        #[init(weight = kaiming_normal)]
        conv1: Conv2d(C, kernel = 3, padding = 1, bias = false),
        bn1: BatchNorm2d,
        #[init(weight = kaiming_normal)]
        conv2: Conv2d(C, kernel = 3, padding = 1, bias = false),
        bn2: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            relu(bn2(conv2(h)) + x)
        }
    }

    /// The same with half the rows and columns and twice the channels; the input follows by a 1×1
    /// convolution.
    pub DownBlock<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C * 2, H / 2, W / 2] {
        #[init(weight = kaiming_normal)]
        conv1: Conv2d(C * 2, kernel = 3, stride = 2, padding = 1, bias = false),
        bn1: BatchNorm2d,
        #[init(weight = kaiming_normal)]
        conv2: Conv2d(C * 2, kernel = 3, padding = 1, bias = false),
        bn2: BatchNorm2d,
        #[param(name = "downsample.0")]
        #[init(weight = kaiming_normal)]
        shortcut: Conv2d(C * 2, kernel = 1, stride = 2, bias = false),
        #[param(name = "downsample.1")]
        shortcut_bn: BatchNorm2d,
        |x| {
            let h = relu(bn1(conv1(x)));
            relu(bn2(conv2(h)) + shortcut_bn(shortcut(x)))
        }
    }

    /// ResNet-18 for square images, whose side is a multiple of 32.
    pub ResNet<const SIDE: usize, const CLASSES: usize>: [3, SIDE, SIDE] -> [CLASSES] {
        #[init(weight = kaiming_normal)]
        conv1: Conv2d(64, kernel = 7, stride = 2, padding = 3, bias = false),
        bn1: BatchNorm2d,
        Relu,
        MaxPool2d(3, stride = 2, padding = 1),

        layer1: [BasicBlock<64, { SIDE / 4 }, { SIDE / 4 }>; 2],
        #[param(name = "layer2.0")]
        layer2_down: DownBlock<64, { SIDE / 4 }, { SIDE / 4 }>,
        #[param(name = "layer2.1")]
        layer2: BasicBlock<128, { SIDE / 8 }, { SIDE / 8 }>,
        #[param(name = "layer3.0")]
        layer3_down: DownBlock<128, { SIDE / 8 }, { SIDE / 8 }>,
        #[param(name = "layer3.1")]
        layer3: BasicBlock<256, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "layer4.0")]
        layer4_down: DownBlock<256, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "layer4.1")]
        layer4: BasicBlock<512, { SIDE / 32 }, { SIDE / 32 }>,

        GlobalAvgPool2d,
        fc: Linear(CLASSES),
    }

    /// ResNet-18 for ImageNet: 1000 classes of 224×224 pixels.
    pub ResNet18 = ResNet<224, 1000>;
}
