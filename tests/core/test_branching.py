import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import classblocks as cb
from classblocks.core.branch_plan import Branch
from classblocks.core.branching import even_cuts, full_classes, random_groups

TREE = cb.Hierarchy.from_nested(
    {"A": {"AA": ["6", "1"], "AB": ["2", "3"]}, "B": {"BA": ["4", "5"], "BB": ["0", "7"]}},
    list("01234567"),
)


def mixed(*runs):
    """Classes in a group are taken for each other evenly."""
    counts = np.zeros((8, 8), int)
    for run in runs:
        counts[np.ix_(run, run)] = 24 // len(run)
    return counts


COARSE = mixed([6, 1, 2, 3], [4, 5, 0, 7])
FINE = mixed([6, 1], [2, 3], [4, 5], [0, 7])
FINAL = 24 * np.eye(8, dtype=int)


def test_a_plan_from_probes():
    plan = cb.suggest_branches(
        TREE,
        {"early": COARSE, "late": FINE},
        FINAL,
        most=4,
        weight=0.2,
        classes=list("abcdefgh"),
        hierarchy_name="given",
    )
    assert plan.layers == ("early", "late")
    early, late = plan.branches
    assert early.group_of_class.tolist() == [1, 0, 0, 0, 1, 1, 0, 1]
    assert early.names == ("A", "B")
    assert late.group_of_class.tolist() == [3, 0, 1, 1, 2, 2, 0, 3]
    assert late.names == ("AA", "AB", "BA", "BB")
    assert early.weight == late.weight == 0.2
    assert plan.classes == tuple("abcdefgh")
    assert plan.how == {
        "source": "probes",
        "hierarchy": "given",
        "tau": 0.8,
        "most": 4,
        "prefer": "accuracy",
        "note": "",
        "branches": [
            {
                "layer": layer,
                "n_groups": n_groups,
                "inherited_from": None,
                "qualifies": True,
                "min_recall_ratio": 1.0,
                "weakest": weakest,
                "min_f1": 1.0,
                "cut_accuracy": 1.0,
            }
            for layer, n_groups, weakest in (("early", 2, "A"), ("late", 4, "AA"))
        ],
    }
    again = cb.BranchPlan.from_json(json.loads(json.dumps(plan.to_json(), allow_nan=False)), 8)
    assert again.to_json() == plan.to_json()


def test_the_default_limit_is_a_quarter_of_the_classes():
    plan = cb.suggest_branches(TREE, {"l": FINE}, FINAL)
    assert plan.branches[0].n_groups == 2
    assert plan.how["most"] == 2
    assert plan.how["hierarchy"] == "nested"


def test_what_cannot_be_known_is_null_in_the_file():
    nothing = np.zeros((8, 8), int)
    plan = cb.suggest_branches(TREE, {"l": nothing}, nothing)
    evidence = plan.how["branches"][0]
    assert [evidence[key] for key in ("min_recall_ratio", "min_f1", "cut_accuracy", "weakest")] == [
        None
    ] * 4
    assert not evidence["qualifies"]
    json.dumps(plan.to_json(), allow_nan=False)


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), "0.3", None])
def test_a_bad_weight_is_named(weight):
    with pytest.raises(ValueError, match="branch at 'l': weight: expected a finite number"):
        cb.suggest_branches(TREE, {"l": FINE}, FINAL, weight=weight)


