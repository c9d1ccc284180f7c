import gzip
import io
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

import classblocks.study as cs
from classblocks.study import StudyError
from classblocks.study.check import check
from classblocks.study.hierarchies import tree_hash
from classblocks.study.importing import import_predictions

NAMES = ["ant", "bee", "cat", "dog"]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 50).astype(np.float32)
    true = rng.integers(0, 4, 50)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rows = np.arange(50)
    return {
        "sample_id": rng.permutation(50) + 7,
        "true": true,
        "pred": order[:, 0],
        "p_pred": probabilities[rows, order[:, 0]],
        "p_true": probabilities[rows, true],
        "true_rank": np.argmax(order == true[:, None], axis=1),
        "topk_class": order[:, :3],
        "topk_prob": np.take_along_axis(probabilities, order[:, :3], axis=1),
        "probabilities": probabilities,
    }


def frame_of(table, names=None):
    frame = pd.DataFrame({k: v for k, v in table.items() if np.ndim(v) == 1})
    for rank in range(3):
        frame[f"topk_class_{rank}"] = table["topk_class"][:, rank]
        frame[f"topk_prob_{rank}"] = table["topk_prob"][:, rank]
    if names is not None:
        for column in ["true", "pred", "topk_class_0", "topk_class_1", "topk_class_2"]:
            frame[column] = np.array(names)[frame[column]]
    return frame


def saved(folder, table, form):
    path = folder / f"p.{form.removeprefix('names ')}"
    names = NAMES if form.startswith("names ") else None
    if form.endswith("csv"):
        frame_of(table, names).to_csv(path, index=False)
    elif form == "csv.gz":
        frame_of(table).to_csv(path, index=False, compression="gzip")
    elif form == "tsv":
        frame_of(table).to_csv(path, index=False, sep="\t")
    elif form == "npz":
        np.savez(path, **{k: v for k, v in table.items() if k != "probabilities"})
    else:
        lists = {k: list(table[k]) for k in ("topk_class", "topk_prob")}
        columns = {k: v for k, v in table.items() if np.ndim(v) == 1}
        if names is not None:
            columns["true"] = pd.Categorical.from_codes(columns["true"], names)
            columns["pred"] = pd.Categorical.from_codes(columns["pred"], names)
            lists["topk_class"] = [[names[i] for i in row] for row in table["topk_class"]]
        pd.DataFrame({**columns, **lists}).to_parquet(path)
    return path


@pytest.mark.parametrize(
    "form", ["csv", "names csv", "csv.gz", "tsv", "npz", "parquet", "names parquet"]
)
def test_every_form_gives_the_same_result(tmp_path, table, form):
    classes = write(tmp_path / "classes.txt", "\n".join(NAMES) + "\n\n")
    file = saved(tmp_path, table, form)
    done = import_predictions(
        tmp_path / "study", "r", file, classes_file=classes, model="net", epoch=3
    )
    assert done.ignored_columns == ()
    study = cs.open(tmp_path / "study")
    result = study.results["r"]
    assert study.classes.names == tuple(NAMES)
    assert result.coordinates == cs.Coordinates("net", 3, None, None, "val")
    assert result.has_probabilities
    assert result.has_rank
    for name in ("sample_id", "true", "pred", "true_rank", "topk_class"):
        np.testing.assert_array_equal(getattr(result, name), table[name])
    for name in ("p_pred", "p_true", "topk_prob"):
        np.testing.assert_allclose(getattr(result, name), table[name], rtol=1e-6)
    np.testing.assert_array_equal(
        study.confusion("r"), confusion_matrix(table["true"], table["pred"])
    )
    assert study.default_hierarchy == done.hierarchy == "derived"
    assert sorted(study.hierarchies["derived"].class_of_leaf) == [0, 1, 2, 3]
    assert result.provenance["imported"]["file"] == file.name


