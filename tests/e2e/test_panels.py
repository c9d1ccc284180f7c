"""The panels at the right in a real Chromium; every number is checked against core or NumPy."""

import csv
import io
import json
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

import classblocks as cb
from classblocks.core.hierarchical import hierarchical_intervals
from classblocks.core.significance import difference_interval

pytestmark = pytest.mark.browser

LAST = "net-epoch-3"
ANIMAL, RED_ANIMAL = 1, 2
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture
def study(planted):
    return cb.open(planted.path)


@pytest.fixture
def given(study):
    return study.hierarchies["given"]


def copied(page, button="Copy CSV"):
    """Rows of the table that a button copies, as text by column name."""
    page.page.evaluate("navigator.clipboard.writeText('')")
    page.page.get_by_role("button", name=button).click()
    page.wait_until("navigator.clipboard.readText().then((text) => text !== '')")
    text = page.page.evaluate("navigator.clipboard.readText()")
    return list(csv.DictReader(io.StringIO(text)))


def column(rows, name):
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def find_blocks(page, n_blocks=None, objective=None, along=None):
    page.page.keyboard.press("b")
    if n_blocks is not None:
        page.page.get_by_role("spinbutton", name="Exact number of blocks").fill(str(n_blocks))
        page.page.keyboard.press("Tab")
    if objective is not None:
        page.page.get_by_label("Maximise").select_option(objective)
    if along is not None:
        page.page.get_by_role("button", name=along, exact=True).click()
    page.page.get_by_role("button", name="Find blocks").click()
    page.page.wait_for_selector("[data-fact=blocks]")


def fact(page, name):
    return page.page.locator(f"[data-fact={name}]").inner_text()


def leaves_of(counts, hierarchy):
    """Errors in leaf order."""
    errors = np.array(counts)
    np.fill_diagonal(errors, 0)
    order = hierarchy.class_of_leaf
    return errors[np.ix_(order, order)]


def block_table(errors, cuts):
    """Sum between every pair of blocks, by slicing."""
    blocks = [slice(a, b) for a, b in pairwise(cuts)]
    return np.array([[errors[row, col].sum() for col in blocks] for row in blocks])


def box_of(row, planted, hierarchy):
    """A row of the outliers as the selection that the address holds."""
    leaf = [
        hierarchy.leaf_of_class[planted.names.index(row[name])] for name in ("true", "predicted")
    ]
    return "x".join(f"{at}-{at + 1}" for at in leaf)


@pytest.mark.parametrize(
    ("n_blocks", "objective", "along"),
    [
        (None, None, None),
        (7, "size_weighted", "order"),
        (9, "pooled", "order"),
        (6, "least_squares", "order"),
        (8, "mean_density", "tree"),
        (None, "modularity", "tree"),
    ],
)
def test_found_blocks_are_those_of_core(open_page, study, given, n_blocks, objective, along):
    page = open_page(**CLIPBOARD)
    find_blocks(page, n_blocks, objective, along)
    counts = study.confusion(LAST)
    expected = cb.partition(
        counts, given, n_blocks or "auto", objective or "size_weighted", along=along or "order"
    )
    page.becomes(lambda: fact(page, "blocks"), str(expected.n_blocks))
    page.becomes(lambda: fact(page, "inside"), f"{100 * expected.in_block_mass:.1f} %")
    sizes = np.diff(expected.cuts).astype(int)
    chance = f"{100 * (sizes * (sizes - 1)).sum() / (40 * 39):.1f} %"
    page.becomes(lambda: fact(page, "chance"), chance)
    rows = copied(page)
    assert column(rows, "classes").tolist() == sizes.tolist()
    assert column(rows, "errors").tolist() == expected.block_sum.tolist()
    np.testing.assert_allclose(column(rows, "a cell"), expected.density)
    np.testing.assert_allclose(column(rows, "share"), expected.block_mass)
    order = given.class_of_leaf
    inside = block_table(np.array(counts)[np.ix_(order, order)], expected.cuts)
    of_true = np.add.reduceat(np.array(counts)[order].sum(axis=1), expected.cuts[:-1])
    np.testing.assert_allclose(column(rows, "recall"), np.diag(inside) / of_true)
    assert page.errors == []


