#!/usr/bin/env bash
# Builds tests for other processors and systems, runs them in emulators, and exchanges files between them and this machine:
#
#   bash tests/platforms/run.sh [PLATFORM]... [--files [PLATFORM]...]     without a name: all of the table below
#
# Prints a line for each platform. One whose tools are not there is skipped with a word. Platforms after --files exchange
# files and run no tests. Needs GoogleTest's sources (Debian: googletest); JOBS says how many processes run at a time.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

# platform | compiler and flags | emulator | where they are from
table="
aarch64   | aarch64-linux-gnu-g++ -static          | qemu-aarch64             | g++-aarch64-linux-gnu qemu-user
armhf     | arm-linux-gnueabihf-g++ -static -Wno-psabi | qemu-arm                 | g++-arm-linux-gnueabihf qemu-user
s390x     | s390x-linux-gnu-g++ -static            | qemu-s390x               | g++-s390x-linux-gnu qemu-user
riscv64   | riscv64-linux-gnu-g++ -static          | qemu-riscv64             | g++-riscv64-linux-gnu qemu-user
nehalem   | g++ -march=nehalem -static             | qemu-x86_64 -cpu Nehalem | g++ qemu-user
haswell   | g++ -march=haswell -static             | qemu-x86_64 -cpu Haswell | g++ qemu-user
windows   | x86_64-w64-mingw32-g++-posix -static   | wine                     | g++-mingw-w64-x86-64-posix wine64
musl      | zig-c++ -target x86_64-linux-musl      |                          | ziglang of PyPI, by a script zig-c++ for: python3 -m ziglang c++
"
tests=(core/{simd,math,detail/byte_order} core/kernels/{product,weight_gradient,lane_product,depthwise,softmax,attention}
  layers/{lstm,multi_head_attention} files/{file,windows} data/npy io/safetensors_file core/buffer)
tests=("${tests[@]/#/tests/}") tests=("${tests[@]/%/_test.cpp}")

googletest=${GOOGLETEST:-/usr/src/googletest/googletest}
flags=(-O1 -std=c++20 -Wall -Wextra -Wconversion -Wshadow -Werror -pthread -Iinclude -isystem "${EIGEN:-/usr/include/eigen3}"
  -isystem "$googletest/include" -isystem "$googletest" "-DHEED_REFERENCE_DIR=\"$PWD/tests/reference/data\"")
read -ra launcher <<<"${CMAKE_CXX_COMPILER_LAUNCHER:-}"
build=$PWD/build/platforms

