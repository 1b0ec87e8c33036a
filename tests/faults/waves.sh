# shellcheck shell=bash
# Sourced by trainer.sh and ranks.sh. waves SEQUENCES STEPS: a .ts file of two classes, on standard output.
waves() {
  awk -v sequences="$1" -v steps="$2" 'BEGIN {
    print "@problemName waves\n@univariate true\n@classLabel true up down\n@data"
    for (i = 0; i < sequences; ++i) {
      line = ""
      for (t = 0; t < steps; ++t) line = line (t ? "," : "") sprintf("%.3f", (i % 2 ? 1 : -1) * t / 7 + (i * 37 % 11) / 50)
      print line ":" (i % 2 ? "up" : "down")
    }
  }'
}
