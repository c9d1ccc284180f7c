"""Tables and curves of a grid's results.

python experiments/curves.py experiments/results/branches.jsonl
python experiments/curves.py experiments/results/branches.jsonl --figure errors.svg
python experiments/curves.py experiments/results/branches.jsonl --pair derived,derived-random

Every number is the mean over the seeds ± their standard deviation. "Change" compares the error of
an arm with the baseline's of the same seed, relative to it. "Epochs" is the first measured epoch
with at most the baseline's mean final error. "Gap" is training minus validation accuracy, both on
whole images.
"""

import argparse
import json
from collections import defaultdict
from itertools import cycle, takewhile
from pathlib import Path
from typing import Any

import numpy as np

Runs = dict[int, list[dict[str, float]]]  # seed → log
BASELINE = "baseline"


def main() -> None:
    """Print Markdown tables, one per network and regime."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--figure", type=Path, help="draw the errors over the epochs, SVG or PNG")
    parser.add_argument("--arms", help="draw these only, such as baseline,derived")
    parser.add_argument("--level", type=int, default=4, help="level of the hierarchy in the table")
    parser.add_argument("--pair", help="compare two arms seed by seed, such as derived,random")
    args = parser.parse_args()
    cells = by_cell(args.results)
    if args.pair:
        print(paired(cells, *args.pair.split(","), args.level))
        return
    for (net, regime), arms in cells.items():
        print(f"\n### {net}, {regime}\n")
        print(table(arms, args.level))
    if args.figure:
        drawn = None if args.arms is None else args.arms.split(",")
        chosen = {
            cell: {arm: runs for arm, runs in arms.items() if drawn is None or arm in drawn}
            for cell, arms in cells.items()
        }
        draw(chosen, args.figure)


def by_cell(file: Path) -> dict[tuple[str, str], dict[str, Runs]]:
    """Sort logs by network and regime, arm, and seed."""
    cells: dict[tuple[str, str], dict[str, Runs]] = defaultdict(lambda: defaultdict(dict))
    for text in file.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        net, regime, *arm, seed = line["run"].split("-")
        cells[net, regime]["-".join(arm)][int(seed[1:])] = line["log"]
    return dict(sorted(cells.items(), key=lambda item: (item[0][0], _share(item[0][1]))))


def _share(regime: str) -> tuple[int, str]:
    """Sort p10 before p100."""
    digits = "".join(takewhile(str.isdigit, regime[1:]))
    return int(digits or 0), regime


def table(arms: dict[str, Runs], level: int) -> str:
    """One row per arm."""
    titles = ["arm", "seeds", "top-1 error, %", "change, %", "top-5 error, %", "change, %"]
    titles += [f"right at level {level}, %", "severity", "HD@1", "gap, points", "epochs"]
    titles += ["processor time"]
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    base = arms.get(BASELINE, {})
    for arm, runs in arms.items():
        last = {seed: log[-1] for seed, log in runs.items()}
        row = [arm, str(len(runs)), spread([100 * (1 - end["top1"]) for end in last.values()])]
        row += [relative(last, base, "top1")]
        row += [spread([100 * (1 - end["top5"]) for end in last.values()])]
        row += [relative(last, base, "top5")]
        row += [spread([100 * end.get(f"level_{level}", np.nan) for end in last.values()])]
        row += [spread([end.get("severity", np.nan) for end in last.values()], 2)]
        row += [spread([end.get("hd_1", np.nan) for end in last.values()], 2)]
        row += [spread([100 * (end["train_top1"] - end["top1"]) for end in last.values()])]
        row += [reached(runs, base), time_ratio(last, base)]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def paired(cells: dict[tuple[str, str], dict[str, Runs]], arm: str, other: str, level: int) -> str:
    """Differences of two arms in runs with the same network, regime and seed."""
    titles = ["arm less the other", "pairs", "top-1, points", "top-5, points"]
    titles += [f"right at level {level}, points", "severity", "HD@1"]
    keys = ["top1", "top5", f"level_{level}", "severity", "hd_1"]
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    ends = [
        (f"{net}, {regime}", log[-1], arms[other][seed][-1])
        for (net, regime), arms in cells.items()
        for seed, log in arms.get(arm, {}).items()
        if seed in arms.get(other, {})
    ]
    for name in [*dict.fromkeys(name for name, _, _ in ends), "all, mean ± standard error"]:
        own = [pair for pair in ends if name in (pair[0], "all, mean ± standard error")]
        row = [name, str(len(own))]
        for key in keys:
            scale, digits = (1, 2) if key in ("severity", "hd_1") else (100, 1)
            values = [scale * (one[key] - two[key]) for _, one, two in own]
            error = np.std(values, ddof=1) if len(values) > 1 else np.nan
            error /= np.sqrt(len(values)) if name.startswith("all") else 1
            row.append(f"{np.mean(values):+.{digits}f} ± {error:.{digits}f}")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def spread(values: list[float], digits: int = 1) -> str:
    """Mean ± standard deviation."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}" if values else "–"
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def relative(last: dict[int, dict[str, float]], base: Runs, key: str) -> str:
    """Change of the error against the baseline of the same seed."""
    pairs = [(last[s][key], base[s][-1][key]) for s in last if s in base]
    changes = [100 * ((1 - own) / (1 - other) - 1) for own, other in pairs]
    if not changes:
        return "–"
    mean = np.mean(changes)
    return f"{mean:+.1f}" + (f" ± {np.std(changes, ddof=1):.1f}" if len(changes) > 1 else "")


