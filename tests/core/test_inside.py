import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, recall_score

import classblocks as cb
from classblocks.core.confusion import confusion
from classblocks.core.inside import confused_inside


def predictions(seed, n_classes, n):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    return true, np.where(rng.random(n) < 0.5, true, rng.integers(0, n_classes, n))


def wilson_of(part, whole):
    found = binomtest(int(part), int(whole)).proportion_ci(method="wilson")
    return pytest.approx((found.low, found.high))


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(0, 60))
def test_every_group_as_scikit_learn_counts_it(random_hierarchy, seed, n_classes, n):
    tree = random_hierarchy(seed, n_classes)
    true, pred = predictions(seed, n_classes, n)
    table = confused_inside(confusion(true, pred, n_classes), tree)
    for v in range(tree.n_nodes):
        group = tree.class_of_leaf[tree.start[v] : tree.stop[v]]
        row = table.row(v)
        ours = np.isin(true, group)
        kept = ours & np.isin(pred, group)
        assert (row["n_classes"], row["n_true"], row["tp"]) == (group.size, ours.sum(), kept.sum())
        assert row["correct"] == (kept & (pred == true)).sum()
        assert row["inside_by_chance"] == 1 / group.size
        if not ours.any():
            for name in ("recall", "confused", "confused_low", "class_recall"):
                assert np.isnan(row[name])
            assert np.isnan(row["confused_beyond_chance"])
            continue
        wrong = kept & (pred != true)
        assert row["confused"] == pytest.approx(wrong.sum() / ours.sum())
        assert (row["confused_low"], row["confused_high"]) == wilson_of(wrong.sum(), ours.sum())
        assert (row["recall_low"], row["recall_high"]) == wilson_of(kept.sum(), ours.sum())
        present = np.intersect1d(group, true)
        recalls = recall_score(true, pred, labels=present, average=None, zero_division=np.nan)
        assert row["class_recall"] == pytest.approx(recalls.mean())
        chance = np.isin(pred, group).mean()
        assert row["recall_by_chance"] == pytest.approx(chance)
        if not kept.any():
            assert np.isnan(row["inside"])
            continue
        assert row["inside"] == pytest.approx(accuracy_score(true[kept], pred[kept]))
        assert (row["inside_low"], row["inside_high"]) == wilson_of(row["correct"], kept.sum())
        assert row["confused"] == pytest.approx(row["recall"] * (1 - row["inside"]))
        beyond = (row["recall"] - chance) * (1 - row["inside"])
        assert row["confused_beyond_chance"] == pytest.approx(beyond)


def test_dogs_told_from_the_rest_but_not_from_each_other():
    names = ["pug", "husky", "beagle", "cup", "bowl", "spoon"]
    tree = cb.Hierarchy.from_nested({"dog": names[:3], "ware": names[3:]}, names)
    counts = np.zeros((6, 6), int)
    counts[:3, :3] = 30  # any dog for any dog
    counts[3:, 3:] = 85 * np.eye(3, dtype=int)
    counts[3:, :3] = 1
    counts[3:, 3:] += 1
    table = cb.confused_inside(counts, tree)
    dog, ware = (table.row(tree.name.index(name)) for name in ("dog", "ware"))
    assert dog["recall"] == 1
    assert dog["inside"] == dog["inside_by_chance"] == dog["class_recall"] == pytest.approx(1 / 3)
    assert dog["recall_by_chance"] == pytest.approx(279 / 543)
    assert dog["confused"] == pytest.approx(2 / 3)
    assert dog["confused_low"] < 2 / 3 < dog["confused_high"]
    assert ware["inside"] == pytest.approx(258 / 264)
    root = table.row(0)
    assert root["confused"] == pytest.approx(1 - np.trace(counts) / counts.sum())
    assert root["confused_beyond_chance"] == pytest.approx(0)
    assert dog["confused_beyond_chance"] > 20 * ware["confused_beyond_chance"] > 0


def test_counts_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="expected 2 classes as in the hierarchy, got 3"):
        confused_inside(np.eye(3, dtype=int), cb.Hierarchy.flat(["a", "b"]))
