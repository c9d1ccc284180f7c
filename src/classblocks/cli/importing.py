"""``classblocks import``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classblocks.cli.coordinates import coordinate_options

if TYPE_CHECKING:
    from classblocks.study.importing import Imported


@click.command(
    "import",
    epilog="""\b
Examples:
  classblocks import birds --name resnet --predictions resnet.csv --classes names.txt
  classblocks import birds --name vit --predictions vit.npz --images images/val
  classblocks import birds --name vit --predictions vit.npz --hierarchy wordnet --crm wordnet

\b
Predictions are CSV, Parquet or NPZ with `true` and `pred`, and optionally `sample_id`,
`p_pred`, `p_true`, `true_rank`, `topk_class`, `topk_prob`; or with `true` and `logits` or
`probabilities` (n, C), which say the rest and are what --crm needs.
A table of confusions has `true`, `pred` (or actual, observed) and `count`, nothing else; as
JSON its labels, "animal:bird:jay", also make the hierarchy.
Classes are one name per line, or a TSV with `name` and `key` (a WordNet id).""",
)
@click.argument("study", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="Name of the result set.")
@click.option(
    "--predictions",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV, TSV, Parquet, NPZ or JSON.",
)
@click.option(
    "--classes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Class names; needed when the study is new.",
)
@click.option("--hierarchy", metavar="wordnet|FILE", help="Class hierarchy to add.")
@click.option("--crm", metavar="HIERARCHY", help="Add NAME-crm, ranked by expected distance in it.")
@click.option("--images", metavar="SRC", help="Image folder or Parquet, for thumbnails.")
@coordinate_options
def command(
    study: Path,
    name: str,
    predictions: Path,
    classes: Path | None,
    hierarchy: str | None,
    crm: str | None,
    images: str | None,
    model: str | None,
    epoch: float | None,
    layer: str | None,
    transform: str | None,
    split: str | None,
) -> None:
    """Take predictions from a file; PyTorch is not needed."""
    from classblocks.study.importing import import_predictions

    imported = import_predictions(
        study,
        name,
        predictions,
        classes_file=classes,
        hierarchy=hierarchy,
        crm=crm,
        images=images,
        split=split,
        model=model,
        epoch=epoch,
        layer=layer,
        transform=transform,
    )
    click.echo(f"{name}: {imported.result.n_samples:,} samples in {study}")
    if imported.reranked is not None:
        click.echo(f"{imported.reranked.name}: the same, ranked by distance in {crm!r}")
    if imported.hierarchy is not None:
        click.echo(f"hierarchy {imported.hierarchy!r} added")
    if imported.n_thumbnails:
        click.echo(f"{imported.n_thumbnails:,} thumbnails added")
    for warning in _warnings(imported):
        click.echo(f"Warning: {warning}", err=True)


def _warnings(imported: "Imported") -> Iterator[str]:
    if imported.ignored_columns:
        yield f"columns that are not used: {', '.join(imported.ignored_columns)}"
    if imported.unreadable:
        yield (
            f"{len(imported.unreadable):,} images could not be read, "
            f"the first: {imported.unreadable[0]}"
        )
    if imported.n_without_image:
        yield f"{imported.n_without_image:,} samples have no image"
