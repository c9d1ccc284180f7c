"""Take the pictures of the documentation from two studies.

Run ``python docs/make_screenshots.py DEMO_STUDY TINY_IMAGENET_STUDY``. The second is shown from a
copy without its thumbnails: those images may not be passed on. ``--improved STUDY`` takes those of
docs/improve.md instead: a demo study after its commands, with the probes of its first network.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
SHOWN = {
    "demo-group-light-1280",
    "demo-responses-dark-1280",
    "demo-matrix-dark-1920",
    "tiny-imagenet-matrix-light-1920",
    "tiny-imagenet-group-dark-1920",
    "tiny-imagenet-responses-light-1280",
    "hierarchy-1-none",
    "hierarchy-2-proposal",
    "hierarchy-3-blocks",
    "hierarchy-4-compared",
    "improve-classes",
    "improve-branches",
}
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Write docs/images/*.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, nargs="?")
    parser.add_argument("tiny_imagenet", type=Path, nargs="?")
    parser.add_argument("--all", type=Path, help="write every state, theme and size there instead")
    parser.add_argument("--improved", type=Path, help="study of docs/improve.md")
    args = parser.parse_args()
    if args.improved is not None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            improve(browser, args.improved, args.all)
            browser.close()
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        plain = Path(folder) / "tiny-imagenet"
        shutil.copytree(args.tiny_imagenet, plain, ignore=shutil.ignore_patterns("thumbnails"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, study in (("demo", args.demo), ("tiny-imagenet", plain)):
            with served(study) as url:
                for scheme in ("light", "dark"):
                    for width, height in ((1280, 800), (1920, 1080)):
                        page = browser.new_page(
                            viewport={"width": width, "height": height}, color_scheme=scheme
                        )
                        page.goto(url)
                        page.wait_for_selector("[data-shown]")
                        page.wait_for_timeout(1500)
                        take(page, args.all, name, f"{scheme}-{width}")
                        page.close()
        bare = Path(folder) / "without-hierarchy"
        shutil.copytree(plain, bare, ignore=shutil.ignore_patterns("hierarchies", "*-crm"))
        (bare / "hierarchies").mkdir()
        tell_of_no_hierarchy(bare)
        build_hierarchy(browser, bare, args.all)
        browser.close()


def tell_of_no_hierarchy(study: Path) -> None:
    """Make a study forget which hierarchy it opens with."""
    file = study / "study.json"
    description = json.loads(file.read_text()) | {"default_hierarchy": None}
    file.write_text(json.dumps(description))


def build_hierarchy(browser: Browser, study: Path, folder: Path | None) -> None:
    """Take the steps of the guide from the order of the file to a hierarchy like WordNet's."""
    size = {"width": 1440, "height": 810}
    with served(study) as url:
        page = browser.new_page(viewport=size, color_scheme="light")
        page.goto(f"{url}#side=hierarchy")
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_timeout(1500)
        save(page, folder, "hierarchy-1-none")
        page.get_by_role("button", name="Propose").click()
        page.get_by_role("button", name="Accept").first.wait_for()
        page.wait_for_timeout(1500)
        save(page, folder, "hierarchy-2-proposal")
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        page.get_by_label("Save as").fill("derived")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_timeout(1500)
        page.keyboard.press("b")
        page.get_by_role("button", name="Find blocks").click()
        page.wait_for_timeout(2500)
        page.get_by_text("Outliers").click()
        page.wait_for_timeout(800)
        save(page, folder, "hierarchy-3-blocks")
        page.close()
    command = [sys.executable, "-m", "classblocks", "hierarchy", str(study), "--import", "wordnet"]
    subprocess.run(command, check=True)
    with served(study) as url:
        page = browser.new_page(viewport=size, color_scheme="light")
        state = "hierarchy=derived&side=hierarchy&bench=compare&compare=wordnet&colour=agreement"
        page.goto(f"{url}#{state}")
        page.wait_for_selector("[data-ready=true]")
        page.wait_for_timeout(2500)
        save(page, folder, "hierarchy-4-compared")
        page.close()


def improve(browser: Browser, study: Path, folder: Path | None) -> None:
    """Compare the network with branches with the one before, and show the branch designer."""
    states = {
        "improve-classes": (
            "result=branched-epoch-08&baseline=cnn-epoch-08&colour=change&side=groups&classes=1"
        ),
        "improve-branches": "result=cnn-epoch-08&side=branches",
    }
    with served(study) as url:
        for name, state in states.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": 1600, "height": 900}, color_scheme=scheme
                )
                page.goto(f"{url}#{state}")
                page.wait_for_selector("[data-ready=true]")
                page.wait_for_timeout(3000)
                save(page, folder, name if scheme == "light" else f"{name}-dark")
                page.close()


def take(page: Page, folder: Path | None, study: str, suffix: str) -> None:
    """Take the matrix, a selected group and the response map."""
    save(page, folder, f"{study}-matrix-{suffix}")
    page.keyboard.press("/")
    page.keyboard.type("Cyrillic" if study == "demo" else "arthropod", delay=20)
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    if study == "demo":
        page.get_by_label("Show everything").click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(1200)
    save(page, folder, f"{study}-group-{suffix}")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_timeout(2000)
    save(page, folder, f"{study}-responses-{suffix}")


def save(page: Page, folder: Path | None, name: str) -> None:
    """Write one picture."""
    if folder is None and name not in SHOWN:
        return
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save((folder or IMAGES) / f"{name}.png", optimize=True)


@contextmanager
def served(study: Path) -> Iterator[str]:
    """Serve a study on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "classblocks", "view", str(study), "--no-browser"]
    server = subprocess.Popen([*command, "--port", str(port)])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
