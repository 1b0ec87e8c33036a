#!/usr/bin/env bash
# Builds the wheel of Python, installs it into an environment of its own and runs its tests. Exits with 77 where pip
# reaches no registry.
#
#   HEED_PYTHON       the Python to use (python3)
#   HEED_PYTHON_SECOND  another, of 3.10 or later, for the same wheel (one that is found)
#   HEED_PYTHON_ISAS  which processors to build for (as the wheel has: all)
#   HEED_CLASSIFIER   the trainer, to compare files with (build/release/examples/classifier)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '%s\n' "$*"; }
python=${HEED_PYTHON:-python3}
work=$PWD/build/python
mkdir -p "$work"

if [ ! -x "$work/venv/bin/pip" ]; then "$python" -m venv "$work/venv"; fi
pip=("$work/venv/bin/pip" --disable-pip-version-check)
if ! "${pip[@]}" install --quiet --retries 1 --timeout 20 "scikit-build-core>=1.0" "nanobind>=3.1,<4" "nanobind-backend>=1,<2" \
  >"$work/pip.txt" 2>&1; then
  say "skipped: pip reaches no registry (its words are in $work/pip.txt)"
  exit 77
fi
# builds need no environment of their own, so that what was compiled before can be taken again
settings=(--config-settings=build-dir="$work/build" "--config-settings=cmake.define.HEED_PYTHON_ISAS=${HEED_PYTHON_ISAS:-}")
rm -rf "$work/wheels"
"${pip[@]}" wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/wheels" "${settings[@]}" ./python
wheel=$(echo "$work"/wheels/*.whl)
bytes=$(wc -c <"$wheel")
say "$(basename "$wheel"): $bytes bytes"
if [ "$bytes" -ge 4000000 ]; then say "the wheel has 4 MB or more"; exit 1; fi

"${pip[@]}" install --quiet pytest tqdm scikit-learn joblib abi3audit auditwheel mypy
"${pip[@]}" install --quiet keras safetensors || say "keras cannot be installed here: its tests are skipped"
"${pip[@]}" install --quiet onnx onnxruntime || say "onnxruntime cannot be installed here: its tests are skipped"
"${pip[@]}" install --quiet --force-reinstall --no-deps "$wheel"
"${pip[@]}" install --quiet "$wheel"  # what it needs

# It uses nothing that another Python of 3.10 or later has not, and no library that a Linux may lack.
if [ "$(uname)" = Linux ]; then
  "$work/venv/bin/abi3audit" --strict "$wheel"
  "$work/venv/bin/auditwheel" show "$wheel" >"$work/auditwheel.txt" 2>&1
  platform=$(grep -o 'manylinux_[0-9_]*[a-z0-9_]*' "$work/auditwheel.txt" | head -n 1) || {
    cat "$work/auditwheel.txt"
    exit 1
  }
  say "abi3audit and auditwheel: clean, $platform"
fi

if [ -z "${HEED_CLASSIFIER:-}" ] && [ -x build/release/examples/classifier ]; then
  HEED_CLASSIFIER=$PWD/build/release/examples/classifier
fi
if [ -z "${HEED_DATA_DIR:-}" ] && [ -d "$PWD/../shared/data" ]; then export HEED_DATA_DIR=$PWD/../shared/data; fi
export HEED_CLASSIFIER=${HEED_CLASSIFIER:-}
# The program that writes models of all kinds as ONNX files, where the build has it.
HEED_ONNX_MODELS=
if [ -f build/release/build.ninja ] && grep -q heed_onnx_models build/release/build.ninja; then
  cmake --build build/release --target heed_onnx_models >"$work/onnx.txt" 2>&1 || { tail -n 40 "$work/onnx.txt"; exit 1; }
  HEED_ONNX_MODELS=$(find "$PWD/build/release" -name heed_onnx_models -type f -perm -u+x | head -n 1)
fi
export HEED_ONNX_MODELS
cd python/tests  # away from the sources of the package

# The same wheel in an environment of another Python, where NumPy alone is beside it.
version_of() { "$1" -c 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null; }
first=$(version_of "$work/venv/bin/python")
for other in ${HEED_PYTHON_SECOND:-python3.10 python3.11 python3.12 python3.13 python3.14 "$HOME"/.pyenv/versions/3.1[0-9]*/bin/python}; do
  second=$(version_of "$other") || continue
  if [ "$second" = "$first" ]; then continue; fi
  rm -rf "$work/bare"
  "$other" -m venv "$work/bare"
  "$work/bare/bin/pip" install --quiet --disable-pip-version-check "$wheel" pytest
  say "Python $second:"
  "$work/bare/bin/python" -m pytest -q -p no:cacheprovider test_package.py test_sequences.py
  break
done
say "Python $first:"
exec "$work/venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