@pytest.mark.parametrize("form", ["npz", "parquet", "parquet lists"])
def test_probabilities_say_everything(tmp_path, table, form):
    kept = {"true": table["true"], "probabilities": table["probabilities"]}
    path = tmp_path / f"p.{form.split()[0]}"
    if form == "npz":
        np.savez(path, **kept)
    else:
        flat = pa.array(table["probabilities"].reshape(-1))
        lists = (
            pa.FixedSizeListArray.from_arrays(flat, 4)
            if form == "parquet"
            else pa.array(table["probabilities"].tolist())
        )
        pq.write_table(pa.table({"true": table["true"], "probabilities": lists}), path)
    result = import_predictions(tmp_path / "study", "r", path).result
    assert cs.open(tmp_path / "study").classes.names[3] == "class 3"
    np.testing.assert_array_equal(result.pred, table["pred"])
    np.testing.assert_array_equal(result.true_rank, table["true_rank"])
    np.testing.assert_allclose(result.p_true, table["p_true"], rtol=1e-6)


@pytest.mark.parametrize("form", ["npz", "npz with more", "parquet lists"])
def test_logits_say_everything(tmp_path, table, form):
    logits = np.log(table["probabilities"]) + np.arange(50)[:, None]
    path = tmp_path / f"p.{form.split()[0]}"
    if form == "npz with more":
        np.savez(path, **{**table, "logits": logits})
    elif form == "npz":
        np.savez(path, true=table["true"], logits=logits)
    else:
        rows = {"true": table["true"], "logits": pa.array(logits.tolist())}
        pq.write_table(pa.table(rows), path)
    done = import_predictions(tmp_path / "study", "r", path)
    assert ("probabilities" in done.ignored_columns) == (form == "npz with more")
    np.testing.assert_array_equal(done.result.pred, table["pred"])
    np.testing.assert_allclose(done.result.p_true, table["p_true"], rtol=1e-4)
    logs = np.log(table["probabilities"])
    expected = np.corrcoef((logs - logs.mean(axis=1, keepdims=True)).T)
    np.testing.assert_allclose(done.result.logits.correlation(), expected, atol=1e-4)
    again = import_predictions(tmp_path / "study", "p", _probabilities(tmp_path, table)).result
    np.testing.assert_allclose(again.logits.correlation(), expected, atol=1e-5)


def _probabilities(tmp_path, table):
    path = tmp_path / "probabilities.npz"
    np.savez(path, true=table["true"], probabilities=table["probabilities"])
    return path


PAIRS = {
    "name": "root",
    "children": [
        {"name": "g", "children": [{"name": "class 0"}, {"name": "class 2"}]},
        {"name": "h", "children": [{"name": "class 1"}, {"name": "class 3"}]},
    ],
}


@pytest.mark.parametrize("column", ["probabilities", "logits"])
def test_an_import_is_ranked_by_distance_too(tmp_path, table, column):
    p = table["probabilities"].astype(np.float64)
    values = p if column == "probabilities" else np.log(p) + 3
    path = tmp_path / "p.npz"
    np.savez(path, true=table["true"], sample_id=table["sample_id"], **{column: values})
    (tmp_path / "pairs.json").write_text(json.dumps(PAIRS))
    done = import_predictions(
        tmp_path / "study", "r", path, hierarchy=tmp_path / "pairs.json", crm="pairs", epoch=2
    )
    distance = np.array([[0, 2, 1, 2], [2, 0, 2, 1], [1, 2, 0, 2], [2, 1, 2, 0]])
    order = np.argsort(np.round(p @ distance, 6), axis=1, kind="stable")
    assert list(done.study.results) == ["r", "r-crm"]
    assert done.reranked.coordinates == cs.Coordinates("r + crm", 2, None, None, "val")
    np.testing.assert_array_equal(done.reranked.pred, order[:, 0])
    assert (done.reranked.pred != done.result.pred).any()
    np.testing.assert_array_equal(
        done.reranked.true_rank, (order == table["true"][:, None]).argmax(axis=1)
    )
    np.testing.assert_array_equal(done.reranked.sample_id, table["sample_id"])
    inputs = done.reranked.provenance["inputs"]
    assert inputs["crm"]["hierarchy"] == "pairs"
    assert inputs["crm"]["tree"] == tree_hash(done.study.hierarchies["pairs"])
    assert inputs["imported"] == done.result.provenance["imported"]
    assert check(done.study) == []
    shutil.rmtree(tmp_path / "study" / "results" / "r-crm")  # as if killed before it
    again = import_predictions(tmp_path / "study", "r", path, crm="pairs", epoch=2)
    np.testing.assert_array_equal(again.reranked.pred, order[:, 0])
    with pytest.raises(StudyError, match="exists already"):
        import_predictions(tmp_path / "study", "r", path, crm="pairs", epoch=2)


