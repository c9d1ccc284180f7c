"""Values, blocks, lasso, tooltips and exports of the matrix, against numbers computed in Python."""

import csv
import io
import json
import re
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import classblocks as cb

pytestmark = pytest.mark.browser

LAST = "net-epoch-3"
N = 40
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def counts(planted):
    """Confusion matrix of the last epoch, by NumPy alone."""
    counts = np.zeros((N, N), dtype=int)
    np.add.at(counts, (planted.true, planted.probabilities[LAST].argmax(axis=1)), 1)
    return counts


@pytest.fixture
def errors(counts):
    return counts - np.diag(np.diag(counts))


def blocks(n_blocks, result=LAST):
    return "blocks=" + quote(
        json.dumps([n_blocks, "size_weighted", "order", result, 0, 0, 1, 0, 1, 1])
    )


def cuts_of(planted, n_blocks):
    study = cb.open(planted.path)
    return cb.partition(study.confusion(LAST), study.hierarchies["given"], n_blocks=n_blocks).cuts


def tip(page):
    text = page.page.wait_for_selector("[role=tooltip]").inner_text()
    lines = [line.split("\t") for line in text.splitlines()]
    return lines[0][0], {line[0]: line[1:] for line in lines if len(line) > 1}


def legend(page):
    return page.page.locator(".legend .line").last.locator("span").all_inner_texts()


def number(text):
    return float(text.removesuffix(" %").replace(",", ""))


def shares(counts, kind):
    rows = counts / counts.sum(axis=1, keepdims=True)
    if kind == "row":
        return rows
    if kind == "column":
        return counts / counts.sum(axis=0, keepdims=True)
    return (rows + rows.T) / 2


@pytest.mark.parametrize("kind", ["row", "column", "pair"])
def test_rates_span_the_legend(open_page, counts, kind):
    page = open_page(f"value={kind}")
    rates = shares(counts, kind)
    np.fill_diagonal(rates, 0)
    least, *_, largest = [number(text) / 100 for text in legend(page)]
    assert least == pytest.approx(rates[rates > 0].min(), abs=5.1e-4)
    assert largest == pytest.approx(rates.max(), abs=5.1e-4)
    page.page.get_by_role("button", name="Colour of the cells").click()
    pressed = page.page.locator("[aria-label='Value of a cell'] [aria-pressed=true]")
    page.becomes(pressed.inner_text, f"{kind} rate")
    assert page.errors == []


def test_frozen_ends_stay_over_filters_and_epochs(open_page):
    page = open_page("value=row&scale=log")
    before = legend(page)
    page.page.keyboard.press("f")
    page.wait_until("location.hash.includes('max=') && location.hash.includes('low=')")
    page.page.keyboard.press("[")
    page.page.wait_for_selector("#classblocks[data-result=net-epoch-2][data-ready=true]")
    page.becomes(lambda: [text.strip("≤+ ") for text in legend(page)], before)
    page.page.keyboard.press("l")
    page.page.keyboard.press("l")
    page.wait_until("location.hash.includes('scale=rank')")
    page.becomes(page.page.locator(".legend input").is_disabled, True)
    page.page.wait_for_selector(".legend label[title*='no maximum']")
    assert page.errors == []


def test_cell_tooltip_is_exact_and_shows_its_samples(open_page, planted, counts, errors):
    page = open_page()
    row, col = np.unravel_index(errors.argmax(), errors.shape)
    page.page.mouse.move(*page.leaf_point(row, col, N))
    title, shown = tip(page)
    assert title == f"{planted.names[row]} → {planted.names[col]}"
    assert shown["samples"][0] == str(counts[row, col])
    assert number(shown["row rate"][0]) / 100 == pytest.approx(
        counts[row, col] / counts[row].sum(), abs=5.1e-4
    )
    assert number(shown["column rate"][0]) / 100 == pytest.approx(
        counts[row, col] / counts[:, col].sum(), abs=5.1e-4
    )
    assert f"of {counts[:, col].sum()} predicted" in shown["column rate"][1]
    strip = page.page.locator("[role=tooltip] .strip")
    width = pytest.approx(60 * min(6, counts[row, col]))
    page.becomes(lambda: strip.bounding_box()["width"], width)
    page.wait_until(
        "document.querySelector('[role=tooltip] .strip').style.backgroundImage.startsWith('url')"
    )
    assert page.errors == []


