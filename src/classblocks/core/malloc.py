"""What glibc does with memory that is freed. Elsewhere these do nothing.

Left alone, it moves its thresholds with what a process frees: pages of a large array may go back to
the system at every step of a loop, and each costs an interrupt when it is wanted again.
"""

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_MB = 1 << 20


def keep_freed_memory() -> None:
    """Keep what is freed for the next step: for a process that does the same again and again."""
    _set(mmap=1024 * _MB, trim=2047 * _MB)


def return_freed_memory() -> None:
    """Give large arrays back when they are freed: for a process that waits most of the time."""
    # Without the second threshold, set beside the first, every step of a computation would trim.
    _set(mmap=8 * _MB, trim=64 * _MB)


def _set(mmap: int, trim: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, mmap)
        mallopt(_TRIM_THRESHOLD, trim)
