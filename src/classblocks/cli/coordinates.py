"""The coordinates of a result set as options."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def coordinate_options(command: Command) -> Command:
    """Add --model, --epoch, --layer, --transform and --split to a command."""
    for option in (
        click.option("--split", default="val", show_default=True, help="Split of the samples."),
        click.option("--transform", help="Transformation of the images, if any."),
        click.option("--layer", help="Layer, when the predictions are those of a probe."),
        click.option("--epoch", type=int, help="Epoch of the model."),
        click.option("--model", help="Name of the model."),
    ):
        command = option(command)
    return command
