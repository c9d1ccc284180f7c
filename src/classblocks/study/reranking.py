"""A second result set from the same probabilities: the classes ranked by risk in a hierarchy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from classblocks.core.crm import crm
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import Outcomes
from classblocks.study.adding import add_result
from classblocks.study.format import Coordinates, StudyError
from classblocks.study.hierarchies import tree_hash
from classblocks.study.logits import softmax
from classblocks.study.publish import refuse_existing

if TYPE_CHECKING:
    from classblocks.study.result import Result
    from classblocks.study.study import Study

SUFFIX = "-crm"


@dataclass(frozen=True)
class Reranking:
    """What a re-ranked result is called and which tree it is ranked by."""

    name: str
    coordinates: Coordinates
    hierarchy: str
    tree: Hierarchy

    @classmethod
    def of(cls, study: Study, result: str, coordinates: Coordinates, hierarchy: str) -> Reranking:
        """Name the second result of `result`; the hierarchy must be in the study."""
        if hierarchy not in study.hierarchies:
            known = ", ".join(map(repr, study.hierarchies)) or "none"
            raise StudyError(
                f"no hierarchy {hierarchy!r} in {study.path} to rank by (there are: {known})"
            )
        model = f"{coordinates.model or result} + crm"
        return cls(
            result + SUFFIX,
            replace(coordinates, model=model),
            hierarchy,
            study.hierarchies[hierarchy],
        )

    @property
    def inputs(self) -> dict[str, Any]:
        """What provenance says: distances depend on the tree, so that its hash is kept."""
        return {"crm": {"hierarchy": self.hierarchy, "tree": tree_hash(self.tree)}}

    def outcomes(self, probabilities: ArrayLike, true: ArrayLike, k: int) -> Outcomes:
        """Re-rank a batch."""
        return crm(probabilities, self.tree, true, k)

    def is_done(self, study: Study, inputs: Mapping[str, Any]) -> bool:
        """Whether the result is there from the same inputs; from others it is an error."""
        if self.name not in study.results:
            return False
        # As JSON reads it back: a tuple among the inputs becomes a list.
        wanted = json.loads(json.dumps({**inputs, **self.inputs}))
        if study.results[self.name].provenance.get("inputs") != wanted:
            refuse_existing(study.path, self.name)
        return True


def add_reranked(
    study: Study,
    result: Result,
    given: Mapping[str, Any],
    hierarchy: str,
    splits: Sequence[str] | None = None,
) -> Result | None:
    """Re-rank the probabilities or logits that `result` was added with; None if that is done.

    `given` has the one that is known, (n, n_classes), with rows as in the result.
    """
    reranking = Reranking.of(study, result.name, result.coordinates, hierarchy)
    inputs = {"imported": result.provenance.get("imported")}
    if reranking.is_done(study, inputs):
        return None
    table = given.get("probabilities")
    chances = softmax(given["logits"], result.n_classes) if table is None else table
    found = reranking.outcomes(chances, result.true, max(1, result.topk_class.shape[1]))
    add_result(
        study,
        reranking.name,
        result.true,
        vars(found),
        result.sample_id,
        None,
        reranking.coordinates,
        {"inputs": {**inputs, **reranking.inputs}},
        splits=splits,
    )
    study.refresh()
    return study.result(reranking.name)
