"""The comparison with another network as titled tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from classblocks.app.report.number import percent, percent_interval, plain_interval
from classblocks.app.report.section import Section

Facts = Mapping[str, Any]
_LABELS = {"top1": "top-1 error", "top5": "top-5 error"}
_MEANINGS = {"severity": "mistake severity", "hd_1": "HD@1"}


def against_sections(found: Facts | None) -> Iterator[Section]:
    """Give the parts of the comparison, none without one."""
    if found is None:
        return
    name = found["baseline"]
    yield Section(
        f"compared with {name}, on {found['n_samples']:,} samples",
        ("", "error", "before", "change (95 %)", "now right", "now wrong", "p", "published"),
        tuple(_error(one) for one in found["errors"]),
        notes=(
            "change: of the error, relative to the one before; p: exact McNemar test; "
            "published: AlexNet with branches on ImageNet (Alsallakh et al. 2018)",
        ),
    )
    yield Section(
        "right group at each level",
        ("level", "groups", "now", "before", "difference, points (95 %)"),
        tuple(
            (
                str(level["depth"]),
                f"{level['n_groups']:,}",
                percent(level["accuracy"]),
                percent(level["baseline_accuracy"]),
                signed(level, 100),
            )
            for level in found["levels"]
        ),
    )
    yield Section(
        "how bad the mistakes are",
        ("", "now (95 %)", "before (95 %)"),
        tuple(
            (_MEANINGS[one["name"]], plain_interval(one["result"]), plain_interval(one["baseline"]))
            for one in found["mistakes"]
        ),
        notes=("severity rewards easy mistakes that are new: read it beside HD@1",),
    )
    if found["course"] is not None:
        yield _course(found["course"])


def _error(one: Facts) -> tuple[str, ...]:
    p = one["p_value"]
    return (
        _LABELS[one["name"]],
        percent(one["error"]),
        percent(one["baseline_error"]),
        signed(one["change"], 100, " %"),
        f"{one['gained']:,}",
        f"{one['lost']:,}",
        "< 0.001" if p < 0.001 else f"{p:.3f}",
        f"{100 * one['published']:+.1f} %",
    )


def signed(found: Facts, scale: float, unit: str = "") -> str:
    """Write a difference with its sign and its limits."""
    if found["value"] is None:
        return "–"
    value = f"{found['value'] * scale:+.1f}{unit}"
    if found["low"] is None:
        return value
    return f"{value} ({found['low'] * scale:+.1f} to {found['high'] * scale:+.1f})"


def _course(found: Facts) -> Section:
    reached = found["reached"]
    when = "never" if reached is None else f"at epoch {reached:g}"
    last = f"{found['baseline_epoch']:g}"
    return Section(
        f"top-1 error by epoch: the final error before (epoch {last}) is reached {when}",
        ("epoch", "now (95 %)", "before (95 %)"),
        tuple(
            (f"{line['epoch']:g}", _at(line["result"]), _at(line["baseline"]))
            for line in found["epochs"]
        ),
    )


def _at(found: Facts | None) -> str:
    return "–" if found is None else percent_interval(found, "error")
