"""A matrix with more cells than pixels: a pixel tells its strongest cell and the sum of all."""

import re

import numpy as np
import pytest

import classblocks as cb

pytestmark = pytest.mark.browser

N = 3000
SAMPLES = 60_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Samples of 3000 classes in 30 groups, half of them wrong inside their group."""
    rng = np.random.default_rng(4)
    true = rng.integers(0, N, SAMPLES)
    near = true // 100 * 100 + rng.integers(0, 100, SAMPLES)
    pred = np.where(rng.random(SAMPLES) < 0.5, true, near)
    path = tmp_path_factory.mktemp("scale") / "study"
    study = cb.create(path, classes=[f"c{i:04d}" for i in range(N)])
    paths = [[f"g{i // 100:02d}", f"c{i:04d}"] for i in range(N)]
    study.add_hierarchy("given", cb.Hierarchy.from_paths(paths), default=True)
    study.add_result("net", true=true, pred=pred)
    counts = np.zeros((N, N), np.int64)
    np.add.at(counts, (true, pred), 1)
    np.fill_diagonal(counts, 0)
    return path, counts


@pytest.fixture
def page(large, open_page, serve_in_thread):
    address, stop = serve_in_thread(large[0])
    yield open_page(address=address)
    stop()


def tip(page):
    text = page.page.wait_for_selector("[role=tooltip]").inner_text()
    lines = [line.split("\t") for line in text.splitlines()]
    return lines[0][0], {line[0]: line[1:] for line in lines if len(line) > 1}


def ends(text):
    first, last = re.findall(r"c(\d{4})", text)
    return slice(int(first), int(last) + 1)


def test_a_pixel_tells_its_strongest_cell_and_the_sum_of_all(page, large):
    counts = large[1]
    page.page.mouse.move(*page.leaf_point(1540, 1530, N))
    title, rows = tip(page)
    block = counts[ends(rows["its rows"][1]), ends(rows["its columns"][1])]
    assert block.shape == (int(rows["its rows"][0]), int(rows["its columns"][0]))
    assert block.shape[0] in (2, 4, 8)
    assert int(rows["in this pixel"][0]) == block.sum()
    assert f"in {np.count_nonzero(block)} cells" in rows["in this pixel"][1]
    true, pred = (int(number) for number in re.findall(r"c(\d{4})", title))
    assert int(rows["samples"][0]) == counts[true, pred] == block.max()
    page.page.mouse.down()
    page.page.mouse.up()
    page.wait_for(selected=block.sum())


def test_zoomed_in_a_cell_is_a_pair_of_classes(page, large):
    counts = large[1]
    page.page.evaluate("location.hash = 'view=1500,1500,1560,1560'")

    def title():
        page.page.mouse.move(*page.leaf_point(5, 5, 60))
        page.page.mouse.move(*page.leaf_point(30, 10, 60))
        return tip(page)[0]

    page.becomes(title, "c1530 → c1510")
    _, rows = tip(page)
    assert int(rows["samples"][0]) == counts[1530, 1510]
    assert "in this pixel" not in rows


def test_the_sum_of_a_pixel_can_be_drawn(page):
    shot = "[aria-label^='Confusion matrix'] canvas"
    before = page.page.locator(shot).first.screenshot()
    assert page.page.locator(shot).first.screenshot() == before
    page.page.evaluate("location.hash = 'sums=1'")
    page.becomes(lambda: page.page.locator(shot).first.screenshot() != before, True)
    assert page.errors == []
