"""What every collection of labelled images offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from classblocks.study.format import Classes, StudyError
from classblocks.study.pixels import decode


class ImageSource(ABC):
    """Images by number; reading is safe from several threads."""

    def __init__(self, labels: NDArray[np.int64], class_names: tuple[str, ...] | None) -> None:
        self.labels = labels
        self.class_names = class_names

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.labels)

    def __len__(self) -> int:
        return self.n

    @property
    def sample_id(self) -> NDArray[np.int64]:
        """(n,), a number for each image."""
        return np.arange(self.n, dtype=np.int64)

    @property
    def columns(self) -> pa.Table | None:
        """More facts about each image, None if there are none."""
        return None

    @abstractmethod
    def uri(self, i: int) -> str:
        """Where image `i` is, relative to the source."""

    def uris(self) -> list[str]:
        """Where each image is."""
        return [self.uri(i) for i in range(self.n)]

    @abstractmethod
    def read_bytes(self, i: int) -> bytes:
        """Image `i` as it is stored; raises `UnreadableImage`."""

    def read(self, i: int) -> Image.Image:
        """Image `i` as RGB pixels; raises `UnreadableImage`."""
        return decode(self.read_bytes(i), self.uri(i))

    def true(self, classes: Classes | Sequence[str]) -> NDArray[np.int32]:
        """(n,) class ids, found by class name or key; whole-number labels are ids already."""
        known = classes if isinstance(classes, Classes) else Classes.of(classes)
        if self.class_names is None:
            return self._numbered(len(known))
        ids = [known.id_of.get(name, -1) for name in self.class_names]
        of_label = np.array(ids, np.int32)
        missing = of_label[self.labels] < 0
        if missing.any():
            row = int(missing.argmax())
            raise StudyError(
                f"{self.uri(row)} is of class {self.class_names[self.labels[row]]!r}, which is "
                f"neither a name nor a key of the {len(known)} classes (the first is "
                f"{known.names[0]!r}{', key ' + repr(known.keys[0]) if known.keys[0] else ''})"
            )
        return of_label[self.labels]

    def _numbered(self, n_classes: int) -> NDArray[np.int32]:
        bad = (self.labels < 0) | (self.labels >= n_classes)
        if bad.any():
            row = int(bad.argmax())
            raise StudyError(
                f"{self.uri(row)} has label {self.labels[row]}, expected 0 to {n_classes - 1}"
            )
        return self.labels.astype(np.int32)
