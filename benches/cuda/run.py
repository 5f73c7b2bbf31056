#!/usr/bin/env python3
"""castiron and PyTorch on the same GPU in the same run: matrix products, an optimizer, training and inference of four models.

    python3 -m venv venv && venv/bin/pip install torch safetensors
    venv/bin/python benches/cuda/run.py                     # all; `--only lenet` for some
    venv/bin/python benches/cuda/run.py --emulated target/emulated-cuda

PyTorch runs eagerly, by torch.compile, and as a CUDA graph of the whole step. Both start from the same parameters, copy
the batch from the host in every step, and must agree: products in three elements, training in three losses, inference in
the first row; of training in TF32, whose rounding grows from step to step, in the first loss. A row that does not agree,
or fails, says so, and the others go on. Times are the best of ten rounds. The last columns are PyTorch's times in
castiron's: above 1, castiron is faster. Of `sgd`, an optimizer's step with momentum, it is also said how much of the
bandwidth of a copy within the GPU it reaches; `serial` is castiron without copies beside its work. castiron takes NVRTC
and cuBLAS from where PyTorch has them.

With `--emulated` small workloads run over the driver that tests/cuda/build.sh makes, with its cuBLASLt and without: their
numbers are compared with PyTorch's on the CPU, which tries each of its ways but graphs, and nothing is measured.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
SIZES = [256, 512, 1024, 2048, 4096, 8192]
MODELS = ["mlp_64", "lenet_64", "lenet_1024", "resnet32_128", "resnet224_32"]
WAYS = ["eager", "compile", "graph"]


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(784, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)) + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        for i, (inputs, outputs) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], 1):
            blocks = [Block(inputs, outputs, 1 if i == 1 else 2), Block(outputs, outputs, 1)]
            setattr(self, f"layer{i}", nn.Sequential(*blocks))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def numbers(*shape, start=0):
    """What castiron's `numbers` gives."""
    count = 1
    for size in shape:
        count *= size
    i = torch.arange(start, start + count, dtype=torch.int64)
    return (((i * 7919 + 13) % 997).float() / 997 - 0.5).reshape(shape)


def model_of(name):
    """The model, and the shape of a sample."""
    torch.manual_seed(0)
    if name.startswith("mlp"):
        return Mlp(), (784,)
    if name.startswith("lenet"):
        return LeNet(), (1, 28, 28)
    side = 32 if name.startswith("resnet32") else 224
    return ResNet(), (3, side, side)


def best(f, seconds):
    """Seconds of one call: the best of ten rounds, none of whose calls is waited for."""
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None

    def rounds(calls):
        wait()
        start = time.perf_counter()
        for _ in range(calls):
            f()
        wait()
        return (time.perf_counter() - start) / calls

    if seconds == 0:
        return rounds(1)
    rounds(5)
    calls = max(1, min(100_000, int(seconds / 10 / rounds(3))))
    return min(rounds(calls) for _ in range(10))


