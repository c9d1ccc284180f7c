"""Values computed once, shared by threads, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class _Slot(Generic[T]):
    def __init__(self) -> None:
        self.lock = Lock()
        self.ready = False
        self.value: T | None = None
        self.size = 0


class Cache:
    """Least recently used values; two threads that want the same one compute it once."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._slots: OrderedDict[Hashable, _Slot[object]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value of ``key``, made by ``make`` the first time; ``size`` gives bytes."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
        with slot.lock:
            if not slot.ready:
                try:
                    value = make()
                except BaseException:
                    self._forget(key, slot)
                    raise
                slot.value, slot.size, slot.ready = value, size(value), True
                self._shrink()
        return cast(T, slot.value)

    def _forget(self, key: Hashable, slot: _Slot[object]) -> None:
        with self._lock:
            if self._slots.get(key) is slot:
                del self._slots[key]

    def _shrink(self) -> None:
        with self._lock:
            total = sum(slot.size for slot in self._slots.values())
            for key in list(self._slots)[:-1]:
                if total <= self._max_bytes:
                    return
                if self._slots[key].ready:
                    total -= self._slots.pop(key).size
