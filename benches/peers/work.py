"""The workloads: their names, and how fast they could be."""

import math
import re

INFERENCE = ["mlp64", "mlp784", "mlp784_b8", "mlp784_b64", "mlp784_b512", "lenet", "resnet18", "mobilenet_v2"]
INFERENCE += ["silero"]
TRAINING = ["train_mlp784", "train_lenet"]
SIZES = [f"{n}x{n}x{n}" for n in (32, 64, 128, 256, 512, 1024, 2048)] + ["1x784x128", "64x784x128", "128x512x512"]
PRODUCTS = [f"product_{sizes}{place}" for sizes in SIZES for place in ("", "_unaligned")]
PASSES = [f"pass_{function}_{n}" for function in ("exp", "tanh", "gelu") for n in (1_000, 100_000, 10_000_000)]
PASSES += [f"pass_{kind}softmax_{sizes}" for kind in ("", "log") for sizes in ("512x10", "64x1000")]
PASSES += [f"pass_batchnorm{way}_8x{sizes}" for way in ("", "backward") for sizes in ("64x56", "512x7")]
PASSES += ["pass_maxpool_64x112", "pass_maxpoolbackward_64x112", "pass_adam_61706", "pass_adam_11700000"]
# What more than one thread is for.
LARGE = ["resnet18", "mobilenet_v2", "train_lenet", *(f"product_{n}x{n}x{n}" for n in (512, 1024, 2048))]
TITLES = {
    "mlp64": "MLP 64-32-10, batch 1",
    "mlp784": "MLP 784-128-10, batch 1",
    "mlp784_b8": "MLP 784-128-10, batch 8",
    "mlp784_b64": "MLP 784-128-10, batch 64",
    "mlp784_b512": "MLP 784-128-10, batch 512",
    "lenet": "LeNet-5, batch 1",
    "resnet18": "ResNet-18, 3×224×224, batch 1",
    "mobilenet_v2": "MobileNetV2, 3×224×224, batch 1",
    "silero": "Silero VAD, a frame of 32 ms",
    "train_mlp784": "training MLP 784-128-10, batch 64, SGD",
    "train_lenet": "training LeNet-5, batch 64, Adam",
}
PASS_TITLES = {
    "exp": "exp of",
    "tanh": "tanh of",
    "gelu": "GELU of",
    "softmax": "softmax of",
    "logsoftmax": "log-softmax of",
    "batchnorm": "batch norm, training,",
    "batchnormbackward": "batch norm, backward,",
    "maxpool": "max-pool 3×3, stride 2,",
    "maxpoolbackward": "max-pool 3×3, stride 2, backward,",
    "adam": "Adam, parameters:",
}
# How many numbers are read or written for each of the input; of others two.
PASS_COPIES = {"batchnormbackward": 3, "adam": 7, "maxpool": 1.25, "maxpoolbackward": 2.25}


def names(known):
    """All of them; `known` is what `export.py` says."""
    convolutions = [name for counts in known["convolutions"].values() for name, _ in counts]
    return [*INFERENCE, *TRAINING, *PRODUCTS, *PASSES, *dict.fromkeys(convolutions)]


def title(name):
    """In words."""
    if name.startswith("product_"):
        _, sizes, *place = name.split("_")
        return sizes.replace("x", "×") + (", unaligned" if place else "")
    if name.startswith("pass_"):
        _, kind, sizes = name.split("_")
        return f"{PASS_TITLES[kind]} {sizes.replace('x', '×')}"
    return TITLES.get(name, name)


def demands(name, known):
    """Multiplications and additions, and bytes that are read or written at least once."""
    if name in known:
        return known[name]["flops"], known[name]["bytes"]
    sizes = [int(size) for size in re.findall(r"\d+", name)]
    if name.startswith("product_"):
        m, k, n = sizes
        return 2 * m * k * n, 4 * (m * k + k * n + m * n)
    if name.startswith("pass_"):
        kind = name.split("_")[1]
        side = sizes[-1] if "norm" in kind or "pool" in kind else 1
        return 0, 4 * math.prod(sizes) * side * PASS_COPIES.get(kind, 2)
    images, c, h, w, o, u, v, stride, padding, groups = sizes
    y = images * o * ((h + 2 * padding - u) // stride + 1) * ((w + 2 * padding - v) // stride + 1)
    flops, numbers = 2 * y * (c // groups) * u * v, y + images * c * h * w + o * (c // groups) * u * v
    return (2 * flops, 8 * numbers) if name.startswith("backward") else (flops, 4 * numbers)


def limit(name, known, limits):
    """Nanoseconds that it takes at least: at the peak of arithmetic, or at that of the cache that holds the bytes.

    Of an optimizer's memory three parts of four are read and written, so it is smaller than what moves. Between two
    sizes that were measured the smaller one's speed counts: a bound must not be too high.
    """
    flops, size = demands(name, known)
    memory = size * 4 // 7 if "adam" in name.split("_") else size
    speeds = [speed for bytes, speed in limits["bandwidth"] if 2 * bytes > memory]
    return 1e9 * max(flops / limits["flops"], size / max(speeds or [limits["bandwidth"][-1][1]]))


def convolutions(known):
    """For each network and direction its convolutions, and how often each occurs."""
    for network, counts in known["convolutions"].items():
        for direction, wanted in [("forward", r"forward"), ("backward", r"backward|weight")]:
            yield network, direction, [(name, count) for name, count in counts if re.match(wanted, name)]
