#!/usr/bin/env bash
# Runs the unit tests of the kernels and of the library under AddressSanitizer: every operation over random shapes, on
# each instruction set that the processor has. Needs a nightly toolchain: rustup toolchain install nightly.
# Arguments go to the tests: tests/sanitize.sh gemm
set -euo pipefail
cd "$(dirname "$0")/.."
host="$(rustc -vV | sed -n 's/^host: //p')"
# A target is named so that build scripts and macros stay as they are, which the compiler loads. The test that is left
# out wants a signal, which AddressSanitizer catches.
RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/sanitize" \
  cargo +nightly test --package castiron-kernels --package castiron --lib --target "$host" -- --skip a_read_beyond_an_argument_kills "$@"
