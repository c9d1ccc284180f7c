"""Building, editing, saving and comparing hierarchies in a real Chromium, checked in Python."""

import numpy as np
import pytest

import classblocks as cb
from classblocks.core.confusion import confusion

pytestmark = pytest.mark.browser

RESULT = "net-epoch-1"
N_CLASSES = 40
# Rows of the planted tree: all 0, animal 1 (2 to 13), plant 14 with four families of two classes.
ANIMAL, PLANT, RED_PLANT, BLUE_PLANT = 1, 14, 15, 21


@pytest.fixture
def own(tmp_path, make_study, serve_in_thread):
    """A study that the test may write into, and its address."""
    planted = make_study(tmp_path / "study", per_class=10, epochs=1)
    address, stop = serve_in_thread(planted.path)
    yield planted, address
    stop()


@pytest.fixture
def counts(own):
    planted, _ = own
    return confusion(planted.true, planted.probabilities[RESULT].argmax(axis=1), N_CLASSES)


def nested(hierarchy, node=0):
    """Names with children as lists, leaves as names."""
    children = np.flatnonzero(hierarchy.parent == node).tolist()
    name = hierarchy.name[node]
    return (name, [nested(hierarchy, child) for child in children]) if children else name


def unnamed(tree):
    """The nested tree without the names of its groups."""
    return [unnamed(child) for child in tree[1]] if isinstance(tree, tuple) else tree


def given(planted):
    return cb.open(planted.path).hierarchies["given"]


def leaf_y(page, leaf):
    box = page.view("left")
    return box["y"] + 96 + (leaf + 0.5) * (box["height"] - 106) / N_CLASSES


def right_x(page):
    box = page.view("left")
    return box["x"] + box["width"] - 40


def click_node(page, depth, leaf, name, *, max_depth=3, **options):
    """Click a group of the tree by its depth and a class in it."""
    box = page.view("left")
    column = (box["width"] - 24) / ((max_depth - 1) * 1.25 + 1.5)
    x = box["x"] + 16 + column * (depth - 0.5)
    page.page.mouse.click(x, leaf_y(page, leaf), **options)
    page.page.wait_for_selector(f".right strong:has-text('{name}')")


def tool(page, name):
    page.page.click(f"[data-tool={name}]")


def log(page):
    return page.page.locator("section[aria-label='Unsaved edits'] li").all_inner_texts()


def edits(page):
    return [line.split("\n", 1)[-1].strip() for line in log(page)]


def propose(page, method):
    page.page.select_option("select[aria-label=Method]", method)
    page.page.click("button:has-text('Propose')")
    page.page.wait_for_selector(".right [data-proposal=shown]")


def reject(page):
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector("[data-proposal]", state="detached")


def texts(page, selector):
    """Read the texts of all that match."""
    return page.page.locator(selector).all_inner_texts


def hash_has(text):
    return f"location.hash.includes('{text}')"


def save_as(page, name, *, replaces=False):
    page.page.fill("section[aria-label='Save the hierarchy'] input.field", name)
    page.page.click("section[aria-label='Save the hierarchy'] button:has-text('Save')")
    if replaces:
        page.page.click(
            f"text=“{name}” exists: replace it? >> xpath=.. >> button:has-text('Replace')"
        )
    page.page.wait_for_selector(f"text=Saved as “{name}”")
    page.ready()


