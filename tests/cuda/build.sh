#!/usr/bin/env bash
# Builds the emulated driver into a folder for LD_LIBRARY_PATH: libcuda.so.1, libnvrtc.so, libnccl.so.2 and
# libnvtx3interop.so.1; in its folder `cublas`, libcublasLt.so.13. Needs g++ 12 or later on x86-64 Linux.
#
#   tests/cuda/build.sh target/emulated-cuda
set -euo pipefail
out=${1:?usage: build.sh FOLDER}
mkdir -p "$out/emulator"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"
# One at a time: several tests may ask for it at once.
exec 9>"$out/lock"
flock 9
cxx=${CXX:-g++}

# For kernels: what CUDA's compiler allows of C++, checks, and fused multiply-adds as NVRTC makes them.
kernel_flags="-std=c++17 -O2 -fPIC -w -fdiagnostics-plain-output
  -fno-strict-aliasing -fwrapv -fno-math-errno -fno-trapping-math
  -ffp-contract=fast -fno-exceptions -fvisibility=hidden -ftrivial-auto-var-init=pattern
  -fsanitize=alignment,bounds -fno-sanitize-recover=all"
grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && kernel_flags+=" -march=x86-64-v3"
# Modules of another build are not loaded; NVRTC's version is another one for each, so that caches keep them apart.
stamp=$(cat *.h *.cpp build.sh | cat - <("$cxx" --version) <(echo "$kernel_flags") | sha256sum)
kernel_flags=$(echo $kernel_flags "-DEMULATOR_BUILD=$((0x${stamp:0:6}))")

# Nothing to do if nothing changed.
[ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] && exit

flags="-std=c++17 -O1 -g1 -fPIC -Wall -Wextra -Wno-missing-field-initializers -fvisibility=hidden"
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
# One process each, as many at a time as there are processors.
for file in *.cpp; do echo "$file"; done | xargs -P "$(nproc)" -I{} \
  "$cxx" $flags "-DEMULATOR_FLAGS=\"$kernel_flags\"" "${kernel_flags##* }" -c {} -o "$objects/{}.o"
(cd "$objects" && "$cxx" -shared translate.cpp.o nvrtc.cpp.o -o "$out/libnvrtc.so" &&
  mkdir others && mv translate.cpp.o nvrtc.cpp.o nccl.cpp.o cublaslt.cpp.o nvtx.cpp.o others/ &&
  "$cxx" -shared -Wl,-soname,libcuda.so.1 *.o -ldl -o "$out/libcuda.so.1" &&
  "$cxx" -shared -Wl,-soname,libnccl.so.2 others/nccl.cpp.o "$out/libcuda.so.1" -o "$out/libnccl.so.2" &&
  "$cxx" -shared others/nvtx.cpp.o -o "$out/libnvtx3interop.so.1" &&
  # In a folder of its own: without it, the library's own kernels compute all products.
  mkdir -p "$out/cublas" &&
  "$cxx" -shared -Wl,-soname,libcublasLt.so.13 others/cublaslt.cpp.o "$out/libcuda.so.1" \
    -o "$out/cublas/libcublasLt.so.13")
ln -sf libcuda.so.1 "$out/libcuda.so"
cp emulator.h intrinsics.h module.h sanitize.h vectors.h warp.h "$out/emulator/"
"$cxx" $kernel_flags -x c++-header "$out/emulator/emulator.h" -o "$out/emulator/emulator.h.gch"
echo "$stamp" >"$out/stamp"
