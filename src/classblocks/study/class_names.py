"""Classes known by one word each: names, or WordNet ids that get a name."""

import re
from collections import Counter
from collections.abc import Sequence

from classblocks.study.format import Classes

_SYNSET = re.compile(r"n\d{8}")


def classes_called(names: Sequence[str]) -> Classes:
    """Make classes of folder names or labels; where all are noun synsets they become the keys."""
    if not names or not all(_SYNSET.fullmatch(name) for name in names):
        return Classes.of(list(names))
    from classblocks.core import wordnet

    try:
        words = wordnet.words(names)
    except ValueError:
        return Classes.of(list(names))
    shared = {word for word, count in Counter(words).items() if count > 1}
    return Classes.of(
        [
            (f"{word} ({key})" if word in shared else word, key)
            for word, key in zip(words, names, strict=True)
        ]
    )