def test_what_cannot_be_ranked_by_distance_leaves_nothing(tmp_path, table):
    plain = write(tmp_path / "p.csv", "true,pred\n0,1\n1,0\n")
    with pytest.raises(StudyError, match="needs probabilities or logits"):
        import_predictions(tmp_path / "study", "r", plain, crm="derived")
    path = _probabilities(tmp_path, table)
    with pytest.raises(StudyError, match=r"no hierarchy 'x' .* \(there will be: 'derived'\)"):
        import_predictions(tmp_path / "study", "r", path, crm="x")
    assert not (tmp_path / "study").exists()
    done = import_predictions(tmp_path / "study", "r", path, crm="derived")
    assert list(done.study.results) == ["r", "r-crm"]


def test_classes_follow_from_the_file(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred\nbee,ant\nant,cat\n")
    study = import_predictions(tmp_path / "a", "r", file).study
    assert study.classes.names == ("ant", "bee", "cat")
    assert study.results["r"].pred.tolist() == [0, 2]
    file = write(tmp_path / "p.csv", "true,pred\n0,3\n1,0\n")
    assert import_predictions(tmp_path / "b", "r", file).study.classes.names == tuple(
        f"class {i}" for i in range(4)
    )


def test_a_second_import_joins_the_first(tmp_path):
    first = write(tmp_path / "a.csv", "true,pred\nbee,ant\nant,cat\n")
    second = write(tmp_path / "b.tsv", "pred\ttrue\textra\nbee\tbee\t1\nbee\tant\t2\n")
    import_predictions(tmp_path / "s", "a", first)
    done = import_predictions(tmp_path / "s", "b", second, split="test")
    assert done.hierarchy is None
    assert done.ignored_columns == ("extra",)
    assert list(done.study.results) == ["a", "b"]
    assert done.study.samples.n == 2
    assert done.result.pred.tolist() == [1, 1]


def test_splits_and_uris_of_the_file_are_kept(tmp_path):
    file = write(
        tmp_path / "p.csv", "true,pred,split,uri,sample_id\n0,1,train,a.jpg,4\n1,1,test,,9\n"
    )
    study = import_predictions(tmp_path / "s", "r", file).study
    assert study.samples.split.to_pylist() == ["train", "test"]
    assert study.samples.uri.to_pylist() == ["a.jpg", ""]
    assert study.results["r"].coordinates.split is None
    file = write(tmp_path / "p.csv", "true,pred,split\n0,1,train\n1,1,train\n")
    study = import_predictions(tmp_path / "t", "r", file).study
    assert study.results["r"].coordinates.split == "train"


def test_gaps_are_unknown(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred,p_pred,true_rank\n0,1,,\n1,1,0.5,0\n")
    result = import_predictions(tmp_path / "s", "r", file).result
    np.testing.assert_array_equal(result.p_pred, np.array([np.nan, 0.5], np.float32))
    assert result.true_rank.tolist() == [-1, 0]
    assert not result.has_rank


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.csv", "pred,p\n1,2\n", "p.csv: column true missing; found pred, p"),
        (
            "p.csv",
            "true,p\n1,2\n",
            r"column pred \(or probabilities, logits\) missing; found true, p",
        ),
        ("p.csv", "true,pred\n1,2\n\n1,2,3\n", "p.csv, line 4: expected 2 values as in .*, got 3"),
        ("p.csv", "true,pred\n1,2\n1\n", "line 3: expected 2 values as in the header, got 1"),
        ("p.csv", 'true,pred\n"a\nb",2\n1\n', "line 4: expected 2 values"),
        ("p.csv", "", "p.csv is empty"),
        ("p.csv", "true,pred\n", "no rows that would tell the classes"),
        ("p.csv", "true,true,pred\n1,1,1\n", "column 'true' occurs twice"),
        ("p.csv", "true,pred\na,b\na,\n", "pred: no class in row 1"),
        ("p.csv", "true,pred,p_pred\n0,1,high\n", "p_pred: expected numbers.*'high' in row 0"),
        (
            "p.csv",
            "true,pred,p_pred\n0,1,0.5\n0,1,2\n",
            "p_pred: .*got 2 in row 1",
        ),
        ("p.csv", "true,pred,sample_id\n0,1,a\n", "sample_id: expected whole numbers, got 'a'"),
        ("p.csv", "true,pred,sample_id\n0,1,1\n0,1,\n", "sample_id: nothing in row 1"),
        ("p.csv", "true,pred,sample_id\n0,1,1\n0,1,1\n", "sample id 1 occurs twice: rows 0 and 1"),
        ("p.csv", "true,pred\n0,123456789012\n", "class ids up to 123456789012: name the classes"),
        ("p.csv", "true,pred\n0,-1\n", "pred: expected class ids 0 to 0, got -1 in row 0"),
        ("p.tsv", "true,pred\n0,1\n", "column true missing; found true,pred"),
        ("p.txt", "true,pred\n0,1\n", r"expected .csv, .tsv"),
        ("p.npz", "PK", "is not a complete NPZ file"),
        ("p.parquet", "PAR1", "is not complete Parquet"),
    ],
)
def test_bad_files(tmp_path, name, text, words):
    file = write(tmp_path / name, text)
    with pytest.raises(ValueError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()


def test_bad_text_and_bad_archives(tmp_path):
    file = tmp_path / "p.csv"
    file.write_bytes(b"true,pred\n\xff\xfe,a\n")
    with pytest.raises(StudyError, match=r"p.csv is not UTF-8 text: .* at byte 10"):
        import_predictions(tmp_path / "study", "r", file)
    file = tmp_path / "p.csv.gz"
    file.write_bytes(gzip.compress(b"true,pred\n" + b"0,1\n" * 10_000)[:40])
    with pytest.raises(StudyError, match=r"p.csv.gz"):
        import_predictions(tmp_path / "study", "r", file)
    file = tmp_path / "p.npz"
    np.savez(file, true=np.array([print], object), pred=[0])
    with pytest.raises(StudyError, match="array 'true' holds Python objects"):
        import_predictions(tmp_path / "study", "r", file)
    np.savez(file, true=[0, 1], pred=[0])
    with pytest.raises(StudyError, match="pred has 1 rows, true has 2"):
        import_predictions(tmp_path / "study", "r", file)
    with pytest.raises(StudyError, match="no such file"):
        import_predictions(tmp_path / "study", "r", tmp_path / "none.csv")


def test_parquet_lists_of_unequal_length(tmp_path):
    file = tmp_path / "p.parquet"
    columns = {"true": [0, 1], "pred": [0, 1], "topk_class": [[0, 1], [1]]}
    pq.write_table(pa.table(columns), file)
    with pytest.raises(StudyError, match="topk_class: 1 values in row 1, 2 in row 0"):
        import_predictions(tmp_path / "study", "r", file)


def test_a_failed_import_leaves_an_existing_study_alone(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred\n0,1\n1,1\n")
    import_predictions(tmp_path / "study", "r", file)
    other = write(tmp_path / "q.csv", "true,pred\n0,1\n1,9\n")
    with pytest.raises(ValueError, match="got 9 in row 1"):
        import_predictions(tmp_path / "study", "q", other)
    with pytest.raises(StudyError, match="result 'r' exists already"):
        import_predictions(tmp_path / "study", "r", file)
    assert list(cs.open(tmp_path / "study").results) == ["r"]


def test_an_empty_folder_stays_when_the_import_fails(tmp_path):
    (tmp_path / "study").mkdir()
    file = write(tmp_path / "p.csv", "true,pred,p_pred\n0,1,7\n")
    with pytest.raises(StudyError, match="p_pred"):
        import_predictions(tmp_path / "study", "r", file)
    assert list((tmp_path / "study").iterdir()) == []


@pytest.mark.parametrize("name", ["../r", "a/b", ""])
def test_hostile_names(tmp_path, name):
    file = write(tmp_path / "p.csv", "true,pred\n0,1\n")
    with pytest.raises(StudyError, match="result name"):
        import_predictions(tmp_path / "study", name, file)
    assert [p.name for p in tmp_path.iterdir()] == ["p.csv"]


CLASSES = {
    "c.txt": "ant, formic\nbee\n",
    "c.tsv": "label\twnid\tname\n1\tn02206856\tbee\n0\tn02219486\tant, formic\n",
    "c.csv": 'name,key\n"ant, formic",n02219486\nbee,n02206856\n',
}


@pytest.mark.parametrize("name", CLASSES)
def test_class_files(tmp_path, name):
    classes = write(tmp_path / name, CLASSES[name])
    rows = "0,1\n1,1\n" if name == "c.txt" else "n02219486,n02206856\nbee,bee\n"
    file = write(tmp_path / "p.csv", "true,pred\n" + rows)
    study = import_predictions(tmp_path / "s", "r", file, classes_file=classes).study
    assert study.classes.names == ("ant, formic", "bee")
    assert study.classes.keys[1] == ("" if name == "c.txt" else "n02206856")
    assert study.results["r"].true.tolist() == [0, 1]
    assert study.results["r"].pred.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("c.txt", "\n\n", "c.txt is empty"),
        ("c.txt", "a\nb\na\n", "c.txt: classes 0 and 2 share the name 'a'"),
        ("c.csv", "title\na\n", "column name missing; found title"),
        ("c.csv", "name,key\na\n", "c.csv, line 2: expected 2 values"),
        (
            "c.tsv",
            "label\tname\n0\ta\n2\tb\n",
            "row 1: class number '2' is repeated or",
        ),
        ("c.tsv", "label\tname\nx\ta\n", "row 0: class number 'x'"),
    ],
)
def test_bad_class_files(tmp_path, name, text, words):
    classes = write(tmp_path / name, text)
    file = write(tmp_path / "p.csv", "true,pred\n0,0\n")
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, classes_file=classes)


