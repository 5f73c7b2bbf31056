#!/usr/bin/env bash
# What compiling castiron costs: processor seconds of rustc (which other work on the machine changes little) for the
# kernels with the dev profile, their dependencies being built already, and for `tests/lenet` with all that it needs,
# as it is released; the size of that program; and how many lines of LLVM IR the kernels are before LLVM looks at them,
# which is the same on every machine.
#
#   benches/build_time.sh [CHECKOUT]    of this checkout, or of another one
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
CARGO_TARGET_DIR=$(mktemp -d)
export CARGO_TARGET_DIR
trap 'rm -rf "$CARGO_TARGET_DIR"' EXIT

# Processor seconds of a command.
seconds() {
  local TIMEFORMAT='%U'
  { time "$@" >/dev/null 2>&1; } 2>&1
}

cargo build --quiet -p cpufeatures -p half -p libm -p rayon
printf 'castiron-kernels, dev profile: %s s\n' "$(seconds cargo build -p castiron-kernels)"
if [[ -d tests/lenet ]]; then
  lenet=$(seconds cargo build --release --locked --manifest-path tests/lenet/Cargo.toml)
  printf 'tests/lenet, release: %s s, %s bytes\n' "$lenet" "$(stat -c %s "$CARGO_TARGET_DIR/release/lenet")"
fi
export CARGO_PROFILE_RELEASE_LTO=off
cargo rustc --quiet -p castiron-kernels --release -- --emit=llvm-ir -C no-prepopulate-passes -C codegen-units=1
printf 'castiron-kernels: %s lines of LLVM IR\n' "$(cat "$CARGO_TARGET_DIR"/release/deps/castiron_kernels-*.ll | wc -l)"
