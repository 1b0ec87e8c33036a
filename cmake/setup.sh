# shellcheck shell=bash
#
# Sourced by the project's scripts: what they need to be there, and how they build and test.
# Each function is quiet while things go well, and shows the log of what went wrong.
# With --help or -h as its first argument a script prints the comment that it begins with, and ends.
set -euo pipefail
script=$(realpath "${BASH_SOURCE[-1]}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

case ${1:-} in
  -h | --help)
    sed -n '/^#!/d; /^#/!q; s/^# \{0,1\}//p' "$script"
    exit
    ;;
esac

# quietly NAME COMMAND...: one line while it goes well; if it fails, its output from the first error on.
quietly() {
  local name=$1 start=$SECONDS log
  shift
  mkdir -p build/logs
  log=build/logs/${name// /-}.txt
  printf '%s ... ' "$name"
  if "$@" >"$log" 2>&1 </dev/null; then
    say "done ($((SECONDS - start)) s)"
  else
    say failed
    awk '/^FAILED|[Ee]rror:|CMake Error|^E: / { on = 1 } on && ++n <= 60 { print substr($0, 1, 200) }' "$log" >&2
    die "$name failed; all of its output is in $log"
  fi
}

# The tools that heed cannot be built without, as probe=package pairs, and the libraries as packages. Libraries
# that are missing in the end are downloaded by CMake.
tools=("c++=g++" "cmake=cmake" "ninja=ninja-build")
libraries=(libeigen3-dev libcli11-dev libgtest-dev libbenchmark-dev libprotozero-dev libzip-dev)
# What only some programs and tests need: they are left out where it is missing.
more_libraries=(libopenmpi-dev openmpi-bin)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# The package lists may be missing or out of date: they are fetched when the first attempt fails.
apt_install_or_update() {
  apt_install "$@" || { as_root apt-get update -q && apt_install "$@"; }
}

# install_missing [probe=package | package]...: installs by apt what is missing, where there is apt and the right to.
install_missing() {
  local item missing=()
  for item in "$@"; do
    case $item in
      *=*) command -v "${item%%=*}" >/dev/null || missing+=("${item#*=}") ;;
      *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$item" 2>/dev/null)" = installed ] || missing+=("$item") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "missing: ${missing[*]}" "(neither root nor sudo, so please run: apt-get install ${missing[*]})"
    return 0
  fi
  say "installing by apt: ${missing[*]}"
  quietly "installation" apt_install_or_update "${missing[@]}"
}

# set_up [PACKAGE]...: everything that a build needs, and these packages. Stops only where a tool is missing.
set_up() {
  local item absent=()
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_missing "${tools[@]}" "${libraries[@]}" "$@"
  fi
  for item in "${tools[@]}"; do
    command -v "${item%%=*}" >/dev/null || absent+=("${item%%=*}")
  done
  if [ ${#absent[@]} -gt 0 ]; then
    say "missing: ${absent[*]}"
    say "heed needs a C++20 compiler (GCC 12 or clang 14), CMake 3.24 and Ninja; best also Eigen,"
    say "CLI11, GoogleTest and Google Benchmark, which CMake downloads otherwise, and Open MPI."
    say "  Debian, Ubuntu: apt-get install g++ cmake ninja-build ${libraries[*]} $*"
    say "  Fedora:         dnf install gcc-c++ cmake ninja-build eigen3-devel cli11-devel \\"
    say "                    gtest-devel google-benchmark-devel openmpi-devel"
    say "  macOS:          brew install cmake ninja eigen cli11 googletest google-benchmark open-mpi"
    exit 1
  fi
  local version
  version=$(cmake --version | sed -n '1s/[^0-9]*//p')
  case $version in
    [0-2].* | 3.[0-9].* | 3.1[0-9].* | 3.2[0-3].*) die "heed needs CMake 3.24 or later, found $version" ;;
  esac
}

# configure PRESET [-DNAME=VALUE]...
configure() {
  local preset=$1
  shift
  quietly "configure $preset" cmake --preset "$preset" "$@"
}

# The ten largest of "SECONDS NAME" lines.
slowest() {
  LC_ALL=C sort -rn | awk -v what="$1" '
    NR == 1 { print "slowest " what ", seconds:" }
    NR <= 10 { seconds = $1; sub(/^[^ ]+ /, ""); printf "%8.1f  %s\n", seconds, substr($0, 1, 70) }'
}

ninja_logs() { find build -maxdepth 2 -name .ninja_log -exec cat {} +; }

# slowest_files OLD: of those compiled since OLD was written, which holds ninja_logs as they were.
slowest_files() {
  ninja_logs | awk -v before="$1" '
    BEGIN { while ((getline <before) > 0) old[$0] }
    !($0 in old) && $4 ~ /\.(o|gch|pch)$/ {
      seconds = ($2 - $1) / 1000
      sub(/CMakeFiles\/[^\/]*\.dir\/([a-z_]*verify_interface_header_sets\/)?/, "", $4)
      sub(/(\.cxx)?\.o$/, "", $4)
      print seconds, $4
    }' | slowest "files to compile"
}

# slowest_tests LOG: of a run of ctest.
slowest_tests() {
  awk '/ Test +#[0-9]+: .* sec *$/ {
      seconds = $(NF - 1)
      sub(/.* Test +#[0-9]+: /, "")
      sub(/ \.*( +Passed|\*\*\*).*/, "")
      print seconds, $0
    }' "$1" | slowest tests
}

# why_skipped LOG: why tests were skipped, and how many, from what their programs said.
why_skipped() {
  awk '/^([^ ].*: )?Skipped$/ { getline; ++count[$0] }
    END { for (why in count) printf "%5d skipped: %s\n", count[why], why }' "$1" | sort -k 3
}

# build PRESET [TARGET]...: a terminal sees ninja's own line, which stays one line.
build() {
  local preset=$1 targets=()
  shift
  [ $# = 0 ] || targets=(--target "$@")
  mkdir -p build/logs
  ninja_logs >build/logs/ninja-before.txt
  if [ -t 1 ]; then
    cmake --build --preset "$preset" "${targets[@]}"
  else
    quietly "build $preset" cmake --build --preset "$preset" "${targets[@]}"
  fi
  [ -z "${CI:-}" ] || slowest_files build/logs/ninja-before.txt
}

# run_tests PRESET [OPTION OF CTEST]...: passing tests go by silently; failures and the summary are shown.
run_tests() {
  local preset=$1 log status=0
  shift
  log=build/${preset/#project/release}/Testing/Temporary/LastTest.log
  mkdir -p build/logs
  say "test $preset ..."
  rm -f "$log"
  ctest --preset "$preset" "$@" 2>&1 | tee "build/logs/test-$preset.txt" | awk '
    /^ *Start +[0-9]+: / || /^ *[0-9]+\/[0-9]+ Test +#.*( Passed |\*\*\*Skipped)/ || /^Test project / || /^$/ { next }
    { print }' || status=$?
  [ ! -f "$log" ] || why_skipped "$log"
  [ -z "${CI:-}" ] || slowest_tests "build/logs/test-$preset.txt"
  return "$status"
}
