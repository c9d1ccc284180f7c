"""Synthetic predictions at scale: errors follow a planted three-level hierarchy."""

import numpy as np


def group_paths(n_classes: int) -> list[list[str]]:
    """Four levels of 4, 32, 256 … groups: about half as many inner nodes as classes."""
    paths = []
    for c in range(n_classes):
        share = c / n_classes
        groups = [f"{n}:{int(share * n)}" for n in (4, 32, max(33, n_classes // 3))]
        paths.append([*groups, f"class {c}"])
    return paths


def predictions(
    n_samples: int, n_classes: int, seed: int = 0, error_rate: float = 0.24
) -> dict[str, np.ndarray]:
    """Draw true, pred, p_true, p_pred, true_rank: most errors stay within 3, 30 or 250 of 1000."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n_samples, dtype=np.int32)
    wrong = rng.random(n_samples) < error_rate
    reach = np.array([0.003, 0.03, 0.25, 1.0]) * n_classes
    spread = reach[rng.choice(4, n_samples, p=[0.5, 0.3, 0.15, 0.05])]
    shift = np.ceil(np.abs(rng.normal(size=n_samples)) * spread).astype(np.int64)
    shift *= rng.choice([-1, 1], n_samples)
    pred = np.where(wrong, (true + shift) % n_classes, true).astype(np.int32)
    p_pred = rng.beta(5, 2, n_samples).astype(np.float32)
    wrong = pred != true
    p_true = np.where(wrong, p_pred * rng.random(n_samples), p_pred).astype(np.float32)
    true_rank = np.where(wrong, 1 + rng.geometric(0.35, n_samples), 0)
    true_rank = np.minimum(true_rank, n_classes - 1).astype(np.int32)
    return {
        "true": true,
        "pred": pred,
        "p_true": p_true,
        "p_pred": p_pred,
        "true_rank": true_rank,
    }
