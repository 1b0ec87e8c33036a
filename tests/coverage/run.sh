#!/usr/bin/env bash
# How much of the headers the tests run: lines and branches of each folder, and the files with the most lines that no test reaches.
#
#   bash tests/coverage/run.sh
#
# Built by clang, without precompiled headers: what stands in them would not be counted. The details are in build/coverage/html.
# HEED_DATA_DIR names the folder of data sets, for the tests that need it.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

set_up clang++-14=clang-14 libclang-rt-14-dev llvm-cov-14=llvm-14
configure coverage -DCMAKE_CXX_COMPILER="$(command -v clang++-14)"
build coverage heed_tests

folder=build/coverage
rm -rf $folder/profiles
failed=0
( run_tests coverage ) || failed=1  # the programs that tests call write their profiles to the same files
programs=()
for program in $folder/tests/heed_test_*; do
  if [ -f "$program" ] && [ -x "$program" ]; then programs+=("$program"); fi
done
llvm-profdata-14 merge -sparse $folder/profiles/*.profraw -o $folder/profile 2>/dev/null  # counters that are full are said, each
rm -f $folder/profiles/*.profraw
objects=()
for program in "${programs[@]:1}" $folder/examples/classifier; do objects+=(-object "$program"); done
llvm-cov-14 export -summary-only -instr-profile=$folder/profile "${programs[0]}" "${objects[@]}" include/heed >$folder/summary.json
llvm-cov-14 show -format=html -output-dir=$folder/html -instr-profile=$folder/profile "${programs[0]}" "${objects[@]}" include/heed

awk -v RS='{"filename":"' -v root="$PWD/include/heed/" '
  NR > 1 {
    name = substr($0, 1, index($0, "\"") - 1)
    sub(root, "", name)
    folder = name; sub(/\/.*/, "", folder)
    match($0, /"branches":{"count":[0-9]+,"covered":[0-9]+/); split(substr($0, RSTART, RLENGTH), b, /[:,]/)
    match($0, /"lines":{"count":[0-9]+,"covered":[0-9]+/); split(substr($0, RSTART, RLENGTH), l, /[:,]/)
    lines[folder] += l[3]; hit[folder] += l[5]; all += l[3]; all_hit += l[5]
    branches[folder] += b[3]; taken[folder] += b[5]; every += b[3]; every_taken += b[5]
    if (l[3] > l[5]) missed[name] = l[3] - l[5]
  }
  function share(part, whole) { return whole > 0 ? sprintf("%5.1f %%", 100 * part / whole) : "      -" }
  END {
    printf "%-14s %8s %8s %9s\n", "folder", "lines", "", "branches"
    for (f in lines) printf "%-14s %8d %s   %s\n", f, lines[f], share(hit[f], lines[f]), share(taken[f], branches[f]) | "sort"
    close("sort")
    printf "%-14s %8d %s   %s\n\n", "all", all, share(all_hit, all), share(every_taken, every)
    print "lines that no test reaches"
    for (name in missed) printf "%6d  %s\n", missed[name], name | "sort -rn | head -n 20"
  }' $folder/summary.json
exit $failed
