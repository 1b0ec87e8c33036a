#!/usr/bin/env bash
# Fuzzes readers of files and public functions: libFuzzer, with the address and undefined behaviour sanitizers.
#
#   bash tests/fuzz/run.sh [--seconds N] [NAME...]
#
# Builds NAME_fuzz.cpp for each NAME (default: all), runs all inputs of its corpus, then makes new ones for N seconds
# (default: 0). One line per fuzzer says how many inputs it ran. A finding ends the run with exit status 1; the line
# before says where its input is. Inputs that reach new code stay in build/fuzz/corpus/NAME, for the next run.
#
# A corpus is tests/fuzz/corpus/NAME, and the folders that seeds.txt names; tests/fuzz/NAME.dict, where there is one, lists words of
# the format. Needs clang++ with its runtime; on Debian: clang-14, libclang-rt-14-dev, libzip-dev.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

# Folders of other tests' files.
declare -A more_seeds=()
while read -r name folders; do
  [[ $name = \#* ]] || more_seeds[$name]=$folders
done <tests/fuzz/seeds.txt

# What fuzzers link.
declare -A linked=([npz]=-lzip)


seconds=0 names=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:-}; shift 2 || die "--seconds needs a number" ;;
    --seconds=*) seconds=${1#*=}; shift ;;
    -*) die "unknown option $1; --help shows the usage" ;;
    *) names+=("$1"); shift ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || die "--seconds needs a whole number, got '$seconds'"
if [ ${#names[@]} = 0 ]; then
  for file in tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$file" _fuzz.cpp)"); done
fi
for name in "${names[@]}"; do
  [ -f "tests/fuzz/${name}_fuzz.cpp" ] || die "no fuzzer tests/fuzz/${name}_fuzz.cpp"
done

compiler=$(command -v clang++-14 || command -v clang++) || die "no clang++: apt-get install clang-14 libclang-rt-14-dev"
build=build/fuzz
mkdir -p $build/findings
# shellcheck disable=SC2054 # a list of sanitizers has commas
flags=(-std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
  -Wall -Wextra -Wconversion -Wshadow -Werror -Iinclude -Itests -isystem "${EIGEN:-/usr/include/eigen3}")

# A fuzzer is up to date if it is younger than the files that it was built from, which the compiler listed.
up_to_date() {
  [ -f "$build/$1" ] && [ -f "$build/$1.d" ] || return 1
  local headers
  headers=$(sed 's/^[^ :]*://; s/\\$//' "$build/$1.d")
  # shellcheck disable=SC2086 # one word each
  [ "$(find $headers -prune ! -newer "$build/$1" 2>/dev/null | wc -l)" = "$(wc -w <<<"$headers")" ]
}

if ! printf '%s\n' "$compiler" "${flags[@]}" | cmp -s - $build/flags; then
  rm -f $build/*.d
  printf '%s\n' "$compiler" "${flags[@]}" >$build/flags
fi
outdated=()
for name in "${names[@]}"; do
  up_to_date "$name" || outdated+=("$name")
done
if [ ${#outdated[@]} -gt 0 ]; then
  say "building: ${outdated[*]}"
  # shellcheck disable=SC2016 # of the inner shell
  for name in "${outdated[@]}"; do printf '%s\0' "$name" "${linked[$name]:--pthread}"; done |
    xargs -0 -n 2 -P "${JOBS:-$(nproc)}" bash -c '
      name=${*: -2:1} library=${*: -1}
      "${@:1:$#-2}" "tests/fuzz/${name}_fuzz.cpp" -MMD -MF "build/fuzz/$name.d" -o "build/fuzz/$name" "$library" ||
        exit 255' _ "$compiler" "${flags[@]}" || die "a fuzzer cannot be built"
fi

# run_fuzzer NAME: a line of what it did; fails at a finding.
run_fuzzer() {
  local name=$1 log=$build/$1.log options=() folder status=0 runs
  mkdir -p "$build/corpus/$name"
  # shellcheck disable=SC2086 # folders, by blanks
  for folder in $build/corpus/$name tests/fuzz/corpus/$name ${more_seeds[$name]:-}; do
    [ ! -d "$folder" ] || options+=("$folder")
  done
  [ ! -f "tests/fuzz/$name.dict" ] || options+=("-dict=tests/fuzz/$name.dict")
  if [ "$seconds" = 0 ]; then options+=(-runs=0); else options+=("-max_total_time=$seconds"); fi
  "$build/$name" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=$build/findings/$name-" \
    "${options[@]}" >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ "$status" = 0 ]; then
    say "$name: ${runs:-0} inputs in $(sed -n 's/^Done.* in \([0-9]*\) second.*/\1/p' "$log") s, nothing found"
  else
    grep -m 3 -E 'ERROR:|runtime error:|limit|Assertion|^#[0-9]+ .* in heed' "$log" || tail -n 3 "$log"
    say "$name: ${runs:-0} inputs, FOUND $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1) (log: $log)"
    return 255  # which stops xargs
  fi
}
export -f say run_fuzzer
export build seconds
export UBSAN_OPTIONS=print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
list=$(declare -p more_seeds)
export list
# shellcheck disable=SC2016 # of the inner shell
printf '%s\0' "${names[@]}" | xargs -0 -P "${JOBS:-$(nproc)}" -I NAME bash -c '
  eval "$list"; run_fuzzer "$1" 2>&1' _ NAME 2>/dev/null || die "fuzzing stopped at a finding"
