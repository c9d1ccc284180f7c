"""Changes since a baseline and courses over epochs in a real Chromium, against SciPy and NumPy."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binomtest

import classblocks as cb

pytestmark = pytest.mark.browser

KINDS = ("cat", "dog", "cup")
N_CLASSES, PER_CLASS = 12, 50
N = N_CLASSES * PER_CLASS
TRUE = np.repeat(np.arange(N_CLASSES), PER_CLASS)
KIND = TRUE // 4


@dataclass(frozen=True)
class Study:
    """Two epochs on the same samples, and another model on half of them."""

    path: object
    pred: dict


def predictions(rng, kept, right):
    """Stay in the kind with the first probability, and be right then with the second."""
    pred = rng.integers(0, N_CLASSES, N)
    stays = rng.random(N) < np.asarray(kept)[KIND]
    pred[stays] = (KIND * 4 + rng.integers(0, 4, N))[stays]
    exact = rng.random(N) < np.asarray(right)[KIND]
    pred[stays & exact] = TRUE[stays & exact]
    return pred


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    rng = np.random.default_rng(11)
    path = tmp_path_factory.mktemp("change") / "study"
    names = [f"{kind} {i}" for kind in KINDS for i in range(4)]
    study = cb.create(path, classes=names, name="two epochs")
    paths = [[name.split()[0], name] for name in names]
    study.add_hierarchy("kinds", cb.Hierarchy.from_paths(paths), default=True)
    ids = 10 + np.arange(N)
    study.add_samples(ids, TRUE, split="val")
    # Cats gain, dogs lose, cups stay, apart from chance.
    pred = {
        "net-1": predictions(rng, (0.4, 0.9, 0.6), (0.5, 0.1, 0.7)),
        "net-2": predictions(rng, (0.8, 0.5, 0.6), (0.8, 0.1, 0.7)),
        "other": predictions(rng, (0.6, 0.6, 0.6), (0.5, 0.5, 0.5)),
    }
    for epoch in (1, 2):
        name = f"net-{epoch}"
        study.add_result(name, sample_id=ids, true=TRUE, pred=pred[name], model="net", epoch=epoch)
    half = np.arange(0, N, 2)
    study.add_result(
        "other", sample_id=ids[half], true=TRUE[half], pred=pred["other"][half], model="other"
    )
    return Study(path, pred)


@pytest.fixture
def address(two, serve_in_thread):
    url, stop = serve_in_thread(two.path)
    yield url
    stop()


def kept(two, name, kind):
    """Samples of a kind that a result keeps in it."""
    return (KIND == kind) & (two.pred[name] // 4 == kind)


def tip_of(page, wire, *names):
    """Rows of the tooltip of a kind, the named ones among them: value and what is beside it."""
    box = page.view("left")
    page.page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 3)
    page.page.locator(".left-panel [role=application]").focus()
    page.page.keyboard.press("Home")
    page.page.keyboard.press("ArrowRight")
    for _ in range(wire):
        page.page.keyboard.press("ArrowDown")
    tip = page.page.locator(".tip")
    page.becomes(tip.locator(".title").inner_text, KINDS[wire])
    for name in names:
        tip.locator("tr th", has_text=name).first.wait_for()
    rows = {}
    for row in tip.locator("tr").all():
        name, *values = row.locator("th, td").all_inner_texts()
        rows[name] = values
    return rows


def points(text):
    number = re.match(r"[+−±]?[\d.]+", text).group()
    return float(number.replace("−", "-").replace("±", ""))


def open_at(open_page, address, fragment):
    return open_page(fragment, address=address)


def test_the_change_of_a_group_with_its_interval_and_test(open_page, address, two):
    page = open_at(open_page, address, "result=net-2")
    page.page.locator(".left-panel .panel-head select").first.select_option(
        label="change of recall"
    )
    page.wait_until(
        "location.hash.includes('colour=change') && location.hash.includes('baseline=net-1')"
    )
    for kind, name in enumerate(KINDS):
        rows = tip_of(page, kind, "change of recall", "recall before")
        before, now = kept(two, "net-1", kind), kept(two, "net-2", kind)
        n = (KIND == kind).sum()
        change, beside = rows["change of recall"]
        assert points(change) == pytest.approx(100 * (now.sum() - before.sum()) / n, abs=0.051)
        assert rows["recall before"] == [f"{100 * before.sum() / n:.1f} %", "epoch 1"]
        assert rows["recall"][0] == f"{100 * now.sum() / n:.1f} %"
        gained, lost = (now & ~before).sum(), (before & ~now).sum()
        p_value = binomtest(gained, gained + lost).pvalue
        assert ("p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}") in beside
        low, high = (points(end) for end in beside.split(",")[0].split(" … "))
        table = ((now & before).sum(), gained, lost, n - (now | before).sum())
        assert [low, high] == pytest.approx(100 * np.array(cb.paired_interval(*table)), abs=0.051)
        assert ("not significant" in beside) == (low <= 0 <= high or p_value >= 0.05)
        assert ("not significant" in beside) == (name == "cup")
    assert page.errors == []


def test_other_samples_have_no_paired_test(open_page, address, two):
    page = open_at(open_page, address, "result=net-2&colour=change&metric=precision&baseline=other")
    rows = tip_of(page, 0, "change of precision", "precision before")
    half = np.arange(N) % 2 == 0
    now, before = kept(two, "net-2", 0), kept(two, "other", 0) & half
    n_now = (two.pred["net-2"] // 4 == 0).sum()
    n_before = ((two.pred["other"] // 4 == 0) & half).sum()
    change, beside = rows["change of precision"]
    expected = now.sum() / n_now - before.sum() / n_before
    assert points(change) == pytest.approx(100 * expected, abs=0.051)
    assert "p " not in beside
    ends = cb.difference_interval(now.sum(), n_now, before.sum(), n_before)
    low, high = (points(end) for end in beside.split(",")[0].split(" … "))
    assert [low, high] == pytest.approx(100 * np.array(ends), abs=0.051)
    assert rows["precision before"][1] == "other"


def test_the_baseline_stays_while_the_epoch_changes(open_page, address):
    page = open_at(open_page, address, "result=net-2&colour=change")
    menu = page.page.get_by_label("Baseline of the change")
    choices = menu.locator("option").all_inner_texts
    page.becomes(menu.input_value, "net-1")
    page.becomes(choices, ["epoch 1", "other"])
    menu.select_option("other")
    page.wait_until("location.hash.includes('baseline=other')")
    page.page.locator("body").press("[")
    page.wait_until("location.hash.includes('result=net-1')")
    page.wait_until("document.querySelector('.since select')?.value === 'other'")
    page.becomes(choices, ["epoch 2", "other"])
    menu.select_option("net-2")
    page.page.locator("body").press("]")
    page.wait_until("document.querySelector('.since select option:disabled')?.value === 'net-2'")
    page.becomes(lambda: tip_of(page, 1, "change of recall")["change of recall"][0], "±0.0 points")
    page.page.locator("body").press("z")
    page.wait_until("location.hash.includes('baseline=other')")
    page.becomes(menu.input_value, "other")
    assert page.errors == []


PIXEL = """(at) => {
    const canvas = document.querySelector('.left-panel [role=application] canvas');
    const ratio = canvas.width / canvas.clientWidth;
    const [top, bottom] = [96, 12];
    const y = top + ((canvas.clientHeight - top - bottom) * (at + 0.12)) / 3;
    const pixel = canvas.getContext('2d').getImageData(44 * ratio, y * ratio, 1, 1).data;
    return pixel[2] - pixel[0];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_drop_is_red_and_a_gain_is_blue(open_page, address, scheme):
    page = open_page(
        "result=net-2&colour=change&baseline=net-1", address=address, color_scheme=scheme
    )
    page.wait_until(f"({PIXEL})(0) > 30")
    page.wait_until(f"({PIXEL})(1) < -30")
    low, middle, high = page.page.locator(".legend .ends span").all_inner_texts()
    assert middle == "0"
    assert low.replace("≤ ", "").replace("−", "") == high.replace("≥ ", "").replace("+", "")


def test_accuracy_inside_a_group_and_f1_have_intervals(open_page, address, two):
    page = open_at(open_page, address, "result=net-2")
    page.page.locator(".left-panel .panel-head select").first.select_option("inside")
    page.wait_until("location.hash.includes('colour=inside')")
    study = cb.open(two.path)
    tree = study.hierarchies["kinds"]
    metrics = cb.group_metrics(study.results["net-2"].cells(), tree)
    for kind, name in enumerate(KINDS):
        stays = kept(two, "net-2", kind)
        right, n = (stays & (two.pred["net-2"] == TRUE)).sum(), stays.sum()
        rows = tip_of(page, kind, "right inside", "F1")
        ends = binomtest(int(right), int(n)).proportion_ci(method="wilson")
        interval = f"{100 * ends.low:.1f} – {100 * ends.high:.1f}"
        assert rows["right inside"] == [f"{100 * right / n:.1f} %", f"{interval}, {right} of {n}"]
        node = metrics.row(tree.name.index(name))
        assert rows["F1"] == [
            f"{100 * node['f1']:.1f} %",
            f"{100 * node['f1_low']:.1f} – {100 * node['f1_high']:.1f}",
        ]


def test_the_course_of_groups_over_the_epochs(open_page, address, two):
    page = open_at(open_page, address, "result=net-2&side=groups")
    page.page.wait_for_selector(".course")
    table = page.page.locator(".course table.hidden-text")

    def shown():
        names = table.locator("thead th").all_text_contents()[1:]
        rows = [row.locator("td").all_text_contents() for row in table.locator("tbody tr").all()]
        return names, rows

    def written(epoch, kind):
        k, n = kept(two, f"net-{epoch}", kind).sum(), (KIND == kind).sum()
        ends = binomtest(int(k), int(n)).proportion_ci(method="wilson")
        return f"{100 * k / n:.1f} % ({100 * ends.low:.1f} – {100 * ends.high:.1f})"

    expected = [[written(epoch, kind) for kind in range(len(KINDS))] for epoch in (1, 2)]
    page.becomes(shown, (list(KINDS), expected))
    page.page.get_by_label("Metric over the epochs").select_option("precision")
    k, n = kept(two, "net-1", 0).sum(), (two.pred["net-1"] // 4 == 0).sum()
    page.wait_until(
        "document.querySelector('.course table.hidden-text tbody td')"
        f".textContent.startsWith('{100 * k / n:.1f} %')"
    )
    dog = cb.open(two.path).hierarchies["kinds"].name.index("dog")
    page.page.evaluate(f"location.hash += '&pins={dog}'")
    page.becomes(lambda: shown()[0], ["dog"])
    assert page.errors == []


def test_an_epoch_is_chosen_in_the_chart_by_click_and_by_key(open_page, address):
    page = open_at(open_page, address, "result=net-2&side=groups")
    chart = page.page.get_by_role("slider", name="Epoch, by the recall")
    page.becomes(lambda: chart.get_attribute("aria-valuenow"), "2")
    box = chart.bounding_box()
    page.page.mouse.click(box["x"] + 45, box["y"] + box["height"] / 2)
    page.wait_until("location.hash.includes('result=net-1')")
    page.page.mouse.move(5, 5)
    page.wait_until("document.querySelector('.course [role=slider]').ariaValueNow === '1'")
    chart.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_selector(".course [role=slider][aria-valuetext^='epoch 2: cat ']")
    page.page.keyboard.press("Enter")
    page.wait_until("!location.hash.includes('result=net-1')")
    assert page.errors == []


def test_one_epoch_has_no_course(open_page, address):
    page = open_at(open_page, address, "result=other&side=groups")
    page.page.wait_for_selector("[aria-label=Groups] h2")
    assert page.page.locator(".course").count() == 0
    assert "Over the epochs" not in page.page.locator("[aria-label=Groups]").inner_text()
