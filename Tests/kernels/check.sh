#!/usr/bin/env bash
# Compares every kernel, on each instruction set of this machine, with plain loops, its operands
# between pages that may not be touched.
#
#   Tests/kernels/check.sh               # with clang beside swift, or the one that CC names
#   Tests/kernels/check.sh --sanitize    # under the address and undefined-behaviour sanitizers
#   Tests/kernels/check.sh --arm64       # for arm64, under qemu-aarch64
#   Tests/kernels/check.sh --install     # installs what --arm64 needs before, which root can do
#   Tests/kernels/check.sh --seed 7      # other numbers
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

seed=1 level=-O2 flags=() target=() run=() link=
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=$2; shift ;;
    --sanitize)
      # To optimize code that checks every access takes clang more than ten minutes a file.
      level=-O0 flags=(-fsanitize=address,undefined -fno-sanitize-recover=undefined -g1) ;;
    --arm64 | --install)
      if [ "$1" = --install ]; then
        apt-get install -y --no-install-recommends qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
      fi
      target=(--target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include)
      link="aarch64-linux-gnu-gcc -static" run=(qemu-aarch64) ;;
    *) echo "kernels: unknown option $1" >&2; exit 64 ;;
  esac
  shift
done

clang=${CC:-$(dirname "$(readlink -f "$(command -v swift)")")/clang}
build() { "$clang" "${target[@]}" -std=gnu11 "${flags[@]}" -I Sources/CKernels -I Sources/CKernels/include "$@"; }
jobs=()
for source in Sources/CKernels/*.c; do
  build $level -c "$source" -o "$scratch/kernels-$(basename "$source").o" & jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
for source in Tests/kernels/*.c; do
  # The plain loops round as they are written.
  build -O1 -ffp-contract=off -Wall -Wno-unused-function -Wno-unknown-pragmas -Werror \
    -c "$source" -o "$scratch/$(basename "$source").o"
done
${link:-$clang -fuse-ld=lld "${flags[@]}"} "$scratch"/*.o -lm -o "$scratch/check"
"${run[@]}" "$scratch/check" "$seed"
