"""``classblocks record``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classblocks.cli.coordinates import epoch_option
from classblocks.cli.pictures import changed, names, picture_options, tell
from classblocks.cli.torch_process import before_torch
from classblocks.cli.trees import add_tree, derive_if_none

if TYPE_CHECKING:
    from classblocks.study.images import ImageSource
    from classblocks.study.study import Study


@click.command(
    epilog="""\b
Examples:
  classblocks record birds --name resnet18 --model timm:resnet18 --data images/val \\
      --weights resnet18.safetensors --size 224 --hierarchy wordnet
  classblocks record birds --name resnet18 --model timm:resnet18 --data images/val --crm wordnet
  classblocks record birds --name mine-e3 --model mynet.py:network --data val.parquet \\
      --layers layer3,layer4 --epoch 3

\b
SPEC is package.module:callable, file.py:callable, timm:NAME or torchvision:NAME.
SRC is a folder with one folder of images per class, or Parquet with `image` and `label`.
An interrupted recording goes on where it stopped when the same command is given again.""",
)
@click.argument("study", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name of the result set.")
@click.option("--model", "spec", required=True, metavar="SPEC", help="The network.")
@click.option("--model-name", help="Name of the network in the page.  [default: from SPEC]")
@click.option("--data", required=True, metavar="SRC", help="Labelled images.")
@click.option(
    "--classes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Class names in the order of the network's outputs, when the study is new.",
)
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Safetensors, or a state dict of torch.save."
)
@click.option("--layers", callback=names, metavar="A,B", help="Layers by name.  [default: auto]")
@click.option("--hierarchy", metavar="wordnet|FILE", help="Class hierarchy to add.")
@click.option("--crm", metavar="HIERARCHY", help="Add NAME-crm, ranked by expected distance in it.")
@click.option(
    "--no-logits", is_flag=True, help="Do not keep the sums for the correlation of logits."
)
@click.option("--transform", default="none", show_default=True, help="Transformation, as a label.")
@epoch_option
@click.option("--split", default="val", show_default=True, help="Split of the images.")
@click.option(
    "--side",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Positions per side that response maps are pooled to.",
)
@picture_options
def command(
    study: Path,
    name: str,
    spec: str,
    model_name: str | None,
    data: str,
    classes: Path | None,
    weights: Path | None,
    layers: list[str] | None,
    hierarchy: str | None,
    crm: str | None,
    no_logits: bool,
    transform: str,
    epoch: float | None,
    split: str,
    batch_size: int,
    side: int,
    size: int | None,
    mean: list[float] | None,
    std: list[float] | None,
    device: str | None,
) -> None:
    """Run a PyTorch network over images and keep what the page shows."""
    import warnings

    before_torch()
    from classblocks.nn import load_model, load_weights, preprocess_of, record
    from classblocks.study.images import open_images
    from classblocks.study.undo import no_empty_study

    images = open_images(data)
    with no_empty_study(study), warnings.catch_warnings():
        opened = _study(study, classes, images)
        network = load_model(spec, len(opened.classes))
        if weights is not None:
            load_weights(network, weights)
        if hierarchy is not None:
            add_tree(opened, hierarchy)
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = tell
        try:
            result = record(
                network,
                images,
                opened,
                name,
                layers=layers,
                transform=transform,
                epoch=epoch,
                split=split,
                batch_size=batch_size,
                device=device,
                side=side,
                crm=crm,
                logits=not no_logits,
                preprocess=changed(preprocess_of(network), size, mean, std),
                model_name=model_name or spec.rpartition(":")[2],
            )
        except KeyboardInterrupt:
            click.echo("\ninterrupted; the same command goes on where this one stopped", err=True)
            sys.exit(130)
    click.echo(f"{name}: {result.n_samples:,} samples, {len(result.layers)} layers, in {study}")
    if crm is not None:
        click.echo(f"{name}-crm: the same, ranked by distance in {crm!r}")
    derive_if_none(opened, name)


def _study(path: Path, classes: Path | None, images: "ImageSource") -> "Study":
    """Open the study, or create it before a recording that can take long."""
    from classblocks import study as studies
    from classblocks.study.class_names import classes_called
    from classblocks.study.classes_file import read_classes
    from classblocks.study.format import STUDY_FILE

    given = None if classes is None else read_classes(classes)
    if (path / STUDY_FILE).exists():
        opened = studies.open(path)
        if given is not None and given.names != opened.classes.names:
            raise ValueError(f"{classes}: these are not the classes of {path}")
        return opened
    if given is not None:
        return studies.create(path, given)
    if images.class_names is None:
        raise ValueError(
            f"{path} is new and the images have numbers for labels: give --classes FILE"
        )
    return studies.create(path, classes_called(images.class_names))
