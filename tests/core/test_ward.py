import numpy as np
import pytest

from classblocks.core.order import order_classes


def test_clusters_of_features_become_groups():
    rng = np.random.default_rng(0)
    centre = np.repeat(rng.normal(size=(3, 8)) * 10, 5, axis=0)
    shuffle = rng.permutation(15)
    features = (centre + rng.normal(size=(15, 8)))[shuffle]
    tree = order_classes(np.eye(15, dtype=int), "ward", features=features)
    group = (shuffle // 5)[tree.class_of_leaf]
    assert np.count_nonzero(np.diff(group)) == 2
    assert tree.how["source"] == "features"
    assert tree.how["isolated"] == []


@pytest.mark.parametrize("n_classes", [1, 2])
def test_one_and_two_classes(n_classes):
    tree = order_classes(np.eye(n_classes, dtype=int), "ward", features=np.zeros((n_classes, 3)))
    assert tree.class_of_leaf.tolist() == list(range(n_classes))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (None, r"ward: expected features \(n_classes, n_features\), got none"),
        (np.zeros((3, 2)), r"expected numbers of shape \(2, n_features\), got float64 of shape"),
        ([[0.0, 1.0], [np.inf, 0.0]], "expected finite numbers, class 1 has others"),
    ],
)
def test_errors(features, message):
    with pytest.raises(ValueError, match=message):
        order_classes(np.eye(2, dtype=int), "ward", features=features)
