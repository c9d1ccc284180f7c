"""One study as the browser sees it: requests in, columns out, the same for every host."""

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app import saving
from classblocks.app.context import Context
from classblocks.app.manifest import manifest
from classblocks.app.parameters import Parameters, RequestError
from classblocks.app.views import (
    blocks,
    change,
    comparing,
    refining,
    responses,
    samples,
    separating,
    summary,
    tables,
)
from classblocks.app.wire import Reply

if TYPE_CHECKING:
    from classblocks.study.study import Study

VIEWS: Mapping[str, Callable[[Context, Parameters], Reply]] = {
    "classes": tables.classes,
    "hierarchy": tables.hierarchy,
    "cells": tables.cells,
    "rows": tables.rows,
    "filtered": tables.filtered,
    "samples": samples.samples,
    "partition": blocks.partition,
    "outliers": blocks.outliers,
    "criteria": blocks.criteria,
    "refine": refining.refine,
    "compare": comparing.compare,
    "repair": comparing.repair,
    "summary": summary.summary,
    "change": change.change,
    "series": change.series,
    "separability": separating.separability,
    "suggest": separating.suggest,
    "branches": separating.branches,
    "relevance": responses.relevance,
    "profile": responses.profile,
    "activations": responses.activations,
    "neuron": responses.neuron,
    "top_samples": responses.top_samples,
}

_RESCAN_SECONDS = 0.5


class Session:
    """Answers requests about a study; safe to use from several threads."""

    def __init__(self, study: "Study") -> None:
        self._context = Context(study)
        self._rescan = Lock()
        self._scanned = -np.inf

    @property
    def study(self) -> "Study":
        """The study this session shows."""
        return self._context.study

    def manifest(self) -> dict[str, Any]:
        """Rescan the study, at most every half second, and describe it."""
        with self._rescan:
            if monotonic() - self._scanned >= _RESCAN_SECONDS:
                self.study.refresh()
                self._scanned = monotonic()
            return manifest(self._context)

    def request(self, message: Any) -> Reply:  # noqa: ANN401
        """Answer one request, given as decoded JSON."""
        if not isinstance(message, dict):
            raise RequestError(f"a request is a JSON object, got {type(message).__name__}")
        view = message.get("view")
        if not isinstance(view, str) or view not in VIEWS:
            raise RequestError(f"unknown view {view!r} (known: {', '.join(sorted(VIEWS))})")
        given = {name: value for name, value in message.items() if name != "view"}
        return VIEWS[view](self._context, Parameters(view, given))

    def save(self, message: Any) -> dict[str, str]:  # noqa: ANN401
        """Keep what the page made; the next manifest tells of it."""
        with self._rescan:
            return saving.save(self._context, message)

    def warm(self) -> None:
        """Compute what the page asks for first, of the newest result."""
        newest = next(reversed(list(self.study.results)), None)
        if newest is not None:
            self.request({"view": "rows", "result": newest})
