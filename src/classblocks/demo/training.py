"""Build the demo study: draw the data, train a small network, record it at every epoch."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from safetensors.torch import save_file
from torch import nn
from tqdm import tqdm

from classblocks.core.hierarchy import Hierarchy
from classblocks.demo.dataset import Plan, Samples, nested, render, write_images, write_truth
from classblocks.demo.place import FOLDER, WEIGHTS
from classblocks.nn.arrays import ArrayImages
from classblocks.nn.networks import SmallConvNet
from classblocks.nn.recording import record
from classblocks.nn.train import Recipe, fit
from classblocks.study.format import STUDY_FILE, StudyError
from classblocks.study.study import Study, create
from classblocks.study.study import open as open_study

HIERARCHY = "scripts"
LAYERS = ("block1", "block2", "block3", "block4")
RECIPE = Recipe(batch_size=256, lr=0.3, size=32, crop_scale=0.75, flip=False, bfloat16=True)


def result_name(epoch: int, split: str = "val") -> str:
    """Name of the result set of one epoch; 0 is the untrained network."""
    return f"cnn-epoch-{epoch:02d}" + ("" if split == "val" else f"-{split}")


def build(
    directory: str | os.PathLike[str],
    *,
    epochs: int = 8,
    progress: bool = True,
    plan: Plan | None = None,
) -> Study:
    """Make the demo study in a folder, or go on with it where it was interrupted.

    Parameters
    ----------
    directory : becomes the study; data, truths and weights lie in its folder ``demo``
    epochs : passes over the training images
    plan : of the data set; None means all classes

    Returns
    -------
    The study, with one result set for every epoch from 0

    Raises
    ------
    StudyError
        The folder holds something else, or a demo with another plan or number of epochs.

    Notes
    -----
    The study can be opened long before this returns: classes, hierarchy, samples, thumbnails and
    the untrained network are there before training starts, and ``Study.activity`` says how far it
    is.
    """
    plan = plan or Plan()
    study, files = _opened(Path(directory), plan, epochs)
    names = [result_name(epoch) for epoch in range(epochs + 1)]
    if all(name in study.results for name in names) and (files / WEIGHTS).exists():
        return study
    try:
        _build(study, files, plan, epochs, progress)
    finally:
        study.clear_activity()
    return study


def images_of(samples: Samples, split: str) -> ArrayImages:
    """Make a split of the data set an image source, with the rows of its Parquet file for uris."""
    return ArrayImages(
        samples.images,
        samples.true,
        sample_id=samples.sample_id,
        uris=[f"{FOLDER}/{split}.parquet#{row}" for row in range(len(samples.true))],
        columns=pa.table({name: pa.array(values) for name, values in samples.columns.items()}),
    )


def _build(study: Study, files: Path, plan: Plan, epochs: int, progress: bool) -> None:
    study.set_activity("drawing the validation images", None)
    val = render(plan, "val")
    if not (files / "val.parquet").exists():
        write_images(val, plan, files / "val.parquet")
    images = images_of(val, "val")
    recipe = Recipe(**{**asdict(RECIPE), "epochs": epochs, "seed": plan.seed})
    torch.manual_seed(recipe.seed)
    network = SmallConvNet(len(plan.characters)).to(  # type: ignore[call-overload]
        memory_format=torch.channels_last
    )
    _record(network, images, study, 0, epochs, progress, val)

    study.set_activity("drawing the training images", 0.0)
    train = render(plan, "train")
    if not (files / "train.parquet").exists():
        write_images(train, plan, files / "train.parquet")
    if not (files / "truth.json").exists():
        write_truth(plan, {"val": val, "train": train}, files / "truth.json")

    checkpoint = files / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        _record(network, images, study, state["epoch"], epochs, progress, val)
    pixels = torch.from_numpy(train.images.transpose(0, 3, 1, 2)).contiguous()
    labels = torch.from_numpy(train.true.astype(np.int64))
    with _telling(network, study, recipe, len(labels)):
        for end in fit(network, pixels, labels, recipe, checkpoint=checkpoint, progress=progress):
            _record(network, images, study, end.epoch, epochs, progress, val)
    _save(network, files / WEIGHTS)


def _opened(directory: Path, plan: Plan, epochs: int) -> tuple[Study, Path]:
    files = directory / FOLDER
    wanted = {**asdict(plan), "epochs": epochs}
    if not (directory / STUDY_FILE).exists():
        classes = [(character.name, character.key) for character in plan.characters]
        create(directory, classes, name="Characters of many scripts")
    study = open_study(directory)
    settings = files / "plan.json"
    if settings.exists():
        found = json.loads(settings.read_text(encoding="utf-8"))
        if found != wanted:
            raise StudyError(f"{directory} holds a demo made with {found}, not with {wanted}")
    elif study.results or study.samples.n or len(study.classes) != len(plan.characters):
        raise StudyError(f"{directory} is a study that is not the demo; choose another folder")
    else:
        files.mkdir(exist_ok=True)
        _write(settings, json.dumps(wanted, indent=1) + "\n")
    if HIERARCHY not in study.hierarchies:
        names = [character.name for character in plan.characters]
        study.add_hierarchy(HIERARCHY, Hierarchy.from_nested(nested(plan), names), default=True)
    return study, files


def _record(
    network: nn.Module,
    images: ArrayImages,
    study: Study,
    epoch: int,
    epochs: int,
    progress: bool,
    val: Samples,
) -> None:
    if result_name(epoch) in study.results:
        return
    message = f"recording epoch {epoch} of {epochs}"
    result = record(
        network,
        images,
        study,
        result_name(epoch),
        layers=LAYERS,
        epoch=epoch,
        device="cpu",
        progress=progress,
        model_name="cnn",
        report=lambda share: study.set_activity(message, epoch / epochs),
    )
    right = float(np.mean(result.pred == val.drawn))
    if progress:
        tqdm.write(f"epoch {epoch} of {epochs}: {right:.1%} of the validation images right")


@contextmanager
def _telling(network: nn.Module, study: Study, recipe: Recipe, n_images: int) -> Iterator[None]:
    """Let the study say how far the training is, about once a second."""
    n_steps = -(-n_images // recipe.batch_size)
    epochs_left = [
        name for name in range(1, recipe.epochs + 1) if result_name(name) not in study.results
    ]
    step = (epochs_left[0] - 1 if epochs_left else recipe.epochs) * n_steps
    due = 0.0

    def tell(module: nn.Module, inputs: object) -> None:
        nonlocal step, due
        if not module.training:
            return
        step += 1
        if time.monotonic() >= due:
            epoch = (step - 1) // n_steps + 1
            share = step / (n_steps * recipe.epochs)
            study.set_activity(f"training: epoch {epoch} of {recipe.epochs}", share)
            due = time.monotonic() + 1

    handle = network.register_forward_pre_hook(tell)
    try:
        yield
    finally:
        handle.remove()


def _save(network: nn.Module, file: Path) -> None:
    part = file.with_suffix(".part")
    state = network.state_dict()
    save_file({name: value.detach().contiguous() for name, value in state.items()}, part)
    part.replace(file)


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
