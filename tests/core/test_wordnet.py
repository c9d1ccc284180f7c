import subprocess
import sys

import numpy as np
import pytest

from classblocks.core import wordnet
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.wordnet_data import make

GOLDFISH, DOG, CHIHUAHUA, TABBY = "n01443537", "n02084071", "n02085620", "n02123045"

NOUN = """\
  1 This is a notice.
  2 It has two lines.
00000001 03 n 01 entity 0 000 | root
00000002 03 n 02 living_thing 0 organism 0 001 @ 00000001 n 0000 | a
00000003 03 n 01 artifact 0 001 @ 00000001 n 0000 | b
00000004 03 n 0a w 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 j 0 003 @ 00000005 n 0 ~ 1 n 0 @i 00000003 n 0
00000005 03 n 01 plant 0 001 @ 00000002 n 0000 | d
00000006 03 n 01 both 0 002 @ 00000002 n 0000 @ 00000003 n 0000 | e
"""


@pytest.fixture
def small(monkeypatch, tmp_path):
    make.write_table(make.read_nouns(NOUN), tmp_path / "nouns.npz")
    monkeypatch.setattr(wordnet, "files", lambda _: tmp_path)
    wordnet.nouns.cache_clear()
    yield
    wordnet.nouns.cache_clear()


def test_reading_the_noun_file():
    nouns = make.read_nouns(NOUN)
    assert nouns[2] == ("living thing", [1])
    assert nouns[4] == ("w", [5, 3])
    assert make.read_license(NOUN) == "This is a notice.\nIt has two lines.\n"


def test_one_parent_on_the_shortest_path_ties_by_label(small):
    # w: plant (depth 2) or artifact (depth 1); both: living thing or artifact, both of depth 1
    draft, how = wordnet.hypernym_tree(["n00000004", "n00000006", "n00000005"])
    tree = Hierarchy.from_draft(draft, 3, how)
    assert tree.path(int(tree.node_of_class[0])) == ("entity", "artifact", "w")
    assert tree.path(int(tree.node_of_class[1])) == ("entity", "artifact", "both")
    dropped = {tuple(edge) for edge in tree.how["dropped_edges"]}
    assert dropped == {("n00000004", "n00000005"), ("n00000006", "n00000002")}


def test_the_packaged_table_is_all_of_wordnet_3():
    nouns = wordnet.nouns()
    assert len(nouns.word) == len(nouns.offset) == 82_115
    assert (nouns.depth == 0).sum() == 1
    assert nouns.depth.max() < 20
    assert nouns.word[nouns.row(GOLDFISH)] == "goldfish"
    assert [nouns.key(p) for p in nouns.parents(nouns.row(GOLDFISH))] == ["n01439121"]
    assert nouns.row("n00000000") == nouns.row("v01443537") == nouns.row("n1") == -1
    assert wordnet.words([DOG, TABBY]) == ["dog", "tabby"]


def test_depth_is_the_shortest_path():
    nouns = wordnet.nouns()
    for row in np.random.default_rng(0).integers(0, 82_115, 200).tolist():
        level, reached = 0, {row}
        while not any(len(nouns.parents(v)) == 0 for v in reached):
            reached = {p for v in reached for p in nouns.parents(v)}
            level += 1
        assert nouns.depth[row] == level


def test_a_contracted_tree_with_a_class_above_another():
    tree = Hierarchy.from_wordnet([DOG, CHIHUAHUA, TABBY, GOLDFISH])
    leaf = tree.node_of_class
    assert tree.path(int(leaf[0]))[-2:] == ("dog", "dog")
    assert tree.path(int(leaf[1]))[-2:] == ("dog", "Chihuahua")
    assert tree.name[0] == "animal"
    assert tree.aliases[0][0] == "entity"
    assert "domestic cat" in tree.aliases[leaf[2]]
    n_children = np.bincount(tree.parent[1:], minlength=tree.n_nodes)
    assert not (n_children == 1).any()
    assert tree.how["source"] == "wordnet"


def test_names_of_the_user_are_on_the_leaves():
    tree = Hierarchy.from_wordnet([DOG, CHIHUAHUA], ["perro", "chihuahua"])
    assert [tree.name[v] for v in tree.node_of_class] == ["perro", "chihuahua"]


@pytest.mark.parametrize(
    ("keys", "names", "message"),
    [
        ([DOG, "n99999999", "x"], None, r"2 of 3 keys .* first 'n99999999' \(class 1\)"),
        ([DOG, DOG], None, "WordNet keys: 'n02084071' occurs twice"),
        ([DOG], ["a", "b"], "keys 1, names 2"),
        ([], None, "at least one class|expected one root"),
    ],
)
def test_bad_keys(keys, names, message):
    with pytest.raises(ValueError, match=message):
        Hierarchy.from_wordnet(keys, names)


def test_twenty_thousand_classes():
    nouns = wordnet.nouns()
    rows = np.random.default_rng(0).choice(82_115, 21_841, replace=False)
    tree = Hierarchy.from_wordnet([nouns.key(row) for row in rows.tolist()])
    assert tree.n_classes == 21_841
    assert tree.name[0] == "entity"


def test_the_command_makes_the_packaged_files(tmp_path):
    source = tmp_path / "data.noun"
    source.write_text(NOUN)
    code = (
        "import sys, pathlib; from classblocks.core.wordnet_data import make;"
        "make.TABLE, make.LICENSE = (pathlib.Path(sys.argv[1]) / n for n in ('t.npz', 'L'));"
        "make.main(sys.argv[2])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(source)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.startswith("6 synsets")
    assert (tmp_path / "L").read_text().startswith("This is a notice.")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as table:
        assert table["n_parents"].tolist() == [0, 1, 1, 2, 1, 2]


def test_the_notice_is_kept_beside_the_table():
    assert "Princeton University" in make.LICENSE.read_text(encoding="utf-8")
    assert make.TABLE.stat().st_size < 1_500_000