def test_regions_are_counted_and_select_their_samples(open_page, study, given):
    page = open_page(viewport={"width": 1500, "height": 900}, **CLIPBOARD)
    find_blocks(page, 5)
    page.page.click("[data-part=regions]")
    cuts = cb.partition(study.confusion(LAST), given, 5).cuts
    expected = block_table(leaves_of(study.confusion(LAST), given), cuts)
    rows = copied(page)
    found = [[int(row[name]) for name in list(row)[1:]] for row in rows]
    assert found == expected.tolist()
    box = page.page.locator(".regions [role=application]").bounding_box()
    side = min(box["width"], box["height"])
    at = (box["x"] + 3.5 / 5 * side, box["y"] + 1.5 / 5 * side)
    page.page.mouse.move(*at)
    page.page.wait_for_selector(f"[data-region]:text-matches('^{expected[1, 3]} error')")
    page.page.mouse.click(*at)
    page.wait_for(selected=expected[1, 3])
    page.page.mouse.click(box["x"] + 0.5 / 5 * side, box["y"] + 0.5 / 5 * side)
    page.wait_for(selected=expected[0, 0])
    page.page.keyboard.down("Shift")
    page.page.mouse.click(*at)
    page.wait_for(selected=expected[0, 0] + expected[1, 3])


def test_regions_by_keyboard(open_page, study, given):
    page = open_page()
    find_blocks(page, 4)
    page.page.click("[data-part=regions]")
    page.page.locator(".regions [role=application]").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.page.keyboard.press(key)
    cuts = cb.partition(study.confusion(LAST), given, 4).cuts
    expected = block_table(leaves_of(study.confusion(LAST), given), cuts)
    page.wait_for(selected=expected[1, 1])


def test_outliers_are_those_of_core(open_page, planted, study, given):
    page = open_page(**CLIPBOARD)
    find_blocks(page, 5)
    page.page.click("[data-part=outliers]")
    counts = study.confusion(LAST)
    expected = cb.block_outliers(counts, cb.partition(counts, given, 5), given)
    page.page.wait_for_selector(f"[data-outliers='{len(expected['count'])}']")
    rows = copied(page)
    assert [row["true"] for row in rows] == [planted.names[c] for c in expected["true"]]
    assert [row["predicted"] for row in rows] == [planted.names[c] for c in expected["pred"]]
    assert column(rows, "n").tolist() == expected["count"].tolist()
    assert column(rows, "height").tolist() == expected["lca_height"].tolist()
    np.testing.assert_allclose(column(rows, "expected"), expected["expected"], rtol=1e-5)
    np.testing.assert_allclose(column(rows, "surprise"), expected["surprise"], rtol=1e-5)
    table = page.page.get_by_role("grid", name="Confusions between blocks")
    table.get_by_role("button", name="surprise").click()
    surprise = -np.sort(-column(rows, "surprise"))
    page.becomes(lambda: column(copied(page), "surprise").tolist(), surprise.tolist())
    page.page.get_by_label("Least surprise").fill("1.5")
    most = surprise[surprise >= 1.5].tolist()
    page.becomes(lambda: column(copied(page), "surprise").tolist(), most)
    first = copied(page)[0]
    table.get_by_text(first["true"], exact=True).first.click()
    page.wait_for(selected=int(first["n"]))
    page.page.get_by_label("Least surprise").fill("0")
    page.becomes(lambda: len(copied(page)), len(surprise))
    rows = copied(page)
    table.get_by_text(rows[0]["true"], exact=True).first.click()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.page.keyboard.press(key)
    page.wait_until(f"location.hash.includes('{box_of(rows[2], planted, given)}')")


def test_boxes_stay_while_filters_change(open_page, study, given):
    page = open_page(**CLIPBOARD)
    find_blocks(page, 5)
    sizes = column(copied(page), "classes")
    assert page.page.get_by_text("Found with").count() == 0
    page.page.get_by_role("slider", name="p(pred), least").focus()
    for _ in range(3):
        page.page.keyboard.press("PageUp")
    low = np.float32(0.3)
    where = cb.Where(p_pred=(float(low), 1))
    page.page.get_by_text("Found with no filter; counts are with p(pred) 0.30 – 1.00").wait_for()
    cuts = cb.partition(study.confusion(LAST), given, 5).cuts
    errors = leaves_of(study.confusion(LAST, where=where), given)
    inside = np.diag(block_table(errors, cuts)).tolist()
    page.becomes(lambda: column(copied(page), "errors").tolist(), inside)
    assert column(copied(page), "classes").tolist() == sizes.tolist()
    page.page.click("[data-part=outliers]")
    expected = cb.block_outliers(study.confusion(LAST, where=where), cuts, given)
    page.page.wait_for_selector(f"[data-outliers='{len(expected['count'])}']")
    page.page.get_by_role("button", name="Find blocks").click()
    page.page.get_by_text("Found with").wait_for(state="detached")
    again = cb.partition(study.confusion(LAST, where=where), given, 5)
    page.page.click("[data-part=blocks]")
    page.becomes(lambda: column(copied(page), "classes").tolist(), np.diff(again.cuts).tolist())
    page.page.get_by_role("button", name="Clear", exact=True).click()
    page.page.locator("[data-fact=blocks]").wait_for(state="detached")


