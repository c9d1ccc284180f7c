"""Where a network gets branches in training, and which groups of classes each of them tells."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

FORMAT = "classblocks-branches"
VERSION = 1
DEFAULT_WEIGHT = 0.3


@dataclass(frozen=True, eq=False)
class Branch:
    """A classifier into groups of classes on the output of one layer.

    Attributes
    ----------
    layer : name of the layer in the network
    group_of_class : (n_classes,) int32, values 0 … n_groups − 1, each of them used
    names : n_groups names; need not be unique
    weight : of its loss beside the main one; finite, not negative

    Raises
    ------
    ValueError
        Fewer than two groups, a group without classes, a class without a group, or a weight, layer
        or names that are not as above; names the layer.
    """

    layer: str
    group_of_class: NDArray[np.int32]
    names: tuple[str, ...]
    weight: float = DEFAULT_WEIGHT

    def __post_init__(self) -> None:
        if not isinstance(self.layer, str) or not self.layer.strip():
            raise ValueError(f"branch: expected the name of a layer, got {self.layer!r}")
        where = f"branch at {self.layer!r}"
        groups = _groups(self.group_of_class, where)
        names = tuple(self.names)
        n_groups = int(groups.max()) + 1
        if len(names) != n_groups or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{where}: expected {n_groups} names of groups, got {_short(names)}")
        object.__setattr__(self, "group_of_class", groups)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "weight", _weight(self.weight, where))

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.names)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(n_groups,), classes in each group."""
        return np.bincount(self.group_of_class).astype(np.int64, copy=False)

    def classes(self, group: int) -> NDArray[np.int32]:
        """Return the class ids of one group, ascending."""
        return np.flatnonzero(self.group_of_class == group).astype(np.int32)


