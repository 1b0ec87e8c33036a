#!/usr/bin/env bash
# Everything that docs/trust.md promises and that takes longer than .ci/run may: hours, on two cores.
#
#   bash tests/trust.sh [--seconds N] [STEP]...      default: all steps; N: seconds of fuzzing for each reader (600)
#
#   fuzz          fuzzers of readers, of saved models and of the API
#   differential  the same models by builds for several processors, by headers alone and compiled
#   faults        every call to the system fails in turn; 1,000 kills; hard environments; killed ranks
#   realtime      RealtimeSanitizer
#   platforms     other processors and systems, emulated
#   inside        plugins, two versions in one program
#   analysis      all warnings of clang, clang-tidy, cppcheck, include-what-you-use
#   coverage      lines and branches that the tests reach
#   mutation      breaks of layers, losses, optimizers, the engine and readers that no test notices
#   flaky         the tests 20 times, in random order, in parallel
#
# One line a step says how it ended and how long it took; the output is in build/logs. The exit code is 1 if a step fails.
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"

seconds=600 steps=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:-}; shift 2 || die "--seconds needs a number" ;;
    -*) die "unknown option $1; --help shows the usage" ;;
    *) steps+=("$1"); shift ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || die "--seconds needs a number, got '$seconds'"
[ ${#steps[@]} -gt 0 ] || steps=(fuzz differential faults realtime platforms inside analysis coverage mutation flaky)

step_fuzz() { bash tests/fuzz/run.sh --seconds "$seconds"; }
step_differential() {
  set_up && configure release && build release heed_compiled_{core,layers,engine,classifiers,models}{,_double} && bash tests/fuzz/differential.sh --seeds 1000 &&
    bash tests/fuzz/differential.sh --seeds 1000 --compiled build/release
}
step_faults() {
  set_up "${more_libraries[@]}" && configure release &&
    build release classifier heed_test_io heed_fault_sweep &&
    LD_PRELOAD=$(find "$PWD/build/release/tests/faults" -name '*heed_fault_shim.so') \
      build/release/tests/faults/heed_fault_sweep --all build/release/tests/faults/folder &&
    HEED_KILLS=1000 build/release/tests/heed_test_io --gtest_filter='Checkpoint.KilledAtRandomMoments*' &&
    bash tests/faults/trainer.sh && bash tests/faults/environments.sh && { bash tests/faults/ranks.sh || [ $? = 77 ]; }
}
step_realtime() { bash tests/realtime/run.sh; }
step_platforms() { bash tests/platforms/run.sh; }
step_inside() { bash tests/inside/run.sh; }
step_analysis() { bash tests/analysis/run.sh; }
step_coverage() { bash tests/coverage/run.sh; }
step_mutation() { bash tests/mutation/run.sh; }
step_flaky() {
  set_up "${more_libraries[@]}" && configure release && build release heed_tests || return 1
  local round
  for round in $(seq 20); do
    say "round $round"
    ctest --preset release --schedule-random --parallel "$((2 * $(nproc)))" --quiet --output-log "build/logs/flaky-$round.txt" ||
      { tail -n 20 "build/logs/flaky-$round.txt"; return 1; }
  done
}

for step in "${steps[@]}"; do
  declare -F "step_$step" >/dev/null || die "no step '$step'; --help lists them"
done
failed=0
for step in "${steps[@]}"; do
  ( quietly "trust $step" "step_$step" ) || failed=1
done
exit $failed
