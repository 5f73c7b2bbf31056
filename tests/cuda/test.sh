#!/usr/bin/env bash
# Checks the emulated driver itself: that right kernels give right results, and that each kind of mistake is found and
# named. See README.md.
#
#   tests/cuda/test.sh [FOLDER]     FOLDER: where to build; target/emulated-cuda by itself
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-target/emulated-cuda}
tests/cuda/build.sh "$out"
out=$(cd "$out" && pwd)
export LD_LIBRARY_PATH=$out KERNELS=$PWD/tests/cuda/check TENSOR_CORE=$PWD/kernels/src/cuda/tensor_core.cuh
"${CXX:-g++}" -std=c++17 -O1 -Wall tests/cuda/check/check.cpp -o "$out/check" -L"$out" -lcuda -lnvrtc
ulimit -c 0

failures=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# ends good|bad TEXT [NAME=VALUE..] CHECK: it succeeds or aborts, and says TEXT (a regular expression).
ends() {
  local status=0 how=$1 text=$2
  shift 2
  # A shell of its own: it says nothing of what aborted.
  env "${@:1:$#-1}" bash -c '"$0" "$1" || exit 1' "$out/check" "${@: -1}" >"$log" 2>&1 || status=bad
  [ "$status" = bad ] || status=good
  if [ "$status" = "$how" ] && grep -qE -- "$text" "$log"; then
    echo "ok: ${*: -1}"
  else
    echo "FAILED: $*: must be $how and say: $text"
    cat "$log"
    failures=$((failures + 1))
  fi
}

for check in matmul softmax warps tensor_core graph refused_in_capture memory compile_errors launch_limits; do
  for seed in 1 2; do ends good '^ok$' CASTIRON_EMULATED_SEED=$seed "$check"; done
  ends good '^ok$' CASTIRON_EMULATED_GUARD=start CUDA_LAUNCH_BLOCKING=1 "$check"
done

ulimit -n 64
ends good '^ok$' many_modules

thread='thread \([0-9]+, 0, 0\)'
ends bad "kernel \`reads_outside\`, block \(1, 0, 0\), thread \(0, 0, 0\): no memory .* 256 bytes after" reads_outside
ends bad "kernel \`writes_outside\`, block \(0, 0, 0\), thread \(64, 0, 0\): no memory at .* 256 bytes" writes_outside
ends bad "kernel \`writes_before\`, .*no memory at .* 4 bytes before" CASTIRON_EMULATED_GUARD=start writes_before
ends bad "kernel \`writes_before\` wrote beside the allocation of 256 bytes" writes_before
ends bad "kernel \`misses_barrier\`, .*line 15: 40 threads wait at a barrier that 24 others do not reach" misses_barrier
ends bad "kernel \`diverges\`, .*different barriers, in the lines (20 and 22|22 and 20)" diverges
ends bad "kernel \`misses_lanes\`, .*line 26: lanes 0xffff of a warp wait for 0xffff0000" misses_lanes
ends bad "kernel \`loads_unaligned\`, .*$thread: line 40: .* not aligned for .*float4.* 16 bytes" loads_unaligned
ends bad "kernel \`overruns_shared\`, .*line 46: index [0-9]+ is out of bounds of 'float \[32\]'" overruns_shared
ends bad "kernel \`overruns_dynamic\`, .*no memory at" overruns_dynamic
ends bad "kernel \`writes_outside\`: parameter 0 is 0x[0-9a-f]+, which is not in memory of the device" host_pointer
ends bad "kernel \`writes_outside\`: parameter 0 .* of the freed allocation of 256 bytes" freed_pointer
ends bad "parameter 0 is memory of device 0, and the kernel runs on device 1" CASTIRON_EMULATED_DEVICES=2 other_device
ends bad "the host used a device's address, .* 8 bytes after the start" host_reads_device
ends bad "kernel \`recurses\`, .*out of stack" recurses
ends good '^-?nan -1.69' reads_fresh
ends good '^1 -?nan 0$' waits_too_little
ends good '^ok$' bounded
ends good '^ok$' CASTIRON_EMULATED_REFUSE=scale@0+1 refuses
ends good '^ok$' CASTIRON_EMULATED_BREAK=scale@0+1 breaks
ends bad 'cuInit.* gave 100' CASTIRON_EMULATED_DEVICES=0 matmul

# What a barrier or a wait does not force comes in another order for another seed.
differs() {
  local results
  results=$(for seed in 1 2 3 4 5 6 7 8; do
    env "${@:2:$#-2}" CASTIRON_EMULATED_SEED=$seed "$out/check" "${@: -1}" | md5sum
  done | sort -u | wc -l)
  if { [ "$1" = yes ] && [ "$results" -gt 1 ]; } || { [ "$1" = no ] && [ "$results" = 1 ]; }; then
    echo "ok: ${*:2}: $results results of 8 seeds"
  else
    echo "FAILED: ${*:2}: $results results of 8 seeds"
    failures=$((failures + 1))
  fi
}
differs yes races
differs yes streams
differs no WAITS=1 streams
differs yes WAITS=1 CASTIRON_EMULATED_IGNORE=cuStreamWaitEvent streams

[ "$failures" = 0 ] || { echo "$failures checks of the emulated driver failed"; exit 1; }
echo "the emulated driver is as it must be"
