#!/usr/bin/env bash
# Compiles every kernel, with all options that the operations' checks launch it with, by NVIDIA's own NVRTC and ptxas,
# which come from PyPI: `nvrtc.py`. Needs no GPU. Where the compiler cannot be had, it says so and passes.
#
#   tests/cuda/check_sources.sh [FILTER..]     FILTER: only kernels of checks with one of these in their names
#   tests/cuda/check_sources.sh --few          of each file, four of the options that run.sh launched it with
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

missing() {
  echo "NVRTC could not be had ($1): kernels were not compiled by NVIDIA's compiler"
  exit 0
}
command -v python3 >/dev/null || missing "there is no python3"
python3 -m pip --version >/dev/null 2>&1 || missing "there is no pip"
[ "$(uname -sm)" = "Linux x86_64" ] || missing "the emulated driver needs x86-64 Linux"
if [ ! -x "$target/nvrtc/nvidia/cu13/bin/ptxas" ]; then
  rm -rf "$target/nvrtc"
  python3 -m pip install --quiet --no-deps --target "$target/nvrtc" nvidia-cuda-nvrtc==13.0.88 \
    nvidia-cuda-runtime==13.0.96 nvidia-cuda-crt==13.0.88 nvidia-cuda-nvcc==13.0.88 || missing "pip failed"
fi

if [ "${1:-}" = --few ]; then
  exec python3 tests/cuda/nvrtc.py --few 4 "$target/nvrtc" "$target/emulated-cuda/cache"
fi

# The library keeps what it compiles, and each file tells from what. A few random cases beside the fixed ones will do.
tests/cuda/build.sh "$target/emulated-cuda"
export CASTIRON_REQUIRE_CUDA=1 CASTIRON_CACHE="$target/cuda-sources" PROPTEST_CASES=${PROPTEST_CASES:-8}
rm -rf "$CASTIRON_CACHE"
checks() {
  LD_LIBRARY_PATH="$target/emulated-cuda:${LD_LIBRARY_PATH:-}" CASTIRON_EMULATED_CC=$1 \
    cargo test --package castiron-kernels --features nccl --lib -- "${@:2}"
}
checks 7.5 "$@"
# What chooses by compute capability: tensor cores.
[ $# -gt 0 ] || set -- Gemm Product Conv2d QuantizedLinear tf32
checks 8.0 "$@"

python3 tests/cuda/nvrtc.py "$target/nvrtc" "$CASTIRON_CACHE"
