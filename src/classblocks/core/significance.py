"""Whether two rates differ: intervals of differences, and the exact test for paired results."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import Z_95, group_metrics, subtree_sums, wilson

Floats = NDArray[np.float64]


def difference_interval(
    k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, z: float = Z_95
) -> tuple[Floats, Floats]:
    """Interval of the difference of two independent rates.

    Parameters
    ----------
    k1, n1 : successes and trials of the first rate, broadcast against the others
    k2, n2 : of the second
    z : normal quantile, 1.96 for 95 %

    Returns
    -------
    low, high : float64 in [−1, 1], of ``k1 / n1 − k2 / n2``; NaN where ``n1`` or ``n2`` is 0

    Notes
    -----
    R. G. Newcombe, Statistics in Medicine 17, 1998, 873–890, method 10: the two Wilson intervals,
    combined. On the same samples use ``paired_interval``; this one is then too wide for rates that
    rise and fall together.
    """
    successes1, trials1, successes2, trials2 = np.broadcast_arrays(
        *(np.asarray(a, np.float64) for a in (k1, n1, k2, n2))
    )
    return combined_interval(
        _rate(successes1, trials1),
        wilson(successes1, trials1, z),
        _rate(successes2, trials2),
        wilson(successes2, trials2, z),
    )


def combined_interval(
    rate1: Floats, interval1: tuple[Floats, Floats], rate2: Floats, interval2: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Interval of ``rate1 − rate2`` from an interval of each.

    Notes
    -----
    Square-and-add, as in ``difference_interval``; G. Y. Zou & A. Donner, Statistics in Medicine 27,
    2008, show that it holds for any two independent estimates.
    """
    change = rate1 - rate2
    low = change - np.hypot(rate1 - interval1[0], interval2[1] - rate2)
    high = change + np.hypot(interval1[1] - rate1, rate2 - interval2[0])
    return low, high


def paired_interval(
    both: ArrayLike, first: ArrayLike, second: ArrayLike, neither: ArrayLike, z: float = Z_95
) -> tuple[Floats, Floats]:
    """Interval of the difference of two rates over the same samples.

    Parameters
    ----------
    both, first, second, neither : samples that both results, only the first, only the second and
        none got right; broadcast
    z : normal quantile, 1.96 for 95 %

    Returns
    -------
    low, high : float64 in [−1, 1], of ``(first − second) / n``; NaN without samples

    Raises
    ------
    ValueError
        A negative number.

    Notes
    -----
    R. G. Newcombe, Statistics in Medicine 17, 1998, 2635–2650, method 10: the Wilson intervals of
    the two rates, combined with their correlation, which is that of the table after a continuity
    correction towards 0.
    """
    a, b, c, d = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (both, first, second, neither))
    )
    least = min((float(x.min()) for x in (a, b, c, d) if x.size), default=0)
    if least < 0:
        raise ValueError(f"paired_interval: expected numbers of samples, got {least:g}")
    n = a + b + c + d
    rate1, rate2 = _rate(a + b, n), _rate(a + c, n)
    low1, high1 = wilson(a + b, n, z)
    low2, high2 = wilson(a + c, n, z)
    product = a * d - b * c
    corrected = np.where(product > 0, np.maximum(product - n / 2, 0), product)
    margins = np.sqrt(a + b) * np.sqrt(c + d) * np.sqrt(a + c) * np.sqrt(b + d)
    alike = np.where(margins > 0, corrected / np.where(margins > 0, margins, 1), 0)
    down, up = rate1 - low1, high2 - rate2
    rise, fall = high1 - rate1, rate2 - low2
    change = _rate(b - c, n)
    low = change - np.sqrt(np.maximum(down**2 - 2 * alike * down * up + up**2, 0))
    high = change + np.sqrt(np.maximum(rise**2 - 2 * alike * rise * fall + fall**2, 0))
    return low, high


def mcnemar(b: ArrayLike, c: ArrayLike) -> Floats:
    """Exact two-sided p-value of McNemar's test for paired results.

    Parameters
    ----------
    b, c : samples that only the first and only the second result got right; broadcast

    Returns
    -------
    float64 in [0, 1]: probability, if both were equally good, of a split of the ``b + c`` samples
    at least as uneven; 1 where both are 0

    Raises
    ------
    ValueError
        A negative number.

    Notes
    -----
    Q. McNemar, Psychometrika 12, 1947; the exact form is the sign test on the samples that differ.
    """
    from scipy.special import bdtr

    first, second = np.broadcast_arrays(np.asarray(b, np.int64), np.asarray(c, np.int64))
    less, n = np.minimum(first, second), first + second
    if (less < 0).any():
        raise ValueError(f"mcnemar: expected numbers of samples, got {less.min()}")
    p_value: Floats = np.minimum(2 * bdtr(less.astype(np.float64), n, 0.5), 1.0)
    return p_value


