#!/usr/bin/env bash
# What other eyes see in heed's code: all warnings of clang, clang-tidy, cppcheck, include-what-you-use.
#
#   bash tests/analysis/run.sh [warnings | tidy | cppcheck | includes]...      default: all of them
#
# They read the sources of the compiled library, which name every template for float, and the optional headers. Exceptions stand
# here and in .clang-tidy, each with its reason. The exit code is 1 if anything is found.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

set_up clang++-14=clang-14 clang-tidy-14=clang-tidy-14 cppcheck=cppcheck include-what-you-use=iwyu
configure release
work=build/analysis
mkdir -p $work
sources=(build/release/compiled/{bodies,{core,layers,engine,classifiers,models}_float_*}.cpp $work/optional.cpp)
for header in io/safetensors io/checkpoint convert/{keras,onnx,pytorch,rtneural} archive/unzip testing/check_layer; do
  echo "#include \"heed/$header.hpp\""
done >$work/optional.cpp
echo 'int main() {}' >>$work/optional.cpp
isa=$(clang++-14 -std=c++20 -march=native -Iinclude -x c++ -E -P - <<<$'#include "heed/core/isa.hpp"\nHEED_ISA' | tail -n 1)
flags=(-std=c++20 -march=native "-DHEED_COMPILED=$isa" -Iinclude -isystem /usr/include/eigen3)

warnings() {
  local off=(
    # heed is C++20; what older standards think of it does not matter
    c++98-compat c++98-compat-pedantic c++98-compat-local-type-template-args pre-c++14-compat pre-c++17-compat
    pre-c++17-compat-pedantic pre-c++20-compat pre-c++20-compat-pedantic
    padded                      # layers are a few large arrays
    double-promotion            # numbers of ONNX files go through double
    float-equal                 # comparisons with numbers that are exact: 0, 1, infinity, the largest of a list
    missing-prototypes          # helpers of one header, which are inline where there is no compiled library
    weak-vtables                # a library of headers has no source for them
    documentation-unknown-command  # "@data" of a .ts file
    comma                       # folds over a list of layers
    ctad-maybe-unsupported      # std::lock_guard among others
    switch-enum                 # a default says that the rest is the same
    used-but-marked-unused      # of Eigen
    global-constructors exit-time-destructors  # one switch of convert/pytorch.hpp; the table of recipes
    format-nonliteral           # a function that hands a format on, to calls with literals only
    disabled-macro-expansion    # of the system's <csignal>
  )
  printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I SOURCE clang++-14 -fsyntax-only -Werror -Weverything "${off[@]/#/-Wno-}" \
    "${flags[@]}" SOURCE
  # benchmarks are compiled by GCC otherwise
  printf '%s\n' benchmarks/*.cpp benchmarks/peers/heed_peer.cpp | xargs -P "$(nproc)" -I SOURCE clang++-14 -fsyntax-only -Werror \
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow "${flags[@]}" SOURCE
}

tidy() { printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I SOURCE clang-tidy-14 --quiet SOURCE -- "${flags[@]}"; }

cppcheck_all() {
  local off=(
    missingIncludeSystem unusedFunction unmatchedSuppression  # it sees headers, not the programs that use them
    syntaxError internalAstError                    # it does not know all of C++20
    noExplicitConstructor                           # views are made of what they view, as std::span is
    passedByValue useStlAlgorithm                   # taste
    containerOutOfBounds derefInvalidIterator       # it does not know that `fail` and `require` throw
    invalidFunctionArg                              # ... nor that scores have at least one column
    legacyUninitvar                                 # a conditional expression that sets it in every case
    operatorEqVarError uninitMemberVar              # swap sets them; a member of enum type that is in the list
    danglingLifetime                                # of testing/detail/crash.hpp, which takes it back
  )
  cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    "${off[@]/#/--suppress=}" -Iinclude -j "$(nproc)" -DHEED_BODIES=1 $(find include -name '*.hpp')
}

# Each header names what it uses: those of heed, by a run of the tool for each.
includes() {
  find include/heed -name '*.hpp' -not -path '*/distributed/*' | sort | xargs -P "$(nproc)" -I HEADER bash -c '
    include-what-you-use -Xiwyu --no_fwd_decls -Xiwyu --max_line_length=200 "${@:2}" -x c++ "$1" 2>&1 |
      awk -v header="$1" "/should add these lines/ { on = 1; next } /should remove these lines/ { on = 0 } on && /heed\// { print header \": \" \$0 }"
    ' _ HEADER "${flags[@]}" >$work/includes.txt
  [ ! -s $work/includes.txt ] || { cat $work/includes.txt; return 1; }
}

[ $# -gt 0 ] || set -- warnings tidy cppcheck includes
for step in "$@"; do
  case $step in
    warnings | tidy | includes) quietly "$step" "$step" ;;
    cppcheck) quietly cppcheck cppcheck_all ;;
    *) die "not a step: $step (warnings, tidy, cppcheck, includes)" ;;
  esac
done
