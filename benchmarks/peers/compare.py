"""Runs the peers side by side on the small case and prints one table; --write puts it into benchmarks/README.md."""

import argparse
import math
import os
import platform
import re
import statistics
import sys

from case import ATTENTIONS, write_case
from processes import BUILD, HERE, PROGRAMS, ask, interleave, spread, start, stop

README = HERE.parent / "README.md"
LOSS_TOLERANCE, PROBABILITY_TOLERANCE, GRADIENT_TOLERANCE = 1e-4, 1e-5, 1e-5  # absolute; the last relative
TRAIN = ("heed", "PyTorch", "torch.compile", "JAX", "Keras")
PREDICT = (*TRAIN, "ONNX Runtime")


def median(samples):
    return statistics.median(samples)


def last_of_1000(samples):
    """The 99.9th percentile"""
    return sorted(samples)[math.ceil(0.999 * len(samples)) - 1]


def equal(what, name, got, expected, tolerance):
    difference = max(abs(a - b) for a, b in zip(got, expected, strict=True))
    if not difference <= tolerance:
        sys.exit(f"{what}: {name} differs from heed by {difference:.2g}; {tolerance:g} is allowed. Nothing was timed")
    return difference


def check(peers, case):
    """Every peer's loss after ten epochs and its predictions are heed's, before anything is timed."""
    losses = probabilities = 0
    for attention in ATTENTIONS:
        for peer in peers.values():
            ask(peer, "case", attention, case)
        flat = sum(ask(peers["heed"], "probabilities"), [])
        expected = {words: ask(peers["heed"], "losses 10", words) for words in ("", "keras")}
        for name in [n for n in TRAIN[1:] if n in peers]:
            words = "keras" if name == "Keras" else ""
            got = ask(peers[name], "losses 10", words)
            losses = max(losses, equal(f"loss, {attention}", name, got, expected[words], LOSS_TOLERANCE))
            ask(peers[name], "case", attention, case)
        for name in [n for n in PREDICT[1:] if n in peers]:
            got = sum(ask(peers[name], "probabilities"), [])
            probabilities = max(probabilities, equal(f"probabilities, {attention}", name, got, flat, PROBABILITY_TOLERANCE))
    if "oneDNN" in peers:
        sizes = ask(peers["oneDNN"], "tune")
        print("oneDNN's LSTM, ms by batch:", ", ".join(f"{n}: {1e3 * s:.0f}" for n, s in sizes.items()), flush=True)
        if "PyTorch" in peers:
            got, expected = (ask(peers[name], "lstm") for name in ("oneDNN", "PyTorch"))
            relative = [a / b for a, b in zip(got, expected, strict=True)]
            equal("LSTM, states and gradients", "oneDNN", relative, [1.0] * len(relative), GRADIENT_TOLERANCE)
    return losses, probabilities


def rows(peers, case, rounds):
    """(label, statistic, samples by peer) of each row of the table"""
    full = {name: "epochs 3" for name in TRAIN}
    for attention in ATTENTIONS:
        for peer in peers.values():
            ask(peer, "case", attention, case)

        def measure(what, commands, statistic=median):
            print(f"timing: {what}, {attention}", flush=True)
            samples = interleave(peers, {name: c for name, c in commands.items() if name in peers}, rounds)
            return f"{what}, {attention}", statistic, samples

        yield measure("training epoch, full batch", full)
        yield measure("training epoch, batches of 32", {"heed": "epochs 3 32", "Keras": "epochs 1 32"})
        if attention == "pool" and "oneDNN" in peers:
            ask(peers["oneDNN"], "tune")
            yield measure("training epoch; oneDNN: its LSTM alone", {"heed": "epochs 3", "oneDNN": "epochs 3"})
        yield measure("one sequence", {name: "one 3000" for name in PREDICT})
        yield measure("one sequence, 99.9th percentile", {name: "one 3000 cpu" for name in PREDICT}, last_of_1000)
        yield measure("10,000 sequences", {name: "all 3" for name in PREDICT})


def time_text(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 0)):
        if seconds >= size:
            return f"{float(f'{seconds / (size or 1e-6):.3g}'):g} {unit}"


def table(measured, peers):
    """Markdown; a cell is a time and how many times heed's it is."""
    names = [name for name in PROGRAMS if name in peers]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for label, statistic, samples in measured:
        times = {name: statistic(values) for name, values in samples.items()}
        cells = [f"{time_text(times[n])}" + (f" ({times[n] / times['heed']:.1f}x)" if n != "heed" else "") if n in times else "" for n in names]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cpu():
    with open("/proc/cpuinfo") as info:
        fields = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in info.read().split("\n\n")[0].splitlines())
    widest = next((s for s in ("avx512f", "avx2", "sse2") if s in fields.get("flags", "").split()), "no AVX")
    identity = f"family {fields.get('cpu family', '?')} model {fields.get('model', '?')}"
    return f"{fields.get('model name', platform.machine())}, {identity}, {os.cpu_count()} CPUs, {widest}"


def write(text):
    page = README.read_text()
    begin, end = "<!-- measured: run.sh --write -->\n", "<!-- /measured -->\n"
    if page.count(begin) != 1 or page.count(end) != 1:
        sys.exit(f"{README} lacks its markers")
    README.write_text(page[: page.index(begin)] + begin + text + page[page.index(end) :])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of every peer (default: 1)")
    parser.add_argument("--rounds", type=int, default=7, help="how often the peers take turns (default: 7)")
    parser.add_argument("--write", action="store_true", help="replace the table in benchmarks/README.md")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("at least two rounds")
    peers, versions = start(PROGRAMS, options.threads)
    if "heed" not in peers:
        sys.exit("heed_peer does not run")
    case = write_case(BUILD / "cases" / "seeds")
    losses, probabilities = check(peers, case)
    measured = list(rows(peers, case, options.rounds))
    stop(peers)
    spreads = sorted(spread(values) for _, _, samples in measured for values in samples.values())
    text = f"""\
{table(measured, peers)}

- CPU: {cpu()}; {options.threads} thread{"s" * (options.threads > 1)} for each, on the same CPU{"s" * (options.threads > 1)}
- versions: {"; ".join(f"{name} {version}" for name, version in versions.items())}; Python {platform.python_version()}
- checked before the timing: losses of ten epochs within {losses:.1g} of heed's ({LOSS_TOLERANCE:g} allowed), probabilities within {probabilities:.1g} ({PROBABILITY_TOLERANCE:g} allowed)
- {"CPU time; " * (options.threads == 1)}medians of {options.rounds} interleaved rounds; the middle half of a cell's samples spans {spreads[len(spreads) // 2]:.0%} of its median in the median cell, {spreads[-1]:.0%} in the worst
"""
    print("\n" + text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