def test_other_classes_than_those_of_the_study(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred\n0,0\n")
    classes = write(tmp_path / "c.txt", "a\nb\n")
    import_predictions(tmp_path / "s", "r", file, classes_file=classes)
    write(classes, "a\nc\n")
    with pytest.raises(StudyError, match="2 classes that are not the 2 of the study"):
        import_predictions(tmp_path / "s", "q", file, classes_file=classes)


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
def test_hierarchy_files(tmp_path, name):
    tree = write(tmp_path / name, TREES[name])
    classes = write(
        tmp_path / "c.csv", "name,key\n" + "".join(f"{n},k{i}\n" for i, n in enumerate(NAMES))
    )
    file = write(tmp_path / "p.csv", "true,pred\n0,0\n")
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
    again = write(
        tmp_path / "saved.json", (study.path / f"hierarchies/{done.hierarchy}.json").read_text()
    )
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
def test_bad_hierarchies_stop_before_anything_is_written(tmp_path, name, text, words):
    tree = tmp_path / "none" if name is None else write(tmp_path / name, text)
    classes = write(tmp_path / "c.txt", "\n".join(NAMES))
    file = write(tmp_path / "p.csv", "true,pred\n0,0\n")
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, classes_file=classes, hierarchy=tree)
    assert not (tmp_path / "s").exists()


