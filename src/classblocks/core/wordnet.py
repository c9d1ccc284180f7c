"""Noun synsets of WordNet 3.0 and the tree of their hypernyms; works offline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.core.build import Draft, link
from classblocks.core.validate import same_length, unique_names

_KEY = re.compile(r"n(\d{8})")


@dataclass(frozen=True, eq=False)
class Nouns:
    """All noun synsets, by ascending offset.

    Attributes
    ----------
    offset : (n,) uint32, the number in a key
    word : n first words
    parent_start : (n + 1,) int64, where each synset's parents start in ``parent``
    parent : (m,) int32, rows of hypernyms and instance hypernyms
    """

    offset: NDArray[np.uint32]
    word: tuple[str, ...]
    parent_start: NDArray[np.int64]
    parent: NDArray[np.int32]

    def row(self, key: str) -> int:
        """Find a key such as ``n01443537``; −1 if there is none."""
        match = _KEY.fullmatch(key)
        if not match:
            return -1
        offset = np.uint32(match[1])
        row = int(np.searchsorted(self.offset, offset))
        return row if row < len(self.offset) and self.offset[row] == offset else -1

    def key(self, row: int) -> str:
        """Return the key of a synset."""
        return f"n{self.offset[row]:08d}"

    def parents(self, row: int) -> list[int]:
        """Return the rows of a synset's hypernyms."""
        rows: list[int] = self.parent[self.parent_start[row] : self.parent_start[row + 1]].tolist()
        return rows

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """(n,), edges on the shortest path to the root."""
        child = np.repeat(np.arange(len(self.offset)), np.diff(self.parent_start))
        far = len(self.offset)
        depth = np.full(far, far, np.int64)
        depth[np.diff(self.parent_start) == 0] = 0
        while True:
            shorter = depth.copy()
            np.minimum.at(shorter, child, depth[self.parent] + 1)
            if (shorter == depth).all():
                return depth
            depth = shorter


@cache
def nouns() -> Nouns:
    """Load the packaged table once."""
    source = files("classblocks.core.wordnet_data") / "nouns.npz"
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as table:
        start = np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(table["n_parents"], dtype=np.int64)]
        )
        return Nouns(
            np.cumsum(table["offset_step"], dtype=np.uint32),
            tuple(table["word"].tobytes().decode().split("\n")),
            start,
            table["parent"],
        )


def words(keys: Sequence[str]) -> list[str]:
    """Return the first word of each synset.

    Raises
    ------
    ValueError
        A key that is not in WordNet.
    """
    table = nouns()
    return [table.word[row] for row in _rows(table, keys)]


def hypernym_tree(
    keys: Sequence[str], names: Sequence[str] | None = None
) -> tuple[Draft, dict[str, Any]]:
    """Join the classes' synsets by one hypernym each.

    Parameters
    ----------
    keys : (n_classes,), unique, such as ``n01443537``
    names : (n_classes,) names of the leaves; by default the synsets' first words

    Returns
    -------
    Draft in the order of the classes, not contracted, and its provenance with the edges not used

    Raises
    ------
    ValueError
        Repeated keys, keys that are not in WordNet, or another number of names.

    Notes
    -----
    METHODS §2.1: of several parents the one on the shortest path to the root, ties by label.
    """
    same_length(keys=keys, names=names)
    class_of = unique_names(list(keys), "WordNet keys")
    table = nouns()
    parent: dict[str, str] = {}
    nodes: dict[str, None] = {}
    dropped: list[tuple[str, str]] = []
    for row in _rows(table, keys):
        at = row
        while table.key(at) not in nodes:
            nodes[table.key(at)] = None
            choice = sorted(
                table.parents(at), key=lambda p: (table.depth[p], table.word[p], table.offset[p])
            )
            if not choice:
                break
            parent[table.key(at)] = table.key(choice[0])
            dropped += [(table.key(at), table.key(p)) for p in choice[1:]]
            at = choice[0]
    label = {key: table.word[table.row(key)] for key in nodes}
    draft = link(parent, list(nodes), class_of, label)
    for v, class_id in enumerate(draft.class_id):
        if class_id >= 0 and names is not None:
            draft.name[v] = names[class_id]
    how = {"source": "wordnet", "version": "3.0", "dropped_edges": [list(e) for e in dropped]}
    return draft, how


def _rows(table: Nouns, keys: Sequence[str]) -> list[int]:
    rows = [table.row(key) for key in keys]
    if -1 in rows:
        first = rows.index(-1)
        raise ValueError(
            f"WordNet: {rows.count(-1)} of {len(keys)} keys are not noun synsets of WordNet 3.0, "
            f"first {keys[first]!r} (class {first}); expected keys such as 'n01443537'"
        )
    return rows
