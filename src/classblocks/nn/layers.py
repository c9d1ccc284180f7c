"""Which layers of a network are worth recording when the user names none."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from classblocks.nn.hooks import first_tensor

ENOUGH = 4  # a network seen as at least this many units is not opened any further
MOST = 12
_NEUTRAL = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


@dataclass(frozen=True)
class _Call:
    """What one module did in one forward pass."""

    order: int
    times: int
    shape: tuple[int, ...] | None  # of the last output's first tensor
    is_result: bool  # the network's scores, be it before a last scaling


def default_layers(model: nn.Module, example: Tensor) -> list[str]:
    """Choose up to 12 layers, in the order in which they run.

    Parameters
    ----------
    example : (1, 3, H, W) input on the network's device; the network is in evaluation mode

    Returns
    -------
    Names as in ``model.named_modules()``

    Raises
    ------
    ValueError
        There is nothing to record: the network's modules give only its result.

    Notes
    -----
    The rule: see the network as a row of units, and open the units that hold others until there
    are at least four or nothing is left to open.

    - A convolution, linear or other leaf with weights is one unit together with the norms and
      activations that follow it at the same shape, and is recorded after the last of them.
    - A module that holds such leaves is one unit, recorded at its output. Containers that are never
      called themselves (``ModuleList``) are opened always; blocks of the same class side by side
      are never opened.
    - The unit that gives the scores, such as the last linear layer, is left out.
    - Of more than twelve units, twelve are taken at even steps, the first and the last included.

    So a ResNet is recorded after its stem and each stage, a VGG after each ReLU, a vision
    transformer after its blocks.
    """
    calls = _trace(model, example)
    units = _open([""], model, calls)
    while len(_recordable(units, calls)) < ENOUGH:
        opened = _open(units, model, calls)
        if opened == units:
            break
        units = opened
    names = _recordable(units, calls)
    if not names:
        raise ValueError(f"{type(model).__name__} has no layer to record before its result")
    if len(names) > MOST:
        steps = torch.linspace(0, len(names) - 1, MOST).round().int().tolist()
        names = [names[step] for step in steps]
    return names


def _trace(model: nn.Module, example: Tensor) -> dict[str, _Call]:
    order: dict[str, int] = {}
    times: dict[str, int] = {}
    outputs: dict[str, Tensor | None] = {}  # in the order in which the modules end
    handles = []
    try:
        for name, module in model.named_modules():

            def before(module: nn.Module, args: object, name: str = name) -> None:
                order.setdefault(name, len(order))

            def after(module: nn.Module, args: object, output: object, name: str = name) -> None:
                times[name] = times.get(name, 0) + 1
                outputs.pop(name, None)
                outputs[name] = first_tensor(getattr(output, "logits", output))

            handles += [module.register_forward_pre_hook(before)]
            handles += [module.register_forward_hook(after)]
        with torch.inference_mode():
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    result = outputs.get("")
    modules = dict(model.named_modules())
    ended = {name: place for place, name in enumerate(outputs)}
    last = max((place for name, place in ended.items() if _has_weights(modules[name])), default=0)
    return {
        name: _Call(
            order[name],
            times[name],
            None if output is None else tuple(output.shape),
            output is not None
            and result is not None
            and output.shape == result.shape
            and ended[name] >= last,
        )
        for name, output in outputs.items()
    }


def _open(units: Iterable[str], model: nn.Module, calls: dict[str, _Call]) -> list[str]:
    """Replace each unit that holds others by these."""
    modules = dict(model.named_modules())
    units = list(units)
    kinds = [type(modules[name]) for name in units]
    found: list[str] = []
    for name in units:
        module = modules[name]
        is_repeated = kinds.count(type(module)) > 1 and not isinstance(module, nn.Sequential)
        if not _holds_others(module) or (is_repeated and not calls[name].is_result):
            found.append(name)
        else:
            found += _units_inside(name, modules, calls)
    return found


def _units_inside(name: str, modules: dict[str, nn.Module], calls: dict[str, _Call]) -> list[str]:
    children = [f"{name}.{child}".lstrip(".") for child, _ in modules[name].named_children()]
    flat: list[str] = []
    while children:
        child = children.pop(0)
        if child in calls:
            flat.append(child)
        else:
            inner = modules[child].named_children()
            children = [f"{child}.{grandchild}" for grandchild, _ in inner] + children
    flat.sort(key=lambda child: calls[child].order)
    units: list[str] = []
    shape: tuple[int, ...] | None = None  # of the leaf unit that may still grow
    for child in flat:
        module, call = modules[child], calls[child]
        if _holds_others(module):
            units.append(child)
            # An attention block that ends here is not continued by a norm beside it.
            shape = None
        elif _has_weights(module):
            units.append(child)
            shape = call.shape
        elif isinstance(module, _NEUTRAL):
            continue
        elif shape is not None and call.shape == shape and call.times == 1:
            units[-1] = child
        else:
            shape = None
    return units


def _recordable(units: list[str], calls: dict[str, _Call]) -> list[str]:
    return [
        name
        for name in units
        if not calls[name].is_result
        and (shape := calls[name].shape) is not None
        and len(shape) in (2, 3, 4)
    ]


def _has_weights(module: nn.Module) -> bool:
    """Whether most weights in it are its own; a position embedding beside blocks is few."""
    own, whole = (
        sum(p.numel() for p in module.parameters(recurse=recurse) if p.ndim >= 2)
        for recurse in (False, True)
    )
    return 2 * own >= whole > 0


def _holds_others(module: nn.Module) -> bool:
    """Whether a module is more than one layer; attention, with its own weights, is one."""
    return not _has_weights(module) and any(_has_weights(m) for m in module.modules())
