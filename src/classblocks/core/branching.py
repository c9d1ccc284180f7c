"""Choosing the groups of branches: from classifiers on layers, from a tree alone, and controls."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.branch_cuts import LayerCut, choose_cuts, even_nodes, group_limit, note_of
from classblocks.core.branch_plan import DEFAULT_WEIGHT, Branch, BranchPlan
from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.separability import separability


def suggest_branches(
    hierarchy: Hierarchy,
    probes: Mapping[str, ArrayLike | Cells],
    final: ArrayLike | Cells,
    *,
    tau: float = 0.8,
    most: int | None = None,
    weight: float = DEFAULT_WEIGHT,
    prefer: str = "accuracy",
    classes: Sequence[str] = (),
    hierarchy_name: str | None = None,
) -> BranchPlan:
    """Choose for every layer the finest groups that its output already tells apart.

    Parameters
    ----------
    hierarchy : over the classes; its names become those of the groups
    probes : for each layer that gets a branch, in their order in the network, the confusions of a
        classifier on its output alone: (n_classes, n_classes) samples, axis 0 true, or Cells
    final : confusions of the network, best on the same samples
    tau : share of the network's recall that every group must keep
    most : largest number of groups of a branch; by default a quarter of the classes, or the
        children of the root if these are more
    weight : of every branch
    prefer : which group is split first where there would be more than ``most``: ``accuracy``, the
        one whose split costs least (METHODS §16.3), which leaves large groups whole; ``size``, the
        largest
    classes : n_classes names for the plan, or none
    hierarchy_name : what the provenance calls the hierarchy

    Returns
    -------
    BranchPlan, one branch per layer. ``how`` has ``tau``, ``most``, ``hierarchy``, a ``note``, and
    per branch the evidence of ``LayerCut``

    Raises
    ------
    ValueError
        A root with nothing but classes or with more than ``most`` children, a bad ``tau``,
        ``most``, ``weight`` or layer.

    Notes
    -----
    METHODS §16.3, as ``choose_cuts`` does it.
    """
    cuts = choose_cuts(
        hierarchy, separability(probes, final, hierarchy), tau=tau, most=most, prefer=prefer
    )
    branches = [_branch(hierarchy, cut.layer, cut.nodes, weight) for cut in cuts]
    how = {
        "source": "probes",
        "hierarchy": _name_of(hierarchy, hierarchy_name),
        "tau": float(tau),
        "most": group_limit(hierarchy, most),
        "prefer": prefer,
        "note": note_of(hierarchy, cuts, tau),
        "branches": [_evidence(hierarchy, cut) for cut in cuts],
    }
    return BranchPlan(tuple(branches), tuple(classes), how)


def even_cuts(
    hierarchy: Hierarchy,
    layers: Sequence[str],
    *,
    first: int = 3,
    factor: float = 2.5,
    most: int | None = None,
    weight: float = DEFAULT_WEIGHT,
    classes: Sequence[str] = (),
    hierarchy_name: str | None = None,
) -> BranchPlan:
    """Choose groups of like size from the tree alone, more of them in every layer.

    Parameters
    ----------
    hierarchy : over the classes
    layers : those that get a branch, in their order in the network
    first, factor : groups of the first layer, and how many times more each next one gets
    most, weight, classes, hierarchy_name : as in ``suggest_branches``

    Returns
    -------
    BranchPlan; each cut divides groups of the one before. The largest group is split next whose
    split brings the number of groups nearer to the one wanted, ties by node

    Raises
    ------
    ValueError
        As ``suggest_branches``; no layers, or a ``factor`` below 1.

    Notes
    -----
    METHODS §16.2: 3 groups first, 2–3 times as many per branch, at most a quarter of the classes.
    """
    first = validate.whole(first, "first", 2)
    if not isinstance(factor, int | float) or not 1 <= factor < float("inf"):
        raise ValueError(f"factor: expected a finite number of at least 1, got {factor!r}")
    if isinstance(layers, str) or not layers:
        raise ValueError(f"layers: expected names of layers, got {layers!r}")
    cuts = even_nodes(hierarchy, len(layers), first, factor, most)
    branches = [
        _branch(hierarchy, layer, nodes, weight) for layer, nodes in zip(layers, cuts, strict=True)
    ]
    how = {
        "source": "tree",
        "hierarchy": _name_of(hierarchy, hierarchy_name),
        "first": first,
        "factor": float(factor),
        "most": group_limit(hierarchy, most),
    }
    return BranchPlan(tuple(branches), tuple(classes), how)


def random_groups(plan: BranchPlan, seed: int) -> BranchPlan:
    """Give every class the place of a random other one: as many groups of the same sizes.

    Parameters
    ----------
    plan : any
    seed : whole number ≥ 0

    Returns
    -------
    BranchPlan. All branches share one permutation, so groups nest as they do in ``plan``: what is
    lost is which classes are together, and nothing else (METHODS §16.5)
    """
    order = np.random.default_rng(validate.whole(seed, "seed", 0)).permutation(plan.n_classes)
    branches = tuple(
        Branch(
            branch.layer,
            branch.group_of_class[order],
            tuple(f"random {number}" for number in range(1, branch.n_groups + 1)),
            branch.weight,
        )
        for branch in plan.branches
    )
    return BranchPlan(
        branches, plan.classes, {"source": "random", "seed": int(seed), "of": {**plan.how}}
    )


def full_classes(plan: BranchPlan, n_classes: int) -> BranchPlan:
    """Let every branch tell all classes, as in deeply-supervised nets (METHODS §16.5).

    Parameters
    ----------
    plan : its layers and weights are kept
    n_classes : must be the plan's

    Returns
    -------
    BranchPlan; classes without names are named by their ids
    """
    if validate.whole(n_classes, "n_classes", 2) != plan.n_classes:
        raise ValueError(f"n_classes: expected {plan.n_classes} as in the plan, got {n_classes}")
    names = plan.classes or tuple(map(str, range(n_classes)))
    every = np.arange(n_classes, dtype=np.int32)
    branches = tuple(Branch(branch.layer, every, names, branch.weight) for branch in plan.branches)
    return BranchPlan(branches, plan.classes, {"source": "classes", "of": {**plan.how}})


def _evidence(hierarchy: Hierarchy, cut: LayerCut) -> dict[str, Any]:
    return {
        "layer": cut.layer,
        "n_groups": len(cut.nodes),
        "inherited_from": cut.inherited_from,
        "qualifies": cut.qualifies,
        "min_recall_ratio": _known(cut.min_recall_ratio),
        "weakest": hierarchy.name[cut.weakest] if cut.weakest >= 0 else None,
        "min_f1": _known(cut.min_f1),
        "cut_accuracy": _known(cut.cut_accuracy),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _branch(hierarchy: Hierarchy, layer: str, nodes: NDArray[np.int32], weight: float) -> Branch:
    group_of_leaf = np.repeat(np.arange(len(nodes)), hierarchy.stop[nodes] - hierarchy.start[nodes])
    return Branch(
        layer,
        group_of_leaf[hierarchy.leaf_of_class].astype(np.int32),
        tuple(hierarchy.name[node] for node in nodes.tolist()),
        weight,
    )


def _name_of(hierarchy: Hierarchy, given: str | None) -> str:
    if given is not None:
        return given
    return str(hierarchy.how.get("method") or hierarchy.how.get("source") or "")
