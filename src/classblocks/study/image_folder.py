"""Images in one folder per class."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from classblocks.study.format import StudyError
from classblocks.study.image_source import ImageSource
from classblocks.study.pixels import UnreadableImage

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp"))


class FolderImages(ImageSource):
    """Class folders by name, in each the files by path; hidden ones are left out."""

    def __init__(self, root: Path) -> None:
        folders = sorted(
            entry.name
            for entry in os.scandir(root)
            if entry.is_dir() and not entry.name.startswith(".")
        )
        if not folders:
            raise StudyError(f"{root}: expected one folder of images per class, found no folder")
        self.root = root
        self._paths: list[str] = []
        labels: list[int] = []
        for label, folder in enumerate(folders):
            paths = _image_paths(root, folder)
            self._paths += paths
            labels += [label] * len(paths)
        if not self._paths:
            raise StudyError(
                f"{root}: no {', '.join(sorted(SUFFIXES))} file in {len(folders)} folders"
            )
        super().__init__(np.array(labels, np.int64), tuple(map(_printable, folders)))
        self._uris = [_printable(path) for path in self._paths]

    def uri(self, i: int) -> str:
        """Path inside the folder."""
        return self._uris[i]

    def uris(self) -> list[str]:
        """Paths inside the folder."""
        return list(self._uris)

    def read_bytes(self, i: int) -> bytes:
        """Read the file."""
        path = self.root / self._paths[i]
        # Reading a pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise UnreadableImage(f"{self._uris[i]}: not a file")
        try:
            return path.read_bytes()
        except OSError as error:
            raise UnreadableImage(f"{self._uris[i]}: {error.strerror}") from None


def _image_paths(root: Path, folder: str) -> list[str]:
    paths = []
    for directory, inner, files in os.walk(root / folder):
        inner[:] = [name for name in inner if not name.startswith(".")]
        below = Path(directory).relative_to(root).as_posix()
        paths += [
            f"{below}/{name}"
            for name in files
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES
        ]
    return sorted(paths)


def _printable(path: str) -> str:
    """Write bytes of a file name that are not UTF-8 as escapes."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")