def test_summary_is_that_of_core(open_page, study, given):
    page = open_page("side=groups")
    result = study.results[LAST]
    top = result.top(np.arange(800))[0]
    found = cb.hierarchical_metrics(result.true, result.pred, given, top)

    def value(name):
        text = page.page.locator(f"[data-summary='{name}'] .value").inner_text()
        return float(text.removesuffix(" %").replace(",", ""))

    page.page.wait_for_selector("[data-summary=accuracy]")
    assert value("samples") == 800
    for name, rate in (
        ("accuracy", found.accuracy),
        ("hierarchical precision", found.hp),
        ("hierarchical recall", found.hr),
        ("hierarchical F", found.hf),
        ("cut accuracy, level 1", cb.cut_accuracy(study.confusion(LAST), given, given.cut(1))),
        ("cut accuracy, level 2", cb.cut_accuracy(study.confusion(LAST), given, given.cut(2))),
    ):
        assert value(name) == pytest.approx(100 * rate, abs=0.051), name
    for name, height in (
        ("mistake severity", found.severity),
        ("HD@1", found.hd_1),
        ("HD@5", found.hd_k),
        ("best HD@5", found.best_hd_k),
    ):
        assert value(name) == pytest.approx(height, rel=6e-3), name
    intervals = hierarchical_intervals(result.cells(), given)
    for name, estimate, scale in (
        ("hierarchical F", intervals.hf, 100),
        ("mistake severity", intervals.severity, 1),
    ):
        text = page.page.locator(f"[data-summary='{name}'] .interval").inner_text()
        told = [float(end) / scale for end in text.split(" – ")]
        assert told == pytest.approx(estimate[1:], abs=0.0051), name


def points(text):
    return float(text.replace("−", "-").replace("±", "").replace("+", "")) / 100


def test_pinned_groups_are_compared_as_core_does(open_page, study, given):
    page = open_page()
    for name in ("animal", "red tool"):
        page.page.keyboard.press("/")
        page.page.keyboard.type(name)
        page.page.keyboard.press("Enter")
        page.page.keyboard.press("k")
    page.page.keyboard.press("g")
    metrics = cb.group_metrics(study.confusion(LAST), given)
    nodes = [list(given.name).index(name) for name in ("animal", "red tool")]
    tp, fp, fn = (np.array([metrics[name][node] for node in nodes]) for name in ("tp", "fp", "fn"))
    for metric, trials in (("precision", tp + fp), ("recall", tp + fn)):
        low, high = difference_interval(tp[0], trials[0], tp[1], trials[1])
        row = page.page.locator(f"[data-difference={metric}]")
        change = pytest.approx(tp[0] / trials[0] - tp[1] / trials[1], abs=5.1e-4)
        page.becomes(lambda row=row: points(row.locator("strong").inner_text()), change)
        ends = row.locator("td").nth(1).inner_text().split(" to ")
        assert points(ends[0]) == pytest.approx(float(low), abs=5.1e-4)
        assert points(ends[1]) == pytest.approx(float(high), abs=5.1e-4)
        verdict = "excludes 0" if low > 0 or high < 0 else "includes 0"
        assert row.locator(".verdict").inner_text() == verdict
    counts = np.array(study.confusion(LAST))
    inside = [given.class_of_leaf[given.start[node] : given.stop[node]] for node in nodes]
    button = page.page.locator(f"[data-between='{nodes[0]} {nodes[1]}']")
    between = counts[np.ix_(inside[0], inside[1])].sum()
    page.becomes(button.inner_text, str(between))
    button.click()
    page.wait_for(selected=between)
    page.page.get_by_role("button", name="Unpin red tool").click()
    page.page.locator("[data-difference]").first.wait_for(state="detached")
    page.wait_until(f"/[&#]pins={nodes[0]}(&|$)/.test(location.hash)")


def test_panels_keep_what_was_done_in_them(open_page):
    page = open_page()
    find_blocks(page, 5)
    page.page.click("[data-part=outliers]")
    page.page.get_by_label("Least surprise").fill("0.5")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("s")
    page.page.wait_for_selector("#side-samples[aria-selected=true]")
    page.page.get_by_label("Least surprise").wait_for(state="hidden")
    page.page.get_by_role("slider", name="p(pred), least").focus()
    page.page.keyboard.press("PageUp")
    page.page.keyboard.press("b")
    page.page.get_by_text("Found with no filter").wait_for()
    page.becomes(page.page.get_by_label("Least surprise").input_value, "0.5")


