"""Options that say how a network gets its pictures, and what is told while it runs."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from classblocks.nn import Preprocess

Command = TypeVar("Command", bound=Callable[..., Any])


def _numbers(ctx: click.Context, option: click.Parameter, value: str | None) -> list[float] | None:
    if value is None:
        return None
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter("expected numbers such as 0.485,0.456,0.406") from None
    if len(numbers) not in (1, 3):
        raise click.BadParameter(f"expected 1 or 3 numbers, got {len(numbers)}")
    return numbers


def names(ctx: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    """Read an option that lists names with commas between them."""
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


def picture_options(command: Command) -> Command:
    """Add --batch-size, --size, --mean, --std and --device to a command."""
    for option in (
        click.option(
            "--device", help="PyTorch device.  [default: cuda where there is one, else cpu]"
        ),
        click.option("--std", callback=_numbers, metavar="R,G,B", help="Divides the channels."),
        click.option(
            "--mean", callback=_numbers, metavar="R,G,B", help="Subtracted from the channels."
        ),
        click.option(
            "--size", type=click.IntRange(1), help="Resize images to this side, in pixels."
        ),
        click.option(
            "--batch-size",
            type=click.IntRange(1),
            default=256,
            show_default=True,
            help="Images that go through the network at once.",
        ),
    ):
        command = option(command)
    return command


def changed(
    prepared: "Preprocess",
    size: int | None,
    mean: list[float] | None,
    std: list[float] | None,
) -> "Preprocess":
    """Change what the network asks for by what the user gives."""
    changes: dict[str, Any] = {"mean": mean, "std": std}
    if size is not None:
        changes |= {"size": size, "resize": None}
    return replace(prepared, **{key: value for key, value in changes.items() if value is not None})


def tell(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as one line; for ``warnings.showwarning``."""
    click.echo(f"Warning: {message}", err=True)