def graph_of(f):
    """A function that replays what `f` puts into the queue."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            f()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        f()
    return graph.replay


class Workload:
    """One row of the table. `device` is PyTorch's."""

    def __init__(self, name, device):
        self.name, self.device = name, device
        kind, size, *_ = name.split("_")
        self.is_product, self.is_update, self.trains = kind == "gemm", kind == "sgd", "_train" in name
        self.is_serial = name.endswith("serial")
        if self.is_product:
            size = int(size)
            dtype = torch.bfloat16 if name.endswith("bf16") else torch.float32
            self.a, self.b = (numbers(size, size, start=start).to(device, dtype) for start in (0, 5))
            return
        if self.is_update:
            torch.manual_seed(0)
            layers = [(f"fc{i}", nn.Linear(int(size), int(size))) for i in range(1, 5)]
            self.model = nn.Sequential(OrderedDict(layers))
            self.state = {key: value.clone() for key, value in self.model.state_dict().items()}
            return
        model, shape = model_of(name)
        self.state = {key: value.clone() for key, value in model.state_dict().items()}
        rows = int(size)
        self.host = numbers(rows, *shape)
        self.target = (torch.arange(rows) % 10).to(device)
        if device == "cuda":
            self.host = self.host.pin_memory()
        self.x = self.host.to(device)

    def fresh(self):
        model, _ = model_of(self.name)
        model.load_state_dict(self.state)
        model.to(self.device).train(self.trains)
        return model, torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)

    def step(self, model, optimizer):
        """The work of one step, without the copy of the batch; gives the loss or the outputs."""
        if not self.trains:
            with torch.no_grad():
                return model(self.x)
        optimizer.zero_grad(set_to_none=False)
        loss = F.cross_entropy(model(self.x), self.target)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def update(self):
        """An optimizer's step, on gradients that are the parameters of the beginning."""
        self.model.load_state_dict(self.state)
        self.model.to(self.device)
        for parameter in self.model.parameters():
            parameter.grad = parameter.detach().clone()
        fused = self.device == "cuda"
        return torch.optim.SGD(self.model.parameters(), 0.01, momentum=0.9, fused=fused).step

    def bandwidth(self, seconds, copy_seconds):
        """How much of a copy's bandwidth it reaches: it reads three numbers for each parameter and writes two."""
        return 5 / 2 * copy_seconds / seconds

    def copy(self):
        """A copy of as many numbers as there are parameters."""
        x = torch.zeros(sum(value.numel() for value in self.state.values()), device=self.device)
        y = torch.empty_like(x)
        return lambda: y.copy_(x)

    def values(self):
        """What castiron must compute too."""
        if self.is_update:
            update, weight = self.update(), self.model.fc1.weight
            for _ in range(3):
                update()
            return weight[0, :5].tolist()
        if self.is_product:
            c, last = self.a @ self.b, len(self.a) - 1
            return [c[0, 0].item(), c[len(self.a) // 2, 1].item(), c[last, last].item()]
        model, optimizer = self.fresh()
        if self.trains:
            return [self.step(model, optimizer).item() for _ in range(3)]
        return self.step(model, optimizer)[0].tolist()

    def ways(self):
        """PyTorch's ways to run it: name and function."""
        if self.is_serial:
            return
        if self.is_product:
            yield "eager", lambda: self.a @ self.b
            return
        if self.is_update:
            yield "eager", self.update()
            return
        for way in WAYS if self.device == "cuda" else WAYS[:2]:
            model, optimizer = self.fresh()
            # Of each workload as if it were the only one: its own sizes, not any.
            torch.compiler.reset()
            backend = "inductor" if self.device == "cuda" else "eager"
            run = torch.compile(model, backend=backend) if way == "compile" else model
            result = [None]

            def once(run=run, optimizer=optimizer, result=result):
                result[0] = self.step(run, optimizer)

            once()
            once = graph_of(once) if way == "graph" else once

            def whole(once=once, result=result):
                self.x.copy_(self.host, non_blocking=True)
                once()
                if not self.trains:
                    result[0].cpu()

            yield way, whole


class Failed(Exception):
    """Why a row has no times."""


def castiron(program, workload, seconds, folder):
    """Seconds, and the numbers."""
    command = [program, workload.name, str(seconds)]
    if not workload.is_product:
        file = folder / "parameters.safetensors"
        save_file(workload.state, file)
        command.append(str(file))
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed(f"castiron ends with {done.returncode}")
    time, *values = map(float, done.stdout.split())
    return time, values


def difference(workload, got, want):
    """What is not as it should be; nothing if all is."""
    tolerance = 3e-2 if workload.name.endswith(("tf32", "bf16")) else 2e-3
    pairs = list(zip(got, want, strict=True))
    if workload.trains and workload.name.endswith("tf32"):
        pairs = pairs[:1]
    for got, want in pairs:
        if not abs(got - want) <= tolerance * (1 + abs(want)):
            return f"FAILED: castiron computes {got}, PyTorch {want}"
    return ""


def row(program, name, device, seconds, folder):
    """A row of the table: castiron's time, PyTorch's, what they are in castiron's; and what does not agree."""
    # As castiron's default: products in full precision, unless asked.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name.endswith("tf32")
    workload = Workload(name, device)
    ours, got = castiron(program, workload, seconds, folder)
    wrong = difference(workload, got, workload.values())
    times = {way: best(f, seconds) for way, f in workload.ways()}
    cells = [f"{1e6 * times[way]:10.1f}" if way in times else f"{'':10}" for way in WAYS]
    ratios = " ".join(f"{times[way] / ours:8.2f}" for way in times)
    if workload.is_update:
        share = workload.bandwidth(ours, best(workload.copy(), seconds))
        ratios += f"    {share:.0%} of a copy's bandwidth"
    return f"{1e6 * ours:10.1f}{''.join(cells)}    {ratios}", wrong


def names_of(emulated):
    works = ("train", "train_serial", "infer")
    if emulated:
        names = ["gemm_16_f32", "gemm_16_tf32", "gemm_16_bf16", "sgd_16"]
        names += [f"{model}_2_{work}" for model in ("mlp", "lenet") for work in works]
        return names + ["resnet32_8_train", "resnet32_8_train_tf32", "resnet32_8_infer"]
    names = [f"gemm_{size}_{kind}" for size in SIZES for kind in ("f32", "tf32", "bf16")] + ["sgd_8192"]
    for model in MODELS:
        tf32 = ("train_tf32",) if model.startswith("resnet") else ()
        names += [f"{model}_{work}" for work in works + tf32]
    return names


def check_names(program):
    """That castiron knows all workloads, the emulated ones and those of a GPU."""
    said = subprocess.run([program], stderr=subprocess.PIPE, text=True).stderr
    known = said.split("\n")[1:]
    for name in names_of(True) + names_of(False):
        if name.removesuffix("_f32").removesuffix("_tf32").removesuffix("_serial") not in known:
            raise SystemExit(f"{program} does not know {name}")


def libraries(folders):
    """Lets castiron find libraries there."""
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = ":".join([*map(str, folders)] + ([before] if before else []))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="workloads with this in their names")
    parser.add_argument("--seconds", type=float, default=2.0, help="of measuring, for each")
    parser.add_argument("--emulated", type=Path, help="the folder of tests/cuda/build.sh: small workloads, no times")
    parser.add_argument("--program", type=Path, help="castiron-cuda, built before: for a machine without Rust")
    options = parser.parse_args()
    if not options.emulated and not torch.cuda.is_available():
        print("There is no GPU that PyTorch can use: nothing is measured. With `--emulated` the workloads are tried out.")
        return
    program = options.program
    if not program:
        subprocess.run(["cargo", "build", "--release"], cwd=HERE, check=True)
        program = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / "release" / "castiron-cuda"
    check_names(program)
    if options.emulated:
        driver = options.emulated.resolve()
        passes, device, seconds = [[driver], [driver / "cublas"]], "cpu", 0
    else:
        passes, device, seconds = [sorted(Path(torch.__file__).parent.parent.glob("nvidia/*/lib"))], "cuda", options.seconds
        print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}; times in microseconds")
        print(f"{'':22}{'castiron':>10}{'eager':>10}{'compile':>10}{'graph':>10}    PyTorch's in castiron's")

    failed = 0
    for folders in passes:
        libraries(folders)
        for name in filter(lambda name: options.only in name, names_of(options.emulated)):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    line, wrong = row(program, name, device, seconds, Path(folder))
                except (Failed, RuntimeError) as why:
                    line, wrong = "", f"FAILED: {why}"
            failed += bool(wrong)
            line = "" if options.emulated else line
            print(f"{name:22}{line}", wrong or ("agrees" if options.emulated else ""))
            sys.stdout.flush()
            if device == "cuda":
                # castiron is another process, which needs the memory.
                torch.cuda.empty_cache()
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
