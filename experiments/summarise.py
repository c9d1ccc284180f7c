"""Accuracy and the share of errors inside the groups of every level, one line per result set.

Run ``python experiments/summarise.py STUDY …``; several studies are seeds of the same experiment:
the last result set of each is compared, with mean and standard deviation. "By chance" is for
errors spread evenly over all pairs of classes.
"""

import argparse
from pathlib import Path

import numpy as np

import classblocks as cb
from classblocks.core.metrics import cut_accuracy, level_mass, pair_mass


def row(study: cb.Study, name: str) -> list[float]:
    """Top-1, top-5, right top group, then the share of errors inside level 1, 2, … in percent."""
    result = study.results[name]
    hierarchy = study.hierarchies[study.default_hierarchy]
    cells = result.cells()
    top1, top5 = (float(np.mean(result.true_rank < k)) for k in (1, 5))
    right_group = cut_accuracy(cells, hierarchy, hierarchy.cut(1))
    return [100 * share for share in (top1, top5, right_group, *level_mass(cells, hierarchy)[1:])]


def by_chance(study: cb.Study) -> list[float]:
    """Share of class pairs inside the groups of every level; the accuracies have no such value."""
    inside = pair_mass(study.hierarchies[study.default_hierarchy])[1:]
    return [np.nan, np.nan, np.nan, *(100 * inside)]


def line(label: str, values: list[float]) -> str:
    """Format one row of a Markdown table."""
    return (
        f"| {label} | "
        + " | ".join("–" if value != value else f"{value:.1f}" for value in values)
        + " |"
    )


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", type=Path, nargs="+")
    studies = [cb.open(path) for path in parser.parse_args().studies]
    last = [next(reversed(study.results)) for study in studies]
    depth = len(row(studies[0], last[0])) - 3
    titles = ["top-1", "top-5", "right group, level 1", *(f"level {d + 1}" for d in range(depth))]
    print("| result set | " + " | ".join(titles) + " |")
    print("|---|" + "---:|" * len(titles))
    if len(studies) == 1:
        for name in studies[0].results:
            print(line(name, row(studies[0], name)))
        print(line("by chance", by_chance(studies[0])))
        return
    rows = [row(study, name) for study, name in zip(studies, last, strict=True)]
    for study, values in zip(studies, rows, strict=True):
        print(line(study.path.name, values))
    print(line("mean", np.mean(rows, axis=0).tolist()))
    print(line("standard deviation", np.std(rows, axis=0, ddof=1).tolist()))
    print(line("by chance", by_chance(studies[0])))


if __name__ == "__main__":
    main()
