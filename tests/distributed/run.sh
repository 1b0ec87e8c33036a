#!/bin/sh
# run.sh MPIRUN -n PROCESSES PROGRAM: runs it, or gives 77 and says why where mpirun cannot start any program.
set -eu
said=$("$1" "$2" "$3" true 2>&1) || {
  echo "Skipped"
  echo "mpirun starts no program here: $(echo "$said" | grep '[[:alpha:]]' | head -n 1)"
  exit 77
}
exec "$@"
