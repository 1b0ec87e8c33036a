#!/usr/bin/env bash
# heed against other frameworks on the same work, side by side: bash benchmarks/peers/run.sh [--threads N] [--rounds N] [--write]
#   --write    also puts the table into benchmarks/README.md
#   --sweep    instead measures cost against n, T and hidden: benchmarks/cost.csv, and cost.png drawn from it
# Installs the peers, pinned, into build/peers (about 7.5 GB). A peer that is missing is skipped.
source "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

set_up
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  install_missing libdnnl-dev python3-venv || say "without oneDNN"
fi

peers=benchmarks/peers
venv=build/peers/venv
packages=(torch tensorflow-cpu keras jax onnxruntime onnx matplotlib)
[ -x $venv/bin/python ] || quietly "Python environment" python3 -m venv $venv
for package in numpy "${packages[@]}"; do
  pinned=$(grep "^$package==" $peers/constraints.txt)
  [ "$($venv/bin/python -m pip freeze 2>/dev/null | grep -c "^${pinned//-/[-_]}\$")" = 1 ] && continue
  (quietly "install $pinned" $venv/bin/python -m pip install --no-input -c $peers/constraints.txt "$package") || true
done

quietly "configure peers" cmake -S $peers -B build/peers -G Ninja
quietly "build peers" cmake --build build/peers --parallel 2

if [ "${1-}" = --sweep ]; then
  shift
  $venv/bin/python $peers/sweep.py "$@"
  exec $venv/bin/python $peers/plot.py
fi
exec $venv/bin/python $peers/compare.py "$@"
