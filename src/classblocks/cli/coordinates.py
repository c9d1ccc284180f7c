"""The coordinates of a result set as options."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def epoch_option(command: Command) -> Command:
    """Add --epoch; a whole number stays an integer, as in names and on the slider."""

    def whole(
        ctx: click.Context, option: click.Parameter, value: float | None
    ) -> int | float | None:
        return int(value) if value is not None and value.is_integer() else value

    return click.option("--epoch", type=float, callback=whole, help="Epoch of the model.")(command)


def coordinate_options(command: Command) -> Command:
    """Add --model, --epoch, --layer, --transform and --split to a command."""
    for option in (
        click.option("--split", help="Split of the samples.  [default: that in the file, or val]"),
        click.option("--transform", help="Transformation of the images, if any."),
        click.option("--layer", help="Layer, when the predictions are those of a probe."),
        epoch_option,
        click.option("--model", help="Name of the model."),
    ):
        command = option(command)
    return command