def test_even_cuts_of_the_tree():
    plan = even_cuts(TREE, ["a", "b", "c"], first=2, factor=2, most=8, weight=0.1)
    assert [branch.n_groups for branch in plan.branches] == [2, 4, 8]
    assert plan.branches[1].names == ("AA", "AB", "BA", "BB")
    assert plan.branches[2].group_of_class.tolist() == TREE.leaf_of_class.tolist()
    assert {branch.weight for branch in plan.branches} == {0.1}
    assert plan.how == {
        "source": "tree", "hierarchy": "nested", "first": 2, "factor": 2.0, "most": 8,
    }  # fmt: skip
    many = even_cuts(TREE, [str(i) for i in range(2000)])
    assert many.branches[-1].n_groups == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"layers": []}, r"layers: expected names of layers, got \[\]"),
        ({"layers": "conv"}, "layers: expected names of layers, got 'conv'"),
        ({"layers": ["a"], "first": 1}, "first: expected at least 2, got 1"),
        ({"layers": ["a"], "first": 2.0}, "first: expected a whole number"),
        ({"layers": ["a"], "factor": 0.5}, "factor: expected a finite number of at least 1"),
        ({"layers": ["a"], "factor": float("nan")}, "factor: expected"),
        ({"layers": ["a"], "factor": float("inf")}, "factor: expected"),
        ({"layers": ["a"], "factor": "2"}, "factor: expected"),
        ({"layers": ["a"], "most": 1}, "most: expected at least 2"),
        ({"layers": [""]}, "expected the name of a layer"),
    ],
)
def test_bad_arguments_of_even_cuts_are_named(given, words):
    with pytest.raises(ValueError, match=words):
        even_cuts(TREE, **given)


@given(st.integers(0, 2**31), st.integers(2, 40), st.integers(2, 6), st.integers(0, 2**31))
def test_random_groups_keep_sizes_and_nesting(random_seed, n_classes, n_groups, seed):
    rng = np.random.default_rng(random_seed)
    n_groups = min(n_groups, n_classes)
    fine = rng.permutation(np.arange(n_classes) % n_groups)
    coarse = fine % 2
    plan = cb.BranchPlan(
        (
            Branch("a", coarse, ("x", "y"), 0.7),
            Branch("b", fine, tuple(map(str, range(n_groups))), 0.1),
        ),
        tuple(map(str, range(n_classes))),
        {"source": "hand"},
    )
    control = random_groups(plan, seed)
    assert control.to_json() == random_groups(plan, seed).to_json()
    for branch, drawn in zip(plan.branches, control.branches, strict=True):
        np.testing.assert_array_equal(drawn.sizes, branch.sizes)
        assert (drawn.layer, drawn.weight) == (branch.layer, branch.weight)
    np.testing.assert_array_equal(
        control.branches[0].group_of_class, control.branches[1].group_of_class % 2
    )
    assert control.classes == plan.classes
    assert control.how == {"source": "random", "seed": seed, "of": {"source": "hand"}}


def test_random_groups_are_not_the_given_ones():
    groups = np.repeat(np.arange(10), 20)
    plan = cb.BranchPlan((Branch("a", groups, tuple("abcdefghij")),))
    together = (groups[:, None] == groups) & ~np.eye(200, dtype=bool)
    drawn = [random_groups(plan, seed).branches[0].group_of_class for seed in range(5)]
    for one in drawn:
        kept = (one[:, None] == one)[together].mean()
        assert kept < 0.2  # by chance 19 of 199
    assert len({one.tobytes() for one in drawn}) == 5
    with pytest.raises(ValueError, match="seed: expected at least 0, got -1"):
        random_groups(plan, -1)


def test_full_classes():
    plan = cb.BranchPlan(
        (Branch("a", [0, 1, 1], ("x", "y"), 0.2), Branch("b", [0, 1, 1], ("x", "y")))
    )
    full = full_classes(plan, 3)
    assert [branch.group_of_class.tolist() for branch in full.branches] == [[0, 1, 2]] * 2
    assert [(b.layer, b.weight) for b in full.branches] == [("a", 0.2), ("b", 0.3)]
    assert full.branches[0].names == ("0", "1", "2")
    named = full_classes(cb.BranchPlan(plan.branches, ("p", "q", "r")), 3)
    assert named.branches[0].names == ("p", "q", "r")
    with pytest.raises(ValueError, match="n_classes: expected 3 as in the plan, got 4"):
        full_classes(plan, 4)
