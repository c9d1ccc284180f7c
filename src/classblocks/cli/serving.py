"""What ``view`` and ``demo`` share: where to listen, and telling the user."""

import os
import signal
import socket
import sys
import threading
import types
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from classblocks.app.serve import Listener

Command = TypeVar("Command", bound=Callable[..., Any])


def address_options(command: Command) -> Command:
    """Add --host, --port and --no-browser to a command."""
    for option in (
        click.option("--no-browser", is_flag=True, help="Print the address, open nothing."),
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            help="Port to listen on; 0 picks a free one.  [default: 8265, or the next free one]",
        ),
        click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on; 0.0.0.0 lets other machines in, with a token.",
        ),
    ):
        command = option(command)
    return command


def announce(name: str, listener: "Listener", asked_port: int | None) -> None:
    """Print where the page is."""
    from classblocks.app.serve import DEFAULT_PORT

    if asked_port is None and listener.port != DEFAULT_PORT:
        click.echo(f"port {DEFAULT_PORT} is in use, so this is port {listener.port}")
    click.echo(f"{name}: {listener.url}  (Ctrl-C stops)")
    if listener.is_public:
        click.echo(f"from other machines: {listener.url_of(socket.gethostname())}")
    sys.stdout.flush()


def open_page(url: str) -> None:
    """Open the default browser, unless only a text browser could be found."""
    windows = sys.platform in ("win32", "darwin")
    if windows or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal stop a command as Ctrl-C does."""

    def interrupt(number: int, frame: types.FrameType | None) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [signal.Signals[name] for name in names]
    previous = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)
