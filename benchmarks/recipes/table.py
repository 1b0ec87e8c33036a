#!/usr/bin/env python3
"""What the recipes of `classifier train` reach on sets of series: test accuracy on the default split, seed by seed.

    python3 benchmarks/recipes/table.py --data $HEED_DATA_DIR --classifier build/release/examples/classifier --results r.jsonl

Every run is `classifier train --data TRAIN --test TEST --seed S` and the options of a column. Each is written to
--results as it ends, and what stands there is not run again: a table can be made in parts. Cells of runs that are not
there stay empty. Seconds are those of the processor, of all threads together, reading the files and testing included.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

COLUMNS = {
    "default": "",
    "rocket": "--recipe rocket",
    "rocket x5": "--recipe rocket --ensemble 5",
    "strong": "--recipe strong",
    "strong x5": "--recipe strong --ensemble 5",
    "fcn": "--recipe fcn",
    "wide": "--recipe wide",
    "recurrent": "--recipe recurrent",
    "recurrent x5": "--recipe recurrent --ensemble 5",
    "lstm": "--recipe lstm",
    "lstm x5": "--recipe lstm --ensemble 5",
    "auto": "--recipe auto",
}


def sets_of(folder):
    """Name -> options that name its two parts."""
    found = {}
    for train in sorted(Path(folder).rglob("*_TRAIN.ts")):
        test = Path(str(train).removesuffix("_TRAIN.ts") + "_TEST.ts")
        if test.exists() and "@classlabel true" in train.read_text(errors="replace").lower():
            found[train.name.removesuffix("_TRAIN.ts")] = ["--data", str(train), "--test", str(test)]
    for train in Path(folder).rglob("pendigits.tra"):
        found["PenDigits"] = ["--data", str(train), "--test", str(train.with_suffix(".tes")), "--features", "2"]
    return found


def run(program, options, column, seed, threads, time_limit):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [program, "train", *options, *COLUMNS[column].split(), "--seed", str(seed), "--threads", str(threads)]
    if column == "auto" and time_limit:
        command += ["--time-limit", str(time_limit)]
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    accuracies = re.findall(r"test accuracy ([0-9.]+)", done.stdout)  # of an ensemble the last is of all together
    taken = re.search(r"([\w+]+) is taken", done.stdout)
    return {
        "accuracy": float(accuracies[-1]),
        "taken": taken.group(1) if taken else "",
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "seconds": time.perf_counter() - begin,
    }


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def cell(results):
    if not results:
        return ""
    accuracies = [f"{r['accuracy']:.3f}".removeprefix("0") for r in results]
    text = accuracies[0] if len(set(accuracies)) == 1 else " ".join(accuracies)
    if len(results) > 1:
        text += " all" if len(set(accuracies)) == 1 else f"; median {median([r['accuracy'] for r in results]):.3f}"
    taken = sorted({r["taken"] for r in results if r["taken"]})
    return text + (f" ({', '.join(taken)})" if taken else "") + f"; {median([r['cpu'] for r in results]):.3g} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("HEED_DATA_DIR"), help="folder of the sets ($HEED_DATA_DIR)")
    parser.add_argument("--classifier", help="heed's trainer; without it only the table is printed")
    parser.add_argument("--results", required=True, help="file of what was measured, a line a run")
    parser.add_argument("--columns", nargs="*", default=list(COLUMNS), choices=list(COLUMNS))
    parser.add_argument("--sets", nargs="*", help="names of sets; all")
    parser.add_argument("--seeds", type=int, default=5, help="0 and on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--time-limit", type=float, help="of auto, in seconds by the clock (300)")
    a = parser.parse_args()
    if not a.data:
        parser.error("--data (or HEED_DATA_DIR) is needed")

    results = {}
    path = Path(a.results)
    for line in path.read_text().splitlines() if path.exists() else []:
        r = json.loads(line)
        results[r["set"], r["column"], r["seed"]] = r
    sets = {name: options for name, options in sets_of(a.data).items() if not a.sets or name in a.sets}
    if a.classifier:
        for column in a.columns:
            for seed in range(a.seeds):
                for name, options in sets.items():
                    if (name, column, seed) in results:
                        continue
                    r = {"set": name, "column": column, "seed": seed} | run(a.classifier, options, column, seed, a.threads, a.time_limit)
                    results[name, column, seed] = r
                    with path.open("a") as file:
                        file.write(json.dumps(r) + "\n")
    print("| data | " + " | ".join(a.columns) + " |")
    print("|---" * (len(a.columns) + 1) + "|")
    for name in sets:
        cells = [cell([results[k] for k in sorted(results) if k[:2] == (name, column)]) for column in a.columns]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
