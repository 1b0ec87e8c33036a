#!/usr/bin/env bash
# What a program pays the compiler for heed, in times of a program that multiplies two matrices with Eigen.
#
#   bash check.sh                       measures with c++, for this machine's processor
#   bash check.sh COMPILER FLAG...      as CMake calls it
#
# Times are the processor's in the compiler itself, so that neither a busy machine nor a slow disk counts. Each row is
# measured in turns with Eigen's program; where it is over its limit again, the best of five. Two rows are measured at a
# time. The limits stand about 15 % above what was reached.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

[ $# -gt 0 ] || set -- c++ -isystem /usr/include/eigen3 -I ../../include
compiler=$1
shift
flags=(-std=c++20 -march=native "$@")
if "$compiler" --version | grep -q clang; then kind=clang; else kind=gcc; fi

# The name that heed gives to this machine's instruction set.
isa=$("$compiler" "${flags[@]}" -x c++ -E -P - <<<$'#include "heed/core/isa.hpp"\nHEED_ISA' | tail -n 1)

# name | source | limits for GCC and clang | flags
quickstart=../../examples/quickstart.cpp
compiled="-DHEED_COMPILED=$isa"
rows=(
  "quickstart by headers alone, -O3|$quickstart|14.1 14.1|-O3"
  "quickstart by headers alone, -O0|$quickstart|6.5 6.5|-O0"
  "quickstart with heed::compiled, -O3|$quickstart|2.3 2.3|-O3 $compiled"
  "quickstart with heed::compiled, -O0|$quickstart|1.7 1.7|-O0 $compiled"
  "layers and a predictor, -O3|sequential.cpp|3.5 3.5|-O3"
  "... and fit|fit.cpp|8.1 8.1|-O3"
  "... and a SequenceClassifier instead|classifier.cpp|13.0 13.0|-O3"
)
most_kilobytes=1300000

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# the processor's time of a compilation in milliseconds, without the system's
time_of() {
  local seconds errors=$folder/errors.$BASHPID
  TIMEFORMAT='%U'
  ulimit -v "$most_kilobytes"
  seconds=$({ time "$compiler" "${flags[@]}" "$@" -c -o /dev/null >/dev/null 2>"$errors"; } 2>&1) || {
    cat "$errors" >&2
    echo "${*: -1} does not compile within $((most_kilobytes / 1000)) MB of address space" >&2
    return 1
  }
  awk '{ printf "%.0f", $1 * 1000 }' <<<"$seconds"
}

# measure ROW: prints it; fails where it is over its limit.
measure() {
  local name source limits options of_gcc of_clang limit eigen heed now
  IFS='|' read -r name source limits options <<<"$1"
  read -r of_gcc of_clang <<<"$limits"
  limit=$of_gcc
  [ $kind = gcc ] || limit=$of_clang
  read -ra options <<<"$options"
  eigen=0 heed=0
  for _ in 1 2 3 4 5; do
    now=$(time_of -O3 eigen.cpp) || return 1
    [ "$eigen" != 0 ] && [ "$now" -ge "$eigen" ] || eigen=$now
    now=$(time_of "${options[@]}" "$source") || return 1
    [ "$heed" != 0 ] && [ "$now" -ge "$heed" ] || heed=$now
    if awk "BEGIN { exit $heed > $limit * $eigen }"; then break; fi
  done
  awk -v name="$name" -v eigen="$eigen" -v heed="$heed" -v most="$limit" 'BEGIN {
    printf "%-38s %6.1f s, Eigen %.1f s: %5.2f times (at most %.1f)\n", name, heed / 1000, eigen / 1000, heed / eigen, most
    exit heed > most * eigen
  }'
}

# Each of two takes the next row that nobody has taken.
worker() {
  local i
  for i in "${!rows[@]}"; do
    mkdir "$folder/taken$i" 2>/dev/null || continue
    if measure "${rows[i]}" >"$folder/row$i" 2>&1; then touch "$folder/passed$i"; fi
  done
}
worker & worker & wait

failed=0
for i in "${!rows[@]}"; do
  cat "$folder/row$i"
  [ -f "$folder/passed$i" ] || failed=1
done
exit $failed
