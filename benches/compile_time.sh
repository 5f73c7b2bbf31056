#!/usr/bin/env bash
# What a model adds to an incremental `cargo check`: the time of a crate that holds nothing but the model,
# moved down by a line and checked again, minus that of the same crate without it. A line more moves every
# span of the expansion, so rustc has to look at all of it again. The best of several runs each, since other
# work on the machine only ever adds.
#
#   benches/compile_time.sh                    LeNet-5, ResNet-18, MobileNetV2, against their limits
#   benches/compile_time.sh [RUNS] FILE...     the models in these files, each a Rust module
#
# Fails where LeNet-5 adds 1 s or more, or ResNet-18 5 s or more.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
runs=7
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  runs=$1
  shift
fi
vision=$root/examples/common/vision
files=("$root/benches/compile_time/lenet.rs" "$vision/resnet.rs" "$vision/mobilenet.rs")
if (($# > 0)); then
  mapfile -t files < <(realpath -- "$@")
fi

crate=${CARGO_TARGET_DIR:-$root/target}/compile_time
mkdir -p "$crate/src"
cat >"$crate/Cargo.toml" <<TOML
[package]
name = "compile-time"
edition = "2024"

[workspace]

[dependencies]
castiron = { path = "$root/tensor" }
TOML
cp "$root/Cargo.lock" "$crate/Cargo.lock"

check() {
  CARGO_TARGET_DIR="$crate/target" cargo check --quiet --manifest-path "$crate/Cargo.toml"
}

# Milliseconds of the fastest check of a crate with the model of this file, or without any.
measure() {
  local import='pub mod model;'
  if [[ $1 == none ]]; then import=''; : >"$crate/src/model.rs"; else cp "$1" "$crate/src/model.rs"; fi
  printf 'pub use castiron::Model;\n%s\n' "$import" >"$crate/src/lib.rs"
  check
  local best=-1 start elapsed run
  for ((run = 0; run < runs; run++)); do
    # The file system's clock may be coarse: a file that looks untouched is not checked.
    sleep 0.05
    for source in "$crate"/src/{lib,model}.rs; do
      { echo; cat "$source"; } >"$source.moved"
      mv "$source.moved" "$source"
    done
    start=${EPOCHREALTIME/./}
    check
    elapsed=$(((${EPOCHREALTIME/./} - start) / 1000))
    if ((best < 0 || elapsed < best)); then best=$elapsed; fi
  done
  echo "$best"
}

without=$(measure none)
printf '%-14s %10s %10s %10s\n' model 'with (ms)' 'without' adds
failed=0
for file in "${files[@]}"; do
  name=$(basename "$file" .rs)
  with=$(measure "$file")
  adds=$((with - without))
  printf '%-14s %10d %10d %10d\n' "$name" "$with" "$without" "$adds"
  case $name in
    lenet) limit=1000 ;;
    resnet) limit=5000 ;;
    *) continue ;;
  esac
  if ((adds >= limit)); then
    echo "$name adds $adds ms; it is to add less than $limit ms" >&2
    failed=1
  fi
done
exit "$failed"