def test_lasso_selects_the_cells_inside(open_page, planted, errors):
    page = open_page()
    page.page.keyboard.press("o")
    middle = np.array(page.leaf_point(19.5, 19.5, N))
    radius = page.leaf_point(33, 33, N)[0] - middle[0]
    angles = np.linspace(0, 2 * np.pi, 90)
    wave = 1 + 0.25 * np.sin(3 * angles)
    points = middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) * wave[:, None]
    page.page.mouse.move(*points[0])
    page.page.mouse.down()
    for x, y in points[1:]:
        page.page.mouse.move(x, y)
    page.page.mouse.up()
    page.wait_until("location.hash.includes('sel=lasso')")
    written = re.search(r"sel=lasso:([^&]*)", unquote(page.page.evaluate("location.hash")))[1]
    polygon = np.array([[float(x) for x in one.split("_")] for one in written.split("..")])
    assert 8 <= len(polygon) <= 64
    x, y = np.meshgrid(np.arange(N) + 0.5, np.arange(N) + 0.5)
    inside = np.zeros((N, N), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        at = np.divide((x1 - x0) * (y - y0), y1 - y0, where=crosses, out=np.full_like(x, np.inf))
        inside ^= crosses & (x < at + x0)
    assert inside.sum() > 100
    page.wait_for(selected=errors[inside].sum())
    page.page.wait_for_selector(".right h2:has-text('Cells inside a lasso')")
    page.page.keyboard.press("d")
    study = cb.open(planted.path)
    page.wait_for(selected=study.confusion(LAST)[inside].sum())
    page.page.keyboard.press("Escape")
    page.wait_for(selected=0)
    assert page.errors == []


def test_a_region_between_blocks_counts_and_selects(open_page, planted, errors):
    cuts = cuts_of(planted, 4)
    page = open_page(blocks(4))
    page.page.locator(".status", has_text="4 blocks").wait_for()
    rows, cols = slice(cuts[0], cuts[1]), slice(cuts[2], cuts[3])
    empty = np.argwhere(errors[rows, cols] == 0) + np.array([rows.start, cols.start])
    # Small cells are picked from their surroundings: take one that no other cell touches.
    padded = np.pad(errors, 1)
    lonely = [(row, col) for row, col in empty if padded[row : row + 3, col : col + 3].sum() == 0]
    row, col = (lonely or list(empty))[0]
    page.page.mouse.move(*page.leaf_point(row, col, N))
    _, shown = tip(page)
    region = errors[rows, cols]
    assert int(shown["errors"][0]) == region.sum()
    assert number(shown["errors"][1].removesuffix(" of all")) / 100 == pytest.approx(
        region.sum() / errors.sum(), abs=5.1e-4
    )
    assert shown["cells"] == [str((region > 0).sum()), f"of {region.size}"]
    page.page.mouse.click(*page.leaf_point(row, col, N))
    page.wait_for(selected=region.sum())
    assert page.errors == []


def test_blocks_stay_while_filters_change(open_page, planted):
    page = open_page(blocks(4))
    page.page.locator(".status", has_text="4 blocks").wait_for()
    page.page.get_by_role("slider", name="p(pred), least").focus()
    for _ in range(3):
        page.page.keyboard.press("PageUp")
    page.page.locator("[data-chip=pPred]").wait_for()
    kept = planted.probabilities[LAST].max(axis=1) >= np.float32(0.3)
    page.wait_for(shown=kept.sum())
    assert "4 blocks" in page.status()
    page.page.mouse.move(*page.leaf_point(1, N - 2, N))
    title, _ = tip(page)
    assert "→" in title


def test_group_by_group_region(open_page, planted, errors):
    page = open_page("sel=both:1")
    box = page.view("middle")
    # The names of the five kinds stand above the columns, 8 classes each.
    x, _ = page.leaf_point(0, 20, N)
    page.page.keyboard.down("Alt")
    page.page.mouse.click(x, box["y"] + 10)
    page.page.keyboard.up("Alt")
    page.wait_for(selected=errors[0:8, 16:24].sum())
    page.page.wait_for_selector(".right h2:has-text('true in animal, predicted in vehicle')")
    assert page.errors == []


def read_clipboard(page):
    return list(
        csv.reader(io.StringIO(page.page.evaluate("navigator.clipboard.readText()"), newline=""))
    )


def test_matrix_and_selection_are_copied_as_csv(open_page, planted, counts, errors):
    page = open_page("sel=cells:0-8x8-20", permissions=["clipboard-read", "clipboard-write"])
    page.page.keyboard.press("c")
    page.page.locator("text=Selected cells copied").wait_for()
    table = read_clipboard(page)
    assert table[0] == ["true \\ predicted, samples", *planted.names[8:20]]
    assert [row[0] for row in table[1:]] == list(planted.names[:8])
    assert np.array_equal(np.array([row[1:] for row in table[1:]], dtype=int), counts[:8, 8:20])
    page.page.keyboard.press("Escape")
    page.page.get_by_role("button", name="Export").click()
    page.page.get_by_role("button", name="Copy the matrix shown, 40 × 40").click()
    page.page.locator("text=Matrix copied").wait_for()
    table = read_clipboard(page)
    shown = [[int(one or 0) for one in row[1:]] for row in table[1:]]
    assert np.array_equal(shown, errors)
    row, col = np.unravel_index(errors.argmax(), errors.shape)
    page.page.mouse.click(*page.leaf_point(row, col, N), button="right")
    page.page.get_by_role("menuitem", name="Copy this cell").click()
    page.page.locator("text=Cell copied").wait_for()
    header, line = read_clipboard(page)
    assert header == ["true", "predicted", "samples", "row rate", "column rate"]
    assert line[:3] == [planted.names[row], planted.names[col], str(counts[row, col])]
    assert float(line[3]) == pytest.approx(counts[row, col] / counts[row].sum(), rel=1e-8)
    assert float(line[4]) == pytest.approx(counts[row, col] / counts[:, col].sum(), rel=1e-8)
    assert page.errors == []


def export(page, name, path):
    page.page.get_by_role("button", name="Export").click()
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=name).click()
    download.value.save_as(path)
    return download.value.suggested_filename


