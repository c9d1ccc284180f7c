import json

import numpy as np
import pytest

import classblocks.study as cs
from classblocks.study import StudyError
from classblocks.study.importing import import_predictions

NAMES = ["ant", "bee", "cat", "dog"]


TREES = {
    "t.json": json.dumps({"insect": ["ant", "bee"], "mammal": ["cat", "dog"]}),
    "keys.json": json.dumps({"insect": ["k0", "k1"], "mammal": ["k2", "k3"]}),
    "parents.csv": "child,parent\ninsect,all\nmammal,all\nall,\n"
    "ant,insect\nbee,insect\ncat,mammal\ndog,mammal\n",
    "paths.txt": "insect/ant\nmammal/dog\ninsect/bee\nmammal/cat\n",
    "paths.csv": "name,path\nant,insect\nbee,insect/bee\ncat,mammal\ndog,mammal/dog\n",
    "paths.tsv": "key\tpath\nk0\tinsect\nk1\tinsect\nk3\tmammal\nk2\tmammal\n",
}


@pytest.mark.parametrize("name", TREES)
def test_hierarchy_files(tmp_path, name, write):
    tree = write(name, TREES[name])
    classes = write("c.csv", "name,key\n" + "".join(f"{n},k{i}\n" for i, n in enumerate(NAMES)))
    file = write("p.csv", "true,pred\n0,0\n")
    done = import_predictions(tmp_path / "s", "r", file, classes_file=classes, hierarchy=tree)
    study = cs.open(tmp_path / "s")
    assert study.default_hierarchy == done.hierarchy == name.split(".")[0]
    hierarchy = study.hierarchies[done.hierarchy]
    assert hierarchy.n_nodes == 7
    groups = {
        hierarchy.name[node]: {hierarchy.name[child] for child in hierarchy.children(node)}
        for node in range(1, 7)
        if hierarchy.class_of_node[node] < 0
    }
    assert groups == {"insect": {"ant", "bee"}, "mammal": {"cat", "dog"}}
    assert hierarchy.how["file"] == name
    again = write("saved.json", (study.path / f"hierarchies/{done.hierarchy}.json").read_text())
    done = import_predictions(tmp_path / "s", "q", file, hierarchy=again)
    np.testing.assert_array_equal(
        done.study.hierarchies["saved"].class_of_leaf, hierarchy.class_of_leaf
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.json", "{", "t.json: "),
        ("t.json", json.dumps({"x": ["ant", "bee", "cat"]}), "t.json: .*missing: 3"),
        ("t.json", json.dumps({"x": ["ant", "bee"], "y": ["cat", "dog", "ant"]}), "t.json: .*ant"),
        ("t.csv", "child,parent\na,b\nb,a\n", "t.csv: "),
        ("t.csv", "a,b\nc,d\n", "t.csv: expected columns child and parent, or path; found a, b"),
        ("t.txt", "x/ant\nx/ant\n", "class 'ant' is on two leaves"),
        ("t.txt", "x/ant\nx/bee\nx/cat\n", "class 'dog' is missing"),
        ("t.txt", "x/ant\nx/eel\n", "'eel' ends a path but is not a class"),
        (None, None, "expected 'wordnet' or a file, there is none"),
    ],
)
def test_bad_hierarchies_stop_before_anything_is_written(tmp_path, name, text, words, write):
    tree = tmp_path / "none" if name is None else write(name, text)
    classes = write("c.txt", "\n".join(NAMES))
    file = write("p.csv", "true,pred\n0,0\n")
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, classes_file=classes, hierarchy=tree)
    assert not (tmp_path / "s").exists()


def test_wordnet(tmp_path, write):
    classes = write(
        "c.tsv",
        "label\twnid\tname\n0\tn02123045\ttabby\n1\tn02084071\tdog\n2\tn02958343\tcar\n",
    )
    file = write("p.csv", "true,pred\nn02123045,dog\ncar,car\n")
    done = import_predictions(tmp_path / "s", "r", file, classes_file=classes, hierarchy="wordnet")
    tree = done.study.hierarchies["wordnet"]
    assert tree.name[tree.lca([0], [1])[0]].startswith("domestic animal")
    assert tree.lca([0], [2])[0] == 0
    assert {tree.name[v] for v in tree.node_of_class} == {"tabby", "dog", "car"}
    plain = write("c.txt", "tabby\ndog\ncar\n")
    with pytest.raises(StudyError, match=r"needs WordNet ids .* class 0 has 'tabby'"):
        import_predictions(
            tmp_path / "t", "r", plain.with_name("p.csv"), classes_file=plain, hierarchy="wordnet"
        )