# units FOLDER TESTS: the sources of a platform's programs. Tests stand in two: files of one unit share what they parse.
units() {
  mkdir -p "$1/files"
  printf '%s\n' "$PWD/tests/platforms/exchange.cpp"
  [ -n "$2" ] || return 0
  local half=$(((${#tests[@]} + 1) / 2))
  printf "#include \"$PWD/%s\"\n" "${tests[@]:0:half}" >"$1/first_tests.cpp"
  printf "#include \"$PWD/%s\"\n" "${tests[@]:half}" >"$1/second_tests.cpp"
  printf '%s\n' "$1"/{first,second}_tests.cpp "$googletest"/src/{gtest-all,gtest_main}.cc
}

# compile FOLDER COMPILER SOURCE: its object, and what the compiler says, both in the folder.
compile() {
  local folder=$1 compiler name=${3##*/} more=()
  name=${name%.*}
  read -ra compiler <<<"$2"
  [ "$name" = exchange ] || more=(-Wno-conversion)  # tests, and not headers, mix sizes of 32 and 64 bits
  "${launcher[@]}" "${compiler[@]}" "${flags[@]}" "${more[@]}" -c "$3" -o "$folder/$name.o" >"$folder/$name.txt" 2>&1 || true
}

# run_tests_of FOLDER EMULATOR...: the program of tests, in as many parts as processes may run.
run_tests_of() {
  local folder=$1 part running=()
  shift
  export GTEST_TOTAL_SHARDS=$jobs GTEST_SHARD_INDEX
  for ((part = 0; part < jobs; ++part)); do
    GTEST_SHARD_INDEX=$part "$@" "$folder/tests.exe" --gtest_brief=1 &
    running+=($!)
  done
  for part in "${running[@]}"; do wait "$part"; done
}

# run_platform NAME COMPILER EMULATOR TESTS: prints what passed.
run_platform() {
  local folder=$build/$1 compiler emulator
  read -ra compiler <<<"$2"
  read -ra emulator <<<"$3"
  cat "$folder"/*.txt
  "${compiler[@]}" -pthread "$folder/exchange.o" -o "$folder/exchange.exe"  # wine wants this end
  "${emulator[@]}" "$folder/exchange.exe" write "$folder/files"
  "${emulator[@]}" "$folder/exchange.exe" compare "$folder/files" "$build/native/files"
  "$build/native/exchange.exe" compare "$build/native/files" "$folder/files"
  if [ -n "$4" ]; then
    "${compiler[@]}" -pthread "$folder"/{first_tests,second_tests,gtest-all,gtest_main}.o -o "$folder/tests.exe"
    run_tests_of "$folder" "${emulator[@]}"
  fi
}

jobs=${JOBS:-$(nproc)}
with_tests=1 names=() rows=()
[ $# -gt 0 ] && [ "$*" != --files ] || set -- "$@" $(awk 'NF { print $1 }' <<<"$table")
for name in "$@"; do
  if [ "$name" = --files ]; then with_tests=""; continue; fi
  row=$(awk -v name="$name" '$1 == name' <<<"$table")
  [ -n "$row" ] || { echo "no platform $name in $0" >&2; exit 2; }
  IFS='|' read -r _ compiler emulator packages <<<"$row"
  for tool in "$compiler" "$emulator"; do
    read -r tool _ <<<"$tool"
    [ -z "$tool" ] || command -v "$tool" >/dev/null || { echo "$name: skipped: no $tool; it is in$packages"; continue 2; }
  done
  names+=("$name") rows+=("$compiler|$emulator|$with_tests")
done
[ ${#names[@]} -gt 0 ] || exit 77

# All programs of all platforms are compiled first, side by side.
mkdir -p "$build"
for name in native "${names[@]}"; do rm -rf "${build:?}/$name"; done
{
  units "$build/native" "" | sed "s#^#$build/native|${CXX:-c++}|#"
  for i in "${!names[@]}"; do
    IFS='|' read -r compiler _ with_tests <<<"${rows[i]}"
    units "$build/${names[i]}" "$with_tests" | sed "s#^#$build/${names[i]}|$compiler|#"
  done
} >"$build/units.txt"
running=0
while IFS='|' read -r folder compiler source; do
  [ $running -lt "$jobs" ] || { wait -n; running=$((running - 1)); }
  compile "$folder" "$compiler" "$source" &
  running=$((running + 1))
done <"$build/units.txt"
wait
cat "$build"/native/*.txt >&2
"${CXX:-c++}" -pthread "$build/native/exchange.o" -o "$build/native/exchange.exe"
"$build/native/exchange.exe" write "$build/native/files"

status=0
for i in "${!names[@]}"; do
  name=${names[i]}
  IFS='|' read -r compiler emulator with_tests <<<"${rows[i]}"
  log=$build/$name.txt
  set +e  # within `if` no failure would end the function
  (set -e; run_platform "$name" "$compiler" "$emulator" "$with_tests") >"$log" 2>&1
  code=$?
  set -e
  if [ $code = 0 ]; then
    passed=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\..*/\1/p' "$log" | awk '{ sum += $1 } END { if (NR) print sum }')
    echo "$name: ${passed:+$passed tests passed, }files exchanged"
  else
    echo "$name: failed; all of the output is in $log" >&2
    grep -E 'error|FAILED|not so|Failure|^heed|\.hpp|undefined' "$log" | head -40 >&2 || tail -n 20 "$log" >&2
    status=1
  fi
done
exit $status
