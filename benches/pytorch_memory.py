"""How much memory PyTorch needs for a training step on the CPU, besides weights and their gradients.

    python -m pip install torch==2.15.0 torchvision==0.29.2
    python benches/pytorch_memory.py > benches/pytorch_memory.md

torch.profiler notes every block that PyTorch's CPU allocator hands out and takes back. The script replays
forward, loss and backward of one step, after a first one that filled all caches, and leaves out blocks that
were there before (weights, running averages, the batch) and those that are the parameters' gradients
afterwards. What is left is activations and working memory. Gradients start as None, the way of
`zero_grad()`, so that none is computed beside the one it is added to.

What oneDNN allocates for itself is not in it. "process" is: it is how far the process grew at most (VmHWM,
pages rounded up, all gradients included), from a state trimmed by `malloc_trim`.
"""

import ctypes
import gc
import json
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torchvision.models import mobilenet_v2, resnet18
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import BasicBlock

torch.set_num_threads(1)
torch.manual_seed(0)


def lenet():
    """The network of examples/mnist.rs."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def step(model, x, t):
    nn.functional.cross_entropy(model(x), t).backward()


def settle(model):
    model.zero_grad(set_to_none=True)
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def tensors_peak(model, x, t):
    """The most bytes in tensors at a time that are no gradients of parameters."""
    settle(model)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        step(model, x, t)
    with tempfile.TemporaryDirectory() as folder:
        trace.export_chrome_trace(f"{folder}/trace.json")
        events = json.loads(Path(folder, "trace.json").read_text())["traceEvents"]
    events = [event for event in events if event["name"] == "[memory]"]
    events = [event["args"] for event in sorted(events, key=lambda event: event["ts"])]
    gradients = {parameter.grad.data_ptr() for parameter in model.parameters()}
    # The last block at a gradient's address is the gradient.
    last = {event["Addr"]: i for i, event in enumerate(events) if event["Bytes"] > 0}
    counted, live, peak = {}, 0, 0
    for i, event in enumerate(events):
        address, size = event["Addr"], event["Bytes"]
        if size > 0 and not (address in gradients and last[address] == i):
            counted[address] = size
            live += size
        elif size < 0:
            live -= counted.pop(address, 0)
        peak = max(peak, live)
    return peak


def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def process_peak(model, x, t):
    """How much larger the process becomes at most, gradients included."""
    settle(model)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    step(model, x, t)
    return status("VmHWM") - before


def activations(model, x):
    """Bytes of what all layers and sums give, and of those alone that no in-place ReLU or dropout can save."""
    every, kept = [], []

    def note(module, _, output):
        every.append(output.nbytes)
        if not isinstance(module, (nn.ReLU, nn.ReLU6, nn.Dropout)):
            kept.append(output.nbytes)

    def block(module, _, output):
        # Its sum; torchvision calls the ReLU after it, and a `Sequential` around it, by another hook.
        if isinstance(module, BasicBlock) or module.use_res_connect:
            every.append(output.nbytes)
            kept.append(output.nbytes)

    hooks = []
    for module in model.modules():
        if isinstance(module, (BasicBlock, InvertedResidual)):
            hooks.append(module.register_forward_hook(block))
        elif not list(module.children()) and not isinstance(module, nn.Flatten):
            hooks.append(module.register_forward_hook(note))
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    return sum(every), sum(kept)


def main():
    print("# Memory of a training step in PyTorch on the CPU\n")
    print(f"PyTorch {torch.__version__.split('+')[0]}, float32, one thread, MB = 10⁶ bytes.")
    print("`pytorch_memory.py` makes this table and says what is counted.\n")
    print("| network | batch | all activations | without ReLU, dropout | peak of tensors | process | weights |")
    print("|---|---|---|---|---|---|---|")
    for name, make, shape in [
        ("LeNet-5 of `mnist`", lenet, (64, 1, 28, 28)),
        ("ResNet-18", resnet18, (8, 3, 224, 224)),
        ("MobileNetV2", mobilenet_v2, (8, 3, 224, 224)),
    ]:
        model = make().train()
        x, t = torch.randn(shape), torch.arange(shape[0]) % 10
        step(model, x, t)
        weights = sum(parameter.nbytes for parameter in model.parameters())
        process = process_peak(model, x, t)
        numbers = [*activations(model, x), tensors_peak(model, x, t), process, weights]
        print(f"| {name} | {shape[0]} |", " | ".join(f"{n / 1e6:.2f} MB" for n in numbers), "|", flush=True)


main()