def test_wordnet(tmp_path):
    classes = write(
        tmp_path / "c.tsv",
        "label\twnid\tname\n0\tn02123045\ttabby\n1\tn02084071\tdog\n2\tn02958343\tcar\n",
    )
    file = write(tmp_path / "p.csv", "true,pred\nn02123045,dog\ncar,car\n")
    done = import_predictions(tmp_path / "s", "r", file, classes_file=classes, hierarchy="wordnet")
    tree = done.study.hierarchies["wordnet"]
    assert tree.name[tree.lca([0], [1])[0]].startswith("domestic animal")
    assert tree.lca([0], [2])[0] == 0
    assert {tree.name[v] for v in tree.node_of_class} == {"tabby", "dog", "car"}
    plain = write(tmp_path / "c.txt", "tabby\ndog\ncar\n")
    with pytest.raises(StudyError, match=r"needs WordNet ids .* class 0 has 'tabby'"):
        import_predictions(
            tmp_path / "t", "r", plain.with_name("p.csv"), classes_file=plain, hierarchy="wordnet"
        )


def photos(root, names):
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (90, 60), (number * 20, 0, 0)).save(root / name)
    return root


def red(study, sample_id):
    image = Image.open(io.BytesIO(study.thumbnails.read(sample_id)))
    return round(image.convert("RGB").getpixel((1, 1))[0] / 20)


