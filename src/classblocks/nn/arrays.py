"""Images that are already decoded in memory."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from classblocks.study.images import ImageSource


class ArrayImages(ImageSource):
    """An image source over one array; whole batches are sliced, not read one by one.

    Parameters
    ----------
    images : (n, H, W, 3) uint8 RGB
    labels : (n,) class ids
    sample_id : (n,) int64, each once; row numbers if None
    uris : where each image is; row numbers if None
    columns : more facts about each image
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        *,
        sample_id: NDArray[np.int64] | None = None,
        uris: Sequence[str] | None = None,
        columns: pa.Table | None = None,
    ) -> None:
        if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
            raise ValueError(
                f"images: expected uint8 (n, H, W, 3), got {images.dtype} {images.shape}"
            )
        if len(labels) != len(images):
            raise ValueError(f"labels: expected {len(images)} rows, got {len(labels)}")
        super().__init__(np.asarray(labels, np.int64), None)
        self.images = images
        self._sample_id = sample_id
        self._uris = uris
        self._columns = columns

    @property
    def sample_id(self) -> NDArray[np.int64]:
        """(n,), a number for each image."""
        return super().sample_id if self._sample_id is None else self._sample_id

    @property
    def columns(self) -> pa.Table | None:
        """More facts about each image, None if there are none."""
        return self._columns

    def uri(self, i: int) -> str:
        """Where image `i` is, relative to the source."""
        return f"#{i}" if self._uris is None else self._uris[i]

    def read_bytes(self, i: int) -> bytes:
        """Image `i` as PNG."""
        file = BytesIO()
        self.read(i).save(file, "png")
        return file.getvalue()

    def read(self, i: int) -> Image.Image:
        """Image `i` as RGB pixels."""
        return Image.fromarray(self.images[i])
