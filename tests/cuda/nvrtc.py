#!/usr/bin/env python3
"""Compiles kernels with NVIDIA's own NVRTC and ptxas, for every architecture that is supported; needs no GPU.

    pip install --no-deps --target FOLDER nvidia-cuda-nvrtc==13.0.88 nvidia-cuda-runtime==13.0.96 \\
        nvidia-cuda-crt==13.0.88 nvidia-cuda-nvcc==13.0.88
    tests/cuda/nvrtc.py FOLDER SOURCES..

A source is a `.cu` file, or a folder of them. Its options stand in its first line: `// options: -DT=float -DN=4`, and
`// since: 8.0` in the second where it needs a compute capability. Prints registers, shared memory and spills of each
kernel. Fails on an error, and on a spill unless `// spills: REASON` stands in the line above the kernel.
"""

import ctypes
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


def check(nvrtc, folder, path):
    """Whether a source is as it must be, for each architecture."""
    source = path.read_text()
    options = re.match(r"// options:(.*)", source)
    options = options[1].split() if options else []
    since = re.search(r"^// since: (\d+)\.(\d)$", source, re.M)
    justified = {kernel_after(source[m.end():]) for m in re.finditer(r"^// spills: .+$", source, re.M)}
    good = True
    for architecture in ARCHITECTURES:
        if since and int(architecture) < int(since[1] + since[2]):
            continue
        ptx, log = nvrtc.compile(
            source, path.name, ["--std=c++17", f"--gpu-architecture=compute_{architecture}", *options])
        if log:
            print(f"{path.name} sm_{architecture}: {log}")
        usage, output = assemble(folder, ptx, architecture) if ptx else (None, "")
        if usage is None:
            print(f"{path.name} sm_{architecture}: {output or 'does not compile'}")
            good = False
            continue
        for kernel, (registers, shared, spills) in sorted(usage.items()):
            line = f"{path.name:32} sm_{architecture:4} {kernel:40} {registers:4} registers {shared:6} B shared"
            unjustified = spills and kernel not in justified
            good &= not unjustified
            print(line + (f" {spills:5} B spilled" if spills else "") + (" and no reason given" if unjustified else ""))
    return good


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, *sources = map(pathlib.Path, sys.argv[1:])
    files = [f for s in sources for f in (sorted(s.glob("**/*.cu")) if s.is_dir() else [s])]
    nvrtc = Nvrtc(folder)
    results = [check(nvrtc, folder, file) for file in files]
    print(f"{results.count(True)} of {len(results)} sources are good")
    sys.exit(not results or not all(results))


if __name__ == "__main__":
    main()
