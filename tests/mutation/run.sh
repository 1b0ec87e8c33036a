#!/usr/bin/env bash
# Do the tests notice mistakes? Breaks the code line by line and counts the breaks that fail a test.
#
#   bash tests/mutation/run.sh [HEADER]...      e.g. lstm losses/huber data/npy; a name without a folder is a layer
#
# Default: layers, losses, optimizers, metrics, the engine, and the readers, as far as a header has a test of its own name.
# mutants.awk makes the breaks: flipped signs, dropped terms, factors and statements, other indices, swapped arguments. Each is
# compiled with the test of its header, one at a time; what survives is tried again under the address sanitizer. A break that
# does not compile is none; one that changes no number is listed in equivalent.txt with the reason. Survivors are printed; the
# exit code is 1 if there are any.
# JOBS, CXX and CXXFLAGS are taken from the environment, and EVERY: with EVERY=10 each tenth break is tried. All layers take about
# an hour on two cores, everything a night.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

jobs=${JOBS:-$(nproc)}
compiler=${CXX:-g++}
read -ra flags <<<"${CXXFLAGS:--O0 -march=native}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags+=(-std=c++20 -w -pthread -Iinclude -isystem /usr/include/eigen3 "-DHEED_REFERENCE_DIR=\"$PWD/tests/reference/data\"")
export work compiler

# all that mutants leave alone, parsed once
{
  echo '#include <gtest/gtest.h>'
  for header in include/heed/core/*.hpp include/heed/core/kernels/*.hpp; do
    echo "#include \"${header#include/}\""
  done
} >"$work/common.hpp"
"$compiler" "${flags[@]}" -x c++-header "$work/common.hpp" -o "$work/common.hpp.gch"
printf '%q ' "${flags[@]}" >"$work/flags"

# path NAME: of a header and its test, without their endings
path() { case $1 in */*) echo "$1" ;; *) echo "layers/$1" ;; esac; }

# try NAME NUMBER LINE KIND TEXT: prints the verdict and the mutant
try() {
  local layer=$1 id=$2 line=$3 kind=$4 text=$5 path
  path=$(path "$layer")
  local folder=$work/${layer//\//.}.$id
  mkdir -p "$folder/heed/$(dirname "$path")"
  text=$text awk -v line="$line" 'NR == line { print ENVIRON["text"]; next } { print }' "include/heed/$path.hpp" >"$folder/heed/$path.hpp"
  local verdict flags
  eval "flags=($(<"$work/flags"))"
  build() {
    "$compiler" "$@" -I"$folder" "${flags[@]}" "tests/${path}_test.cpp" -o "$folder/test" -lgtest -lgtest_main 2>/dev/null
  }
  passes() { timeout 300 "$folder/test" --gtest_fail_fast --gtest_brief=1 >/dev/null 2>&1; }
  if ! build -include "$work/common.hpp"; then
    verdict=invalid
  elif passes; then
    verdict=survived
    if grep -qxF "$layer: $(sed 's/^ *//' <<<"$text")" <(grep -v '^#' tests/mutation/equivalent.txt); then
      verdict=equivalent
    elif build -fsanitize=address && ! passes; then
      verdict=killed
    fi
  else
    verdict=killed
  fi
  rm -rf "$folder"
  printf '%s\t%s:%s\t%s\t%s\n' "$verdict" "$layer" "$line" "$kind" "$(sed 's/^ *//' <<<"$text")"
}
export -f try path

layers=("$@")
if [ ${#layers[@]} -eq 0 ]; then
  for header in include/heed/{layers,losses,optim,metrics,train,infer,data,io,files,options}/*.hpp; do
    header=${header#include/heed/}
    [ ! -f "tests/${header%.hpp}_test.cpp" ] || { header=${header%.hpp}; layers+=("${header#layers/}"); }
  done
fi
for layer in "${layers[@]}"; do
  header=$(path "$layer")
  awk -v all="$([ "${header%%/*}" = layers ] || echo 1)" -f tests/mutation/mutants.awk "include/heed/$header.hpp" |
    awk -v layer="$layer" '{ printf "%s\t%d\t%s\n", layer, NR, $0 }'
done | awk -v every="${EVERY:-1}" -F '\t' 'NR % every == 0 { printf "%s%c%d%c%s%c%s%c%s%c", $1, 0, $2, 0, $3, 0, $4, 0, $5, 0 }' >"$work/mutants"

xargs -0 -n 5 -P "$jobs" bash -c 'try "$@"' _ <"$work/mutants" | tee "$work/verdicts" | awk -F '\t' '
  { n[$1]++; printf "\r%d killed, %d survived, %d equivalent, %d do not compile", n["killed"], n["survived"], n["equivalent"], n["invalid"] > "/dev/stderr" }
  END { print "" > "/dev/stderr" }'

grep '^survived' "$work/verdicts" | sort -t $'\t' -k2,2 || true
awk -F '\t' '
  $1 == "killed" { killed++ } $1 == "survived" { survived++ } $1 == "equivalent" { equivalent++ }
  END {
    if (killed + survived == 0) { print "no mutant compiles"; exit 1 }
    printf "%d of %d mutants fail a test (%.1f %%); %d more change no number\n", killed, killed + survived, 100 * killed / (killed + survived), equivalent
    exit survived > 0
  }' "$work/verdicts"
