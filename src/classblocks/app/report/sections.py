"""The report as titled tables of text, from its facts."""

from collections.abc import Iterator, Mapping
from typing import Any

from classblocks.app.criteria import TABLE
from classblocks.app.report.against_sections import against_sections
from classblocks.app.report.hierarchical import TOP
from classblocks.app.report.number import (
    counted,
    percent,
    percent_interval,
    plain,
    plain_interval,
    short,
)
from classblocks.app.report.probe_sections import probe_sections
from classblocks.app.report.section import Section

Facts = Mapping[str, Any]
_DISTANCES = (
    ("severity", "mistake severity", "mean height of the lowest common group, over mistakes"),
    ("hd_1", "HD@1", "the same over all samples, 0 for a right one"),
    (f"hd_{TOP}", f"HD@{TOP}", f"the same over the {TOP} best classes of each sample"),
)


def sections(facts: Facts) -> Iterator[Section]:
    """Give the parts of the report in the order of reading."""
    yield Section("accuracy", ("", "95 %", ""), tuple(_accuracy(facts)), (0, 1, 2))
    yield Section(
        f"in the hierarchy {facts['hierarchy']}",
        ("", "95 %", ""),
        tuple(_hierarchical(facts["hierarchical"])),
        (0, 1, 2),
    )
    yield from against_sections(facts["against"])
    yield from _findings(facts["findings"])
    if facts["groups"]:
        yield _groups(facts["groups"])
    yield from _inside(facts["confused_inside"])
    yield _levels(facts["levels"])
    yield from probe_sections(facts["probes"])
    yield _blocks(facts["blocks"])
    yield from _outliers(facts["outliers"])
    yield _criteria(facts["criteria"])
    yield _worst(facts["worst_confusions"])


def _accuracy(facts: Facts) -> Iterator[tuple[str, ...]]:
    for name, label in (("top1", "top-1 accuracy"), ("top5", "top-5 accuracy")):
        found = facts["accuracy"][name]
        if found is not None:
            counted = f"{found['correct']:,} of {found['n_samples']:,}"
            yield (label, percent_interval(found, "rate"), counted)
    yield from _calibration(facts["calibration"])


def _calibration(found: Facts | None) -> Iterator[tuple[str, ...]]:
    if found is None:
        return
    mean = percent(found["mean_probability"])
    yield (
        f"calibration error (ECE, {found['n_bins']} bins)",
        percent(found["ece"]),
        f"mean gap of accuracy and probability of the prediction ({mean} on average)",
    )


def _hierarchical(found: Facts) -> Iterator[tuple[str, ...]]:
    yield ("precision hP", percent_interval(found["hp"]), "of the groups of predicted classes")
    yield ("recall hR", percent_interval(found["hr"]), "of the groups of true classes")
    yield ("F hF", percent_interval(found["hf"]), "harmonic mean of the two")
    for name, label, meaning in _DISTANCES:
        if found[name] is not None:
            yield (label, plain_interval(found[name]), meaning)
    if found[f"best_hd_{TOP}"] is not None:
        least = plain_interval({"value": found[f"best_hd_{TOP}"], "low": None})
        yield (f"best HD@{TOP}", least, "what a perfect ranking would have")


def _findings(found: Facts) -> Iterator[Section]:
    rows = [_finding(one) for one in (*found["top_blocks"], found["sub_blocks"]) if one is not None]
    yield Section(
        "do the published findings hold here?",
        ("errors inside", "share (95 %)", "by chance", ""),
        tuple(rows),
        (0, 3),
    )
    both = found["given_and_derived"]
    if both is None:
        return
    verdict = "more alike than chance" if both["beyond_chance"] else "no more alike than chance"
    yield Section(
        f"{both['n_blocks']} blocks of {both['given']} and of the order by similarity: {verdict}",
        ("", "agreement", "by chance"),
        (
            (
                "adjusted Rand index",
                plain(both["adjusted_rand"]),
                f"{plain(both['adjusted_rand_by_chance'])}, at most "
                f"{plain(both['adjusted_rand_chance_limit'])}",
            ),
            ("Jaccard index of pairs", plain(both["jaccard"]), plain(both["jaccard_by_chance"])),
        ),
        (0,),
        (
            "chance: 39 random orders, cut into as many blocks by the same errors",
            f"errors inside: {percent(both['errors_inside_given'])} in the blocks of "
            f"{both['given']}, {percent(both['errors_inside_derived'])} by similarity",
        ),
    )


