"""Build the demo study: draw the data, train a small network, record it at every epoch."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import torch

from classblocks.core.hierarchy import Hierarchy
from classblocks.demo.dataset import Plan, Samples, nested, render, write_images, write_truth
from classblocks.demo.place import CONFIG, FOLDER, RUN, WEIGHTS
from classblocks.nn.arrays import ArrayImages
from classblocks.nn.spec import load_model
from classblocks.nn.training.config import Config
from classblocks.nn.training.config_file import read_config
from classblocks.nn.training.keeping import Keeper, result_name
from classblocks.nn.training.run import train
from classblocks.study.format import STUDY_FILE, StudyError
from classblocks.study.study import Study, create
from classblocks.study.study import open as open_study

HIERARCHY = "scripts"

# What `classblocks train` reads, so that users can change it and compare.
TEMPLATE = """\
# The network of the demo. Train another one beside it, into the same study:
#   classblocks train {config} --name wide --set recipe.epochs=12
name = "cnn"
out = "{run}"
study = ".."
hierarchy = "{hierarchy}"
seed = {seed}

[data]
train = "train.parquet"
val = "val.parquet"
cache = "pixels"
side = 32

[network]
model = "classblocks.nn.networks:SmallConvNet"

[recipe]
epochs = {epochs}
batch_size = 256
lr = 0.3
size = 32
crop_scale = 0.75
flip = false  # a mirrored letter is another letter

[recording]
layers = ["block1", "block2", "block3", "block4"]
untrained = true
"""


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
    config = read_config(files / CONFIG)
    names = [result_name(config.name, epoch) for epoch in range(epochs + 1)]
    if all(name in study.results for name in names) and (files / WEIGHTS).exists():
        return study
    try:
        _build(study, files, plan, config, progress)
    finally:
        study.clear_activity()
    return open_study(directory)


def images_of(samples: Samples, split: str) -> ArrayImages:
    """Make a split of the data set an image source, with the rows of its Parquet file for uris."""
    return ArrayImages(
        samples.images,
        samples.true,
        sample_id=samples.sample_id,
        uris=[f"{split}.parquet#{row}" for row in range(len(samples.true))],
        columns=pa.table({name: pa.array(values) for name, values in samples.columns.items()}),
    )


def _build(study: Study, files: Path, plan: Plan, config: Config, progress: bool) -> None:
    study.set_activity("drawing the validation images", None)
    val = render(plan, "val")
    if not (files / "val.parquet").exists():
        write_images(val, plan, files / "val.parquet")
    # Before the training images are there: the page opens with the untrained network.
    torch.manual_seed(config.seed)
    network = load_model(config.network.model, len(plan.characters))
    Keeper(config, study, images_of(val, "val"), progress).record(network, 0)

    study.set_activity("drawing the training images", 0.0)
    if not (files / "train.parquet").exists() or not (files / "truth.json").exists():
        drawn = render(plan, "train")
        write_images(drawn, plan, files / "train.parquet")
        write_truth(plan, {"val": val, "train": drawn}, files / "truth.json")
    train(config, progress=progress)


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
        text = TEMPLATE.format(
            config=f"{directory.name}/{FOLDER}/{CONFIG}",
            run=RUN,
            hierarchy=HIERARCHY,
            seed=plan.seed,
            epochs=epochs,
        )
        _write(files / CONFIG, text)
        _write(settings, json.dumps(wanted, indent=1) + "\n")
    if HIERARCHY not in study.hierarchies:
        names = [character.name for character in plan.characters]
        study.add_hierarchy(HIERARCHY, Hierarchy.from_nested(nested(plan), names), default=True)
    return study, files


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
