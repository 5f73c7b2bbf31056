"""Writes what the other peers read, into the folder PEERS_DATA, and says on standard output what the work consists of.

NAME.safetensors: parameters, input and, for training, labels. NAME.onnx: the model with batch norms folded.
The output is {NAME: {"flops", "bytes"}, ..., "convolutions": {NETWORK: [[NAME, COUNT], ...]}}.
"""

import json
import warnings
from collections import Counter

import torch
from safetensors.torch import save_file
from torch import nn

from models import INFERENCE, STREAMS, TRAINING, build, fold, labels
from protocol import DATA


def layers(model, *inputs):
    """The convolutions and linear layers with what goes in and comes out, in the order in which they run."""
    found = []
    hooks = [
        module.register_forward_hook(lambda module, x, y: found.append((module, x[0], y)))
        for module in model.modules()
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        model.eval()(*inputs)
    for hook in hooks:
        hook.remove()
    return found


def work(name, model, x):
    """Multiplications and additions of layers, and the bytes that must be read: those of parameters and input."""
    inputs = [x, *model.start()] if name in STREAMS else [x]
    flops = [2 * y.numel() * module.weight[0].numel() for module, _, y in layers(model, *inputs)]
    cells = [module for module in model.modules() if isinstance(module, nn.LSTMCell)]
    flops += [2 * (cell.weight_ih.numel() + cell.weight_hh.numel()) for cell in cells]
    # Backward is a product of the same size for the gradient of the weight, and one for that of the input.
    total = 3 * sum(flops) - flops[0] if name in TRAINING else sum(flops)
    return {"flops": total, "bytes": 4 * (sum(p.numel() for p in model.parameters()) + x.numel())}


def convolutions(name, images):
    """How often each convolution occurs in a network, by the names that peers know."""
    model, x = build(name)
    counts = Counter()
    for i, (module, x, y) in enumerate(layers(model, x[:1].expand(images, *x.shape[1:]))):
        if isinstance(module, nn.Conv2d):
            parts = [x.shape[0], x.shape[1:], [y.shape[1], *module.kernel_size]]
            parts += [module.stride[0], module.padding[0], module.groups]
            sizes = "_".join(str(p) if isinstance(p, int) else "x".join(map(str, p)) for p in parts)
            counts[f"forward_{sizes}"] += 1
            # Nobody wants the gradient of the photographs.
            counts[f"{'backward' if i else 'weight'}_{sizes}"] += 1
    return list(counts.items())


def main():
    warnings.filterwarnings("ignore")
    report = {}
    for name in [*INFERENCE, *STREAMS, *TRAINING]:
        model, x = build(name)
        tensors = {key: value for key, value in model.state_dict().items() if value.dtype == torch.float32}
        tensors["input"] = x
        if name in TRAINING:
            tensors["labels"] = labels().float()
        save_file(tensors, DATA / f"{name}.safetensors")
        report[name] = work(name, model, x)
        if name in INFERENCE:
            model = fold(model.eval())
            names = dict(input_names=["x"], output_names=["y"])
            torch.onnx.export(model, (x,), DATA / f"{name}.onnx", opset_version=17, dynamo=False, **names)
        if name in STREAMS:
            names = dict(input_names=["x", "h", "c"], output_names=["y", "h_next", "c_next"])
            inputs = (x, *model.start())
            torch.onnx.export(model.eval(), inputs, DATA / f"{name}.onnx", opset_version=17, dynamo=False, **names)
    report["convolutions"] = {
        "LeNet-5, batch 64": convolutions("lenet", 64),
        "ResNet-18, batch 1": convolutions("resnet18", 1),
        "MobileNetV2, batch 1": convolutions("mobilenet_v2", 1),
    }
    print(json.dumps(report))


main()