def test_images_by_uri(tmp_path):
    root = photos(
        tmp_path / "img", ["ant/a.png", "bee/b.png", "bee/c.png", "ant/same.png", "bee/same.png"]
    )
    (root / "bee/c.png").write_bytes(b"no picture")
    file = write(
        tmp_path / "p.csv",
        "true,pred,uri\nbee,ant,/data/old/c.png\nbee,bee,bee/b.png\nant,ant,a.png\n"
        "ant,ant,same.png\nant,ant,\n",
    )
    done = import_predictions(tmp_path / "s", "r", file, images=root)
    assert done.n_thumbnails == 2
    assert done.unreadable == ("bee/c.png: not an image (10 bytes)",)
    assert done.n_without_image == 2
    study = cs.open(tmp_path / "s")
    assert study.thumbnails.ids().tolist() == [1, 2]
    assert [red(study, i) for i in (1, 2)] == [1, 0]


def test_images_by_order(tmp_path):
    root = photos(tmp_path / "img", [f"{n}/{i}.png" for n in ("ant", "bee") for i in range(3)])
    file = write(tmp_path / "p.csv", "true,pred\n" + "ant,bee\n" * 3 + "bee,bee\n" * 3)
    done = import_predictions(tmp_path / "s", "r", file, images=root)
    assert done.n_thumbnails == 6
    assert [red(done.study, i) for i in range(6)] == [0, 1, 2, 3, 4, 5]
    assert done.study.samples.uri.to_pylist()[4] == "bee/1.png"
    again = import_predictions(tmp_path / "s", "q", file, images=root)
    assert again.n_thumbnails == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("true,pred\nant,ant\nbee,bee\n", "2 predictions and 3 images cannot be matched by order"),
        (
            "true,pred,uri\nant,ant,x.png\nbee,bee,y.png\n",
            "no uri of the predictions, such",
        ),
        ("true,pred\nbee,ant\nbee,bee\nant,ant\n", r"different order: row 0 .* \(2 of 3 differ\)"),
    ],
)
def test_images_that_do_not_match(tmp_path, text, words):
    root = photos(tmp_path / "img", ["ant/0.png", "bee/1.png", "bee/2.png"])
    file = write(tmp_path / "p.csv", text)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, images=root)
    assert not (tmp_path / "s").exists()


def test_no_progress_bar_without_a_terminal(tmp_path, capfd):
    root = photos(tmp_path / "img", ["ant/0.png"])
    file = write(tmp_path / "p.csv", "true,pred\nant,ant\n")
    import_predictions(tmp_path / "s", "r", file, images=root)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([1e30, 2]), r"sample_id: .* got 1e\+30 in row 0"),
        (np.array([2, np.inf]), "sample_id: .* got inf in row 1"),
        (np.array([3, 2**63 + 5], np.uint64), "sample_id: .* got 9223372036854775813 in row 1"),
    ],
)
def test_ids_that_do_not_fit_are_refused(tmp_path, values, words):
    file = tmp_path / "p.parquet"
    pq.write_table(pa.table({"sample_id": values, "true": [0, 1], "pred": [1, 1]}), file)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()


