import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

import classblocks.study as cs
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import outcomes
from classblocks.study.check import check
from classblocks.study.publish import sha256
from classblocks.study.thumbnail_writer import ThumbnailWriter
from classblocks.study.writer import LayerShape, ResultWriter


@pytest.fixture
def study(tmp_path):
    rng = np.random.default_rng(0)
    study = cs.create(tmp_path / "study", list("abc"))
    probabilities = rng.dirichlet(np.ones(3), 20)
    true = rng.integers(0, 3, 20)
    with ResultWriter(
        study, "r", cs.Coordinates("m"), layers={"fc": LayerShape(2)}, logits=True
    ) as writer:
        response = rng.normal(size=(20, 2)).astype(np.float32)
        out = outcomes(probabilities, true, 3)
        logits = np.log(probabilities)
        writer.append(np.arange(20), true, out, {"fc": (response[:, :, None], response)}, logits)
        writer.finish()
    study.add_result("q", true=true, pred=true)
    study.add_hierarchy("h", Hierarchy.flat(list("abc")))
    with ThumbnailWriter(study) as thumbnails:
        for i in range(5):
            thumbnails.add(i, Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)))
        thumbnails.finish()
    return study


def test_a_whole_study_has_no_problem(study):
    heard = []
    assert check(study, heard.append) == []
    assert check(study.path) == []
    assert heard == ["result q", "result r", "thumbnails"]


FILES = [
    "study.json",
    "samples.parquet",
    "hierarchies/h.json",
    "results/q/result.json",
    "results/r/predictions.parquet",
    "results/r/logits/mean.npy",
    "results/r/logits/product.npy",
    "results/r/responses/fc/profile.npy",
    "results/r/responses/fc/collective.npy",
    "thumbnails/000.bin",
    "thumbnails/index.parquet",
]


# Without these two a study is whole.
OPTIONAL = ("hierarchies/h.json", "thumbnails/index.parquet")


@pytest.mark.parametrize(
    ("name", "damage"),
    [(name, damage) for name in FILES for damage in ("cut", "emptied")]
    + [(name, "removed") for name in FILES if name not in OPTIONAL],
)
def test_damage_is_found_and_named(study, name, damage):
    path = study.path / name
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 0 if damage == "emptied" else -9])
    problems = check(study.path)
    assert problems
    text = "\n".join(map(str, problems))
    assert name.rsplit("/", 1)[-1] in text
    assert name.startswith("study.json") or problems[0].path.split("/")[0] == name.split("/")[0]


@pytest.mark.parametrize("name", [n for n in FILES if n.endswith((".npy", ".bin")) or "pred" in n])
def test_one_flipped_bit_is_found(study, name):
    path = study.path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (problem,) = check(study)
    assert problem.path == name
    assert "other content" in problem.message


def test_leftovers_are_listed(study):
    for name in (".samples.parquet.9-9.tmp", "results/.x.partial/out/predictions.parquet"):
        (study.path / name).parent.mkdir(parents=True, exist_ok=True)
        (study.path / name).write_bytes(b"x")
    (study.path / "results/.y.partial").mkdir()
    (study.path / "results/.y.partial/recording.json").write_text("{}")
    (study.path / "results/z").mkdir()
    (study.path / "results/r/extra.txt").write_text("x")
    (study.path / "thumbnails/007.bin").write_bytes(b"x")
    assert {problem.path: problem.message.split(":")[-1].strip() for problem in check(study)} == {
        ".samples.parquet.9-9.tmp": "left by an interrupted write; may be deleted",
        "results/.x.partial": "it may be deleted",
        "results/.y.partial": "record again to resume it",
        "results/z": "result.json is missing",
        "results/r/extra.txt": "is not listed in result.json",
        "thumbnails/007.bin": "of a recording under way, or left by an interrupted one",
    }
    assert {problem.path for problem in check(study) if problem.is_damage} == {
        "results/z",
        "results/r/extra.txt",
    }


def test_a_file_outside_is_not_read(study):
    path = study.path / "results/q/result.json"
    description = json.loads(path.read_text())
    description["files"]["../../../secret"] = "0"
    path.write_text(json.dumps(description))
    (problem,) = check(study)
    assert problem.message == "names a file outside: '../../../secret'"


def test_another_version_is_a_problem(study):
    path = study.path / "results/q/result.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 9'))
    (problem,) = check(study)
    assert problem.path == "results/q"
    assert "format version 9, this classblocks reads version 1" in problem.message


def test_no_study_is_a_problem(tmp_path):
    (problem,) = check(tmp_path / "none")
    assert "is not a folder" in problem.message


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("count", lambda a: a + 1, "sums over 21 samples, expected 20"),
        ("product", lambda a: a * np.nan, "sums that are not finite"),
        ("product", lambda a: a[:-1], r"expected float64 \(6,\), got float64 \(5,\)"),
        ("mean", lambda a: a.astype(np.float32), "got float32"),
    ],
)
def test_logit_sums_that_cannot_be_are_found_behind_a_right_checksum(study, file, change, words):
    path = study.path / "results" / "r" / "logits" / f"{file}.npy"
    np.save(path, change(np.load(path)))
    description = study.path / "results" / "r" / "result.json"
    obj = json.loads(description.read_text())
    obj["files"][f"logits/{file}.npy"] = sha256(path)
    description.write_text(json.dumps(obj))
    (problem,) = check(study.path)
    assert problem.path == "results/r/logits"
    assert re.search(words, problem.message)


def test_results_of_before_there_were_logit_sums_open(study):
    directory = study.path / "results" / "r"
    obj = json.loads((directory / "result.json").read_text())
    del obj["logits"]
    obj["files"] = {k: v for k, v in obj["files"].items() if not k.startswith("logits/")}
    (directory / "result.json").write_text(json.dumps(obj))
    shutil.rmtree(directory / "logits")
    assert check(study.path) == []
    assert cs.open(study.path).results["r"].logits is None
