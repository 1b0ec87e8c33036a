#!/usr/bin/env bash
# What a program pays the compiler for heed: at most ten times the time of one that multiplies two matrices
# with Eigen, and at most 1.5 GB of memory.
#
#   bash check.sh COMPILER FLAG...
#
# Times are the processor's in the compiler itself, so that neither a busy machine nor a slow disk counts, and the best
# of three, taken in turns.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

most_ratio=10 most_kilobytes=1500000
compile() { "$@" -std=c++20 -O2 -c -o /dev/null; }

# the processor's time of a compilation, in milliseconds, without the system's
time_of() {
  local seconds
  TIMEFORMAT='%U'
  seconds=$({ time compile "$@" >/dev/null 2>&1; } 2>&1)
  awk '{ printf "%.0f", $1 * 1000 }' <<<"$seconds"
}

(ulimit -v "$most_kilobytes" && compile "$@" train.cpp) || {
  echo "a program that trains does not compile within $((most_kilobytes / 1000)) MB of address space"
  exit 1
}
compile "$@" eigen.cpp
eigen=0 heed=0
for _ in 1 2 3; do
  now=$(time_of "$@" eigen.cpp) && if [ "$eigen" = 0 ] || [ "$now" -lt "$eigen" ]; then eigen=$now; fi
  now=$(time_of "$@" train.cpp) && if [ "$heed" = 0 ] || [ "$now" -lt "$heed" ]; then heed=$now; fi
done
awk -v eigen="$eigen" -v heed="$heed" -v most="$most_ratio" 'BEGIN {
  printf "Eigen alone %d ms, heed %d ms: %.2f times (at most %.1f)\n", eigen, heed, heed / eigen, most
  exit heed > most * eigen
}'
