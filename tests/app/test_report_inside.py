import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binomtest

from classblocks import study as studies
from classblocks.app.context import Context
from classblocks.app.report import html, report, text
from classblocks.cli import main
from classblocks.core.hierarchy import Hierarchy

DOGS = ["pug", "husky", "beagle", "corgi"]
WARE = ["cup", "bowl", "spoon"]
FOOD = ["bread", "soup", "pear"]
NAMES = [*DOGS, *WARE, *FOOD]
TITLE = "separated, but confused inside"


@pytest.fixture
def study(tmp_path):
    """Dogs are told from the rest but not from each other; food is taken for anything."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(10), 60)
    pred = true.copy()
    dog, food = true < 4, true > 6
    pred[dog] = rng.integers(0, 4, dog.sum())
    pred[food] = rng.integers(0, 10, food.sum())
    slip = rng.random(true.size) < 0.05
    pred[slip] = rng.integers(0, 10, slip.sum())
    study = studies.create(tmp_path / "study", NAMES)
    tree = {"thing": {"animal": {"dog": DOGS}, "object": {"ware": WARE, "food": FOOD}}}
    study.add_hierarchy("given", Hierarchy.from_nested(tree, NAMES).contract(), default=True)
    study.add_result("r", true=true, pred=pred)
    study.refresh()
    return study


def facts(study, **options):
    return report(Context(study), study.results["r"], "given", **options)


def test_dogs_come_first(study):
    found = facts(study)["confused_inside"]
    result = study.results["r"]
    true, pred = result.true, result.pred
    assert found[0]["name"] == "dog"
    expected = {"dog": range(4), "ware": range(4, 7), "food": range(7, 10)}
    for group in found:
        if group["name"] not in expected:
            continue
        ours = np.isin(true, expected[group["name"]])
        kept = ours & np.isin(pred, expected[group["name"]])
        right = kept & (true == pred)
        assert group["n_true"] == ours.sum()
        assert group["recall"] == pytest.approx(kept.sum() / ours.sum())
        assert group["inside"] == pytest.approx(right.sum() / kept.sum())
        chance = np.isin(pred, expected[group["name"]]).mean()
        beyond = (group["recall"] - chance) * (1 - group["inside"])
        assert group["confused_beyond_chance"] == pytest.approx(beyond)
        limits = binomtest(int(right.sum()), int(kept.sum())).proportion_ci(method="wilson")
        assert [group["inside_low"], group["inside_high"]] == pytest.approx(list(limits))
    scores = [group["confused_beyond_chance"] for group in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.3
    assert found[0]["inside"] == pytest.approx(0.25, abs=0.08)
    assert all(group["recall_low"] > group["recall_by_chance"] for group in found)


def test_the_section_is_in_text_page_and_json(study):
    found = facts(study)
    lines = text(found).splitlines()
    at = lines.index(TITLE)
    assert lines[at + 1].split()[:3] == ["group", "classes", "recall"]
    first = found["confused_inside"][0]
    assert lines[at + 2].startswith(first["name"])
    assert f"{100 * first['inside']:.1f} %" in lines[at + 2]
    assert f"{100 * first['class_recall']:.1f} %" in lines[at + 2]
    assert TITLE in html(found)
    run = CliRunner().invoke(main, ["report", str(study.path), "--json", "--worst", "1"])
    assert json.loads(run.output)["confused_inside"] == [first]
    assert "confused_inside" in json.loads(run.output)
    without = facts(study, worst=0)
    assert without["confused_inside"] == []
    assert TITLE not in text(without)