def test_a_hierarchy_is_proposed_edited_saved_and_compared(open_page, own, counts):
    planted, address = own
    page = open_page(f"side=hierarchy&sel=both:{ANIMAL}", address)
    before = cb.order_criteria(counts, given(planted), n_blocks=10)
    page.becomes(page.page.locator("[data-criterion]").count, 7)
    cost = page.page.locator("[data-criterion='Dasgupta cost'] td").first
    page.becomes(cost.inner_text, f"{100 * before.dasgupta:.1f} %")

    propose(page, "olo")
    bar = page.page.locator(".right [data-proposal]").inner_text()
    assert bar.startswith("Proposal: optimal leaf ordering for ‘animal’ – not accepted")
    animals = np.arange(8)
    olo = cb.order_classes(counts, "olo", seed=0, names=planted.names, classes=animals)
    inside = counts[:8, :8]
    kinds = [[name.rsplit(" ", 1)[0], name] for name in planted.names[:8]]
    old = cb.dasgupta_cost(inside, cb.Hierarchy.from_paths(kinds))
    new = cb.dasgupta_cost(inside, olo)
    word = "better" if new < old else "worse" if new > old else "same"
    shown = texts(page, "[data-criterion='Dasgupta cost'] td")
    page.becomes(shown, [f"{100 * old:.1f} %", f"{100 * new:.1f} %", word])

    page.page.keyboard.press("Enter")
    page.becomes(lambda: edits(page), ["olo for animal (confusions, seed 0)"])
    page.page.keyboard.press("z")
    page.page.wait_for_selector(".right [data-proposal=shown]")
    page.page.keyboard.press("z")
    page.page.wait_for_selector("[data-proposal]", state="detached")
    page.becomes(lambda: log(page), [])
    page.page.keyboard.press("Z")
    page.page.keyboard.press("Z")
    page.becomes(lambda: len(log(page)), 1)

    # The first class of the second plant family goes before the second one of the first.
    x = right_x(page)
    page.page.mouse.move(x, leaf_y(page, 10))
    page.page.mouse.down()
    page.page.mouse.move(x, leaf_y(page, 9.4), steps=4)
    page.page.mouse.move(x, leaf_y(page, 8.75), steps=4)
    page.page.mouse.up()
    page.becomes(lambda: edits(page)[1:], ["moved green plant 1 into red plant"])

    # Its group had one class left, so that class stands for it; now out and up by keyboard.
    page.page.mouse.click(x, leaf_y(page, 8))
    page.page.wait_for_selector("section strong:has-text('red plant 1')")
    page.page.keyboard.press("Alt+ArrowLeft")
    page.page.wait_for_selector("text=3 unsaved edits")
    page.page.keyboard.press("Alt+ArrowDown")
    page.becomes(
        lambda: edits(page)[2:],
        ["moved red plant 1 into plant", "moved red plant 1 before blue plant"],
    )

    click_node(page, 2, 12, "blue plant")
    page.page.keyboard.press("F2")
    page.page.fill("input[aria-label='New name of the group']", "sky plant")
    page.page.keyboard.press("Enter")
    page.becomes(lambda: edits(page)[4:], ["renamed blue plant to sky plant"])

    save_as(page, "mine")
    menu = page.page.locator("[aria-haspopup=menu]")
    page.becomes(lambda: menu.inner_text().split("\n")[-1].strip(), "mine")
    page.becomes(page.page.locator("text=unsaved edit").count, 0)
    page.wait_until(f"{hash_has('hierarchy=mine')} && !{hash_has('draft')}")

    study = cb.open(planted.path)
    saved = study.hierarchies["mine"]
    whole = nested(saved)
    old_kinds = nested(given(planted))[1]
    assert [kind[0] for kind in whole[1]] == [kind[0] for kind in old_kinds]
    assert whole[1][2:] == old_kinds[2:]
    assert whole[1][0][0] == "animal"
    assert unnamed(whole[1][0]) == unnamed(nested(olo))
    assert whole[1][1] == (
        "plant",
        [
            ("red plant", ["green plant 1", "red plant 2"]),
            "green plant 2",
            "red plant 1",
            ("sky plant", ["blue plant 1", "blue plant 2"]),
            ("grey plant", ["grey plant 1", "grey plant 2"]),
        ],
    )
    how = saved.how
    assert (how["base"], how["result"], how["method"]) == ("given", RESULT, "edited")
    assert [step["kind"] for step in how["steps"]] == ["replace", "move", "move", "move", "rename"]
    first = how["steps"][0]
    assert (first["method"], first["source"], first["seed"]) == ("olo", "confusions", 0)
    assert (first["node"], first["result"]) == (ANIMAL, RESULT)
    assert first["Dasgupta cost after"] == pytest.approx(new)

    page.page.reload()
    page.ready()
    page.page.click("[data-bench=compare]")
    page.page.select_option("select[aria-label='Compare with']", "given")
    both = [cb.dasgupta_cost(counts, tree) for tree in (saved, given(planted))]
    costs = [f"{100 * value:.2f} %" for value in both]
    page.becomes(texts(page, "[data-cost] td"), costs)
    lines = page.page.locator(".right table.hidden-text tbody tr").all()
    assert lines
    masses = [cb.level_mass(counts, tree) for tree in (saved, given(planted))]
    for depth, line in enumerate(lines):
        for mass, shown in zip(masses, line.locator("td").all_text_contents()[::2], strict=True):
            deepest = mass[depth] if depth < len(mass) else 0
            assert shown == f"{100 * deepest:.1f} %"

    members = {
        saved.name[v]: set(saved.class_of_leaf[saved.start[v] : saved.stop[v]].tolist())
        for v in np.flatnonzero(saved.class_of_node < 0)
    }
    others = [
        set(given(planted).class_of_leaf[a:b].tolist())
        for a, b in zip(given(planted).start, given(planted).stop, strict=True)
    ]
    own_members = members["red plant"]
    best = max(len(own_members & other) / len(own_members | other) for other in others)
    red = page.page.locator("[role=grid] [role=row]:has-text('red plant') [role=gridcell]")
    page.becomes(
        lambda: (red.nth(0).inner_text(), red.nth(2).inner_text()), ("red plant", f"{best:.2f}")
    )
    red.first.click()
    page.page.wait_for_selector("nav >> text=red plant")
    page.page.check("text=colour tree")
    page.page.wait_for_selector(".left :text('overlap with the most similar group of given')")
    page.page.click("button:has-text('Swap')")
    page.page.wait_for_selector("[aria-haspopup=menu]:has-text('given')")
    page.becomes(texts(page, "[data-cost] td"), costs[::-1])
    assert page.errors == []


