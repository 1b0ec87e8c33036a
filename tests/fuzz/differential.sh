#!/usr/bin/env bash
# Compares what builds of heed compute for random models and data: SSE2, AVX2 and AVX-512 (as far as this processor has
# them), float and double, one sequence and many. differential.cpp says how far apart they may be.
#
#   bash tests/fuzz/differential.sh [--seeds N] [--first N] [--compiled FOLDER]
#
# The seeds are N (default: 300), from --first (default: 0) on. --compiled: a folder of a Release build, with
# libheed_compiled_*.a of -march=native. The headers and that library must then give the same bits.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

seeds=300 first=0 library=
while [ $# -gt 0 ]; do
  case $1 in
    --seeds) seeds=${2:-}; shift 2 || die "--seeds needs a number" ;;
    --first) first=${2:-}; shift 2 || die "--first needs a number" ;;
    --compiled) library=${2:-}; shift 2 || die "--compiled needs a folder" ;;
    *) die "unknown option $1; --help shows the usage" ;;
  esac
done
[[ $seeds =~ ^[0-9]+$ && $first =~ ^[0-9]+$ ]] || die "--seeds and --first need whole numbers"

compiler=${CXX:-c++}
build=build/differential
mkdir -p $build
flags=(-std=c++20 -DNDEBUG -Wall -Wextra -Iinclude -isystem "${EIGEN:-/usr/include/eigen3}")

# compile NAME FLAGS...: build/differential/NAME.o, whose function is computed_by_FUNCTION
compile() {
  local name=$1
  shift
  printf 'building: %s\n' "$name"
  "$compiler" "${flags[@]}" "$@" -c tests/fuzz/differential_build.cpp -o "$build/$name.o"
}
if [ -z "$library" ]; then
  compile sse2 -O1 -march=x86-64 -DHEED_BUILD=computed_by_sse2
  compile avx2 -O1 -march=x86-64-v3 -DHEED_BUILD=computed_by_avx2
  compile avx512 -O1 -march=x86-64-v4 -DHEED_BUILD=computed_by_avx512
  # the oldest processor first: see docs/building.md
  "$compiler" "${flags[@]}" -O1 tests/fuzz/differential.cpp $build/{sse2,avx2,avx512}.o -pthread -o $build/differential
  $build/differential "$seeds" "$first"
else
  isa=$(printf '#include "heed/core/isa.hpp"\nHEED_ISA\n' | "$compiler" "${flags[@]}" -march=native -x c++ -E -P - | tail -n 1)
  compile headers -O3 -march=native -DHEED_BUILD=computed_by_one
  compile compiled -O3 -march=native -DHEED_BUILD=computed_by_one "-DHEED_COMPILED=$isa"
  libraries=("$library"/libheed_compiled_*.a)
  "$compiler" "${flags[@]}" -O1 tests/fuzz/differential_bits.cpp $build/headers.o -pthread -o $build/headers
  "$compiler" "${flags[@]}" -O1 tests/fuzz/differential_bits.cpp $build/compiled.o \
    -Wl,--start-group "${libraries[@]}" -Wl,--end-group -pthread -o $build/compiled
  $build/headers "$seeds" >$build/headers.txt
  $build/compiled "$seeds" >$build/compiled.txt
  diff $build/headers.txt $build/compiled.txt || die "the headers and the compiled library give different bits"
  printf '%s seeds: the headers and the compiled library give the same bits\n' "$seeds"
fi
