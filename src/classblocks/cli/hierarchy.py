"""``classblocks hierarchy``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from classblocks.cli.trees import FORMS

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.study import Study


@click.command(
    epilog="""\b
Examples:
  classblocks hierarchy birds                                      list
  classblocks hierarchy birds --result resnet --method auto --save-as derived
  classblocks hierarchy birds --import wordnet --default
  classblocks hierarchy birds --import groups.csv --save-as mine
  classblocks hierarchy birds --export mine -o mine.json""",
)
@click.argument("study", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--result", help="Derive from the confusions of this result set.")
@click.option("--method", default="auto", show_default=True, help="How to order the classes.")
@click.option("--seed", default=0, show_default=True, help="Seed of the ordering.")
@click.option("--import", "source", metavar="wordnet|FILE", help=f"Take {FORMS}.")
@click.option("--export", "exported", metavar="NAME", help="Write this hierarchy as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File of --export.")
@click.option("--save-as", metavar="NAME", help="Name in the study.")
@click.option("--default", "is_default", is_flag=True, help="Make it the one the page opens with.")
def command(
    study: Path,
    result: str | None,
    method: str,
    seed: int,
    source: str | None,
    exported: str | None,
    output: Path | None,
    save_as: str | None,
    is_default: bool,
) -> None:
    """List the class hierarchies of a study, derive one from confusions, import or export one."""
    from classblocks import study as studies

    if sum(choice is not None for choice in (result, source, exported)) > 1:
        raise click.UsageError("give one of --result, --import and --export")
    opened = studies.open(study)
    if result is not None:
        _save(opened, save_as or method, _derived(opened, result, method, seed), is_default)
    elif source is not None:
        from classblocks.study.hierarchy_file import read_hierarchy

        name, tree = read_hierarchy(source, opened.classes)
        _save(opened, save_as or name, tree, is_default)
    elif exported is not None:
        _export(opened, exported, output or Path(f"{exported}.json"))
    elif save_as is not None:
        raise click.UsageError("--save-as needs --result or --import")
    else:
        _list(opened)


def _derived(study: "Study", result: str, method: str, seed: int) -> "Hierarchy":
    from classblocks.core.order import order_classes

    if result not in study.results:
        raise ValueError(f"no result {result!r} in {study.path} ({_names(list(study.results))})")
    counts = study.confusion(result)
    return order_classes(counts, method=method, seed=seed, names=study.classes.names)


def _save(study: "Study", name: str, tree: "Hierarchy", is_default: bool) -> None:
    study.add_hierarchy(name, tree, default=is_default)
    click.echo(f"{name}: {_described(tree)}")


def _export(study: "Study", name: str, file: Path) -> None:
    if name not in study.hierarchies:
        raise ValueError(
            f"no hierarchy {name!r} in {study.path} ({_names(list(study.hierarchies))})"
        )
    study.hierarchies[name].save(file)
    click.echo(f"{name} written to {file}")


def _list(study: "Study") -> None:
    if not study.hierarchies:
        click.echo("no hierarchies; add one with --import or --result")
    for name, tree in study.hierarchies.items():
        mark = "*" if name == study.default_hierarchy else " "
        source = tree.how.get("source") or tree.how.get("method") or ""
        click.echo(f"{mark} {name}: {_described(tree)}{f', {source}' if source else ''}")


def _described(tree: "Hierarchy") -> str:
    groups = tree.n_nodes - tree.n_classes
    depth = int(tree.depth.max(initial=0))
    return f"{tree.n_classes} classes in {groups} groups, {depth} levels"


def _names(names: list[str]) -> str:
    return f"it has {', '.join(names)}" if names else "it has none"
