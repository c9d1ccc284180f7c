"""Open a collection of labelled images, whatever its form."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from classblocks.study.format import StudyError
from classblocks.study.image_folder import FolderImages
from classblocks.study.image_parquet import ParquetImages
from classblocks.study.image_source import ImageSource
from classblocks.study.pixels import UnreadableImage

__all__ = ["ImageSource", "UnreadableImage", "open_images"]


def open_images(source: str | os.PathLike[str] | ImageSource) -> ImageSource:
    """Open a folder of class folders, or Parquet: a file, a folder of files, or a glob."""
    if isinstance(source, ImageSource):
        return source
    path = Path(source)
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        return ParquetImages(files, path) if files else FolderImages(path)
    if path.is_file():
        if path.suffix != ".parquet":
            raise StudyError(f"{path}: expected a Parquet file or a folder with images")
        return ParquetImages([path], path.parent)
    found = sorted(Path(match) for match in glob.glob(os.fspath(source), recursive=True))
    files = [match for match in found if match.suffix == ".parquet" and match.is_file()]
    if not files:
        raise StudyError(f"{source}: no such folder, Parquet file, or glob that matches one")
    return ParquetImages(files, Path(os.path.commonpath([file.parent for file in files])))
