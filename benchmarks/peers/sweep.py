"""Cost of a training epoch (attention pool, full batch) against n, T and hidden size; writes benchmarks/cost.csv."""

import argparse
import csv
import resource
import shutil
import sys

from case import write_case
from processes import BUILD, HERE, ask, start, stop

NAMES = ("heed", "PyTorch", "JAX")
BASE = {"n": 10_000, "steps": 10, "hidden": 32}
SMALL = BASE | {"n": 1_000}
AXES = {
    "n": (BASE, (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)),
    "steps": (SMALL, (5, 10, 20, 50, 100, 200, 500)),
    "hidden": (SMALL, (8, 16, 32, 64, 128, 256, 512)),
}
MEMORY = 12 << 30  # bytes a peer may take


def measure(peers, names, case, growth, last, limit):
    """Seconds of an epoch by name: the shortest of interleaved runs, which other work on the machine
    disturbs least. A peer that would take longer than `limit` seconds, or more memory than there is, is left out."""
    samples = {}
    for name in names:
        if 2 * growth * last.get(name, 0) > limit:
            continue
        try:
            ask(peers[name], "case pool", case)
            samples[name] = ask(peers[name], "epochs 1")
        except RuntimeError as error:
            print(f"  {name} stops: {error}"[:200], flush=True)
    for _ in range(6):
        for name, times in samples.items():
            if times[0] < limit / 20:
                count = max(1, min(20, int(0.1 / times[0])))
                times += ask(peers[name], f"epochs {count}")
    return {name: min(times) for name, times in samples.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, default=20, help="seconds a peer may take for two epochs (default: 20)")
    options = parser.parse_args()
    points = []
    for axis, (base, values) in AXES.items():
        # processes of their own: one that runs out of memory ends
        peers, _ = start(NAMES, options.threads, lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)))
        names, last, before = list(peers), {}, None
        for value in values:
            case = write_case(BUILD / "cases" / "sweep", **base | {axis: value})
            last = measure(peers, names, case, value / before if before else 1, last, options.limit)
            names, before = list(last), value
            print(axis, value, {name: f"{1e3 * s:.3g} ms" for name, s in last.items()}, flush=True)
            points += [(axis, value, name, f"{s:.4g}") for name, s in last.items()]
        stop(peers)
    shutil.rmtree(BUILD / "cases" / "sweep")
    with open(HERE.parent / "cost.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("axis", "value", "peer", "seconds"), *points])


if __name__ == "__main__":
    sys.exit(main())
