"""A real classification problem that needs no download: data set, network, recorded training."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classblocks.demo.dataset import Plan
    from classblocks.demo.training import build

__all__ = ["Plan", "build"]

_HOME = {"Plan": "dataset", "build": "training"}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