def test_drawing_holds_every_cell_and_the_names(open_page, planted, errors, tmp_path):
    page = open_page(blocks(4))
    page.page.locator(".status", has_text="4 blocks").wait_for()
    assert export(page, "Save as drawing (SVG)", tmp_path / "out.svg").endswith(".svg")
    root = ElementTree.parse(tmp_path / "out.svg").getroot()
    drawn = np.zeros((N, N), dtype=int)
    for path in root.iter(f"{SVG}path"):
        for col, row, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.get("d")):
            drawn[int(row), int(col) : int(col) + int(width)] += 1
    assert np.array_equal(drawn, errors > 0)
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[0].startswith("planted groups · net epoch 3")
    assert "800 of 800 samples" in words[1]
    assert "4 blocks" in words[1]
    assert "animal" in words
    assert page.errors == []


def test_picture_has_the_resolution_of_the_device(open_page, tmp_path):
    page = open_page("colours=grey", device_scale_factor=2)
    export(page, "Save as picture (PNG)", tmp_path / "out.png")
    export(page, "Save as drawing (SVG)", tmp_path / "out.svg")
    root = ElementTree.parse(tmp_path / "out.svg").getroot()
    size = tuple(round(2 * float(root.get(name))) for name in ("width", "height"))
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == size
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    clip = next(root.iter(f"{SVG}clipPath"))[0]
    x, y, width, height = (round(2 * float(clip.get(one))) for one in ("x", "y", "width", "height"))
    plot = pixels[y : y + height, x : x + width]
    assert np.ptp(plot, axis=2).max() <= 12
    dark = (plot.max(axis=2) < 200).mean()
    assert 0.005 < dark < 0.5
    assert page.errors == []


def accent_pixels(page):
    """How many pixels of the matrix have the accent colour of the rings."""
    return page.evaluate(
        """() => {
            const shown = document.querySelector('.middle canvas');
            const canvas = new OffscreenCanvas(shown.width, shown.height);
            const pen = canvas.getContext('2d', { willReadFrequently: true });
            pen.drawImage(shown, 0, 0);
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let p = 0; p < data.length; p += 4) {
                n += data[p] > 200 && data[p + 1] < 130 && data[p + 2] < 80 ? 1 : 0;
            }
            return n;
        }"""
    )


