"""PyTorch in eager mode, as a peer: `pytorch.py THREADS`. The reference of all others."""

import sys

import torch
from torch.nn.functional import conv2d, cross_entropy
from torch.profiler import ProfilerActivity, profile

import protocol
from models import INFERENCE, TRAINING, build, fold, labels

torch.set_num_threads(int(sys.argv[1]))
torch.set_num_interop_threads(1)


def load(name):
    if name in INFERENCE:
        return infer(name)
    if name in TRAINING:
        return train(name)
    if protocol.product(name):
        return product(name)
    if protocol.convolution(name):
        return convolution(name)
    return None


def infer(name):
    model, x = build(name)
    model = fold(model.eval())

    @torch.inference_mode()
    def work():
        return model(x)

    return protocol.sample(work()), work


def train(name):
    (model, x), t = build(name), labels()
    optimizer = TRAINING[name][2](model.parameters())

    def step():
        optimizer.zero_grad()
        loss = cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return [step().item() for _ in range(10)], step


def product(name):
    a, b, c = map(torch.from_numpy, protocol.operands(name))
    mm = torch.mm

    @torch.inference_mode()
    def work():
        mm(a, b, out=c)

    work()
    return protocol.sample(c.numpy()), work


def convolution(name):
    direction, dims, kernel, stride, padding, groups = protocol.convolution(name)
    x, weight = (torch.from_numpy(protocol.random(*numbers)) for numbers in [(1, *dims), (2, *kernel)])
    bias = torch.from_numpy(protocol.random(3, kernel[0]))

    @torch.inference_mode()
    def forward():
        return conv2d(x, weight, bias, stride, padding, 1, groups)

    y = forward()
    if direction == "forward":
        return protocol.sample(y), forward
    dy = torch.from_numpy(protocol.random(4, *y.shape))
    arguments = [kernel[:1], [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups]

    @torch.inference_mode()
    def backward():
        wanted = [direction == "backward", True, True]
        return torch.ops.aten.convolution_backward(dy, x, weight, *arguments, wanted)

    result = [number for gradient in backward() if gradient is not None for number in protocol.sample(gradient)]
    return result, backward


def allocations(work):
    """How often and how much PyTorch's allocator is asked for; what oneDNN and Python allocate is not in it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        work()
    events = [event for event in trace.profiler.kineto_results.events() if event.name() == "[memory]"]
    sizes = [event.nbytes() for event in events if event.nbytes() > 0]
    return len(sizes), sum(sizes)


protocol.serve(load, allocations)
