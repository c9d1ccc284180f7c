"""Reading the parameters of one request, with an error that names the parameter."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

_INT32_MAX = 2**31 - 1


class RequestError(ValueError):
    """A request that cannot be answered; the text is for the user of the browser."""


@contextmanager
def answering(view: str) -> Iterator[None]:
    """Let what ``core`` says about its arguments answer the request."""
    try:
        yield
    except RequestError:
        raise
    except ValueError as error:
        raise RequestError(f"{view}: {error}") from None


class Parameters:
    """Parameters of one request; ``finish`` refuses those nobody asked for."""

    def __init__(self, view: str, values: Mapping[str, Any]) -> None:
        self._view = view
        self._values = values
        self._known: list[str] = []

    def text(self, name: str, choices: Collection[str], kind: str) -> str:
        """Return a name that must be one of ``choices``."""
        value = self.any_text(name)
        if value not in choices:
            raise RequestError(f"unknown {kind} {short(value)} (known: {listed(choices)})")
        return value

    def any_text(self, name: str) -> str:
        """Return a text."""
        value = self._take(name)
        if not isinstance(value, str):
            raise RequestError(f"{self._view}: {name!r} must be text, got {short(value)}")
        return value

    def texts(self, name: str, length: int) -> list[str]:
        """Return a list of ``length`` texts."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) != length:
            raise RequestError(
                f"{self._view}: {name!r} must be a list of {length} texts, got {short(value)}"
            )
        for position, entry in enumerate(value):
            if not isinstance(entry, str):
                raise RequestError(
                    f"{self._view}: {name!r}[{position}] must be text, got {short(entry)}"
                )
        return value

    def integer(self, name: str, stop: int, what: str, start: int = 0) -> int:
        """Return an integer in ``[start, stop)``."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RequestError(f"{self._view}: {name!r} must be an integer, got {short(value)}")
        if not start <= value < stop:
            raise RequestError(f"{self._view}: {name!r} is {value}, {what} are {start}..{stop - 1}")
        return value

    def number(self, name: str) -> float:
        """Return a number; NaN is none."""
        value = self._take(name)
        if not is_number(value) or value != value:
            raise RequestError(f"{self._view}: {name!r} must be a number, got {short(value)}")
        return float(value)

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return what is given under a name, for the caller to check."""
        return self._take(name)

    def optional(self, name: str, default: Any) -> Any:  # noqa: ANN401
        """Return what is given under a name, or ``default``, for the caller to check."""
        self._known.append(name)
        return self._values.get(name, default)

    def ids(self, name: str, stop: int, what: str, most: int, start: int = 0) -> NDArray[np.int32]:
        """Return a list of at most ``most`` integers, each in ``[start, stop)``."""
        value = self._take(name)
        if not isinstance(value, list):
            raise RequestError(f"{self._view}: {name!r} must be a list, got {short(value)}")
        if len(value) > most:
            raise RequestError(f"{self._view}: {name!r} has {len(value)} entries, at most {most}")
        for position, entry in enumerate(value):
            if type(entry) is not int or not start <= entry < min(stop, _INT32_MAX):
                raise RequestError(
                    f"{self._view}: {name!r}[{position}] is {short(entry)}, "
                    f"{what} are {start}..{stop - 1}"
                )
        return np.asarray(value, dtype=np.int32)

    def finish(self) -> None:
        """Refuse parameters that the view does not have."""
        surplus = [name for name in self._values if name not in self._known]
        if surplus:
            raise RequestError(
                f"{self._view}: unknown parameter {short(surplus[0])} "
                f"(known: {listed(self._known)})"
            )

    def _take(self, name: str) -> Any:  # noqa: ANN401
        self._known.append(name)
        if name not in self._values:
            raise RequestError(f"{self._view}: parameter {name!r} is missing")
        return self._values[name]


def is_number(value: object) -> bool:
    """Whether a decoded JSON value is a number that a float holds."""
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


def short(value: object) -> str:
    """Show a value in an error."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def listed(names: Collection[str], most: int = 8) -> str:
    """List names in an error."""
    shown = ", ".join(sorted(names)[:most]) or "none"
    return f"{shown}, … {len(names) - most} more" if len(names) > most else shown
