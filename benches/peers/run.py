#!/usr/bin/env python3
"""Runs castiron and other libraries on the same work, interleaved, and writes what it measured to ../README.md.

    python3 -m venv venv
    venv/bin/pip install torch torchvision onnx onnxruntime onnxscript safetensors numpy
    python3 run.py --python venv/bin/python

Every peer is a process that stays alive and answers commands (protocol/src/lib.rs). For each workload all peers
prepare it, their results are compared with PyTorch's, and then each of them runs it for a short while, in turn, many
times over: what else the machine does meets all alike. The time of a peer is the best of its rounds, each round being
a median; the median of its rounds is noted too.

castiron is built as users build it; the other crates for this very processor. Results are kept, so several calls with
`--only` add up to one table. The script itself needs nothing but Python 3.11 and cargo.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path

import report
import work

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
DATA = TARGET / "data"
RESULTS = TARGET / "results.json"
DEFAULT, NATIVE = (TARGET / folder / "release" for folder in ("default", "native"))
REFERENCE = "PyTorch"
# Turns of each peer, even if they take longer than a workload may.
FEWEST = 5
# How far results may be from PyTorch's, as a part of the largest.
TOLERANCE = 1e-3
THREADS = ["OMP", "MKL", "OPENBLAS", "RAYON", "MATMUL", "RTEN"]


def commands(python, optional):
    """What runs each peer; the number of threads follows."""
    scripts = {REFERENCE: "pytorch", "onnxruntime": "onnx_runtime", "OpenBLAS": "openblas"}
    return {
        "castiron": [DEFAULT / "peer-castiron"],
        **{name: [python, HERE / "python" / f"{script}.py"] for name, script in scripts.items()},
        **{peer: [NATIVE / f"peer-{peer}"] for peer in ["tract", *optional]},
        **{crate: [NATIVE / "peer-products", crate] for crate in ["gemm", "faer", "nano-gemm", "matrixmultiply"]},
    }


class Failed(Exception):
    """A peer died, or could not be started."""


class Peer:
    """A process that answers commands."""

    def __init__(self, name, command, threads):
        self.name, self.command, self.threads = name, [*map(str, command), str(threads)], threads
        self.start()

    def start(self):
        environment = {**os.environ, "PEERS_DATA": str(DATA), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.update({f"{library}_NUM_THREADS": str(self.threads) for library in THREADS})
        self.errors = tempfile.TemporaryFile("w+")
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.process = subprocess.Popen(self.command, env=environment, preexec_fn=self.pin, **pipes)

    def pin(self):
        """As many processors as threads, so that nobody is moved about."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-self.threads :])

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self.stop()
            self.errors.seek(0)
            lines = self.errors.read().strip().splitlines() or ["no message"]
            raise Failed(f"{self.name}: {command}: {' | '.join(lines[-3:])[:300]}") from None

    def stop(self):
        self.process.kill()
        self.process.wait()


def build(chosen):
    """castiron, what measures the limits, and those peers that are chosen."""
    peers = ["products", *({"tract", "burn"} & chosen.keys())]
    native = {"RUSTFLAGS": "-C target-cpu=native"}
    for target, flags, names in [("default", {}, ["castiron"]), ("native", native, peers)]:
        environment = {key: value for key, value in os.environ.items() if key != "RUSTFLAGS"}
        environment.update(flags, CARGO_TARGET_DIR=str(TARGET / target))
        packages = [f"--package=peer-{name}" for name in names]
        subprocess.run(["cargo", "build", "--release", "--locked", *packages], cwd=HERE, env=environment, check=True)


