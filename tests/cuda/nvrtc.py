#!/usr/bin/env python3
"""Compiles kernels with NVIDIA's own NVRTC and ptxas, for every architecture that is supported; needs no GPU.

    pip install --no-deps --target FOLDER nvidia-cuda-nvrtc==13.0.88 nvidia-cuda-runtime==13.0.96 \\
        nvidia-cuda-crt==13.0.88 nvidia-cuda-nvcc==13.0.88
    tests/cuda/nvrtc.py FOLDER SOURCES..

A source is a `.cu` file, or a folder of them. Its options stand in its first line: `// options: -DT=float -DN=4`, and
`// since: 8.0` in the second where it needs a compute capability. Prints registers, shared memory and spills of each
kernel. Fails on an error, and on a spill unless `// spills: REASON` stands in the line above the kernel.

A source may also be a file of the library's cache, or a folder of them: what was compiled is compiled again with the
same options for the same architecture. So the sources of a whole run of the tests are checked as they were used:

    CASTIRON_EMULATED_CC=8.0 CASTIRON_CACHE=CACHE tests/cuda/run.sh
    tests/cuda/nvrtc.py FOLDER CACHE
"""

import ctypes
import pathlib
import re
import struct
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


def cached(path):
    """The name, text, options and architecture of a file of the cache: see kernels/src/cuda/compile.rs."""
    file = path.read_bytes()
    length = struct.unpack("<Q", file[:8])[0]
    head, source = file[8 : 8 + length].decode().split("\n", 1)
    architecture, *options = re.search(r"--gpu-architecture=sm_(\d+) (.*)", head).groups()
    return re.search(r'#line 1 "(.*)"', source)[1], source, options[0].split(), [architecture]


def written(path):
    """The same of a `.cu` file, and all architectures that it is for."""
    source = path.read_text()
    options = re.match(r"// options:(.*)", source)
    since = re.search(r"^// since: (\d+)\.(\d)$", source, re.M)
    architectures = [a for a in ARCHITECTURES if not since or int(a) >= int(since[1] + since[2])]
    return path.name, source, options[1].split() if options else [], architectures


def check(nvrtc, folder, path):
    """Whether a source is as it must be, for each architecture."""
    name, source, options, architectures = (cached if path.suffix == ".cubin" else written)(path)
    justified = {kernel_after(source[m.end():]) for m in re.finditer(r"^// spills: .+$", source, re.M)}
    good = True
    for architecture in architectures:
        ptx, log = nvrtc.compile(source, name, ["--std=c++17", f"--gpu-architecture=compute_{architecture}", *options])
        if log:
            print(f"{name} {' '.join(options)} sm_{architecture}: {log}")
        usage, output = assemble(folder, ptx, architecture) if ptx else (None, "")
        if usage is None:
            print(f"{name} sm_{architecture}: {output or 'does not compile'}")
            good = False
            continue
        for kernel, (registers, shared, spills) in sorted(usage.items()):
            line = f"{name:32} sm_{architecture:4} {kernel:40} {registers:4} registers {shared:6} B shared"
            unjustified = spills and kernel not in justified
            good &= not unjustified
            line += f" {spills:5} B spilled" if spills else ""
            print(line + (f" and no reason given: {' '.join(options)}" if unjustified else ""))
    return good


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, *sources = map(pathlib.Path, sys.argv[1:])
    inside = lambda folder: sorted([*folder.glob("**/*.cu"), *folder.glob("*.cubin")])
    files = [f for s in sources for f in (inside(s) if s.is_dir() else [s])]
    nvrtc = Nvrtc(folder)
    results = [check(nvrtc, folder, file) for file in files]
    print(f"{results.count(True)} of {len(results)} sources are good")
    sys.exit(not results or not all(results))


if __name__ == "__main__":
    main()
