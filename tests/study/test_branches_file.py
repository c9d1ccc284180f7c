import json
import os
import re

import numpy as np
import pytest

import classblocks.study as cs
from classblocks.core.branch_plan import Branch, BranchPlan
from classblocks.study import NameTakenError, StudyError
from classblocks.study.branches_file import MOST_BYTES, read_branches, write_branches
from classblocks.study.check import check

NAMES = ["ant", "bee", "cat"]


def plan(classes=("ant", "bee", "cat"), groups=(0, 0, 1), how=None):
    names = tuple(f"g{i}" for i in range(max(groups) + 1))
    return BranchPlan((Branch("stage1", np.array(groups), names, 0.3),), classes, how or {})


@pytest.fixture
def study(tmp_path):
    return cs.create(tmp_path / "study", NAMES)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plan.json"
    write_branches(path, plan(how={"source": "Ä"}))
    return path


def test_a_plan_comes_back_as_it_was_written(file):
    assert read_branches(file).to_json() == plan(how={"source": "Ä"}).to_json()
    assert read_branches(file, NAMES).to_json() == read_branches(os.fspath(file)).to_json()
    assert [path.name for path in file.parent.iterdir()] == ["plan.json"]


def test_a_plan_without_names_fits_any_classes_of_that_number(file):
    write_branches(file, plan(classes=()))
    assert read_branches(file, ["x", "y", "z"]).classes == ()
    with pytest.raises(StudyError, match=r"class 3 is in no group"):
        read_branches(file, ["x", "y", "z", "w"])


def test_other_class_names_are_named(file):
    with pytest.raises(StudyError, match=r"plan.json: class 1 is 'bee', expected 'wasp'"):
        read_branches(file, ["ant", "wasp", "cat"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not complete JSON"),
        (b'{"format": "classblocks-branches", "version": 1, "bra', "is not complete JSON"),
        (b"\xff\xfe\x00", "is not complete JSON"),
        (b"[" * 200_000, "too deeply nested"),
        (b"[1]", "expected the format 'classblocks-branches', got 'list'"),
        (b'{"format": "classblocks-branches", "version": 7}', "expected format version 1, got 7"),
        (b'{"format": "classblocks-branches", "version": ' + b"9" * 5000 + b"}", "plan.json: "),
    ],
)
def test_what_is_no_plan_is_one_error_that_names_the_file(file, content, words):
    file.write_bytes(content)
    with pytest.raises(StudyError, match=re.escape(words)) as caught:
        read_branches(file)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("groups", [[0, 1], [2, 3]], "group 1: expected class ids 0 to 2, got 3"),
        ("groups", [[0, 1], [1, 2]], "class 1 is in group 0 and in group 1"),
        ("groups", [[0], [2]], "class 1 is in no group"),
        ("groups", [[0, 1, 2]], "expected at least 2 groups, got 1"),
        ("weight", float("nan"), "weight: expected a finite number of at least 0, got nan"),
    ],
)
def test_a_wrong_branch_is_named(file, key, value, words):
    obj = plan().to_json()
    obj["branches"][0][key] = value
    file.write_text(json.dumps(obj))
    expected = f"{file}: branches[0] at 'stage1': {words}"
    with pytest.raises(StudyError, match=re.escape(expected)):
        read_branches(file, NAMES)


def test_a_huge_file_is_not_read(file):
    os.truncate(file, 100 * 2**20)
    with pytest.raises(StudyError, match=f"expected at most {MOST_BYTES:,} bytes, it has more"):
        read_branches(file)


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"none\.json is missing"):
        read_branches(tmp_path / "none.json")
    with pytest.raises(StudyError, match="is not a file"):
        read_branches(tmp_path)
    with pytest.raises(StudyError, match=f"there is no folder {re.escape(str(tmp_path))}.none"):
        write_branches(tmp_path / "none" / "plan.json", plan())


def test_a_failed_write_leaves_the_old_plan(file):
    before = file.read_bytes()
    with pytest.raises(StudyError, match="cannot be written as JSON"):
        write_branches(file, plan(how={"x": float("nan")}))
    with pytest.raises(StudyError, match="cannot be written as JSON"):
        write_branches(file, plan(how={"x": object()}))
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["plan.json"]


def test_a_study_keeps_plans_by_name(study):
    assert dict(study.branches) == {}
    other = cs.open(study.path)
    study.save_branches("by hand", plan(classes=()))
    study.save_branches("another", plan(groups=(0, 1, 2)))
    assert list(study.branches) == ["another", "by hand"]
    assert other.refresh()
    assert list(other.branches) == ["another", "by hand"]
    kept = cs.open(study.path).branches["by hand"]
    assert kept.classes == tuple(NAMES)
    assert kept.branches[0].group_of_class.tolist() == [0, 0, 1]
    file = study.path / "branches" / "by hand.json"
    assert read_branches(file, study.classes).to_json() == kept.to_json()
    with pytest.raises(KeyError):
        study.branches["nobody"]
    assert not check(study)


def test_a_plan_is_replaced_only_if_that_is_asked_for(study):
    study.save_branches("mine", plan())
    before = (study.path / "branches/mine.json").read_bytes()
    with pytest.raises(NameTakenError, match="branches 'mine' exist already"):
        study.save_branches("mine", plan(groups=(0, 1, 2)))
    assert (study.path / "branches/mine.json").read_bytes() == before
    study.save_branches("mine", plan(groups=(0, 1, 2)), replace=True)
    assert study.branches["mine"].branches[0].n_groups == 3


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("../x", plan(), "branches name '../x' is not allowed"),
        ("", plan(), "branches name '' is not allowed"),
        ("x", plan(("a", "b"), (0, 1)), "branches 'x' have 2 classes, the study 3"),
        ("x", plan(("ant", "cat", "bee")), "class 1 is 'cat', expected 'bee'"),
        ("x", plan(how={"x": float("inf")}), "cannot be written as JSON"),
    ],
)
def test_what_does_not_fit_the_study_is_refused(study, name, given, words):
    with pytest.raises(StudyError, match=re.escape(words)):
        study.save_branches(name, given)
    assert not (study.path / "branches").exists()


def test_a_damaged_plan_is_found_by_check_and_harms_nothing_else(study):
    study.save_branches("good", plan())
    study.save_branches("bad", plan())
    (study.path / "branches/bad.json").write_text('{"format"')
    opened = cs.open(study.path)
    assert opened.branches["good"].n_classes == 3
    with pytest.raises(StudyError, match=r"bad\.json is not complete JSON"):
        opened.branches["bad"]
    (problem,) = check(opened)
    assert problem.path == "branches/bad.json"
    assert problem.is_damage