def test_a_probability_beyond_float32_is_refused_without_a_warning(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred,p_pred\n0,1,1e300\n")
    with pytest.raises(StudyError, match="p_pred: expected 0 to 1, got inf in row 0"):
        import_predictions(tmp_path / "study", "r", file)


def test_a_single_value_is_no_column(tmp_path):
    np.savez(tmp_path / "p.npz", true=np.array(3), pred=np.array(3))
    with pytest.raises(StudyError, match="true is a single value"):
        import_predictions(tmp_path / "study", "r", tmp_path / "p.npz")


def test_numbers_beside_names_are_names(tmp_path):
    names = write(tmp_path / "names.txt", "10\n2\nother\n")
    file = write(tmp_path / "p.csv", "true,pred,topk_class_0\n10,2,2\nother,10,10\n")
    result = import_predictions(tmp_path / "study", "r", file, classes_file=names).result
    assert result.true.tolist() == [0, 2]
    assert result.pred.tolist() == [1, 0]
    assert result.topk_class[:, 0].tolist() == [1, 0]


def test_numbers_that_are_names_of_other_classes_are_refused(tmp_path):
    names = write(tmp_path / "names.txt", "0\n1\n10\n2\n")
    file = write(tmp_path / "p.csv", "true,pred\n0,1\n2,1\n")
    with pytest.raises(StudyError, match="2 can mean class id 2 or the class named '2'"):
        import_predictions(tmp_path / "study", "r", file, classes_file=names)
    np.savez(tmp_path / "p.npz", true=[0, 2], pred=[1, 1])
    result = import_predictions(
        tmp_path / "study", "r", tmp_path / "p.npz", classes_file=names
    ).result
    assert result.true.tolist() == [0, 2]


def test_ids_beside_names_need_the_classes(tmp_path):
    file = tmp_path / "p.parquet"
    pq.write_table(pa.table({"true": ["bee", "ant"], "pred": [1, 0]}), file)
    with pytest.raises(StudyError, match="pred holds class ids, other columns names"):
        import_predictions(tmp_path / "study", "r", file)
    names = write(tmp_path / "names.txt", "\n".join(NAMES))
    result = import_predictions(tmp_path / "study", "r", file, classes_file=names).result
    assert (result.true.tolist(), result.pred.tolist()) == ([1, 0], [1, 0])


def test_no_rows_of_probabilities(tmp_path):
    file = tmp_path / "p.parquet"
    empty = {
        "true": pa.array([], pa.int64()),
        "probabilities": pa.array([], pa.list_(pa.float64())),
    }
    pq.write_table(pa.table(empty), file)
    names = write(tmp_path / "names.txt", "\n".join(NAMES))
    study = import_predictions(tmp_path / "study", "r", file, classes_file=names).study
    assert not study.confusion("r").any()


def test_a_killed_import_goes_on_where_it_stopped(tmp_path, monkeypatch):
    file = write(tmp_path / "p.csv", "true,pred\n0,1\n1,1\n")

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("classblocks.study.importing._add_hierarchy", killed)
        with pytest.raises(KeyboardInterrupt):
            import_predictions(tmp_path / "study", "r", file)
    before = (tmp_path / "study/results/r/result.json").read_bytes()
    assert import_predictions(tmp_path / "study", "r", file).hierarchy == "derived"
    assert (tmp_path / "study/results/r/result.json").read_bytes() == before
    with pytest.raises(StudyError, match="result 'r' exists already"):
        import_predictions(tmp_path / "study", "r", file)


def test_a_full_disk_leaves_the_samples_alone(tmp_path, monkeypatch):
    first = write(tmp_path / "p.csv", "sample_id,true,pred\n1,0,1\n2,1,1\n")
    import_predictions(tmp_path / "study", "r", first)
    before = (tmp_path / "study/samples.parquet").read_bytes()
    second = write(tmp_path / "q.csv", "sample_id,true,pred\n3,0,1\n4,1,1\n")

    def full(*given):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("classblocks.study.adding.write_predictions", full)
        with pytest.raises(OSError, match="No space left"):
            import_predictions(tmp_path / "study", "q", second)
    assert (tmp_path / "study/samples.parquet").read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "study/results").iterdir()) == ["r"]


def test_nothing_is_imported_beside_results_without_samples(tmp_path):
    file = write(tmp_path / "p.csv", "true,pred\n0,1\n1,1\n")
    import_predictions(tmp_path / "study", "r", file)
    (tmp_path / "study/samples.parquet").unlink()
    other = write(tmp_path / "q.csv", "true,pred\n1,1\n0,1\n")
    with pytest.raises(StudyError, match=r"samples\.parquet is missing"):
        import_predictions(tmp_path / "study", "q", other)
    assert not (tmp_path / "study/samples.parquet").exists()
