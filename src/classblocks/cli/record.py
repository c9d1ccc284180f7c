"""``classblocks record``."""

from pathlib import Path

import click


def _numbers(ctx: click.Context, option: click.Parameter, value: str | None) -> list[float] | None:
    if value is None:
        return None
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter("expected numbers such as 0.485,0.456,0.406") from None
    if len(numbers) not in (1, 3):
        raise click.BadParameter(f"expected 1 or 3 numbers, got {len(numbers)}")
    return numbers


def _names(ctx: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


@click.command(
    epilog="""\b
Examples:
  classblocks record birds --name resnet18 --model timm:resnet18 --data images/val \\
      --weights resnet18.safetensors --size 224 --hierarchy wordnet
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
@click.option("--data", required=True, metavar="SRC", help="Labelled images.")
@click.option(
    "--classes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Class names in the order of the network's outputs, when the study is new.",
)
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Safetensors, or a state dict of torch.save."
)
@click.option("--layers", callback=_names, metavar="A,B", help="Layers by name.  [default: auto]")
@click.option("--hierarchy", metavar="wordnet|FILE", help="Class hierarchy to add.")
@click.option("--transform", default="none", show_default=True, help="Transformation, as a label.")
@click.option("--epoch", type=int, help="Epoch of the weights.")
@click.option("--split", default="val", show_default=True, help="Split of the images.")
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Images that go through the network at once.",
)
@click.option(
    "--side",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Positions per side that response maps are pooled to.",
)
@click.option("--size", type=click.IntRange(1), help="Resize images to this side, in pixels.")
@click.option("--mean", callback=_numbers, metavar="R,G,B", help="Subtracted from the channels.")
@click.option("--std", callback=_numbers, metavar="R,G,B", help="Divides the channels.")
@click.option("--device", help="PyTorch device.  [default: cuda where there is one, else cpu]")
def command(
    study: Path,
    name: str,
    spec: str,
    data: str,
    classes: Path | None,
    weights: Path | None,
    layers: list[str] | None,
    hierarchy: str | None,
    transform: str,
    epoch: int | None,
    split: str,
    batch_size: int,
    side: int,
    size: int | None,
    mean: list[float] | None,
    std: list[float] | None,
    device: str | None,
) -> None:
    """Run a PyTorch network over images and keep what the page shows."""
