"""Classes that an intermediate layer tells better than the network itself, beyond chance."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.columns import Columns
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.significance import paired_differences

FALSE_SHARE = 0.05


def early_exits(
    true: ArrayLike,
    layers: Mapping[str, ArrayLike],
    final: ArrayLike,
    n_classes: int,
    false_share: float = FALSE_SHARE,
) -> Columns:
    """Test for every class whether some layer tells it better than the network.

    Parameters
    ----------
    true : (n,) class ids
    layers : for each layer, from the input to the output, the (n,) predictions of a classifier on
        its output alone, for the same samples
    final : (n,) predictions of the network
    n_classes : number of classes
    false_share : expected share of wrong ones among the classes that are called better

    Returns
    -------
    Columns, one row per class: ``class_id``, int32 ``layer``, position of the one with the
    strongest evidence of being better, ties the larger difference and then the earlier, −1 without
    samples; int64 ``n_true``; float64 ``recall`` there, ``final_recall``, their ``difference`` and
    its 95 % interval ``low``, ``high``, ``p_value``, NaN without samples; bool ``is_best``, the
    highest recall of all layers is above the network's; bool ``is_better``, and beyond chance

    Raises
    ------
    ValueError
        No layers, unequal lengths or ids outside the classes.

    Notes
    -----
    METHODS §14. The highest of several recalls lies above the network's by luck in many classes if
    a class has few samples; so ``is_better`` asks for more. Each class and layer gets the one-sided
    exact McNemar test against the network; ``p_value`` is the one of the layer named, corrected
    for all classes and layers: Y. Benjamini & Y. Hochberg, J. R. Stat. Soc. B 57, 1995. The
    interval is Newcombe's for pairs and is not corrected for the choice of the layer.
    """
    if not layers:
        raise ValueError("layers: expected at least one layer, got none")
    flat = Hierarchy.flat([str(class_id) for class_id in range(n_classes)])
    leaf = flat.node_of_class
    tests = [paired_differences(true, pred, final, flat) for pred in layers.values()]
    rows = {
        name: np.stack([test[name][leaf] for test in tests])
        for name in ("recall", "recall_low", "recall_high", "p_value", "gained", "lost")
    }
    n_true = tests[0]["n_true"][leaf]
    known = n_true > 0
    one_sided = np.where(rows["gained"] > rows["lost"], rows["p_value"] / 2, 1.0)
    corrected = np.ones(one_sided.shape)
    corrected[:, known] = _false_discovery(one_sided[:, known])
    layer = np.array(
        [np.lexsort((-rows["recall"][:, c], one_sided[:, c]))[0] for c in range(n_classes)]
    )
    at = (layer, np.arange(n_classes))
    true_ids = validate.class_ids(true, n_classes, "true")
    right = np.bincount(true_ids[true_ids == np.asarray(final)], minlength=n_classes)
    final_recall = np.where(known, right / np.maximum(n_true, 1), np.nan)
    return Columns(
        {
            "class_id": np.arange(n_classes, dtype=np.int32),
            "layer": np.where(known, layer, -1).astype(np.int32),
            "n_true": n_true,
            "recall": final_recall + rows["recall"][at],
            "final_recall": final_recall,
            "difference": rows["recall"][at],
            "low": rows["recall_low"][at],
            "high": rows["recall_high"][at],
            "p_value": np.where(known, corrected[at], np.nan),
            "is_best": known & (rows["recall"] > 0).any(axis=0),
            "is_better": known & (corrected[at] <= false_share),
        }
    )


def _false_discovery(p_value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's corrected p-values, of the same shape."""
    flat = p_value.ravel()
    order = np.argsort(flat, kind="stable")[::-1]
    rank = np.arange(flat.size, 0, -1)
    corrected = np.empty(flat.size)
    corrected[order] = np.minimum.accumulate(np.minimum(flat[order] * flat.size / rank, 1.0))
    return corrected.reshape(p_value.shape)
