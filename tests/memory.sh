#!/usr/bin/env bash
# Runs the tests of the kernels under valgrind's memcheck: no read or write outside of what was allocated, and no
# decision by memory that was never written. Valgrind has no AVX-512, so kernels choose AVX2 and are told to be
# portable; for AVX-512 there are the protected pages of kernels/src/check/.
#
#   tests/memory.sh                  every operation of the registry, sixteen cases of each
#   CASES=96 tests/memory.sh gemm    all cases of what has this in its name
#
# Fails on the first error. Needs valgrind 3.19 or later.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "no valgrind: apt-get install valgrind"; exit 1; }

# cargo runs tests through this.
host=$(rustc -vV | sed -n 's/^host: //p')
runner=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$host")_RUNNER
export "$runner=valgrind --quiet --error-exitcode=99 --exit-on-first-error=yes --fair-sched=yes"
export PROPTEST_CASES=${CASES:-16}
cargo test -p castiron-kernels --lib "${@:-registry}" -- --test-threads=1
