"""Settings of a process that runs a network over many batches."""

import os

from classblocks.core.malloc import keep_freed_memory


def before_torch() -> None:
    """Set what torch reads when it is loaded, and how memory is kept between batches."""
    # Threads that spin while they wait for each other slow whatever else is running: training
    # took three times as long with a page and a browser on the same cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    keep_freed_memory()
