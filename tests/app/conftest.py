import asyncio
import importlib.util
from pathlib import Path

import httpx
import pytest

from classblocks.app import server
from classblocks.app.session import Session


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
