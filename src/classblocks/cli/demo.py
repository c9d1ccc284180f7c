"""``classblocks demo``."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classblocks.cli.serving import address_options, announce, open_page, stopped_by_signals
from classblocks.cli.torch_process import before_torch

if TYPE_CHECKING:
    from classblocks.study.study import Study

_POLL_SECONDS = 0.2
_SECONDS_TO_STOP = 15


@click.command(
    epilog="""\b
Examples:
  classblocks demo
  classblocks demo letters --build-only
  classblocks demo few --train-images 12

The page opens as soon as the first epoch is recorded; later epochs appear as they end. Given again,
the command goes on where it stopped, or just opens what is complete.""",
)
@click.argument(
    "directory",
    metavar="[DIR]",
    default="classblocks-demo",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--build-only", is_flag=True, help="Make the study and stop.")
@click.option("--epochs", type=click.IntRange(1), help="Epochs to train.")
@click.option("--train-images", type=click.IntRange(1), help="Of each class.  [default: 48]")
@address_options
def command(
    directory: Path,
    build_only: bool,
    epochs: int | None,
    train_images: int | None,
    host: str,
    port: int | None,
    no_browser: bool,
) -> None:
    """Train on the built-in data, record every epoch, and open the page while it trains."""
    if build_only:
        _build(directory, epochs, train_images)
        return
    from classblocks.app.serve import listen, serve

    with stopped_by_signals(), listen(host, port) as listener:
        try:
            with _training(directory, epochs, train_images) as training:
                study = _opened(directory, training)
                announce(study.name, listener, port)
                if not no_browser:
                    open_page(listener.url)
                threading.Thread(target=_tell_end, args=(training,), daemon=True).start()
                serve(study, listener)
        except KeyboardInterrupt:
            pass
    click.echo(f"\nstopped; `classblocks demo {directory}` goes on")


def _build(directory: Path, epochs: int | None, train_images: int | None) -> None:
    before_torch()
    from classblocks.demo import Plan, build

    plan = Plan() if train_images is None else Plan(n_train=train_images)
    try:
        build(directory, plan=plan) if epochs is None else build(
            directory, plan=plan, epochs=epochs
        )
    except KeyboardInterrupt:
        click.echo(f"\nstopped; `classblocks demo {directory} --build-only` goes on", err=True)
        sys.exit(130)


@contextmanager
def _training(
    directory: Path, epochs: int | None, train_images: int | None
) -> Iterator[subprocess.Popen[bytes] | None]:
    """Train in a process of its own, until done or until the block is left."""
    from classblocks.demo.place import is_complete

    if epochs is None and train_images is None and is_complete(directory):
        yield None
        return
    arguments = [sys.executable, "-m", "classblocks", "demo", str(directory), "--build-only"]
    arguments += [] if epochs is None else ["--epochs", str(epochs)]
    arguments += [] if train_images is None else ["--train-images", str(train_images)]
    # A session of its own: Ctrl-C reaches this process, which then stops the training.
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True)
    _step_back(process.pid)
    try:
        yield process
    finally:
        _stop(process)


def _step_back(pid: int) -> None:
    """Let the page go before the training."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, pid, 10)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    # Everything is written atomically, so that training can simply end and go on another time.
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def _opened(directory: Path, training: "subprocess.Popen[bytes] | None") -> "Study":
    """Wait until there is a study with something to show."""
    from classblocks import study as studies
    from classblocks.study.format import STUDY_FILE

    while training is not None and training.poll() is None:
        if (directory / STUDY_FILE).exists():
            study = studies.open(directory)
            if study.results:
                return study
        time.sleep(_POLL_SECONDS)
    if training is not None and training.returncode != 0:
        raise click.ClickException(f"the training ended with exit code {training.returncode}")
    return studies.open(directory)


def _tell_end(training: "subprocess.Popen[bytes] | None") -> None:
    if training is None:
        return
    code = training.wait()
    if code == 0:
        click.echo("training finished; the page stays open until Ctrl-C")
    elif code not in (130, -signal.SIGINT, -signal.SIGTERM):
        click.echo(f"training failed with exit code {code}; the page stays open", err=True)
