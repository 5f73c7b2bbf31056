#!/usr/bin/env bash
# Programs without an operating system: builds and runs `examples/microcontroller` for a Cortex-M4F and for RISC-V in
# QEMU, and `examples/wasm` in Node, and checks what they compute and take. Prints tables of flash, RAM and stack.
#
# What is not there is fetched where that is possible, and else named; then the programs are not tested, and the exit
# status is 0. Toolchain and builds are in target/embedded, or in $CASTIRON_EMBEDDED.
set -euo pipefail
cd "$(dirname "$0")"
folder=${CASTIRON_EMBEDDED:-$PWD/../../target/embedded}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
export CARGO_TARGET_DIR=$folder/build

skip() { echo "NOT TESTED: $1: $2"; }

. ./toolchain.sh
find_toolchain "$folder/toolchain"
if [ -n "$missing" ]; then
  skip "programs without an operating system" "$missing"
  exit
fi
command -v python3 >/dev/null || { skip "programs without an operating system" "no python3, which checks them"; exit; }

emulators() { command -v qemu-system-arm && command -v qemu-system-riscv32; } >/dev/null
if ! emulators && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends qemu-system-arm qemu-system-misc; } >/dev/null || true
fi

run() {
  (cd ../../examples/microcontroller && timeout 300 cargo run --quiet --release --locked --target "$1" --bin "$2")
}

expect() {
  local want=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" = "$want" ] || { echo "$*: exit status $status, not $want"; exit 1; }
}

# Builds the programs and runs them in QEMU, where there is one.
microcontroller() {
  local target=$1 emulator=$2
  printf '\n== %s\n' "$target"
  (cd ../../examples/microcontroller && cargo build --release --locked --target "$target")
  if command -v "$emulator" >/dev/null; then
    run "$target" microcontroller | tee "$folder/$target.log"
    python3 check.py "$CARGO_TARGET_DIR/$target/release" "$folder/$target.log"
    # Those that do one thing say by their exit status what came of it: a seven that is read, a loss that falls.
    expect 7 run "$target" inference
    expect 7 run "$target" inference_bf16
    expect 7 run "$target" inference_int8
    expect 0 run "$target" training
  else
    skip "running it" "no $emulator: apt-get install qemu-system-arm qemu-system-misc"
    python3 check.py "$CARGO_TARGET_DIR/$target/release"
  fi
}
microcontroller thumbv7em-none-eabihf qemu-system-arm
microcontroller riscv32imac-unknown-none-elf qemu-system-riscv32

printf '\n== wasm32-unknown-unknown\n'
# With the names of functions, in which code that panics is looked for.
(cd ../../examples/wasm && CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --target wasm32-unknown-unknown)
if command -v node >/dev/null; then
  node --test wasm.mjs
else
  skip "running it" "no node"
fi
