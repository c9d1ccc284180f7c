import unicodedata
from collections import Counter

from classblocks.demo.characters import HUES, characters, colour


def test_names_and_keys_are_unique_and_there_are_at_least_500():
    everything = characters()
    assert len(everything) >= 500
    assert len({character.name for character in everything}) == len(everything)
    assert len({character.key for character in everything}) == len(everything)
    assert all(len(character.path) == 3 for character in everything)


def test_a_group_name_stands_for_one_group():
    paths = {character.path[: i + 1] for character in characters() for i in range(3)}
    assert max(Counter(path[-1] for path in paths).values()) == 1


def test_names_are_readable():
    name_of = {character.key: character.name for character in characters()}
    assert name_of["U+0041"] == "Latin capital A"
    assert name_of["U+00E0"] == "Latin small a with grave"
    assert name_of["U+0410"] == "Cyrillic capital A"
    assert name_of["U+05D0"] == "Hebrew alef"
    assert name_of["U+0661"] == "Arabic-Indic digit one"
    assert name_of["U+0153"] == "Latin small oe"
    assert name_of["U+25A0"] == "solid square"
    assert name_of["U+2660"] == "spade suit"
    assert name_of["U+25CF red"] == "red disc"
    assert not any(name.isupper() or "  " in name for name in name_of.values())


def test_keys_are_code_points_of_what_the_class_shows():
    for character in characters():
        shown = chr(int(character.key[2:].split()[0], 16))
        assert shown == character.glyph or character.upright
        assert unicodedata.name(shown)


def test_turned_classes_show_the_character_they_are_named_after():
    turned = [character for character in characters() if character.upright]
    assert len(turned) == 12
    by_family = Counter(character.path[-1] for character in turned)
    assert set(by_family.values()) == {4}
    arrows = [c for c in turned if c.path[-1] == "arrows by direction"]
    assert [(c.key, c.turn) for c in arrows] == [
        ("U+2192", 0), ("U+2191", 1), ("U+2190", 2), ("U+2193", 3),
    ]  # fmt: skip
    assert {c.glyph for c in arrows} == {"→"}


def test_hues_are_far_apart():
    hues = sorted(HUES.values())
    gaps = [b - a for a, b in zip(hues, [*hues[1:], hues[0] + 360], strict=True)]
    assert min(gaps) >= 25
    assert colour(0) == (1, 0, 0)
    assert colour(240) == (0, 0, 1)
