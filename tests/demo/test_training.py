import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch")
pytest.importorskip("matplotlib", reason="the fonts come with matplotlib")

from safetensors.torch import load_file

from classblocks.core.branching import even_cuts
from classblocks.demo import Plan, build, training
from classblocks.demo.dataset import render
from classblocks.nn import load_model, load_weights, record
from classblocks.nn.training import keeping
from classblocks.nn.training.config_file import read_config
from classblocks.nn.training.run import train
from classblocks.nn.training.task import Task
from classblocks.study.branches_file import write_branches
from classblocks.study.format import StudyError
from classblocks.study.study import create
from classblocks.study.study import open as open_study

pytestmark = pytest.mark.torch
PLAN = Plan(n_train=8, n_val=3, max_classes=24)


def made(path, **more):
    return build(path, **{"epochs": 2, "progress": False, "plan": PLAN} | more)


def bytes_of(study):
    return {
        path.relative_to(study.path).as_posix(): path.read_bytes()
        for path in (study.path / "results").rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return made(tmp_path_factory.mktemp("demo") / "study")


def test_every_epoch_is_recorded_with_all_layers(finished):
    assert list(finished.results) == ["cnn-epoch-00", "cnn-epoch-01", "cnn-epoch-02"]
    for epoch, result in enumerate(finished.results.values()):
        assert result.coordinates.epoch == epoch
        assert result.coordinates.model == "cnn"
        assert list(result.layers) == ["block1", "block2", "block3", "block4"]
        assert all(layer.nonnegative for layer in result.layers.values())
        assert result.n_samples == 72
    layers = finished.results["cnn-epoch-02"].layers.values()
    assert [(layer.n_neurons, layer.side) for layer in layers] == [
        (24, 4),
        (48, 4),
        (96, 4),
        (192, 4),
    ]


def test_the_study_describes_the_data(finished):
    assert finished.default_hierarchy == "scripts"
    assert finished.classes.keys[0] == "U+0041"
    val = render(PLAN, "val")
    np.testing.assert_array_equal(finished.samples.true, val.true)
    np.testing.assert_array_equal(finished.samples.columns["flipped"], val.columns["flipped"])
    assert finished.samples.columns["font"].to_pylist() == val.columns["font"].tolist()
    assert len(finished.thumbnails) == 72
    assert finished.activity() is None
    assert json.loads((finished.path / "demo/truth.json").read_text())["keys"][0] == "U+0041"


def test_a_finished_demo_is_opened_not_made_again(finished, monkeypatch):
    monkeypatch.setattr(training, "render", None)
    assert list(made(finished.path).results) == list(finished.results)


class Stop(BaseException):
    pass


@pytest.mark.parametrize("moment", ["recording 0", "training", "recording 1"])
def test_an_interrupted_demo_goes_on_where_it_stopped(tmp_path, monkeypatch, finished, moment):
    real_record, real_step = keeping.record, Task.training_step

    def record(network, images, study, name, **more):
        if moment == f"recording {more['epoch']}":
            raise Stop
        return real_record(network, images, study, name, **more)

    def step(self, batch, place):
        if moment == "training" and self.current_epoch == 1:
            raise Stop
        return real_step(self, batch, place)

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "record", record)
        patched.setattr(Task, "training_step", step)
        with pytest.raises(Stop):
            made(tmp_path / "study")
    stopped = open_study(tmp_path / "study")
    assert stopped.activity() is None
    assert stopped.default_hierarchy == "scripts"
    expected = {"recording 0": 0, "training": 2, "recording 1": 1}[moment]
    assert len(stopped.results) == expected
    study = made(tmp_path / "study")
    assert bytes_of(study) == bytes_of(finished)


def test_the_study_tells_what_is_going_on(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(keeping.time, "monotonic", iter(range(10**6)).__next__)
    monkeypatch.setattr(
        training.Study,
        "set_activity",
        lambda self, message, share=None: seen.append((message, share)),
    )
    made(tmp_path / "study")
    shares = [share for _, share in seen if share is not None]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert any(message == "training: epoch 1 of 2" for message, _ in seen)


def test_another_study_or_plan_is_not_overwritten(tmp_path, finished):
    with pytest.raises(StudyError, match=r"'epochs': 2.*'epochs': 3"):
        made(finished.path, epochs=3)
    other = create(tmp_path / "other", ["a", "b"])
    other.add_result("r", true=[0, 1], pred=[1, 1])
    with pytest.raises(StudyError, match="not the demo"):
        made(other.path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(StudyError, match="not empty"):
        made(tmp_path / "full")


def test_saved_files_and_weights_give_the_recorded_predictions(tmp_path, finished):
    model = load_model("classblocks.nn.networks:SmallConvNet", 24)
    load_weights(model, finished.path / "demo" / "cnn" / "network.safetensors")
    for split, n in (("val", 72), ("train", 192)):
        found = record(
            model, finished.path / "demo" / f"{split}.parquet", tmp_path / "study", split,
            split=split, progress=False,
        )  # fmt: skip
        assert found.n_samples == n
    study = open_study(tmp_path / "study")
    last = finished.results["cnn-epoch-02"]
    again = study.results["val"]
    assert study.classes.names == finished.classes.names
    np.testing.assert_array_equal(again.true, last.true)
    np.testing.assert_allclose(again.p_true, last.p_true, rtol=1e-3, atol=1e-5)
    assert list(again.layers) == list(last.layers)
    flips = json.loads((finished.path / "demo/truth.json").read_text())["flipped"]
    position = study.samples.position([flip["sample_id"] for flip in flips])
    np.testing.assert_array_equal(study.samples.true[position], [flip["true"] for flip in flips])


def test_branches_of_weight_zero_train_the_network_of_the_demo_bit_for_bit(tmp_path, finished):
    scripts = finished.hierarchies["scripts"]
    plan = even_cuts(scripts, ["block1", "block3"], weight=0.0)
    write_branches(tmp_path / "zero.json", plan)
    changes = {
        "name": "zero",
        "out": str(tmp_path / "zero"),
        "study": None,
        "hierarchy": None,
        "data.classes": str(tmp_path / "classes.tsv"),
        "method.kind": "branches",
        "method.branches": str(tmp_path / "zero.json"),
    }
    rows = zip(finished.classes.names, finished.classes.keys, strict=True)
    (tmp_path / "classes.tsv").write_text(
        "name\tkey\n" + "".join(f"{name}\t{key}\n" for name, key in rows)
    )
    config = read_config(finished.path / "demo" / "train.toml", changes)
    other = train(config, progress=False).network.state_dict()
    own = load_file(finished.path / "demo" / "cnn" / "network.safetensors")
    assert own.keys() == other.keys()
    assert all((other[name] == own[name]).all() for name in own)
