#!/usr/bin/env bash
# Everything that runs on a GPU, over a driver that runs it on the CPU: the registry's checks of every operation, those of
# every layer, training, inference, tensors. Needs g++ 12 or later on x86-64 Linux, and no GPU.
#
#   tests/cuda/run.sh [FILTER]      FILTER: only tests with this in their names
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v "${CXX:-g++}" >/dev/null || {
  echo "no ${CXX:-g++}: the emulated CUDA driver needs g++ 12 or later (apt-get install g++)"
  exit 1
}
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
driver=$(cd "$target" && pwd)/emulated-cuda
tests/cuda/build.sh "$driver"

# No test passes because there is no GPU; compiled kernels are found again.
export CASTIRON_REQUIRE_CUDA=1 CASTIRON_CACHE=$driver/cache LD_LIBRARY_PATH=$driver${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# Random cases of each operation: each runs on the CPU and, slowly, on the emulated GPU.
export PROPTEST_CASES=${PROPTEST_CASES:-16}
cargo test --workspace --features nccl --lib --test cuda --test layers --test own_operation --test mixed_precision -- "$@"

# Once more what multiplies matrices, by cuBLASLt.
export LD_LIBRARY_PATH=$driver/cublas:$LD_LIBRARY_PATH
cargo test --workspace --features nccl --lib -- blas gemm product Gemm Product
cargo test --features nccl --test cuda
