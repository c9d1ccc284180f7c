import pytest

from classblocks.core.hierarchy import Hierarchy
from classblocks.study.class_names import classes_called
from classblocks.study.format import StudyError


def test_synset_ids_become_keys_and_get_names():
    classes = classes_called(["n01443537", "n02084071"])
    assert classes.names == ("goldfish", "dog")
    assert classes.keys == ("n01443537", "n02084071")
    assert Hierarchy.from_wordnet(classes.keys).n_classes == 2


def test_synsets_of_one_word_are_told_apart_by_their_id():
    bird, machine = "n02012849", "n03126707"
    assert classes_called([bird, machine]).names == (f"crane ({bird})", f"crane ({machine})")


def test_other_names_stay_as_they_are():
    for names in (["cat", "n02084071"], ["n99999999", "n02084071"], ["n1", "n2"], ["b", "a"]):
        assert classes_called(names).names == tuple(names)
        assert set(classes_called(names).keys) == {""}


def test_no_names():
    with pytest.raises(StudyError):
        classes_called([])
