"""Results on disk."""

from classblocks.study.format import Classes, Coordinates, StudyError
from classblocks.study.result import Result
from classblocks.study.study import Study, create, open

__all__ = ["Classes", "Coordinates", "Result", "Study", "StudyError", "create", "open"]
