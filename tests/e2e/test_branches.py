"""The branch designer, probes of layers and the comparison class by class in a real Chromium, against core."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest

import classblocks as cb

pytestmark = pytest.mark.browser

KINDS = ("animal", "vehicle", "tool", "plant")
FAMILIES = ("big", "small")
LAYERS = ("conv1", "conv2", "conv3")
N_CLASSES, PER_CLASS = 24, 40
N = N_CLASSES * PER_CLASS
TRUE = np.repeat(np.arange(N_CLASSES), PER_CLASS)
IDS = 100 + np.arange(N)
PROBED = np.flatnonzero(np.arange(N) % PER_CLASS < 30)
# How often a layer tells the kind, then the family in it, then the class in that.
TELLS = {
    "conv1": (0.80, 0.30, 0.10),
    "conv2": (0.90, 0.88, 0.25),
    "conv3": (0.92, 0.93, 0.80),
    "output": (0.93, 0.95, 0.85),
}


@dataclass(frozen=True)
class Study:
    """A network with a probe on each of three layers, and another network."""

    path: object
    pred: dict
    tree: cb.Hierarchy


def predictions(rng, kind, family, right):
    """Stay in the kind, in the family and right with these probabilities, each given the one before."""
    pred = rng.integers(0, N_CLASSES, N)
    in_kind = rng.random(N) < kind
    pred[in_kind] = (TRUE // 6 * 6 + rng.integers(0, 6, N))[in_kind]
    in_family = in_kind & (rng.random(N) < family)
    pred[in_family] = (TRUE // 3 * 3 + rng.integers(0, 3, N))[in_family]
    exact = in_family & (rng.random(N) < right)
    pred[exact] = TRUE[exact]
    return pred


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    rng = np.random.default_rng(5)
    path = tmp_path_factory.mktemp("branches") / "study"
    kinds = [kind for kind in KINDS for _ in range(6)]
    families = [f"{family} {kind}" for kind in KINDS for family in FAMILIES for _ in range(3)]
    names = [f"{family} {i % 3}" for i, family in enumerate(families)]
    tree = cb.Hierarchy.from_paths([list(one) for one in zip(kinds, families, names, strict=True)])
    study = cb.create(path, classes=names, name="probed")
    study.add_hierarchy("kinds", tree, default=True)
    study.add_samples(IDS, TRUE, split="val")
    pred = {name: predictions(rng, *tells) for name, tells in TELLS.items()}
    # The other network is worse at one class and else the same, apart from a few samples.
    other = pred["output"].copy()
    other[(TRUE == 7) & (other == 7)] = 8
    other[::97] = TRUE[::97]
    pred["other"] = other
    # Two epochs; only the last has probes.
    study.add_result("net-1", sample_id=IDS, true=TRUE, pred=pred["conv2"], model="net", epoch=1)
    study.add_result("net-2", sample_id=IDS, true=TRUE, pred=pred["output"], model="net", epoch=2)
    for layer in LAYERS:
        study.add_result(
            f"net-2-probe-{layer}",
            sample_id=IDS[PROBED],
            true=TRUE[PROBED],
            pred=pred[layer][PROBED],
            model="net",
            epoch=2,
            layer=layer,
        )
    study.add_result("other", sample_id=IDS, true=TRUE, pred=other, model="other")
    return Study(path, pred, tree)
