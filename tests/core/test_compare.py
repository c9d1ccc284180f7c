import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.compare import (
    compare_hierarchies,
    compare_levels,
    dasgupta_cost,
    error_mass,
)
from classblocks.core.confusion import cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import level_mass, pair_mass

NAMES = list("012345")


def apart():
    return Hierarchy.from_nested([["0", "1"], ["2", "3"], ["4", "5"]], NAMES)


def joined():
    return Hierarchy.from_nested([[["0", "1"], ["2", "3"]], ["4", "5"]], NAMES)


def example_counts():
    """METHODS §2.5: 10 errors between {0, 1} and {2, 3}, 2 inside each of these."""
    counts = np.diag(np.full(6, 9))
    counts[0, 2], counts[3, 1], counts[1, 2] = 4, 5, 1
    counts[0, 1], counts[2, 3], counts[3, 2] = 2, 1, 1
    return counts


def members(hierarchy):
    return [
        set(hierarchy.class_of_leaf[start:stop].tolist())
        for start, stop in zip(hierarchy.start, hierarchy.stop, strict=True)
    ]


def test_worked_example_of_the_cost():
    counts = example_counts()
    assert dasgupta_cost(counts, apart(), normalised=False) == 68
    assert dasgupta_cost(counts, apart()) == pytest.approx(0.8095, abs=5e-5)
    assert dasgupta_cost(counts, joined(), normalised=False) == 48
    assert dasgupta_cost(cells_of(counts), joined()) == pytest.approx(0.5714, abs=5e-5)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_cost_and_mass_by_their_definitions(random_hierarchy, seed, n):
    tree = random_hierarchy(seed, n)
    counts = np.random.default_rng(seed).poisson(0.7, (n, n))
    errors = counts - np.diag(np.diag(counts))
    groups = members(tree)
    cost = sum(
        int(errors[i, j]) * min(len(group) for group in groups if {i, j} <= group)
        for i in range(n)
        for j in range(n)
        if i != j
    )
    assert dasgupta_cost(counts, tree, normalised=False) == cost
    total = errors.sum()
    expected = cost / (total * n) if total else np.nan
    assert dasgupta_cost(counts, tree) == pytest.approx(expected, nan_ok=True)
    inside = [errors[np.ix_(sorted(group), sorted(group))].sum() for group in groups]
    mass = np.array(inside) / total if total else np.full(len(groups), np.nan)
    assert error_mass(counts, tree) == pytest.approx(mass, nan_ok=True)


def test_the_star_costs_one():
    assert dasgupta_cost(example_counts(), Hierarchy.flat(NAMES)) == 1


@given(st.integers(0, 10_000), st.integers(1, 14))
def test_best_matches_by_brute_force(random_hierarchy, seed, n):
    a, b = random_hierarchy(seed, n), random_hierarchy(seed + 1, n)
    table = compare_hierarchies(a, b)
    theirs = members(b)
    for v, group in enumerate(members(a)):
        jaccard = [len(group & other) / len(group | other) for other in theirs]
        row = table.row(v)
        assert row["best"] == int(np.argmax(jaccard))
        assert row["jaccard"] == pytest.approx(max(jaccard))
        assert row["n_shared"] == len(group & theirs[row["best"]])
        assert row["n_classes"] == len(group)
        assert row["best_name"] == b.name[row["best"]]


def test_memory_blocks_do_not_show(random_hierarchy, monkeypatch):
    a, b = random_hierarchy(1, 40), random_hierarchy(2, 40)
    whole = compare_hierarchies(a, b)
    monkeypatch.setattr("classblocks.core.compare._CHUNK", 16)
    parts = compare_hierarchies(a, b)
    for name, values in whole.items():
        assert (parts[name] == values).all()


def test_a_hierarchy_matches_itself():
    table = compare_hierarchies(joined(), joined())
    assert (table["best"] == table["node"]).all()
    assert (table["jaccard"] == 1).all()


def test_levels_side_by_side():
    table = compare_levels(example_counts(), apart(), joined())
    assert table["depth"].tolist() == [0, 1, 2]
    assert table["mass_a"] == pytest.approx([1, 4 / 14, 0])
    assert table["mass_b"] == pytest.approx([1, 1, 4 / 14])
    assert table["mass_b"] == pytest.approx(level_mass(example_counts(), joined()))
    assert table["chance_a"] == pytest.approx([1, 6 / 30, 0])
    assert table["chance_b"] == pytest.approx(pair_mass(joined()))


def test_no_errors():
    right = np.diag(np.arange(6))
    assert np.isnan(dasgupta_cost(right, apart()))
    assert dasgupta_cost(right, apart(), normalised=False) == 0
    assert np.isnan(error_mass(right, apart())).all()
    table = compare_levels(right, apart(), joined())
    assert np.isnan(table["mass_a"]).all()
    assert table["chance_a"][0] == 1


def test_different_classes():
    with pytest.raises(ValueError, match="expected 6 classes as in a, got 3"):
        compare_hierarchies(apart(), Hierarchy.flat(list("abc")))
    with pytest.raises(ValueError, match="expected 3 classes"):
        dasgupta_cost(example_counts(), Hierarchy.flat(list("abc")))
