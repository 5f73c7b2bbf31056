"""The overhead of the tape, side by side with PyTorch's eager mode on one thread of the same machine.

    python benches/tape.py

runs `cargo bench --bench tape`, then the same in PyTorch, and prints both with their ratio. With `--check` it
fails if adding 16 floats, forward and backward, costs more than a tenth of PyTorch's time.
"""

import json
import os
import subprocess
import sys
import timeit
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
torch.set_num_threads(1)
x = torch.arange(16, dtype=torch.float32)
y = 1 - x
tx, ty = x.clone().requires_grad_(), y.clone().requires_grad_()
dz = torch.ones(16)


def chain():
    z = tx
    for _ in range(100):
        z = z + ty
    return torch.autograd.grad(z, (tx, ty), dz)


PYTORCH = {
    "add_16_off_tape": lambda: x + y,
    "add_16_forward": lambda: tx + ty,
    "add_16_forward_backward": lambda: torch.autograd.grad(tx + ty, (tx, ty), dz),
    "add_16_sum_forward_backward": lambda: torch.autograd.grad((tx + ty).sum(), (tx, ty)),
    "chain_of_100_forward_backward": chain,
}


def pytorch(function):
    """Nanoseconds per call: the best of several runs, as PyTorch's first ones are slow."""
    timer = timeit.Timer(function)
    count, _ = timer.autorange()
    return min(timer.repeat(7, count)) / count * 1e9


def castiron(target, name):
    """Nanoseconds per call, as criterion has measured them."""
    estimates = json.loads((target / "criterion/tape" / name / "new/estimates.json").read_text())
    return estimates["median"]["point_estimate"]


def main():
    subprocess.run(["cargo", "bench", "--bench", "tape"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    print(f"{'':32}{'castiron':>12}{'PyTorch ' + torch.__version__.split('+')[0]:>18}{'ratio':>8}")
    ratios = {}
    for name, function in PYTORCH.items():
        ours, theirs = castiron(target, name), pytorch(function)
        ratios[name] = ours / theirs
        print(f"{name:32}{ours:9.0f} ns{theirs:15.0f} ns{ratios[name]:8.3f}")
    if "--check" in sys.argv and ratios["add_16_forward_backward"] >= 0.1:
        sys.exit("adding 16 floats on the tape costs more than a tenth of PyTorch's time")


if __name__ == "__main__":
    main()
