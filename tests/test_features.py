"""docs/features.md names places and tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (\d+) \|(.*)\|(.*)\|(.*)\|$", (ROOT / "docs/features.md").read_text(), re.M)
SLICE = [
    2,
    *range(4, 9),
    *range(10, 65),
    66,
    68,
    *range(79, 83),
    84,
    *range(91, 105),
    122,
    124,
    130,
    133,
    *range(163, 168),
    172,
    175,
]


def test_the_features_of_this_release_are_listed_once():
    assert sorted(int(number) for number, *_ in ROWS) == SLICE


def test_every_feature_names_a_place():
    assert all(feature.strip() and place.strip() for _, feature, place, _ in ROWS)


def test_every_test_that_is_named_exists():
    for number, *_, tests in ROWS:
        named = re.findall(r"`((?:tests|web/test|benchmarks)/[^`]+)`", tests)
        assert named, f"feature {number} names no test"
        for name in named:
            file, _, function = name.partition("::")
            text = (ROOT / file).read_text()
            assert not function or f"def {function}(" in text, f"feature {number}: {name}"
