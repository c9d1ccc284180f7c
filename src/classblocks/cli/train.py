"""``classblocks train``."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from classblocks.cli.pictures import names
from classblocks.cli.torch_process import before_torch

_EXAMPLE = """\
# classblocks train CONFIG; paths are relative to this file. What is left out has the value shown
# after it.
name = "resnet"                  # result sets are called resnet-epoch-01, ...
out = "runs/resnet"              # checkpoints, weights, log; the run resumes from here
study = "study"                  # every epoch is recorded here            (none)
hierarchy = "wordnet"            # measures each epoch: a file, or a name in the study   (none)
seed = 0
devices = 1                      # GPUs, or processes on a CPU

[data]
train = "images/train"           # image folder, Parquet, folder of Parquet files, glob
val = "images/val"
side = 64                        # images are decoded once to squares of this side
share = 1.0                      # of the training images of every class

[network]
model = "timm:resnet18"          # or package.module:callable, file.py:callable, torchvision:NAME

[method]
kind = "branches"                # baseline, branches, soft_labels, hierarchical_ce   (baseline)
branches = "branches.json"       # of `classblocks probe --suggest`, or of the page; or instead:
# hierarchy = "wordnet"          # is cut evenly
# layers = ["layer3", "layer4"]  # "(output)" is the output itself
# n_groups = 40                  # of the first of them
groups = "given"                 # random: same sizes; classes: each branch tells all classes
head = "pool"                    # conv, mlp
schedule = "constant"            # linear, cosine, bcnn

[recipe]
epochs = 8
batch_size = 256
lr = 0.5                         # peak of the one-cycle schedule
weight_decay = 5e-4
label_smoothing = 0.1
size = 48                        # side of the training crops
flip = true
precision = "bf16-mixed"         # 32-true, 16-mixed

[recording]
every = 1                        # epochs
"""


@click.command(
    epilog="""\b
Examples:
  classblocks train --example > train.toml
  classblocks train train.toml
  classblocks train train.toml --branches branches.json --name with-branches
  classblocks train train.toml --hierarchy wordnet --layers layer3,layer4 --groups 40 \\
      --name grouped
  classblocks train train.toml --set recipe.epochs=20 --set seed=1 --name longer

Given again, an interrupted run goes on after its last whole epoch.""",
)
@click.argument("config", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--name", help="Name of the run instead of the file's; its folder lies beside that one."
)
@click.option("--branches", metavar="FILE|NAME", help="Train with these branches.")
@click.option("--hierarchy", metavar="NAME|FILE", help="Train with branches cut from this one.")
@click.option("--layers", callback=names, metavar="A,B", help="Layers of these branches.")
@click.option("--groups", type=click.IntRange(2), help="Groups of the first of them.  [default: 3]")
@click.option("--study", type=click.Path(file_okay=False), help="Record the epochs here.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an entry of the file, such as recipe.epochs=20; may be repeated.",
)
@click.option("--example", is_flag=True, help="Print a commented CONFIG and stop.")
def command(
    config: Path | None,
    name: str | None,
    branches: str | None,
    hierarchy: str | None,
    layers: list[str] | None,
    groups: int | None,
    study: str | None,
    changes: tuple[str, ...],
    example: bool,
) -> None:
    """Train a network as a TOML or JSON file says, with or without branches."""
    if example:
        click.echo(_EXAMPLE, nl=False)
        return
    if config is None:
        raise click.UsageError("Missing argument 'CONFIG'; `--example` prints one.")
    before_torch()
    from classblocks.nn.training.config_file import read_config
    from classblocks.nn.training.run import train

    settings = read_config(
        config, _changes(name, branches, study, changes) | _cuts(hierarchy, layers, groups)
    )
    if name is not None:
        settings = replace(settings, out=str(Path(settings.out).with_name(name)))
    try:
        trained = train(settings, progress=sys.stderr.isatty())
    except KeyboardInterrupt:
        click.echo("\nstopped; the same command goes on after the last whole epoch", err=True)
        sys.exit(130)
    if int(os.environ.get("LOCAL_RANK", "0")):
        return  # one of several processes speaks
    last = trained.log[-1]
    click.echo(
        f"{settings.name}: {last['top1']:.1%} of the validation images right, {last['top5']:.1%} "
        f"among the first five; weights in {trained.weights}"
    )
    if settings.study is not None:
        click.echo(f"`classblocks view {settings.study}` shows it")


def _cuts(hierarchy: str | None, layers: list[str] | None, groups: int | None) -> dict[str, object]:
    if hierarchy is None:
        if layers is not None or groups is not None:
            raise click.UsageError("--layers and --groups cut branches from a --hierarchy.")
        return {}
    if layers is None:
        raise click.UsageError("--hierarchy needs --layers, such as layer3,layer4.")
    path = Path(hierarchy)
    changes: dict[str, object] = {
        "method.kind": "branches",
        "method.hierarchy": str(path.absolute()) if path.is_file() else hierarchy,
        "method.layers": layers,
    }
    return changes | ({} if groups is None else {"method.n_groups": groups})


def _changes(
    name: str | None, branches: str | None, study: str | None, given: tuple[str, ...]
) -> dict[str, object]:
    changes: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"expected KEY=VALUE, got {text!r}", param_hint="--set")
        changes[key.strip()] = value
    if name is not None:
        changes["name"] = name
    if branches is not None:
        path = Path(branches)
        changes["method.kind"] = "branches"
        changes["method.branches"] = str(path.absolute()) if path.exists() else branches
    if study is not None:
        changes["study"] = str(Path(study).absolute())
    return changes
