"""What `run.py` and a peer written in Python say to each other; `../protocol/src/lib.rs` says what that is."""

import gc
import json
import os
import re
import statistics
import sys
from pathlib import Path
from time import perf_counter_ns

import numpy as np

DATA = Path(os.environ.get("PEERS_DATA", "."))


def sample(numbers):
    """Numbers that stand for many: up to 64, evenly spread."""
    numbers = np.ravel(numbers)
    count = min(len(numbers), 64)
    return [float(numbers[i * len(numbers) // count]) for i in range(count)]


def random(seed, *dims):
    """Numbers in [-1, 1) that look random; `Numbers::random` makes the same."""
    bits = (np.arange(np.prod(dims), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)) * np.uint32(0x85EBCA6B)
    bits = (bits ^ (bits >> 15)) * np.uint32(0xC2B2AE35)
    bits ^= bits >> 13
    return ((bits >> 8).astype(np.float32) / np.float32(1 << 23) - 1).reshape(dims)


def place(numbers, aligned):
    """A copy at the start of a cache line, or one number after it."""
    memory = np.empty(numbers.size + 32, np.float32)
    start = -memory.ctypes.data % 64 // 4 + (0 if aligned else 1)
    copy = memory[start : start + numbers.size].reshape(numbers.shape)
    copy[...] = numbers
    return copy


def product(name):
    """Sizes and alignment of a matrix product: `product_64x784x128`, `product_64x784x128_unaligned`."""
    found = re.fullmatch(r"product_(\d+)x(\d+)x(\d+)(_unaligned)?", name)
    return found and ([int(size) for size in found.groups()[:3]], found[4] is None)


def operands(name):
    """A, B and memory for C of the product of that name."""
    (m, k, n), aligned = product(name)
    return [place(numbers, aligned) for numbers in (random(1, m, k), random(2, k, n), np.zeros((m, n), np.float32))]


def memory_pass(name):
    """What passes over memory, and its sizes: `pass_softmax_64x1000`."""
    found = re.fullmatch(r"pass_([a-z]+)_([\dx]+)", name)
    return found and (found[1], [int(size) for size in found[2].split("x")])


def convolution(name):
    """Direction and sizes of a convolution, as `names.rs` explains them."""
    found = re.fullmatch(r"(forward|backward|weight)_(\d+)_(\d+)x(\d+)x(\d+)_(\d+)x(\d+)x(\d+)_(\d+)_(\d+)_(\d+)", name)
    if not found:
        return None
    n, c, h, w, o, u, v, stride, padding, groups = map(int, found.groups()[1:])
    return found[1], (n, c, h, w), (o, c // groups, u, v), stride, padding, groups


def serve(load, count=None):
    """Answers commands. `load(name)` gives a sample of a workload's result and a function that does the work once, or
    None; `count(work)` says how often and how much memory that function allocates."""
    work, before = None, 0
    # Looking through everything that was imported would take longer than a turn.
    gc.freeze()
    for line in sys.stdin:
        command, *argument = line.split()
        if command == "load":
            work, before = None, forget_peak()
            loaded = load(argument[0])
            result, work = loaded or (None, None)
            answer = {"result": result} if loaded else {"unsupported": True}
        elif command == "run":
            answer = time(work, float(argument[0]))
        else:
            # Before PyTorch's profiler counts, which needs much memory itself.
            answer = {"growth": status("VmHWM") - before}
            answer["allocations"], answer["allocated"] = count(work)
        print(json.dumps(answer), flush=True)


def time(work, seconds):
    """Nanoseconds of one run: the median and the least. Each sample is of as many runs as take 20 µs."""

    def sample(count):
        start = perf_counter_ns()
        for _ in range(count):
            work()
        return perf_counter_ns() - start

    gc.collect()
    gc.disable()
    count = 1
    while sample(count) < 20_000:
        count *= 2
    samples, end = [], perf_counter_ns() + seconds * 1e9
    while len(samples) < 3 or perf_counter_ns() < end:
        samples.append(sample(count) / count)
    gc.enable()
    return {"median": statistics.median_high(samples), "best": min(samples)}


def forget_peak():
    """Bytes of the process now, from which on its peak is counted."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(key):
    """Bytes that Linux notes of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
