"""PyTorch in eager mode, as a peer: `pytorch.py THREADS`. The reference of all others."""

import sys

import torch
from torch.nn.functional import conv2d, cross_entropy
from torch.profiler import ProfilerActivity, profile

import protocol
from models import INFERENCE, STREAMS, TRAINING, build, fold, labels

torch.set_num_threads(int(sys.argv[1]))
torch.set_num_interop_threads(1)


def load(name):
    if name in INFERENCE:
        return infer(name)
    if name in STREAMS:
        return stream(name)
    if name in TRAINING:
        return train(name)
    if protocol.product(name):
        return product(name)
    if protocol.convolution(name):
        return convolution(name)
    if protocol.memory_pass(name):
        return memory_pass(*protocol.memory_pass(name))
    return None


def infer(name):
    model, x = build(name)
    model = fold(model.eval())

    @torch.inference_mode()
    def work():
        return model(x)

    return protocol.sample(work()), work


def stream(name):
    """The same frame again and again, heard each time with what is remembered."""
    model, x = build(name)
    state = model.start()

    @torch.inference_mode()
    def work():
        nonlocal state
        y, *state = model(x, *state)
        return y

    return [work().item() for _ in range(10)], work


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


def memory_pass(kind, sizes):
    """Written to memory that is there, where PyTorch can."""
    aten = torch.ops.aten
    numbers = lambda seed, *dims: torch.from_numpy(protocol.random(seed, *dims))
    if kind == "adam":
        parameter = torch.nn.Parameter(numbers(1, *sizes))
        parameter.grad = numbers(2, *sizes)
        step = torch.optim.Adam([parameter], 1e-3, fused=True).step
        return run_once(step, lambda: parameter.detach())
    if kind.startswith("maxpool"):
        x = numbers(0, 1, *sizes, sizes[1])
        windows = [3, 3], [2, 2], [1, 1]
        y, places = aten.max_pool2d_with_indices(x, *windows)
        if kind == "maxpool":
            work = lambda: aten.max_pool2d_with_indices.out(x, *windows, out=y, indices=places)
            return run_once(work, lambda: y)
        dy, dx = numbers(1, *y.shape), torch.empty_like(x)
        backward = aten.max_pool2d_with_indices_backward.grad_input
        work = lambda: backward(dy, x, *windows, [1, 1], False, places, grad_input=dx)
        return run_once(work, lambda: dx)
    if kind == "batchnorm":
        weight, bias, x = numbers(0, sizes[1]), numbers(1, sizes[1]), numbers(2, *sizes, sizes[2])
        outputs = dict(out=torch.empty_like(x), save_mean=torch.empty_like(bias), save_invstd=torch.empty_like(bias))
        running = torch.zeros_like(bias), torch.ones_like(bias)
        work = lambda: aten.native_batch_norm.out(x, weight, bias, *running, True, 0.1, 1e-5, **outputs)
        return run_once(work, lambda: outputs["out"])
    if kind == "batchnormbackward":
        weight, x, dy = numbers(0, sizes[1]), numbers(1, *sizes, sizes[2]), numbers(2, *sizes, sizes[2])
        mean, inverse = numbers(3, sizes[1]), (numbers(4, sizes[1]) + 2.0).rsqrt()
        statistics, wanted = (mean, inverse, mean, inverse, True, 2.0), [True, True, True]
        found = []
        work = lambda: found.__setitem__(slice(None), aten.native_batch_norm_backward(dy, x, weight, *statistics, wanted))
        return run_once(work, lambda: found[0])
    x = numbers(0, *sizes)
    y = torch.empty_like(x)
    functions = {
        "exp": lambda: torch.exp(x, out=y),
        "tanh": lambda: torch.tanh(x, out=y),
        "gelu": lambda: aten.gelu.out(x, out=y),
        "softmax": lambda: aten._softmax.out(x, 1, False, out=y),
        "logsoftmax": lambda: aten._log_softmax.out(x, 1, False, out=y),
    }
    return run_once(functions[kind], lambda: y)


def run_once(work, result):
    """What it gives the first time, and itself."""
    work = torch.inference_mode()(work)
    work()
    return protocol.sample(result()), work


def allocations(work):
    """How often and how much PyTorch's allocator is asked for; what oneDNN and Python allocate is not in it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        work()
    events = [event for event in trace.profiler.kineto_results.events() if event.name() == "[memory]"]
    sizes = [event.nbytes() for event in events if event.nbytes() > 0]
    return len(sizes), sum(sizes)


protocol.serve(load, allocations)
