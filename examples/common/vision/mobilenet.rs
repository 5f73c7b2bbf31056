//! MobileNetV2 (Sandler et al. 2018) as torchvision has it: `torchvision.models.mobilenet_v2`.

use castiron::model;

model! {
    /// Makes six times as many channels, lets each see its 3×3 neighbours alone, and goes back to few, which
    /// are added to the input.
    pub InvertedResidual<const C: usize, const H: usize, const W: usize>: [C, H, W] -> [C, H, W] {
        #[param(name = "conv.0.0")] #[init(weight = kaiming_normal)]
        expand: Conv2d(C * 6, kernel = 1, bias = false),
        #[param(name = "conv.0.1")]
        expand_bn: BatchNorm2d,
        #[param(name = "conv.1.0")] #[init(weight = kaiming_normal)]
        depthwise: Conv2d(C * 6, kernel = 3, padding = 1, groups = C * 6, bias = false),
        #[param(name = "conv.1.1")]
        depthwise_bn: BatchNorm2d,
        #[param(name = "conv.2")] #[init(weight = kaiming_normal)]
        project: Conv2d(C, kernel = 1, bias = false),
        #[param(name = "conv.3")]
        project_bn: BatchNorm2d,
        |x| {
            let h = relu6(expand_bn(expand(x)));
            let h = relu6(depthwise_bn(depthwise(h)));
            x + project_bn(project(h))
        }
    }

    /// The same to another number of channels, and to fewer pixels if the stride is 2: nothing to add to.
    pub Bottleneck<const C: usize, const OUT: usize, const STRIDE: usize, const H: usize, const W: usize>:
        [C, H, W] -> [OUT, H / STRIDE, W / STRIDE]
    {
        #[param(name = "conv.0.0")] #[init(weight = kaiming_normal)]
        expand: Conv2d(C * 6, kernel = 1, bias = false),
        #[param(name = "conv.0.1")]
        expand_bn: BatchNorm2d,
        Relu6,
        #[param(name = "conv.1.0")] #[init(weight = kaiming_normal)]
        depthwise: Conv2d(C * 6, kernel = 3, stride = STRIDE, padding = 1, groups = C * 6, bias = false),
        #[param(name = "conv.1.1")]
        depthwise_bn: BatchNorm2d,
        Relu6,
        #[param(name = "conv.2")] #[init(weight = kaiming_normal)]
        project: Conv2d(OUT, kernel = 1, bias = false),
        #[param(name = "conv.3")]
        project_bn: BatchNorm2d,
    }

    /// The first block, which does not expand.
    pub Separable<const C: usize, const OUT: usize, const H: usize, const W: usize>: [C, H, W] -> [OUT, H, W] {
        #[param(name = "conv.0.0")] #[init(weight = kaiming_normal)]
        depthwise: Conv2d(C, kernel = 3, padding = 1, groups = C, bias = false),
        #[param(name = "conv.0.1")]
        depthwise_bn: BatchNorm2d,
        Relu6,
        #[param(name = "conv.1")] #[init(weight = kaiming_normal)]
        project: Conv2d(OUT, kernel = 1, bias = false),
        #[param(name = "conv.2")]
        project_bn: BatchNorm2d,
    }

    /// MobileNetV2 for square images, whose side is a multiple of 32.
    pub MobileNet<const SIDE: usize, const CLASSES: usize>: [3, SIDE, SIDE] -> [CLASSES] {
        #[param(name = "features.0.0")] #[init(weight = kaiming_normal)]
        stem: Conv2d(32, kernel = 3, stride = 2, padding = 1, bias = false),
        #[param(name = "features.0.1")]
        stem_bn: BatchNorm2d,
        #[tap]
        stem_relu: Relu6,

        #[param(name = "features.1")]
        block1: Separable<32, 16, { SIDE / 2 }, { SIDE / 2 }>,
        #[param(name = "features.2")]
        block2: Bottleneck<16, 24, 2, { SIDE / 2 }, { SIDE / 2 }>,
        #[param(name = "features.3")]
        block3: InvertedResidual<24, { SIDE / 4 }, { SIDE / 4 }>,
        #[param(name = "features.4")]
        block4: Bottleneck<24, 32, 2, { SIDE / 4 }, { SIDE / 4 }>,
        #[param(name = "features.5")]
        block5: InvertedResidual<32, { SIDE / 8 }, { SIDE / 8 }>,
        #[param(name = "features.6")]
        block6: InvertedResidual<32, { SIDE / 8 }, { SIDE / 8 }>,
        #[param(name = "features.7")]
        block7: Bottleneck<32, 64, 2, { SIDE / 8 }, { SIDE / 8 }>,
        #[param(name = "features.8")]
        block8: InvertedResidual<64, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.9")]
        block9: InvertedResidual<64, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.10")]
        block10: InvertedResidual<64, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.11")]
        block11: Bottleneck<64, 96, 1, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.12")]
        block12: InvertedResidual<96, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.13")]
        block13: InvertedResidual<96, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.14")]
        block14: Bottleneck<96, 160, 2, { SIDE / 16 }, { SIDE / 16 }>,
        #[param(name = "features.15")]
        block15: InvertedResidual<160, { SIDE / 32 }, { SIDE / 32 }>,
        #[param(name = "features.16")]
        block16: InvertedResidual<160, { SIDE / 32 }, { SIDE / 32 }>,
        #[param(name = "features.17")]
        block17: Bottleneck<160, 320, 1, { SIDE / 32 }, { SIDE / 32 }>,

        #[param(name = "features.18.0")] #[init(weight = kaiming_normal)]
        last: Conv2d(1280, kernel = 1, bias = false),
        #[param(name = "features.18.1")]
        last_bn: BatchNorm2d,
        #[tap]
        features: Relu6,

        GlobalAvgPool2d,
        dropout: Dropout(0.2),
        #[param(name = "classifier.1")]
        classifier: Linear(CLASSES),
    }

    /// MobileNetV2 for ImageNet: 1000 classes of 224×224 pixels. `MobileNetV2Taps` also gives what the
    /// first and the last of its convolutions give.
    pub MobileNetV2 = MobileNet<224, 1000>;
}
