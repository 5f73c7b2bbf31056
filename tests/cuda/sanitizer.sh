#!/usr/bin/env bash
# NVIDIA's compute-sanitizer over the tests that run on a GPU: out-of-bounds and misaligned accesses (memcheck), races in
# shared memory (racecheck), reads of what nobody wrote (initcheck). Needs a GPU and the CUDA toolkit. Each tool slows
# kernels down by ten to a hundred times.
#
#   tests/cuda/sanitizer.sh [FILTER]      FILTER: only tests with this in their names
set -euo pipefail
cd "$(dirname "$0")/../.."
sanitizer=${COMPUTE_SANITIZER:-$(command -v compute-sanitizer || true)}
[ -n "$sanitizer" ] || {
  echo "no compute-sanitizer: it comes with the CUDA toolkit (or set COMPUTE_SANITIZER to its path)"
  exit 1
}
# The paths of the test programs, as cargo tells them.
programs=$(cargo test --workspace --features nccl --lib --test cuda --test layers --test own_operation \
  --no-run --message-format json | grep -o '"executable":"[^"]*"' | cut -d '"' -f 4)
export CASTIRON_REQUIRE_CUDA=1 PROPTEST_CASES=${PROPTEST_CASES:-4}
if ! "$sanitizer" $(echo "$programs" | head -1) --list >/dev/null 2>&1; then
  echo "compute-sanitizer cannot start a program here"
  exit 1
fi
failed=0
for tool in memcheck racecheck initcheck; do
  for program in $programs; do
    printf '\n== %s %s\n' "$tool" "$program"
    # One test at a time, so that a report stands beside the test that it belongs to.
    "$sanitizer" --tool "$tool" --error-exitcode 99 --target-processes all "$program" "$@" --test-threads 1 || {
      failed=1
      echo "== $tool: $program failed"
    }
  done
done
exit $failed
