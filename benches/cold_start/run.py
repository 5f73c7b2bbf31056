#!/usr/bin/env python3
"""How long a process takes from its start to its end, one result having been printed, and how much memory it has at
most: castiron's programs, with their weights in them, beside others that read theirs.

    python3 -m venv venv && venv/bin/pip install torch onnx onnxruntime onnxscript safetensors numpy
    python3 benches/cold_start/run.py --python venv/bin/python
    python3 benches/cold_start/run.py --python venv/bin/python --crates     # burn takes minutes to build

Processes are started in turn, many times over. `nothing` is a program that ends at once: what any process takes. The
crates are built for this very processor, and linked like castiron's programs.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))

EXPORT = """
import safetensors.torch, torch
model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)).eval()
torch.save(model, "mlp.pt")
safetensors.torch.save_file(model.state_dict(), "mlp.safetensors")
torch.onnx.export(model, (torch.zeros(1, 784),), "mlp.onnx", input_names=["x"], verbose=False)
"""
PYTORCH = """
import torch
torch.set_num_threads(1)
model = torch.load("mlp.pt", weights_only=False)
with torch.inference_mode():
    print(float(model(torch.full((1, 784), 0.5)).sum()))
"""
ONNXRUNTIME = """
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("mlp.onnx", options, providers=["CPUExecutionProvider"])
print(float(session.run(None, {"x": numpy.full((1, 784), 0.5, numpy.float32)})[0].sum()))
"""


def build(folder):
    """castiron's programs, one that does nothing, and what starts them all."""
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=HERE, check=True)
    nothing, launch = folder / "nothing", folder / "launch"
    subprocess.run(["cc", "-O2", "-x", "c", "-", "-o", nothing], input=b"int main(void) { return 0; }", check=True)
    subprocess.run(["cc", "-O2", HERE / "launch.c", "-o", launch], check=True)
    return str(nothing), str(launch)


def build_crates():
    """The other libraries' programs, by name."""
    target = TARGET / "crates"
    flags = dict(os.environ, RUSTFLAGS="-C target-cpu=native", CARGO_TARGET_DIR=str(target))
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=HERE / "peers", env=flags, check=True)
    names = ["candle", "burn", "dfdx", "tract"]
    return {f"{name}, MLP 784-128-10": [str((target / f"release/cold-{name}").resolve())] for name in names}


def once(launch, command, folder):
    """Seconds, and the most bytes of memory."""
    done = subprocess.run([launch, *command], cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{command} failed")
    nanoseconds, kibibytes = map(int, done.stdout.split())
    return nanoseconds / 1e9, kibibytes * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="a Python with PyTorch and onnxruntime; without it they are left out")
    parser.add_argument("--crates", action="store_true", help="candle, burn, dfdx and tract too; needs --python")
    parser.add_argument("--rounds", type=int, default=200, help="how often a process is started; Python's a tenth")
    options = parser.parse_args()
    if options.crates and not options.python:
        parser.error("--crates needs --python: PyTorch writes the weights that the crates read")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        nothing, launch = build(folder)
        commands = {
            "nothing": [nothing],
            "castiron, MLP 784-128-10": [str(TARGET / "release/mlp")],
            "castiron, LeNet-5": [str(TARGET / "release/lenet")],
        }
        if options.python:
            python = str(Path(options.python).absolute())
            subprocess.run([python, "-c", EXPORT], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            commands["onnxruntime (Python), MLP 784-128-10"] = [python, "-c", ONNXRUNTIME]
            commands["PyTorch, MLP 784-128-10"] = [python, "-c", PYTORCH]
            if options.crates:
                commands |= build_crates()
        found = {name: [] for name in commands}
        for round in range(options.rounds):
            for name, command in commands.items():
                if "Py" not in name or round % 10 == 0:
                    found[name].append(once(launch, command, folder))
        print("| | best, ms | median, ms | most memory, MB |\n|---|---|---|---|")
        for name, runs in found.items():
            times, memory = zip(*runs)
            best, median = min(times) * 1e3, statistics.median(times) * 1e3
            print(f"| {name} | {best:.2f} | {median:.2f} | {max(memory) / 1e6:.1f} |")


if __name__ == "__main__":
    main()