def test_a_proposal_is_rejected_and_two_classes_have_none(open_page, own):
    _, address = own
    page = open_page(f"side=hierarchy&sel=both:{PLANT}", address)
    propose(page, "spectral")
    page.becomes(page.page.locator("[data-tool=dissolve]").is_disabled, True)
    page.wait_until(hash_has("propose="))
    reject(page)
    page.wait_until(f"!{hash_has('propose=')} && !{hash_has('draft=')}")
    logits = page.page.locator("button:has-text('logits')")
    assert logits.is_disabled()
    assert "has no logits" in logits.get_attribute("title")
    page.page.evaluate(f"location.hash = 'side=hierarchy&sel=both:{RED_PLANT}'")
    page.page.wait_for_selector("text=Two classes have one order only: nothing to do.")
    page.becomes(page.page.locator("button:has-text('Propose')").is_disabled, True)
    assert page.errors == []


def test_dragging_stops_with_escape_and_pans_outside_of_editing(open_page, own):
    _, address = own
    page = open_page("side=hierarchy", address)
    x = right_x(page)

    def drag(*, to, escapes=False):
        page.page.mouse.move(x, leaf_y(page, 10))
        page.page.mouse.down()
        page.page.mouse.move(x, leaf_y(page, to), steps=6)
        if escapes:
            page.page.keyboard.press("Escape")
        page.page.mouse.up()

    drag(to=20, escapes=True)
    page.page.click("[data-side=samples]")
    drag(to=20)
    page.page.click("[data-side=hierarchy]")
    drag(to=20)
    page.becomes(lambda: edits(page), ["moved green plant 1 into blue vehicle"])


