import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the fonts come with matplotlib")

from classblocks.demo.characters import characters
from classblocks.demo.glyphs import (
    CANVAS,
    FACES,
    look_alikes,
    rotation_symmetric,
    shapes,
)

CHOSEN = tuple(
    character
    for character in characters()
    if character.glyph in set("AΑАBΒВabоoоHΗНnxх+×■○→▶⇒Яя,א①ـب") and character.turn in range(4)
)
KEY = [character.key for character in CHOSEN]


@pytest.fixture(scope="module")
def drawn():
    return shapes(CHOSEN)


def at(key):
    return KEY.index(key)


def test_every_class_is_drawn_in_some_face_and_absent_faces_are_skipped(drawn):
    assert drawn.masks.shape == (len(CHOSEN), len(FACES), CANVAS, CANVAS)
    assert drawn.has.any(1).all()
    assert drawn.has[at("U+0041")].all()
    hebrew = drawn.has[at("U+05D0")]
    assert {face.font for face, has in zip(FACES, hebrew, strict=True) if has} == {"sans"}
    assert not drawn.masks[~drawn.has].any()
    assert drawn.masks[drawn.has].any((1, 2)).all()


def test_look_alikes_are_found_and_others_are_not(drawn):
    groups = [[KEY[i] for i in group] for group in look_alikes(drawn)]
    assert ["U+0041", "U+0391", "U+0410"] in groups
    assert ["U+0042", "U+0392", "U+0412"] in groups
    assert ["U+0048", "U+0397", "U+041D"] in groups
    assert ["U+0078", "U+0445"] in groups
    grouped = {key for group in groups for key in group}
    assert not grouped & {"U+042F", "U+044F", "U+2192", "U+002B", "U+0062"}


def test_look_alikes_render_alike_and_others_do_not(drawn):
    """Mean difference of two classes over the faces that have both, as a share of the ink."""

    def distance(a, b):
        faces = drawn.has[a] & drawn.has[b]
        first, second = (drawn.masks[c, faces].astype(float) for c in (a, b))
        return np.mean(np.abs(first - second).sum((1, 2)) / first.sum((1, 2)))

    groups = look_alikes(drawn)
    of = {i: g for g, group in enumerate(groups) for i in group}
    for a in range(len(CHOSEN)):
        for b in range(a + 1, len(CHOSEN)):
            if (drawn.has[a] & drawn.has[b]).any():
                together = a in of and of.get(b) == of[a]
                assert (distance(a, b) < 0.05) == together, (KEY[a], KEY[b])


def test_turned_classes_are_exact_quarter_turns(drawn):
    for keys in (
        ("U+2192", "U+2191", "U+2190", "U+2193"),
        ("U+25B6", "U+25B2", "U+25C0", "U+25BC"),
    ):
        right = drawn.masks[at(keys[0])]
        for turn, key in enumerate(keys):
            np.testing.assert_array_equal(drawn.masks[at(key)], np.rot90(right, turn, (1, 2)))


def test_right_arrow_points_right(drawn):
    mask = drawn.masks[at("U+2192"), 0].astype(int)
    columns = np.flatnonzero(mask.any(0))
    heights = [np.ptp(np.flatnonzero(mask[:, c])) for c in columns]
    assert np.argmax(heights) > len(columns) / 2


def test_quarter_turn_symmetry(drawn):
    symmetric = {KEY[i] for i in rotation_symmetric(drawn)}
    assert {"U+002B", "U+00D7", "U+25A0", "U+25CB"} <= symmetric
    assert not symmetric & {"U+0041", "U+0048", "U+2192", "U+25B6", "U+042F", "U+2460"}


def test_a_character_that_no_face_has_is_named():
    from dataclasses import replace

    with pytest.raises(ValueError, match="no DejaVu face has nothing"):
        shapes([replace(CHOSEN[0], glyph="\uffff", name="nothing")])
