"""Make ``nouns.npz`` and ``LICENSE`` from WordNet 3.0's ``data.noun``.

On Debian the file comes with the package ``wordnet-base``::

    python -m classblocks.core.wordnet_data.make /usr/share/wordnet/data.noun

The table has, for every noun synset in ascending order of offset: ``offset_step`` uint32, the
difference to the offset before; ``n_parents`` uint8 and ``parent`` int32, the rows of its hypernyms
and instance hypernyms; ``word`` uint8, the first words as UTF-8 separated by newlines.
"""

import re
import sys
from itertools import takewhile
from pathlib import Path

import numpy as np

TABLE = Path(__file__).with_name("nouns.npz")
LICENSE = Path(__file__).with_name("LICENSE")


def read_nouns(text: str) -> dict[int, tuple[str, list[int]]]:
    """Parse ``data.noun``: offset → first word and hypernym offsets (format: ``man 5 wndb``)."""
    nouns = {}
    for line in text.splitlines():
        if not line[:8].isdigit():
            continue
        fields = line.split(" | ")[0].split()
        pointers = 4 + 2 * int(fields[3], 16)
        parents = [
            int(fields[i + 1])
            for i in range(pointers + 1, pointers + 1 + 4 * int(fields[pointers]), 4)
            if fields[i] in ("@", "@i")
        ]
        nouns[int(fields[0])] = (fields[4].replace("_", " "), parents)
    return nouns


def read_license(text: str) -> str:
    """Take the notice at the head of ``data.noun``, without its line numbers."""
    head = takewhile(lambda line: line.startswith("  "), text.splitlines())
    return "\n".join(re.sub(r"^ +\d+ ", "", line).rstrip() for line in head).strip() + "\n"


def write_table(nouns: dict[int, tuple[str, list[int]]], file: Path) -> None:
    """Write the compressed table."""
    offsets = sorted(nouns)
    row = {offset: i for i, offset in enumerate(offsets)}
    words = "\n".join(nouns[offset][0] for offset in offsets)
    np.savez_compressed(
        file,
        offset_step=np.diff(np.array(offsets, np.uint32), prepend=np.uint32(0)),
        n_parents=np.array([len(nouns[offset][1]) for offset in offsets], np.uint8),
        parent=np.array([row[p] for offset in offsets for p in nouns[offset][1]], np.int32),
        word=np.frombuffer(words.encode(), np.uint8),
    )


def main(source: str) -> None:
    """Make both files."""
    text = Path(source).read_text(encoding="utf-8")
    nouns = read_nouns(text)
    write_table(nouns, TABLE)
    LICENSE.write_text(read_license(text), encoding="utf-8")
    print(
        f"{len(nouns)} synsets, {TABLE.stat().st_size / 1e6:.2f} MB: {TABLE.name}, {LICENSE.name}"
    )


if __name__ == "__main__":
    main(sys.argv[1])
