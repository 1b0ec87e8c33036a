#!/usr/bin/env bash
# Makes each package of heed, and uses it where there is nothing else of heed:
#
#   bash tests/packaging/run.sh [WAY]...     pkg-config cmake eigen single-header conan vcpkg debian; without a name: all
#
# A way whose tools cannot be had here (no network, no root) is skipped with a word, and counts as no failure.
# EIGEN names the folder of Eigen's headers, EIGEN5 that of Eigen 5, where they are not to be looked for.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"
ways=(pkg-config cmake eigen single-header conan vcpkg debian)
out=$PWD/build/packaging
consumer=$PWD/tests/consumer/project
compiler=${CXX:-c++}
version=$(sed -nE 's/^#define HEED_VERSION_(MAJOR|MINOR|PATCH) //p' include/heed/version.hpp | paste -sd .)

skip() { say "skipped: $*"; exit 77; }

# with_pip NAME REQUIREMENT...: an environment of Python with them, build/packaging/tools/NAME.
with_pip() {
  local folder=$out/tools/$1
  shift
  python3 -m venv "$folder" || skip "there is no venv of Python"
  "$folder/bin/pip" install --quiet --disable-pip-version-check --timeout 10 --retries 1 "$@" || skip "pip cannot install $*"
}

# build_consumer FROM [OPTION]...: configures, builds and runs the program of tests/consumer, by the cmake that $cmake is.
build_consumer() {
  local from=$1 folder
  shift
  folder=$out/$way/consumer-$from
  rm -rf "$folder"
  "${cmake:-cmake}" -G Ninja -S "$consumer" -B "$folder" -DCMAKE_BUILD_TYPE=Quick -DCMAKE_CXX_COMPILER="$compiler" \
    -DHEED_FROM="$from" -DHEED_COMPILED=OFF "$@"
  "${cmake:-cmake}" --build "$folder" --target consumer
  (cd "$folder" && ./consumer)
  say "$way: find by $from: works"
}

# What find_package must find in the packages made here: the headers alone.
expected=(-DHEED_EXPECTED_VERSION="$version" -DHEED_EXPECTED_JSON=ON -DHEED_EXPECTED_MPI=OFF -DHEED_EXPECTED_ZIP=OFF -DHEED_EXPECTED_ONNX=OFF
  -DHEED_EXPECTED_COMPILED=OFF)
headers_alone=(-DHEED_COMPILED=OFF -DHEED_MPI=OFF -DHEED_ONNX=OFF -DHEED_ZIP=OFF -DHEED_BUILD_TESTS=OFF -DHEED_BUILD_EXAMPLES=OFF
  -DHEED_BUILD_BENCHMARKS=OFF -DHEED_NATIVE=OFF)

# install_to PREFIX [OPTION]...: into an empty folder.
install_to() {
  local prefix=$1 folder=$out/$way/build
  shift
  rm -rf "$prefix" "$folder"
  "${cmake:-cmake}" -G Ninja -S . -B "$folder" -DCMAKE_CXX_COMPILER="$compiler" "${headers_alone[@]}" "$@"
  "${cmake:-cmake}" --build "$folder"
  "${cmake:-cmake}" --install "$folder" --prefix "$prefix" >/dev/null
}

eigen_of_this_machine() {
  local folder
  for folder in "${EIGEN:-}" /usr/include/eigen3 /usr/local/include/eigen3; do
    if [ -f "$folder/Eigen/Core" ]; then
      say "$folder"
      return
    fi
  done
}