def _finding(one: Facts) -> tuple[str, ...]:
    verdict = "" if one["beyond_chance"] else "not beyond chance"
    if "holds" in one:
        above = f"above {one['published_above'] * 100:.0f} %"
        verdict = f"{'holds' if one['holds'] else 'does not hold'} ({above})"
        verdict += "" if one["beyond_chance"] else ", not beyond chance"
    return (one["name"], percent_interval(one), percent(one["by_chance"]), verdict)


def _groups(groups: list[Facts]) -> Section:
    return Section(
        "groups",
        ("group", "classes", "recall (95 %)", "precision (95 %)", "F1 (95 %)"),
        tuple(
            (
                f"{'  ' * (group['depth'] - 1)}{group['name']}",
                f"{group['n_classes']:,}",
                _metric(group, "recall"),
                _metric(group, "precision"),
                _metric(group, "f1"),
            )
            for group in groups
        ),
    )


def _metric(group: Facts, name: str) -> str:
    limits = {side: group[f"{name}_{side}"] for side in ("low", "high")}
    return percent_interval({"value": group[name], **limits})


def _inside(groups: list[Facts]) -> Iterator[Section]:
    if not groups:
        return
    yield Section(
        "separated, but confused inside",
        ("group", "classes", "recall (95 %)", "by chance", "right inside (95 %)", "by chance",
         "class recall"),
        tuple(
            (
                short(group["name"]),
                f"{group['n_classes']:,}",
                _metric(group, "recall"),
                percent(group["recall_by_chance"]),
                _metric(group, "inside"),
                percent(group["inside_by_chance"]),
                percent(group["class_recall"]),
            )
            for group in groups
        ),
        (0,),
        ("right inside: right class among the samples that stay in the group; class recall: mean",
         "over its classes; first the groups with the largest product of recall beyond chance and",
         "errors inside"),
    )  # fmt: skip


def _levels(levels: list[Facts]) -> Section:
    return Section(
        "levels",
        ("level", "groups", "errors inside", "by chance", "right group"),
        tuple(
            (
                str(level["depth"]),
                f"{level['n_groups']:,}",
                percent(level["error_share_inside"]),
                percent(level["error_share_by_chance"]),
                percent_interval(
                    {
                        "value": level["cut_accuracy"],
                        "low": level["cut_accuracy_low"],
                        "high": level["cut_accuracy_high"],
                    }
                ),
            )
            for level in levels
        ),
        (),
    )


def _blocks(found: Facts) -> Section:
    return Section(
        f"{counted(found['n_blocks'], 'block')} along the order "
        f"{'holds' if found['n_blocks'] == 1 else 'hold'} {percent(found['in_block_mass'])} of the "
        f"errors (by chance {percent(found['by_chance'])})",
        ("block", "classes", "errors", "share", "per cell", "from – to"),
        tuple(
            (
                str(number),
                f"{block['stop'] - block['start']:,}",
                f"{block['errors']:,}",
                percent(block["share"]),
                plain(block["density"]),
                _ends(block),
            )
            for number, block in enumerate(found["blocks"], 1)
        ),
        (5,),
    )


def _ends(block: Facts) -> str:
    if block["stop"] == block["start"] + 1:
        return short(block["first"])
    return f"{short(block['first'])} – {short(block['last'])}"


def _outliers(found: Facts) -> Iterator[Section]:
    if not found["most_surprising"]:
        return
    yield Section(
        f"most surprising errors between blocks, of {found['errors']:,} "
        f"({percent(found['share'])} of all)",
        ("count", "expected", "surprise", "true → predicted"),
        tuple(
            (
                f"{row['count']:,}",
                plain(row["expected"]),
                "–" if row["surprise"] is None else f"{row['surprise']:.1f}",
                f"{short(row['true'])} → {short(row['pred'])}",
            )
            for row in found["most_surprising"]
        ),
        (3,),
        ("surprise 3: one such cell in a thousand would have this count if rows and columns",
         "of the errors between blocks had nothing to do with each other"),
    )  # fmt: skip


def _criteria(found: Mapping[str, Facts]) -> Section:
    return Section(
        "orders",
        ("", *found, "better"),
        tuple(
            (row.name, *(plain(values[row.name]) for values in found.values()), row.better)
            for row in TABLE
        ),
        (0, len(found) + 1),
    )


def _worst(rows: list[Facts]) -> Section:
    return Section(
        "worst confusions" if rows else "no errors",
        ("count", "rate", "true → predicted") if rows else (),
        tuple(
            (
                f"{row['count']:,}",
                percent(row["rate"]),
                f"{short(row['true'])} → {short(row['pred'])}",
            )
            for row in rows
        ),
        (2,),
    )
