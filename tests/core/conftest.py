import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from classblocks.core.hierarchy import Hierarchy

# A busy machine must not fail a property.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


def _random_hierarchy(seed: int, n_classes: int, chains: bool = True) -> Hierarchy:
    """A tree over classes named by their ids, with single-child chains and unequal depths."""
    rng = np.random.default_rng(seed)

    def grow(classes, depth):
        if chains and rng.random() < 0.25:
            return {"name": f"chain {depth}", "children": [grow(classes, depth + 1)]}
        if len(classes) == 1:
            return str(classes[0])
        n_parts = int(rng.integers(2, min(4, len(classes)) + 1))
        cuts = np.sort(rng.choice(np.arange(1, len(classes)), n_parts - 1, replace=False))
        parts = [grow(part, depth + 1) for part in np.split(classes, cuts)]
        return {"name": f"group {classes[0]}", "children": parts}

    names = [str(c) for c in range(n_classes)]
    nested = {"name": "top", "children": [grow(rng.permutation(n_classes), 1)]}
    return Hierarchy.from_nested(nested, names)


@pytest.fixture(scope="session")
def random_hierarchy():
    return _random_hierarchy