def test_groups_are_made_merged_cut_pasted_and_dissolved(open_page, own):
    planted, address = own
    page = open_page(f"side=hierarchy&sel=both:{RED_PLANT}.{BLUE_PLANT}", address)
    page.page.keyboard.press("Alt+g")
    field = page.page.locator("input[aria-label='New name of the group']")
    page.becomes(field.input_value, "new group")
    page.page.keyboard.type("warm plants")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("section strong:has-text('warm plants')")
    # Now red and blue plants (8 to 11), then green and grey ones.
    click_node(page, 2, 12, "green plant", max_depth=4)
    page.page.keyboard.down("Shift")
    click_node(page, 2, 14, "green plant", max_depth=4)
    page.page.keyboard.up("Shift")
    page.page.wait_for_selector("text=2 nodes selected")
    tool(page, "merge")
    page.becomes(lambda: len(log(page)), 3)
    page.page.mouse.click(right_x(page), leaf_y(page, 8))
    page.page.wait_for_selector("section strong:has-text('red plant 1')")
    page.page.keyboard.press("Alt+x")
    page.page.wait_for_selector("text=Cut: red plant 1")
    click_node(page, 1, 20, "vehicle", max_depth=4)
    page.page.keyboard.press("Alt+v")
    page.page.wait_for_selector("text=Cut:", state="detached")
    page.becomes(lambda: len(log(page)), 4)
    click_node(page, 1, 4, "animal", max_depth=4)
    page.page.wait_for_selector("section strong:has-text('animal')")
    tool(page, "dissolve")
    expected = [
        "grouped red plant, blue plant as new group",
        "renamed new group to warm plants",
        "merged grey plant into green plant",
        "moved red plant 1 into vehicle",
        "dissolved animal",
    ]
    page.becomes(lambda: edits(page), expected)
    save_as(page, "by hand")
    whole = nested(cb.open(planted.path).hierarchies["by hand"])
    old = dict(kind for kind in nested(given(planted))[1])
    assert whole[1][:4] == old["animal"]
    assert whole[1][4:] == [
        (
            "plant",
            [
                ("warm plants", ["red plant 2", ("blue plant", ["blue plant 1", "blue plant 2"])]),
                (
                    "green plant",
                    ["green plant 1", "green plant 2", "grey plant 1", "grey plant 2"],
                ),
            ],
        ),
        ("vehicle", [*old["vehicle"], "red plant 1"]),
        ("tool", old["tool"]),
        ("food", old["food"]),
    ]
    assert page.errors == []


def test_a_repair_lowers_the_cost_by_what_it_says_and_replaces_on_request(open_page, own, counts):
    planted, address = own
    page = open_page("side=hierarchy&bench=repair", address)
    first = page.page.locator("ul[aria-label='Suggested moves'] li").first
    moves = cb.repair_moves(counts, given(planted))
    page.becomes(first.locator(".change").inner_text, f"−{-100 * moves['change'][0]:.2f} %")
    confusions = first.locator(".numbers .muted")
    page.becomes(confusions.inner_text, f"{moves['mass'][0]:,} confusions")
    first.locator(".what").click()
    page.page.wait_for_selector("ul[aria-label='Suggested moves'] li.chosen")
    first.locator("button:has-text('Apply')").click()
    page.page.click("[data-bench=edit]")
    page.becomes(lambda: len(log(page)), 1)
    before = cb.dasgupta_cost(counts, given(planted))

    name = page.page.locator("section[aria-label='Save the hierarchy'] input.field")
    page.becomes(name.input_value, "given-edited")
    name.fill("no/slash")
    page.page.wait_for_selector("text=A name has letters, digits, spaces")
    page.becomes(page.page.locator("[type=submit]:has-text('Save')").is_disabled, True)
    click_node(page, 1, 4, "animal")
    assert name.input_value() == "no/slash"
    save_as(page, "given", replaces=True)
    after = cb.dasgupta_cost(counts, given(planted))
    assert after - before == pytest.approx(moves["change"][0])
    shown = page.page.locator("[data-criterion='Dasgupta cost'] td").first
    page.becomes(shown.inner_text, f"{100 * after:.1f} %")
    assert page.errors == [
        "Failed to load resource: the server responded with a status of 409 (Conflict)"
    ]