def export(python):
    """Weights and inputs for all peers, and what the models consist of."""
    path = DATA / "work.json"
    newest = max(source.stat().st_mtime for source in [*(HERE / "python").glob("*.py"), HERE / "work.py"])
    if not path.exists() or path.stat().st_mtime < newest:
        DATA.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PEERS_DATA": str(DATA), "PYTHONDONTWRITEBYTECODE": "1"}
        script = [python, HERE / "python" / "export.py"]
        path.write_bytes(subprocess.run(script, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    return json.loads(path.read_text())


def limits(threads, before):
    """The most that the processor did, now or earlier."""
    peer = Peer("limits", [NATIVE / "peer-products", "limits"], threads)
    found = json.loads(peer.process.communicate()[0])
    if before:
        found["flops"] = max(found["flops"], before["flops"])
        then = dict(before["bandwidth"])
        found["bandwidth"] = [[size, max(now, then.get(size, 0))] for size, now in found["bandwidth"]]
    return found


def prepare(peers, name):
    """Those peers that have the workload, with how far their result is from PyTorch's."""
    ready, results = [], {}
    for peer in peers:
        try:
            answer = peer.ask(f"load {name}")
        except Failed as failure:
            print(f"  {failure}")
            peer.start()
            continue
        if "result" in answer:
            ready.append(peer)
            results[peer.name] = answer["result"]
    want = results.get(REFERENCE)
    errors = {peer: want and distance(result, want) for peer, result in results.items()}
    return [peer for peer in ready if (errors[peer.name] or 0) <= TOLERANCE or complain(peer, errors)], errors


def distance(got, want):
    if len(got) != len(want):
        return float("inf")
    return max(abs(g - w) for g, w in zip(got, want)) / max(map(abs, want))


def complain(peer, errors):
    print(f"  {peer.name}: the result is {errors[peer.name]:.1e} off, so it is not measured")


def measure(peers, name, rounds, seconds, most):
    """Nanoseconds of each peer."""
    ready, errors = prepare(peers, name)
    times = {peer.name: [] for peer in ready}
    for peer in ready:
        # Caches, frequencies, pages, and the first time of everything.
        peer.ask(f"run {seconds}")
    end = time.monotonic() + most
    for turn in range(rounds):
        if turn >= FEWEST and time.monotonic() > end:
            break
        for i in range(len(ready)):
            peer = ready[(i + turn) % len(ready)]
            # Threads of the last peer may look out for more work for some milliseconds.
            time.sleep(0.01)
            times[peer.name].append(peer.ask(f"run {seconds}")["median"])
    return {
        peer: {"best": min(rounds), "median": statistics.median(rounds), "error": errors[peer]}
        for peer, rounds in times.items()
    }


def memory(command, name):
    """What one run of a workload asks of the heap, and how much a process grows that does nothing else."""
    peer = Peer(*command, 1)
    try:
        if "result" not in peer.ask(f"load {name}"):
            return None
        peer.ask("run 0.2")
        return peer.ask("memory")
    finally:
        peer.stop()


def machine():
    name = platform.processor()
    if platform.system() == "Linux":
        name = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def versions(python):
    """Of what was measured."""
    lock = (HERE / "Cargo.lock").read_text()
    crates = ["gemm", "faer", "nano-gemm", "matrixmultiply", "tract-onnx", "burn"]
    found = {crate: re.search(rf'name = "{crate}"\nversion = "(.*)"', lock)[1] for crate in crates}
    packages = ["torch", "onnxruntime", "numpy"]
    script = f"import importlib.metadata as m; print(*map(m.version, {packages}))"
    installed = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return {"rustc": rustc, **dict(zip(packages, installed)), **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="python3", help="a Python with PyTorch and onnxruntime")
    parser.add_argument("--only", default="", metavar="REGEX", help="workloads with this in their names")
    parser.add_argument("--peers", default="", metavar="REGEX", help="peers whose names have this in them")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, separated by commas")
    parser.add_argument("--rounds", type=int, default=30, help="how often each peer has its turn")
    parser.add_argument("--seconds", type=float, default=0.03, help="how long a turn is")
    parser.add_argument("--most", type=float, default=20, help="seconds for a workload, after which turns are fewer")
    parser.add_argument("--with", dest="optional", action="append", default=[], choices=["burn"], help="a peer more")
    parser.add_argument("--report", action="store_true", help="only write the tables of what was measured before")
    options = parser.parse_args()

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"times": {}, "limits": {}, "memory": {}}
    if not options.report:
        everyone = commands(options.python, options.optional).items()
        chosen = {name: command for name, command in everyone if re.search(options.peers, name)}
        build(chosen)
        known = export(options.python)
        names = [name for name in work.names(known) if re.search(options.only, name)]
        results.update(date=str(date.today()), machine=machine(), versions=versions(options.python))
        results["turns"] = f"up to {options.rounds} turns of {options.seconds} s"
        for threads in map(int, options.threads.split(",")):
            fit = [name for name in names if threads == 1 or options.only or name in work.LARGE]
            run(results, known, fit, chosen, threads, options)
        if re.search(options.only, "memory"):
            for name in work.TRAINING:
                for peer in {"castiron", REFERENCE} & chosen.keys():
                    results["memory"].setdefault(name, {})[peer] = memory((peer, chosen[peer]), name)
        save(results)
    report.write(HERE.parent / "README.md", results, export(options.python))


def save(results):
    RESULTS.write_text(json.dumps(results, indent=1))


def run(results, known, names, chosen, threads, options):
    """All workloads on so many threads."""
    results["limits"][str(threads)] = limits(threads, results["limits"].get(str(threads)))
    peers = [Peer(name, command, threads) for name, command in chosen.items()] if names else []
    for name in names:
        print(f"\n{name}, {threads} threads, {time.strftime('%X')}", flush=True)
        times = results["times"].setdefault(f"{name} {threads}", {})
        times.update(measure(peers, name, options.rounds, options.seconds, options.most))
        save(results)
        report.show(times, work.limit(name, known, results["limits"][str(threads)]))
    for peer in peers:
        peer.stop()


if __name__ == "__main__":
    main()
