#!/usr/bin/env bash
# Builds the tests of packets, kernels and some layers for 64-bit ARM (NEON) and runs them in an emulator.
#
#   bash tests/neon/run.sh
#
# Needs a cross compiler, qemu and the sources of GoogleTest; on Debian: g++-aarch64-linux-gnu, qemu-user, googletest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests=(core/simd core/math core/kernels/{product,weight_gradient,lane_product,depthwise,softmax,attention} layers/{lstm,multi_head_attention})
compiler=aarch64-linux-gnu-g++
googletest=${GOOGLETEST:-/usr/src/googletest/googletest}
eigen=${EIGEN:-/usr/include/eigen3}
build=build/neon

command -v $compiler >/dev/null || { echo "no $compiler: apt-get install g++-aarch64-linux-gnu" >&2; exit 1; }
command -v qemu-aarch64 >/dev/null || { echo "no qemu-aarch64: apt-get install qemu-user" >&2; exit 1; }
mkdir -p $build
flags=(-O1 -std=c++20 -Wall -Wextra -Wconversion -Wshadow -Werror -pthread -Iinclude -isystem "$eigen" -isystem "$googletest/include"
  "-DHEED_REFERENCE_DIR=\"$PWD/tests/reference/data\"")
{
  printf '%s\0' "$googletest/src/gtest-all.cc" "$googletest/src/gtest_main.cc"
  printf 'tests/%s_test.cpp\0' "${tests[@]}"
} | xargs -0 -P "$(nproc)" -I FILE bash -c '
  file=$1; shift
  "$@" -c "$file" -o "build/neon/$(basename "${file%.*}").o"' _ FILE $compiler "${flags[@]}" -isystem "$googletest"
$compiler -static -pthread $build/*.o -o $build/tests 2>/dev/null
qemu-aarch64 $build/tests --gtest_brief=1