# run_some_tests FOLDER FLAG... -- TEST...: compiles tests by headers alone, what they share once, and runs them.
run_some_tests() {
  local folder=$1 flags=() tests
  shift
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  tests=("$@")
  mkdir -p "$folder"
  # GCC forgets what a precompiled header's pragmas say of warnings
  flags+=(-std=c++20 -O0 -pthread -Winvalid-pch -Wno-ignored-attributes "-DHEED_REFERENCE_DIR=\"$PWD/tests/reference/data\"")
  printf '#include <heed/heed.hpp>\n#include <gtest/gtest.h>\n' >"$folder/common.hpp"
  "$compiler" "${flags[@]}" -x c++-header "$folder/common.hpp" -o "$folder/common.hpp.gch"
  printf '%s\0' "${tests[@]}" | xargs -0 -P "$(nproc)" -I TEST bash -c '
    test=$1 folder=$2; shift 2
    "$@" -include "$folder/common.hpp" -c "$PWD/tests/${test}_test.cpp" -o "$folder/${test//\//_}.o"' _ TEST "$folder" "$compiler" "${flags[@]}"
  "$compiler" "$folder"/*.o -lgtest -lgtest_main -pthread -o "$folder/tests"
  (cd "$folder" && ./tests --gtest_brief=1 --gtest_print_time=0)
}

# ---- the ways

way_pkg_config() {
  command -v pkg-config >/dev/null || skip "there is no pkg-config"
  install_to "$out/$way/first"
  rm -rf "$out/$way/second"
  mv "$out/$way/first" "$out/$way/second"  # where it was put is not written in it
  cmake -DPREFIX="$out/$way/second" -DMODULE=heed -DVERSION="$version" -DSOURCE="$consumer/main.cpp" -DCOMPILER="$compiler" \
    -DBINARY="$out/$way/consumer" -P tests/consumer/pkg_config.cmake
}

# The oldest CMake that heed takes, and the newest.
way_cmake() {
  local release cmake
  for release in ==3.24.3 ""; do
    with_pip "cmake${release//[=.]/-}" --upgrade "cmake$release"
    cmake=$out/tools/cmake${release//[=.]/-}/bin/cmake
    "$cmake" --version | head -n 1
    rm -rf "$out/$way/all"
    "$cmake" -G Ninja -S . -B "$out/$way/all" -DCMAKE_CXX_COMPILER="$compiler"  # every target, as it comes
    install_to "$out/$way/prefix"
    build_consumer package -Dheed_ROOT="$out/$way/prefix" "${expected[@]}"
    build_consumer subdirectory -DHEED_SOURCE="$PWD"
    build_consumer fetch -DFETCHCONTENT_SOURCE_DIR_HEED="$PWD"
  done
}

# Debian's package of the first release that has Eigen 5, unpacked: nothing of this machine is changed.
fetch_eigen5() {
  local mirror folder=$out/eigen5 suite options
  command -v apt-get >/dev/null || skip "no Eigen 5: set EIGEN5 to the folder of its headers"
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || skip "no Eigen 5: set EIGEN5 to the folder of its headers"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  for suite in forky sid; do
    say "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
  done >"$folder/sources.list"
  options=(-o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$folder/lists"
    -o Dir::Cache="$folder/cache" -o Dir::State::Status=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none)
  apt-get "${options[@]}" -q update || skip "no Eigen 5: Debian's lists cannot be fetched"
  rm -rf "$folder"/*.deb "$folder/root"
  (cd "$folder" && apt-get "${options[@]}" -q download libeigen3-dev) || skip "Eigen 5 cannot be fetched"
  dpkg-deb -x "$folder"/libeigen3-dev_*.deb "$folder/root"
  EIGEN5=$folder/root/usr/include/eigen3
}

way_eigen() {
  [ -n "${EIGEN5:-}" ] || fetch_eigen5
  grep -hE 'define EIGEN_(MAJOR|MINOR|PATCH)_VERSION' "$EIGEN5/Eigen/Version"
  grep -qE 'EIGEN_MAJOR_VERSION +5$' "$EIGEN5/Eigen/Version"
  # CMake finds it before any other, and heed's package takes it
  local root=${EIGEN5%/include/eigen3}
  if [ -d "$root/share/eigen3/cmake" ]; then
    install_to "$out/$way/prefix" -DEigen3_ROOT="$root"
    grep -q "Eigen3_DIR:PATH=$root" "$out/$way/build/CMakeCache.txt"
    build_consumer package -Dheed_ROOT="$out/$way/prefix" -DEigen3_ROOT="$root" "${expected[@]}"
    grep -q "Eigen3_DIR:PATH=$root" "$out/$way/consumer-package/CMakeCache.txt"
  fi
  rm -rf "$out/$way/tests"
  run_some_tests "$out/$way/tests" -Iinclude -Itests -isystem "$EIGEN5" -march=native -Wall -Wextra -Wconversion -Werror -- \
    heed core/{simd,math,parallel} core/kernels/{product,softmax} layers/{lstm,multi_head_attention} io/safetensors
}

way_single_header() {
  local folder=$out/$way header
  with_pip single-header -r packaging/single_header/requirements.txt
  rm -rf "$folder"
  mkdir -p "$folder/include" "$folder/shim"
  cmake -G Ninja -S . -B "$folder/build" -DCMAKE_CXX_COMPILER="$compiler" "${headers_alone[@]}"
  cmake --build "$folder/build" --target heed_single_header
  tar -xf "$folder/build/release/heed-$version-single-header.tar.gz" -C "$folder/include"
  while read -r header; do
    head -n 1 "$header" | grep -q "^// heed $version: "
    head -n 30 "$header" | grep -q 'SPDX-License-Identifier: MIT'
    head -n 30 "$header" | grep -q 'The above copyright notice'
    if grep -nF -e '#include "' -e "$PWD" "$header"; then die "$header: needs more than itself"; fi
  done < <(find "$folder/include" -name '*.hpp')
  local eigen flags
  eigen=$(eigen_of_this_machine)
  flags=(-I "$folder/include" -isystem "${eigen:?no Eigen}" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  # It has heed/heed.hpp and the opt-in headers, so no smaller ones.
  sed -E 's|"heed/(infer\|models\|train)/[a-z_]+\.hpp"|"heed/heed.hpp"|' examples/quickstart.cpp >"$folder/quickstart.cpp"
  "$compiler" -std=c++20 -O1 -march=native -pthread "${flags[@]}" "$folder/quickstart.cpp" -o "$folder/quickstart"
  (cd "$folder" && ./quickstart)

  # Tests include heed's headers by their own names: each name stands for the single headers.
  set +x
  (cd include && find heed -name '*.hpp') | while read -r header; do
    [ ! -f "$folder/include/$header" ] || continue
    mkdir -p "$folder/shim/$(dirname "$header")"
    printf '#include <%s>\n' heed/heed.hpp heed/io/{safetensors,checkpoint}.hpp heed/testing/check_layer.hpp >"$folder/shim/$header"
  done
  set -x
  run_some_tests "$folder/tests" "${flags[@]}" -I "$folder/shim" -Itests -march=native -- heed version core/{tensor,rng,parallel} \
    layers/{dense,lstm,attention_pool} compose/sequential io/{safetensors,checkpoint} testing/check_layer
}

way_conan() {
  with_pip conan -r tests/packaging/requirements.txt
  PATH=$out/tools/conan/bin:$PATH
  export CONAN_HOME=$out/$way/home EIGEN
  EIGEN=$(eigen_of_this_machine)
  rm -rf "$CONAN_HOME"
  conan profile detect
  printf '%s\n' "core.net.http:timeout = 10" "tools.cmake.cmake_layout:test_folder = $out/$way/test" >"$CONAN_HOME/global.conf"
  if ! timeout 60 conan graph info --requires 'eigen/[>=3.4.0 <6]'; then
    say "no remote has Eigen: a recipe of this machine's headers stands in"
    conan create tests/packaging/eigen --version 3.4.0 --no-remote
  fi
  conan create packaging/conan --no-remote --build=missing -s compiler.cppstd=20 -s build_type=Debug
  conan list "heed/$version:*"
}

way_vcpkg() {
  say "there is no vcpkg here: the port's steps run by stand-ins for its functions"
  local features
  for features in "" "mpi;onnx;zip"; do
    cmake -DPORT_DIR="$PWD/packaging/vcpkg/heed" -DOUT="$out/$way/out" -DGENERATOR=Ninja -DWITH="$features" \
      -DPREFIX_PATH="${CMAKE_PREFIX_PATH:-}" -P tests/packaging/vcpkg/port.cmake
    [ -n "$features" ] || build_consumer package -Dheed_ROOT="$out/$way/out/packages" "${expected[@]}"
  done
}

debian_mirror() {
  local release
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $release" 'Component: main' 'Label: Debian' | head -n 1
}

# The package is made here, and installed and used in a bare Debian of this release.
way_debian() {
  command -v dpkg-deb >/dev/null || skip "this is no Debian"
  command -v lintian >/dev/null || skip "there is no lintian"
  local folder=$out/$way build package root=$out/$way/root sums=()
  rm -rf --one-file-system "$folder"
  mkdir -p "$folder"
  for build in "$folder"/build-{1,2}; do  # the same commit gives the same bytes
    cmake --preset package -B "$build" -DCMAKE_CXX_COMPILER="$compiler"
    cmake --build "$build" --target package
    package=$(ls "$build"/release/libheed-dev_*_all.deb)
    cp "$package" "$folder/"
    sums+=("$(sha256sum <"$package")")
  done
  [ "${sums[0]}" = "${sums[1]}" ] || die "two builds give two packages"
  package=$(ls "$folder"/libheed-dev_*_all.deb)
  dpkg-deb -I "$package"
  lintian --allow-root --fail-on error,warning "$package"
  [ "$(id -u)" = 0 ] || skip "the package is made and lintian is content; to install it in a bare Debian takes root"
  command -v debootstrap >/dev/null || skip "there is no debootstrap"
  debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" "$(debian_mirror)" ||
    skip "the package is made and lintian is content; a bare Debian cannot be fetched"
  cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  mkdir -p "$root/root/consumer"
  cp "$package" "$root/root/"
  cp -r "$consumer/." "$root/root/consumer/"
  # mounts of its own, which go with the shell
  unshare --mount --propagation private bash -euc '
    mount -t proc proc "$1/proc"
    mount --bind /dev "$1/dev"
    exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euxc "$2"' _ "$root" "
      cd /root
      apt-get update -q
      apt-get install -y -q --no-install-recommends ./${package##*/} g++ cmake make pkg-config
      g++ -std=c++20 \$(pkg-config --cflags heed) consumer/main.cpp \$(pkg-config --libs heed) -o by-pkg-config
      ./by-pkg-config
      cmake -S consumer -B build -DHEED_FROM=package ${expected[*]} -DCMAKE_BUILD_TYPE=Quick
      cmake --build build --target consumer
      build/consumer
      apt-get purge -y -q libheed-dev
      [ ! -e /usr/include/heed ]"
  rm -rf --one-file-system "$root"
}

