#!/usr/bin/env bash
# One of three processes of MPI is killed while it trains: the others end within ten seconds. Two processes go on from the
# checkpoint, to the bytes of a single process that nobody killed.
#
#   bash tests/faults/ranks.sh [CLASSIFIER]      default: build/release/examples/classifier
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/faults/waves.sh
classifier=$(realpath "${1:-build/release/examples/classifier}")
command -v mpirun >/dev/null || { echo "Skipped"; echo "there is no mpirun"; exit 77; }
command -v pgrep >/dev/null || { echo "Skipped"; echo "there is no pgrep (procps)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_mpi_yield_when_idle=1 HWLOC_HIDE_ERRORS=2
run=(mpirun --oversubscribe -n)
said=$("${run[@]}" 1 true 2>&1) || { echo "Skipped"; echo "mpirun starts no program here: ${said%%$'\n'*}"; exit 77; }

waves 200 10 >waves.ts
train=(train --data "$work/waves.ts" --batch 20 --hidden 8 --threads 1 --epochs 400)
"$classifier" "${train[@]}" --quiet --model plain.safetensors </dev/null

kills=0
for ((round = 1; round <= 5; ++round)); do
  rm -f c
  "${run[@]}" 3 "$classifier" "${train[@]}" --checkpoint c --checkpoint-every 1 --model m.safetensors >out.txt 2>&1 </dev/null &
  job=$!
  for ((i = 0; i < 600; ++i)); do  # until the first checkpoint
    [ ! -s c ] || break
    sleep 0.05
  done
  mapfile -t ranks < <(pgrep -P "$job" -f classifier)
  if [ ${#ranks[@]} = 3 ] && kill -9 "${ranks[$((round % 3))]}"; then kills=$((kills + 1)); fi
  start=$SECONDS status=0
  wait "$job" || status=$?
  if [ $((SECONDS - start)) -gt 10 ]; then echo "the others took $((SECONDS - start)) s to end"; exit 1; fi
  if [ ${#ranks[@]} = 3 ] && [ "$status" = 0 ]; then echo "no error after a kill"; exit 1; fi
  if pgrep -f "$work/waves.ts" >/dev/null; then echo "a process is left"; exit 1; fi
  "${run[@]}" 2 "$classifier" "${train[@]}" --quiet --checkpoint c --resume --model m.safetensors </dev/null
  cmp m.safetensors plain.safetensors || { echo "other bytes"; exit 1; }
done
echo "$kills of 5 runs lost one of three processes, and two went on to the same bytes"
[ "$kills" -gt 0 ]
