"""Long searches that stop when nobody waits for their result any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ASKED: ContextVar[Callable[[], bool] | None] = ContextVar("asked", default=None)


class Stopped(Exception):
    """Nobody waits for the result."""


@contextmanager
def stopping(asked: Callable[[], bool]) -> Iterator[None]:
    """Stop what runs inside, in this thread, at its next checkpoint after ``asked`` is true."""
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


def checkpoint() -> None:
    """Raise ``Stopped`` if that was asked; loops that may take seconds call it in every round."""
    asked = _ASKED.get()
    if asked is not None and asked():
        raise Stopped("nobody waits for this answer any more")
