"""``classblocks hierarchy``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classblocks.cli.trees import FORMS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result
    from classblocks.study.study import Study

# Those of core.order; named here so that --help imports no NumPy.
METHODS = (
    "auto",
    "recursive_ncut",
    "olo",
    "linkage",
    "spectral",
    "hubert_mst",
    "barycenter",
    "polish",
    "greedy_merge",
    "ward",
)


@click.command(
    epilog="""\b
Examples:
  classblocks hierarchy birds                                      list
  classblocks hierarchy birds --result resnet --method auto --save-as derived
  classblocks hierarchy birds --result resnet --from logits --method linkage
  classblocks hierarchy birds --result resnet --similarity rates --method olo --save-as rates
  classblocks hierarchy birds --result resnet --method ward --layer layer4
  classblocks hierarchy birds --import wordnet --default
  classblocks hierarchy birds --import groups.csv --save-as mine
  classblocks hierarchy birds --hierarchy derived --partition 20
  classblocks hierarchy birds --hierarchy wordnet --compare derived --repair
  classblocks hierarchy birds --export mine -o mine.json

\b
Methods:
  auto            the best of them for most matrices
  recursive_ncut  cut where the fewest errors cross, again and again (Fiedler vector)
  olo             average linkage, optimal leaf order
  linkage         sparse average linkage, for many thousand classes
  spectral        sorted by the Fiedler vector
  hubert_mst      a walk along the maximal spanning tree
  barycenter      each class moves to the mean of those it is confused with
  polish          barycenter, then single classes moved
  greedy_merge    the most confused groups first
  ward            Ward clustering of a layer's class means (--layer)

