#!/usr/bin/env python3
"""Classifiers of series side by side: aeon's and heed's recipes, on the same splits and cores.

    python3 benchmarks/rivals/compare.py --data $HEED_DATA_DIR --classifier build/release/examples/classifier

Each run is a process of its own, so that none has another's threads, memory or compiled functions. Seconds are those of
the processor, of all threads together: others may use the machine, too. They are of fit and of predict alone for aeon,
after a first fit on a few series has compiled its functions; for heed of the whole programs `classifier train` and
`classifier predict`, reading and writing files included.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RIVALS = ["MiniRocket", "MultiRocketHydra", "LITETime"]


def sets_of(folder):
    """Name -> path without _TRAIN.ts, of every set whose two parts are there."""
    found = {}
    for train in sorted(Path(folder).rglob("*_TRAIN.ts")):
        path = str(train).removesuffix("_TRAIN.ts")
        if Path(path + "_TEST.ts").exists() and "@classlabel true" in train.read_text(errors="replace").lower():
            found[Path(path).name] = path
    return found


# ---- aeon, in a process of its own


def rival(name, seed, threads):
    if name == "MiniRocket":
        from aeon.classification.convolution_based import MiniRocketClassifier

        return MiniRocketClassifier(random_state=seed, n_jobs=threads)
    if name == "MultiRocketHydra":
        from aeon.classification.convolution_based import MultiRocketHydraClassifier

        return MultiRocketHydraClassifier(random_state=seed, n_jobs=threads)
    from aeon.classification.deep_learning import LITETimeClassifier

    return LITETimeClassifier(random_state=seed)


def run_rival(name, path, seed, threads):
    import numpy as np
    from aeon.datasets import load_from_ts_file

    x, y = load_from_ts_file(path + "_TRAIN.ts")
    x_test, y_test = load_from_ts_file(path + "_TEST.ts")
    if name != "LITETime":  # numba compiles now
        few = np.random.default_rng(0).normal(size=(8, len(x[0]), 30))
        rival(name, seed, threads).fit(few, np.array(["a", "b"] * 4)).predict(few)
    model = rival(name, seed, threads)
    begin = time.process_time()
    model.fit(x, y)
    fitted = time.process_time()
    right = model.predict(x_test) == y_test
    done = time.process_time()
    print(json.dumps({"accuracy": float(np.mean(right)), "train": fitted - begin, "predict": done - fitted}))


def of_rival(name, path, seed, threads):
    command = [sys.executable, __file__, "--run", name, "--path", path, "--seed", str(seed), "--threads", str(threads)]
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]:
        environment[variable] = str(threads)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode == 0:
        return json.loads(done.stdout.strip().splitlines()[-1])
    return {"refusal": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no reason given"}


# ---- heed


def labels_of(path):
    """The last field of each line of data."""
    lines = Path(path).read_text(errors="replace").splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip().lower() == "@data") + 1
    return [line.rsplit(":", 1)[1].strip() for line in lines[first:] if line.strip()]


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_heed(program, options, path, seed):
    with tempfile.TemporaryDirectory() as folder:
        model, answers = f"{folder}/m.safetensors", f"{folder}/answers.csv"
        train = [program, "train", "--data", path + "_TRAIN.ts", "--model", model, "--seed", str(seed), "--quiet"]
        predict = [program, "predict", "--data", path + "_TEST.ts", "--model", model, "--output", answers]
        seconds = []
        for command in (train + options.split(), predict):
            begin = children_seconds()
            done = subprocess.run(command, capture_output=True, text=True)
            seconds.append(children_seconds() - begin)
            if done.returncode != 0:
                return {"refusal": done.stderr.strip()}
        said = [line.strip().strip('"') for line in Path(answers).read_text().splitlines()[1:]]
        expected = labels_of(path + "_TEST.ts")
        if len(said) != len(expected):
            raise SystemExit(f"{path}: {len(said)} answers for {len(expected)} series")
        right = sum(a == b for a, b in zip(said, expected))
        return {"accuracy": right / len(expected), "train": seconds[0], "predict": seconds[1]}


# ---- the table


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("HEED_DATA_DIR"), help="folder of .ts files ($HEED_DATA_DIR)")
    parser.add_argument("--classifier", help="heed's trainer")
    parser.add_argument("--recipes", nargs="*", default=["rocket", "strong"], help="of heed's trainer")
    parser.add_argument("--rivals", nargs="*", default=RIVALS, choices=RIVALS, help="of aeon")
    parser.add_argument("--sets", nargs="*", help="names of sets; all")
    parser.add_argument("--seeds", type=int, default=3, help="the median counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.run:
        return run_rival(a.run, a.path, a.seed, a.threads)
    if not a.data or not a.classifier:
        parser.error("--data (or HEED_DATA_DIR) and --classifier are needed")
    if hasattr(os, "sched_setaffinity"):  # the same cores for all
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])

    columns = {f"heed {r}": lambda path, seed, r=r: of_heed(a.classifier, f"--recipe {r}", path, seed) for r in a.recipes}
    columns |= {r: lambda path, seed, r=r: of_rival(r, path, seed, a.threads) for r in a.rivals}
    refusals = []
    print("| set | " + " | ".join(f"{name}: accuracy, train s, predict s" for name in columns) + " |")
    print("|---" * (len(columns) + 1) + "|", flush=True)
    for name, path in sets_of(a.data).items():
        if a.sets and name not in a.sets:
            continue
        cells = []
        for column, run in columns.items():
            results = [run(path, seed) for seed in range(a.seeds)]
            refused = next((r["refusal"] for r in results if "refusal" in r), None)
            if refused:
                refusals.append(f"{column} refuses {name}: {refused}")
                cells.append("refused")
            else:
                cells.append(
                    ", ".join(f"{median([r[k] for r in results]):{f}}" for k, f in [("accuracy", ".3f"), ("train", ".2f"), ("predict", ".2f")])
                )
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("\n" + "\n".join(refusals))


if __name__ == "__main__":
    main()
