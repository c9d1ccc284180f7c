"""The built-in data set: images on disk, their truths beside them, both decided by one seed."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from classblocks.demo.characters import Character, characters
from classblocks.demo.glyphs import FACES, Shapes, look_alikes, rotation_symmetric, shapes
from classblocks.demo.paint import BACKGROUNDS, paint

FLIPPED_RATE = 0.02
SPLITS = ("val", "train")


@dataclass(frozen=True)
class Plan:
    """Everything that decides the data set."""

    seed: int = 0
    n_train: int = 48  # images per class
    n_val: int = 10
    max_classes: int | None = None  # evenly spread over the catalogue; None keeps all

    @property
    def characters(self) -> tuple[Character, ...]:
        """The classes, in the order of their ids."""
        everything = characters()
        if self.max_classes is None or self.max_classes >= len(everything):
            return everything
        keep = np.linspace(0, len(everything) - 1, self.max_classes).round().astype(int)
        return tuple(everything[i] for i in keep)

    def per_class(self, split: str) -> int:
        """Images of each class in one split, before labels are flipped."""
        return {"val": self.n_val, "train": self.n_train}[split]


@dataclass(frozen=True)
class Samples:
    """One split in memory.

    Attributes
    ----------
    images : (n, SIDE, SIDE, 3) uint8 RGB
    true : (n,) int32 labels as a user sees them, some of them flipped
    drawn : (n,) int32 classes that the images really show
    sample_id : (n,) int64, unique over both splits
    columns : user columns ``font``, ``style``, ``background`` and ``flipped``, each (n,)
    """

    images: NDArray[np.uint8]
    true: NDArray[np.int32]
    drawn: NDArray[np.int32]
    sample_id: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]


def render(plan: Plan, split: str) -> Samples:
    """Draw one split; the same plan gives the same bytes.

    Notes
    -----
    Samples are in random order. A flipped label is any other class with equal probability.
    """
    chosen = plan.characters
    rng = np.random.default_rng([plan.seed, SPLITS.index(split)])
    drawn = np.repeat(np.arange(len(chosen), dtype=np.int32), plan.per_class(split))
    rng.shuffle(drawn)
    painted = paint(chosen, _shapes(plan), drawn, rng)
    flipped = np.zeros(len(drawn), bool)
    flipped[rng.permutation(len(drawn))[: round(FLIPPED_RATE * len(drawn))]] = True
    step = rng.integers(1, len(chosen), size=len(drawn), dtype=np.int32)
    true = np.where(flipped, (drawn + step) % len(chosen), drawn).astype(np.int32)
    first = 0 if split == "val" else len(chosen) * plan.n_val
    columns = {
        "font": np.array([face.font for face in FACES])[painted.face],
        "style": np.array([face.style for face in FACES])[painted.face],
        "background": np.array(BACKGROUNDS)[painted.background],
        "flipped": flipped,
    }
    sample_id = np.arange(first, first + len(drawn), dtype=np.int64)
    return Samples(painted.images, true, drawn, sample_id, columns)


def truth(plan: Plan, splits: Mapping[str, Samples]) -> dict[str, Any]:
    """Say what is known about the classes and samples, by class id and sample id."""
    chosen = plan.characters
    return {
        "version": 1,
        "seed": plan.seed,
        "keys": [character.key for character in chosen],
        "look_alike": [
            group
            for group in look_alikes(_shapes(plan))
            if all(chosen[class_id].hue is None for class_id in group)
        ],
        "colour_only": _same_group(plan, [character.hue is not None for character in chosen]),
        "orientation_only": _same_group(plan, [character.upright for character in chosen]),
        "rotation_symmetric": rotation_symmetric(_shapes(plan)),
        "latent_subclasses": {
            "column": "font",
            "values": sorted({face.font for face in FACES}),
        },
        "flipped_rate": FLIPPED_RATE,
        "flipped": [
            {
                "sample_id": int(samples.sample_id[i]),
                "split": split,
                "true": int(samples.true[i]),
                "drawn": int(samples.drawn[i]),
            }
            for split, samples in splits.items()
            for i in np.flatnonzero(samples.columns["flipped"])
        ],
    }


def write_images(samples: Samples, plan: Plan, file: Path) -> None:
    """Write a Parquet file with ``image`` (PNG bytes), ``label``, ``sample_id`` and columns.

    Notes
    -----
    Class names lie in the metadata where the Hugging Face library keeps them, so that the file
    says all about itself.
    """
    with ThreadPoolExecutor(2) as pool:
        pictures = list(pool.map(_png, samples.images, chunksize=256))
    table = pa.table(
        {
            "image": pa.array(pictures, pa.binary()),
            "label": pa.array(samples.true),
            "sample_id": pa.array(samples.sample_id),
            **{name: pa.array(values) for name, values in samples.columns.items()},
        }
    )
    names = [character.name for character in plan.characters]
    label = {"names": names, "_type": "ClassLabel"}
    described = {"info": {"features": {"image": {"_type": "Image"}, "label": label}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(described)})
    part = file.with_suffix(".part")
    pq.write_table(table, part, compression="none", row_group_size=4096)
    part.replace(file)


def write_truth(plan: Plan, splits: Mapping[str, Samples], file: Path) -> None:
    """Write ``truth.json``."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(truth(plan, splits), indent=1) + "\n", encoding="utf-8")
    part.replace(file)


def nested(plan: Plan) -> dict[str, Any]:
    """Return the given hierarchy: kind of sign → script → kind → character."""
    root: dict[str, Any] = {"name": "characters", "children": []}
    for class_id, character in enumerate(plan.characters):
        node = root
        for name in character.path:
            found = next((child for child in node["children"] if child["name"] == name), None)
            if found is None:
                found = {"name": name, "children": []}
                node["children"].append(found)
            node = found
        node["children"].append({"name": character.name, "class": class_id})
    return root


def _same_group(plan: Plan, chosen: list[bool]) -> list[list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for class_id, character in enumerate(plan.characters):
        if chosen[class_id]:
            groups.setdefault(character.path, []).append(class_id)
    return [group for group in groups.values() if len(group) > 1]


@cache
def _shapes(plan: Plan) -> Shapes:
    return shapes(plan.characters)


def _png(image: NDArray[np.uint8]) -> bytes:
    file = BytesIO()
    Image.fromarray(image).save(file, "png", compress_level=1)
    return file.getvalue()