\b
Deriving prints how the order does before (the study's hierarchy) and after. --partition, --compare
and --repair look at --hierarchy and change nothing.""",
)
@click.argument("study", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--result", help="Derive from this result set; with --partition … whose errors count."
)
@click.option(
    "--from",
    "source",
    type=click.Choice(["confusions", "logits"]),
    default="confusions",
    show_default=True,
    help="What makes two classes similar: errors, or correlated logits.",
)
@click.option(
    "--similarity",
    type=click.Choice(["log1p", "counts", "rates"]),
    default="log1p",
    show_default=True,
    help="How errors count; rates suit classes of unequal size.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    help="How to order the classes.",
)
@click.option("--layer", help="Layer whose class means --method ward clusters.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the ordering."
)
@click.option("--import", "imported", metavar="wordnet|FILE", help=f"Take {FORMS}.")
@click.option("--export", "exported", metavar="NAME", help="Write this hierarchy as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File of --export.")
@click.option("--save-as", metavar="NAME", help="Name in the study.")
@click.option("--replace", is_flag=True, help="Save in place of one with the same name.")
@click.option("--default", "is_default", is_flag=True, help="Make it the one the page opens with.")
@click.option("--hierarchy", metavar="NAME", help="Which to look at.  [default: the study's]")
@click.option("--partition", metavar="B|auto", help="Divide its order into this many blocks.")
@click.option("--compare", metavar="NAME", help="Where it disagrees with another one.")
@click.option("--repair", is_flag=True, help="Moves of groups that would fit the errors better.")
@click.option("--most", type=click.IntRange(1), default=10, show_default=True, help="Rows to list.")
def command(
    study: Path,
    result: str | None,
    source: str,
    similarity: str,
    method: str,
    layer: str | None,
    seed: int,
    imported: str | None,
    exported: str | None,
    output: Path | None,
    save_as: str | None,
    replace: bool,
    is_default: bool,
    hierarchy: str | None,
    partition: str | None,
    compare: str | None,
    repair: bool,
    most: int,
) -> None:
    """List, derive, examine, import or export the class hierarchies of a study."""
    from classblocks import study as studies
    from classblocks.cli.chosen import chosen_result

    looks = partition is not None or compare is not None or repair
    derives = result is not None and not looks
    if sum((derives, imported is not None, exported is not None, looks)) > 1:
        raise click.UsageError(
            "give one of --result, --import, --export, or --partition, --compare and --repair"
        )
    opened = studies.open(study)
    if derives:
        chosen = chosen_result(opened, result)
        tree = _derived(opened, chosen, source, similarity, method, layer, seed)
        _save(opened, save_as or method, tree, replace, is_default)
        _print_criteria(opened, chosen, save_as or method)
    elif imported is not None:
        from classblocks.study.hierarchy_file import read_hierarchy

        name, tree = read_hierarchy(imported, opened.classes)
        _save(opened, save_as or name, tree, replace, is_default)
    elif exported is not None:
        target = output or Path(f"{exported}.json")
        _hierarchy(opened, exported).save(target)
        click.echo(f"{exported} written to {target}")
    elif looks:
        _look(opened, chosen_result(opened, result), hierarchy, partition, compare, repair, most)
    elif save_as is not None:
        raise click.UsageError("--save-as needs --result or --import")
    else:
        _list(opened)


def _derived(
    study: "Study",
    result: "Result",
    source: str,
    similarity: str,
    method: str,
    layer: str | None,
    seed: int,
) -> "Hierarchy":
    from dataclasses import replace

    from classblocks.core.logits import logit_similarity
    from classblocks.core.naming import given_hierarchy, name_after
    from classblocks.core.order import order_classes

    graph: Any = similarity
    if source == "logits":
        if result.logits is None:
            raise ValueError(f"result {result.name!r} keeps no logits; record or import it again")
        graph = logit_similarity(result.logits)
    tree = order_classes(
        result.cells(),
        method=method,
        seed=seed,
        names=study.classes.names,
        similarity=graph,
        features=None if method != "ward" else _features(result, layer),
    )
    how = {**tree.how, "result": result.name}
    if method == "ward":
        how["layer"] = layer
    elif source == "logits":
        how |= {"source": "logits", "similarity": "logit correlation"}
    named = given_hierarchy(study.hierarchies)
    return replace(tree if named is None else name_after(tree, named), how=how)


def _features(result: "Result", layer: str | None) -> "NDArray[np.float32]":
    known = ", ".join(result.layers) or "none"
    if layer is None:
        raise ValueError(f"--method ward needs --layer, one of the recorded layers: {known}")
    if layer not in result.layers:
        raise ValueError(f"no layer {layer!r} in result {result.name!r} (it has {known})")
    profile = result.layers[layer].profile
    return profile.reshape(len(profile), -1)


def _save(study: "Study", name: str, tree: "Hierarchy", replace: bool, is_default: bool) -> None:
    from classblocks.study import NameTakenError

    try:
        study.save_hierarchy(name, tree, replace=replace, default=is_default)
    except NameTakenError:
        raise ValueError(
            f"hierarchy {name!r} exists already in {study.path}: give another --save-as, or "
            "--replace"
        ) from None
    click.echo(f"{name}: {_described(tree)}")


def _print_criteria(study: "Study", result: "Result", name: str) -> None:
    from classblocks.cli.hierarchy_text import criteria_lines
    from classblocks.core.hierarchy import Hierarchy

    trees = {"file order": Hierarchy.flat(study.classes.names)}
    before = study.default_hierarchy
    if before is not None and before != name:
        trees[before] = study.hierarchies[before]
    trees[name] = study.hierarchies[name]
    for line in criteria_lines(result.cells(), trees):
        click.echo(line)


def _look(
    study: "Study",
    result: "Result",
    hierarchy: str | None,
    partition: str | None,
    compare: str | None,
    repair: bool,
    most: int,
) -> None:
    from classblocks.cli import hierarchy_text

    name = hierarchy or study.default_hierarchy
    if name is None:
        raise ValueError(f"{study.path} has no hierarchies; add one with --import or --result")
    tree, cells = _hierarchy(study, name), result.cells()
    parts = []
    if partition is not None:
        n_blocks = partition if partition == "auto" else _number(partition)
        parts.append(hierarchy_text.block_lines(cells, name, tree, n_blocks))
    if compare is not None:
        other = _hierarchy(study, compare)
        parts.append(hierarchy_text.compare_lines(cells, (name, tree), (compare, other), most))
    if repair:
        parts.append(hierarchy_text.repair_lines(cells, tree, most))
    click.echo(f"{name}, errors of {result.name}")
    for lines in parts:
        click.echo("\n" + "\n".join(lines))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(f"--partition: expected a number or auto, got {text!r}") from None


def _hierarchy(study: "Study", name: str) -> "Hierarchy":
    if name not in study.hierarchies:
        raise ValueError(
            f"no hierarchy {name!r} in {study.path} ({_names(list(study.hierarchies))})"
        )
    return study.hierarchies[name]


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
