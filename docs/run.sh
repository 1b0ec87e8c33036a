#!/usr/bin/env bash
# Builds the site of these pages and the reference of the headers: bash docs/run.sh [site|reference]
# Open build/docs/site/index.html (the search needs a server: python3 -m http.server -d build/docs/site) and
# build/docs/reference/html/index.html. What cannot be installed here is skipped with a word.
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"
what=${1:-all}

# As in the repository, so that a link means the same file: pages, and what they link to.
pages() {
  rm -rf build/docs/pages
  mkdir -p build/docs/pages
  git ls-files --cached --others --exclude-standard -- '*.md' docs 'examples/*' 'benchmarks/*' 'python/*' LICENSE tests/reference/*.py |
    grep -Ev '^docs/(run.sh|mkdocs.yml|Doxyfile|requirements.txt)$' | tar -cf - -T - | tar -xf - -C build/docs/pages
}

site() {
  if [ ! -x build/docs/venv/bin/python ]; then python3 -m venv build/docs/venv || return 77; fi
  build/docs/venv/bin/pip install --quiet --disable-pip-version-check --timeout 10 --retries 1 -r docs/requirements.txt || return 77
  pages
  NO_MKDOCS_2_WARNING=1 build/docs/venv/bin/mkdocs build --quiet --strict --config-file docs/mkdocs.yml
}

reference() {
  command -v doxygen >/dev/null || return 77
  mkdir -p build/docs/reference
  doxygen docs/Doxyfile
}

# try NAME: 77 is skipped, anything else but 0 is a failure
try() {
  local log=build/docs/$1.txt status=0
  "$1" >"$log" 2>&1 || status=$?
  case $status in
    0) say "$1: done" ;;
    77) say "$1: skipped, its tools cannot be installed here (see $log)" ;;
    *) head -40 "$log" >&2; die "$1 failed; all of its output is in $log" ;;
  esac
}

mkdir -p build/docs
if command -v apt-get >/dev/null; then
  [ "$what" = reference ] || install_missing python3-venv
  [ "$what" = site ] || install_missing doxygen
fi
if [ "$what" != reference ]; then try site; fi
if [ "$what" != site ]; then try reference; fi
