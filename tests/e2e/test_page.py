"""The whole page in a real Chromium; every number is checked against one computed in Python."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

import classblocks as cb

pytestmark = pytest.mark.browser

LAST = "net-epoch-3"
ANIMAL, RED_ANIMAL = 1, 2


@pytest.fixture
def last(planted):
    """True, pred, p_pred, p_true and rank of the last epoch, by NumPy alone."""
    p = planted.probabilities[LAST]
    true = planted.true
    of_true = p[np.arange(true.size), true]
    rank = (p > of_true[:, None]).sum(axis=1)
    return {
        "true": true,
        "pred": p.argmax(axis=1),
        "p_pred": p.max(axis=1),
        "p_true": of_true,
        "rank": rank,
    }


def percent(text):
    """Rate written as 87.3 %, equal to any that rounds to it."""
    return pytest.approx(
        float(text.removesuffix(" of the shown").removesuffix(" %")) / 100, abs=5.1e-4
    )


def count(text):
    return int(text.replace(",", ""))


def heading(page):
    """Read the first line of the panel at the right."""
    return page.page.locator(".right h2").inner_text


def rates_of_tip(page):
    text = page.page.wait_for_selector("[role=tooltip]").inner_text()
    rows = dict(line.split("\t")[:2] for line in text.splitlines() if "\t" in line)
    return {name: percent(rows[name]) for name in ("recall", "precision", "F1")}


def members(planted, prefix):
    return np.array([name.split(" ", 1)[1].startswith(prefix) for name in planted.names])


def test_first_paint_shows_the_newest_epoch(open_page, planted, last):
    page = open_page()
    text, accuracy = page.status().split(" · top-1 ")
    assert text == "800 of 800 samples shown · order: given · 40 classes"
    assert percent(accuracy) == (last["true"] == last["pred"]).mean()
    assert page.page.get_attribute("#classblocks", "data-result") == LAST
    marks = "performance.getEntriesByName('classblocks:first-paint').length"
    page.wait_until(f"{marks} === 1")
    assert page.errors == []


def test_matrix_is_drawn(open_page):
    page = open_page()
    page.wait_until(
        """(() => {
            const canvas = document.querySelector('.middle canvas');
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            return new Set(new Uint32Array(data.buffer)).size > 10;
        })()"""
    )


def test_click_on_a_group_counts_as_scikit_learn_does(open_page, planted, last):
    page = open_page()
    box = page.view("left")
    # The tree has four columns of depth: all, kind, family, class.
    page.page.mouse.click(box["x"] + 0.22 * box["width"], box["y"] + 96 + 20)
    page.page.wait_for_selector("text=TP, FP and FN of")
    page.becomes(heading(page), "TP, FP and FN of animal · net epoch 3")
    inside = members(planted, "animal")
    two = confusion_matrix(inside[last["true"]], inside[last["pred"]], labels=[False, True])
    page.wait_for(tp=two[1, 1], fp=two[0, 1], fn=two[1, 0])
    assert page.number("selected") == two[1, 1] + two[0, 1] + two[1, 0]
    for part, expected in (("tp", two[1, 1]), ("fp", two[0, 1]), ("fn", two[1, 0])):
        button = page.page.locator(f".right [data-part={part}]").first
        page.becomes(button.locator(".n").inner_text, str(expected))
        button.click()
        page.wait_for(selected=expected)
        page.page.wait_for_selector(f".right .total[data-samples='{expected}']")
    assert page.errors == []


def test_true_positives_split_into_correct_and_confused(open_page, planted, last):
    page = open_page(f"sel=tp:{ANIMAL}")
    inside = members(planted, "animal")
    both = inside[last["true"]] & inside[last["pred"]]
    correct = both & (last["true"] == last["pred"])
    page.page.click("[data-part=tp_correct]")
    page.wait_for(selected=correct.sum())
    page.page.click("[data-part=tp_confused]")
    page.wait_for(selected=(both & ~correct).sum())


def test_tooltip_gives_metrics_of_the_group(open_page, planted, last):
    page = open_page()
    box = page.view("left")
    page.page.mouse.move(box["x"] + 0.22 * box["width"], box["y"] + 96 + 20)
    page.page.wait_for_selector("[role=tooltip]:has-text('animal')")
    inside = members(planted, "animal")
    precision, recall, f1, _ = precision_recall_fscore_support(
        inside[last["true"]], inside[last["pred"]], average="binary"
    )
    page.becomes(lambda: rates_of_tip(page), {"recall": recall, "precision": precision, "F1": f1})


def test_box_of_cells_selects_their_samples(open_page, planted, last):
    page = open_page()
    page.page.mouse.move(*page.leaf_point(0, 2, 40))
    page.page.mouse.down()
    page.page.mouse.move(*page.leaf_point(4, 6, 40), steps=5)
    page.page.mouse.move(*page.leaf_point(7, 9, 40), steps=5)
    page.page.mouse.up()
    inside = (last["true"] < 8) & (last["pred"] >= 2) & (last["pred"] < 10)
    wrong = last["true"] != last["pred"]
    page.wait_for(selected=(inside & wrong).sum())
    page.page.keyboard.press("d")
    page.wait_for(selected=inside.sum())
    page.page.wait_for_selector(".right h2:has-text('true in animal, predicted in 8 classes')")


@pytest.mark.parametrize(
    ("fragment", "where", "keep"),
    [
        ("topk=1", cb.Where(top_k=1), lambda s: s["rank"] >= 1),
        ("topk=5", cb.Where(top_k=5), lambda s: s["rank"] >= 5),
        (
            "ppred=0.25,0.75",
            cb.Where(p_pred=(0.25, 0.75)),
            lambda s: (s["p_pred"] >= np.float32(0.25)) & (s["p_pred"] <= np.float32(0.75)),
        ),
        (
            "ptrue=0,0.1&topk=1",
            cb.Where(p_true=(0, 0.1), top_k=1),
            lambda s: (s["p_true"] <= np.float32(0.1)) & (s["rank"] >= 1),
        ),
    ],
)
def test_filters_keep_what_core_keeps(open_page, planted, last, fragment, where, keep):
    page = open_page(fragment)
    expected = keep(last).sum()
    assert cb.open(planted.path).confusion(LAST, where=where).sum() == expected
    page.wait_for(shown=expected)
    assert page.status().startswith(f"{expected:,} of 800 samples shown")


def test_cell_filter_counts_after_the_sample_filters(open_page, planted, last):
    wrong = last["rank"] >= 1
    counts = np.zeros((40, 40), dtype=int)
    np.add.at(counts, (last["true"][wrong], last["pred"][wrong]), 1)
    page = open_page("topk=1&min=3")
    page.wait_for(shown=counts[counts >= 3].sum())


def test_slider_filters_and_chip_takes_it_away(open_page, last):
    page = open_page()
    page.page.get_by_role("slider", name="p(pred), least").focus()
    for _ in range(3):
        page.page.keyboard.press("PageUp")
    low = np.float32(0.3)
    page.wait_for(shown=(last["p_pred"] >= low).sum())
    kept = page.page.locator(".filter", has_text="p(pred)").locator(".keeps")
    page.becomes(kept.inner_text, f"keeps {(last['p_pred'] >= low).sum():,}")
    page.page.locator("[data-chip=pPred] button").click()
    page.wait_for(shown=800)
    page.page.keyboard.press("z")
    page.wait_for(shown=(last["p_pred"] >= low).sum())


def test_address_restores_the_view_in_a_fresh_page(open_page):
    page = open_page(f"sel=fn:{ANIMAL}&topk=1&diagonal=1&group=pred")
    page.page.get_by_role("button", name="Colour of the cells").click()
    assert page.page.get_by_role("checkbox", name="halo").is_checked()
    page.page.get_by_role("checkbox", name="halo").uncheck()
    page.wait_until("location.hash.includes('halo=0')")
    again = open_page(page.page.evaluate("location.hash.slice(1)"))
    for name in ("shown", "selected", "tp", "fp", "fn", "result"):
        attribute = f"data-{name}"
        expected = page.page.get_attribute("#classblocks", attribute)
        assert again.page.get_attribute("#classblocks", attribute) == expected
    again.page.get_by_role("button", name="Colour of the cells").click()
    assert not again.page.get_by_role("checkbox", name="halo").is_checked()
    assert again.page.get_by_role("checkbox", name="diagonal").is_checked()


def test_hostile_address_opens_the_default(open_page):
    page = open_page("sel=fn:999999&view=0,0,NaN,1&tab=%E0%A4&open=5000&layer=none&neuron=9&min=x")
    assert page.number("shown") == 800
    assert page.number("selected") == 0
    assert page.errors == []


def test_undo_and_redo(open_page):
    page = open_page()
    page.page.get_by_role("combobox", name="Search").fill("red animal")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("text=TP, FP and FN of red animal")
    selected = page.number("selected")
    page.page.keyboard.press("z")
    page.wait_for(selected=0)
    page.page.keyboard.press("Shift+Z")
    page.wait_for(selected=selected)


def test_search_by_key_selects_and_zooms(open_page):
    page = open_page()
    page.page.keyboard.press("/")
    page.page.keyboard.type("grey tool 2")
    page.page.keyboard.press("Enter")
    page.wait_until("location.hash.includes('view=')")
    page.page.wait_for_selector(".right h2:has-text('TP, FP and FN of grey tool 2')")


def test_epochs_by_key(open_page, planted):
    page = open_page()
    for name in ("net-epoch-2", "net-epoch-1"):
        page.page.keyboard.press("[")
        page.page.wait_for_selector(f"#classblocks[data-result={name}][data-ready=true]")
        right = (planted.probabilities[name].argmax(axis=1) == planted.true).mean()
        page.becomes(lambda: percent(page.status().split("top-1 ")[1]), right)
    page.page.keyboard.press("]")
    page.page.wait_for_selector("#classblocks[data-result=net-epoch-2]")


def test_response_map_shows_the_strongest_samples_of_a_neuron(open_page, planted):
    page = open_page(f"tab=responses&layer=conv&sel=both:{ANIMAL}&nodes={ANIMAL}")
    page.page.wait_for_selector(".middle canvas")
    box = page.view("middle")
    page.page.mouse.move(box["x"] + 2 + 10, box["y"] + 96 - 12)
    tip = page.page.wait_for_selector("[role=tooltip]").inner_text()
    neuron = int(tip.split()[1])
    layer = cb.open(planted.path).results[LAST].layers["conv"]
    inside = members(planted, "animal")[planted.true]
    score = cb.relevance(np.asarray(layer.collective), inside)
    assert neuron == int(np.argmax(score))
    page.page.mouse.click(box["x"] + 2 + 10, box["y"] + 96 - 12)
    page.wait_for(selected=9)
    page.page.wait_for_selector(f".right h2:has-text('Strongest for neuron {neuron} of conv')")
    tag = page.page.locator(".right button.tile .tag").first
    strongest = pytest.approx(layer.top_value[neuron, 0], rel=6e-3)
    page.becomes(lambda: float(tag.inner_text()), strongest)
    page.page.get_by_role("slider", name=f"neuron {neuron} ≥").wait_for()


def test_samples_group_by_class_and_open(open_page, planted, last):
    page = open_page(f"sel=fn:{ANIMAL}")
    page.page.wait_for_selector(".right .class")
    inside = members(planted, "animal")
    lost = inside[last["true"]] & ~inside[last["pred"]]
    by_class = np.bincount(last["true"][lost], minlength=40)
    order = sorted(np.flatnonzero(by_class), key=lambda c: (-by_class[c], c))
    first = page.page.locator(".right .class").first
    name, n_samples, rate = first.locator(".text > *").all_inner_texts()
    assert name == planted.names[order[0]]
    assert n_samples.split()[0] == str(by_class[order[0]])
    of_class = last["true"] == order[0]
    assert percent(rate.removesuffix(" recall")) == (last["pred"][of_class] == order[0]).mean()
    page.wait_until(
        "document.querySelector('.right .thumb').style.backgroundImage.includes('blob:')"
    )
    first.locator(".open").click()
    page.becomes(page.page.locator("button.tile").count, by_class[order[0]])


def test_class_beside_a_thumbnail_is_selected_by_its_name(open_page, planted, last):
    page = open_page(f"sel=both:{RED_ANIMAL}")
    page.page.wait_for_selector(".right .class")
    page.page.get_by_title("Select red animal 2", exact=True).click()
    of_class = (last["true"] == 1, last["pred"] == 1)
    page.wait_for(selected=(of_class[0] | of_class[1]).sum(), tp=(of_class[0] & of_class[1]).sum())
    page.page.wait_for_selector(".right h2:has-text('TP, FP and FN of red animal 2')")
    page.page.keyboard.press("z")
    page.page.wait_for_selector("text=TP, FP and FN of red animal ·")
    page.page.get_by_title("Select red animal 1", exact=True).click(modifiers=["Shift"])
    page.page.wait_for_selector("text=TP, FP and FN of red animal, red animal 1")


def test_rank_filter_is_left_out_of_the_metrics(open_page, planted, last):
    page = open_page("topk=1")
    wrong = last["true"] != last["pred"]
    page.wait_for(shown=wrong.sum())
    assert "top-1" not in page.status()
    assert page.page.locator(".left .title").inner_text() == (
        "recall of the group, rank filter left out"
    )
    box = page.view("left")
    page.page.mouse.move(box["x"] + 0.22 * box["width"], box["y"] + 96 + 20)
    page.page.wait_for_selector("[role=tooltip]:has-text('rank filter left out')")
    inside = members(planted, "animal")
    precision, recall, f1, _ = precision_recall_fscore_support(
        inside[last["true"]], inside[last["pred"]], average="binary"
    )
    page.becomes(lambda: rates_of_tip(page), {"recall": recall, "precision": precision, "F1": f1})
    first = page.page.locator(".right .class").first
    name, _, rate = first.locator(".text > *").all_inner_texts()
    of_class = last["true"] == planted.names.index(name)
    assert percent(rate.removesuffix(" recall")) == (~wrong)[of_class].mean()
    page.page.get_by_role("slider", name="p(pred), least").focus()
    for _ in range(3):
        page.page.keyboard.press("PageUp")
    kept = last["p_pred"] >= np.float32(0.3)
    page.wait_for(shown=(wrong & kept).sum())
    page.page.mouse.move(box["x"] + 0.22 * box["width"], box["y"] + 96 + 24)
    both = inside[last["true"]] & inside[last["pred"]] & kept
    recall = both.sum() / (inside[last["true"]] & kept).sum()
    page.becomes(lambda: rates_of_tip(page)["recall"], recall)


def test_detail_shows_the_best_classes(open_page, planted, last):
    page = open_page("group=none&by=p_pred")
    page.page.locator("button.tile").first.click()
    best = int(np.argmax(last["p_pred"]))
    detail = page.page.locator(".right .detail")
    detail.locator(f"text=val/{planted.names[planted.true[best]]}/{best}.jpg").wait_for()
    page.becomes(detail.locator("tbody tr").count, 5)
    rows = detail.locator("tbody tr").all_inner_texts()
    p = planted.probabilities[LAST][best]
    for row, class_id in zip(rows, np.argsort(-p, kind="stable")[:5], strict=True):
        assert row.startswith(planted.names[class_id])
    assert f"{p.max():.3f}" in rows[0]
    text = detail.inner_text()
    assert str(1000 + best) in text
    assert ("day", "night")[best % 2] in text


def test_dark_by_system_and_by_hand(open_page):
    page = open_page(color_scheme="dark")
    root = page.page.locator("#classblocks")
    page.becomes(lambda: root.get_attribute("data-theme"), "dark")
    page.page.get_by_role("button", name="Theme: auto").click()
    page.becomes(lambda: root.get_attribute("data-theme"), "light")
    page.page.reload()
    page.ready()
    page.becomes(lambda: root.get_attribute("data-theme"), "light")


@pytest.mark.parametrize("width", [1024, 1280, 1920])
@pytest.mark.parametrize("tab", ["matrix", "responses"])
def test_nothing_scrolls_sideways(open_page, width, tab):
    page = open_page(
        f"tab={tab}&layer=conv&sel=fn:{ANIMAL}&topk=1&ppred=0.1,0.9&min=2",
        viewport={"width": width, "height": 800},
    )
    sizes = page.page.evaluate(
        "[document.documentElement.scrollWidth, document.querySelector('.app').scrollWidth]"
    )
    assert max(sizes) <= width
    cut = page.page.evaluate(
        """[...document.querySelectorAll('.panel-head, .panel-head select, .filters .line')]
            .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth)
            .map((one) => one.innerText)"""
    )
    assert cut == []
    assert page.errors == []


def test_samples_fold_below_1280(open_page):
    page = open_page(viewport={"width": 1100, "height": 720})
    assert not page.page.locator(".app > .right").is_visible()
    page.page.get_by_role("button", name="Panels").click()
    page.page.locator(".app > .right").wait_for()


def test_keys_are_listed(open_page):
    page = open_page()
    page.page.keyboard.press("?")
    page.page.get_by_role("dialog", name="All keys").wait_for()
    page.page.keyboard.press("Escape")
    page.page.get_by_role("dialog").wait_for(state="detached")


def test_table_mirrors_the_focused_block(open_page, planted, last):
    page = open_page(f"sel=both:{ANIMAL}")
    table = page.page.locator("table.hidden-text", has_text="Confusions inside animal")
    table.wait_for(state="attached")
    family = np.arange(40) // 2
    expected = [
        int(((family[last["true"]] == row) & (family[last["pred"]] == col)).sum())
        for row in range(4)
        for col in range(4)
    ]
    cells = table.locator("tbody td")
    page.becomes(lambda: [count(text) for text in cells.all_inner_texts()], expected)


def test_new_epoch_appears_by_itself(chromium, make_study, serve_in_thread, tmp_path):
    planted = make_study(tmp_path / "growing", epochs=1)
    address, stop = serve_in_thread(planted.path)
    try:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("#classblocks[data-result=net-epoch-1][data-ready=true]")
        study = cb.open(planted.path)
        study.add_result(
            "net-epoch-2",
            true=planted.true,
            probabilities=planted.probabilities["net-epoch-1"],
            sample_id=1000 + np.arange(planted.true.size),
            model="net",
            epoch=2,
            transform="none",
            split="val",
        )
        page.wait_for_selector("#classblocks[data-result=net-epoch-2]", timeout=15_000)
        context.close()
    finally:
        stop()
