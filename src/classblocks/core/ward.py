"""Ward clustering of class features."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.linkage import Merges


def class_features(features: ArrayLike | None, n_classes: int) -> NDArray[np.float64]:
    """Check one row of finite numbers per class.

    Raises
    ------
    ValueError
        Nothing given, another number of rows, or not finite; names the first bad class.
    """
    if features is None:
        raise ValueError("ward: expected features (n_classes, n_features), got none")
    rows = np.asarray(features)
    if rows.ndim != 2 or len(rows) != n_classes or rows.dtype.kind not in "fiub":
        raise ValueError(
            f"features: expected numbers of shape ({n_classes}, n_features), "
            f"got {rows.dtype} of shape {rows.shape}"
        )
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        raise ValueError(f"features: expected finite numbers, class {int(bad.argmax())} has others")
    return rows.astype(np.float64)


def ward_merges(features: NDArray[np.float64]) -> Merges:
    """Cluster rows by Ward's criterion and turn the children by optimal leaf ordering.

    Parameters
    ----------
    features : (m, n_features), m ≥ 2

    Returns
    -------
    Merges; ``height`` falls from 1 for equal rows to 0 for the last merge

    Notes
    -----
    METHODS §22.6: NBDT (Wan et al. 2021) clusters the rows of the last layer's weights so.
    """
    from scipy.cluster.hierarchy import linkage, optimal_leaf_ordering
    from scipy.spatial.distance import pdist

    distance = pdist(features)
    table = optimal_leaf_ordering(linkage(features, "ward"), distance)
    height = 1 - table[:, 2] / (table[:, 2].max() or 1.0)
    return Merges(len(features), table[:, :2].astype(np.int64), height)
