#!/usr/bin/env bash
# heed inside other programs: in a plugin that is loaded and unloaded, and two versions of it in one program.
#
#   bash run.sh                       with c++
#   bash run.sh COMPILER FLAG...      as CMake calls it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

[ $# -gt 0 ] || set -- c++ -isystem /usr/include/eigen3
compiler=$1
shift
flags=(-std=c++20 -O0 -march=native -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -pthread "$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# GCC marks the variables of inline functions as unique in the process, and then no plugin is ever unloaded.
unique=()
if ! "$compiler" --version | grep -q clang; then unique=(-fno-gnu-unique); fi
"$compiler" "${flags[@]}" "${unique[@]}" -I../../include -DHEED_PART=heed_plugin -fPIC -shared part.cpp -o "$work/plugin.so"
# The host has the standard library, as a program in C++ does. Freed blocks that a thread keeps would count as in use.
"$compiler" "${flags[@]}" host.cpp -o "$work/host" -Wl,--no-as-needed -ldl
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$work/host" "$work/plugin.so"

# The next version: another number, and half the learning rate, by which its functions can be told from this one's.
mkdir "$work/next"
cp -r ../../include/heed "$work/next"
chmod -R u+w "$work/next"
awk '/HEED_VERSION_MINOR/ { ++$3; ++changed } { print } END { exit changed != 1 }' ../../include/heed/version.hpp \
  >"$work/next/heed/version.hpp"
awk '/const double rate = learning_rate \/ debias/ { sub(/learning_rate/, "learning_rate / 2"); ++changed } { print }
  END { exit changed != 1 }' ../../include/heed/optim/adam.hpp >"$work/next/heed/optim/adam.hpp"
"$compiler" "${flags[@]}" -I../../include -DHEED_PART=heed_this -c part.cpp -o "$work/this.o"
"$compiler" "${flags[@]}" -I"$work/next" -DHEED_PART=heed_other -c part.cpp -o "$work/other.o"
"$compiler" "${flags[@]}" -I../../include versions.cpp "$work/this.o" "$work/other.o" -o "$work/versions"
"$work/versions"
"$compiler" "${flags[@]}" -I../../include versions.cpp "$work/other.o" "$work/this.o" -o "$work/versions"
"$work/versions"
