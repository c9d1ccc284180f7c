import asyncio
import importlib.util
from pathlib import Path

import httpx
import numpy as np
import pytest

from classblocks import study as studies
from classblocks.app import server
from classblocks.app.session import Session
from classblocks.core.hierarchy import Hierarchy


class Browser:
    """A browser without sockets: requests straight to the ASGI application."""

    def __init__(self, app, base_url):
        self._app = app
        self._base_url = base_url
        self._cookies = httpx.Cookies()

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, **options):
        return self.call("POST", path, **options)

    def call(self, method, path, **options):
        async def answer():
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url=self._base_url, cookies=self._cookies
            ) as client:
                reply = await client.request(method, path, **options)
                self._cookies.update(client.cookies)
                return reply

        return asyncio.run(answer())


def _make_replies():
    path = Path(__file__).parents[1] / "wire" / "make_replies.py"
    spec = importlib.util.spec_from_file_location("make_replies", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make():
    """The module that builds the small study and knows one request of every view."""
    return _make_replies()


@pytest.fixture(scope="session")
def shared_study(make, tmp_path_factory):
    """The small study, for tests that only read."""
    return make.small_study(tmp_path_factory.mktemp("shared") / "small")


@pytest.fixture
def session(shared_study):
    return Session(shared_study)


@pytest.fixture
def own_study(make, tmp_path):
    """The small study, for tests that change it."""
    return make.small_study(tmp_path / "small")


@pytest.fixture
def client():
    """Open a study as a browser on `host` would see it."""

    def opened(study, *, host="127.0.0.1:8265", token=None):
        app = server.application(Session(study), token=token, port=8265)
        return Browser(app, f"http://{host}")

    return opened


@pytest.fixture
def browser(client, shared_study):
    return client(shared_study)


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """A study of 24 classes in 4 planted groups of 6, with a tree of other groups."""
    rng = np.random.default_rng(5)
    n_classes, n = 24, 3_000
    true = rng.integers(0, n_classes, n)
    near = true // 6 * 6 + rng.integers(0, 6, n)
    chance = rng.random(n)
    anywhere = rng.integers(0, n_classes, n)
    pred = np.where(chance < 0.5, true, np.where(chance < 0.9, near, anywhere))
    top = np.argsort(rng.random((n, n_classes)), axis=1)[:, :6]
    top = np.array([[p, *row[row != p][:5]] for p, row in zip(pred, top, strict=True)])
    found = top == true[:, None]
    rank = np.where(found.any(axis=1), found.argmax(axis=1), 6)
    study = studies.create(tmp_path_factory.mktemp("planted") / "study", list(map(str, range(24))))
    study.add_hierarchy("crossed", Hierarchy.from_paths([[str(c % 3), str(c)] for c in range(24)]))
    groups = [["ab" if c < 12 else "cd", "abcd"[c // 6], str(c)] for c in range(24)]
    study.add_hierarchy("planted", Hierarchy.from_paths(groups), default=True)
    study.add_result(
        "model",
        true=true,
        pred=pred,
        p_pred=rng.random(n).astype(np.float32),
        true_rank=rank,
        topk_class=top,
    )
    return study


@pytest.fixture
def ask(planted):
    """One reply of the planted study: ``ask("criteria", tree=…, where=…)``."""
    asking = Session(planted)

    def answer(view, *, tree="planted", **parameters):
        given = {"hierarchy": tree} if isinstance(tree, str) else tree
        return asking.request({"view": view, "result": "model", "tree": given, **parameters})

    return answer
