import importlib.util
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

import classblocks as cb

STATIC = Path(cb.__file__).parent / "app" / "static" / "index.html"


def _load_synthetic_study():
    path = Path(__file__).with_name("synthetic_study.py")
    spec = importlib.util.spec_from_file_location("synthetic_study", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["synthetic_study"] = module
    spec.loader.exec_module(module)
    return module


make_planted = _load_synthetic_study().make_study


def serve_study(path):
    """Serve a study on a free port; returns the address and what stops it."""
    import uvicorn

    from classblocks.app.serve import listen
    from classblocks.app.server import application
    from classblocks.app.session import Session

    listener = listen(port=0)
    app = application(Session(cb.open(path)), port=listener.port)
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener.socket]}, daemon=True)
    thread.start()
    limit = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < limit, "the server did not start"
        time.sleep(0.01)

    def stop():
        server.should_exit = True
        thread.join(10)
        listener.socket.close()

    return listener.url, stop


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not STATIC.exists():
        pytest.skip("the browser bundle is not built (npm run build in web)")
    with sync_api.sync_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
        system = shutil.which("chromium") or shutil.which("chromium-browser")
        if not bundled.exists() and system is None:
            pytest.skip("no Chromium: run `playwright install chromium` or install the package")
        browser = playwright.chromium.launch(
            executable_path=None if bundled.exists() else system, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def make_study():
    return make_planted


@pytest.fixture
def serve_in_thread():
    return serve_study


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """40 classes in 5 kinds of 4 families, 800 samples, 3 epochs."""
    return make_planted(tmp_path_factory.mktemp("e2e") / "study")


@pytest.fixture(scope="session")
def url(planted):
    address, stop = serve_study(planted.path)
    yield address
    stop()


FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Page:
    """One open page and what a person reads off it."""

    def __init__(self, page, url):
        self.page = page
        self.url = url
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def go(self, fragment=""):
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}#{fragment}")
        self.ready()
        return self

    def ready(self):
        """Wait until all is loaded and drawn."""
        self.page.wait_for_selector("#classblocks[data-ready=true]", timeout=20_000)
        self.page.evaluate(FRAMES)

    def number(self, name):
        """Number the root element shows for tests: shown, selected, tp, fp, fn."""
        return int(self.page.get_attribute("#classblocks", f"data-{name}"))

    def wait_for(self, **numbers):
        """Wait until the root element shows these numbers."""
        wanted = "".join(f'[data-{name}="{value}"]' for name, value in numbers.items())
        self.page.wait_for_selector(f"#classblocks{wanted}", timeout=10_000)

    def wait_until(self, expression):
        """Poll an expression; the page's policy forbids what playwright would do instead."""
        limit = time.monotonic() + 10
        while not self.page.evaluate(expression):
            assert time.monotonic() < limit, expression
            self.page.wait_for_timeout(20)

    def becomes(self, read, expected):
        """Read until it is as expected: what follows an action shows when the page has drawn."""
        limit = time.monotonic() + 10
        while (found := read()) != expected and time.monotonic() < limit:
            self.page.wait_for_timeout(20)
        assert found == expected

    def status(self):
        return self.page.locator(".status [role=status]").inner_text()

    def view(self, name):
        """Box of the canvas host of a panel: left or middle."""
        return self.page.locator(f".{name} [role=application]").bounding_box()

    def leaf_point(self, row, column, n_classes):
        """Where a cell of the unzoomed matrix is on the page."""
        top, right, bottom, left = 96, 12, 12, 2
        box = self.view("middle")
        side = min(box["width"] - left - right, box["height"] - top - bottom)
        height = box["height"] - top - bottom
        x = box["x"] + left + (column + 0.5) * side / n_classes
        y = box["y"] + top + (row + 0.5) * height / n_classes
        return x, y


@pytest.fixture
def open_page(chromium, url):
    contexts = []

    def open_one(fragment="", address=None, **options):
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = chromium.new_context(**options)
        contexts.append(context)
        return Page(context.new_page(), address or url).go(fragment)

    yield open_one
    for context in contexts:
        context.close()
