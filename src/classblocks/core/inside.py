"""Groups that are told from the rest, but whose classes are not told from each other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.columns import Columns
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import GroupCounter, matching_cells, subtree_sums, wilson


def confused_inside(counts: ArrayLike | Cells, hierarchy: Hierarchy) -> Columns:
    """How well every group is separated, and how well its classes are inside it.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells; the diagonal is included
    hierarchy : over the same classes

    Returns
    -------
    Columns, one row per node: ``node``, ``name``; int64 ``n_classes``, ``n_true``, ``tp`` samples
    whose predicted class lies in the group too, and ``correct`` ones among them; float64
    ``recall`` = tp / n_true, ``inside`` = correct / tp, the accuracy among the samples kept in the
    group, and ``confused`` = (tp − correct) / n_true = recall · (1 − inside), with 95 % intervals
    ``recall_low`` … ``confused_high``; ``class_recall``, the mean recall of its classes that have
    samples; ``recall_by_chance``, the share of all samples predicted into the group;
    ``inside_by_chance`` = 1 / n_classes; ``confused_beyond_chance`` = (recall −
    recall_by_chance) · (1 − inside).
    NaN: no sample of the group (recall, both confused, class_recall), none kept in it (inside), no
    sample at all (recall_by_chance)

    Raises
    ------
    ValueError
        Not counts, or another number of classes than the hierarchy's.

    Notes
    -----
    Blocks §4.1.2 finds dogs separated as a group but confused with each other. ``confused`` is the
    share of a group's samples that stay in it under a wrong class; the root's is the error rate.
    A group of nearly all classes keeps most samples by chance, so ``confused_beyond_chance`` is
    what ranks groups. Intervals are Wilson's.
    """
    cells = matching_cells(counts, hierarchy)
    groups = GroupCounter(cells, hierarchy).metrics()
    n_true, tp = groups["n_true"], groups["tp"]
    right = cells.true == cells.pred
    own = np.zeros(hierarchy.n_nodes, np.int64)
    own[hierarchy.node_of_class[cells.true[right]]] = cells.count[right]
    correct = subtree_sums(own, hierarchy)
    size = (hierarchy.stop - hierarchy.start).astype(np.int64)

    has_recall = (hierarchy.class_of_node >= 0) & (n_true > 0)
    columns = {
        "node": groups["node"],
        "name": groups["name"],
        "n_classes": size,
        "n_true": n_true,
        "tp": tp,
        "correct": correct,
        "recall": groups["recall"],
        "recall_low": groups["recall_low"],
        "recall_high": groups["recall_high"],
    }
    for name, part, whole in (("inside", correct, tp), ("confused", tp - correct, n_true)):
        columns[name] = part / _known(whole)
        columns[f"{name}_low"], columns[f"{name}_high"] = wilson(part, whole)
    columns["class_recall"] = _mean_below(groups["recall"], has_recall, hierarchy)
    columns["recall_by_chance"] = groups["n_pred"] / _known(np.asarray(cells.n_samples))
    columns["inside_by_chance"] = 1 / size
    beyond = columns["recall"] - columns["recall_by_chance"]
    columns["confused_beyond_chance"] = np.where(
        tp > 0, beyond * (1 - columns["inside"]), beyond * 0
    )
    return Columns(columns)


def _mean_below(
    value: NDArray[np.float64], counts: NDArray[np.bool_], hierarchy: Hierarchy
) -> NDArray[np.float64]:
    """Give by node the mean over the nodes at and below it that count; NaN without one."""
    total = np.append(0.0, np.cumsum(np.where(counts, value, 0)))
    n = subtree_sums(counts.astype(np.int64), hierarchy)
    below: NDArray[np.float64] = (total[hierarchy.node_stop] - total[:-1]) / _known(n)
    return below


def _known(whole: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.where(whole > 0, whole, np.nan)
