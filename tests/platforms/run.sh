#!/usr/bin/env bash
# Builds tests for other processors and systems, runs them in emulators, and exchanges files between them and this machine:
#
#   bash tests/platforms/run.sh [--files] [PLATFORM]...     without a name: all of the table below
#
# Prints a line for each platform. One whose tools are not there is skipped with a word. --files leaves out all but the
# exchange of files. Needs GoogleTest's sources (Debian: googletest); JOBS says how many compilers run at a time.
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

# compile FOLDER COMPILER... -- FILE...: their objects, as FOLDER/group_name.o
compile() {
  local folder=$1 compiler=()
  shift
  while [ "$1" != -- ]; do compiler+=("$1"); shift; done
  shift
  printf '%s\0' "$@" | xargs -0 -P "${JOBS:-$(nproc)}" -I FILE bash -c '
    file=$1 folder=$2; shift 2
    name=${file%.*}; name=${name#*tests/}
    "$@" -c "$file" -o "$folder/${name//\//_}.o"' _ FILE "$folder" "${launcher[@]}" "${compiler[@]}" "${flags[@]}"
}

# exchange_program FOLDER COMPILER...
exchange_program() {
  local folder=$1
  shift
  mkdir -p "$folder/files"
  compile "$folder" "$@" -- tests/platforms/exchange.cpp
  "$@" -pthread "$folder/platforms_exchange.o" -o "$folder/exchange.exe"  # wine wants this end
}

# run_platform NAME COMPILER EMULATOR: prints what passed.
run_platform() {
  local folder=$build/$1 compiler emulator passed=""
  read -ra compiler <<<"$2"
  read -ra emulator <<<"$3"
  rm -rf "$folder"
  exchange_program "$folder" "${compiler[@]}"
  "${emulator[@]}" "$folder/exchange.exe" write "$folder/files"
  "${emulator[@]}" "$folder/exchange.exe" compare "$folder/files" "$build/native/files"
  "$build/native/exchange.exe" compare "$build/native/files" "$folder/files"
  if [ -z "$files_only" ]; then
    # two units: files that stand in one share what they parse and instantiate
    local half=$(((${#tests[@]} + 1) / 2))
    printf "#include \"$PWD/%s\"\n" "${tests[@]:0:half}" >"$folder/first_tests.cpp"
    printf "#include \"$PWD/%s\"\n" "${tests[@]:half}" >"$folder/second_tests.cpp"
    # tests, and not headers, mix sizes of 32 and 64 bits
    flags+=(-Wno-conversion)
    compile "$folder" "${compiler[@]}" -- "$folder"/{first,second}_tests.cpp "$googletest"/src/{gtest-all,gtest_main}.cc
    rm "$folder/platforms_exchange.o"
    "${compiler[@]}" -pthread "$folder"/*.o -o "$folder/tests.exe"
    "${emulator[@]}" "$folder/tests.exe" --gtest_brief=1
  fi
}

files_only=""
if [ "${1:-}" = --files ]; then files_only=1; shift; fi
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(awk 'NF { print $1 }' <<<"$table")

rm -rf "$build/native"
exchange_program "$build/native" "${CXX:-c++}"
"$build/native/exchange.exe" write "$build/native/files"
status=0 ran=0
for name in "${names[@]}"; do
  row=$(awk -v name="$name" '$1 == name' <<<"$table")
  [ -n "$row" ] || { echo "no platform $name in $0" >&2; exit 2; }
  IFS='|' read -r _ compiler emulator packages <<<"$row"
  for tool in "$compiler" "$emulator"; do
    read -r tool _ <<<"$tool"
    [ -z "$tool" ] || command -v "$tool" >/dev/null || { echo "$name: skipped: no $tool; it is in$packages"; continue 2; }
  done
  ran=$((ran + 1))
  start=$SECONDS log=$build/$name.txt
  set +e  # within `if` no failure would end the function
  (set -e; run_platform "$name" "$compiler" "$emulator") >"$log" 2>&1
  code=$?
  set -e
  if [ $code = 0 ]; then
    passed=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\..*/\1 tests passed, /p' "$log")
    echo "$name: ${passed}files exchanged, $((SECONDS - start)) s"
  else
    echo "$name: failed; all of the output is in $log" >&2
    grep -E 'error|FAILED|not so|Failure|^heed|\.hpp|undefined' "$log" | head -40 >&2 || tail -n 20 "$log" >&2
    status=1
  fi
done
[ $ran -gt 0 ] || exit 77
exit $status
