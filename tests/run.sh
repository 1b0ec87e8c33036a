#!/usr/bin/env bash
# Builds and passes the tests: bash tests/run.sh [OPTION OF CTEST]...   e.g. -R Lstm, -L threads
# Installs what is missing (Debian and its kin). HEED_DATA_DIR names the folder of data sets, for the tests that need it.
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"

set_up "${more_libraries[@]}"
configure release ${CI:+-DHEED_WARNINGS_AS_ERRORS=ON}
build release heed_tests
run_tests release "$@"
say "The project has more tests, of its packages and of what compiling costs: ctest --preset project"