def reached(runs: Runs, base: Runs) -> str:
    """First measured epoch with the baseline's final error, mean over the seeds that reach it."""
    if not base:
        return "–"
    goal = np.mean([log[-1]["top1"] for log in base.values()])
    epochs = [
        next((line["epoch"] for line in log if line["top1"] >= goal), None) for log in runs.values()
    ]
    there = [epoch for epoch in epochs if epoch is not None]
    if not there:
        return "not reached"
    return f"{np.mean(there):.0f}" + (f" ({len(there)} of {len(epochs)})" if None in epochs else "")


def time_ratio(last: dict[int, dict[str, float]], base: Runs) -> str:
    """Processor time of training over the baseline's of the same seed."""
    ratios = [
        last[seed]["cpu_seconds"] / base[seed][-1]["cpu_seconds"] for seed in last if seed in base
    ]
    return f"{np.mean(ratios):.2f} ×" if ratios else "–"


def draw(cells: dict[tuple[str, str], dict[str, Runs]], file: Path) -> None:
    """Error over epochs, a panel per network and regime: mean line, band of all seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    nets = list(dict.fromkeys(net for net, _ in cells))
    regimes = list(dict.fromkeys(regime for _, regime in cells))
    names = list(dict.fromkeys(arm for arms in cells.values() for arm in arms))
    colours = dict(zip(names, cycle(plt.get_cmap("tab10").colors), strict=False))
    figure, axes = plt.subplots(
        len(nets), len(regimes), figsize=(4.2 * len(regimes), 3.2 * len(nets)), squeeze=False
    )
    for (net, regime), arms in cells.items():
        axis = axes[nets.index(net)][regimes.index(regime)]
        for arm, runs in arms.items():
            _curve(axis, runs, colours[arm], arm)
        axis.set_title(f"{net}, {regime}", fontsize=10)
        axis.set_xlabel("epoch")
        axis.set_ylabel("top-1 error, %")
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(
        [plt.Line2D([], [], color=colours[name]) for name in names],
        names,
        loc="lower center",
        ncol=min(len(names), 8),
        frameon=False,
        fontsize=9,
    )
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(file)


def _curve(axis: Any, runs: Runs, colour: Any, arm: str) -> None:
    epochs = [line["epoch"] for line in next(iter(runs.values()))]
    whole = [log for log in runs.values() if [line["epoch"] for line in log] == epochs]
    errors = np.array([[100 * (1 - line["top1"]) for line in log] for log in whole])
    axis.plot(epochs, errors.mean(0), color=colour, label=arm, lw=1.4)
    axis.fill_between(epochs, errors.min(0), errors.max(0), color=colour, alpha=0.15, lw=0)


if __name__ == "__main__":
    main()
