#!/usr/bin/env bash
# The trainer where a program seldom runs: a decimal comma, odd paths, closed streams, few files, little memory, small stacks, no
# /proc, no /sys, a home that cannot be written. Each run gives the bytes of a plain run, or one line that says what is missing.
#
#   bash tests/faults/environments.sh [CLASSIFIER]      default: build/release/examples/classifier
#
# Some environments need root; without it they are skipped, and named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
classifier=$(realpath "${1:-build/release/examples/classifier}")
[ -x "$classifier" ] || { echo "no program $classifier: cmake --build --preset release --target classifier" >&2; exit 1; }
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work"

# Two classes of ragged series, with numbers that a decimal comma would break.
awk 'BEGIN {
  print "@problemName waves\n@univariate true\n@classLabel true up down\n@data"
  for (i = 0; i < 40; ++i) {
    steps = 5 + i % 4; line = ""
    for (t = 0; t < steps; ++t) line = line (t ? "," : "") sprintf("%.3f", (i % 2 ? 1 : -1) * t / 7 + (i * 37 % 11) / 50)
    print line ":" (i % 2 ? "up" : "down")
  }
}' >waves.ts
train=(train --data waves.ts --epochs 3 --batch 8 --hidden 8 --threads 2 --quiet)
"$classifier" "${train[@]}" --model plain.safetensors </dev/null
"$classifier" predict --data waves.ts --model plain.safetensors --output plain.csv </dev/null

passed=0 failed=0
ok() { passed=$((passed + 1)); printf '%-46s %s\n' "$1" "$2"; }
bad() { failed=$((failed + 1)); printf '%-46s FAILED: %s\n' "$1" "$2"; }

# same NAME COMMAND...: the command trains in its place and predicts; both files are the plain ones.
same() {
  local name=$1
  shift
  rm -f m.safetensors p.csv
  if ! "$@" "$classifier" "${train[@]}" --model m.safetensors >out.txt 2>&1; then
    bad "$name" "train: $(tail -n 1 out.txt)"
  elif ! "$@" "$classifier" predict --data waves.ts --model m.safetensors --output p.csv >out.txt 2>&1; then
    bad "$name" "predict: $(tail -n 1 out.txt)"
  elif ! cmp -s m.safetensors plain.safetensors || ! cmp -s p.csv plain.csv; then
    bad "$name" "other bytes"
  else
    ok "$name" "the same bytes"
  fi
}
# refused NAME PATTERN COMMAND...: fails with a line that says why, and leaves nothing.
refused() {
  local name=$1 pattern=$2 status=0
  shift 2
  rm -f m.safetensors
  "$@" "$classifier" "${train[@]}" --model m.safetensors >out.txt 2>&1 || status=$?
  if [ "$status" = 0 ] || [ "$status" -gt 127 ] || ! grep -q -E "$pattern" out.txt || [ -e m.safetensors ]; then
    bad "$name" "exit $status: $(tail -n 1 out.txt)"
  else
    ok "$name" "refused: $(tail -n 1 out.txt | cut -c 1-70)"
  fi
}
limited() { ( ulimit "$1" "$2"; shift 2; exec "$@" ); }
closed() { "$@" <&- ; }
closed_output() { "$@" >&-; }
closed_errors() { "$@" 2>&-; }
masked() { ( umask 0777; exec "$@" ); }
detached() { setsid "$@" </dev/null; }

locale=$(locale -a 2>/dev/null | grep -i -m 1 -E '^(de|fr)_[A-Z]+\.utf-?8$' || true)
if [ -z "$locale" ] && command -v localedef >/dev/null && localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" 2>/dev/null; then
  export LOCPATH=$work
  locale=de_DE.UTF-8
fi
if [ -n "$locale" ]; then same "a decimal comma ($locale)" env LC_ALL="$locale"; else echo "skipped: no locale with a decimal comma"; fi
same "no locale, no home, nothing in the environment" env -i
same "no terminal" detached
same "closed input" closed
same "closed output" closed_output
same "closed error output" closed_errors
same "10 open files" limited -n 10
same "a stack of 128 KB" limited -s 128
same "a home that cannot be written" env HOME=/proc/1
same "no folder for temporary files" env TMPDIR=/nowhere
refused "16 MB of address space" "memory|shared object|thread|map|mmap" limited -v 16384

# Twice what a plain run may use at least, found in steps of 64 MB: with 64 MB more it must be the same.
for ((kb = 65536; kb <= 2097152; kb += 65536)); do
  if limited -v $kb "$classifier" "${train[@]}" --model m.safetensors >/dev/null 2>&1; then break; fi
done
same "$((kb / 1024 + 64)) MB of address space" limited -v $((kb + 65536))

if [ "$(id -u)" != 0 ]; then
  echo "skipped, needs root: no /proc, no /sys"
elif unshare -m true 2>/dev/null; then
  without() { local folder=$1; shift; unshare -m bash -c 'mount -t tmpfs -o ro,size=4k none "$0" && exec "$@"' "$folder" "$@"; }
  same "no /proc" without /proc
  same "no /sys" without /sys
else
  echo "skipped, mount namespaces are not allowed: no /proc, no /sys"
fi

# umask 0777: the file is written, and nobody may read it.
rm -f m.safetensors
if masked "$classifier" "${train[@]}" --model m.safetensors >out.txt 2>&1 && [ "$(stat -c %a m.safetensors)" = 0 ]; then
  chmod u+r m.safetensors
  if cmp -s m.safetensors plain.safetensors; then ok "umask 0777" "the same bytes, for nobody to read"; else bad "umask 0777" "other bytes"; fi
else
  bad "umask 0777" "$(tail -n 1 out.txt)"
fi

# Names of any letters and of the greatest length.
long=$(printf 'ж%.0s' $(seq 100))
mkdir -p "地図 и ©/$long"
for path in "地図 и ©/$long/modèle.safetensors" "./ with blanks .safetensors" "$(printf 'm%.0s' $(seq 243)).safetensors"; do
  if "$classifier" "${train[@]}" --model "$path" >out.txt 2>&1 && cmp -s "$path" plain.safetensors; then
    ok "a name of $(printf %s "$path" | wc -c) bytes" "the same bytes"
  else
    bad "a name of $(printf %s "$path" | wc -c) bytes" "$(tail -n 1 out.txt)"
  fi
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
