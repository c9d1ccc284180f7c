"""The tables about probes of layers."""

from collections.abc import Iterator, Mapping
from typing import Any

from classblocks.app.report.number import counted, percent, percent_interval, plain, short
from classblocks.app.report.section import Section

Facts = Mapping[str, Any]


def probe_sections(found: Facts | None) -> Iterator[Section]:
    """Give the tables; none without probes."""
    if found is None:
        return
    if found["problem"] is not None:
        yield Section("probes of the layers", (), (), (), (found["problem"],))
        return
    yield _accuracy(found)
    yield _nearness(found)
    yield _separation(found)
    yield _classes(found)


def _columns(found: Facts) -> tuple[str, ...]:
    return (*map(short, found["layers"]), short(found["final_layer"]))


def _accuracy(found: Facts) -> Section:
    widest = max(
        (layer["high"] - layer["low"] for level in found["levels"] for layer in level["layers"]
         if layer["low"] is not None),
        default=None,
    )  # fmt: skip
    notes = [
        f"linear classifiers on the output of each layer alone, beside {found['final']}, on "
        f"{counted(found['n_samples'], 'sample')}"
    ]
    if widest is not None:
        notes.append(f"95 % intervals reach at most ± {widest * 50:.1f} points")
    if found["not_converged"]:
        notes.append(f"did not converge: {', '.join(map(short, found['not_converged']))}")
    return Section(
        "right group by layer",
        ("level", "groups", *_columns(found)),
        tuple(
            (
                str(level["depth"]),
                f"{level['n_groups']:,}",
                *(percent(layer["cut_accuracy"]) for layer in level["layers"]),
            )
            for level in found["levels"]
        ),
        (),
        tuple(notes),
    )


def _nearness(found: Facts) -> Section:
    last = short(found["final_layer"])
    return Section(
        f"how much of what {last} tells beyond chance each layer tells already",
        ("level", "groups", *_columns(found)[:-1]),
        tuple(
            (
                str(level["depth"]),
                f"{level['n_groups']:,}",
                *(percent(layer["of_final"]) for layer in level["layers"][:-1]),
            )
            for level in found["levels"]
        ),
        (),
        (
            "beyond chance: right group above what predictions as frequent, but given to random "
            "samples, would get",
        ),
    )


def _separation(found: Facts) -> Section:
    unknown = any(level["n_undefined"] for level in found["separation"])
    return Section(
        f"groups by the first layer with {found['near'] * 100:.0f} % of the recall of "
        f"{short(found['final_layer'])}",
        ("level", "groups", *_columns(found), *(["unknown"] if unknown else [])),
        tuple(
            (
                str(level["depth"]),
                f"{level['n_groups']:,}",
                *(f"{n:,}" for n in level["first"]),
                *([f"{level['n_undefined']:,}"] if unknown else []),
            )
            for level in found["separation"]
        ),
        (),
    )


def _classes(found: Facts) -> Section:
    classes, last = found["classes"], short(found["final_layer"])
    notes = (
        f"{classes['n_best']:,} of {counted(classes['n_tested'], 'class', 'classes')} have their "
        f"highest recall in a layer before {last}, but the highest of several recalls is above it",
        "by luck in many classes; listed are those whose exact McNemar test, corrected for all "
        f"classes and layers, leaves at most {classes['false_share'] * 100:.0f} % of wrong ones",
    )
    title = f"classes that a layer tells better than {last}, beyond chance: {classes['n_better']:,}"
    if not classes["better"]:
        return Section(title, (), (), (), notes)
    return Section(
        title,
        ("class", "layer", "recall", last, "difference (95 %)", "p"),
        tuple(
            (
                short(row["name"]),
                short(row["layer"]),
                percent(row["recall"]),
                percent(row["final_recall"]),
                percent_interval(row, "difference"),
                plain(row["p_value"]),
            )
            for row in classes["better"]
        ),
        (0, 1),
        notes,
    )
