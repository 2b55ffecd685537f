#!/usr/bin/env bash
# Type-checks the lines of Tests/Guesses against the modules of the debug build: each wrong one must
# be rejected with its message, each right one must compile, and none may take a second.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-$(swift build --show-bin-path)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat > "$scratch/values.swift" << 'END'
import Adjoint

let (d, n, f, flag, byte, text): (Double, Int, Float, Bool, UInt8, String) = (0.5, 3, 2, true, 1, "2")
let (optional, floats): (Double?, [Float]) = (nil, [1, 2])
let (x, y, i, mask) = (Tensor([[1, 2]]), Tensor([[3, 4]]), Tensor([[0, 1]], dtype: .int32), Tensor([true, false]))
let (model, parameter) = (Linear(2, 3), Parameter(Tensor([1])))
let (parameters, gradients) = (model.parameters, Gradients([], for: model.parameters.filter { _ in false }))
let optimizer = AdamW(parameters)
END

# Line k of a table becomes line k of a Swift file, as the body of a function.
functions() {
  echo 'import Adjoint; import Foundation' > "$scratch/$1.swift"
  awk '/^#/ || /^$/ { print ""; next }
    { sub(/ ## .*/, ""); printf "func line%d() throws { %s }\n", NR, $0 }' "Tests/Guesses/$1.txt" >> "$scratch/$1.swift"
}
# The type checker's diagnostics as `line: text`, with the numbers of the table's lines.
check() {
  swiftc -typecheck -parse-as-library -swift-version 6 -suppress-notes -no-color-diagnostics \
    -diagnostic-style llvm -I "$build/Modules" -Xcc "-fmodule-map-file=$build/CKernels.build/module.modulemap" \
    -Xcc "-I$PWD/Sources/CKernels/include" -module-cache-path "$scratch/cache" \
    -Xfrontend -warn-long-expression-type-checking=1000 -Xfrontend -warn-long-function-bodies=2000 \
    "$scratch/values.swift" "$scratch/$1.swift" 2>&1 |
    sed -n "s|^[^ ]*/$1.swift:\([0-9]*\):[0-9]*: |\1 |p; /values.swift.*error/p" |
    awk '{ if ($1 ~ /^[0-9]+$/) $1 = $1 - 1; print }' > "$scratch/$1.log" || true
}

failures=0
complain() { echo "guesses: $*" >&2; failures=$((failures + 1)); }
for table in wrong right; do
  functions "$table"
  check "$table"
  grep "values.swift" "$scratch/$table.log" >&2 && complain "the values do not compile"
  while read -r number text; do complain "$table.txt:$number: $text"; done \
    < <(grep -E "to type-check|reasonable time" "$scratch/$table.log" || true)
done
while read -r number text; do complain "right.txt:$number: $text"; done \
  < <(grep "error:" "$scratch/right.log" | sort -un -k1,1 || true)

count=0
while IFS= read -r entry; do
  number=${entry%%:*} line=${entry#*:}
  expected=${line##* ## } count=$((count + 1))
  if ! grep "^$number error:" "$scratch/wrong.log" | grep -qF -- "$expected"; then
    complain "wrong.txt:$number: ${line%% ## *}: expected \"$expected\", got: $(grep "^$number error:" "$scratch/wrong.log" | head -n 1 || true)"
  fi
done < <(grep -n " ## " Tests/Guesses/wrong.txt)
[ "$failures" = 0 ] || { echo "guesses: $failures failures" >&2; exit 1; }
echo "guesses: $count wrong lines are answered"
