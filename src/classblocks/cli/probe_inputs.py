"""What ``classblocks probe`` is given: a network, its own result, how its images are prepared."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from classblocks.cli.pictures import changed

if TYPE_CHECKING:
    from torch import nn

    from classblocks.nn import Preprocess
    from classblocks.study.result import Result
    from classblocks.study.study import Study


class Trained(NamedTuple):
    """What a finished training tells: result set, network, weights and images."""

    name: str
    spec: str
    weights: Path
    train: str
    val: str


def trained_network(file: Path, study: "Study") -> Trained:
    """Find the network of a finished training and its last recorded epoch."""
    from classblocks.nn.training.config_file import read_config
    from classblocks.nn.training.keeping import result_name
    from classblocks.nn.training.run import WEIGHTS

    config = read_config(file)
    weights = Path(config.out) / WEIGHTS
    if not weights.exists():
        raise ValueError(f"{weights} is not there: `classblocks train {file}` makes it")
    name = result_name(config.name, config.recipe.epochs)
    if name not in study.results:
        raise ValueError(f"{study.path} has no result {name!r}, which {file} would record")
    return Trained(name, config.network.model, weights, config.data.train, config.data.val)


def own_result(study: "Study", name: str, needed: bool) -> "Result | None":
    """Find the network's own result, which the probes are compared with."""
    if needed or name in study.results or name in study.damaged:
        if name not in study.results and name not in study.damaged:
            raise ValueError(
                f"no result {name!r} in {study.path} to compare the probes with: "
                f"`classblocks record {study.path} --name {name} …` makes it"
            )
        return study.result(name)
    return None


def see_weights(own: "Result | None", network: "nn.Module") -> None:
    """Warn when the network is not the one that the probes will be compared with."""
    import warnings

    from classblocks.nn.weights import checksum

    inputs = None if own is None else own.provenance.get("inputs")
    known = inputs.get("weights") if isinstance(inputs, dict) else None
    if own is not None and known is not None and known != checksum(network):
        warnings.warn(f"{own.name!r} was recorded with other weights", stacklevel=2)


def prepared(
    own: "Result | None",
    network: "nn.Module",
    size: int | None,
    mean: list[float] | None,
    std: list[float] | None,
) -> "Preprocess":
    """Prepare images as for the network's own result, but for what the user gives."""
    from classblocks.nn import Preprocess, preprocess_of

    found = preprocess_of(network)
    inputs = None if own is None else own.provenance.get("inputs")
    known = inputs.get("preprocess") if isinstance(inputs, dict) else None
    if isinstance(known, dict) and set(known) == {"size", "mean", "std", "resize"}:
        found = Preprocess(**known)
    return changed(found, size, mean, std)
