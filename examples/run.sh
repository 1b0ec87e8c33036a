#!/usr/bin/env bash
# Trains the classifier on its built-in task and shows the result: bash examples/run.sh
# With arguments, runs the classifier with them instead: bash examples/run.sh inspect build/gestures.safetensors
# Installs what is missing (Debian and its kin).
start=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"

set_up
configure release
build release classifier
classifier=$PWD/build/release/examples/classifier

if [ $# -gt 0 ]; then
  cd "$start"
  exec "$classifier" "$@"
fi
say "classifier train --model build/gestures.safetensors"
"$classifier" train --model build/gestures.safetensors
say "classifier inspect build/gestures.safetensors"
exec "$classifier" inspect build/gestures.safetensors
