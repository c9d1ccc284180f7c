"""The command line; each command imports what it needs when it runs."""

from classblocks.cli.group import main

__all__ = ["main"]
