import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from classblocks import study as studies
from classblocks.cli import main

pytestmark = pytest.mark.torch

NETWORK = """
import torch
from torch import nn

class Mean(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.relu = nn.ReLU()
        self.head = nn.Linear(4, num_classes)

    def forward(self, x):
        return self.head(self.relu(self.conv(x)).mean((2, 3)))

def network(num_classes):
    torch.manual_seed(0)
    return Mean(num_classes)

def crashing(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(7, num_classes))

def broken(num_classes):
    return {}["x"]

def interrupted(num_classes):
    class Stops(Mean):
        def forward(self, x):
            if len(x) > 1:
                raise KeyboardInterrupt
            return super().forward(x)
    return Stops(num_classes)
"""


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("n01440764", "n01443537"):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for i in range(3):
            pixels = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    (tmp_path / "net.py").write_text(NETWORK)
    return tmp_path


def record(data, *arguments, model="network", name="r"):
    return CliRunner().invoke(
        main,
        [
            "record", str(data / "s"), "--name", name, "--model", f"{data / 'net.py'}:{model}",
            "--data", str(data / "images"), "--device", "cpu", *map(str, arguments),
        ],
    )  # fmt: skip


def test_a_folder_and_a_network_become_a_study(data):
    classes = data / "classes.tsv"
    classes.write_text("name\tkey\ntench\tn01440764\ngoldfish\tn01443537\n")
    result = record(
        data, "--classes", classes, "--hierarchy", "wordnet", "--layers", "relu", "--epoch", 2,
        "--size", 8, "--mean", "0.5,0.4,0.3", "--std", "0.25", "--side", 2,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "r: 6 samples, 1 layers" in result.output
    study = studies.open(data / "s")
    assert study.classes.names == ("tench", "goldfish")
    assert list(study.hierarchies) == ["wordnet"]
    found = study.results["r"]
    assert found.coordinates.model == "network"
    assert found.coordinates.epoch == 2
    assert found.layers["relu"].side == 2
    assert len(study.thumbnails) == 6
    inputs = json.dumps(found.provenance)
    assert "0.25" in inputs
    assert "0.4" in inputs


def test_without_hierarchy_one_is_derived(data):
    result = record(data, "--layers", "")
    assert result.exit_code == 0, result.output
    assert "'derived'" in result.output
    assert studies.open(data / "s").default_hierarchy == "derived"


def test_unreadable_images_are_counted_and_named(data):
    (data / "images" / "n01440764" / "1.png").write_bytes(b"not a picture")
    result = record(data, "--layers", "")
    assert result.exit_code == 0, result.output
    assert "Warning: 1 of 6 images could not be read" in result.stderr
    assert "1.png" in result.stderr
    assert "site-packages" not in result.stderr


def test_an_interrupt_says_how_to_go_on(data):
    result = record(data, model="interrupted")
    assert result.exit_code == 130
    assert "the same command goes on where this one stopped" in result.stderr
    assert record(data, model="network", name="other").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--weights", "no.safetensors"), "no.safetensors: no such weights file"),
        (("--layers", "nothing"), "nothing"),
        (("--transform", "rotate"), "rotate"),
        (("--hierarchy", "no.json"), "no.json"),
        (("--std", "0"), "positive"),
        (("--device", "toaster"), "device 'toaster' cannot be used"),
    ],
)
def test_what_is_wrong_is_one_error(data, arguments, said):
    result = record(data, *arguments)
    assert result.exit_code == 1, result.output
    assert said in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert not (data / "s").exists()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("crashing", "the network fails on input of shape (1, 3, 16, 16): RuntimeError"),
        ("broken", "cannot be built: KeyError: 'x'"),
    ],
)
def test_a_network_that_fails_is_one_error(data, model, said):
    result = record(data, model=model)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert not (data / "s").exists()


def test_a_study_that_was_there_stays_when_a_recording_fails(data):
    assert record(data).exit_code == 0
    before = sorted(path.name for path in (data / "s").iterdir())
    assert record(data, model="crashing", name="q").exit_code == 1
    assert sorted(path.name for path in (data / "s").iterdir()) == before


def test_an_interrupted_recording_resumes_with_the_same_command(data, monkeypatch):
    from classblocks.nn.sink import Sink

    def stops(self, stop):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Sink, "tick", stops)
        assert record(data, "--batch-size", "2").exit_code == 130
    assert list((data / "s/results").iterdir()) == [data / "s/results/.r.partial"]
    listed = CliRunner().invoke(main, ["check", str(data / "s")])
    assert listed.exit_code == 0
    assert "record again to resume it" in listed.output
    assert "6 samples" in record(data, "--batch-size", "2").stdout
    assert CliRunner().invoke(main, ["check", str(data / "s")]).exit_code == 0


def test_numbers_are_checked_as_usage(data):
    for value in ("a", "1,2"):
        result = record(data, "--mean", value)
        assert result.exit_code == 2
        assert "expected" in result.stderr


def test_other_classes_than_those_of_the_study_are_refused(data):
    assert record(data).exit_code == 0
    (data / "other.txt").write_text("a\nb\n")
    result = record(data, "--classes", data / "other.txt", name="r2")
    assert result.exit_code == 1
    assert "these are not the classes of" in result.stderr


def test_a_hierarchy_of_the_study_is_not_replaced_by_another(data):
    tree = data / "tree.csv"
    tree.write_text("path\nall/n01440764\nall/n01443537\n")
    assert record(data, "--hierarchy", tree, "--layers", "").exit_code == 0
    assert record(data, "--hierarchy", tree, "--layers", "", name="two").exit_code == 0
    tree.write_text("path\nall/b/n01443537\nall/n01440764\n")
    failed = record(data, "--hierarchy", tree, "--layers", "", name="three")
    assert failed.exit_code == 1
    assert "another hierarchy 'tree' is in the study already" in failed.stderr
    assert list(studies.open(data / "s").results) == ["r", "two"]


def test_one_command_records_a_second_result_ranked_by_distance(data):
    result = record(data, "--hierarchy", "wordnet", "--crm", "wordnet", "--layers", "relu")
    assert result.exit_code == 0, result.output
    assert "r-crm: the same, ranked by distance in 'wordnet'" in result.output
    study = studies.open(data / "s")
    assert list(study.results) == ["r", "r-crm"]
    first, second = study.results.values()
    # Of two classes, distance changes nothing.
    np.testing.assert_array_equal(first.pred, second.pred)
    assert second.coordinates.model == "network + crm"
    assert first.logits.n_samples == 6
    assert record(data, "--no-logits", "--layers", "relu", name="bare").exit_code == 0
    assert studies.open(data / "s").results["bare"].logits is None
    again = record(data, "--crm", "nope", "--layers", "relu", name="other")
    assert "no hierarchy 'nope'" in again.stderr
    assert not list((data / "s" / "results").glob(".other*"))