def test_long_names_do_not_break_the_page_and_unsaved_ones_warn(open_page, own):
    _, address = own
    page = open_page(f"side=hierarchy&sel=both:{PLANT}", address)
    width = page.view("left")["width"]
    page.page.keyboard.press("F2")
    page.page.fill("input[aria-label='New name of the group']", "植物🌱" * 2500)
    page.page.keyboard.press("Enter")
    page.becomes(lambda: len(log(page)), 1)
    page.page.mouse.move(right_x(page), leaf_y(page, 9))
    page.page.wait_for_selector("[role=tooltip]")
    page.ready()
    assert "draft=" not in page.page.evaluate("location.hash")
    assert page.view("left")["width"] == width
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    overflow = page.page.evaluate(
        """() => [...document.querySelectorAll('.left *, .right *, .status *, [role=tooltip]')]
            .filter((one) => !one.closest('.hidden-text'))
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.className)"""
    )
    assert overflow == []
    with page.page.expect_event("dialog") as asked:
        page.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()


def test_logits_order_classes_that_are_never_confused(open_page, tmp_path, serve_in_thread):
    """Two pairs of classes share their logits; no sample is wrong."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(6), 30)
    shared = rng.normal(size=(true.size, 3))
    logits = shared[:, [0, 1, 2, 0, 1, 2]] + rng.normal(0, 0.1, (true.size, 6))
    logits[np.arange(true.size), true] = logits.max(axis=1) + 0.1
    study = cb.create(tmp_path / "study", classes=list("abcdef"), name="logits")
    study.add_hierarchy("given", cb.Hierarchy.flat(list("abcdef")), default=True)
    study.add_result("net", true=true, logits=logits)
    address, stop = serve_in_thread(study.path)
    page = open_page("side=hierarchy", address)
    propose(page, "linkage")
    page.page.wait_for_selector(
        ".right [data-proposal]:has-text('6 of 6 classes have no confusions')"
    )
    reject(page)
    page.page.click("button:has-text('logits')")
    propose(page, "linkage")
    page.page.click(".right button:has-text('Accept')")
    page.becomes(lambda: edits(page), ["linkage for all (logits, seed 0)"])
    save_as(page, "by logits")
    saved = cb.open(study.path).hierarchies["by logits"]
    pairs = {
        frozenset(saved.class_of_leaf[a:b].tolist())
        for a, b in zip(saved.start, saved.stop, strict=True)
        if b - a == 2
    }
    assert pairs == {frozenset(pair) for pair in ((0, 3), (1, 4), (2, 5))}
    assert saved.how["steps"][0]["source"] == "logits"
    assert page.errors == []
    stop()


def test_pictures_of_a_held_tooltip_select_single_classes(open_page, planted):
    page = open_page()
    box = page.view("left")
    page.page.mouse.move(box["x"] + 0.22 * box["width"], leaf_y(page, 4))
    page.page.wait_for_selector("[role=tooltip] >> text=animal")
    page.page.keyboard.press("i")
    pictures = page.page.locator(".tip[role=dialog] .strip button")
    page.becomes(
        lambda: [one.get_attribute("title") for one in pictures.all()],
        [f"Select {name}" for name in planted.names[:8]],
    )
    page.page.mouse.move(box["x"] + 0.22 * box["width"], leaf_y(page, 30))
    assert page.page.locator(".tip[role=dialog]").get_attribute("aria-label") == "animal"
    pictures.nth(2).click()
    true, pred = planted.true, planted.probabilities["net-epoch-3"].argmax(axis=1)
    page.wait_for(
        tp=np.sum((true == 2) & (pred == 2)),
        fp=np.sum((true != 2) & (pred == 2)),
        fn=np.sum((true == 2) & (pred != 2)),
    )
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector(".tip[role=dialog]", state="detached")
    assert page.number("tp") == np.sum((true == 2) & (pred == 2))
    assert page.errors == []
