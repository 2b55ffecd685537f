#!/usr/bin/env bash
# Runs Examples/Sources/Workers under the MPI libraries that there are, and compares what it prints;
# and, given the built command, the bits of its runs, comparisons and sweeps on several workers, also
# killed, interrupted and resumed.
#
#   Tests/mpi/check.sh             # MPICH from PyPI, in a virtual environment; Open MPI if it is installed
#   Tests/mpi/check.sh --install   # installs Debian's openmpi-bin before, which root can do
#   Tests/mpi/check.sh --found     # no installation: the launchers in PATH alone
#   TRAIN=.build/release/train Tests/mpi/check.sh
#   TRAIN=.build/release/train Tests/mpi/check.sh --kills 20   # kills each worker so many times, by default once
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'printf "mpi: line %s ended with %s\n" "$LINENO" "$?" >&2' ERR
fail() { printf 'mpi: %s\n' "$*" >&2; exit 1; }

mode=
kills=1
while [ $# -gt 0 ]; do
  case $1 in
    --install | --found) mode=$1 ;;
    --kills) kills=$2; shift ;;
    *) fail "unknown option $1" ;;
  esac
  shift
done
if [ "$mode" = --install ]; then apt-get install -y --no-install-recommends openmpi-bin; fi
launchers=()
if [ "$mode" = --found ]; then
  if mpirun=$(command -v mpirun); then launchers+=("$mpirun"); fi
else
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" -q install mpich==5.0.2
  launchers+=("$scratch/venv/bin/mpirun")
  # The same without the library of the standard ABI, as in MPICH 4.
  mkdir "$scratch/mpich"
  cp -a "$scratch/venv/bin" "$scratch/venv/lib" "$scratch/mpich"
  rm "$scratch"/mpich/lib/libmpi_abi.*
  launchers+=("$scratch/mpich/bin/mpirun")
  if mpirun=$(command -v mpirun.openmpi); then launchers+=("$mpirun"); fi
