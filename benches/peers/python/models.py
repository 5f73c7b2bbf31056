"""The models, in PyTorch: what all peers must agree with."""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import mobilenet_v2, resnet18


class Mlp(nn.Sequential):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.fc1, self.relu, self.fc2 = nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs)


class LeNet(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.conv1, self.relu1, self.pool1 = nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)
        self.conv2, self.relu2, self.pool2 = nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1, self.relu3 = nn.Linear(400, 120), nn.ReLU()
        self.fc2, self.relu4 = nn.Linear(120, 84), nn.ReLU()
        self.fc3 = nn.Linear(84, 10)


class Silero(nn.Module):
    """Silero VAD 6.2: a frame and a state to a probability and the next state."""

    def __init__(self):
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm_cell = nn.LSTMCell(128, 128)
        self.final_conv = nn.Conv1d(128, 1, 1)

    @staticmethod
    def start():
        return torch.zeros(1, 128), torch.zeros(1, 128)

    def forward(self, x, h, c):
        re, im = self.stft_conv(x).chunk(2, dim=1)
        x = (re * re + im * im).sqrt()
        for conv in [self.conv1, self.conv2, self.conv3, self.conv4]:
            x = conv(x).relu()
        h, c = self.lstm_cell(x.squeeze(2), (h, c))
        return self.final_conv(h.relu().unsqueeze(2)).sigmoid().squeeze(2), h, c


# What makes the model, and the dimensions of its input.
INFERENCE = {
    "mlp64": (lambda: Mlp(64, 32, 10), (1, 64)),
    "mlp784": (lambda: Mlp(784, 128, 10), (1, 784)),
    "mlp784_b8": (lambda: Mlp(784, 128, 10), (8, 784)),
    "mlp784_b64": (lambda: Mlp(784, 128, 10), (64, 784)),
    "mlp784_b512": (lambda: Mlp(784, 128, 10), (512, 784)),
    "lenet": (LeNet, (1, 1, 28, 28)),
    "resnet18": (resnet18, (1, 3, 224, 224)),
    "mobilenet_v2": (mobilenet_v2, (1, 3, 224, 224)),
}
# Models that get a frame, and what they remember of those before.
STREAMS = {"silero": (Silero, (1, 1, 640))}
# The same, and its optimizer.
TRAINING = {
    "train_mlp784": (lambda: Mlp(784, 128, 10), (64, 784), lambda p: torch.optim.SGD(p, lr=0.1, fused=True)),
    "train_lenet": (LeNet, (64, 1, 28, 28), lambda p: torch.optim.Adam(p, lr=1e-3, fused=True)),
}


def build(name):
    """A model with its random parameters, and an input: the same at each call."""
    make, dims, *_ = {**INFERENCE, **STREAMS, **TRAINING}[name]
    torch.manual_seed(0)
    model = make()
    for module in model.modules():
        # As training leaves them: folding them must matter.
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.train(name in TRAINING), torch.randn(dims)


def labels():
    return torch.arange(64) * 7 % 10


def fold(model):
    """The same without batch norms, each of which follows a convolution."""
    for parent in model.modules():
        convolution = None
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, convolution, fuse_conv_bn_eval(getattr(parent, convolution), child))
                setattr(parent, name, nn.Identity())
            convolution = name
    return model
