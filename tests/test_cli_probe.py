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

class Channels(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x[:, :self.n]

class Planted(nn.Module):
    def __init__(self):
        super().__init__()
        self.group = Channels(1)
        self.each = Channels(2)
        self.head = nn.Linear(2, 4, bias=False)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor([[-1., -1], [-1, 1], [1, -1], [1, 1]]))

    def forward(self, x):
        self.group(x)
        return self.head(self.each(x).mean((2, 3)))

def network():
    return Planted()

def interrupted():
    class Stops(Planted):
        def forward(self, x):
            if len(x) > 1:
                raise KeyboardInterrupt
            return super().forward(x)
    return Stops()
"""
TREE = "path\nall/warm/red\nall/warm/orange\nall/cold/blue\nall/cold/green\n"
CLASSES = ("red", "orange", "blue", "green")
SCALED = ("--mean", "0.5", "--std", "0.25")


@pytest.fixture
def data(tmp_path):
    """Red tells warm from cold, green tells the classes of each."""
    rng = np.random.default_rng(0)
    for part, n in (("train", 8), ("val", 5)):
        for class_id, name in enumerate(CLASSES):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 60, (8, 8, 3))
                pixels[..., 0] += 190 * (class_id // 2)
                pixels[..., 1] += 190 * (class_id % 2)
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    (tmp_path / "net.py").write_text(NETWORK)
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    (tmp_path / "tree.csv").write_text(TREE)
    return tmp_path


def record(data):
    return CliRunner().invoke(
        main,
        [
            "record", str(data / "s"), "--name", "net", "--model", f"{data / 'net.py'}:network",
            "--data", str(data / "val"), "--classes", str(data / "classes.txt"), "--layers", "",
            "--hierarchy", str(data / "tree.csv"), "--device", "cpu", "--epoch", "4", *SCALED,
        ],
    )  # fmt: skip


def probe(data, *arguments, model="network", given=("--data", "val")):
    option, *folder = given
    return CliRunner().invoke(
        main,
        [
            "probe", str(data / "s"), "--name", "net", "--model", f"{data / 'net.py'}:{model}",
            "--train-data", str(data / "train"), "--layers", "each,group", "--device", "cpu",
            option, *(str(data / name) if option == "--data" else name for name in folder),
            *map(str, arguments),
        ],
    )  # fmt: skip


def test_probes_of_a_recorded_network_suggest_branches(data):
    assert record(data).exit_code == 0
    result = probe(data, "--suggest", data / "branches.json")
    assert result.exit_code == 0, result.output
    study = studies.open(data / "s")
    assert list(study.results) == ["net", "net-probe-group", "net-probe-each"]
    own, group, each = study.results.values()
    assert (each.coordinates.model, each.coordinates.epoch) == ("network", 4)
    assert own.provenance["inputs"]["preprocess"] == each.provenance["inputs"]["preprocess"]
    np.testing.assert_array_equal(own.sample_id, group.sample_id)
    tree = study.hierarchies["tree"]
    warm = np.isin(group.true, tree.class_of_leaf[: tree.stop[1]])
    np.testing.assert_array_equal(np.isin(group.pred, tree.class_of_leaf[: tree.stop[1]]), warm)
    assert (each.pred == each.true).all()
    lines = result.output.splitlines()
    assert any(line.split()[:2] == ["each", "32"] and "yes" in line for line in lines)
    assert any(line.split()[:4] == ["1", "2", "100.0", "%"] for line in lines)
    plan = json.loads((data / "branches.json").read_text())
    assert [branch["layer"] for branch in plan["branches"]] == ["group", "each"]
    names = [sorted(plan["classes"][c] for c in g) for g in plan["branches"][0]["groups"]]
    assert sorted(names) == [["blue", "green"], ["orange", "red"]]


def test_the_same_command_keeps_what_is_there(data):
    assert record(data).exit_code == 0
    first = probe(data)
    files = sorted((data / "s" / "results").rglob("*"))
    stamps = [file.stat().st_mtime_ns for file in files]
    again = probe(data, "--suggest", data / "b.json")
    assert again.stdout.startswith(first.stdout)
    assert files == sorted((data / "s" / "results").rglob("*"))
    assert stamps == [file.stat().st_mtime_ns for file in files]
    other = probe(data, "--seed", 3)
    assert other.exit_code == 1
    assert "with another seed" in other.stderr


def told(**facts):
    from types import SimpleNamespace

    from classblocks.cli.probe_text import fit_lines

    facts = {
        "n_features": 8, "dropped_features": 0, "n_train": 60, "c": 0.1, "iterations": 9,
        "seconds": 1.2, "converged": True, "gradient": 0.005, "absent_classes": [], "repeated": 0,
        "tried": [{"c": 0.1}, {"c": 1.0}], "inputs": {"tolerance": 0.01},
    } | facts  # fmt: skip
    right = np.array([0, 1, 1, 1])
    result = SimpleNamespace(provenance=facts, pred=right, true=np.zeros(4), n_samples=4)
    return "\n".join(fit_lines({"conv1": result}))


def test_what_was_not_as_it_should_be_is_told():
    plain = told()
    assert "25.0 %" in plain
    assert len(plain.splitlines()) == 2
    assert "weakest penalty tried was best" in told(c=1.0)
    assert "weakest" not in told(tried=[])
    odd = told(converged=False, gradient=0.2, dropped_features=3, absent_classes=[1, 2], repeated=1)
    assert "conv1: not converged, the gradient is 0.2 of that at the start (0.01" in odd
    assert "conv1: 3 features of 8 constant" in odd
    assert "2 classes without training images: never predicted, recall 0" in odd
    assert "1 training image left out" in odd


def test_without_other_images_a_share_is_held_out(data):
    assert record(data).exit_code == 0
    result = probe(data, "--split", "train", given=("--holdout", "0.5"))
    assert result.exit_code == 0, result.output
    found = studies.open(data / "s").results["net-probe-each"]
    assert found.n_samples == 16
    assert found.coordinates.split == "train"
    assert found.provenance["n_train"] == 16


def test_other_weights_than_those_recorded_are_told(data):
    import torch

    assert record(data).exit_code == 0
    torch.save({"head.weight": torch.ones(4, 2)}, data / "other.pt")
    result = probe(data, "--weights", data / "other.pt")
    assert result.exit_code == 0, result.output
    assert "Warning: 'net' was recorded with other weights" in result.stderr


def test_an_interrupt_says_how_to_go_on(data):
    assert record(data).exit_code == 0
    result = probe(data, model="interrupted")
    assert result.exit_code == 130
    assert "the same command keeps the probes that are done" in result.stderr
    assert probe(data).exit_code == 0


def test_a_layer_without_training_images_of_a_class_is_told(data):
    assert record(data).exit_code == 0
    for file in (data / "train" / "blue").iterdir():
        file.unlink()
    result = probe(data, *SCALED)
    assert result.exit_code == 0, result.output
    assert "1 class without training images: never predicted, recall 0" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layers", "nothing"), "no layer 'nothing'"),
        (("--weights", "no.pt"), "no.pt: no such weights file"),
        (("--hierarchy", "none"), "no hierarchy 'none'"),
        (("--suggest", "nowhere/b.json"), "there is no folder"),
        (("--c", "-1"), "c: expected positive numbers"),
        (("--tolerance", "2"), "tolerance: expected between 0 and 1"),
        (("--data", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_is_wrong_is_one_error(data, arguments, said):
    assert record(data).exit_code == 0
    before = sorted((data / "s").rglob("*"))
    result = probe(data, *arguments)
    assert result.exit_code == 1, result.output
    assert said in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert sorted((data / "s").rglob("*")) == before


def test_the_training_data_are_not_judged_on(data):
    assert record(data).exit_code == 0
    result = probe(data, given=("--data", "train"))
    assert result.exit_code == 1
    assert "is an image of both" in result.stderr


def test_branches_need_the_networks_own_result(data):
    assert "there is no study" in probe(data).stderr
    assert record(data).exit_code == 0
    arguments = ["--suggest", str(data / "b.json"), "--name", "other"]
    result = probe(data, *arguments)
    assert result.exit_code == 1
    assert "no result 'other'" in result.stderr
    assert "classblocks record" in result.stderr
    assert not (data / "b.json").exists()
