"""The ``classblocks`` command and what all its commands share."""

import importlib
import os
from typing import Any

import click

import classblocks

_COMMANDS = {
    "demo": ("demo", "Train on the built-in data, record every epoch, and open the page."),
    "record": ("record", "Run a PyTorch network over images and keep what the page shows."),
    "probe": ("probe", "Train one linear classifier per layer and see what it tells apart."),
    "import": ("importing", "Take predictions from a CSV, Parquet or NPZ file."),
    "train": ("train", "Train a network, with or without what its class hierarchy offers."),
    "view": ("view", "Open a study in the browser."),
    "hierarchy": ("hierarchy", "List, derive, import and export class hierarchies."),
    "report": ("report", "Accuracy, groups, blocks and worst confusions as text or JSON."),
    "check": ("check", "Verify the files of a study and their checksums."),
}

_EXTRA = {"torch": "torch", "safetensors": "torch", "matplotlib": "demo", "lightning": "train"}


class Commands(click.Group):
    """Commands that are imported when named; failures become one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"classblocks.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; what a user can cause is one line, without a traceback."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError, ImportError) as error:
            if os.environ.get("CLASSBLOCKS_TRACEBACK"):
                raise
            raise click.ClickException(_one_line(error)) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  classblocks demo
  classblocks record birds --name resnet --model timm:resnet18 --data images/val
  classblocks import birds --name theirs --predictions theirs.csv --classes names.txt
  classblocks view birds
  classblocks report birds --json

`classblocks COMMAND --help` explains a command and gives an example.""",
)
@click.version_option(classblocks.__version__, prog_name="classblocks")
def main() -> None:
    """See, diagnose and improve large image classifiers through their class hierarchy."""


def _one_line(error: Exception) -> str:
    if isinstance(error, ImportError):
        missing = (error.name or "").partition(".")[0]
        if missing in _EXTRA:
            return f"this command needs {missing}: pip install 'classblocks[{_EXTRA[missing]}]'"
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{error.filename}: "
        return f"{where}{error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
