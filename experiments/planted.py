"""Confusions with known groups: the generators of METHODS §4 and §5, and one with heavy tails."""

import numpy as np

from classblocks.core.confusion import Cells, cells_of


def six_groups(seed: int, n_outliers: int = 10) -> tuple[Cells, np.ndarray]:
    """Six unequal groups in two supergroups, 120 classes: Poisson counts and a few heavy pairs."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(6), rng.permutation([8, 12, 16, 20, 28, 36]))
    n_classes = len(group)
    rate = np.where(group[:, None] // 3 == group // 3, 0.4, 0.02)
    rate[group[:, None] == group] = 3.0
    counts = rng.poisson(rate)
    for _ in range(n_outliers):
        true, pred = rng.integers(0, n_classes, 2)
        counts[true, pred] += rng.integers(10, 40)
    np.fill_diagonal(counts, 50)
    shuffle = rng.permutation(n_classes)
    return cells_of(counts[np.ix_(shuffle, shuffle)]), group[shuffle]


def heavy_tailed(seed: int, n_classes: int = 1000, n_samples: int = 50) -> Cells:
    """Four levels of random groups; error rates of classes and of pairs differ by orders."""
    rng = np.random.default_rng(seed)
    rate = np.full((n_classes, n_classes), 4e-4)
    group = np.zeros(n_classes, int)
    for n_parts, level in ((3, 0.0015), (4, 0.008), (5, 0.05), (4, 0.4)):
        part = np.empty(n_classes, int)
        for g in np.unique(group):
            members = np.flatnonzero(group == g)
            part[members] = rng.choice(
                n_parts, len(members), p=rng.dirichlet(np.full(n_parts, 1.5))
            )
        group = np.unique(group * n_parts + part, return_inverse=True)[1]
        rate[group[:, None] == group] = level
    pair = rng.normal(0, 1.5, (n_classes, n_classes))
    rate *= np.exp((pair + pair.T) / 2)
    np.fill_diagonal(rate, 0)
    errors = rng.beta(1.5, 4.5, n_classes) * n_samples
    counts = rng.poisson(rate / rate.sum(axis=1, keepdims=True) * errors[:, None])
    np.fill_diagonal(counts, np.maximum(n_samples - counts.sum(axis=1), 0))
    shuffle = rng.permutation(n_classes)
    return cells_of(counts[np.ix_(shuffle, shuffle)])
