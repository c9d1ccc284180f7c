"""Where recorded batches go."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from classblocks.core.outcome import outcomes
from classblocks.nn.batches import Batch
from classblocks.nn.hooks import Responses
from classblocks.nn.outputs import finite, probabilities
from classblocks.study.reranking import Reranking
from classblocks.study.study import Study
from classblocks.study.thumbnail_writer import ThumbnailWriter
from classblocks.study.writer import ResultWriter

CHECKPOINT_SECONDS = 30.0
REPORT_SECONDS = 1.0


class Sink:
    """Takes batches in, keeps them safe, and says how far it is."""

    def __init__(
        self,
        study: Study,
        writer: ResultWriter,
        sample_id: NDArray[np.int64],
        true: NDArray[np.int32],
        thumbnails: bool,
        report: Callable[[float], None] | None,
        reranking: Reranking | None = None,
        reranked: ResultWriter | None = None,
    ) -> None:
        self.writer = writer
        self._reranking = reranking
        self._reranked = reranked
        # Interrupted, one may have come further than the other.
        self.slowest = min(self.writers, key=lambda writer: writer.rows_done)
        self._rows = self.slowest.rows_done
        self.sample_id = sample_id
        self.true = true
        self._thumbnails = ThumbnailWriter(study) if thumbnails else None
        name = writer.directory.name.removeprefix(".").removesuffix(".partial")
        self._report = report or (lambda share: study.set_activity(f"recording {name}", share))
        self._checkpoint_due = time.monotonic() + CHECKPOINT_SECONDS
        self._report_due = 0.0

    @property
    def writers(self) -> list[ResultWriter]:
        """All results of this pass."""
        return [self.writer] if self._reranked is None else [self.writer, self._reranked]

    def wants_picture(self, position: int) -> bool:
        """Whether a sample still lacks its thumbnail."""
        return (
            self._thumbnails is not None and int(self.sample_id[position]) not in self._thumbnails
        )

    def add(self, batch: Batch, scores: Tensor, responses: Responses) -> None:
        """Keep one batch."""
        true = self.true[batch.position]
        ids = self.sample_id[batch.position]
        scores = finite(scores, batch.start)
        chances = probabilities(scores)
        if self.writer.rows_done == self._rows:
            reduced = {
                layer: (pooled.cpu().numpy(), collective.cpu().numpy())
                for layer, (pooled, collective) in responses.items()
            }
            logits = scores.cpu().numpy() if self.writer.keeps_logits else None
            found = outcomes(chances, true, self.writer.k)
            self.writer.append(ids, true, found, reduced, logits)
        other, reranking = self._reranked, self._reranking
        if other is not None and reranking is not None and other.rows_done == self._rows:
            other.append(ids, true, reranking.outcomes(chances, true, other.k))
        self._rows += len(ids)
        if self._thumbnails is not None:
            for position, picture in batch.pictures.items():
                self._thumbnails.add(int(self.sample_id[position]), picture)

    def tick(self, stop: int) -> None:
        """Checkpoint and report when it is time."""
        now = time.monotonic()
        if now >= self._report_due:
            self._report(stop / len(self.true))
            self._report_due = now + REPORT_SECONDS
        if now >= self._checkpoint_due:
            self.checkpoint()
            self._checkpoint_due = time.monotonic() + CHECKPOINT_SECONDS

    def checkpoint(self) -> None:
        """Thumbnails first: rows that are safe are not read again."""
        if self._thumbnails is not None:
            self._thumbnails.checkpoint()
        for writer in self.writers:
            writer.checkpoint()

    def finish(self) -> None:
        """Complete the thumbnails."""
        if self._thumbnails is not None:
            self._thumbnails.finish()
