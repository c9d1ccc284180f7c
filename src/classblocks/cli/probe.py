"""``classblocks probe``."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classblocks.cli.coordinates import epoch_option
from classblocks.cli.pictures import names, picture_options, tell
from classblocks.cli.probe_inputs import own_result, prepared, see_weights, trained_network
from classblocks.cli.torch_process import before_torch

MOST_CLASSES = 10

if TYPE_CHECKING:
    from classblocks.study.result import Result
    from classblocks.study.study import Study


@click.command(
    epilog="""\b
Examples:
  classblocks probe birds --name resnet18 --model timm:resnet18 --weights resnet18.safetensors \\
      --data images/val --train-data images/train --per-class 100
  classblocks probe birds --name resnet18 --model timm:resnet18 --weights resnet18.safetensors \\
      --data images/val --train-data images/train --suggest branches.json
  classblocks probe birds --name mine --model mynet.py:network --train-data images --holdout 0.3
  classblocks probe letters --config letters/demo/train.toml --suggest branches.json

\b
NAME is the result set that `classblocks record` made of the network: the probes NAME-probe-LAYER
are compared with it, and images are prepared as they were for it.
Probes that are there already are kept when the same command is given again.""",
)
@click.argument("study", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A finished `classblocks train` gives network, weights, images and NAME.",
)
@click.option("--name", help="Result set of the network; the probes' names begin so.")
@click.option("--model", "spec", metavar="SPEC", help="The network.")
@click.option("--model-name", help="Name of the network in the page.  [default: that of NAME]")
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Safetensors, or a state dict of torch.save."
)
@click.option("--train-data", metavar="SRC", help="Images to learn from.")
@click.option("--data", metavar="SRC", help="Other images to be judged on.  [default: a share]")
@click.option(
    "--holdout",
    type=float,
    default=0.25,
    show_default=True,
    help="Share of each class to be judged on, without --data.",
)
@click.option("--per-class", type=click.IntRange(2), help="Learn from at most so many of a class.")
@click.option("--layers", callback=names, metavar="A,B", help="Layers by name.  [default: auto]")
@click.option(
    "--side",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Positions per side that maps are averaged to.",
)
@click.option(
    "--c",
    "cs",
    multiple=True,
    type=float,
    help="Inverse strength of the L2 penalty; of several the best is chosen.  [default: a grid]",
)
@click.option(
    "--solver",
    type=click.Choice(["auto", "lbfgs", "minibatch"]),
    default="auto",
    show_default=True,
    help="How the classifiers are fitted.",
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-2,
    show_default=True,
    help="Converged where the gradient is this share of that at zero weights.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all choices."
)
@epoch_option
@click.option("--split", default="val", show_default=True, help="Split of the images judged on.")
@click.option("--hierarchy", metavar="NAME", help="Hierarchy of the study.  [default: its first]")
@click.option(
    "--suggest",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the branches that the probes suggest, for `classblocks train`.",
)
@click.option(
    "--tau",
    type=float,
    default=0.8,
    show_default=True,
    help="Share of the network's recall that every suggested group must keep.",
)
@click.option("--most", type=click.IntRange(2), help="Most groups of a branch.  [default: C / 4]")
@click.option(
    "--prefer",
    type=click.Choice(["accuracy", "size"]),
    default="accuracy",
    show_default=True,
    help="What is split first: what costs least accuracy, or the largest group.",
)
@picture_options
def command(
    study: Path,
    config: Path | None,
    name: str | None,
    spec: str | None,
    model_name: str | None,
    weights: Path | None,
    train_data: str | None,
    data: str | None,
    holdout: float,
    per_class: int | None,
    layers: list[str] | None,
    side: int,
    cs: tuple[float, ...],
    solver: str,
    tolerance: float,
    seed: int,
    epoch: float | None,
    split: str,
    hierarchy: str | None,
    suggest: Path | None,
    tau: float,
    most: int | None,
    prefer: str,
    batch_size: int,
    size: int | None,
    mean: list[float] | None,
    std: list[float] | None,
    device: str | None,
) -> None:
    """Train one linear classifier per layer and see what can be told apart there."""
    import warnings

    before_torch()
    from classblocks import study as studies
    from classblocks.nn import load_model, load_weights
    from classblocks.nn.probes import probe

    opened = studies.open(study)
    if config is not None:
        trained = trained_network(config, opened)
        name, spec = name or trained.name, spec or trained.spec
        weights, train_data = weights or trained.weights, train_data or trained.train
        data = data or trained.val
    for option, value in (("--name", name), ("--model", spec), ("--train-data", train_data)):
        if value is None:
            raise click.UsageError(f"Missing option '{option}', or give --config.")
    assert name is not None and spec is not None and train_data is not None
    own = own_result(opened, name, needed=suggest is not None)
    if suggest is not None and not suggest.absolute().parent.is_dir():
        raise ValueError(f"{suggest}: there is no folder {suggest.absolute().parent}")
    if hierarchy is not None and hierarchy not in opened.hierarchies:
        known = ", ".join(opened.hierarchies) or "none"
        raise ValueError(f"no hierarchy {hierarchy!r} in {study} (there are: {known})")
    network = load_model(spec, len(opened.classes))
    if weights is not None:
        load_weights(network, weights)
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = tell
        see_weights(own, network)
        try:
            results = probe(
                network,
                train_data,
                data,
                opened,
                name=name,
                layers=layers,
                epoch=own.coordinates.epoch if epoch is None and own is not None else epoch,
                split=split,
                model_name=model_name
                or (own.coordinates.model if own is not None else None)
                or spec.rpartition(":")[2],
                per_class=per_class,
                holdout=holdout,
                c=cs or None,
                solver=solver,
                tolerance=tolerance,
                seed=seed,
                side=side,
                batch_size=batch_size,
                device=device,
                preprocess=prepared(own, network, size, mean, std),
            )
        except KeyboardInterrupt:
            click.echo("\ninterrupted; the same command keeps the probes that are done", err=True)
            sys.exit(130)
    _tell_all(opened, results, own, hierarchy, suggest, tau, most, prefer)


def _tell_all(
    study: "Study",
    results: "Mapping[str, Result]",
    own: "Result | None",
    hierarchy: str | None,
    suggest: Path | None,
    tau: float,
    most: int | None,
    prefer: str,
) -> None:
    from classblocks.app.probes import same_samples
    from classblocks.app.report.probe_sections import probe_sections
    from classblocks.app.report.probes import probe_facts
    from classblocks.app.report.text import section_lines
    from classblocks.cli.probe_text import fit_lines

    for line in fit_lines(results):
        click.echo(line)
    chosen = hierarchy or study.default_hierarchy
    if chosen is None:
        click.echo("\nlevels and groups need a hierarchy: see `classblocks hierarchy --help`")
        return
    tree = study.hierarchies[chosen]
    last = list(results.values())[-1]
    for section in probe_sections(probe_facts(study, last, tree, MOST_CLASSES)):
        click.echo()
        for line in section_lines(section):
            click.echo(line)
    if suggest is None or own is None:
        return
    from classblocks.core.branching import suggest_branches
    from classblocks.study.branches_file import write_branches

    probed = same_samples(results, own)
    plan = suggest_branches(
        tree,
        probed.layer_cells,
        probed.final_cells,
        tau=tau,
        most=most,
        prefer=prefer,
        classes=study.classes.names,
        hierarchy_name=chosen,
    )
    write_branches(suggest, plan)
    groups = ", ".join(f"{branch.layer} {branch.n_groups}" for branch in plan.branches)
    click.echo(f"\n{suggest}: branches for `classblocks train`, groups by layer: {groups}")
    if plan.how.get("note"):
        click.echo(str(plan.how["note"]))
