import json
import re
from itertools import combinations

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import adjusted_rand_score

from classblocks import study as studies
from classblocks.app.context import Context
from classblocks.app.report import html, report, text
from classblocks.app.report.number import counted, percent, plain
from classblocks.cli import main
from classblocks.core.calibration import expected_calibration_error
from classblocks.core.criteria import order_criteria
from classblocks.core.hierarchical import hierarchical_metrics
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.order import order_classes
from classblocks.core.outliers import block_outliers
from classblocks.core.partition import partition

N_CLASSES = 24
HALF = np.arange(N_CLASSES) // 12
GROUP = np.arange(N_CLASSES) // 4


def samples(n=6000, seed=0):
    """Six groups of four classes in two halves: 85 % of errors in the group, 10 % in the half."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, N_CLASSES, n)
    pred = true.copy()
    for row in np.flatnonzero(rng.random(n) < 0.4):
        same = rng.choice(3, p=[0.85, 0.1, 0.05])
        near = (
            GROUP == GROUP[true[row]],
            (HALF == HALF[true[row]]) & (GROUP != GROUP[true[row]]),
            HALF != HALF[true[row]],
        )[same]
        pred[row] = rng.choice(np.flatnonzero(near & (np.arange(N_CLASSES) != true[row])))
    return true, pred


@pytest.fixture
def study(tmp_path):
    """File order is shuffled; the hierarchy ``given`` knows the groups."""
    true, pred = samples()
    shuffle = np.random.default_rng(1).permutation(N_CLASSES)
    study = studies.create(tmp_path / "study", [f"c<{i}>" for i in range(N_CLASSES)], name="s & t")
    kind = np.argsort(shuffle)  # planted position of each class
    paths = [
        ("all", f"half {HALF[p]}", f"group {GROUP[p]}", study.classes.names[c])
        for c, p in enumerate(kind)
    ]
    study.add_hierarchy("given", Hierarchy.from_paths(paths), default=True)
    other = (pred[:, None] + np.arange(5)) % N_CLASSES
    study.add_result(
        "r", true=shuffle[true], pred=shuffle[pred], topk_class=shuffle[other], split="val"
    )
    return study


def facts_of(study, hierarchy="given", **options):
    return report(Context(study), study.results["r"], hierarchy, **options)


def test_everything_is_json_without_nan(study):
    facts = facts_of(study)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_calibration_error_is_that_of_the_core(tmp_path):
    study = studies.create(tmp_path / "s", ["a", "b", "c"])
    rng = np.random.default_rng(3)
    true, probabilities = rng.integers(3, size=200), rng.dirichlet(np.ones(3), 200)
    study.add_result("r", true=true, probabilities=probabilities)
    result = study.results["r"]
    correct = result.pred == result.true
    facts = report(Context(study), result, "flat")
    found = facts["calibration"]
    assert found["ece"] == expected_calibration_error(result.p_pred, correct)
    assert found["accuracy"] == pytest.approx(facts["accuracy"]["top1"]["rate"])
    assert sum(one["n_samples"] for one in found["bins"]) == found["n_samples"] == 200
    line = rf"^calibration error \(ECE, 15 bins\) +{found['ece'] * 100:.1f} %"
    assert re.search(line, text(facts), re.MULTILINE)


def test_hierarchical_metrics_are_those_of_the_core(study):
    found = facts_of(study)["hierarchical"]
    result, tree = study.results["r"], study.hierarchies["given"]
    expected = hierarchical_metrics(result.true, result.pred, tree, result.topk_class)
    assert found["n_mistakes"] == expected.n_mistakes
    for name in ("hp", "hr", "hf", "severity", "hd_1"):
        assert found[name]["value"] == pytest.approx(getattr(expected, name))
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    assert found["hd_5"]["value"] == pytest.approx(expected.hd_k)
    assert found["best_hd_5"] == pytest.approx(expected.best_hd_k)


def test_the_intervals_are_those_of_the_bootstrap(study):
    found = facts_of(study)["hierarchical"]
    result, tree = study.results["r"], study.hierarchies["given"]
    rng = np.random.default_rng(0)
    again = []
    for _ in range(400):
        rows = rng.integers(0, result.n_samples, result.n_samples)
        again.append(
            hierarchical_metrics(
                result.true[rows], result.pred[rows], tree, result.topk_class[rows]
            )
        )
    for name in ("hp", "hf", "severity", "hd_1", "hd_5"):
        values = [getattr(one, "hd_k" if name == "hd_5" else name) for one in again]
        low, high = np.quantile(values, [0.025, 0.975])
        width = high - low
        assert found[name]["low"] == pytest.approx(low, abs=0.2 * width), name
        assert found[name]["high"] == pytest.approx(high, abs=0.2 * width), name


def test_blocks_and_outliers_are_those_of_the_core(study):
    facts = facts_of(study, worst=4)
    cells, tree = study.results["r"].cells(), study.hierarchies["given"]
    found = partition(cells, tree)
    blocks = facts["blocks"]
    assert blocks["n_blocks"] == found.n_blocks == 6
    size = np.diff(found.cuts)
    assert blocks["by_chance"] == pytest.approx((size * (size - 1)).sum() / (24 * 23))
    assert blocks["in_block_mass"] == pytest.approx(0.85, abs=0.03)
    assert [block["errors"] for block in blocks["blocks"]] == found.block_sum.tolist()
    outliers = block_outliers(cells, found, tree)
    most = facts["outliers"]["most_surprising"]
    assert facts["outliers"]["errors"] == outliers["count"].sum()
    assert [row["surprise"] for row in most] == sorted(outliers["surprise"])[::-1][:4]
    assert facts["outliers"]["share"] + blocks["in_block_mass"] == pytest.approx(1)


def test_every_hierarchy_has_its_criteria(study):
    study.add_hierarchy("flat", Hierarchy.flat(study.classes.names))
    found = facts_of(study)["criteria"]
    assert list(found) == ["flat", "given"]
    cells = study.results["r"].cells()
    for name, tree in study.hierarchies.items():
        expected = order_criteria(cells, tree, n_blocks=6)
        assert found[name]["linear seriation"] == pytest.approx(expected.linear_seriation)
        assert found[name]["in-block mass"] == pytest.approx(expected.block_mass)
        assert found[name]["Dasgupta cost"] == pytest.approx(expected.dasgupta)


def test_the_top_blocks_are_measured_beside_chance(study):
    found = {row["name"]: row for row in facts_of(study)["findings"]["top_blocks"]}
    result = study.results["r"]
    wrong = result.true != result.pred
    half = np.argsort(study.hierarchies["given"].class_of_leaf) // 12
    inside = (half[result.true] == half[result.pred]) & wrong
    for name in ("best 2 blocks of the order", "2 top groups of the hierarchy"):
        row = found[name]
        assert (row["errors"], row["of"]) == (inside.sum(), wrong.sum())
        assert row["value"] == pytest.approx(0.95, abs=0.02)
        assert row["by_chance"] == pytest.approx(2 * 12 * 11 / (24 * 23))
        assert row["low"] < row["value"] < row["high"]
        assert row["beyond_chance"]
    assert not found["best 2 blocks of the order"]["holds"]
    assert found["best 2 blocks of the order"]["published_above"] == 0.98
    assert "holds" not in found["2 top groups of the hierarchy"]


def test_the_sub_blocks_are_measured_beside_chance(study):
    found = facts_of(study)["findings"]["sub_blocks"]
    result = study.results["r"]
    place = np.argsort(study.hierarchies["given"].class_of_leaf)
    true, pred = place[result.true], place[result.pred]
    wrong = (true != pred) & (true // 12 == pred // 12)
    assert found["n_sub_blocks"] == 6
    assert found["of"] == wrong.sum()
    assert found["errors"] == (wrong & (true // 4 == pred // 4)).sum()
    # In a half, 3 · 4 · 3 of 12 · 11 pairs of classes lie in one group.
    assert found["by_chance"] == pytest.approx(3 * 4 * 3 / (12 * 11))
    assert found["holds"]


def test_a_given_order_is_compared_with_one_by_similarity(study):
    found = facts_of(study)["findings"]["given_and_derived"]
    cells, tree = study.results["r"].cells(), study.hierarchies["given"]
    derived = order_classes(cells)
    groups = []
    for one in (tree, derived):
        labels = np.empty(N_CLASSES, int)
        labels[one.class_of_leaf] = partition(cells, one, 6).block_of_leaf
        groups.append(labels)
    assert found["given"] == "given"
    assert found["adjusted_rand"] == pytest.approx(adjusted_rand_score(*groups))
    together = [
        [labels[i] == labels[j] for i, j in combinations(range(N_CLASSES), 2)] for labels in groups
    ]
    shared = np.logical_and(*together).sum()
    assert found["jaccard"] == pytest.approx(shared / np.logical_or(*together).sum())
    assert found["adjusted_rand"] > 0.9
    assert found["beyond_chance"]
    assert abs(found["adjusted_rand_by_chance"]) < 0.3
    assert found["adjusted_rand_chance_limit"] < 0.9
    assert found["jaccard_by_chance"] < 0.5


def test_a_given_order_that_means_nothing_is_no_better_than_chance(study):
    rng = np.random.default_rng(5)
    names = study.classes.names
    paths = [("all", f"g{g}", names[c]) for c, g in enumerate(rng.permutation(GROUP))]
    study.add_hierarchy("random", Hierarchy.from_paths(paths))
    found = facts_of(study, "random")["findings"]
    assert found["given_and_derived"]["given"] == "random"
    assert not found["given_and_derived"]["beyond_chance"]
    derived = order_classes(study.results["r"].cells(), names=names)
    study.add_hierarchy("derived", derived)
    assert facts_of(study, "derived")["findings"]["given_and_derived"]["given"] == "given"


def test_without_a_given_hierarchy_there_is_nothing_to_compare(tmp_path):
    study = studies.create(tmp_path / "s", list("abcd"))
    study.add_result("r", true=[0, 1, 2, 3], pred=[1, 0, 3, 3])
    study.add_hierarchy("d", order_classes(study.results["r"].cells(), names=study.classes.names))
    facts = report(Context(study), study.results["r"], "d")
    assert facts["findings"]["given_and_derived"] is None
    assert "adjusted Rand" not in text(facts)


@pytest.mark.parametrize("n_classes", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 3])
def test_no_errors_and_few_classes_leave_dashes(tmp_path, n_classes, n):
    study = studies.create(tmp_path / "s", [f"c{i}" for i in range(n_classes)])
    true = np.arange(n) % n_classes
    study.add_result("r", true=true, pred=true)
    facts = report(Context(study), study.results["r"], "flat")
    json.dumps(facts, allow_nan=False)
    assert facts["hierarchical"]["severity"]["value"] is None
    assert facts["calibration"] is None
    assert facts["blocks"]["in_block_mass"] is None
    assert not facts["outliers"]["most_surprising"]
    page = text(facts)
    assert re.search(r"^mistake severity +–", page, re.MULTILINE)
    assert "no errors" in page
    assert "nan" not in page.lower()
    assert "<html" in html(facts)


def test_the_text_has_every_part(study):
    page = text(facts_of(study))
    lines = page.splitlines()
    assert lines[0] == "s & t · r"
    assert re.search(r"^F hF +\d+\.\d % \(\d+\.\d–\d+\.\d\) ", page, re.MULTILINE)
    assert re.search(r"^best 2 blocks of the order .* does not hold \(above 98 %\)$", page, re.M)
    assert re.search(r"^6 sub-blocks of the two best blocks .* holds \(above 50 %\)$", page, re.M)
    assert "6 blocks of given and of the order by similarity: more alike than chance" in page
    assert re.search(r"^Dasgupta cost +0\.\d{4}  lower$", page, re.MULTILINE)
    assert not [line for line in lines if line != line.rstrip()]


def test_the_page_has_the_same_numbers_and_escapes_names(study):
    facts = facts_of(study)
    page = html(facts)
    assert "c<" not in page
    assert "c&lt;" in page
    assert "<title>s &amp; t · r</title>" in page
    assert "http" not in page.replace("https://www.w3.org", "")
    assert page.count("<table>") == page.count("</table>") >= 8
    plain = re.sub(r"<[^>]+>", " ", page)
    for number in re.findall(r"\d+\.\d %", text(facts)):
        assert number in plain


def test_a_file_is_written_by_its_ending(study, tmp_path):
    def written(name, *more):
        file = tmp_path / name
        result = CliRunner().invoke(main, ["report", str(study.path), "-o", str(file), *more])
        assert result.exit_code == 0, result.output
        assert result.output == f"report written to {file}\n"
        return file.read_text(encoding="utf-8")

    assert written("r.html").startswith("<!doctype html>")
    assert json.loads(written("r.json"))["kind"] == "report"
    assert json.loads(written("r.txt", "--json"))["kind"] == "report"
    assert written("r.txt").startswith("s & t · r\n")


def test_one_block_holds_and_nan_is_a_dash():
    assert counted(1, "block") == "1 block"
    assert counted(2000, "error") == "2,000 errors"
    assert percent(float("nan")) == percent(None) == plain(float("nan")) == plain(None) == "–"
