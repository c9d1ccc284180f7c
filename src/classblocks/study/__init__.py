"""Results on disk."""

from classblocks.study.findings import Finding
from classblocks.study.format import Classes, Coordinates, NameTakenError, StudyError
from classblocks.study.result import Result
from classblocks.study.study import Study, create, open

__all__ = [
    "Classes",
    "Coordinates",
    "Finding",
    "NameTakenError",
    "Result",
    "Study",
    "StudyError",
    "create",
    "open",
]
