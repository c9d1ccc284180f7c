import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import classblocks as cb
from classblocks.core.branch_plan import Branch

GOOD = {
    "format": "classblocks-branches",
    "version": 1,
    "classes": ["ant", "bee", "cat", "dog"],
    "branches": [
        {"layer": "stage1", "weight": 0.5, "groups": [[1, 0], [2, 3]], "names": ["insect", "pet"]},
        {"layer": "stage2", "weight": 0, "groups": [[0], [2, 3], [1]], "names": ["a", "p", "b"]},
    ],
    "how": {"source": "hand"},
}


def changed(path, value):
    obj = json.loads(json.dumps(GOOD))
    *inner, last = path
    place = obj
    for key in inner:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return obj


def test_a_plan_is_read():
    plan = cb.BranchPlan.from_json(GOOD)
    assert plan.layers == ("stage1", "stage2")
    assert plan.n_classes == 4
    assert plan.classes == ("ant", "bee", "cat", "dog")
    first, second = plan.branches
    assert first.group_of_class.tolist() == [0, 0, 1, 1]
    assert first.group_of_class.dtype == np.int32
    assert second.group_of_class.tolist() == [0, 2, 1, 1]
    assert (first.weight, second.weight) == (0.5, 0.0)
    assert (first.n_groups, second.n_groups) == (2, 3)
    assert second.sizes.tolist() == [1, 2, 1]
    assert second.classes(1).tolist() == [2, 3]
    with pytest.raises(ValueError, match="read-only"):
        first.group_of_class[0] = 1


def test_what_may_be_left_out():
    obj = {
        "format": "classblocks-branches",
        "version": 1,
        "branches": [{"layer": "l", "groups": [[0, 2], [1]]}],
    }
    plan = cb.BranchPlan.from_json(obj)
    (branch,) = plan.branches
    assert branch.weight == 0.3
    assert branch.names == ("group 1", "group 2")
    assert (plan.classes, plan.how, plan.n_classes) == ((), {}, 3)


def test_two_branches_at_one_layer():
    obj = changed(("branches", 1, "layer"), "stage1")
    plan = cb.BranchPlan.from_json(obj)
    assert len(plan.branches) == 2
    assert plan.layers == ("stage1",)


@st.composite
def plans(draw):
    n_classes = draw(st.integers(2, 30))
    branches = []
    for _ in range(draw(st.integers(1, 4))):
        n_groups = draw(st.integers(2, n_classes))
        rest = draw(st.lists(st.integers(0, n_groups - 1), min_size=n_classes - n_groups,
                             max_size=n_classes - n_groups))  # fmt: skip
        groups = draw(st.permutations([*range(n_groups), *rest]))
        weight = draw(st.floats(0, 1e9, allow_nan=False))
        layer = draw(st.text(min_size=1).filter(str.strip))
        names = draw(st.lists(st.text(), min_size=n_groups, max_size=n_groups))
        branches.append(Branch(layer, np.array(groups), tuple(names), weight))
    how = draw(st.dictionaries(st.text(), st.integers() | st.none() | st.text()))
    return cb.BranchPlan(tuple(branches), (), how)


