#!/usr/bin/env bash
# Times training by one process on one core against two on two cores, a thread each, and compares the models they write
# byte for byte: bash benchmarks/mpi/run.sh [OPTION OF classifier train]...   e.g. --batch 1000
# The case: 10,000 sequences of 10 steps and 5 features, 10 classes, hidden 32, attention pool, full batch, Adam.
# ROUNDS (9) runs of each, in turn, of EPOCHS (40) epochs; PROCESSES (2). Each process waits for the others at every
# step, so that a machine with other work to do shows that work: UNDER="chrt -f 10" gives them the processors first.
# Installs what is missing (Debian and its kin).
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

rounds=${ROUNDS:-9} epochs=${EPOCHS:-40} processes=${PROCESSES:-2}
read -r -a under <<<"${UNDER:-}"

set_up
configure release
build release classifier
command -v mpirun >/dev/null || die "no mpirun found: Debian has it in openmpi-bin"
grep -q '^HEED_MPI[^=]*=OFF' build/release/CMakeCache.txt && die "this build is without MPI: configure with -DHEED_MPI=AUTO"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
awk 'BEGIN {
  srand(1)
  for (i = 0; i < 10000; ++i) {
    for (k = 0; k < 50; ++k) printf "%.5f,", 2 * rand() - 1 + 0.1 * (i % 10) * (k % 5 == i % 5)
    print i % 10
  }
}' >"$folder/data.csv"

# train PROCESSES: trains, and prints the median and the least milliseconds of an epoch. The first five are a warm-up.
train() {
  local count=$1
  shift
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none \
    mpirun -np "$count" --bind-to core "${under[@]}" build/release/examples/classifier train --data "$folder/data.csv" --features 5 \
    --epochs "$epochs" --threads 1 --quiet --model "$folder/$count.safetensors" --history "$folder/$count.csv" "$@"
  awk -F, 'NR > 6 { print ($6 - before) * 1000 } { before = $6 }' "$folder/$count.csv" | statistics
}
# Of numbers, one a line: median and minimum.
statistics() {
  sort -g | awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2, x[1] }'
}

for ((round = 1; round <= rounds; ++round)); do
  for count in 1 "$processes"; do
    train "$count" "$@" >>"$folder/times.$count"
  done
done
cmp "$folder/1.safetensors" "$folder/$processes.safetensors" || die "the models differ"

for count in 1 "$processes"; do
  read -r median least < <(cut -d' ' -f1 "$folder/times.$count" | statistics)
  fastest=$(cut -d' ' -f2 "$folder/times.$count" | sort -g | head -1)
  say "$count process(es): $median ms an epoch (median of $rounds runs' medians; best run $least, best epoch $fastest)"
done
ratios() { # COLUMN
  paste -d' ' "$folder/times.1" "$folder/times.$processes" | awk -v c="$1" '{ print $c / $(c + 2) }' | statistics | cut -d' ' -f1
}
say "ratio $(ratios 1) (median of the rounds' ratios; of their best epochs $(ratios 2)); the models have the same bytes"
