import re

import numpy as np
import pytest
from click.testing import CliRunner

from classblocks import study as studies
from classblocks.cli import main
from classblocks.cli.hierarchy import METHODS
from classblocks.core import order
from classblocks.core.compare import dasgupta_cost
from classblocks.core.criteria import order_criteria
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.logits import logit_similarity
from classblocks.core.outcome import outcomes
from classblocks.study.writer import LayerShape, ResultWriter

N_CLASSES, N_GROUPS = 12, 3
GROUP = np.arange(N_CLASSES) % N_GROUPS  # neighbours in file order are in different groups


def run(*arguments):
    return CliRunner().invoke(main, ["hierarchy", *map(str, arguments)])


def output(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def failure(*arguments, code=1):
    result = run(*arguments)
    assert result.exit_code == code, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    return line


@pytest.fixture
def study(tmp_path):
    """Classes of a group score alike; few samples are confused with the rest."""
    rng = np.random.default_rng(0)
    study = studies.create(tmp_path / "study", [f"c{i}" for i in range(N_CLASSES)], name="s")
    true = np.arange(1200) % N_CLASSES
    shared = rng.normal(size=(1200, N_GROUPS)) + 3 * np.eye(N_GROUPS)[GROUP[true]]
    logits = shared[:, GROUP] + rng.normal(size=(1200, N_CLASSES)) + np.eye(N_CLASSES)[true]
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    profile = (np.eye(N_GROUPS)[GROUP[true]] + rng.normal(0, 0.1, (1200, 3))).astype(np.float32)
    with ResultWriter(
        study,
        "net",
        studies.Coordinates("m", split="val"),
        layers={"fc": LayerShape(3)},
        logits=True,
    ) as writer:
        found = outcomes(p, true, 5)
        writer.append(np.arange(1200), true, found, {"fc": (profile[:, :, None], profile)}, logits)
        writer.finish()
    study.add_result("plain", true=true, pred=found.pred)
    paths = [("all", f"pair {c // 2}", name) for c, name in enumerate(study.classes.names)]
    study.add_hierarchy("pairs", Hierarchy.from_paths(paths), default=True)
    return study


def holds_groups(tree):
    ranges = {
        frozenset(tree.class_of_leaf[a:b].tolist())
        for a, b in zip(tree.start, tree.stop, strict=True)
    }
    return all(frozenset(np.flatnonzero(GROUP == g).tolist()) in ranges for g in range(N_GROUPS))


def test_the_methods_are_those_of_the_core():
    assert METHODS == order.METHODS
    text = output("--help")
    for method in METHODS:
        assert re.search(rf"^ +{method} +\S", text, re.MULTILINE), method


@pytest.mark.parametrize("method", [m for m in METHODS if m != "ward"])
@pytest.mark.parametrize("source", ["confusions", "logits"])
def test_every_method_derives_from_confusions_and_from_logits(study, method, source):
    text = output(study.path, "--result", "net", "--method", method, "--from", source)
    tree = studies.open(study.path).hierarchies[method]
    assert tree.how["method"] == method
    assert tree.how["result"] == "net"
    assert tree.how["source"] == source
    assert text.startswith(f"{method}: 12 classes in ")
    result = study.results["net"]
    expected = order.order_classes(
        result.cells(),
        method,
        names=study.classes.names,
        similarity="log1p" if source == "confusions" else logit_similarity(result.logits),
    )
    np.testing.assert_array_equal(tree.class_of_leaf, expected.class_of_leaf)
    if method in ("auto", "recursive_ncut", "olo", "linkage"):
        assert holds_groups(tree)


def test_ward_clusters_the_means_of_a_layer(study):
    output(study.path, "--result", "net", "--method", "ward", "--layer", "fc")
    tree = studies.open(study.path).hierarchies["ward"]
    assert holds_groups(tree)
    assert tree.how["layer"] == "fc"
    needs = failure(study.path, "--result", "net", "--method", "ward")
    assert "--layer" in needs and "fc" in needs
    line = failure(study.path, "--result", "plain", "--method", "ward", "--layer", "fc")
    assert "it has none" in line


def test_similarities_are_passed_on(study):
    for kind in ("counts", "rates"):
        output(study.path, "--result", "net", "--similarity", kind, "--save-as", kind)
        assert kind in studies.open(study.path).hierarchies[kind].how["similarity"]


def test_deriving_prints_the_criteria_before_and_after(study):
    text = output(study.path, "--result", "net", "--save-as", "derived")
    lines = {line[:22].strip(): line[22:].split() for line in text.splitlines()[1:]}
    assert lines[""] == ["file", "order", "pairs", "derived", "better"]
    cells = study.results["net"].cells()
    again = studies.open(study.path)
    for column, tree in enumerate(
        (
            Hierarchy.flat(study.classes.names),
            again.hierarchies["pairs"],
            again.hierarchies["derived"],
        )
    ):
        expected = order_criteria(cells, tree)
        assert lines["linear seriation"][column] == f"{expected.linear_seriation:,.0f}"
        assert lines["band mass"][column] == f"{expected.band_mass:.4f}"
        assert lines["Dasgupta cost"][column] == f"{dasgupta_cost(cells, tree):.4f}"
    assert float(lines["Dasgupta cost"][2]) < float(lines["Dasgupta cost"][1])


def test_a_name_is_not_taken_twice_unasked(study):
    output(study.path, "--result", "net", "--save-as", "mine")
    before = (study.path / "hierarchies" / "mine.json").read_bytes()
    line = failure(study.path, "--result", "net", "--method", "olo", "--save-as", "mine")
    assert "hierarchy 'mine' exists already" in line and "--replace" in line
    assert (study.path / "hierarchies" / "mine.json").read_bytes() == before
    arguments = ("--method", "olo", "--save-as", "mine", "--replace", "--default")
    output(study.path, "--result", "net", *arguments)
    again = studies.open(study.path)
    assert again.hierarchies["mine"].how["method"] == "olo"
    assert again.default_hierarchy == "mine"


@pytest.mark.parametrize("blocks", ["3", "auto"])
def test_blocks_are_listed_with_chance(study, blocks):
    output(study.path, "--result", "net", "--method", "recursive_ncut")
    text = output(
        study.path, "--hierarchy", "recursive_ncut", "--result", "net", "--partition", blocks
    )
    assert "recursive_ncut, errors of net" in text
    # Three blocks of 4 of 12 classes: 3 · 12 of 132 pairs.
    found = re.search(
        r"3 blocks hold ([\d,]+) errors, ([\d.]+) % of all \(by chance 27\.3 %\)", text
    )
    result = study.results["net"]
    wrong = result.true != result.pred
    inside = wrong & (GROUP[result.true] == GROUP[result.pred])
    assert found[1] == f"{inside.sum():,}"
    assert found[2] == f"{inside.sum() / wrong.sum() * 100:.1f}"
    rows = [line for line in text.splitlines() if re.match(r" +\d+ +4 ", line)]
    assert len(rows) == 3


def test_a_comparison_has_costs_levels_and_disagreements(study):
    output(study.path, "--result", "net", "--save-as", "derived")
    text = output(study.path, "--result", "net", "--hierarchy", "pairs", "--compare", "derived")
    cells = study.results["net"].cells()
    again = studies.open(study.path).hierarchies
    costs = [f"{dasgupta_cost(cells, again[name]):.4f}" for name in ("pairs", "derived")]
    assert re.search(rf"Dasgupta cost \(lower\) +{costs[0]} +{costs[1]}", text)
    result = study.results["net"]
    wrong = result.true != result.pred
    inside = (wrong & (result.true // 2 == result.pred // 2)).sum() / wrong.sum()
    assert re.search(rf"errors inside, level 1 +{inside * 100:.1f} % \(9\.1 %\)", text)
    listed = re.findall(r"%  pair (\d) → ", text)
    assert sorted(listed) == list("012345")
    shorter = output(
        study.path, "--result", "net", "--hierarchy", "pairs", "--compare", "derived", "--most", 2
    )
    assert len(re.findall(r"%  pair (\d) → ", shorter)) == 2


def test_a_tree_agrees_with_itself(study):
    text = output(study.path, "--compare", "pairs", "--result", "net")
    assert re.findall(r" (100\.0 %)  pair \d → pair \d", text) == ["100.0 %"] * 6


def test_repairs_are_listed(study):
    text = output(study.path, "--result", "net", "--repair", "--most", 3)
    moves = re.findall(r"^ *(-0\.\d+) +([\d,]+)  (\S.*) → (\S.*)$", text, re.MULTILINE)
    assert len(moves) == 3
    assert [float(m[0]) for m in moves] == sorted(float(m[0]) for m in moves)
    output(study.path, "--result", "net", "--save-as", "good", "--method", "recursive_ncut")
    everything = output(study.path, "--repair", "--partition", 2, "--compare", "good")
    assert "moves that would" in everything
    assert "2 blocks hold" in everything


def test_a_study_without_errors_is_examined_too(tmp_path):
    study = studies.create(tmp_path / "study", ["a", "b", "c"])
    study.add_result("r", true=[0, 1, 2], pred=[0, 1, 2])
    derived = output(study.path, "--result", "r", "--save-as", "d")
    assert re.search(r"band mass +– +– +higher", derived)
    text = output(study.path, "--partition", 2, "--compare", "d", "--repair")
    assert "2 blocks hold 0 errors, – of all (by chance 33.3 %)" in text
    assert "no move of a group" in text
    assert "no groups to compare" in text


def test_wrong_use_is_one_line(study):
    assert "one of" in failure(study.path, "--import", "x", "--partition", 2, code=2)
    assert "one of" in failure(study.path, "--result", "net", "--export", "pairs", code=2)
    assert "expected a number or auto" in failure(study.path, "--partition", "x", code=2)
    assert "it has pairs" in failure(study.path, "--compare", "x")
    assert "it has plain, net" in failure(study.path, "--result", "x", "--repair")
    assert "keeps no logits" in failure(study.path, "--result", "plain", "--from", "logits")
    assert "invalid" in failure(study.path, "--result", "net", "--method", "x", code=2).lower()
    assert "13" in failure(study.path, "--partition", 13)


def test_nothing_to_look_at_is_one_line(tmp_path):
    study = studies.create(tmp_path / "study", ["a", "b"])
    assert "has no results yet" in failure(study.path, "--partition", 2)
    study.add_result("r", true=[0], pred=[1])
    assert "has no hierarchies" in failure(study.path, "--partition", 2)


def test_one_class_has_one_block_and_no_chance(tmp_path):
    study = studies.create(tmp_path / "study", ["only"])
    study.add_result("r", true=[0, 0], pred=[0, 0])
    derived = output(study.path, "--result", "r", "--save-as", "d")
    assert "d: 1 classes in 1 groups" in derived
    text = output(study.path, "--partition", "auto", "--compare", "d", "--repair")
    assert "1 block holds 0 errors, – of all (by chance –)" in text
    assert "expected 1 to 1 (classes), got 2" in failure(study.path, "--partition", 2)


def test_one_class_without_samples(tmp_path):
    study = studies.create(tmp_path / "study", ["a", "b"])
    study.add_result("r", true=[0], pred=[1])
    output(study.path, "--result", "r", "--save-as", "d")
    text = output(study.path, "--partition", 1, "--repair")
    assert "1 block holds 1 error, 100.0 % of all (by chance 100.0 %)" in text


@pytest.mark.parametrize("name", ["\x1b[31mred", "\u202ereversed", "a\tb", "line\u2028two"])
def test_a_name_cannot_steer_the_terminal(tmp_path, name):
    study = studies.create(tmp_path / "study", [name, "日本 e\u0301 👩\u200d🔬", "x" * 10_000])
    study.add_result("r", true=[0, 1, 2, 2], pred=[1, 2, 0, 1])
    output(study.path, "--result", "r", "--save-as", "d")
    text = output(study.path, "--partition", 3, "--repair", "--compare", "d")
    text += CliRunner().invoke(main, ["report", str(study.path)]).output
    assert not set("\x1b\u202e\t\u2028") & set(text)
    assert "\N{REPLACEMENT CHARACTER}" in text
    assert "日本 e\u0301 👩\u200d🔬" in text
    assert "x" * 41 not in text


def test_a_seed_below_zero_is_refused(study):
    assert "--seed" in failure(study.path, "--result", "net", "--seed", -1, code=2)


def test_an_export_into_no_folder_names_it(study, tmp_path):
    output(study.path, "--result", "net", "--save-as", "d")
    text = failure(study.path, "--export", "d", "-o", tmp_path / "absent" / "d.json")
    assert text.endswith("absent: no such folder")