@given(plans())
def test_plans_come_back_as_they_were(plan):
    again = cb.BranchPlan.from_json(json.loads(json.dumps(plan.to_json())), plan.n_classes)
    assert again.to_json() == plan.to_json()
    for branch, back in zip(plan.branches, again.branches, strict=True):
        np.testing.assert_array_equal(back.group_of_class, branch.group_of_class)
        assert (back.layer, back.names, back.weight) == (branch.layer, branch.names, branch.weight)
        assert branch.sizes.sum() == plan.n_classes
        assert branch.sizes.min() >= 1


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (None, "expected the format 'classblocks-branches', got 'NoneType'"),
        ([], "expected the format"),
        ({}, "expected the format 'classblocks-branches', got None"),
        (changed(("format",), "classblocks-study"), "got 'classblocks-study'"),
        (changed(("version",), 2), "expected format version 1, got 2"),
        (changed(("version",), True), "expected format version 1, got True"),
        (changed(("version",), ...), "expected format version 1, got None"),
        (changed(("classes",), "abcd"), "branches: classes: expected a list of names, got 'abcd'"),
        (changed(("classes",), [1, 2, 3, 4]), r"branches: classes\[0\]: expected names, got 1"),
        (changed(("classes",), ["a", "b", "c"]), "expected class ids 0 to 2, got 3"),
        (changed(("branches",), []), r"expected a list of branches, got \[\]"),
        (changed(("branches",), {}), "expected a list of branches, got {}"),
        (changed(("branches", 0), 5), r"branches\[0\]: expected an object, got 5"),
        (changed(("branches", 0, "layer"), ""), r"branches\[0\]: layer: expected the name of a la"),
        (changed(("branches", 0, "layer"), 3), r"branches\[0\]: layer: .* got 3"),
        (changed(("branches", 0, "layer"), ...), r"branches\[0\]: layer: .* got None"),
        (changed(("branches", 0, "groups"), ...), "'stage1': groups: expected a list of lists of"),
        (changed(("branches", 0, "groups"), [[0, 1, 2, 3]]), "expected at least 2 groups, got 1"),
        (changed(("branches", 0, "groups"), []), "expected at least 2 groups, got 0"),
        (changed(("branches", 0, "groups"), [[0, 1], 2]), r"groups\[1\]: expected lists of class"),
        (changed(("branches", 0, "groups"), [[0, 1, 2, 3], []]), "group 1 has no classes"),
        (changed(("branches", 1, "groups"), [[0], [1, 2, 4]]), "0 to 3, got 4"),
        (changed(("branches", 0, "groups"), [[0], [1, -1]]), "group 1: expected class ids 0 to 3"),
        (changed(("branches", 0, "groups"), [[0], [1, "2"]]), "group 1: expected class ids .*'2'"),
        (changed(("branches", 0, "groups"), [[0], [1, 2.0]]), "got 2.0"),
        (changed(("branches", 0, "groups"), [[0], [True, 2]]), "got True"),
        (
            changed(("branches", 0, "groups"), [[0, 1], [1, 2, 3]]),
            "class 1 is in group 0 and in gr",
        ),
        (
            changed(("branches", 0, "groups"), [[0, 0], [1, 2, 3]]),
            "class 0 is in group 0 and in gr",
        ),
        (changed(("branches", 0, "groups"), [[0], [1, 3]]), "class 2 is in no group"),
        (
            changed(("branches", 0, "names"), ["one"]),
            "expected 2 names of groups, got \\('one',\\)",
        ),
        (changed(("branches", 0, "names"), ["a", None]), r"names\[1\]: expected names, got None"),
        (changed(("branches", 0, "weight"), -0.1), "'stage1': weight: expected a finite number of"),
        (changed(("branches", 0, "weight"), float("nan")), "weight: .* got nan"),
        (changed(("branches", 0, "weight"), float("inf")), "weight: .* got inf"),
        (changed(("branches", 0, "weight"), 10**400), "weight: expected a finite number"),
        (changed(("branches", 0, "weight"), "1"), "weight: .* got '1'"),
        (changed(("branches", 0, "weight"), True), "weight: .* got True"),
        (changed(("branches", 0, "weight"), None), "weight: .* got None"),
        (changed(("how",), [1]), r"how: expected an object, got \[1\]"),
    ],
)
def test_what_is_no_plan_is_named(obj, words):
    with pytest.raises(ValueError, match=words) as caught:
        cb.BranchPlan.from_json(obj)
    assert len(str(caught.value)) < 300


def test_the_number_of_classes_is_checked():
    with pytest.raises(ValueError, match="class 4 is in no group"):
        cb.BranchPlan.from_json(changed(("classes",), []), n_classes=5)
    with pytest.raises(ValueError, match="0 to 2, got 3"):
        cb.BranchPlan.from_json(changed(("classes",), []), n_classes=3)
    with pytest.raises(ValueError, match="expected 4 class names, got 3"):
        cb.BranchPlan.from_json(changed(("classes",), ["a", "b", "c"]), n_classes=4)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([0, 0, 0], "branch at 'l': expected at least 2 groups, got 1"),
        ([], "one whole number per class"),
        (np.array([], int), "at least 2 groups, got 0"),
        ([0, 2, 2], "group 1 has no classes"),
        ([0, -1, 1], "got -1 for class 1"),
        ([0, 1, 9], "got 9 for class 2"),
        ([0, 1, 2**40], "for class 2"),
        ([0.0, 1.0], "one whole number per class, got float64"),
        ([[0, 1]], r"got int64 of shape \(1, 2\)"),
        (np.array([0, 1], bool), "got bool"),
    ],
)
def test_what_is_no_division_is_named(groups, words):
    with pytest.raises(ValueError, match=words):
        Branch("l", groups, ("a", "b"))


def test_branches_of_other_classes_are_refused():
    two, three = Branch("a", [0, 1], ("x", "y")), Branch("b", [0, 1, 1], ("x", "y"))
    with pytest.raises(ValueError, match="branch at 'b': expected 2 classes as in the first"):
        cb.BranchPlan((two, three))
    with pytest.raises(ValueError, match="expected at least one branch"):
        cb.BranchPlan(())
    with pytest.raises(ValueError, match="branch: expected the name of a layer, got ' '"):
        Branch(" ", [0, 1], ("x", "y"))