def group_differences(
    counts: ArrayLike | Cells, baseline: ArrayLike | Cells, hierarchy: Hierarchy
) -> Columns:
    """Change of every group's metrics against a baseline of other samples, with intervals.

    Parameters
    ----------
    counts, baseline : (n_classes, n_classes) samples, axis 0 true, or Cells
    hierarchy : over the same classes

    Returns
    -------
    Columns, one row per node: ``node``, ``name``; for ``precision``, ``recall`` and ``f1`` the
    change, negative for a drop, and its 95 % interval ``…_low``, ``…_high``; NaN where either
    result has no such metric

    Notes
    -----
    ``difference_interval``; for F1 from its own interval in ``group_metrics``. On the same samples
    the intervals are too wide: ``paired_differences`` tests those.
    """
    after, before = group_metrics(counts, hierarchy), group_metrics(baseline, hierarchy)
    columns: dict[str, NDArray[np.generic]] = {"node": after["node"], "name": after["name"]}
    for metric in ("precision", "recall", "f1"):
        columns[metric] = after[metric] - before[metric]
        columns[f"{metric}_low"], columns[f"{metric}_high"] = combined_interval(
            after[metric],
            (after[f"{metric}_low"], after[f"{metric}_high"]),
            before[metric],
            (before[f"{metric}_low"], before[f"{metric}_high"]),
        )
    return Columns(columns)


def paired_differences(
    true: ArrayLike, pred: ArrayLike, baseline_pred: ArrayLike, hierarchy: Hierarchy
) -> Columns:
    """Change of every group's recall against a baseline on the same samples, tested.

    Parameters
    ----------
    true, pred, baseline_pred : (n,) class ids of the same samples
    hierarchy : over the same classes

    Returns
    -------
    Columns, one row per node: ``node``, ``name``; int64 ``n_true``, ``gained`` and ``lost``,
    samples that only the new and only the old prediction keeps in the group; float64 ``recall``,
    the change, and its 95 % interval ``recall_low``, ``recall_high`` by ``paired_interval``, NaN
    without samples; ``p_value`` of ``mcnemar``

    Raises
    ------
    ValueError
        Unequal lengths or ids outside the classes; names the first bad row.
    """
    n_classes = hierarchy.n_classes
    true_ids = validate.class_ids(true, n_classes, "true")
    new = validate.class_ids(pred, n_classes, "pred")
    old = validate.class_ids(baseline_pred, n_classes, "baseline_pred")
    validate.same_length(true=true_ids, pred=new, baseline_pred=old)
    new_joint, old_joint = hierarchy.lca(true_ids, new), hierarchy.lca(true_ids, old)
    # Both are ancestors of the true class: the lower one is the larger number. A group between
    # the two keeps one prediction only; those above both keep both, and cancel.
    both = np.minimum(new_joint, old_joint)
    tp_both = _per_node(both, hierarchy)
    gained = _per_node(new_joint, hierarchy) - tp_both
    lost = _per_node(old_joint, hierarchy) - tp_both
    n_true = _per_node(hierarchy.node_of_class[true_ids], hierarchy)
    low, high = paired_interval(tp_both, gained, lost, n_true - tp_both - gained - lost)
    return Columns(
        {
            "node": np.arange(hierarchy.n_nodes, dtype=np.int32),
            "name": np.array(hierarchy.name, dtype=object),
            "n_true": n_true,
            "gained": gained,
            "lost": lost,
            "recall": _rate((gained - lost).astype(np.float64), n_true.astype(np.float64)),
            "recall_low": low,
            "recall_high": high,
            "p_value": mcnemar(gained, lost),
        }
    )


def _per_node(node: NDArray[np.int32], hierarchy: Hierarchy) -> NDArray[np.int64]:
    own = np.bincount(node, minlength=hierarchy.n_nodes).astype(np.int64)
    return subtree_sums(own, hierarchy)


def _rate(part: Floats, whole: Floats) -> Floats:
    return part / np.where(whole > 0, whole, np.nan)
