"""Train a network as a configuration says, or go on where it was interrupted."""

import json
import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from safetensors.torch import save
from torch import nn
from tqdm import tqdm

from classblocks.nn.augment import layout_of, normalise
from classblocks.nn.spec import load_model
from classblocks.nn.training import log
from classblocks.nn.training.config import Config
from classblocks.nn.training.epochs import AfterEpoch, Epochs
from classblocks.nn.training.given import classes_of, hierarchy_of, plan_of
from classblocks.nn.training.keeping import Keeper
from classblocks.nn.training.loader import EpochBatches, loader
from classblocks.nn.training.objective import objective
from classblocks.nn.training.pixels import decoded, stratified
from classblocks.nn.training.task import Task
from classblocks.nn.weights import load_weights
from classblocks.study.atomic import write_bytes, write_json
from classblocks.study.images import open_images
from classblocks.study.study import Study

SETTINGS, WEIGHTS, LOG, CHECKPOINT = "config.json", "network.safetensors", "log.jsonl", "last.ckpt"
_PATHS = (
    "hierarchy", "data.train", "data.val", "data.classes", "network.weights",
    "method.branches", "method.hierarchy",
)  # fmt: skip
SEEN = 2_000  # training images that are evaluated for the gap between training and validation


@dataclass(frozen=True)
class Trained:
    """A finished run.

    Attributes
    ----------
    network : in evaluation mode, without branches
    weights : safetensors file
    log : one entry per measured epoch, see ``nn.training.evaluation.measures``
    """

    network: nn.Module
    weights: Path
    log: list[dict[str, Any]]


def train(config: Config, *, progress: bool = True) -> Trained:
    """Train, or resume from the last whole epoch.

    Parameters
    ----------
    config : of the run; ``config.out`` holds its state
    progress : show bars

    Returns
    -------
    Trained

    Raises
    ------
    ValueError, StudyError
        The configuration does not fit the data, the network, the study, or an earlier run in the
        same folder.
    """
    out = Path(config.out)
    train_images, val_images = open_images(config.data.train), open_images(config.data.val)
    classes, study = classes_of(config, train_images)
    _claim(out, config)
    hierarchy = hierarchy_of(config.hierarchy, study, classes)
    if study is not None and hierarchy is not None and not study.hierarchies:
        label = Path(str(config.hierarchy)).stem
        study.add_hierarchy(label, hierarchy, default=True)
    by = hierarchy_of(config.method.hierarchy, study, classes) or hierarchy
    plan = plan_of(config, study, classes, by)
    torch.manual_seed(config.seed)
    network = load_model(config.network.model, len(classes))
    if config.network.weights is not None:
        load_weights(network, config.network.weights)
    if (out / WEIGHTS).exists():
        load_weights(network, out / WEIGHTS)
        return Trained(network.eval(), out / WEIGHTS, log.read(out / LOG))

    cache = Path(config.data.cache) if config.data.cache else out / "pixels"
    true = train_images.true(classes)
    rows = stratified(true, config.data.share, config.data.share_seed, classes)
    seen = decoded(train_images, true, config.data.side, cache, rows=rows, progress=progress)
    val_true = val_images.true(classes)
    val = decoded(val_images, val_true, config.data.side, cache, progress=progress)

    network.to(memory_format=layout_of(network))  # type: ignore[call-overload]
    example = normalise(torch.from_numpy(np.array(seen.images[:1])).permute(0, 3, 1, 2))
    example = torch.nn.functional.interpolate(example, size=(config.recipe.size,) * 2)
    goal = objective(config, network, len(classes), example, plan, by)
    keeper = None
    if study is not None:
        keeper = Keeper(config, study, val.source(val_images), progress)
        if _last(out) is None:
            keeper.claim()
        if config.recording.untrained:
            keeper.record(network, 0)
    sample = np.random.default_rng(0).permutation(len(seen.true))[:SEEN]
    epochs = Epochs(config, len(classes), val, seen, np.sort(sample), hierarchy, keeper)
    after = AfterEpoch(epochs, out / LOG, tqdm.write if progress else _silent)
    with _calm():
        trainer = _trainer(config, out, after, progress)
        batches = EpochBatches(
            len(seen.true),
            config.recipe.batch_size,
            config.seed,
            trainer.global_rank,
            trainer.world_size,
        )
        workers = config.data.workers
        on_gpu = trainer.strategy.root_device.type == "cuda"
        if workers is None:
            workers = 4 if on_gpu else 0
        with _interruptible(trainer), _telling(study):
            trainer.fit(
                Task(goal, config.recipe, config.seed),
                loader(seen, batches, workers=workers, pin=on_gpu),
                ckpt_path=_last(out),
                weights_only=True,
            )
    network = goal.finished().cpu().eval()
    if trainer.is_global_zero:
        _save(network, out / WEIGHTS)
    return Trained(network, out / WEIGHTS, log.read(out / LOG))