@dataclass(frozen=True, eq=False)
class BranchPlan:
    """The branches of a network, which `classblocks train` reads from a JSON file.

    Attributes
    ----------
    branches : at least one; several at one layer are allowed
    classes : n_classes names, or none
    how : JSON-serialisable provenance

    Raises
    ------
    ValueError
        No branch, or branches over different numbers of classes.
    """

    branches: tuple[Branch, ...]
    classes: tuple[str, ...] = ()
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", tuple(self.branches))
        object.__setattr__(self, "classes", tuple(self.classes))
        if not self.branches:
            raise ValueError("branches: expected at least one branch, got none")
        for branch in self.branches:
            if len(branch.group_of_class) != self.n_classes:
                raise ValueError(
                    f"branch at {branch.layer!r}: expected {self.n_classes} classes as in the "
                    f"first branch, got {len(branch.group_of_class)}"
                )
        if self.classes and len(self.classes) != self.n_classes:
            raise ValueError(
                f"branches: expected {self.n_classes} class names, got {len(self.classes)}"
            )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.branches[0].group_of_class)

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers with a branch, in the order of the plan, each once."""
        return tuple(dict.fromkeys(branch.layer for branch in self.branches))

    def to_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads: groups as lists of class ids."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "classes": list(self.classes),
            "branches": [
                {
                    "layer": branch.layer,
                    "weight": branch.weight,
                    "groups": [branch.classes(g).tolist() for g in range(branch.n_groups)],
                    "names": list(branch.names),
                }
                for branch in self.branches
            ],
            "how": dict(self.how),
        }

    @classmethod
    def from_json(cls, obj: object, n_classes: int | None = None) -> Self:
        """Read what ``to_json`` wrote, or somebody wrote by hand.

        Parameters
        ----------
        obj : ``{"format": "classblocks-branches", "version": 1, "classes": [names], "branches":
            [{"layer", "weight", "groups": [[class ids] …], "names"}], "how": {…}}``; ``classes``,
            ``how``, ``weight`` (0.3) and the ``names`` of groups (group 1, group 2 …) may be
            left out
        n_classes : number of classes there must be; by default as many as ``classes`` or the first
            branch has

        Raises
        ------
        ValueError
            Another format or version, or a branch whose groups are not a division of all classes
            into at least two; names the branch, and the first bad group and class.
        """
        if not isinstance(obj, Mapping) or obj.get("format") != FORMAT:
            found = obj.get("format") if isinstance(obj, Mapping) else type(obj).__name__
            raise ValueError(f"branches: expected the format {FORMAT!r}, got {_short(found)}")
        if type(obj.get("version")) is not int or obj["version"] != VERSION:
            raise ValueError(
                f"branches: expected format version {VERSION}, got {_short(obj.get('version'))}"
            )
        classes = obj.get("classes") or []
        _expect_list(classes, "branches: classes", str, "names")
        entries = obj.get("branches")
        if not isinstance(entries, list) or not entries:
            raise ValueError(f"branches: expected a list of branches, got {_short(entries)}")
        how = obj.get("how") or {}
        if not isinstance(how, Mapping):
            raise ValueError(f"branches: how: expected an object, got {_short(how)}")
        expected = n_classes if n_classes is not None else len(classes) or None
        branches: list[Branch] = []
        for number, entry in enumerate(entries):
            branches.append(_read_branch(entry, f"branches[{number}]", expected))
            expected = len(branches[0].group_of_class)
        return cls(tuple(branches), tuple(classes), dict(how))


def _read_branch(entry: object, where: str, n_classes: int | None) -> Branch:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: expected an object, got {_short(entry)}")
    layer = entry.get("layer")
    if not isinstance(layer, str) or not layer.strip():
        raise ValueError(f"{where}: layer: expected the name of a layer, got {_short(layer)}")
    where = f"{where} at {layer!r}"
    groups = entry.get("groups")
    _expect_list(groups, f"{where}: groups", list, "lists of class ids")
    assert isinstance(groups, list)
    group_of_class = _division(groups, where, n_classes)
    names = entry.get("names")
    if names is None:
        names = [f"group {number}" for number in range(1, len(groups) + 1)]
    _expect_list(names, f"{where}: names", str, "names")
    weight = _weight(entry.get("weight", DEFAULT_WEIGHT), where)
    return Branch(layer, group_of_class, tuple(names), weight)


def _division(
    groups: Sequence[Sequence[object]], where: str, n_classes: int | None
) -> NDArray[np.int32]:
    """(n_classes,), group of every class."""
    if len(groups) < 2:
        raise ValueError(f"{where}: expected at least 2 groups, got {len(groups)}")
    if n_classes is None:
        n_classes = sum(map(len, groups))
    group_of_class = np.full(n_classes, -1, np.int32)
    for number, group in enumerate(groups):
        if not group:
            raise ValueError(f"{where}: group {number} has no classes")
        for class_id in group:
            if type(class_id) is not int or not 0 <= class_id < n_classes:
                raise ValueError(
                    f"{where}: group {number}: expected class ids 0 to {n_classes - 1}, "
                    f"got {_short(class_id)}"
                )
            if group_of_class[class_id] >= 0:
                raise ValueError(
                    f"{where}: class {class_id} is in group {group_of_class[class_id]} and in "
                    f"group {number}"
                )
            group_of_class[class_id] = number
    if (group_of_class < 0).any():
        missing = int((group_of_class < 0).argmax())
        raise ValueError(f"{where}: class {missing} is in no group")
    return group_of_class


def _groups(values: ArrayLike, where: str) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(
            f"{where}: group_of_class: expected one whole number per class, got "
            f"{array.dtype} of shape {array.shape}"
        )
    n_groups = int(array.max(initial=-1)) + 1
    if n_groups > array.size or array.min(initial=0) < 0:
        worst = int(((array < 0) | (array >= array.size)).argmax())
        raise ValueError(
            f"{where}: group_of_class: expected 0 to the number of groups − 1, "
            f"got {array[worst]} for class {worst}"
        )
    if n_groups < 2:
        raise ValueError(f"{where}: expected at least 2 groups, got {n_groups}")
    groups = np.array(array, np.int32)
    used = np.bincount(groups, minlength=n_groups) > 0
    if not used.all():
        raise ValueError(f"{where}: group {int((~used).argmax())} has no classes")
    groups.setflags(write=False)
    return groups


def _weight(value: object, where: str) -> float:
    is_number = isinstance(value, int | float | np.floating | np.integer)
    if not is_number or isinstance(value, bool) or not 0 <= value <= sys.float_info.max:  # type: ignore[operator]
        raise ValueError(
            f"{where}: weight: expected a finite number of at least 0, got {_short(value)}"
        )
    return float(value)  # type: ignore[arg-type]


def _expect_list(value: object, where: str, kind: type, what: str) -> None:
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list of {what}, got {_short(value)}")
    for position, entry in enumerate(value):
        if not isinstance(entry, kind):
            raise ValueError(f"{where}[{position}]: expected {what}, got {_short(entry)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
