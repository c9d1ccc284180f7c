"""Weights from files that cannot run code."""

import os
import warnings
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

NESTED = ("state_dict", "model_state_dict", "model", "network", "net", "module")


def load_weights(model: nn.Module, file: str | os.PathLike[str]) -> None:
    """Put the weights of a file into a network of the same shape.

    Parameters
    ----------
    file : safetensors, or what ``torch.save`` wrote; a training checkpoint may hold the weights
        under ``state_dict``, ``model`` or ``network``, and their names may begin with ``module.``

    Raises
    ------
    ValueError
        No such file, not a file of plain tensors, or names or shapes that differ.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"{path}: no such weights file")
    given = _without_prefix(_tensors(path))
    wanted = model.state_dict()
    wrong = [
        f"{what} {', '.join(names[:4])}{' …' if len(names) > 4 else ''} ({len(names)})"
        for what, names in (
            ("lacks", [name for name in wanted if name not in given]),
            ("has unknown", [name for name in given if name not in wanted]),
            (
                "has another shape of",
                [n for n, value in given.items() if n in wanted and value.shape != wanted[n].shape],
            ),
        )
        if names
    ]
    if wrong:
        raise ValueError(f"{path} does not fit {type(model).__name__}: it {'; it '.join(wrong)}")
    model.load_state_dict(given)


def checksum(model: nn.Module) -> str:
    """SHA-256 over the names and values of all weights and buffers, as 64 hex digits."""
    digest = sha256()
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        if isinstance(value, Tensor):
            flat = value.detach().cpu().contiguous().flatten()
            digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _tensors(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} is not a safetensors file: {error}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    # The unpickler raises what it likes on files of another kind: KeyError, RuntimeError …
    except Exception:
        # PyTorch's own text advises to switch the protection off.
        raise ValueError(
            f"{path} is not a file of plain tensors: other objects, which could run code, are not "
            "read (torch.save(model.state_dict(), file) writes plain tensors)"
        ) from None
    while isinstance(found, Mapping):
        inner = next((n for n in NESTED if isinstance(found.get(n), Mapping)), None)
        if inner is None:
            break
        found = found[inner]
    if not isinstance(found, Mapping):
        raise ValueError(f"{path} holds {type(found).__name__}, expected names and tensors")
    tensors = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ValueError(f"{path} holds no tensors; its entries are {list(found)[:5]}")
    return tensors


def _without_prefix(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    prefix = "module."
    if all(name.startswith(prefix) for name in tensors):
        return {name[len(prefix) :]: value for name, value in tensors.items()}
    return dict(tensors)
