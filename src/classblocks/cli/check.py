"""``classblocks check``."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Example:
  classblocks check birds

Exit code 0: every file is there and as it was written; 1: damage, one line each. What interrupted
commands left over is listed and harmless.""",
)
@click.argument("study", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(study: Path) -> None:
    """Verify the files of a study and their checksums."""
    from classblocks import study as studies
    from classblocks.study.check import check

    opened = studies.open(study)
    problems = check(opened)
    for problem in problems:
        click.echo(str(problem))
    n_damaged = sum(problem.is_damage for problem in problems)
    if n_damaged:
        raise click.ClickException(f"{n_damaged} problems in {study}")
    click.echo(
        f"{study}: {len(opened.results)} results, {opened.samples.n:,} samples, "
        f"{len(opened.hierarchies)} hierarchies, no problems"
    )