fi
if [ ${#launchers[@]} = 0 ]; then echo "mpi: no launcher, nothing checked"; exit 0; fi

# Open MPI asks for this where it is started by root, and where there are more workers than processors.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export ADJOINT_THREADS=1 ADJOINT_DEBUG_NOTE=0
# The seconds after which workers count as stuck. Workers that wait for each other take turns: on a machine that is busy with
# other things, or at a low priority, a run of seconds takes many minutes.
limit=1800
swift build -c release --package-path Examples --product Workers 2>&1 | tail -n 1
program=$(swift build -c release --package-path Examples --show-bin-path)/Workers

for method in "" gradients; do
  "$program" $method > "$scratch/alone"
  for launcher in "${launchers[@]}"; do
    for count in 1 2 4; do
      timeout "$limit" "$launcher" -n "$count" "$program" $method > "$scratch/output" ||
        fail "$launcher -n $count ${method:-diloco} failed: $(cat "$scratch/output")"
      grep -q "^workers: $count," "$scratch/output" || fail "$launcher -n $count: $(cat "$scratch/output")"
      # One worker does what the program does alone; the sum of others has one order in every library, in shared memory and
      # by messages.
      [ -e "$scratch/on-1$method" ] || cp "$scratch/alone" "$scratch/on-1$method"
      [ -e "$scratch/on-$count$method" ] || cp "$scratch/output" "$scratch/on-$count$method"
      cmp "$scratch/on-$count$method" "$scratch/output"
      ADJOINT_SHARED_MEMORY=0 timeout "$limit" "$launcher" -n "$count" "$program" $method > "$scratch/output"
      cmp "$scratch/on-$count$method" "$scratch/output"
      # Long messages go in parts, here of a few bytes.
      ADJOINT_SHARED_MEMORY=0 ADJOINT_MESSAGE_BYTES=100 timeout "$limit" "$launcher" -n "$count" "$program" $method \
        > "$scratch/output"
      cmp "$scratch/on-$count$method" "$scratch/output"
      echo "mpi: $launcher -n $count ${method:-diloco}: $(head -n 1 "$scratch/output")"
    done
  done
done

# A worker that ends with an error ends all, with its status.
for launcher in "${launchers[@]}"; do
  status=0
  timeout "$limit" "$launcher" -n 3 "$program" stop > "$scratch/output" 2>&1 || status=$?
  [ "$status" != 0 ] && [ "$status" != 124 ] || fail "$launcher: a worker that stops leaves the others, $status"
  echo "mpi: $launcher: status $status of a worker that stops"
done

[ -n "${TRAIN:-}" ] || exit 0
train=$(realpath "$TRAIN")
fit=("$train" fit moons --seed 1 --reproducible --quiet)
"${fit[@]}" --steps 200 --out "$scratch/short"
"${fit[@]}" --steps 2000 --checkpoint-every 50 --out "$scratch/killed"
"${fit[@]}" --steps 6000 --checkpoint-every 250 --out "$scratch/whole"
same() { cmp "$1/checkpoint.safetensors" "$2/checkpoint.safetensors" || fail "$3: other weights"; }

# The processes that a process has started, and these in turn.
descendants() {
  local child
  for child in $(pgrep -P "$1"); do
    echo "$child"
    descendants "$child"
  done
}

# The workers of the job, that of one rank or all. Launchers have helpers below them, too.
workers() {
  for process in $(descendants "$job"); do
    if [ "/proc/$process/exe" -ef "$train" ] &&
      tr '\0' '\n' < "/proc/$process/environ" | grep -qxE "(PMI|OMPI_COMM_WORLD)_RANK=${1:-[0-9]+}"; then echo "$process"; fi
  done 2> /dev/null || true
}

# Waits for a file of the job, which must not end before.
await() {
  until [ -s "$1" ]; do
    kill -0 "$job" 2> /dev/null || fail "$launcher: $(cat "$scratch/output")"
    sleep 0.1
  done
}

# The trials of a comparison or a sweep, without what depends on the machine.
trials() {
  python3 - "$1" << 'END'
import json, os, sys
folder = sys.argv[1]
if os.path.exists(folder + "/compare.json"):
    trials = json.load(open(folder + "/compare.json"))["trials"]
else:
    lines = [json.loads(line) for line in open(folder + "/trials.jsonl")]
    trials = sorted(lines, key=lambda line: json.dumps(line["item"], sort_keys=True))
for trial in trials:
    for name in ("seconds", "secondsPerStep", "liveBytes", "checksum"):
        trial.pop(name, None)
    print(json.dumps(trial, sort_keys=True))
END
}
equal() { cmp <(trials "$1") <(trials "$2") || fail "$3: other trials"; }
compare=("$train" compare moons --optimizers sgd,adamw --search-budget 5 --seeds 2 --seed 1)
sweep=("$train" sweep moons --over "learning-rate=log(1e-3,1) hidden=choice(8,16)" --method random --trials 6 --seed 1)
"${compare[@]}" --steps 400 --quiet --out "$scratch/compare"
"${sweep[@]}" --steps 400 --quiet --out "$scratch/sweep"
"${sweep[@]}" --steps 4000 --quiet --out "$scratch/long"
for launcher in "${launchers[@]}"; do
  for count in 1 2 4; do
    rm -rf "$scratch/run"
    timeout "$limit" "$launcher" -n "$count" "${fit[@]}" --steps 200 --out "$scratch/run"
    same "$scratch/run" "$scratch/short" "$launcher -n $count train fit"
    rm -rf "$scratch/run"
    ADJOINT_SHARED_MEMORY=0 timeout "$limit" "$launcher" -n "$count" "${fit[@]}" --steps 200 --out "$scratch/run"
    same "$scratch/run" "$scratch/short" "$launcher -n $count train fit by messages"
  done

  # Workers that were started with other options are refused before anything is written, or an old run is replaced.
  for command in fit compare sweep; do
    case $command in
      fit) words=("${fit[@]}" --steps 20) ;;
      compare) words=("${compare[@]}" --steps 20 --quiet) ;;
      sweep) words=("${sweep[@]}" --steps 20 --quiet) ;;
    esac
    rm -rf "$scratch/run" "$scratch/old"
    cp -r "$scratch/short" "$scratch/old"
    for place in "$scratch/run" "$scratch/old --force"; do
      status=0
      timeout "$limit" "$launcher" -n 1 "${words[@]}" --out $place : -n 1 "${words[@]}" --batch-size 7 --out $place \
        > "$scratch/output" 2>&1 || status=$?
      [ "$status" = 64 ] && grep -q "worker 1 was started with other options" "$scratch/output" ||
        fail "$launcher: $command with other options: $status, $(cat "$scratch/output")"
    done
    [ ! -e "$scratch/run" ] || fail "$launcher: a $command that is refused leaves $(ls "$scratch/run")"
    diff -r "$scratch/short" "$scratch/old" || fail "$launcher: a $command that is refused changes an old run"
  done

  # Each worker in turn is killed: the others end, and the run ends with the same bits on another
  # number of workers. A run that has ended before is none, and begins again.
  killed=0
  for rank in $(for _ in $(seq "$kills"); do echo 0 1 2; done); do
    until
      rm -rf "$scratch/run"
      timeout "$limit" "$launcher" -n 3 "${fit[@]}" --steps 2000 --checkpoint-every 50 --out "$scratch/run" \
        > "$scratch/output" 2>&1 & job=$!
      await "$scratch/run/checkpoint.safetensors"
      sleep "0.$((RANDOM % 5))"
      kill -9 $(workers "$rank") 2> /dev/null
    do wait "$job" || fail "$launcher: $(cat "$scratch/output")"; done
    status=0
    wait "$job" || status=$?
    [ "$status" != 0 ] && [ "$status" != 124 ] || fail "$launcher: worker $rank was not killed, or left the others: $status"
    timeout "$limit" "$launcher" -n $((rank + 1)) "$train" resume "$scratch/run" --quiet
    same "$scratch/run" "$scratch/killed" "$launcher: worker $rank killed, resumed on $((rank + 1))"
    killed=$((killed + 1))
  done

  # Ctrl-C saves and stops all at one step.
  rm -rf "$scratch/run"
  timeout "$limit" "$launcher" -n 2 "${fit[@]}" --steps 6000 --checkpoint-every 250 --out "$scratch/run" \
    > "$scratch/output" 2>&1 & job=$!
  await "$scratch/run/checkpoint.safetensors"
  kill -INT $(workers) || fail "$launcher: no workers to interrupt"
  status=0
  wait "$job" || status=$?
  [ "$status" != 124 ] || fail "$launcher: Ctrl-C does not end the workers"
  timeout "$limit" "$launcher" -n 3 "$train" resume "$scratch/run" --quiet
  same "$scratch/run" "$scratch/whole" "$launcher: interrupted, resumed on 3"

  echo "mpi: $launcher: train fit has the same bits on 1, 2 and 4 workers, and after $killed workers were killed"

  # Comparisons and sweeps hand their runs to the workers.
  for count in 1 2 3; do
    rm -rf "$scratch/run"
    timeout "$limit" "$launcher" -n "$count" "${compare[@]}" --steps 400 --quiet --out "$scratch/run" > "$scratch/output"
    [ ! -s "$scratch/output" ] || fail "$launcher: --quiet prints $(cat "$scratch/output")"
    equal "$scratch/run" "$scratch/compare" "$launcher -n $count train compare"
    rm -rf "$scratch/run"
    timeout "$limit" "$launcher" -n "$count" "${sweep[@]}" --steps 400 --out "$scratch/run" > "$scratch/output"
    [ "$(grep -c "^plan" "$scratch/output")" = 1 ] || fail "$launcher: not one worker prints: $(cat "$scratch/output")"
    equal "$scratch/run" "$scratch/sweep" "$launcher -n $count train sweep"
  done

  # Ctrl-C, and the death of a worker.
  for signal in INT KILL; do
    rm -rf "$scratch/run"
    timeout "$limit" "$launcher" -n 3 "${sweep[@]}" --steps 4000 --out "$scratch/run" > "$scratch/output" 2>&1 & job=$!
    await "$scratch/run/trials.jsonl"
    kill "-$signal" $(workers 1) || fail "$launcher: no worker of the sweep"
    status=0
    wait "$job" || status=$?
    [ "$status" != 0 ] && [ "$status" != 124 ] || fail "$launcher: $signal leaves a sweep with $status: $(cat "$scratch/output")"
    timeout "$limit" "$launcher" -n 2 "$train" resume "$scratch/run" --quiet
    equal "$scratch/run" "$scratch/long" "$launcher: a sweep after $signal, resumed on 2"
  done

  # A trial that fails ends all workers with one line.
  rm -rf "$scratch/run"
  cp -r "$scratch/sweep" "$scratch/run"
  : > "$scratch/run/trials.jsonl"
  echo damaged > "$scratch/run/trial-3-0.safetensors"
  status=0
  timeout "$limit" "$launcher" -n 3 "$train" resume "$scratch/run" --quiet > "$scratch/output" 2>&1 || status=$?
  [ "$status" = 65 ] && [ "$(grep -c "train: error:" "$scratch/output")" = 1 ] ||
    fail "$launcher: a trial that fails: $status, $(cat "$scratch/output")"
  echo "mpi: $launcher: train compare and sweep have the same trials on 1, 2 and 3 workers, interrupted and killed"
done
