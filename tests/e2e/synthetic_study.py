"""A real study with planted groups: pictures, three epochs of a network that learns, two layers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import classblocks as cb
from classblocks.core.outcome import outcomes
from classblocks.core.responses import pool
from classblocks.study.format import Coordinates
from classblocks.study.responses import LayerShape
from classblocks.study.thumbnail_writer import ThumbnailWriter
from classblocks.study.writer import ResultWriter

KINDS = ("animal", "plant", "vehicle", "tool", "food")
FAMILIES = ("red", "green", "blue", "grey")


@dataclass(frozen=True)
class Planted:
    """What the study was made from."""

    path: Path
    names: tuple[str, ...]
    true: NDArray[np.int32]
    probabilities: dict[str, NDArray[np.float32]]


def make_study(
    path: Path, *, members: int = 2, per_class: int = 20, epochs: int = 3, seed: int = 0
) -> Planted:
    """Write the study; classes of one family are confused most, those of one kind next."""
    rng = np.random.default_rng(seed)
    groups = [(kind, family) for kind in KINDS for family in FAMILIES]
    paths = [[kind, f"{family} {kind}"] for kind, family in groups for _ in range(members)]
    names = tuple(f"{path[1]} {i % members + 1}" for i, path in enumerate(paths))
    n_classes = len(names)
    family = np.arange(n_classes) // members
    kind = family // len(FAMILIES)
    true = np.repeat(np.arange(n_classes, dtype=np.int32), per_class)
    n = true.size

    study = cb.create(path, classes=names, name="planted groups")
    hierarchy = cb.Hierarchy.from_paths(
        [[*path, name] for path, name in zip(paths, names, strict=True)]
    )
    study.add_hierarchy("given", hierarchy, default=True)
    ids = 1000 + np.arange(n)
    study.add_samples(
        ids,
        true,
        split="val",
        uri=[f"val/{names[c]}/{i}.jpg" for i, c in enumerate(true)],
        columns=pa.table({"light": [("day", "night")[i % 2] for i in range(n)]}),
    )
    _draw_thumbnails(study, ids, true, family, kind, rng)

    near = (family[:, None] == family[None, :]) * 2.2 + (kind[:, None] == kind[None, :]) * 1.6
    noise = rng.gumbel(size=(n, n_classes)).astype(np.float32)
    easy = rng.uniform(0.6, 1.4, size=n_classes)
    tuning = rng.gamma(2.0, 0.6, size=(n_classes, 24, 1, 1)) * (
        rng.integers(0, len(KINDS), size=24)[None, :, None, None] == kind[:, None, None, None]
    )
    probabilities = {}
    for epoch in range(1, epochs + 1):
        strength = epoch / epochs
        logits = strength * (near[true] + 3.4 * easy[true, None] * np.eye(n_classes)[true]) + noise
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
        name = f"net-epoch-{epoch}"
        probabilities[name] = p
        maps = np.maximum(
            0, strength * tuning[true] + rng.normal(0.2, 0.4, size=(n, 24, 4, 4))
        ).astype(np.float32)
        dense = np.maximum(0, logits).astype(np.float32)
        layers = {"conv": LayerShape(24, 4), "logits": LayerShape(n_classes, 1)}
        with ResultWriter(
            study,
            name,
            Coordinates(model="net", epoch=epoch, transform="none", split="val"),
            layers=layers,
            n_top=9,
        ) as writer:
            writer.append(
                ids,
                true,
                outcomes(p, true, k=5),
                {
                    "conv": (pool(maps, 4), maps.sum(axis=(2, 3))),
                    "logits": (dense[:, :, None], dense),
                },
            )
            writer.finish()
    study.refresh()
    return Planted(path, names, true, probabilities)


def _draw_thumbnails(
    study: cb.Study,
    ids: NDArray[np.int64],
    true: NDArray[np.int32],
    family: NDArray[np.int64],
    kind: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    colours = np.array([(196, 62, 58), (66, 150, 84), (56, 104, 186), (120, 120, 120)])
    writer = ThumbnailWriter(study, side=64)
    for sample_id, class_id in zip(ids.tolist(), true.tolist(), strict=True):
        back = tuple(rng.integers(170, 240, size=3).tolist())
        picture = Image.new("RGB", (64, 64), back)
        pen = ImageDraw.Draw(picture)
        ink = colours[family[class_id] % len(FAMILIES)] + rng.integers(-30, 30, size=3)
        fill = tuple(np.clip(ink, 0, 255).tolist())
        x, y, r = (int(v) for v in rng.integers((22, 22, 12), (42, 42, 22)))
        if kind[class_id] == 0:
            pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
        else:
            pen.regular_polygon((x, y, r), int(kind[class_id]) + 2, int(rng.integers(90)), fill)
        pen.text((4, 50), str(class_id), fill=(20, 20, 20))
        writer.add(sample_id, picture)
    writer.finish()
