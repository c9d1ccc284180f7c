"""``classblocks report``."""

import json
from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  classblocks report birds
  classblocks report birds --result resnet-e12 --hierarchy wordnet --levels 3
  classblocks report birds --result branches-epoch-08 --against resnet-epoch-08
  classblocks report birds -o birds.html
  classblocks report birds --json > birds.json

\b
"errors inside" is the share of all errors whose true and predicted class lie in one group of that
level, "by chance" what it would be for errors on all pairs of classes alike;
"right group" is the share of samples whose predicted class lies in their true group.
Intervals hold the true value in 95 % of samples.""",
)
@click.argument("study", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--result", help="Result set.  [default: the last one]")
@click.option("--against", metavar="RESULT", help="Compare with this result set too.")
@click.option("--hierarchy", help="Class hierarchy.  [default: that of the study]")
@click.option(
    "--levels",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Levels of groups to list, from the top.",
)
@click.option(
    "--worst",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Confusions, and groups confused inside, to list.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a file: .html is a page, .json JSON, else text.",
)
def command(
    study: Path,
    result: str | None,
    against: str | None,
    hierarchy: str | None,
    levels: int,
    worst: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Print accuracy, groups, probes of layers, blocks, orders, findings and worst confusions."""
    from classblocks import study as studies
    from classblocks.app.context import Context
    from classblocks.app.report import html, report, text
    from classblocks.cli.chosen import chosen_result

    opened = studies.open(study)
    chosen = chosen_result(opened, result)
    context = Context(opened)
    tree = hierarchy or context.default_hierarchy
    if tree not in context.hierarchies:
        known = ", ".join(context.hierarchies)
        raise ValueError(f"no hierarchy {tree!r} in {study} (it has {known})")
    other = None if against is None else chosen_result(opened, against)
    facts = report(context, chosen, tree, levels=levels, worst=worst, against=other)
    suffix = "" if output is None else output.suffix.lower()
    if as_json or suffix == ".json":
        written = json.dumps(facts, indent=1, ensure_ascii=False)
    else:
        written = html(facts) if suffix in (".html", ".htm") else text(facts)
    if output is None:
        click.echo(written)
    else:
        output.write_text(written.rstrip("\n") + "\n", encoding="utf-8")
        click.echo(f"report written to {output}")
