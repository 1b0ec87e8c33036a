#!/usr/bin/env bash
# The trainer while the system fails: in each run one call of one kind fails, or all from one on. It ends with success or with
# one line that says what is wrong. What it leaves are whole files: models that predict, checkpoints that go on to the same bytes.
#
#   bash tests/faults/trainer.sh [CLASSIFIER [SHIM]]      default: those of build/release
#
# Each call of files fails once, and of the allocations each 97th.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/faults/waves.sh
classifier=$(realpath "${1:-build/release/examples/classifier}")
shim=$(realpath "${2:-build/release/tests/faults/libheed_fault_shim.so}")
for file in "$classifier" "$shim"; do
  [ -e "$file" ] || { echo "no $file: cmake --build --preset release --target classifier heed_fault_sweep" >&2; exit 1; }
done
work=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)/heed_trainer.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

waves 24 6 >waves.ts
train=(train --data waves.ts --epochs 3 --batch 8 --hidden 4 --model out/m.safetensors --checkpoint out/run.safetensors
  --log out/log.csv --history out/history.csv --threads)
mkdir out
train+=(1)
"$classifier" "${train[@]}" >/dev/null
mv out plain
predict() { "$classifier" predict --data waves.ts --model "$1" --output predictions.csv >/dev/null 2>&1; }
predict plain/m.safetensors
mv predictions.csv plain
# a model may lack its self-test, for which there was no memory
is_plain() { predict "$1" && cmp -s predictions.csv plain/predictions.csv; }

runs=0 errors=0 wrong=0
bad() { wrong=$((wrong + 1)); echo "FAILED: call $2 of $1 with $3: $4" >&2; }
# A child that ends by a signal would make the shell say so.
run() { ( timeout 60 env LD_PRELOAD="$shim" HEED_FAULT="$1" "$classifier" "${train[@]}" >said.txt 2>errors.txt ) 2>/dev/null; }

# sweep KIND ERROR MODE FIRST STEP
sweep() {
  local kind=$1 error=$2 mode=$3 call=$4 step=$5 status calls file
  rm -rf out
  mkdir out
  HEED_FAULT_CALLS=$work/calls.txt run "$kind 1000000000 $error"
  calls=$(<calls.txt)
  [ "$calls" -gt "$call" ] || bad "$kind" 0 "$error" "there are no such calls"
  for (( ; call < calls; call += step)); do
    rm -rf out
    mkdir out
    status=0
    run "$kind $call $error $mode" || status=$?
    runs=$((runs + 1))
    if [ "$status" = 0 ]; then
      is_plain out/m.safetensors || bad "$kind" "$call" "$error" "success with another model"
    else
      errors=$((errors + 1))
      [ "$status" = 1 ] || bad "$kind" "$call" "$error" "exit code $status"
      [ "$(wc -l <errors.txt)" = 1 ] && grep -q '^classifier: ' errors.txt || bad "$kind" "$call" "$error" "not one line: $(head -c 200 errors.txt)"
    fi
    for file in out/*; do
      case $file in
        out/\* | out/log.csv | out/history.csv) ;;
        out/m.safetensors) predict "$file" || bad "$kind" "$call" "$error" "a model that does not predict" ;;  # of an epoch before
        out/run.safetensors)
          "$classifier" "${train[@]}" --resume >/dev/null 2>&1 && is_plain out/m.safetensors ||
            bad "$kind" "$call" "$error" "the checkpoint does not go on to the same model"
          ;;
        *) bad "$kind" "$call" "$error" "$file is left" ;;
      esac
    done
  done
}
for kind in open read write fsync rename close stat mode; do
  sweep $kind EIO "" 0 1
  sweep $kind ENOSPC on 0 1
done
sweep memory ENOMEM "" 200 97  # the first ones make constants of the library that reads the command line
sweep memory ENOMEM on 200 97
train[-1]=3
sweep thread EAGAIN "" 0 1
sweep thread EAGAIN on 0 1
echo "$runs runs, $errors errors, $wrong broken promises"
[ "$wrong" = 0 ]