@pytest.fixture
def with_outlier(open_page, planted, serve_in_thread, tmp_path):
    """The planted study, with ten samples of class 1 taken for class 38; a page that shows it."""
    study = cb.create(tmp_path / "study", classes=planted.names)
    study.add_hierarchy("given", cb.open(planted.path).hierarchies["given"], default=True)
    pred = planted.probabilities["net-epoch-2"].argmax(axis=1)
    pred[np.flatnonzero(planted.true == 1)[:10]] = 38
    study.add_result("net", true=planted.true, pred=pred)
    address, stop = serve_in_thread(tmp_path / "study")
    fragment = f"{blocks(5, 'net')}&rings=0&colours=grey"
    yield study, open_page(fragment, address, color_scheme="light")
    stop()


def test_outliers_are_ringed_and_told(with_outlier):
    study, page = with_outlier
    counts = study.confusion("net")
    partition = cb.partition(counts, study.hierarchies["given"], n_blocks=5)
    found = cb.block_outliers(counts, partition, study.hierarchies["given"])
    most = int(np.argmax(found["surprise"]))
    assert (found["true"][most], found["pred"][most], found["count"][most]) == (1, 38, 10)
    page.page.locator(".status", has_text="5 blocks").wait_for()
    page.page.mouse.move(*page.leaf_point(1, 38, N))
    page.page.locator("[role=tooltip]", has_text="surprise").wait_for()
    lines = page.page.locator("[role=tooltip]").inner_text().splitlines()
    shown = dict(line.split("\t")[:2] for line in lines if "\t" in line)
    assert shown["samples"] == "10"
    assert float(shown["expected"]) == pytest.approx(found["expected"][most], rel=5e-3)
    assert float(shown["surprise"]) == pytest.approx(found["surprise"][most], abs=0.051)
    page.page.mouse.move(5, 5)
    page.page.wait_for_selector("[role=tooltip]", state="hidden")
    n_rings = int((found["surprise"] >= 3).sum())
    assert n_rings >= 1
    page.becomes(lambda: accent_pixels(page.page), 0)
    page.page.get_by_role("button", name="Colour of the cells").click()
    page.page.get_by_role("checkbox", name="outliers").check()
    page.page.wait_for_selector("[role=dialog] input:checked")
    page.becomes(lambda: 20 * n_rings <= accent_pixels(page.page) <= 200 * n_rings, True)


def test_a_pair_rate_selects_both_cells(open_page, planted, errors):
    row, col = np.unravel_index(errors.argmax(), errors.shape)
    page = open_page("value=pair")
    page.page.mouse.click(*page.leaf_point(row, col, N))
    page.wait_for(selected=errors[row, col] + errors[col, row])
    label = f"{planted.names[row]} and {planted.names[col]} taken for each other"
    page.page.wait_for_selector(f".right h2:has-text('{label}')")
    page.page.keyboard.press("z")
    page.wait_for(selected=0)


def is_between(box, left, right):
    return box["x"] >= left and box["x"] + box["width"] <= right and box["width"] > 100


@pytest.mark.parametrize("width", [1024, 1280])
def test_menus_stay_inside_the_window(open_page, width):
    page = open_page(viewport={"width": width, "height": 720})
    for name in ("Colour of the cells", "Export"):
        page.page.get_by_role("button", name=name).click()
        menu = page.page.get_by_role("dialog", name=name)
        page.becomes(lambda menu=menu: is_between(menu.bounding_box(), 0, width), True)
        page.page.keyboard.press("Escape")
        page.page.get_by_role("dialog", name=name).wait_for(state="hidden")


def test_menu_of_the_matrix_by_keyboard(open_page, errors):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    row, col = np.unravel_index(errors.argmax(), errors.shape)
    page.page.mouse.move(*page.leaf_point(row, col, N))
    page.page.locator("[role=tooltip]").wait_for()
    page.page.keyboard.press("c")
    page.page.locator("text=Cell copied").wait_for()
    assert int(read_clipboard(page)[1][2]) == errors[row, col]
    page.page.mouse.click(*page.leaf_point(row, col, N), button="right")
    menu = page.page.get_by_role("menu", name="Matrix")
    menu.wait_for()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")
    page.page.locator("text=Matrix copied").wait_for()
    menu.wait_for(state="hidden")
    assert len(read_clipboard(page)) == N + 1
    assert page.errors == []