def test_breadcrumbs_select_and_zoom(open_page, given):
    page = open_page()
    page.page.keyboard.press("/")
    page.page.keyboard.type("red animal 2")
    page.page.keyboard.press("Enter")
    path = page.page.get_by_role("navigation", name="Path of the group")
    way = ["all classes", "animal", "red animal", "red animal 2"]
    page.becomes(lambda: path.get_by_role("button").all_inner_texts()[:4], way)
    path.get_by_role("button", name="animal", exact=True).click()
    page.page.wait_for_selector("text=TP, FP and FN of animal ")
    page.page.keyboard.press("0")
    path.get_by_role("button", name="animal", exact=True).dblclick()
    page.wait_until("location.hash.includes('view=')")


def test_panels_open_by_key_where_they_fold(open_page):
    page = open_page(viewport={"width": 1100, "height": 720})
    right = page.page.locator(".app > .right")
    assert not right.is_visible()
    page.page.keyboard.press("g")
    right.get_by_text("Pinned groups").wait_for()
    page.page.keyboard.press("b")
    right.get_by_role("button", name="Find blocks").wait_for()
    page.page.keyboard.press("b")
    right.wait_for(state="hidden")


def test_tabs_by_arrow_keys(open_page):
    page = open_page()
    page.page.get_by_role("tab", name="Samples").focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_selector("#side-blocks[aria-selected=true]")
    page.page.keyboard.press("End")
    page.page.wait_for_selector("#side-findings:focus")


@pytest.fixture
def own_page(chromium, make_study, serve_in_thread, tmp_path):
    """A page of a study of its own, to be written to."""
    make_study(tmp_path / "study", members=1, per_class=6, epochs=1)
    address, stop = serve_in_thread(tmp_path / "study")
    contexts = []

    @dataclass
    class Own:
        path = tmp_path / "study"
        url = address

        def open(self, fragment="", change=None):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            contexts.append(context)
            if change is not None:

                def answer(route):
                    response = route.fetch()
                    body = {**response.json(), **change}
                    route.fulfill(response=response, body=json.dumps(body))

                context.route("**/api/manifest", answer)
            page = context.new_page()
            page.goto(f"{address}#{fragment}")
            page.wait_for_selector("#classblocks[data-ready=true]", timeout=20_000)
            return page

    yield Own()
    for context in contexts:
        # A manifest that is being answered would fail in the middle of the next test.
        context.unroute_all(behavior="wait")
        context.close()
    stop()


def shown(page):
    root = page.locator("#classblocks")
    return {name: root.get_attribute(f"data-{name}") for name in ("shown", "selected", "tp", "fp")}


def test_saved_views_bring_everything_back(own_page):
    page = own_page.open(f"sel=fn:{ANIMAL}&topk=1&pins={ANIMAL}.6&diagonal=1&side=findings")
    before = shown(page)
    page.get_by_role("textbox", name="Name").fill("Animals that are missed")
    page.get_by_role("textbox", name="Note").fill("“Ärger” <b>&amp;</b>")
    page.get_by_role("button", name="Save this view").click()
    views = page.get_by_role("region", name="Saved views")
    views.get_by_text("1 saved view").wait_for()
    (finding,) = cb.open(own_page.path).findings
    assert (finding.name, finding.note) == ("Animals that are missed", "“Ärger” <b>&amp;</b>")

    by_link = own_page.open(finding.state["hash"])
    assert shown(by_link) == before

    fresh = own_page.open("side=findings")
    assert shown(fresh) != before
    fresh.get_by_role("button", name="Animals that are missed").first.click()
    fresh.wait_for_selector(f"#classblocks[data-selected='{before['selected']}']")
    assert shown(fresh) == before
    fresh.wait_for_url(lambda address: address.split("#", 1)[-1] == finding.state["hash"])

    fresh.get_by_role("button", name="Delete “Animals that are missed”").click()
    fresh.get_by_text("0 saved views").wait_for()
    assert cb.open(own_page.path).findings == []
    fresh.get_by_role("button", name="Bring back").click()
    fresh.get_by_text("1 saved view").wait_for()
    (again,) = cb.open(own_page.path).findings
    assert (again.name, again.note, again.state) == (finding.name, finding.note, finding.state)
    with fresh.expect_download() as download:
        fresh.get_by_role("button", name="Export JSON").click()
    written = json.loads(download.value.path().read_text())
    assert [one["state"] for one in written["views"]] == [finding.state]


def test_read_only_pages_say_so(own_page):
    finding = {
        "id": "1",
        "name": "kept",
        "note": "",
        "created": "2026-01-01T00:00:00Z",
        "state": {"hash": f"sel=fn:{ANIMAL}"},
    }
    page = own_page.open("side=findings", change={"can_save": False, "findings": [finding]})
    page.get_by_text("This page is read-only").wait_for()
    assert page.get_by_role("button", name="Save this view").is_disabled()
    assert page.get_by_role("button", name="Delete “kept”").count() == 0
    page.get_by_role("button", name="kept").first.click()
    page.wait_for_selector(".right h2 >> text=FN of animal")
