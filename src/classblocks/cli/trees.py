"""The hierarchy a study gets from a command."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from classblocks.study.study import Study

FORMS = "'wordnet', or JSON (nested), CSV (child and parent, or path) or TXT (one path per class)"


def add_tree(study: "Study", source: str) -> None:
    """Add the hierarchy a user names; the first one becomes the default."""
    from classblocks.study.hierarchies import is_stored
    from classblocks.study.hierarchy_file import read_hierarchy

    name, tree = read_hierarchy(source, study.classes)
    if not is_stored(study.hierarchies, name, tree):
        study.save_hierarchy(name, tree, default=not study.hierarchies)


def derive_if_none(study: "Study", result: str) -> None:
    """Order the classes by their confusions where no hierarchy is given."""
    from classblocks.core.order import order_classes

    if not study.hierarchies:
        tree = order_classes(study.confusion(result), names=study.classes.names)
        study.add_hierarchy("derived", tree, default=True)
        click.echo("hierarchy 'derived' made from its confusions (--hierarchy gives another)")
