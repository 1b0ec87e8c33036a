"""Draws benchmarks/cost.png from benchmarks/cost.csv."""

import csv

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt  # noqa: E402

from processes import HERE  # noqa: E402

PANELS = {
    "n": "sequences n  (T = 10, hidden 32)",
    "steps": "steps T  (n = 1,000, hidden 32)",
    "hidden": "hidden size  (n = 1,000, T = 10)",
}
LOOKS = {"heed": ("#c0392b", "o", 2.4), "PyTorch": ("#34495e", "s", 1.5), "JAX": ("#2980b9", "^", 1.5)}


def main():
    with open(HERE.parent / "cost.csv", newline="") as file:
        points = list(csv.DictReader(file))
    plt.rcParams |= {"font.size": 11, "axes.spines.top": False, "axes.spines.right": False}
    figure, panels = plt.subplots(1, 3, figsize=(13, 4.3), layout="constrained")
    for panel, (axis, label) in zip(panels, PANELS.items()):
        for name, (color, marker, width) in LOOKS.items():
            line = [(float(p["value"]), 1e3 * float(p["seconds"])) for p in points if p["axis"] == axis and p["peer"] == name]
            if line:
                panel.loglog(*zip(*line), color=color, marker=marker, markersize=5, linewidth=width, label=name)
        panel.set_xlabel(label)
        panel.grid(True, which="major", color="#dddddd", linewidth=0.8)
        panel.minorticks_off()
        values = sorted({int(p["value"]) for p in points if p["axis"] == axis})
        if axis != "n":
            panel.set_xticks(values)
        for scale in (panel.xaxis, panel.yaxis):
            scale.set_major_formatter(lambda v, _: f"{v:,.0f}" if v >= 1 else f"{v:g}")
    panels[0].set_ylabel("one training epoch, ms")
    panels[0].legend(frameon=False)
    figure.savefig(HERE.parent / "cost.png", dpi=110)


if __name__ == "__main__":
    main()
