"""Everything that decides a training run."""

import math
from dataclasses import dataclass, field

METHODS = ("baseline", "branches", "soft_labels", "hierarchical_ce")
GROUPS = ("given", "random", "classes")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True)
class Data:
    """Which images.

    Attributes
    ----------
    train, val : image folder, Parquet, folder of Parquet files, or glob
    side : images are decoded once, resized so that the shorter side has this many pixels, and the
        middle square is kept
    share : of the training images that is used, the same in every class, at least one each
    share_seed : which images those are
    classes : file with the names of the classes, when the images have numbers
    cache : folder for the decoded pixels; None means ``pixels`` in the run's folder
    workers : processes that read ahead; None means 0 on a CPU and 4 beside a GPU
    """

    train: str
    val: str
    side: int = 64
    share: float = 1.0
    share_seed: int = 0
    classes: str | None = None
    cache: str | None = None
    workers: int | None = None


@dataclass(frozen=True)
class Network:
    """Which network.

    Attributes
    ----------
    model : package.module:callable, file.py:callable, timm:NAME or torchvision:NAME
    weights : safetensors or state dict to start from
    """

    model: str
    weights: str | None = None


@dataclass(frozen=True)
class Method:
    """What is trained for.

    Attributes
    ----------
    kind : one of "baseline", "branches", "soft_labels", "hierarchical_ce"
    branches : for "branches", a file as ``classblocks probe --suggest`` or the page writes it, or
        the name of branches saved in the study; None cuts ``hierarchy`` evenly
    layers : that get a branch, in their order in the network, when there is no such file;
        "(output)" is the output itself
    n_groups, factor : groups of the first of these layers, and how many times more each next one
        gets, at most a quarter of the classes
    groups : "given", "random" (groups of the same sizes, by the run's seed), "classes" (every
        branch tells all classes apart)
    weight : of every branch's loss; None keeps those of the file
    head : "pool", "conv" or "mlp"
    schedule : of the weights: "constant", "linear", "cosine" or "bcnn"
    until : share of the training from which branches have no weight
    hierarchy : a file, "wordnet" or the name of a hierarchy of the study; None means
        ``Config.hierarchy``
    beta : sharpness of soft labels; ``beta_end`` is reached at the end, geometrically
    alpha : of hierarchical cross entropy
    """

    kind: str = "baseline"
    branches: str | None = None
    layers: tuple[str, ...] | None = None
    n_groups: int = 3
    factor: float = 2.5
    groups: str = "given"
    weight: float | None = None
    head: str = "pool"
    schedule: str = "constant"
    until: float = 1.0
    hierarchy: str | None = None
    beta: float = 10.0
    beta_end: float | None = None
    alpha: float = 0.1


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Attributes
    ----------
    epochs : passes over the training images
    batch_size : images of one step over all devices
    lr : peak of the one-cycle schedule, for the whole batch
    momentum, weight_decay : of SGD with Nesterov's step; biases and norms do not decay
    warmup : share of the steps until the peak
    label_smoothing : of the main loss
    size : side of a training crop in pixels; evaluation sees whole images
    crop_scale : smallest share of the image area that a training crop keeps
    flip : mirror half of the images; wrong for characters
    precision : "32-true", "bf16-mixed" or "16-mixed"
    clip : largest norm of the gradient; None does not clip
    """

    epochs: int = 8
    batch_size: int = 256
    lr: float = 0.5
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup: float = 0.2
    label_smoothing: float = 0.1
    size: int = 48
    crop_scale: float = 0.35
    flip: bool = True
    precision: str = "bf16-mixed"
    clip: float | None = None


@dataclass(frozen=True)
class Recording:
    """What is kept in the study.

    Attributes
    ----------
    every : record after every so many epochs, and after the last; 0 records only the last
    layers : whose responses are kept; None means those of ``default_layers``, empty means none
    split : of the validation images in the study
    untrained : record the network before training too, as epoch 0
    """

    every: int = 1
    layers: tuple[str, ...] | None = None
    split: str = "val"
    untrained: bool = False


@dataclass(frozen=True)
class Config:
    """One training run.

    Attributes
    ----------
    name : of the network in the study; epochs are recorded as NAME-epoch-NN
    out : folder for checkpoints, weights and the log
    study : where epochs are recorded; None records nothing
    hierarchy : by which epochs are measured in the log, a file, "wordnet" or the name of one of the
        study
    seed : of weights, order, crops and random groups
    devices : how many GPUs, or processes on a CPU
    """

    name: str
    out: str
    data: Data
    network: Network
    method: Method = field(default_factory=Method)
    recipe: Recipe = field(default_factory=Recipe)
    recording: Recording = field(default_factory=Recording)
    study: str | None = None
    hierarchy: str | None = None
    seed: int = 0
    devices: int = 1

    def __post_init__(self) -> None:
        _check(self)


def _check(config: Config) -> None:
    data, recipe, method = config.data, config.recipe, config.method
    for where, value, options in (
        ("method.kind", method.kind, METHODS),
        ("method.groups", method.groups, GROUPS),
        ("recipe.precision", recipe.precision, PRECISIONS),
    ):
        if value not in options:
            raise ValueError(f"{where}: expected one of {', '.join(options)}, got {value!r}")
    for where, whole, least in (
        ("recipe.epochs", recipe.epochs, 1),
        ("recipe.batch_size", recipe.batch_size, 1),
        ("recipe.size", recipe.size, 1),
        ("data.side", data.side, 1),
        ("method.n_groups", method.n_groups, 2),
        ("recording.every", config.recording.every, 0),
        ("seed", config.seed, 0),
        ("devices", config.devices, 1),
    ):
        if whole < least:
            raise ValueError(f"{where}: expected at least {least}, got {whole}")
    for where, number, low, high in (
        ("data.share", data.share, 0, 1),
        ("recipe.lr", recipe.lr, 0, math.inf),
        ("recipe.crop_scale", recipe.crop_scale, 0, 1),
        ("recipe.warmup", recipe.warmup, 0, 1),
        ("method.until", method.until, 0, 1),
        ("method.beta", method.beta, 0, math.inf),
        ("method.factor", method.factor, 0, math.inf),
    ):
        if not low < number <= high or math.isinf(number):
            raise ValueError(f"{where}: expected above {low} and at most {high}, got {number}")
    if not config.name or "/" in config.name:
        raise ValueError(f"name: expected a name without slashes, got {config.name!r}")
    if method.kind == "branches" and method.branches is None and not method.layers:
        raise ValueError(
            "method.branches is missing: a file of branches or a name in the study, or give "
            "method.layers and method.hierarchy"
        )
    cuts = method.kind == "branches" and method.branches is None
    if (cuts or method.kind in ("soft_labels", "hierarchical_ce")) and not (
        method.hierarchy or config.hierarchy
    ):
        raise ValueError(f"method.hierarchy is missing: {method.kind} needs a hierarchy")
