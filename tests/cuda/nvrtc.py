#!/usr/bin/env python3
"""Compiles kernels with NVIDIA's own NVRTC and ptxas, for every architecture that is supported; needs no GPU.

    pip install --no-deps --target FOLDER nvidia-cuda-nvrtc==13.0.88 nvidia-cuda-runtime==13.0.96 \\
        nvidia-cuda-crt==13.0.88 nvidia-cuda-nvcc==13.0.88
    tests/cuda/nvrtc.py [--few N] FOLDER SOURCES..

A source is a `.cu` file, or a folder of them. Its options stand in its first line: `// options: -DT=float -DN=4`, and
`// since: 8.0` in the second where it needs a compute capability. A folder where castiron kept compiled kernels
(`CASTIRON_CACHE`) will do too: each was compiled from a source that its file tells. With `--few`, at most so many of the
options of each file are compiled.

Prints the most registers, shared memory and spills of each kernel, over all options. Fails on an error, and on a spill
unless `// spills: REASON` stands in the line above the kernel.
"""

import argparse
import concurrent.futures
import ctypes
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

ARCHITECTURES = ["75", "80", "90", "100"]


class Nvrtc:
    def __init__(self, folder):
        # NVRTC opens this by its name alone, which finds it if it is there already.
        ctypes.CDLL(str(folder / "nvidia/cu13/lib/libnvrtc-builtins.so.13.0"), ctypes.RTLD_GLOBAL)
        self.lib = ctypes.CDLL(str(folder / "nvidia/cu13/lib/libnvrtc.so.13"))

    def text(self, program, what):
        size = ctypes.c_size_t()
        getattr(self.lib, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        getattr(self.lib, f"nvrtcGet{what}")(program, text)
        return text.value

    def compile(self, source, name, options):
        """PTX, or None; and the log."""
        program = ctypes.c_void_p()
        self.lib.nvrtcCreateProgram(ctypes.byref(program), source.encode(), name.encode(), 0, None, None)
        given = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
        failed = self.lib.nvrtcCompileProgram(program, len(options), given)
        log = self.text(program, "ProgramLog").decode().strip()
        ptx = None if failed else self.text(program, "PTX")
        self.lib.nvrtcDestroyProgram(ctypes.byref(program))
        return ptx, log


def assemble(folder, ptx, architecture):
    """What ptxas says of a module: {kernel: (registers, shared memory, spilled bytes)}, or None; and its output."""
    with tempfile.NamedTemporaryFile(suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        command = [folder / "nvidia/cu13/bin/ptxas", "-v", f"-arch=sm_{architecture}", file.name, "-o", "/dev/null"]
        done = subprocess.run(command, capture_output=True, text=True)
    usage = {}
    for part in done.stderr.split("Compiling entry function '")[1:]:
        number = lambda pattern: int((re.search(pattern, part) or [0, 0])[1])
        usage[part.split("'")[0]] = (
            number(r"Used (\d+) registers"), number(r"(\d+) bytes smem"), number(r"(\d+) bytes spill stores"))
    return usage if done.returncode == 0 else None, done.stderr


def kernel_after(text):
    """The name of the kernel that a text starts with."""
    text = re.sub(r"__launch_bounds__\s*\([^)]*\)", "", text)
    return (re.search(r"__global__\s+void\s+(\w+)\s*\(", text) or [None, None])[1]


class Source:
    """What is to be compiled: for architectures from `since` on."""

    def __init__(self, name, text, options, since):
        self.name, self.text, self.options, self.since = name, text, options, since
        self.justified = {kernel_after(text[m.end():]) for m in re.finditer(r"^// spills: .+$", text, re.M)}


def read(path):
    """The source of a `.cu` file."""
    text = path.read_text()
    options = re.match(r"// options:(.*)", text)
    since = re.search(r"^// since: (\d+)\.(\d)$", text, re.M)
    return Source(path.name, text, options[1].split() if options else [], int(since[1] + since[2]) if since else 0)


def kept(path):
    """The source that a file of castiron's cache was compiled from: its key, behind the length of that."""
    data = path.read_bytes()
    key = data[8:8 + int.from_bytes(data[:8], "little")].decode()
    first, text = key.split("\n", 1)
    name = (re.findall(r'^#line 1 "(.*)"$', text, re.M) or [path.name])[-1]
    # Types may have two words.
    options = ["-D" + define for define in first.split(" -D")[1:]]
    # Tensor cores multiply these from compute capability 8.0 on.
    ampere = re.search(r"-DMULTIPLY=mma_\w+_(tf32|bf16|s8u8|u8s8)", first)
    return Source(name, text, options, 80 if ampere else 75)


def sources(paths):
    """All sources of files and folders; each pair of text and options once."""
    found = {}
    for path in paths:
        for file in sorted([*path.glob("**/*.cu"), *path.glob("**/*.cubin")]) if path.is_dir() else [path]:
            source = kept(file) if file.suffix == ".cubin" else read(file)
            found[source.text, *source.options] = source
    return sorted(found.values(), key=lambda source: (source.name, source.options))


def spread(found, most):
    """At most so many sources of each file, from all over its options."""
    for _, of_file in itertools.groupby(found, key=lambda source: source.name):
        of_file = list(of_file)
        count = min(most, len(of_file))
        yield from (of_file[i * len(of_file) // count] for i in range(count))


def check(folder, source):
    """{(kernel, architecture): what ptxas says of it}, and what is wrong."""
    nvrtc, found, wrong = Nvrtc(folder), {}, []
    for architecture in ARCHITECTURES:
        if int(architecture) < source.since:
            continue
        title = f"{source.name} sm_{architecture} {' '.join(source.options)}"
        ptx, log = nvrtc.compile(
            source.text, source.name,
            ["--std=c++17", f"--gpu-architecture=compute_{architecture}", *source.options])
        usage, output = assemble(folder, ptx, architecture) if ptx else (None, "")
        if log or usage is None:
            wrong.append(f"{title}: {log} {output}")
        for kernel, (registers, shared, spills) in (usage or {}).items():
            found[kernel, architecture] = (registers, shared, spills)
            if spills and kernel not in source.justified:
                wrong.append(f"{title}: {kernel} spills {spills} bytes, and no reason is given")
    return found, wrong


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--few", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("sources", type=pathlib.Path, nargs="+")
    given = parser.parse_args()
    folder, all_sources = given.folder, sources(given.sources)
    if given.few:
        all_sources = list(spread(all_sources, given.few))
    # Processes, not threads: NVRTC compiles one source at a time.
    with concurrent.futures.ProcessPoolExecutor() as pool:
        results = list(pool.map(check, itertools.repeat(folder), all_sources))
    most = {}
    for source, (found, _) in zip(all_sources, results):
        for (kernel, architecture), numbers in found.items():
            line = most.setdefault((source.name, kernel), {})
            line[architecture] = tuple(map(max, numbers, line.get(architecture, (0, 0, 0))))
    print("most registers / bytes of shared memory / bytes spilled, by architecture")
    for (name, kernel), line in sorted(most.items()):
        numbers = "  ".join(f"sm_{a} {r:3}/{shared:5}/{spills}" for a, (r, shared, spills) in line.items())
        print(f"{name:20} {kernel:34} {numbers}")
    for line in (line for _, wrong in results for line in wrong):
        print(line)
    good = sum(not wrong for _, wrong in results)
    print(f"{good} of {len(results)} sources are good")
    sys.exit(not results or good != len(results))


if __name__ == "__main__":
    main()
