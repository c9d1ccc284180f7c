import json
import multiprocessing
import re

import pytest

import classblocks.study as cs
from classblocks.core.hierarchy import Hierarchy
from classblocks.study import NameTakenError, StudyError
from classblocks.study.check import check

NAMES = ["ant", "bee", "cat"]
STATE = {"order": "derived", "box": [0, 3], "open": {"deep": [None, True, 1.5]}}


@pytest.fixture
def study(tmp_path):
    return cs.create(tmp_path / "study", NAMES)


def nested(*groups):
    children = [
        {"name": f"g{i}", "children": [{"name": NAMES[c], "class": c} for c in group]}
        for i, group in enumerate(groups)
    ]
    return {"name": "root", "children": children}


def tree(how=None):
    text = {"version": 1, "how": how or {}, "tree": nested([0, 2], [1])}
    return Hierarchy.from_json(text, 3)


def test_findings_come_back_as_they_were_kept(study):
    assert study.findings == []
    first = study.add_finding("  Ants are bees ", "seen in\nepoch 3 – 🐜", STATE)
    second = study.add_finding("Ants are bees", "", {})
    assert first.name == "Ants are bees"
    assert first.id != second.id
    again = cs.open(study.path)
    assert again.findings == study.findings == [first, second]
    assert again.findings[0].state == STATE
    again.remove_finding(first.id)
    assert study.findings == [second]


def test_others_see_a_finding_at_their_next_refresh(study):
    other = cs.open(study.path)
    assert not other.refresh()
    study.add_finding("x", "", {})
    assert other.refresh()


@pytest.mark.parametrize(
    ("name", "note", "state", "words"),
    [
        ("", "", {}, "finding name: expected 1 to 200 characters, got ''"),
        (" \n", "", {}, "finding name"),
        ("x" * 10_000, "", {}, "10000 characters"),
        (7, "", {}, "finding name"),
        ("x", None, {}, "finding note: expected text, got NoneType"),
        ("x", "", [1], "finding state: expected an object, got list"),
        ("x", "", {"p": float("nan")}, "cannot be written as JSON"),
        ("x", "", {"p": object()}, "cannot be written as JSON"),
        ("\ud800", "", {}, "cannot be written as JSON"),
    ],
)
def test_what_is_no_finding_is_refused_and_nothing_changes(study, name, note, state, words):
    study.add_finding("kept", "", STATE)
    before = (study.path / "findings.json").read_bytes()
    with pytest.raises(StudyError, match=re.escape(words)):
        study.add_finding(name, note, state)
    assert (study.path / "findings.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not complete JSON"),
        ('{"version": 1, "findings": [{"id": "a"', "is not complete JSON"),
        ("[]", "expected a JSON object, got list"),
        ('{"version": 9, "findings": []}', "format version 9"),
        ('{"version": 1}', "findings: expected a list, got NoneType"),
        ('{"version": 1, "findings": [3]}', "finding 0: expected an object, got int"),
        ('{"version": 1, "findings": [{"id": "a"}]}', "finding 0: name: expected text, got None"),
    ],
)
def test_a_damaged_file_is_named_and_never_overwritten(study, content, words):
    kept = study.add_finding("kept", "", {})
    file = study.path / "findings.json"
    file.write_text(content)
    for attempt in (
        lambda: study.findings,
        lambda: study.add_finding("y", "", {}),
        lambda: study.remove_finding(kept.id),
    ):
        with pytest.raises(StudyError, match=re.escape(words)) as caught:
            attempt()
        assert str(file) in str(caught.value)
    assert file.read_text() == content
    assert [problem.path for problem in check(study)] == ["findings.json"]
    assert cs.open(study.path).classes.names == tuple(NAMES)


def test_two_findings_with_one_id_are_damage(study):
    study.add_finding("x", "", {})
    file = study.path / "findings.json"
    obj = json.loads(file.read_text())
    obj["findings"] *= 2
    file.write_text(json.dumps(obj))
    with pytest.raises(StudyError, match="same id"):
        _ = study.findings


def test_an_unknown_finding_cannot_be_removed(study):
    with pytest.raises(StudyError, match="no finding with id 'nope'"):
        study.remove_finding("nope")
    assert not (study.path / "findings.json").exists()


def test_a_hierarchy_is_saved_with_its_edit_steps(study):
    how = {"source": "edited", "steps": [{"step": "move", "node": 2, "to": 1}]}
    study.save_hierarchy("mine", tree(how))
    assert cs.open(study.path).hierarchies["mine"].how == how
    assert study.default_hierarchy == "mine"


def test_a_saved_hierarchy_is_replaced_only_when_asked(study):
    study.save_hierarchy("mine", tree({"n": 1}))
    with pytest.raises(NameTakenError, match="hierarchy 'mine' exists already"):
        study.save_hierarchy("mine", tree({"n": 2}))
    assert study.hierarchies["mine"].how == {"n": 1}
    study.save_hierarchy("mine", tree({"n": 3}), replace=True)
    assert cs.open(study.path).hierarchies["mine"].how == {"n": 3}


@pytest.mark.parametrize("name", ["", "..", "a/b", "x\0", ".hidden", "x" * 300])
def test_hostile_hierarchy_names_are_refused(study, name):
    with pytest.raises(StudyError, match="hierarchy name"):
        study.save_hierarchy(name, tree())
    assert not study.hierarchies


def test_a_hierarchy_that_is_not_json_or_of_other_classes_is_refused(study):
    with pytest.raises(StudyError, match="cannot be written as JSON"):
        study.save_hierarchy("bad", tree({"seen": float("inf")}))
    with pytest.raises(StudyError, match="has 2 classes, the study 3"):
        study.save_hierarchy("bad", Hierarchy.flat(["a", "b"]))
    assert not (study.path / "hierarchies" / "bad.json").exists()


def save_many(path, worker, n):
    study = cs.open(path)
    won = 0
    for i in range(n):
        study.add_finding(f"{worker}-{i}", "", {"i": i})
        try:
            study.save_hierarchy(f"shared {i}", tree({"worker": worker}))
            won += 1
        except NameTakenError:
            pass
    (path / f"won-{worker}").write_text(str(won))


def test_processes_that_save_at_once_lose_nothing(study):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=save_many, args=(study.path, w, 20)) for w in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    found = [finding.name for finding in cs.open(study.path).findings]
    for w in range(2):
        assert [name for name in found if name.startswith(f"{w}-")] == [
            f"{w}-{i}" for i in range(20)
        ]
    assert len(found) == 40
    assert sum(int((study.path / f"won-{w}").read_text()) for w in range(2)) == 20
    assert len(cs.open(study.path).hierarchies) == 20
