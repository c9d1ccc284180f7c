"""The loop of the product: train, probe, suggest branches, train with them, compare."""

import json
from io import BytesIO
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image

import classblocks as cb
from classblocks.cli import main

pytestmark = pytest.mark.torch

CLASSES = ("red dot", "red bar", "green dot", "green bar")
NETWORK = """
from classblocks.nn.networks import SmallResNet

def network(n_classes=4):
    return SmallResNet(n_classes, (4, 6, 8, 8), stem_stride=1)
"""
CONFIG = """
name = "net"
out = "runs/net"
study = "study"
hierarchy = "tree.json"

[data]
train = "train.parquet"
val = "val.parquet"
classes = "classes.txt"
side = 16

[network]
model = "net.py:network"

[recipe]
epochs = 4
batch_size = 32
lr = 0.2
size = 16
crop_scale = 0.8
flip = false
precision = "32-true"

[recording]
layers = []
"""


def write_split(file, per_class, seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(4), per_class))
    images = []
    for label in labels:
        pixels = rng.integers(0, 90, (16, 16, 3))
        pixels[..., label // 2] += 80
        row, column = rng.integers(2, 10, 2)
        pixels[row : row + (3 if label % 2 else 4), column : column + (6 if label % 2 else 4)] += 70
        data = BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(data, "png")
        images.append(data.getvalue())
    columns = {"image": pa.array(images, pa.binary()), "label": pa.array(labels.tolist())}
    pq.write_table(pa.table(columns), file)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loop")
    write_split(folder / "train.parquet", 40, 0)
    write_split(folder / "val.parquet", 20, 1)
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    (folder / "net.py").write_text(NETWORK)
    (folder / "train.toml").write_text(CONFIG)
    tree = {"name": "all", "children": [
        {"name": "red", "children": ["red dot", "red bar"]},
        {"name": "green", "children": ["green dot", "green bar"]},
    ]}  # fmt: skip
    (folder / "tree.json").write_text(json.dumps(tree))
    return folder


def run(*arguments):
    found = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert found.exit_code == 0, found.output
    return found.output


def test_from_a_network_to_another_one_with_branches_and_back(place):
    said = run("train", place / "train.toml")
    assert "net: " in said
    assert "of the validation images right" in said
    study, file = place / "study", place / "branches.json"
    config = place / "train.toml"
    layers = ["--layers", "stem,stage1,stage3"]
    said = run("probe", study, "--config", config, "--suggest", file, "--prefer", "size", *layers)
    assert "branches for `classblocks train`" in said
    plan = json.loads(file.read_text())
    assert plan["classes"] == list(CLASSES)
    for branch in plan["branches"]:
        assert sorted(chain.from_iterable(branch["groups"])) == [0, 1, 2, 3]
    # Colour is there from the first layer on.
    assert sorted(map(sorted, plan["branches"][0]["groups"])) == [[0, 1], [2, 3]]

    run("train", config, "--branches", file, "--name", "branched", "--set", "method.head=mlp")
    assert (place / "runs" / "branched" / "network.safetensors").exists()
    opened = cb.open(study)
    names = [f"{name}-epoch-0{epoch}" for name in ("branched", "net") for epoch in range(1, 5)]
    assert set(names) <= set(opened.results)
    assert "net-epoch-04-probe-stem" in opened.results
    arguments = ["--result", "branched-epoch-04", "--against", "net-epoch-04"]
    shown = json.loads(run("report", study, *arguments, "--json"))
    right = {
        name: float(np.mean(opened.results[name].pred == opened.results[name].true))
        for name in ("net-epoch-04", "branched-epoch-04")
    }
    top1 = shown["against"]["errors"][0]
    assert top1["error"] == pytest.approx(1 - right["branched-epoch-04"])
    assert top1["baseline_error"] == pytest.approx(1 - right["net-epoch-04"])
    assert len(shown["against"]["course"]["epochs"]) == 4


def test_branches_saved_in_the_study_are_found_by_name(place):
    study = cb.open(place / "study") if (place / "study").exists() else None
    if study is None:
        run("train", place / "train.toml")
        study = cb.open(place / "study")
    groups = cb.BranchPlan.from_json(
        {
            "format": "classblocks-branches",
            "version": 1,
            "classes": list(CLASSES),
            "branches": [
                {"layer": "stage1", "weight": 0.5, "groups": [[0, 1], [2, 3]], "names": ["r", "g"]}
            ],
            "how": {},
        }
    )
    study.save_branches("mine", groups, replace=True)
    said = run(
        "train", place / "train.toml", "--branches", "mine", "--name", "saved",
        "--set", "recipe.epochs=1", "--study", place / "study",
    )  # fmt: skip
    assert "saved: " in said


def test_branches_are_cut_from_a_hierarchy(place):
    said = run(
        "train", place / "train.toml", "--hierarchy", place / "tree.json", "--name", "cut",
        "--layers", "stage2,(output)", "--groups", "2", "--set", "recipe.epochs=1",
    )  # fmt: skip
    assert "cut: " in said
    assert "cut-epoch-01" in cb.open(place / "study").results


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "{place}/train.toml", "--layers", "stem"], "cut branches from a --hierarchy"),
        (["train", "{place}/train.toml", "--hierarchy", "tree"], "--hierarchy needs --layers"),
        (["train"], "Missing argument 'CONFIG'"),
        (["train", "{place}/nothing.toml"], "nothing.toml: no such file"),
        (["train", "{place}/train.toml", "--set", "x"], "expected KEY=VALUE, got 'x'"),
        (["train", "{place}/train.toml", "--set", "recipe.epoch=1"], "recipe.epoch: there is no"),
        (["train", "{place}/train.toml", "--name", "n", "--branches", "none"], "none"),
        (["probe", "{place}/study"], "Missing option '--name', or give --config"),
        (["probe", "{place}/study", "--config", "{place}/nothing.toml"], "no such file"),
    ],
)
def test_what_is_wrong_is_one_error(place, arguments, said):
    if not (place / "study").exists():
        run("train", place / "train.toml")
    found = CliRunner().invoke(main, [part.format(place=place) for part in arguments])
    assert found.exit_code in (1, 2)
    assert said in found.output
    assert "Traceback" not in found.output


def test_probes_of_a_training_that_is_not_finished_are_refused(place, tmp_path):
    file = tmp_path / "other.toml"
    file.write_text((place / "train.toml").read_text())
    if not (place / "study").exists():
        run("train", place / "train.toml")
    found = CliRunner().invoke(
        main, ["probe", str(place / "study"), "--config", str(file)], catch_exceptions=False
    )
    assert found.exit_code == 1
    assert "network.safetensors is not there: `classblocks train" in found.output
