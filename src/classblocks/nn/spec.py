"""From the text that names a network to the network."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from classblocks.nn.torchvision_import import make_torchvision_importable


def load_model(spec: str, n_classes: int | None = None) -> nn.Module:
    """Build the network that a text names.

    Parameters
    ----------
    spec : ``package.module:callable``, ``file.py:callable``, ``timm:NAME`` or ``torchvision:NAME``;
        the callable gives an ``nn.Module`` (or is one)
    n_classes : how many outputs; a callable gets it if it has a parameter ``n_classes`` or
        ``num_classes``; None leaves its default

    Returns
    -------
    nn.Module with whatever weights the callable gives; timm and torchvision networks start
    without trained weights and nothing is downloaded

    Raises
    ------
    ValueError
        No such module, callable or network, or what was built is no network.
    """
    if spec.lower().endswith(".onnx"):
        raise ValueError(f"{spec}: ONNX files are not supported yet; give a PyTorch network")
    where, colon, name = spec.rpartition(":")
    if not colon or not where or not name:
        raise ValueError(
            f"model {spec!r}: expected package.module:callable, file.py:callable, timm:NAME or "
            "torchvision:NAME"
        )
    if where == "timm":
        return _from_timm(name, n_classes)
    if where == "torchvision":
        return _from_torchvision(name, n_classes)
    module = _from_file(Path(where)) if where.endswith(".py") else _import(where, spec)
    made: Any = module
    for part in name.split("."):
        if not hasattr(made, part):
            raise ValueError(f"model {spec!r}: {where} has no {part!r}")
        made = getattr(made, part)
    if not isinstance(made, nn.Module):
        made = _called(made, spec, n_classes)
    if not isinstance(made, nn.Module):
        raise ValueError(f"model {spec!r} gives {type(made).__name__}, expected a torch nn.Module")
    return made


def first_line(error: BaseException) -> str:
    """Kind of an exception and the first line of what it says."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _called(build: Any, spec: str, n_classes: int | None) -> Any:  # noqa: ANN401
    if not callable(build):
        raise ValueError(f"model {spec!r} is {type(build).__name__}, expected a callable")
    parameters = inspect.signature(build).parameters
    known = [name for name in ("n_classes", "num_classes") if name in parameters]
    given = {known[0]: n_classes} if known and n_classes is not None else {}
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name not in given
    ]
    if needed:
        raise ValueError(
            f"model {spec!r} needs {', '.join(needed)}; wrap it in a function without parameters"
        )
    try:
        return build(**given)
    # The user's own code, which may raise anything.
    except Exception as error:
        raise ValueError(f"model {spec!r} cannot be built: {first_line(error)}") from error


def _from_timm(name: str, n_classes: int | None) -> nn.Module:
    make_torchvision_importable()
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        raise ValueError(f"timm:{name} needs the package timm: {first_line(error)}") from None
    if not timm.is_model(name):
        close = timm.list_models(f"*{name.split('.')[0][:6]}*")[:5]
        raise ValueError(f"timm has no network {name!r}; close: {', '.join(close) or 'none'}")
    more: dict[str, Any] = {} if n_classes is None else {"num_classes": n_classes}
    model: nn.Module = timm.create_model(name, pretrained=False, **more)
    return model


def _from_torchvision(name: str, n_classes: int | None) -> nn.Module:
    make_torchvision_importable()
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:
        raise ValueError(
            f"torchvision:{name} needs a working torchvision: {first_line(error)}"
        ) from None
    if name not in models.list_models():
        raise ValueError(f"torchvision has no network {name!r}")
    more: dict[str, Any] = {} if n_classes is None else {"num_classes": n_classes}
    model: nn.Module = models.get_model(name, weights=None, **more)
    return model


def _import(name: str, spec: str) -> ModuleType:
    # The console script's first path entry is its own folder, not the user's.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ValueError(f"model {spec!r}: {error}") from None


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    name = path.stem
    described = importlib.util.spec_from_file_location(name, path)
    if described is None or described.loader is None:
        raise ValueError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(described)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        described.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} cannot be run: {first_line(error)}") from error
    finally:
        sys.path.pop(0)
    return module
