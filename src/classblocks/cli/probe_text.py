"""What ``classblocks probe`` prints of how the probes were found."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from classblocks.app.report.number import counted, percent, short

if TYPE_CHECKING:
    from classblocks.study.result import Result


def fit_lines(results: Mapping[str, "Result"]) -> Iterator[str]:
    """Say of every probe how it was found, and what was not as it should be."""
    yield "layer             features  training  right    C          passes  seconds  converged"
    for layer, result in results.items():
        facts = result.provenance
        right = float((result.pred == result.true).mean()) if result.n_samples else float("nan")
        kept = facts["n_features"] - facts["dropped_features"]
        yield (
            f"{short(layer):<17} {kept:8,d}  {facts['n_train']:8,d}  {percent(right):>7}  "
            f"{facts['c']:<9.3g}  {facts['iterations']:6,d}  {facts['seconds']:7,.0f}  "
            f"{'yes' if facts['converged'] else 'NO'}"
        )
    yield from _remarks(results)


def _remarks(results: Mapping[str, "Result"]) -> Iterator[str]:
    for layer, result in results.items():
        facts: Mapping[str, Any] = result.provenance
        if not facts["converged"]:
            yield (
                f"{short(layer)}: not converged, the gradient is {facts['gradient']:.2g} of that "
                f"at the start ({facts['inputs']['tolerance']:.2g} was asked for)"
            )
        if facts["tried"] and facts["c"] == facts["tried"][-1]["c"]:
            yield f"{short(layer)}: the weakest penalty tried was best; a larger --c may be better"
        if facts["dropped_features"]:
            constant = counted(facts["dropped_features"], "feature")
            yield f"{short(layer)}: {constant} of {facts['n_features']:,} constant, dropped"
    facts = next(iter(results.values())).provenance
    absent = facts["absent_classes"]
    if absent:
        yield (
            f"{len(absent):,} {'class' if len(absent) == 1 else 'classes'} without training "
            "images: never predicted, recall 0"
        )
    if facts["repeated"]:
        yield (
            f"{counted(facts['repeated'], 'training image')} left out: an evaluation image has "
            "the same pixels"
        )