# ---- all of them: each in a shell of its own, so that the first failure ends it

if [ "${1-}" = --one ]; then
  way=$2
  mkdir -p "$out/$way"
  set -x
  "way_${way//-/_}"
  exit
fi

[ $# -gt 0 ] || set -- "${ways[@]}"
for way in "$@"; do
  [[ " ${ways[*]} " == *" $way "* ]] || die "no way $way; there are: ${ways[*]}"
done
if command -v apt-get >/dev/null; then
  install_missing cmake=cmake ninja=ninja-build pkg-config=pkg-config lintian=lintian debootstrap=debootstrap \
    libeigen3-dev libgtest-dev python3-venv
fi
mkdir -p "$out"
passed=0 failed=0 skipped=0
for way in "$@"; do
  start=$SECONDS status=0
  bash "${BASH_SOURCE[0]}" --one "$way" >"$out/$way.txt" 2>&1 </dev/null || status=$?
  case $status in
    0) passed=$((passed + 1)) result=passed ;;
    77) skipped=$((skipped + 1)) result=$(grep '^skipped: ' "$out/$way.txt" | tail -n 1) ;;
    *) failed=$((failed + 1)) result="failed, see build/packaging/$way.txt" ;;
  esac
  printf '%-14s %4d s  %s\n' "$way" $((SECONDS - start)) "$result"
  [ "$status" = 0 ] || [ "$status" = 77 ] || tail -n 25 "$out/$way.txt" >&2
done
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
