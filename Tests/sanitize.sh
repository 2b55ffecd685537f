#!/usr/bin/env bash
# Builds the suite under a sanitizer, without optimization, and runs it or the suites that are named.
#
#   Tests/sanitize.sh address                        # and undefined behaviour of C; an hour
#   Tests/sanitize.sh address --filter CSV           # some suites; any options of swift test
#   Tests/sanitize.sh thread --filter ThreadPool
#   Tests/sanitize.sh address --train                # builds the command alone, and prints where it is
#
# Each block of tensors is as large as was asked for and goes back to the system when it is released
# (EXACT_BLOCKS), so suites that count blocks are left out: TensorMemory, TrainingAllocation and
# TrainingMemory. Under `address` a test of the process's memory is too, and statistics that take an
# hour.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 64; }
kind=$1
shift
options=(--sanitize "$kind" --scratch-path ".build/$kind" -j 1 -Xswiftc -DEXACT_BLOCKS)
skipped=(--skip TensorMemory --skip TrainingAllocation --skip TrainingMemory)
# Tests that stop a process would wait for the stack of a large program.
export SWIFT_BACKTRACE=enable=no
case $kind in
  address)
    options+=(-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    skipped+=(--skip savingTakesNoMemoryOfItsOwn --skip splitStreamsAreUncorrelated)
    # What is not freed at the end of a process is no error.
    export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} ;;
  # The sanitizer itself writes a file that is larger than the limit of this test.
  thread) skipped+=(--skip aFileAboveTheLimitIsAnError) ;;
  *) echo "sanitize: address or thread, not '$kind'" >&2; exit 64 ;;
esac
if [ "${1:-}" = --train ]; then
  swift build --product train "${options[@]}"
  echo "$(swift build --show-bin-path "${options[@]}")/train"
  exit
fi
run() { ADJOINT_DEBUG_NOTE=0 swift test "${options[@]}" "${skipped[@]}" "$@"; }
case " $* " in
  *" --filter "*) run "$@" ;;
  # A process for each target: in one for all, almost every test begins before the first one ends.
  *) for target in Tests/*Tests; do run --filter "^$(basename "$target")\\." "$@"; done ;;
esac
