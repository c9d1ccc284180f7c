import threading

import numpy as np
import pytest

from classblocks.app.cache import Cache


def size(value):
    return value.nbytes


def test_two_threads_compute_once():
    cache = Cache(1000)
    started, finish, calls = threading.Event(), threading.Event(), []

    def make():
        calls.append(1)
        started.set()
        assert finish.wait(10)
        return np.zeros(1)

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get("a", make, size))) for _ in range(3)
    ]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    finish.set()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert all(value is found[0] for value in found)


def test_other_keys_do_not_wait():
    cache = Cache(1000)
    started, finish = threading.Event(), threading.Event()

    def slow():
        started.set()
        assert finish.wait(10)
        return np.zeros(1)

    thread = threading.Thread(target=cache.get, args=("slow", slow, size))
    thread.start()
    assert started.wait(10)
    assert cache.get("fast", lambda: np.ones(1), size)[0] == 1
    finish.set()
    thread.join()


def test_the_least_recently_used_is_dropped():
    cache = Cache(20)
    made = []

    def get(key):
        def make():
            made.append(key)
            return np.zeros(1)

        cache.get(key, make, size)

    for key in "ab":
        get(key)
    get("a")
    get("c")
    get("a")
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]


def test_a_value_larger_than_the_cache_is_still_given():
    cache = Cache(1)
    assert cache.get("a", lambda: np.ones(10), size).size == 10


def test_a_failure_is_not_remembered():
    cache = Cache(100)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0, lambda _: 0)
    assert cache.get("a", lambda: 5, lambda _: 0) == 5
