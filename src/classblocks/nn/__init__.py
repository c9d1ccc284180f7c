"""Everything that needs PyTorch."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classblocks.nn.branches import Branches
    from classblocks.nn.preprocess import Preprocess, preprocess_of
    from classblocks.nn.probes import probe
    from classblocks.nn.recording import record
    from classblocks.nn.spec import load_model
    from classblocks.nn.training.config_file import read_config
    from classblocks.nn.training.run import train
    from classblocks.nn.weights import load_weights

__all__ = [
    "Branches",
    "Preprocess",
    "load_model",
    "load_weights",
    "preprocess_of",
    "probe",
    "read_config",
    "record",
    "train",
]

_HOME = {
    "Branches": "branches",
    "Preprocess": "preprocess",
    "load_model": "spec",
    "load_weights": "weights",
    "preprocess_of": "preprocess",
    "probe": "probes",
    "read_config": "training.config_file",
    "record": "recording",
    "train": "training.run",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
