import json

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the fonts come with matplotlib")

from classblocks.core.hierarchy import Hierarchy
from classblocks.demo.dataset import (
    Plan,
    nested,
    render,
    truth,
    write_images,
    write_truth,
)
from classblocks.demo.paint import LUMA, SIDE
from classblocks.study.images import open_images

SMALL = Plan(seed=4, n_train=6, n_val=3, max_classes=120)


@pytest.fixture(scope="module")
def splits():
    return {split: render(SMALL, split) for split in ("val", "train")}


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others(splits):
    again = render(SMALL, "val")
    val = splits["val"]
    assert again.images.tobytes() == val.images.tobytes()
    np.testing.assert_array_equal(again.true, val.true)
    for name, values in val.columns.items():
        np.testing.assert_array_equal(again.columns[name], values)
    other = render(Plan(seed=5, n_train=6, n_val=3, max_classes=120), "val")
    assert (other.images != val.images).any()


def test_splits_have_the_planned_size_and_ids_of_their_own(splits):
    val, train = splits["val"], splits["train"]
    assert val.images.shape == (360, SIDE, SIDE, 3) == (360, 32, 32, 3)
    assert val.images.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(val.drawn), np.full(120, 3))
    np.testing.assert_array_equal(np.bincount(train.drawn), np.full(120, 6))
    ids = np.concatenate([val.sample_id, train.sample_id])
    np.testing.assert_array_equal(ids, np.arange(360 + 720))


def test_two_percent_of_the_labels_are_flipped_to_another_class(splits):
    for samples in splits.values():
        flipped = samples.columns["flipped"]
        assert flipped.sum() == round(0.02 * len(flipped))
        np.testing.assert_array_equal(flipped, samples.true != samples.drawn)
        assert samples.true.min() >= 0
        assert samples.true.max() < 120


def test_truth_names_every_flip_and_only_classes_that_are_there(splits):
    found = truth(SMALL, splits)
    assert json.loads(json.dumps(found)) == found
    assert found["keys"] == [character.key for character in SMALL.characters]
    flips = {flip["sample_id"]: flip for flip in found["flipped"]}
    for split, samples in splits.items():
        for i in np.flatnonzero(samples.true != samples.drawn):
            flip = flips.pop(int(samples.sample_id[i]))
            assert (flip["split"], flip["true"], flip["drawn"]) == (
                split, samples.true[i], samples.drawn[i],
            )  # fmt: skip
    assert not flips
    assert found["latent_subclasses"] == {"column": "font", "values": ["mono", "sans", "serif"]}


def test_truths_of_the_whole_catalogue():
    plan = Plan()
    found = truth(plan, {})
    keys = found["keys"]
    assert len(keys) >= 500
    groups = [[keys[i] for i in group] for group in found["look_alike"]]
    assert ["U+0041", "U+0391", "U+0410"] in groups
    assert ["U+006F", "U+03BF", "U+043E"] in groups
    assert len(groups) >= 20
    scripts = {character.key: character.path[1] for character in plan.characters}
    assert all(len({scripts[key] for key in group}) == len(group) for group in groups)
    assert [len(group) for group in found["colour_only"]] == [8, 8]
    assert all(keys[i].startswith("U+25CF") for i in found["colour_only"][0])
    assert [len(group) for group in found["orientation_only"]] == [4, 4, 4]
    assert {keys[i] for i in found["rotation_symmetric"]} >= {"U+25CF red", "U+002B", "U+25A1"}


def test_hierarchy_has_three_levels_of_groups_and_every_class():
    plan = Plan()
    names = [character.name for character in plan.characters]
    hierarchy = Hierarchy.from_nested(nested(plan), names)
    assert hierarchy.n_classes == len(names)
    leaves = hierarchy.class_of_node >= 0
    assert set(hierarchy.depth[leaves].tolist()) == {4}
    node = hierarchy.node_of_class[names.index("Latin capital A")]
    path = ("characters", "letters", "Latin", "Latin capitals", "Latin capital A")
    assert tuple(hierarchy.path(int(node))) == path


def test_font_families_are_balanced_where_all_have_the_glyph(splits):
    train = splits["train"]
    latin = np.array([c.path[1] in ("Latin", "Greek", "Cyrillic") for c in SMALL.characters])
    fonts, counts = np.unique(train.columns["font"][latin[train.drawn]], return_counts=True)
    assert fonts.tolist() == ["mono", "sans", "serif"]
    assert counts.min() > 0.22 * counts.sum()
    assert set(train.columns["style"]) == {"regular", "bold", "italic", "bold italic"}
    assert set(train.columns["background"]) == {"flat", "gradient", "noise"}


def test_colour_classes_differ_by_hue_and_not_in_grey():
    plan = Plan(n_val=60)
    chosen = [i for i, c in enumerate(plan.characters) if c.hue is not None and c.glyph == "●"]
    from classblocks.demo.glyphs import shapes
    from classblocks.demo.paint import paint

    discs = tuple(plan.characters[i] for i in chosen)
    drawn = np.repeat(np.arange(8, dtype=np.int32), 60)
    painted = paint(discs, shapes(discs), drawn, np.random.default_rng(0))
    middle = painted.images[:, 15:17, 15:17].astype(float).mean((1, 2))  # (n, 3)
    luma = middle @ LUMA
    for disc in range(8):
        assert abs(luma[drawn == disc].mean() - luma.mean()) < 30
    red, green, blue = middle.T
    assert (red > np.maximum(green, blue))[drawn == 0].mean() > 0.95
    assert (green > np.maximum(red, blue))[drawn == 3].mean() > 0.95
    assert (blue > np.maximum(red, green))[drawn == 5].mean() > 0.95


def test_signs_stand_out_from_the_ground(splits):
    images = splits["val"].images.astype(float) @ LUMA
    spread = np.quantile(images, 0.999, axis=(1, 2)) - np.quantile(images, 0.001, axis=(1, 2))
    assert (spread > 40).mean() > 0.98


def test_files_say_all_about_themselves(tmp_path, splits):
    val = splits["val"]
    write_images(val, SMALL, tmp_path / "val.parquet")
    write_truth(SMALL, splits, tmp_path / "truth.json")
    source = open_images(tmp_path / "val.parquet")
    names = [character.name for character in SMALL.characters]
    assert source.class_names == tuple(names)
    np.testing.assert_array_equal(source.true(names), val.true)
    np.testing.assert_array_equal(source.sample_id, val.sample_id)
    assert source.columns.column_names == ["font", "style", "background", "flipped"]
    for i in (0, 7, 359):
        np.testing.assert_array_equal(np.asarray(source.read(i)), val.images[i])
    assert json.loads((tmp_path / "truth.json").read_text()) == truth(SMALL, splits)
