"""``classblocks view``."""

from pathlib import Path

import click

from classblocks.cli.serving import address_options, announce, open_page


@click.command(
    epilog="""\b
Example:
  classblocks view birds --port 9000

Results that a running recording adds appear by themselves. Listening on another host than
this machine's own needs the token that is part of the printed address.""",
)
@click.argument("study", type=click.Path(exists=True, file_okay=False, path_type=Path))
@address_options
def command(study: Path, host: str, port: int | None, no_browser: bool) -> None:
    """Open a study in the browser."""
    from classblocks.app.serve import listen, serve

    with listen(host, port) as listener:
        from classblocks import study as studies

        opened = studies.open(study)
        announce(opened.name, listener, port)
        if not no_browser:
            open_page(listener.url)
        serve(opened, listener)
    click.echo("\nstopped")