def _trainer(config: Config, out: Path, after: AfterEpoch, progress: bool) -> lightning.Trainer:
    on_gpu = torch.cuda.is_available()
    callbacks: list[lightning.Callback] = [
        after,
        ModelCheckpoint(
            out, filename="last", save_top_k=1, every_n_epochs=1, enable_version_counter=False
        ),
    ]
    if progress:
        callbacks.append(TQDMProgressBar())
    return lightning.Trainer(
        accelerator="cuda" if on_gpu else "cpu",
        devices=config.devices,
        strategy=_strategy(config),
        precision=config.recipe.precision,  # type: ignore[arg-type]
        max_epochs=config.recipe.epochs,
        gradient_clip_val=config.recipe.clip,
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=progress,
        enable_model_summary=False,
        use_distributed_sampler=False,
        default_root_dir=out,
    )


def _strategy(config: Config) -> str:
    if config.devices == 1:
        return "auto"
    method = config.method
    fades = method.kind == "branches" and (method.schedule != "constant" or method.until < 1)
    return "ddp_find_unused_parameters_true" if fades else "ddp"


@contextmanager
def _telling(study: Study | None) -> Iterator[None]:
    try:
        yield
    finally:
        if study is not None:
            study.clear_activity()


@contextmanager
def _interruptible(trainer: lightning.Trainer) -> Iterator[None]:
    """Let Ctrl-C be what it is everywhere: Lightning ends the process and keeps the signal."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


@contextmanager
def _calm() -> Iterator[None]:
    """Keep Lightning's advice about workers and devices to itself."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            yield
    finally:
        logger.setLevel(level)


def _claim(out: Path, config: Config) -> None:
    """Make the folder this run's, or see that it is."""
    wanted = _decisive(json.loads(json.dumps(asdict(config))))
    file = out / SETTINGS
    if file.exists():
        found = _decisive(json.loads(file.read_text(encoding="utf-8")))
        different = [key for key in wanted if wanted[key] != found.get(key)]
        if different:
            key = different[0]
            raise ValueError(
                f"{out} holds a run with other settings ({key}: {found.get(key)}, now "
                f"{wanted[key]}); choose another folder"
            )
        return
    out.mkdir(parents=True, exist_ok=True)
    write_json(file, asdict(config))


def _decisive(settings: dict[str, Any]) -> dict[str, Any]:
    """Keep what decides the weights, flat; a folder that has moved is the same folder."""
    flat = {}
    for key, value in settings.items():
        for name, entry in value.items() if isinstance(value, dict) else [("", value)]:
            flat[f"{key}.{name}".rstrip(".")] = entry
    for key in ("out", "study", "data.cache", "data.workers"):
        flat.pop(key, None)
    for key in _PATHS:
        if flat.get(key):
            flat[key] = Path(flat[key]).name
    return flat


def _last(out: Path) -> str | None:
    return str(out / CHECKPOINT) if (out / CHECKPOINT).exists() else None


def _save(network: nn.Module, file: Path) -> None:
    state = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_bytes(file, save(state))


def _silent(text: str) -> None:
    """Say nothing."""
